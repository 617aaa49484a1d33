"""Text as it stands on paper, left to right: Arabic letters joined and right-to-left runs turned round.

Pillow can do this through libraqm, but needs a system library for it and hides where each letter went. Invented names,
captions and addresses need no more than contextual forms, the lam-alef ligatures and numbers that keep their
direction, and those stand in Unicode's own tables (Arabic Presentation Forms-B).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_LATIN = r"A-Za-zÀ-ɏ"
_DIGITS = r"0-9\u0660-\u0669"
#: What keeps its direction inside right-to-left text: Latin words, and numbers with their own separators.
_LEFT_TO_RIGHT = re.compile(
    rf"[{_LATIN}][{_LATIN}{_DIGITS} .&'\-]*[{_LATIN}{_DIGITS}.]|[{_LATIN}]|[{_DIGITS}]+(?:[./:\-][{_DIGITS}]+)*"
)
_RIGHT_TO_LEFT = re.compile(rf"[\u0600-\u06ff](?:[\u0600-\u06ff{_DIGITS}\s./:\-،]*[\u0600-\u06ff])?")
_LAM = "\u0644"


@cache
def _forms() -> dict[tuple[str, str], str]:
    """(letters, position) -> presentation form; position is isolated, final, initial or medial."""
    forms = {}
    for code in range(0xFE80, 0xFEFD):
        position, *letters = unicodedata.decomposition(chr(code)).split()
        forms["".join(chr(int(letter, 16)) for letter in letters), position.strip("<>")] = chr(code)
    return forms


def is_arabic(character: str) -> bool:
    return "\u0600" <= character <= "\u06ff"


def visual(text: str) -> list[tuple[str, str]]:
    """(glyph character, source characters) of `text` from left to right; a ligature has two source characters.

    Text that begins in Latin letters runs from the left as a whole, with its Arabic stretches turned round in place.
    """
    if not any(map(is_arabic, text)):
        return [(character, character) for character in text]
    first = next(character for character in text if character.isalpha() or character.isdigit())
    if is_arabic(first):
        return _turned(text)
    ordered: list[tuple[str, str]] = []
    end = 0
    for match in _RIGHT_TO_LEFT.finditer(text):
        ordered += [(character, character) for character in text[end : match.start()]]
        ordered += _turned(match[0])
        end = match.end()
    return ordered + [(character, character) for character in text[end:]]


def _turned(text: str) -> list[tuple[str, str]]:
    """Right-to-left text from the left: its end first, only numbers and Latin words in their own order."""
    ordered: list[tuple[str, str]] = []
    position = len(text)
    spans = [match.span() for match in _LEFT_TO_RIGHT.finditer(text)]
    for start, end in reversed([*spans, (len(text), len(text))]):
        ordered += reversed(_joined(text[end:position]))
        ordered += [(character, character) for character in text[start:end]]
        position = start
    return ordered + list(reversed(_joined(text[:position])))


def _joined(text: str) -> list[tuple[str, str]]:
    """The letters of a right-to-left run in reading order, each in the form that its neighbours ask for."""
    units = re.findall(rf"{_LAM}[\u0622\u0623\u0625\u0627]|.", text)
    forms = _forms()
    joins_on = [(unit, "initial") in forms for unit in units]
    joins_back = [(unit, "final") in forms for unit in units]
    result = []
    for i, unit in enumerate(units):
        before = i > 0 and joins_on[i - 1] and joins_back[i]
        after = i + 1 < len(units) and joins_on[i] and joins_back[i + 1]
        position = {(0, 0): "isolated", (1, 0): "final", (0, 1): "initial", (1, 1): "medial"}[before, after]
        result.append((forms.get((unit, position), unit), unit))
    return result
