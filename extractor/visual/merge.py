"""One text from two readings of it: the MRZ's letters in the printed form.

The visual zone has what an MRZ lacks (diacritics, hyphens, small letters), the MRZ has letters that OCR reads more
surely, and for numbers a check digit. Where the two differ only in letters that OCR confuses, the printed form is kept
and its letters are corrected.
"""

from __future__ import annotations

from extractor.mrz import agreement
from extractor.mrz.transliteration import character_forms
from extractor.schemas.text import scripts

#: Letters that OCR writes for others that look like them, where the MRZ's spelling tells them apart (`Þ` is TH).
_LOOKALIKES = {"P": "Þ", "D": "Ð", "O": "ÖØ", "U": "Ü", "A": "ÅÄ"}
_LOOKALIKES |= {letter.lower(): others.lower() for letter, others in _LOOKALIKES.items()}
#: Letters that some prints do not tell apart.
_ONE_SHAPE = frozenset(map(frozenset, ("IL", "I1", "L1", "O0", "OQ")))
_SUBSTITUTED, _LOOKALIKE, _LEFT_OUT = 1.0, 0.3, 1.0
#: Cost, text, and the places of the printed text at which it differs.
_Cell = tuple[float, str, tuple[int, ...]]


def merge(mrz: str, printed: str, *, truncated: bool = False) -> str:
    """`printed` with those of its letters and digits replaced that contradict `mrz` (words parted by spaces or `<`).

    A printed text that can be the origin of `mrz` as it is comes back unchanged; of a name that was `truncated` in the
    zone, also one that goes on after it; so does one of another script, which has no letters of the zone's. Costs
    O(len(mrz) * len(printed)).
    """
    is_other_script = bool(scripts(printed)) and "LATIN" not in scripts(printed)
    if is_other_script or agreement(mrz, printed, truncated=truncated) == 1.0:
        return printed
    return _merged(mrz, printed)[1]


def differences(mrz: str, printed: str) -> tuple[int, ...]:
    """Places of `printed` whose letter is another one in `mrz` or is not there, or after which one is missing. Letters
    that some prints do not tell apart, and doubled ones that were read as one, are none."""
    return () if agreement(mrz, printed) == 1.0 else _merged(mrz, printed)[2]


def _merged(mrz: str, printed: str) -> _Cell:
    wanted = "".join(c for c in mrz.upper() if c.isalnum())
    small = sum(c.islower() for c in printed) > sum(c.isupper() for c in printed)
    # best[j]: writing the printed text so far as wanted[:j].
    best: list[_Cell] = [(j * _LEFT_OUT, _in_case(wanted[:j], small=small), (0,) * j) for j in range(len(wanted) + 1)]
    for place in range(len(printed)):
        best = _step(best, printed, place, wanted, small=small)
    return best[-1]


def _step(best: list[_Cell], printed: str, place: int, wanted: str, *, small: bool) -> list[_Cell]:
    """The table after one more printed character: kept, exchanged, dropped, or a letter of the MRZ put in."""
    character = printed[place]
    kept = not character.isalnum()
    ways = [(0.0, character, form) for form in character_forms(character) if form.isalnum()]
    for other in _LOOKALIKES.get(character, ""):
        ways += [(_LOOKALIKE, other, form) for form in character_forms(other) if form.isalnum()]
    new: list[_Cell] = []
    for j, (cost, text, at) in enumerate(best):
        options = [(cost, text + character, at) if kept else (cost + _LEFT_OUT, text, (*at, place))]
        for extra, shown, form in ways:
            start = j - len(form)
            if start >= 0 and wanted[start:j] == form:
                before = best[start]
                options.append((before[0] + extra, before[1] + shown, before[2]))
        if j and not kept:
            before, same = best[j - 1], frozenset((character.upper(), wanted[j - 1])) in _ONE_SHAPE
            shown = _in_case(wanted[j - 1], small=small)
            options.append((before[0] + _SUBSTITUTED, before[1] + shown, before[2] if same else (*before[2], place)))
        if new:
            before, doubled = new[-1], wanted[j - 1] in (wanted[j - 2 : j - 1], wanted[j : j + 1])
            shown = _in_case(wanted[j - 1], small=small)
            options.append((before[0] + _LEFT_OUT, before[1] + shown, before[2] if doubled else (*before[2], place)))
        new.append(min(options, key=lambda option: option[0]))
    return new


def _in_case(letters: str, *, small: bool) -> str:
    """Letters put in are small where the printed word is written small."""
    return letters.lower() if small else letters
