"""Folds of issuers: who reads what, and what is refused."""

import json
from pathlib import Path

import pytest

from eval.running.folds import load_folds
from extractor.errors import UsageError
from extractor.labels.format import Specimen
from extractor.visual import reader

from ...extractor.printed import line


def specimen(issuer: str | None) -> Specimen:
    return Specimen(Path("one.png"), "passport", {"issuing_country": issuer}, group="group_7")


def folder(path: Path, parts: object, networks: int) -> Path:
    (path / "folds.json").write_text(json.dumps(parts), encoding="utf-8")
    for index in range(networks):
        (path / f"fold{index}.onnx").write_bytes(b"network")
    return path


def test_each_specimen_is_read_by_the_network_that_never_saw_its_issuer(tmp_path: Path) -> None:
    folds = load_folds(folder(tmp_path, [["FRA", "group_7"], ["JPN"]], 2))
    assert folds.network(specimen("FRA")).name == "fold0.onnx"
    assert folds.network(specimen("JPN")).name == "fold1.onnx"
    assert folds.network(specimen(None)).name == "fold0.onnx"


def test_an_issuer_that_every_network_may_have_seen_is_refused(tmp_path: Path) -> None:
    folds = load_folds(folder(tmp_path, [["FRA"]], 1))
    with pytest.raises(UsageError, match="no fold left out"):
        folds.network(specimen("ITA"))


@pytest.mark.parametrize(("parts", "networks"), [([["FRA"], ["ITA"]], 1), ([], 0), (7, 0)])
def test_folders_that_hold_no_folds(tmp_path: Path, parts: object, networks: int) -> None:
    with pytest.raises(UsageError):
        load_folds(folder(tmp_path, parts, networks))
    with pytest.raises(UsageError):
        load_folds(tmp_path / "nowhere")


def test_a_page_is_read_with_the_network_that_is_named(tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(reader.NETWORK.read_bytes())
    plain = reader.read_layout([line("PASSPORT", 0, 0)], None)
    with reader.reading_with(other):
        same = reader.read_layout([line("PASSPORT", 0, 0)], None)
    assert (plain.tags == same.tags).all()
    with reader.reading_with(tmp_path / "absent.onnx"), pytest.raises(Exception, match="absent"):
        reader.read_layout([line("PASSPORT", 0, 0)], None)
