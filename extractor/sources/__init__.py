"""Sources: what can speak for a field, one file each, each with `read(evidence) -> (field, Source)`.

The document's own (MRZ, barcode, visual zone) always speak; choosing an engine is choosing whether a model does too.
"""

from __future__ import annotations

from extractor.evidence import DocumentEvidence
from extractor.extraction import Source
from extractor.schemas import field_specs
from extractor.sources import barcode, model, mrz, visual
from extractor.sources.model import Engine

Sources = dict[str, list[Source]]

__all__ = ["Engine", "Sources", "read_sources"]


def read_sources(evidence: DocumentEvidence, engine: Engine | None = None) -> Sources:
    """Every source for every field of the schema: of one kind the first page's first, the model's last."""
    own: Sources = {name: [] for name in field_specs(evidence.schema)}
    for read in (mrz.read, barcode.read, visual.read):
        for name, source in read(evidence):
            if name in own:
                own[name].append(source)
    said = dict(model.read(evidence, engine, own)) if engine is not None else {}
    return {name: [*sources, said[name]] if name in said else sources for name, sources in own.items()}
