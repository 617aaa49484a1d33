"""Data of the report's error browser: every mistake, and the pages they are on with their boxes.

Redacted, it still says which field of which kind of document went wrong in which way, and how sure the reader was; the
pictures, the file names and the values are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rapidfuzz.distance import Levenshtein

from eval.running.records import FieldRecord, Results, identifier
from eval.running.selection import Selection
from eval.scoring.normalise import as_text
from extractor.errors import ExtractorError
from extractor.labels.format import Specimen

#: Longer side of a page in the report, in pixels, and the quality it is stored with: legible, about 50 kB.
_PAGE_SIDE, _PAGE_QUALITY = 1000, 60
#: A report holds the pages of this many documents at most: about 20 MB.
MOST_PAGES = 400
#: ... and this many mistakes; a browser stays quick with them.
MOST_MISTAKES = 20_000

DiffPart = tuple[str, bool]


def marked(label: Any, prediction: Any) -> tuple[list[DiffPart], list[DiffPart]]:
    """Both values as pieces of text, each with whether it differs from the other value. Null has no pieces."""
    if label is None or prediction is None:
        return _whole(label), _whole(prediction)
    truth, said = as_text(label), as_text(prediction)
    left: list[DiffPart] = []
    right: list[DiffPart] = []
    for step in Levenshtein.opcodes(truth, said):
        differs = step.tag != "equal"
        left += [(truth[step.src_start : step.src_end], differs)] if step.src_end > step.src_start else []
        right += [(said[step.dest_start : step.dest_end], differs)] if step.dest_end > step.dest_start else []
    return left, right


def _whole(value: Any) -> list[DiffPart]:
    return [] if value is None else [(as_text(value), False)]


def mistakes(results: Results, *, redact: bool = False) -> list[dict[str, Any]]:
    """One entry for every field that is not right, the surest first: those would have gone through unseen."""
    wrong = sorted((one for one in results.fields if one.mistake), key=lambda one: -one.confidence)
    return [_entry(one, redact=redact) for one in wrong[:MOST_MISTAKES]]


def _entry(one: FieldRecord, *, redact: bool) -> dict[str, Any]:
    label, prediction = ([], []) if redact else marked(one.label, one.prediction)
    return {
        "cell": one.subject.cell,
        "id": one.subject.id,
        "language": one.subject.language,
        "schema": one.subject.schema,
        "capture": one.subject.capture,
        "field": one.field,
        "mistake": one.mistake,
        "similarity": round(one.score.similarity, 3),
        "confidence": round(one.confidence, 4),
        "verdict": one.verdict,
        "label": label,
        "prediction": prediction,
        "page": one.page,
        "box": one.box,
        "sources": [_source(source, redact=redact) for source in one.sources],
    }


def _source(source: Mapping[str, Any], *, redact: bool) -> dict[str, Any]:
    value = None if redact or source["value"] is None else as_text(source["value"])
    return {key: source[key] for key in ("kind", "confidence", "proven", "basis")} | {"value": value}


def documents(
    selection: Selection, entries: Sequence[Mapping[str, Any]], *, redact: bool = False
) -> dict[str, dict[str, Any]]:
    """The documents that `entries` are about, by id: file, boxes of their labels, and their pages as data URIs."""
    pages: dict[str, set[int]] = {}
    for entry in entries:
        pages.setdefault(entry["id"], {0}).add(entry["page"] or 0)
    found: dict[str, dict[str, Any]] = {}
    for specimen in selection.specimens:
        key = identifier(specimen, selection.root)
        if key in pages:
            record = _document(specimen, pages[key], with_pages=len(found) < MOST_PAGES, redact=redact)
            found[key] = record | ({"file": None} if redact else {"file": specimen.path.name})
    return found


def _document(specimen: Specimen, wanted: Iterable[int], *, with_pages: bool, redact: bool) -> dict[str, Any]:
    if redact:
        return {"kind": specimen.kind, "pages": {}, "boxes": {}}
    pages = _pages(specimen, sorted(wanted)) if with_pages else {}
    return {"kind": specimen.kind, "pages": pages, "boxes": dict(specimen.boxes)}


def _pages(specimen: Specimen, wanted: Sequence[int]) -> dict[int, dict[str, Any]]:
    from extractor.imaging import load_pages

    try:
        images = load_pages(specimen.path)
    except ExtractorError:
        return {}  # the mistake is there: the document could not be read
    return {number: _embedded(images[number]) for number in wanted if number < len(images)}


def _embedded(pixels: Any) -> dict[str, Any]:
    """A page as a data URI, with the size that boxes refer to."""
    from PIL import Image

    from extractor.imaging.saving import in_base64

    image = Image.fromarray(pixels)
    width, height = image.size
    image.thumbnail((_PAGE_SIDE, _PAGE_SIDE))
    source = "data:image/webp;base64," + in_base64(image, "WEBP", quality=_PAGE_QUALITY)
    return {"source": source, "width": width, "height": height}
