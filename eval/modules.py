"""`python -m eval.modules`: the rooms of the code and what each imports, as a map (Mermaid).

Imports are read by grimp, the bands from the layers contract in pyproject.toml. docs/architecture.md holds the map
(`python -m eval.readme --check`). Another checkout's:

    python -m eval.modules --root ../before --packages extractor schemas eval
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: The package that is drawn room by room; others are one room each.
PACKAGE = "extractor"

Rooms = Mapping[str, frozenset[str]]


def rooms_of(packages: Iterable[str] = (PACKAGE, "eval")) -> Rooms:
    """Each room and the rooms that it imports. Packages must be on the path."""
    import grimp

    first, *others = packages
    graph = grimp.build_graph(first, *others, cache_dir=None)
    found: dict[str, set[str]] = {}
    for module in sorted(graph.modules):
        room = found.setdefault(_room(module), set())
        room |= {_room(other) for other in graph.find_modules_directly_imported_by(module)} - {_room(module)}
    return {name: frozenset(imported) for name, imported in found.items()}


def _room(module: str) -> str:
    """extractor.text.page -> text; the package's own module -> extractor; eval.run -> eval."""
    top, _, below = module.partition(".")
    return below.split(".")[0] if top == PACKAGE and below else top


def bands_of(root: Path = ROOT) -> list[list[str]]:
    """The layers contract's bands from top to bottom, as rooms; none where there is no such contract."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings.get("tool", {}).get("importlinter", {}).get("contracts", [])
    layers: list[str] = next((one["layers"] for one in contracts if one["type"] == "layers"), [])
    return [[_room(part.strip()) for part in layer.split(":")] for layer in layers]


def upward(rooms: Rooms, bands: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """(room, imported) wherever an arrow points to a higher band."""
    height = {name: number for number, band in enumerate(bands) for name in band}
    pairs = [(name, other) for name, imported in rooms.items() for other in sorted(imported)]
    return [(a, b) for a, b in pairs if height.get(a, 0) > height.get(b, len(bands))]


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
    """The map: a Mermaid chart of rooms in their bands, and a sentence on what points up or both ways."""
    lines = ["```mermaid", "flowchart TD"]
    for number, band in enumerate(bands):
        lines.append(f'  subgraph band{number}[" "]')
        lines += [f"    {name}" for name in band if name in rooms]
        lines.append("  end")
    lines += [f"  {a} --> {b}" for a, b in reduced(rooms)]
    arrows = sum(map(len, rooms.values()))
    up = [f"{a} → {b}" for a, b in upward(rooms, bands)] if bands else []
    both = [f"{a} ↔ {b}" for a, b in mutual(rooms)]
    said = [
        f"{len(rooms)} rooms, {arrows} imports between them; those that also go by way of another room are not drawn.",
        f"Upward: {', '.join(up) or 'none'}." if bands else "No order of rooms is declared.",
        f"Both ways: {', '.join(both) or 'none'}.",
    ]
    return "\n".join([*lines, "```", "", " ".join(said), ""])


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the map; returns 0, or 1 where an arrow points upward."""
    parser = argparse.ArgumentParser(prog="python -m eval.modules", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout (default: this one)")
    parser.add_argument("--packages", nargs="+", default=[PACKAGE, "eval"], help="what is drawn")
    options = parser.parse_args(argv)
    sys.path.insert(0, str(options.root.resolve()))
    rooms, bands = rooms_of(options.packages), bands_of(options.root)
    print(drawn(rooms, bands))
    return 1 if upward(rooms, bands) else 0


if __name__ == "__main__":
    sys.exit(main())
