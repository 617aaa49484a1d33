"""Completion in real shells, and the manual page."""

import shutil
import subprocess
from pathlib import Path

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


def test_bash_completes_options_values_and_files(tmp_path: Path) -> None:
    (tmp_path / "passport.jpg").touch()
    script = tmp_path / "try.bash"
    words = ("extract --sche", "extract --format js", f"extract {tmp_path}/pass", "extract --schema driv")
    tries = [
        f'COMP_WORDS=({line}); COMP_CWORD={len(line.split()) - 1}; _extract; echo "${{COMPREPLY[*]}}"\n'
        for line in words
    ]
    script.write_text(completion(build_parser(), "bash") + "complete -p extract >/dev/null\n" + "".join(tries))
    lines = run(["bash"], script).splitlines()
    assert lines == ["--schema", "json jsonl", f"{tmp_path}/passport.jpg", "driving_licence"]


def test_fish_completes_options_and_values(tmp_path: Path) -> None:
    script = tmp_path / "try.fish"
    script.write_text(
        completion(build_parser(), "fish") + "complete -C 'extract --sche'; complete -C 'extract --format c'\n"
    )
    found = [line.partition("\t")[0] for line in run(["fish", "--no-config"], script).splitlines()]
    assert found[0] == "--schema"
    assert "csv" in found  # beside files


def test_zsh_takes_the_script(tmp_path: Path) -> None:
    script = tmp_path / "_extract"
    script.write_text(completion(build_parser(), "zsh"))
    assert run(["zsh", "-n"], script) == ""


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
