"""The two sets in the repository: what they promise, and that the generator still draws them."""

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from extractor.labels import load_dataset
from extractor.labels.format import Specimen, file_digest
from extractor.schemas import SCHEMAS
from extractor.synthesis.produce import LANGUAGES, DrawJob, kinds, labelled, render
from extractor.synthesis.sets import examples, frozen

DATASETS = Path(__file__).parents[3] / "datasets"
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def frozen_set() -> list[Specimen]:
    return load_dataset(DATASETS / "frozen")


def test_the_frozen_set_has_every_language_kind_and_capture_mode(frozen_set: list[Specimen]) -> None:
    languages = Counter(specimen.language for specimen in frozen_set)
    assert set(languages) == set(LANGUAGES)
    assert all(languages[language] >= (30 if language in ("en", "zh") else 12) for language in LANGUAGES)
    assert {specimen.kind.removesuffix("_front") for specimen in frozen_set} >= {
        kind.removesuffix("_front") for kind in kinds("evaluation")
    }
    modes = Counter(specimen.capture for specimen in frozen_set)
    assert min(modes[mode] for mode in ("clean", "scan", "photo", "rotated", "low_resolution")) >= 10
    for language in LANGUAGES:
        assert len({specimen.capture for specimen in frozen_set if specimen.language == language}) >= 4


def test_it_comes_from_the_evaluation_pool_only(frozen_set: list[Specimen]) -> None:
    assert {specimen.pool for specimen in frozen_set} == {"evaluation"}
    assert len({(specimen.template, specimen.seed) for specimen in frozen_set}) == len(frozen_set)


def test_every_field_is_labelled_and_some_are_null(frozen_set: list[Specimen]) -> None:
    for specimen in frozen_set:
        assert set(specimen.fields) == set(SCHEMAS[specimen.schema].model_fields)
        assert set(specimen.boxes) == set(specimen.printed)
        assert all(specimen.fields[name] is not None for name in specimen.boxes)
    blank = sum(value is None for specimen in frozen_set for value in specimen.fields.values())
    assert blank > 500


def test_pictures_are_the_ones_that_were_labelled_and_small_enough(frozen_set: list[Specimen]) -> None:
    for specimen in frozen_set:
        assert file_digest(specimen.path) == specimen.sha256
    present = {path.name for path in (DATASETS / "frozen").iterdir()}
    assert present == {specimen.path.name for specimen in frozen_set} | {"labels.jsonl", "README.md"}
    assert sum(path.stat().st_size for path in (DATASETS / "frozen").iterdir()) <= 9 * MEGABYTE


def _drawn_again(job: DrawJob, specimen: Specimen) -> None:
    page, shot = render(job)
    again = labelled(page, shot, specimen.path)
    assert again.fields == specimen.fields
    assert again.printed == specimen.printed
    for name, polygons in specimen.boxes.items():
        assert np.abs(np.array(again.boxes[name]) - np.array(polygons)).max() < 0.2
    stored = io.BytesIO(specimen.path.read_bytes())
    with Image.open(stored) as picture:
        difference = np.abs(np.asarray(picture.convert("RGB")).astype(int) - shot.image)
    # What is left is the loss of the file's own encoding.
    assert difference.mean() < 6
    assert np.percentile(difference, 99) < 60


@pytest.mark.usefixtures("evaluation_fonts")
@pytest.mark.parametrize("number", [3, 40, 190])
def test_the_generator_draws_the_frozen_set_again(number: int, frozen_set: list[Specimen]) -> None:
    jobs = frozen()
    assert [job.file for job in jobs] == [specimen.path.name for specimen in frozen_set]
    _drawn_again(jobs[number], frozen_set[number])


def test_the_examples_are_small_whole_and_clean() -> None:
    specimens = load_dataset(DATASETS / "examples")
    assert {specimen.path.stem for specimen in specimens} >= {
        "passport", "id_card", "chinese_id_card_front", "chinese_id_card_back", "driving_licence", "residence_permit",
        "visa",
    }  # fmt: skip
    for specimen in specimens:
        assert specimen.capture == "clean"
        assert specimen.path.stat().st_size < 100_000
        assert file_digest(specimen.path) == specimen.sha256


@pytest.mark.usefixtures("evaluation_fonts")
def test_the_generator_draws_the_examples_again() -> None:
    specimens = load_dataset(DATASETS / "examples")
    for job, specimen in list(zip(examples(), specimens, strict=True))[:2]:
        _drawn_again(job, specimen)
