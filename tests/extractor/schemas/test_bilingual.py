"""Texts that a document prints in Latin letters and in others."""

from extractor.schemas.bilingual import in_two_scripts, latin_of

from ...tables import each


@each(
    ("text", "both"),
    [
        ("МОСКВА / MOSKVA", ("MOSKVA", "МОСКВА")),
        ("安徽/ANHUI", ("ANHUI", "安徽")),
        (
            "公安部出入境管理局 MPS Exit & Entry Administration",
            ("MPS Exit & Entry Administration", "公安部出入境管理局"),
        ),
        ("KASKELEN (ҚЫЗЫЛОРДА)", ("KASKELEN", "ҚЫЗЫЛОРДА")),
        ("ІШКІ A5 ІСТЕР/MINISTRY OF INTERNAL AFFAIRS", ("MINISTRY OF INTERNAL AFFAIRS", "ІСТЕР")),
        ("Г. БЕЛГОРОД / RUSSIA", None),  # a state says something else than the place
        ("מודיעין (ISR)", None),
        ("дом A", None),
        ("PARIS 1ER (75)", None),
        ("МОСКВА", None),
        ("12", None),
        ("", None),
    ],
)
def test_both_pieces_are_told(text: str, both: tuple[str, str] | None) -> None:
    assert in_two_scripts(text) == both
    assert latin_of(text) == (both[0] if both else text)
