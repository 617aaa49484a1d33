"""Labelled pictures from a folder, whatever published layout it is in.

    specimens = load_dataset(Path("datasets/frozen"))

Known layouts: our own (`labels.jsonl`, see `extractor.labels.format`), the collection of real specimens beside the
checkout (a `labels.jsonl` with `doc_type`), MIDV-500 and MIDV-2019, MIDV-2020, DocXPand-25k. The layout is recognised
by the files that are there. None of these collections is part of this repository; their licences are their own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from extractor.errors import ExtractorError, UnreadableInputError
from extractor.labels import collection, docxpand, midv
from extractor.labels.files import LabelError, lies_inside
from extractor.labels.format import LABEL_FILE, Specimen, load_labels


class DatasetError(UnreadableInputError):
    """A folder holds no labelled pictures in a layout that is known."""


def load_dataset(path: Path | str) -> list[Specimen]:
    """The specimens of a folder, or of one label file. Raises DatasetError, and LabelError for a broken label."""
    root = Path(path)
    if not root.exists():
        raise DatasetError(f"there is no folder {root}")
    if root.is_file():
        return _from_label_file(root)
    for holds, load in _LAYOUTS:
        if holds(root):
            return _of_the_folder(_loaded(load, root), root)
    raise DatasetError(
        f"{root} holds no known layout of labels: a {LABEL_FILE}, MIDV-500, MIDV-2019, MIDV-2020 or DocXPand-25k"
    )


def _loaded(load: Callable[[Path], list[Specimen]], root: Path) -> list[Specimen]:
    """What a layout's reader finds. Files that only look like that layout end in nearly any error there."""
    try:
        return load(root)
    except ExtractorError:
        raise
    except Exception as error:
        raise LabelError(f"the labels of {root} are not what their layout says ({type(error).__name__})") from None


def _of_the_folder(specimens: list[Specimen], root: Path) -> list[Specimen]:
    if any(not lies_inside(root, specimen.path) for specimen in specimens):
        raise LabelError(f"a label of {root} names a picture outside that folder")
    return specimens


def _from_label_file(path: Path) -> list[Specimen]:
    return collection.load(path) if collection.is_label_file(path) else load_labels(path)


_LAYOUTS: tuple[tuple[Callable[[Path], bool], Callable[[Path], list[Specimen]]], ...] = (
    (lambda root: (root / LABEL_FILE).is_file(), lambda root: _from_label_file(root / LABEL_FILE)),
    (midv.is_midv_2020, midv.load_midv_2020),
    (midv.is_midv_500, midv.load_midv_500),
    (docxpand.is_docxpand, docxpand.load),
)
