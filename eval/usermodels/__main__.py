"""`python -m eval.usermodels`: how much of what the built-in schemas get do schemas as users write them get?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from eval.usermodels import MODELS
from eval.usermodels.measure import Asked, measure
from extractor.errors import ExtractorError
from extractor.labels import load_dataset
from extractor.labels.format import Specimen

_EPILOG = """\
examples:
  python -m eval.usermodels                                    the drawn documents of datasets/frozen
  python -m eval.usermodels --dataset datasets/frozen ../shared/specimens
  python -m eval.usermodels --every 10 --fail-under 0.97       a tenth of them, for continuous integration

exit codes: 0 done, 1 --fail-under was missed, 2 wrong usage, 3 no such dataset
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m eval.usermodels",
        description="Reads labelled documents once each, and fills the built-in schema and users' models from that.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dataset", nargs="+", type=Path, default=[Path("datasets/frozen")], metavar="DIR")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="read one picture in N (default 1)")
    parser.add_argument("--fail-under", type=float, default=0.0, metavar="SHARE")
    parser.add_argument("--today", type=date.fromisoformat, metavar="DAY", help="the day of reading (YYYY-MM-DD)")
    options = parser.parse_args(argv)
    try:
        columns = {_name(root): _read(root, options.every, options.today) for root in options.dataset}
    except ExtractorError as error:
        print(f"eval.usermodels: {error}", file=sys.stderr)
        return error.exit_code
    print(table(columns))
    return int(any(_share(asked) < options.fail_under for asked in columns.values()))


def table(columns: dict[str, list[Asked]]) -> str:
    """A Markdown table: a row a model; a column a dataset, with the fields that its documents print and the built-in
    schema gets, and how many of them the model gets."""
    lines = ["| model | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    for title in dict.fromkeys(one.title for one in MODELS):
        cells = [_cell([one for one in asked if one.model == title]) for asked in columns.values()]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    totals = [f"**{_cell(asked)}**" for asked in columns.values()]
    return "\n".join([*lines, "| **all** | " + " | ".join(totals) + " |"])


def _cell(asked: Sequence[Asked]) -> str:
    known = sum(one.built_in for one in asked)
    return f"{sum(one.right for one in asked)} of {known} ({100 * _share(asked):.1f} %)" if known else ""


def _share(asked: Sequence[Asked]) -> float:
    known = sum(one.built_in for one in asked)
    return sum(one.right for one in asked) / known if known else 1.0


def _read(root: Path, every: int, today: date | None) -> list[Asked]:
    return [asked for specimen in load_dataset(root)[::every] for asked in _measured(specimen, today)]


def _measured(specimen: Specimen, today: date | None) -> Iterable[Asked]:
    try:
        return measure(specimen, MODELS, today)
    except ExtractorError:
        return []  # no document for the built-in schema either


def _name(root: Path) -> str:
    return root.resolve().name


if __name__ == "__main__":
    sys.exit(main())
