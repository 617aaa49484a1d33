"""Releases tried on several Pythons: what is installed and read, and what is said where it is not."""

import json
import sys
from pathlib import Path

import pytest

from eval import tried


def test_what_cannot_be_tried_is_a_line_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x-1-py3-none-any.whl").write_bytes(b"no wheel")
    out = tmp_path / "release.json"
    pythons = [str(tmp_path / "python9"), sys.executable]
    assert tried.main([str(tmp_path), *pythons, "--out", str(out)]) == 1
    record = json.loads(out.read_text(encoding="utf-8"))
    assert [one["outcome"] for one in record["tried"]] == ["no environment", "not installed"]
    table = tried.table(record)
    assert "| python9 | wheel | no environment | – |" in table
    assert str(tmp_path) not in json.dumps(record["tried"][1]["asked"]), "no path of a machine"


def test_what_was_tried_elsewhere_is_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel, out = tmp_path / "x-1-py3-none-any.whl", tmp_path / "release.json"
    wheel.write_bytes(b"no wheel")

    def asked(*names: str) -> list[str]:
        tried.main([str(tmp_path), *names, "--out", str(out), *(["--add"] if out.exists() else [])])
        return [one["asked"] for one in json.loads(out.read_text(encoding="utf-8"))["tried"]]

    assert asked("python8") == ["python8"]
    assert asked("python9") == ["python8", "python9"]
    assert asked("python8") == ["python9", "python8"]
    wheel.write_bytes(b"another")
    assert tried.main([str(tmp_path), "python8", "--out", str(out), "--add"]) == 2
    assert "other archives" in capsys.readouterr().err


def test_a_folder_without_a_release_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tried.main([str(tmp_path), "python3"]) == 2
    assert ".ci/release" in capsys.readouterr().err
