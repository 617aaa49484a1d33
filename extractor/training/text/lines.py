"""Lines of text in every script, drawn as masks: what the recogniser of all scripts learns from.

Words are names, places, streets, captions and terms of a language; as many lines are of random letters, so that the
network reads instead of guessing. A line is drawn in one font of its script (harfbuzz shapes it), at the
recogniser's height, stretched to the nearest of a few widths; paper, ink and camera are added where it is trained
(`disturb`). Right-to-left stretches are drawn by themselves, in the order that `extractor.text.writing` has them.
"""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from extractor.text.writing import CHARACTERS, runs, visual

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

HEIGHT = 48
#: Lines are stretched to the nearest of these widths, pixels; the longest are those of a passport's MRZ.
WIDTHS = (64, 96, 128, 176, 240, 320, 432, 576, 768, 1056, 1536)
#: How often a line's script is which.
SHARES: Mapping[str, float] = {
    "LATIN": 0.17, "CYRILLIC": 0.14, "ARABIC": 0.18, "HANGUL": 0.11, "THAI": 0.1, "DEVANAGARI": 0.08, "GREEK": 0.05,
    "BENGALI": 0.06, "GEORGIAN": 0.035, "HEBREW": 0.065, "ARMENIAN": 0.045, "MRZ": 0.05,
}  # fmt: skip
_DIGITS = {
    "ARABIC": ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"),
    "DEVANAGARI": ("०१२३४५६७८९",),
    "BENGALI": ("০১২৩৪৫৬৭৮৯",),
    "THAI": ("๐๑๒๓๔๕๖๗๘๙",),
}
_RIGHT_TO_LEFT = ("ARABIC", "HEBREW")
_SIZE = 38
_MRZ = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True)
class Material:
    """Words by script and language, and font files with what each can write."""

    words: Mapping[str, Sequence[Sequence[str]]]
    fonts: Mapping[str, frozenset[str]]
    by_script: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class DrawnLine:
    """A mask (48, w) uint8 of ink, and what it says: text in logical order, and its script."""

    mask: np.ndarray
    text: str
    #: as CTC reads it, left to right
    visual: str
    script: str


#: A font is one of a script's if it has all of these.
ASKED = {
    "LATIN": "AZazßéŁőŞğžĐ0", "CYRILLIC": "АБЯжщў", "GREEK": "ΑΩάώς", "HANGUL": "가한국", "THAI": "กฮำ้็",
    "ARABIC": "ابتجهيءأىلا", "HEBREW": "אבתםץ", "DEVANAGARI": "कहज्ञ", "BENGALI": "কহজ্ঞ", "ARMENIAN": "ԱՖաֆ",
    "GEORGIAN": "აჰქ",
}  # fmt: skip


def load(words: Path, fonts: Path) -> Material:
    """Reads the word lists (a JSON object of objects of lists: script, language, words) and looks into a folder of
    fonts."""
    from fontTools.ttLib import TTFont

    table = json.loads(words.read_text("utf-8"))
    has: dict[str, frozenset[str]] = {}
    for path in sorted(fonts.iterdir()):
        with TTFont(path, lazy=True, fontNumber=0) as font:
            has[str(path)] = frozenset(map(chr, font.getBestCmap() or {}))
    by_script = {script: [path for path, own in has.items() if set(asked) <= own] for script, asked in ASKED.items()}
    by_script["OCR"] = [path for path in has if "OCR" in path] or by_script["LATIN"]
    by_script["MRZ"] = [path for path in has if "OCRB" in path] or [path for path in has if "Mono" in path]
    listed = {script: [list(own) for own in languages.values()] for script, languages in table.items()}
    return Material(listed, has, by_script)


def draw(rng: random.Random, material: Material, script: str | None = None) -> DrawnLine | None:
    """One line; None where no words or fonts serve its script, or it would be too dense to be read."""
    script = script or rng.choices(list(SHARES), list(SHARES.values()))[0]
    if script != "MRZ" and not material.words.get(script):
        return None
    text = _mrz(rng, material) if script == "MRZ" else _text(rng, material, script)
    text = unicodedata.normalize("NFC", text)
    right = script in _RIGHT_TO_LEFT and rng.random() < 0.85
    wanted = visual(text, right_to_left=right)
    if not wanted.strip() or not set(wanted) <= _KNOWN:
        return None
    mask = _drawn(rng, material, text, script, right)
    if mask is None:
        return None
    mask = _fitted(rng, mask, script)
    repeats = sum(one == two for one, two in pairwise(wanted))
    if len(wanted) + repeats > 0.85 * (mask.shape[1] // 4 - 1):
        return None
    return DrawnLine(mask, text, wanted, script)


_KNOWN = frozenset(CHARACTERS)


# What lines say


def _text(rng: random.Random, material: Material, script: str) -> str:
    kind = rng.random()
    if kind < 0.42:
        return _some_words(rng, material, script)
    if kind < 0.66:
        return _cased(rng, " ".join(_random_word(rng, script) for _ in range(rng.choice((1, 1, 2, 2, 3)))))
    if kind < 0.76:
        return _figures(rng, script)
    if kind < 0.86:
        other = _some_words(rng, material, "LATIN", most=2)
        own = _some_words(rng, material, script, most=2)
        mark = rng.choice(("/", " / ", " ", " - ", ": "))
        return f"{own}{mark}{other}" if rng.random() < 0.6 else f"{other}{mark}{own}"
    value = _figures(rng, script) if rng.random() < 0.5 else _some_words(rng, material, script, most=1)
    return f"{_some_words(rng, material, script, most=2)}{rng.choice((': ', ' ', '. ', ' - ', ':'))}{value}"


def _some_words(rng: random.Random, material: Material, script: str, most: int = 4) -> str:
    languages = material.words[script]
    # The first is the one that most documents of the script are in.
    language = languages[0] if rng.random() < 0.3 else rng.choice(languages)
    words = [rng.choice(language)]
    while len(words) < most and sum(map(len, words)) < 26 and rng.random() < 0.5:
        words.append(rng.choice(language))
    text = rng.choice((" ", " ", " ", ", ", "-")).join(words)
    if len(text) > 38:
        cut = text[:38]
        text = cut[: cut.rfind(" ")] if " " in cut else cut
    return _cased(rng, text)


def _cased(rng: random.Random, text: str) -> str:
    kind = rng.random()
    if "\u10d0" <= max(text, default="") <= "\u10ff":
        return text  # Georgian capitals are another script's letters to most fonts
    if kind < 0.42:
        text = text.upper().replace("ΐ", "Ϊ")
        if rng.random() < 0.5:
            text = text.translate(_UNSTRESSED)
    elif kind < 0.5:
        text = text.title()
    return text


#: Greek capitals are written without accents, more often than not.
_UNSTRESSED = str.maketrans("ΆΈΉΊΌΎΏ", "ΑΕΗΙΟΥΩ")


@lru_cache(maxsize=32)
def _letters(script: str) -> tuple[list[str], list[str]]:
    """A script's letters: common ones, and all."""
    names = {"CYRILLIC": "CYRILLIC", "GREEK": "GREEK", "ARABIC": "ARABIC LETTER", "HEBREW": "HEBREW LETTER"}
    asked = names.get(script, script)
    every = [c for c in CHARACTERS if c != " " and asked in unicodedata.name(c, "") and c.isalpha()]
    common = {
        "LATIN": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "CYRILLIC": "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюяІіЇїЄєҐґЎўЂђЈјЉљЊњЋћЏџ",
        "ARABIC": "ابتثجحخدذرزسشصضطظعغفقكلمنهويءأإؤئةىآپچژکگی",
    }.get(script, "")
    return list(common) or every, every


def _random_word(rng: random.Random, script: str) -> str:
    length = rng.randint(2, 10)
    if script == "HANGUL":
        return "".join(chr(rng.randrange(0xAC00, 0xD7A4)) for _ in range(rng.randint(1, 6)))
    if script == "THAI":
        return "".join(_thai(rng) for _ in range(rng.randint(1, 4)))
    if script in ("DEVANAGARI", "BENGALI"):
        return "".join(_indic(rng, script) for _ in range(rng.randint(1, 5)))
    common, every = _letters(script)
    share = rng.choice((0.0, 0.3, 0.7))
    word = "".join(rng.choice(every if rng.random() < share else common) for _ in range(length))
    if script == "LATIN" and rng.random() < 0.25:
        word = "".join(rng.choice(_MRZ) for _ in range(length))
    return word


def _thai(rng: random.Random) -> str:
    consonants = "กขคฆงจฉชซญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ"
    before = rng.choice("เแโใไ") if rng.random() < 0.25 else ""
    above = "" if before and rng.random() < 0.5 else rng.choice(("", "", "ั", "ิ", "ี", "ึ", "ื", "ุ", "ู", "็", "์"))
    tone = rng.choice(("", "", "", "่", "้", "๊", "๋")) if above not in ("็", "์") else ""
    after = rng.choice(("", "", "า", "ะ", "ำ")) if not above else ""
    last = rng.choice(consonants) if rng.random() < 0.4 else ""
    return before + rng.choice(consonants) + above + tone + after + last


def _indic(rng: random.Random, script: str) -> str:
    if script == "DEVANAGARI":
        consonants, vowels, signs = "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसह", "अआइईउऊऋएऐओऔ", "ािीुूृेैोौ"
        join, dot, ends = "्", "़", "ंँः"
    else:
        consonants, vowels, signs = "কখগঘঙচছজঝঞটঠডঢণতথদধনপফবভমযরলশষসহ", "অআইঈউঊঋএঐওঔ", "ািীুূৃেৈোৌ"
        join, dot, ends = "্", "়", "ংঁঃ"
    if rng.random() < 0.12:
        return rng.choice(vowels)
    text = rng.choice(consonants)
    if text in "कखगजडढफডঢয" and rng.random() < 0.12:
        text += dot
    if rng.random() < 0.25:
        text += join + rng.choice(consonants)
    if rng.random() < 0.55:
        text += rng.choice(signs)
    return text + (rng.choice(ends) if rng.random() < 0.1 else "")


def _figures(rng: random.Random, script: str) -> str:
    def some(least: int, most: int) -> str:
        return "".join(rng.choice("0123456789") for _ in range(rng.randint(least, most)))

    mark = rng.choice(("/", ".", "-", ". ", " "))
    day, month, year = f"{rng.randint(1, 31):02}", f"{rng.randint(1, 12):02}", f"{rng.randint(1925, 2045)}"
    if script == "HANGUL" and rng.random() < 0.4:
        return f"{year}년 {month}월 {day}일"
    text = rng.choice(
        (
            mark.join((day, month, year)), mark.join((year, month, day)), some(3, 12), f"{some(6, 6)}-{some(7, 7)}",
            f"{rng.choice(_MRZ[:26])}{some(6, 8)}", f"№ {some(2, 7)}", f"{some(1, 3)}-{some(1, 4)}", f"({some(2, 4)})",
            "".join(rng.choice(_MRZ) for _ in range(rng.randint(5, 12))), f"{some(3, 3)} {some(3, 3)} {some(3, 3)}",
        )
    )  # fmt: skip
    if script in _DIGITS and rng.random() < 0.6:
        text = text.translate(str.maketrans("0123456789", rng.choice(_DIGITS[script])))
    return text


def _mrz(rng: random.Random, material: Material) -> str:
    """A line of a machine-readable zone, whole or a part of one; letters and digits as likely as any."""

    def letters(least: int, most: int) -> str:
        return "".join(rng.choice(_MRZ[:26]) for _ in range(rng.randint(least, most)))

    length = rng.choice((30, 36, 44, 44))
    if rng.random() < 0.5:
        language = rng.choice(material.words["LATIN"][:20])
        names = [
            "".join(c for c in unicodedata.normalize("NFD", rng.choice(language).upper()) if "A" <= c <= "Z")[:14]
            or "X"
            for _ in range(rng.randint(2, 3))
        ]
        kind = rng.choice(("P<", "PN", "I<", "ID", "V<", "AC", "PD", ""))
        text = f"{kind}{letters(3, 3)}{names[0]}<<{'<'.join(names[1:])}"
    else:
        fill = 0.3 if rng.random() < 0.3 else 0.0
        text = "".join(
            "<" if rng.random() < fill else rng.choice(_MRZ if rng.random() < 0.4 else "0123456789")
            for _ in range(rng.randint(20, length))
        )
        if rng.random() < 0.5:
            text = f"{letters(1, 2)}{text}"
    text = text[:length].ljust(length, "<") if rng.random() < 0.85 else text[:length]
    if rng.random() < 0.12:
        start = rng.randint(0, 12)
        text = text[start : start + rng.randint(10, 40)]
    return text


# How they look


@lru_cache(maxsize=600)
def _font(path: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.RAQM)


def _pieces(
    rng: random.Random, material: Material, text: str, script: str, right: bool
) -> list[tuple[str, str, bool]] | None:
    """Stretches from left to right: text, font, and whether it runs to the left."""
    fonts = material.by_script[script]
    if script == "LATIN" and rng.random() < 0.15 and set(text) <= set(_MRZ) | set(" -./:"):
        fonts = material.by_script["OCR"]
    if not fonts:
        return None
    own = rng.choice(fonts)
    for _ in range(3):
        if set(text) - {" "} <= material.fonts[own]:
            break
        own = rng.choice(fonts)
    fallback = rng.choice(material.by_script["LATIN"])
    pieces: list[tuple[str, str, bool]] = []
    for stretch, left in runs(text, right):
        part, font = "", own
        for c in stretch:
            chosen = font if c == " " else own if c in material.fonts[own] else fallback
            if c not in material.fonts[chosen] and c != " ":
                return None
            if chosen != font and part:
                pieces.append((part, font, left))
                part = ""
            part, font = part + c, chosen
        if left and pieces and part != stretch:
            return None  # a stretch that runs to the left in two fonts would have to be turned round
        pieces.append((part, font, left))
    return pieces


def _drawn(rng: random.Random, material: Material, text: str, script: str, right: bool) -> np.ndarray | None:
    """The ink of a line: (h, w) uint8, cut to its extent."""
    from PIL import Image, ImageDraw

    pieces = _pieces(rng, material, text, script, right)
    if pieces is None:
        return None
    size = rng.choice((30, 34, _SIZE, 42))
    spread = rng.choice((1, 2, 3, 5, 8)) if rng.random() < 0.12 and script in _SEPARABLE else 0
    lengths = [
        _font(path, size).getlength(part, direction="rtl" if left else "ltr") + spread * len(part)
        for part, path, left in pieces
    ]
    width = int(sum(lengths)) + 2 * size
    image = Image.new("L", (width, 3 * size))
    pen, x = ImageDraw.Draw(image), float(size)
    for (part, path, left), length in zip(pieces, lengths, strict=True):
        font = _font(path, size)
        if spread:
            place = x
            for c in part:
                pen.text((place, 2 * size), c, fill=255, font=font, anchor="ls")
                place += font.getlength(c) + spread
        else:
            pen.text((x, 2 * size), part, fill=255, font=font, anchor="ls", direction="rtl" if left else "ltr")
        x += length
    mask = np.asarray(image)
    rows, columns = np.flatnonzero(mask.max(1) > 40), np.flatnonzero(mask.max(0) > 40)
    if len(rows) < 3 or len(columns) < 3:
        return None
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


_SEPARABLE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "GEORGIAN", "HEBREW", "HANGUL", "MRZ")


def _fitted(rng: random.Random, mask: np.ndarray, script: str) -> np.ndarray:
    """The mask with margins as the detector leaves them, at the recogniser's height and one of WIDTHS."""
    import cv2

    high, wide = mask.shape
    # A line of low letters alone is not as high as its font: the detector leaves more around it.
    full = max(high, 0.5 * _SIZE)
    top, bottom = (rng.uniform(-0.03, 0.28) * full for _ in range(2))
    left, right = (rng.uniform(-0.02, 0.5) * full for _ in range(2))
    canvas = np.zeros((max(4, int(high + top + bottom)), max(4, int(wide + left + right))), np.uint8)
    y, x = int(max(0, top)), int(max(0, left))
    cut_y, cut_x = int(max(0, -top)), int(max(0, -left))
    part = mask[cut_y : cut_y + canvas.shape[0] - y, cut_x : cut_x + canvas.shape[1] - x]
    canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
    if rng.random() < 0.12:
        _ruled(rng, canvas)
    if rng.random() < 0.2:
        canvas = np.asarray(
            (cv2.dilate if rng.random() < 0.6 else cv2.erode)(canvas, np.ones((2, 2), np.uint8)), np.uint8
        )
    elif script in ("LATIN", "CYRILLIC", "MRZ", "GREEK") and rng.random() < 0.04:
        canvas = canvas * ((np.arange(canvas.shape[0])[:, None] % 4 < 3) & (np.arange(canvas.shape[1]) % 4 < 3))
    aspect = rng.uniform(0.92, 1.08) if rng.random() < 0.6 else rng.uniform(0.68, 1.2)
    natural = canvas.shape[1] * HEIGHT / canvas.shape[0] * aspect
    width = min(WIDTHS, key=lambda one: abs(np.log(one / natural)))
    if natural < WIDTHS[0] * 0.9:  # narrow lines are padded in the product, too
        canvas = np.pad(canvas, ((0, 0), (0, int(canvas.shape[1] * (WIDTHS[0] / natural - 1)))))
    shrinks = width < canvas.shape[1]
    return cv2.resize(
        canvas.astype(np.uint8), (width, HEIGHT), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )


def _ruled(rng: random.Random, canvas: np.ndarray) -> None:
    """Rules of forms, and what the crop shows of the lines above and below."""
    high, wide = canvas.shape
    kind = rng.random()
    if kind < 0.4:
        y = rng.choice((rng.randint(0, 3), high - 1 - rng.randint(0, 3)))
        canvas[y : y + rng.randint(1, 3)] = rng.randint(90, 255)
    elif kind < 0.6:
        x = rng.choice((rng.randint(0, 4), max(0, wide - 1 - rng.randint(0, 4))))
        canvas[:, x : x + rng.randint(1, 2)] = rng.randint(90, 255)
    else:
        part = rng.randint(2, max(3, high // 8))
        shift = rng.randint(0, wide)
        strip = np.roll(canvas[high // 3 : high // 3 + part], shift, 1)
        if rng.random() < 0.5:
            canvas[:part] = np.maximum(canvas[:part], strip)
        else:
            canvas[-part:] = np.maximum(canvas[-part:], strip)
