"""What a format says about each place of a line, in nats: dates hold digits, states letters, sex M, F, X or filler.

Priors are soft. A letter in a date is read as the digit it resembles, because that costs less; but what a specimen
truly prints in the wrong place, and prints clearly, stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from extractor.evidence.mrz.checkdigit import CHARACTERS, DIGITS, FILLER, INDEX, LETTERS
from extractor.evidence.mrz.formats import ALLOWED, Field, MrzFormat
from extractor.evidence.mrz.states import PRINTED_STATE_CODES

Array = NDArray[np.float64]

# A character in a place where the format has another kind.
OUT_OF_PLACE = 6.0
# A code of a state that nobody knows; a nationality other than the issuing state.
_UNKNOWN_STATE, _OTHER_STATE = 5.0, 0.7
# A digit in the code of a state; less than OUT_OF_PLACE, because a wrong code does no harm that a digit would not.
_DIGIT_IN_STATE = 2.5
# Months begin with 0 or 1, days with 0 to 3.
_BAD_TENS = 3.0
# A filler inside a document number, by how many characters would follow it.
_INNER_FILLER = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0)
# Places of check digits: letters are out of place, a filler is possible (long numbers, empty optional data).
_CHECK_FILLER = 2.0

# Second characters that document codes are seen with, beside the filler, and the only codes with a digit.
_SECOND_LETTERS = "ABCDEFILMNOPRSTUX"
_CODES_WITH_DIGIT = ("C1", "C2", "A1", "A2", "A3", "D1", "D2")


@lru_cache(maxsize=256)
def line_prior(layout: MrzFormat, line: int) -> Array:
    """(L, 37) nats for each character in each place of a line. Read-only."""
    prior = np.zeros((layout.lengths[line], len(CHARACTERS)))
    for field in layout.fields:
        if field.span.line == line:
            _add_field(prior, field)
    for check in layout.checks:
        if check.place.line == line:
            place = prior[check.place.start]
            place[:] = OUT_OF_PLACE
            place[_indices(DIGITS)] = 0.0
            place[INDEX[FILLER]] = _CHECK_FILLER
    code = layout.field("document_code")
    if code is not None and code.span.line == line:
        first = "".join(sorted({opening[0] for opening in layout.openings}))
        prior[code.span.start, _indices(LETTERS)] += 3.0
        prior[code.span.start, _indices(first)] -= 3.0
        prior[code.span.start, INDEX[FILLER]] = OUT_OF_PLACE
    prior.setflags(write=False)
    return prior


def _indices(characters: str) -> list[int]:
    return [INDEX[character] for character in characters]


def _add_field(prior: Array, field: Field) -> None:
    start, end = field.span.start, field.span.end
    block = np.full(len(CHARACTERS), OUT_OF_PLACE)
    block[_indices(ALLOWED[field.alphabet])] = 0.0
    prior[start:end] = block
    if field.name in {"birth_date", "expiry_date"}:
        prior[start + 2, _indices("23456789")] += _BAD_TENS
        prior[start + 4, _indices("456789")] += _BAD_TENS
        prior[start:end, INDEX[FILLER]] += 1.0
    elif field.name == "document_number":
        for place in range(start, end):
            prior[place, INDEX[FILLER]] += _INNER_FILLER[min(end - 1 - place, len(_INNER_FILLER) - 1)]
    elif field.name == "sex":
        prior[start, _indices("X" + FILLER)] += 1.0


def best_state(costs: Array, issuing: str | None = None) -> tuple[str, float]:
    """The code of a state in three places, and its probability among all codes that it might be.

    costs: (3, 37) nats, priors not included; `issuing`: the issuing state, which a nationality usually equals.
    A code nobody knows is kept where it was read well; its digits are not turned into letters for nothing.
    """
    lettered = costs.copy()
    lettered[:, _indices(DIGITS)] += _DIGIT_IN_STATE
    unknown = "".join(CHARACTERS[k] for k in lettered.argmin(axis=1))
    options = {unknown: float(lettered.min(axis=1).sum()) + _UNKNOWN_STATE}
    for code in PRINTED_STATE_CODES:
        other = _OTHER_STATE if issuing and code != issuing else 0.0
        options[code] = sum(float(costs[k, INDEX[c]]) for k, c in enumerate(code)) + other
    return _likeliest(options)


def known_state(layout: MrzFormat, lines: Sequence[str]) -> bool:
    """Whether the issuing state is a code that exists."""
    field = layout.field("issuing_state")
    return field is not None and field.span.cut(lines) in PRINTED_STATE_CODES


def _likeliest(options: dict[str, float]) -> tuple[str, float]:
    best = min(options, key=lambda option: options[option])
    return best, 1.0 / sum(float(np.exp(options[best] - cost)) for cost in options.values())


def best_code(costs: Array, layout: MrzFormat) -> tuple[str, float]:
    """The document code in two places, and its probability; costs (2, 37) nats, priors not included."""
    openings = {opening[0] for opening in layout.openings}
    fixed = {opening[:2] for opening in layout.openings if len(opening) > 1}
    options = {}
    for first in LETTERS:
        for second in FILLER + LETTERS + DIGITS:
            code = first + second
            cost = float(costs[0, INDEX[first]] + costs[1, INDEX[second]])
            cost += 0.0 if first in openings else 3.0
            if fixed:
                cost += 0.0 if code in fixed else OUT_OF_PLACE
            elif second in DIGITS:
                cost += 0.5 if code in _CODES_WITH_DIGIT else OUT_OF_PLACE
            elif second != FILLER and second not in _SECOND_LETTERS:
                cost += 2.5
            options[code] = cost
    return _likeliest(options)
