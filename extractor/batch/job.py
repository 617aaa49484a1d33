"""What a batch is to do, and what came of it. Plain data: it travels to the readers of a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

#: Rows of a part where the caller names no number: few enough that a death loses little, many enough that ten million
#: documents make ten thousand files.
MOST_ROWS, LEAST_ROWS, PARTS = 1000, 4, 64


@dataclass(frozen=True)
class Job:
    """The arguments of a batch; see `extractor.batch.extract_batch`."""

    inputs: tuple[str, ...]
    output: str
    schema: Any = "auto"
    engine: str = "embedded"
    model: str | None = None
    dtype: str = "auto"
    device: str = "auto"
    form: str = "jsonl"
    evidence: bool = False
    group: str | None = None
    column: str | None = None
    rows: int | None = None
    pages: tuple[int, ...] | None = None
    today: date | None = None
    minimum_age: int | None = None
    one_document: bool = False
    batch_size: int = 8
    cpus: float = 1.0
    gpus: float = 0.0
    readers: int | None = None

    def settings(self) -> dict[str, Any]:
        """What all rows of one output have in common, as JSON."""
        return {
            "schema": self.schema if isinstance(self.schema, str | dict) else _name(self.schema),
            "engine": self.engine,
            "model": self.model,
            "dtype": self.dtype,
            "format": self.form,
            "evidence": self.evidence,
            "group": self.group,
            "column": self.column,
            "pages": list(self.pages) if self.pages else None,
            "today": str(self.today) if self.today else None,
            "minimum_age": self.minimum_age,
            "one_document": self.one_document,
        }

    def rows_of_a_part(self, documents: int) -> int:
        """Depends on the input alone, so that a second run cuts it into the same parts."""
        return self.rows or min(MOST_ROWS, max(LEAST_ROWS, documents // PARTS))


@dataclass(frozen=True)
class Summary:
    """Counts of documents: found in the input, answered by earlier runs, answered now, and those now with an error.

    `memory` is what the largest reader held after its last part, in bytes.
    """

    documents: int = 0
    earlier: int = 0
    now: int = 0
    errors: int = 0
    seconds: float = 0.0
    memory: int = 0


def _name(schema: Any) -> str:
    return f"{getattr(schema, '__module__', '')}:{getattr(schema, '__qualname__', repr(schema))}"
