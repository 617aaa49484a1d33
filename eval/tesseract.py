"""`python -m eval.tesseract`: the lines of labelled values, read by tesseract and by our text networks.

A value is counted where our reading of one line has it (`eval.lines`) and is long enough for all of it; tesseract
reads the picture of that line, laid flat, with the model of the value's script. So both read the same picture, and
detection does not count; what ours did not read at all is in neither column, which favours ours.

tesseract is a system package: apt-get install tesseract-ocr tesseract-ocr-script-latn (-cyrl, -grek, -arab, -thai,
-hebr, -deva, -beng, -hang, -hans, -jpan). Values of scripts whose model is not installed are left out.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.lines import count_all, edits_in, is_there, options_of, plain, script_of, values_of
from eval.report.tables import markdown_table
from extractor.ending import Stops, ended
from extractor.errors import ExtractorError, UsageError
from extractor.labels.format import Specimen
from extractor.pipeline import prepare
from extractor.text.ocr import line_crop

_MODELS: Mapping[str, str] = {
    "digits": "Latin", "Chinese and Japanese": "HanS+Japanese",
    **{name: name for name in "Latin Cyrillic Greek Arabic Thai Hebrew Devanagari Bengali Hangul".split()},
}  # fmt: skip
#: Share of a value's characters from which a line is long enough to have all of it.
_WHOLE = 0.85
#: White around a line, in pixels: tesseract expects some.
_MARGIN = 10
#: Longest that tesseract may take for a line.
_SECONDS = 30
_INSTALL = "apt-get install tesseract-ocr tesseract-ocr-script-latn"


@dataclass
class LineComparison:
    """Values of one script: their number and characters, and the edits and exact readings of both."""

    values: int = 0
    characters: int = 0
    edits: int = 0
    exact: int = 0
    tesseract_edits: int = 0
    tesseract_exact: int = 0


def installed(binary: str) -> frozenset[str]:
    """The models that tesseract has."""
    listed = subprocess.run([binary, "--list-langs"], capture_output=True, text=True, check=True, timeout=_SECONDS)
    return frozenset(listed.stdout.split("\n")[1:])


def read_by_tesseract(binary: str, crop: np.ndarray, model: str) -> str:
    """The text of one line, an RGB picture (height, width, 3)."""
    import cv2

    padded = np.pad(crop, ((_MARGIN, _MARGIN), (_MARGIN, _MARGIN), (0, 0)), constant_values=255)
    _, encoded = cv2.imencode(".png", padded[:, :, ::-1])
    command = [binary, "stdin", "stdout", "--psm", "7", "-l", model]
    answer = subprocess.run(command, input=encoded.tobytes(), capture_output=True, check=True, timeout=_SECONDS)
    return answer.stdout.decode("utf-8", "replace")


def lines_of_values(specimen: Specimen) -> Iterator[tuple[str, str, np.ndarray]]:
    """Each value that one line of our reading has: the value and the line, as `plain` gives them, and its picture."""
    try:
        pages = [one.page for one in prepare(specimen.path, specimen.schema).evidence.pages]
    except ExtractorError:
        return
    lines = [(page, line, plain(line.text)) for page in pages for line in page.lines]
    for text in values_of(specimen):
        wanted = plain(text)
        page, line, read = min(lines, key=lambda one: edits_in(wanted, one[2]), default=(None, None, ""))
        is_whole = len(read) >= _WHOLE * len(wanted)
        if page and line and is_whole and is_there(wanted, edits_in(wanted, read)):
            yield text, read, line_crop(page.image, line.box)


def count_specimen(specimen: Specimen, binary: str, models: frozenset[str], found: dict[str, LineComparison]) -> None:
    """Reads a specimen and counts its values."""
    for text, read, crop in lines_of_values(specimen):
        script, wanted = script_of(text), plain(text)
        model = _MODELS.get(script, "")
        if not model or not models.issuperset(model.split("+")):
            continue
        tally = found.setdefault(script, LineComparison())
        ours = edits_in(wanted, read)
        theirs = edits_in(wanted, plain(read_by_tesseract(binary, crop, model)))
        tally.values += 1
        tally.characters += len(wanted)
        tally.edits += ours
        tally.exact += ours == 0
        tally.tesseract_edits += theirs
        tally.tesseract_exact += theirs == 0


def table(found: Mapping[str, LineComparison]) -> str:
    """Scripts by the number of their values."""
    header = ["script", "values", "characters right", "tesseract's", "values without an error", "tesseract's"]
    rows = [
        [
            name,
            str(one.values),
            *(f"{100 * (1 - edits / one.characters):.1f} %" for edits in (one.edits, one.tesseract_edits)),
            *(f"{100 * exact / one.values:.1f} %" for exact in (one.exact, one.tesseract_exact)),
        ]
        for name, one in sorted(found.items(), key=lambda pair: -pair[1].values)
    ]
    return markdown_table(header, rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    return ended("eval.tesseract", lambda: _run(options_of("tesseract", __doc__, arguments)), stops=Stops())


def _run(options: argparse.Namespace) -> int:
    binary = shutil.which("tesseract")
    if binary is None:
        raise UsageError(f"tesseract is not installed: {_INSTALL}")
    try:
        models = installed(binary)
        return count_all(options, lambda one, found: count_specimen(one, binary, models, found), table)
    except subprocess.SubprocessError as error:
        raise UsageError(f"tesseract failed ({type(error).__name__}); install it again: {_INSTALL}") from None


if __name__ == "__main__":
    sys.exit(main())
