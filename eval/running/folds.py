"""Networks that never saw an issuer: a specimen is read by the network of the fold that left its issuer out.

A folder of folds is what `python -m extractor.training.visual folds` and `export` leave: `folds.json`, a list of
issuers a fold, and `fold0.onnx`, `fold1.onnx` and so on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from extractor.errors import UsageError
from extractor.labels.format import Specimen


@dataclass(frozen=True)
class Folds:
    """Issuer -> the network that was trained without it."""

    networks: Mapping[str, Path]

    def network(self, specimen: Specimen) -> Path:
        """The network for a specimen. Raises UsageError for an issuer that no fold left out."""
        if specimen.issuer not in self.networks:
            raise UsageError(f"--folds: no fold left out the issuer of {specimen.path.name}; train the folds again")
        return self.networks[specimen.issuer]


def load_folds(folder: Path) -> Folds:
    """The folds in a folder. Raises UsageError if there are none."""
    try:
        parts = json.loads((folder / "folds.json").read_text(encoding="utf-8"))
        networks = {str(issuer): folder / f"fold{index}.onnx" for index, part in enumerate(parts) for issuer in part}
    except (OSError, ValueError, TypeError):
        raise UsageError(f"{folder} holds no folds.json of python -m extractor.training.visual folds") from None
    missing = sorted({path.name for path in networks.values() if not path.is_file()})
    if missing or not networks:
        raise UsageError(f"{folder} lacks {', '.join(missing) or 'issuers'}: export every fold's network")
    return Folds(networks)
