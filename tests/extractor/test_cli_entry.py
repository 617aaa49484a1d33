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


def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """The installed command in a process of its own."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=120, **options
    )


@pytest.fixture
def passport(examples_dir: Path) -> Path:
    return examples_dir / "passport.png"


class TestEntryPoint:
    def test_stdout_is_json_and_nothing_else(self, passport: Path, examples: Mapping[str, Any]) -> None:
        done = run(passport, "--schema", "passport")
        assert (done.returncode, done.stderr) == (0, "")
        document = json.loads(done.stdout)
        assert list(document) == list(Passport.model_fields)
        assert document == examples["passport.png"]["fields"]

    def test_a_picture_through_a_pipe(self, examples_dir: Path) -> None:
        data = (examples_dir / "chinese_id_card_back.png").read_bytes()
        done = subprocess.run(
            [COMMAND, "-", "--format", "jsonl"], input=data, check=False, capture_output=True, timeout=120
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert json.loads(done.stdout)["authority"]

    def test_help_is_quick_and_loads_nothing_heavy(self) -> None:
        started = time.monotonic()
        done = run("--help")
        # A generous bound: the machine may be busy. What makes help slow is what it imports.
        assert time.monotonic() - started < 10
        assert done.returncode == 0
        assert "exit codes:" in done.stdout
        code = (
            "import sys, contextlib, io\nfrom extractor.cli import main\n"
            "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): main(['--help'])\n"
            "heavy = {'numpy', 'pydantic', 'PIL', 'cv2', 'onnxruntime', 'torch', 'transformers', 'rich', 'pypdfium2'}\n"
            "print(sorted(heavy & set(sys.modules)))"
        )
        output = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60)
        assert output.stdout.strip() == "[]"

    def test_reading_loads_no_torch(self, passport: Path) -> None:
        code = (
            "import sys\nfrom extractor import extract\n"
            f"extract({str(passport)!r}, 'passport')\n"
            "print(sorted({'torch', 'transformers', 'matplotlib', 'fastapi', 'scipy'} & set(sys.modules)))"
        )
        output = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120)
        assert (output.stdout.strip(), output.stderr) == ("[]", "")

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


@pytest.mark.skipif(os.name != "posix", reason="a folder that is somebody's current one")
def test_a_current_folder_that_is_gone_matters_to_names_in_it_only(examples_dir: Path, tmp_path: Path) -> None:
    picture = examples_dir.resolve() / "chinese_id_card_back.png"
    script = f'mkdir gone && cd gone && rmdir ../gone && "{COMMAND}" "{picture}"'
    done = subprocess.run(["sh", "-c", script], check=False, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
