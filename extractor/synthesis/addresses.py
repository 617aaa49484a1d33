"""Invented addresses and places in each state's own order, from the pool's word lists.

Chinese addresses begin with a real province, prefecture and county, because the citizen number encodes the county
(GB/T 2260, `words/regions_cn.json`); what follows is invented.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

from extractor.synthesis.pools import Pool, pool_of, whole_word_list, word_file, word_list

_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def invent_address(rng: random.Random, pool: Pool, language: str, state: str = "") -> str:
    """An address of one to three lines (`\\n` between them) as documents in `language` print it."""
    makers = {"ja": _japanese, "ko": _korean, "ru": _russian, "ar": _arabic}
    if language in makers:
        return makers[language](rng, pool)
    if language == "zh":
        return chinese_address(rng, pool)[0]
    if state == "USA":
        return _american(rng, pool)
    return _european(rng, pool, language, state)


def invent_place(rng: random.Random, pool: Pool, language: str) -> str:
    """A place of birth or issue, in Latin letters or, for Russian, in Cyrillic."""
    if language == "ar":
        return rng.choice(word_list("ar", "cities", pool)).split(":")[1]
    if language == "ja":
        return rng.choice([p for p in whole_word_list("ja", "prefectures_roman") if pool_of(p) == pool])
    return rng.choice(word_list(language, "cities", pool))


def digits(rng: random.Random, count: int) -> str:
    """`count` digits, the first of them not zero."""
    return str(rng.randint(10 ** (count - 1), 10**count - 1))


def arabic_digits(text: str) -> str:
    """ASCII digits as Arabic-Indic ones."""
    return text.translate(_ARABIC_DIGITS)


def _house(rng: random.Random) -> str:
    return str(rng.choice((rng.randint(1, 40), rng.randint(1, 260)))) + (
        rng.choice("abcd") if rng.random() < 0.1 else ""
    )


def _american(rng: random.Random, pool: Pool) -> str:
    city, state = rng.choice(word_list("en", "us_cities", pool)).split(",")
    flat = f" Apt {rng.randint(1, 48)}{rng.choice('ABCD')}" if rng.random() < 0.2 else ""
    house, street = rng.randint(10, 19999), rng.choice(word_list("en", "streets", pool))
    return f"{house} {street}{flat}\n{city}, {state} {digits(rng, 5)}"


def _european(rng: random.Random, pool: Pool, language: str, state: str) -> str:
    street, house = rng.choice(word_list(language, "streets", pool)), _house(rng)
    city = rng.choice(word_list(language, "cities", pool, state))
    form, code = _FORMS.get(state) or _FORMS[language]
    extra = rng.choice(_EXTRAS.get(state) or _EXTRAS.get(language, ("",))) if rng.random() < 0.3 else ""
    province = rng.choice(whole_word_list("it", "provinces")) if language == "it" else ""
    number = _postcode(rng, code)
    text = form.format(street=street, house=house, extra=extra.format(n=rng.randint(1, 60)), code=number, city=city)
    text += f" ({province})" if province else ""
    return "\n".join(line.strip() for line in text.split("\n"))


#: Address forms and postcodes (`9` a digit, `A` a letter) by state, else by language.
_FORMS = {
    "en": ("{extra} {house} {street}\n{city} {code}", "AA9 9AA"),
    "IRL": ("{house} {street}{extra}\n{city} {code}", "A99 A9A9"),
    "KEN": ("{house} {street}\n{city} {code}", "99999"),
    "fr": ("{house} {street}{extra}\n{code} {city}", "99999"),
    "BEL": ("{street} {house}{extra}\n{code} {city}", "9999"),
    "LUX": ("{house}, {street}{extra}\nL-{code} {city}", "9999"),
    "de": ("{street} {house}{extra}\n{code} {city}", "99999"),
    "AUT": ("{street} {house}{extra}\n{code} {city}", "9999"),
    "CHE": ("{street} {house}{extra}\n{code} {city}", "9999"),
    "es": ("{street} {house}{extra}\n{code} {city}", "99999"),
    "it": ("{street} {house}{extra}\n{code} {city}", "99999"),
    "pt": ("{street} {house}{extra}\n{code} {city}", "9999-999"),
    "BRA": ("{street}, {house}{extra}\n{city} - CEP {code}", "99999-999"),
    "pl": ("{street} {house}{extra}\n{code} {city}", "99-999"),
}
_EXTRAS = {
    "en": ("Flat {n},", "Unit {n},", "The Old Mill,"),
    "IRL": (", Apt {n}",),
    "fr": (", Bât. B", ", Appt {n}", "\nRésidence Les Pins"),
    "BEL": (" bte {n}",),
    "de": (" Whg. {n}", " Hinterhaus"),
    "AUT": ("/{n}", "/Stg. 2/{n}"),
    "es": (" 1º A", " 4º B", " Esc. {n} 3º D", " Int. {n}"),
    "it": (" int. {n}", " sc. B"),
    "pt": (", 2º Dto", ", {n}º Esq", ", R/C"),
    "BRA": (", Apto {n}", ", Bloco B"),
    "pl": ("/{n}", " m. {n}"),
}


def _postcode(rng: random.Random, form: str) -> str:
    return "".join(
        str(rng.randint(0, 9)) if c == "9" else rng.choice("ABDEFGHJLNPRSTWY") if c == "A" else c for c in form
    )


def _russian(rng: random.Random, pool: Pool) -> str:
    city, street = rng.choice(word_list("ru", "cities", pool)), rng.choice(word_list("ru", "streets", pool))
    block = f", корп. {rng.randint(1, 5)}" if rng.random() < 0.2 else ""
    return f"г. {city}, {street}, д. {_house(rng)}{block}, кв. {rng.randint(1, 240)}"


def _japanese(rng: random.Random, pool: Pool) -> str:
    prefecture = rng.choice(whole_word_list("ja", "prefectures"))
    city, town = rng.choice(word_list("ja", "cities", pool)), rng.choice(word_list("ja", "towns", pool))
    a, b, c = rng.randint(1, 9), rng.randint(1, 40), rng.randint(1, 30)
    number = rng.choice((f"{a}丁目{b}番{c}号", f"{a}-{b}-{c}", f"{b}番地{c}"))
    flat = (
        f" {rng.choice(('コーポ', 'メゾン', 'ハイツ'))}{town[0]} {rng.randint(101, 909)}" if rng.random() < 0.2 else ""
    )
    return f"{prefecture}{city}{town}{number}{flat}"


def _korean(rng: random.Random, pool: Pool) -> str:
    city, street = rng.choice(word_list("ko", "cities", pool)), rng.choice(word_list("ko", "streets", pool))
    number = str(rng.randint(1, 480)) + (f"-{rng.randint(1, 30)}" if rng.random() < 0.3 else "")
    flat = f", {rng.randint(101, 119)}동 {rng.randint(1, 24)}{rng.randint(1, 6):02d}호" if rng.random() < 0.6 else ""
    return f"{city} {street} {number}{flat}"


def _arabic(rng: random.Random, pool: Pool) -> str:
    city = rng.choice(word_list("ar", "cities", pool)).split(":")[0]
    street = rng.choice(word_list("ar", "streets", pool))
    return f"{arabic_digits(str(rng.randint(1, 240)))} {street}\n{city}"


@dataclass(frozen=True)
class AddressRegion:
    """A county or district: its code after GB/T 2260 and its names; a municipality's district has no prefecture."""

    code: str
    province: str
    prefecture: str
    county: str


@cache
def regions() -> tuple[AddressRegion, ...]:
    """Every county."""
    return tuple(
        AddressRegion(county[:6], province, prefecture, county[6:])
        for province, prefectures in word_file("regions_cn").items()
        for prefecture, counties in prefectures.items()
        for county in counties.split()
    )


@cache
def pool_regions(pool: Pool) -> tuple[AddressRegion, ...]:
    """The counties of `pool`; a county belongs to one pool by its own name, its province is common."""
    return tuple(region for region in regions() if pool_of(region.prefecture + region.county) == pool)


def chinese_address(rng: random.Random, pool: Pool) -> tuple[str, str]:
    """An address as a resident card prints it, in one line, and the code of its county."""
    region = rng.choice(pool_regions(pool))
    if rng.random() < 0.55:
        tail = _road(rng, pool) + f"{rng.randint(1, 999)}号"
        if rng.random() < 0.6:
            estate = _coined_place(rng, pool, 2) + rng.choice(whole_word_list("zh", "estates"))
            tail += f"{estate}{rng.randint(1, 30)}栋" if rng.random() < 0.5 else estate
            if rng.random() < 0.7:
                tail += f"{rng.randint(1, 6)}单元{rng.randint(1, 32)}0{rng.randint(1, 6)}" + rng.choice(
                    ("", "室", "号")
                )
    else:
        tail = _coined_place(rng, pool, 2) + rng.choice(whole_word_list("zh", "towns"))
        tail += _coined_place(rng, pool, rng.choice((1, 2))) + rng.choice(whole_word_list("zh", "villages"))
        houses = rng.randint(1, 300)
        tail += rng.choice((f"{houses % 19 + 1}组", f"{houses}号", f"{houses % 12 + 1}组{houses}号"))
    # A city's own district is often printed without the province, as older cards do.
    start = region.prefecture if rng.random() < 0.2 else region.province + region.prefecture
    return start + region.county + tail, region.code


def chinese_authority(rng: random.Random, pool: Pool) -> str:
    """The public security office that issues a resident card: a county's own, or a city's branch in a district."""
    region = rng.choice(pool_regions(pool))
    if region.county.endswith("区"):
        branch = region.county if len(region.county) == 2 else region.county.removesuffix("区")
        return f"{region.prefecture or region.province}公安局{branch}分局"
    return f"{region.county}公安局"


def _road(rng: random.Random, pool: Pool) -> str:
    name = rng.choice(word_list("zh", "roads", pool)) if rng.random() < 0.4 else _coined_place(rng, pool, 2)
    return name + rng.choice(whole_word_list("zh", "road_suffixes"))


def _coined_place(rng: random.Random, pool: Pool, length: int) -> str:
    characters = word_file("zh")["place"]
    while True:
        name = "".join(rng.choice(characters) for _ in range(length))
        if pool_of(name) == pool:
            return name
