"""Crops and pads pages for a vision model, so that their text is scaled down as little as possible.

A vision model sees a picture as a few square tiles. The desk around a photographed page wastes tiles, and a page that
is slightly too square for 3 x 2 tiles is shrunk to 2 x 2. So pages are cropped to their text, and padded to the aspect
ratio of a grid of tiles.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: Margin around the text: at least this share of its longer side ...
_MARGIN = 0.025
#: ... and this many line heights.
_LINES = 0.8
#: A page whose text takes this share of both sides is not cropped.
_FULL = 0.97
#: Minimum gain in text size for which a picture is padded.
_WORTHWHILE = 1.08
#: Gap between pages on one picture, as a share of their width.
_GAP = 0.02
_WHITE = 255

PixelRegion = tuple[int, int, int, int]


def text_region(size: tuple[int, int], boxes: np.ndarray) -> PixelRegion:
    """The (left, top, right, bottom) of a page of `size` (width, height) that holds its text.

    `boxes` (n, 4, 2) are where text was found; without any, this is the whole page.
    """
    width, height = size
    if not len(boxes):
        return 0, 0, width, height
    corners = boxes.reshape(-1, 2)
    low, high = corners.min(axis=0), corners.max(axis=0)
    sides = np.linalg.norm(boxes - np.roll(boxes, 1, axis=1), axis=2)
    line = float(np.median(sides.min(axis=1)))
    margin = max(_MARGIN * float((high - low).max()), _LINES * line)
    left, top = (int(max(0.0, edge - margin)) for edge in low)
    right, bottom = (int(min(float(most), edge + margin + 1)) for edge, most in zip(high, (width, height), strict=True))
    if right - left > _FULL * width and bottom - top > _FULL * height:
        return 0, 0, width, height
    return left, top, right, bottom


def canvas_for(width: int, height: int, num_crops: int) -> tuple[int, int]:
    """The size (width, height) to pad a picture to, so that `num_crops` tiles show it largest."""
    best, largest = (width, height), _WORTHWHILE * sheet_scale(width, height, num_crops)
    for rows in range(1, num_crops + 1):
        for columns in range(1, num_crops // rows + 1):
            wide, high = max(width, -(-height * columns // rows)), max(height, -(-width * rows // columns))
            scale = sheet_scale(wide, high, num_crops)
            if scale > largest:
                best, largest = (wide, high), scale
    return best


def sheet_scale(width: int, height: int, num_crops: int) -> float:
    """Scale of a picture of this size on its grid of tiles, in tiles a pixel.

    The rule of Phi-3-vision's processor (`extractor.phi3v.image_processing`): as many columns of tiles as fit, all of
    them filled; portrait pictures are laid as landscape ones.
    """
    longer, shorter = max(width, height), min(width, height)
    columns = 1
    while (columns + 1) * -(-(columns + 1) * shorter // longer) <= num_crops:
        columns += 1
    return columns / longer


def framed(pages: Sequence[tuple[np.ndarray, np.ndarray]], num_crops: int) -> np.ndarray:
    """One RGB picture of upright `pages`, each an image (h, w, 3) uint8 and the boxes (n, 4, 2) of its text."""
    regions = [text_region((image.shape[1], image.shape[0]), boxes) for image, boxes in pages]
    if len(pages) == 1:
        image, region = pages[0][0], regions[0]
    else:
        cut = [image[t:b, left:right] for (image, _), (left, t, right, b) in zip(pages, regions, strict=True)]
        image = _joined(cut, num_crops)
        region = (0, 0, image.shape[1], image.shape[0])
    return _widened(image, region, canvas_for(region[2] - region[0], region[3] - region[1], num_crops))


def _joined(cut: Sequence[np.ndarray], num_crops: int) -> np.ndarray:
    """Pages stacked or side by side, whichever shows them larger."""
    import cv2

    width = max(image.shape[1] for image in cut)
    alike = [
        cv2.resize(image, (width, max(1, round(image.shape[0] * width / image.shape[1]))), interpolation=cv2.INTER_AREA)
        for image in cut
    ]
    gap = max(1, round(_GAP * width))
    below = (width, sum(image.shape[0] + gap for image in alike) - gap)
    beside = (sum(image.shape[1] + gap for image in alike) - gap, max(image.shape[0] for image in alike))
    sizes = {name: canvas_for(*size, num_crops) for name, size in (("below", below), ("beside", beside))}
    stacked = sheet_scale(*sizes["below"], num_crops) >= sheet_scale(*sizes["beside"], num_crops)
    sheet = np.full((*(below if stacked else beside)[::-1], 3), _WHITE, np.uint8)
    x = y = 0
    for image in alike:
        sheet[y : y + image.shape[0], x : x + image.shape[1]] = image
        x, y = (x, y + image.shape[0] + gap) if stacked else (x + image.shape[1] + gap, y)
    return sheet


def _widened(image: np.ndarray, region: PixelRegion, size: tuple[int, int]) -> np.ndarray:
    """`region` of an image, centred on a picture of `size`; its surroundings are kept, the rest is white."""
    left, top, right, bottom = region
    picture = np.full((size[1], size[0], 3), _WHITE, np.uint8)
    x, y = left - (size[0] - (right - left)) // 2, top - (size[1] - (bottom - top)) // 2
    x0, y0, x1, y1 = max(0, x), max(0, y), min(image.shape[1], x + size[0]), min(image.shape[0], y + size[1])
    picture[y0 - y : y1 - y, x0 - x : x1 - x] = image[y0:y1, x0:x1]
    return picture
