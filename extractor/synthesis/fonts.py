"""The fonts that specimens are set in: which belong to which pool, where they lie, and their glyphs as small masks.

`fonts.json` lists the files, the Debian package that ships each one, the scripts it is used for and its roles. Files
are looked for by name under the system's font folders and under the folders of the environment variable
SPECIMEN_FONTS, so that a machine without packages can be given a folder of (subsetted) files.

Glyphs are rasterised once per font, size and half-pixel position, larger and reduced, which gives the soft edges of
print; drawing a line of text is then copying small arrays.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from extractor.errors import UsageError
from extractor.synthesis.pools import data_file
from extractor.synthesis.shaping import is_arabic

FOLDERS_VARIABLE = "SPECIMEN_FONTS"
_SYSTEM_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
#: Times the size at which glyphs are drawn before they are reduced: below and from `_LARGE` pixels.
_OVERSAMPLING = (3, 2)
_LARGE = 15.0
_PHASES = 2
#: Size, pixels, at which advances are measured.
_REFERENCE = 120.0
_EMPTY = np.zeros((0, 0), np.uint8)
#: Sizes are rounded to half pixels below this size and to whole ones above, so that most glyphs are in the cache.
_FINE = 14.0


class FontsMissingError(UsageError):
    """Font files that the specimens are drawn with are not on this machine."""

    def __init__(self, packages: Iterable[str]) -> None:
        self.packages = tuple(sorted(set(packages)))
        super().__init__(
            f"fonts for drawing specimens are missing; run: apt-get install {' '.join(self.packages)}"
            f" (or name a folder that has them in {FOLDERS_VARIABLE})"
        )


@dataclass(frozen=True, eq=False)  # compared by identity: `font_files` makes each one once, and glyphs are cached by it
class FontFile:
    """One font of a pool: a file (and its index in a collection), for some scripts and roles."""

    file: str
    package: str
    pool: str
    scripts: frozenset[str]
    roles: frozenset[str]
    index: int = 0


@dataclass(frozen=True)
class Glyph:
    """Coverage mask (h, w) uint8, and its top left corner relative to the pen on the baseline, pixels."""

    mask: np.ndarray
    left: int
    top: int


@cache
def font_files() -> tuple[FontFile, ...]:
    """Every font of both pools."""
    return tuple(
        FontFile(
            entry["file"],
            entry["package"],
            pool,
            frozenset(entry["scripts"].split()),
            frozenset(entry["roles"].split()),
            entry.get("index", 0),
        )
        for pool, entries in data_file("fonts.json").items()
        for entry in entries
    )


@cache
def _installed(folders: tuple[str, ...]) -> dict[str, str]:
    """File name -> path under `folders`, the first folder winning."""
    found: dict[str, str] = {}
    for folder in folders:
        for parent, _, names in os.walk(os.path.expanduser(folder)):
            for name in sorted(names):
                found.setdefault(name, str(Path(parent) / name))
    return found


def installed_fonts() -> dict[str, str]:
    """File name -> path of every font file on this machine."""
    own = tuple(folder for folder in os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep) if folder)
    return _installed(own + _SYSTEM_FOLDERS)


def packed_name(file: str, index: int) -> str:
    """The name of a font cut down for a machine without packages (see `pack`)."""
    return f"packed-{index}-{file}"


def require_fonts(pool: str) -> None:
    """Raises FontsMissingError, naming the packages, unless every font of `pool` is here."""
    present = installed_fonts()
    missing = {
        font.package
        for font in font_files()
        if font.pool == pool and font.file not in present and packed_name(font.file, font.index) not in present
    }
    if missing:
        raise FontsMissingError(missing)


@lru_cache(maxsize=512)
def _loaded(file: str, index: int, size: float) -> ImageFont.FreeTypeFont:
    present = installed_fonts()
    packed = present.get(packed_name(file, index))
    path = packed or present.get(file)
    if path is None:
        raise FontsMissingError(font.package for font in font_files() if font.file == file)
    face = 0 if packed else index
    return ImageFont.truetype(path, size, index=face, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=100_000)
def _unit_advance(font: FontFile, character: str) -> float:
    """Advance of `character` as a share of the em; unhinted, so that it is the same at every size."""
    return _loaded(font.file, font.index, _REFERENCE).getlength(character) / _REFERENCE


def advance(font: FontFile, character: str, size: float) -> float:
    """Advance of `character` at `size` pixels."""
    return _unit_advance(font, character) * size


@lru_cache(maxsize=200_000)
def glyph(font: FontFile, character: str, size: float, phase: int) -> Glyph:
    """`character` in `font` at `size` pixels, `phase` parts of a pixel right of the pen."""
    n = _OVERSAMPLING[size >= _LARGE]
    loaded = _loaded(font.file, font.index, size * n)
    left, top, right, bottom = loaded.getbbox(character, anchor="ls")
    if right <= left or bottom <= top:
        return Glyph(_EMPTY, 0, 0)
    shift = phase * n / _PHASES
    x0, y0 = math.floor((left + shift) / n), math.floor(top / n)
    x1, y1 = math.ceil((right + shift) / n) + 1, math.ceil(bottom / n) + 1
    image = Image.new("L", ((x1 - x0) * n, (y1 - y0) * n))
    ImageDraw.Draw(image).text((shift - x0 * n, -y0 * n), character, fill=255, font=loaded, anchor="ls")
    return Glyph(np.asarray(image.reduce(n)), x0, y0)


def rounded_size(size: float) -> float:
    """`size` in pixels as glyphs are cached."""
    return max(5.0, round(2 * size) / 2 if size < _FINE else float(round(size)))


def placed_glyph(font: FontFile, character: str, size: float, x: float) -> tuple[Glyph, int]:
    """The glyph for a pen at `x` pixels, and the whole pixel that its mask's `left` counts from."""
    parts = round(x * _PHASES)
    whole = parts // _PHASES
    # Characters as wide as Han ones are many, and half a pixel does not tell in them.
    if ord(character) >= 0x2E80 and character < "\ufe70":
        return glyph(font, character, size, 0), round(x)
    return glyph(font, character, size, parts - whole * _PHASES), whole


@dataclass(frozen=True)
class FontFace:
    """What a line is set in: a font for each script that may occur in it, and one for characters that the East Asian
    font lacks (the scripts `hans-common` are those of GB 2312 only)."""

    latin: FontFile
    cyrillic: FontFile
    east_asian: FontFile | None = None
    arabic: FontFile | None = None
    rare: FontFile | None = None

    def font(self, character: str) -> FontFile:
        """The font for `character` (a source or a presentation form)."""
        code = ord(character)
        if code < 0x370 or 0x2000 <= code < 0x2070:
            return self.latin
        if code < 0x530 or code == 0x2116:
            return self.cyrillic
        if is_arabic(character) or 0xFE70 <= code <= 0xFEFF:
            return self.arabic or self.latin
        if self.rare and not in_gb2312(character):
            return self.rare
        return self.east_asian or self.latin


@lru_cache(maxsize=30_000)
def in_gb2312(character: str) -> bool:
    """Whether the basic Chinese character set has `character`."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


_EAST_ASIAN = {"zh": ("hans", "hans-common"), "ja": ("jpan",), "ko": ("hang",)}


def choose_face(rng: random.Random, pool: str, roles: tuple[str, ...], language: str) -> FontFace:
    """A face for documents in `language`; for each script a font of the first of `roles` that the pool has for it."""
    base = language.partition("-")[0]
    latin = _choose(rng, pool, roles, ("latin",))
    cyrillic = latin if "cyrillic-ext" in latin.scripts else _choose(rng, pool, roles, ("cyrillic-ext",))
    east_asian = _choose(rng, pool, roles, _EAST_ASIAN[base]) if base in _EAST_ASIAN else None
    arabic = _choose(rng, pool, roles, ("arabic",)) if base == "ar" else None
    common = east_asian is not None and "hans-common" in east_asian.scripts
    return FontFace(latin, cyrillic, east_asian, arabic, _choose(rng, pool, roles, ("hans",)) if common else None)


def single_font(rng: random.Random, pool: str, role: str) -> FontFile:
    """Any font of `pool` that has `role` (the MRZ's and the numbers' OCR-B, for example)."""
    return rng.choice([font for font in font_files() if font.pool == pool and role in font.roles])


def _choose(rng: random.Random, pool: str, roles: tuple[str, ...], scripts: tuple[str, ...]) -> FontFile:
    for role in (*roles, "sans", "serif"):
        found = _candidates(pool, role, scripts)
        if found:
            return rng.choice(found)
    raise ValueError(f"the {pool} pool has no font for {', '.join(scripts)}")


@cache
def _candidates(pool: str, role: str, scripts: tuple[str, ...]) -> tuple[FontFile, ...]:
    return tuple(
        font
        for font in font_files()
        if font.pool == pool and role in font.roles and not font.scripts.isdisjoint(scripts)
    )
