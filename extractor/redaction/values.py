"""A field's value as it may stand anywhere on a document, and the lines that hold it.

A number or a name is looked for without spaces and marks, and may differ by a few characters (OCR); a date by its
digits, in every order that is printed. What is shorter than three characters (a sex, a class) says nothing by itself,
and is known by its place only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from extractor.extraction import FieldEvidence
from extractor.schemas.text import squash

#: Shortest text that is looked for elsewhere; from the second on it may differ a little, by this share.
_SHORTEST, _FUZZY, _ALIKE = 4, 7, 85.0
#: Minimum length of words of a name or an address that are searched for one by one.
_WORD = 4
_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()


@dataclass(frozen=True)
class Form:
    """One way in which a value may be written: squashed; whether only digits of a line are compared; and whether it is
    a date, of which another character is another date."""

    text: str
    digits: bool = False
    date: bool = False


def forms_of(evidence: FieldEvidence) -> frozenset[Form]:
    """All forms of a field's value and of what each source has read."""
    values = [evidence.value, *(one.value for one in evidence.sources), *(one.text for one in evidence.sources)]
    return frozenset(form for value in values for form in _forms(value))


def _forms(value: Any) -> Iterator[Form]:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, list | tuple):
        for one in value:
            yield from _forms(one)
    elif isinstance(value, date) or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        yield from _date_forms(str(value))
    elif isinstance(value, dict):
        yield from _forms(list(value.values()))
    else:
        yield from _text_forms(str(value))


def _date_forms(iso: str) -> Iterator[Form]:
    year, month, day = iso[:4], iso[5:7], iso[8:10]
    short = year[2:]
    for order in (day + month + year, year + month + day, month + day + year, short + month + day, day + month + short):
        yield Form(order, digits=True)
    if month.isdigit() and 1 <= int(month) <= 12:
        name = _MONTHS[int(month) - 1]
        yield Form(squash(f"{day}{name}{year}"), date=True)
        yield Form(squash(f"{day}{name}{year[2:]}"), date=True)


def _text_forms(text: str) -> Iterator[Form]:
    whole = squash(text.replace("<", " "))
    if len(whole) >= _SHORTEST:
        yield Form(whole)
    digits = re.sub(r"\D", "", text)
    if len(digits) >= 6 and len(digits) > 0.6 * len(whole):
        yield Form(digits, digits=True)
    words = [squash(word) for word in re.split(r"[\s,/<]+", text)]
    if len(words) > 1:
        for word in words:
            if len(word) >= _WORD:
                yield Form(word)


def find(forms: Iterable[Form], text: str) -> list[tuple[int, int]]:
    """Where any of `forms` stands in a line: first and last character (exclusive)."""
    places: list[tuple[int, int]] = []
    plain, plain_at = _squashed(text)
    digits_at = [number for number, character in enumerate(text) if character.isdigit()]
    digits = "".join(text[number] for number in digits_at)
    for form in forms:
        at = digits_at if form.digits else plain_at
        span = _span(form.text, digits if form.digits else plain, fuzzy=not (form.digits or form.date))
        if span is not None:
            places.append((at[span[0]], at[span[1] - 1] + 1))
    return places


def _squashed(text: str) -> tuple[str, list[int]]:
    """The squashed text, and the place of each of its characters in `text`."""
    said: list[str] = []
    at: list[int] = []
    for number, character in enumerate(text):
        for one in squash(character):
            said.append(one)
            at.append(number)
    return "".join(said), at


def _span(wanted: str, text: str, *, fuzzy: bool) -> tuple[int, int] | None:
    start = text.find(wanted)
    if start >= 0:
        return start, start + len(wanted)
    if not fuzzy or len(wanted) < _FUZZY or len(text) < len(wanted) - 1:
        return None
    from rapidfuzz.fuzz import partial_ratio_alignment

    found = partial_ratio_alignment(wanted, text, score_cutoff=_ALIKE)
    if found is None or found.dest_end - found.dest_start < 0.7 * len(wanted):
        return None
    # The alignment may be off by one at either end, where the texts differ.
    return max(0, found.dest_start - 1), min(len(text), max(found.dest_end, found.dest_start + len(wanted)) + 1)
