"""The 37 characters of a machine-readable zone and the check digit computed over them.

ICAO Doc 9303-3, 4.9: every character has a value (digits their own, A = 10 ... Z = 35, filler 0), values are
weighted 7, 3, 1, 7, 3, 1, ... and the check digit is the sum modulo 10.

What the sum cannot see matters to everyone who repairs a reading: two characters whose values differ by a
multiple of ten are the same to it (`A K U 0 <`, `6 G Q`, `8 I S`, `1 B L V`, `2 C M W`, `5 F P Z`, ...), so a check
digit never decides between G and 6, S and 8, L and 1, K and the filler.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

FILLER = "<"
DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CHARACTERS = DIGITS + LETTERS + FILLER
INDEX = {character: index for index, character in enumerate(CHARACTERS)}
WEIGHTS = (7, 3, 1)

# Value of each of CHARACTERS, in that order.
VALUES = np.array([*range(36), 0], dtype=np.int64)


def weighted_sum(text: str) -> int:
    """Sum of the values of `text` weighted 7, 3, 1, ... (ICAO Doc 9303-3, 4.9).

    Raises ValueError for a character outside A-Z, 0-9 and the filler.
    """
    total = 0
    for position, character in enumerate(text):
        index = INDEX.get(character)
        if index is None:
            raise ValueError("a machine-readable zone holds only A-Z, 0-9 and <")
        total += int(VALUES[index]) * WEIGHTS[position % 3]
    return total


def check_digit(*parts: str) -> str:
    """The check digit of `parts` joined, as one character `0`-`9`."""
    return DIGITS[weighted_sum("".join(parts)) % 10]


def is_valid(parts: str | Iterable[str], printed: str, *, filler_means_zero: bool = False) -> bool:
    """Whether `printed` is the check digit of `parts`.

    `filler_means_zero`: the place of this check digit may hold a filler when the data it covers are all fillers
    (ICAO Doc 9303-4, 4.2.2.2, note on position 43).
    """
    covered = parts if isinstance(parts, str) else "".join(parts)
    if printed == FILLER:
        return filler_means_zero and not covered.strip(FILLER)
    return printed == check_digit(covered)
