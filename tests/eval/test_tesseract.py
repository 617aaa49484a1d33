"""tesseract and our text networks, on the same lines."""

from pathlib import Path

import numpy as np
import pytest

from eval import tesseract
from eval.tesseract import LineComparison, count_specimen, installed, main, read_by_tesseract, table
from extractor import Passport, extract
from extractor.labels.format import Specimen

EXAMPLE = Path(__file__).parents[2] / "datasets" / "examples" / "passport.png"


def program(tmp_path: Path, script: str) -> str:
    path = tmp_path / "tesseract"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o700)
    return str(path)


def test_the_models_that_are_installed(tmp_path: Path) -> None:
    listing = program(tmp_path, "printf 'List of available languages (2):\\nLatin\\nosd\\n'")
    assert {"Latin", "osd"} <= installed(listing)
    assert "List of available languages (2):" not in installed(listing)


def test_a_line_is_sent_as_a_picture_with_the_model_of_its_script(tmp_path: Path) -> None:
    said = program(tmp_path, 'echo "$@" $(head -c 4 | tail -c 3)')
    text = read_by_tesseract(said, np.zeros((48, 200, 3), np.uint8), "HanS+Japanese")
    assert text.split() == ["stdin", "stdout", "--psm", "7", "-l", "HanS+Japanese", "PNG"]


def test_values_found_in_one_line_count_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"surname": "NOWHERE TO BE FOUND", "document_number": None}
    printed = str(extract(EXAMPLE, schema=Passport).document.given_names)
    monkeypatch.setattr(tesseract, "read_by_tesseract", lambda *_: printed[:-1] + "§")
    found: dict[str, LineComparison] = {}
    specimen = Specimen(EXAMPLE, "passport", {**values, "given_names": printed})
    count_specimen(specimen, "tesseract", frozenset({"Latin"}), found)
    (one,) = found.values()
    assert (one.values, one.exact, one.tesseract_exact, one.tesseract_edits) == (1, 1, 0, 1)
    count_specimen(specimen, "tesseract", frozenset(), found)
    assert one.values == 1, "without the script's model nothing is counted"


def test_a_tesseract_that_fails_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    program(tmp_path, "exit 3")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    assert main(["--dataset", str(tmp_path)]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("eval.tesseract: tesseract failed (CalledProcessError)")


def test_the_table_has_both() -> None:
    text = table({"Latin": LineComparison(4, 100, 2, 3, 10, 1)})
    assert "| Latin | 4 | 98.0 % | 90.0 % | 75.0 % | 25.0 % |" in text.replace("  ", " ")


def test_without_tesseract_one_line_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["--dataset", str(tmp_path)]) == 2
    assert "apt-get install tesseract-ocr" in capsys.readouterr().err
