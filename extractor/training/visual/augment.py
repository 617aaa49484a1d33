"""Labelled pages, real ones or printed and read, changed each time they are shown, so that none is learned by heart.

There are a few hundred real pages, and each is shown thousands of times. What is to be learned of them is how such a
page looks, not whose it is: values are exchanged for those of other holders (`Bank`), or their letters for others, and
some are taken away, as on a document whose field is empty, where the caption alone must give nothing.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from extractor.schemas.dates import find_dates
from extractor.schemas.text import fold, scripts
from extractor.training.visual.labelled import Sheet, SheetLine
from extractor.training.visual.noise import cut_off, in_order
from extractor.visual.tags import FIELDS, is_value, value_tag

#: Values of a field and script that the bank keeps.
_KEPT = 64
#: Shares of pages whose values become another holder's, whose letters are exchanged, and that stay as they are.
_MODES = {"holder": 0.45, "letters": 0.35, "same": 0.2}
#: Share of pages of which some values are taken away, and how many at most.
_EMPTIED, _MOST_EMPTIED = 0.45, 3
_DATES = frozenset(value_tag(name) for name in FIELDS if name.endswith("_date") or name == "valid_from")
#: Nationality, issuing state and sex are not exchanged: the rest of the page and its MRZ would contradict them.
_MEANINGS = frozenset(value_tag(name) for name in ("nationality", "issuing_country", "sex"))


class Run(NamedTuple):
    """A value's characters within one line: `start` to `end` of line `line`, their tag and owner."""

    line: int
    start: int
    end: int
    tag: int
    owner: int


@dataclass
class Bank:
    """Values that made pages print, the last ones of each field and script."""

    values: defaultdict[tuple[int, str], deque[str]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=_KEPT))
    )

    def keep(self, sheet: Sheet) -> None:
        """Takes the values of a made page in."""
        for run in whole_values(sheet.lines):
            text = sheet.lines[run.line].text[run.start : run.end]
            self.values[run.tag, _look(text)].append(text)

    def other(self, tag: int, text: str, rng: random.Random) -> str | None:
        """Another value of the field that looks like `text`: the same script, capitals or not; None without one."""
        kept = self.values.get((tag, _look(text)))
        return rng.choice(kept) if kept else None


def _look(text: str) -> str:
    """Script and case of a text; of texts without a letter, nothing."""
    found = scripts(text)
    return "+".join(sorted(found)) + ("^" if text.isupper() else "") if found else ""


def value_runs(lines: Sequence[SheetLine]) -> list[Run]:
    """Every run of characters of one value within a line."""
    runs = (Run(index, *run) for index, line in enumerate(lines) for run in line.runs())
    return [run for run in runs if is_value(run.tag) and run.owner]


def whole_values(lines: Sequence[SheetLine]) -> list[Run]:
    """The runs that are all of their value; not those of values in several lines."""
    runs = value_runs(lines)
    parts = Counter(run.owner for run in runs)
    return [run for run in runs if parts[run.owner] == 1]


def augmented(sheet: Sheet, bank: Bank, rng: random.Random) -> Sheet:
    """A labelled page with boxes a little off, now and then a character misread, a line or an edge lost, values taken
    away, and those that are left exchanged for others."""
    sheet = replace(sheet, lines=[line.copy() for line in sheet.lines])
    mode = rng.choices(tuple(_MODES), tuple(_MODES.values()))[0]
    if rng.random() < _EMPTIED:
        sheet = _emptied(sheet, rng)
    if mode == "holder":
        sheet = _of_another(sheet, bank, rng)
    sheet = replace(sheet, lines=_disturbed(cut_off(sheet.lines, rng), rng))
    return _in_other_letters(sheet, rng) if mode == "letters" and sheet.zone is None else sheet


def _emptied(sheet: Sheet, rng: random.Random) -> Sheet:
    """Without some of its values: their captions stand alone."""
    there = sorted({run.tag for run in value_runs(sheet.lines)})
    gone = set(rng.sample(there, min(len(there), rng.randint(1, _MOST_EMPTIED))))
    lines = []
    for line in sheet.lines:
        keep = [at for at, tag in enumerate(line.tags) if tag not in gone]
        if len(keep) == len(line.text):
            lines.append(line)
        elif "".join(line.text[at] for at in keep).strip():
            lines.append(line.part(keep))
    return replace(sheet, lines=lines)


def _of_another(sheet: Sheet, bank: Bank, rng: random.Random) -> Sheet:
    """With values of other holders in the place of its own, on the page and in what the MRZ says."""
    zone = dict(sheet.zone) if sheet.zone else None
    lines = list(sheet.lines)
    chosen: dict[tuple[int, str], str | None] = {}
    # From the right, so that places further left stay what they are.
    for run in sorted(whole_values(lines), key=lambda run: (run.line, -run.start)):
        line = lines[run.line]
        text = line.text[run.start : run.end]
        if run.tag in _MEANINGS:
            continue
        known = (run.tag, fold(text))
        if known not in chosen:
            other = bank.other(run.tag, text, rng)
            chosen[known] = other if other and _follows(zone, run.tag, text, other) else None
        if other := chosen[known]:
            lines[run.line] = _with(line, run, other)
    return replace(sheet, lines=lines, zone=zone)


def _follows(zone: dict[str, str] | None, tag: int, text: str, other: str) -> bool:
    """Changes what the MRZ says as the page is changed; whether that can be done."""
    name = FIELDS[tag - value_tag(FIELDS[0])]
    said = (zone or {}).get(name)
    if zone is None or not said:
        return True
    if tag in _DATES:
        days = [printed.iso for printed in find_dates(other, order="dmy")]
        if len(days) != 1 or days[0][:4] not in other:
            return False  # a year of two digits has no century here
        zone[name] = days[0]
        return True
    if fold(said).replace(" ", "") != fold(text).replace(" ", ""):
        return False
    zone[name] = other
    return True


def _with(line: SheetLine, run: Run, text: str) -> SheetLine:
    """A line with another text in the place of a run; its right edge moves with what it has more or less."""
    before, after = line.text[: run.start], line.text[run.end :]
    left, top, right, bottom = line.box
    shown = before + text + after
    box = [left, top, left + (right - left) * len(shown) / len(line.text), bottom]

    def spread(values: Sequence[int], own: int) -> list[int]:
        return [*values[: run.start], *([own] * len(text)), *values[run.end :]]

    tags, owners = spread(line.tags, run.tag), spread(line.owners, run.owner)
    return replace(line, text=shown, tags=tags, owners=owners, box=box)


def _disturbed(lines: Sequence[SheetLine], rng: random.Random) -> list[SheetLine]:
    drop, misread = rng.choice((0.0, 0.03, 0.1)), rng.choice((0.0, 0.0, 0.02, 0.05))
    wide, high = rng.uniform(0.8, 1.25), rng.uniform(0.8, 1.25)
    found = []
    for line in lines:
        if rng.random() < drop:
            continue
        height = line.box[3] - line.box[1]
        box = [(line.box[i] + rng.gauss(0, 0.08) * height) * (wide if i % 2 == 0 else high) for i in range(4)]
        text = [_exchanged(c, rng, {}) if c.isalnum() and rng.random() < misread else c for c in line.text]
        found.append(replace(line, text="".join(text), box=box))
    return in_order(found)


def _in_other_letters(sheet: Sheet, rng: random.Random) -> Sheet:
    """With the letters and digits of its values exchanged, each for the same one everywhere."""
    changed: dict[str, str] = {}
    lines = [
        replace(
            line,
            text="".join(
                _exchanged(c, rng, changed) if tag and tag not in _DATES else c
                for c, tag in zip(line.text, line.tags, strict=True)
            ),
        )
        for line in sheet.lines
    ]
    return replace(sheet, lines=lines)


def _exchanged(character: str, rng: random.Random, changed: dict[str, str]) -> str:
    """Another character of the same class: digits stay digits, letters keep their case; what is exchanged once on a
    page is exchanged the same way everywhere. Only half of the letters change, so that words stay word-like."""
    if character not in changed:
        other = character
        if character.isdigit() and character.isascii():
            other = rng.choice("0123456789")
        elif character.isascii() and character.isalpha() and rng.random() < 0.5:
            vowels = "AEIOU" if character.upper() in "AEIOU" else "BCDFGHKLMNPRSTV"
            other = rng.choice(vowels)
            other = other if character.isupper() else other.lower()
        changed[character] = other
    return changed[character]
