"""A folder of ONNX models answers as the network that it was exported from, and a bad one is refused in one line."""

import json
import shutil

import pytest
import torch

from extractor.checkpoints import find_checkpoint
from extractor.checkpoints.onnx_folder import read_onnx_folder
from extractor.cli import main
from extractor.decoding.answer import AnswerLimits
from extractor.engines import choose_engine
from extractor.engines.contract import violations
from extractor.engines.onnx import OnnxEngine
from extractor.engines.phi3v import Phi3VEngine
from extractor.errors import CheckpointError, UsageError
from extractor.phi3v.export import export
from extractor.phi3v.loading import load
from extractor.sources import read_sources

from .conftest import TINY

SMALL = AnswerLimits(600, 24)


@pytest.fixture(scope="module")
def native():
    return Phi3VEngine(find_checkpoint(TINY), dtype="float32", device="cpu", num_crops=1, limits=SMALL)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The tiny checkpoint as folders of each precision."""
    model = load(find_checkpoint(TINY), dtype="float32", device="cpu").model
    made = {dtype: tmp_path_factory.mktemp("onnx") / dtype for dtype in ("float32", "int8", "int4")}
    for dtype, folder in made.items():
        export(model, TINY, folder, dtype)
    return made


@pytest.fixture
def copied(folders, tmp_path):
    return shutil.copytree(folders["float32"], tmp_path / "folder")


@pytest.mark.parametrize("pages", [1, 2])
def test_float32_says_what_the_network_says(native, folders, evidence_of, pages):
    evidence = evidence_of(pages=pages)
    own = read_sources(evidence)
    engine = OnnxEngine(folders["float32"], num_crops=1, limits=SMALL)
    expected, result = native.answer(evidence, own), engine.answer(evidence, own)
    assert {name: one.value for name, one in result.items()} == {name: one.value for name, one in expected.items()}
    assert engine.tokens == native.tokens
    for name, one in result.items():
        assert one.confidence == pytest.approx(expected[name].confidence, abs=1e-3)


@pytest.mark.parametrize("dtype", ["float32", "int8", "int4"])
def test_every_precision_keeps_the_contract_of_engines(folders, evidence_of, dtype):
    engine = OnnxEngine(folders[dtype], num_crops=1, limits=SMALL)
    assert violations(engine, evidence_of()) == []
    assert engine.details["dtype"] == dtype


def test_free_questions_are_answered_in_pieces(native, folders):
    images = [torch.zeros(336, 336, 3, dtype=torch.uint8).numpy()]
    engine = OnnxEngine(folders["float32"], num_crops=1)
    said = "".join(engine.ask(images, "What is it?", max_tokens=12))
    assert said == "".join(native.ask(images, "What is it?", max_tokens=12))
    with pytest.raises(UsageError):
        list(engine.ask(images, " "))


def _changed(folder, name, **changes):
    """A JSON file with values at dotted places changed; None takes one out."""
    value = json.loads((folder / name).read_text())
    for place, new in changes.items():
        *path, last = place.split("__")
        part = value
        for key in path:
            part = part[key]
        if new is None:
            del part[last]
        else:
            part[last] = new
    (folder / name).write_text(json.dumps(value))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": None}, "no model"),
        ({"model__type": "llama"}, "runs phi3v"),
        ({"model__vocab_size": "many"}, "vocab_size"),
        ({"model__vision": None}, "no vision"),
        ({"model__decoder__filename": "../text.onnx"}, "outside"),
        ({"model__decoder__filename": "none.onnx"}, "no none.onnx"),
        ({"model__decoder__num_hidden_layers": 0}, "num_hidden_layers"),
        ({"model__decoder__inputs__past_key_names": "past"}, "no place for the layer"),
        ({"model__context_length": -1}, "context_length"),
    ],
)
def test_a_configuration_that_cannot_be_is_said_in_one_line(copied, changes, said):
    _changed(copied, "genai_config.json", **changes)
    with pytest.raises(CheckpointError, match=said) as caught:
        read_onnx_folder(copied)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["genai_config.json", "processor_config.json", "tokenizer.json", "vision.onnx"])
def test_a_missing_file_is_named(copied, name):
    (copied / name).unlink()
    with pytest.raises(CheckpointError, match=name.replace(".", r"\.")):
        read_onnx_folder(copied)


@pytest.mark.parametrize(
    ("name", "content"),
    [("text.onnx", b"no model"), ("text.onnx.data", b""), ("tokenizer.json", b"{}"), ("processor_config.json", b"[]")],
)
def test_a_damaged_file_is_one_line_and_exit_code_3(copied, examples_dir, capsys, name, content):
    (copied / name).write_bytes(content)
    page = str(examples_dir / "passport.png")
    assert main([page, "--schema", "passport", "--engine", "onnx", "--model", str(copied)]) == 3
    output = capsys.readouterr().err.strip().splitlines()
    assert len(output) == 1
    assert "internal error" not in output[0]


def test_names_that_the_models_do_not_have_are_said(copied, evidence_of):
    _changed(copied, "genai_config.json", model__decoder__inputs__attention_mask="mask")
    engine = OnnxEngine(copied, num_crops=1, limits=SMALL)
    with pytest.raises(CheckpointError, match=r"text\.onnx has no mask"):
        engine.answer(evidence_of(), read_sources(evidence_of()))


@pytest.mark.parametrize("options", [{}, {"dtype": "int4"}, {"device": "cuda"}, {"revision": "main"}])
def test_the_folder_alone_says_what_runs(folders, options):
    model = {"model": str(folders["int4"])} if options else {}
    with pytest.raises(UsageError):
        choose_engine("onnx", **model, **options)
