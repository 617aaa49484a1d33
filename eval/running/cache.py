"""A cache of prepared documents, which are the same for all cells of a run.

Loading, OCR and the search for captions cost a second or more a document and are the same for all engines, precisions
and hints: a table of eight cells needs them once. Only as many are kept as fit into `ROOM`; the others are read again.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from eval.running.selection import Selection
from extractor.labels.format import Specimen

if TYPE_CHECKING:
    from extractor.pipeline import Prepared

#: Bytes of page images that are kept.
ROOM = 3_000_000_000


class PreparedCache:
    """Prepared documents of a selection; `hits` counts those that were in the cache. With `keep` false, for a run
    of one cell, nothing is kept."""

    def __init__(self, selection: Selection, today: date | None, *, keep: bool, room: int = ROOM) -> None:
        self.selection, self.today, self.room = selection, today, room if keep else 0
        self.hits = 0
        self._kept: dict[Path, Prepared] = {}

    def get(self, specimen: Specimen) -> Prepared:
        """The specimen, prepared for its schema. Raises what `extract` would."""
        from extractor.pipeline import prepare

        kept = self._kept.get(specimen.path)
        if kept is not None:
            self.hits += 1
            return kept
        made = prepare(specimen.path, self.selection.schema_for(specimen), today=self.today)
        size = sum(page.page.image.nbytes for page in made.evidence.pages)
        if size <= self.room:
            self.room -= size
            self._kept[specimen.path] = made
        return made
