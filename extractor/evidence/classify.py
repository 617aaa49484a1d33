"""What kind of document a page shows: by its MRZ, by what it calls itself, by the captions it carries."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from extractor.evidence.mrz import Mrz
from extractor.evidence.ocr import Line
from schemas.captions import TITLES
from schemas.text import fold, squash

#: MRZ formats and document codes that leave no doubt (Doc 9303-4/5/6/7; Regulation (EC) 1030/2002 for IR and AR).
_BY_FORMAT = {"TD3": "passport", "MRVA": "visa", "MRVB": "visa"}
_PERMIT_CODES = ("IR", "AR", "AS", "IS", "C1", "C2", "A1", "A2", "A3", "AC", "RP", "TR", "IT")
#: Titles shorter than this count only as a whole line: `pas` and `visa` are also parts of other words.
_SHORT_TITLE = 6


@cache
def _titles() -> tuple[tuple[str, str], ...]:
    """(squashed title, kind), longest first."""
    pairs = {(squash(title), kind) for kind, titles in TITLES.items() for title in titles}
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


def classify(lines: Sequence[Line], mrz: Mrz | None) -> dict[str, float]:
    """Evidence for each kind of document, 0..1; empty where nothing speaks for any."""
    scores: dict[str, float] = {}

    def add(kind: str, score: float) -> None:
        scores[kind] = max(scores.get(kind, 0.0), score)

    if mrz:
        code = mrz.document_code or ""
        if mrz.format.startswith("IDL") or code.startswith("D"):
            add("driving_licence", 0.95)
        elif mrz.format in _BY_FORMAT:
            add(_BY_FORMAT[mrz.format], 0.95)
        else:
            add("residence_permit" if code in _PERMIT_CODES else "id_card", 0.9 if code in _PERMIT_CODES else 0.7)
    for line in lines:
        if line.text.count("<") > 2:
            continue
        whole = squash(line.text)
        for title, kind in _titles():
            if whole == title:
                add(kind, 0.85)
            elif len(title) >= _SHORT_TITLE and title in whole and f" {fold(title)}" in f" {fold(line.text)}":
                add(kind, 0.6 + 0.2 * len(title) / len(whole))
    return scores


def kind_of(scores: dict[str, float]) -> str | None:
    """The kind that most speaks for, or None. A Chinese ID card is also an ID card by some of its titles."""
    if not scores:
        return None
    return max(scores, key=lambda kind: (round(scores[kind], 2), kind == "chinese_id_card"))
