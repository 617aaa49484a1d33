"""Scripts that the bundled recogniser does not know, read through tesseract where it is installed.

PP-OCRv6 knows Latin, Chinese and Japanese; of Cyrillic, Greek, Hangul, Thai, Arabic, Hebrew and Devanagari it makes
look-alike Latin letters. On documents of states that print such a script, every line is read a second time by
tesseract, in one call for all lines, through a pipe: nothing is written to disk. Without tesseract or without the
language, what could be look-alikes is left out, and a warning says what to install.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from extractor.extraction import ReadingWarning
from extractor.schemas.text import scripts, squash
from extractor.text.ocr import Line, line_crop
from extractor.text.page import Page, reading_order
from extractor.visual.segments import segment_of

_ARABIC = "QAT ARE SAU KWT BHR OMN IRQ JOR LBN SYR EGY LBY TUN DZA MAR YEM SDN PSE MRT"
#: tesseract's language, its Debian package's ending, the script's Unicode name, and the states that print it.
_LANGUAGES: tuple[tuple[str, str, str, str], ...] = (
    ("rus", "rus", "CYRILLIC", "RUS"),
    ("ukr", "ukr", "CYRILLIC", "UKR"),
    ("bel", "bel", "CYRILLIC", "BLR"),
    ("bul", "bul", "CYRILLIC", "BGR"),
    ("srp", "srp", "CYRILLIC", "SRB"),
    ("mkd", "mkd", "CYRILLIC", "MKD"),
    ("kaz", "kaz", "CYRILLIC", "KAZ"),
    ("kir", "kir", "CYRILLIC", "KGZ"),
    ("tgk", "tgk", "CYRILLIC", "TJK"),
    ("mon", "mon", "CYRILLIC", "MNG"),
    ("ell", "ell", "GREEK", "GRC CYP"),
    ("tha", "tha", "THAI", "THA"),
    ("kor", "kor", "HANGUL", "KOR PRK"),
    ("ara", "ara", "ARABIC", _ARABIC),
    ("fas", "fas", "ARABIC", "IRN AFG"),
    ("urd", "urd", "ARABIC", "PAK"),
    ("heb", "heb", "HEBREW", "ISR"),
    ("hin", "hin", "DEVANAGARI", "IND"),
    ("nep", "nep", "DEVANAGARI", "NPL"),
    ("ben", "ben", "BENGALI", "BGD"),
    ("kat", "kat", "GEORGIAN", "GEO"),
    ("hye", "hye", "ARMENIAN", "ARM"),
)
_BY_STATE = {state: row for row in _LANGUAGES for state in row[3].split()}
#: Latin letters that a Cyrillic or Greek word can consist of to the eye.
_LOOKALIKES = frozenset("ABCEHIKMNOPTXYZaceopxyKMHT")
_TO_LATIN = str.maketrans("АВЕКМНОРСТУХаеорсух", "ABEKMHOPCTYXaeopcyx")
_WORD = re.compile(r"[^\s/]+")
_EITHER = frozenset(map(chr, _TO_LATIN))
_LINE_HEIGHT, _GAP = 56, 28
#: Lines of a script it does not know, the bundled recogniser reads worse than this.
_READ_POORLY = 0.85
#: tesseract's confidence from which the script it sees on a page is believed, where it cannot be tried.
_SEEN_SURELY = 4.0
#: Mean confidence of tesseract's from which a line is surely of the script it was read as.
_SURELY = 0.75
#: Scripts in whose words tesseract parts syllables: a space is where there is a gap.
_UNSPACED = frozenset({"THAI", "HANGUL"})
#: A number or a date.
_FIGURES = re.compile(r"\d(?:[\d.\-/ ]*\d){3,}")
#: tesseract's own confidence (0..100) from which a word counts.
_CONFIDENT = 45.0
_TIMEOUT = 60


@dataclass(frozen=True)
class OtherScript:
    """A script beside Latin on documents of one state: tesseract's language and the script's Unicode name."""

    language: str
    package: str
    script: str


def script_of(issuer: str | None) -> OtherScript | None:
    """The script that documents of `issuer` print and the bundled recogniser does not know, or None."""
    row = _BY_STATE.get(issuer or "")
    return OtherScript(row[0], f"tesseract-ocr-{row[1]}", row[2]) if row else None


@cache
def tesseract_languages() -> frozenset[str]:
    """Languages of the installed tesseract; empty without one."""
    if shutil.which("tesseract") is None:
        return frozenset()
    listed = subprocess.run(
        ["tesseract", "--list-langs"], capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    return frozenset(listed.stdout.split()[1:])


def guess_script(page: Page) -> OtherScript | None:
    """The script of a page that the bundled recogniser cannot make out, as tesseract sees it; None where it can.

    For documents that name no state in Latin letters: Korean, Arabic or Russian ones without a machine-readable zone.
    """
    lines = _all_lines(page)
    poor = [line for line in lines if line.score < _READ_POORLY]
    if len(poor) < 3 or len(poor) < 0.35 * len(lines) or "osd" not in tesseract_languages():
        return None
    sheet, _ = _sheet([line_crop(page.image, line.box) for line in lines])
    seen = dict(part.split(": ", 1) for part in _run(sheet, ["--psm", "0"]).splitlines() if ": " in part)
    # tesseract calls Hangul by the language.
    name = seen.get("Script", "").upper().replace("KOREAN", "HANGUL")
    named = _named(name)
    sure = float(seen.get("Script confidence", 0)) >= _SEEN_SURELY
    if named and sure and named.language not in tesseract_languages():
        return named
    # Of few lines it is seldom sure: Hangul, of which the bundled recogniser makes ideographs, it takes for Latin, and
    # Cyrillic now for the one and now for the other.
    hangul = _named("HANGUL") if any("CJK" in scripts(line.text) for line in page.lines) else None
    cyrillic = None if sure else _named("CYRILLIC")
    tried = dict.fromkeys(other for other in (named, hangul, cyrillic) if other)
    return next((other for other in tried if _reads(page, poor, other)), None)


def _named(script: str) -> OtherScript | None:
    row = next((row for row in _LANGUAGES if row[2] == script), None)
    return OtherScript(row[0], f"tesseract-ocr-{row[1]}", row[2]) if row else None


def _reads(page: Page, poor: Sequence[Line], other: OtherScript) -> bool:
    """Whether enough lines surely come out in a script when they are read as that."""
    if other.language not in tesseract_languages():
        return False
    readings = _tesseract([line_crop(page.image, line.box) for line in poor], other)
    return sum(one[1] > _SURELY and other.script in scripts(one[0]) for one in readings if one) >= 3


def _all_lines(page: Page) -> list[Line]:
    """The page's lines, and an empty one for everything that the detector saw and the recogniser could not read."""
    read = {line.box.tobytes() for line in page.lines}
    return [*page.lines, *(Line("", 0.0, box) for box in page.boxes if box.tobytes() not in read)]


def read_other_script(page: Page, issuer: str | None, latin: Collection[str] = ()) -> tuple[Page, list[ReadingWarning]]:
    """The page with its lines in the issuer's own script, or without what cannot be told from it.

    `latin`: squashed texts that are known to be Latin since the MRZ has them; `TKACHENKO` could be either to the eye.
    """
    other = script_of(issuer) if issuer else guess_script(page)
    if other is None:
        return page, []
    other = _installed(other)
    if other.language not in tesseract_languages():
        kept = tuple(line for line in page.lines if not may_be_lookalike(line))
        message = (
            f"{other.script.capitalize()} text is left out: it is read by tesseract, which lacks it; "
            f"run: apt-get install tesseract-ocr {other.package}"
        )
        return replace(page, lines=kept), [ReadingWarning("script_not_read", message)]
    lines = _all_lines(page)
    known = frozenset(latin)
    parts = [() if line.text.count("<") >= 3 or squash(line.text) in known else _halves(line) for line in lines]
    readings = iter(_tesseract([line_crop(page.image, part.box) for own in parts for part in own], other))
    better = [
        _read_again(line, own, [next(readings) for _ in own], other, known)
        for line, own in zip(lines, parts, strict=True)
    ]
    return replace(page, lines=tuple(reading_order([line for line in better if line.text]))), []


def _installed(other: OtherScript) -> OtherScript:
    """Another language of the same script where its own is not installed: most letters are the same."""
    installed = tesseract_languages()
    if other.language in installed:
        return other
    row = next((row for row in _LANGUAGES if row[2] == other.script and row[0] in installed), None)
    return OtherScript(row[0], other.package, other.script) if row else other


def _read_again(
    line: Line,
    parts: Sequence[Line],
    readings: Sequence[tuple[str, float] | None],
    other: OtherScript,
    known: Collection[str],
) -> Line:
    """The line after tesseract has read its parts."""
    better = [_better(part, reading, other) for part, reading in zip(parts, readings, strict=True)]
    if len(parts) == 2 and (parts[1].score > _READ_POORLY or squash(parts[1].text) in known):
        # The state's own script stands first, the Latin one after it (ICAO Doc 9303-3, 3.1).
        better[1] = parts[1]
    return _joined(line, better) if any(part.reader == "tesseract" for part in better) else line


def _halves(line: Line) -> tuple[Line, ...]:
    """The parts before and after the one slash of a line: tesseract takes a line for Latin if half of it is
    (`ТКАЧЕНКО/TKACHENKO`). Any other line whole."""
    before, slash, after = line.text.partition("/")
    if "/" in after or len(before.strip()) < 2 or len(after.strip()) < 2 or not slash:
        return (line,)
    cut = len(before)
    # Both with the slash, so that no letter beside it is cut.
    halves = (segment_of(line, 0, 0, cut + 1), segment_of(line, 0, cut, len(line.text)))
    return tuple(Line(half.text.strip("/ "), half.score, half.box) for half in halves)


def _joined(line: Line, parts: Sequence[Line]) -> Line:
    text = "/".join(part.text.strip("/| ") for part in parts)
    score = min(part.score for part in parts)
    empty = np.empty(0)
    return replace(line, text=text, score=score, probabilities=empty, positions=empty, reader="tesseract")


def may_be_lookalike(line: Line) -> bool:
    """Whether a line could be another script misread as Latin: nothing but look-alike letters, or read poorly."""
    letters = [c for c in line.text if c.isalpha()]
    if line.text.count("<") > 2 or not letters:
        return False
    return line.score < 0.9 or (len(letters) >= 2 and set(letters) <= _LOOKALIKES)


def _better(line: Line, second: tuple[str, float] | None, other: OtherScript) -> Line:
    """The reading that fits: tesseract's where it sees the script in most letters, else the first."""
    if not second or not second[0]:
        return line
    text, confidence = second
    letters = [c for c in text if c.isalpha()]
    native = sum(other.script in scripts(c) for c in letters)
    if native < 2 or native < 0.5 * len(letters):
        return line
    if native < 4 and sum(c.isdigit() for c in line.text) > max(3, native) and not _is_office(text, confidence):
        return line  # two or three letters beside a number are specks
    text = _latin_words(text)
    if line.text:
        text = _with_figures_of(line.text, text)
    empty = np.empty(0)
    return replace(line, text=text, score=confidence, probabilities=empty, positions=empty, reader="tesseract")


def _is_office(text: str, confidence: float) -> bool:
    """An abbreviation before a number, surely read: `МВД 77003`, `МКК 216051`."""
    return confidence > _READ_POORLY and re.fullmatch(r"[^\W\d_]{3} \d+", text) is not None and text[:3].isupper()


def _latin_words(text: str) -> str:
    """Words in small letters that could be either script, beside words that are Latin, are Latin: `Расе of birth`."""
    if not any(len(word) > 3 and scripts(word) == {"LATIN"} for word in _WORD.findall(text)):
        return text

    def latin(word: re.Match[str]) -> str:
        either = set(filter(str.isalpha, word[0])) <= _EITHER and not word[0].isupper()
        return word[0].translate(_TO_LATIN) if either else word[0]

    return _WORD.sub(latin, text)


def _with_figures_of(first: str, second: str) -> str:
    """`second` with the figures of `first`: the bundled recogniser reads figures better."""
    runs, others = list(_FIGURES.finditer(first)), list(_FIGURES.finditer(second))
    if len(runs) != 1:
        return second
    if not others:
        return f"{second} {runs[0][0]}" if first.endswith(runs[0][0]) else second
    before = second[: others[0].start()]
    if any(c.isdigit() for c in before):
        return first  # what stands before the number are specks
    return before + runs[0][0] + second[others[-1].end() :]


def _tesseract(crops: Sequence[np.ndarray], other: OtherScript) -> list[tuple[str, float] | None]:
    """Text and confidence (0..1) of each line, all read in one call as rows of one picture."""
    if not crops:
        return []
    sheet, pitch = _sheet(crops)
    tsv = _run(sheet, ["-l", f"{other.language}+eng", "--psm", "6", "tsv"])
    return _rows(tsv, len(crops), pitch, spaced=other.script not in _UNSPACED)


def _sheet(crops: Sequence[np.ndarray]) -> tuple[np.ndarray, int]:
    """Lines under one another on white, grey (height, width), and the distance from one to the next."""
    import cv2

    scaled = [cv2.resize(crop, (max(8, crop.shape[1] * _LINE_HEIGHT // crop.shape[0]), _LINE_HEIGHT)) for crop in crops]
    width = max(crop.shape[1] for crop in scaled) + 2 * _GAP
    pitch = _LINE_HEIGHT + _GAP
    sheet = np.full((pitch * len(scaled) + _GAP, width), 255, np.uint8)
    for row, crop in enumerate(scaled):
        grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
        top = _GAP + row * pitch
        sheet[top : top + _LINE_HEIGHT, _GAP : _GAP + crop.shape[1]] = _stretched(grey)
    return sheet, pitch


def _run(picture: np.ndarray, arguments: Sequence[str]) -> str:
    """What tesseract prints about a picture, given and taken through pipes; empty if it fails."""
    import cv2

    encoded = cv2.imencode(".png", picture)[1].tobytes()
    command = ["tesseract", "stdin", "stdout", *arguments]
    try:
        done = subprocess.run(command, input=encoded, capture_output=True, timeout=_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")


def _stretched(grey: np.ndarray) -> np.ndarray:
    """Brightness spread over the whole range: tesseract binarises the sheet as one."""
    low, high = float(grey.min()), float(grey.max())
    return ((grey - low) * (255.0 / max(high - low, 1.0))).astype(np.uint8)


def _rows(tsv: str, count: int, pitch: int, *, spaced: bool) -> list[tuple[str, float] | None]:
    """Words of tesseract's TSV by the row of the sheet they stand in.

    `spaced`: the script parts words by spaces. Of others (Thai, Hangul) tesseract gives single syllables, between
    which a space is printed only where there is a gap.
    """
    rows: list[list[tuple[int, int, str, float]]] = [[] for _ in range(count)]
    for record in tsv.splitlines()[1:]:
        cells = record.split("\t")
        if len(cells) < 12 or not cells[11].strip():
            continue
        left, top, width, height = (int(cell) for cell in cells[6:10])
        row = (top + height // 2 - _GAP // 2) // pitch
        if float(cells[10]) >= _CONFIDENT and 0 <= row < count:
            rows[row].append((left, left + width, cells[11], float(cells[10]) / 100))
    found: list[tuple[str, float] | None] = []
    for words in rows:
        text = ""
        for i, (left, _, word, _) in enumerate(words):
            apart = spaced or (i > 0 and left - words[i - 1][1] > 0.2 * _LINE_HEIGHT)
            text += (" " if text and apart else "") + word
        found.append((text, float(np.mean([c for *_, c in words]))) if words else None)
    return found
