"""What can be drawn: a state's document (`documents.json`) on a layout of its group (`layouts.json`).

A document says what is printed: captions, wording, date style, number patterns. A layout says where, in millimetres.
Both are data; layouts belong to one pool, and so do documents, except those of states whose language has no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from extractor.synthesis.pools import POOLS, Pool, data_file

TemplateBox = tuple[float, float, float, float]
#: Width and height in millimetres (ICAO Doc 9303-3 to 9303-7).
SIZES: Mapping[str, tuple[float, float]] = {
    "TD3": (125.0, 88.0),
    "TD2": (105.0, 74.0),
    "ID1": (85.6, 54.0),
    "MRVA": (120.0, 80.0),
}


@dataclass(frozen=True)
class TemplateCell:
    """A field's place in a row: its left edge as a share of the body's width."""

    field: str
    share: float


@dataclass(frozen=True)
class TemplateSide:
    """One side of a document. Boxes are (x, y, width, height) and `body` is (left, top, right, bottom), millimetres."""

    size: tuple[float, float]
    body: TemplateBox
    rows: tuple[tuple[TemplateCell, ...], ...]
    places: Mapping[str, Any]

    def mirrored(self) -> TemplateSide:
        """The same side for a script that reads from right to left."""
        width = self.size[0]
        left, top, right, bottom = self.body
        ends = {"left": "right", "right": "left", "centre": "centre"}
        places: dict[str, Any] = {}
        for name, place in self.places.items():
            if name in ("country", "title"):
                align = ends[place[3] if len(place) > 3 else "left"]
                places[name] = [width - place[0], *place[1:3], align, *place[4:]]
            elif name == "mrz":
                places[name] = place
            else:
                places[name] = [width - place[0] - place[2], *place[1:]]
        return TemplateSide(self.size, (width - right, top, width - left, bottom), self.rows, places)


@dataclass(frozen=True)
class TemplateLayout:
    """Where things stand on a group's documents."""

    name: str
    group: str
    pool: Pool
    sides: tuple[TemplateSide, ...]
    beside: bool = False
    caption: str = "above"
    caption_sizes: tuple[float, float] = (1.5, 1.8)
    value_sizes: tuple[float, float] = (2.6, 3.0)
    bands: bool = False


@dataclass(frozen=True)
class TemplateDocument:
    """What a state prints on one kind of document."""

    id: str
    group: str
    pools: tuple[Pool, ...]
    kind: str
    schema: str
    state: str
    language: str
    fields: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    def option(self, name: str, default: Any = None) -> Any:
        return self.options.get(name, default)

    def captions(self, name: str) -> tuple[str, ...]:
        """The captions printed for field `name`, in the order of the document's languages."""
        own = self.option("caption", {}).get(name, {})
        alias = self.option("captions_of", {}).get(name, name)
        table = data_file("captions.json")  # language -> field -> caption as printed
        found = [own.get(tag) or table[tag].get(alias) for tag in self.option("captions", self.language).split()]
        return tuple(dict.fromkeys(caption for caption in found if caption))


@dataclass(frozen=True)
class Template:
    """A document on a layout: the unit that a pool owns."""

    document: TemplateDocument
    layout: TemplateLayout

    @property
    def name(self) -> str:
        return f"{self.document.id}/{self.layout.name}"

    @property
    def pool(self) -> Pool:
        return self.layout.pool

    @property
    def kind(self) -> str:
        return self.document.kind

    @property
    def language(self) -> str:
        return self.document.language


@cache
def documents() -> tuple[TemplateDocument, ...]:
    """Every document of `documents.json`."""
    table = data_file("documents.json")
    found = []
    for entry in table["documents"]:
        options = {**table["defaults"].get(entry["group"], {}), **entry}
        pools = POOLS if options["pools"] == "both" else (options["pools"],)
        listed = _fields(table["defaults"].get(entry["group"], {}).get("fields", ""), entry.get("fields", ""))
        own = (options["id"], options["group"], pools, options["kind"], options["schema"], options["state"])
        found.append(TemplateDocument(*own, options["language"], listed, options))
    return tuple(found)


def _fields(default: str, changes: str) -> tuple[str, ...]:
    """`+field -field` amends the default list; plain names replace it."""
    words = changes.split()
    if words and not any(word[0] in "+-" for word in words):
        return tuple(words)
    dropped = {word[1:] for word in words if word.startswith("-")}
    added = [word[1:] for word in words if word.startswith("+")]
    return tuple(name for name in [*default.split(), *added] if name not in dropped)


@cache
def layouts() -> tuple[TemplateLayout, ...]:
    """Every layout of both pools."""
    found = []
    for group, by_pool in data_file("layouts.json").items():
        for pool, entries in by_pool.items():
            for entry in entries:
                sides = tuple(_side(side) for side in entry["sides"])
                sizes = {name: tuple(entry[name]) for name in ("caption_sizes", "value_sizes") if name in entry}
                beside, bands = entry.get("stack") == "beside", entry.get("bands", False)
                caption = entry.get("caption", "above")
                found.append(TemplateLayout(entry["name"], group, pool, sides, beside, caption, bands=bands, **sizes))
    return tuple(found)


def _side(entry: Mapping[str, Any]) -> TemplateSide:
    rows = tuple(
        tuple(TemplateCell(name, float(share)) for name, share in (cell.split(":") for cell in row.split()))
        for row in entry["rows"]
    )
    places = {name: value for name, value in entry.items() if name not in ("size", "body", "rows")}
    return TemplateSide(SIZES[entry["size"]], tuple(entry["body"]), rows, places)


@cache
def templates(pool: Pool) -> tuple[Template, ...]:
    """Every template of `pool`, in a fixed order."""
    return tuple(
        Template(document, layout)
        for document in documents()
        if pool in document.pools
        for layout in layouts()
        if layout.pool == pool and layout.group == document.group
    )
