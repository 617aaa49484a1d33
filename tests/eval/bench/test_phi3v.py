"""The bench of Phi-3-vision at a size for a CPU: it writes the workload's answer and reports every figure."""

import json
import signal
from pathlib import Path

import pytest
import torch

from eval.bench.command import main
from eval.bench.workload import (
    DRAFT,
    SMALL,
    VALUES,
    Scripted,
    UsPassport,
    made_tokenizer,
    make_workload,
    packed,
    random_model,
)
from extractor.decoding.grammar import Vocabulary
from extractor.decoding.graphs import make_runner
from extractor.decoding.loop import write
from extractor.phi3v.packing import PackedLinear

ROWS = SMALL["vocab_size"]
CPU = torch.device("cpu")
TINY = Path(__file__).parents[2] / "data" / "phi3v" / "tiny"


@pytest.fixture(scope="module")
def tokenizer():
    return made_tokenizer(ROWS)


@pytest.fixture(scope="module")
def vocabulary(tokenizer):
    return Vocabulary.of(tokenizer, ROWS)


def test_the_made_tokenizer_is_of_the_published_ones_make(tokenizer, vocabulary):
    assert 31_000 < len(tokenizer) <= ROWS
    ids = tokenizer("in 2024 the state of 北京 <0x41>")["input_ids"]
    assert tokenizer.decode(ids) == "in 2024 the state of 北京 <0x41>"
    assert vocabulary.join(vocabulary.tokenize(b"2024")) == b"2024"
    assert len(vocabulary.tokenize(b"2024")) == 4  # single digits
    assert len(vocabulary.tokenize("北".encode())) == 3  # bytes


def test_the_workload_is_the_articles(tokenizer, vocabulary):
    workload = make_workload(vocabulary, tokenizer)
    inputs = workload.inputs(2)
    assert inputs["input_ids"].shape == (2, 2168)
    assert [int((inputs["input_ids"] == -n).sum()) for n in (1, 2)] == [1921, 1921]
    assert inputs["pixel_values"].shape == (2, 17, 3, 336, 336)
    assert json.loads(vocabulary.join(workload.script)) == VALUES
    assert len(VALUES) == 13
    assert UsPassport.model_validate(VALUES).surname
    assert 10 <= sum(DRAFT[name] == value for name, value in VALUES.items()) <= 12


def test_a_random_network_writes_the_script_drafted_or_not(tokenizer, vocabulary):
    """Step by step with weights as they are; packed ones take a hundred times as long on a CPU, and need few
    passes with a draft."""
    workload = make_workload(vocabulary, tokenizer, small=True)
    inputs = workload.inputs(2)
    passes = {}
    for bits, draft in ((None, None), (None, DRAFT), (8, DRAFT), (4, DRAFT)):
        model = random_model(SMALL, CPU, torch.float32, packed(bits, CPU) if bits else None)
        assert sum(isinstance(module, PackedLinear) for module in model.modules()) == (8 if bits else 0)
        assert not any(weight.is_meta for weight in [*model.parameters(), *model.buffers()])
        runner = make_runner(model, 2, inputs["input_ids"].shape[1] + 400)
        written = write(runner, inputs, [workload.grammar] * 2, chooser=Scripted(workload.script), drafts=[draft] * 2)
        assert all(list(one.tokens) == workload.script for one in written)
        passes[bits, draft is not None] = written[0].passes
    assert all(passes[bits, True] < passes[None, False] / 10 for bits in (None, 8, 4))


@pytest.mark.long
def test_the_bench_tells_every_figure(capsys, tmp_path):
    asked = ["--random-weights", "--small", "--device", "cpu", "--cells", "eager,float32", "--batches", "1"]
    out = tmp_path / "bench.json"
    more = ["--repeat", "1", "--queue", "4", "--batch-cells", "float32", "--json", str(out)]
    assert main(["--engine", "phi3v", *asked, *more]) == 0
    output = capsys.readouterr()
    record = json.loads(output.out.splitlines()[-1])
    assert json.loads(out.read_text()) == record
    figures = record["figures"]
    assert list(figures["cells"]) == ["eager", "float32"]
    assert figures["cells"]["float32"]["batches"]["1"]["plain_per_second"] > 0
    assert figures["cells"]["float32"]["queue"]["pages"] == 4
    assert figures["grammar"]["schema_cached_ms"] < 1
    assert figures["cells"]["float32"]["batches"]["1"]["prefill_ms"] > 0
    assert figures["cells"]["float32"]["constrained_over_unconstrained"] > 0
    shares = next(table for table in record["tables"] if table["title"] == "where the time goes")
    (row,) = shares["rows"]
    assert row[0] == "float32"
    assert 96 <= sum(int(share.removesuffix(" %")) for share in row[1:]) <= 110
    # Each part is reported as soon as it is measured, and the record holds nothing else.
    lines = [line.removeprefix("eval.bench: ") for line in output.err.splitlines() if line.startswith("eval.bench: ")]
    parts: dict[str, dict[str, object]] = {"eager": {}, "float32": {}}
    for line in lines:
        cell, _, part = line.partition(": ")
        parts[cell] |= json.loads(part)
    assert parts == figures["cells"]


def test_what_was_measured_before_the_bench_is_stopped_is_kept(tokenizer, capsys, monkeypatch, tmp_path):
    known = {"made_seconds": 1.0, "weights_gb": 2.0, "memory_gb": {}}

    def measured(*_):
        yield known
        handler = signal.getsignal(signal.SIGTERM)
        assert callable(handler)  # else this process would end here
        handler(signal.SIGTERM, None)

    monkeypatch.setattr("eval.bench.workload.made_tokenizer", lambda rows: tokenizer)
    monkeypatch.setattr("eval.bench.phi3v._measure", measured)
    out = tmp_path / "bench.json"
    asked = ["--random-weights", "--small", "--device", "cpu", "--cells", "eager,float32", "--json", str(out)]
    assert main(["--engine", "phi3v", *asked]) == 128 + signal.SIGTERM
    assert "eval.bench: stopped" in capsys.readouterr().err
    record = json.loads(out.read_text())
    assert record["figures"]["cells"] == {"eager": known}
    assert record["notes"][-1] == "stopped before all was measured"
    assert " ".join(["python -m eval.bench --engine phi3v", *asked[:-2]]) == record["command"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.long
def test_a_checkpoint_is_measured_as_it_lies_there_and_started_cold(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("eval.bench.cold._TWICE", ())
    monkeypatch.setattr("eval.bench.cold._ONCE", ("float32", "float8"))
    out = tmp_path / "bench.json"
    asked = [
        "--model",
        str(TINY),
        "--small",
        "--device",
        "cpu",
        "--cells",
        "float32",
        "--batches",
        "1",
        "--repeat",
        "1",
    ]
    assert main(["--engine", "phi3v", *asked, "--cold-start", "--json", str(out)]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])["figures"]
    assert figures["cells"]["float32"]["plain"]["passes"] > 10 * figures["cells"]["float32"]["drafted"]["passes"]
    parts = figures["cold_start"]["float32, nothing compiled"]
    assert parts["in_all"] == pytest.approx(parts["imports"] + parts["loading"] + parts["first_answer"], abs=0.01)
    assert "float8" in figures["cold_start"]["float8, nothing compiled"]["error"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either --random-weights or --model"),
        (["--random-weights", "--cells", "int2"], "cell 'int2' is unknown"),
        (["--random-weights", "--batches", "0"], "--batches takes numbers"),
        (["--random-weights", "--repeat", "0"], "--repeat must be at least 1"),
        (["--random-weights", "--device", "mps"], "no device mps"),
    ],
)
def test_wrong_usage_is_one_line(capsys, arguments, message):
    assert main(["--engine", "phi3v", *arguments]) in (2, 3)
    output = capsys.readouterr()
    assert message in output.err
    assert output.err.count("\n") == 1
