"""Which state issued the document, as its heading says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extractor.evidence.captions.find import Segment
from schemas.states import CANADIAN_PROVINCES, US_STATE_NAMES, state_code
from schemas.text import fold, squash

#: Words that make a state's name a heading rather than a nationality or a place.
_OFFICIAL = (
    "republic republi republik respublik kingdom konungar koninkrijk konigreich reino royaume royal state federal federation"
    " confederation confederazione union unione government ministry bundesrepublik rzeczpospolita ceska slovenska lietuvos"
    " latvijas eesti suomi sverige magyarorszag united states america commonwealth emirate sultanate principality duche"
    " grand hong kong kwnoe 中华人民共和国 中華民國 日本国 대한민국 共和国 共和國 royaume estados unidos special administrative"
).split()


@dataclass(frozen=True)
class Heading:
    """A line that names the issuing state: the segment and the code."""

    segment: Segment
    code: str
    basis: str


def find_issuer(segments: Sequence[Segment], captions: Sequence[Segment], used: set[int]) -> Heading | None:
    """The heading that names a state: an official name, or a name in the top fifth of what is printed."""
    everything = [*segments, *captions]
    if not everything:
        return None
    top, bottom = min(s.top for s in everything), max(s.bottom for s in everything)
    best: tuple[float, Heading] | None = None
    for segment in everything:
        if id(segment) in used or segment.text.count("<") > 1 or segment.score < 0.7:
            continue
        found = _code(segment.text)
        if found is None:
            continue
        code, basis = found
        height = 1 - (segment.middle - top) / max(bottom - top, 1.0)
        official = any(word in fold(segment.text) for word in _OFFICIAL)
        rank = 2.0 * official + height + 0.2 * (len(squash(segment.text)) > 4)
        if (official or height > 0.8) and (best is None or rank > best[0]):
            best = rank, Heading(segment, code, basis)
    return best[1] if best else None


def _code(text: str) -> tuple[str, str] | None:
    folded = fold(text)
    if folded in US_STATE_NAMES or any(folded.startswith(f"{name} ") for name in US_STATE_NAMES):
        return "USA", "heading names a state of the USA"
    if folded in CANADIAN_PROVINCES:
        return "CAN", "heading names a province of Canada"
    code = state_code(text)
    return (code, "heading names the state") if code and len(folded) > 2 else None
