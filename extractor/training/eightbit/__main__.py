"""`python -m extractor.training.eightbit`: pictures to learn from, and training on them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from extractor.errors import ExtractorError
from extractor.evidence.ocr import threads


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code: 0, or that of what went wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m extractor.training.eightbit",
        description="Trains the OCR networks of RapidOCR's wheel to answer in 8 bits as they do in 32.",
    )
    tasks = parser.add_subparsers(dest="task", required=True)
    draw = tasks.add_parser("draw", help="pages of the training pool and their lines, into a zip")
    draw.add_argument("--out", type=Path, required=True)
    draw.add_argument("--pages", type=int, default=240)
    draw.add_argument("--seed", type=int, default=1)
    draw.add_argument("--workers", type=int, default=threads())
    train = tasks.add_parser("train", help="train one network; on a GPU if there is one")
    train.add_argument("--network", choices=("detector", "recogniser"), required=True)
    train.add_argument("--data", type=Path, required=True)
    train.add_argument("--out", type=Path, required=True)
    train.add_argument("--seconds", type=float, default=240)
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--rate", type=float, default=2e-4)
    train.add_argument("--activation", default="Gelu")
    train.add_argument("--batch", type=float, default=1.0, help="size of batches, as a multiple of the usual")
    compare = tasks.add_parser("compare", help="a trained network beside its original, as the product runs them")
    compare.add_argument("--network", choices=("detector", "recogniser"), required=True)
    compare.add_argument("--data", type=Path, required=True)
    compare.add_argument("--trained", type=Path, help="its file; without it, the one that is shipped")
    for task, run in ((draw, _draw), (train, _train), (compare, _compare)):
        task.set_defaults(run=run)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except ExtractorError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code


def _draw(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from extractor.training.eightbit.pictures import write

    with tqdm(total=options.pages, unit="page", disable=None) as bar:
        write(options.out, options.pages, options.seed, options.workers, lambda done, _: bar.update(done - bar.n))
    return 0


def _train(options: argparse.Namespace) -> int:
    from extractor.training.eightbit.distill import Plan, train

    plan = Plan(
        options.network, options.data, options.out, options.seconds, options.seed, options.rate,
        activation=options.activation, batch=options.batch,
    )  # fmt: skip
    print(train(plan, lambda line: print(line, flush=True)))  # noqa: T201
    return 0


def _compare(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from extractor.evidence.ocr import model_file
    from extractor.training.eightbit.compare import compare

    trained = options.trained or model_file(options.network)
    with tqdm(disable=None, unit="picture") as bar:
        found = compare(options.network, trained, options.data, lambda done, of: _advance(bar, done, of))
    print(json.dumps(found))  # noqa: T201
    return 0


def _advance(bar: Any, done: int, of: int) -> None:
    bar.total = of
    bar.update(done - bar.n)


if __name__ == "__main__":
    sys.exit(main())
