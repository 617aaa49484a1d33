"""Reads identity documents into validated Pydantic models, every field with the evidence it rests on.

from extractor import extract
from extractor.schemas import Passport

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
    SchemaError,
    UnreadableInputError,
    UsageError,
)

# From 1.31 on onnxruntime keeps an id of the device in the user's cache and reports its sessions to its maker, from the
# moment that it is imported. Nothing of this program touches the network, so it is told not to before anybody can.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from extractor.extraction import Box, Extraction, FieldEvidence, ReadingWarning, Source, SourceKind, Verdict
    from extractor.pipeline import extract

__all__ = [
    "Box",
    "CheckpointError",
    "DeviceError",
    "Extraction",
    "ExtractorError",
    "FieldEvidence",
    "MissingExtraError",
    "NoDocumentError",
    "ReadingWarning",
    "SchemaError",
    "Source",
    "SourceKind",
    "UnreadableInputError",
    "UsageError",
    "Verdict",
    "extract",
]


def __getattr__(name: str) -> Any:
    """Loads the pipeline on first use: `extract --help` never pays for it."""
    if name == "extract":
        from extractor.pipeline import extract

        return extract
    if name in __all__:
        from extractor import extraction

        return getattr(extraction, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
