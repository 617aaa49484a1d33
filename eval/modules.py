"""The rooms of the code and what each imports, as the map (Mermaid) of docs/architecture.md.

Imports are read by grimp, the bands from the layers contract in pyproject.toml, which `lint-imports` checks.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: The package that is drawn room by room; others are one room each.
PACKAGE = "extractor"

Rooms = Mapping[str, frozenset[str]]


def rooms_of() -> Rooms:
    """Each room and the rooms that it imports."""
    import grimp

    graph = grimp.build_graph(PACKAGE, "eval", cache_dir=None)
    found: dict[str, set[str]] = {}
    for module in sorted(graph.modules):
        room = found.setdefault(_room(module), set())
        room |= {_room(other) for other in graph.find_modules_directly_imported_by(module)} - {_room(module)}
    return {name: frozenset(imported) for name, imported in found.items()}


def _room(module: str) -> str:
    """extractor.text.page -> text; the package's own module -> extractor; eval.run -> eval."""
    top, _, below = module.partition(".")
    return below.split(".")[0] if top == PACKAGE and below else top


def bands_of() -> list[list[str]]:
    """The layers contract's bands from top to bottom, as rooms."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers: list[str] = next(one["layers"] for one in contracts if one["type"] == "layers")
    return [[_room(part.strip()) for part in layer.split(":")] for layer in layers]


def mutual(rooms: Rooms) -> list[tuple[str, str]]:
    """Pairs of rooms that import each other."""
    return [(a, b) for a, imported in sorted(rooms.items()) for b in sorted(imported) if a < b and a in rooms[b]]


def reduced(rooms: Rooms) -> list[tuple[str, str]]:
    """Arrows of the map: imports that do not also go by way of another room."""
    return [
        (name, other)
        for name, imported in sorted(rooms.items())
        for other in sorted(imported)
        if not any(other in _reached(rooms, between, {name, other}) for between in imported - {other})
    ]


def _reached(rooms: Rooms, start: str, without: set[str]) -> set[str]:
    """What a room imports, itself or through others, on ways that do not pass through `without`."""
    seen, waiting = set(), [start]
    while waiting:
        for other in rooms.get(waiting.pop(), ()):
            if other not in seen:
                seen.add(other)
                if other not in without:
                    waiting.append(other)
    return seen


def drawn(rooms: Rooms, bands: Sequence[Sequence[str]]) -> str:
    """The map: a Mermaid chart of rooms in their bands, and a sentence on what points both ways."""
    lines = ["```mermaid", "flowchart TD"]
    for number, band in enumerate(bands):
        lines.append(f'  subgraph band{number}[" "]')
        lines += [f"    {name}" for name in band if name in rooms]
        lines.append("  end")
    lines += [f"  {a} --> {b}" for a, b in reduced(rooms)]
    arrows = sum(map(len, rooms.values()))
    both = [f"{a} ↔ {b}" for a, b in mutual(rooms)]
    said = [
        f"{len(rooms)} rooms, {arrows} imports between them; those that also go by way of another room are not drawn.",
        f"Both ways: {', '.join(both) or 'none'}.",
    ]
    return "\n".join([*lines, "```", "", " ".join(said), ""])
