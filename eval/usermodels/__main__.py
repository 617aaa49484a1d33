"""`python -m eval.usermodels`: how much of what the built-in schemas get do schemas as users write them get?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from eval.counts import counts_before, write_counts
from eval.report.tables import markdown_table
from eval.usermodels import MODELS
from eval.usermodels.measure import Asked, measure
from extractor.cli_options import day
from extractor.ending import Parser, Stops, at_least, between, ended
from extractor.errors import ExtractorError, UsageError
from extractor.labels import load_dataset
from extractor.labels.format import Specimen
from extractor.progress import progress

_EPILOG = """\
examples:
  python -m eval.usermodels                                    the drawn documents of datasets/frozen
  python -m eval.usermodels --dataset datasets/frozen ../shared/specimens
  python -m eval.usermodels --every 10 --fail-under 0.97       a tenth of them, for continuous integration

exit codes: 0 done, 1 --fail-under was missed, 2 wrong usage, 3 no such dataset
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    return ended("eval.usermodels", lambda: _run(_options(argv)), stops=Stops())


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(
        prog="python -m eval.usermodels",
        description="Reads labelled documents once each, and fills the built-in schema and users' models from that.",
        epilog=_EPILOG,
    )
    parser.add_argument("--dataset", nargs="+", type=Path, default=[Path("datasets/frozen")], metavar="DIR")
    parser.add_argument("--every", type=at_least(1), default=1, metavar="N", help="read one picture in N (default 1)")
    parser.add_argument("--fail-under", type=between(0, 1), default=0.0, metavar="SHARE")
    parser.add_argument("--today", type=day, metavar="DAY", help="the day of reading (YYYY-MM-DD)")
    parser.add_argument(
        "--out", type=Path, help="JSON file of the counts, written after every picture; one that is there is continued"
    )
    return parser.parse_args(argv)


def _run(options: argparse.Namespace) -> int:
    counts = read(options.dataset, options.every, options.today, options.out)
    print(table(counts))
    return int(any(_share(_all(one)) < options.fail_under for one in counts.values()))


@dataclass(frozen=True)
class Counts:
    """Of the pictures of a data set: how many were asked for, how many were read (`done`), and for each model how many
    fields the built-in schema got right (`known`), and how many of these the model got."""

    pictures: int = 0
    every: int = 1
    done: int = 0
    models: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def with_picture(self, asked: Iterable[Asked]) -> Counts:
        """These and the fields of one more picture."""
        models = dict(self.models)
        for one in asked:
            if one.built_in:
                known, right = models.get(one.model, (0, 0))
                models[one.model] = (known + 1, right + one.right)
        return replace(self, done=self.done + 1, models=models)


def read(roots: Sequence[Path], every: int, today: date | None, out: Path | None) -> dict[str, Counts]:
    """The counts of each data set by its name, those that the file has of others with them. Raises LabelError, and
    UsageError where the file counts other pictures of a data set."""
    specimens = {root.resolve().name: load_dataset(root)[::every] for root in roots}
    counts: dict[str, Counts] = counts_before(out, dict[str, Counts], {})
    for name, own in specimens.items():
        before = counts.setdefault(name, Counts(len(own), every))
        if (before.pictures, before.every) != (len(own), every):
            raise UsageError(f"{out} counts other pictures of {name} (--every {before.every}); write to another file")
    left = [(name, specimen) for name, own in specimens.items() for specimen in own[counts[name].done :]]
    with progress(len(left), "reading") as advance:
        for name, specimen in left:
            counts[name] = counts[name].with_picture(_measured(specimen, today))
            write_counts(out, counts)
            advance()
    return counts


def table(counts: Mapping[str, Counts]) -> str:
    """A row a model; a column a data set, with the fields that its documents print and the built-in schema gets, and
    how many of them the model gets."""
    header = ["model", *(f"{name}, {one.done} pictures" for name, one in counts.items())]
    rows = [[model.title, *(_cell(one.models.get(model.title, (0, 0))) for one in counts.values())] for model in MODELS]
    totals = ["**all**", *(f"**{_cell(_all(one))}**" for one in counts.values())]
    return markdown_table(header, [*rows, totals])


def _cell(pair: tuple[int, int]) -> str:
    known, right = pair
    return f"{right} of {known} ({100 * _share(pair):.1f} %)" if known else ""


def _share(pair: tuple[int, int]) -> float:
    known, right = pair
    return right / known if known else 1.0


def _all(one: Counts) -> tuple[int, int]:
    return sum(known for known, _ in one.models.values()), sum(right for _, right in one.models.values())


def _measured(specimen: Specimen, today: date | None) -> Iterable[Asked]:
    try:
        return measure(specimen, MODELS, today)
    except ExtractorError:
        return []  # no document for the built-in schema either


if __name__ == "__main__":
    sys.exit(main())
