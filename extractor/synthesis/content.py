"""What a specimen says: an invented holder's values, as they are printed and as the label states them.

`invent` fills every field that the document prints. A few are left blank on purpose; which ones may be is a matter of
what a real document of the kind can lack. Fields that only the MRZ carries are stated as the MRZ spells them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from extractor.synthesis.addresses import arabic_digits, chinese_address, invent_address, invent_place
from extractor.synthesis.canvas import TextRun
from extractor.synthesis.dates import print_date, years_later
from extractor.synthesis.estranged import estranged, marked
from extractor.synthesis.mrz import COMPOSERS, MrzFields, mrz_name
from extractor.synthesis.numbers import chinese_id_number, document_number, personal_number
from extractor.synthesis.people import COINED, TODAY, Person, invent_person
from extractor.synthesis.pools import Pool, data_file, pool_of, whole_word_list, word_file, word_list
from extractor.synthesis.romanisation import mandarin
from extractor.synthesis.templates import TemplateDocument

#: How often a field that the document prints stays empty, where it can; the caption stands all the same.
_BLANK = {
    "place_of_birth": 0.08, "authority": 0.06, "personal_number": 0.08, "issue_date": 0.04, "address": 0.08,
    "endorsements": 0.5, "restrictions": 0.4, "card_access_number": 0.1, "place_of_issue": 0.06, "category": 0.04,
    "entries": 0.05, "duration_of_stay": 0.06, "passport_number": 0.04, "valid_from": 0.04,
}  # fmt: skip
#: The same for fields that a zone would carry, on documents without one.
_BLANK_WITHOUT_MRZ = {
    "sex": 0.04,
    "nationality": 0.05,
    "expiry_date": 0.05,
    "document_number": 0.03,
    "birth_date": 0.02,
}
#: What an MRZ says too (visas: no personal number).
MRZ_FIELDS = (
    "document_type", "issuing_country", "document_number", "surname", "given_names", "nationality", "birth_date",
    "sex", "expiry_date",
)  # fmt: skip
#: Fields of free wording, which a document's option `strange` respells.
_FREE = frozenset(("place_of_birth", "authority", "address", "place_of_issue", "category", "endorsements"))
#: Languages whose people hold the foreigners' documents: their names are in Latin letters everywhere.
_HOLDERS = ("en", "fr", "de", "es", "it", "pt", "pl")

#: Forms of the passport numbers on visas.
_PASSPORT_NUMBERS = ("999999999", "AA999999", "A9999999", "AA9999999", "99AA99999")

#: Closed word lists: permit categories, remarks, vehicle classes, visa classes, nationalities.
_TERMS = "terms.json"

RunLines = list[list[TextRun]]


@dataclass(frozen=True)
class Content:
    """`lines`: what each cell prints, line by line, in runs that name the field they are the value of. `values`: the
    label's value of each field. `mrz`: the zone's lines. `carried`: values as the zone alone spells them. `printed`:
    what a field says where its runs stand among captions."""

    lines: Mapping[str, RunLines]
    values: Mapping[str, Any]
    mrz: tuple[str, ...]
    carried: Mapping[str, Any]
    printed: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Filling:
    document: TemplateDocument
    pool: Pool
    rng: random.Random
    person: Person
    upper: bool
    lines: dict[str, RunLines]
    values: dict[str, Any]

    def say(self, name: str, text: str, value: Any = None, *, keep: bool = False) -> None:
        """Prints `text` (lines parted by `\\n`) in cell `name`; the label says `value`, else the text in one piece."""
        if name in _FREE:
            text = estranged(self.rng, text, self.document.option("strange", 0.0))
        shown = text if keep or not self.upper else _upper(text, self.document.language)
        self.lines[name] = [[TextRun(line, name)] for line in shown.split("\n")]
        joint = "" if self.document.language in ("zh", "ja") else " "
        self.values[name] = shown.replace("\n", joint) if value is None else value


def _upper(text: str, language: str) -> str:
    # German capitals: the long s of names has no capital on documents but SS.
    return text.upper() if language != "de" else text.replace("ß", "ss").upper()


def invent(document: TemplateDocument, pool: Pool, rng: random.Random) -> Content:
    """An invented holder's content for `document`."""
    foreign = bool(document.option("foreign"))
    language = rng.choice(_HOLDERS) if foreign else document.language
    youngest = 16 if "licence" in document.group else 0
    strangers = document.option("coined", COINED)
    person = _strange(rng, invent_person(rng, pool, language, youngest=youngest, strangers=strangers), document)
    upper = rng.random() < 0.85
    draft = _Filling(document, pool, rng, person, upper, {}, {})
    _names(draft)
    nationality = _nationality(draft)
    sex = _sex(draft)
    dates = _dates(draft)
    _numbers(draft)
    _wording(draft)
    for name in document.fields:
        chance = _BLANK.get(name, 0.0 if document.option("mrz") else _BLANK_WITHOUT_MRZ.get(name, 0.0))
        if rng.random() < chance * document.option("blank", 1.0):
            draft.lines.pop(name, None)
            draft.values[name] = None
    if document.option("birth_with_place"):
        # Licences print the place behind the date (Directive 2006/126/EC, annex I, 3).
        parts = [run for name in ("birth_date", "place_of_birth") for line in draft.lines.pop(name, []) for run in line]
        draft.lines["birth_date"] = [[run for part in parts for run in (part, TextRun("  "))]]
    mrz, carried = _zone(draft, nationality, sex, dates) if document.option("mrz") else ((), {})
    return Content(draft.lines, draft.values, mrz, carried)


def _strange(rng: random.Random, person: Person, document: TemplateDocument) -> Person:
    """The holder with a name respelt as far as the document's options say."""
    marks, strange = document.option("marks", 0.0), document.option("strange", 0.0)
    if marks and not person.native_surname:
        surname, given = marked(rng, person.surname, marks), marked(rng, person.given_names, marks)
        return replace(person, surname=surname, given_names=given)
    if strange and document.language == "zh":
        surname, given = estranged(rng, person.native_surname, strange), estranged(rng, person.native_given, strange)
        return replace(person, native_surname=surname, native_given=given)
    return person


def _names(draft: _Filling) -> None:
    person, document = draft.person, draft.document
    mode = document.option("names", "latin")
    if mode == "latin":
        draft.say("surname", person.surname)
        draft.say("given_names", person.given_names)
    elif mode == "latin_one":
        joined = draft.rng.choice(("{given} {surname}", "{surname} {given}"))
        draft.say("name", joined.format(given=person.given_names, surname=person.surname))
    elif mode == "native_one":
        draft.say("name", person.native_name, keep=document.language != "ru")
    elif mode == "native":
        draft.say("surname", person.native_surname)
        draft.say("given_names", f"{person.native_given} {person.patronymic}".strip())
    elif mode == "native_plus":
        draft.say("name", person.native_name, keep=True)
        draft.say("surname", person.surname)
        draft.say("given_names", person.given_names)
    elif mode == "both":
        _two_scripts(draft)


def _two_scripts(draft: _Filling) -> None:
    """Native above or beside romanised, in one cell: the native parts together are the field `name`."""
    person = draft.person
    native = {"surname": person.native_surname, "given_names": f"{person.native_given} {person.patronymic}".strip()}
    beside = draft.rng.random() < 0.4
    for name, latin in (("surname", person.surname), ("given_names", person.given_names)):
        first, second = native[name].upper(), latin.upper()
        together = [[TextRun(first, "name"), TextRun(" / "), TextRun(second, name)]]
        draft.lines[name] = together if beside else [[TextRun(first, "name")], [TextRun(second, name)]]
        draft.values[name] = second
    draft.values["name"] = f"{native['surname']} {native['given_names']}".upper()


def _nationality(draft: _Filling) -> str:
    """Prints the nationality; returns its code."""
    from extractor.schemas.states import state_code

    document = draft.document
    wording = document.option("nationality", "")
    if document.option("foreign"):
        table = data_file(_TERMS)["nationalities"]["code" if wording == "code" else wording]
        code = draft.rng.choice(sorted(table))
        draft.say("nationality", table[code], code, keep=True)
        return code
    code = document.option("nationality_code", document.state)
    if wording in data_file(_TERMS)["nationalities"]:
        table = data_file(_TERMS)["nationalities"][wording]
        code = draft.rng.choice(sorted(table))
        wording = table[code]
    if wording:
        draft.say("nationality", wording, state_code(code) or code, keep=True)
    return code


def _sex(draft: _Filling) -> str:
    words = draft.document.option("sex", "M|F").split("|")
    draft.say("sex", words["MF".index(draft.person.sex)], draft.person.sex, keep=True)
    return draft.person.sex


def _dates(draft: _Filling) -> dict[str, date]:
    document, rng, person = draft.document, draft.rng, draft.person
    earliest = max(person.birth_date + timedelta(days=20), TODAY - timedelta(days=11 * 365))
    if "licence" in document.group:
        earliest = max(earliest, years_later(person.birth_date, 17))
    issue = earliest + timedelta(days=rng.randrange(max(1, (TODAY - earliest).days)))
    years = rng.choice(document.option("years", [10]))
    start = issue + timedelta(days=rng.choice((0, 0, 1, 7, 30))) if "visa" in document.group else issue
    expiry = years_later(start, years)
    if document.group.startswith("visa"):
        expiry = start + timedelta(days=rng.choice((15, 30, 90, 180, 365, 730)))
    elif rng.random() < 0.6:
        expiry -= timedelta(days=1)
    if "licence" in document.group and document.language == "ja":
        # Japanese licences end one month after a birthday.
        expiry = years_later(person.birth_date, expiry.year - person.birth_date.year) + timedelta(days=30)
    dates = {"birth_date": person.birth_date, "issue_date": issue, "valid_from": start, "expiry_date": expiry}
    for name, day in dates.items():
        own = document.option("expiry") if name == "expiry_date" else None
        style = own or document.option("date")
        draft.say(name, print_date(day, style), day.isoformat(), keep=True)
    return dates


def _numbers(draft: _Filling) -> None:
    """Document and personal numbers. A document's `number` is a pattern, several of them, `chinese_id` (the citizen
    number, which goes with the address) or `=rule`, a national number of that rule."""
    document, rng, person = draft.document, draft.rng, draft.person
    patterns = document.option("number")
    pattern = rng.choice(patterns) if isinstance(patterns, list) else patterns
    if pattern == "chinese_id":
        address, region = chinese_address(rng, draft.pool)
        draft.say("address", address, keep=True)
        draft.say("document_number", chinese_id_number(rng, region, person.birth_date, person.sex), keep=True)
    elif pattern and pattern.startswith("="):
        _say_number(draft, "document_number", personal_number(rng, pattern[1:], person))
    elif pattern:
        _say_number(draft, "document_number", document_number(rng, pattern))
    if rule := document.option("personal"):
        _say_number(draft, "personal_number", personal_number(rng, rule, person))
    _say_number(draft, "passport_number", document_number(rng, rng.choice(_PASSPORT_NUMBERS)))
    _say_number(draft, "card_access_number", document_number(rng, "999999"))


def _say_number(draft: _Filling, name: str, number: str) -> None:
    # Figures are normalised to 0-9 in the label, whatever script the document prints them in.
    draft.say(name, arabic_digits(number) if draft.document.option("arabic_digits") else number, number, keep=True)


def _wording(draft: _Filling) -> None:
    """Places, authorities, addresses and the closed words of permits, visas and licences."""
    document, rng, pool = draft.document, draft.rng, draft.pool
    language, words = document.language, data_file(_TERMS)
    wanted = set(document.fields)
    if "address" in wanted and "address" not in draft.lines:
        draft.say("address", document.option("address") or invent_address(rng, pool, language, document.state))
    if "place_of_birth" in wanted:
        draft.say("place_of_birth", _place(draft, document.option("place", "{place}")))
    if "place_of_issue" in wanted:
        issued_at = language if language in (*_HOLDERS, "ru") else "en"
        draft.say("place_of_issue", document.option("place_of_issue") or invent_place(rng, pool, issued_at))
    if "authority" in wanted:
        draft.say("authority", _authority(draft))
    for name in [name for name in ("category", "endorsements", "restrictions") if name in wanted]:
        choices = words[name].get(document.option("classes")) or words[name].get(language) or words[name]["en"]
        text = document.option(name)
        own = [choice for choice in choices if pool_of(choice) == pool] or choices
        draft.say(name, text or rng.choice(own), keep=language not in _HOLDERS)
    if "vehicle_classes" in wanted:
        classes = rng.choice(words["vehicle_classes"][document.option("classes", "eu")]).split()
        joint = " " if language in ("ja", "ko", "ar") else rng.choice((" ", "/", ", "))
        draft.say("vehicle_classes", joint.join(classes), classes, keep=True)
    for code in [code for code in ("visa_class", "entries", "duration_of_stay") if code in wanted]:
        draft.say(code, rng.choice(words[code]), keep=True)
    if document.option("mrz"):
        draft.say("document_type", document.option("code", "P"), keep=True)
    draft.say("issuing_country", document.state, keep=True)


def _place(draft: _Filling, form: str) -> str:
    rng, pool, language = draft.rng, draft.pool, draft.document.language
    if form == "chinese_province":
        province = rng.choice(list(word_file("regions_cn")))
        for ending in ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市"):
            province = province.removesuffix(ending)
        return f"{province}/{mandarin(province)}"
    if form == "native":
        return rng.choice(word_list("ar", "cities", pool)).split(":")[0]
    holder = draft.person.language if draft.document.option("foreign") else language
    if holder in ("zh", "ko"):
        holder = "en"
    place = invent_place(rng, pool, holder)
    return form.format(place=place, province=rng.choice(whole_word_list("it", "provinces")))


def _authority(draft: _Filling) -> str:
    """An issuer: of the document's own list, if it has one, else of the language's list for its state. A list of one
    names the only office that issues such documents, which both pools therefore say."""
    document, pool = draft.document, draft.pool
    own = document.option("authority")
    if own:
        return draft.rng.choice([name for name in own if pool_of(name) == pool] or own)
    like = re.compile(document.option("authority_like", ""))
    names = word_list(document.language, "authorities", pool, document.state)
    return draft.rng.choice([name for name in names if like.search(name)])


def _zone(
    draft: _Filling, nationality: str, sex: str, dates: Mapping[str, date]
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The MRZ, and the label's values of the fields that it carries, for those the visual zone does not print."""
    document, person = draft.document, draft.person
    kind = document.option("mrz")
    # A passport's or card's optional data holds the personal number where the document prints one.
    holds_it = "personal_number" in document.fields and not kind.startswith("MRV")
    fields = MrzFields(
        document.option("code", "P"),
        document.state,
        person.surname,
        person.given_names,
        draft.values["document_number"],
        nationality,
        f"{dates['birth_date']:%y%m%d}",
        sex,
        f"{dates['expiry_date']:%y%m%d}",
        optional=(draft.values.get("personal_number") or "") if holds_it else "",
    )
    lines = tuple(COMPOSERS[kind](fields))
    carried = {
        "document_type": document.option("code", "P"),
        "issuing_country": document.state,
        "document_number": draft.values["document_number"],
        "surname": mrz_name(person.surname).replace("<", " "),
        "given_names": mrz_name(person.given_names).replace("<", " "),
        "nationality": nationality,
        "birth_date": dates["birth_date"].isoformat(),
        "sex": sex,
        "expiry_date": dates["expiry_date"].isoformat(),
    }
    return lines, carried
