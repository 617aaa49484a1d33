"""Documents that no state ever issued, described as the catalogue's entries are.

What a reader has to learn is that a value stands with its caption, wherever that is, and what values look like where
there is none. So designs are wilder than any document: captions missing, in one to four languages, above, below,
beside, numbered or run together with their values, several values in a line, side panels, remarks, stray words.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from extractor.schemas.captions import CAPTIONS, TITLES
from extractor.synthesis.world import language_of_state, world_languages, world_word

_FIELDS: Mapping[str, list[str]] = {
    "passport": (
        "document_type issuing_country document_number surname given_names nationality birth_date sex place_of_birth"
        " issue_date expiry_date authority"
    ).split(),
    "id_card": "surname given_names birth_date sex nationality document_number expiry_date".split(),
    "chinese_id_card": "name sex ethnicity birth_date address document_number".split(),
    "driving_licence": (
        "surname given_names birth_date place_of_birth issue_date expiry_date authority document_number address"
        " vehicle_classes"
    ).split(),
    "residence_permit": "surname given_names sex nationality birth_date category expiry_date document_number".split(),
    "visa": (
        "document_number visa_class entries duration_of_stay valid_from expiry_date surname given_names birth_date sex"
        " nationality passport_number"
    ).split(),
}
#: Fields that a document of any kind may have besides.
_MORE = (
    "personal_number place_of_birth authority address issue_date endorsements height weight eye_colour hair_colour"
    " blood_group marital_status profession religion maiden_name alias father_name mother_name spouse_name"
    " place_of_issue valid_from restrictions card_access_number name ethnicity"
).split()
_SHARES = {"passport": 0.27, "id_card": 0.3, "driving_licence": 0.2, "residence_permit": 0.12, "visa": 0.08}
_NUMBERED = {  # Directive 2006/126/EC, annex I; AAMVA card design standard
    "surname": "1", "given_names": "2", "birth_date": "3", "issue_date": "4a", "expiry_date": "4b", "authority": "4c",
    "personal_number": "4d", "document_number": "5", "address": "8", "vehicle_classes": "9", "restrictions": "12",
}  # fmt: skip
_STRAY = (
    "SPECIMEN|MUSTER|SAMPLE|VOID|Signature|Firma|Unterschrift|Signature of bearer|Holder's signature|Подпись|见本|CAN"
    "|DONOR|VETERAN|UNDER 21|ORGAN DONOR|www.example.com|USA|IDENTITY|NATIONAL|GOVERNMENT OF|REPUBLIC|THIS CARD IS NOT"
    " VALID AS A TRAVEL DOCUMENT|If found please return to the nearest police station|Property of the issuing authority"
    "|Thumb impression|Huella|Left thumb|DD 12345678901234567890|Rev 01/2016|Class: See back|1234|000|ICAO"
).split("|")
_NATIVE = frozenset(
    "ar fa ur he hi bn ta te ne si th my km lo ko ja zh zh-Hant mn kk ky tg ka hy ru uk be bg sr mk el".split()
)


def make_design(rng: random.Random, states: Sequence[str]) -> dict[str, Any]:
    """A document's description, made up."""
    kind = rng.choices(tuple(_SHARES), tuple(_SHARES.values()))[0]
    state = rng.choice(states)
    language = rng.choice(language_of_state(state) or ["en"])
    tags = caption_languages(rng, language)
    names = rng.choice(("native", "both", "both", "latin")) if language in _NATIVE else "latin"
    fields = _chosen(rng, kind, names)
    numbered = kind == "driving_licence" and rng.random() < 0.5
    style = rng.choice(("above",) * 8 + ("left",) * 5 + ("below", "over", "right"))
    upright = kind == "passport" or rng.random() < 0.1
    columns = rng.choice((1, 1, 2, 2, 3)) if style in ("above", "below") else rng.choice((1, 1, 1, 2))
    left = rng.choice((0.04, 0.3, 0.36, 0.4))
    none = rng.choice((0.0, 0.0, 0.1, 0.3, 0.9))
    cells = [_cell(rng, name, tags, style, numbered=numbered, bare=rng.random() < none, names=names) for name in fields]
    cells += [_unknown(rng, tags, style) for _ in range(rng.choice((0, 0, 1, 2)))]
    rng.shuffle(cells) if rng.random() < 0.25 else None
    rows = in_rows(rng, cells, left, columns)
    heading = [_heading(rng, kind, state, language, tags)] if rng.random() < 0.85 else []
    for _ in range(rng.choice((0, 0, 1, 2, 4))):
        rows.insert(rng.randrange(len(rows) + 1), [_stray(rng)])
    size = "TD3" if upright else rng.choice(("ID1", "ID1", "ID1", "ID2", [120, 80], [90, 125]))
    sides: list[dict[str, Any]] = [{"size": size, "rows": heading + rows}]
    zone = {"passport": "TD3", "visa": rng.choice(("MRVA", "MRVB")), "residence_permit": "TD1"}.get(kind)
    zone = zone or (rng.choice(("TD1", "TD1", "TD2", None, None)) if kind == "id_card" else None)
    if zone and rng.random() < 0.75:
        if kind == "id_card" and len(rows) > 5 and rng.random() < 0.6:
            cut = rng.randrange(3, len(rows))
            sides = [{"size": size, "rows": heading + rows[:cut]}, {"size": size, "rows": rows[cut:], "mrz": True}]
        else:
            sides[0]["mrz"] = True
    else:
        zone = None
    sexes = rng.choice(("M|F", "M|F", "M/M|F/F", "MALE|FEMALE", "M/H|F/F", "H|M", "HOMME|FEMME", "Ж|М", "男|女", "K|M"))
    entry = {"id": "design", "state": state, "kind": kind, "language": language, "names": names, "sex": sexes}
    return {**entry, "mrz": zone, "upper": rng.random() < 0.75, "sides": sides}


def caption_languages(rng: random.Random, language: str) -> list[str]:
    """Languages of a document's captions: its own and others."""
    own = {"zh": "zh-Hans"}.get(language, language)
    more = [tag for tag in ("en", "en", "fr", "es", "de", "ru", rng.choice(sorted(CAPTIONS["surname"]))) if tag != own]
    count = rng.choice((1, 1, 2, 2, 2, 3, 4))
    tags = [own, *rng.sample(more, len(more))] if rng.random() < 0.85 else rng.sample(more, len(more))
    return list(dict.fromkeys(tags))[:count]


def _chosen(rng: random.Random, kind: str, names: str) -> list[str]:
    own = [name for name in _FIELDS[kind] if rng.random() < 0.9]
    more = [name for name in _MORE if name not in own]
    own += rng.sample(more, rng.choice((0, 1, 2, 3, 5)))
    if rng.random() < 0.2 and "surname" in own:
        own = [name for name in own if name not in ("surname", "given_names")]
        own.insert(0, "name")
    elif names == "both":
        own.insert(rng.choice((0, 0, 2)), "name")
    if rng.random() < 0.4:
        moved = own.pop(rng.randrange(len(own)))
        own.insert(rng.randrange(len(own) + 1), moved)
    return list(dict.fromkeys(own))


def _phrases(rng: random.Random, name: str, tags: Sequence[str]) -> list[str]:
    found = []
    for tag in tags:
        known = CAPTIONS.get(name, {}).get(tag)
        if known:
            phrase = rng.choice(known)
            found.append(phrase[0].upper() + phrase[1:] if rng.random() < 0.8 else phrase.upper())
    return found


def caption_of(rng: random.Random, name: str, tags: Sequence[str], *, numbered: bool = False) -> str:
    """A caption of a field in some languages, as documents join them; empty where none has a word for it."""
    phrases = _phrases(rng, name, tags)
    joint = rng.choice(("/", " / ", "/ ", " ", "\n", " - "))
    text = joint.join(phrases)
    if rng.random() < 0.2:
        text += rng.choice((":", ".", " :"))
    if numbered and name in _NUMBERED:
        number = _NUMBERED[name] + rng.choice((".", "", ")"))
        return number if rng.random() < 0.7 or not text else f"{number} {text}"
    if rng.random() < 0.06:
        text = f"{text} ({rng.randint(1, 14)})" if rng.random() < 0.5 else f"{rng.randint(1, 14)}. {text}"
    return text


def _cell(
    rng: random.Random, name: str, tags: Sequence[str], style: str, *, numbered: bool, bare: bool, names: str
) -> dict[str, Any]:
    value = f"{{{name}}}"
    if name == "birth_date" and rng.random() < 0.06:
        value = "{birth_date} {place_of_birth}"
    elif name == "issue_date" and rng.random() < 0.05:
        value = rng.choice(("{issue_date} - {expiry_date}", "{issue_date} {authority}"))
    elif name == "surname" and names == "both" and rng.random() < 0.4:
        value = rng.choice(("{surname_native}/{surname}", "{surname_native}\n{surname}", "{surname_native} {surname}"))
    elif name == "given_names" and names == "both" and rng.random() < 0.4:
        value = rng.choice(("{given_names_native}/{given_names}", "{given_names_native}\n{given_names}"))
    elif name == "surname" and rng.random() < 0.04:
        value = "{surname}, {given_names}"
    caption = "" if bare and not numbered else caption_of(rng, name, tags, numbered=numbered)
    at = "left" if numbered and style != "over" else style
    lines = 3 if name in ("address", "authority", "endorsements", "given_names", "place_of_birth", "category") else 1
    return {"c": caption, "v": value, "at": at, "lines": lines, "f": name}


def _unknown(rng: random.Random, tags: Sequence[str], style: str) -> dict[str, Any]:
    """A field that the vocabulary does not know: a caption of words that mean nothing to it."""
    words = [world_word(rng, tag if tag in _languages() else "en", "profession") for tag in tags[:2]]
    value = rng.choice(("{?digits:999999}", "{?digits:AA-9999}", "{?words:YES|NO|NONE|A|B1|STANDARD|LIMITED}"))
    return {"c": rng.choice(("/", " ")).join(words), "v": value, "at": style, "f": "other"}


@cache
def _languages() -> frozenset[str]:
    return frozenset(world_languages())


def in_rows(
    rng: random.Random, cells: Sequence[Mapping[str, Any]], left: float, columns: int
) -> list[list[dict[str, Any]]]:
    rows: list[list[dict[str, Any]]] = []
    waiting = list(cells)
    while waiting:
        count = min(len(waiting), rng.randint(1, columns))
        span = (0.96 - left) / count
        rows.append(
            [
                {
                    **waiting.pop(0),
                    "x": left + index * span * rng.uniform(0.92, 1.0),
                    "s": rng.choice((1, 1, 1, 1.3, 0.8)),
                }
                for index in range(count)
            ]
        )
    return rows


def _heading(rng: random.Random, kind: str, state: str, language: str, tags: Sequence[str]) -> list[dict[str, Any]]:
    from extractor.training.visual.forms import state_name

    title = rng.choice(TITLES.get(kind) or ("IDENTITY CARD",))
    title = title.upper() if rng.random() < 0.7 else title.title()
    name = state_name(rng, state, rng.choice((language, *tags)))
    name = rng.choice(("{}", "{}", "REPUBLIC OF {}", "{} REPUBLIC", "KINGDOM OF {}")).format(name)
    name = name.upper() if rng.random() < 0.8 else name
    cells = [{"t": name, "f": "issuing_country", "x": rng.choice((0.04, 0.3)), "s": 1.2}]
    if rng.random() < 0.85:
        cells.append({"t": title, "f": "title", "x": rng.choice((0.5, 0.6)), "s": rng.choice((1.0, 1.3))})
    return cells if rng.random() < 0.7 else cells[-1:]


def _stray(rng: random.Random) -> dict[str, Any]:
    return {"t": rng.choice(_STRAY), "x": rng.uniform(0.03, 0.8), "s": rng.uniform(0.6, 1.3)}
