"""Fonts cut down for a machine without packages."""

from pathlib import Path

import numpy as np
import pytest

from extractor.synthesis import fonts, pack
from extractor.synthesis.fonts import font_files, glyph, installed_fonts, packed_name


def test_the_characters_of_every_stock_are_packed() -> None:
    assert set("ŁŞßÇéЖІҚẞ姓镇玥浉あ霧김ءﻻ№·") <= pack.characters()


@pytest.mark.slow
@pytest.mark.usefixtures("evaluation_fonts")
def test_a_cut_font_draws_like_the_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = tuple(font for font in font_files() if font.file in ("OCRB.otf", "DejaVuSansMono.ttf", "DejaVuSerif.ttf"))
    whole = {(font.file, c): glyph(font, c, 24.0, 0).mask for font in chosen for c in "AgR5<"}
    monkeypatch.setattr(pack, "font_files", lambda: chosen)
    size = pack.pack_fonts("evaluation", tmp_path)
    assert size < 0.9 * sum(Path(installed_fonts()[font.file]).stat().st_size for font in chosen)
    assert {path.name for path in tmp_path.iterdir()} == {packed_name(font.file, 0) for font in chosen}
    monkeypatch.setenv(fonts.FOLDERS_VARIABLE, str(tmp_path))
    for cache in (fonts._loaded, fonts.glyph):
        cache.cache_clear()
    try:
        for font in chosen:
            for c in "AgR5<":
                cut = glyph(font, c, 24.0, 0).mask
                assert abs(cut.astype(int).sum() - whole[font.file, c].astype(int).sum()) < 0.15 * cut.astype(int).sum()
                assert np.abs(np.array(cut.shape) - whole[font.file, c].shape).max() <= 1
    finally:
        for cache in (fonts._loaded, fonts.glyph):
            cache.cache_clear()
