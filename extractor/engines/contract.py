"""What every engine must keep to, as one function for the tests of whoever writes one.

    assert violations(MyEngine(), evidence) == []

`evidence` is any document's, such as `extractor.pipeline.prepare("card.png", "id_card").evidence`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from extractor.decoding.answer import FieldReading
from extractor.decoding.form import answer_schema
from extractor.engines.answers import misfit
from extractor.evidence import DocumentEvidence
from extractor.sources import Engine, read_sources


def violations(engine: Engine, evidence: DocumentEvidence) -> list[str]:
    """In what an engine breaks the contract; nothing if in nothing. Asks it three times, two of them at once if it
    says that it can be."""
    own = read_sources(evidence)
    before = copy.deepcopy(own)
    first = engine.answer(evidence, own)
    with ThreadPoolExecutor(2 if getattr(engine, "side_by_side", 1) > 1 else 1) as pool:
        others = list(pool.map(lambda _: engine.answer(evidence, own), range(2)))
    found = [*_of_itself(engine), *_of_an_answer(first, evidence)]
    if own != before:
        found.append("answer changes what the document's own sources say")
    if any(_values(other) != _values(first) for other in others):
        found.append("answer says something else when it is asked again")
    values = [str(reading.value) for reading in first.values() if isinstance(reading, FieldReading) and reading.value]
    shown = [engine.label, *engine.details.values()]
    if any(len(value) > 3 and value in text for value in values for text in map(str, shown)):
        found.append("label or details hold a value of the document")
    return found


def _of_itself(engine: Engine) -> Iterator[str]:
    if not (isinstance(engine.name, str) and engine.name):
        yield "name is no text"
    if not isinstance(engine.label, str):
        yield "label is no text"
    pairs: Any = engine.details.items() if isinstance(engine.details, Mapping) else [(0, 0)]
    if not all(isinstance(key, str) and isinstance(value, str) for key, value in pairs):
        yield "details map no texts to texts"


def _of_an_answer(answer: Mapping[str, FieldReading], evidence: DocumentEvidence) -> Iterator[str]:
    schema = answer_schema(evidence.schema)
    for name, reading in answer.items():
        if name not in schema["properties"]:
            yield f"answer has a field that the schema does not have: {name}"
        elif not isinstance(reading, FieldReading):
            yield f"the answer for {name} is no FieldReading"
        elif not 0.0 <= reading.confidence <= 1.0:
            yield f"the confidence in {name} is not between 0 and 1"
        elif reason := misfit(reading.value, schema["properties"][name], schema.get("$defs", {})):
            yield f"the value of {name} {reason}"


def _values(answer: Mapping[str, FieldReading]) -> dict[str, Any]:
    return {name: getattr(reading, "value", reading) for name, reading in answer.items()}
