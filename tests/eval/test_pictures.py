"""Spoilt pictures: each way does what it says, and a run that was stopped goes on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval import pictures
from extractor.imaging.stripes import stripes
from extractor.labels.format import Specimen

BOXES = np.array([[[20, y], [300, y], [300, y + 30], [20, y + 30]] for y in range(20, 220, 50)], np.float32)


def test_the_first_degree_of_every_way_leaves_a_picture_as_it_is() -> None:
    image = np.full((240, 320, 3), 180, np.uint8)
    for way, (spoil, degrees, own) in pictures.WAYS.items():
        assert own, way
        assert np.abs(spoil(image, degrees[0]).astype(int) - image).mean() < 30, way
        assert sorted(degrees) in (list(degrees), list(degrees)[::-1]), way


def test_stripes_of_a_screen_grow_with_their_strength() -> None:
    image = np.full((240, 320, 3), 180, np.uint8)
    spoil, degrees, _ = pictures.WAYS["screen"]
    seen = [stripes(spoil(image, degree), BOXES) for degree in degrees]
    assert seen == sorted(seen)
    assert seen[0] < 0.01
    assert seen[-1] > 0.06


def test_a_run_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []

    def read(specimen: Specimen, _image: np.ndarray) -> tuple[float, set[str]]:
        reads.append(specimen.schema)
        if len(reads) == 3:
            raise KeyboardInterrupt
        return 0.5, {"picture_dark"}

    ways: Any = {name: pictures.WAYS[name] for name in ("light",)}
    monkeypatch.setattr(pictures, "WAYS", ways)
    monkeypatch.setattr(pictures, "read", read)
    out = ["--pages", "1", "--out", str(tmp_path / "pictures.json")]
    assert pictures.main(out) == 130
    assert pictures.main(out) == 0
    assert len(reads) == 1 + 5, "the one that was stopped is read again, the others are not"
