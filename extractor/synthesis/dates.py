"""Dates as each state prints them: a style such as `{dd} {en}/{fr} {yy}` filled in."""

from __future__ import annotations

from datetime import date

from extractor.synthesis.addresses import arabic_digits

_MONTHS = {
    "en": "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC",
    "En": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "English": "January February March April May June July August September October November December",
    "fr": "JAN FÉV MARS AVR MAI JUIN JUIL AOÛT SEPT OCT NOV DÉC",
    "de": "JAN FEB MÄR APR MAI JUN JUL AUG SEP OKT NOV DEZ",
    "es": "ENE FEB MAR ABR MAY JUN JUL AGO SEP OCT NOV DIC",
    "it": "GEN FEB MAR APR MAG GIU LUG AGO SET OTT NOV DIC",
    "pt": "JAN FEV MAR ABR MAI JUN JUL AGO SET OUT NOV DEZ",
    "nl": "JAN FEB MRT APR MEI JUN JUL AUG SEP OKT NOV DEC",
    "pl": "STY LUT MAR KWI MAJ CZE LIP SIE WRZ PAŹ LIS GRU",
    "ga": "EAN FEA MÁR AIB BEA MEI IÚI LÚN MFÓ DFÓ SAM NOL",
    "zh": "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
    "ko": "1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
}
#: Month names as documents print them, by the name a style uses; a capital first letter means mixed case.
MONTHS = {name: months.split() for name, months in _MONTHS.items()}
#: First days of the Japanese eras (Era Name Act).
_ERAS = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
)


def print_date(day: date, style: str) -> str:
    """`day` in `style`: `{d} {dd} {m} {mm} {yy} {yyyy}`, a month's name by language, `{era}` for the Japanese year;
    a style that begins with `٠` has Arabic-Indic digits."""
    parts = {
        "d": day.day,
        "dd": f"{day.day:02d}",
        "m": day.month,
        "mm": f"{day.month:02d}",
        "yy": f"{day.year % 100:02d}",
        "yyyy": f"{day.year:04d}",
        "era": _japanese_year(day),
        **{name: months[day.month - 1] for name, months in MONTHS.items()},
    }
    text = style.removeprefix("٠").format(**parts)
    return arabic_digits(text) if style.startswith("٠") else text


def _japanese_year(day: date) -> str:
    for first, name in _ERAS:
        if day >= first:
            year = day.year - first.year + 1
            return name + ("元" if year == 1 else str(year))
    return str(day.year)


def years_later(day: date, years: int) -> date:
    """The same day `years` on; the 29th of February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
