"""`python -m extractor.training.portrait`: train the network that knows where portraits are, on a CPU, and ship it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from extractor.ending import Parser, above_zero, at_least
from extractor.progress import progress_bar
from extractor.training.commands import check_device, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = Parser(prog="python -m extractor.training.portrait", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    learn = commands.add_parser("train", help="train on sheets that are drawn meanwhile")
    learn.add_argument("--out", type=Path, required=True, help="folder of the weights, kept every 50 steps")
    learn.add_argument("--start", type=Path, help="folder of weights to start from")
    learn.add_argument("--steps", type=at_least(1), default=1200, help="steps (%(default)s)")
    learn.add_argument("--batch", type=at_least(1), default=32, help="sheets a step (%(default)s)")
    learn.add_argument("--rate", type=above_zero, default=4e-3, help="highest learning rate (%(default)s)")
    learn.add_argument("--workers", type=at_least(0), default=1, help="processes that draw (%(default)s)")
    learn.add_argument("--seed", type=int, default=0)
    learn.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N (%(default)s)")
    learn.set_defaults(run=_train)
    ship = commands.add_parser("export", help="write trained weights as ONNX")
    ship.add_argument("folder", type=Path, help="folder of the weights")
    ship.add_argument("--file", type=Path, required=True, help="file to write")
    ship.set_defaults(run=_export)
    return run(parser, arguments)


def _train(options: argparse.Namespace) -> int:
    from extractor.training.portrait.train import PortraitPlan, train

    check_device(options.device)
    names = ("steps", "batch", "rate", "workers", "seed", "device", "start")
    with progress_bar() as report:
        train(PortraitPlan(**{name: getattr(options, name) for name in names}), options.out, report)
    return 0


def _export(options: argparse.Namespace) -> int:
    from extractor.training.portrait.export import export

    export(options.folder, options.file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
