"""What is known of one user's model: its schema, what its author means by its fields, and for which documents it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

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
