"""`python -m eval.tried DIST PYTHON...`: what a release has, installed on each Python, and a passport read with it.

Each wheel and sdist of DIST (what `.ci/release` made) goes into a fresh environment of each PYTHON, without this
checkout, and reads the drawn passport. What came out is written to eval/results/release.json, from which
`eval.readme` makes the table of docs/releasing.md. Ends with 1 where one of them did not read it. `--add` keeps what
was tried of the same archives before: a Python that this system has no package of is tried on one that has.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from eval.counts import counts_before, counts_file
from eval.report import tables
from extractor import __version__
from extractor.ending import Parser, Stops, ended
from extractor.errors import UsageError

ROOT = Path(__file__).resolve().parents[1]
PASSPORT = ROOT / "datasets" / "examples" / "passport.png"
RESULT = ROOT / "eval" / "results" / "release.json"
#: Packages whose own wheels decide on which Python this one runs.
_NATIVE = ("numpy", "onnxruntime", "opencv-python-headless", "pypdfium2", "zxing-cpp")
_VERSIONS = f"""
import json, platform
from importlib.metadata import version
print(json.dumps({{"python": platform.python_version(), "with": {{name: version(name) for name in {_NATIVE!r}}}}}))
"""


class Record(TypedDict):
    """What was tried of which archives."""

    version: str
    sha256: dict[str, str]
    machine: str
    tried: list[dict[str, Any]]


def tried(archive: Path, python: str, folder: Path) -> dict[str, Any]:
    """What came of one archive on one Python."""
    found = {"what": "wheel" if archive.suffix == ".whl" else "sdist", "asked": Path(python).name}
    inside = folder / "bin"
    steps: tuple[tuple[str, Sequence[str | Path]], ...] = (
        ("no environment", (python, "-m", "venv", folder)),
        ("not installed", (inside / "python", "-m", "pip", "install", "-q", archive)),
        ("no versions", (inside / "python", "-c", _VERSIONS)),
        ("not read", (inside / "extract", PASSPORT, "--schema", "passport")),
    )
    said = ""
    for outcome, command in steps:
        try:
            done = subprocess.run([*map(str, command)], check=True, capture_output=True, text=True, cwd=folder.parent)
        except (OSError, subprocess.CalledProcessError) as error:
            last = str(getattr(error, "stderr", None) or error).strip().splitlines()[-1:]
            return found | {"outcome": outcome, "said": "".join(last)}
        said = done.stdout
        if outcome == "no versions":
            found |= json.loads(said)
    lines = (PASSPORT.parent / "labels.jsonl").read_text("utf-8").splitlines()
    (label,) = [one["fields"] for one in map(json.loads, lines) if one["file"] == PASSPORT.name]
    right = json.loads(said) == label
    return found | {"outcome": "read, every field right" if right else "read with mistakes"}


def table(record: Mapping[str, Any]) -> str:
    """The block of docs/releasing.md."""
    rows = [
        [one.get("python", one["asked"]), one["what"], one["outcome"], _versions(one.get("with", {}))]
        for one in record["tried"]
    ]
    digests = ", ".join(f"`{digest[:12]}` ({kind})" for kind, digest in record["sha256"].items())
    about = f"Version {record['version']}, SHA-256 {digests}, {record['machine']}.\n"
    return tables.markdown_table(["Python", "what", "outcome", "with"], rows) + "\n" + about


def _versions(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items()) or "–"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    return ended("eval.tried", lambda: _run(_options(argv)), stops=Stops())


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(prog="python -m eval.tried", description=__doc__)
    parser.add_argument("dist", type=Path, help="folder with wheel and sdist")
    parser.add_argument("pythons", nargs="+", metavar="PYTHON", help="an interpreter, such as python3.12")
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--add", action="store_true", help="keep what OUT says of other Pythons and the same archives")
    return parser.parse_args(argv)


def _run(options: argparse.Namespace) -> int:
    archives = sorted([*options.dist.glob("*.whl"), *options.dist.glob("*.tar.gz")])
    if not archives:
        raise UsageError(f"there is no wheel in {options.dist}; make it by .ci/release")
    digests = {path.suffix.lstrip("."): hashlib.sha256(path.read_bytes()).hexdigest() for path in archives}
    nothing = Record(version=__version__, sha256=digests, machine=f"{platform.system()} {platform.machine()}", tried=[])
    before = counts_before(options.out if options.add else None, Record, nothing)
    if before["sha256"] != digests:
        raise UsageError(f"{options.out} is of other archives than {options.dist}")
    with counts_file(options.out) as write:
        results = []
        for python in options.pythons:
            for archive in archives:
                with tempfile.TemporaryDirectory() as folder:
                    results.append(tried(archive.resolve(), python, Path(folder) / "venv"))
                print(results[-1], flush=True)
        again = {one["asked"] for one in results}
        kept = [one for one in before["tried"] if one["asked"] not in again]
        write({**nothing, "tried": kept + results})
    return 0 if all(one["outcome"].endswith("right") for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
