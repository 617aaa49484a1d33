"""From all text lines of a page to the machine-readable zone on it.

Every plausible way to take rows of the page for the lines of a format is read (`repair`), and the reading that
explains its rows best wins, measured against the same rows being ordinary text. Check digits enter through that
score: each one that fails costs as much as a misprint is improbable. Rows need not be neighbours (a line of small
print may lie between), a line of the format may be missing, and a page may show several zones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations

from extractor.mrz.checkdigit import FILLER
from extractor.mrz.fit import LineFit, fit_line, rough_cost
from extractor.mrz.formats import FORMATS, MrzFormat
from extractor.mrz.reading import MrzReading
from extractor.mrz.repair import MISSING_LINE, NULL_COST, conclude
from extractor.mrz.rows import Row, TextLine, find_rows, is_of_zone
from extractor.mrz.states import PRINTED_STATE_CODES

# How far a row's length may be from the format's: lost fillers, dirt taken for characters.
_SHORTER, _LONGER = 0.45, 0.25
# Lines of a zone lie at most this many text heights apart, and start within this many of each other.
_APART, _ASKEW = 5.0, 4.0
# Share of the score of a perfectly read zone that a zone needs, with and without proof.
_PROVEN, _UNPROVEN = 0.3, 0.5
#: Repairs up to which the one line of a licence is believed.
_ONE_LINE_REPAIRS = 3
#: Fewest characters beside fillers and noughts, under which check digits hold whatever they cover.
_LEAST_SAID = 8
# Ways to take rows for lines that are concluded in full, the most promising by their lines alone.
_TRIED = 8


def read_mrz(lines: Sequence[TextLine], *, today: date | None = None) -> MrzReading | None:
    """The machine-readable zone on an upright page, or None.

    lines: all text lines of the page, in any order (see `rows.TextLine`). `today` fixes the centuries of dates.
    """
    return next(iter(read_zones(lines, today=today, most=1)), None)


def read_zones(lines: Sequence[TextLine], *, today: date | None = None, most: int = 4) -> list[MrzReading]:
    """All zones on a page (two cards on one picture, both sides of a card), best first, at most `most`."""
    rows = find_rows(lines)
    found: list[MrzReading] = []
    while rows and len(found) < most:
        best = _best(rows, today)
        if best is None:
            break
        reading, used = best
        found.append(reading)
        spent = {id(piece.source) for row in used for piece in row.pieces}
        rows = [row for row in rows if not any(id(piece.source) in spent for piece in row.pieces)]
    return found


def _best(rows: list[Row], today: date | None) -> tuple[MrzReading, list[Row]] | None:
    """The reading of the highest score among those that are credible, with the rows it used."""
    fits: dict[tuple[int, int, int], LineFit | None] = {}
    best: tuple[MrzReading, list[Row]] | None = None
    for bound, number, chosen in _promising(rows)[:_TRIED]:
        if best is not None and best[0].score >= bound:
            break
        for line, row in enumerate(chosen):
            if row is not None and (number, line, row) not in fits:
                fits[number, line, row] = fit_line(FORMATS[number], line, rows[row].lattice)
        parts = [None if row is None else fits[number, line, row] for line, row in enumerate(chosen)]
        reading = conclude(FORMATS[number], parts, today=today)
        if reading is None or not _credible(reading):
            continue
        if best is None or reading.score > best[0].score:
            used = [rows[row] for row in chosen if row is not None]
            best = replace(reading, line_boxes=tuple(row.boxes for row in used)), used
    return best


def _promising(rows: list[Row]) -> list[tuple[float, int, tuple[int | None, ...]]]:
    """(upper bound of the score, format, row per line) of every way that beats ordinary text, best first."""
    rough: dict[tuple[int, int, int], float] = {}
    promising = []
    for number, layout in enumerate(FORMATS):
        for chosen in _assignments(rows, layout):
            bound = 0.0
            for line, row in enumerate(chosen):
                if row is None:
                    bound -= MISSING_LINE
                    continue
                key = (number, line, row)
                if key not in rough:
                    rough[key] = rough_cost(layout, line, rows[row].lattice)
                bound += NULL_COST * rows[row].lattice.size - rough[key]
            if bound > 0:
                promising.append((bound, number, chosen))
    return sorted(promising, key=lambda way: -way[0])


def _assignments(rows: list[Row], layout: MrzFormat) -> Iterator[tuple[int | None, ...]]:
    """Ways to take rows for the lines of a format, top to bottom; indices into `rows`, None for a missing line."""
    order = sorted(range(len(rows)), key=lambda index: rows[index].down)
    lines = [row for row in rows if is_of_zone(row)]
    count = len(layout.lengths)
    for present in range(count, 0, -1):
        for places in combinations(range(count), present):
            for chosen in combinations(order, present):
                fitting = all(
                    _fits(rows[row], layout.lengths[place]) for row, place in zip(chosen, places, strict=True)
                )
                if fitting and _stacked([rows[row] for row in chosen], places, lines):
                    by_place = dict(zip(places, chosen, strict=True))
                    yield tuple(by_place.get(place) for place in range(count))


def _fits(row: Row, length: int) -> bool:
    return length * (1 - _SHORTER) <= row.lattice.size <= length * (1 + _LONGER) + 1


def _stacked(rows: list[Row], places: tuple[int, ...], lines: list[Row]) -> bool:
    """Whether the rows lie under each other like lines of one zone, with none of the `lines` of another between."""
    for k in range(len(rows) - 1):
        upper, lower = rows[k], rows[k + 1]
        height = (upper.height + lower.height) / 2
        step = (lower.down - upper.down) / height
        if not 0.4 < step < _APART * (places[k + 1] - places[k]):
            return False
        if min(upper.right, lower.right) - max(upper.left, lower.left) < 0:
            return False
        between = (upper.down + 0.5 * height, lower.down - 0.5 * height)
        if places[k + 1] == places[k] + 1 and any(between[0] < line.down < between[1] for line in lines):
            return False
        if abs(upper.left - lower.left) > _ASKEW * height and abs(upper.right - lower.right) > _ASKEW * height:
            return False
        if not 0.5 < upper.height / lower.height < 2.0:
            return False
    return True


def _credible(reading: MrzReading) -> bool:
    """Whether this is a zone at all: a score worth its length, and either proof or a state and fillers."""
    if sum(character not in f"{FILLER}0O" for line in reading.raw_lines for character in line) < _LEAST_SAID:
        return False
    if len(reading.layout.lengths) == 1 and not (reading.valid and len(reading.repairs) <= _ONE_LINE_REPAIRS):
        # One line of thirty characters and one check digit: much ordinary text can be mended into that.
        return False
    read = sum(len(line) for line in reading.raw_lines)
    share = reading.score / (NULL_COST * max(read, 1))
    if reading.proven:
        return share > _PROVEN
    state = (reading.mrz.issuing_state or "").ljust(3, FILLER)
    filled = any(FILLER * 2 in line for line in reading.raw_lines)
    return share > _UNPROVEN and filled and state in PRINTED_STATE_CODES
