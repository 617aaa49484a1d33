"""Fine-tuning: it lowers the loss, a killed run ends as one that was not, and what comes out is a plain folder."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from extractor.checkpoints import find_checkpoint, verify_checkpoint
from extractor.errors import UsageError
from extractor.labels.format import load_labels, save_labels
from extractor.training.nano.examples import split
from extractor.training.nano.tune import FIGURES, STATE, Tuning, tune

ROOT = Path(__file__).parents[4]
EXAMPLES = ROOT / "datasets" / "examples"
TINY = ROOT / "tests" / "data" / "phi3v" / "tiny"


@pytest.fixture(scope="session")
def labelled(tmp_path_factory) -> Path:
    """A folder of two labelled pictures, of kinds that the shipped model is not good at."""
    folder = tmp_path_factory.mktemp("labelled")
    kept = []
    for specimen in load_labels(EXAMPLES / "labels.jsonl"):
        if specimen.path.stem in ("visa", "driving_licence"):
            path = folder / specimen.path.name
            path.write_bytes(specimen.path.read_bytes())
            kept.append(replace(specimen, path=path, group=None))
    save_labels(kept, folder)
    return folder


def _plan(data: Path, out: Path, **options) -> Tuning:
    usual = {"model": str(TINY), "device": "cpu", "epochs": 4, "accumulate": 1, "hints": "off", "held_out": 0.0}
    return Tuning(data=data, out=out, **{**usual, "save_steps": 1, "rank": 4, **options})


@pytest.mark.long
def test_the_shipped_model_learns_from_two_documents(labelled, tmp_path):
    tuned = tune(_plan(labelled, tmp_path, model="nano", epochs=5, accumulate=2, rate=1e-3))
    losses = [json.loads(line)["loss"] for line in (tmp_path / FIGURES).read_text().splitlines() if '"loss"' in line]
    assert tuned.steps == len(losses) == 5
    assert losses[-1] < 0.8 * losses[0]
    verify_checkpoint(find_checkpoint(tuned.model))
    before = load_file(find_checkpoint("nano").folder / "model.safetensors")
    after = load_file(tuned.model / "model.safetensors")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(".layers." in name and "vision" not in name for name in changed)
    assert all(after[name].dtype == before[name].dtype for name in before)
    assert (tmp_path / "curves.png").stat().st_size > 5000


@pytest.mark.long
def test_a_killed_run_goes_on_and_ends_as_if_it_had_not_been(labelled, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    tune(_plan(labelled, whole))
    options = ["--model", TINY, "--device", "cpu", "--epochs", "4", "--accumulate", "1", "--hints", "off"]
    options += ["--held-out", "0", "--save-steps", "1", "--rank", "4"]
    command = [sys.executable, "-m", "extractor.training", "tune", labelled, "--out", killed, *options]
    process = subprocess.Popen([str(part) for part in command], cwd=ROOT, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 240
    while not (killed / STATE).is_file() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (killed / STATE).is_file(), "the run never saved"

    tuned = tune(_plan(labelled, killed))
    first, second = (load_file(out / "model" / "model.safetensors") for out in (whole, killed))
    for name, weight in first.items():
        torch.testing.assert_close(weight, second[name], msg=name)
    steps = [json.loads(line)["step"] for line in (killed / FIGURES).read_text().splitlines() if '"loss"' in line]
    assert steps == list(range(1, tuned.steps + 1))


@pytest.mark.long
def test_every_weight_of_the_decoder_can_be_trained(labelled, tmp_path):
    tune(_plan(labelled, tmp_path, method="full", epochs=1, rate=1e-2))
    before = load_file(TINY / "model.safetensors")
    after = load_file(tmp_path / "model" / "model.safetensors")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert "lm_head.weight" in changed
    assert not any("vision_model" in name for name in changed)


@pytest.mark.long
def test_adapters_are_trained_beside_weights_of_four_bits(labelled, tmp_path):
    tune(_plan(labelled, tmp_path, dtype="int4", epochs=2))
    before = load_file(TINY / "model.safetensors")
    after = load_file(tmp_path / "model" / "model.safetensors")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(".layers." in name and "vision" not in name for name in changed)
    assert {after[name].dtype for name in changed} == {before[name].dtype for name in changed}


def test_adapters_ask_for_layers_that_they_can_stand_beside(labelled, tmp_path, monkeypatch):
    """On a CUDA device four bits are kept in packed layers of our own unless bitsandbytes' are asked for."""
    asked = {}

    def engine(checkpoint, **options):
        asked.update(options)
        raise UsageError("seen")

    monkeypatch.setattr("extractor.training.nano.tune.Phi3VEngine", engine)
    with pytest.raises(UsageError, match="seen"):
        tune(_plan(labelled, tmp_path, dtype="int4"))
    assert asked["quantizer"] == "bitsandbytes"


@pytest.mark.gpu
@pytest.mark.usefixtures("cuda")
def test_adapters_are_trained_beside_weights_of_four_bits_on_a_device(labelled, tmp_path):
    tune(_plan(labelled, tmp_path, model="nano", device="auto", dtype="int4", epochs=3, rate=1e-3))
    losses = [json.loads(line)["loss"] for line in (tmp_path / FIGURES).read_text().splitlines() if '"loss"' in line]
    assert losses[-1] < losses[0]


@pytest.mark.long
def test_what_is_held_out_is_checked_after_every_epoch(labelled, tmp_path):
    tuned = tune(_plan(labelled, tmp_path, held_out=0.5, epochs=2))
    lines = [json.loads(line) for line in (tmp_path / FIGURES).read_text().splitlines()]
    checks = {line["step"]: line["right without hints"] for line in lines if "loss" not in line}
    assert list(checks) == [0, 1, 2]
    assert checks[0] == tuned.before["right without hints"]
    assert checks[2] == tuned.after["right without hints"]


@pytest.mark.long
def test_two_processes_share_a_step(labelled, tmp_path):
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    options = ["--model", TINY, "--device", "cpu", "--epochs", "2", "--accumulate", "1", "--hints", "off"]
    options += ["--held-out", "0", "--rank", "4"]
    command = [*launch, "-m", "extractor.training", "tune", labelled, "--out", tmp_path / "two", *options]
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True, capture_output=True, timeout=240)
    tune(_plan(labelled, tmp_path / "one", epochs=2, accumulate=2))
    figures = ((tmp_path / out / FIGURES).read_text().splitlines() for out in ("two", "one"))
    both, alone = ([json.loads(line)["step"] for line in lines if '"loss"' in line] for lines in figures)
    assert both == alone == [1, 2]
    first, second = (load_file(tmp_path / out / "model" / "model.safetensors") for out in ("two", "one"))
    for name, weight in first.items():
        torch.testing.assert_close(weight, second[name], msg=name)


def test_a_folder_of_another_run_is_not_written_over(tmp_path):
    (tmp_path / "settings.json").write_text("{}")
    (tmp_path / "figures.jsonl").touch()
    with pytest.raises(UsageError, match="holds a run with other settings"):
        tune(_plan(EXAMPLES, tmp_path))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "prefix"}, "method 'prefix' is unknown"),
        ({"hints": "maybe"}, "hints are on, off or both"),
        ({"method": "full", "dtype": "int4"}, "cannot be trained themselves; use --method lora"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(options, words, tmp_path):
    with pytest.raises(UsageError, match=words):
        _plan(EXAMPLES, tmp_path, **options)


def test_pictures_of_one_document_stay_on_one_side():
    specimens = load_labels(EXAMPLES / "labels.jsonl")
    paired = [replace(specimen, group=f"document {i // 2}") for i, specimen in enumerate(specimens)]
    training, held = split(paired, 0.25, seed=1)
    assert {s.group for s in training}.isdisjoint(s.group for s in held)
    assert len(training) + len(held) == len(paired)
    assert held
    assert split(paired, 0.25, seed=1) == (training, held)


def test_too_few_documents_to_hold_any_out_are_refused():
    specimens = load_labels(EXAMPLES / "labels.jsonl")[:2]
    with pytest.raises(UsageError, match="too few to hold 10% of them out"):
        split(specimens, 0.1, seed=0)
