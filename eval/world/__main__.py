"""`python -m eval.world`: draws the set of documents in Thai, Greek, Hebrew, Hindi, Ukrainian, Vietnamese and Kazakh.

Documents are entries of the catalogue and relatives of them, so that layouts and names are those that the layout reader
learned from; fonts, paper and photographs are the evaluation pool's. The set shows how the scripts are read.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from extractor.ending import Parser, Stops, at_least, ended
from extractor.errors import UsageError
from extractor.labels.format import Specimen, save_labels
from extractor.progress import progress
from extractor.schemas import SCHEMAS, VOCABULARY, Kind
from extractor.synthesis.capture import Mode, capture
from extractor.synthesis.catalogue import catalogue
from extractor.synthesis.draw import DrawnPage
from extractor.synthesis.produce import labelled, write_picture
from extractor.training.visual.holder import Holder
from extractor.training.visual.labelled import Sheet, printed_values
from extractor.training.visual.printing import has_letters, is_of_zone, print_sheet
from extractor.training.visual.sheet import make_sheet
from extractor.training.visual.variants import relative
from extractor.visual.features import ZONE_FIELDS
from extractor.visual.tags import FIELDS, value_tag
from extractor.visual.values import Context, value_of

LANGUAGES = ("th", "el", "he", "hi", "uk", "vi", "kk")
COUNT = 10
_MODES: tuple[Mode, ...] = (
    "scan", "photo", "clean", "scan", "photo", "rotated", "scan", "photo", "low_resolution", "photo",
)  # fmt: skip
_IN_LATIN = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТУХІ", "ABEZHIKMNOPTYXABEKMHOPCTYXI")
_SEED, _QUALITY = 20261130, 72
#: Printed values that a page has at least.
_LEAST_VALUES = 4
#: Times that all of a language's documents are tried.
_TRIES = 40


def documents(language: str, count: int) -> Iterator[DrawnPage]:
    """Pages of a language, its kinds in turn, every second one a relative of the catalogue's entry."""
    entries = [entry for entry in catalogue() if entry.get("language") == language]
    for number in range(count):
        rng = random.Random(f"world:{_SEED}:{language}:{number}")
        sheet, holder, entry = _printable(_from(entries, number) * _TRIES, rng, changed=bool(number % 2))
        picture = print_sheet(sheet, rng)
        fields, printed = label_of(sheet, holder)
        boxes = {
            name: np.array([[(b[0], b[1]), (b[2], b[1]), (b[2], b[3]), (b[0], b[3])] for b in found], np.float32)
            for name in printed
            if (found := [box for line, box in zip(sheet.lines, picture.boxes, strict=True) if _has(line.tags, name)])
        }
        yield DrawnPage(
            picture.image, sheet.kind, sheet.kind, language, "evaluation", str(entry["id"]), number, fields, printed,
            boxes, (), np.zeros((0, 2), np.float32),
        )  # fmt: skip


def _from(entries: Sequence[Mapping[str, Any]], number: int) -> list[Mapping[str, Any]]:
    """All entries, beginning with another for every number."""
    first = number % len(entries)
    return [*entries[first:], *entries[:first]]


def _printable(
    entries: Sequence[Mapping[str, Any]], rng: random.Random, *, changed: bool
) -> tuple[Sheet, Holder, Mapping[str, Any]]:
    """A page of the first entry, or of a relative of it, with values that the fonts have letters for: some entries
    print other scripts, or hardly anything."""
    for entry in entries:
        donors = [one for one in catalogue() if one["kind"] == entry["kind"]]
        shown = relative(entry, donors, rng) if changed else entry
        holder = Holder(shown, rng)
        sheet = make_sheet(shown, holder, rng)
        values = sum(map(bool, label_of(sheet, holder)[1].values()))
        if values >= _LEAST_VALUES and all(has_letters(line.text) for line in sheet.lines):
            return sheet, holder, shown
    raise UsageError("no document of this language can be set in the fonts")


def _has(tags: Sequence[int], name: str) -> bool:
    return name in FIELDS and value_tag(name) in tags


def label_of(sheet: Sheet, holder: Holder) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields that the sheet's schema has, as values or null, and those of them that are printed, as texts."""
    # A value that is printed twice counts once.
    printed = {name: dict.fromkeys(map(tuple, times)) for name, times in printed_values(sheet).items()}
    texts = {name: [" ".join(lines) for lines in times] for name, times in printed.items()}
    zone = [line.text for line in sheet.lines if is_of_zone(line.text)]
    fields: dict[str, Any] = {}
    for name in SCHEMAS[sheet.kind].model_fields:
        if name == "mrz":
            fields[name] = zone or None
        elif name == "issuing_country":
            fields[name] = holder.state
        elif name == "document_type" and zone:
            fields[name] = zone[0][:2].rstrip("<")
        elif name in texts:
            if not _is_part(name, texts[name], holder):
                fields[name] = _value(name, " ".join(texts[name]), holder)
        else:
            fields[name] = (holder.facts or {}).get(name) or None if zone and name in ZONE_FIELDS else None
    return fields, {name: "\n".join(parts) for name, parts in texts.items() if name in fields}


def _is_part(name: str, texts: Sequence[str], holder: Holder) -> bool:
    """Whether only a year is printed of a date: a label can say no such value."""
    return name in holder.dates and all(len("".join(filter(str.isdigit, text))) == 4 for text in texts)


def _value(name: str, text: str, holder: Holder) -> Any:
    """What a label says of a printed text: invented dates and the sex as they were invented, names as printed."""
    if name in holder.dates:
        return holder.dates[name].isoformat()
    if name == "sex":
        return holder.person.sex
    kind = VOCABULARY[name].kind
    if kind is Kind.NUMBER:
        # Letters of numbers are those that look alike in all alphabets, and the zone has them in Latin.
        text = text.translate(_IN_LATIN)
    if kind in (Kind.NAME, Kind.TEXT, Kind.ADDRESS, Kind.NUMBER):
        return text
    value = value_of(name, kind, text, Context(issuer=holder.state))
    return value.value if value else None


def draw_set(folder: Path, languages: Sequence[str] = LANGUAGES, count: int = COUNT) -> Iterator[Specimen]:
    """Draws every document of the set into `folder` and writes the labels at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for language in languages:
        for number, page in enumerate(documents(language, count)):
            shot = capture(page, _MODES[number % len(_MODES)])
            path = folder / f"{language}-{number:02d}.webp"
            write_picture(shot, path, _QUALITY)
            made.append(labelled(page, shot, path))
            yield made[-1]
    save_labels(made, folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """Draws the set."""
    return ended("eval.world", lambda: _run(_options(arguments)), stops=Stops())


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(prog="python -m eval.world", description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder to draw into")
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=LANGUAGES, metavar="L")
    parser.add_argument("--count", type=at_least(1), default=COUNT, help="documents a language (%(default)s)")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace) -> int:
    with progress(len(options.languages) * options.count, "drawing") as advance:
        for _ in draw_set(options.out, options.languages, options.count):
            advance()
    return 0


if __name__ == "__main__":
    sys.exit(main())
