"""Fonts for a machine without packages: a pool's files cut down to the characters that specimens may hold.

    python -m extractor.synthesis --pack-fonts fonts/ --pool training      (34 MB; needs fontTools)
    SPECIMEN_FONTS=fonts/ python train.py

Outlines and advances are those of the whole fonts; hints are left out, so that the stems of a hinted font can stand
up to half a pixel elsewhere. Training does not mind; the frozen set is drawn with whole fonts.
"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

from extractor.errors import MissingExtraError
from extractor.synthesis.fonts import font_files, installed_fonts, packed_name, require_fonts
from extractor.synthesis.pools import Pool

_BLOCKS = (
    (0x20, 0x17F), (0x218, 0x21B), (0x391, 0x3C9), (0x400, 0x4F9), (0x600, 0x6FF), (0x1E9E, 0x1E9E), (0x2010, 0x2044),
    (0x20AC, 0x20AC), (0x2116, 0x2116), (0x3000, 0x30FF), (0xFE70, 0xFEFC), (0xFF01, 0xFF5E),
)  # fmt: skip


@cache
def characters() -> frozenset[str]:
    """Every character that specimens and pages of text may hold."""
    wanted = {chr(code) for first, last in _BLOCKS for code in range(first, last + 1)}
    for encoding, rows in (("gb2312", range(0xB0, 0xF8)), ("euc-jp", range(0xB0, 0xD0)), ("euc-kr", range(0xB0, 0xC9))):
        wanted |= set(double_byte(encoding, rows))
    # The names of people and places go beyond the first levels of those sets here and there.
    for path in (Path(__file__).parent / "words").glob("*.json"):
        wanted |= set(path.read_text("utf-8"))
    return frozenset(wanted)


def double_byte(encoding: str, rows: range) -> list[str]:
    """The characters of some rows of a 94 by 94 set."""
    found = []
    for row in rows:
        for cell in range(0xA1, 0xFF):
            try:
                found.append(bytes((row, cell)).decode(encoding))
            except UnicodeDecodeError:
                continue
    return found


def pack_fonts(pool: Pool, folder: Path) -> int:
    """Writes the fonts of `pool` into `folder`; returns their size, bytes. Raises FontsMissingError."""
    try:
        from fontTools import subset
    except ImportError:
        raise MissingExtraError("fontTools, which cuts fonts down,", "eval") from None
    # It reports every table that it leaves out.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    require_fonts(pool)
    folder.mkdir(parents=True, exist_ok=True)
    options = subset.Options(layout_features=[], hinting=False, glyph_names=False, ignore_missing_unicodes=True)
    options.drop_tables += ["FFTM", "PfEd", "DSIG"]
    size = 0
    for font in font_files():
        if font.pool != pool:
            continue
        target = folder / packed_name(font.file, font.index)
        options.font_number = font.index
        loaded = subset.load_font(installed_fonts()[font.file], options, lazy=True)
        cutter = subset.Subsetter(options)
        cutter.populate(text="".join(sorted(characters())))
        cutter.subset(loaded)
        subset.save_font(loaded, str(target), options)
        loaded.close()
        size += target.stat().st_size
    return size
