"""A page with what was read drawn on it: every field's box in the colour of its verdict, with its name and value.

Values stand beside the page, joined to their boxes by thin lines, so that nothing printed is hidden.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from extractor.extraction import Extraction, FieldEvidence
from extractor.notebook import COLOURS
from extractor.schemas.text import scripts

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

#: Fonts that hold most scripts, in order of preference; the bundled one of Pillow knows Latin only.
_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)
#: Fonts for the letters of scripts that those lack, by the script's name in Unicode; `{}` stands for it.
_FONTS_BY_SCRIPT = (
    "/usr/share/fonts/truetype/noto/NotoSans{}-Regular.ttf",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "C:/Windows/Fonts/segoeui.ttf",
)
_OWN_FONTS = frozenset({"ARABIC", "HEBREW", "ARMENIAN", "GEORGIAN", "THAI", "DEVANAGARI", "BENGALI"})
_WIDTH, _HIGHEST = 1200, 6000
_PANEL = 560
_ROW = 40


def draw_overlay(image: np.ndarray, result: Extraction[Any], page: int = 0) -> Image:
    """The page as given (RGB array) with its fields' boxes, and beside it their names and values."""
    from PIL import Image as images
    from PIL import ImageDraw

    shown = [
        (name, one) for name, one in result.fields.items() if one.box and one.box.page == page and one.value is not None
    ]
    shown.sort(key=lambda item: min(y for _, y in item[1].box.points) if item[1].box else 0.0)
    # A strip is not enlarged without end.
    scale = min(_WIDTH / image.shape[1], _HIGHEST / image.shape[0])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    picture = images.fromarray(image).resize(size)
    height = max(picture.height, _ROW * len(shown) + 20)
    sheet = images.new("RGB", (_WIDTH + _PANEL, height), "white")
    sheet.paste(picture, (0, 0))
    draw = ImageDraw.Draw(sheet)
    small = _font(14)
    for row, (name, one) in enumerate(shown):
        colour = COLOURS[one.verdict]
        points = [(x * scale, y * scale) for x, y in one.box.points] if one.box else []
        draw.polygon(points, outline=colour, width=3)
        top = 10 + row * (height - 20) // max(len(shown), 1)
        right = max(points, key=lambda point: point[0])
        draw.line([right, (_WIDTH + 12, top + 18)], fill=colour, width=1)
        draw.text((_WIDTH + 16, top), f"{name} · {one.verdict.value} · {one.confidence:.2f}", fill=colour, font=small)
        text = _one_line(one)
        draw.text((_WIDTH + 16, top + 16), text, fill="black", font=_font(18, text))
    return sheet


def _one_line(one: FieldEvidence) -> str:
    text = " / ".join(map(str, one.value)) if isinstance(one.value, list) else str(one.value)
    return text if len(text) <= 52 else f"{text[:51]}…"


def _font(size: int, text: str = "") -> FreeTypeFont | ImageFont:
    """The first font of the system that should hold the text's letters."""
    from PIL import ImageFont

    own = [path.format(script.title()) for script in sorted(scripts(text) & _OWN_FONTS) for path in _FONTS_BY_SCRIPT]
    for path in (*own, *_FONTS):
        if os.path.exists(path):
            return ImageFont.truetype(path, size)
    return ImageFont.load_default(size)
