"""vLLM serves the small model by this package's plugin, and reads as the native engine does.

Needs vLLM in an environment of its own, which `.ci/vllm` makes; VLLM_PYTHON names another one's interpreter.
"""

import os
import time
from pathlib import Path

import pytest
from PIL import Image

from eval.bench.vllm import served
from extractor.checkpoints import find_checkpoint
from extractor.engines.openai import OpenAIEngine, _message
from extractor.pipeline import prepare
from extractor.prompting import conversation
from extractor.sources import read_sources

ROOT = Path(__file__).parents[3]
PYTHON = Path(os.environ.get("VLLM_PYTHON", ROOT / ".venv-vllm" / "bin" / "python"))

pytestmark = [pytest.mark.vllm, pytest.mark.slow]


@pytest.fixture(scope="module")
def url():
    if not PYTHON.is_file():
        pytest.skip("needs vLLM in an environment of its own; run: .ci/vllm")
    with served(PYTHON, find_checkpoint("nano").folder, "nano") as server:
        yield server.url


def test_it_reads_what_the_native_engine_reads_as_surely(url, examples, examples_dir):
    from extractor.engines.phi3v import Phi3VEngine

    native = Phi3VEngine(find_checkpoint("nano"), dtype="float32", device="cpu")
    served = OpenAIEngine(url, model="nano", timeout=600)
    for file, label in examples.items():
        evidence = prepare(examples_dir / file, label["schema"]).evidence
        own = read_sources(evidence)
        here, there = native.answer(evidence, own), served.answer(evidence, own)
        assert {name: one.value for name, one in here.items()} == {name: one.value for name, one in there.items()}
        for name, one in here.items():
            assert there[name].confidence == pytest.approx(one.confidence, abs=1e-3)
    assert "schema" not in served.details  # which vLLM kept to


def test_a_prompt_of_several_pictures_has_the_tokens_that_the_network_was_trained_on(url, examples_dir):
    from extractor.phi3v import Phi3VProcessor

    pictures = [Image.open(examples_dir / "visa.png").convert("RGB").resize((600, side)) for side in (400, 900)]
    asked = [_message(pictures, "What < is it?")]
    engine = OpenAIEngine(url, model="nano")
    reply = engine.server.post("/chat/completions", {"messages": asked, "max_tokens": 1}, time.monotonic() + 600)
    processor = Phi3VProcessor.from_pretrained(find_checkpoint("nano").folder)
    text = processor.apply_chat_template(conversation("What < is it?", 2), add_generation_prompt=True)
    ids = processor(text=text, images=pictures)["input_ids"][0]
    assert reply.body["usage"]["prompt_tokens"] == len(ids)
