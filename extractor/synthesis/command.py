"""`python -m extractor.synthesis`: draws labelled specimens into a folder."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from extractor.ending import Parser, ended
from extractor.errors import UsageError
from extractor.progress import progress
from extractor.synthesis import sets
from extractor.synthesis.capture import MODES
from extractor.synthesis.fonts import FOLDERS_VARIABLE
from extractor.synthesis.pack import pack_fonts
from extractor.synthesis.pools import POOLS
from extractor.synthesis.produce import LANGUAGES, DrawJob, kinds, plan, produce
from extractor.text.ocr import threads

_EXAMPLES = """\
examples:
  python -m extractor.synthesis --lang zh --count 200 --seed 1 --out specimens/
  python -m extractor.synthesis --lang fr,de --kind td3_passport,mrv_b_visa --capture photo --count 50 --out photos/
  python -m extractor.synthesis --pool training --count 5000 --workers 16 --out training/
  python -m extractor.synthesis --set frozen --out datasets/frozen      (the evaluation set, exactly)
"""


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m extractor.synthesis",
        description="Draw labelled specimen documents: pictures, and a labels.jsonl that says what is on them.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("--out", type=Path, help="folder for the pictures and labels.jsonl")
    parser.add_argument("--lang", default="all", help=f"languages, comma-separated, or all ({','.join(LANGUAGES)})")
    parser.add_argument(
        "--kind", default="", help=f"kinds of documents, comma-separated ({','.join(kinds('training'))})"
    )
    parser.add_argument("--capture", default="", help=f"capture modes in turn, comma-separated ({','.join(MODES)})")
    parser.add_argument("--count", type=int, default=100, help="how many specimens (default 100)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed draws the same specimens (default 0)")
    parser.add_argument(
        "--pool", choices=POOLS, default="evaluation", help="which half of the word lists (default evaluation)"
    )
    parser.add_argument("--format", choices=("jpg", "webp", "png"), default="jpg", help="of the pictures (default jpg)")
    parser.add_argument("--workers", type=int, default=0, help="processes (default: one a core)")
    parser.add_argument("--set", choices=("frozen", "examples"), help="draw one of the repository's sets instead")
    parser.add_argument("--pack-fonts", type=Path, metavar="DIR", help="write the pool's fonts, cut down, and stop")
    return parser


def _words(text: str, known: Sequence[str], what: str) -> list[str]:
    words = [word for word in text.split(",") if word]
    if unknown := [word for word in words if word not in known]:
        raise UsageError(f"unknown {what} {', '.join(unknown)}; known: {', '.join(known)}")
    return words


def _jobs(arguments: argparse.Namespace) -> list[DrawJob]:
    if arguments.set:
        return sets.frozen() if arguments.set == "frozen" else sets.examples()
    if arguments.count < 1:
        raise UsageError("--count must be at least 1")
    languages = LANGUAGES if arguments.lang == "all" else _words(arguments.lang, LANGUAGES, "language")
    return plan(
        arguments.count,
        seed=arguments.seed,
        pool=arguments.pool,
        languages=languages,
        only_kinds=_words(arguments.kind, kinds(arguments.pool), "kind"),
        modes=_words(arguments.capture, MODES, "capture mode"),  # type: ignore[arg-type]
        suffix=arguments.format,
    )


def _run(arguments: argparse.Namespace) -> None:
    if arguments.pack_fonts:
        size = pack_fonts(arguments.pool, arguments.pack_fonts)
        print(f"{size / 1e6:.1f} MB of fonts in {arguments.pack_fonts}; point {FOLDERS_VARIABLE} at it")
        return
    if arguments.out is None:
        raise UsageError("--out is needed: the folder for the pictures and labels.jsonl")
    jobs = _jobs(arguments)
    with progress(len(jobs), "drawing") as advance:
        for _ in produce(jobs, arguments.out, workers=arguments.workers or threads()):
            advance()
    print(f"{len(jobs)} specimens in {arguments.out}")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code: 0, 2 for a wrong call or missing fonts, 3 for other failures."""

    def run() -> int:
        _run(_parser().parse_args(argv))
        return 0

    return ended("error", run)
