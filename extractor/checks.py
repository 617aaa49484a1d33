"""Warnings about a document that was read: its MRZ, its dates, its pictures; and what its nulls rest on.

Everything here is a warning with a stable code, or says what a null rests on. Nothing changes a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from extractor.building import UNREAD
from extractor.evidence import DocumentEvidence
from extractor.extraction import Absence, Box, FieldEvidence, ReadingWarning, SourceKind
from extractor.imaging.geometry import apply
from extractor.imaging.quality import faults
from extractor.mrz import MrzReading, Reason, looks_like_zone, read_zones
from extractor.mrz.states import STATE_CODES
from extractor.schemas.dates import parse_date, unusable_dates
from extractor.schemas.days import age_on, first_day, last_day
from extractor.schemas.plan import Plan
from extractor.schemas.text import squash
from extractor.schemas.vocabulary import Kind
from extractor.text.page import Page
from extractor.visual.national_numbers import checksum_of

#: Days before its end from which on a document `expires_soon`: most states ask travellers for three months.
SOON = 90
_DATES = ("birth_date", "issue_date", "valid_from", "expiry_date")
_ISO = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?(?![0-9])")
_SHARP = "photograph it sharp and uncovered"
_UNUSABLE = {
    "impossible_date": "the document prints a date that does not exist",
    "other_calendar": "the document prints a date of another calendar, which cannot be converted with certainty",
}


def zone_warnings(evidence: DocumentEvidence, keys: Mapping[str, str]) -> list[ReadingWarning]:
    """Check digits that are wrong, characters that were concluded, names that were cut. `keys`: see `Plan.keys`."""
    zone = evidence.zone
    if zone is None:
        unread = any(looks_like_zone(page.page.lines) for page in evidence.pages)
        message = f"there is an MRZ that could not be read: {_SHARP}"
        return [ReadingWarning("mrz_unreadable", message)] if unread else []
    unsure = zone.unsure
    found = _of_another_holder(evidence, zone)
    found += [
        ReadingWarning("mrz_unsure", f"the MRZ is too unclear to judge the check digit for {name}: {_SHARP}", key)
        if name in unsure
        else ReadingWarning("mrz_check_digit", f"the MRZ's check digit for {name} is wrong", key)
        for check in zone.mrz.check_digits
        for name, key in ((check.name, _key(check.name, keys)),)
        if not check.valid
    ]
    found += [
        ReadingWarning(
            "mrz_repaired",
            f"{count} unclear characters were concluded from the check digit for {name}",
            _key(name, keys),
        )
        for name, count in zone.doubtful.items()
    ]
    if any(repair.reason is Reason.PRINTED for repair in zone.repairs):
        found.append(ReadingWarning("mrz_repaired", "letters of the MRZ's names were concluded from the printed names"))
    if zone.mrz.issuing_state and zone.mrz.issuing_state not in STATE_CODES:
        message = "the MRZ's issuing state is not one that ICAO lists"
        found.append(ReadingWarning("unknown_state", message, keys.get("issuing_country", "issuing_country")))
    for name in ("birth_date", "issue_date", "expiry_date"):
        if getattr(zone.mrz, name) is None and zone.mrz.raw.get(name, "").strip("<0"):
            found.append(
                ReadingWarning("impossible_date", "the MRZ has a date that does not exist", keys.get(name, name))
            )
    if zone.mrz.names_truncated:
        field = keys.get("given_names", "given_names")
        found.append(ReadingWarning("names_truncated", "the MRZ had no room for the whole name", field))
    return found


def _of_another_holder(evidence: DocumentEvidence, zone: MrzReading) -> list[ReadingWarning]:
    """A second zone below or above the document's that says who somebody else is."""
    own = sum(map(_has_fillers, zone.mrz.lines))
    for page in evidence.pages:
        if not page.zone or sum(_has_fillers(line.text) for line in page.page.lines) <= own:
            continue
        for other in read_zones(page.page.lines, today=evidence.context.today, most=2):
            differs = other.mrz.birth_date != zone.mrz.birth_date and other.mrz.surname != zone.mrz.surname
            if other.proven and zone.proven and differs:
                return [ReadingWarning("conflict", "there are MRZs of two holders: one of them was read", "mrz")]
    return []


def _has_fillers(text: str) -> bool:
    return text.count("<") > 2


def _key(check: str, keys: Mapping[str, str]) -> str | None:
    """The schema's name for a field that a check digit covers."""
    covered = ("document_number", "birth_date", "expiry_date", "personal_number")
    return keys.get(check, check) if check in covered else None


def date_warnings(
    fields: Mapping[str, FieldEvidence], keys: Mapping[str, str], *, today: date, minimum_age: int | None = None
) -> list[ReadingWarning]:
    """What the dates of a document say about it on a day."""
    keys = {name: keys.get(name, name) for name in _DATES}
    values = {name: iso for name, key in keys.items() if (one := fields.get(key)) and (iso := _iso_of(one))}
    return [ReadingWarning(code, message, keys[name]) for code, message, name in _problems(values, today, minimum_age)]


def _problems(values: Mapping[str, str], today: date, minimum_age: int | None) -> Iterator[tuple[str, str, str]]:
    birth, issue, expiry = (values.get(name, "") for name in ("birth_date", "issue_date", "expiry_date"))
    end = last_day(expiry)
    if end and end < today:
        yield "expired", "the document has expired", "expiry_date"
    elif end and (end - today).days <= SOON:
        yield "expires_soon", f"the document expires within {SOON} days", "expiry_date"
    for name in ("issue_date", "valid_from"):
        start = first_day(values.get(name, ""))
        # A day is left for time zones.
        if start and (start - today).days > 1:
            yield "not_yet_valid", "the document's validity begins in the future", name
            break
    if minimum_age is not None and birth:
        age = age_on(birth, today)
        if age is None or age < minimum_age:
            yield "under_age", f"the holder is under {minimum_age}", "birth_date"
    if (issued := first_day(issue)) and end and issued > end:
        yield "issue_after_expiry", "the document was issued after its expiry", "issue_date"
    if (issued := last_day(issue)) and (born := first_day(birth)) and born > issued:
        yield "birth_after_issue", "the holder was born after the document was issued", "birth_date"


def number_warnings(
    evidence: DocumentEvidence, fields: Mapping[str, FieldEvidence], keys: Mapping[str, str]
) -> list[ReadingWarning]:
    """National numbers whose checksum is wrong."""
    found = []
    for name in ("personal_number", "document_number"):
        one = fields.get(keys.get(name, name))
        if one and one.value is not None and checksum_of(evidence.context.issuer, name, str(one.value)) is False:
            message = f"{name}_checksum: the checksum of the national number is wrong"
            found.append(ReadingWarning("check_failed", message, keys.get(name, name)))
    return found


def order_warnings(
    evidence: DocumentEvidence, fields: Mapping[str, FieldEvidence], plan: Plan, today: date
) -> list[ReadingWarning]:
    """Dates in numbers only of which nothing says whether the day or the month is first: no other date of the document,
    no issuing state, no MRZ."""
    if evidence.context.order or evidence.context.issuer:
        return []
    message = "nothing says whether this date begins with the day or the month: it is read with the day first"
    return [
        ReadingWarning("ambiguous_date", message, leaf.key)
        for leaf in plan.leaves
        if leaf.kind is Kind.DATE and (one := fields.get(leaf.key)) and _is_ambiguous(one, today)
    ]


def _is_ambiguous(one: FieldEvidence, today: date) -> bool:
    """Whether a date rests on nothing but a print that has two readings."""
    given = [source for source in one.sources if source.value is not None]
    found = [parse_date(source.text, today=today) for source in given if source.kind is SourceKind.VISUAL]
    return one.value is not None and len(found) == len(given) > 0 and all(date and date.ambiguous for date in found)


def calendar_warnings(
    evidence: DocumentEvidence, fields: Mapping[str, FieldEvidence], plan: Plan, today: date
) -> list[ReadingWarning]:
    """Dates that are printed and could not be given, where a date is missing."""
    missing = [leaf.key for leaf in plan.leaves if leaf.kind is Kind.DATE and _is_null(fields.get(leaf.key))]
    if not missing:
        return []
    used = squash(" ".join(str(one.value) for one in fields.values() if one.value is not None))
    codes: dict[str, None] = {}
    for page in evidence.pages:
        for segment in page.segments:
            if squash(segment.text) not in used:
                codes.update(dict.fromkeys(unusable_dates(segment.text, evidence.context.issuer, today)))
    field = missing[0] if len(missing) == 1 else None
    return [ReadingWarning(code, _UNUSABLE[code], field) for code in codes]


def _is_null(one: FieldEvidence | None) -> bool:
    return one is not None and one.value is None and one is not UNREAD


def picture_warnings(pages: Sequence[Page], measured: Sequence[Mapping[str, float]]) -> list[ReadingWarning]:
    """Faults of the pictures, each with the region it is about, in pixels of the picture as given."""
    found: dict[tuple[int, str], ReadingWarning] = {}
    for page, measures in zip(pages, measured, strict=True):
        for fault in faults(page.image, page.boxes, measures):
            corners = np.asarray(apply(page.to_source, fault.corners)).round(1).tolist()
            a, b, c, d = ((float(x), float(y)) for x, y in corners)
            warning = ReadingWarning(fault.code, fault.message, box=Box(page.index, (a, b, c, d)))
            found.setdefault((page.index, fault.message), warning)
    return list(found.values())


def explain_nulls(
    fields: Mapping[str, FieldEvidence], evidence: DocumentEvidence, plan: Plan, warnings: Sequence[ReadingWarning]
) -> dict[str, FieldEvidence]:
    """The fields, each null with what it rests on: nobody looked, it could not be read, or it is not there."""
    spoiled = any(warning.code.startswith(("picture_", "mrz_unreadable", "mrz_unsure")) for warning in warnings)
    unusable = {warning.field for warning in warnings if warning.code in (*_UNUSABLE, "invalid_value")}
    captions = {caption.field for page in evidence.pages for caption in page.captions}
    reading = {leaf.key: leaf.reading for leaf in plan.leaves}

    def absence(key: str, one: FieldEvidence) -> Absence:
        if one is UNREAD:
            return Absence.NOT_LOOKED_FOR
        own = [source for source in one.sources if source.kind is not SourceKind.MODEL or source.value is None]
        unread = any(source.text for source in own)
        if unread or key in unusable or (spoiled and reading.get(key) in captions):
            return Absence.UNREADABLE
        return Absence.NOT_PRINTED

    return {key: replace(one, absence=absence(key, one)) if one.value is None else one for key, one in fields.items()}


def age_of(fields: Mapping[str, FieldEvidence], keys: Mapping[str, str], today: date) -> int | None:
    """The holder's age, where there is a birth date."""
    one = fields.get(keys.get("birth_date", "birth_date"))
    value = _iso_of(one) if one else None
    return None if value is None else age_on(value, today)


def _iso_of(one: FieldEvidence) -> str | None:
    """A date in ISO form, whatever form the schema gives it."""
    forms = [] if one.value is None else [one.value, *(source.value for source in one.sources)]
    found = (_ISO.match(str(form)) for form in forms)
    return next((match[0] for match in found if match), None)
