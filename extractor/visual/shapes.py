"""Values that betray themselves without a caption: numbers of a national shape, words for the sexes, US addresses.

Only shapes that nothing else on such a document has are used, only for the state that issues them, and only where
captions and the MRZ left the field empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extractor.schemas.dates import find_dates
from extractor.schemas.text import fold, scripts
from extractor.schemas.vocabulary import FieldSpec, Kind
from extractor.visual.captions.pair import join_lines
from extractor.visual.layout import Placed
from extractor.visual.national_numbers import checksum_holds
from extractor.visual.segments import Segment
from extractor.visual.values import Context, Value, clean_name, value_of

#: How visas print the number of entries in words, folded.
_ENTRIES = frozenset("single double multiple mult multi".split())


@dataclass(frozen=True)
class _Shape:
    """A number that only one state prints, and on its documents only in one place."""

    issuer: str
    field: str
    pattern: re.Pattern[str]
    name: str


#: Layouts that the issuers publish.
_SHAPES = (
    _Shape("HKG", "document_number", re.compile(r"[A-Z]{1,2}\d{6}\s?\([\dA-Z]\)"), "Hong Kong identity card number"),
    _Shape("IND", "document_number", re.compile(r"(?<!\d)\d{4} \d{4} \d{4}(?!\d)"), "Aadhaar number"),
    _Shape("USA", "document_number", re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"), "Social Security number"),
    _Shape("TWN", "personal_number", re.compile(r"(?<![A-Z\d])[A-Z][12]\d{8}(?!\d)"), "Taiwan national number"),
    _Shape("KOR", "personal_number", re.compile(r"(?<!\d)\d{6}-[1-8]\d{6}(?!\d)"), "Korean registration number"),
    _Shape("THA", "personal_number", re.compile(r"(?<!\d)\d \d{3,4} \d{5} \d{2} \d(?!\d)"), "Thai citizen number"),
    _Shape("SGP", "document_number", re.compile(r"(?<![A-Z\d])[STFGM]\d{7}[A-Z](?![A-Z\d])"), "Singapore NRIC"),
    _Shape("MYS", "personal_number", re.compile(r"(?<!\d)\d{6}-\d{2}-\d{4}(?!\d)"), "Malaysian NRIC"),
)
#: City, state and ZIP code, as the US Postal Service has it written last.
_US_CITY_LINE = re.compile(r"(?:^|[\s,])(?:[A-Z]{2})[\s,]+\d{5,6}(?:-\d{4})?$")
#: States whose documents print a name in one piece with the given names first.
_GIVEN_NAMES_FIRST = frozenset({"THA", "IND", "USA", "CAN", "GBR", "AUS", "NZL", "PHL"})


def telling_values(
    found: Mapping[str, Any], segments: Sequence[Segment], specs: Mapping[str, FieldSpec], context: Context
) -> Iterator[Placed]:
    """Values for fields that are still empty, from the shape of the text alone."""
    for shape in _SHAPES:
        if shape.issuer == context.issuer and shape.field in specs and shape.field not in found:
            yield from _by_shape(shape, segments)
    if "sex" in specs and "sex" not in found:
        yield from _sex_word(segments, context)
    if "entries" in specs and "entries" not in found:
        yield from _entries_word(segments)
    if context.issuer == "USA" and "address" in specs:
        yield from _us_address(found, segments, specs)
    if context.issuer == "HKG" and "name" in specs and "name" not in found and "surname" not in found:
        yield from _hong_kong_name(segments)
    if context.issuer == "CHN" and "ethnicity" in specs:
        yield from _chinese_card(found, segments, context)


def _chinese_card(found: Mapping[str, Any], segments: Sequence[Segment], context: Context) -> Iterator[Placed]:
    """The resident ID card's small blue captions fade before its values do: the name stands above the sex, and the
    printed date that the citizen number holds (GB 11643) is the birth date."""
    sexes = [segment for segment in segments if fold(segment.text) in ("男", "女")]
    name = _line_above(sexes[0], segments) if "name" not in found and len(sexes) == 1 else None
    if name and 2 <= len(text := clean_name(name.text)) <= 4 and scripts(text) == {"CJK"}:
        yield Placed("name", Value(text, text, 1.0), (name,), "stands above the sex, where this card prints it")
    number = str(found["document_number"].value.value) if "document_number" in found else ""
    if "birth_date" in found or not checksum_holds("CHN", number):
        return
    for segment in segments:
        for printed in find_dates(segment.text, meaning="birth", today=context.today):
            if printed.iso.replace("-", "") == number[6:14]:
                value = Value(printed.iso, segment.text[printed.start : printed.end], 1.0)
                yield Placed("birth_date", value, (segment,), "the printed date that the citizen number holds")
                return


def _by_shape(shape: _Shape, segments: Sequence[Segment]) -> Iterator[Placed]:
    matches = [(segment, match[0]) for segment in segments if (match := shape.pattern.search(segment.text))]
    # The same number twice is one number; two numbers are none.
    if matches and len({text for _, text in matches}) == 1:
        segment, text = matches[0]
        yield Placed(shape.field, Value(text, text, 1.0), (segment,), f"by its shape: {shape.name}")


def _sex_word(segments: Sequence[Segment], context: Context) -> Iterator[Placed]:
    """A word for a sex, or the same sex in two scripts (`女 F`); a single letter alone could be anything."""
    candidates = []
    for segment in segments:
        words = fold(segment.text).split()
        value = value_of("sex", Kind.SEX, segment.text, context)
        long_word = any(word in ("male", "female", "男", "女") for word in words)
        if value and len(words) <= 2 and (long_word or len(scripts(segment.text)) > 1):
            candidates.append((segment, value))
    if len(candidates) == 1:
        segment, value = candidates[0]
        yield Placed("sex", value, (segment,), "the one word for a sex on the page")


def _entries_word(segments: Sequence[Segment]) -> Iterator[Placed]:
    """The word for a visa's number of entries (ICAO Doc 9303-7, 4.1); a figure alone could be anything."""
    words = [segment for segment in segments if fold(segment.text) in _ENTRIES]
    if len({fold(segment.text) for segment in words}) == 1:
        text = words[0].text.strip()
        yield Placed("entries", Value(text, text, 1.0), (words[0],), "the one word for a number of entries on the page")


def _us_address(
    found: Mapping[str, object], segments: Sequence[Segment], specs: Mapping[str, FieldSpec]
) -> Iterator[Placed]:
    """The lines that end in a US state and ZIP code, and the name that stands right above them."""
    last = next((s for s in segments if _US_CITY_LINE.search(s.text.strip().upper())), None)
    if last is None:
        return
    lines = [last]
    while len(lines) < 3 and (above := _line_above(lines[0], segments)):
        if not any(c.isdigit() for c in above.text) and "," not in above.text and len(lines) > 1:
            break
        if _is_person(above) and len(lines) >= 2:
            break
        lines.insert(0, above)
    text = join_lines([line.text for line in lines])
    yield Placed("address", Value(text, text, 1.0), tuple(lines), "ends in a US state and ZIP code")
    name = _line_above(lines[0], segments)
    if name and _is_person(name) and not {"surname", "given_names", "name"} & found.keys() and "name" in specs:
        cleaned = clean_name(name.text)
        yield Placed("name", Value(cleaned, cleaned, 1.0), (name,), "stands above the address")


def _line_above(segment: Segment, segments: Sequence[Segment]) -> Segment | None:
    """The line above with the same left edge, at most two line heights away."""
    above = [
        s
        for s in segments
        if abs(s.left - segment.left) < 0.8 * segment.height
        and 0.5 * segment.height < segment.middle - s.middle < 2.0 * max(s.height, segment.height)
    ]
    return max(above, key=lambda s: s.middle, default=None)


def _is_person(segment: Segment) -> bool:
    words = clean_name(segment.text).split()
    return 2 <= len(words) <= 4 and all(word.replace("-", "").replace(".", "").isalpha() for word in words)


def _hong_kong_name(segments: Sequence[Segment]) -> Iterator[Placed]:
    """Hong Kong's card prints the name without a caption: ideographs, and `SURNAME, Given Names` below them."""
    roman = [s for s in segments if re.fullmatch(r"[A-Z]{2,},\s?[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+)*", s.text.strip())]
    if len(roman) != 1:
        return
    surname, _, given = roman[0].text.partition(",")
    for field, text in (("surname", surname.strip()), ("given_names", given.strip())):
        yield Placed(field, Value(text, text, 1.0), (roman[0],), "the one line written `SURNAME, Given Names`")
    native = _line_above(roman[0], segments)
    if native and scripts(native.text) == {"CJK"}:
        text = clean_name(native.text)
        yield Placed("name", Value(text, text, 1.0), (native,), "stands above the romanised name")


def split_name(name: str, issuer: str | None) -> tuple[tuple[str, str] | tuple[()], str]:
    """(surname, given names) of a name in one piece, and by what it was split; () where nothing shows how."""
    if scripts(name) != {"LATIN"}:
        return (), ""
    surname, comma, given = name.partition(",")
    if comma and surname.strip() and given.strip():
        return (surname.strip(), given.strip()), "split at the comma of the printed name"
    words = name.split()
    if issuer in _GIVEN_NAMES_FIRST and len(words) == 2:
        return (words[1], words[0]), f"split by the order of names on documents of {issuer}"
    return (), ""
