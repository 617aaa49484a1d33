"""One text from two readings of it: the MRZ's letters in the printed form."""

from hypothesis import given
from hypothesis import strategies as st

from extractor.mrz import agrees
from extractor.synthesis.mrz import mrz_name
from extractor.visual.merge import merge

from ...tables import each

LATIN = st.text(alphabet="abcdefghijklmnopqrstuvwxyzäöüßéèçñåøæłš", min_size=1, max_size=12)


@each(
    ("mrz", "printed", "merged"),
    [
        # The printed form stays where it can be the origin.
        ("MUELLER", "Müller", "Müller"),
        ("MULLER", "Müller", "Müller"),
        ("STRASSE", "Straße", "Straße"),
        ("OBRIEN SMITH", "O'Brien-Smith", "O'Brien-Smith"),
        ("ERIKSSON", "ERIKSSON", "ERIKSSON"),
        ("HANS<PETER", "Hans Peter", "Hans Peter"),
        # Letters that one of the two misread are the MRZ's.
        ("ERIKSSON", "ERIK5SON", "ERIKSSON"),
        ("MUELLER", "Mü1ler", "Müller"),
        ("ANNA MARIA", "ANNA MARlA", "ANNA MARIA"),
        ("GARCIA", "GARCÍ4", "GARCÍA"),
        ("KOWALSKA", "KOWALSK", "KOWALSKA"),
        ("KOWALSKA", "KOWALSKAA", "KOWALSKA"),
        # Letters that look alike and are written differently
        ("THOR", "Por", "Þor"),
        ("OEZIL", "Ozil", "Özil"),
        # Numbers
        ("L898902C3", "L8989O2C3", "L898902C3"),
        ("753068801", "753 068 801", "753 068 801"),
        ("753068801", "753 O68 801", "753 068 801"),
        ("AB123456", "AB-123456", "AB-123456"),
    ],
)
def test_the_printed_form_with_the_mrz_s_letters(mrz: str, printed: str, merged: str) -> None:
    assert merge(mrz, printed) == merged


def test_letters_put_in_are_small_where_the_word_is() -> None:
    assert merge("KOWALSKA", "Kowalsk") == "Kowalska"
    assert merge("KOWALSKA", "KOWALSK") == "KOWALSKA"


def test_a_name_that_the_zone_had_no_room_for_goes_on() -> None:
    assert merge("SALVADOR MIGUEL JOS", "SALVADOR MIGUEL JOSÉ", truncated=True) == "SALVADOR MIGUEL JOSÉ"
    assert merge("SALVADOR MIGUEL", "SALVADOR MIGUEL JOSÉ", truncated=True) == "SALVADOR MIGUEL JOSÉ"


@given(LATIN)
def test_what_can_be_the_origin_comes_back_unchanged(printed: str) -> None:
    if form := mrz_name(printed):
        assert merge(form, printed) == printed


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=10), LATIN)
def test_what_comes_out_can_always_be_the_origin(mrz: str, printed: str) -> None:
    assert agrees(mrz, merge(mrz, printed))


@given(st.text(alphabet="ABCDEFGHIJ0123456789", min_size=5, max_size=10), st.integers(0, 9), st.sampled_from("XYZ"))
def test_one_wrong_character_is_put_right(mrz: str, place: int, wrong: str) -> None:
    place %= len(mrz)
    assert merge(mrz, mrz[:place] + wrong + mrz[place + 1 :]) == mrz
