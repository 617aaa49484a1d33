"""Designs no state ever had: documents and layouts made up at random, from the training pool's.

The pool's own templates are few, and a model learns their places by heart; what it has to learn is that a value stands
with its caption, wherever that is. So most training pages are drawn on a layout that is made up for them (where the
portrait is, how fields share rows, how captions stand), and in wording that is mixed anew: any state, languages of
captions and which of their words, forms of dates, patterns of numbers, names coined, places and offices made of words
that mean nothing (`nano.wording`). Fields that a kind of document has are left out of a page, or blank on it, far
more often than on real ones, so that what is not there is learned to be null.

Only documents, layouts and captions that the training pool may use are mixed; nothing of the evaluation pool is read.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from extractor.schemas.captions import CAPTIONS
from extractor.synthesis.addresses import invent_address
from extractor.synthesis.pools import Pool
from extractor.synthesis.templates import Template, TemplateDocument, documents, templates
from extractor.training.nano.layouts import random_layout
from extractor.training.nano.states import english_names, heading, signs, some_state
from extractor.training.nano.wording import WORDERS, elsewhere

POOL: Pool = "training"
#: Languages whose documents the small model is trained on: its alphabet has no Hangul and no Arabic.
LANGUAGES = ("en", "fr", "de", "es", "it", "pt", "pl", "ru", "zh")
_LATIN = ("en", "fr", "de", "es", "it", "pt", "pl")
_CAPTION_LANGUAGES = (*_LATIN, "nl")
#: Shares of the kinds of documents among training pages, by group of templates.
SHARES: Mapping[str, float] = {
    "passport": 0.25, "td1": 0.135, "td2": 0.03, "card": 0.115, "chinese_id_front": 0.105, "chinese_id_back": 0.03,
    "chinese_id_both": 0.13, "licence_eu": 0.06, "licence_words": 0.03, "permit": 0.06, "visa_a": 0.03, "visa_b": 0.025,
}  # fmt: skip
#: Share of pages on a template of the pool as it is, but for its names and wording.
_AS_IT_IS = 0.15
#: Share of documents in Latin letters that are given another state and language than their own.
_ANY_STATE = 0.55
#: Chance that a field stands with another of its captions than the document's, and that a free field is worded anew.
_OTHER_CAPTION, _WORDED = 0.3, 0.65
_DATES = (
    "{dd} {mm} {yyyy}", "{dd}.{mm}.{yyyy}", "{dd}/{mm}/{yyyy}", "{dd}-{mm}-{yyyy}", "{dd} {en} {yyyy}",
    "{dd} {En} {yyyy}", "{dd} {en}/{fr} {yyyy}", "{dd} {en}/{fr} {yy}", "{dd} {own} {yyyy}", "{dd} {own}/{en} {yyyy}",
    "{dd} {own}/{en} {yy}", "{yyyy}-{mm}-{dd}", "{dd} {mm} {yy}",
)  # fmt: skip
_NUMBERS = "9" * 6 + "AXHC"
#: Share of numbers that are printed in groups, and what stands between those.
_GROUPED, _BETWEEN = 0.25, " --./"
_SEXES = ("M|F", "M|F", "M|F", "M/M|F/F", "MALE|FEMALE", "M/H|F/F")
_CODES = {"passport": "P P P P PP PO PM PN PD PS", "td1": "ID ID I I AC C IR IP CR", "td2": "ID I AC C"}


def design(rng: random.Random) -> Template:
    """A template to draw one training page on."""
    group = rng.choices(tuple(SHARES), tuple(SHARES.values()))[0]
    usual = rng.choice(_usual(group))
    if rng.random() < _AS_IT_IS:
        return Template(_strangers(rng, usual.document), usual.layout)
    document = usual.document
    if document.language not in _LATIN:
        document = _other_names(rng, _without_some(rng, document))
    else:
        if rng.random() < _ANY_STATE:
            document = random_document(rng, document)
        document = _captioned(rng, _worded(rng, document))
    # The layout after the document: it has room for what the document prints.
    return Template(_strangers(rng, document), random_layout(rng, usual.layout, document))


@cache
def _usual(group: str) -> tuple[Template, ...]:
    return tuple(t for t in templates(POOL) if t.layout.group == group and t.language in LANGUAGES)


def _strangers(rng: random.Random, document: TemplateDocument) -> TemplateDocument:
    """The document with names and wording that mean nothing, more or less of them, and with more or less left blank."""
    strange = (0.0, 0.2, 0.6) if document.language == "zh" else (0.0, 0.05, 0.3)
    ways = {
        "coined": rng.choice((0.05, 0.2, 0.5)),
        "strange": rng.choice(strange),
        "marks": rng.choice((0.0, 0.0, 0.05, 0.2)),
        "blank": rng.choice((0.8, 1.0, 1.6)),
    }
    return replace(document, options={**document.options, **ways})


def _worded(rng: random.Random, document: TemplateDocument) -> TemplateDocument:
    """The document with free fields that say what no word list holds."""
    made: dict[str, Any] = {}
    for name, words in WORDERS.items():
        # A document's own office or remark stays now and then, so that such ones are still read.
        own = name != "place" and document.option(name) is not None
        if rng.random() < (_WORDED / 2 if own else _WORDED):
            made[name] = words(rng, document.language)
    if "authority" in made:
        made["authority"] = [made["authority"]]
    if "place" in made:
        made["place"] = document.option("place", "{place}").replace("{place}", made["place"])
    if rng.random() < _WORDED:
        known = invent_address(rng, POOL, document.language, document.state)
        made["address"] = elsewhere(rng, document.language, known)
    return replace(document, options={**document.options, **made})


def _captioned(rng: random.Random, document: TemplateDocument) -> TemplateDocument:
    """The document with other words for some of its captions, as `extractor.schemas.captions` knows them."""
    own = {name: dict(words) for name, words in document.option("caption", {}).items()}
    for name in document.fields:
        if rng.random() >= _OTHER_CAPTION:
            continue
        for tag in str(document.option("captions", document.language)).split():
            # Phrases of two fields ("nombre") would teach to guess.
            if known := [phrase for phrase in CAPTIONS.get(name, {}).get(tag, ()) if phrase not in _ambiguous(tag)]:
                phrase = rng.choice(known)
                own.setdefault(name, {})[tag] = phrase[0].upper() + phrase[1:]
    return replace(document, options={**document.options, "caption": own})


@cache
def _ambiguous(tag: str) -> frozenset[str]:
    """The phrases of a language that stand for more than one field."""
    seen: set[str] = set()
    twice: set[str] = set()
    for by_language in CAPTIONS.values():
        own = set(by_language.get(tag, ()))
        twice |= own & seen
        seen |= own
    return frozenset(twice)


def random_document(rng: random.Random, document: TemplateDocument) -> TemplateDocument:
    """A document of the same group in the name of any state and in any Latin language."""
    language = rng.choice(_LATIN)
    state, name = some_state(rng)
    own = language if language not in ("en", "fr") else "es"
    options: dict[str, Any] = {
        **document.options,
        "captions": " ".join(_caption_languages(rng, language)),
        "caption": {},
        "country": heading(rng, state, name),
        "title": rng.choice(_titles(document.group)),
        "date": rng.choice(_DATES).replace("{own}", f"{{{own}}}"),
        "number": _number(rng, 6, 9),
        "sex": rng.choice(_SEXES),
        "authority": None,
        "place": rng.choice(("{place}", "{place}", f"{{place}}, {state}", f"{{place}} ({state})")),
        "code": rng.choice(_CODES.get(document.group, "").split() or [document.option("code", "P")]),
        "endorsements": None,
    }
    options |= _citizenship(rng, document, state, name)
    if state == "USA" and rng.random() < 0.6:
        options["date"] = rng.choice(("{mm}/{dd}/{yyyy}", "{mm}-{dd}-{yyyy}"))
    if rng.random() < 0.4:
        options["personal"] = _number(rng, 6, 14)
    if document.group == "licence_eu":
        options["birth_with_place"] = rng.random() < 0.5
        options["sign"], options["state"] = rng.choice(signs())
        state = options["state"]
        name = dict(english_names()).get(state, "")
        options["country"] = heading(rng, state, name) if name and rng.random() < 0.5 else ""
    fields = _some_fields(rng, document, options)
    name_of_it = f"{document.id}-{state}-{rng.getrandbits(32)}"
    return replace(
        document, id=name_of_it, state=state, language=language, fields=fields, options=options, pools=(POOL,)
    )


def _number(rng: random.Random, least: int, most: int) -> str:
    """The pattern of a number of `least` to `most` characters, sometimes in groups."""
    characters = [rng.choice(_NUMBERS) for _ in range(rng.randint(least, most))]
    if rng.random() < _GROUPED:
        sign = rng.choice(_BETWEEN)
        for at in sorted(rng.sample(range(1, len(characters)), rng.choice((1, 1, 2))), reverse=True):
            characters.insert(at, sign)
    return "".join(characters)


def _citizenship(rng: random.Random, document: TemplateDocument, state: str, name: str) -> dict[str, Any]:
    """Whose citizen the holder is, and how that is printed. Permits and visas go to people from anywhere."""
    if not document.option("foreign"):
        return {"nationality": rng.choice((name.upper(), name, state))}
    code, home = some_state(rng)
    wording = rng.choice((code, code, home.upper()))
    return {"foreign": False, "nationality": wording, "nationality_code": code}


def _some_fields(rng: random.Random, document: TemplateDocument, options: dict[str, Any]) -> tuple[str, ...]:
    """The document's fields without some and with others; a card may print the name in one piece instead of two."""
    fields = list(_without_some(rng, document).fields)
    for extra, chance in _EXTRA.items():
        layout_has_it = extra != "card_access_number" or document.group == "td1"
        if extra not in fields and layout_has_it and rng.random() < chance:
            fields.append(extra)
    if "personal" not in options:
        fields = [field for field in fields if field != "personal_number"]
    if document.group in ("card", "licence_words"):
        whole = rng.random() < 0.35
        options["names"] = "latin_one" if whole else "latin"
        fields = _named(fields, whole)
        if rng.random() < _ONE_NUMBER and "personal_number" in fields:
            fields = [field for field in fields if field != "document_number"]
    return tuple(fields)


def _without_some(rng: random.Random, document: TemplateDocument) -> TemplateDocument:
    """The document without some of its fields, as many another has none of them. Chinese cards are all alike."""
    if document.group.startswith("chinese_id"):
        return document
    share = _LEFT_OUT_OF.get(document.schema, _LEFT_OUT)
    kept = tuple(field for field in document.fields if field in _KEPT or rng.random() > share)
    return replace(document, fields=kept)


def _other_names(rng: random.Random, document: TemplateDocument) -> TemplateDocument:
    """A Russian card with its holder's names in other pieces and scripts than it has: they differ by state."""
    if document.language != "ru" or document.group not in ("td1", "card") or rng.random() < 0.3:
        return document
    names = rng.choice(("native", "native_one", "both", "both"))
    fields = tuple(_named(list(document.fields), names == "native_one"))
    return replace(document, fields=fields, options={**document.options, "names": names})


def _named(fields: list[str], whole: bool) -> list[str]:
    """Fields with the holder's name in one piece or in two."""
    others = [field for field in fields if field not in ("surname", "given_names", "name")]
    return [*others, "name"] if whole else [*others, "surname", "given_names"]


@cache
def _titles(group: str) -> tuple[str, ...]:
    """What the pool's documents of a group call themselves, in Latin letters."""
    found = [d.option("title") for d in documents() if POOL in d.pools and d.group == group and d.language in _LATIN]
    return tuple(title for title in found if isinstance(title, str))


#: Fields that a document of its group cannot do without, what may be added to one, with how often, and how often what
#: it has is left out.
_KEPT = frozenset(("surname", "given_names", "name", "document_number", "expiry_date", "document_type"))
_EXTRA = {
    "personal_number": 0.6, "address": 0.35, "endorsements": 0.12, "authority": 0.3, "place_of_birth": 0.3,
    "card_access_number": 0.3, "nationality": 0.2, "expiry_date": 0.3, "issue_date": 0.3,
}  # fmt: skip
_LEFT_OUT = 0.16
_LEFT_OUT_OF: Mapping[str, float] = {"visa": 0.22, "residence_permit": 0.2}
#: Share of cards with a personal number that have no number of their own.
_ONE_NUMBER = 0.4


def _caption_languages(rng: random.Random, language: str) -> list[str]:
    others = [tag for tag in ("en", "fr", *_CAPTION_LANGUAGES) if tag != language]
    return list(dict.fromkeys([language, *rng.sample(others, rng.choice((0, 1, 1, 2)))]))
