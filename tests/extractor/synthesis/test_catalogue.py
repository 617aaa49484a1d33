"""The catalogue of real documents: every entry can be drawn with the words that the rest of the package knows."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import extractor.synthesis
from extractor.schemas import SCHEMAS, VOCABULARY
from extractor.schemas.data import load_table
from extractor.schemas.states import state_codes
from extractor.synthesis.numbers import PERSONAL_NUMBERS

from ...tables import each

FOLDER = Path(extractor.synthesis.__file__).parent / "catalogue"
FILES = sorted(FOLDER.glob("*.json"))

NATIVE = {"name_native", "surname_native", "given_names_native", "name_latin"}
FIELDS = VOCABULARY.keys() | NATIVE
REQUIRED = {"id", "state", "kind", "language", "basis", "sides"}
KEYS = REQUIRED | {
    "series", "languages", "date", "dates", "formats", "sex", "upper", "names", "words", "mrz", "code",
}  # fmt: skip
SIDE_KEYS = {"size", "portrait", "ghost", "signature", "chip", "rows", "mrz"}
CELL_KEYS = {"t", "f", "c", "v", "x", "right", "s", "at", "opt", "lines"}
SIZES = {"ID1", "TD2", "TD3", "ID2", "BOOK"}
ZONES = {"TD1", "TD2", "TD3", "MRVA", "MRVB", "IDL", "FRA2", None}
CALENDARS = {"be", "roc", "jalali", "hijri", "era"}
DATE_PARTS = {"d", "dd", "m", "mm", "yy", "yyyy", "roman", "english", "french", "spanish", "zh", "ko"} | CALENDARS
FILLERS = ("?digits:", "?words:")


def entries(path: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def fields_of(entry: dict[str, Any]) -> set[str]:
    """The fields that an entry's sides print, without fillers."""
    cells = [cell for side in entry["sides"] for row in side["rows"] for cell in row]
    printed = {name for cell in cells for name in re.findall(r"\{([^{}]+)\}", cell.get("v", ""))}
    return {name for name in printed if not name.startswith("?")} | {cell["f"] for cell in cells if "f" in cell}


def date_problems(style: str) -> list[str]:
    known = DATE_PARTS | set(load_table("months"))
    return [f"date part {part}" for part in re.findall(r"\{([^{}]+)\}", style) if part.lower() not in known]


def cell_problems(cell: dict[str, Any]) -> list[str]:
    problems = [f"key {key}" for key in cell.keys() - CELL_KEYS]
    if "t" in cell:
        if "c" in cell or "v" in cell:
            problems.append("fixed text with a caption or value")
        if "f" in cell and cell["f"] not in FIELDS | {"title"}:
            problems.append(f"field {cell['f']}")
        if not cell["t"].strip():
            problems.append("empty text")
    elif "c" not in cell or not cell.get("v"):
        problems.append("neither fixed text nor caption and value")
    names = re.findall(r"\{([^{}]*)\}", cell.get("v", ""))
    problems += [f"field {name}" for name in names if name not in FIELDS and not name.startswith(FILLERS)]
    if not 0 <= cell.get("x", 0.05) <= 1:
        problems.append(f"x {cell['x']}")
    if cell.get("at", "above") not in {"above", "left", "below", "right", "over"}:
        problems.append(f"caption at {cell['at']}")
    if not 0 < cell.get("opt", 1) <= 1 or not 0.3 <= cell.get("s", 1) <= 5:
        problems.append("opt or s out of range")
    return problems


def side_problems(side: dict[str, Any]) -> list[str]:
    problems = [f"side's key {key}" for key in side.keys() - SIDE_KEYS]
    size = side["size"]
    if size not in SIZES if isinstance(size, str) else len(size) != 2:
        problems.append(f"size {size}")
    for name in SIDE_KEYS - {"size", "rows", "mrz"}:
        if name in side:
            left, top, right, bottom = side[name]
            if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
                problems.append(f"box of {name}")
    if not side["rows"] and not side.get("mrz"):
        problems.append("a side without text")
    for number, row in enumerate(side["rows"]):
        if not row:
            problems.append(f"row {number}: empty")
        problems += [f"row {number}: {problem}" for cell in row for problem in cell_problems(cell)]
    return problems


def entry_problems(entry: dict[str, Any]) -> list[str]:
    problems = [f"without {key}" for key in REQUIRED - entry.keys()] + [f"key {key}" for key in entry.keys() - KEYS]
    if problems:
        return problems
    if entry["state"] not in state_codes() or len(entry["state"]) != 3:
        problems.append(f"state {entry['state']}")
    if entry["kind"] not in SCHEMAS:
        problems.append(f"kind {entry['kind']}")
    if not entry["basis"].strip():
        problems.append("no basis")
    if entry.get("mrz") not in ZONES:
        problems.append(f"mrz {entry['mrz']}")
    if bool(entry.get("mrz")) != any(side.get("mrz") for side in entry["sides"]):
        problems.append("the zone's format and the side that carries it do not agree")
    if len(entry.get("sex", "M|F").split("|")) != 2 or entry.get("names", "latin") not in {"latin", "native", "both"}:
        problems.append("sex or names")
    for style in (entry.get("date", "{dd}"), *entry.get("dates", {}).values()):
        problems += date_problems(style)
    for table in ("dates", "formats", "words"):
        problems += [f"{table} of {name}" for name in entry.get(table, {}).keys() - FIELDS - {"title"}]
    for name, patterns in {**entry.get("formats", {}), **entry.get("words", {})}.items():
        if not isinstance(patterns, list) or not patterns:
            problems.append(f"values of {name} are not a list")
    for patterns in entry.get("formats", {}).values():
        problems += [
            f"rule {pattern}" for pattern in patterns if pattern[0] == "=" and pattern[1:] not in PERSONAL_NUMBERS
        ]
    if not fields_of(entry) & {"name", "surname", "name_native", "surname_native", "name_latin"}:
        problems.append("no name")
    return problems + [problem for side in entry["sides"] for problem in side_problems(side)]


def test_ids_are_unique() -> None:
    counted = Counter(entry["id"] for path in FILES for entry in entries(path))
    assert counted
    assert [name for name, times in counted.items() if times > 1] == []


@each("path", FILES, ids=lambda path: path.stem)
def test_entries_keep_to_the_format(path: Path) -> None:
    found = {entry.get("id", "?"): entry_problems(entry) for entry in entries(path)}
    assert {name: problems for name, problems in found.items() if problems} == {}
