"""Fonts: found by name, or missed with the line that installs them."""

import random
from pathlib import Path

import pytest

from extractor.synthesis import fonts
from extractor.synthesis.command import main
from extractor.synthesis.fonts import FontsMissingError, advance, choose_face, font_files, placed_glyph, require_fonts
from extractor.synthesis.pools import POOLS


@pytest.fixture
def no_fonts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fonts, "_SYSTEM_FOLDERS", (str(tmp_path),))
    monkeypatch.delenv(fonts.FOLDERS_VARIABLE, raising=False)


@pytest.mark.usefixtures("no_fonts")
@pytest.mark.parametrize("pool", POOLS)
def test_missing_fonts_name_their_packages(pool: str) -> None:
    with pytest.raises(FontsMissingError, match=r"apt-get install .*fonts-ocr-b") as raised:
        require_fonts(pool)
    assert set(raised.value.packages) == {font.package for font in font_files() if font.pool == pool}
    assert "\n" not in str(raised.value)


@pytest.mark.usefixtures("no_fonts")
def test_the_command_says_so_in_one_line_and_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "fr", "--count", "2", "--out", str(tmp_path / "out"), "--workers", "1"]) == 2
    assert capsys.readouterr().err.startswith("error: fonts for drawing specimens are missing; run: apt-get install")
    assert not (tmp_path / "out" / "labels.jsonl").exists()


def test_a_folder_of_ones_own_is_looked_into(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "packed-0-OCRB.otf").write_bytes(b"")
    monkeypatch.setenv(fonts.FOLDERS_VARIABLE, str(tmp_path))
    assert fonts.installed_fonts()["packed-0-OCRB.otf"] == str(tmp_path / "packed-0-OCRB.otf")


def test_every_pool_has_every_script_and_role() -> None:
    for pool in POOLS:
        mine = [font for font in font_files() if font.pool == pool]
        for script in ("latin", "cyrillic-ext", "hans", "jpan", "hang", "arabic"):
            assert len({font.file for font in mine if script in font.scripts}) >= 2, (pool, script)
        assert {role for font in mine for role in font.roles} >= {"sans", "serif", "bold", "mono", "mrz", "ocr"}


@pytest.mark.usefixtures("fonts")
@pytest.mark.parametrize("pool", POOLS)
def test_fonts_have_the_characters_they_are_chosen_for(pool: str) -> None:
    from fontTools.ttLib import TTFont

    from extractor.synthesis.pools import word_file
    from extractor.synthesis.produce import LANGUAGES

    said = {language: set(str(word_file(language))) for language in LANGUAGES}
    latin = {c for language in ("en", "fr", "de", "es", "it", "pt", "pl") for c in said[language] if not c.isspace()}
    names = {**word_file("zh"), "taboo": ""}
    han = {c for c in str(names) + str(word_file("regions_cn")) if "\u4e00" <= c <= "\u9fff"}
    wanted = {
        "latin": latin | {c.upper() for c in latin if len(c.upper()) == 1},
        "cyrillic": {c for c in said["ru"] if "а" <= c.lower() <= "ё"},
        "cyrillic-ext": set("ҚқҢңҒғҮүҰұӘәӨөІі"),
        "hans": han,
        "hans-common": {c for c in han if fonts.in_gb2312(c)},
        "jpan": {c for c in said["ja"] if "\u3040" <= c <= "\u9fff"},
        "hang": {c for c in said["ko"] if "\uac00" <= c <= "\ud7a3"},
        "arabic": {chr(code) for code in range(0xFE80, 0xFEFD)},
        "ascii": {chr(code) for code in range(0x21, 0x7F)},
    }
    for font in font_files():
        if font.pool == pool:
            with TTFont(fonts.installed_fonts()[font.file], fontNumber=font.index, lazy=True) as file:
                has = file.getBestCmap()
            missing = {c for script in font.scripts for c in wanted[script] if ord(c) not in has}
            assert not missing, (font.file, sorted(missing)[:20])


@pytest.mark.usefixtures("evaluation_fonts")
def test_glyphs_are_masks_with_ink_where_the_letter_is() -> None:
    face = choose_face(random.Random(1), "evaluation", ("sans",), "en")
    cut, whole = placed_glyph(face.latin, "H", 24.0, 10.5)
    assert whole in (10, 11)
    assert cut.mask.max() > 200
    assert cut.top < 0 < cut.mask.shape[0] + cut.top + 2
    assert advance(face.latin, "H", 48.0) == pytest.approx(2 * advance(face.latin, "H", 24.0))
    blank, _ = placed_glyph(face.latin, " ", 24.0, 0.0)
    assert blank.mask.size == 0
