"""What the command's arguments name: every file once, and every failure by name."""

import io
import os
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from extractor.errors import UsageError
from extractor.inputs import documents, one_line, shown


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.png", "a.JPG", "notes.txt", "more/c.pdf", "more/deep/d.tif", "empty/x.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def names(*inputs: str | Path) -> list[str]:
    return [Path(one.name).name for one in documents([str(text) for text in inputs])]


def test_folders_patterns_and_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert names(folder) == ["a.JPG", "b.png", "c.pdf", "d.tif"]
    assert names("*.png", "more") == ["b.png", "c.pdf", "d.tif"]
    assert names("**/*.pdf", "nowhere.png") == ["c.pdf", "nowhere.png"]


@pytest.mark.parametrize(
    ("text", "error"),
    [("empty", "the folder holds no picture or PDF"), ("*.gif", "nothing matches"), ("emp*", "nothing matches")],
)
def test_what_holds_nothing_is_a_failure_beside_the_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, error: str
) -> None:
    monkeypatch.chdir(folder)
    first, second = documents(["b.png", text])
    assert (first.name, first.error) == ("b.png", "")
    assert (second.name, second.error, second.sources) == (text, error, ())


def test_a_folder_that_cannot_be_searched_is_a_failure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name and the reason; what lies beside it is read."""
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("more"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = documents([str(folder)])
    assert [Path(one.name).name for one in found] == ["a.JPG", "b.png", "more"]
    assert found[-1].error == "the folder cannot be read: Permission denied"


@pytest.mark.skipif(os.name != "posix", reason="pipes and sockets in a folder")
def test_what_is_no_file_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    os.mkfifo("pipe.png")
    os.symlink("nowhere", "dangling.png")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket.png")
        for name in (".", "*.png", "**/*.png"):
            found = {one.name: one.error for one in documents([name])}
            assert found == {"dangling.png": "", "pipe.png": "this is not a file", "socket.png": "this is not a file"}


@pytest.mark.skipif(os.name != "posix", reason="links to folders")
def test_links_that_lead_in_a_circle_end(folder: Path) -> None:
    os.symlink(folder, folder / "more" / "up")
    os.symlink(folder / "more", folder / "more" / "deep" / "again")
    os.symlink(folder / "more", folder / "beside")
    assert names(folder) == ["a.JPG", "b.png", "c.pdf", "d.tif"]
    assert names(f"{folder}/**/*.pdf") == ["c.pdf"]
    assert sorted(names(f"{folder}/beside/**")) == ["a.JPG", "b.png", "c.pdf", "d.tif", "notes.txt", "x.txt"]


def test_what_a_pattern_with_stars_leaves_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "e.pdf").touch()
    (folder / ".f.pdf").touch()
    monkeypatch.chdir(folder)
    assert names("./**/*.pdf") == ["c.pdf"]
    assert documents(["**/[z-a].pdf"])[0].error == "nothing matches", "that is no set of characters"


def test_addresses_are_not_fetched() -> None:
    assert "nothing is fetched" in documents(["https://scanner.example/a.png?page=1"])[0].error


def test_an_empty_name_reads_nothing(folder: Path) -> None:
    with pytest.raises(UsageError, match="is a variable unset"):
        documents([str(folder), ""])


def test_one_document_of_several_files(folder: Path) -> None:
    (one,) = documents([str(folder / "b.png"), str(folder / "a.JPG")], one_document=True)
    assert (one.name, len(one.sources)) == (str(folder / "b.png"), 2)
    (one,) = documents([str(folder / "b.png"), str(folder / "empty")], one_document=True)
    assert one.error


def test_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"picture")))
    assert documents(["-"])[0].sources == (b"picture",)
    monkeypatch.setattr("extractor.imaging.load.MOST_BYTES", 3)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"picture")))
    assert "more than" in documents(["-"])[0].error
    monkeypatch.setattr(sys, "stdin", None)
    assert documents(["-"])[0].error == "stdin is closed"


def test_names_as_they_are_shown() -> None:
    assert shown("Müller.png") == "Müller.png"
    assert shown(os.fsdecode(b"bad\xff.png")) == "bad\\xff.png"
    assert one_line("a\nb\x1b[2J\u202e陈.png") == "a\\nb\\x1b[2J\\u202e陈.png"
