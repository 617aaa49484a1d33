"""Cells: what a run compares. A cell is an engine, and for one with a checkpoint its model, precision and hints.

Every cell is settled before anything is read: what is not on this machine is said in one line, with the way to get
it, and nothing else is scored in its place. The one stand-in there is, the small model that this repository ships,
is named as such wherever results are shown.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from extractor.checkpoints import KNOWN_MODELS, Checkpoint, fetch_command, find_checkpoint, find_default_checkpoint
from extractor.checkpoints.locate import SHIPPED
from extractor.checkpoints.values import DTYPES
from extractor.errors import UsageError

if TYPE_CHECKING:
    from extractor.engines import Engine

#: Engines by name, and whether they need a checkpoint.
ENGINES: Mapping[str, bool] = {"embedded": False, "phi3v": True}
_NOT_IT = "the small model of this repository, not Phi-3-vision"
#: Precision that the others are compared with.
REFERENCE_DTYPE = "bfloat16"


@dataclass(frozen=True)
class Cell:
    """One thing to be scored. `dtype`, `model` and `hints` mean nothing for an engine without a checkpoint."""

    engine: str
    model: str = ""
    dtype: str = ""
    hints: bool | None = None
    checkpoint: Checkpoint | None = None
    #: What a reader of the results must know about it.
    note: str = ""

    @property
    def name(self) -> str:
        """What results call it: `embedded`, `phi3v nano int4`, `phi3v nano int4, no hints`."""
        parts = " ".join(part for part in (self.engine, self.model, self.dtype) if part)
        return parts if self.hints is None else f"{parts}, {'hints' if self.hints else 'no hints'}"


def cells(
    engines: Sequence[str] = (),
    models: Sequence[str] = (),
    dtypes: Sequence[str] = (),
    hints: Sequence[bool | None] = (None,),
) -> list[Cell]:
    """Every combination that was asked for. With no engine named: `phi3v` where a model, a precision or hints are
    named, else `embedded`. Raises UsageError, and CheckpointError for a checkpoint that is not here.
    """
    named = list(engines) or (["phi3v"] if models or dtypes or hints != (None,) else ["embedded"])
    for words, known, what in ((named, ENGINES, "engine"), (dtypes, DTYPES, "dtype")):
        if unknown := [word for word in words if word not in known]:
            raise UsageError(f"there is no {what} {unknown[0]!r}; known: {', '.join(known)}")
    if (models or dtypes) and not any(ENGINES[engine] for engine in named):
        raise UsageError(f"the {named[0]} engine has no models or precisions; leave --model and --dtype out")
    found: list[Cell] = []
    for engine in dict.fromkeys(named):
        if not ENGINES[engine]:
            found.append(Cell(engine))
            continue
        for model in models or [""]:
            label, checkpoint, note = checkpoint_for(model or None)
            found += [
                Cell(engine, label, dtype, hint, checkpoint, note)
                for dtype, hint in itertools.product(dtypes or ["bfloat16"], hints)
            ]
    return found


def pairs(found: Sequence[Cell]) -> list[tuple[Cell, Cell]]:
    """(reference, cell) for every cell that has something to be compared with.

    A precision is compared with bfloat16, what checkpoints are published in, under the same hints; hints in bfloat16
    with none; and what is left (engines, models) with the first such cell.
    """
    references = {cell: _reference(cell, found) for cell in found}
    first = next(cell for cell in found if references[cell] is None)
    made = [(references[cell] or first, cell) for cell in found]
    return [(reference, cell) for reference, cell in made if reference != cell]


def _reference(cell: Cell, found: Sequence[Cell]) -> Cell | None:
    precise, unaided = replace(cell, dtype=REFERENCE_DTYPE), replace(cell, hints=False)
    if cell.dtype != REFERENCE_DTYPE and precise in found:
        return precise
    return unaided if cell.hints and unaided in found else None


def checkpoint_for(model: str | None) -> tuple[str, Checkpoint, str]:
    """(label, checkpoint, note) of the model that was named, or of the one to take when none was.

    Raises CheckpointError, in one line that says how to get it, when it is not on this machine.
    """
    if model == SHIPPED:
        return SHIPPED, find_checkpoint(SHIPPED), _NOT_IT
    if model is not None:
        checkpoint = find_checkpoint(model)
        return checkpoint.name, checkpoint, ""
    found, why = find_default_checkpoint()
    if found is not None:
        return found.name, found, ""
    known = KNOWN_MODELS[0].repo
    missing = f"{known} is not on this machine ({why}); fetch it with: {fetch_command(known)}"
    return SHIPPED, find_checkpoint(SHIPPED), f"{_NOT_IT}: {missing}"


def engine_of(cell: Cell, *, device: str = "auto", num_crops: int | None = None) -> Engine | None:
    """The engine of a cell, None for no model. Raises ExtractorError when it cannot run here, or would be another."""
    from extractor.engines import EMBEDDED, choose_engine

    options: dict[str, Any] = (
        {} if cell.checkpoint is None else {"model": str(cell.checkpoint.folder), "dtype": cell.dtype}
    )
    engine, _ = choose_engine(cell.engine, device=device, num_crops=num_crops, hints=cell.hints, **options)
    name = EMBEDDED if engine is None else engine.name
    if name != cell.engine:
        raise UsageError(f"the {cell.engine} engine was asked for and cannot run here; {name} is not scored")
    return engine
