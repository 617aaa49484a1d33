"""An invented holder's values, as a document prints them: names, dates, numbers, places and free wording.

Values need no truth beyond looking like what documents print; they are never compared with anything. People, places
and offices are `extractor.synthesis.world`'s; a share of all words is made up, so that a reader reads the page and
knows no name by heart.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

from extractor.synthesis.addresses import chinese_address
from extractor.synthesis.mrz import COMPOSERS, MrzFields, mrz_name
from extractor.synthesis.numbers import document_number, personal_number
from extractor.synthesis.world import (
    Name,
    language_of_state,
    peoples_of_state,
    world_address,
    world_authority,
    world_languages,
    world_person,
    world_place,
    world_word,
)
from extractor.training.visual.forms import in_digits, print_day, state_name

TODAY = date(2026, 6, 30)
_STYLES = (
    "{dd}.{mm}.{yyyy}", "{dd}/{mm}/{yyyy}", "{dd}-{mm}-{yyyy}", "{dd} {mm} {yyyy}", "{yyyy}-{mm}-{dd}",
    "{yyyy}/{mm}/{dd}", "{yyyy}.{mm}.{dd}", "{dd} {en} {yyyy}", "{dd} {En} {yyyy}", "{mm}/{dd}/{yyyy}",
    "{dd} {own} {yyyy}", "{dd} {own}/{en} {yyyy}", "{dd} {own}/{en} {yy}", "{dd}.{mm}.{yy}", "{dd} {roman} {yyyy}",
    "{d} {English} {yyyy}", "{dd}{mm}{yyyy}",
)  # fmt: skip
_NUMBERS = (
    "999999999", "AA9999999", "A99999999", "A9999999", "AA999999", "99999999", "AAA999999", "999 999 999", "99999999-9",
    "9999999999", "99AA99999", "9999 9999 9999", "A9999-99999-99999", "XXXXXXXXX", "AA 999999", "999999-9999",
    "99.999.999-9", "999-9999-9999999-9", "AA-99-9999999", "99999", "AAAA999999AAAAAA99", "999999 99 9999",
)  # fmt: skip
#: Fields of which an entry names a few values only; most are made from the lists of the world's words.
_FEW = frozenset(("address", "place_of_birth", "place_of_issue"))
_RARELY_BLANK = frozenset(("surname", "given_names", "name", "document_number", "birth_date"))
_HAN = "东西南北中山河江湖海城门安平和兴长永新福德文武三四五六七八大小上下石林桥塘沙泉溪岭坪沟湾园苑庄堡寨屯营"
#: Fields whose values are one of a few, as documents print them.
_ONE_OF: Mapping[str, Sequence[str]] = {
    "eye_colour": "BRO BLU GRN HAZ BLK BROWN BLUE GREEN HAZEL GREY BRUN BLEU VERT BRAUN BLAU CASTAÑO".split(),
    "hair_colour": "BRO BLK BLN GRY RED BROWN BLACK BLOND NEGRO".split(),
    "blood_group": "A+|B+|O+|AB+|A-|0+|A Rh+|O RH POSITIVE|A(II) Rh+|-".split("|"),
    "vehicle_classes": (
        "B|A B|AM B|A1 A B BE|B1 B|C|D|DM|AM A1 A2 A B1 B|A, B, C|A/B/C|B C1 C|CLASS C|5|G|B2|C1|LMV|MCWG|AB|C1E|B, BE"
        "|A1 B"
    ).split("|"),
    "permanent": "长期 PERMANENT UNBEFRISTET INDEFINIDO ILLIMITÉE".split(),
    "entries": "1 2 MULT M 01 MULTIPLE SINGLE ONE многократная".split(),
    "duration_of_stay": "30|90|15|90 DAYS|XXX|030|180|30 DAYS".split("|"),
    "visa_class": "C D B1/B2 R F1 A TOURIST H1B L M Z BUSINESS".split(),
    "ethnicity": "汉 回 满 壮 维吾尔 苗 蒙古 藏 UZBEK KYRGYZ Хазара".split(),
    "category": (
        "PERMANENT RESIDENT|LONG-TERM RESIDENT-EU|FAMILY MEMBER|STUDENT|WORK|ZAPOSLITEV|AUFENTHALTSERLAUBNIS"
        "|NIEDERLASSUNGSERLAUBNIS|RESIDENCIA PERMANENTE|CARTE DE SEJOUR|留学|永住者|技術・人文知識・国際業務"
        "|POBYT CZASOWY|SOGGIORNO|IR1|C09|SKILLED WORKER"
    ).split("|"),
    "restrictions": "NONE|01|A|B|01.06|CORRECTIVE LENSES|B CORR LENS|眼鏡等|70|X".split("|"),
    "endorsements": (
        "NONE|M|SEE PAGE 27|HTPN|VALID ONLY FOR OFFICIAL TRAVEL|ARBEIT ERLAUBT|NO PUBLIC FUNDS|Permits work"
        "|TRAVAIL AUTORISE|AUTORIZA A TRABAJAR|P|THIS PASSPORT REPLACES PASSPORT"
    ).split("|"),
}
#: Fields that the lists of the world's words have values of.
_WORDS = frozenset(("profession", "religion", "marital_status"))


class Holder:
    """A person with a document: `value(field)` is what the document prints, the same every time it is asked."""

    def __init__(self, entry: Mapping[str, Any], rng: random.Random) -> None:
        self.entry, self.rng = entry, rng
        self.state = str(entry.get("state", "UTO"))
        self.language = str(entry.get("language") or rng.choice(language_of_state(self.state) or ["en"]))
        foreign = entry["kind"] in ("residence_permit", "visa") and rng.random() < 0.8
        own = peoples_of_state(self.state) or (self.language,)
        people = rng.choice(_languages() if foreign or rng.random() < 0.06 else own)
        self.person = world_person(rng, people)
        self.people = people
        self.upper = bool(entry.get("upper", True)) if rng.random() < 0.9 else rng.random() < 0.5
        self.coined = rng.choice((0.0, 0.1, 0.3, 0.6))
        # How many fields this holder has no value for: captions with nothing beside them are what teaches silence.
        self.blank = rng.choice((0.02, 0.02, 0.05, 0.1, 0.25))
        self.dates = self._dates()
        self.known: dict[str, str] = {}
        self.facts: dict[str, str] | None = None

    def _dates(self) -> dict[str, date]:
        rng, birth = self.rng, self.person.birth_date
        issue = max(birth + timedelta(days=30), TODAY - timedelta(days=rng.randrange(30, 12 * 365)))
        years = rng.choice((1, 2, 5, 5, 10, 10, 10, 15))
        expiry = issue.replace(year=issue.year + years, day=min(issue.day, 28)) - timedelta(days=rng.choice((0, 1)))
        start = issue + timedelta(days=rng.choice((0, 0, 5, 30)))
        return {"birth_date": birth, "issue_date": issue, "valid_from": start, "expiry_date": expiry}

    def value(self, name: str) -> str:
        """The printed value of a field or placeholder; empty where the holder has none."""
        if name not in self.known:
            chance = 0.3 * self.blank if name in _RARELY_BLANK else self.blank
            self.known[name] = "" if self.rng.random() < chance else self._make(name)
        return self.known[name]

    def _make(self, name: str) -> str:
        words = self.entry.get("words", {}).get(name)
        if words and self.rng.random() < (0.3 if name in _FEW else 0.8):
            return str(self.rng.choice(words) if isinstance(words, list) else words)
        if name in _ONE_OF:
            return self.rng.choice(_ONE_OF[name])
        if name in _WORDS:
            return self._cased(world_word(self.rng, self.language, name))
        if name in self.dates:
            return self._date(name)
        match name:
            case "document_number" | "personal_number":
                return self._formatted(name)
            case "card_access_number":
                return document_number(self.rng, "999999")
            case "father_name" | "mother_name" | "spouse_name":
                return self._relative(getattr(self.person, name.removesuffix("_name")))
            case "surname_native":
                return self._cased(self.person.native_surname)
            case "given_names_native":
                return self._cased(self.person.native_given)
        return str(getattr(self, f"_{name}", self._free)())

    def filler(self, placeholder: str) -> str:
        """`?digits:PATTERN` or `?words:A|B|C`."""
        kind, _, rest = placeholder.removeprefix("?").partition(":")
        return document_number(self.rng, rest) if kind == "digits" else self.rng.choice(rest.split("|"))

    # names

    def _cased(self, text: str) -> str:
        return text.upper() if self.upper else text

    def _part(self, text: str) -> str:
        """A part of a name, or one coined in its place."""
        if text and text.isascii() and self.rng.random() < self.coined:
            letters = "".join(self.rng.choice(string.ascii_lowercase) for _ in range(self.rng.randint(2, 9)))
            text = (letters[0].upper() + letters[1:]).translate(str.maketrans("qxw", "kos"))
        return self._cased(text)

    def _native_names(self) -> bool:
        return self.entry.get("names", "latin") == "native" and bool(self.person.native_surname)

    def _surname(self) -> str:
        if self._native_names():
            return self._cased(self.person.native_surname)
        return self._part(self.person.surname)

    def _given_names(self) -> str:
        return self._titled(self._own_given_names())

    def _titled(self, text: str) -> str:
        """Now and then with a title, as British, Thai and Indian documents have them."""
        titles = ("MR", "MRS", "MISS", "MS", "DR", "MR.", "SHRI", "SMT", "DR.", "MASTER", "น.ส.", "นาย", "นาง")
        return f"{self.rng.choice(titles)} {text}" if text and self.rng.random() < 0.02 else text

    def _own_given_names(self) -> str:
        if self._native_names():
            return self._cased(" ".join(filter(None, (self.person.native_given, self.person.patronymic.native))))
        return self._part(self.person.given_names)

    def _name_native(self) -> str:
        return self._cased(self.person.native_name)

    def _name_latin(self) -> str:
        surname, given = self._part(self.person.surname), self._part(self.person.given_names)
        form = self.rng.choice(("{g} {s}", "{s} {g}", "{s}, {g}"))
        return form.format(s=surname, g=given).strip(" ,")

    def _name(self) -> str:
        native = self.entry.get("names", "latin") in ("native", "both") and self.person.native_surname
        return self._name_native() if native else self._name_latin()

    def _in_script(self, name: Name) -> str:
        """A name in the script that the document prints names in."""
        native = self.entry.get("names", "latin") != "latin" and self.rng.random() < 0.8
        return (name.native if native else name.latin) or name.latin

    def _relative(self, own: Name) -> str:
        return self._cased(self._in_script(own) or f"{self.person.given_names} {self.person.surname}")

    def _maiden_name(self) -> str:
        return self._cased(self._in_script(self.person.maiden) or world_person(self.rng, self.people).surname)

    def _alias(self) -> str:
        return self._cased(world_person(self.rng, self.people).given_names)

    # what is closed or has a form

    def _sex(self) -> str:
        words = str(self.entry.get("sex", "M|F")).split("|")
        return words[("M", "F").index(self.person.sex) % len(words)]

    def _date(self, name: str) -> str:
        styles = self.entry.get("dates", {})
        style = str(styles.get(name) or self.entry.get("date") or self.rng.choice(_STYLES))
        self.known.setdefault("?style", style)
        return print_day(self.dates[name], self.known["?style"] if name not in styles else style, self.language)

    def _formatted(self, name: str) -> str:
        patterns = self.entry.get("formats", {}).get(name)
        patterns = patterns if isinstance(patterns, list) else [patterns] if patterns else []
        pattern = str(self.rng.choice(patterns)) if patterns and self.rng.random() < 0.85 else self.rng.choice(_NUMBERS)
        if pattern.startswith("="):
            try:
                return personal_number(self.rng, pattern[1:], self.person)  # type: ignore[arg-type]
            except (KeyError, ValueError, AttributeError):
                pattern = self.rng.choice(_NUMBERS)
        return in_digits(pattern, lambda plain: document_number(self.rng, plain))

    def _passport_number(self) -> str:
        if self.entry.get("formats", {}).get("passport_number"):
            return self._formatted("passport_number")
        return document_number(self.rng, self.rng.choice(_NUMBERS[:8]))

    def _document_type(self) -> str:
        return str(self.entry.get("code") or self.rng.choice(("P", "PP", "ID", "I", "V", "PA", "PN")))

    def _issuing_country(self) -> str:
        return self.state if self.rng.random() < 0.6 else state_name(self.rng, self.state, self.language)

    def _nationality(self) -> str:
        state = self.state if self.people == self.language else self.rng.choice(_STATES)
        return state if self.rng.random() < 0.4 else self._cased(state_name(self.rng, state, self.language))

    def _height(self) -> str:
        return (
            self.rng.choice(("{} cm", "{}", "{}cm", "1,{1} m", "1.{1}")).format(
                number := self.rng.randint(150, 199), str(number)[1:]
            )
            if self.rng.random() < 0.7
            else f"{self.rng.randint(4, 6)}'-{self.rng.randint(0, 11):02d}\""
        )

    def _weight(self) -> str:
        return self.rng.choice(("{} kg", "{}", "{} lb", "{}kg")).format(self.rng.randint(45, 220))

    # places and wording

    def _place(self, language: str) -> str:
        if self.rng.random() < 0.4 * self.coined:
            return self._coined()
        return self._in_script(world_place(self.rng, language))

    def _coined(self) -> str:
        """A word of no language, of syllables."""
        count = self.rng.randint(2, 4)
        word = "".join(self.rng.choice("bcdfghjklmnprstvz") + self.rng.choice("aeiou") for _ in range(count))
        return (word + self.rng.choice(("", "n", "r", "s", "l"))).title()

    def _place_of_birth(self) -> str:
        place = self._place(self.people)
        forms = ("{p}",) * 4 + ("{p}, {s}", "{p} {s}", "{p} / {s}", "{p} ({s})", "{p}-{s}", "{c}", "{p}, {c}")
        other = self.rng.choice((self.state, self._place(self.people)))
        state = self.rng.choice((self.state, self.rng.choice(_STATES)))
        country = state_name(self.rng, state, self.rng.choice((self.language, "en")))
        return self._cased(self.rng.choice(forms).format(p=place, s=other, c=country))

    def _place_of_issue(self) -> str:
        return self._cased(self._place(self.language))

    def _authority(self) -> str:
        rng, office = self.rng, world_authority(self.rng, self.language, self.state)
        letters = "".join(rng.choice(string.ascii_uppercase) for _ in range(rng.randint(2, 5)))
        forms = ("{o}",) * 12 + ("{p}", "{p}", "{o} {p}", "{o}, {p}", "{o} - {p}", "{l}", "{l} {n}", "{l}-{p}", "{n}")
        form = rng.choice(forms)
        return self._cased(form.format(o=office, p=self._place(self.language), l=letters, n=rng.randint(1, 99999)))

    def _address(self) -> str:
        text = world_address(self.rng, self.language, self.state)
        if self.language.startswith("zh"):
            text = self._chinese_address(text)
        return self._cased(text)

    def _chinese_address(self, text: str) -> str:
        """An address with what follows its district on cards: villages and groups, estates, buildings and rooms."""
        rng = self.rng
        if self.state == "CHN" and rng.random() < 0.5:
            text = chinese_address(rng, "training")[0]
        cut = rng.choice((text, text, re.sub(r"\d.*$", "", text)))
        name = "".join(rng.choice(_HAN) for _ in range(rng.randint(1, 3)))
        number = rng.randint(1, 999)
        ends = (
            "", "", f"{name}村{number % 30}组", f"{name}镇{name}村", f"{name}路{number}号",
            f"{name}小区{number % 40}栋{number}室", f"{name}街道居民组", f"{number}号", f"{name}乡",
            f"{number}弄{number % 60}号{number}室", f"{name}居委会{number % 20}组",
        )  # fmt: skip
        return cut + rng.choice(ends)

    def _free(self) -> str:
        """A value of a field that nothing is known of: words, or a number."""
        if self.rng.random() < 0.4:
            return document_number(self.rng, self.rng.choice(_NUMBERS))
        return self._cased(" ".join(self._place(self.people) for _ in range(self.rng.randint(1, 3))))

    def zone(self, entry: Mapping[str, Any]) -> dict[str, str]:
        """What the document's MRZ says, by field."""
        number = "".join(c for c in self.value("document_number") if c.isalnum())
        personal = "".join(c for c in self.known.get("personal_number", "") if c.isalnum())
        facts = {
            "format": str(entry["mrz"]),
            "surname": mrz_name(self.person.surname) if self.coined == 0 else mrz_name(self._zone_name("surname")),
            "given_names": mrz_name(self._zone_name("given_names")),
            "document_number": number,
            "personal_number": personal if len(personal) < 16 else "",
            "birth_date": self.dates["birth_date"].isoformat(),
            "expiry_date": self.dates["expiry_date"].isoformat(),
            "nationality": self.state,
            "issuing_country": self.state,
            "sex": self.person.sex,
        }
        facts["lines"] = "\n".join(_zone_lines(facts, _ZONE_CODES[str(entry["kind"])]))
        facts["surname"] = facts["surname"].replace("<", " ")
        facts["given_names"] = facts["given_names"].replace("<", " ")
        return facts

    def _zone_name(self, name: str) -> str:
        """The Latin spelling of a name as the document prints it, else the holder's own."""
        printed = self.known.get(name, "")
        own = self.person.surname if name == "surname" else self.person.given_names
        return printed if printed and not any(c > "\u036f" for c in printed) else own


#: The zone's first letters by kind (Doc 9303 parts 4 to 7, Regulation (EC) 1030/2002).
_ZONE_CODES = {
    "passport": "P",
    "visa": "V",
    "residence_permit": "IR",
    "id_card": "I",
    "chinese_id_card": "I",
    "driving_licence": "D",
}


def _zone_lines(facts: Mapping[str, str], code: str) -> list[str]:
    """The lines of the zone, which begin with `code`; a format that has no composer prints a passport's."""
    days = [f"{facts[name][2:4]}{facts[name][5:7]}{facts[name][8:10]}" for name in ("birth_date", "expiry_date")]
    fields = MrzFields(
        code, facts["issuing_country"], facts["surname"], facts["given_names"], facts["document_number"][:9],
        facts["nationality"], days[0], facts["sex"], days[1], facts["personal_number"][:14],
    )  # fmt: skip
    form = facts["format"].replace("MRVA", "MRV-A").replace("MRVB", "MRV-B")
    return COMPOSERS.get(form, COMPOSERS["TD3"])(fields)


@cache
def _languages() -> tuple[str, ...]:
    return world_languages()


_STATES = (
    "DEU FRA ESP ITA POL PRT GBR USA CAN MEX BRA ARG CHL PER COL IND PAK BGD CHN JPN KOR VNM THA IDN PHL TUR IRN IRQ"
    " SYR EGY MAR TUN DZA NGA GHA KEN ETH ZAF UKR RUS BLR KAZ UZB GEO ARM AZE SRB BIH HRV SVN CZE SVK HUN ROU BGR GRC"
    " ALB MKD SWE NOR DNK FIN EST LVA LTU NLD BEL LUX CHE AUT IRL ISL AUS NZL"
).split()
