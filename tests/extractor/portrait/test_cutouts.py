"""Portrait, ghost and signature: found on drawn documents, however they lie, and nothing where there is none."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from extractor import extract
from extractor.portrait.faces import brought_out, find_faces

WITH_PORTRAIT = [
    "passport.png", "passport_chinese.png", "id_card.png", "chinese_id_card_front.png", "driving_licence.png",
    "residence_permit.png", "visa.png",
]  # fmt: skip


def within(box: Any, left: float, top: float, right: float, bottom: float) -> bool:
    """Whether the middle of a box lies in a part of the page."""
    x, y = np.array(box.points).mean(axis=0)
    return left < x < right and top < y < bottom


@pytest.mark.parametrize("name", WITH_PORTRAIT)
def test_drawn_documents_have_their_portrait(name: str, read_example: Any) -> None:
    result = read_example(name)
    found = result.portrait
    assert found is not None
    assert 0.9 < found.image.height / found.image.width < 1.9, "upright, in a portrait's shape"
    assert find_faces(np.asarray(found.image)), "a face is on it"


def test_the_ghost_is_told_from_the_portrait(read_example: Any) -> None:
    result = read_example("passport.png")
    assert within(result.portrait.box, 0, 90, 260, 400)
    (ghost,) = result.ghost_portraits
    assert within(ghost.box, 620, 130, 780, 320)
    assert ghost.image.width < 0.8 * result.portrait.image.width


def test_the_signature_is_cut_out(read_example: Any) -> None:
    signature = read_example("passport.png").signature
    assert signature is not None
    assert within(signature.box, 0, 370, 260, 460)


def test_a_side_without_a_portrait_has_none(read_example: Any) -> None:
    result = read_example("chinese_id_card_back.png")
    assert (result.portrait, result.ghost_portraits) == (None, ())


@pytest.mark.parametrize("turns", [1, 2])
def test_a_turned_picture_gives_an_upright_portrait(turns: int, examples_dir: Path) -> None:
    with Image.open(examples_dir / "visa.png") as image:
        pixels = np.ascontiguousarray(np.rot90(np.asarray(image.convert("RGB")), turns))
    found = extract(pixels).portrait
    assert found is not None
    (face, *_) = find_faces(np.asarray(found.image))
    assert face.eyes[:, 1].mean() < (face.box[1] + face.box[3]) / 2, "the eyes are in the upper half"


def test_a_pale_face_is_seen_once_it_is_brought_out(examples_dir: Path) -> None:
    """The ghost on a card's back may be another picture than the portrait on its front, and is no copy to be found."""
    with Image.open(examples_dir / "passport.png") as image:
        portrait = image.convert("RGB").crop((32, 115, 243, 384)).resize((120, 153))
    card = Image.new("RGB", (1011, 638), (222, 226, 214))
    card.paste(Image.blend(card.crop((800, 300, 920, 453)), portrait, 0.14), (800, 300))
    assert find_faces(np.asarray(card)) == []
    (face,) = find_faces(brought_out(np.asarray(card), 3.0, 1.5))
    assert (800 < face.middle[0] < 920, 300 < face.middle[1] < 453) == (True, True)


def test_paper_has_no_face() -> None:
    assert find_faces(np.full((400, 600, 3), 230, np.uint8)) == []
