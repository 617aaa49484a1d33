"""Pages of the catalogue of the world's documents, printed, with the answer that is right for what stands on them.

The layout reader's sheets (`training.visual.labelled`) say of every character which field's value it is, and its
printer makes pictures of them. Here such a picture becomes a page as `synthesis.draw` makes them. Its label is the
values as the product itself would write them down (`extractor.visual.values`), checked against the holder's own; a
field whose place is empty, or on a side that is not shown, is null. A page is left out where a value is not certain or
cannot be read.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from extractor.schemas import SCHEMAS
from extractor.schemas.dates import Order
from extractor.schemas.states import canonical, state_code
from extractor.schemas.text import scripts, squash
from extractor.schemas.vocabulary import VOCABULARY, Kind
from extractor.synthesis.catalogue import catalogue
from extractor.synthesis.content import MRZ_FIELDS
from extractor.synthesis.draw import DrawnPage
from extractor.synthesis.mrz import COMPOSERS, MrzFields, mrz_name, mrz_number
from extractor.synthesis.numbers import chinese_id_number
from extractor.synthesis.pools import Pool
from extractor.training.nano.sheets import HEIGHT, WIDTH
from extractor.training.visual.batches import Mixture, choose_entry
from extractor.training.visual.holder import TODAY, Holder
from extractor.training.visual.labelled import Sheet, SheetLine, printed_values
from extractor.training.visual.printing import Picture, has_letters, is_of_zone, print_sheet
from extractor.training.visual.sheet import make_sheet
from extractor.visual.tags import TITLE, is_value
from extractor.visual.values import Context, clean_name, value_of

POOL: Pool = "training"
#: A page with fewer lines says nothing.
_LEAST_LINES = 4
#: Scripts of values that the small model learns; captions may be in any that there are fonts of.
_SCRIPTS = frozenset(("LATIN", "CYRILLIC", "CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC"))
#: How far two lines may lie over each other, both ways, in heights of the lower one.
_OVERLAP = 0.25
#: Height of the least print that can be read, pixels of the sheet (GRID tiles) that a page lies on.
_LEAST_PRINT = 11.0
#: Shares of a holder's fields that have no value, one holder each; share of those that are struck out, and by what.
_BLANK, _STRUCK, _STROKES = (0.02, 0.05, 0.1, 0.2, 0.35), 0.2, ("-", "--", "---", "-----", "—", "***", "*****", "/")
_NAMES = frozenset(("surname", "given_names", "name"))
#: Fit of a text (`value_of`) below which it is no certain value of its field.
_CERTAIN = 0.5
#: Words between or before the parts of a number, which are or are not counted to it.
_SERIES = re.compile(r"\b(?:NR|NO|PRN)\b")
_ORDERS: tuple[Order | None, ...] = (None, "dmy", "mdy")
_FIELDS = frozenset(name for schema in SCHEMAS.values() for name in schema.model_fields)


class UncertainError(ValueError):
    """What a page prints has no value that is certain."""


class ZoneHolder(Holder):
    """A holder with more blanks, whose zone agrees with what is printed: document code and nationality too. Titles
    before a name are those that the product takes for such, and a Chinese card has a citizen number."""

    def __init__(self, entry: Mapping[str, Any], rng: random.Random) -> None:
        super().__init__(entry, rng)
        self.blank = rng.choice(_BLANK)

    def value(self, name: str) -> str:
        asked = name in self.known
        text = super().value(name)
        if not (text or asked or name in _NAMES) and self.rng.random() < _STRUCK:
            text = self.known[name] = self.rng.choice(_STROKES)
        return text

    def _formatted(self, name: str) -> str:
        if self.entry["kind"] != "chinese_id_card":
            return super()._formatted(name)
        region = str(self.rng.randint(110101, 659010))
        return chinese_id_number(self.rng, region, self.dates["birth_date"], self.person.sex)

    def _titled(self, text: str) -> str:
        titled = super()._titled(text)
        return titled if clean_name(titled) == clean_name(text) else text

    def zone(self, entry: Mapping[str, Any]) -> dict[str, str]:
        facts = super().zone(entry)
        code = str(entry.get("code") or {"passport": "P", "visa": "V"}.get(entry["kind"], "I"))
        facts["document_type"] = code.rstrip("<")
        # A zone has a number, also where nothing else says it.
        facts["document_number"] = facts["document_number"] or mrz_number(self._formatted("document_number"))
        facts["nationality"] = state_code(self.value("nationality"), self.state) or self.state
        birth, expiry = (f"{self.dates[name]:%y%m%d}" for name in ("birth_date", "expiry_date"))
        fields = MrzFields(
            facts["document_type"], self.state, facts["surname"], facts["given_names"], facts["document_number"],
            facts["nationality"], birth, facts["sex"], expiry, facts["personal_number"],
        )  # fmt: skip
        form = facts["format"].replace("MRVA", "MRV-A").replace("MRVB", "MRV-B")
        if form not in COMPOSERS:
            raise UncertainError("a zone of its own")
        return facts | {"lines": "\n".join(COMPOSERS[form](fields))}


class CataloguePages:
    """Draws pages of the catalogue's entries and of their relatives."""

    def __init__(self) -> None:
        entries = [entry for entry in catalogue() if not _surname_in_parts(entry)]
        self.mixture = Mixture(entries, (), catalogue_share=1.0)

    def draw(self, rng: random.Random) -> DrawnPage:
        """The next page that is certain and can be read. Raises FontsMissingError."""
        while True:
            try:
                return self.try_one(rng)
            except (ArithmeticError, LookupError, ValueError):
                continue  # uncertain, or one in thousands that cannot be set

    def try_one(self, rng: random.Random) -> DrawnPage:
        """A page. Raises UncertainError, or what a page that cannot be set raises."""
        entry = choose_entry(self.mixture, rng)
        holder = ZoneHolder(entry, rng)
        sheet = make_sheet(entry, holder, rng)
        if len(sheet.lines) < _LEAST_LINES or not all(has_letters(line.text, POOL) for line in sheet.lines):
            raise UncertainError("too little, or letters without a font")
        fields, printed = label(sheet, holder)
        picture = print_sheet(sheet, rng, POOL)
        if _hidden(sheet, picture) or _too_small(sheet, picture):
            raise UncertainError("what cannot be read")
        texts = [line.text for line in sheet.lines]
        return DrawnPage(
            picture.image, sheet.kind, sheet.kind, holder.language, POOL, str(entry["id"]), 0, fields, printed, {},
            picture.characters, picture.centres, tuple(zip(texts, picture.boxes, strict=True)),
        )  # fmt: skip


def _surname_in_parts(entry: Mapping[str, Any]) -> bool:
    """Whether a second surname stands apart, whose words the sheet does not call a surname."""
    cells = (cell for side in entry["sides"] for row in side["rows"] for cell in row)
    return any("apellido" in cell.get("c", "").lower() and cell.get("v", "").startswith("{?") for cell in cells)


def label(sheet: Sheet, holder: ZoneHolder) -> tuple[dict[str, Any], dict[str, str]]:
    """The value of every field of any schema on a sheet, and the texts as printed. Raises UncertainError."""
    printed = {name: _texts(values) for name, values in printed_values(sheet).items()}
    fields: dict[str, Any] = dict.fromkeys(_FIELDS)
    for name, texts in printed.items():
        if name in _FIELDS and name != "issuing_country":
            fields[name] = _normalised(name, texts, holder)
    fields["mrz"] = [line.text for line in sheet.lines if is_of_zone(line.text)] or None
    if fields["mrz"]:
        _carry(fields, sheet.zone or {})
    fields["issuing_country"] = _issuer(sheet, printed.get("issuing_country", []), holder)
    own = {name: fields[name] for name in SCHEMAS[sheet.kind].model_fields}
    # Also raises ValueError, for what an answer may not say: the decoder is held to the schema.
    if SCHEMAS[sheet.kind].model_validate(own).model_dump() != own:
        raise UncertainError("another form of the value")
    if any(not _SCRIPTS.issuperset(scripts(value)) for value in _strings(fields)):
        raise UncertainError("a script that is not learned")
    return fields, {name: "\n".join(texts) for name, texts in printed.items()}


def _texts(values: Iterable[Iterable[str]]) -> list[str]:
    """Values given as lines, as texts with line breaks; the same value printed twice counts once."""
    found: dict[str, str] = {}
    for text in filter(None, ("\n".join(filter(None, lines)) for lines in values)):
        found.setdefault(squash(text), text)
    return list(found.values())


def _normalised(name: str, texts: list[str], holder: ZoneHolder) -> Any:
    """The value of a field, as labels state it. Raises UncertainError."""
    kind = VOCABULARY[name].kind
    if name == "name":
        texts = _one_name(texts, holder)
    if not any(c.isalnum() for text in texts for c in text):
        return None  # blank, or struck out
    if len(texts) > 1:
        raise UncertainError(f"{name} in several ways")
    text = "".join(_joined(texts[0].split("\n")))
    letters = scripts(text)
    if (letters and letters.isdisjoint(_SCRIPTS)) or any(c.isdecimal() and not c.isascii() for c in text):
        raise UncertainError("a script that is not learned")
    if kind is Kind.DATE:
        return _date(name, text, holder)
    if kind is Kind.NUMBER:
        if _SERIES.search(text):
            raise UncertainError(name)
        return text
    found = value_of(name, kind, text, Context(issuer=holder.state, today=TODAY, kind=str(holder.entry["kind"])))
    if kind is Kind.SEX and (found is None or found.value == holder.person.sex):
        return holder.person.sex
    if found is None or found.fit < _CERTAIN:
        raise UncertainError(name)
    return found.value


def _joined(lines: list[str]) -> Iterator[str]:
    """Lines in one piece: ideographs and kana follow each other, words have a space between."""
    for before, line in zip(["", *lines], lines, strict=False):
        yield line if not before or (before[-1] >= "\u2e80" and line[:1] >= "\u2e80") else f" {line}"


def _one_name(texts: list[str], holder: ZoneHolder) -> list[str]:
    """The name in its own script, the surname first where both its parts are printed apart."""
    parts = [holder.known.get(part, "") for part in ("surname_native", "given_names_native")]
    there = [part for part in parts if part and any(squash(part) == squash(text) for text in texts)]
    others = [text for text in texts if not any(squash(text) == squash(part) for part in there)]
    return [*([" ".join(there)] if there else []), *others]


def _date(name: str, text: str, holder: ZoneHolder) -> str:
    """The holder's own date, if that is what the text says in some order of its numbers."""
    day = holder.dates[name].isoformat() if name in holder.dates else ""
    for order in _ORDERS:
        context = Context(order, holder.state, TODAY, str(holder.entry["kind"]))
        found = value_of(name, Kind.DATE, text, context)
        if found and found.value and day.startswith(found.value):
            return str(found.value)
    raise UncertainError(name)


def _carry(fields: dict[str, Any], zone: Mapping[str, str]) -> None:
    """What only the zone says. Raises UncertainError for what it cuts off."""
    lines = "".join(fields["mrz"])
    for name in MRZ_FIELDS:
        if fields[name] is None and (value := zone.get(name)):
            if VOCABULARY[name].kind is not Kind.DATE and mrz_name(value) not in lines:
                raise UncertainError(name)
            fields[name] = value


def _issuer(sheet: Sheet, texts: list[str], holder: ZoneHolder) -> str | None:
    """The state, where a heading, a value or the zone says it; a title that says it otherwise is left out."""
    state = canonical(holder.state)
    said = {state_code(text.replace("\n", " "), holder.state) for text in texts} - {None}
    if said - {state}:
        raise UncertainError("issuing_country")
    if texts or sheet.zone or sheet.kind == "chinese_id_card" or any(_says(line, state) for line in sheet.lines):
        return state
    if any(TITLE in line.tags for line in sheet.lines):
        raise UncertainError("issuing_country")
    return None


def _says(line: SheetLine, state: str) -> bool:
    """Whether fixed text names the state."""
    return not any(line.owners) and state_code(line.text) == state


def _strings(fields: Mapping[str, Any]) -> Iterator[str]:
    for value in fields.values():
        yield from [value] if isinstance(value, str) else value if isinstance(value, list) else []


def _values(sheet: Sheet) -> np.ndarray:
    """Which lines have a value or are the zone's, (n,) bool."""
    return np.array([any(map(is_value, line.tags)) or is_of_zone(line.text) for line in sheet.lines])


def _hidden(sheet: Sheet, picture: Picture) -> bool:
    """Whether some line covers a part of a value."""
    boxes = np.array(picture.boxes)
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    height = boxes[:, 3] - boxes[:, 1]
    least = _OVERLAP * np.minimum(height[:, None], height[None])[..., None]
    over = (high - low > least).all(-1) & ~np.eye(len(boxes), dtype=bool)
    return bool(over[_values(sheet)].any())


def _too_small(sheet: Sheet, picture: Picture) -> bool:
    """Whether some value is printed too small for the sheet that the page will lie on."""
    boxes = np.array(picture.boxes)[_values(sheet)]
    short, long = sorted(picture.image.shape[:2])
    scale = min(HEIGHT / short, WIDTH / long)
    return bool((scale * (boxes[:, 3] - boxes[:, 1]) < _LEAST_PRINT).any())
