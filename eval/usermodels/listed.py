"""What is known of one user's model: its schema, what its author means by its fields, and for which documents it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, create_model

from extractor.schemas.documents import BUILT_IN
from extractor.schemas.plan import Plan, plan_of
from extractor.schemas.registry import schema_of

ALL = frozenset(BUILT_IN)
PASSPORTS = frozenset({"passport"})
CARDS = frozenset({"id_card", "residence_permit"})
LICENCES = frozenset({"driving_licence"})
VISAS = frozenset({"visa"})
CHINESE = frozenset({"chinese_id_card"})
#: Chinese cards have no surname; a visa has two numbers.
NOT_CHINESE = PASSPORTS | CARDS | LICENCES
_DATES = frozenset({"birth_date", "issue_date", "expiry_date"})


@dataclass(frozen=True)
class UserModel:
    """`meant` is `path=field` or `path=field:part`, parted by spaces: what the author means, whatever the reader
    understands. Fields that are not in it are no part of the vocabulary and not counted."""

    title: str
    schema: Any
    meant: str
    documents: frozenset[str] = ALL

    @cached_property
    def plan(self) -> Plan:
        return plan_of(schema_of(self.schema))

    def fields(self) -> Iterator[tuple[str, str, str]]:
        """Path, field of the vocabulary, and which part of it ("" for all of it)."""
        for path, meaning in re.findall(r"(.+?)=(\S+)\s*", self.meant):
            field, _, part = meaning.partition(":")
            yield path, field, part


def flat(
    title: str,
    meant: str,
    documents: frozenset[str] = ALL,
    *,
    config: ConfigDict | None = None,
    usual: Any = None,
    **types: Any,
) -> UserModel:
    """A model of one level with the fields that are `meant`, and those that only `types` name.

    A field is of the type in `types`, or a pair of type and default. Others are as `usual`; without it dates are dates
    and all else is text, and None is the default.
    """
    meanings = dict(pair.split("=") for pair in meant.split())
    fields: dict[str, Any] = {}
    for field in {**meanings, **types}:
        kind = types.get(field, usual or (date if meanings.get(field) in _DATES else str))
        fields[field] = kind if isinstance(kind, tuple) else (kind | None, None)
    return UserModel(
        title, create_model("".join(filter(str.isalpha, title)), __config__=config, **fields), meant, documents
    )


def written(title: str, meant: str, documents: frozenset[str]) -> UserModel:
    """A JSON Schema of `schemas.json`."""
    return UserModel(title, _schemas()[title], meant, documents)


@cache
def _schemas() -> Any:
    return json.loads(Path(__file__).with_name("schemas.json").read_text(encoding="utf-8"))
