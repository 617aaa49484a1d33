"""What the recogniser of all scripts learns from: words, fonts, drawn lines, disturbance, the pool."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from fontTools import subset
from fontTools.ttLib import TTFont
from PIL import features

from extractor.text.ocr import network_file
from extractor.text.writing import CHARACTERS
from extractor.training.text import disturb, lines, material
from extractor.training.text import texts as texts_of
from extractor.training.text.disturb import disturbed, papers
from extractor.training.text.measure import measure
from extractor.training.text.pool import CHUNK, Drawing, LinePool

pytestmark = pytest.mark.skipif(not features.check("raqm"), reason="Pillow without raqm: apt install libraqm0")
FONTS = Path("/usr/share/fonts/truetype")
FILES = ("freefont/FreeSans.ttf", "freefont/FreeSerif.ttf", "kacst/KacstBook.ttf", "nanum/NanumGothic.ttf")
WORDS = {
    "LATIN": {"en": ["Surname", "ÅSTRÖM", "Żółć"]},
    "CYRILLIC": {"ru": ["Фамилия", "ИВАНОВ"]},
    "HEBREW": {"he": ["שלום", "ירושלים"]},
}


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Drawing:
    """Small word lists, and fonts cut to what the recogniser knows."""
    if not all((FONTS / file).is_file() for file in FILES):
        pytest.skip("fonts are missing: apt install fonts-freefont-ttf fonts-kacst fonts-nanum")
    folder = tmp_path_factory.mktemp("material")
    source = folder / "source"
    source.mkdir()
    for file in FILES:
        (source / Path(file).name).symlink_to(FONTS / file)
    (source / "DejaVuSans.ttf").symlink_to(FONTS / FILES[0])
    cut = material.cut_fonts(source, folder / "fonts")
    assert [name.partition("-")[2] for name in cut] == sorted(Path(file).name for file in FILES), "no font of the test"
    (folder / "words.json").write_text(json.dumps(WORDS), encoding="utf-8")
    return Drawing(folder / "words.json", folder / "fonts", workers=1, seed="0", room=5e7)


@pytest.mark.parametrize(
    ("script", "word", "kept"),
    [
        ("LATIN", "  Nagy\u00a0Anna ", "Nagy Anna"),
        ("LATIN", "x", None),
        ("LATIN", "ИВАНОВ", None),
        ("ARABIC", "مُحَمَّد", "محمد"),
        ("HEBREW", "שָׁלוֹם", "שלום"),
        ("LATIN", "漢字 Tokyo Osaka", None),
    ],
)
def test_words_are_as_documents_print_them(script: str, word: str, kept: str | None) -> None:
    assert material.printable(script, word) == kept


def test_parts_of_a_font_are_joined_and_cut(tmp_path: Path) -> None:
    pytest.importorskip("brotli", reason="pip install 'id-document-extractor[train]'")
    if not (FONTS / FILES[0]).is_file():
        pytest.skip("apt install fonts-freefont-ttf")
    for part, text in (("latin", "AZaz0"), ("latin-ext", "ßéŁőŞğžĐ"), ("cyrillic", "АБЯжщў"), ("other", "x")):
        with TTFont(FONTS / FILES[0]) as font:
            cutter = subset.Subsetter(subset.Options(layout_features=[]))
            cutter.populate(text=text)
            cutter.subset(font)
            font.flavor = "woff2"
            font.save(tmp_path / f"free-sans-{part}-400-normal.woff2")
    assert material.join_fonts(tmp_path, tmp_path / "joined") == ["free-sans-400.ttf"]
    with TTFont(tmp_path / "joined" / "free-sans-400.ttf") as font:
        assert {ord(c) for c in "AZéЖ"} & set(font.getBestCmap()) == {ord(c) for c in "AZé"}
        assert ord("ж") in font.getBestCmap()
    assert len(material.cut_fonts(tmp_path / "joined", tmp_path / "cut")) == 1


def test_captions_and_the_names_of_babel_and_faker_are_words_of_a_language() -> None:
    own = material._words_of("GREEK", "el", 1)
    assert own == sorted(set(own))
    assert {"Επώνυμο", "Ελλάδα"} <= set(own)
    assert own == material._words_of("GREEK", "el", 1), "the same seed, the same words"


def test_lines_are_as_high_as_the_recogniser_wants_and_only_of_what_it_knows(drawing: Drawing) -> None:
    rng, loaded = random.Random(3), lines.load(drawing.words, drawing.fonts)
    drawn = [line for _ in range(60) if (line := lines.draw(rng, loaded, rng.choice(list(WORDS))))]
    assert len(drawn) > 30
    for line in drawn:
        assert line.mask.shape[0] == lines.HEIGHT
        assert line.mask.shape[1] in lines.WIDTHS
        assert line.mask.max() > 100, "there is ink"
        assert set(line.visual) <= set(CHARACTERS)
        assert sorted(line.visual) == sorted(line.text), "another order, the same characters"


def test_a_caption_and_its_value_are_in_two_styles(drawing: Drawing) -> None:
    loaded = lines.load(drawing.words, drawing.fonts)
    font = loaded.by_script["LATIN"][0]
    pieces = [lines._FontRun("Surname ÅSTRÖM", font, False, 38)]
    halves = [lines._in_two_styles(random.Random(seed), loaded, pieces, [font]) for seed in range(9)]
    assert all("".join(piece.text for piece in two) == "Surname ÅSTRÖM" for two in halves)
    assert all(len({piece.size for piece in two}) == 2 for two in halves)
    leftwards = [lines._FontRun("ירושלים שלום", font, True, 38)]
    assert lines._in_two_styles(random.Random(0), loaded, leftwards, [font]) == leftwards


def test_characters_right_are_counted_by_script(drawing: Drawing) -> None:
    found = measure(network_file("scripts"), drawing.words, drawing.fonts, count=4, hard=0.1)
    assert {"LATIN", "CYRILLIC", "HEBREW"} <= set(found) <= {*WORDS, "MRZ"}, "scripts that there are words for"
    assert found["LATIN"] > 0.7


def test_what_is_written_leftwards_is_read_backwards(drawing: Drawing) -> None:
    rng, loaded = random.Random(1), lines.load(drawing.words, drawing.fonts)
    seen = {line.text: line.visual for _ in range(200) if (line := lines.draw(rng, loaded, "HEBREW"))}
    words = {text: shown for text, shown in seen.items() if text in WORDS["HEBREW"]["he"]}
    assert words
    assert all(shown == text[::-1] for text, shown in words.items())


def test_every_look_at_a_line_is_on_other_paper_and_through_another_camera() -> None:
    torch.manual_seed(0)
    masks = torch.zeros(30, lines.HEIGHT, 96, dtype=torch.uint8)
    masks[:, 15:33, 20:70] = 255
    strips = papers(0, count=4)
    one, two = disturbed(masks, strips, 0.6), disturbed(masks, strips, 0.6)
    assert one.shape == (30, 3, lines.HEIGHT, 96)
    assert torch.isfinite(one).all()
    assert (one - two).abs().mean() > 0.05
    ink, paper = one[:, :, 18:30, 30:60].mean((1, 2, 3)), one[:, :, 18:30, :12].mean((1, 2, 3))
    assert ((ink - paper).abs() > 0.05).float().mean() > 0.8, "most lines can be told from their paper"


def test_some_lines_have_another_line_s_edge_above_or_below() -> None:
    torch.manual_seed(1)
    ink = torch.zeros(200, 1, lines.HEIGHT, 64)
    ink[:, :, 8:40, 10:50] = 1
    shown = disturb._with_neighbours(ink)
    assert torch.equal(shown[:, :, 8:40], ink[:, :, 8:40]), "the line itself stays as it was"
    above, below = ((shown[:, 0, rows] > 0).any(2).any(1) for rows in (slice(0, 8), slice(40, None)))
    assert 0.02 < above.float().mean() < 0.4
    assert 0.02 < below.float().mean() < 0.4
    assert not (above & below).any()


def test_latin_lines_are_often_plain_capitals(drawing: Drawing) -> None:
    loaded = lines.load(drawing.words, drawing.fonts)
    texts = [texts_of.wording(random.Random(seed), loaded.words, "LATIN", 0.3) for seed in range(300)]
    plain = sum(text == text.upper() and text.isascii() for text in texts)
    assert plain > 0.3 * len(texts)


@pytest.mark.slow
def test_processes_fill_the_pool_and_batches_are_of_one_width(drawing: Drawing) -> None:
    pool = LinePool(drawing, torch.device("cpu"))
    try:
        pool.wait(CHUNK)
        masks, labels, lengths, scripts = pool.batch(np.random.default_rng(0), 4_000)
        assert masks.shape[0] == max(1, 4_000 // masks.shape[2]) == len(labels) == len(lengths) == len(scripts)
        assert all(
            (row[:length] > 0).all() and not row[length:].any() for row, length in zip(labels, lengths, strict=True)
        )
        assert labels.max() <= len(CHARACTERS)
    finally:
        pool.close()
    deadline = time.monotonic() + 10
    while any(process.is_alive() for process in pool.processes) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(process.is_alive() for process in pool.processes)
