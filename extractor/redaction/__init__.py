"""Copies of documents with personal data blacked out: `redact(result, keep=...)`."""

from extractor.redaction.blackout import Redaction, redact
from extractor.redaction.choose import PRESETS, Choice

__all__ = ["PRESETS", "Choice", "Redaction", "redact"]
