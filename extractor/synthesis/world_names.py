"""How names are put together by each people: patronymics, double surnames, feminine forms, particles, mononyms.

Every function takes and gives the name in the language's own script; romanisation comes after. The word lists that
these rules draw from are those of `extractor.synthesis.world`.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from extractor.synthesis.people import polish_feminine

_ICELANDIC_IRREGULAR = {"Egill": "Egils", "Jón": "Jóns", "Björn": "Bjarnar", "Örn": "Arnar"}

_PARTICLES = {"es": ("de ", "de la ", "del "), "pt": ("de ", "da ", "do ", "dos ")}


def feminine(language: str, surname: str) -> str:
    """The form of a surname that a woman of that people bears; most peoples have one form."""
    rule = _FEMININE.get(language)
    return "-".join(rule(part) for part in surname.split("-")) if rule else surname


def _czech(name: str) -> str:
    if name.endswith(("ová", "á")):
        return name
    if name.endswith(("ý", "ík")):
        return name[:-1] + "á" if name.endswith("ý") else name + "ová"
    if name.endswith("ek"):
        return name[:-2] + "ková"
    if name.endswith(("ec", "el")) and len(name) > 4:
        return name[:-2] + name[-1] + "ová"
    return (name[:-1] if name.endswith(("a", "o", "e", "ě")) else name) + "ová"


def _lithuanian(name: str) -> str:
    for masculine, form in (("ius", "ienė"), ("aitis", "aitė"), ("as", "ienė"), ("is", "ytė"), ("ys", "ytė")):
        if name.endswith(masculine):
            return name.removesuffix(masculine) + form
    return name.removesuffix("us") + "utė" if name.endswith("us") else name


def _latvian(name: str) -> str:
    if name.endswith("is") or name.endswith("us"):
        return name[:-2] + "e" if name.endswith("is") else name
    return name[:-1] + "a" if name.endswith(("s", "š")) else name


def _slavic(name: str) -> str:
    if name.endswith(("ов", "ев", "єв", "ёв", "ин", "ын", "ін", "аў", "еў", "оў", "ёў", "їн")):
        return name[:-1] + "ва" if name.endswith("ў") else name + "а"
    if name.endswith(("ський", "цький", "зький")):
        return name[:-2] + "а"
    if name.endswith(("ский", "цкий", "ской")):
        return name[:-2] + "ая"
    if name.endswith(("скі", "цкі")):
        return name[:-1] + "ая"
    return name[:-1] + "а" if name.endswith(("ски", "цки", "ки")) else name


def _turkic(name: str) -> str:
    return (
        name + ("а" if name[-1] in "вн" else "a")
        if name.endswith(("ов", "ев", "ин", "ov", "ev", "yev", "ew", "ow"))
        else name
    )


def _greek(name: str) -> str:
    for masculine, form in (("ος", "ου"), ("ης", "η"), ("ής", "ή"), ("ας", "α"), ("άς", "ά"), ("ός", "ού")):
        if name.endswith(masculine):
            return name.removesuffix(masculine) + form
    return name


_FEMININE: dict[str, Callable[[str], str]] = {
    "cs": _czech,
    "el": _greek,
    "pl": polish_feminine,
    "sk": _czech,
    "lt": _lithuanian,
    "lv": _latvian,
    "uk": _slavic,
    "be": _slavic,
    "bg": _slavic,
    "mk": _slavic,
    "kk": _turkic,
    "ky": _turkic,
    "tg": _turkic,
    "az": _turkic,
    "uz": _turkic,
    "tk": _turkic,
}


def patronymic(language: str, father: str, sex: str) -> str:
    """The patronymic that documents of `language` print, or nothing where they print none."""
    man = sex == "M"
    last = father[-1]
    match language:
        case "uk":
            if last in "йо":
                return (
                    father[:-1] + ("йович" if man else "ївна")
                    if last == "й"
                    else father[:-1] + ("ович" if man else "івна")
                )
            return father.rstrip("ьая") + ("ович" if man else "івна")
        case "be":
            return father.rstrip("ьйая") + ("авіч" if man else "аўна")
        case "bg":
            stem = father.rstrip("йаяое")
            return stem + ("ов" if man else "ова") if stem else ""
        case "mk":
            return father.rstrip("аое") + ("ов" if man else "ова")
        case "kk":
            return father + ("ұлы" if man else "қызы")
        case "ky":
            return father + (" уулу" if man else " кызы")
        case "tg":
            return father + ("ович" if man else "овна")
        case "az":
            return father + (" oğlu" if man else " qızı")
        case "uz":
            return father + (" o‘g‘li" if man else " qizi")
        case "tk":
            return father + ("owiç" if man else "owna")
        case "is":
            return icelandic_genitive(father) + ("son" if man else "dóttir")
        case "ms":
            return ("bin " if man else "binti ") + father
    return ""


def icelandic_genitive(name: str) -> str:
    """A man's name as it stands before -son and -dóttir."""
    if name in _ICELANDIC_IRREGULAR:
        return _ICELANDIC_IRREGULAR[name]
    if name.endswith("ur"):
        return name[:-2] + "s"
    if name.endswith(("ll", "nn")):
        return name[:-1] + "s"
    return name[:-1] + "u" if name.endswith("a") else name[:-1] + "a" if name.endswith("i") else name.rstrip("s") + "s"


def double_surname(rng: random.Random, language: str, one: str, other: str) -> str:
    """A surname of two: both in a row for Iberian peoples, now and then with a hyphen for others."""
    if language == "ca":
        return f"{one} i {other}" if rng.random() < 0.03 else f"{one} {other}"
    if language in _PARTICLES:
        particle = rng.choice(_PARTICLES[language]) if rng.random() < 0.08 else ""
        return f"{particle}{one} {other}"
    return f"{one}-{other}"


def vietnamese_given(rng: random.Random, sex: str, middle: str, given: str) -> str:
    """Middle and given name: Văn and Thị are usual, but not the rule."""
    usual = "Văn" if sex == "M" else "Thị"
    parts = rng.choices(((usual, given), (middle, given), (usual, middle, given), (given,)), (4, 5, 2, 0.4))[0]
    return " ".join(dict.fromkeys(parts))
