"""`python -m eval.zones`: are machine-readable zones read honestly? Drawn zones, altered ones and blurred ones.

Two numbers that pull against each other:

- of zones in which one to three digits were altered, printed clearly: how many are accepted without a warning;
- of true zones, more and more blurred: how many get the warning that a check digit is wrong.

Lines are drawn in OCR-B, captured (blur, noise, contrast, JPEG), cut out where they were drawn, and read by the real
recogniser. Alterations under which every check digit still holds are drawn again: no reader can notice them; the report
says how many there were. Every zone is reproducible from its seed.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from eval.counts import counts_before, write_counts
from eval.report.tables import markdown_table
from extractor.ending import Parser, Stops, at_least, ended
from extractor.mrz import MrzReading, TextLine, read_mrz
from extractor.mrz.parse import guess_format, verify
from extractor.progress import progress
from extractor.synthesis.fonts import advance, placed_glyph, single_font
from extractor.synthesis.mrz import COMPOSERS, MrzFields
from extractor.synthesis.people import invent_person
from extractor.synthesis.pools import Pool
from extractor.text import ocr

TODAY = date(2026, 3, 1)
#: Formats and how many of ten zones have each.
_SHARES = {"TD3": 5, "TD1": 3, "TD2": 1, "MRV-A": 1}
_STATES = "D FRA GBR ITA ESP POL NLD AUT CHE SWE USA CAN BRA TUR UKR IND CHN JPN KOR NGA ZAF UTO".split()
_POOL: Pool = "evaluation"
_LANGUAGES = ("en", "fr", "de", "es", "it", "pt", "pl")
#: Pixels per character before capture, as on pages of 150 to 250 dpi.
_PITCH = (13.0, 20.0)
#: Deviation of the blur, as a share of the pitch: at the upper end a person begins to guess.
BLUR = (0.0, 0.26)
_CLEAN = (0.0, 0.04)


@dataclass(frozen=True)
class DrawnZone:
    """A drawn zone: what is printed, and how it was captured. `undetectable` alterations were drawn before this one."""

    lines: tuple[str, ...]
    blur: float
    seed: int
    undetectable: int = 0


@dataclass(frozen=True)
class ReadLine:
    """A text line as the reader gets it."""

    text: str
    box: np.ndarray
    log_probs: np.ndarray | None


def true_zone(seed: int, blur: tuple[float, float] = BLUR) -> DrawnZone:
    """A zone whose check digits are right."""
    rng = random.Random(seed)
    return DrawnZone(_compose(rng), rng.uniform(*blur), seed)


def altered_zone(seed: int) -> DrawnZone:
    """A clearly printed zone with one to three digits altered, at least one check digit wrong."""
    rng = random.Random(seed)
    lines, missed = _compose(rng), 0
    layout = guess_format(lines)
    assert layout is not None
    covered = sorted(
        {
            (span.line, k)
            for check in layout.checks
            for span in (*check.covers, check.place)
            for k in range(span.start, span.end)
        }
    )
    digits = [(line, k) for line, k in covered if lines[line][k].isdigit()]
    while True:
        rows = [list(line) for line in lines]
        for line, k in rng.sample(digits, rng.randint(1, 3)):
            rows[line][k] = rng.choice([c for c in "0123456789" if c != rows[line][k]])
        altered = tuple("".join(row) for row in rows)
        if not all(check.valid for check in verify(layout, altered)):
            return DrawnZone(altered, rng.uniform(*_CLEAN), seed, missed)
        missed += 1


def _compose(rng: random.Random) -> tuple[str, ...]:
    form = rng.choices(tuple(_SHARES), tuple(_SHARES.values()))[0]
    person = invent_person(rng, _POOL, rng.choice(_LANGUAGES))
    state = rng.choice(_STATES)
    letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTVWXYZ") for _ in range(rng.randint(0, 2)))
    number = letters + "".join(rng.choice("0123456789") for _ in range(9 - len(letters)))
    expiry = TODAY + timedelta(days=rng.randint(-700, 3600))
    optional = "".join(rng.choice("0123456789") for _ in range(rng.choice((0, 0, 6, 7))))
    code = {"TD3": "P", "MRV-A": "V"}.get(form, rng.choice(("I", "ID", "AC")))
    holder = MrzFields(
        document_code=code,
        issuing_state=state,
        surname=person.surname,
        given_names=person.given_names,
        document_number=number,
        nationality=state,
        birth_date=f"{person.birth_date:%y%m%d}",
        sex=person.sex,
        expiry_date=f"{expiry:%y%m%d}",
        optional=optional,
    )
    return tuple(COMPOSERS[form](holder))


def see(zone: DrawnZone) -> list[TextLine]:
    """The zone's lines as the recogniser reads them."""
    rng = random.Random(zone.seed + 1)
    pitch = rng.uniform(*_PITCH)
    crops, boxes = zip(*_pictures(zone, pitch, rng), strict=True)
    readings = ocr.recognise(crops)
    return [
        ReadLine(reading.text.strip(), box, reading.mrz_log_probs)
        for reading, box in zip(readings, boxes, strict=True)
        if reading.text.strip()
    ]


def _pictures(zone: DrawnZone, pitch: float, rng: random.Random) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Per line its picture (h, w, 3) and its box (4, 2) on the page."""
    ink, paper, grain = rng.randint(10, 70), rng.randint(170, 250), rng.uniform(0, 6)
    noise = np.random.default_rng(zone.seed)
    for row, line in enumerate(zone.lines):
        grey = paper + (ink - paper) * _masks(line, pitch, rng)
        grey = cv2.GaussianBlur(grey, (0, 0), max(zone.blur * pitch, 0.05))
        grey = np.clip(grey + noise.normal(0, grain, grey.shape), 0, 255).astype(np.uint8)
        grey = np.asarray(
            cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], cv2.IMREAD_GRAYSCALE)
        )
        height, width = grey.shape
        left, top = 20.0, 300 + 1.25 * height * row
        corners = [[left, top], [left + width, top], [left + width, top + height], [left, top + height]]
        yield np.repeat(grey[..., None], 3, 2), np.array(corners, dtype=np.float64)


def _masks(line: str, pitch: float, rng: random.Random) -> np.ndarray:
    """A line in OCR-B, (h, w) float32 from 0 (paper) to 1 (ink)."""
    font = single_font(rng, _POOL, "mrz")
    size = pitch / advance(font, "0", 1.0)
    base, left = round(1.15 * size), size / 2
    canvas = np.zeros((round(1.5 * size), round(size + pitch * len(line))), dtype=np.float32)
    for k, character in enumerate(line):
        drawn, x = placed_glyph(font, character, size, left + pitch * k)
        height, width = drawn.mask.shape
        y, x = base + drawn.top, x + drawn.left
        canvas[y : y + height, x : x + width] += drawn.mask / 255
    return np.minimum(canvas, 1.0)


Kind = Literal["altered, clear", "true, blurred"]
#: Kinds of zones, and how each is made from a seed.
KINDS: Mapping[Kind, Callable[[int], DrawnZone]] = {"altered, clear": altered_zone, "true, blurred": true_zone}
_STEP = 100


@dataclass(frozen=True)
class ZoneTally:
    """What became of some zones. `silent`: accepted without any warning; `alarms`: warned that a check digit is wrong;
    `unsure`: warned that the print is too unclear to judge a check digit; `repaired`: warned that unclear characters
    were concluded; `unread`: no zone found; `undetectable`: see `DrawnZone`."""

    zones: int = 0
    silent: int = 0
    alarms: int = 0
    unsure: int = 0
    repaired: int = 0
    unread: int = 0
    undetectable: int = 0

    def __add__(self, other: ZoneTally) -> ZoneTally:
        return ZoneTally(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


def tally(zones: Sequence[DrawnZone]) -> ZoneTally:
    """Reads the zones."""
    counts: Counter[str] = Counter()
    for zone in zones:
        counts["undetectable"] += zone.undetectable
        counts[outcome(read_mrz(see(zone), today=TODAY))] += 1
    outcomes = (counts[name] for name in ("silent", "alarm", "unsure", "repaired", "unread", "undetectable"))
    return ZoneTally(len(zones), *outcomes)


def outcome(reading: MrzReading | None) -> str:
    """What a caller learns of a zone: "unread", "alarm", "unsure", "repaired", or "silent" where there is nothing to
    warn of."""
    if reading is None:
        return "unread"
    wrong = {check.name for check in reading.mrz.check_digits if not check.valid}
    if wrong:
        return "unsure" if wrong <= reading.unsure else "alarm"
    return "repaired" if reading.doubtful else "silent"


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a table of both numbers."""
    return ended("eval.zones", lambda: _run(_options(arguments)), stops=Stops())


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(prog="python -m eval.zones", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--zones", type=at_least(1), default=10_000, help="how many of each kind (default: %(default)s)"
    )
    parser.add_argument(
        "--out", type=Path, help="JSON file of the counts, written every 100 zones; one that is there is continued"
    )
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace) -> int:
    tallies: dict[str, ZoneTally] = {name: ZoneTally() for name in KINDS}
    tallies |= counts_before(options.out, dict[Kind, ZoneTally], {})
    done = min(one.zones for one in tallies.values())
    with progress(options.zones - done, "reading") as advance:
        for first in range(done, options.zones, _STEP):
            seeds = range(first, min(first + _STEP, options.zones))
            for name, make in KINDS.items():
                tallies[name] += tally([make(seed) for seed in seeds])
            write_counts(options.out, tallies)
            for _ in seeds:
                advance()
    print(table(tallies))
    return 0


def table(tallies: Mapping[str, ZoneTally]) -> str:
    """What became of each kind of zones."""
    rows = [[name, *(str(count) for count in vars(one).values())] for name, one in tallies.items()]
    return markdown_table(["kind", *(field.name for field in fields(ZoneTally))], rows)


if __name__ == "__main__":
    sys.exit(main())
