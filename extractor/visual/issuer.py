"""Which state issued the document, as its heading says it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from extractor.schemas.captions import TITLES
from extractor.schemas.data import load_table
from extractor.schemas.states import is_province, province_code, state_code
from extractor.schemas.text import fold, squash
from extractor.text.ocr import Line
from extractor.visual.segments import Segment

#: Words that make a state's name a heading rather than a nationality or a place.
_OFFICIAL = (
    "republic republi republik respublik kingdom konungar koninkrijk konigreich reino royaume royal state federal"
    " federation confederation confederazione union unione government ministry bundesrepublik rzeczpospolita ceska"
    " slovenska lietuvos latvijas eesti suomi sverige magyarorszag united states america commonwealth emirate sultanate"
    " principality duche grand hong kong estados unidos special administrative"
    " 中华人民共和国 中華民國 日本国 대한민국 共和国"
).split()


@cache
def _only_issuers() -> dict[str, str]:
    """Squashed titles of documents that only one state issues, with its code."""
    return {squash(title): code for code, titles in load_table("issuers")["titles"].items() for title in titles}


#: The European Union stands above its members' names, and issues laissez-passer only.
_UNION, _ITS_DOCUMENT = "EUE", "laissez passer"

_WORDS = re.compile(r"[^\W\d_]+")
#: How far apart two lines of one heading are, middle to middle, in line heights.
_CLOSE = 2.2
#: Similarity (rapidfuzz partial ratio) from which a line shows a title.
_LIKE_A_TITLE = 80


@dataclass(frozen=True)
class Heading:
    """A line that names the issuing state: the segment and the code."""

    segment: Segment
    code: str
    basis: str


def find_issuer(segments: Sequence[Segment]) -> Heading | None:
    """The heading that names a state: an official name, or a name in the top fifth of what is printed, unless the
    page has a title of another state alone (`Dân tộc: Thái` stands at the top of a Vietnamese card)."""
    if not segments:
        return None
    top, bottom = min(s.top for s in segments), max(s.bottom for s in segments)
    best: tuple[float, Heading, bool] | None = None
    for segment in segments:
        if segment.text.count("<") > 1 or segment.score < 0.7:
            continue
        found, text = _code(segment.text), segment.text
        if found is None:
            continue
        whole = _with_line_above(segment, segments)
        if whole and (found_in_both := _code(whole)):
            found, text = found_in_both, whole
        code, basis = found
        height = 1 - (segment.middle - top) / max(bottom - top, 1.0)
        official = any(word in fold(text) for word in _OFFICIAL)
        rank = 2.0 * official + height + 0.2 * (len(squash(text)) > 4) - 4.0 * (code == _UNION)
        if (official or height > 0.8) and (best is None or rank > best[0]):
            best = rank, Heading(segment, code, basis), official
    if best is None or (best[1].code == _UNION and not any(_ITS_DOCUMENT in fold(one.text) for one in segments)):
        return None
    _, heading, is_official = best
    titled = None if is_official else issuer_by_title(segments)
    return None if titled and titled.code != heading.code else heading


def _with_line_above(segment: Segment, segments: Sequence[Segment]) -> str | None:
    """A heading in two lines, of which the second alone names a state: `... NGHĨA VIỆT` / `NAM`; None where nothing
    stands close above, or names a state itself."""
    reach = _CLOSE * segment.height
    above = [
        one
        for one in segments
        if 0.5 * segment.height < segment.middle - one.middle < reach
        and one.left < segment.right
        and segment.left < one.right
    ]
    nearest = max(above, key=lambda one: one.middle, default=None)
    return f"{nearest.text} {segment.text}" if nearest and _code(nearest.text) is None else None


def issuer_of_lines(lines: Sequence[Line]) -> str | None:
    """The issuing state, from plain lines, before anything is known of their captions."""
    segments = [Segment(line.text, line.box, line.score, line.score, index) for index, line in enumerate(lines)]
    heading = find_issuer(segments) or issuer_by_title(segments)
    return heading.code if heading else None


def is_surely_issued(lines: Sequence[Line]) -> bool:
    """Whether a heading names a state and nothing else beside official words and a document's title: `Air France` and
    `Deutsche Bahn` are no states."""
    segments = [Segment(line.text, line.box, line.score, line.score, index) for index, line in enumerate(lines)]
    heading = find_issuer(segments)
    if heading is None:
        return issuer_by_title(segments) is not None
    folded = fold(heading.segment.text)
    if any(word in folded for word in _OFFICIAL) or is_province(folded):
        return True
    if any(f" {fold(title)} " in f" {folded} " for titles in TITLES.values() for title in titles):
        return True
    return not state_code(folded) or all(state_code(word) for word in folded.split())


def issuer_by_title(segments: Sequence[Segment]) -> Heading | None:
    """The state that alone issues documents of the title or with the caption that the page carries."""
    for segment in segments:
        text = squash(segment.text)
        for title, code in _only_issuers().items():
            if _shows(text, title):
                return Heading(segment, code, f"documents of this title or caption are issued by {code} only")
    return None


def _shows(text: str, title: str) -> bool:
    """Whether a line shows a title, in which one character of five may be misread; short Latin words may not be."""
    from rapidfuzz import fuzz

    if title in text:
        return True
    long_enough = len(title) >= (10 if title.isascii() else 5)
    return long_enough and len(text) >= len(title) and fuzz.partial_ratio(title, text) >= _LIKE_A_TITLE


def _code(text: str) -> tuple[str, str] | None:
    folded = fold(text)
    if province := province_code(text):
        return province, f"heading names a part of {province}"
    code = state_code(text)
    if code == _UNION:  # `EUROPEAN UNION REPUBLIC OF CROATIA`
        rest = folded
        for name in load_table("states")[_UNION]:
            rest = rest.replace(name, " ")
        code = state_code(rest) or code
    # Three letters among others are a misread word as soon as a code: `VIT NAM` is not Namibia.
    if code is None or len(folded) <= 2 or (code in _WORDS.findall(text) and code != "USA" and text.strip() != code):
        return None
    return code, "heading names the state"
