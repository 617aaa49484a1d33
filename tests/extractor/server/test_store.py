"""Jobs in SQLite: nothing is lost, nothing is answered twice, and what is deleted is gone from the disk."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extractor.errors import UsageError
from extractor.server.problems import Problem
from extractor.server.sealing import Sealer, new_data_key, parse_key
from extractor.server.store import JobStore
from extractor.server.uploads import File

REQUEST = {"schema": "auto", "engine": "auto", "evidence": False}
NAME, SHOWN, READ = "Reisepass Müller.png", b"PICTURE-OF-A-PERSON", "LÜDENSCHEIDT"


def files(count: int = 3) -> list[File]:
    return [File(NAME, SHOWN * 200) for _ in range(count)]


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    store = JobStore(tmp_path / "data", Sealer(None), 10_000_000)
    yield store
    store.close()


def answer_all(store: JobStore, told: Any = None) -> int:
    count = 0
    while (waiting := store.next_waiting()) is not None:
        assert store.answer(waiting, told or {"result": {"surname": READ}})
        count += 1
    return count


def test_a_job_is_read_in_order_and_then_finished(store: JobStore) -> None:
    job = store.create("", REQUEST, files())
    assert store.state(job, "").done == 0
    for seq in (1, 2, 3):
        assert store.state(job, "").finished is None
        waiting = store.next_waiting()
        assert waiting is not None
        assert (waiting.seq, waiting.picture, waiting.request) == (seq, SHOWN * 200, REQUEST)
        assert store.answer(waiting, {"result": {"n": seq}})
    state = store.state(job, "")
    assert (state.total, state.done) == (3, 3)
    assert state.finished is not None
    assert [line for _, line in store.answers(job, "")] == [
        {"seq": seq, "file": NAME, "result": {"n": seq}} for seq in (1, 2, 3)
    ]
    assert [seq for seq, _ in store.answers(job, "", after=1, most=1)] == [2]


def test_jobs_wait_behind_each_other(store: JobStore) -> None:
    first, second = store.create("", REQUEST, files(1)), store.create("", REQUEST, files(1))
    order = []
    while (waiting := store.next_waiting()) is not None:
        order.append(waiting.job_id)
        store.answer(waiting, {"result": {}})
    assert order == [first, second]
    assert store.counts() == {"queued": 0, "done": 2}


def test_a_second_answer_changes_nothing(store: JobStore) -> None:
    job = store.create("", REQUEST, files(1))
    waiting = store.next_waiting()
    assert waiting is not None
    assert store.answer(waiting, {"result": {"n": 1}})
    assert not store.answer(waiting, {"result": {"n": 2}})
    assert store.answers(job, "")[0][1]["result"] == {"n": 1}


def test_an_answer_for_a_deleted_job_goes_nowhere(store: JobStore) -> None:
    job = store.create("", REQUEST, files(1))
    waiting = store.next_waiting()
    assert waiting is not None
    store.delete(job, "")
    assert not store.answer(waiting, {"result": {"surname": READ}})
    assert READ.encode() not in on_disk(store.path.parent)


def test_attempts_are_counted_across_restarts(store: JobStore) -> None:
    store.create("", REQUEST, files(1))
    waiting = store.next_waiting()
    assert waiting is not None
    store.count_attempt(waiting)
    store.close()
    again = store.next_waiting()
    assert again is not None
    assert again.attempts == 1


@pytest.mark.parametrize("owner", ["", "clinic"])
def test_another_owners_job_does_not_exist(store: JobStore, owner: str) -> None:
    job = store.create("bank", REQUEST, files(1))
    for call in (store.state, store.answers, store.delete):
        with pytest.raises(Problem) as caught:
            call(job, owner)
        assert caught.value.kind == "unknown-job"
    assert store.state(job, "bank").total == 1


def test_a_picture_is_gone_once_it_is_read(store: JobStore) -> None:
    store.create("", REQUEST, files(1))
    assert SHOWN in on_disk(store.path.parent)
    answer_all(store)
    store.close()
    assert SHOWN not in on_disk(store.path.parent)


@pytest.mark.parametrize("finished", [False, True])
def test_a_deleted_job_leaves_nothing_on_the_disk(store: JobStore, finished: bool) -> None:
    job = store.create("", REQUEST, files())
    if finished:
        answer_all(store)
        assert READ.encode() in on_disk(store.path.parent)
    store.delete(job, "")
    left = on_disk(store.path.parent)
    assert not any(word in left for word in (SHOWN, READ.encode(), NAME.encode(), job.encode()))


def test_results_age(store: JobStore) -> None:
    job = store.create("", REQUEST, files(1))
    waits = store.create("", REQUEST, files(1))
    waiting = store.next_waiting()
    assert waiting is not None
    store.answer(waiting, {"result": {"surname": READ}})
    finished = store.state(job, "").finished
    assert finished is not None
    assert store.delete_finished_before(finished) == 0
    assert store.delete_finished_before(finished + 1) == 1
    assert store.state(waits, "").total == 1, "what nobody has read yet does not age"
    assert READ.encode() not in on_disk(store.path.parent)


def test_everything_is_encrypted_with_a_key(tmp_path: Path) -> None:
    key = parse_key(new_data_key())
    store = JobStore(tmp_path, Sealer(key), 10_000_000)
    job = store.create("", REQUEST, files(2))
    waiting = store.next_waiting()
    assert waiting is not None
    store.answer(waiting, {"result": {"surname": READ}})
    written = on_disk(tmp_path)
    assert not any(word in written for word in (SHOWN, READ.encode(), NAME.encode(), b'"schema"'))
    assert store.answers(job, "")[0][1]["result"] == {"surname": READ}
    store.close()
    for other in (None, parse_key(new_data_key())):
        closed = JobStore(tmp_path, Sealer(other), 10_000_000)
        with pytest.raises(UsageError, match="data key"):
            closed.check()


def test_a_key_can_be_given_later_and_not_be_left_out_again(tmp_path: Path) -> None:
    plain = JobStore(tmp_path, Sealer(None), 10_000_000)
    job = plain.create("", REQUEST, files(1))
    plain.close()
    sealed = JobStore(tmp_path, Sealer(parse_key(new_data_key())), 10_000_000)
    assert answer_all(sealed) == 1
    assert sealed.answers(job, "")[0][1]["result"] == {"surname": READ}
    sealed.close()
    with pytest.raises(UsageError, match="data key"):
        JobStore(tmp_path, Sealer(None), 10_000_000).check()


def test_the_folder_is_its_owners_only(store: JobStore) -> None:
    store.create("", REQUEST, files(1))
    assert store.path.parent.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in store.path.parent.iterdir())


def test_jobs_hold_no_more_than_they_may(tmp_path: Path) -> None:
    store = JobStore(tmp_path, Sealer(None), 200_000)
    with pytest.raises(Problem) as caught:
        store.create("", REQUEST, [File("large", b"x" * 200_000)])
    assert caught.value.kind == "storage-full"
    job = store.create("", REQUEST, [File("small", b"x" * 100_000)])
    with pytest.raises(Problem):
        store.create("", REQUEST, [File("small", b"x" * 100_000)])
    store.delete(job, "")
    assert store.create("", REQUEST, [File("small", b"x" * 100_000)])
    store.close()


def test_a_damaged_file_is_said_and_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "jobs.sqlite3").write_bytes(b"this is no database" * 100)
    store = JobStore(tmp_path, Sealer(None), 10_000_000)
    with pytest.raises(Problem, match="damaged"):
        store.check()
    assert b"no database" in (tmp_path / "jobs.sqlite3").read_bytes()


def test_a_full_disk_is_a_problem_and_loses_nothing(store: JobStore) -> None:
    """The file may not grow any more, as on a disk without room: SQLite's own limit stands for the disk's."""
    job = store.create("", REQUEST, files(1))
    connection = store._opened()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    with pytest.raises(Problem) as caught:
        store.create("", REQUEST, [File("more", b"x" * 100_000)])
    assert (caught.value.kind, caught.value.status) == ("storage-full", 507)
    connection.execute("PRAGMA max_page_count = 100000").fetchall()
    assert store.state(job, "").total == 1
    assert store.counts() == {"queued": 1, "done": 0}, "half a job would be no job"
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_it_survives_being_written_by_nobody_else(store: JobStore) -> None:
    """Another program that holds the file makes a call wait and then say so; it does not break it."""
    store.check()
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store._opened().execute("PRAGMA busy_timeout = 50").fetchall()
    with pytest.raises(Problem) as caught:
        store.check()
    assert caught.value.kind == "storage-unavailable"
    other.execute("COMMIT")
    other.close()
    store.check()
