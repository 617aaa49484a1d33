"""Can a printed name be the origin of the name in the machine-readable zone?

The zone knows only A-Z and the filler, so states write `Müller` as MUELLER, MULLER or MUXXLLER, `Þuríður` as
THURIDUR, `Ткаченко` as TKACHENKO. The tables follow ICAO Doc 9303-3, section 6 (multinational Latin characters,
Cyrillic with its national exceptions, Arabic as published in the eighth edition); Greek, which has no table there,
follows ELOT 743, the standard Greek passports use, and Georgian and Armenian what those states' passports write. A
Latin letter with a diacritic that no table lists loses it.

`agreement` compares without spelling out every way to write a name, with the liberties a zone takes: fillers for
spaces, hyphens and apostrophes (or nothing at all), and names that were cut.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from extractor.mrz.checkdigit import FILLER, LETTERS

# Doc 9303-3, section 6 A, and the national habits that its notes allow. The first form is the standard's first.
_LATIN = {
    "Ä": "AE A", "Å": "AA A", "Æ": "AE", "Ð": "D DH", "Ñ": "N NXX NY", "Ö": "OE O", "Ø": "OE O", "Ü": "UE UXX U YU",
    "Þ": "TH", "ß": "SS", "ẞ": "SS", "Ĳ": "IJ", "Ŋ": "N", "Œ": "OE", "Đ": "D DJ", "Ħ": "H", "Ł": "L", "Ŧ": "T",
    "ı": "I", "İ": "I", "ĸ": "K", "Ə": "E A", "Ɛ": "E", "Ɔ": "O", "Ĝ": "G", "Ŀ": "L", "ŉ": "N", "ſ": "S",
    "Ő": "O OE", "Ű": "U UE", "Ă": "A", "Ȁ": "A", "Ơ": "O", "Ư": "U", "Ɓ": "B", "Ɗ": "D", "Ƙ": "K", "Ɨ": "I",
}  # fmt: skip

# Section 6 B. Later forms are the exceptions for Belarusian, Bulgarian, Macedonian, Serbian and Ukrainian, and the
# national rules that passports of these states follow (Ukraine 2010, Bulgaria 2009, Belarus, Russia before 2010).
_CYRILLIC = {
    "А": "A", "Б": "B", "В": "V", "Г": "G H", "Ґ": "G", "Д": "D", "Е": "E IE YE", "Ё": "E IO YO", "Ж": "ZH Z",
    "З": "Z", "И": "I Y", "І": "I", "Й": "I Y J", "К": "K", "Л": "L", "М": "M", "Н": "N", "О": "O", "П": "P",
    "Р": "R", "С": "S", "Т": "T", "У": "U", "Ф": "F", "Х": "KH H", "Ц": "TS C", "Ч": "CH C", "Ш": "SH S",
    "Щ": "SHCH SHT", "Ъ": "IE A  ", "Ы": "Y", "Ь": "  Y", "Э": "E", "Ю": "IU YU U", "Я": "IA YA A", "Ў": "U W",
    "Ѫ": "U A", "Ѓ": "G GJ", "Ђ": "D DJ", "Ѕ": "DZ", "Ј": "J", "Ќ": "K KJ", "Љ": "LJ L", "Њ": "NJ N", "Ћ": "C",
    "Џ": "DZ DJ DZH", "Є": "IE YE", "Ї": "I YI", "Ә": "A E AE", "Ғ": "G GH", "Қ": "K Q", "Ң": "N NG", "Ө": "O OE",
    "Ұ": "U", "Ү": "U UE", "Һ": "H C", "Ҳ": "H KH", "Ӣ": "I", "Ӯ": "U", "Ҷ": "J CH", "Ҹ": "G J",
}  # fmt: skip

# Section 6 C. Letters that begin with X are the standard's own; tatweel and vowel marks are not written.
_ARABIC = {
    "ء": "XE", "آ": "XAA", "أ": "XAE", "ؤ": "U XW", "إ": "I", "ئ": "XI", "ا": "A", "ب": "B", "ة": "XTA XAH",
    "ت": "T", "ث": "XTH", "ج": "J", "ح": "XH", "خ": "XKH", "د": "D", "ذ": "XDH", "ر": "R", "ز": "Z", "س": "S",
    "ش": "XSH", "ص": "XSS", "ض": "XDZ", "ط": "XTT", "ظ": "XZZ", "ع": "E", "غ": "G", "ف": "F", "ق": "Q", "ك": "K",
    "ل": "L", "م": "M", "ن": "N", "ه": "H", "و": "W", "ى": "XAY", "ي": "Y", "ٱ": "XXA", "ٹ": "XXT", "ټ": "XRT",
    "پ": "P", "ځ": "XKE", "څ": "XXH", "چ": "XC", "ڈ": "XXD", "ډ": "XDR", "ڑ": "XXR", "ړ": "XRR", "ږ": "XRX",
    "ژ": "XJ", "ښ": "XXS", "ک": "XKK", "ګ": "XXK", "ڭ": "XNG", "گ": "XGG", "ں": "XNN", "ڼ": "XXN", "ھ": "XDO",
    "ۀ": "XYH", "ہ": "XXG", "ۂ": "XGE", "ۃ": "XTG", "ی": "XYA", "ۍ": "XXY", "ې": "Y", "ے": "XYB", "ۓ": "XBE",
}  # fmt: skip

# Georgia's national system of 2002; ISO 9985 for Armenian as passports write it, without its marks.
_GEORGIAN = dict(zip("აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
    "A B G D E V Z T I K L M N O P ZH R S T U P K GH Q SH CH TS DZ TS CH KH J H".split(), strict=True))  # fmt: skip
_ARMENIAN = {
    "Ա": "A", "Բ": "B", "Գ": "G", "Դ": "D", "Ե": "E YE", "Զ": "Z", "Է": "E", "Ը": "Y E", "Թ": "T", "Ժ": "ZH", "Ի": "I",
    "Լ": "L", "Խ": "KH", "Ծ": "TS", "Կ": "K", "Հ": "H", "Ձ": "DZ", "Ղ": "GH", "Ճ": "CH TCH", "Մ": "M", "Յ": "Y H",
    "Ն": "N", "Շ": "SH", "Ո": "O VO", "Չ": "CH", "Պ": "P", "Ջ": "J", "Ռ": "R", "Ս": "S", "Վ": "V", "Տ": "T", "Ր": "R",
    "Ց": "TS", "Ւ": "  V W", "Փ": "P", "Ք": "K", "Օ": "O", "Ֆ": "F", "և": "EV YEV",
}  # fmt: skip

# ELOT 743; digraphs that change the sound, and Armenian's, are in _PAIRS.
_GREEK = {
    "Α": "A", "Β": "V", "Γ": "G N", "Δ": "D", "Ε": "E", "Ζ": "Z", "Η": "I", "Θ": "TH", "Ι": "I", "Κ": "K",
    "Λ": "L", "Μ": "M", "Ν": "N", "Ξ": "X", "Ο": "O", "Π": "P", "Ρ": "R", "Σ": "S", "Τ": "T", "Υ": "Y V F",
    "Φ": "F", "Χ": "CH", "Ψ": "PS", "Ω": "O",
}  # fmt: skip
_PAIRS = {
    "ՈՒ": ("U", "OU"),
    "ΟΥ": ("OU",),
    "ΜΠ": ("B", "MP"),
    "ΑΥ": ("AV", "AF"),
    "ΕΥ": ("EV", "EF"),
    "ΗΥ": ("IV", "IF"),
}

_FORMS = {
    character: tuple(form.strip() for form in forms.split(" "))
    for table in (_LATIN, _CYRILLIC, _ARABIC, _GEORGIAN, _ARMENIAN, _GREEK)
    for character, forms in table.items()
}

# Signs that part words are written as a filler or left out (Doc 9303-3, 4.6); the others are left out.
_PARTING = set(" -‐‑‒–—'’ʼ`´‘.,/·•" + FILLER)


@lru_cache(maxsize=4096)
def character_forms(character: str) -> tuple[str, ...]:
    """The ways to write one character in the zone; the empty string where it may be left out."""
    if character in _FORMS:
        return _FORMS[character]
    upper = character.upper()
    if upper in _FORMS:
        return _FORMS[upper]
    if len(upper) == 1 and upper in LETTERS:
        return (upper,)
    if character in _PARTING or character.isspace():
        return (FILLER, "")
    bare = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)).upper()
    if bare and bare != upper:
        forms = [""]
        for part in bare:
            forms = [start + form for start in forms for form in character_forms(part)]
        return tuple(forms)
    return ("",)


def _units(text: str) -> list[tuple[str, ...]]:
    """`text` as a row of places, each with the forms it can take in the zone."""
    composed = unicodedata.normalize("NFC", text).strip()
    units: list[tuple[str, ...]] = []
    position = 0
    while position < len(composed):
        bare = "".join(
            unicodedata.normalize("NFD", c)[0].upper() for c in composed[position : position + 2]
        )  # the second letter's accent keeps the pair; a diaeresis parts it
        diaeresis = "\u0308" in unicodedata.normalize("NFD", composed[position : position + 2])
        if bare in _PAIRS and not diaeresis:
            units.append(_PAIRS[bare])
            position += 2
            continue
        units.append(character_forms(composed[position]))
        position += 1
    return units


def agreement(mrz_name: str, printed: str, *, truncated: bool = False) -> float:
    """How well `printed` explains `mrz_name`, from 0 to 1; 1 means that it can be its origin exactly.

    `mrz_name`: words parted by fillers or spaces. `truncated`: the zone had no room for the whole name
    (`Mrz.names_truncated`), so that the printed name may go on after it. Less than 1 is one minus the share of the
    zone's letters that would have to be changed, added or dropped, which tells a misread letter from another name.
    """
    target = "".join(FILLER if c == " " else c for c in mrz_name.upper().strip(FILLER + " "))
    letters = sum(c != FILLER for c in target)
    if not letters:
        return 0.0
    # row[j]: the least cost to write the printed name so far as target[:j]; cut[j]: the same with the rest of the
    # current word left out, which only a truncated name may do (Doc 9303-3, 4.6).
    row = [_written(target[:j]) for j in range(len(target) + 1)]
    cut = [float("inf")] * len(row)
    best_end = row[-1]
    in_word = False
    for unit in _units(printed):
        parting = FILLER in unit
        if truncated:
            cut = list(map(min, cut, row)) if in_word else [float("inf")] * len(row)
        if parting:
            row = list(map(min, row, cut))
        in_word = not parting
        dropped = 0.0 if "" in unit else 1.0
        new = [cost + dropped for cost in row]
        for form in unit:
            for j in range(len(target) + 1):
                new[j] = min(new[j], _placed(row, target, j, form))
        for j in range(1, len(target) + 1):
            new[j] = min(new[j], new[j - 1] + (0.0 if target[j - 1] == FILLER else 1.0))
        row = new
        best_end = min(best_end, row[-1])
    distance = best_end if truncated else row[-1]
    return max(0.0, 1.0 - distance / letters)


def _written(text: str) -> float:
    return float(sum(c != FILLER for c in text))


def _placed(row: list[float], target: str, end: int, form: str) -> float:
    """Cost of writing `form` so that it ends at `end`; each letter that differs costs one."""
    start = end - len(form)
    if start < 0:
        return float("inf")
    differing = sum(a != b for a, b in zip(form, target[start:end], strict=True))
    return row[start] + differing


def agrees(mrz_name: str, printed: str) -> bool:
    """Whether `printed` can be the origin of `mrz_name`, letter by letter. See `agreement`."""
    return agreement(mrz_name, printed) == 1.0
