"""One text from two readings of it: the MRZ's letters in the printed form.

The visual zone has what an MRZ lacks (diacritics, hyphens, small letters), the MRZ has letters that OCR reads more
surely, and for numbers a check digit. Where the two differ only in letters that OCR confuses, the printed form is kept
and its letters are corrected.
"""

from __future__ import annotations

from extractor.mrz import agreement
from extractor.mrz.transliteration import character_forms

#: Letters that OCR writes for others that look like them, where the MRZ's spelling tells them apart (`Þ` is TH).
_LOOKALIKES = {"P": "Þ", "p": "þ", "D": "Ð", "d": "ð", "O": "Ö", "o": "ö", "U": "Ü", "u": "ü", "A": "Å", "a": "å"}
_SUBSTITUTED, _LOOKALIKE, _LEFT_OUT = 1.0, 0.3, 1.0


def merge(mrz: str, printed: str, *, truncated: bool = False) -> str:
    """`printed` with those of its letters and digits replaced that contradict `mrz` (words parted by spaces or `<`).

    A printed text that can be the origin of `mrz` as it is comes back unchanged; of a name that was `truncated` in the
    zone, also one that goes on after it. Costs O(len(mrz) * len(printed)).
    """
    if agreement(mrz, printed, truncated=truncated) == 1.0:
        return printed
    wanted = "".join(c for c in mrz.upper() if c.isalnum())
    small = sum(c.islower() for c in printed) > sum(c.isupper() for c in printed)
    # best[j]: (cost, text) of writing the printed text so far as wanted[:j].
    best = [(j * _LEFT_OUT, _in_case(wanted[:j], small=small)) for j in range(len(wanted) + 1)]
    for character in printed:
        best = _step(best, character, wanted, small=small)
    return best[-1][1]


def _step(best: list[tuple[float, str]], character: str, wanted: str, *, small: bool) -> list[tuple[float, str]]:
    """The table after one more printed character: kept, exchanged, dropped, or a letter of the MRZ put in."""
    kept = not character.isalnum()
    ways = [(0.0, character, form) for form in character_forms(character) if form.isalnum()]
    if other := _LOOKALIKES.get(character):
        ways += [(_LOOKALIKE, other, form) for form in character_forms(other) if form.isalnum()]
    new: list[tuple[float, str]] = []
    for j, (cost, text) in enumerate(best):
        options = [(cost, text + character) if kept else (cost + _LEFT_OUT, text)]
        for extra, shown, form in ways:
            start = j - len(form)
            if start >= 0 and wanted[start:j] == form:
                options.append((best[start][0] + extra, best[start][1] + shown))
        if j and not kept:
            options.append((best[j - 1][0] + _SUBSTITUTED, best[j - 1][1] + _in_case(wanted[j - 1], small=small)))
        if new:
            options.append((new[-1][0] + _LEFT_OUT, new[-1][1] + _in_case(wanted[j - 1], small=small)))
        new.append(min(options, key=lambda option: option[0]))
    return new


def _in_case(letters: str, *, small: bool) -> str:
    """Letters put in are small where the printed word is written small."""
    return letters.lower() if small else letters
