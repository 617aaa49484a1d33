"""Files of counts: a run goes on with its own, leaves any other as it is, and says at once what cannot be written."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from eval import documents, lines, pictures, readme, zone_sizes, zones
from eval.counts import counts_before, counts_file, write_counts
from eval.usermodels import __main__ as usermodels
from eval.zones import ZoneTally

Main = Callable[[Sequence[str]], int]

CONTINUED = [
    (zones.main, "--zones"),
    (documents.main, "--count"),
    (pictures.main, "--pages"),
    (usermodels.main, "--every"),
]
FOREIGN = [
    b"",
    b'{"a": {"b": 1}}',
    b"{",
    b"null",
    b"[1]",
    b'{"a": 1}',
    b"\xff\xfe",
    b'{"altered, clear": {"zones": "x"}}',
    b'{"forms": 1}',
]


@pytest.mark.parametrize("content", FOREIGN)
@pytest.mark.parametrize(("main", "option"), CONTINUED, ids=lambda one: getattr(one, "__module__", one))
def test_a_file_of_something_else_is_one_line_and_stays(
    main: Main, option: str, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "counts.json"
    out.write_bytes(content)
    assert main([option, "1000", "--out", str(out)]) == 3
    assert out.read_bytes() == content
    assert capsys.readouterr().err.splitlines()[1:] == []


@pytest.mark.parametrize("place", ["no/such/folder/counts.json", ""])
@pytest.mark.parametrize(
    ("main", "options"),
    [
        *[(main, [option, "1000"]) for main, option in CONTINUED],
        (zone_sizes.main, ["--limit", "1000"]),
        (lines.main, ["--dataset", "datasets/examples"]),
    ],
    ids=lambda one: getattr(one, "__module__", None),
)
def test_a_name_that_takes_nothing_is_said_before_anything_is_read(
    main: Main, options: list[str], place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> None:
        raise AssertionError("read before the output was tried")

    for name in ("eval.zones.tally", "eval.documents.read", "eval.pictures.read", "eval.zone_sizes.read"):
        monkeypatch.setattr(name, read)
    monkeypatch.setattr("eval.usermodels.__main__.measure", read)
    monkeypatch.setattr("eval.lines.prepare", read)
    assert main([*options, "--out", str(tmp_path / place)]) in (2, 3)


@pytest.mark.parametrize(
    ("main", "options"),
    [
        *[(main, [option, number]) for main, option in CONTINUED for number in ("0", "-1", "x", "1.5")],
        *[(zone_sizes.main, ["--pixels", number]) for number in ("0", "-3", "nan", "0.001")],
        (zone_sizes.main, ["--limit", "-1"]),
        (usermodels.main, ["--today", "31.12.2020"]),
    ],
)
def test_a_number_that_means_nothing_is_wrong_usage(main: Main, options: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2


def test_counts_of_other_pictures_are_not_gone_on_with(
    tmp_path: Path, examples_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("eval.usermodels.__main__.measure", lambda *_: [])
    out = tmp_path / "usermodels.json"
    call = ["--dataset", str(examples_dir), "--out", str(out)]
    assert usermodels.main([*call, "--every", "2"]) == 0
    before = out.read_bytes()
    assert usermodels.main(call) == 2
    assert "other pictures" in capsys.readouterr().err
    assert out.read_bytes() == before


def test_counts_are_replaced_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "counts.json"
    write_counts(out, {"a": ZoneTally(3)})
    with pytest.raises(ZeroDivisionError), counts_file(out) as write:
        write({"b": 1 / 0})
    assert counts_before(out, dict[str, ZoneTally], {}) == {"a": ZoneTally(3)}
    assert json.loads(out.read_text())["a"]["zones"] == 3
    assert [one.name for one in tmp_path.iterdir()] == [out.name]


def test_a_document_that_is_no_text_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.md").write_bytes(b"\xff\xfe")
    assert readme.main(["--check", "--file", str(tmp_path / "x.md")]) == 3
    assert "no text in UTF-8" in capsys.readouterr().err
