"""Months in words, in every language that the reader knows."""

from datetime import date

from extractor.schemas.data import load_table
from extractor.schemas.dates import find_dates, parse_date

from ...tables import each

TODAY = date(2026, 3, 1)

#: One full and one short month in every language that the reader knows, as documents print them.
IN_WORDS = """
en: 12 August 1974 = 12 AUG 1974
fr: 12 août 1974 = 12 AOÛT 1974
fr: 1er février 1990 = 01 FÉVR 1990
es: 5 enero 2001 = 05 ENE 2001
de: 3. März 1988 = 3 MÄR 1988
de: 1 Jänner 1999 = 01.JÄN.1999
it: 30 settembre 1966 = 30 SET/SEP 1966
pt: 9 março 2015 = 09 MAR 2015
nl: 27 augustus 1991 = 27 AUG/AUG 1991
nl: 4 maart 1965 = 04 MRT 1965
pl: 8 października 2003 = 08 PAŹ 2003
pl: 2 września 1980 = 02 WRZ/SEP 1980
cs: 11. května 1977 = 11 KVĚ/MAY 1977
cs: 6 července 2012 = 06 ČVC/JUL 2012
cs: 6 června 2012 = 06 ČVN/JUN 2012
sk: 15. augusta 1984 = 15 AUG 1984
hr: 20. siječnja 1971. = 20 SIJ/JAN 1971
sl: 7. avgust 1993 = 07 AVG/AUG 1993
sr: 25 октобар 1969 = 25 ОКТ/OCT 1969
ro: 14 iulie 2000 = 14 IUL/JUL 2000
hu: 23 szeptember 1956 = 23 SZEPT/SEP 1956
fi: 6 joulukuu 1917 = 06 JOULU/DEC 1917
sv: 6 juni 1983 = 06 JUN/JUN 1983
da: 17 oktober 1952 = 17 OKT/OCT 1952
no: 17. mai 1914 = 17 MAI/MAY 1914
is: 17. júní 1944 = 17 JÚN/JUN 1944
et: 24. veebruar 1918 = 24 VEEBR/FEB 1918
lv: 18 novembris 1918 = 18 NOV/NOV 1918
lt: 16 vasario 1918 = 16 VAS/FEB 1918
sq: 28 nëntor 1912 = 28 NËN/NOV 1912
tr: 29 Ekim 1923 = 29 EKİ/OCT 1923
az: 28 may 1918 = 28 MAY/MAY 1918
ga: 3 Lúnasa 1979 = 03 LÚN/AUG 1979
ga: 3 Meán Fómhair 1979 = 03 MFO/SEP 1979
mt: 13 diċembru 1974 = 13 DIĊ/DEC 1974
id: 17 Agustus 1945 = 17 AGU 1945
ms: 31 Ogos 1957 = 31 OGO 1957
ru: 12 апреля 1961 = 12 АПР/APR 1961
uk: 24 серпня 1991 = 24 СЕР/AUG 1991
bg: 3 март 1978 = 03 МАР/MAR 1978
el: 25 Μαρτίου 1921 = 25 ΜΑΡ/MAR 1921
th: 12 สิงหาคม 2517 = 12 ส.ค. 2517
ar: 12 أغسطس 1974 = ١٢ أغسطس ١٩٧٤
ar: 23 تشرين الأول 1973 = 23 أكتوبر 1973
"""
ROWS = [line.partition(": ")[::2] for line in IN_WORDS.strip().splitlines()]


def test_the_table_below_has_every_language() -> None:
    assert {language for language, _ in ROWS} == set(load_table("months"))


@each(("language", "row"), ROWS)
def test_full_and_short_months_mean_the_same_day(language: str, row: str) -> None:
    full, short = row.split(" = ")
    found = find_dates(full, today=TODAY)
    assert len(found) == 1
    assert [one.iso for one in find_dates(short, today=TODAY)] == [found[0].iso]


@each(
    ("text", "expected"),
    [
        ("12 août 1974", "1974-08-12"),
        ("02 WRZ/SEP 1980", "1980-09-02"),
        ("06 ČVN/JUN 2012", "2012-06-06"),
        ("06 ČVC/JUL 2012", "2012-07-06"),
        ("24 серпня 1991", "1991-08-24"),
        ("29 Ekim 1923", "1923-10-29"),
        ("12 ส.ค. 2517", "1974-08-12"),
        ("12 สิงหาคม พ.ศ. 2517", "1974-08-12"),
        ("١٢ أغسطس ١٩٧٤", "1974-08-12"),
        ("23 تشرين الأول 1973", "1973-10-23"),
        ("31 كانون الثاني 1990", "1990-01-31"),
        ("14 Deireadh Fómhair 1990", "1990-10-14"),
        ("5 de enero de 2001", "2001-01-05"),
        ("30 DE ABRIL DE 1999", "1999-04-30"),
        ("1974. augusztus 12.", "1974-08-12"),
        ("1974 AUG 12", "1974-08-12"),
        ("1990 m. kovo 11 d.", "1990-03-11"),
        ("August 12, 1974", "1974-08-12"),
        ("AUG 12 1974", "1974-08-12"),
        ("12th of August 1974", "1974-08-12"),
        ("12AUG1974", "1974-08-12"),
        ("12.AUG.1974", "1974-08-12"),
        ("12-Aug-1974", "1974-08-12"),
        ("12/AUG/1974", "1974-08-12"),
        ("12 AUG/AOÛT 1974", "1974-08-12"),
        ("12 AGO / AUG 1974", "1974-08-12"),
        ("19 OKT/OCT 1971", "1971-10-19"),
        # The reader's digits for letters
        ("12 0CT 1974", "1974-10-12"),
        ("12 AU6 1974", None),
        # One letter misread
        ("12 AUGUSI 1974", "1974-08-12"),
        # China and Korea
        ("12 8月/AUG 1974", "1974-08-12"),
        ("16 2월/FEB 2017", "2017-02-16"),
        ("16 2월 17", "2017-02-16"),
    ],
)
def test_months_in_words(text: str, expected: str | None) -> None:
    found = find_dates(text, today=TODAY)
    assert [one.iso for one in found] == ([expected] if expected else [])


@each(
    ("text", "issuer", "meant"),
    [
        ("21 listopada 1990", "POL", "1990-11-21"),
        ("21. listopada 1990.", "HRV", "1990-10-21"),
        ("21 listopad 1990", "CZE", "1990-11-21"),
        ("12 Nyakanga 1974", "RWA", "1974-07-12"),
        ("12 Nyakanga 1974", "BDI", "1974-09-12"),
    ],
)
def test_a_word_that_means_two_months_is_read_in_the_issuers_languages(text: str, issuer: str, meant: str) -> None:
    found = parse_date(text, today=TODAY, issuer=issuer)
    assert found is not None
    assert found.iso == meant
