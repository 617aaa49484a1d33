"""Portrait, ghost portraits and signature of a result, each with its place and its own upright picture.

A document is laid flat first, so that faces are upright and as large as the network knows them; places are mapped back
to the picture as given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from extractor.extraction import Box
from extractor.imaging.geometry import apply, crop_quad, quad_matrix, quad_size
from extractor.imaging.outline import Outline
from extractor.imaging.seen import SeenPage
from extractor.imaging.straighten import straighten
from extractor.portrait import frame
from extractor.portrait.faces import Face, find_faces
from extractor.portrait.signature import find_signature
from extractor.schemas.captions import CAPTIONS
from extractor.schemas.text import squash

if TYPE_CHECKING:
    from PIL.Image import Image

    from extractor.extraction import Extraction

Kind = Literal["portrait", "ghost", "signature"]
#: A face takes this share of a document's longer side; print that is taken for one is smaller or larger.
_SIZES = (0.045, 0.5)
#: The share of a face that may be covered by text that reads well, in lines of a height below this share of its own: a
#: stamp or "SPECIMEN" across a portrait is no reason to doubt it.
_PRINT, _LOW = 0.35, 0.3
#: A line that reads worse than this may be handwriting.
_READS_WELL = 0.82
#: The portrait is the largest of the faces that are as sure as this share of the surest.
_AS_SURE = 0.75
#: Faces below the main one's size by this factor are its copies.
_COPY = 0.8


@dataclass(frozen=True)
class Cutout:
    """A part of a document: what it is, where (on the page as given), how sure (0..1), and its picture."""

    kind: Kind
    box: Box
    score: float
    image: Image = field(repr=False, compare=False)


def cutouts_of(result: Extraction[Any], images: Sequence[np.ndarray]) -> list[Cutout]:
    """Everything found on the pages of a result (`images` as they were read): the portrait first, then ghosts, then
    the signature."""
    from PIL import Image as pictures

    from extractor.imaging.given import outlines_of

    found: list[tuple[Kind, int, np.ndarray, float, float]] = []
    for page, outline in outlines_of(result, images):
        part = next((one for one in result.seen if one.index == page), None)
        for kind, corners, score, size in _on_document(images[page], outline, part):
            found.append((kind, page, corners, score, size))
    if all(kind == "signature" for kind, *_ in found):
        # The edges may have been taken wrongly: what was left outside is looked at too.
        for part in result.seen:
            for kind, corners, score, size in _on_page(images[part.index], part):
                found.append((kind, part.index, corners, score, size))
    faces = [one for one in found if one[0] != "signature"]
    surest = max((score for _, _, _, score, _ in faces), default=0.0)
    main = max((one for one in faces if one[3] >= _AS_SURE * surest), key=lambda one: one[4], default=None)
    order: list[Kind] = ["portrait", "ghost", "signature"]
    made = []
    for one in found:
        kind, page, corners, score, _ = one
        kind = kind if kind == "signature" else ("portrait" if one is main else "ghost")
        a, b, c, d = ((round(float(x), 1), round(float(y), 1)) for x, y in corners)
        image = pictures.fromarray(crop_quad(images[page], corners))
        made.append(Cutout(kind, Box(page, (a, b, c, d)), round(score, 3), image))
    return sorted(made, key=lambda one: order.index(one.kind))


def _on_document(
    picture: np.ndarray, outline: Outline, part: SeenPage | None
) -> Iterator[tuple[Kind, np.ndarray, float, float]]:
    """What is on one document: kind, corners on the picture, score, and for faces their size."""
    flat = straighten(picture, outline).image
    height, width = flat.shape[:2]
    to_flat = quad_matrix(outline.corners, width, height)
    back = np.linalg.inv(to_flat)
    printed, captions, zone = _text(part, to_flat)
    faces = _faces(flat, printed)
    boxes = [frame.frame_of(flat, face) for face in faces]
    for face, box in zip(faces, boxes, strict=True):
        yield "ghost", apply(back, _corners(box)), face.score, face.size
    if faces and not any(face.size < _COPY * faces[0].size for face in faces):
        text = printed if zone is None else np.concatenate([printed, _corners(zone)[None]])
        if (copy := frame.find_copy(flat, boxes[0], text)) is not None:
            yield "ghost", apply(back, _corners(copy[0])), copy[1], 0.4 * faces[0].size
            boxes.append(copy[0])
    pictures = boxes if zone is None else [*boxes, zone]
    if (signature := find_signature(flat, printed, pictures, captions)) is not None:
        yield "signature", apply(back, _corners(_wider(signature[0], width, height))), signature[1], 0.0


def _on_page(picture: np.ndarray, part: SeenPage) -> Iterator[tuple[Kind, np.ndarray, float, float]]:
    """Faces anywhere on an upright page."""
    upright = part.upright(picture)
    printed = _text(part, np.linalg.inv(part.to_source))[0]
    for face in _faces(upright, printed):
        yield "ghost", apply(part.to_source, _corners(frame.frame_of(upright, face))), face.score, face.size


def _text(part: SeenPage | None, to_flat: np.ndarray) -> tuple[np.ndarray, list[np.ndarray], frame.Rectangle | None]:
    """Print that reads well, captions of a signature and the zone, in pixels of the flat document."""
    if part is None:
        return np.empty((0, 4, 2)), [], None
    matrix = to_flat @ part.to_source
    good = [apply(matrix, line.corners) for line in part.lines if line.score >= _READS_WELL and len(line.text) > 1]
    captions = [apply(matrix, line.corners) for line in part.lines if _names_signature(line.text)]
    zone = None
    if part.zone is not None:
        corners = apply(matrix, part.zone.corners)
        (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        zone = (left, top, right, bottom)
    return np.array(good).reshape(-1, 4, 2), captions, zone


@cache
def _signature_captions() -> tuple[str, ...]:
    return tuple({squash(text) for texts in CAPTIONS["signature"].values() for text in texts if len(squash(text)) > 3})


def _names_signature(text: str) -> bool:
    said = squash(text)
    return len(said) < 60 and any(caption in said for caption in _signature_captions())


def _faces(flat: np.ndarray, printed: np.ndarray) -> list[Face]:
    """Faces on a flat document, largest first, without print that looks like one."""
    longer = max(flat.shape[:2])
    found = find_faces(flat)
    kept = [face for face in found if _SIZES[0] < face.size / longer < _SIZES[1] and _covered(face, printed) < _PRINT]
    # Where nothing is sure, the best there is: portraits are drawn, cut off or turned into silhouettes on specimens.
    return kept or [
        face
        for face in find_faces(flat, least=0.25)[:1]
        if _SIZES[0] < face.size / longer < _SIZES[1] and _covered(face, printed) < _PRINT
    ]


def _covered(face: Face, printed: np.ndarray) -> float:
    """The share of a face that is text."""
    left, top, right, bottom = face.box
    area = 0.0
    for box in printed:
        if quad_size(box)[1] > _LOW * (bottom - top):
            continue
        low, high = box.min(axis=0), box.max(axis=0)
        width = min(right, high[0]) - max(left, low[0])
        height = min(bottom, high[1]) - max(top, low[1])
        area += max(0.0, width) * max(0.0, height)
    return area / max((right - left) * (bottom - top), 1.0)


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
