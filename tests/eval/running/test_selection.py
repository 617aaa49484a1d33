"""Which specimens are scored, and what identifies the set."""

from pathlib import Path

import pytest
from PIL import Image

from eval.running.selection import group_of, is_language, select
from extractor.errors import SchemaError, UsageError
from extractor.labels import DatasetError
from extractor.schemas import SCHEMAS

from ..conftest import LABELS, make_dataset


@pytest.mark.parametrize(
    ("tag", "wanted", "expected"),
    [
        ("zh", "zh", True),
        ("zh-Hant", "zh", True),
        ("ZH-hant", "zh-Hant", True),
        ("zh", "zh-Hant", False),
        ("zhx", "zh", False),
    ],
)
def test_a_language_takes_its_variants(tag: str, wanted: str, expected: bool) -> None:
    assert is_language(tag, wanted) is expected


def test_everything_is_taken_unless_something_is_asked_for(dataset: Path) -> None:
    found = select(dataset)
    assert [one.path.name for one in found.specimens] == [label["file"] for label in LABELS]
    assert (found.name, found.documents) == ("specimens", 4)
    assert found.schema_for(found.specimens[0]) is SCHEMAS["passport"]


def test_languages_and_kinds_choose(dataset: Path) -> None:
    assert [one.language for one in select(dataset, languages=["zh", "fr"]).specimens] == ["fr", "fr", "zh-Hant"]
    assert {one.schema for one in select(dataset, schemas=["passport", "visa"]).specimens} == {"passport"}
    with pytest.raises(DatasetError, match="no specimen is labelled 'ja'"):
        select(dataset, languages=["fr", "ja"])
    with pytest.raises(DatasetError, match="kinds and languages"):
        select(dataset, languages=["fr"], schemas=["visa"])


def test_a_limit_takes_from_the_languages_in_turn(dataset: Path) -> None:
    assert [one.path.name for one in select(dataset, limit=3).specimens] == ["fr-1.png", "zh-1.png", "de-1.png"]
    assert [one.path.name for one in select(dataset, limit=4).specimens] == [
        "fr-1.png", "fr-2.png", "zh-1.png", "de-1.png",
    ]  # fmt: skip
    assert len(select(dataset, limit=99).specimens) == 5
    with pytest.raises(UsageError, match="at least 1"):
        select(dataset, limit=0)


def test_how_specimens_are_read(dataset: Path) -> None:
    assert select(dataset, schemas=["auto"]).schema_for(select(dataset).specimens[0]) == "auto"
    own = select(dataset, schemas=["extractor.schemas:Visa"])
    assert own.schema_for(own.specimens[0]) is SCHEMAS["visa"]
    assert len(own.specimens) == 5
    with pytest.raises(UsageError, match="--schema takes"):
        select(dataset, schemas=["label", "auto"])
    with pytest.raises(SchemaError):
        select(dataset, schemas=["nobody"])


def test_a_digest_tells_sets_apart(dataset: Path, tmp_path: Path) -> None:
    same = make_dataset(tmp_path / "elsewhere")
    digest = select(dataset).digest()
    assert select(same).digest() == digest
    assert select(same, limit=4).digest() != digest
    Image.new("RGB", (81, 40), "white").save(same / "fr-1.png")
    assert select(same).digest() != digest
    labels = [dict(LABELS[0], fields={"surname": "X"}), *LABELS[1:]]
    assert select(make_dataset(tmp_path / "third", labels)).digest() != digest


def test_a_label_file_alone_is_a_dataset(dataset: Path) -> None:
    found = select(dataset / "labels.jsonl")
    assert found.name == "specimens"
    assert found.digest() == select(dataset).digest()


def test_pictures_that_are_missing_are_named(dataset: Path) -> None:
    (dataset / "zh-1.png").unlink()
    with pytest.raises(DatasetError, match=r"1 labelled pictures are not in .*, such as zh-1\.png"):
        select(dataset)


def test_pictures_of_one_document_share_their_group(dataset: Path) -> None:
    first, second, third, *_ = select(dataset).specimens
    assert group_of(first, dataset) == group_of(second, dataset) != group_of(third, dataset)
    assert "fr" not in group_of(first, dataset)
