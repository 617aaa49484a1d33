"""Pages drawn with the font that Pillow brings: Latin print that is there on every machine."""

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from extractor.imaging.geometry import tilt_matrix, warp

Text = tuple[str, int, int]


def drawn(texts: Sequence[Text], *, size: tuple[int, int] = (800, 500), height: int = 24, ink: int = 20) -> np.ndarray:
    """Dark texts (text, left, top) on a light page of `size` (width, height)."""
    image = Image.new("RGB", size, (245, 242, 235))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(height)
    for text, left, top in texts:
        draw.text((left, top), text, font=font, fill=(ink, ink, ink))
    return np.asarray(image)


def tilted(image: np.ndarray, degrees: float) -> np.ndarray:
    """`image` turned clockwise by some degrees."""
    matrix, size = tilt_matrix(degrees, image.shape[1], image.shape[0])
    return warp(image, matrix, size)


def on_a_table(image: np.ndarray, size: tuple[int, int], at: tuple[int, int]) -> np.ndarray:
    """`image` lying at (left, top) on a larger picture of something else."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    table = np.dstack([90 + 20 * np.sin(x / 37), 70 + 15 * np.sin(y / 53), 50 + 10 * np.cos((x + y) / 71)])
    table = cv2.GaussianBlur(table.astype(np.uint8), (0, 0), 5)
    left, top = at
    table[top : top + image.shape[0], left : left + image.shape[1]] = image
    return table
