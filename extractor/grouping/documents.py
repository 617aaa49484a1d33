"""Pages and parts of pages, grouped into documents.

A part joins a document when their numbers, names or dates agree. One that says nothing of its holder, as the backs of
some cards do, joins the only document there is; of several it is not known whose it is, and it is kept apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import combinations

import numpy as np

from extractor.errors import NoDocumentError
from extractor.extraction import Box
from extractor.grouping.identity import Identity, Relation, contradictions, identity_of, relation
from extractor.grouping.regions import Region, find_regions
from extractor.imaging.geometry import apply
from extractor.mrz import MrzReading, read_mrz
from extractor.mrz.zone import read_zone
from extractor.text.page import Page, read_part
from extractor.text.scripts import read_other_script
from extractor.visual.issuer import issuer_of_lines
from extractor.visual.reader import read_layout

#: A part whose lines read worse than this, in the mean, may lie another way up, or be in another script.
_POOR = 0.8
#: Mean probability, by the layout reader, from which two parts of a page are sides of one document.
_BELONG = 0.5


@dataclass(frozen=True)
class Group:
    """One document: its pages or parts of pages, the MRZ of each, where it lies on the pictures as given, and how large
    it is there in pixels. `is_lone_side`: nothing says whose it is, and there are several holders."""

    pages: tuple[Page, ...]
    zones: tuple[MrzReading | None, ...]
    regions: tuple[Box, ...]
    area: float
    is_lone_side: bool = False


@dataclass(eq=False)
class _Part:
    """A page, or a part of one, on the way into a group. `read` has its lines; `region` is where it lies on `page`,
    None: all of it. `again`: the part read by itself, where that was needed already."""

    page: Page
    read: Page
    zone: MrzReading | None
    today: date | None
    region: Region | None = None
    again: Sequence[Page] = ()
    #: what else of the same picture belongs to it surely
    also: list[_Part] = field(default_factory=list)

    @cached_property
    def identity(self) -> Identity:
        """What it says of its holder."""
        page, mrz = self.read, self.zone.mrz if self.zone else None
        if mrz is None and _mean_score(page) < _POOR:
            page = read_other_script(page, issuer_of_lines(page.lines))
        return identity_of(page.lines, mrz, today=self.today)

    @property
    def area(self) -> float:
        return float(self.region.area if self.region else self.page.image.shape[0] * self.page.image.shape[1])


@dataclass
class _Bundle:
    parts: list[_Part] = field(default_factory=list)
    is_lone_side: bool = False


def group_pages(
    pages: Sequence[Page],
    zones: Sequence[MrzReading | None],
    *,
    today: date | None = None,
    one_document: bool = False,
) -> list[Group]:
    """The documents on pages of one call, in their order; never none. `zones` holds each page's MRZ, or None.

    `one_document`: the caller says that all is one document; raises NoDocumentError where it contradicts itself.
    """
    by_page = [_parts(page, zone, today) for page, zone in zip(pages, zones, strict=True)]
    parts = [part for own in _with_turned(by_page) for part in own]
    found = _grouped(parts) if len(parts) > 1 else [_Bundle(parts)]
    if one_document:
        _refuse(found)
        return [_everything(parts, pages, zones)]
    if len(found) == 1:
        # Nothing is to be parted: pages are read as they are, captions and values of two sides side by side.
        return [_everything(parts, pages, zones)]
    return [_group(document, today) for document in found]


def _everything(parts: Sequence[_Part], pages: Sequence[Page], zones: Sequence[MrzReading | None]) -> Group:
    first = {page.index: page for page in reversed(pages)}
    regions = tuple(_box(index, _whole(page.source_size)) for index, page in sorted(first.items()))
    return Group(tuple(pages), tuple(zones), regions, sum(part.area for part in parts))


def _whole(size: tuple[int, int]) -> np.ndarray:
    width, height = size
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)


def _box(page: int, corners: np.ndarray) -> Box:
    a, b, c, d = ((round(float(x), 1), round(float(y), 1)) for x, y in corners)
    return Box(page, (a, b, c, d))


def _region_of(part: _Part) -> Box:
    """Where a part lies on the picture as given."""
    if part.region is None:
        return _box(part.page.index, _whole(part.page.source_size))
    left, top, right, bottom = part.region.box
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
    return _box(part.page.index, apply(part.page.to_source, corners))


def _parts(page: Page, zone: MrzReading | None, today: date | None) -> list[_Part]:
    """The parts of a page that may be documents of their own, or the page."""
    regions = find_regions(page)
    if len(regions) == 1:
        return [_Part(page, page, zone, today)]
    return [_part(page, region, today) for region in regions]


def _with_turned(by_page: Sequence[list[_Part]]) -> Iterator[list[_Part]]:
    """The parts of each page, those of a picture's turned part with the rest of it where they say nothing else."""
    left = list(by_page)
    while left:
        own = left.pop(0)
        if left and len(own) == len(left[0]) == 1 and own[0].page.index == left[0][0].page.index:
            one, turned = sorted((own[0], left[0][0]), key=lambda part: -part.identity.weight)
            how = relation(one.identity, turned.identity)
            little = how is Relation.UNKNOWN and turned.identity.weight <= 1
            if how in (Relation.SAME, Relation.LIKELY) or little:
                left.pop(0)
                one.also.append(turned)
                own = [one]
        yield own


def _part(page: Page, region: Region, today: date | None) -> _Part:
    again: list[Page] = []
    read = replace(page, lines=region.lines)
    if _mean_score(read) < _POOR:
        again = read_part(page, region.box)
        read = max(again, key=lambda part: sum(line.score * len(line.text) for line in part.lines))
    return _Part(page, read, read_mrz(read.lines, today=today), today, region, again)


def _mean_score(page: Page) -> float:
    return sum(line.score for line in page.lines) / max(len(page.lines), 1)


def _grouped(parts: Sequence[_Part]) -> list[_Bundle]:
    """Parts by document. Those that say most come first: they are what others are compared with."""
    named = sorted((part for part in parts if not part.identity.is_anonymous), key=lambda part: -part.identity.weight)
    found: list[_Bundle] = []
    unsure: list[_Part] = []
    for part in named:
        relations = [_relation(part, document) for document in found]
        if Relation.SAME in relations:
            found[relations.index(Relation.SAME)].parts.append(part)
        elif all(one is Relation.DIFFERENT for one in relations):
            found.append(_Bundle([part]))
        else:
            unsure.append(part)
    for part in [*unsure, *(part for part in parts if part.identity.is_anonymous)]:
        _place(part, found, alone=len(parts) == 2)
    order = {id(part): number for number, part in enumerate(parts)}
    for document in found:
        document.parts.sort(key=lambda part: order[id(part)])
    return sorted(found, key=lambda document: order[id(document.parts[0])])


def _place(part: _Part, found: list[_Bundle], *, alone: bool) -> None:
    """Puts a part that says too little into the only document that it can be of, else beside all of them. `alone`: it
    and another are all that there is."""
    relations = [_relation(part, document) for document in found]
    if Relation.SAME in relations:
        found[relations.index(Relation.SAME)].parts.append(part)
    elif not found:
        found.append(_Bundle([part]))
    elif len(found) == 1 and _may_join(part, found[0], relations[0], alone=alone):
        found[0].parts.append(part)
    else:
        found.append(_Bundle([part], is_lone_side=True))


def _may_join(part: _Part, document: _Bundle, how: Relation, *, alone: bool) -> bool:
    """Whether a part that does not surely belong to the only document is taken for a part of it."""
    if how in (Relation.LIKELY, Relation.DIFFERENT, Relation.UNLIKELY):
        return how is Relation.LIKELY
    if part.identity.is_anonymous:
        return True
    beside = [other for other in document.parts if other.page is part.page]
    # Nothing that both say: two pages are a call's one document. Of a page the layout reader is asked where paper parts
    # it; where that alone proposed to cut it, it has said so already, and is not enough.
    if not beside:
        return alone
    return not (part.region and part.region.on_paper) or any(_together(part, other) for other in beside)


def _together(one: _Part, other: _Part) -> bool:
    """Whether two parts of a page belong to one document by the layout reader."""
    if one.region is None or other.region is None:
        return False
    layout = read_layout([*one.region.lines, *other.region.lines], None)
    mine = np.array([word.line < len(one.region.lines) for word in layout.words], dtype=bool)
    between = layout.together[np.ix_(mine, ~mine)]
    return bool(between.size and between.mean() >= _BELONG)


def _relation(part: _Part, document: _Bundle) -> Relation:
    """A part and all parts of a document: one that contradicts is enough, then one that agrees."""
    relations = {relation(part.identity, other.identity) for other in document.parts}
    order = (Relation.DIFFERENT, Relation.SAME, Relation.LIKELY, Relation.UNLIKELY)
    return next((one for one in order if one in relations), Relation.UNKNOWN)


def _refuse(found: Sequence[_Bundle]) -> None:
    """Raises NoDocumentError where documents contradict each other."""
    pairs = [
        (part.identity, another.identity)
        for one, other in combinations(found, 2)
        for part in one.parts
        for another in other.parts
    ]
    for one, other in pairs:
        reasons = contradictions(one, other)
        if reasons and relation(one, other) is Relation.DIFFERENT:
            raise NoDocumentError(
                f"this is not one document: its pages or parts contradict each other in {' and '.join(reasons)}"
            )


def _group(document: _Bundle, today: date | None) -> Group:
    """A document with its parts cut out and read each by itself."""
    pages: list[Page] = []
    zones: list[MrzReading | None] = []
    parts = [one for part in document.parts for one in (part, *part.also)]
    for part in parts:
        if part.region is None:
            pages.append(part.page)
            zones.append(part.zone)
            continue
        for page in part.again or read_part(part.page, part.region.box):
            pages.append(page)
            zones.append(read_zone(page, today=today))
    area = sum(part.area for part in parts)
    regions = tuple(dict.fromkeys(map(_region_of, parts)))
    return Group(tuple(pages), tuple(zones), regions, area, document.is_lone_side)
