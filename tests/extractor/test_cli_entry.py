"""The `extract` command in a process of its own, through its real entry point."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from extractor.schemas import Passport

COMMAND = Path(sys.executable).with_name("extract")


def loaded_by(*arguments: str | Path) -> tuple[str, set[str]]:
    """What the installed script writes to stdout, and the modules that it imports, which Python tells on stderr."""
    command = [sys.executable, "-X", "importtime", COMMAND, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    lines = [line.split("|") for line in done.stderr.splitlines()]
    assert {parts[0].partition(":")[0] for parts in lines} == {"import time"}, "nothing else is on stderr"
    assert done.returncode == 0
    return done.stdout, {parts[-1].strip() for parts in lines}


@pytest.fixture
def passport(examples_dir: Path) -> Path:
    return examples_dir / "passport.png"


class TestEntryPoint:
    def test_stdout_is_json_and_nothing_else_and_no_torch_is_loaded(
        self, passport: Path, examples: Mapping[str, Any]
    ) -> None:
        output, modules = loaded_by(passport, "--schema", "passport")
        document = json.loads(output)
        assert list(document) == list(Passport.model_fields)
        assert document == examples["passport.png"]["fields"]
        assert "onnxruntime" in modules
        assert modules.isdisjoint({"torch", "transformers", "matplotlib", "fastapi", "scipy"})

    @pytest.mark.skipif(os.name != "posix", reason="a folder that is somebody's current one")
    def test_a_current_folder_that_is_gone_matters_to_names_in_it_only(
        self, examples_dir: Path, tmp_path: Path
    ) -> None:
        """Neither to a picture through a pipe nor to one by its whole path."""
        picture = examples_dir.resolve() / "chinese_id_card_back.png"
        script = f'mkdir gone && cd gone && rmdir ../gone && "{COMMAND}" - "{picture}" --format jsonl'
        data = picture.read_bytes()
        done = subprocess.run(["sh", "-c", script], input=data, capture_output=True, check=False, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, b"")
        piped, named = map(json.loads, done.stdout.splitlines())
        assert piped["authority"]
        assert piped["authority"] == named["authority"]

    def test_help_is_quick_and_loads_nothing_heavy(self) -> None:
        started = time.monotonic()
        output, modules = loaded_by("--help")
        # A generous bound: the machine may be busy. What makes help slow is what it imports.
        assert time.monotonic() - started < 10
        assert "exit codes:" in output
        assert "argparse" in modules
        heavy = {"numpy", "pydantic", "PIL", "cv2", "onnxruntime", "torch", "transformers", "rich", "pypdfium2"}
        assert modules.isdisjoint(heavy)

    @pytest.mark.parametrize("argument", ["--list-schemas", "--help"])
    def test_a_stdout_that_takes_nothing_is_one_line(self, argument: str) -> None:
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(
            [COMMAND, argument], check=False, stdout=write, stderr=subprocess.PIPE, text=True, timeout=60
        )
        os.close(write)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert done.stderr.startswith("extract: stdout cannot be written: ")

    @pytest.mark.skipif(os.name != "posix", reason="a shell closes the descriptor")
    def test_a_stdout_that_is_closed_is_one_line(self) -> None:
        done = subprocess.run(
            ["sh", "-c", f'"{COMMAND}" --list-schemas >&-'], check=False, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (2, "extract: stdout is closed\n")
