"""The one road every document takes: picture -> page -> evidence -> sources -> reconcile -> Extraction.

prepared = prepare("passport.jpg", Passport)     # everything before an engine reads
result = conclude(prepared)                      # with a model's answers, where an engine is given

`extractor.reading` has the public way in.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from pydantic import BaseModel

from extractor.building import UNREAD
from extractor.checks import (
    age_of,
    calendar_warnings,
    date_warnings,
    explain_nulls,
    number_warnings,
    order_warnings,
    picture_warnings,
    zone_warnings,
)
from extractor.engines import Engine, describe
from extractor.errors import NoDocumentError, UsageError
from extractor.evidence import DocumentEvidence, best_zone, gather, read_layouts
from extractor.extraction import Box, Extraction, FieldEvidence, PageInfo, ReadingWarning, Verdict
from extractor.grouping import Group, Identity, group_pages, identity_of
from extractor.imaging import Limits, load_pages
from extractor.imaging.limits import DEFAULT
from extractor.imaging.load import Input
from extractor.imaging.quality import measure
from extractor.mrz import MrzReading, mend_names
from extractor.mrz.zone import read_zone
from extractor.reconcile import reconcile
from extractor.schemas import SCHEMAS, schema_name
from extractor.schemas.plan import Plan, plan_of
from extractor.schemas.registry import schema_of
from extractor.schemas.text import squash
from extractor.sources import read_sources
from extractor.sources.kept import barcode_of, seen_of
from extractor.stages import stage
from extractor.text.page import Page, read_pages
from extractor.text.scripts import read_longest, read_other_script
from extractor.visual.classify import BY_FORMAT, classify, kind_of
from extractor.visual.issuer import issuer_of_lines
from extractor.visual.licence_table import VehicleClass, read_table

#: Fields whose presence does not show that a picture is a document.
_SAYS_LITTLE = frozenset({"issuing_country", "document_type", "mrz", "endorsements", "permanent"})


@dataclass(frozen=True)
class Prepared:
    """Everything computed before an engine runs: how the schema is read, the evidence, page information, where the
    document lies on the pages and its size there, whether nothing says whose it is, document-type scores, warnings and
    seconds per stage."""

    plan: Plan
    evidence: DocumentEvidence
    pages: tuple[PageInfo, ...]
    regions: tuple[Box, ...]
    area: float
    is_lone_side: bool
    kinds: Mapping[str, float]
    warnings: tuple[ReadingWarning, ...]
    seconds: Mapping[str, float]


def prepare(
    source: Input | Sequence[Input],
    schema: Any = "auto",
    *,
    pages: Sequence[int] | None = None,
    today: date | None = None,
    one_document: bool = False,
    limits: Limits = DEFAULT,
) -> Prepared:
    """All that is done before an engine reads, once for any number of them; arguments and errors as `extract`'s."""
    found = prepare_documents(source, schema, pages=pages, today=today, one_document=one_document, limits=limits)
    shown = [one for one in found if kind_of(one.kinds)] or found
    asked = None if isinstance(schema, str) else schema_name(schema)
    best = max(shown, key=lambda one: (kind_of(one.kinds) == asked, not one.is_lone_side, one.area))
    return best if len(shown) == 1 else replace(best, warnings=(_several(len(shown)), *best.warnings))


def prepare_documents(
    source: Input | Sequence[Input],
    schema: Any = "auto",
    *,
    pages: Sequence[int] | None = None,
    today: date | None = None,
    one_document: bool = False,
    limits: Limits = DEFAULT,
) -> list[Prepared]:
    """Every document on the pages given, prepared; arguments and errors as `extract`'s."""
    seconds: dict[str, float] = {}
    with _timed(seconds, "load"):
        images = _load(source, pages, limits)
    read: list[Page] = []
    zones: list[MrzReading | None] = []
    for index, image in enumerate(images):
        with _timed(seconds, "ocr"):
            parts = read_pages(image, index)
        with _timed(seconds, "mrz"):
            zones += [read_zone(part, today=today) for part in parts]
        read += parts
    with _timed(seconds, "grouping"):
        groups = group_pages(read, zones, today=today, one_document=one_document)
    found: list[Prepared] = []
    left_out: list[Box] = []
    failure: NoDocumentError | None = None
    for group in groups:
        try:
            # What all documents took together is counted with the first.
            found.append(_prepared(group, images, schema, today, {} if found else seconds))
        except NoDocumentError as error:
            left_out += group.regions
            failure = failure or error
    if failure and not found:
        raise failure
    return [replace(found[0], warnings=(*found[0].warnings, *left_out_warnings(left_out))), *found[1:]]


def left_out_warnings(regions: Sequence[Box]) -> Iterator[ReadingWarning]:
    """Regions beside documents in which no document was recognised."""
    for region in regions:
        yield ReadingWarning("no_document_here", "what is printed here is no document that was recognised", box=region)


def identify(
    source: Input | Sequence[Input],
    *,
    pages: Sequence[int] | None = None,
    today: date | None = None,
    limits: Limits = DEFAULT,
) -> Identity | None:
    """What the pages given say of the document's holder, for finding its other side; None where there are several."""
    read = [page for index, image in enumerate(_load(source, pages, limits)) for page in read_pages(image, index)]
    zones = [read_zone(page, today=today) for page in read]
    if len(group_pages(read, zones, today=today)) > 1:
        return None
    zone = best_zone(zones)
    read = _other_scripts(read, zones)
    return identity_of([line for page in read for line in page.lines], zone.mrz if zone else None, today=today)


def _prepared(
    group: Group, images: Sequence[np.ndarray], schema: Any, today: date | None, spent: Mapping[str, float]
) -> Prepared:
    """One document's evidence."""
    seconds = dict(spent)
    plan = None if isinstance(schema, str) and schema == "auto" else plan_of(schema_of(schema))
    with _timed(seconds, "scripts"):
        read = _other_scripts(group.pages, group.zones)
        printed = [line for page in read for line in page.lines]
        zones = [zone and mend_names(zone, printed, today=today) for zone in group.zones]
    with _timed(seconds, "evidence"):
        layouts = read_layouts(read, zones)
        mrz = next((zone.mrz for zone in zones if zone), None)
        kinds = classify(printed, mrz, layouts)
        plan = plan or plan_of(_recognised(kinds))
        evidence = gather(
            read, zones, plan.reading, reads_as=plan.reading_of(kind_of(kinds)), layouts=layouts, today=today
        )
        measured = [measure(page.image, page.boxes) for page in read]
        warnings = picture_warnings(read, measured)
    if group.is_lone_side:
        warnings.insert(0, ReadingWarning("lone_side", "nothing says whose document this side is of: it is read alone"))
    first = {page.index: (page.rotation, one) for page, one in reversed(list(zip(read, measured, strict=True)))}
    infos = tuple(
        PageInfo(image.shape[1], image.shape[0], *first.get(index, (0, {}))) for index, image in enumerate(images)
    )
    where = (group.regions, group.area, group.is_lone_side)
    return Prepared(plan, evidence, infos, *where, kinds, tuple(warnings), seconds)


def _several(count: int) -> ReadingWarning:
    message = f"of {count} documents this is the largest: extract_documents or --documents reads all of them"
    return ReadingWarning("several_documents", message)


def prepare_again(prepared: Prepared, schema: Any) -> Prepared:
    """The same document for another schema, without reading its pictures again. Raises SchemaError."""
    plan, before = plan_of(schema_of(schema)), prepared.evidence
    evidence = gather(
        [one.page for one in before.pages],
        [one.zone for one in before.pages],
        plan.reading,
        reads_as=plan.reading_of(kind_of(prepared.kinds)),
        layouts=[one.layout for one in before.pages],
        today=before.context.today,
    )
    return replace(prepared, plan=plan, evidence=evidence)


def conclude(prepared: Prepared, engine: Engine | None = None, *, minimum_age: int | None = None) -> Extraction[Any]:
    """What the sources make of a prepared document: its own, and an engine's if one is named. Raises
    NoDocumentError."""
    evidence, plan = prepared.evidence, prepared.plan
    seconds = dict(prepared.seconds)
    with _timed(seconds, "engine"):
        sources = read_sources(evidence, engine)
    today = evidence.context.today or date.today()
    with _timed(seconds, "reconcile"):
        document, values, fields, warnings = reconcile(
            plan.schema,
            sources,
            keep_unsupported=getattr(engine, "keep_unsupported", False),
            kind=kind_of(prepared.kinds),
            today=today,
            classes=_vehicle_classes(evidence),
        )
    unusable = calendar_warnings(evidence, fields, plan, today)
    if _is_empty(plan, fields, evidence.zone, bool(unusable)) and kind_of(prepared.kinds) is None:
        raise NoDocumentError("not a document: no machine-readable zone and no fields were found on the picture")
    warnings += _unread_warnings(fields, {warning.field for warning in warnings})
    warnings += [*prepared.warnings, *zone_warnings(evidence, plan.keys)]
    warnings += date_warnings(fields, plan.wholes, today=today, minimum_age=minimum_age)
    warnings += [*unusable, *order_warnings(evidence, fields, plan, today)]
    warnings += number_warnings(evidence, fields, plan.wholes)
    warnings += _schema_warnings(plan.schema, prepared.kinds, evidence.zone)
    return Extraction(
        plan.schema,
        document,
        values,
        explain_nulls(fields, evidence, plan, warnings),
        tuple(warnings),
        prepared.pages,
        describe(engine),
        seconds,
        plan.mapping,
        regions=prepared.regions,
        age=age_of(fields, plan.wholes, today),
        barcodes=tuple(barcode_of(code, one) for one in evidence.pages for code in one.codes),
        seen=tuple(seen_of(one) for one in evidence.pages),
    )


def _vehicle_classes(evidence: DocumentEvidence) -> list[VehicleClass]:
    """The rows of a licence's table, of all of its sides; other documents have none."""
    if schema_name(evidence.reads_as) != "driving_licence":
        return []
    return [row for page in evidence.pages for row in read_table(page.page.lines, evidence.context)]


def _load(source: Input | Sequence[Input], pages: Sequence[int] | None, limits: Limits) -> list[np.ndarray]:
    inputs: list[Any] = list(source) if isinstance(source, list | tuple) else [source]
    if not inputs:
        raise UsageError("name at least one picture")
    return [image for one in inputs for image in load_pages(one, pages=pages, limits=limits)]


def _recognised(kinds: Mapping[str, float]) -> type[BaseModel]:
    kind = kind_of(kinds)
    if kind is None:
        raise NoDocumentError("not a document: nothing on the picture says what kind it is; name it with --schema")
    return SCHEMAS[kind]


def _other_scripts(pages: Sequence[Page], zones: Sequence[MrzReading | None]) -> list[Page]:
    """Pages with their lines in scripts beside Latin; which script, the MRZ's issuer or the heading says."""
    issuer = next((zone.mrz.issuing_state for zone in zones if zone and zone.mrz.issuing_state), None)
    issuer = issuer or next((code for page in pages if (code := issuer_of_lines(page.lines))), None)
    latin = {squash(text) for zone in zones if zone for text in (zone.mrz.surname, zone.mrz.given_names) if text}
    longest = None if issuer else [read_longest(page) for page in pages]
    for lines in longest or ():
        issuer = issuer or issuer_of_lines(lines)
    return [read_other_script(page, issuer, latin, longest[i] if longest else None) for i, page in enumerate(pages)]


def _unread_warnings(fields: Mapping[str, FieldEvidence], warned: set[str | None]) -> list[ReadingWarning]:
    """Fields whose null says nothing about the document."""
    return [
        ReadingWarning("field_not_understood", f"nothing says what {name} is: give it x-field or x-captions", name)
        for name, evidence in fields.items()
        if evidence is UNREAD and name not in warned
    ]


def _is_empty(plan: Plan, fields: dict[str, FieldEvidence], zone: MrzReading | None, dated: bool) -> bool:
    """Whether nothing was read that shows a document: no MRZ, and hardly anything that a caption names. `dated`: there
    is a date that cannot be given, which shows as much as one that can."""
    nothing = (Verdict.ABSENT, Verdict.UNSUPPORTED)  # a model can be asked about any picture, and answers
    little = {leaf.key for leaf in plan.leaves if leaf.reading in _SAYS_LITTLE}
    telling = [name for name, one in fields.items() if one.verdict not in nothing and name not in little]
    return zone is None and len(telling) + dated < 2


def _schema_warnings(schema: Any, kinds: Mapping[str, float], zone: MrzReading | None) -> list[ReadingWarning]:
    """Says so where the page shows no document, or calls itself something else than what it was read as. A visa names
    a passport, too, but its MRZ leaves no doubt."""
    name, shown = schema_name(schema), kind_of(kinds)
    if name in SCHEMAS and shown is None:
        message = f"nothing on the picture says that it is a document; it was read as {name}, as asked"
        return [ReadingWarning("not_recognised", message)]
    if name not in SCHEMAS or shown is None or shown == name or kinds[shown] < 0.8:
        return []
    if kinds.get(name, 0.0) > 0.5 and not (zone and BY_FORMAT.get(zone.mrz.format) == shown):
        return []
    return [ReadingWarning("schema_mismatch", f"the picture looks like {shown}, and was read as {name}")]


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    with stage(name):
        yield
    seconds[name] = round(seconds.get(name, 0.0) + time.perf_counter() - start, 4)
