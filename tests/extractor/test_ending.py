"""A command ends in one line and an exit code, whatever goes wrong, and its last words quote no document."""

import argparse
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from extractor.checkpoints import find_default_checkpoint
from extractor.ending import Parser, Stops, between, ended
from extractor.errors import NoDocumentError, UsageError
from extractor.server.__main__ import build_parser, settings_from
from extractor.server.settings import state_folder
from extractor.shell import install

from ..tables import each

VALUE = "UNDERHILL"


def raises(error: BaseException) -> Callable[[], int]:
    def run() -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (NoDocumentError("not a document"), 4, "not a document"),
        (PermissionError(errno.EACCES, "Permission denied", "results.jsonl"), 3, "results.jsonl: Permission denied"),
        (OSError(errno.ENOSPC, "No space left on device"), 3, "No space left on device"),
        (ValueError(VALUE), 3, "internal error (ValueError at test_ending.py:"),
        (RecursionError(VALUE), 3, "internal error (RecursionError at"),
        (KeyboardInterrupt(), 130, "stopped"),
    ],
)
def test_whatever_goes_wrong(capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str) -> None:
    assert ended("extract", raises(error)) == code
    told = capsys.readouterr().err
    assert told.startswith(f"extract: {said}")
    assert told.count("\n") == 1
    assert VALUE not in told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_with_their_own_code(number: int) -> None:
    def killed() -> int:
        os.kill(os.getpid(), number)
        return 0

    # A hangup is ignored under nohup, by the tests too.
    before = signal.signal(number, signal.default_int_handler)
    try:
        assert ended("extract", killed, stops=Stops()) == 128 + number
    finally:
        signal.signal(number, before)


def test_wrong_arguments_are_argparse_s_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        ended("extract", lambda: len(vars(Parser(prog="extract").parse_args(["--nonsense"]))))
    assert (caught.value.code, "unrecognized arguments" in capsys.readouterr().err) == (2, True)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
@pytest.mark.parametrize(
    "call",
    [
        "extractor.cli:main:--list-schemas",
        "extractor.server.__main__:main:--help",
        "extractor.server.__main__:main:--new-data-key",
        "extractor.batch.command:main:--version",
        "extractor.server.mcp:main:--help",
        "eval.run:main:--help",
        "extractor.shell:main:man:extract",
    ],
)
def test_a_stdout_that_is_full_is_one_line(call: str) -> None:
    module, name, *arguments = call.split(":")
    code = f"import sys; from {module} import {name}; sys.exit({name}({arguments}))"
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "stdout cannot be written: No space left on device" in done.stderr


def test_a_user_without_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As containers with a number of their own choice have: nothing is read from there, and what needs one says so."""
    import pwd

    def unknown(_number: int) -> None:
        raise KeyError

    for name in ("HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert find_default_checkpoint()[0] is None
    for needs in (state_folder, lambda: install(Parser(prog="extract"), "bash")):
        with pytest.raises(UsageError, match="this user has no home"):
            needs()
    assert settings_from(build_parser().parse_args(["--data", str(tmp_path)])).data == tmp_path


@each("text", ["nan", "inf", "-1", "1.1", "x", ""])
def test_a_share_is_a_number_from_0_to_1(text: str) -> None:
    assert between(0, 1)("0.5") == 0.5
    with pytest.raises(argparse.ArgumentTypeError, match="is no number from 0 to 1"):
        between(0, 1)(text)
