"""How many characters a recogniser reads right, on lines in fonts that it was not trained on.

    python -m extractor.training.text.measure NETWORK.onnx --words words.json --fonts fonts/

The same lines for the same seed, fonts and words: a quarter random letters, disturbed as in training (by `--hard`).
`--fonts` is a folder of fonts kept for the test (Noto, DejaVu).
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from extractor.ending import between

#: Strips of paper that lines are put on.
_PAPERS = 64


def measure(
    network: Path, words: Path, fonts: Path, *, count: int = 60, hard: float = 0.6, seed: int = 7
) -> dict[str, float]:
    """Script -> share of characters right on `count` lines: 1 - edits / characters, as CTC's best path reads."""
    import torch
    from rapidfuzz.distance import Levenshtein

    from extractor.networks import session
    from extractor.text.ocr import best_path
    from extractor.training.text import lines
    from extractor.training.text.disturb import disturbed, papers

    opened = session(network, 2)
    alphabet = (*opened.get_modelmeta().custom_metadata_map["character"].splitlines(), " ")
    target = lines.target_of(alphabet)
    material = lines.load(words, fonts, target)
    strips = papers(seed, _PAPERS)
    found: dict[str, float] = {}
    for script in sorted(target.labelled):
        rng, edits, characters, read = random.Random(f"{seed} {script}"), 0, 0, 0
        torch.manual_seed(seed)
        for _ in range(20 * count):
            line = lines.draw(rng, material, script) if read < count else None
            if line is None:
                continue
            picture = disturbed(torch.from_numpy(line.mask)[None], strips, hard).numpy()
            best, _ = best_path(opened.run(None, {"x": picture})[0][0])
            said = "".join(alphabet[place - 1] for place in best[(best != 0) & (best != np.r_[-1, best[:-1]])])
            edits += Levenshtein.distance(said, line.visual)
            characters += len(line.visual)
            read += 1
        if characters:
            found[script] = 1 - edits / characters
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        "python -m extractor.training.text.measure", description=__doc__, formatter_class=raw
    )
    parser.add_argument("network", type=Path, nargs="+", help="networks to compare")
    parser.add_argument("--words", type=Path, required=True, help="what `material words` has written")
    parser.add_argument("--fonts", type=Path, required=True, help="folder of fonts")
    parser.add_argument("--count", type=int, default=60, help="lines a script (%(default)s)")
    parser.add_argument(
        "--hard", type=between(0, 1), default=0.6, help="strength of disturbances, 0 to 1 (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=7)
    options = vars(parser.parse_args(arguments))
    columns = [measure(network, **options) for network in options.pop("network")]
    for script in columns[0]:
        print(f"{script:12}", *(f"{100 * column.get(script, 0):6.1f}" for column in columns))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
