"""Completion in real shells, and the manual page."""

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import pytest

from extractor.cli import main
from extractor.cli_options import build_parser
from extractor.shell import SHELLS, completion, install, man_page

from ..absent import absent

ROOT = Path(__file__).parents[2]


def run(command: list[str], script: Path) -> str:
    if not shutil.which(command[0]):
        absent(f"needs {command[0]}; run: apt-get install {command[0]}")
    done = subprocess.run([*command, str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


#: How each shell is started by itself, with the completion that was installed in a home of its own.
STARTED = {
    "bash": ("bash", "--noprofile", "--rcfile", "rc", "-i"),
    "zsh": ("zsh", "-i"),
    "fish": ("fish", "-i"),
}
#: What is typed before the tabulator, and what the command is then given.
TYPED = {
    "extract --sche": ["--schema"],
    "extract --schema driv": ["--schema", "driving_licence"],
    "extract --schema my_sch": ["--schema", "my_schemas.py"],
    "extract --format ta": ["--format", "table"],
    "extract --format my_sch": ["--format", "my_sch"],  # no file
    "extract --engine emb": ["--engine", "embedded"],
    "extract --output a": ["--output", "a passport.jpg"],
    "extract a": ["a passport.jpg"],
}


def test_a_real_shell_completes_what_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In terminals, all at once: a line is typed, the tabulator pressed, and the command tells what it was given."""
    for shell in SHELLS:
        if not shutil.which(shell):
            absent(f"needs {shell}; run: apt-get install {shell}")
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    targets = {shell: install(build_parser(), shell) for shell in SHELLS}
    # Without this folder fish makes completions of all manual pages first.
    (tmp_path / "XDG_DATA_HOME" / "fish" / "generated_completions").mkdir(parents=True)
    with ThreadPoolExecutor(len(SHELLS)) as pool:
        results = pool.map(lambda shell: typed(shell, targets[shell], tmp_path / shell), SHELLS)
        for shell, (given, shown) in zip(SHELLS, results, strict=True):
            assert given == list(TYPED.values()), f"{shell}: {shown}"


def typed(shell: str, target: Path, home: Path) -> tuple[list[list[str]], str]:
    """What the command is given where the lines are typed into a shell, and what the terminal shows."""
    work = home / "work"
    work.mkdir(parents=True)
    for name in ("a passport.jpg", "my_schemas.py"):
        (work / name).touch()
    command = home / "bin" / "extract"
    command.parent.mkdir()
    record = home / "given"
    program = f"import json, sys\nopen({str(record)!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
    command.write_text(f"#!{sys.executable}\n{program}")
    command.chmod(0o755)
    (work / "rc").write_text(f". '{target}'\n")
    (home / ".zshrc").write_text(f"fpath=({target.parent} $fpath)\nautoload -Uz compinit && compinit -u -D\n")
    path = f"{command.parent}:{os.environ['PATH']}"
    environment = {**os.environ, "HOME": str(home), "ZDOTDIR": str(home), "PATH": path, "TERM": "xterm"}
    with Terminal(STARTED[shell], work, environment) as terminal:
        terminal.settle()
        for number, line in enumerate(TYPED, 1):
            terminal.type(line + "\t")
            terminal.settle()
            terminal.type("\r")
            until = time.monotonic() + 30
            while len(lines_of(record)) < number and time.monotonic() < until:
                time.sleep(0.1)
    return [json.loads(line) for line in lines_of(record)], terminal.said.decode(errors="replace")


def lines_of(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


class Terminal:
    """A program in a terminal of its own, typed into as by a person: what it writes is kept in `said`."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._side, inner = pty.openpty()
        self.said = b""
        # `setsid --ctty` makes it the terminal of the program, as a window does.
        own = ("setsid", "--ctty", *command)
        self._program = subprocess.Popen(own, cwd=folder, env=environment, stdin=inner, stdout=inner, stderr=inner)
        os.close(inner)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._program.pid, signal.SIGKILL)  # also what it has started
        self._program.wait(10)
        os.close(self._side)

    def type(self, text: str) -> None:
        os.write(self._side, text.encode())

    def settle(self, quiet: float = 1.0, longest: float = 20.0) -> None:
        """Waits until the program has written something, and then nothing for `quiet` seconds."""
        until = time.monotonic() + longest
        heard = False
        while time.monotonic() < until:
            ready, _, _ = select.select([self._side], [], [], quiet)
            if ready:
                try:
                    self.said += os.read(self._side, 4096)
                except OSError:  # it has ended
                    return
                heard = True
            elif heard:
                return


@pytest.mark.parametrize("shell", SHELLS)
def test_it_is_installed_where_the_shell_looks(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert main(["--install-completion"]) == 0
    target = install(build_parser(), shell)
    assert str(target) in capsys.readouterr().err
    assert target.read_text(encoding="utf-8") == completion(build_parser(), shell)


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--install-completion", "csh"]) == 2
    assert "bash|zsh|fish" in capsys.readouterr().err


def test_the_manual_page_is_in_step_and_without_errors(tmp_path: Path) -> None:
    page = ROOT / "docs" / "extract.1"
    text = page.read_text(encoding="utf-8")
    head, _, body = man_page(build_parser(), "").partition("\n")
    assert text.partition("\n")[2] == body, "run: python -m extractor.shell man extract > docs/extract.1"
    assert head.startswith(".TH EXTRACT 1")
    for option in ("schema", "install\\-completion", "format"):
        assert f"\\-\\-{option}" in text
    shown = run(["groff", "-man", "-Tutf8", "-ww", "-z"], page)
    assert shown == ""
