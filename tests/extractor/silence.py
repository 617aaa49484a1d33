"""What a document says, and what is said about it: no message may hold a value."""

from collections.abc import Iterator, Mapping
from typing import Any

from extractor.extraction import Extraction
from extractor.schemas.text import squash

#: What a message may name though a document says it too: codes of states, kinds and sexes.
PUBLIC = 4


def secrets(record: Mapping[str, Any]) -> set[str]:
    """What a label says of its document, folded; words of a few letters could stand in any sentence."""
    result = set()
    for value in (*record["fields"].values(), *record.get("printed", {}).values()):
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                result |= {squash(part) for part in (text, *text.splitlines())}
                result |= {squash(part) for part in text.split() if any(c.isdigit() for c in part)}
                # Names and places word by word.
                result |= {squash(part) for part in text.split() if len(part) > 5}
    return {one for one in result if len(one) > PUBLIC or (one and not one.isascii())}


def messages(result: Extraction) -> Iterator[str]:
    """Everything a result says about its document that is no value of it."""
    for warning in result.warnings:
        yield from (warning.code, warning.message, warning.field or "")
    for name, one in result.fields.items():
        yield from (name, one.note)
        yield from (source.basis for source in one.sources)
    yield from (*result.engine, *result.engine.values(), *result.seconds)


def assert_silent(text: str, record: Mapping[str, Any]) -> None:
    """Fails if a text holds anything that the label of a document says."""
    result = squash(text)
    assert [one for one in secrets(record) if one in result] == []
