"""Scripts that PP-OCRv6 does not know, read by a second recogniser.

PP-OCRv6 knows Latin, Chinese and Japanese; of Cyrillic, Greek, Hangul, Thai, Arabic, Hebrew, Devanagari, Bengali,
Georgian and Armenian it makes look-alike Latin letters. The network `scripts` (extractor.training.text.reader) knows
those, and the marks of every Latin alphabet. It reads every line of documents whose state prints such a script or such
marks, and of pages that show a script; other pages cost nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from extractor.schemas.dates import find_dates
from extractor.schemas.text import fold, scripts, squash
from extractor.text.letters import in_alphabet, in_script, letters_of
from extractor.text.ocr import Line, as_line, line_crop, recognise
from extractor.text.page import Page, reading_order

#: The scripts' Unicode names, and the states that print them beside or instead of Latin.
_STATES = {
    "CYRILLIC": "RUS UKR BLR BGR SRB MKD MNE BIH KAZ KGZ TJK MNG",
    "GREEK": "GRC CYP",
    "THAI": "THA",
    "HANGUL": "KOR PRK",
    "ARABIC": "QAT ARE SAU KWT BHR OMN IRQ JOR LBN SYR EGY LBY TUN DZA MAR YEM SDN PSE MRT DJI COM SOM TCD IRN AFG PAK",
    "HEBREW": "ISR",
    "DEVANAGARI": "IND NPL",
    "BENGALI": "BGD",
    "GEORGIAN": "GEO",
    "ARMENIAN": "ARM",
}
#: A reading with other marks is taken from this much below the first one's mean probability on.
_NEARLY_AS_SURE = 0.1
#: Probability from which a mark is taken for printed that the first reading lacks. Of 81 on drawn and real lines 51 of
#: 57 from there on were printed, and 9 of 24 below.
_SURELY_MARKED = 0.98
#: Share of a line's characters with marks, and their number, above which another is likely (Vietnamese).
_MANY_MARKS, _SOME_MARKS = 0.2, 3
#: Probability from which a mark that the state's alphabet does not have is taken for printed.
_SURE_MARK = 0.9
_BY_STATE = {state: script for script, states in _STATES.items() for state in states.split()}
#: Letters that look the same in two scripts; words are in one of them.
_ALIKE = {
    "CYRILLIC": ("АВЕКМНОРСТУХЅІЈаеорсухѕіјһ", "ABEKMHOPCTYXSIJaeopcyxsijh"),
    "GREEK": ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo"),
    "THAI": ("ร", "s"),  # of fonts without loops
}
#: Letters of Persian and Urdu, and what stands for them in Arabic; several look alike in the middle of a word.
_PERSIAN, _ARABIC = "یکگپچژڤہھە", "يككبجزفههه"
_WORD = re.compile(r"[^\W\d_]+")
#: From here on it is sure that a line is what it knows, unless all letters could be another script's.
_SURELY_LATIN = 0.96
#: Mean probability from which a line is surely of the script it was read in.
_SURELY = 0.75
#: Letters of its own that make a word one of a script, whatever else its line says.
_OWN_LETTERS = 3
#: Share of a line's letters in a script of letters that look like no Latin ones, and the line's mean probability, from
#: which it has two languages; ideographs, which the network does not know, are read as a few letters of any script.
_SOME, _SURELY_TWO = 0.2, 0.9
#: Lines in one script that make a page one of that script.
_LEAST = 2
#: So many lines, the longest, are read to see which script a page is in.
_TRIED = 8


def script_of(issuer: str | None) -> str | None:
    """The Unicode name of the script that documents of `issuer` print and PP-OCRv6 does not know, or None."""
    return _BY_STATE.get(issuer or "")


def read_longest(page: Page) -> list[Line]:
    """The page's longest lines as the second recogniser reads them, which tells Latin from the scripts that it knows
    besides, and has the marks of a heading that the first one left out."""
    lines = [line for line in all_lines(page) if line.text.count("<") < 3]
    return _read(page, sorted(lines, key=lambda line: -float(abs(line.box[1] - line.box[0]).sum()))[:_TRIED])


def guess_script(longest: Sequence[Line]) -> str | None:
    """The script of a page that names no state in Latin letters, by what `read_longest` gives; or None."""
    seen = [_script(line) for line in longest if line.score > _SURELY]
    votes = {script: seen.count(script) for script in _STATES}
    best = max(votes, key=lambda script: votes[script])
    return best if votes[best] >= _LEAST else None


def _script(line: Line) -> str | None:
    """The script of most letters of a line; of a line in two languages, of some, if no Latin ones look like them."""
    letters = [c for c in line.text if c.isalpha()]
    seen = {script: sum(script in scripts(c) for c in letters) for script in _STATES}
    script = max(seen, key=lambda one: seen[one])
    are_two = script not in _ALIKE and line.score > _SURELY_TWO and seen[script] >= _SOME * len(letters)
    enough = _OWN_LETTERS if are_two else 0.5 * len(letters) + 0.1
    return script if len(letters) > 1 and seen[script] >= enough else None


def all_lines(page: Page) -> list[Line]:
    """The page's lines, and an empty one for everything that the detector saw and the recogniser could not read."""
    read = {line.box.tobytes() for line in page.lines}
    return [*page.lines, *(Line("", 0.0, box) for box in page.boxes if box.tobytes() not in read)]


def in_one_script(text: str, script: str) -> str:
    """`text` with each word in one script: letters that look like those of another take the side of those that do not,
    `ТKАЧЕНKO` becomes Cyrillic and `ТКАСHЕNKO` Latin. A word that could be both is Latin behind a slash and the
    script's own before one, where a text is said again (`МВР/MoI`)."""
    if script not in _ALIKE:
        return text
    own, latin = _ALIKE[script]
    to_own, to_latin = str.maketrans(latin, own), str.maketrans(own, latin)

    def settled(word: re.Match[str]) -> str:
        letters = word[0]
        mine = sum(script in scripts(c) and c not in own for c in letters)
        theirs = sum("LATIN" in scripts(c) and c not in latin for c in letters)
        if mine == theirs == 0:
            again = text[: word.start()].rstrip().endswith("/")
            said_first = len(letters) > 2 and text[word.end() :].lstrip().startswith("/")
            mine = 0 if again else len(letters) if said_first else sum(c in own for c in letters)
            theirs = len(letters) - mine
        return letters.translate(to_own if mine >= theirs else to_latin)

    return _WORD.sub(settled, text)


def in_latin_letters(text: str) -> str:
    """`text` with letters of Cyrillic and Greek that look like Latin ones as Latin."""
    for script in ("CYRILLIC", "GREEK"):
        text = text.translate(str.maketrans(*_ALIKE[script]))
    return text


def _read(page: Page, lines: Sequence[Line], state: str | None = None, script: str | None = None) -> list[Line]:
    """`lines` as the second recogniser reads them, in the letters of `state` and in `script` and Latin; of what it
    finds nothing in, the text is empty."""

    def prior(probabilities: np.ndarray) -> np.ndarray:
        own = in_script(probabilities, script) if script else probabilities
        return in_alphabet(own, state) if state else own

    readings = recognise([line_crop(page.image, line.box) for line in lines], "scripts", prior)
    return [
        as_line(line.box, reading, "scripts") if reading.text.strip() else Line("", 0.0, line.box)
        for line, reading in zip(lines, readings, strict=True)
    ]


def read_other_script(
    page: Page, issuer: str | None, latin: Collection[str] = (), longest: Sequence[Line] | None = None
) -> Page:
    """The page with its lines in the issuer's own script, or in the one it shows.

    `latin`: squashed texts that are known to be Latin since the MRZ has them; `TKACHENKO` could be either to the eye.
    `longest`: what `read_longest` gives, where it was asked already.
    """
    script = script_of(issuer) if issuer else guess_script(read_longest(page) if longest is None else longest)
    if script is None:
        return _with_marks(page, issuer) if issuer and letters_of(issuer) else page
    known = frozenset(latin)
    lines = all_lines(page)
    asked = [line for line in lines if _may_be(line, script) and squash(line.text) not in known]
    known_letters = issuer if issuer and letters_of(issuer) is not None else None
    second = {line.box.tobytes(): line for line in _read(page, asked, known_letters, script)}
    if script == "ARABIC":
        second = _in_one_language(second)
    better = [better_of(line, _settled(second.get(line.box.tobytes()), script), script) for line in lines]
    return replace(page, lines=tuple(reading_order([line for line in better if line.text])))


def _with_marks(page: Page, state: str) -> Page:
    """The page with the marks of its letters as the second recogniser reads them, which knows every Latin alphabet.
    Lines whose other letters both read the same, and lines that it reads more surely."""
    lines = [line for line in page.lines if line.text.count("<") < 3 and any(c.isalpha() for c in line.text)]
    second = {line.box.tobytes(): line for line in _read(page, lines, state, "LATIN")}

    def better(first: Line) -> Line:
        other = second.get(first.box.tobytes())
        if other is None or not is_with_marks(first.text, other.text):
            # Of letters that look the same it may give another script's.
            surer = other is not None and other.score > first.score and scripts(other.text) <= {"LATIN"}
            return other if other is not None and surer else first
        return _with_marks_of(first, other, state) if other.score >= first.score - _NEARLY_AS_SURE else first

    return replace(page, lines=tuple(better(line) for line in page.lines))


def is_with_marks(first: str, second: str) -> bool:
    """Whether `second` is `first` but for marks: a letter with a mark, or one that Latin alphabets have beside a to z,
    may be read by the first without it, as another letter, or not at all."""
    read = squash(first)
    places = {0}  # how much of the first reading may be used up
    for character in second:
        letters = squash(character)
        after = {place + len(letters) for place in places if read.startswith(letters, place)}
        if letters and fold(character) != character.casefold():
            after |= places | {place + 1 for place in places if read[place : place + 1].isalpha()}
        places = after
    return len(read) in places


def _with_marks_of(first: Line, second: Line, state: str) -> Line:
    """The second reading; where both have as many letters, a mark that it alone has must be sure, and one that it lacks
    stays if the state has that letter, or if it was read surely (a foreign name)."""
    if len(first.text) != len(second.text):
        return second
    own = letters_of(state) or frozenset()
    marked = sum(not c.isascii() for c in second.text)
    are_many = marked > max(_SOME_MARKS, _MANY_MARKS * len(second.text))
    # Signs that are composed may be fewer than their characters: then nothing is known of each.
    is_known = len(second.probabilities) == len(second.text)

    def chosen(place: int) -> str:
        a, b = first.text[place], second.text[place]
        if a.isascii() and not b.isascii():
            return b if are_many or not is_known or second.probabilities[place] >= _SURELY_MARKED else a
        is_sure = a in own or (len(first.probabilities) == len(first.text) and first.probabilities[place] > _SURE_MARK)
        return a if b.isascii() and not a.isascii() and is_sure else b

    return replace(first, text="".join(map(chosen, range(len(first.text)))))


def _in_one_language(lines: dict[bytes, Line]) -> dict[bytes, Line]:
    """Lines with Arabic letters only, where the page is rather Arabic than Persian or Urdu."""
    text = "".join(line.text for line in lines.values())
    persian = sum(c in "یکگپچژںٹڈڑے" for c in text)
    if persian > sum(c in "يكةىأإ" for c in text):
        return lines
    table = str.maketrans(_PERSIAN, _ARABIC)
    return {box: replace(line, text=line.text.translate(table)) for box, line in lines.items()}


def _settled(line: Line | None, script: str) -> Line | None:
    return replace(line, text=in_one_script(line.text, script)) if line else None


def _may_be(line: Line, script: str) -> bool:
    """Whether a line could be in `script`: it is no MRZ, and not surely Latin or a number."""
    if line.text.count("<") >= 3:
        return False
    letters = {c for c in line.text if c.isalpha()}
    # Of few letters a look-alike is as sure as the real one: `ธ.ค.` is read as `S.A.`. Capitals of Greek and Cyrillic
    # that look like none of Latin are read poorly.
    few = script not in ("GREEK", "CYRILLIC") and len(letters) < 3
    same = set(_ALIKE[script][1]) if script in _ALIKE else set()
    words = [set(word) for word in _WORD.findall(line.text) if len(word) > 2]
    alike = few or (bool(same) and (letters <= same or any(word <= same for word in words)))
    return line.score < _SURELY_LATIN or "/" in line.text or (bool(letters) and alike)


def _has_word(line: Line, script: str) -> bool:
    """Whether a line that is read surely has a word that can only be of `script`, beside others."""
    alike = _ALIKE[script][0] if script in _ALIKE else ""
    own = [sum(script in scripts(c) and c not in alike for c in word) for word in _WORD.findall(line.text)]
    return line.score > _SURELY and max(own, default=0) >= _OWN_LETTERS


def better_of(first: Line, second: Line | None, script: str) -> Line:
    """The reading that fits: the second where it sees the state's script in most letters, else the first."""
    if second is None or not second.text:
        return first
    letters = [c for c in second.text if c.isalpha()]
    native = sum(script in scripts(c) for c in letters)
    if native < 2 or (native < 0.4 * len(letters) and not _has_word(second, script)):
        return first
    if find_dates(second.text) and not find_dates(first.text):
        return second
    # Two or three letters beside a number are specks, unless they are read as surely as the number.
    if native < 4 and sum(c.isdigit() for c in first.text) > max(3, native) and second.score < first.score:
        return first
    # Specks and patterns come out in any script, but never surely.
    return second if second.score > 0.45 or second.score > first.score else first
