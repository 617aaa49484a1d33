"""Archives are taken apart within limits, and believed in nothing they say of themselves."""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.server.jobs import unpack
from extractor.server.problems import Problem
from extractor.server.settings import ServiceLimits
from extractor.server.uploads import File

LIMITS = ServiceLimits(job_bytes=100_000, body_bytes=50_000, job_files=5)
PNG = b"\x89PNG\r\n\x1a\n"


def zipped(*entries: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def refused(*files: File, limits: ServiceLimits = LIMITS) -> str:
    with pytest.raises(Problem) as caught:
        unpack(files, limits)
    return caught.value.kind


def test_files_come_in_order_those_of_archives_among_them() -> None:
    archive = zipped(("b.png", PNG + b"2"), ("folder/a.png", PNG + b"3"))
    found = unpack([File("first", PNG + b"1"), File("x.zip", archive), File("last", PNG + b"4")], LIMITS)
    assert [file.name for file in found] == ["first", "b.png", "folder/a.png", "last"]
    assert [file.data[-1:] for file in found] == [b"1", b"2", b"3", b"4"]


def test_what_systems_add_is_left_out() -> None:
    archive = zipped(("__MACOSX/._a.png", b"x"), (".DS_Store", b"x"), ("folder/", b""), ("a.png", PNG))
    assert [file.name for file in unpack([File("x", archive)], LIMITS)] == ["a.png"]


def test_names_are_never_paths() -> None:
    archive = zipped(("../../etc/cron.d/x", PNG), ("/abs", PNG), ("a\x00b", PNG))
    names = [file.name for file in unpack([File("x", archive)], LIMITS)]
    assert names[:2] == ["../../etc/cron.d/x", "/abs"], "kept as words, used for nothing"
    assert all(name.isprintable() for name in names)


def test_bombs_do_not_go_off() -> None:
    bomb = zipped(("bomb", b"\x00" * 10_000_000))
    assert len(bomb) < 20_000
    assert refused(File("x", bomb)) == "body-too-large"
    assert refused(File("x", zipped(*[(str(n), b"\x00" * 40_000) for n in range(4)]))) == "body-too-large"


def test_an_archive_in_an_archive_stays_closed() -> None:
    (inner,) = unpack([File("x", zipped(("inner.zip", zipped(("a.png", PNG)))))], LIMITS)
    assert inner.data.startswith(b"PK"), "it is answered as a file that is no picture"


def test_a_lie_about_the_size_changes_nothing() -> None:
    archive = bytearray(zipped(("bomb", b"\x00" * 10_000_000)))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = archive.find(signature) + offset
        archive[place : place + 4] = struct.pack("<I", 10)
    assert refused(File("x", bytes(archive))) in ("body-too-large", "unreadable-file")


def test_overlapping_entries_count_each_time() -> None:
    """A zip bomb without recursion: many entries of the directory share one body."""
    body = b"\x00" * 40_000
    archive = zipped(("a", body))
    local_end = archive.find(b"PK\x01\x02")
    entry = archive[local_end : archive.find(b"PK\x05\x06")]
    count = 50
    directory = entry * count
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(directory), local_end, 0)
    assert refused(File("x", archive[:local_end] + directory + end)) in ("body-too-large", "unreadable-file")


@pytest.mark.parametrize(
    ("archive", "kind"),
    [
        (b"PK\x03\x04" + b"\x00" * 100, "unreadable-file"),
        (zipped(("a.png", PNG))[:-10], "unreadable-file"),
        (zipped(), "unreadable-file"),
        (zipped((".hidden", b"x")), "unreadable-file"),
        (zipped(*[(f"{n}.png", PNG) for n in range(6)]), "too-many-files"),
        (zipped(*[(f"{n}" * 200, b"") for n in range(6000)], compression=zipfile.ZIP_STORED), "too-many-files"),
    ],
    ids=["head only", "cut", "empty", "nothing visible", "six files", "long directory"],
)
def test_archives_that_are_not_taken(archive: bytes, kind: str) -> None:
    assert refused(File("x", archive)) == kind


def test_a_locked_archive_says_so() -> None:
    archive = bytearray(zipped(("a.png", PNG)))
    archive[6] |= 1
    archive[archive.find(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(Problem, match="password"):
        unpack([File("x", bytes(archive))], LIMITS)


@given(st.binary(max_size=200), st.integers(0, 300), st.integers(0, 255))
def test_broken_archives_are_problems(rest: bytes, place: int, value: int) -> None:
    archive = bytearray(zipped(("a.png", PNG), ("b.png", rest)))
    archive[place % len(archive)] = value
    try:
        unpack([File("x", bytes(archive))], LIMITS)
    except Problem as problem:
        assert problem.status < 500  # noqa: PT017
