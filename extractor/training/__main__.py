"""`python -m extractor.training`: fine-tune a checkpoint on labelled documents, or train the small one from scratch."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from extractor.ending import Parser, above_zero, at_least, between
from extractor.progress import progress_bar
from extractor.training.commands import run


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code: 0, or that of what went wrong."""
    return run(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m extractor.training", description=__doc__, epilog=_EXAMPLES)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_tune(commands.add_parser("tune", help="fine-tune a checkpoint on labelled documents"))
    scratch = commands.add_parser("scratch", help="train the small model from scratch, in runs that add up")
    scratch.add_argument("--out", type=Path, required=True, help="folder of the checkpoint; resumed if it exists")
    scratch.add_argument("--start", type=Path, help="folder with weights to begin with")
    scratch.add_argument("--seconds", type=above_zero, default=560, help="how long this run may take (%(default)s)")
    scratch.add_argument("--total", type=above_zero, default=1100, help="seconds of training of all runs (%(default)s)")
    scratch.add_argument("--last", action="store_true", help="end the schedule with this run, whatever --total says")
    scratch.add_argument(
        "--glyphs", type=between(0), default=40, help="of these, for the vision tower alone (%(default)s)"
    )
    scratch.add_argument("--documents", type=at_least(1), default=56, help="documents a step (%(default)s)")
    scratch.add_argument(
        "--catalogue-share",
        type=between(0, 1),
        default=0.4,
        help="of the documents: of the world's catalogue (%(default)s)",
    )
    scratch.add_argument(
        "--rate", type=above_zero, default=1.0, help="peak of the rates, times the usual (%(default)s)"
    )
    scratch.add_argument(
        "--glyph-weight",
        type=between(0),
        default=1.0,
        help="of characters' loss at first; 0.1 at the end (%(default)s)",
    )
    scratch.add_argument("--workers", type=at_least(1), default=15, help="processes that draw (%(default)s)")
    scratch.add_argument("--seed", type=int, default=0)
    scratch.add_argument("--rehearse", action="store_true", help="a few documents a step, for a CPU")
    scratch.set_defaults(run=_scratch)
    return parser


def _add_tune(tune: argparse.ArgumentParser) -> None:
    tune.add_argument("data", type=Path, help="folder of labelled pictures (datasets/README.md says how to label)")
    tune.add_argument("--out", type=Path, required=True, help="folder of the run; resumed if it exists")
    tune.add_argument("--model", default="nano", help="checkpoint to begin with: a folder or a name (%(default)s)")
    tune.add_argument("--method", default="lora", choices=("lora", "full"), help="what is trained (%(default)s)")
    tune.add_argument(
        "--dtype", default="auto", help="of the weights begun with; int4 with lora is QLoRA (%(default)s)"
    )
    tune.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (%(default)s)")
    tune.add_argument("--epochs", type=int, default=4, help="times every document is shown (%(default)s)")
    tune.add_argument("--rate", type=between(0), default=0.0, help="highest learning rate (0: what suits the method)")
    tune.add_argument("--rank", type=int, default=16, help="of the adapters (%(default)s)")
    tune.add_argument("--accumulate", type=int, default=4, help="documents a step (%(default)s)")
    tune.add_argument("--hints", default="both", choices=("on", "off", "both"), help="OCR text along (%(default)s)")
    tune.add_argument(
        "--held-out", type=between(0, 1), default=0.2, help="share of documents kept to check by (%(default)s)"
    )
    tune.add_argument("--limit", type=int, default=0, help="use at most this many documents")
    tune.add_argument("--save-steps", type=int, default=10, help="steps between two saves (%(default)s)")
    tune.add_argument("--seed", type=int, default=0)
    tune.set_defaults(run=_tune)


_EXAMPLES = """\
examples:
  python -m extractor.training tune my-documents --out runs/mine
        LoRA on the shipped small model; the better one is runs/mine/model
  extract --model runs/mine/model passport.jpg
        ... and is used like any other
  python -m extractor.training tune my-documents --out runs/q --model microsoft/Phi-3.5-vision-instruct --dtype int4
        QLoRA of the official model on one GPU
  accelerate launch -m extractor.training tune my-documents --out runs/f --method full --model DIR
        every weight, on all GPUs of this machine
  python -m extractor.training scratch --out runs/nano --seconds 560 --total 750
        the small model from nothing, in runs that add up
  python -m extractor.training scratch --out runs/more --start extractor/checkpoints/nano --last --glyphs 0
                                       --glyph-weight 0.1 --rate 0.45 --catalogue-share 0.5
        the shipped one trained on: rates from 0.45 of their peak to nothing

the other networks:
  python -m extractor.training.text --help             the text detector and recogniser in 8 bits
  python -m extractor.training.text.reader --help      the recogniser of other scripts; then ....text.halve
  python -m extractor.training.visual --help           the layout reader; its last step is export
  python -m extractor.training.portrait --help         where portraits are
"""


def _tune(options: argparse.Namespace) -> int:
    from extractor.training.nano.tune import Tuning, tune

    names = [name for name in vars(options) if name != "run"]
    plan = Tuning(**{name: getattr(options, name) for name in names})
    with progress_bar() as report:
        tuned = tune(plan, report)
    for name in tuned.before:
        print(f"{name}: {tuned.before[name]:.3f} -> {tuned.after[name]:.3f}")  # noqa: T201
    print(f"{tuned.steps} steps; the model is in {tuned.model}")  # noqa: T201
    return 0


def _scratch(options: argparse.Namespace) -> int:
    from extractor.training.nano.scratch import ScratchPlan, rehearsal, train
    from extractor.training.optimisers import Rates

    usual = Rates()
    plan = ScratchPlan(
        seconds=options.seconds,
        total=None if options.last else options.total,
        glyphs=options.glyphs,
        documents=options.documents,
        catalogue_share=options.catalogue_share,
        glyph_weight=(options.glyph_weight, 0.1),
        rates=replace(usual, muon=options.rate * usual.muon, adam=options.rate * usual.adam),
        workers=options.workers,
        seed=options.seed,
    )
    train(rehearsal(plan) if options.rehearse else plan, options.out, start=options.start)
    return 0


if __name__ == "__main__":
    sys.exit(main())
