"""Arabic as it stands on paper: joined, from right to left, with numbers and Latin words in their own order."""

from extractor.synthesis.shaping import visual

from ...tables import each


def _shown(text: str) -> str:
    return "".join(shown for shown, _ in visual(text))


def _said(text: str) -> str:
    return "".join(source for _, source in visual(text))


def test_text_without_arabic_is_left_alone() -> None:
    assert visual("Nom / 姓名 Имя") == [(c, c) for c in "Nom / 姓名 Имя"]


def test_letters_take_the_forms_their_neighbours_ask_for() -> None:
    # beh-yeh-teh: final, medial and initial, from the left.
    assert _shown("بيت") == "\ufe96\ufef4\ufe91"
    # Letters that do not join on: alef, dal, reh stand alone.
    assert _shown("دار") == "\ufead\ufe8d\ufea9"


def test_lam_alef_is_one_glyph_of_two_letters() -> None:
    assert visual("لا") == [("\ufefb", "لا")]
    assert visual("سلام")[1] == ("\ufefc", "لا")


def test_numbers_keep_their_direction() -> None:
    assert _shown("سنة ٢٠٢٤/٠١/٠٥").startswith("٢٠٢٤/٠١/٠٥ ")


def test_latin_words_keep_theirs_and_lead_where_they_begin() -> None:
    assert _said("ARAB REPUBLIC OF EGYPT مصر").startswith("ARAB REPUBLIC OF EGYPT ")
    assert _said("جواز PASSPORT NO").startswith("PASSPORT NO ")


@each("text", ["محمد عبد الله", "شارع النيل ١٢", "Name / الاسم", "لا إله 5 kg"])
def test_nothing_is_lost(text: str) -> None:
    assert sorted(_said(text)) == sorted(text)
