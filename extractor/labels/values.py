"""Values as other collections state them, in the form that our schemas hold: ISO dates, states' codes, M/F/X, lists.

What cannot be brought into that form is not guessed: `UnstatedError` is raised and the field stays unlabelled, with
what the collection says kept as its printed text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from extractor.schemas import SCHEMAS, VOCABULARY, Kind
from extractor.schemas.dates import DateMeaning, Order, parse_date
from extractor.schemas.sexes import sex_in
from extractor.schemas.states import state_code

_MEANINGS: dict[str, DateMeaning] = {"birth_date": "birth", "expiry_date": "expiry"}
#: Letters that only some languages mean so: Spanish and French, Polish, Dutch.
_SEXES = {"H": "M", "K": "F", "V": "F"}


class UnstatedError(ValueError):
    """A text from which a field's value cannot be taken with certainty."""


def normalised(schema: str, name: str, text: str | Sequence[str], *, order: Order | None = None) -> Any:
    """The value of field `name` of `schema` that `text` (lines, or one) states. Raises UnstatedError."""
    lines = [text] if isinstance(text, str) else list(text)
    joined = " ".join(" ".join(line.split()) for line in lines).strip()
    kind = VOCABULARY[name].kind
    value: Any = joined
    if kind is Kind.DATE:
        printed = parse_date(joined, order=order, meaning=_MEANINGS.get(name, "issue"))
        value = printed.iso if printed else None
    elif kind is Kind.STATE:
        value = state_code(joined)
    elif kind is Kind.SEX:
        found = sex_in(joined)
        value = found[0] if found else _SEXES.get(joined.upper())
    elif kind is Kind.MRZ:
        # Of a single text, what spaces or line breaks part are lines; of lines, spaces are only how they were typed.
        parts = text.split() if isinstance(text, str) else text
        value = ["".join(part.split()).upper() for part in parts if part.strip()]
    elif kind is Kind.LIST:
        value = re.split(r"[,;/\s]+", joined)
    if not value or not _holds(schema, name, value):
        raise UnstatedError(name)
    return value


def _holds(schema: str, name: str, value: Any) -> bool:
    """Whether the schema takes the value as it is."""
    try:
        held = SCHEMAS[schema].model_validate({name: value})
    except ValidationError:
        return False
    return bool(getattr(held, name) == value)


def fields_of(
    schema: str, texts: dict[str, Any], *, order: Order | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """(fields, printed) from texts by field name; a text of None says that the document lacks the field.

    Names that the schema does not have are left out, and so is from `fields` what is UnstatedError.
    """
    fields: dict[str, Any] = {}
    printed: dict[str, str] = {}
    for name, text in texts.items():
        if name not in SCHEMAS[schema].model_fields:
            continue
        if text is None:
            fields[name] = None
            continue
        printed[name] = text if isinstance(text, str) else "\n".join(text)
        try:
            fields[name] = normalised(schema, name, text, order=order)
        except UnstatedError:
            continue
    return fields, printed
