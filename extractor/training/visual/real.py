"""Real labelled pages as training pages: where the labelled values stand in what was read.

A label says a value and not where it is. Values are looked for in the text of the page: dates by what they mean,
anything else by its letters and digits. What is not found is not taught.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from extractor.errors import UnreadableInputError
from extractor.labels.format import Specimen
from extractor.schemas import VOCABULARY, Kind
from extractor.schemas.dates import find_dates
from extractor.schemas.text import fold
from extractor.training.visual.doubt import UNKNOWN, LineSpan, Opinion, bridge, leave_open, settled
from extractor.training.visual.labelled import Sheet, SheetLine
from extractor.visual.features import zone_facts
from extractor.visual.tags import FIELDS, NOTHING, TAGS, value_tag
from extractor.visual.values import Context, value_of
from extractor.visual.words import split_words

#: Share of letters by which what was read may differ from the label and still be it.
_LIKENESS = 82.0
#: Values that others are found in: the town of birth in an address or in an office's name is not the place of birth.
_LONG = frozenset(
    value_tag(name) for name in FIELDS if name in VOCABULARY and VOCABULARY[name].kind in (Kind.ADDRESS, Kind.TEXT)
)
#: Share of a value's characters from which it is found whole; what else of it stands on the page is not known.
_WHOLE = 0.85


def sheet_of_page(
    texts: Sequence[str],
    boxes: Sequence[Sequence[float]],
    scores: Sequence[float],
    labels: Mapping[str, Any],
    printed: Mapping[str, str],
    kind: str,
    zone: dict[str, str] | None,
    alternatives: Mapping[str, Sequence[Any]] | None = None,
    opinion: Opinion | None = None,
) -> Sheet:
    """A page's lines with the labelled fields found in them; `labels` are normalised values, `printed` texts. Where
    other readings of a field stand (its name in another script), nothing is taught, and of a field that is not found,
    or not all of it, any word without a tag may be a part. `opinion` is a network's, asked where labels do not decide;
    without one such places are not taught."""
    lines = [
        SheetLine(text, [NOTHING] * len(text), [0] * len(text), list(box), 0, score)
        for text, box, score in zip(texts, boxes, scores, strict=True)
    ]
    owner = 0
    known = {name for name in labels if name in FIELDS}
    # Longer values first: a given name inside an address is the address's.
    names = [
        name for name in labels if name in FIELDS and labels[name] not in (None, False, []) and name not in _STATES
    ]
    wanted = {name: str(printed.get(name) or labels[name]) for name in names}
    names.sort(key=lambda name: -len(wanted[name]))
    found, contested = settled({name: _found(name, labels[name], wanted[name], lines) for name in names}, opinion)
    for name in names:
        if not _complete(name, wanted[name], found[name], lines):
            known.discard(name)
        for places in found[name]:
            if any(tag in _LONG for index, start, end in places for tag in lines[index].tags[start:end]):
                continue
            owner += 1
            for index, start, end in places:
                line = lines[index]
                line.tags[start:end] = [value_tag(name)] * (end - start)
                line.owners[start:end] = [owner] * (end - start)
    for index, start, end in contested:
        lines[index].tags[start:end] = [UNKNOWN] * (end - start)
    _states(lines, labels, printed, opinion)
    bridge(lines)
    if opinion:
        leave_open(lines, [*names, *(name for name in _STATES if labels.get(name))], opinion)
    for name, values in (alternatives or {}).items():
        for value in values if name in FIELDS else ():
            for index, start, end in (place for places in _found(name, value, str(value), lines) for place in places):
                tags = lines[index].tags
                tags[start:end] = [tag or UNKNOWN for tag in tags[start:end]]
    return Sheet(lines, {}, kind, zone, frozenset(known))


def _complete(name: str, text: str, found: Sequence[Sequence[LineSpan]], lines: Sequence[SheetLine]) -> bool:
    """Whether all of a value was found at one of its places: of dates and codes always, if they were found."""
    if not found or _kind(name) not in (Kind.ADDRESS, Kind.TEXT, Kind.NAME):
        return bool(found)
    read = (sum(len(fold(lines[at].text[start:end]).replace(" ", "")) for at, start, end in one) for one in found)
    return max(read) >= _WHOLE * len(fold(text).replace(" ", ""))


def _kind(name: str) -> Kind:
    return VOCABULARY[name].kind if name in VOCABULARY else Kind.TEXT


_STATES = ("nationality", "issuing_country")


def _states(
    lines: Sequence[SheetLine], labels: Mapping[str, Any], printed: Mapping[str, str], opinion: Opinion | None
) -> None:
    """Tags states. Where the holder's is the issuer's, a code says either, and is not taught; the label's own wording
    of the nationality is the nationality, any other name of the state its issuer, unless the network says which."""
    held, issuer = (labels.get(name) for name in _STATES)
    own = fold(printed.get("nationality") or "")
    owner = 10_000
    for index, line in enumerate(lines):
        if line.text.count("<") > 2:
            continue
        for value, name in ((held, "nationality"), (issuer, "issuing_country")):
            for place in (
                _meaning(name, Kind.STATE, value, printed.get(name) or str(value), index, line) if value else ()
            ):
                text = fold(line.text[place[1] : place[2]])
                tag = value_tag(name)
                if held == issuer:
                    worded = len(text) > 3 and text in own
                    either = len(text) <= 3
                    tag = UNKNOWN if either else value_tag("nationality") if worded else value_tag("issuing_country")
                    if opinion and (chosen := opinion.likelier(_STATES, place)):
                        tag = value_tag(chosen)
                if opinion and opinion.is_another(name, place) and tag != UNKNOWN:
                    continue
                owner += 1
                for at in range(place[1], place[2]):
                    if line.tags[at] == NOTHING:
                        line.tags[at], line.owners[at] = tag, owner if tag != UNKNOWN else 0


def _found(name: str, value: Any, text: str, lines: Sequence[SheetLine]) -> list[list[LineSpan]]:
    """Every place of a value: a list of (line, start, end) for each time it stands on the page."""
    kind = _kind(name)
    free = [(index, line) for index, line in enumerate(lines) if line.text.count("<") <= 2]
    if kind is Kind.DATE:
        return [[place] for index, line in free for place in _dates(index, line, str(value))]
    if kind in (Kind.STATE, Kind.SEX):
        return [[place] for index, line in free for place in _meaning(name, kind, value, text, index, line)]
    wanted = fold(text).replace(" ", "")
    if len(wanted) < 2 and not any(c > "\u2e80" for c in wanted):
        return [[place] for index, line in free for place in _single(index, line, wanted)]
    whole = [[place] for index, line in free for place in _spelled(index, line, wanted)]
    if whole:
        return whole
    parts = [
        (index, line) for index, line in free if len(own := _plain(line)) >= 3 and (own in wanted or _like(own, wanted))
    ]
    if parts and sum(len(_plain(line)) for _, line in parts) >= 0.5 * len(wanted):
        return [[(index, 0, len(line.text)) for index, line in parts if not any(line.tags)]]
    return _nearly(free, wanted)


def _plain(line: SheetLine) -> str:
    return fold(line.text).replace(" ", "")


def _like(text: str, wanted: str) -> bool:
    from rapidfuzz import fuzz

    return len(text) >= 6 and fuzz.partial_ratio(text, wanted) >= 92


def _dates(index: int, line: SheetLine, value: str) -> list[LineSpan]:
    found = []
    for order in ("dmy", "mdy"):
        days = find_dates(line.text, order=order)
        found += [
            (index, day.start, day.end)
            for day in days
            if day.iso == value or (day.iso[2:] == value[2:] and value[:4] not in line.text)
        ]
    return list(dict.fromkeys(found))


def _meaning(name: str, kind: Kind, value: Any, text: str, index: int, line: SheetLine) -> list[LineSpan]:
    found = []
    if kind is Kind.STATE:  # ideographs of a state's name together
        spans = [match.span() for match in re.finditer(r"[^\s/|:]+", line.text)]
    else:
        spans = split_words(line.text)
    for start, end in spans:
        own = value_of(name, kind, line.text[start:end], Context())
        if own and own.value == value and (kind is Kind.STATE or end - start <= 10):
            found.append((index, start, end))
    if not found and kind is Kind.STATE:
        wanted = fold(text).replace(" ", "")
        found = [*_spelled(index, line, wanted)] if len(wanted) > 3 else []
        if not found and (own := value_of(name, kind, line.text, Context())) and own.value == value:
            found = [(index, 0, len(line.text))]
    return found


def _single(index: int, line: SheetLine, wanted: str) -> list[LineSpan]:
    return [(index, *match.span()) for match in re.finditer(r"[^\s/|:]+", line.text) if fold(match[0]) == wanted]


def _spelled(index: int, line: SheetLine, wanted: str) -> list[LineSpan]:
    """Where a line spells `wanted`, whatever its spaces, marks and case."""
    places = [(i, c) for i, character in enumerate(line.text) for c in fold(character).replace(" ", "")]
    text = "".join(c for _, c in places)
    found = []
    start = text.find(wanted)
    while wanted and start >= 0:
        first, last = places[start][0], places[start + len(wanted) - 1][0] + 1
        before, after = line.text[first - 1 : first], line.text[last : last + 1]
        inside = wanted.isascii() and len(wanted) < 5 and (before.isalnum() or after.isalnum())
        if not inside:
            found.append((index, first, last))
        start = text.find(wanted, start + len(wanted))
    return found


def _nearly(lines: Sequence[tuple[int, SheetLine]], wanted: str) -> list[list[LineSpan]]:
    from rapidfuzz import fuzz

    best: tuple[float, list[LineSpan]] = (0.0, [])
    for index, line in lines:
        if len(wanted) > 4 and (score := fuzz.ratio(_plain(line), wanted)) > max(_LIKENESS, best[0]):
            best = (score, [(index, 0, len(line.text))])
    return [best[1]] if best[1] else []


def load_pages(file: Path, without: frozenset[str] = frozenset()) -> list[Sheet]:
    """The pages that `write_pages` wrote, but those of issuers in `without`. Raises UnreadableInputError."""
    try:
        sheets = [_from_json(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise UnreadableInputError(f"{file} holds no pages as `pages` and `printed` write them") from None
    return [sheet for sheet in sheets if sheet.issuer not in without and sheet.lines]


def issuers_of(sheets: Sequence[Sheet]) -> list[str]:
    """The issuers of pages, in alphabetical order."""
    return sorted({sheet.issuer for sheet in sheets})


def read_pages(folder: Path) -> Iterator[Sheet]:
    """Reads the labelled pictures of `folder` as the product does."""
    from extractor.labels import load_dataset
    from extractor.progress import progress

    specimens = load_dataset(folder)
    with progress(len(specimens), "pictures") as advance:
        for specimen in specimens:
            yield from _sheets(specimen)
            advance()


def write_pages(sheets: Iterable[Sheet], out: Path) -> None:
    """Writes a line a page into `out`, as they come."""
    with out.open("w", encoding="utf-8") as file:
        for sheet in sheets:
            file.write(json.dumps(_to_json(sheet), ensure_ascii=False) + "\n")
            file.flush()


def _sheets(specimen: Specimen) -> list[Sheet]:
    from extractor.pipeline import prepare

    found = []
    for one in prepare(specimen.path, specimen.schema).evidence.pages:
        page, zone = one.page, one.zone
        boxes = [(min(b[:, 0]), min(b[:, 1]), max(b[:, 0]), max(b[:, 1])) for b in (line.box for line in page.lines)]
        texts, scores = [line.text for line in page.lines], [line.score for line in page.lines]
        facts = zone_facts(zone.mrz) if zone else None
        fields = {name: value for name, value in specimen.fields.items() if name not in specimen.mrz_only}
        sheet = sheet_of_page(
            texts, boxes, scores, fields, specimen.printed, specimen.schema, facts, specimen.alternatives,
            Opinion(one.layout),
        )  # fmt: skip
        found.append(replace(sheet, issuer=specimen.issuer))
    return found


def _to_json(sheet: Sheet) -> dict[str, Any]:
    lines = [
        [line.text, [round(float(v), 1) for v in line.box], round(line.score, 3), _runs(line)] for line in sheet.lines
    ]
    labelled = None if sheet.labelled is None else sorted(sheet.labelled)
    captions = sorted(sheet.captions.items())
    facts = {"issuer": sheet.issuer, "kind": sheet.kind, "zone": sheet.zone}
    return {**facts, "labelled": labelled, "captions": captions, "lines": lines}


def _runs(line: SheetLine) -> list[tuple[int, int, str, int]]:
    """Tagged runs of characters: start, end, tag and owner."""
    return [
        (start, end, "unknown" if tag == UNKNOWN else TAGS[tag], owner)
        for start, end, tag, owner in line.runs()
        if tag != NOTHING
    ]


def _from_json(entry: Mapping[str, Any]) -> Sheet:
    lines = []
    for text, box, score, runs in entry["lines"]:
        tags, owners = [NOTHING] * len(text), [0] * len(text)
        for start, end, tag, owner in runs:
            tags[start:end] = [UNKNOWN if tag == "unknown" else TAGS.index(tag)] * (end - start)
            owners[start:end] = [owner] * (end - start)
        lines.append(SheetLine(text, tags, owners, list(box), 0, score))
    labelled = None if entry["labelled"] is None else frozenset(entry["labelled"])
    return Sheet(lines, dict(entry["captions"]), entry["kind"], entry["zone"], labelled, entry["issuer"])
