"""Output is the old content or the whole new one, and what was read is never lost."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from extractor.writing import OutputError, check_apart, open_target


def partials(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.partial"))


def test_a_file_is_replaced_when_everything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")
    path.chmod(0o640)
    target = open_target(str(path))
    target.write("new ")
    target.write("Ł\udcff\n")
    assert path.read_text() == "old"
    target.finish()
    assert path.read_text(encoding="utf-8") == "new Ł\\udcff\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert partials(tmp_path) == []


def test_a_new_file_gets_the_usual_permissions(tmp_path: Path) -> None:
    target = open_target(str(tmp_path / "out"))
    mask = os.umask(0o027)
    try:
        target.finish()
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    os.symlink(tmp_path / "real" / "out", tmp_path / "link")
    target = open_target(str(tmp_path / "link"))
    target.write("x")
    target.finish()
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "out").read_text() == "x"


@pytest.mark.parametrize("keep", [True, False])
def test_what_is_abandoned_may_be_kept_beside_the_old(tmp_path: Path, keep: bool) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    target = open_target(str(path))
    target.write("line\n")
    kept = target.abandon(keep=keep)
    assert path.read_text() == "old"
    assert [str(one) for one in partials(tmp_path)] == ([kept] if keep else [])
    assert not keep or Path(kept).read_text() == "line\n"


def test_a_full_disk_leaves_the_old_content_and_whole_lines(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk."""
    code = f"""
import resource
from extractor.writing import OutputError, open_target
target = open_target({str(tmp_path / "out")!r})
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    for _ in range(20):
        target.write("0123456789\\n")
except OutputError as error:
    print(error)
    print(target.abandon(keep=True))
"""
    (tmp_path / "out").write_text("old")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    message, kept = done.stdout.splitlines()
    assert message == f"{tmp_path / 'out'} cannot be written: File too large"
    assert Path(kept).read_text() == "0123456789\n" * 9
    assert (tmp_path / "out").read_text() == "old"


def test_pipes_and_devices_are_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append((tmp_path / "pipe").read_text()))
    reader.start()
    target = open_target(str(tmp_path / "pipe"))
    target.write("a line\n")
    target.finish()
    reader.join(10)
    assert heard == ["a line\n"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_names_of_stdout(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    target = open_target(name)
    target.write("a line\n")
    target.finish()
    assert capsys.readouterr().out == "a line\n"


def test_a_name_may_be_as_long_as_the_system_takes_it(tmp_path: Path) -> None:
    path = tmp_path / ("漢" * 85)
    target = open_target(str(path))
    target.write("x")
    target.finish()
    assert path.read_text() == "x"


def test_what_is_read_is_never_written_over(tmp_path: Path) -> None:
    read, other = tmp_path / "scan.png", tmp_path / "other.png"
    read.write_text("picture")
    os.symlink(read, tmp_path / "link.png")
    os.link(read, tmp_path / "hard.png")
    for target in (read, tmp_path / "link.png", tmp_path / "hard.png", f"{tmp_path}/./scan.png"):
        with pytest.raises(OutputError, match="is read by this call"):
            check_apart([other, target], [tmp_path / "nowhere.png", read])
    check_apart([other, os.devnull], [read, os.devnull, "a\0b"])


@pytest.mark.parametrize("name", ["no/such/folder", ".", "a\0b", "x" * 300])
def test_what_cannot_be_written_is_said_before_anything_is_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        open_target(str(tmp_path / name) if name != "a\0b" else name)
