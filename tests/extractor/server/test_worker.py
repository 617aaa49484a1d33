"""What runs in an engine's process: problems without texts of strangers, limits, silence."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

import pytest

from extractor.errors import CheckpointError, ExtractorError, NoDocumentError, SchemaError, UnreadableInputError
from extractor.server import worker

from .fake_reader import SECRET, picture
from .services import FAKE, HERE, wait_for

REQUEST = {"op": "extract", "schema": "passport", "files": 1}


@pytest.fixture
def connection() -> Iterator[Connection]:
    """The service's end of a worker's pipe."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    options = {"engine": "embedded"}
    process = context.Process(target=worker.run, args=(theirs, FAKE, options, 2**31), daemon=True)
    process.start()
    theirs.close()
    assert json.loads(ours.recv_bytes())["ready"]
    yield ours
    ours.close()
    process.join(10)
    assert process.exitcode == 0, "a closed pipe ends it"


def ask(connection: Connection, file: bytes) -> Any:
    connection.send_bytes(json.dumps(REQUEST).encode())
    connection.send_bytes(file)
    return json.loads(connection.recv_bytes())


def test_it_answers_and_says_how_large_it_is(connection: Connection) -> None:
    answer = ask(connection, picture())
    assert answer["result"]["document"]["surname"] == "ERIKSSON"
    assert 1_000_000 < answer["bytes"] < 2**31


def test_its_memory_is_bounded(connection: Connection) -> None:
    answer = ask(connection, picture("memory"))
    assert answer["problem"] == "unreadable-file"
    assert "memory" in answer["detail"]


def test_a_strangers_exception_is_told_by_type_and_place(connection: Connection) -> None:
    answer = ask(connection, picture("secret"))
    assert (answer["problem"], answer["error"]) == ("internal-error", "ValueError")
    assert answer["place"].startswith("fake_reader.py:")
    assert SECRET not in json.dumps(answer, ensure_ascii=False)


def test_our_own_exceptions_are_told_with_their_text() -> None:
    kinds = {
        NoDocumentError: "no-document",
        SchemaError: "invalid-schema",
        CheckpointError: "engine-unavailable",
        UnreadableInputError: "unreadable-file",
        ExtractorError: "unreadable-file",
    }
    for error, kind in kinds.items():
        assert worker._problem(error("a plain line")) == {"problem": kind, "detail": "a plain line"}


def test_it_ends_with_its_parent() -> None:
    """However the service ends, no process that holds a document stays behind."""
    code = (
        "import multiprocessing, sys, time\n"
        "from extractor.server import worker\n"
        "if __name__ == '__main__':\n"
        "    context = multiprocessing.get_context('spawn')\n"
        "    ours, theirs = context.Pipe()\n"
        f"    p = context.Process(target=worker.run, args=(theirs, {FAKE!r}, {{'engine': 'embedded'}}, 2**31))\n"
        "    p.start(); theirs.close(); ours.recv_bytes()\n"
        "    print(p.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    script = f"import sys; sys.path.insert(0, {str(HERE)!r})\n{code}"
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait(10)
    parent.stdout.close()

    def gone() -> bool:
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return True
        with open(f"/proc/{child}/stat", encoding="ascii") as state:
            return state.read().split(")")[1].split()[0] == "Z"  # ended, and nobody has asked how

    wait_for(gone, 5.0)
