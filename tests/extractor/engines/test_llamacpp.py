"""llama.cpp's own server takes what the openai engine sends: pictures, prompt, the schema with its patterns, logprobs.

Needs xllamacpp (llama.cpp's server as a wheel) and gguf in an environment, whose interpreter LLAMACPP_PYTHON names. The
model is tiny and of random weights (`eval.bench.llamacpp`): what it reads is noise, and noise that keeps to the schema.
"""

import os
import re
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from extractor.decoding.form import answer_schema
from extractor.engines.answers import misfit
from extractor.engines.openai import OpenAIEngine
from extractor.pipeline import prepare
from extractor.sources import read_sources

ROOT = Path(__file__).parents[3]
PYTHON = os.environ.get("LLAMACPP_PYTHON", "")

pytestmark = [pytest.mark.llamacpp, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The server's address, and the file it prints to."""
    if not PYTHON:
        pytest.skip("needs xllamacpp and gguf in an environment of their own: LLAMACPP_PYTHON=... pytest -m llamacpp")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
    log = tmp_path_factory.mktemp("llamacpp") / "log"
    with log.open("wb") as out:
        command = [PYTHON, "-m", "eval.bench.llamacpp", port]
        running = subprocess.Popen(command, stdout=out, stderr=out, cwd=ROOT)
    try:
        for _ in range(60):
            assert running.poll() is None, log.read_text()[-2000:]
            if _answers(f"http://127.0.0.1:{port}/health"):
                break
            time.sleep(1)
        yield f"http://127.0.0.1:{port}/v1", log
    finally:
        running.terminate()
        running.wait(30)


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


@pytest.mark.parametrize("name", ["passport", "id_card"])
def test_it_takes_pictures_and_keeps_to_the_whole_schema(server, examples_dir, name):
    url, log = server
    evidence = prepare(examples_dir / f"{name}.png", name).evidence
    engine = OpenAIEngine(url, timeout=300)
    answer = engine.answer(evidence, read_sources(evidence))
    schema = answer_schema(evidence.schema)
    assert answer.keys() == schema["properties"].keys()
    for field, reading in answer.items():
        assert not misfit(reading.value, schema["properties"][field], schema.get("$defs", {}))
    assert "schema" not in engine.details, "the server kept to the schema, whole, at the first try"
    assert "probabilities" not in engine.details
    refused = re.findall(r"pattern (\S+) is not supported", log.read_text())
    assert not [pattern for pattern in refused if r"\s" not in pattern], "these hold a text to nothing"
