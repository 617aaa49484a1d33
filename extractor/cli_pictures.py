"""The pictures that the command makes of documents: where each goes, and how it is written."""

from __future__ import annotations

import argparse
import itertools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from extractor.errors import NoDocumentError, UsageError
from extractor.writing import check_apart

#: Options that name a picture, in the order in which the pictures are made.
PICTURES = ("overlay", "deskew", "portrait", "signature", "redact")


def picture_targets(names: Sequence[str], options: argparse.Namespace) -> dict[str, dict[str, Path]]:
    """For each document, by its name, the option and the file of each picture. Raises UsageError."""
    targets: dict[str, dict[str, Path]] = {}
    for option in PICTURES:
        given = getattr(options, option)
        if given is not None:
            for name, path in _targets(names, option, given).items():
                targets.setdefault(name, {})[option] = path
    paths = [path for one in targets.values() for path in one.values()]
    if len(set(paths)) < len(paths):
        raise UsageError("two kinds of pictures would be written to the same file; name a file or folder for each")
    return targets


def _targets(names: Sequence[str], option: str, given: str) -> dict[str, Path]:
    """The file that was named, or for several documents a picture each in that folder.

    Documents whose files are called the same in different folders are counted: `scan.png`, `scan-2.png`.
    """
    from extractor.imaging.saving import check_target

    folder = Path(given)
    if len(names) == 1 and not folder.is_dir():
        check_target(folder)
        return {names[0]: folder}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--{option} {given} cannot be made a folder: {error.strerror}") from error
    taken: dict[str, Path] = {}
    for name in dict.fromkeys(names):
        stem = Path(name).stem
        tries = (f"{stem}.png" if count == 1 else f"{stem}-{count}.png" for count in itertools.count(1))
        taken[name] = next(path for text in tries if (path := folder / text) not in taken.values())
    return taken


def write_pictures(option: str, result: Any, target: Path, options: argparse.Namespace) -> None:
    """Makes the picture of an option and writes it, whole or not at all. Raises an ExtractorError."""
    from extractor.imaging.saving import numbered, save_pictures

    made = _MAKERS[option](result, options)
    check_apart((numbered(target, number) for number in range(len(made))), options.read)
    save_pictures(made, target)


def _overlay(result: Any, _: argparse.Namespace) -> list[Any]:
    from extractor.imaging.given import images_of
    from extractor.overlay import draw_overlay

    return [draw_overlay(image, result, page) for page, image in enumerate(images_of(result))]


def _deskew(result: Any, _: argparse.Namespace) -> list[Any]:
    made: list[Any] = result.deskewed()
    return made


def _portrait(result: Any, _: argparse.Namespace) -> list[Any]:
    return _cutout(result.portrait, "portrait")


def _signature(result: Any, _: argparse.Namespace) -> list[Any]:
    return _cutout(result.signature, "signature")


def _cutout(found: Any, name: str) -> list[Any]:
    if found is None:
        raise NoDocumentError(f"no {name} was found on the document")
    return [found.image]


def _redact(result: Any, options: argparse.Namespace) -> list[Any]:
    from extractor.redaction import redact

    keep, hide = (None if text is None else re.split(r"\s*,\s*", text.strip()) for text in (options.keep, options.hide))
    made: list[Any] = list(redact(result, keep, hide=hide, preset=options.preset).pictures)
    return made


_MAKERS: Mapping[str, Any] = {
    "overlay": _overlay,
    "deskew": _deskew,
    "portrait": _portrait,
    "signature": _signature,
    "redact": _redact,
}
