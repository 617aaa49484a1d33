"""Pages full of lines in every script, with each character's place: training pages for a vision tower.

They say nothing and have no label. Fonts and backgrounds are the pool's; characters are whole alphabets, so that the
rare ones of names and addresses are seen as often as the common ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from extractor.synthesis.backgrounds import background
from extractor.synthesis.canvas import Canvas, Lettering, TextRun
from extractor.synthesis.estranged import rare_ideographs
from extractor.synthesis.fonts import FontFace, choose_face, single_font
from extractor.synthesis.pack import double_byte
from extractor.synthesis.pools import Pool, seeded

_LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MARKED = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŁŚŠŽŹŻČĆŃĄĘŐŰĞİŞŒ"
_CYRILLIC = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
_ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهويءأإؤئةى"
#: The first level of GB 2312, and what names and places need of the second.
_HAN = (*double_byte("gb2312", range(0xB0, 0xD8)), *rare_ideographs())
_KANJI = tuple(double_byte("euc-jp", range(0xB0, 0xD0)))
_HANGUL = tuple(double_byte("euc-kr", range(0xB0, 0xC9)))
_KANA = tuple(chr(code) for code in (*range(0x3042, 0x3094), *range(0x30A2, 0x30F5)))


@dataclass(frozen=True)
class TextPage:
    """(h, w, 3) uint8 RGB, and where each of `characters` stands: (n, 2) float32, pixels."""

    image: np.ndarray
    characters: tuple[str, ...]
    centres: np.ndarray


def _of(rng: random.Random, alphabet: Sequence[str], length: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(length))


def _words(rng: random.Random, alphabet: Sequence[str], length: int) -> str:
    words: list[str] = []
    while sum(map(len, words)) < length:
        words.append(_of(rng, alphabet, rng.randint(2, 9)))
    return " ".join(words)


#: Few sizes, so that glyphs are found in the cache although every character is as likely as any other.
_SIZES = (11.0, 13.0, 15.0, 18.0, 21.0, 25.0)
#: What a line is made of, by language (the one whose fonts it needs).
_LINES: Mapping[str, tuple[Callable[[random.Random, int], str], ...]] = {
    "en": (
        lambda rng, n: _words(rng, _LATIN, n),
        lambda rng, n: _words(rng, _LATIN + _MARKED, n),
        lambda rng, n: _words(rng, _LATIN + _MARKED, n).title(),
        lambda rng, n: _of(rng, "0123456789" * 3 + " .-/:", n),
        lambda rng, n: _of(rng, _LATIN + "0123456789", n),
    ),
    "zh": (lambda rng, n: _of(rng, _HAN, n), lambda rng, n: _of(rng, _HAN, n // 2) + _of(rng, "0123456789", 4)),
    "ja": (lambda rng, n: _of(rng, _KANJI, n), lambda rng, n: _of(rng, _KANJI + _KANA * 20, n)),
    "ko": (lambda rng, n: _words(rng, _HANGUL, n),),
    "ru": (lambda rng, n: _words(rng, _CYRILLIC, n), lambda rng, n: _words(rng, _CYRILLIC, n).title()),
    "ar": (lambda rng, n: _words(rng, _ARABIC, n), lambda rng, n: _of(rng, "٠١٢٣٤٥٦٧٨٩", n)),
}


def draw_text(
    pool: Pool, seed: int, *, size: tuple[int, int] = (672, 672), languages: Sequence[str] = ("en", "zh")
) -> TextPage:
    """A page of `size` (width, height) pixels full of lines in the scripts of `languages` (keys of en zh ja ko ru ar),
    some of them set as machine-readable zones are. Raises FontsMissingError."""
    rng = seeded(pool, "text", seed)
    width, height = size
    canvas = Canvas(background(rng, pool, width, height), 1.0)
    y = 0.0
    while y < height:
        pixels = rng.choice(_SIZES)
        y += pixels * rng.uniform(1.05, 1.6)
        level = rng.randint(0, 110)
        ink = (level, min(150, level + rng.randint(0, 30)), min(160, level + rng.randint(0, 40)))
        x = rng.uniform(-8, 30)
        while x < width - pixels:
            x += _line(canvas, rng, pool, languages, (x, y, pixels), ink) + rng.uniform(8, 60)
    centres = np.asarray(canvas.centres, np.float32).reshape(-1, 2)
    seen = ((centres >= 0) & (centres < (width, height))).all(1)
    return TextPage(canvas.image, tuple(np.array(canvas.characters)[seen].tolist()), centres[seen])


def _line(
    canvas: Canvas,
    rng: random.Random,
    pool: Pool,
    languages: Sequence[str],
    place: tuple[float, float, float],
    ink: tuple[int, int, int],
) -> float:
    """A stretch of text at (x, baseline) in a size; returns its width, pixels."""
    x, y, pixels = place
    if rng.random() < 0.12:
        font = single_font(rng, pool, "mrz")
        text = _of(rng, _LATIN + "0123456789" + "<" * 12, rng.randint(6, 30))
        pitch = pixels * rng.uniform(0.6, 0.72)
        canvas.pitched(x, y, TextRun(text), Lettering(FontFace(font, font), pixels, ink), pitch)
        return pitch * len(text)
    language = rng.choice(languages)
    roles = rng.choice((("sans",), ("serif",), ("bold",), ("mono",)))
    lettering = Lettering(choose_face(rng, pool, roles, language), pixels, ink)
    text = rng.choice(_LINES[language])(rng, rng.randint(4, 26))
    return canvas.line(x, y, [TextRun(text)], lettering, tracking=rng.choice((0, 0, 0, 0.1 * pixels)))
