"""`python -m extractor.training.visual`: train the layout reader; see the package."""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from extractor.ending import Parser, above_zero, at_least, between
from extractor.errors import UsageError
from extractor.networks import session
from extractor.training.commands import check_device, run, weights_of

_EXAMPLES = """examples:
  python -m extractor.training.visual train --out runs/layout --seconds 500
  python -m extractor.training.visual pages ../pictures --out runs/real.jsonl
  python -m extractor.training.visual printed --count 3000 --out runs/printed.jsonl
  python -m extractor.training.visual train --start runs/layout --real runs/real.jsonl --out runs/last --seconds 60
  python -m extractor.training.visual folds --start runs/layout --real runs/real.jsonl --out runs/folds
  python -m extractor.training.visual mean runs/one runs/two runs/layout --shares 0.35 0.35 0.3 --out runs/mean
  python -m extractor.training.visual export runs/last --file extractor/visual/networks/layout.onnx
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code: 0, or that of what went wrong."""
    parser = Parser(prog="python -m extractor.training.visual", description=__doc__, epilog=_EXAMPLES)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = commands.add_parser("train", help="train on made pages, and on real ones where they are given")
    folds = commands.add_parser("folds", help="train on with real pages, each time without the issuers of one fold")
    for command in (train, folds):
        command.add_argument("--out", type=Path, required=True, help="folder of the result")
        command.add_argument("--start", type=Path, help="folder with weights to begin with, or a shipped .onnx")
        command.add_argument("--real", type=Path, help="file of real labelled pages (see `pages`)")
        command.add_argument("--real-share", type=between(0, 1), default=0.25, help="of the pages (%(default)s)")
        command.add_argument("--printed", type=Path, help="file of made pages that were read (see `printed`)")
        command.add_argument("--printed-share", type=between(0, 1), default=0.15, help="of the pages (%(default)s)")
        command.add_argument("--catalogue-share", type=between(0, 1), default=0.45, help="of made pages (%(default)s)")
        command.add_argument("--seconds", type=above_zero, default=500, help="how long a run takes (%(default)s)")
        command.add_argument("--rate", type=above_zero, default=1.2e-3, help="highest learning rate (%(default)s)")
        command.add_argument("--dropout", type=between(0, 1), default=0.0, help="of what each layer adds (%(default)s)")
        command.add_argument("--pages", type=at_least(1), default=224, help="pages a batch (%(default)s)")
        command.add_argument("--workers", type=at_least(1), default=14, help="processes that make pages (%(default)s)")
        command.add_argument("--device", default="cuda", help="cuda, cuda:N or cpu (%(default)s)")
        command.add_argument("--devices", type=at_least(1), default=1, help="GPUs to train on together (%(default)s)")
        command.add_argument("--seed", type=int, default=0)
    folds.add_argument("--folds", type=at_least(1), default=5, help="parts the issuers are divided into (%(default)s)")
    folds.add_argument("--only", type=int, help="train this fold alone: several runs, each in a process of its own")
    train.set_defaults(run=_train)
    folds.set_defaults(run=_folds)
    pages = commands.add_parser("pages", help="read labelled pictures once, for training with real pages")
    pages.add_argument("data", type=Path, help="folder of labelled pictures")
    pages.add_argument("--out", type=Path, required=True, help="file to write; it holds what stands on the pictures")
    pages.add_argument(
        "--network",
        type=Path,
        help="what is asked where labels do not decide: one that saw no real page (the shipped one)",
    )
    pages.set_defaults(run=_pages)
    printed = commands.add_parser("printed", help="print made pages, photograph and read them, for training")
    printed.add_argument("--count", type=at_least(1), default=3000, help="pages (%(default)s)")
    printed.add_argument("--catalogue-share", type=between(0, 1), default=0.6, help="of the pages (%(default)s)")
    printed.add_argument("--seed", type=int, default=0)
    printed.add_argument("--out", type=Path, required=True, help="file to write")
    printed.set_defaults(run=_printed)
    mean = commands.add_parser("mean", help="write the mean of the weights of runs that began alike")
    mean.add_argument("folders", type=Path, nargs="+")
    mean.add_argument("--shares", type=between(0, 1), nargs="+", required=True, help="of each, 1 together")
    mean.add_argument("--out", type=Path, required=True, help="folder of the result")
    mean.set_defaults(run=_mean)
    export = commands.add_parser("export", help="write trained weights as the network that the package ships")
    export.add_argument("folder", type=Path)
    export.add_argument("--file", type=Path, required=True)
    export.set_defaults(run=_export)
    return run(parser, arguments)


def _mixture(options: argparse.Namespace, without: frozenset[str] = frozenset()) -> object:
    from iso3166 import countries

    from extractor.synthesis.catalogue import catalogue
    from extractor.training.visual.batches import Mixture
    from extractor.training.visual.real import load_pages

    real = load_pages(options.real, without) if options.real else []
    printed = load_pages(options.printed) if options.printed else []
    states = [country.alpha3 for country in countries]
    shares = (options.catalogue_share, options.real_share, printed, options.printed_share)
    return Mixture(catalogue(), states, real, *shares)


def _plan(options: argparse.Namespace) -> object:
    from extractor.training.visual.train import LayoutPlan

    names = ("seconds", "rate", "pages", "workers", "seed", "device", "devices", "dropout")
    return LayoutPlan(**{name: getattr(options, name) for name in names})


def _train(options: argparse.Namespace) -> int:
    from extractor.training.visual.train import train

    _check(options)
    train(_plan(options), _mixture(options), options.out, options.start, _held_out(options))  # type: ignore[arg-type]
    return 0


def _check(options: argparse.Namespace) -> None:
    """Raises DeviceError and CheckpointError, before pages are made."""
    from extractor.training.visual.export import start_weights

    check_device(options.device)
    if options.start:
        start_weights(options.start)


def _held_out(options: argparse.Namespace) -> list[object]:
    """Batches of made pages with a seed that no worker has."""
    from itertools import islice

    from extractor.training.visual.batches import batches

    made = argparse.Namespace(**{**vars(options), "real": None, "printed": None})
    return list(islice(batches(_mixture(made), -1, 128), 6))  # type: ignore[arg-type]


def _folds(options: argparse.Namespace) -> int:
    from extractor.training.visual.real import issuers_of, load_pages
    from extractor.training.visual.train import train

    if options.real is None:
        raise UsageError("folds are made of the issuers of real pages; name them with --real")
    issuers = issuers_of(load_pages(options.real))
    _check(options)
    random.Random(options.seed).shuffle(issuers)
    parts = [issuers[index :: options.folds] for index in range(options.folds)]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "folds.json").write_text(json.dumps(parts) + "\n", encoding="utf-8")
    for index, left_out in enumerate(parts):
        if options.only not in (None, index):
            continue
        mixture = _mixture(options, frozenset(left_out))
        train(_plan(options), mixture, options.out / f"fold{index}", options.start)  # type: ignore[arg-type]
    return 0


def _pages(options: argparse.Namespace) -> int:
    from extractor.training.visual.real import read_pages, write_pages
    from extractor.visual.reader import NETWORK, reading_with

    if options.network:
        with weights_of(options.network):
            session(options.network, 1)
    with reading_with(options.network or NETWORK):
        write_pages(read_pages(options.data), options.out)
    return 0


def _printed(options: argparse.Namespace) -> int:
    from extractor.training.visual.printed import printed_pages
    from extractor.training.visual.real import write_pages

    real = {"real": None, "real_share": 0.0, "printed": None, "printed_share": 0.0}
    mixture = _mixture(argparse.Namespace(**{**vars(options), **real}))
    write_pages(printed_pages(mixture, options.seed, options.count), options.out)  # type: ignore[arg-type]
    return 0


def _mean(options: argparse.Namespace) -> int:
    from extractor.training.visual.export import mean

    mean(options.folders, options.shares, options.out)
    return 0


def _export(options: argparse.Namespace) -> int:
    from extractor.training.visual.export import export

    export(options.folder, options.file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
