"""What was read is opened again for pictures: the same file and no other, with all its pixels, within limits."""

import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from extractor.errors import UnreadableInputError, UsageError
from extractor.imaging import given as given_module
from extractor.imaging.given import given
from extractor.imaging.limits import DEFAULT


def scan(path: Path, shade: int) -> Path:
    Image.new("RGB", (60, 40), (shade, 9, 9)).save(path)
    return path


def test_a_file_that_was_replaced_since_is_not_taken_for_the_one_that_was_read(tmp_path: Path) -> None:
    """The next scan often has the name and the size of the one before, and shows somebody else's document."""
    held = given(scan(tmp_path / "scan.png", 10), None, DEFAULT)
    assert held.images()[0].shape == (40, 60, 3)
    other = scan(tmp_path / "other.png", 200)
    os.utime(other, ns=(1, 1))
    other.replace(tmp_path / "scan.png")
    with pytest.raises(UsageError, match="has changed since it was read"):
        held.images()


def test_what_comes_through_a_pipe_is_kept(tmp_path: Path) -> None:
    from threading import Thread

    data = scan(tmp_path / "scan.png", 10).read_bytes()
    os.mkfifo(tmp_path / "pipe")
    writer = Thread(target=(tmp_path / "pipe").write_bytes, args=(data,))
    writer.start()
    held = given(tmp_path / "pipe", None, DEFAULT)
    writer.join()
    assert [image.shape for image in held.images() + held.images()] == [(40, 60, 3)] * 2


def test_all_pages_together_have_a_limit_unreduced(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(given_module, "_TOGETHER", 5000)
    held = given([scan(tmp_path / f"{number}.png", number) for number in range(3)], None, DEFAULT)
    assert len(held.images(count=3)) == 3
    with pytest.raises(UnreadableInputError, match="million pixels; scale it down"):
        held.images(full_size=True, count=3)


def test_a_name_that_is_too_long_is_left_to_whoever_reads_it() -> None:
    assert given("a" * 5000, None, DEFAULT).sources == ("a" * 5000,)
