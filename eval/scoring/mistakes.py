"""What kind of mistake a wrong field is: the error browser filters by it, and it says what to mend first.

The first kind that fits, from the most telling to the least: see `Mistake`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from eval.scoring.metrics import FINE, FUZZY_THRESHOLD, FieldOutcome, FieldScore
from eval.scoring.normalise import as_text, folded, strict, without_diacritics
from extractor.schemas import Kind


class Mistake(StrEnum):
    """Kinds of mistakes, in the order in which they are looked for."""

    FAILED = "document failed"
    MISSED = "missed"
    INVENTED = "invented"
    DIACRITICS = "diacritics"
    SPACES = "spaces"
    FILLERS = "fillers of the MRZ"
    VARIANT = "traditional or simplified"
    LOOKALIKE = "look-alike characters"
    OTHER_FIELD = "value of another field"
    SHORTENED = "shortened"
    LENGTHENED = "lengthened"
    NEAR = "a few characters"
    OTHER = "other value"


_ALIKE = str.maketrans(
    # Letters and digits that readers take for one another, each for the first of its group.
    "OQDILBSZG" + "АВЕЗКМНОРСТУХІ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" + "曰已巳末士入",
    "000118526" + "A8E3KMH0PCTYX1" + "A8E2H1KMN0PTYX" + "日己己未土人",
)


def mistake(
    kind: Kind,
    label: Any,
    prediction: Any,
    score: FieldScore,
    *,
    others: Mapping[str, Any] | None = None,
    failed: bool = False,
) -> Mistake | None:
    """The kind of mistake, or None where the field is right. `others` are the document's other labelled fields."""
    if score.outcome in FINE:
        return None
    if failed:
        return Mistake.FAILED
    if score.outcome is FieldOutcome.MISSED:
        return Mistake.MISSED
    if score.outcome is FieldOutcome.INVENTED:
        return Mistake.INVENTED
    truth, said = strict(kind, label) or "", strict(kind, prediction) or ""
    return _of_wrong_value(kind, truth, said, score, others or {}, prediction)


def _of_wrong_value(
    kind: Kind,
    truth: str,
    said: str,
    score: FieldScore,
    others: Mapping[str, Any],
    prediction: Any,
) -> Mistake:
    if score.folded:
        if kind is Kind.MRZ:
            return Mistake.FILLERS
        return Mistake.DIACRITICS if without_diacritics(truth) == without_diacritics(said) else Mistake.SPACES
    if _simplified(truth) == _simplified(said):
        return Mistake.VARIANT
    if _merged(truth) == _merged(said):
        return Mistake.LOOKALIKE
    if _plain(prediction) in {_plain(value) for value in others.values()}:
        return Mistake.OTHER_FIELD
    if said in truth:
        return Mistake.SHORTENED
    if truth in said:
        return Mistake.LENGTHENED
    return Mistake.NEAR if score.similarity >= FUZZY_THRESHOLD else Mistake.OTHER


def _plain(value: Any) -> str | None:
    return None if value is None else folded(Kind.TEXT, as_text(value))


def _merged(text: str) -> str:
    """`text` with look-alike characters as one."""
    return text.upper().translate(_ALIKE)


def _simplified(text: str) -> str:
    """`text` with traditional characters as simplified ones."""
    return text if text.isascii() else str(_converter().convert(text))


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")
