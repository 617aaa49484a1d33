"""`python -m extractor.training.text`: pictures to learn from, and training on them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from extractor.ending import above_zero, between
from extractor.progress import progress_bar
from extractor.text.ocr import threads
from extractor.training.commands import run

#: Bytes of drawn lines that are kept.
_ROOM = 20e9
_EXAMPLES = """examples:
  python -m extractor.training.text draw --out lines.zip
  python -m extractor.training.text train --network detector --data lines.zip --out runs/ocr
  python -m extractor.training.text train --network recogniser --data lines.zip --teacher runs/reader.onnx \
      --words words.json --fonts fonts --out runs/ocr
  python -m extractor.training.text draw --seed 2 --pages 24 --out other.zip
  python -m extractor.training.text compare --network detector --data other.zip --trained runs/ocr/detector.onnx
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code: 0, or that of what went wrong."""
    return run(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m extractor.training.text",
        description="Trains the OCR networks of RapidOCR's wheel, or what `reader` made of one, to answer in 8 bits.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    tasks = parser.add_subparsers(required=True, metavar="COMMAND")
    draw = tasks.add_parser("draw", help="pages of the training pool and their lines, into a zip")
    draw.add_argument("--out", type=Path, required=True, help="the zip to write")
    draw.add_argument("--pages", type=int, default=240, help="how many (%(default)s)")
    draw.add_argument("--seed", type=int, default=1, help="another one draws other pages (%(default)s)")
    draw.add_argument("--workers", type=int, default=threads(), help="processes (%(default)s)")
    draw.set_defaults(run=_draw)
    train = tasks.add_parser("train", help="train one network; on a GPU if there is one")
    compare = tasks.add_parser("compare", help="a trained network beside its original, as the product runs them")
    for task in (train, compare):
        task.add_argument("--network", choices=("detector", "recogniser"), required=True)
        task.add_argument("--data", type=Path, required=True, help="a zip that `draw` has written")
    train.add_argument("--out", type=Path, required=True, help="folder for the network and its state")
    train.add_argument("--seconds", type=above_zero, default=240, help="how long (%(default)s)")
    train.add_argument("--start", type=Path, help="state of an earlier run, to go on from")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument(
        "--rate", type=above_zero, default=1e-3, help="how fast weights move, in their own steps (%(default)s)"
    )
    train.add_argument(
        "--step-rate", type=above_zero, default=3e-4, help="and the steps of what is computed (%(default)s)"
    )
    train.add_argument(
        "--within", type=between(0), default=1.0, help="what likeness within the network counts (%(default)s)"
    )
    train.add_argument(
        "--teacher", type=Path, help="a network that `reader` has trained, to answer like that instead of the wheel's"
    )
    train.add_argument("--words", type=Path, help="with --fonts: draw lines beside those of --data (the recogniser's)")
    train.add_argument("--fonts", type=Path, help="folder of fonts that `material fonts` has cut")
    train.add_argument("--workers", type=int, default=threads(), help="processes that draw (%(default)s)")
    train.add_argument("--batch", type=above_zero, default=1.0, help="size of batches, times the usual (%(default)s)")
    train.set_defaults(run=_train)
    compare.add_argument("--trained", type=Path, required=True, help="the network that `train` has written")
    compare.set_defaults(run=_compare)
    return parser


def _draw(options: argparse.Namespace) -> int:
    from extractor.training.text.pictures import write

    with progress_bar() as tell:
        write(options.out, options.pages, options.seed, options.workers, partial(tell, "pages"))
    return 0


def _train(options: argparse.Namespace) -> int:
    from extractor.training.text.distill import DistillPlan, train
    from extractor.training.text.pool import Drawing

    drawing = None
    if options.words and options.fonts:
        drawing = Drawing(options.words, options.fonts, options.workers, str(options.seed), _ROOM)
    plan = DistillPlan(
        options.network, options.data, options.out, options.seconds, options.seed, options.rate,
        options.step_rate, options.batch, options.within, options.start, options.teacher, drawing,
    )  # fmt: skip
    print(train(plan, lambda line: print(line, flush=True)))  # noqa: T201
    return 0


def _compare(options: argparse.Namespace) -> int:
    from extractor.training.text.compare import compare

    with progress_bar() as tell:
        found = compare(options.network, options.trained, options.data, partial(tell, "pictures"))
    print(json.dumps(found))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
