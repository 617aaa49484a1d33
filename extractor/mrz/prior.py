"""A format's prior for each position of a line, in nats: dates hold digits, states letters, sex M, F, X or filler.

Priors are soft. A letter in a date is read as the digit it resembles, because that costs less; but what a specimen
truly prints in the wrong place, and prints clearly, stays. Only letters are certain: names, states and document codes
hold no digits (Doc 9303-3, 4.3 to 4.6), so a digit read there is the letter it resembles most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from extractor.mrz.checkdigit import CHARACTERS, DIGITS, FILLER, INDEX, LETTERS
from extractor.mrz.confusion import Array
from extractor.mrz.formats import ALLOWED, FORMATS, Alphabet, Field, MrzFormat
from extractor.mrz.states import PRINTED_STATE_CODES

_STATE_INDICES = np.array([[INDEX[character] for character in code] for code in PRINTED_STATE_CODES])
_FIRST, _SECOND = np.array([INDEX[letter] for letter in LETTERS]), np.arange(len(CHARACTERS))

# A character in a place where the format has another kind.
OUT_OF_PLACE = 6.0
# A digit where there are only letters: costs more than reading it as any letter.
_NEVER = 20.0
# A code of a state that nobody knows; a nationality other than the issuing state.
_UNKNOWN_STATE, _OTHER_STATE = 7.0, 0.7
# A character that is not the one that all documents of the format open with.
_OTHER_OPENING = 4.0
# A letter where the format nearly always has digits (departments of Corsica, of old French cards).
_RARE_LETTER = 4.5
# Months begin with 0 or 1, days with 0 to 3.
_BAD_TENS = 3.0
# H for a man, which only Mexican voter cards print.
_MEXICAN = 2.5
# A filler in a birth date, parts of which may be unknown, and in an expiry date, which few documents lack.
_UNKNOWN_DATE, _NO_DATE = 1.0, 2.0
# A filler inside a document number, by how many characters would follow it.
_INNER_FILLER = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0)
# Anything but a filler at the end of a visa's optional data, which hardly any fills: in a passport the composite check
# digit stands there, and its second line alone is not a visa's.
_FULL_OPTIONAL = 2.5
# Places of check digits: letters are out of place, a filler is possible (long numbers, empty optional data).
_CHECK_FILLER = 2.0

# Second characters that document codes are seen with, beside the filler (which most passports and visas have).
_SECOND_LETTERS = "ABCDEFILMNOPRSTUX"
# The only document codes with a digit besides those of licences, all of the USA: permanent resident cards and
# employment authorization (USCIS, Handbook for Employers M-274, specimens of forms I-551 and I-766).
_CODES_WITH_DIGIT = ("C1", "C2", "A1", "A2", "A3")


@lru_cache(maxsize=256)
def line_prior(layout: MrzFormat, line: int) -> Array:
    """(L, 37) nats for each character in each place of a line. Read-only."""
    prior = np.zeros((layout.lengths[line], len(CHARACTERS)))
    for field in layout.fields:
        if field.span.line == line:
            _add_field(prior, field)
            if layout.name in {"MRVA", "MRVB"} and field.name == "optional_data_1":
                last = prior[field.span.end - 1]
                last[:] += _FULL_OPTIONAL
                last[INDEX[FILLER]] -= _FULL_OPTIONAL
    for check in layout.checks:
        if check.place.line == line:
            place = prior[check.place.start]
            place[:] = OUT_OF_PLACE
            place[_indices(DIGITS)] = 0.0
            if check.filler_means_zero or (check.name == "document_number" and layout.name in {"TD1", "TD2"}):
                place[INDEX[FILLER]] = _CHECK_FILLER
    code = layout.field("document_code")
    if code is not None and code.span.line == line:
        for place, character in enumerate(fixed_opening(layout)):
            prior[code.span.start + place] += _OTHER_OPENING
            prior[code.span.start + place, INDEX[character]] = 0.0
        first = "".join(sorted({opening[0] for opening in layout.openings}))
        prior[code.span.start, _indices(LETTERS)] += first_letter_cost(layout)
        prior[code.span.start, _indices(first)] -= first_letter_cost(layout)
        prior[code.span.start, INDEX[FILLER]] = OUT_OF_PLACE
        for opening in layout.openings:
            if len(opening) == 2:
                prior[code.span.start + 1, INDEX[opening[1]]] = 0.0
        if layout.name == "TD1":
            prior[code.span.start + 1, _indices("".join(known[1] for known in _CODES_WITH_DIGIT))] = 0.5
    prior.setflags(write=False)
    return prior


def fixed_opening(layout: MrzFormat) -> str:
    """Document code and issuing state where the format has only one of each, else nothing."""
    return layout.openings[0] if len(layout.openings) == 1 and len(layout.openings[0]) == 5 else ""


def special_layout_cost(layout: MrzFormat, opening: str) -> float:
    """Nats for taking a zone that opens like a special layout of these lengths for a general one.

    `opening`: the five characters of document code and issuing state.
    """
    special = [fixed_opening(other) for other in FORMATS if other.lengths == layout.lengths and fixed_opening(other)]
    if fixed_opening(layout) or not special:
        return 0.0
    if opening in special:
        return 8.0
    # States that have a special layout for cards use it for all of them; passports differ.
    return 6.0 if layout.name == "TD2" and any(opening[2:] == start[2:] for start in special) else 0.0


def first_letter_cost(layout: MrzFormat) -> float:
    """Nats for a document code that does not begin as the format's do.

    Cards take liberties. A passport begins with P (Doc 9303-4, 4.2.2.2) and a visa with V (Doc 9303-7, 4.2.2.2), so a
    wrong check digit never turns one into the other.
    """
    return 3.0 if layout.name in {"TD1", "TD2"} else 25.0


def _indices(characters: str) -> list[int]:
    return [INDEX[character] for character in characters]


def _add_field(prior: Array, field: Field) -> None:
    start, end = field.span.start, field.span.end
    block = np.full(len(CHARACTERS), OUT_OF_PLACE)
    if field.alphabet in (Alphabet.CODE, Alphabet.STATE, Alphabet.NAME):
        block[_indices(DIGITS)] = _NEVER
    block[_indices(ALLOWED[field.alphabet])] = 0.0
    if field.alphabet is Alphabet.MOSTLY_DIGITS:
        block[_indices(LETTERS)] += _RARE_LETTER
    prior[start:end] = block
    if field.name in {"birth_date", "expiry_date"}:
        prior[start + 2, _indices("23456789")] += _BAD_TENS
        prior[start + 4, _indices("456789")] += _BAD_TENS
        prior[start:end, INDEX[FILLER]] += _NO_DATE if field.name == "expiry_date" else _UNKNOWN_DATE
    elif field.name == "document_number":
        for place in range(start, end):
            prior[place, INDEX[FILLER]] += _INNER_FILLER[min(end - 1 - place, len(_INNER_FILLER) - 1)]
    elif field.name == "sex":
        prior[start, _indices("X" + FILLER)] += 1.0
        prior[start, INDEX["H"]] += _MEXICAN


@dataclass(frozen=True)
class ChosenCode:
    """A document code or state chosen as a whole: its probability among all codes that it might be, and its cost in
    nats, what makes codes likely included."""

    text: str
    probability: float
    cost: float


def best_state(costs: Array, issuing: str = "", *, only: str = "") -> ChosenCode:
    """The code of a state in three places.

    costs: (3, 37) nats, priors not included; `issuing`: the issuing state, which a nationality usually equals; `only`:
    the one code that the format can have.
    A code nobody knows is kept where it was read well, its digits as the letters they resemble.
    """
    if only:
        return ChosenCode(only, 1.0, sum(_read_as(costs, k, c) for k, c in enumerate(only)))
    lettered = costs.copy()
    lettered[:, _indices(DIGITS)] += _NEVER
    unknown = "".join(CHARACTERS[k] for k in lettered.argmin(axis=1))
    known = costs[np.arange(3), _STATE_INDICES].sum(axis=1)
    if issuing:
        known = known + _OTHER_STATE * np.array([code != issuing for code in PRINTED_STATE_CODES])
    options = np.append(known, lettered.min(axis=1).sum() + _UNKNOWN_STATE)
    return _likeliest((*PRINTED_STATE_CODES, unknown), options)


def _read_as(costs: Array, place: int, character: str) -> float:
    return float(costs[place, INDEX[character]])


def best_code(costs: Array, layout: MrzFormat, state: str = "") -> ChosenCode:
    """The document code in two places, of a document of `state`; costs (2, 37) nats, priors not included."""
    if fixed_opening(layout):
        code = fixed_opening(layout)[:2]
        return ChosenCode(code, 1.0, _read_as(costs, 0, code[0]) + _read_as(costs, 1, code[1]))
    codes, prior = _code_prior(layout, with_digits=state == "USA")
    return _likeliest(codes, prior + (costs[0, _FIRST, None] + costs[1, _SECOND]).ravel())


@lru_cache(maxsize=32)
def _code_prior(layout: MrzFormat, *, with_digits: bool) -> tuple[tuple[str, ...], Array]:
    """Every document code and its nats for this format."""
    openings = {opening[0] for opening in layout.openings}
    fixed = {opening[:2] for opening in layout.openings if len(opening) > 1}
    prior = {}
    for first, second in product(LETTERS, CHARACTERS):
        cost = 0.0 if first in openings else first_letter_cost(layout)
        if fixed:
            cost += 0.0 if first + second in fixed else OUT_OF_PLACE
        elif second in DIGITS:
            cost += 0.5 if with_digits and first + second in _CODES_WITH_DIGIT else _NEVER
        elif second != FILLER:
            known = second in _SECOND_LETTERS
            cost += (1.0 if known else 6.5) if first in "PV" else 0.0 if known else 2.5
        prior[first + second] = cost
    return tuple(prior), np.array(list(prior.values()))


def known_state(layout: MrzFormat, lines: Sequence[str]) -> bool:
    """Whether the issuing state is a code that exists."""
    field = layout.field("issuing_state")
    return field is not None and field.span.cut(lines) in PRINTED_STATE_CODES


def _likeliest(codes: Sequence[str], costs: Array) -> ChosenCode:
    best = int(costs.argmin())
    return ChosenCode(codes[best], float(1.0 / np.exp(costs[best] - costs).sum()), float(costs[best]))
