"""The order in which a recogniser reads a line, and the order in which it is stored."""

from extractor.text.writing import CHARACTERS, logical_parts, runs, visual

from ...tables import each


@each(
    "text",
    [
        "Ngày sinh ĐẶNG THỊ",
        "İĞDIR ƏLİYEV ÞÓRÐUR ŁÓDŹ",
        "ТКАЧЕНКО/TKACHENKO",
        "Қазақстан Ўзбекистон Ђорђевић Ѓорѓи",
        "ΠΑΠΑΔΌΠΟΥΛΟΣ",
        "대한민국 홍길동 뷁",
        "ผู้ถือบัตร เชียงใหม่ น้ำ",
        "محمد علي 12/03/1990",
        "الاسم: أحمد AHMED",
        "شماره ملی ۱۲۳۴۵۶",
        "شناختی کارڈ ٹھٹھہ",
        "שם משפחה: כהן (ישראל)",
        "किरण हिन्दी श्री र्मि",
        "কোম্পানি দেশ সৌরভ",
        "საქართველო",
        "Հայաստան և",
    ],
)
def test_what_is_written_is_read_as_it_was(text: str) -> None:
    assert set(visual(text)) <= set(CHARACTERS)
    assert "".join(character for character, _ in logical_parts(visual(text))) == text


@each(
    ("text", "stands"),
    [
        ("محمد", "دمحم"),
        ("محمد 1990", "1990 دمحم"),
        ("(כהן)", "(ןהכ)"),
        ("Name: محمد", "Name: دمحم"),
        ("कि", "िक"),
        ("কোন", "\u09c7ক\u09beন"),
        ("한", "\u1112\u1161\u11ab"),
    ],
)
def test_characters_stand_from_left_to_right(text: str, stands: str) -> None:
    assert visual(text) == stands


def test_each_character_knows_where_it_stood() -> None:
    assert logical_parts(visual("각 אב")) == [("각", [0, 1, 2]), (" ", [3]), ("א", [5]), ("ב", [4])]


def test_stretches_of_one_direction_are_in_logical_order() -> None:
    assert runs("محمد 1990", True) == [("1990", False), ("محمد ", True)]
    assert runs("Name محمد", False) == [("Name ", False), ("محمد", True)]


def test_no_class_is_there_twice_and_the_space_is_the_last() -> None:
    assert len(set(CHARACTERS)) == len(CHARACTERS)
    assert CHARACTERS[-1] == " "
    assert all(len(character) == 1 for character in CHARACTERS)
