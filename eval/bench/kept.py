"""Long measurements are saved piece by piece, so that a second call resumes where the first was stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from extractor.errors import UnreadableInputError, UsageError


class SavedPieces:
    """Pieces by name, in a file of JSON Lines whose first line says what they were measured with; without a file they
    last as long as this object. Raises UsageError for a file of other `settings`, UnreadableInputError for another."""

    def __init__(self, path: Path | None, settings: Mapping[str, Any]) -> None:
        self.path = path
        self.pieces: dict[str, Any] = {}
        if path is None:
            return
        try:
            if not path.exists():
                self._write(settings)
            first, *lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
            self.pieces = {line["name"]: line["piece"] for line in lines}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnreadableInputError(f"{path} is not what --kept writes ({type(error).__name__})") from None
        if first != settings:
            differing = ", ".join(name for name in settings if first.get(name) != settings[name])
            raise UsageError(f"{path} was made with another {differing}; name another file")

    def add(self, name: str, piece: Any) -> None:
        """Keeps a piece."""
        self.pieces[name] = piece
        if self.path is not None:
            self._write({"name": name, "piece": piece})

    def _write(self, line: Any) -> None:
        assert self.path is not None
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
