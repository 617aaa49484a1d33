"""Copies of documents with personal data blacked out: `redact(result, keep=...)`."""

from extractor.redaction.choose import PRESETS, Choice
from extractor.redaction.redact import Redaction, redact

__all__ = ["PRESETS", "Choice", "Redaction", "redact"]
