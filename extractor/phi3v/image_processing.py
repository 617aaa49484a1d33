"""Pictures to the tensors Phi-3-vision reads, exactly as the published preprocessing makes them.

A picture is laid on a sheet of 336 x 336 tiles (the vision tower's input): scaled so that as many whole tiles as
`num_crops` allows are used, padded with white to a multiple of 336, normalised, and cut. A coarse view of the whole
sheet goes first. Every step is bit-exact against the published implementation on the same Pillow and torch builds,
because a model reads what it was trained on: bilinear Pillow scaling for the sheet, torch's bicubic scaling without
antialiasing, of the *normalised* sheet, for the coarse view, and a portrait picture is transposed (not rotated)
while it is being scaled.

Nothing is fetched: pictures are Pillow images or arrays, never addresses.
"""

import math
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers.feature_extraction_utils import BatchFeature
from transformers.image_processing_utils import BaseImageProcessor
from transformers.processing_utils import ImagesKwargs

TILE = 336  # side of one view, in pixels
TOKENS_PER_VIEW = 144  # 24 x 24 patches of 14 pixels, merged 2 x 2
ROW = 12  # merged patches in one row of a view

_WHITE = (255, 255, 255)
_MOST_THREADS = min(32, os.cpu_count() or 1)


class Phi3VImageProcessorKwargs(ImagesKwargs, total=False):
    """`num_crops`: the most tiles one picture may be cut into (4 for several pictures, 16 for a single one)."""

    num_crops: int
    num_img_tokens: int


class Phi3VImageProcessor(BaseImageProcessor):
    """Pictures to `pixel_values` (pictures, num_crops + 1, 3, 336, 336) float32, `image_sizes` (pictures, 2) and
    `num_img_tokens` (pictures,): how many places each picture takes in the prompt.
    """

    model_input_names = ["pixel_values", "image_sizes"]  # noqa: RUF012
    valid_kwargs = Phi3VImageProcessorKwargs

    def __init__(
        self,
        num_crops: int = 1,
        image_mean: Sequence[float] = (0.48145466, 0.4578275, 0.40821073),
        image_std: Sequence[float] = (0.26862954, 0.26130258, 0.27577711),
        num_img_tokens: int = TOKENS_PER_VIEW,
        **kwargs: Any,
    ) -> None:
        # The published file names code on the hub; a folder saved again must not.
        kwargs.pop("auto_map", None)
        super().__init__(**kwargs)
        self.num_crops = num_crops
        self.image_mean = list(image_mean)
        self.image_std = list(image_std)
        self.num_img_tokens = num_img_tokens

    def preprocess(
        self,
        images: Any,
        num_crops: int | None = None,
        return_tensors: str | None = None,
        **_: Any,
    ) -> BatchFeature:
        """Prepares one picture, a list, or a list of lists (one per prompt), taken in order.

        Raises ValueError for something that is not a picture, or for a `num_crops` below 1.
        """
        pictures = [as_rgb(image) for image in flatten(images)]
        if not pictures:
            raise ValueError("no picture was given")
        num_crops = self.num_crops if num_crops is None else num_crops
        if num_crops < 1:
            raise ValueError(f"num_crops must be at least 1, not {num_crops}")
        # An array, since other threads may not write to a tensor that was made in torch's inference mode.
        pixels = np.empty((len(pictures), num_crops + 1, 3, TILE, TILE), np.float32)
        # Scaling and arithmetic run outside of the interpreter's lock: pictures and channels are prepared side by side.
        with ThreadPoolExecutor(min(3 * len(pictures), _MOST_THREADS)) as pool:
            sheets = list(pool.map(lambda picture: lay_out(picture, num_crops), pictures))
            levels = list(map(np.asarray, sheets))
            every = [(number, channel) for number in range(len(pictures)) for channel in range(3)]
            list(pool.map(lambda at: self._cut(levels[at[0]], at[1], pixels[at[0], :, at[1]]), every))
        data: dict[str, Any] = {
            "pixel_values": torch.from_numpy(pixels),
            "image_sizes": torch.tensor([[sheet.height, sheet.width] for sheet in sheets]),
            "num_img_tokens": torch.tensor([image_tokens(*tiles(sheet)) for sheet in sheets]),
        }
        if return_tensors != "pt":
            data = {key: value.numpy() for key, value in data.items()}
        return BatchFeature(data, tensor_type=return_tensors)

    def _cut(self, levels: np.ndarray, channel: int, views: np.ndarray) -> None:
        """Fills one channel of the views (num_crops + 1, 336, 336) from a sheet's bytes (height, width, 3): the coarse
        view, the tiles row by row, then zeros."""
        pixels = np.divide(levels[..., channel], np.float32(255), dtype=np.float32)
        pixels -= np.float32(self.image_mean[channel])
        pixels /= np.float32(self.image_std[channel])
        whole = torch.from_numpy(pixels)[None, None]
        views[0] = torch.nn.functional.interpolate(whole, size=(TILE, TILE), mode="bicubic")[0, 0].numpy()
        rows, columns = pixels.shape[0] // TILE, pixels.shape[1] // TILE
        cut = pixels.reshape(rows, TILE, columns, TILE).transpose(0, 2, 1, 3)
        views[1 : 1 + rows * columns] = cut.reshape(-1, TILE, TILE)
        views[1 + rows * columns :] = 0


def sheet_size(width: int, height: int, num_crops: int) -> tuple[int, int]:
    """Tiles (rows, columns) of the sheet a picture of this size in pixels is laid on."""
    if width < height:
        columns, rows = sheet_size(height, width, num_crops)
        return rows, columns
    ratio = width / height
    columns = 1
    while (columns + 1) * math.ceil((columns + 1) / ratio) <= num_crops:
        columns += 1
    return math.ceil(_scaled_height(columns, ratio) / TILE), columns


def _scaled_height(columns: int, ratio: float) -> int:
    # A strip thinner than one part in its scaled width would vanish; one row of pixels is left of it.
    return max(1, int(TILE * columns / ratio))


def lay_out(picture: Image.Image, num_crops: int) -> Image.Image:
    """The white sheet, a multiple of 336 pixels either way, with the picture scaled onto its middle."""
    portrait = picture.width < picture.height
    if portrait:
        picture = picture.transpose(Image.Transpose.TRANSPOSE)
    rows, columns = sheet_size(picture.width, picture.height, num_crops)
    size = (TILE * columns, _scaled_height(columns, picture.width / picture.height))
    scaled = picture.resize(size, Image.Resampling.BILINEAR)
    sheet = Image.new("RGB", (TILE * columns, TILE * rows), _WHITE)
    sheet.paste(scaled, (0, (sheet.height - scaled.height) // 2))
    return sheet.transpose(Image.Transpose.TRANSPOSE) if portrait else sheet


def tiles(sheet: Image.Image) -> tuple[int, int]:
    """Rows and columns of tiles on a sheet."""
    return sheet.height // TILE, sheet.width // TILE


def image_tokens(rows: int, columns: int) -> int:
    """Places a picture of rows x columns tiles takes in the prompt.

    144 for each tile and for the coarse view; one separator at the end of each row of merged patches, of the tiles
    (12 rows a tile) and of the coarse view (12 rows); one separator between the two.
    """
    return (rows * columns + 1) * TOKENS_PER_VIEW + (rows + 1) * ROW + 1


def as_rgb(image: Any) -> Image.Image:
    """A Pillow image, or an array (height, width[, channels]) of bytes, as RGB; transparency is dropped.

    Raises ValueError for anything else: addresses are not followed.
    """
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8:
            raise ValueError(f"an array picture must hold bytes (uint8), not {image.dtype}")
        image = Image.fromarray(image)
    if not isinstance(image, Image.Image):
        raise ValueError(f"a picture must be a Pillow image or an array, not {type(image).__name__}")
    return image if image.mode == "RGB" else image.convert("RGB")


def flatten(images: Any) -> Iterable[Any]:
    """The pictures of a nested list, in order."""
    if isinstance(images, (list, tuple)):
        for image in images:
            yield from flatten(image)
    elif images is not None:
        yield images
