"""A printed name set right by the zone's: words that the zone lacks left out, words that it has found beside, spaces.

Which words of a page are a name is the layout reader's answer; where it took one word too many or missed one, and the
rest spells a part of the zone's name to the letter, the zone says where the name begins and ends. The printed form is
kept: letters, diacritics and hyphens are the page's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extractor.mrz import agreement
from extractor.schemas.text import fold
from extractor.text.ocr import Line
from extractor.visual.candidates import Candidate, text_of
from extractor.visual.reader import Layout

#: Names of more words are not searched for the zone's.
_MOST_WORDS = 12
#: Maximum distance of missing words from the others, in line heights.
_NEAR = 3.0


def as_in_zone(layout: Layout, lines: Sequence[Line], one: Candidate, expected: str) -> Candidate:
    """The candidate with the words of the zone's name `expected` (words parted by spaces), where it spells a part of
    that name, or all of it and more; else as it is."""
    if len(one.words) > _MOST_WORDS or agreement(expected, str(one.value.value)) == 1.0:
        return one
    words = _part_of(layout, lines, one.words, expected) or _more_than(layout, lines, one.words, expected)
    if words is None:
        return one
    text = text_of(layout, lines, words)
    return replace(one, words=words, text=text, value=replace(one.value, value=text))


def _part_of(layout: Layout, lines: Sequence[Line], words: tuple[int, ...], expected: str) -> tuple[int, ...] | None:
    """Some of the candidate's words that spell the zone's name."""
    count = len(words)
    for length in range(count - 1, 0, -1):
        for start in range(count - length + 1):
            some = words[start : start + length]
            if agreement(expected, text_of(layout, lines, some)) == 1.0:
                return some
    return None


def _more_than(layout: Layout, lines: Sequence[Line], words: tuple[int, ...], expected: str) -> tuple[int, ...] | None:
    """The candidate's words, and those near them that spell the rest of the zone's name."""
    parts = expected.split()
    text = text_of(layout, lines, words)
    for length in range(len(parts) - 1, 0, -1):
        for start in range(len(parts) - length + 1):
            if agreement(" ".join(parts[start : start + length]), text) < 1.0:
                continue
            before = _near(layout, lines, words, parts[:start])
            after = _near(layout, lines, words, parts[start + length :])
            if before is not None and after is not None:
                return (*before, *words, *after)
    return None


def _near(
    layout: Layout, lines: Sequence[Line], words: tuple[int, ...], parts: Sequence[str]
) -> tuple[int, ...] | None:
    """The nearest run of other words of a line that spells `parts`; None where there is none near."""
    if not parts:
        return ()
    wanted, taken = " ".join(parts), set(words)
    found: list[tuple[float, tuple[int, ...]]] = []
    for start in range(len(layout.words)):
        for length in range(1, len(parts) + 2):
            run = tuple(range(start, start + length))
            if run[-1] >= len(layout.words) or layout.words[run[-1]].line != layout.words[start].line:
                break
            if taken.isdisjoint(run) and agreement(wanted, text_of(layout, lines, run)) == 1.0:
                found.append((min(_apart(layout, index, other) for index in run for other in words), run))
    distance, run = min(found, default=(_NEAR + 1, ()))
    return run if distance <= _NEAR else None


def _apart(layout: Layout, one: int, other: int) -> float:
    """Line heights between two words: the larger of across and down."""
    a, b = layout.words[one].box, layout.words[other].box
    height = max(1.0, min(a[3] - a[1], b[3] - b[1]))
    across, down = max(a[0] - b[2], b[0] - a[2], 0.0), max(a[1] - b[3], b[1] - a[3], 0.0)
    return max(across, down) / height


def spaced(expected: str, printed: str) -> str:
    """The printed name with a space wherever the zone parts words and print, letter for letter the same, does not:
    narrow print is read without its spaces."""
    letters = [c for c in printed if c.isalnum()]
    if len(letters) != len(expected.replace(" ", "")) or fold("".join(letters)) != fold(expected.replace(" ", "")):
        return printed
    ends, count = set(), 0
    for part in expected.split()[:-1]:
        count += len(part)
        ends.add(count)
    text, count = "", 0
    for index, character in enumerate(printed):
        text += character
        count += character.isalnum()
        following = printed[index + 1 : index + 2]
        if character.isalnum() and count in ends and following.isalnum():
            text += " "
    return text
