"""An engine is chosen by what is asked for and what is there; choosing fetches nothing and says why."""

import importlib.util
import shutil
import subprocess
import sys

import pytest

from extractor.engines import choose_engine, describe
from extractor.engines.choose import ENGINES
from extractor.errors import CheckpointError, DeviceError, MissingExtraError, UsageError
from extractor.phi3v import loading


@pytest.fixture(autouse=True)
def nothing_here(monkeypatch, tmp_path):
    """A machine without a checkpoint: an empty cache of the hub, nothing named by the environment."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv("EXTRACTOR_MODEL", raising=False)


@pytest.fixture
def without(monkeypatch):
    """`without("torch")`: as if a package were not installed."""
    find = importlib.util.find_spec

    def hide(package):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == package else find(name))

    return hide


def test_embedded_is_no_model():
    assert choose_engine("embedded") == (None, "asked for")
    assert describe(None) == {"name": "embedded"}


def test_without_a_checkpoint_auto_is_no_model_and_says_so():
    engine, why = choose_engine()
    assert engine is None
    assert why == "EXTRACTOR_MODEL is not set, and the hub's cache holds no known model"


def test_auto_takes_the_checkpoint_that_is_named(tiny):
    engine, why = choose_engine(model=str(tiny), dtype="float32", device="cpu")
    assert (engine.name, engine.details["dtype"], engine.details["device"]) == ("phi3v", "float32", "cpu")
    assert why == f"{tiny} was named; float32 on cpu: asked for"


def test_auto_takes_the_checkpoint_that_the_environment_names(tiny, monkeypatch):
    monkeypatch.setenv("EXTRACTOR_MODEL", str(tiny))
    engine, why = choose_engine(device="cpu")
    assert engine.name == "phi3v"
    assert why.startswith(f"EXTRACTOR_MODEL names {tiny}; float32 on cpu: the widest that fits")


def test_phi3v_without_a_checkpoint_says_how_to_name_one():
    with pytest.raises(UsageError, match=r"needs a checkpoint: EXTRACTOR_MODEL is not set.*name one with --model"):
        choose_engine("phi3v")


def test_an_unknown_engine_is_answered_with_the_known_ones():
    with pytest.raises(UsageError, match=f"engine 'gpt' is unknown; choose one of {', '.join(ENGINES)}"):
        choose_engine("gpt")


def test_a_revision_alone_says_nothing():
    with pytest.raises(UsageError, match="a revision belongs to a model"):
        choose_engine("phi3v", revision="abc")


@pytest.mark.parametrize("package", ["torch", "transformers", "llguidance", "outlines"])
def test_what_is_asked_for_by_name_names_what_to_install(tiny, without, package):
    without(package)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[phi3v\]"):
        choose_engine("phi3v", model=str(tiny))
    with pytest.raises(MissingExtraError):
        choose_engine("auto", model=str(tiny))


def test_a_checkpoint_that_merely_is_there_does_not_make_its_packages_necessary(tiny, without, monkeypatch):
    without("torch")
    monkeypatch.setenv("EXTRACTOR_MODEL", str(tiny))
    engine, why = choose_engine()
    assert engine is None
    assert "packages that phi3v needs are not installed" in why


def test_a_device_that_cannot_hold_the_checkpoint_leaves_auto_without_a_model(tiny, monkeypatch):
    monkeypatch.setattr(loading, "free_memory", lambda device: 1000)
    monkeypatch.setenv("EXTRACTOR_MODEL", str(tiny))
    engine, why = choose_engine()
    assert engine is None
    assert "even in int4; 0.0 GB are free" in why
    with pytest.raises(DeviceError, match=r"needs .* even in int4"):
        choose_engine("phi3v")


@pytest.mark.parametrize("name", ["auto", "phi3v"])
def test_a_broken_checkpoint_is_one_line_before_anything_is_loaded(tiny, tmp_path, name):
    folder = shutil.copytree(tiny, tmp_path / "broken")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(CheckpointError, match=r"tokenizer\.json is missing") as caught:
        choose_engine(name, model=str(folder))
    assert "\n" not in str(caught.value)


def test_choosing_no_model_imports_neither_torch_nor_transformers():
    code = (
        "import sys; from extractor.engines import choose_engine; choose_engine('embedded'); choose_engine();"
        "sys.exit(', '.join({'torch', 'transformers', 'outlines', 'llguidance'} & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
