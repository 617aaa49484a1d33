"""What kind of document a page shows: by its MRZ, its title and the layout reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal

import numpy as np

from extractor.mrz import Mrz
from extractor.schemas import SCHEMAS
from extractor.schemas.captions import TITLES
from extractor.schemas.data import load_table
from extractor.schemas.text import fold, squash
from extractor.text.ocr import Line
from extractor.visual.issuer import is_surely_issued, issuer_of_lines
from extractor.visual.reader import Layout
from extractor.visual.tags import FIELDS, TITLE

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
#: Captions and values that say whose a document is.
_OF_HOLDERS = frozenset(
    "surname given_names name birth_date sex nationality place_of_birth personal_number height blood_group eye_colour"
    " marital_status father_name mother_name".split()
)
#: A page that neither an MRZ, nor a state, nor a title shows to be a document has so many captions, and so many of
#: them and of its values are of its holder, or so many values at all, as backs have.
_LEAST_WITHOUT_STATE, _LEAST_OF_HOLDER, _MANY_VALUES = 5, 4, 7
#: A title that is a part of its line counts where the layout reader takes the line for one, and so many captions are
#: of the holder: a ticket says `PASSPORT CHECKED`, a letter `bring your passport`.
_SURE_TITLE, _BESIDE_TITLE, _MOST_OF_LINE = 0.5, 2, 0.8
#: Share of a line that may stand beside a title that is the line.
_BESIDE = 0.15
#: From this probability on the layout reader's kind stands before titles and document codes, which then count less.
_LEARNED, _BESIDE_LEARNED = 0.9, 0.7


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
    if mrz is None and layouts and not _may_be_document(lines, layouts):
        return {}
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


def _may_be_document(lines: Sequence[Line], layouts: Sequence[Layout]) -> bool:
    """Whether a page without an MRZ is a document that says whose it is, and no receipt, ticket, form or letter. The
    layout reader knows documents only, and sees one in each of them."""
    taken_for_title = _titled(layouts)
    whole = any(_is_title(line.text) for line in lines)
    if not whole and any(_names_other_paper(line.text, squash(line.text) in taken_for_title) for line in lines):
        return False
    captions, values = _fields(layouts, "captions", _SURE_CAPTION), _fields(layouts, "values", _SURE_VALUE)
    of_holder = len(captions & _OF_HOLDERS)
    titled = any(squash(line.text) in taken_for_title and _by_title(line.text) for line in lines)
    if is_surely_issued(lines) or whole:
        return True
    if issuer_of_lines(lines) and any(
        score >= _MOST_OF_LINE for line in lines for score in _by_title(line.text).values()
    ):
        return True
    if of_holder >= _BESIDE_TITLE and (titled or issuer_of_lines(lines)):
        return True
    named = of_holder >= _LEAST_OF_HOLDER and len(values & _OF_HOLDERS) >= _LEAST_OF_HOLDER
    return len(captions) >= _LEAST_WITHOUT_STATE and (named or len(values) >= _MANY_VALUES)


def _titled(layouts: Sequence[Layout]) -> set[str]:
    """Lines, squashed, that the layout reader takes for titles."""
    found = set()
    for layout in layouts:
        sure = layout.tags[:, TITLE] >= _SURE_TITLE
        for line in {word.line for word, is_sure in zip(layout.words, sure, strict=True) if is_sure}:
            found.add(squash("".join(word.text for word in layout.words if word.line == line)))
    return found


def _is_title(text: str) -> bool:
    """Whether a line is hardly anything but a document's title, in one language or more; a short Latin one (`VISA`) is
    also a brand."""
    whole = rest = squash(text)
    if len(whole) < _SHORT_TITLE and whole.isascii():
        return False
    for _, joined, _ in _titles():
        if joined == whole or len(joined) >= _SHORT_TITLE:
            rest = rest.replace(joined, "")
    return len(rest) <= _BESIDE * len(whole)


@cache
def _other_papers() -> tuple[tuple[str, str], ...]:
    """(folded title, the same without spaces) of papers that are no documents of a kind that is read."""
    titles = [title for own in load_table("other_papers")["titles"].values() for title in own]
    return tuple((fold(title), squash(title)) for title in titles)


def _names_other_paper(text: str, is_titled: bool) -> bool:
    """Whether a line is the title of another paper, or has it where it is taken for a title."""
    whole, padded = squash(text), f" {fold(text)} "
    return any(
        whole == joined or (is_titled and joined in whole and (_is_no_word(title) or f" {title} " in padded))
        for title, joined in _other_papers()
    )


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
