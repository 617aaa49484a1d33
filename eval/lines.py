"""`python -m eval.lines`: how right the text of labelled values was read, by script.

A label says what a value is, not where it stands. It is looked for in every line that was read, in all of a page's
lines together, and, since values take several lines that need not follow each other, in up to three parts: the pieces
most like it are its reading, if at least half of its characters are there; else it was not read. What the visual zone
need not print as labelled (dates, states) is left out. Spaces, slashes and case do not count, marks do.
"""

from __future__ import annotations

import argparse
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rapidfuzz.distance import Levenshtein
from rapidfuzz.fuzz import partial_ratio_alignment

from eval.counts import counts_file
from eval.report.tables import markdown_table
from extractor.ending import Parser, Stops, ended
from extractor.errors import ExtractorError
from extractor.labels import load_dataset
from extractor.labels.format import Specimen
from extractor.pipeline import prepare
from extractor.progress import progress
from extractor.schemas import SCHEMAS, Kind, field_specs

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Tally = TypeVar("Tally", bound="DataclassInstance")
_KINDS = frozenset({Kind.NAME, Kind.TEXT, Kind.ADDRESS, Kind.NUMBER})
_SHORTEST = 3
#: Share of a value's characters that a piece of a line must have to be its reading.
_THERE = 0.5
#: Lines that a value may take.
_PARTS = 3
_SCRIPTS = {"CJK": "Chinese and Japanese", "HIRAGANA": "Chinese and Japanese", "KATAKANA": "Chinese and Japanese"}


@dataclass
class LineTally:
    """Of values in one script: how many were looked for, found, and read without an error; their characters and the
    edits between them and what was read, of those that were found."""

    values: int = 0
    found: int = 0
    exact: int = 0
    characters: int = 0
    edits: int = 0


def script_of(text: str) -> str:
    """The script of most letters: Unicode's name of it; `digits` without letters."""
    names = Counter(unicodedata.name(c, "?").split()[0].removesuffix("-") for c in text if c.isalpha())
    name = names.most_common(1)[0][0] if names else "digits"
    return _SCRIPTS.get(name, name.title() if names else name)


def plain(text: str) -> str:
    """What is compared: composed characters without case, spaces and the slashes between languages."""
    return "".join(unicodedata.normalize("NFC", text).casefold().replace("/", " ").split())


def edits_in(wanted: str, line: str) -> int:
    """Edits between a value and the piece of a line that is most like it; both as `plain` gives them."""
    if len(line) < _THERE * len(wanted):
        return len(wanted)
    place = partial_ratio_alignment(wanted, line)
    if place is None or place.score <= 0:
        return len(wanted)
    return min(len(wanted), Levenshtein.distance(wanted, line[place.dest_start : place.dest_end]))


def is_there(wanted: str, edits: int) -> bool:
    """Whether a piece with so many edits is a value's reading."""
    return edits <= (1 - _THERE) * len(wanted)


def fewest_edits(text: str, lines: Sequence[str], parts: int = _PARTS) -> int:
    """Edits between a value and its pieces in lines (as `plain` gives them), of at most so many parts."""
    whole = plain(text)
    best = min((edits_in(whole, line) for line in lines), default=len(whole))
    words = text.split()
    for cut in range(1, len(words)) if parts > 1 and best else ():
        first = fewest_edits(" ".join(words[:cut]), lines, 1)
        if first < best:
            best = min(best, first + fewest_edits(" ".join(words[cut:]), lines, parts - 1))
    return best


def count(text: str, lines: Sequence[str], tally: LineTally) -> None:
    """Counts one value, looked for in the lines of its pages (as `plain` gives them)."""
    tally.values += 1
    wanted, best = plain(text), fewest_edits(text, lines)
    if is_there(wanted, best):
        tally.found += 1
        tally.exact += best == 0
        tally.characters += len(wanted)
        tally.edits += best


def values_of(specimen: Specimen) -> Iterator[str]:
    """What the visual zone prints of a specimen's labelled values."""
    specs = field_specs(SCHEMAS[specimen.schema])
    for name, value in specimen.fields.items():
        text = str(specimen.printed.get(name) or value)
        asked = name in specs and specs[name].kind in _KINDS and name not in specimen.mrz_only
        if asked and value is not None and "\n" not in text and len(plain(text)) >= _SHORTEST:
            yield text


def count_specimen(specimen: Specimen, tallies: dict[str, LineTally]) -> None:
    """Reads a specimen's page and counts its values."""
    try:
        pages = prepare(specimen.path, specimen.schema).evidence.pages
        lines = [plain(line.text) for page in pages for line in page.page.lines]
        lines += ["".join(plain(line.text) for line in page.page.lines) for page in pages]
    except ExtractorError:
        lines = []
    for text in values_of(specimen):
        count(text, lines, tallies.setdefault(script_of(text), LineTally()))


def table(tallies: Mapping[str, LineTally]) -> str:
    """Scripts by the number of their values."""
    rows = [
        [
            name,
            str(one.values),
            _percent(one.found, one.values),
            _percent(one.characters - one.edits, one.characters),
            _percent(one.exact, one.values),
        ]
        for name, one in sorted(tallies.items(), key=lambda pair: -pair[1].values)
    ]
    header = ["script", "values", "found", "characters right, of those", "read without an error, of all"]
    return markdown_table(header, rows)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def options_of(name: str, text: str, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of a command that counts over a folder of labelled pictures; `text` is its module's docstring."""
    command = f"python -m eval.{name}"
    parser = Parser(
        prog=command,
        description=text.split("\n\n", maxsplit=1)[0],
        epilog=f"example:\n  {command} --dataset ../shared/specimens --out eval/results/{name}.json",
    )
    parser.add_argument("--dataset", type=Path, required=True, help="folder of labelled pictures")
    parser.add_argument("--out", type=Path, help="JSON file of the counts, for docs/accuracy.md")
    return parser.parse_args(arguments)


def count_all(
    options: argparse.Namespace,
    count: Callable[[Specimen, dict[str, Tally]], None],
    table: Callable[[Mapping[str, Tally]], str],
) -> int:
    """Counts every specimen by script, writes the counts, prints their table; returns the exit code."""
    tallies: dict[str, Tally] = {}
    specimens = load_dataset(options.dataset)
    with counts_file(options.out) as write, progress(len(specimens), "reading") as advance:
        for specimen in specimens:
            count(specimen, tallies)
            advance()
        write(tallies)
    print(table(tallies))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    return ended(
        "eval.lines",
        lambda: count_all(options_of("lines", __doc__, arguments), count_specimen, table),
        stops=Stops(),
    )


if __name__ == "__main__":
    sys.exit(main())
