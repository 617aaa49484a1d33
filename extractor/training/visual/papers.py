"""Papers that are no identity documents, described as the catalogue's entries are: member cards, certificates, forms,
tickets, bills and letters.

They teach the kind `none`. Their holders' names and dates are tagged as on any document, since a user's own schema may
ask for them; only what kind of document it is differs. What such papers call themselves and print is `papers.json`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from extractor.schemas.captions import TITLES
from extractor.synthesis.world import language_of_state, world_place
from extractor.training.visual.designs import caption_languages, caption_of, in_rows
from extractor.training.visual.forms import state_name

#: Kinds of paper and their shares.
_SHARES = {"card": 0.28, "certificate": 0.22, "form": 0.16, "ticket": 0.12, "bill": 0.12, "letter": 0.1}
#: Fields of the vocabulary that a paper may have, and how many of them at least and at most.
_FIELDS: Mapping[str, tuple[str, int, int]] = {
    "card": (
        "name surname given_names birth_date expiry_date valid_from document_number issue_date address sex blood_group"
        " nationality personal_number", 1, 6,
    ),
    "certificate": (
        "name surname given_names birth_date sex place_of_birth father_name mother_name document_number issue_date"
        " authority address nationality spouse_name profession religion place_of_issue expiry_date", 2, 10,
    ),
    "form": (
        "surname given_names name birth_date sex nationality place_of_birth address document_number passport_number"
        " marital_status profession issue_date expiry_date father_name mother_name place_of_issue height eye_colour",
        3, 12,
    ),
    "ticket": ("name surname issue_date passport_number birth_date address", 0, 3),
    "bill": ("name address issue_date document_number", 0, 3),
    "letter": ("name address issue_date passport_number", 0, 2),
}  # fmt: skip
#: Sizes (see `sheet.SIZES`) by kind of paper: cards, and sheets of the width that their text needs.
_SIZES: Mapping[str, Sequence[str | list[float]]] = {
    "card": ("ID1", "ID1", "ID1", [70, 100], [54, 86]),
    "ticket": ([150, 70], [105, 148], [75, 160], "ID1"),
    "bill": ([80, 160], [105, 148], [150, 210]),
}
_SHEETS: Sequence[list[float]] = ([105, 148], [150, 210], [148, 105])
#: Patterns of what stands in a field that the vocabulary does not know.
_OTHER = (
    "9999999", "AA-9999", "999", "A9", "99:99", "99.99", "9,999.99", "99/99", "AAA 9999", "9999 9999 9999 9999",
    "A-99999", "+99 999 9999999", "99/99/9999", "99.99.9999", "999-99-9999", "AAA999999",
)  # fmt: skip
#: How many fields the vocabulary does not know, and lines of items and of running text, at most.
_MOST: Mapping[str, tuple[int, int, int]] = {
    "card": (3, 0, 2), "certificate": (5, 0, 3), "form": (7, 0, 5), "ticket": (10, 2, 4), "bill": (6, 14, 3),
    "letter": (2, 0, 22),
}  # fmt: skip


@cache
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return texts


def make_paper(rng: random.Random, states: Sequence[str]) -> dict[str, Any]:
    """A paper's description, made up; `kind` is `none`."""
    form = rng.choices(tuple(_SHARES), tuple(_SHARES.values()))[0]
    state = rng.choice(states)
    language = rng.choice(language_of_state(state) or ["en"])
    if language not in _texts()["titles"][form] or rng.random() < 0.25:
        language = rng.choice(("en", "en", *_texts()["titles"][form]))
    tags = caption_languages(rng, language)
    style = rng.choice(("above", "above", "left", "left", "left", "below", "over"))
    size = rng.choice(_SIZES.get(form, _SHEETS))
    most_other, most_items, most_prose = _MOST[form]
    allowed, least, most = _FIELDS[form]
    fields = rng.sample(allowed.split(), rng.randint(least, most))
    bare = 0.5 if form in ("card", "ticket") else 0.1
    cells = [_known(rng, name, tags, style, rng.random() < bare, form) for name in fields]
    cells += [_unknown(rng, form, language, style) for _ in range(rng.randint(0, most_other))]
    rng.shuffle(cells)
    rows = in_rows(rng, cells, rng.choice((0.04, 0.04, 0.3)), rng.choice((1, 2, 2, 3)))
    rows += [_item(rng, language) for _ in range(rng.randint(most_items // 3, most_items))]
    for _ in range(rng.randint(most_prose // 4, most_prose)):
        cell = {"t": _prose(rng, language), "x": 0.04, "s": rng.choice((0.7, 0.9, 1))}
        rows.insert(rng.randrange(len(rows) + 1), [cell])
    rows = [*_heading(rng, form, state, language), *rows]
    return {
        "id": "paper", "state": state, "kind": "none", "language": language, "names": rng.choice(("latin", "native")),
        "upper": rng.random() < 0.4, "mrz": None, "sides": [{"size": size, "rows": rows}],
    }  # fmt: skip


def _of(rng: random.Random, name: str, language: str) -> str:
    """One of the texts `name` in a language, in English where there are none."""
    texts = _texts()[name]
    return str(rng.choice(texts.get(language) or texts["en"]))


def _organisation(rng: random.Random, language: str) -> str:
    form = _of(rng, "organisations", language)
    return form.format(p=world_place(rng, language).native, w=_of(rng, "words", language).title())


def _prose(rng: random.Random, language: str) -> str:
    """A line of running text, now and then one that names a document: `please bring your passport`."""
    joint = "" if language in ("zh", "ja") else " "
    words = [_of(rng, "words", language) for _ in range(rng.randint(3, 14))]
    if rng.random() < 0.12:
        words[rng.randrange(len(words))] = rng.choice(TITLES[rng.choice(tuple(TITLES))])
    text = joint.join(words)
    return rng.choice((text, text.capitalize() + ".", text.upper()))


def _heading(rng: random.Random, form: str, state: str, language: str) -> list[list[dict[str, Any]]]:
    """What the paper calls itself, who issued it, and on certificates and forms now and then a state."""
    titles = _texts()["titles"][form]
    rows: list[list[dict[str, Any]]] = []
    if rng.random() < 0.85:
        title = rng.choice(titles.get(language) or titles["en"])
        title = title.title() if title.isupper() and rng.random() < 0.3 else title
        if language != "en" and rng.random() < 0.2:
            title += rng.choice((" / ", "\n")) + rng.choice(titles["en"])
        tag = {} if form == "letter" else {"f": "title"}
        rows.append([{"t": title, **tag, "x": rng.choice((0.04, 0.2, 0.4)), "s": rng.choice((1, 1.3, 1.8))}])
    if rng.random() < 0.7:
        rows.append([{"t": _organisation(rng, language), "x": rng.choice((0.04, 0.3, 0.5)), "s": rng.choice((1, 1.4))}])
    if form in ("certificate", "form") and rng.random() < 0.5:
        name = state_name(rng, state, language)
        name = rng.choice(("{}", "REPUBLIC OF {}", "{}")).format(name)
        rows.append([{"t": name, "f": "issuing_country", "x": rng.choice((0.04, 0.3)), "s": 1.2}])
    rng.shuffle(rows)
    return rows


def _known(rng: random.Random, name: str, tags: Sequence[str], style: str, bare: bool, form: str) -> dict[str, Any]:
    """A field of the vocabulary; on forms often with nothing to fill it, or with a line to write on."""
    caption = "" if bare else caption_of(rng, name, tags)
    value = f"{{{name}}}"
    if form == "form" and rng.random() < 0.4:
        value = rng.choice(("", "", "______________", "............", "__ /__ /____"))
    return {"c": caption, "v": value, "at": style, "lines": 3 if name in ("address", "authority") else 1, "f": name}


def _unknown(rng: random.Random, form: str, language: str, style: str) -> dict[str, Any]:
    """A field that no identity document has."""
    captions = _texts()["captions"].get(form, _texts()["captions"]["form"])
    caption = rng.choice(captions.get(language) or captions["en"])
    value = f"{{?digits:{rng.choice(_OTHER)}}}"
    if rng.random() < 0.35:
        value = "{?words:" + "|".join(_of(rng, "words", language).upper() for _ in range(4)) + "}"
    return {"c": caption + rng.choice(("", ":", "")), "v": value, "at": style, "f": "other"}


def _item(rng: random.Random, language: str) -> list[dict[str, Any]]:
    """A row of a bill: what, how many, how much."""
    what = " ".join(_of(rng, "words", language) for _ in range(rng.randint(1, 3))).capitalize()
    price = f"{rng.randint(1, 400)}{rng.choice('.,')}{rng.randint(0, 99):02d}"
    return [
        {"t": what, "x": 0.05},
        {"t": str(rng.randint(1, 12)), "x": 0.6},
        {"t": rng.choice(("", "€ ", "$", "")) + price, "x": 0.78},
    ]
