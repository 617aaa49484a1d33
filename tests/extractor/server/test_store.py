"""Jobs in SQLite: nothing is lost, nothing is answered twice, and what is deleted is gone from the disk."""

import random
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from extractor.errors import UsageError
from extractor.server.problems import Problem
from extractor.server.sealing import Sealer, new_data_key, parse_key
from extractor.server.store import JobStore, QueuedFile
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


def waiting_in(store: JobStore) -> QueuedFile:
    """The next file to be read."""
    waiting = store.next_waiting()
    assert waiting is not None
    return waiting


def answer_all(store: JobStore, content: Any = None) -> int:
    count = 0
    while (waiting := store.next_waiting()) is not None:
        assert store.answer(waiting, content or {"result": {"surname": READ}})
        count += 1
    return count


def test_the_folder_belongs_to_one_process(store: JobStore, tmp_path: Path) -> None:
    """Two would give the same slots to their keys, and each would erase the other's jobs."""
    job = store.create("", REQUEST, files(1))
    with closing(JobStore(tmp_path / "data", Sealer(None), 10_000_000)) as other:
        with pytest.raises(Problem, match="another extract-server"):
            other.create("", REQUEST, files(1))
        store.close()
        assert other.state(job, "").total == 1


def test_a_job_is_read_in_order_and_then_finished(store: JobStore) -> None:
    job = store.create("", REQUEST, files())
    assert store.state(job, "").done == 0
    for seq in (1, 2, 3):
        assert store.state(job, "").finished is None
        queued = waiting_in(store)
        waiting = store.load(queued)
        assert (queued.seq, waiting.picture, waiting.request) == (seq, SHOWN * 200, REQUEST)
        assert store.answer(queued, {"result": {"n": seq}})
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
    waiting = waiting_in(store)
    assert store.answer(waiting, {"result": {"n": 1}})
    assert not store.answer(waiting, {"result": {"n": 2}})
    assert store.answers(job, "")[0][1]["result"] == {"n": 1}


def test_an_answer_for_a_deleted_job_goes_nowhere(store: JobStore) -> None:
    job = store.create("", REQUEST, files(1))
    waiting = waiting_in(store)
    store.delete(job, "")
    assert not store.answer(waiting, {"result": {"surname": READ}})
    assert READ.encode() not in on_disk(store.path.parent)


def test_attempts_are_counted_across_restarts(store: JobStore) -> None:
    store.create("", REQUEST, files(1))
    waiting = waiting_in(store)
    store.count_attempt(waiting)
    store.close()
    again = waiting_in(store)
    assert again.attempts == 1


@pytest.mark.parametrize("owner", ["", "clinic"])
def test_another_owners_job_does_not_exist(store: JobStore, owner: str) -> None:
    job = store.create("bank", REQUEST, files(1))
    for call in (store.state, store.answers, store.delete):
        with pytest.raises(Problem) as caught:
            call(job, owner)
        assert caught.value.kind == "unknown-job"
    assert store.state(job, "bank").total == 1


def keys_of(store: JobStore) -> list[bytes]:
    """The keys that are there now."""
    return [key for slot in range(100) if store._keys is not None and (key := store._keys.key(slot)) is not None]


def test_a_picture_is_gone_once_it_is_read(store: JobStore) -> None:
    """Its key is overwritten: whatever SQLite and the disk still hold of it, nobody can open any more."""
    job = store.create("", REQUEST, files(2))
    before = keys_of(store)
    assert len(before) == 3
    assert not any(word in on_disk(store.path.parent) for word in (SHOWN, NAME.encode(), b"schema"))
    queued = waiting_in(store)
    store.answer(queued, {"result": {"surname": READ}})
    gone = set(before) - set(keys_of(store))
    assert len(gone) == 1
    assert not any(key in on_disk(store.path.parent) for key in gone)
    assert READ.encode() not in on_disk(store.path.parent)
    assert store.answers(job, "")[0][1]["result"] == {"surname": READ}


@pytest.mark.parametrize("finished", [False, True])
def test_a_deleted_job_leaves_nothing_on_the_disk(store: JobStore, finished: bool) -> None:
    job = store.create("", REQUEST, files())
    before = keys_of(store)
    if finished:
        answer_all(store)
    store.delete(job, "")
    assert keys_of(store) == []
    while store.shrink():
        pass
    left = on_disk(store.path.parent)
    assert not any(word in left for word in (SHOWN, READ.encode(), NAME.encode(), job.encode(), *before))


def test_nothing_of_a_job_that_was_refused_or_cut_off_stays(store: JobStore, tmp_path: Path) -> None:
    """A transaction that is larger than SQLite's cache is on the disk before it is rolled back."""
    store.check()
    connection = store._opened()
    connection.execute("PRAGMA max_page_count = 500").fetchall()
    with pytest.raises(Problem):
        store.create("", REQUEST, [File("more", SHOWN * 200_000)])
    assert keys_of(store) == []
    assert SHOWN not in on_disk(store.path.parent)
    # As a process leaves it that was killed between the keys and the rows.
    assert store._keys is not None
    store._keys.new(7)
    store.close()
    store.check()
    assert keys_of(store) == []


@pytest.mark.parametrize("seed", range(3))
def test_in_the_long_run_there_are_keys_for_what_is_there_and_for_nothing_else(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    store = JobStore(tmp_path / "data", Sealer(None), 10_000_000)
    jobs: dict[str, int] = {}
    for _ in range(120):
        move = chance.random()
        if move < 0.4:
            count = chance.randint(1, 4)
            jobs[store.create("", REQUEST, [File(NAME, SHOWN * chance.randint(1, 900)) for _ in range(count)])] = count
        elif move < 0.75 and (queued := store.next_waiting()) is not None:
            store.answer(queued, {"result": {"surname": READ * chance.randint(1, 500)}})
        elif move < 0.9 and jobs:
            store.delete(chance.choice(list(jobs)), "")
            jobs = {job: count for job, count in jobs.items() if store_has(store, job)}
        else:
            store.close()
            store.check()
        waiting = store.counts()["queued"]
        assert len(keys_of(store)) == len(jobs) + waiting
    for job in jobs:
        assert [line["file"] for _, line in store.answers(job, "")] == [NAME] * store.state(job, "").done
    store.close()


def store_has(store: JobStore, job: str) -> bool:
    try:
        return bool(store.state(job, "").total)
    except Problem:
        return False


def test_room_is_given_back_to_the_disk(store: JobStore) -> None:
    job = store.create("", REQUEST, [File(NAME, secrets.token_bytes(3_000_000)) for _ in range(3)])
    kept = store.create("", REQUEST, files(1))
    assert store.path.stat().st_size + store.path.with_name("jobs.sqlite3-wal").stat().st_size > 9_000_000
    store.delete(job, "")
    steps = 1
    while store.shrink():
        steps += 1
    assert 1 <= steps < 5
    assert store.path.stat().st_size < 100_000
    assert store.path.with_name("jobs.sqlite3-wal").stat().st_size == 0
    assert store.state(kept, "").total == 1


# Rows that somebody or something changed


def changed(store: JobStore, column: str, value: Any, which: str = "seq = 1") -> None:
    """The column of a file's or job's row with another value, as another program would write it."""
    table = "jobs" if column in ("request", "created", "finished", "jobs.slot") else "files"
    store._opened().execute(f"UPDATE {table} SET {column.rpartition('.')[2]} = ? WHERE {which}", (value,))


BAD = [None, b"", b"\x00{}", "text", 5, 1.5, b"\x00" * 500]


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("column", ["picture", "slot"])
def test_a_damaged_file_costs_itself_only(store: JobStore, column: str, value: Any) -> None:
    job = store.create("", REQUEST, files(2))
    changed(store, column, value)
    first = waiting_in(store)
    with pytest.raises(Problem) as caught:
        store.load(first)
    assert caught.value.kind == "storage-damaged"
    assert store.answer(first, {"problem": {}})
    second = waiting_in(store)
    assert store.load(second).picture == SHOWN * 200
    assert [line.get("problem") for _, line in store.answers(job, "")] == [{}]


@pytest.mark.parametrize("value", [value for value in BAD if value is not None])
@pytest.mark.parametrize("column", ["request", "jobs.slot", "attempts", "created"])
def test_a_damaged_job_costs_itself_only(store: JobStore, column: str, value: Any) -> None:
    job = store.create("", REQUEST, files(1))
    later = store.create("", REQUEST, files(1))
    changed(store, column, value, "number = 1" if column != "attempts" else "job = 1")
    queued = waiting_in(store)
    assert isinstance(queued.attempts, int)
    if column in ("request", "jobs.slot"):
        with pytest.raises(Problem):
            store.load(queued)
    assert store.answer(queued, {"result": {}})
    assert store.state(job, "").done == 1
    assert store.answers(job, "")[0][1]["seq"] == 1
    behind = waiting_in(store)
    assert behind.job_id == later


@pytest.mark.parametrize("data_key", [None, parse_key(new_data_key())], ids=["without a data key", "with one"])
@pytest.mark.parametrize("value", [b'\x00{"result":{"surname":"FORGED"}}', b'{"result":{"surname":"FORGED"}}', "{}", 5])
def test_a_forged_answer_is_not_given(tmp_path: Path, data_key: bytes | None, value: Any) -> None:
    store = JobStore(tmp_path, Sealer(data_key), 10_000_000)
    job = store.create("", REQUEST, files(2))
    answer_all(store)
    changed(store, "answer", value)
    changed(store, "name", value)
    lines = [line for _, line in store.answers(job, "")]
    assert lines[0]["problem"]["type"] == "/problems/storage-damaged"
    assert lines[0]["file"] == "unnamed"
    assert lines[1]["result"] == {"surname": READ}
    store.close()


def test_answers_cannot_be_swapped(store: JobStore) -> None:
    job = store.create("", REQUEST, files(2))
    answer_all(store)
    store._opened().execute("UPDATE files SET answer = (SELECT answer FROM files WHERE seq = 2)")
    lines = [line for _, line in store.answers(job, "")]
    assert ["problem" in line for line in lines] == [True, False]


def test_a_file_whose_answer_cannot_be_stored_is_left_aside(store: JobStore) -> None:
    store.create("", REQUEST, files(2))
    first = waiting_in(store)
    store.skip(first)
    second = waiting_in(store)
    assert second.seq == 2


def test_results_age(store: JobStore) -> None:
    job = store.create("", REQUEST, files(1))
    waits = store.create("", REQUEST, files(1))
    waiting = waiting_in(store)
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
    waiting = waiting_in(store)
    store.answer(waiting, {"result": {"surname": READ}})
    written = on_disk(tmp_path)
    assert not any(word in written for word in (SHOWN, READ.encode(), NAME.encode(), b'"schema"'))
    assert store.answers(job, "")[0][1]["result"] == {"surname": READ}
    store.close()
    for other in (None, parse_key(new_data_key())):
        closed = JobStore(tmp_path, Sealer(other), 10_000_000)
        with pytest.raises(UsageError, match="data key"):
            closed.check()


def test_jobs_are_never_taken_over_by_another_data_key(tmp_path: Path) -> None:
    """Or somebody could replace the whole store by one without a key, and have it taken for this one."""
    plain = JobStore(tmp_path, Sealer(None), 10_000_000)
    job = plain.create("", REQUEST, files(1))
    plain.close()
    key = parse_key(new_data_key())
    with pytest.raises(UsageError, match="data key"):
        JobStore(tmp_path, Sealer(key), 10_000_000).check()
    plain.delete(job, "")
    plain.close()
    sealed = JobStore(tmp_path, Sealer(key), 10_000_000)
    sealed.create("", REQUEST, files(1))
    sealed.close()
    with pytest.raises(UsageError, match="data key"):
        JobStore(tmp_path, Sealer(None), 10_000_000).check()


def test_jobs_of_another_version_are_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite3")) as other:
        other.execute("CREATE TABLE jobs (id TEXT)")
    with pytest.raises(UsageError, match="another version"):
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
    assert len(keys_of(store)) == 2
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
