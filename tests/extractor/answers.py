"""A document whose every field was read, and what a schema makes of it."""

import enum
from datetime import date
from typing import Any

from extractor.extraction import Source, SourceKind
from extractor.reconcile import reconcile

#: What a document says, by the vocabulary's names.
READ: dict[str, Any] = {
    "surname": "UNDERHILL",
    "given_names": "JOSHUA JAMES",
    "birth_date": "1990-03-30",
    "expiry_date": "2033-01-09",
    "issue_date": "2023-01",
    "sex": "M",
    "nationality": "GBR",
    "issuing_country": "D",
    "document_number": "359 970-521",
    "document_type": "P",
    "height": "178 cm",
    "permanent": False,
    "vehicle_classes": ["B", "BE"],
    "mrz": ["P<GBRUNDERHILL<<JOSHUA<JAMES", "3599705210GBR9003301M3301096"],
    "address": "1 High Street\nLondon",
}


class Sex(enum.Enum):
    MALE = "male"
    FEMALE = "female"


def read(schema: Any, *, kind: str | None = "passport", **changes: Any) -> Any:
    """What `extract` gives for a document that says READ: document, values, fields, warnings."""
    said = {name: value for name, value in (READ | changes).items() if value is not None}
    sources = {name: [Source(SourceKind.MRZ, value, str(value), 0.9)] for name, value in said.items()}
    return reconcile(schema, sources, kind=kind, today=date(2026, 3, 31))


def codes(warnings: Any) -> list[str]:
    return [f"{one.code}:{one.field}" if one.field else one.code for one in warnings]
