"""An engine's answer, and the response body made of it.

An answer is one document, {"document": ..., "evidence": ...}, or {"documents": [...]} with one of these each, where all
documents were asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extractor.output import with_evidence


def evidences(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The evidence of each document."""
    return [one["evidence"] for one in answer.get("documents", [answer])]


def pages_of(answer: Mapping[str, Any]) -> int:
    """How many pages were read: every document names all of them."""
    return len(evidences(answer)[0]["pages"])


def as_body(asked: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, with their evidence if that is asked for; of several documents a list of them under `documents`, each
    with the name of its schema."""
    if "documents" not in answer:
        return with_evidence(answer) if asked["evidence"] else dict(answer["document"])
    bodies = [(one["evidence"]["schema"], as_body(asked, one)) for one in answer["documents"]]
    return {"documents": [{"schema": schema, **body} for schema, body in bodies]}
