"""Limits of memory and time hold while a file is decoded, wherever it is read, and cost the next file nothing."""

import io
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from extractor.errors import TooManyPagesError
from extractor.imaging import Limits, decoder, load_pages
from extractor.imaging.load import needs_own_process

from . import hostile
from .pictures import encoded, pdf, refused, shows_quarters, tiff

QUICK = Limits(seconds=2.0, memory=256)
linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    decoder._state.close()


@linux
@pytest.mark.parametrize(
    "make",
    [
        hostile.drawing_itself,
        hostile.nested_forms,
        hostile.endless_tiles,
        hostile.many_rectangles,
        hostile.large_picture,
        lambda: hostile.scans(20_000),
    ],
    ids=["drawing itself", "nested forms", "tiles", "rectangles", "large picture", "scans"],
)
def test_a_file_that_takes_too_much_is_refused_and_the_next_is_read(make: Callable[[], bytes]) -> None:
    started = time.monotonic()
    message = refused(make(), limits=QUICK)
    assert "MiB" in message or "seconds" in message or "million pixels" in message
    assert time.monotonic() - started < 30, "a machine at work may be slow, but not without end"
    assert load_pages(pdf())[0].shape == (1800, 2400, 3)


@linux
def test_this_process_takes_no_memory_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(hostile.drawing_itself())
    code = """
import resource, sys
from extractor.errors import UnreadableInputError
from extractor.imaging import Limits, load_pages
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    load_pages(sys.argv[1], limits=Limits(seconds=5, memory=400))
except UnreadableInputError:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.pdf")], capture_output=True, text=True, check=True
    )
    own, childs = map(int, done.stdout.split())
    assert own < 20_000
    assert childs < 600_000


def test_pages_are_counted_before_any_is_decoded() -> None:
    page = Image.new("1", (10_900, 10_900))
    buffer = io.BytesIO()
    page.save(buffer, "TIFF", save_all=True, append_images=[page] * 5, compression="group4")
    started = time.monotonic()
    for limits in (Limits(pages=5), Limits(pages=0)):
        with pytest.raises(TooManyPagesError, match="the file has 6 pages"):
            load_pages(buffer.getvalue(), limits=limits)
    assert time.monotonic() - started < 20, "decoding them takes a minute"
    with pytest.raises(TooManyPagesError, match="3 pages are chosen; at most 2"):
        load_pages(tiff(pages=4), pages=[1, 2, 3], limits=Limits(pages=2))


def test_ordinary_photographs_start_no_process() -> None:
    for form in ("JPEG", "PNG", "WEBP", "BMP", "GIF"):
        assert not needs_own_process(encoded(form))
    for data in (encoded("TIFF"), encoded("HEIF"), encoded("AVIF"), pdf(), hostile.scans()):
        assert needs_own_process(data)
    assert not needs_own_process(b"no picture")
    load_pages(encoded("JPEG", progressive=True))
    assert decoder._state.process is None


def test_a_process_serves_many_files_and_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "_FILES", 2)
    used = []
    for _ in range(4):
        assert shows_quarters(load_pages(encoded("TIFF"))[0])
        process = decoder._state.process
        assert process is not None
        used.append(process.pid)
    assert used[0] == used[1] != used[2] == used[3]


def test_a_process_that_was_killed_is_replaced() -> None:
    load_pages(pdf())
    process = decoder._state.process
    assert process is not None
    process.kill()
    process.wait()
    assert len(load_pages(pdf())) == 1


def test_several_threads_may_read() -> None:
    found: list[bool] = []

    def read(number: int) -> None:
        grey = np.full((40, 50, 3), number, np.uint8)
        found.append(int(load_pages(encoded("TIFF", grey))[0][0, 0, 0]) == number)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [True] * 8


def _shape(_: int) -> tuple[int, ...]:
    return load_pages(pdf())[0].shape


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_has_a_process_of_its_own() -> None:
    shape = _shape(0)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.map_async(_shape, [0]).get(60) == [shape]
    assert _shape(0) == shape


@linux
def test_it_ends_with_the_program_that_started_it(tmp_path: Path) -> None:
    code = """
import os, sys, time
from extractor.imaging import decoder, load_pages
load_pages(sys.argv[1])
print(decoder._state.process.pid, flush=True)
time.sleep(60)
"""
    (tmp_path / "a.pdf").write_bytes(pdf())
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "a.pdf")], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        program.send_signal(signal.SIGKILL)
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("said", [b"", b"\xff" * 8, b"\0\0\0\2[]", b'\0\0\0\x13{"page": [900, -1]}', b"\0\0\0\2{}"])
def test_a_process_that_says_something_odd_is_not_believed(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        decoder, "_CODE", f"import sys; sys.stdin.buffer.read(4); sys.stdout.buffer.write({said!r}); sys.stdout.flush()"
    )
    assert "damaged" in refused(pdf(), limits=QUICK)


def test_a_system_without_processes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "get_executable", lambda: b"/nowhere/python")
    assert "its decoder cannot be started" in refused(pdf())
    assert len(load_pages(encoded("PNG"))) == 1
