"""Finds a checkpoint: a folder, or a model of the hub in its local cache, at a pinned revision.

The cache is read as the hub's own client lays it out (models--owner--name/{refs,snapshots}); a snapshot counts when
none of its files is missing. Of a known model the pinned revision is preferred; without it, any whole snapshot of the
same model is taken, and the result names the revision. No code of a checkpoint ever runs, so a revision decides
which weights are used, not what is executed.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from extractor.errors import CheckpointError

MODEL_VARIABLE = "EXTRACTOR_MODEL"  # names the checkpoint to use when no --model is given

#: The small model that comes with this package: not Phi-3-vision, but of its architecture.
SHIPPED, SHIPPED_FOLDER = "nano", Path(__file__).resolve().parent / "nano"

_REPO = re.compile(r"[\w.-]+/[\w.-]+")
_FILE_NAME = re.compile(r"(?!\.)[\w.+-]{1,200}", re.ASCII)
#: The largest small file of a checkpoint, its tokenizer, has 4 MB.
_JSON_BYTES = 64 << 20
_SINGLE, _INDEX = "model.safetensors", "model.safetensors.index.json"
# What decides an answer. Code that lies in a published folder is not among it.
DECISIVE = (
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
)


@dataclass(frozen=True)
class KnownModel:
    """A published model: its name on the hub, the revision it was checked at, the size of its weights in bytes."""

    repo: str
    revision: str
    size: int

    @property
    def gigabytes(self) -> str:
        return f"{self.size / 1e9:.1f} GB"


# Revisions as third parties recorded them: the first in the sources of sglang and lmdeploy and in vLLM's issues
# (main of 2024), the second by several published benchmarks (main of 2026). Both releases hold the same 592 tensors.
KNOWN_MODELS = (
    KnownModel("microsoft/Phi-3-vision-128k-instruct", "c45209e90a4c4f7d16b2e9d48503c7f3e83623ed", 8_293_242_880),
    KnownModel("microsoft/Phi-3.5-vision-instruct", "12b77fb40b63a2c73c68243d3f767aab688a1b2a", 8_293_242_880),
)


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint on this machine; `repo` and `revision` are known for one in the hub's cache."""

    folder: Path
    repo: str | None = None
    revision: str | None = None

    @property
    def name(self) -> str:
        """What to call it in a report: its name on the hub, or that of its folder."""
        return self.repo or self.folder.name

    @cached_property
    def weight_files(self) -> tuple[Path, ...]:
        """The safetensors files, in order; empty without any."""
        return tuple(self.folder / name for name in weight_names(self.folder))

    @cached_property
    def size(self) -> int:
        """Bytes of all weight files."""
        return sum(file.stat().st_size for file in self.weight_files)

    @cached_property
    def digest(self) -> str:
        """Which checkpoint this is: 64 hexadecimal digits, in milliseconds.

        Small files count whole; of larger ones (the weights) the size, the first MiB and 256 blocks spread evenly.
        Two checkpoints that differ by training differ in every block, so this tells them apart; it does not protect
        against somebody who changes bytes on purpose.
        """
        state = hashlib.sha256()
        files = [self.folder / name for name in DECISIVE if (self.folder / name).is_file()]
        for file in [*files, *self.weight_files]:
            state.update(f"{file.name}:{file.stat().st_size}:".encode())
            for block in _blocks(file):
                state.update(block)
        return state.hexdigest()


def _blocks(file: Path, whole: int = 16 << 20, head: int = 1 << 20, step: int = 1 << 16) -> Iterator[bytes]:
    size = file.stat().st_size
    with file.open("rb") as stream:
        if size <= whole:
            yield stream.read()
            return
        yield stream.read(head)
        for number in range(256):
            stream.seek(head + number * (size - head - step) // 255)
            yield stream.read(step)


def find_checkpoint(name: str | os.PathLike[str], revision: str | None = None) -> Checkpoint:
    """The checkpoint `name` stands for: `nano`, a folder, or the name of a model whose files are in the hub's cache.

    Raises CheckpointError, in one line with the command that fetches it, when it is not (wholly) on this machine.
    Its files are checked by `verify_checkpoint`.
    """
    folder = SHIPPED_FOLDER if str(name) == SHIPPED else Path(os.path.expanduser(name))
    if folder.is_dir():
        if revision is not None:
            raise CheckpointError(f"{name} is a folder; a revision can only be chosen for a model of the hub")
        return Checkpoint(folder)
    if not _REPO.fullmatch(str(name)):
        raise CheckpointError(f"{name} is neither a folder on this machine nor the name of a model (owner/name)")
    repo = str(name)
    snapshots = list(_snapshots(repo, revision))
    for commit, snapshot in snapshots:
        if not missing_files(snapshot):
            return Checkpoint(snapshot, repo, commit)
    command = fetch_command(repo, revision)
    if snapshots:
        missing = missing_files(snapshots[0][1])[0]
        raise CheckpointError(
            f"{repo} is only partly on this machine ({missing} is missing); finish it with: {command}"
        )
    if any(model.repo == repo for model in KNOWN_MODELS):
        raise CheckpointError(f"{repo} is not on this machine; fetch it with: {command}")
    raise CheckpointError(f"{repo} is neither a folder here nor in the hub's cache; a model is fetched with: {command}")


def find_default_checkpoint() -> tuple[Checkpoint | None, str]:
    """The checkpoint to use when none is named, or None, and why, in a few words.

    The one the environment names (EXTRACTOR_MODEL), else the first known model that is whole in the hub's cache.
    Raises CheckpointError when the environment names one that is not here: it was asked for.
    """
    named = os.environ.get(MODEL_VARIABLE)
    if named:
        return find_checkpoint(named), f"{MODEL_VARIABLE} names {named}"
    for known in KNOWN_MODELS:
        for commit, snapshot in _snapshots(known.repo, None):
            if _is_whole(snapshot):
                return Checkpoint(snapshot, known.repo, commit), f"{known.repo} is in the hub's cache"
    return None, f"{MODEL_VARIABLE} is not set, and the hub's cache holds no known model"


def fetch_command(repo: str, revision: str | None = None) -> str:
    """The command that fetches a model, without the code that lies beside its weights, and its size if known."""
    known = next((model for model in KNOWN_MODELS if model.repo == repo), None)
    revision = revision or (known.revision if known else None)
    pin = f" --revision {revision}" if revision else ""
    size = f" ({known.gigabytes})" if known else ""
    return f'hf download {repo}{pin} --exclude "*.py"{size}'


def hub_cache() -> Path:
    """Where the hub's client keeps models, by its own environment variables."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(variable):
            return Path(os.path.expanduser(os.environ[variable]))
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    # Unlike Path's own method, this one leaves `~` to a user who has no home.
    return Path(os.path.expanduser(home)) / "hub"


def _snapshots(repo: str, revision: str | None) -> Iterator[tuple[str, Path]]:
    """(revision, folder) of what the cache holds of a model, the preferred one first."""
    root = hub_cache() / f"models--{repo.replace('/', '--')}"
    wanted = [revision] if revision else [*(m.revision for m in KNOWN_MODELS if m.repo == repo), "main"]
    for name in wanted:
        reference = root / "refs" / name
        try:
            commit = reference.read_text(encoding="utf-8").strip() if reference.is_file() else name
        except (OSError, ValueError):
            continue
        if (root / "snapshots" / commit).is_dir():
            yield commit, root / "snapshots" / commit
    if revision is None and (root / "snapshots").is_dir():
        for folder in sorted((root / "snapshots").iterdir()):
            yield folder.name, folder


def weight_names(folder: Path) -> list[str]:
    """Names of the weight files a checkpoint says it has; empty when it has none in safetensors."""
    if (folder / _INDEX).is_file():
        table = read_json(folder / _INDEX).get("weight_map")
        names = (
            set(table.values())
            if isinstance(table, dict) and all(isinstance(name, str) for name in table.values())
            else set()
        )
        if not names:
            raise CheckpointError(f"{folder / _INDEX} is not an index of weights; fetch it again")
        # A checkpoint is complete in itself: a name that leads out of its folder is refused.
        if foreign := sorted(name for name in names if not _FILE_NAME.fullmatch(name)):
            raise CheckpointError(
                f"{folder / _INDEX} names {_shortened(foreign[0])}, which is not a file of that folder"
            )
        return sorted(names)
    return [_SINGLE] if (folder / _SINGLE).is_file() else []


def read_json(file: Path) -> dict[str, Any]:
    """A JSON object. Raises CheckpointError if the file cannot be read or is not a JSON object."""
    try:
        if file.stat().st_size > _JSON_BYTES:
            raise CheckpointError(f"{file} is larger than any configuration; fetch it again")
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CheckpointError(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise CheckpointError(f"{file} is not a JSON object; fetch it again")
    return content


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _is_whole(folder: Path) -> bool:
    try:
        return not missing_files(folder)
    except CheckpointError:
        return False


def missing_files(folder: Path) -> list[str]:
    """Names of the files a checkpoint lacks before it could be read."""
    either = ("preprocessor_config.json", "processor_config.json")
    needed = ["config.json", "tokenizer.json", *(weight_names(folder) or [_SINGLE])]
    missing = [name for name in needed if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in either):
        missing.append(either[0])
    return missing
