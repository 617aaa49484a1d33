"""The command on a real Ray: locally, from afar, and with a killed driver, reader and node.

Each runs in a process of its own: Ray belongs to its process, and starts others.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from extractor.batch.command import main
from extractor.batch.run import _check_room, _ours
from extractor.errors import ExtractorError, UsageError

EXAMPLES = Path("datasets/examples")
_CLUSTER = """
import sys
from pathlib import Path
from eval.bench import batch
with batch._cluster() as cluster:
    print(batch._with_deaths(Path(sys.argv[1]), Path(sys.argv[2]), cluster))
"""
_CLIENT = """
import socket, subprocess, sys
from ray.cluster_utils import Cluster
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
own = {"num_cpus": 1, "include_dashboard": False, "ray_client_server_port": port, "node_ip_address": "127.0.0.1"}
cluster = Cluster(initialize_head=True, head_node_args=own)
try:
    call = [sys.executable, "-m", "extractor.batch", *sys.argv[1:], "--address", f"ray://127.0.0.1:{port}"]
    code = subprocess.run(call).returncode
finally:
    cluster.shutdown()
sys.exit(code)
"""


def _scans(folder: Path, count: int) -> Path:
    """Pictures that show nothing, and a passport among them."""
    folder.mkdir()
    for number in range(count):
        Image.fromarray(np.full((32, 32, 3), 255, np.uint8)).save(folder / f"{number:03}.png")
    (folder / "050.png").write_bytes((EXAMPLES / "passport.png").read_bytes())
    return folder


def _call(*arguments: object) -> list[str]:
    return [sys.executable, *map(str, arguments)]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])}


def _files(output: Path) -> Counter[str]:
    rows = (json.loads(line) for part in output.glob("part-*.jsonl") for line in part.read_text().splitlines())
    return Counter(Path(row["file"]).name for row in rows)


def _once(count: int) -> Counter[str]:
    return Counter(f"{number:03}.png" for number in range(count))


@pytest.mark.long
def test_a_killed_driver_loses_nothing_and_a_second_run_doubles_nothing(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    scans, output = _scans(tmp_path / "scans", 120), tmp_path / "out"
    call = _call("-m", "extractor.batch", scans, output, "--schema", "passport", "--rows", 2, "--readers", 1)
    first = subprocess.Popen(call, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        while not any(output.glob("part-*")):
            assert first.poll() is None
            time.sleep(0.05)
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.communicate()
    assert max(_files(output).values()) == 1
    second = subprocess.run(call, env=_environment(), capture_output=True, text=True, check=True)
    assert second.stdout == ""
    assert "120 of 120 documents answered" in second.stderr
    assert "UNDERHILL" not in second.stderr
    assert _files(output) == _once(120)


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_driver_says_so_and_a_second_run_resumes(tmp_path: Path, number: signal.Signals) -> None:
    pytest.importorskip("ray")
    scans, output = _scans(tmp_path / "scans", 51), tmp_path / "out"
    call = _call("-m", "extractor.batch", scans, output, "--schema", "passport", "--rows", 1, "--readers", 1)
    driver = subprocess.Popen(call, env=_environment(), stderr=subprocess.PIPE, text=True)
    while not any(output.glob("part-*")):
        assert driver.poll() is None
        time.sleep(0.05)
    driver.send_signal(number)
    said = driver.communicate(timeout=60)[1]
    assert driver.returncode == 128 + number
    assert said.splitlines()[-1] == "extract-batch: stopped; a second run resumes"
    assert "(unknown)" not in said
    assert max(_files(output).values()) == 1


@pytest.mark.long
def test_a_killed_reader_and_a_killed_node_lose_and_double_nothing(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    scans, output = _scans(tmp_path / "scans", 160), tmp_path / "out"
    subprocess.run(_call("-c", _CLUSTER, scans, output), env=_environment(), capture_output=True, check=True)
    assert _files(output) == _once(160)


@pytest.mark.long
def test_a_client_from_outside_of_the_cluster_gets_the_same(tmp_path: Path) -> None:
    pytest.importorskip("ray.util.client")
    pytest.importorskip("grpc")
    scans, output = _scans(tmp_path / "scans", 60), tmp_path / "out"
    call = _call("-c", _CLIENT, scans, output, "--schema", "passport")
    result = subprocess.run(call, env=_environment(), capture_output=True, text=True, check=True)
    assert "60 of 60 documents answered" in result.stderr
    assert _files(output) == _once(60)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none/", "out", "--schema", "nothing"], 2, "no schema is called"),
        (["", "out"], 2, "empty"),
        (["in", "out", "--engine", "auto"], 2, "name the engine"),
        (["in", "out", "--rows", "0"], 2, "numbers from 1"),
        (["in", "out", "--rows", "9" * 30], 2, "numbers from 1"),
        (["in", "out", "--cpus", "0"], 2, "more than no CPU"),
        (["in", "out", "--cpus", "1e-9"], 2, "more than no CPU"),
        (["in", "out", "--cpus", "1.5"], 2, "whole CPUs"),
        (["in", "out", "--gpus", "nan"], 2, "more than no CPU"),
        (["s3://[::1/in", "out"], 2, "no address"),
        (["in", "out", "--group", "("], 2, "regular expression"),
        (["s3://me:secret@bucket/in", "out"], 2, "credentials"),
        (["in", "out", "--pages", "x"], 2, "--pages"),
    ],
)
def test_a_wrong_call_is_one_line_before_ray_starts(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pyarrow")
    assert main(arguments) == code
    output = capsys.readouterr().err
    assert said in output
    assert output.count("\n") == 1
    assert "secret" not in output


def test_a_reader_larger_than_the_machine_is_wrong_usage() -> None:
    _check_room({"CPU": 2.0, "GPU": 0.0}, {"CPU": 2.0, "memory": 1e9})
    for reader in ({"CPU": 4.0, "GPU": 0.0}, {"CPU": 1.0, "GPU": 1.0}):
        with pytest.raises(UsageError, match="no room"):
            _check_room(reader, {"CPU": 2.0})


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--engine", "phi3v", "--model", "none"], 3, "none is neither a folder"),
        (["--cpus", "4096"], 2, "a reader of 4096 CPUs finds no room here"),
        (["--column", "é" * 200], 0, "2 of 2 documents answered"),
    ],
)
def test_what_stops_a_reader_is_said_in_its_own_words(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    pytest.importorskip("ray")
    scans = tmp_path / "scans"
    scans.mkdir()
    for name in ("a.png", "b.png"):
        (scans / name).write_bytes(b"")
    call = _call("-m", "extractor.batch", scans, tmp_path / "out", *arguments)
    result = subprocess.run(call, env=_environment(), capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == code
    last = result.stderr.splitlines()[-1]
    assert last.startswith("extract-batch: " + said)


def test_errors_of_readers_come_as_they_are_and_foreign_ones_without_their_text() -> None:
    inner, outer = UsageError("the column is not there"), RuntimeError("around it")
    outer.__cause__ = inner
    assert str(_ours(outer)) == str(inner)
    ray = pytest.importorskip("ray")
    wrapped = ray.exceptions.RayTaskError("read", "UNDERHILL in a traceback", inner).as_instanceof_cause()
    assert str(_ours(wrapped)) == str(inner)
    foreign = _ours(ValueError("UNDERHILL"))
    assert type(foreign) is ExtractorError
    assert "UNDERHILL" not in str(foreign)
