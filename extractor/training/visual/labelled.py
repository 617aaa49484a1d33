"""Labelled pages: lines of text in boxes, whose every character says which field's value or caption it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from extractor.visual.tags import FIELDS, VALUE_TAGS, is_value


@dataclass
class SheetLine:
    """A line of text: a tag and an owner a character, and its box (left, top, right, bottom). Characters of one value
    (or of one caption) have the same owner; 0 is nobody's."""

    text: str
    tags: list[int]
    owners: list[int]
    box: list[float]
    holder: int = 0
    score: float = 0.98

    def copy(self) -> SheetLine:
        """A line that can be changed without changing this one."""
        return replace(self, tags=list(self.tags), owners=list(self.owners), box=list(self.box))

    def only(self, keep: Sequence[int]) -> SheetLine:
        """Only the characters at `keep`, in the same box."""
        text = "".join(self.text[at] for at in keep)
        return replace(self, text=text, tags=[self.tags[at] for at in keep], owners=[self.owners[at] for at in keep])

    def part(self, keep: Sequence[int]) -> SheetLine:
        """Only the characters at `keep`, in the box from the first to the last of them."""
        left, top, right, bottom = self.box
        wide = (right - left) / len(self.text)
        return replace(self.only(keep), box=[left + wide * keep[0], top, left + wide * (keep[-1] + 1), bottom])

    def runs(self) -> Iterator[tuple[int, int, int, int]]:
        """Neighbouring characters of one tag and owner: start, end, tag, owner."""
        end = 0
        for (tag, owner), run in groupby(zip(self.tags, self.owners, strict=True)):
            start, end = end, end + len(list(run))
            yield start, end, tag, owner


@dataclass
class Sheet:
    """What is on a picture. `captions`: owner of a value -> owner of its caption. `zone`: what the MRZ says."""

    lines: list[SheetLine]
    captions: dict[int, int]
    kind: str
    zone: dict[str, str] | None = None
    #: real pages: fields that are labelled; words without a tag may be any other field's value
    labelled: frozenset[str] | None = None
    issuer: str = ""


def printed_values(sheet: Sheet) -> dict[str, list[list[str]]]:
    """Field -> its values as printed, each a list of lines; a value that is printed twice is there twice."""
    found: dict[tuple[int, int], list[str]] = {}
    for line in sheet.lines:
        own: dict[tuple[int, int], str] = {}
        for start, end, tag, owner in line.runs():
            if is_value(tag):
                own[tag, owner] = own.get((tag, owner), "") + line.text[start:end]
        for key, text in own.items():
            found.setdefault(key, []).append(text.strip())
    values: dict[str, list[list[str]]] = {}
    for (tag, _), lines in found.items():
        values.setdefault(FIELDS[tag - VALUE_TAGS.start], []).append(lines)
    return values
