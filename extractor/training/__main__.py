"""`python -m extractor.training`: fine-tune a checkpoint on labelled documents, or train the small one from scratch."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from extractor.errors import ExtractorError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code: 0, or 2 for what the user can mend."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except ExtractorError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m extractor.training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    scratch = commands.add_parser("scratch", help="train the small model from scratch, in runs that add up")
    scratch.add_argument("--out", type=Path, required=True, help="folder of the checkpoint; gone on with if it exists")
    scratch.add_argument("--start", type=Path, help="folder with weights to begin with")
    scratch.add_argument("--seconds", type=float, default=560, help="how long this run may take (%(default)s)")
    scratch.add_argument("--total", type=float, default=1100, help="seconds of training of all runs (%(default)s)")
    scratch.add_argument("--last", action="store_true", help="end the schedule with this run, whatever --total says")
    scratch.add_argument("--glyphs", type=float, default=40, help="of these, for the vision tower alone (%(default)s)")
    scratch.add_argument("--documents", type=int, default=56, help="documents a step (%(default)s)")
    scratch.add_argument("--workers", type=int, default=15, help="processes that draw (%(default)s)")
    scratch.add_argument("--seed", type=int, default=0)
    scratch.add_argument("--rehearse", action="store_true", help="a few documents a step, for a processor")
    scratch.set_defaults(run=_scratch)
    return parser


def _scratch(options: argparse.Namespace) -> int:
    from extractor.training.scratch import Plan, rehearsal, train

    plan = Plan(
        seconds=options.seconds,
        total=None if options.last else options.total,
        glyphs=options.glyphs,
        documents=options.documents,
        workers=options.workers,
        seed=options.seed,
    )
    train(rehearsal(plan) if options.rehearse else plan, options.out, start=options.start)
    return 0


if __name__ == "__main__":
    sys.exit(main())
