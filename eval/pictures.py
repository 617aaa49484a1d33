"""`python -m eval.pictures`: does a warning of a picture's quality mean that fewer fields are right?

Drawn pages are photographed worse and worse in one way at a time: blurred, darker (with the noise of a sensor), with
fewer pixels, with light reflected on the text, with an edge cut off. Each is read as any document is. The table says,
for each way and degree, how many labelled fields are right and how many pictures get a warning of their own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np

from eval.report.tables import markdown_table
from eval.scoring.metrics import score_field
from extractor.errors import ExtractorError
from extractor.pipeline import extract
from extractor.schemas import SCHEMAS, field_specs
from extractor.synthesis.capture import capture
from extractor.synthesis.draw import Page, draw
from extractor.synthesis.produce import plan
from extractor.synthesis.templates import templates

_LANGUAGES = ("en", "fr", "de", "es", "it", "pl")
_TODAY = date(2026, 3, 1)
#: Stands among the warnings for "no such document on the picture", which tells as much.
_REFUSED = "refused"


def _blur(image: np.ndarray, sigma: float) -> np.ndarray:
    import cv2

    return cv2.GaussianBlur(image, (0, 0), sigma) if sigma else image


def _dark(image: np.ndarray, light: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 4, image.shape)
    return np.clip(image * light + noise, 0, 255).astype(np.uint8)


def _small(image: np.ndarray, share: float) -> np.ndarray:
    import cv2

    return cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)


def _glare(image: np.ndarray, radius: float) -> np.ndarray:
    """A burnt-out patch in the middle, its radius a share of the height."""
    height, width = image.shape[:2]
    ys, xs = np.mgrid[:height, :width]
    away = np.hypot(ys - height / 2, xs - width / 2) / max(radius * height, 1e-6)
    light = 400 * np.exp(-(away**2)) if radius else np.zeros((height, width))
    return np.clip(image * 0.85 + light[..., None], 0, 255).astype(np.uint8)


def _cut(image: np.ndarray, share: float) -> np.ndarray:
    return np.ascontiguousarray(image[:, round(share * image.shape[1]) :])


#: Each way to spoil a picture: what it does, its degrees, the warnings that are its own.
WAYS: Mapping[str, tuple[Callable[[np.ndarray, float], np.ndarray], tuple[float, ...], frozenset[str]]] = {
    "blur (pixels)": (_blur, (0, 1, 2, 3, 4), frozenset({"picture_blurred"})),
    "light": (_dark, (1, 0.5, 0.25, 0.12, 0.06), frozenset({"picture_dark"})),
    "size": (_small, (1, 0.7, 0.5, 0.35, 0.25), frozenset({"picture_small"})),
    "glare (radius)": (_glare, (0, 0.1, 0.2, 0.35), frozenset({"picture_glare"})),
    "cut off": (_cut, (0, 0.05, 0.15, 0.3), frozenset({"picture_cut_off"})),
}


def pages(count: int) -> list[Page]:
    """Drawn documents of the evaluation's pool."""
    jobs = plan(count, seed=18, pool="evaluation", languages=_LANGUAGES, modes=("clean",))
    by_name = {template.name: template for template in templates("evaluation")}
    return [draw(by_name[job.template], job.seed) for job in jobs]


def read(page: Page, image: np.ndarray) -> tuple[float, set[str]]:
    """The share of a page's fields that are right, and the warnings."""
    try:
        result = extract(image, page.schema, today=_TODAY)
    except ExtractorError:
        return 0.0, {_REFUSED}
    specs = field_specs(SCHEMAS[page.schema])
    labels = {name: label for name, label in page.fields.items() if label is not None and name in specs}
    right = [score_field(specs[name].kind, label, result.values.get(name)).exact for name, label in labels.items()]
    return float(np.mean(right)), {warning.code for warning in result.warnings}


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m eval.pictures", description=__doc__.split("\n\n")[0])
    parser.add_argument("--pages", type=int, default=24, help="drawn documents (default: %(default)s)")
    options = parser.parse_args(arguments)
    drawn = [(page, capture(page, "clean").image) for page in pages(options.pages)]
    print(markdown_table(["picture", "fields right", "without its warning", "with it"], []), end="")
    for way, (spoil, degrees, own) in WAYS.items():
        for degree in degrees:
            by_warning: dict[bool, list[float]] = {True: [], False: []}
            for page, image in drawn:
                share, warnings = read(page, spoil(image, degree))
                by_warning[bool(warnings & (own | {_REFUSED}))].append(share)
            cells = (by_warning[False] + by_warning[True], by_warning[False], by_warning[True])
            print(f"| {way} {degree:g} | {' | '.join(map(_cell, cells))} |", flush=True)
    return 0


def _cell(shares: Sequence[float]) -> str:
    return f"{100 * float(np.mean(shares)):.0f} % ({len(shares)})" if shares else "-"


if __name__ == "__main__":
    sys.exit(main())
