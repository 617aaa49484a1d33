"""Portrait, ghost portraits and signature of a result, each with its place and its own upright picture.

A document is laid flat first, so that faces are upright and as large as the network knows them; places are mapped back
to the picture as given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from extractor.extraction import Box
from extractor.imaging.geometry import apply, crop_quad, is_inside, quad_matrix, quad_size
from extractor.imaging.seen import SeenPage
from extractor.imaging.straighten import straighten
from extractor.portrait import frame
from extractor.portrait.faces import SURE, Face, brought_out, find_faces, shared
from extractor.portrait.shown import KINDS, Shown, find_shown
from extractor.portrait.signature import find_signature
from extractor.schemas.captions import CAPTIONS
from extractor.schemas.text import squash

if TYPE_CHECKING:
    from PIL.Image import Image

    from extractor.extraction import Extraction
    from extractor.imaging.outline import Outline

CutoutKind = Literal["portrait", "ghost", "signature"]
#: Pages (h, w, 3) by their number.
PagesByNumber = Sequence[np.ndarray] | Mapping[int, np.ndarray]
#: A face takes this share of a document's longer side; print that is taken for one is smaller or larger.
_SIZES = (0.03, 0.5)
#: The share of a face that may be covered by text that reads well, in lines of a height below this share of its own: a
#: stamp or "SPECIMEN" across a portrait is no reason to doubt it.
_PRINT, _LOW = 0.35, 0.3
#: A line that reads worse than this may be handwriting.
_READS_WELL = 0.82
#: The portrait is the largest of the faces that are as sure as this share of the surest, and stand where portraits do
#: if any of them does.
_AS_SURE = 0.75
#: The least score of a portrait; and from which on something may be a face where one must not be left.
_LEAST, _UNSURE = 0.45, 0.25
#: The chance from which on a place is taken for a portrait where no face is sure; and from which on it may be one, or a
#: ghost, where none must be left.
_SHOWN, _HINTED = 0.6, 0.35
#: A face and a portrait that share more than this of the smaller one are the same.
_SAME = 0.6
#: How pale faces are brought out (`brought_out`), and the least score there: strong lines alone look like some.
_PALE = ((3.0, 1.5, _UNSURE), (4.0, 3.0, SURE))


@dataclass(frozen=True)
class Cutout:
    """A part of a document: what it is, where (on the page as given), how sure (0..1), and its picture."""

    kind: CutoutKind
    box: Box
    score: float
    image: Image = field(repr=False, compare=False)


@dataclass(frozen=True)
class _Flat:
    """A document laid flat: the page it is on, the way back to it (3, 3), and what is printed on it, in its pixels; and
    its outline on the page, or None where it is the whole page."""

    page: int
    image: np.ndarray
    back: np.ndarray
    printed: np.ndarray
    captions: list[np.ndarray]
    zone: frame.Rectangle | None
    outline: Outline | None = None

    @cached_property
    def shown(self) -> list[Shown]:
        """Where portraits and ghosts may be, by how documents look; most likely first."""
        found = find_shown(self.image, least=_HINTED)
        return [one for one in found if _covered(one.box, self.printed) < _PRINT]


@dataclass(frozen=True)
class _Place:
    """A portrait, a copy of it or a signature: where on which document, how sure, the size of a face as a share of the
    document's longer side, and whether documents show portraits in such a place."""

    kind: CutoutKind
    flat: _Flat
    box: frame.Rectangle
    score: float
    size: float = 0.0
    placed: bool = False

    @property
    def corners(self) -> np.ndarray:
        """On the picture as given."""
        return apply(self.flat.back, _corners(self.box))


def cutouts_of(result: Extraction[Any], images: PagesByNumber) -> list[Cutout]:
    """Everything found on the pages of a result (`images` as they were read): the portrait first, then ghosts, then
    the signature."""
    from PIL import Image as pictures

    documents = flat_documents(result, images)
    faces = [face for flat in documents for face in _portraits(flat)] or _at_last(documents, result, images)
    main = _main(faces)
    ghosts = [replace(face, kind="ghost") for face in faces if face is not main]
    if main is not None:
        ghosts += [copy for flat in documents for copy in _copies(flat, main, ghosts)[:1]]
    faces = [main, *ghosts] if main else []
    found = [*faces, *(signature for flat in documents for signature in _signature(flat, faces))]
    made = []
    for one in found:
        a, b, c, d = ((round(float(x), 1), round(float(y), 1)) for x, y in one.corners)
        image = pictures.fromarray(crop_quad(images[one.flat.page], one.corners))
        made.append(Cutout(one.kind, Box(one.flat.page, (a, b, c, d)), round(one.score, 3), image))
    return made


def _at_last(documents: Sequence[_Flat], result: Extraction[Any], images: PagesByNumber) -> list[_Place]:
    """What may be the portrait where no face is sure on the documents."""
    # The edges may have been taken wrongly: what was left outside is looked at too.
    pages = list(_upright_pages(result, images))
    if faces := [face for flat in pages for face in _portraits(flat)]:
        return faces
    # On specimens portraits are drawn, blurred or made silhouettes.
    looked_at = [*documents, *pages]
    shown = [one for flat in looked_at for one in _shown(flat, "portrait", _SHOWN)]
    unsure = [face for flat in looked_at for face in _portraits(flat, _LEAST)]
    return sorted(shown or unsure, key=lambda face: -face.score)[:1]


def traces_of(documents: Sequence[_Flat]) -> list[tuple[int, np.ndarray]]:
    """Where the holder's face may show, for hiding it: every face however unsure, and every place that looks like the
    portrait, on all sides of the document (`flat_documents`); each with its page and its corners (4, 2) there."""
    faces = [face for flat in documents for face in _portraits(flat, least=_UNSURE)]
    main = _main(faces)
    copies = [copy for flat in documents if main for copy in _copies(flat, main, [])]
    places = [one for flat in documents for kind in KINDS for one in _shown(flat, kind, _HINTED)]
    copies += [
        one for one in places if not any(face.flat is one.flat and shared(face.box, one.box) > _SAME for face in faces)
    ]
    for gain, blur, least in _PALE:
        brought = [replace(flat, image=brought_out(flat.image, gain, blur)) for flat in documents]
        faces += [face for flat in brought for face in _portraits(flat, least)]
    return [(one.flat.page, one.corners) for one in (*faces, *copies)]


def faces_left(
    result: Extraction[Any], documents: Sequence[_Flat], shown: PagesByNumber
) -> list[tuple[int, np.ndarray]]:
    """Faces that can be seen on the pages `shown`, which are those of a result's `documents` with something hidden."""
    flat = [replace(one, image=straighten(shown[one.page], one.outline).image) for one in documents if one.outline]
    looked_at = [*flat, *_upright_pages(result, shown)]
    return [(face.flat.page, face.corners) for flat in looked_at for face in _portraits(flat)]


def flat_documents(result: Extraction[Any], images: PagesByNumber) -> list[_Flat]:
    """The documents on a result's pages, laid flat."""
    from extractor.imaging.given import outlines_of

    found = []
    for part, outline in outlines_of(result, images):
        flat = straighten(images[part.index], outline).image
        height, width = flat.shape[:2]
        to_flat = quad_matrix(outline.corners, width, height)
        found.append(_Flat(part.index, flat, np.linalg.inv(to_flat), *_text(part, to_flat), outline))
    return found


def _upright_pages(result: Extraction[Any], images: PagesByNumber) -> Iterator[_Flat]:
    for part in result.seen:
        text = _text(part, np.linalg.inv(part.to_source))
        yield _Flat(part.index, part.upright(images[part.index]), part.to_source, *text)


def _portraits(flat: _Flat, least: float = SURE) -> list[_Place]:
    """The faces on a document, largest first, each with the portrait around it."""
    return [_portrait(flat, face) for face in _faces(flat, least)]


def _portrait(flat: _Flat, face: Face) -> _Place:
    box = frame.frame_of(flat.image, face)
    same = next((one for one in flat.shown if shared(one.box, box) > _SAME), None)
    if same is not None:  # what is known of faces, and of documents
        left, top, right, bottom = ((a + b) / 2 for a, b in zip(box, same.box, strict=True))
        box = (left, top, right, bottom)
    placed = same is not None and same.kind == "portrait" and same.chance >= _SHOWN
    return _Place("portrait", flat, box, face.score, face.size / max(flat.image.shape[:2]), placed)


def _shown(flat: _Flat, kind: Literal["portrait", "ghost"], least: float) -> Iterator[_Place]:
    """Places that look like a portrait's or a ghost's, half as sure as a face that is as clear."""
    for one in flat.shown:
        if one.kind == kind and one.chance >= least:
            yield _Place(kind, flat, one.box, 0.5 * one.chance)


def _main(faces: Sequence[_Place]) -> _Place | None:
    surest = max((face.score for face in faces), default=0.0)
    sure = [face for face in faces if face.score >= _AS_SURE * surest]
    return max(sure, key=lambda face: (face.placed, face.size), default=None)


def _copies(flat: _Flat, main: _Place, ghosts: Sequence[_Place]) -> list[_Place]:
    """Pale copies of the portrait on a document, most alike first; none where the network saw one already."""
    if any(one.flat is flat for one in ghosts):
        return []
    left, top, right, bottom = (round(side) for side in main.box)
    model = main.flat.image[top:bottom, left:right]
    printed = flat.printed if flat.zone is None else np.concatenate([flat.printed, _corners(flat.zone)[None]])
    own = main.box if flat is main.flat else None
    found = frame.find_copies(flat.image, model, max(main.flat.image.shape[:2]), printed, own)
    copies = [_Place("ghost", flat, *copy) for copy in found]
    same_page = flat.page == main.flat.page
    return [one for one in copies if not (same_page and is_inside(one.corners.mean(axis=0), main.corners))]


def _signature(flat: _Flat, faces: Sequence[_Place]) -> Iterator[_Place]:
    height, width = flat.image.shape[:2]
    to_flat = np.linalg.inv(flat.back)
    pictures = [_around(apply(to_flat, one.corners)) for one in faces if one.flat.page == flat.page]
    pictures += [one.box for one in flat.shown if one.chance >= _SHOWN]  # a portrait's crop may leave some of its frame
    pictures += [flat.zone] if flat.zone else []
    if (signature := find_signature(flat.image, flat.printed, pictures, flat.captions)) is not None:
        yield _Place("signature", flat, _wider(signature[0], width, height), signature[1])


def _text(part: SeenPage, to_flat: np.ndarray) -> tuple[np.ndarray, list[np.ndarray], frame.Rectangle | None]:
    """Print that reads well, captions of a signature and the zone, in pixels of the flat document."""
    matrix = to_flat @ part.to_source
    good = [apply(matrix, line.corners) for line in part.lines if line.score >= _READS_WELL and len(line.text) > 1]
    captions = [apply(matrix, line.corners) for line in part.lines if _names_signature(line.text)]
    zone = None
    if part.zone is not None:
        zone = _around(apply(matrix, part.zone.corners))
    return np.array(good).reshape(-1, 4, 2), captions, zone


@cache
def _signature_captions() -> tuple[str, ...]:
    return tuple({squash(text) for texts in CAPTIONS["signature"].values() for text in texts if len(squash(text)) > 3})


def _names_signature(text: str) -> bool:
    said = squash(text)
    return len(said) < 60 and any(caption in said for caption in _signature_captions())


def _faces(flat: _Flat, least: float) -> list[Face]:
    """Faces on a flat document, largest first, without print that looks like one."""
    longer = max(flat.image.shape[:2])
    low, high = _SIZES
    fitting = [face for face in find_faces(flat.image, least=least) if low < face.size / longer < high]
    return [face for face in fitting if _covered(face.box, flat.printed) < _PRINT]


def _covered(place: frame.Rectangle, printed: np.ndarray) -> float:
    """The share of a face or a portrait that is text."""
    left, top, right, bottom = place
    area = 0.0
    for box in printed:
        if quad_size(box)[1] > _LOW * (bottom - top):
            continue
        low, high = box.min(axis=0), box.max(axis=0)
        width = min(right, high[0]) - max(left, low[0])
        height = min(bottom, high[1]) - max(top, low[1])
        area += max(0.0, width) * max(0.0, height)
    return area / max((right - left) * (bottom - top), 1.0)


def _around(corners: np.ndarray) -> frame.Rectangle:
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return left, top, right, bottom


def _corners(box: frame.Rectangle) -> np.ndarray:
    left, top, right, bottom = box
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


def _wider(box: frame.Rectangle, width: int, height: int) -> frame.Rectangle:
    """A margin around thin strokes."""
    margin = 0.06 * (box[2] - box[0])
    return (
        max(0.0, box[0] - margin),
        max(0.0, box[1] - margin),
        min(float(width), box[2] + margin),
        min(float(height), box[3] + margin),
    )
