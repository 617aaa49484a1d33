"""The networks that the product reads with, beside their originals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from extractor.text.ocr import NetworkName, network_file
from extractor.training.text.compare import compare
from extractor.training.text.graph import WEIGHT_LIMIT, initializers
from extractor.training.text.rounding import original


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, fonts: None) -> Path:
    """Four pages that nothing was trained on, and their lines."""
    from extractor.training.text.pictures import write

    out = tmp_path_factory.mktemp("shipped") / "data.zip"
    write(out, 4, seed=99, workers=1, tell=lambda done, count: None)
    return out


def test_the_detector_finds_what_its_original_finds(data: Path) -> None:
    found = compare("detector", network_file("detector"), data, lambda done, count: None)
    assert found["overlap"] > 0.975


def test_the_recogniser_reads_what_its_original_reads(data: Path) -> None:
    found = compare("recogniser", network_file("recogniser"), data, lambda done, count: None)
    assert found["sure"] > 50
    assert found["edits"] < 0.03


@pytest.mark.parametrize("name", ["detector", "recogniser"])
def test_most_weights_are_of_seven_bits(name: NetworkName) -> None:
    values = initializers(onnx.load(network_file(name)))
    small = [value for value in values.values() if value.dtype == np.int8 and value.ndim > 1]
    assert max(abs(int(value.min())) for value in small) <= WEIGHT_LIMIT
    assert sum(value.size for value in small) > 0.9 * sum(value.size for value in values.values())


@pytest.mark.parametrize("name", ["detector", "recogniser"])
def test_the_files_say_whose_they_are_and_that_they_were_changed(name: NetworkName) -> None:
    result = {each.key: each.value for each in onnx.load(network_file(name)).metadata_props}
    assert "Apache-2.0" in result["licence"]
    assert "8 bits" in result["changes"]
    assert "Apache License" in network_file(name).with_name("LICENSE").read_text(encoding="utf-8")


def test_both_recognisers_write_the_same_alphabet() -> None:
    one, two = (
        {each.key: each.value for each in onnx.load(file).metadata_props}["character"]
        for file in (original("recogniser"), network_file("recogniser"))
    )
    assert one == two
