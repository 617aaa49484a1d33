"""The pictures that the command makes of documents: where each goes, and how it is written."""

from __future__ import annotations

import argparse
import itertools
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractor.errors import NoDocumentError, UsageError

#: Options that name a picture, in the order in which the pictures are made.
PICTURES = ("overlay", "deskew", "portrait", "signature", "redact")


@dataclass(frozen=True)
class PictureTargets:
    """Where pictures go: for each document, by its name, the option and the file of each; and the real paths of all
    these files and of what is read, to which no further picture may go."""

    of: Mapping[str, Mapping[str, Path]]
    taken: frozenset[str]


def picture_targets(names: Sequence[str], options: argparse.Namespace) -> PictureTargets:
    """Where the pictures that are asked for go, by the names of the documents. Raises UsageError where one would
    replace another."""
    targets: dict[str, dict[str, Path]] = {}
    for option in PICTURES:
        given = getattr(options, option)
        if given is not None:
            for name, path in _targets(names, option, given).items():
                targets.setdefault(name, {})[option] = path
    paths = [os.path.realpath(path) for one in targets.values() for path in one.values()]
    paths += [os.path.realpath(options.output)] if options.output else []
    if len(set(paths)) < len(paths):
        raise UsageError("two outputs would be written to the same file; name a file or folder for each")
    return PictureTargets(targets, frozenset({*paths, *map(os.path.realpath, options.read)}))


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


def write_pictures(option: str, result: Any, target: Path, taken: Collection[str], options: argparse.Namespace) -> None:
    """Makes the pictures of an option and writes them, whole or not at all, to `target` and beside it but to nothing
    that is `taken`. Raises an ExtractorError."""
    from extractor.imaging.saving import save_pictures

    save_pictures(_MAKERS[option](result, options), target, taken)


def _overlay(result: Any) -> list[Any]:
    from extractor.imaging.given import images_of, own_pages
    from extractor.overlay import draw_overlay

    images = images_of(result)
    return [draw_overlay(images[page], result, page) for page in own_pages(result)]


def _cutout(found: Any, name: str) -> list[Any]:
    if found is None:
        raise NoDocumentError(f"no {name} was found on the document")
    return [found.image]


def _redact(result: Any, options: argparse.Namespace) -> list[Any]:
    from extractor.redaction import redact

    keep, hide = (None if text is None else re.split(r"\s*,\s*", text.strip()) for text in (options.keep, options.hide))
    made: list[Any] = list(redact(result, keep, hide=hide, preset=options.preset).pictures)
    return made


#: What makes the pictures of each option, of a result and the options.
_MAKERS: Mapping[str, Callable[[Any, argparse.Namespace], list[Any]]] = {
    "overlay": lambda result, _: _overlay(result),
    "deskew": lambda result, _: result.deskewed(),
    "portrait": lambda result, _: _cutout(result.portrait, "portrait"),
    "signature": lambda result, _: _cutout(result.signature, "signature"),
    "redact": _redact,
}
