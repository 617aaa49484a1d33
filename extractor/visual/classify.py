"""What kind of document a page shows: by its MRZ, its title and the layout reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal

import numpy as np

from extractor.mrz import Mrz
from extractor.schemas import SCHEMAS
from extractor.schemas.captions import TITLES
from extractor.schemas.text import fold, squash
from extractor.text.ocr import Line
from extractor.visual.issuer import issuer_of_lines
from extractor.visual.reader import Layout
from extractor.visual.tags import FIELDS

#: MRZ formats and document codes that leave no doubt (Doc 9303-4/5/6/7; Regulation (EC) 1030/2002 for IR and AR).
BY_FORMAT = {"TD3": "passport", "MRVA": "visa", "MRVB": "visa"}
_PERMIT_CODES = ("IR", "AR", "AS", "IS", "C1", "C2", "A1", "A2", "A3", "AC", "RP", "TR", "IT")
#: Titles shorter than this count only as a whole line: `pas` and `visa` are also parts of other words.
_SHORT_TITLE = 6


#: So many different captions make a document of a page that nothing else tells the kind of, each this probable.
_LEAST_CAPTIONS, _SURE_CAPTION = 3, 0.8
#: Captions that any paper has: where no other stands beside them, the page has to name a state as well.
_ANYWHERE = frozenset({"address", "authority", "document_number", "document_type", "issue_date", "valid_from"})
#: Where no captions are printed, so many different values do, if a number is among them, the page names a state, and
#: the layout reader is this sure of the kind.
_LEAST_VALUES, _SURE_VALUE, _SURE_KIND = 5, 0.9, 0.95
_NUMBERS = frozenset({"document_number", "personal_number"})
#: From this probability on the layout reader's kind stands before titles and document codes, which then count less.
_LEARNED, _BESIDE_LEARNED = 0.8, 0.7


@cache
def _titles() -> tuple[tuple[str, str, str], ...]:
    """(folded title, the same without spaces, kind), longest first."""
    rows = {(fold(title), squash(title), kind) for kind, titles in TITLES.items() for title in titles}
    return tuple(sorted(rows, key=lambda row: -len(row[1])))


def classify(lines: Sequence[Line], mrz: Mrz | None, layouts: Sequence[Layout] = ()) -> dict[str, float]:
    """Evidence for each kind of document, 0..1; empty where nothing shows that there is a document."""
    scores: dict[str, float] = {}

    def add(kind: str, score: float) -> None:
        scores[kind] = max(scores.get(kind, 0.0), score)

    if mrz:
        code = mrz.document_code or ""
        if mrz.format.startswith("IDL") or code.startswith("D"):
            add("driving_licence", 0.95)
        elif mrz.format in BY_FORMAT:
            add(BY_FORMAT[mrz.format], 0.95)
        else:
            add("residence_permit" if code in _PERMIT_CODES else "id_card", 0.9 if code in _PERMIT_CODES else 0.7)
    for line in lines:
        if line.text.count("<") <= 2:
            for kind, score in _by_title(line.text).items():
                add(kind, score)
    learned = _learned(layouts)
    likeliest = max(learned, key=lambda kind: learned[kind], default=None)
    certain = mrz is not None and max(scores.values(), default=0.0) >= 0.95
    if likeliest is None or certain:
        return scores
    captions = _fields(layouts, "captions", _SURE_CAPTION)
    if captions <= _ANYWHERE and not issuer_of_lines(lines):
        return scores
    if len(captions) < _LEAST_CAPTIONS:
        values = _fields(layouts, "values", _SURE_VALUE)
        shown = len(values) >= _LEAST_VALUES and values & _NUMBERS and learned[likeliest] >= _SURE_KIND
        if not shown or not issuer_of_lines(lines):
            return scores
    if learned[likeliest] >= _LEARNED:
        scores = {kind: _BESIDE_LEARNED * score for kind, score in scores.items()}
        add(likeliest, learned[likeliest])
    elif not scores:
        add(likeliest, 0.55)
    return scores


def _is_no_word(title: str) -> bool:
    """Whether a title cannot be a part of a longer word, so that what is read close to it, say of a script that the
    recogniser does not know, does not hide it."""
    return not title.isascii() or " " in title


def _by_title(text: str) -> dict[str, float]:
    """Kinds whose titles a line holds; a title inside a longer one found before says nothing more."""
    whole, padded = squash(text), f" {fold(text)} "
    found: dict[str, float] = {}
    rest = whole
    for title, joined, kind in _titles():
        if whole == joined:
            found[kind] = 0.85
            rest = ""
        elif len(joined) >= _SHORT_TITLE and joined in rest and (_is_no_word(title) or f" {title} " in padded):
            found[kind] = max(found.get(kind, 0.0), 0.65 + 0.2 * len(joined) / len(whole))
            rest = rest.replace(joined, "|")
    return found


def _learned(layouts: Sequence[Layout]) -> dict[str, float]:
    """The layout reader's probabilities of kinds, over all pages, each counting by its words."""
    found: dict[str, float] = {}
    words = sum(len(layout.words) for layout in layouts)
    for layout in layouts:
        for kind, chance in layout.kinds.items():
            if kind in SCHEMAS:
                found[kind] = found.get(kind, 0.0) + chance * len(layout.words) / words
    return found


def _fields(layouts: Sequence[Layout], part: Literal["captions", "values"], least: float) -> set[str]:
    """Fields whose captions or values the layout reader is sure of."""
    sure = (np.nonzero((getattr(layout, part) >= least).any(axis=0))[0] for layout in layouts)
    return {FIELDS[field] for fields in sure for field in fields} - {"other"}


def kind_of(scores: Mapping[str, float]) -> str | None:
    """The kind that most speaks for, or None. A Chinese ID card is also an ID card by some of its titles."""
    if not scores:
        return None
    return max(scores, key=lambda kind: (round(scores[kind], 2), kind == "chinese_id_card"))
