"""The result of reading a document: the model itself and, for every field, the evidence it rests on.

Coordinates are pixels of the page as given (the picture as a viewer shows it), so that a box can be drawn on the
user's own file; four corners, clockwise from the text's top left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from extractor.schemas.nodes import Mapped

if TYPE_CHECKING:
    from PIL.Image import Image

    from extractor.imaging.given import Given
    from extractor.imaging.seen import SeenPage
    from extractor.portrait.cutouts import Cutout

T = TypeVar("T")

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
    """How a field's sources agree."""

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


class Absence(StrEnum):
    """What a null rests on."""

    NOT_PRINTED = "not printed"
    #: There is something, but it could not be read, or is no value of this kind.
    UNREADABLE = "printed and unreadable"
    #: Nothing says where such a field stands on a document, so nobody looked.
    NOT_LOOKED_FOR = "not looked for"


@dataclass(frozen=True)
class Box:
    """Where something stands: page index and four corners."""

    page: int
    points: tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class Source:
    """One source's reading of one field.

    `value` is normalised to the field's type, `text` is as printed, `confidence` is this source's own belief in 0..1,
    `proven` says that a check digit or checksum covers the value and is right, `basis` describes how the value was
    obtained, without personal data ("caption 'Surname'", "line 2, check digit right, 1 character repaired").
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
    #: Of a null in a finished reading: what it rests on.
    absence: Absence | None = None


@dataclass(frozen=True)
class ReadingWarning:
    """Something a caller should act on. `code` is stable, `message` holds no personal data; `box` is the region of a
    picture that it is about."""

    code: str
    message: str
    field: str | None = None
    box: Box | None = None


@dataclass(frozen=True)
class PageInfo:
    """One page as it was read: its size as given, the turn that set it upright (degrees clockwise), and the measures of
    its text that `extractor.imaging.quality.measure` explains."""

    width: int
    height: int
    rotation: int
    quality: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Barcode:
    """A barcode as it stands on a document: its kind ("PDF417", "QRCode", "Code128" ...), its content as text and as
    bytes, where it stands, and by which standard it was parsed into fields, if by one."""

    kind: str
    text: str = field(repr=False)
    data: bytes = field(repr=False)
    box: Box
    standard: str | None = None


@dataclass(frozen=True, repr=False)
class Extraction(Generic[T]):
    """The result of reading one document.

    `document` is an instance of the schema, or None where the schema requires what is not on the document or rejects
    what is (`warnings` say which, `values` still holds what was read). `fields` are by their path in the schema
    (`holder.surname`), `mapping` says how each was understood, `engine` what read them.
    """

    schema: Any
    document: T
    values: Mapping[str, Any]
    fields: Mapping[str, FieldEvidence]
    warnings: tuple[ReadingWarning, ...] = ()
    pages: tuple[PageInfo, ...] = ()
    engine: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    mapping: Mapping[str, Mapped] = field(default_factory=dict)
    #: Path or bytes of what was read, for showing it in a notebook; empty where the caller gave anything else.
    inputs: tuple[Any, ...] = field(default=(), compare=False)
    #: Where the document lies on the pages given: all of a page, or a part of one that shows several documents.
    regions: tuple[Box, ...] = field(default=(), kw_only=True)
    #: The holder's age in full years on the day of reading, where a birth date was read.
    age: int | None = field(default=None, kw_only=True)
    #: Barcodes of every kind, raw; what a standard explains is a source of fields as well.
    barcodes: tuple[Barcode, ...] = field(default=(), kw_only=True)
    #: What was seen of the pages and where they came from, for the pictures that are made of them.
    seen: tuple[SeenPage, ...] = field(default=(), compare=False, kw_only=True)
    given: Given | None = field(default=None, compare=False, kw_only=True)

    def deskewed(self) -> list[Image]:
        """The documents, cut out and laid flat at 300 dpi in the size of their format (ISO/IEC 7810).

        One picture a page, two where both sides of a card lie on one. A document whose format is not known keeps its
        own pixels, and its picture has no `info["dpi"]`.

        The file that was read is opened again. Raises UsageError where it is not the same any more.
        """
        from extractor.imaging.given import deskewed

        return deskewed(self)

    @cached_property
    def cutouts(self) -> tuple[Cutout, ...]:
        """The portrait, ghost portraits and the signature, each with its box and its own upright picture. The file that
        was read is opened again at first use; errors as `deskewed`'s."""
        from extractor.imaging.given import images_of
        from extractor.portrait.cutouts import cutouts_of

        return tuple(cutouts_of(self, images_of(self)))

    @property
    def portrait(self) -> Cutout | None:
        """The holder's portrait, the largest face on the document; None where there is none."""
        return next((one for one in self.cutouts if one.kind == "portrait"), None)

    @property
    def ghost_portraits(self) -> tuple[Cutout, ...]:
        """Smaller copies of the portrait."""
        return tuple(one for one in self.cutouts if one.kind == "ghost")

    @property
    def signature(self) -> Cutout | None:
        """The holder's signature, None where none was found."""
        return next((one for one in self.cutouts if one.kind == "signature"), None)

    def to_dict(self, *, evidence: bool = False) -> dict[str, Any]:
        """The document as plain JSON values, by the schema's aliases; with `evidence`, `{"document", "evidence"}`."""
        from extractor.output import as_dict

        return as_dict(self, evidence=evidence)

    def to_json(self, *, evidence: bool = False, indent: int | None = None) -> str:
        """`to_dict` as a JSON text."""
        return json.dumps(self.to_dict(evidence=evidence), ensure_ascii=False, indent=indent)

    def __repr__(self) -> str:
        """What was read, in numbers: no value of the document."""
        from extractor.schemas import schema_name

        found = sum(one.value is not None for one in self.fields.values())
        warned = f", {len(self.warnings)} warnings" if self.warnings else ""
        lacking = "" if self.document is not None else ", no document"
        return f"<Extraction {schema_name(self.schema)}: {found} of {len(self.fields)} fields{warned}{lacking}>"

    def _repr_html_(self) -> str:
        """The page with its boxes and the table of fields, as notebooks show it. It holds what was read."""
        from extractor.notebook import as_html

        return as_html(self)

    @property
    def checks_passed(self) -> bool:
        """False if any warning says that a check failed; the command then exits with 1."""
        return not any(warning.code in FAILED_CHECKS for warning in self.warnings)


#: Codes of warnings that mean "read, but not as it stands": the reading itself is in doubt.
READING_CHECKS: frozenset[str] = frozenset(
    {
        "mrz_check_digit",
        "mrz_unsure",
        "conflict",
        "check_failed",
        "invalid_value",
        "required_field_missing",
        "unsupported",
        "several_documents",
    }
)
#: Codes that mean that the document, read well, contradicts itself, or is not the asked-for holder's. That it has
#: expired, or is not valid yet, is a fact about it and no failed check.
DOCUMENT_CHECKS: frozenset[str] = frozenset({"under_age", "issue_after_expiry", "birth_after_issue"})
#: Codes that mean "read, but a check failed" (exit code 1).
FAILED_CHECKS = READING_CHECKS | DOCUMENT_CHECKS
