"""What the visual zone says of each field: by captions, by what the MRZ confirms, by the page's layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from extractor.mrz import Mrz
from extractor.schemas.dates import find_dates
from extractor.schemas.text import scripts, squash
from extractor.schemas.vocabulary import FieldSpec
from extractor.visual.anchors import WEAK, Anchor, find_anchors, part_of
from extractor.visual.captions.find import Caption
from extractor.visual.captions.pair import Known, Pair, pair
from extractor.visual.layout import Placed, infer_issue_date, infer_passport_texts
from extractor.visual.numbered import infer_numbered
from extractor.visual.segments import Segment
from extractor.visual.shapes import split_name, telling_values
from extractor.visual.values import Context, Value, clean_name


@dataclass(frozen=True)
class Found:
    """A value on a page: what it is, where it stands, how it was found, how sure the tie to its field is (0..1)."""

    field: str
    value: Value
    segments: tuple[Segment, ...]
    basis: str
    tie: float
    #: The whole line, where the value is only a part of it.
    line: str = ""


def read_visual(
    captions: Sequence[Caption],
    segments: Sequence[Segment],
    specs: Mapping[str, FieldSpec],
    context: Context,
    mrz: Mrz | None,
) -> list[Found]:
    """The visual zone's value of each field, at most one a field."""
    anchors = find_anchors(mrz, segments, specs, context) if mrz else []
    pairs = pair(captions, segments, specs, context, known=_known(anchors, mrz))
    found = {one.field: _from_pair(one, anchors) for one in pairs if one.field in specs}
    for anchor in _settled(anchors, found):
        known = found.get(anchor.field)
        # What the page and the MRZ agree on stands against a caption that leads elsewhere; but a visa's MRZ may hold
        # the passport's number.
        agreed = anchor.agreement >= 0.95 and not (anchor.field == "document_number" and "passport_number" in specs)
        if anchor.field in specs and (known is None or (agreed and "MRZ" not in known.basis)):
            found[anchor.field] = _from_anchor(anchor)
    if "name" in found and "surname" in found and found["name"].line and found["name"].line != found["surname"].line:
        # The names stand elsewhere, each with its caption; a line with both is the signature.
        del found["name"]
    for placed in _inferred(found, segments, specs, context, mrz):
        found[placed.field] = Found(placed.field, placed.value, placed.segments, placed.basis, 0.7)
    for shaped in telling_values(found, segments, specs, context):
        found[shaped.field] = Found(shaped.field, shaped.value, shaped.segments, shaped.basis, 0.7)
    if "vehicle_classes" in specs:
        lines = {name: one.segments[0].line for name, one in found.items()}
        for placed in infer_numbered(segments, captions, lines, specs, context):
            found[placed.field] = Found(placed.field, placed.value, placed.segments, placed.basis, 0.7)
    _split_names(found, specs, context)
    _latin_names(found, anchors, specs)
    _native_name(found, segments, specs)
    _without_end(found, captions, segments, specs, context)
    _start_of_period(found, segments, specs, context)
    return list(found.values())


def _latin_names(found: dict[str, Found], anchors: Sequence[Anchor], specs: Mapping[str, FieldSpec]) -> None:
    """Of names printed on lines of their own in two scripts, the one that the MRZ spells is the surname or the given
    names (ICAO Doc 9303-3, 3.1), and the native ones together are the name."""
    native: list[Found] = []
    for name in ("surname", "given_names"):
        one = found.get(name)
        if one is None or "LATIN" in scripts(one.value.text):
            continue
        spelt = (anchor for anchor in anchors if anchor.field == name and anchor.agreement >= 0.95)
        latin = next((anchor for anchor in spelt if scripts(anchor.value.text) == {"LATIN"}), None)
        if latin:
            native.append(one)
            found[name] = _from_anchor(latin)
    if len(native) == 2 and "name" in specs and "name" not in found:
        # A patronymic beside the given names is in no MRZ.
        text = " ".join(clean_name(one.line or one.value.text) for one in native)
        parts = tuple(one.segments[0] for one in native)
        found["name"] = Found("name", Value(text, text, 1.0), parts, "above the romanised names", 0.9)


def _native_name(found: dict[str, Found], segments: Sequence[Segment], specs: Mapping[str, FieldSpec]) -> None:
    """The name in the native script, where a document prints it beside the romanised one."""
    halves = [_native_half(found.get(name)) for name in ("surname", "given_names")]
    if "name" in specs and all(halves):
        text = " ".join(half[0] for half in halves if half)
        parts = tuple(half[1] for half in halves if half)
        found["name"] = Found(
            "name", Value(text, text, 1.0), parts, "before the slash, beside the romanised names", 0.9
        )
        return
    roman = found.get("name") or found.get("surname")
    if "name" not in specs or roman is None or scripts(roman.value.text) - {"LATIN"}:
        return
    segment = roman.segments[0]
    used = {id(part) for one in found.values() for part in one.segments}
    for other in segments:
        in_row = abs(other.middle - segment.middle) < 0.7 * segment.height
        under = abs(other.middle - segment.middle) < 2.4 * segment.height and (
            min(other.right, segment.right) > max(other.left, segment.left)
        )
        native = scripts(other.text)
        if (in_row or under) and id(other) not in used and native and "LATIN" not in native and other.score > 0.8:
            text = clean_name(other.text)
            length = sum(c.isalpha() for c in text)
            # Of alphabets, what stands beside the surname alone is the surname alone.
            half = native.isdisjoint({"CJK", "HANGUL"}) and " " not in text and "given_names" in found
            fits = length == len(text.replace(" ", "")) and (2 <= length <= 5 or native.isdisjoint({"CJK"}))
            if fits and not half:
                basis, tie = "beside the romanised name", 0.8
                if native == {"CJK"} and _spells(text, found):
                    basis, tie = "spells the romanised name", 0.97
                found["name"] = Found("name", Value(text, text, 1.0), (other,), basis, tie)
                return


def _spells(chinese: str, found: Mapping[str, Found]) -> bool:
    """Whether ideographs, read in Mandarin, are the romanised surname and given names (GB/T 28039-2011)."""
    from pypinyin import Style, lazy_pinyin

    romanised = "".join(squash(str(found[name].value.value)) for name in ("surname", "given_names") if name in found)
    readings = ("".join(lazy_pinyin(chinese, style=Style.NORMAL, v_to_u=flag)) for flag in (False, True))
    return romanised in {squash(reading) for reading in readings}


def _native_half(one: Found | None) -> tuple[str, Segment] | None:
    """The half before the slash of a line that prints a name in two scripts."""
    if one is None or "LATIN" not in scripts(one.value.text):
        return None
    before, slash, _ = one.line.partition("/")
    native = scripts(before)
    return (clean_name(before), one.segments[0]) if slash and native and "LATIN" not in native else None


def _without_end(
    found: dict[str, Found],
    captions: Sequence[Caption],
    segments: Sequence[Segment],
    specs: Mapping[str, FieldSpec],
    context: Context,
) -> None:
    """`2015.07.10-长期`, `unbefristet` in the place of the expiry: valid without end, and a date there is the start."""
    if "permanent" not in specs:
        return
    of_expiry = [
        replace(caption, fields={"permanent": caption.fields["expiry_date"]})
        for caption in captions
        if "expiry_date" in caption.fields
    ]
    for one in pair(of_expiry, segments, {"permanent": specs["permanent"]}, context):
        found["permanent"] = Found("permanent", one.value, one.segments, "caption of expiry_date", min(1.0, one.tie))
        expiry = found.get("expiry_date")
        if expiry and expiry.segments[0] is one.segments[0]:
            start = found.pop("expiry_date")
            if not {"issue_date", "valid_from"} & found.keys():
                found["issue_date"] = replace(start, field="issue_date", basis="first date of the period of validity")


def _start_of_period(
    found: dict[str, Found], segments: Sequence[Segment], specs: Mapping[str, FieldSpec], context: Context
) -> None:
    """`2023.09.15-2033.09.14` under one caption: the first date is the day of issue where no other is named."""
    expiry = found.get("expiry_date")
    if expiry is None or {"issue_date", "valid_from"} & found.keys() or "issue_date" not in specs:
        return
    # What agrees with the MRZ is a part of its line.
    whole = [segment for segment in segments if expiry.line and segment.text == expiry.line]
    for segment in [*expiry.segments, *whole]:
        dates = find_dates(segment.text, order=context.order, meaning="issue", today=context.today)
        if len(dates) == 2 and dates[0].iso < str(expiry.value.value):
            text = segment.text[dates[0].start : dates[0].end]
            value = Value(dates[0].iso, text, 1.0)
            basis = "first date of the period of validity"
            found["issue_date"] = Found("issue_date", value, (part_of(segment, text),), basis, expiry.tie)
            return


def _split_names(found: dict[str, Found], specs: Mapping[str, FieldSpec], context: Context) -> None:
    """Surname and given names out of a name in one piece, where the document itself shows which is which."""
    whole = found.get("name")
    if whole is None or "surname" not in specs or "surname" in found or "given_names" in found:
        return
    parts, basis = split_name(whole.value.value, context.issuer)
    for name, text in zip(("surname", "given_names"), parts, strict=False):
        segment = part_of(whole.segments[0], text)
        found[name] = Found(name, Value(text, text, 1.0), (segment,), basis, 0.8 * whole.tie)


def _settled(anchors: Sequence[Anchor], found: Mapping[str, Found]) -> Iterator[Anchor]:
    """Anchors to use where no caption led to the field: sure ones, and of weak ones the nearest below the names."""
    names = [one.segments[0] for name, one in found.items() if name in ("surname", "given_names")]
    names += [anchor.segment for anchor in anchors if anchor.field in ("surname", "given_names")]
    for anchor in anchors:
        if anchor.agreement > WEAK:
            yield anchor
    for name in ("nationality", "sex"):
        weak = [anchor for anchor in anchors if anchor.field == name and anchor.agreement == WEAK]
        if names:
            lowest = max(segment.bottom for segment in names)
            below = [anchor for anchor in weak if anchor.segment.middle > lowest]
            yield from sorted(below, key=lambda anchor: anchor.segment.middle)[:1]
        elif len(weak) == 1:
            yield weak[0]


def _inferred(
    found: Mapping[str, Found],
    segments: Sequence[Segment],
    specs: Mapping[str, FieldSpec],
    context: Context,
    mrz: Mrz | None,
) -> Iterator[Placed]:
    """What the page's layout adds to what captions and the MRZ gave."""
    anchored = {name: one.segments[0] for name, one in found.items()}
    used = {id(segment) for one in found.values() for segment in one.segments}
    birth, expiry = (_value(found, mrz, name) for name in ("birth_date", "expiry_date"))
    if "issue_date" in specs and "issue_date" not in found:
        issue = infer_issue_date(segments, birth, expiry, context)
        if issue and id(issue.segments[0]) not in used:
            anchored["issue_date"] = issue.segments[0]
            used.add(id(issue.segments[0]))
            yield issue
    if mrz and mrz.format == "TD3":
        zone_tops = [segment.top for segment in segments if segment.text.count("<") > 2]
        yield from infer_passport_texts(segments, anchored, used, min(zone_tops, default=None))


def _value(found: Mapping[str, Found], mrz: Mrz | None, name: str) -> str | None:
    return found[name].value.value if name in found else getattr(mrz, name, None)


def _known(anchors: Sequence[Anchor], mrz: Mrz | None) -> Known:
    explains: dict[int, set[str]] = {}
    for anchor in anchors:
        # A state's name can be a place of birth or an authority as well, and one letter can be anything.
        if anchor.agreement >= 0.85 and anchor.agreement > WEAK:
            explains.setdefault(id(anchor.segment), set()).add(anchor.field)
            if anchor.field == "document_number":
                # A visa's MRZ may hold the passport's number (Doc 9303-7, 4.2.2).
                explains[id(anchor.segment)].add("passport_number")
    fields = {name for name in ("surname", "given_names", "birth_date", "expiry_date", "document_number") if mrz}
    return Known({key: frozenset(held) for key, held in explains.items()}, frozenset(fields))


def _from_pair(one: Pair, anchors: Sequence[Anchor]) -> Found:
    for anchor in anchors:
        if anchor.field == one.field and anchor.segment is one.segments[0]:
            return replace(_from_anchor(anchor), basis=f"caption {_printed(one.caption)}, agrees with the MRZ")
    basis = f"caption {_printed(one.caption)}"
    return Found(one.field, one.value, one.segments, basis, min(1.0, one.tie))


def _from_anchor(anchor: Anchor) -> Found:
    segment = part_of(anchor.segment, anchor.value.text)
    basis = "stands on the page as in the MRZ"
    return Found(anchor.field, anchor.value, (segment,), basis, anchor.agreement, line=anchor.segment.text)


def _printed(caption: Caption) -> str:
    """A caption as evidence names it: by field, since what OCR made of it could hold part of a value."""
    return f"of {max(caption.fields, key=lambda name: caption.fields[name])}"
