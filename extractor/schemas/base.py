"""What every document schema is made of: the base model, field types, and `described` fields.

A schema is a plain Pydantic model. Its fields carry, in their JSON Schema, the kind, the Chinese description and the
printed captions from `extractor.schemas.vocabulary`, so that prompts, caption reading, constrained decoding and
documentation come from one definition. `field_specs` gives the same view of any Pydantic model, also of a user's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.fields import FieldInfo

from extractor.schemas.dates import iso_date
from extractor.schemas.forms import LISTS, NUMBERS, TIMES, plain_types
from extractor.schemas.vocabulary import VOCABULARY, FieldSpec, Kind

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
#: ISO 8601; of reduced precision (YYYY-MM, YYYY) where the document itself gives no more.
IsoDate = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"), AfterValidator(iso_date)]
#: ISO 3166-1 alpha-3 with ICAO's extras (Doc 9303-3, section 5); Germany is `D`.
StateCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,3}$")]
#: One line of a machine-readable zone (Doc 9303-3, 4.3: the characters A-Z, 0-9 and the filler `<`).
MrzLine = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9<]{1,44}$")]


@dataclass(frozen=True)
class Check:
    """One rule a document can be held to; `passed` is None where a field it needs is absent."""

    code: str
    fields: tuple[str, ...]
    passed: bool | None
    message: str


class IdentityDocument(BaseModel):
    """Base of the built-in schemas: every field optional, nothing beyond them, null for what is not on the document."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    def checks(self) -> list[Check]:
        """Rules between the fields of one document. Messages hold no values."""
        return [
            _in_order(self, "birth_before_issue", "birth_date", "issue_date"),
            _in_order(self, "issue_before_expiry", "issue_date", "expiry_date"),
            _in_order(self, "birth_before_expiry", "birth_date", "expiry_date"),
        ]


def _in_order(document: BaseModel, code: str, earlier: str, later: str) -> Check:
    first, second = getattr(document, earlier, None), getattr(document, later, None)
    # Reduced precision compares by what both have: "1988" is not after "1988-05-01", nor that after "1988".
    passed = None if not first or not second else first[: len(second)] <= second[: len(first)]
    return Check(code, (earlier, later), passed, f"{earlier} lies after {later}")


def described(name: str, *, description: str | None = None, **options: Any) -> Any:
    """A Pydantic field, null by default, that is the vocabulary's field `name`."""
    spec = VOCABULARY[name]
    return Field(
        default=None,
        description=description or spec.en,
        json_schema_extra={
            "x-kind": spec.kind.value,
            "x-description-zh": spec.zh,
            "x-captions": {lang: list(phrases) for lang, phrases in spec.captions.items()},
        },
        **options,
    )


def field_specs(schema: type[BaseModel]) -> dict[str, FieldSpec]:
    """What each field of `schema` means: from its own annotations first, then from the vocabulary by name.

    A user's field may state `x-kind`, `x-captions` and `x-description-zh` in `json_schema_extra`; a field that states
    nothing and has no known name is captioned by its title and by its own name with spaces for underscores.
    """
    return {name: _spec(name, info) for name, info in schema.model_fields.items()}


def _spec(name: str, info: FieldInfo) -> FieldSpec:
    extra: Mapping[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    known = VOCABULARY.get(name)
    kind = Kind(extra["x-kind"]) if "x-kind" in extra else known.kind if known else kind_of_type(info.annotation)
    captions: Mapping[str, tuple[str, ...]]
    if "x-captions" in extra:
        captions = {lang: tuple(phrases) for lang, phrases in extra["x-captions"].items()}
    elif known:
        captions = known.captions
    else:
        own = [name.replace("_", " ")] + ([info.title] if info.title else [])
        captions = {"und": tuple(dict.fromkeys(own))}
    description = info.description or (known.en if known else name.replace("_", " "))
    chinese = extra.get("x-description-zh") or (known.zh if known else description)
    own_captions = {lang: tuple(phrases) for lang, phrases in extra.get("x-own-captions", {}).items()}
    return FieldSpec(name, kind, description, chinese, captions, own_captions)


def kind_of_type(annotation: Any) -> Kind:
    """The kind of a field that says nothing about itself, by its type alone."""
    members = plain_types(annotation)
    if members & set(TIMES):
        return Kind.DATE
    if members == {bool}:
        return Kind.FLAG
    if members and members <= NUMBERS:
        return Kind.NUMBER
    if any(isinstance(member, type) and issubclass(member, Enum) for member in members):
        return Kind.CODE
    if members & set(LISTS):
        return Kind.LIST
    return Kind.TEXT
