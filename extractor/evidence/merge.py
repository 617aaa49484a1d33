"""One text from two readings of it: the MRZ's letters in the printed form.

The visual zone has what an MRZ lacks (diacritics, hyphens, small letters), the MRZ has letters that OCR reads more
surely, and for numbers a check digit. Where the two differ only in letters that OCR confuses, the printed form is kept
and its letters are corrected.
"""

from __future__ import annotations

from difflib import SequenceMatcher

from extractor.evidence.mrz import agreement
from schemas.text import strip_marks


def merge(mrz: str, printed: str) -> str:
    """`printed` with those of its letters and digits replaced that contradict `mrz` (words parted by spaces or `<`).

    A printed text that can be the origin of `mrz` as it is comes back unchanged.
    """
    if agreement(mrz, printed, truncated=True) == 1.0:
        return printed
    letters = [i for i, character in enumerate(printed) if character.isalnum()]
    seen = "".join(_plain(printed[i]) for i in letters)
    wanted = "".join(c for c in mrz.upper() if c.isalnum())
    pieces: list[str] = []
    position = 0
    for tag, a, b, c, d in SequenceMatcher(None, seen, wanted, autojunk=False).get_opcodes():
        start = letters[a] if a < len(letters) else len(printed)
        end = letters[b] if b < len(letters) else len(printed)
        pieces.append(printed[position:start])
        if tag == "equal":
            pieces.append(printed[start:end])
        else:
            between = "".join(ch for ch in printed[start:end] if not ch.isalnum())
            pieces.append(_in_case(wanted[c:d], printed) + between)
        position = end
    return "".join(pieces) + printed[position:]


def _plain(character: str) -> str:
    """One letter without its marks, in capitals; a letter that becomes two keeps its first."""
    return strip_marks(character).upper()[:1] or "?"


def _in_case(letters: str, like: str) -> str:
    """Letters put in are small where the printed word is written small."""
    small = sum(c.islower() for c in like)
    return letters.lower() if small > sum(c.isupper() for c in like) else letters
