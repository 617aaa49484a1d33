"""Keys that are overwritten where they stand."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from extractor.server.keyring import KeyRing

Opened = Callable[[], KeyRing]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def opened(path: Path) -> Iterator[Opened]:
    """`opened()`: the keys of the file, as a process that is started finds them after the one before has ended."""
    with ExitStack() as stack:

        def make() -> KeyRing:
            stack.pop_all().close()
            ring = KeyRing(path)
            stack.callback(ring.close)
            return ring

        yield make


def test_keys_survive_and_are_all_different(path: Path, opened: Opened) -> None:
    made = opened().new(100)
    assert len({key for _, key in made}) == len({slot for slot, _ in made}) == 100
    again = opened()
    assert all(again.key(slot) == key for slot, key in made)
    assert path.stat().st_mode & 0o077 == 0


def test_a_second_process_does_not_get_at_them(path: Path, opened: Opened) -> None:
    """Two that wrote into the same slots would erase each other's keys, and with them jobs."""
    ring = opened()
    (made,) = ring.new(1)
    with pytest.raises(BlockingIOError):
        KeyRing(path)
    assert ring.key(made[0]) == made[1]


def test_an_erased_key_is_in_the_file_no_more_and_its_slot_is_used_again(path: Path, opened: Opened) -> None:
    ring = opened()
    made = dict(ring.new(5))
    ring.erase([1, 3])
    written = path.read_bytes()
    assert [made[slot] in written for slot in range(5)] == [True, False, True, False, True]
    assert (ring.key(1), ring.key(2)) == (None, made[2])
    assert sorted(slot for slot, _ in ring.new(3)) == [1, 3, 5]


def test_keys_that_nobody_needs_are_erased_at_the_start(opened: Opened) -> None:
    made = dict(opened().new(4))
    ring = opened()
    ring.keep_only({2, "damaged", None, 10**12})
    assert [ring.key(slot) for slot in range(4)] == [None, None, made[2], None]
    assert sorted(slot for slot, _ in ring.new(4)) == [0, 1, 3, 4]


@pytest.mark.parametrize("slot", [-1, 5, 10**12, None, "1", 1.5, b"1"])
def test_what_is_no_slot_has_no_key_and_is_not_written_to(path: Path, opened: Opened, slot: object) -> None:
    ring = opened()
    ring.new(2)
    assert ring.key(slot) is None
    if isinstance(slot, int):
        ring.erase([slot])
        assert path.stat().st_size == 64


def test_a_file_that_was_cut_off_has_the_keys_that_are_left(path: Path, opened: Opened) -> None:
    made = opened().new(3)
    path.write_bytes(path.read_bytes()[:40])
    ring = opened()
    assert [ring.key(slot) for slot in range(3)] == [made[0][1], None, None]
