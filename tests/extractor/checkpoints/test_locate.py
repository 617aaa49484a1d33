"""A checkpoint is found from files alone, offline, and what is missing is said in one line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from extractor.checkpoints import (
    KNOWN_MODELS,
    MODEL_VARIABLE,
    Checkpoint,
    fetch_command,
    find_checkpoint,
    find_default_checkpoint,
    hub_cache,
)
from extractor.errors import CheckpointError

from ...tables import each

TINY = Path(__file__).parents[2] / "data" / "phi3v" / "tiny"
VISION, VISION_35 = KNOWN_MODELS
OTHER = "0" * 40


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache of the hub, and no checkpoint named by the environment."""
    for variable in ("HF_HOME", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME", MODEL_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def add(cache):
    """`add(repo, commit, main=False)`: the tiny checkpoint in the cache, as the hub's client would lay it."""

    def put(repo, commit, main=False):
        root = cache / f"models--{repo.replace('/', '--')}"
        snapshot = root / "snapshots" / commit
        shutil.copytree(TINY, snapshot)
        if main:
            (root / "refs").mkdir()
            (root / "refs" / "main").write_text(commit)
        return snapshot

    return put


def one_line(error):
    text = str(error.value)
    assert "\n" not in text
    return text


def test_a_folder_is_a_checkpoint():
    found = find_checkpoint(TINY)
    assert (found.folder, found.repo, found.revision, found.name) == (TINY, None, None, "tiny")
    assert found.size == (TINY / "model.safetensors").stat().st_size


def test_a_folder_has_no_revisions():
    with pytest.raises(CheckpointError, match="is a folder"):
        find_checkpoint(TINY, revision="main")


@each("known", KNOWN_MODELS, ids=lambda model: model.repo)
def test_what_is_not_here_is_named_with_its_size_and_the_command(known):
    with pytest.raises(CheckpointError) as error:
        find_checkpoint(known.repo)
    text = one_line(error)
    assert f"hf download {known.repo} --revision {known.revision}" in text
    assert "8.3 GB" in text


def test_an_unknown_name_gets_the_command_without_a_pin():
    with pytest.raises(CheckpointError) as error:
        find_checkpoint("somebody/fine-tune")
    assert 'hf download somebody/fine-tune --exclude "*.py"' in one_line(error)


def test_what_is_neither_folder_nor_name_is_said_to_be_neither(tmp_path):
    with pytest.raises(CheckpointError, match="neither a folder"):
        find_checkpoint(tmp_path / "nowhere")


def test_the_pinned_revision_is_preferred(add):
    add(VISION.repo, OTHER, main=True)
    pinned = add(VISION.repo, VISION.revision)
    found = find_checkpoint(VISION.repo)
    assert (found.folder, found.revision, found.name) == (pinned, VISION.revision, VISION.repo)


def test_another_whole_revision_is_taken_and_named(add):
    snapshot = add(VISION.repo, OTHER, main=True)
    found = find_checkpoint(VISION.repo)
    assert (found.folder, found.revision) == (snapshot, OTHER)


def test_a_revision_asked_for_is_the_only_one_taken(add):
    snapshot = add(VISION.repo, OTHER, main=True)
    assert find_checkpoint(VISION.repo, revision="main").folder == snapshot
    assert find_checkpoint(VISION.repo, revision=OTHER).folder == snapshot
    with pytest.raises(CheckpointError, match=f"--revision {'1' * 40}"):
        find_checkpoint(VISION.repo, revision="1" * 40)


def test_a_broken_pinned_snapshot_gives_way_to_a_whole_one(add):
    (add(VISION.repo, VISION.revision) / "model.safetensors").unlink()
    whole = add(VISION.repo, OTHER)
    assert find_checkpoint(VISION.repo).folder == whole


@pytest.mark.parametrize("gone", ["model.safetensors", "tokenizer.json", "preprocessor_config.json"])
def test_a_download_that_was_broken_off_is_named_with_what_is_missing(add, gone):
    (add(VISION.repo, VISION.revision) / gone).unlink()
    with pytest.raises(CheckpointError) as error:
        find_checkpoint(VISION.repo)
    assert f"({gone} is missing)" in one_line(error)
    assert "hf download" in one_line(error)


def test_a_missing_shard_is_missing(add):
    snapshot = add(VISION.repo, VISION.revision)
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    (snapshot / "model.safetensors").rename(snapshot / shards[0])
    index = {"weight_map": {"a": shards[0], "b": shards[1]}}
    (snapshot / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match=shards[1]):
        find_checkpoint(VISION.repo)
    (snapshot / shards[1]).touch()
    assert [file.name for file in find_checkpoint(VISION.repo).weight_files] == shards


def test_a_dangling_link_into_the_cache_is_a_missing_file(add):
    snapshot = add(VISION.repo, VISION.revision)
    (snapshot / "model.safetensors").unlink()
    (snapshot / "model.safetensors").symlink_to("../../blobs/gone")
    with pytest.raises(CheckpointError, match=r"model\.safetensors is missing"):
        find_checkpoint(VISION.repo)


def test_nothing_is_chosen_where_nothing_is():
    found, why = find_default_checkpoint()
    assert found is None
    assert MODEL_VARIABLE in why


def test_the_first_known_model_in_the_cache_is_chosen(add):
    snapshot = add(VISION_35.repo, VISION_35.revision)
    found, why = find_default_checkpoint()
    assert found == Checkpoint(snapshot, VISION_35.repo, VISION_35.revision)
    assert VISION_35.repo in why


def test_a_broken_model_is_not_chosen(add):
    (add(VISION.repo, VISION.revision) / "config.json").unlink()
    snapshot = add(VISION_35.repo, VISION_35.revision)
    (snapshot / "model.safetensors.index.json").write_text("not json")
    assert find_default_checkpoint()[0] is None


def test_the_environment_names_the_checkpoint(monkeypatch):
    monkeypatch.setenv(MODEL_VARIABLE, str(TINY))
    found, why = find_default_checkpoint()
    assert found == Checkpoint(TINY)
    assert MODEL_VARIABLE in why


def test_a_checkpoint_the_environment_names_must_be_there(monkeypatch):
    monkeypatch.setenv(MODEL_VARIABLE, VISION.repo)
    with pytest.raises(CheckpointError, match="hf download"):
        find_default_checkpoint()


@pytest.mark.parametrize(
    ("variables", "want"),
    [
        ({"HF_HUB_CACHE": "/a"}, "/a"),
        ({"HUGGINGFACE_HUB_CACHE": "/b"}, "/b"),
        ({"HF_HOME": "/c"}, "/c/hub"),
        ({"XDG_CACHE_HOME": "/d"}, "/d/huggingface/hub"),
        ({}, "~/.cache/huggingface/hub"),
    ],
)
def test_the_cache_is_where_the_hubs_client_keeps_it(monkeypatch, variables, want):
    monkeypatch.delenv("HF_HUB_CACHE")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert hub_cache() == Path(want).expanduser()


def test_a_revision_of_ones_own_stands_in_the_command():
    assert "--revision v2 " in fetch_command(VISION.repo, "v2")


def test_the_digest_tells_checkpoints_apart_and_not_copies(tmp_path):
    copy, other = (Path(shutil.copytree(TINY, tmp_path / name)) for name in ("copy", "other"))
    weights = bytearray((other / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (other / "model.safetensors").write_bytes(weights)
    (copy / "README.md").write_text("a word more")
    assert find_checkpoint(copy).digest == find_checkpoint(TINY).digest
    assert find_checkpoint(other).digest != find_checkpoint(TINY).digest
    (copy / "config.json").write_text("{}")
    assert find_checkpoint(copy).digest != find_checkpoint(TINY).digest


def test_the_digest_of_a_large_file_reads_blocks_from_its_beginning_to_its_end(tmp_path):
    weights = tmp_path / "model.safetensors"
    with weights.open("wb") as stream:
        stream.truncate(64 << 20)  # sparse: takes no room
    digests = [Checkpoint(tmp_path).digest]
    for position in (0, (64 << 20) - 1):
        with weights.open("r+b") as stream:
            stream.seek(position)
            stream.write(b"x")
        digests.append(Checkpoint(tmp_path).digest)
    assert len(set(digests)) == 3


def test_looking_for_a_checkpoint_imports_neither_torch_nor_transformers():
    code = (
        "import sys, extractor.checkpoints as c; c.find_default_checkpoint(); "
        f"c.verify_checkpoint(c.find_checkpoint({str(TINY)!r})); "
        "sys.exit(bool({'torch', 'transformers', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
