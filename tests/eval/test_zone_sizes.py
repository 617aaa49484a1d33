"""Zones made small: how large a character is, and what counts as read."""

from eval.zone_sizes import SizeTally, pitch_of, read, specimens, table


def test_a_character_of_a_labelled_zone_is_some_pixels_wide() -> None:
    chosen = specimens()
    assert len(chosen) > 30
    assert all(5 < pitch_of(one) < 30 for one in chosen)


def test_a_zone_is_counted_at_its_size_and_never_enlarged() -> None:
    large, small = SizeTally(), SizeTally()
    one = specimens()[0]
    read(one, 14, large)
    read(one, 3, small)
    assert large == SizeTally(1, 1, 1)
    assert small.zones == 1
    assert small.exact == 0
    enlarged = SizeTally()
    read(one, 100, enlarged)
    assert enlarged == SizeTally()


def test_the_table_is_in_order_of_size() -> None:
    text = table({"11": SizeTally(4, 4, 3), "7": SizeTally(4, 3, 1)})
    assert text.index("| 7 |") < text.index("| 11 |")
    assert "| 75 % | 25 % |" in text
