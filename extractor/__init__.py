"""Reads identity documents into validated Pydantic models, every field with the evidence it rests on.

from extractor import Passport, extract

result = extract("passport.jpg", schema=Passport)
result.document.surname
result.fields["surname"].verdict
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from extractor.errors import (
    CheckpointError,
    DeviceError,
    ExtractorError,
    MissingExtraError,
    NoDocumentError,
    RedactionError,
    SchemaError,
    UnreadableInputError,
    UsageError,
)

# From 1.31 on onnxruntime keeps an id of the device in the user's cache and reports its sessions to its maker, from the
# moment that it is imported. Nothing of this program touches the network, so that is switched off at first.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from extractor.extraction import Box, Extraction, FieldEvidence, ReadingWarning, Source, SourceKind, Verdict
    from extractor.many import Item, extract_async, extract_many
    from extractor.reading import extract, extract_documents
    from extractor.redaction.redact import redact
    from extractor.schemas import (
        SCHEMAS,
        ChineseIdCard,
        DrivingLicence,
        IdCard,
        IdentityDocument,
        Passport,
        ResidencePermit,
        Visa,
        load_schema,
    )

__version__ = "0.2.0"

#: Public names and the modules that they are loaded from on first use: `extract --help` never pays for them.
_LAZY = {
    **dict.fromkeys(("Item", "extract_async", "extract_many"), "extractor.many"),
    **dict.fromkeys(("extract", "extract_documents"), "extractor.reading"),
    "redact": "extractor.redaction",
    **dict.fromkeys(
        ("Box", "Extraction", "FieldEvidence", "ReadingWarning", "Source", "SourceKind", "Verdict"),
        "extractor.extraction",
    ),
    **dict.fromkeys(
        (
            "SCHEMAS",
            "ChineseIdCard",
            "DrivingLicence",
            "IdCard",
            "IdentityDocument",
            "Passport",
            "ResidencePermit",
            "Visa",
            "load_schema",
        ),
        "extractor.schemas",
    ),
}

__all__ = [
    "SCHEMAS",
    "Box",
    "CheckpointError",
    "ChineseIdCard",
    "DeviceError",
    "DrivingLicence",
    "Extraction",
    "ExtractorError",
    "FieldEvidence",
    "IdCard",
    "IdentityDocument",
    "Item",
    "MissingExtraError",
    "NoDocumentError",
    "Passport",
    "ReadingWarning",
    "RedactionError",
    "ResidencePermit",
    "SchemaError",
    "Source",
    "SourceKind",
    "UnreadableInputError",
    "UsageError",
    "Verdict",
    "Visa",
    "__version__",
    "extract",
    "extract_async",
    "extract_documents",
    "extract_many",
    "load_schema",
    "redact",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
