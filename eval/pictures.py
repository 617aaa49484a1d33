"""`python -m eval.pictures`: does a warning of a picture's quality mean that fewer fields are right?

Scans of the frozen set are spoilt more and more in one way at a time: blurred, darker (with the noise of a sensor),
with fewer pixels, with light reflected on the text, with an edge cut off, photographed from a screen, copied in black
and white. Each is read as any document is. The table says, for each way and degree, how many labelled fields are right,
and how many where the picture's own warning was given and where it was not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from typing_extensions import TypedDict

from eval.counts import counts_before, write_counts
from eval.report.tables import markdown_table
from eval.scoring.metrics import score_field
from extractor.ending import Parser, Stops, at_least, ended
from extractor.errors import ExtractorError
from extractor.imaging import load_pages
from extractor.labels import load_dataset
from extractor.labels.format import Specimen
from extractor.progress import progress
from extractor.reading import extract
from extractor.schemas import SCHEMAS, field_specs

FROZEN = Path(__file__).resolve().parents[1] / "datasets" / "frozen"
_LANGUAGES = ("en", "fr", "de", "es", "it", "pl")
_TODAY = date(2026, 3, 1)
#: Width of a screen's pixel in the camera's, and by how much it is turned, in radians.
_PIXEL, _TURN = 3.3, 0.03
#: Stands among the warnings for "no such document on the picture", which tells as much.
_REFUSED = "refused"


def _blur(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma) if sigma else image


def _dark(image: np.ndarray, light: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 4, image.shape)
    return np.clip(image * light + noise, 0, 255).astype(np.uint8)


def _small(image: np.ndarray, share: float) -> np.ndarray:
    return cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)


def _glare(image: np.ndarray, radius: float) -> np.ndarray:
    """A burnt-out patch in the middle, its radius a share of the height."""
    height, width = image.shape[:2]
    ys, xs = np.mgrid[:height, :width]
    away = np.hypot(ys - height / 2, xs - width / 2) / max(radius * height, 1e-6)
    light = 400 * np.exp(-(away**2)) if radius else np.zeros((height, width))
    return np.clip(image * 0.85 + light[..., None], 0, 255).astype(np.uint8)


def _screen(image: np.ndarray, strength: float) -> np.ndarray:
    """A page shown on a screen whose pixels are 3.3 of the camera's wide, turned by two degrees: each is a stripe of
    red, of green and of blue in a dark frame, as sharp as a lens and the camera's own pixels leave it."""
    ys, xs = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    across = (xs * np.cos(_TURN) + ys * np.sin(_TURN)) / _PIXEL
    down = (ys * np.cos(_TURN) - xs * np.sin(_TURN)) / _PIXEL
    rows = 1 + 1.2 * strength * _left(1) * np.cos(2 * np.pi * down)
    shown = (image / 255) ** 2.2
    for colour in range(3):
        waves = (2 * np.sinc(k / 3) * _left(k) * np.cos(2 * np.pi * k * (across - (colour - 1) / 3)) for k in (1, 2))
        shown[..., colour] *= np.maximum(1 + strength * sum(waves), 0) * np.maximum(rows, 0)
    return (np.clip(shown, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


def _left(k: int) -> float:
    """Amplitude of the k-th wave of a screen's pixels after the camera's pixels and a lens of usual sharpness."""
    waves = k / _PIXEL
    return float(np.sinc(waves) * np.exp(-2 * (np.pi * 0.35 * waves) ** 2))


def _copied(image: np.ndarray, threshold: float) -> np.ndarray:
    """Black and white, as a fax or an old copier gives it; 0: as it is."""
    if not threshold:
        return image
    return np.repeat(np.where(image.mean(axis=2) > 255 * threshold, 255, 0).astype(np.uint8)[..., None], 3, 2)


def _cut(image: np.ndarray, share: float) -> np.ndarray:
    return np.ascontiguousarray(image[:, round(share * image.shape[1]) :])


#: Each way to spoil a picture: what it does, its degrees, the warnings that are its own.
WAYS: Mapping[str, tuple[Callable[[np.ndarray, float], np.ndarray], tuple[float, ...], frozenset[str]]] = {
    "blur (pixels)": (_blur, (0, 1, 2, 3, 4), frozenset({"picture_blurred"})),
    "light": (_dark, (1, 0.5, 0.25, 0.12, 0.06), frozenset({"picture_dark"})),
    "size": (_small, (1, 0.7, 0.5, 0.35, 0.25), frozenset({"picture_small"})),
    "glare (radius)": (_glare, (0, 0.1, 0.2, 0.35), frozenset({"picture_glare"})),
    "cut off": (_cut, (0, 0.05, 0.15, 0.3), frozenset({"picture_cut_off"})),
    "screen": (_screen, (0, 0.1, 0.2, 0.4, 0.8), frozenset({"picture_screen"})),
    "black and white": (_copied, (0, 0.45, 0.6), frozenset({"picture_two_tones"})),
}


class Spoilt(TypedDict):
    """A way and degree, and the shares of right fields of pictures without their warning and with it."""

    way: str
    degree: float
    silent: list[float]
    warned: list[float]


def specimens(count: int) -> list[Specimen]:
    """Clean and scanned documents of the frozen set in Latin script, kinds and languages in turn."""
    fitting = [one for one in load_dataset(FROZEN) if one.capture in ("clean", "scan") and one.language in _LANGUAGES]
    return fitting[:: max(1, len(fitting) // count)][:count]


def read(specimen: Specimen, image: np.ndarray) -> tuple[float, set[str]]:
    """The share of a document's fields that are right, and the warnings."""
    try:
        result = extract(image, specimen.schema, today=_TODAY)
    except ExtractorError:
        return 0.0, {_REFUSED}
    specs = field_specs(SCHEMAS[specimen.schema])
    labels = {name: label for name, label in specimen.fields.items() if label is not None and name in specs}
    right = [score_field(specs[name].kind, label, result.values.get(name)).exact for name, label in labels.items()]
    return float(np.mean(right)), {warning.code for warning in result.warnings}


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    return ended("eval.pictures", lambda: _run(_options(arguments)), stops=Stops())


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(prog="python -m eval.pictures", description=__doc__.split("\n\n")[0])
    parser.add_argument("--pages", type=at_least(1), default=24, help="documents (default: %(default)s)")
    parser.add_argument(
        "--out",
        type=Path,
        help="JSON file of the shares of right fields, for docs/warnings.md; continued if it is there",
    )
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace) -> int:
    rows: list[Spoilt] = counts_before(options.out, list[Spoilt], [])
    given = [(one, load_pages(one.path)[0]) for one in specimens(options.pages)]
    left = [(way, degree) for way, (_, degrees, _) in WAYS.items() for degree in degrees][len(rows) :]
    with progress(len(left), "spoiling") as advance:
        for way, degree in left:
            spoil, _, own = WAYS[way]
            by_warning: dict[bool, list[float]] = {True: [], False: []}
            for specimen, image in given:
                share, warnings = read(specimen, spoil(image, degree))
                by_warning[bool(warnings & (own | {_REFUSED}))].append(share)
            rows.append({"way": way, "degree": degree, "silent": by_warning[False], "warned": by_warning[True]})
            write_counts(options.out, rows)
            advance()
    print(table(rows))
    return 0


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The curves: by way and degree the share of right fields, of all pictures and by whether they got the warning."""
    cells = [
        [f"{row['way']} {row['degree']:g}", *map(_cell, (row["silent"] + row["warned"], row["silent"], row["warned"]))]
        for row in rows
    ]
    return markdown_table(["picture", "fields right (pictures)", "without its warning", "with it"], cells)


def _cell(shares: Sequence[float]) -> str:
    return f"{100 * float(np.mean(shares)):.0f} % ({len(shares)})" if shares else "-"


if __name__ == "__main__":
    sys.exit(main())
