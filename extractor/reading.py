"""The public way in: `extract` and `extract_documents`, typed by the schema that is asked for.

from extractor import Passport, extract
result = extract("passport.jpg", schema=Passport)
result.document.surname
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, TypedDict, TypeVar, Unpack, overload

from pydantic import TypeAdapter

from extractor.engines import Engine
from extractor.errors import NoDocumentError, UsageError
from extractor.extraction import Box, Extraction
from extractor.imaging import Limits
from extractor.imaging.given import Given, given
from extractor.imaging.limits import DEFAULT
from extractor.imaging.load import Input
from extractor.pipeline import conclude, left_out_warnings, prepare, prepare_documents
from extractor.schemas import (
    ChineseIdCard,
    DrivingLicence,
    IdCard,
    IdentityDocument,
    Passport,
    ResidencePermit,
    Visa,
)
from extractor.schemas.registry import schema_of

T = TypeVar("T")
#: The built-in schemas, and models that extend them: nothing is required, so that there always is a document.
D = TypeVar("D", bound=IdentityDocument)


class Options(TypedDict, total=False):
    """Options of `extract`, which says what each means."""

    pages: Sequence[int] | None
    engine: Engine | None
    today: date | None
    minimum_age: int | None
    one_document: bool
    limits: Limits


Inputs = Input | Sequence[Input]


@overload
def extract(source: Inputs, schema: type[D], **options: Unpack[Options]) -> Extraction[D]: ...
@overload
def extract(source: Inputs, schema: type[T] | TypeAdapter[T], **options: Unpack[Options]) -> Extraction[T | None]: ...
@overload
def extract(source: Inputs, schema: Literal["passport"], **options: Unpack[Options]) -> Extraction[Passport]: ...
@overload
def extract(source: Inputs, schema: Literal["id_card"], **options: Unpack[Options]) -> Extraction[IdCard]: ...
@overload
def extract(
    source: Inputs, schema: Literal["chinese_id_card"], **options: Unpack[Options]
) -> Extraction[ChineseIdCard]: ...
@overload
def extract(
    source: Inputs, schema: Literal["driving_licence"], **options: Unpack[Options]
) -> Extraction[DrivingLicence]: ...
@overload
def extract(
    source: Inputs, schema: Literal["residence_permit"], **options: Unpack[Options]
) -> Extraction[ResidencePermit]: ...
@overload
def extract(source: Inputs, schema: Literal["visa"], **options: Unpack[Options]) -> Extraction[Visa]: ...
@overload
def extract(
    source: Inputs, schema: Literal["auto"] = ..., **options: Unpack[Options]
) -> Extraction[IdentityDocument]: ...
@overload
def extract(source: Inputs, schema: str | Mapping[str, Any], **options: Unpack[Options]) -> Extraction[Any]: ...
def extract(
    source: Inputs,
    schema: Any = "auto",
    *,
    pages: Sequence[int] | None = None,
    engine: Engine | None = None,
    today: date | None = None,
    minimum_age: int | None = None,
    one_document: bool = False,
    limits: Limits = DEFAULT,
) -> Extraction[Any]:
    """Reads one document; of several the largest, with the warning `several_documents` (`extract_documents` reads all).

    source: path, bytes, binary file object, PIL image or numpy array; a list of these is several pages or sides of
    one document. schema: a Pydantic model or anything else that docs/schemas.md lists, a built-in name, or "auto".
    pages: page numbers from 1, for files of several. today: the day on which the document is looked at,
    by which two-digit years are resolved and validity is judged (default: today). minimum_age: younger holders get the
    warning `under_age`. one_document: all that is given is one document; what contradicts that is refused. limits: what
    decoding one file may cost.

    Raises UnreadableInputError, NoDocumentError (no such document on the picture, or not one document), SchemaError or
    another UsageError.
    """
    wanted = checked(schema, engine, pages, today, minimum_age, limits)
    held = given(source, pages, limits)
    sources = list(held.sources)
    prepared = prepare(sources, wanted, pages=pages, today=today, one_document=one_document, limits=limits)
    return _with_given(conclude(prepared, engine, minimum_age=minimum_age), held)


def extract_documents(
    source: Inputs,
    schema: Any = "auto",
    *,
    pages: Sequence[int] | None = None,
    engine: Engine | None = None,
    today: date | None = None,
    minimum_age: int | None = None,
    limits: Limits = DEFAULT,
) -> list[Extraction[Any]]:
    """Reads all documents on the pages given, in their order, each with its `regions`; one at least.

    Sides of a document find each other by number, MRZ, name and birth date. A side that nothing says the holder of
    stays by itself, with the warning `lone_side`. Arguments and errors as `extract`'s.
    """
    wanted = checked(schema, engine, pages, today, minimum_age, limits)
    held = given(source, pages, limits)
    found: list[Extraction[Any]] = []
    left_out: list[Box] = []
    failure: NoDocumentError | None = None
    for prepared in prepare_documents(list(held.sources), wanted, pages=pages, today=today, limits=limits):
        try:
            found.append(_with_given(conclude(prepared, engine, minimum_age=minimum_age), held))
        except NoDocumentError as error:  # something else beside the documents
            left_out += prepared.regions
            failure = failure or error
    if failure and not found:
        raise failure
    return [replace(found[0], warnings=(*found[0].warnings, *left_out_warnings(left_out))), *found[1:]]


def _with_given(result: Extraction[Any], held: Given) -> Extraction[Any]:
    """The result with what pictures of it are made from."""
    paths = held.pages is None and all(isinstance(one, str | Path | bytes) for one in held.sources)
    return replace(result, inputs=held.sources if paths else (), given=held)


def checked(
    schema: Any,
    engine: Any = None,
    pages: Any = None,
    today: Any = None,
    minimum_age: Any = None,
    limits: Any = DEFAULT,
) -> Any:
    """The type to read into, or "auto"; raises SchemaError or another UsageError before anything is read."""
    if engine is not None and not callable(getattr(engine, "answer", None)):
        raise UsageError(f"engine is what choose_engine() gives, not {type(engine).__name__}")
    if today is not None and (not isinstance(today, date) or isinstance(today, datetime)):
        raise UsageError(f"today is a date, not {type(today).__name__}")
    if minimum_age is not None and not (type(minimum_age) is int and minimum_age >= 0):
        raise UsageError("minimum_age is a number of full years, such as 18")
    if not isinstance(limits, Limits):
        raise UsageError(f"limits are Limits(...) of extractor.imaging, not {type(limits).__name__}")
    listed = isinstance(pages, Sequence) and not isinstance(pages, str | bytes)
    if pages is not None and not (listed and all(type(page) is int and page > 0 for page in pages)):
        raise UsageError("pages are numbers from 1, such as [1, 2]")
    return schema if isinstance(schema, str) and schema == "auto" else schema_of(schema)
