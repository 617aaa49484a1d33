"""The tiny checkpoint, copies of it that differ, and a passport's page made by hand."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from extractor.evidence import DocumentEvidence, gather
from extractor.mrz.zone import read_zone
from extractor.schemas import Passport
from extractor.text.ocr import Line
from extractor.text.page import Page

TINY = Path(__file__).parents[2] / "data" / "phi3v" / "tiny"
ZONE = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
PRINT = (
    ("PASSPORT", 40, 30),
    ("UTOPIA", 400, 30),
    ("Surname", 40, 100),
    ("ERIKSSON", 40, 130),
    ("Given names", 40, 180),
    ("ANNA MARIA", 40, 210),
    ("Place of birth", 40, 260),
    ("ZENITH", 40, 290),
    ("Sex", 400, 260),
    ("F", 400, 290),
    (ZONE[0], 20, 500),
    (ZONE[1], 20, 530),
)


@pytest.fixture
def tiny() -> Path:
    return TINY


@pytest.fixture
def altered(tmp_path: Path) -> Callable[..., Path]:
    """`altered(key=value, ...)`: a copy of the tiny checkpoint whose config.json says so; None takes a key out."""

    def copy(**changes: Any) -> Path:
        folder = Path(shutil.copytree(TINY, tmp_path / "altered"))
        config = json.loads((folder / "config.json").read_text()) | changes
        kept = {key: value for key, value in config.items() if value is not None}
        (folder / "config.json").write_text(json.dumps(kept))
        return folder

    return copy


def line(text: str, left: float, top: float) -> Line:
    right, bottom = left + 11 * len(text), top + 20
    box = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    return Line(text, 0.97, box, np.full(len(text), 0.97), (np.arange(len(text)) + 0.5) / len(text))


@pytest.fixture(scope="session")
def evidence_of() -> Callable[..., DocumentEvidence]:
    """`evidence_of(schema=Passport, pages=1)`: a passport's evidence; further pages are blank."""

    def make(schema: Any = Passport, pages: int = 1) -> DocumentEvidence:
        blank = np.full((600, 900, 3), 240, np.uint8)
        first = Page(blank, tuple(line(*one) for one in PRINT), np.eye(3), 0, (900, 600))
        others = [Page(blank, (), np.eye(3), 0, (900, 600), index) for index in range(1, pages)]
        shown = [first, *others]
        return gather(shown, [read_zone(page) for page in shown], schema)

    return make
