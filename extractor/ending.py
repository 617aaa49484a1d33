"""How a command ends: whatever goes wrong is one line on stderr and an exit code, the same way for every command."""

from __future__ import annotations

import argparse
import errno
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from extractor.errors import ExtractorError
from extractor.inputs import one_line
from extractor.writing import OutputError, Stdout, silence_stdout

#: What asks a run to stop: Ctrl-C, a service manager, a terminal that is closed.
_STOPPING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Parser(argparse.ArgumentParser):
    """argparse, whose epilogue keeps its lines, and whose help and version fail as other output does where stdout takes
    nothing."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"formatter_class": argparse.RawDescriptionHelpFormatter, **given})

    def _print_message(self, message: str, file: Any = None) -> None:
        if file is sys.stdout:
            Stdout().write(message)
        else:
            super()._print_message(message, file)


def at_least(least: int) -> Callable[[str], int]:
    """A kind of argument: a whole number, from the least one on."""

    def number(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} on")

    return number


def between(least: float, most: float = math.inf) -> Callable[[str], float]:
    """A kind of argument: a number from `least` to `most`, that has an end."""

    def number(text: str) -> float:
        with suppress(ValueError):
            if least <= (found := float(text)) <= most and math.isfinite(found):
                return found
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number from {least:g} " + (f"to {most:g}" if math.isfinite(most) else "on")
        )

    return number


def above_zero(text: str) -> float:
    """A kind of argument: a number above zero that has an end."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if 0 < number < math.inf:
        return number
    raise argparse.ArgumentTypeError(f"{text!r} is no number above zero")


def ended(command: str, run: Callable[[], int], *, stops: Stops | None = None, stopped: str = "stopped") -> int:
    """What `run` returns, or the exit code of what went wrong, which is said in one line.

    The program's own errors give their message, the system's the file and the reason. Any other gives only its type and
    place, since its text may quote a document. SystemExit, as argparse raises it, passes once its text is written.
    """
    try:
        with stops.watched() if stops else nullcontext():
            code = run()
        _write_out()
        return code
    except ExtractorError as error:
        say(str(error), command)
        return error.exit_code
    except KeyboardInterrupt:
        say(stopped, command)
        return (stops.exit_code if stops else 0) or 130
    except SystemExit:
        try:
            _write_out()
        except OutputError as error:
            say(str(error), command)
            return error.exit_code
        raise
    except OSError as error:
        failure = _failure_of_stdout(error) if error.filename is None else None
        say(str(failure or _reason(error)), command)
        return failure.exit_code if failure else ExtractorError.exit_code
    except Exception as error:
        say(internal(error), command)
        return ExtractorError.exit_code


def say(text: str, command: str = "extract") -> None:
    """One line on stderr; where that is closed too, the exit code has to do."""
    with suppress(OSError, ValueError, AttributeError):
        print(f"{command}: {one_line(text)}", file=sys.stderr, flush=True)  # noqa: T201


def internal(error: BaseException) -> str:
    """What a report needs of an unforeseen error: its type and place. Its text may quote the document."""
    return f"internal error ({type(error).__name__} at {place(error.__traceback__)}); please report it"


def place(trace: TracebackType | None) -> str:
    """Where an exception arose, `file.py:line`."""
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "unknown"


def _reason(error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    return reason if error.filename is None else f"{os.fsdecode(str(error.filename))}: {reason}"


def _write_out() -> None:
    """Writes what is still buffered, on which Python would fail after this program. Raises OutputError."""
    if failure := _failure_of_stdout():
        raise failure


def _failure_of_stdout(known: OSError | None = None) -> OutputError | None:
    try:
        if known is not None and known.errno == errno.EPIPE:
            raise known
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError) as error:  # ValueError: the stream object is closed
        silence_stdout()
        reason = error.strerror if isinstance(error, OSError) else "it is closed"
        return OutputError(f"stdout cannot be written: {reason}")
    return None


class Stops:
    """Signals that ask to stop as KeyboardInterrupt, never in the middle of writing; a second one ends the process."""

    def __init__(self) -> None:
        self.exit_code = 0
        self._held = self._waits = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While it lasts, signals are heard. Only the main thread can; others are left as they are."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {}
        for number in _STOPPING:
            # One that is ignored, as under nohup, stays ignored.
            if (now := signal.getsignal(number)) is not signal.SIG_IGN:
                before[number] = now
                signal.signal(number, self._heard)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _heard(self, number: int, _frame: Any) -> None:
        if self.exit_code:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.exit_code = 128 + number
        if self._held:
            self._waits = True
        else:
            raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """While it lasts, a signal waits."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._waits:
            self._waits = False
            raise KeyboardInterrupt
