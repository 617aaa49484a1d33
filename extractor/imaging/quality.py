"""Faults of a picture that cost fields: measured where its text is, each with the region and what to do about it.

Thresholds are set on drawn pages that were captured worse and worse (`docs/accuracy.md` has the curve): beyond them
fewer fields are right. A picture without text has no measures and no faults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from extractor.imaging.geometry import quad_size
from extractor.imaging.stripes import stripes

#: Width of a letter's edge, from dark to light, as a share of the text's height: wider is blurred.
_BLURRED = 0.32
#: Height of the text in pixels below which letters run together, and below which the width of an edge says nothing.
_SMALL, _MEASURABLE = 7.2, 9.0
#: Brightness of the paper around the text (0..1) below which the sensor's noise is as strong as the print.
_DARK = 0.22
#: Share of the text's area that is burnt out in one patch.
_GLARE = 0.015
#: All channels from here on are burnt out, on a page whose usual brightness is below the second.
_BURNT, _BRIGHT_PAGE = 253, 215
#: There, a glare takes this share of the box round it, and this share of its border is brighter than the third.
_ROUND, _FADES, _NEARLY_BURNT = 0.6, 0.62, 190
#: Share of pixels that are neither black nor white below which a picture is a copy in two tones.
_TWO_TONES = 0.008
#: Amplitude of a screen's stripes, as a share of full brightness, from which on they cost fields. Print, paper and
#: JPEG stay below 0.05.
_SCREEN = 0.06
#: Lines that must run out of the picture on one side.
_CUT_LINES = 2
#: Boxes of the detector are this much higher than the letters in them; lines that are measured at most.
_LOOSE, _MEASURED = 1.6, 40
_EDGES = ("left", "upper", "right", "lower")


@dataclass(frozen=True)
class Fault:
    """`code` is stable, `message` says what to do; `corners` (4, 2) in pixels of the page, clockwise from top left."""

    code: str
    message: str
    corners: np.ndarray


def measure(image: np.ndarray, boxes: np.ndarray) -> dict[str, float]:
    """Measures of an upright RGB page at its text, in boxes (n, 4, 2); nothing where there is no text.

    edge_width: of letters, as a share of their height (sharp print: 0.1 to 0.2). text_height: of letters, in pixels.
    light: brightness of the paper, 0..1. contrast: of print against paper, 0..1. These are medians over lines.
    stripes: amplitude of a screen's stripes over the text, 0..1.
    """
    import cv2

    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    found = [line for box in _largest(boxes) if (line := _line(grey, box))]
    if not found:
        return {}
    edge, height, light, contrast = np.median(np.array(found), axis=0).round(3).tolist()
    return {
        "edge_width": edge,
        "text_height": height,
        "light": light,
        "contrast": contrast,
        "stripes": round(stripes(image, boxes), 3),
    }


def _largest(boxes: np.ndarray) -> list[np.ndarray]:
    widths = [quad_size(box)[0] for box in boxes]
    return [boxes[k] for k in np.argsort(widths)[::-1][:_MEASURED]]


def _line(grey: np.ndarray, box: np.ndarray) -> tuple[float, float, float, float] | None:
    """Edge width, height, light and contrast of one line; None where nothing is printed."""
    (left, top), (right, bottom) = np.maximum(box.min(axis=0), 0).astype(int), np.ceil(box.max(axis=0)).astype(int)
    part = grey[top:bottom, left:right].astype(np.float32)
    if min(part.shape) < 4:
        return None
    dark, bright = np.percentile(part, (5, 95))
    contrast = float(bright - dark)
    if contrast < 8:
        return None
    steepest = float(np.percentile(np.abs(np.diff(part, axis=1)), 98))
    height = quad_size(box)[1] / _LOOSE
    return contrast / max(steepest, 1.0) / height, height, float(bright) / 255, contrast / 255


def faults(image: np.ndarray, boxes: np.ndarray, measured: Mapping[str, float]) -> list[Fault]:
    """What is wrong with a page, by its own `measure`."""
    return list(_faults(image, boxes, measured)) if measured else []


def _faults(image: np.ndarray, boxes: np.ndarray, measured: Mapping[str, float]) -> Iterator[Fault]:
    text = _around(boxes.reshape(-1, 2))
    if measured["light"] < _DARK:
        yield Fault("picture_dark", "the picture is too dark: photograph it in more light", text)
    if measured["text_height"] < _SMALL:
        yield Fault("picture_small", "the text has too few pixels: go nearer, or scan at 300 dpi", text)
    elif measured["text_height"] >= _MEASURABLE and measured["edge_width"] > _BLURRED:
        yield Fault("picture_blurred", "the picture is blurred: hold still, and let the camera focus", text)
    if _is_two_toned(image):
        yield Fault("picture_two_tones", "this is a copy in black and white: photograph the document itself", text)
    if measured["stripes"] > _SCREEN:
        yield Fault("picture_screen", "this is a photograph of a screen: photograph the document itself", text)
    patch = _glare(image, text)
    if patch is not None:
        yield Fault(
            "picture_glare", "light is reflected on the text: tilt the document, or switch off the flash", patch
        )
    yield from _cut_edges(image, boxes)


def _around(points: np.ndarray) -> np.ndarray:
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float64)


def _is_two_toned(image: np.ndarray) -> bool:
    middle = np.count_nonzero((image[::2, ::2] > 24) & (image[::2, ::2] < 231))
    return bool(middle < _TWO_TONES * image[::2, ::2].size)


def _glare(image: np.ndarray, text: np.ndarray) -> np.ndarray | None:
    """The largest burnt-out patch among the text, if it is large. White paper is bright everywhere, and no glare; what
    tells a glare that covers most of a page from it is that it fades into the page, where print has edges."""
    import cv2

    (left, top), (right, bottom) = np.maximum(text[0], 0).astype(int), text[2].astype(int)
    part = image[top:bottom, left:right]
    if not part.size:
        return None
    burnt = cv2.inRange(part, (_BURNT,) * 3, (255,) * 3)
    _, labels, patches, _ = cv2.connectedComponentsWithStats(burnt)
    if len(patches) < 2:
        return None
    largest = int(patches[1:, cv2.CC_STAT_AREA].argmax()) + 1
    x, y, width, height, area = patches[largest]
    if area < _GLARE * part.shape[0] * part.shape[1]:
        return None
    if np.median(part) >= _BRIGHT_PAGE and (area < _ROUND * width * height or _fades(part, labels == largest) < _FADES):
        return None
    return _around(np.array([[left + x, top + y], [left + x + width, top + y + height]]))


def _fades(image: np.ndarray, patch: np.ndarray) -> float:
    """The share of the pixels round a patch (h, w) that are nearly as bright as it."""
    import cv2

    whole = cv2.morphologyEx(patch.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    ring = cv2.dilate(whole, np.ones((13, 13), np.uint8)) > cv2.dilate(whole, np.ones((3, 3), np.uint8))
    return float((image[ring].min(axis=1) > _NEARLY_BURNT).mean()) if ring.any() else 0.0


def _cut_edges(image: np.ndarray, boxes: np.ndarray) -> Iterator[Fault]:
    """Edges of the picture that run through lines of text."""
    height, width = image.shape[:2]
    low, high = boxes.min(axis=1), boxes.max(axis=1)
    out = (low[:, 0] <= 1, low[:, 1] <= 1, high[:, 0] >= width - 2, high[:, 1] >= height - 2)
    for edge, beyond in zip(_EDGES, out, strict=True):
        # One line along the upper or lower edge is enough if it is long.
        long = edge in ("upper", "lower") and (high - low)[beyond, 0].sum() > 0.3 * width
        if beyond.sum() >= _CUT_LINES or long:
            message = f"the {edge} edge is cut off: photograph the whole page"
            yield Fault("picture_cut_off", message, _around(boxes[beyond].reshape(-1, 2)))
