"""What reading a document gives: the model itself and, for every field, the evidence it rests on.

Coordinates are pixels of the page as given (the picture as a viewer shows it), so that a box can be drawn on the
user's own file; four corners, clockwise from the text's top left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from extractor.schemas.nodes import Mapped

Point = tuple[float, float]


class SourceKind(StrEnum):
    """Who speaks for a value."""

    MRZ = "mrz"
    BARCODE = "barcode"
    VISUAL = "visual"
    MODEL = "model"
    #: Concluded from other evidence; `Source.basis` says from what.
    DERIVED = "derived"


class Verdict(StrEnum):
    """How a field's sources stand to one another."""

    #: A check digit or checksum that covers the value is right.
    VERIFIED = "verified"
    #: Two or more sources say the same.
    AGREE = "agree"
    #: Sources contradict each other; all are kept and `FieldEvidence.note` says why this one was chosen.
    CONFLICT = "conflict"
    #: One source, nothing to compare it with.
    SINGLE = "single"
    #: A model's value that no evidence on the page supports.
    UNSUPPORTED = "unsupported"
    #: Nothing on the document, or nothing that could be read.
    ABSENT = "absent"


@dataclass(frozen=True)
class Box:
    """Where something stands: page index and four corners."""

    page: int
    points: tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class Source:
    """One source's reading of one field.

    `value` is normalised to the field's type, `text` is as printed, `confidence` is this source's own belief in 0..1,
    `proven` says that a check digit or checksum covers the value and is right, `basis` tells how the value was come by
    in words that hold no personal data ("caption 'Surname'", "line 2, check digit right, 1 character repaired").
    `supported` says of a model's value whether it stands on the document; of other sources it says nothing.
    """

    kind: SourceKind
    value: Any
    text: str
    confidence: float
    box: Box | None = None
    proven: bool = False
    basis: str = ""
    supported: bool | None = None


@dataclass(frozen=True)
class FieldEvidence:
    """One field's concluded value and everything it rests on.

    `confidence` in 0..1 estimates the probability that `value` is right (for a null: that the document has none); it
    is calibrated on specimens, see the README.
    """

    value: Any
    verdict: Verdict
    confidence: float
    sources: tuple[Source, ...] = ()
    box: Box | None = None
    note: str = ""


@dataclass(frozen=True)
class ReadingWarning:
    """Something a caller should act on. `code` is stable, `message` holds no personal data."""

    code: str
    message: str
    field: str | None = None


@dataclass(frozen=True)
class PageInfo:
    """One page as it was read: its size as given, the turn that set it upright (degrees clockwise), its quality."""

    width: int
    height: int
    rotation: int
    quality: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Extraction:
    """The result of reading one document.

    `document` is an instance of the schema, or None where the schema requires a field that is not on the document
    (`values` then still holds what was read). `engine` says what read it.
    """

    schema: type[BaseModel]
    document: BaseModel | None
    values: Mapping[str, Any]
    fields: Mapping[str, FieldEvidence]
    warnings: tuple[ReadingWarning, ...] = ()
    pages: tuple[PageInfo, ...] = ()
    engine: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    mapping: Mapping[str, Mapped] = field(default_factory=dict)

    @property
    def checks_passed(self) -> bool:
        """False if any warning says that a check failed; the command then exits with 1."""
        return not any(warning.code in FAILED_CHECKS for warning in self.warnings)


#: ReadingWarning codes that mean "read, but a check failed" (exit code 1).
FAILED_CHECKS: frozenset[str] = frozenset(
    {"mrz_check_digit", "conflict", "check_failed", "invalid_value", "required_field_missing", "unsupported"}
)
