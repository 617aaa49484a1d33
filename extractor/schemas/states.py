"""States and nationalities as ICAO Doc 9303-3, section 5 codes them, and how documents print them.

Codes are ISO 3166-1 alpha-3 with ICAO's extras: `D` for Germany, the British nationalities, organisations, refugees
and stateless persons, and `UTO`, the state of specimens. States that are gone keep their own codes (`Yugoslavia` is not
Serbia). Printed forms (`Française`, `ČESKÁ REPUBLIKA`, `加拿大/CAN`) are found by the names in CLDR (see `cldr`),
and by the word stems in `states.json`; nationalities also by the adjectives in `demonyms.json`.
"""

from __future__ import annotations

import re
from functools import cache

from extractor.schemas.data import load_table
from extractor.schemas.text import fold

#: Doc 9303-3, section 5, parts B to E: codes that ISO 3166 does not have, and those of ISO 3166-3 of states that are
#: gone. Kosovo's documents say RKS, those of EU states about it XKX.
ICAO_EXTRAS: frozenset[str] = frozenset(
    "D EUE GBD GBN GBO GBP GBS RKS XKX UNO UNA UNK XAA XBA XCC XCE XCO XDC XEC XES XIM XMP XOM XPO XXA XXB XXC XXX UTO"
    " ANT BUR CSK DDR NTZ ROM SCG SUN TMP YUG ZAR IAO".split()
)
#: Two codes of one state.
_ALIASES = {"DEU": "D", "XKX": "RKS", "ROM": "ROU"}

#: Stems that two states call themselves by: on the documents of either it is that state.
_SHARED = {
    "congol": ("COG", "COD"),
    "dominican": ("DOM", "DMA"),
    **dict.fromkeys(("korea", "koree", "coree", "coreen", "коре"), ("KOR", "PRK")),
}


def canonical(code: str) -> str:
    """Of two codes of one state the one that its own documents print."""
    return _ALIASES.get(code, code)


@cache
def state_codes() -> frozenset[str]:
    """Every three-letter code (and `D`) that may stand in a nationality or issuing state."""
    from iso3166 import countries

    return frozenset(country.alpha3 for country in countries) | ICAO_EXTRAS


@cache
def _stems() -> tuple[tuple[str, str], ...]:
    """(stem, code) pairs, longest stem first, so that `northern` names win over the parts they contain."""
    table: dict[str, list[str]] = load_table("states")
    # Stems are compared with folded text, and folding takes the voicing marks of kana (ブ) away.
    pairs = [(stem if stem.isascii() else fold(stem), code) for code, stems in table.items() for stem in stems]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


@cache
def _stems_by_start() -> dict[str, list[int]]:
    """Indices into `_stems()` by the first two characters; no stem is shorter."""
    starts: dict[str, list[int]] = {}
    for rank, (stem, _) in enumerate(_stems()):
        starts.setdefault(stem.removeprefix("=")[:2], []).append(rank)
    return starts


@cache
def _names() -> dict[str, str]:
    """Folded names of ISO 3166 and CLDR -> code: also of territories whose names hold the stem of another state."""
    from iso3166 import countries

    names: dict[str, str] = dict(load_table("cldr")["states"])
    for country in countries:
        for text in (country.name, country.apolitical_name):
            names[fold(text)] = canonical(country.alpha3)
    return names


def state_code(text: str, issuer: str | None = None) -> str | None:
    """The code of the state or nationality that `text` prints on a document of `issuer` (alpha-3), or None.

    A text that is a code, or the English name of a state, is that state (`Cayman Islands` is not Iceland, for all that
    Iceland is `Ísland`); then the longest stem that begins a word decides, then a code among the words.
    """
    codes = state_codes()
    stripped = text.strip().strip("<").upper()
    if stripped in codes:
        return canonical(stripped)
    folded = fold(text)
    if folded in _names():
        return _names()[folded]
    padded = f" {folded} "
    # Nine hundred stems are looked for on every line of a page: only those that begin like something in the text are.
    starts = {padded[k : k + 2] for k in range(1, len(padded) - 1)}
    likely = sorted(rank for start in starts for rank in _stems_by_start().get(start, ()))
    for stem, code in (_stems()[rank] for rank in likely):
        if stem.startswith("="):
            if f" {stem[1:]} " in padded:
                return code
        elif f" {stem}" in padded or (not stem.isascii() and stem in folded):
            return issuer if issuer in _SHARED.get(stem, ()) else code
    tokens = re.findall(r"(?<![^\W\d_])[A-Z]{3}(?![^\W\d_])", text)
    return next((token for token in tokens if token in codes), None)


def is_state_name(text: str) -> bool:
    """Whether a text is the name of a state and nothing else: `Georgia` is, though a state of the USA is called so."""
    return fold(text) in _names()


@cache
def _provinces() -> dict[str, str]:
    """How a heading begins -> code: names of states' parts, some only beside a word of office (`Estado de Hidalgo`;
    `Hidalgo` is a surname)."""
    table = load_table("provinces")
    found = {fold(name): code for code, names in table["names"].items() for name in names}
    for known in ("names", "names_beside_an_office"):
        for code, name in ((code, fold(name)) for code, names in table[known].items() for name in names):
            found |= {f"{before} {name}": code for before in table["before"]}
            found |= {f"{name} {after}": code for after in table["after"]}
    return found


def province_code(text: str) -> str | None:
    """The code of the state of which a text is, or begins with, the name of a part that issues documents in its own
    name (`Texas`, `Government of Kerala`), and that they need not name; else None."""
    words = fold(text).split()
    begins = (" ".join(words[:count]) for count in range(len(words), 0, -1))
    return next((_provinces()[name] for name in begins if name in _provinces()), None)


def is_province(text: str) -> bool:
    """Whether a text is such a name and nothing else."""
    return fold(text) in _provinces()


#: Signs of states that are not ISO 3166 codes: the distinguishing signs of road vehicles, which licences print
#: (Directive 2006/126/EC, annex I, 3), and the abbreviations on Czech and Lithuanian residence permits.
_SIGNS = {
    "A": "AUT", "B": "BEL", "D": "D", "E": "ESP", "F": "FRA", "FL": "LIE", "H": "HUN", "I": "ITA", "L": "LUX",
    "M": "MLT", "N": "NOR", "P": "PRT", "S": "SWE", "SLO": "SVN", "UK": "GBR", "ČR": "CZE", "LR": "LTU",
}  # fmt: skip


def sign_code(text: str) -> str | None:
    """The code of the state whose two letters (ISO 3166-1) or sign `text` is; None if it is anything else."""
    from iso3166 import countries_by_alpha2

    sign = text.strip()
    if sign in _SIGNS:
        return _SIGNS[sign]
    country = countries_by_alpha2.get(sign)
    return canonical(country.alpha3) if country else None


@cache
def _demonyms() -> dict[str, str]:
    """Folded adjective of a state's people -> code."""
    return {word: code for code, words in load_table("demonyms").items() for word in words}


def nationality_code(text: str, issuer: str | None = None) -> str | None:
    """`state_code` of a text that says a nationality: adjectives count as well (`venezolana`, `polacca`), which are
    surnames and other words elsewhere."""
    folded = fold(text)
    if folded in _demonyms():
        return _demonyms()[folded]
    named = (_demonyms()[word] for word in folded.split() if word in _demonyms())
    return state_code(text, issuer) or next(named, None)


def same_state(a: str | None, b: str | None) -> bool:
    """Whether two codes or printed names mean one state; `D` and `DEU` do."""
    if a is None or b is None:
        return a == b
    return not _meant(a).isdisjoint(_meant(b))


def _meant(text: str) -> set[str]:
    """The states that a text may mean, as a state's name and as a nationality; the text itself where there is none."""
    return {code for code in (state_code(text), nationality_code(text)) if code} or {text.upper()}
