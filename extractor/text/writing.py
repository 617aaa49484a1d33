"""How the recogniser of all scripts writes a line: the characters it knows, in the order in which they stand.

A recogniser trained with CTC reads from left to right, so its characters are those of the *visual* order: words of
Arabic and Hebrew backwards (Unicode's bidirectional algorithm, UAX #9, as far as lines of documents need it), vowels
of Devanagari and Bengali that stand before their consonant before it. Hangul syllables are read by their two or
three letters, which takes 67 classes instead of 11,172. `visual` and `logical` lead there and back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_RANGES = (
    (0x21, 0x7E), (0xA1, 0xA1), (0xA3, 0xA3), (0xA7, 0xA7), (0xAA, 0xAB), (0xB0, 0xB0), (0xB7, 0xB7), (0xBA, 0xBB),
    (0xBF, 0x148), (0x14A, 0x17E), (0x386, 0x386), (0x388, 0x38A), (0x38C, 0x38C), (0x38E, 0x3CE), (0x400, 0x45F),
    (0x531, 0x556), (0x55A, 0x55F), (0x561, 0x587), (0x589, 0x58A), (0x5D0, 0x5EA), (0x5F3, 0x5F4), (0x621, 0x63A),
    (0x641, 0x64A), (0x660, 0x66C), (0x6F0, 0x6F9), (0x901, 0x903), (0x905, 0x90D), (0x90F, 0x911), (0x913, 0x928),
    (0x92A, 0x930), (0x932, 0x933), (0x935, 0x939), (0x93C, 0x945), (0x947, 0x949), (0x94B, 0x94D), (0x950, 0x950),
    (0x964, 0x970), (0x981, 0x983), (0x985, 0x98C), (0x98F, 0x990), (0x993, 0x9A8), (0x9AA, 0x9B0), (0x9B2, 0x9B2),
    (0x9B6, 0x9B9), (0x9BC, 0x9BC), (0x9BE, 0x9C3), (0x9C7, 0x9C8), (0x9CD, 0x9CE), (0x9D7, 0x9D7), (0x9E6, 0x9F3),
    (0xE01, 0xE3A), (0xE3F, 0xE5B), (0x10D0, 0x10F0), (0x1100, 0x1112), (0x1161, 0x1175), (0x11A8, 0x11C2),
    (0x1E80, 0x1E85), (0x1E9E, 0x1E9E), (0x1EA0, 0x1EF9), (0x2116, 0x2116), (0x20AC, 0x20AC),
)  # fmt: skip
_SINGLE = (
    # Latin of Africa, Azerbaijan, Romania, Vietnam, the Sámi languages, Livonian and the usual transliterations.
    "ƁɓƆɔƊɗƎǝƏəƐɛƑƒƓɠƔɣƖɩƘƙƝɲƠơƤƥƬƭƯưƱʊƲʋƳƴƷʒǍǎǏǐǑǒǓǔǤǥǦǧǨǩǪǫǮǯǴǵǸǹȘșȚțȞȟȪȫȬȭȰȱȲȳ"
    "ḌḍḎḏḐḑḤḥḪḫḰḱḶḷḾḿṀṁṄṅṆṇṚṛṠṡṢṣṬṭṮṯẌẍẎẏẐẑẒẓẔẕẖẗ"
    # Cyrillic beyond Russian's neighbours.
    "ҐґҒғҔҕҖҗҘҙҚқҜҝҠҡҢңҤҥҪҫҮүҰұҲҳҶҷҸҹҺһӀӁӂӐӑӒӓӔӕӖӗӘәӢӣӤӥӦӧӨөӮӯӰӱӲӳӴӵӸӹ"
    # Arabic letters of Persian, Urdu, Pashto, Kurdish and Uyghur, and Arabic punctuation.
    "،؛؟ٹپچڈڑژڤکگڭںھہۃیےۓ۔ټځڅډړږښڼۍېڕڵۆێەۇۈۋۀۂٱ"
    "–—‘’‚“”„•…†‰′″‹›₽₸₴₺₾₿←→■□●○★✓"
)
#: Letters before which CTC's classes are written, in the order of their consonants.
_BEFORE = "ि\u09bf\u09c7\u09c8"
_CONSONANT = "[क-ह\u0995-\u09b9ৎৰৱ][़\u09bc]?"
_CLUSTER = rf"(?:{_CONSONANT}[्\u09cd])*{_CONSONANT}"
_STORED, _STANDS = re.compile(rf"({_CLUSTER})([{_BEFORE}])"), re.compile(rf"([{_BEFORE}])({_CLUSTER})")
#: Composed characters that are read by their parts: Hangul's syllables, and Bengali's vowels on both sides.
_BY_PARTS = re.compile("[가-힣\u09cb\u09cc]")
#: What `logical` puts together again: letters of a syllable, and any other character by itself.
_TOGETHER = re.compile("[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|\u09c7[\u09be\u09d7]|.", re.DOTALL)
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")
_SEPARATORS = frozenset(".,:/-–٫٬")


def _characters() -> Iterator[str]:
    for first, last in _RANGES:
        yield from (chr(code) for code in range(first, last + 1))
    yield from _SINGLE


#: The classes after CTC's blank, the space last.
CHARACTERS: tuple[str, ...] = (*sorted(set(_characters())), " ")


def visual(text: str, *, right_to_left: bool | None = None) -> str:
    """`text` (logical order) as its characters stand from left to right. `right_to_left`: the direction of the line
    as a whole; None leaves it to the first letter, as UAX #9 does."""
    text = _BY_PARTS.sub(lambda found: unicodedata.normalize("NFD", found[0]), unicodedata.normalize("NFC", text))
    text = _STORED.sub(r"\2\1", text)
    if right_to_left is None:
        right_to_left = next((_kind(c) == "R" for c in text if _kind(c) in "LR"), False)
    return "".join(character for character, _ in _turned(text, right_to_left))


def logical_parts(text: str) -> list[tuple[str, list[int]]]:
    """What stands from left to right as `text`, in the order in which it is spoken and stored: each character with the
    places in `text` that it comes from."""
    kinds = [_kind(c) for c in text]
    turned = _turned(text, kinds.count("R") > kinds.count("L"))
    for found in _STANDS.finditer("".join(c for c, _ in turned)):
        start, end = found.span()
        turned[start:end] = [*turned[start + 1 : end], turned[start]]
    parts = []
    for found in _TOGETHER.finditer("".join(c for c, _ in turned)):
        start, end = found.span()
        composed = unicodedata.normalize("NFC", found[0])
        places = [place for _, place in turned[start:end]]
        parts.append((composed, places))
    return parts


def _kind(character: str) -> str:
    """R for letters that run to the left, L for others, N for digits, and - for what takes its surroundings' side."""
    kind = unicodedata.bidirectional(character)
    if kind in ("R", "AL"):
        return "R"
    return "N" if kind in ("EN", "AN") else "L" if kind in ("L", "NSM") else "-"


def runs(text: str, right_to_left: bool) -> list[tuple[str, bool]]:
    """`text` (logical order) in stretches of one direction, from left to right: each in logical order, and whether it
    runs to the left."""
    kinds = [_kind(c) for c in text]
    if "R" not in kinds:
        return [(text, False)]
    levels = _levels(text, kinds, right_to_left)
    found: list[tuple[list[int], bool]] = []
    for place in _order(levels):
        odd = bool(levels[place] % 2)
        near = found and found[-1][1] == odd and place - found[-1][0][-1] == (-1 if odd else 1)
        if near:
            found[-1][0].append(place)
        else:
            found.append(([place], odd))
    return [("".join(text[place] for place in (places[::-1] if odd else places)), odd) for places, odd in found]


def _turned(text: str, right_to_left: bool) -> list[tuple[str, int]]:
    """From logical to visual order, or back (the runs are the same, and each is turned round): characters, and the
    places they come from."""
    kinds = [_kind(c) for c in text]
    if "R" not in kinds:
        return [(character, place) for place, character in enumerate(text)]
    levels = _levels(text, kinds, right_to_left)
    characters = [c.translate(_MIRRORED) if level % 2 else c for c, level in zip(text, levels, strict=True)]
    return [(characters[place], place) for place in _order(levels)]


def _order(levels: list[int]) -> list[int]:
    """The places of a line's characters from left to right (UAX #9, rule L2)."""
    order = list(range(len(levels)))
    for least in (2, 1):
        order = _reversed_runs(order, levels, least)
    return order


def _reversed_runs(order: list[int], levels: list[int], least: int) -> list[int]:
    done: list[int] = []
    run: list[int] = []
    for place in order:
        if levels[place] >= least:
            run.append(place)
        else:
            done += [*reversed(run), place]
            run = []
    return done + run[::-1]


def _levels(text: str, kinds: list[str], right_to_left: bool) -> list[int]:
    """UAX #9's levels: odd ones run to the left."""
    kinds = list(kinds)
    for place in range(1, len(text) - 1):
        if text[place] in _SEPARATORS and kinds[place - 1] == kinds[place + 1] == "N":
            kinds[place] = "N"
    base = "R" if right_to_left else "L"
    sides = [side if side in "LR" else "" for side in kinds]
    # A number counts for its surroundings: to the left's in Arabic, to the right's in Latin text.
    for place, kind in enumerate(kinds):
        if kind == "N":
            near = {_strong(kinds, place, step) or base for step in (-1, 1)}
            sides[place] = "N" + ("R" if near == {"R"} or right_to_left else "L")
    for place, kind in enumerate(kinds):
        if kind == "-":
            near = {_strong(kinds, place, step) or base for step in (-1, 1)}
            sides[place] = near.pop() if len(near) == 1 else base
    own = {"L": 2, "R": 1, "NL": 2, "NR": 2} if right_to_left else {"L": 0, "R": 1, "NL": 0, "NR": 2}
    return [own[side] for side in sides]


def _strong(kinds: list[str], place: int, step: int) -> str:
    """The side of the nearest letter from `place` on; empty where there is none."""
    place += step
    while 0 <= place < len(kinds):
        if kinds[place] in "LR":
            return kinds[place]
        place += step
    return ""
