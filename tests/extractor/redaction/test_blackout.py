"""Documents blacked out: our own OCR finds nothing of what is hidden, in several kinds, languages and scripts."""

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from extractor import extract, extract_documents
from extractor.errors import RedactionError, UsageError
from extractor.extraction import Box, FieldEvidence, Source, SourceKind, Verdict
from extractor.portrait import cutouts
from extractor.redaction import redact
from extractor.schemas.text import squash
from extractor.synthesis.capture import capture
from extractor.synthesis.draw import draw
from extractor.synthesis.produce import template_named
from extractor.text.scripts import read_other_script

pytestmark = pytest.mark.usefixtures("read_once")
#: Every kind; the long run takes them all, the ordinary one those that differ most: with a zone and without, in one
#: script and two, one side and two.
EXAMPLES = [
    "passport.png",
    "chinese_id_card_front.png",
    "driving_licence.png",
    "residence_permit.png",
    *(pytest.param(name, marks=pytest.mark.long) for name in ("passport_chinese.png", "id_card.png", "visa.png")),
]
PUBLIC = ("document_type", "issuing_country")


def text_of(picture: Image.Image, issuer: str | None = None) -> str:
    """What our OCR reads; of pixels that `redact` itself has read, what it read (`read_once`)."""
    from extractor.text.page import read_pages

    pages = [read_other_script(page, issuer) for page in read_pages(np.asarray(picture))]
    return " ".join(line.text for page in pages for line in page.lines)


def still_said(said: str, fields: Mapping[str, Any], printed: Mapping[str, str] | None = None) -> list[str]:
    """Fields of which a value of four characters or more, or a date, stands in a text."""
    plain, digits = squash(said), re.sub(r"\D", "", said)
    left = []
    for name, value in fields.items():
        texts = [*(value if isinstance(value, list) else [value]), (printed or {}).get(name)]
        for text in (str(one) for one in texts if one is not None and name not in PUBLIC):
            is_date = re.fullmatch(r"\d{4}-\d\d-\d\d", text)
            day = [text[8:] + text[5:7] + text[:4], text.replace("-", "")] if is_date else []
            if (len(squash(text)) >= 4 and squash(text) in plain) or any(one in digits for one in day):
                left.append(name)
    return left


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_of_an_example_can_be_read_afterwards(
    name: str, examples: dict[str, dict[str, Any]], examples_dir: Path
) -> None:
    label = examples[name]
    result = extract(examples_dir / name)
    before = text_of(Image.open(examples_dir / name).convert("RGB"))
    assert still_said(before, label["fields"]), "the check itself finds what is printed"
    (picture,) = redact(result).pictures
    with Image.open(examples_dir / name) as original:
        assert picture.size == original.size
    assert still_said(text_of(picture), label["fields"]) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("egy_card/card_y", "scan"),
        ("kor_card/card_y", "clean"),
        ("fra_licence/licence_eu_x", "scan"),
        pytest.param("gha_card/td1_y", "clean", marks=pytest.mark.long),
        pytest.param("gha_card/td1_y", "scan", marks=pytest.mark.long),
        pytest.param("pol_passport/passport_x", "scan", marks=pytest.mark.long),
    ],
)
def test_drawn_documents_of_other_scripts(name: str, mode: Any, evaluation_fonts: None) -> None:
    page = draw(template_named("evaluation", name), 4)
    (picture,) = redact(extract(capture(page, mode).image)).pictures
    issuer = page.fields.get("issuing_country")
    assert still_said(text_of(picture, issuer), page.fields, page.printed) == []


@pytest.fixture(scope="module")
def passport(read_example: Callable[[str], Any]) -> Any:
    return read_example("passport.png")


def dark(picture: Image.Image, box: Any) -> float:
    """The share of black pixels in a box."""
    points = np.array(box.points)
    (left, top), (right, bottom) = points.min(axis=0).astype(int), points.max(axis=0).astype(int)
    return float((np.asarray(picture)[top:bottom, left:right] == 0).all(axis=2).mean())


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["fra_passport/passport_x", pytest.param("pol_passport/passport_x", marks=pytest.mark.long)]
)
def test_on_a_photograph_all_of_a_value_is_black_not_only_what_was_read_of_it(
    name: str, evaluation_fonts: None
) -> None:
    """Where values stand is known from drawing them: text that is struck through is unreadable to OCR alone."""
    page = draw(template_named("evaluation", name), 4)
    shot = capture(page, "photo")
    made = redact(extract(Image.fromarray(shot.image), schema="passport"), preset="age-check")
    dark_enough = np.asarray(made.pictures[0]).max(axis=2) < 12
    printed = {field: polygons for field, polygons in shot.boxes.items() if page.fields.get(field) is not None}
    covered = {}
    for field in printed.keys() & set(made.hidden):
        drawn = Image.new("1", made.pictures[0].size)
        for polygon in printed[field]:
            ImageDraw.Draw(drawn).polygon([(float(x), float(y)) for x, y in polygon], fill=1)
        covered[field] = float(dark_enough[np.asarray(drawn)].mean())
    assert len(covered) >= 5
    assert min(covered.values()) > 0.9, covered


def test_what_is_kept_can_be_read_and_the_rest_is_black(passport: Any) -> None:
    (picture,) = redact(passport, keep=["birth_date", "portrait"]).pictures
    birth = next(one.box for one in passport.fields["birth_date"].sources if one.kind is SourceKind.VISUAL)
    assert dark(picture, birth) < 0.1
    assert dark(picture, passport.portrait.box) < 0.2
    for name in ("surname", "document_number", "place_of_birth"):
        box = next(one.box for one in passport.fields[name].sources if one.kind is SourceKind.VISUAL)
        assert dark(picture, box) > 0.9
    assert dark(picture, passport.fields["mrz"].box) > 0.9
    assert "Surname" in text_of(picture), "captions stay"


def test_a_number_is_hidden_wherever_it_stands(examples_dir: Path) -> None:
    """The ghost number: the same number printed once more, and running upwards along the edge."""
    image = Image.open(examples_dir / "driving_licence.png").convert("RGB")
    number = "66LG67695"
    font = ImageFont.load_default(20)
    ImageDraw.Draw(image).text((560, 470), number, font=font, fill=(40, 40, 60))
    strip = Image.new("RGB", (150, 30), (225, 228, 222))
    ImageDraw.Draw(strip).text((8, 3), number, font=font, fill=(40, 40, 60))
    image.paste(strip.rotate(90, expand=True), (762, 200))
    result = extract(image)
    read = str(result.fields["document_number"].value)
    (picture,) = redact(result, hide=["document_number"]).pictures
    said = squash(text_of(picture))
    assert squash(read) not in said
    upright = squash(text_of(Image.fromarray(np.ascontiguousarray(np.rot90(np.asarray(picture)[190:360, 755:], 3)))))
    assert squash(number) not in upright
    assert "dupont" in said, "other fields stay"


def test_barcodes_go_with_the_number_they_hold(examples_dir: Path) -> None:
    import zxingcpp

    image = Image.open(examples_dir / "driving_licence.png").convert("RGB")
    code = zxingcpp.create_barcode("66LG67695", zxingcpp.BarcodeFormat.PDF417)
    drawn = Image.fromarray(np.array(zxingcpp.write_barcode_to_image(code, scale=2))).convert("RGB")
    image.paste(drawn, (500, 400))
    result = extract(image)
    assert [one.kind for one in result.barcodes] == ["PDF417"]
    (picture,) = redact(result, hide=["document_number"]).pictures
    assert zxingcpp.read_barcodes(np.asarray(picture)) == []


def test_what_cannot_be_located_is_said_and_no_picture_is_made(passport: Any) -> None:
    claimed = Source(SourceKind.MODEL, "NOWHERE ON THE PAGE", "NOWHERE ON THE PAGE", 0.9)
    fields = {**passport.fields, "authority": FieldEvidence("NOWHERE ON THE PAGE", Verdict.SINGLE, 0.9, (claimed,))}
    with pytest.raises(RedactionError, match="authority") as raised:
        redact(replace(passport, fields=fields), hide=["authority"])
    assert (raised.value.parts, raised.value.exit_code) == (("authority",), 5)
    assert "NOWHERE" not in str(raised.value)


def test_a_portrait_that_is_not_found_is_said(
    passport: Any, examples_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = replace(passport)  # what was cut out is kept with a result
    monkeypatch.setattr(cutouts, "cutouts_of", lambda result, images: [])
    with pytest.raises(RedactionError, match="portrait"):
        redact(again, hide=["portrait"])
    assert redact(replace(passport), hide=["surname"]).pictures


def test_large_photographs_keep_all_their_pixels_and_lose_their_metadata(examples_dir: Path, tmp_path: Path) -> None:
    from extractor.imaging.saving import save_pictures

    with Image.open(examples_dir / "chinese_id_card_front.png") as original:
        large = original.convert("RGB").resize((3200, 2020))
    exif = Image.Exif()
    exif[0x010E] = "SECRET"
    exif[0x0112] = 6  # to be turned
    buffer = io.BytesIO()
    large.rotate(90, expand=True).save(buffer, "JPEG", exif=exif, quality=90)
    made = redact(extract(buffer.getvalue())).pictures
    assert made[0].size == (3200, 2020)
    (path,) = save_pictures(made, tmp_path / "copy.jpg")
    data = path.read_bytes()
    assert b"SECRET" not in data
    assert b"Exif" not in data


def test_what_is_no_result_is_refused() -> None:
    with pytest.raises(UsageError, match="takes what extract"):
        redact("passport.png")  # type: ignore[arg-type]


TWO = ("passport.png", "id_card.png")


@pytest.mark.slow
def test_of_several_documents_on_a_picture_none_can_be_read_afterwards(
    two_people: np.ndarray, examples: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    """Whichever of the documents is redacted: nothing of the other one leaves with it either, though it is another
    person's and nobody asked for it; and `keep` keeps what it names, of the own document only."""
    sheet = Image.fromarray(two_people)
    sheet.save(tmp_path / "scan.png")
    documents = extract_documents(tmp_path / "scan.png")
    assert [type(one.document).__name__ for one in documents] == ["Passport", "IdCard"]
    labels = [examples[name]["fields"] for name in TWO]
    before = text_of(sheet)
    assert all(still_said(before, fields) for fields in labels), "the check itself finds what is printed"
    for result, keep, left in zip(documents, (["surname"], []), ([["surname"], []], [[], []]), strict=True):
        (picture,) = redact(result, keep=keep).pictures
        assert picture.size == sheet.size
        said = text_of(picture)
        assert [still_said(said, fields) for fields in labels] == left


@pytest.mark.slow
def test_of_several_documents_in_one_result_the_others_go_too(
    two_people: np.ndarray, examples: dict[str, dict[str, Any]]
) -> None:
    """`extract` gives the largest of several; a copy of it shows no other, also where only some fields are hidden."""
    result = extract(two_people)
    assert "several_documents" in [warning.code for warning in result.warnings]
    (picture,) = redact(result, hide=["document_number"]).pictures
    read = type(result.document).__name__
    own, other = TWO if read == "Passport" else reversed(TWO)
    said = text_of(picture)
    assert still_said(said, examples[other]["fields"]) == []
    left = still_said(said, examples[own]["fields"])
    assert "surname" in left
    assert "document_number" not in left


@pytest.mark.slow
def test_pages_of_other_documents_do_not_leave_with_it(
    examples_dir: Path, examples: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    """Two people's documents, a page each, in one file: the pictures of one show nothing of the other's page."""
    pages = [Image.open(examples_dir / name).convert("RGB") for name in TWO]
    pages[0].save(tmp_path / "both.tif", save_all=True, append_images=pages[1:])
    documents = extract_documents(tmp_path / "both.tif")
    assert len(documents) == 2
    for own, result in enumerate(documents):
        (picture,) = redact(result, hide=["document_number"]).pictures
        said = text_of(picture)
        assert "surname" in still_said(said, examples[TWO[own]]["fields"])
        assert still_said(said, examples[TWO[1 - own]]["fields"]) == []
        assert len(result.deskewed()) == (1, 2)[own], "the card shows two sides"
        assert {one.box.page for one in result.cutouts} == {own}


def test_the_pale_copy_on_the_back_goes_with_the_portrait(passport: Any, examples_dir: Path) -> None:
    front = np.asarray(Image.open(examples_dir / "passport.png").convert("RGB"))
    left, top, right, bottom = (
        round(side) for side in (*passport.portrait.box.points[0], *passport.portrait.box.points[2])
    )
    back = Image.new("RGB", (front.shape[1], front.shape[0]), (228, 232, 224))
    grey = Image.fromarray(front[top:bottom, left:right]).convert("L").convert("RGB")
    small = grey.resize((round(0.45 * grey.width), round(0.45 * grey.height)))
    place = (560, 120, 560 + small.width, 120 + small.height)
    back.paste(Image.blend(back.crop(place), small, 0.2), place[:2])
    result = extract([Image.fromarray(front), back], one_document=True)
    _, picture = redact(result, hide=["portrait"]).pictures
    assert (np.asarray(picture)[place[1] : place[3], place[0] : place[2]] == 0).all(axis=2).mean() > 0.8
    _, picture = redact(result, hide=["surname"]).pictures
    assert (np.asarray(picture)[place[1] : place[3], place[0] : place[2]] == 0).all(axis=2).mean() < 0.1


def test_a_hidden_number_does_not_stay_in_what_was_taken_for_a_kept_ghost(
    examples_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = Image.open(examples_dir / "passport.png").convert("RGB")
    ImageDraw.Draw(image).text((590, 405), "359970521", font=ImageFont.load_default(20), fill=(40, 40, 60))
    result = extract(image)
    again = Box(0, ((580, 395), (710, 395), (710, 440), (580, 440)))
    taken = cutouts.Cutout("ghost", again, 0.9, image)
    monkeypatch.setattr(cutouts, "cutouts_of", lambda *_: [taken])
    (picture,) = redact(result, preset="age-check").pictures
    assert "359970521" not in squash(text_of(picture))
