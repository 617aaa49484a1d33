"""A portrait is known by how documents show one, whatever its face: and what else is dark on a card is none."""

import cv2
import numpy as np

from extractor.portrait.frame import Rectangle
from extractor.portrait.shown import find_shown
from extractor.training.portrait.sheets import sheet


def card() -> np.ndarray:
    """A card with a chip, a flag and an emblem."""
    image = np.full((540, 856, 3), (214, 226, 232), np.uint8)
    cv2.rectangle(image, (80, 150), (180, 230), (205, 175, 90), -1)
    cv2.rectangle(image, (40, 30), (130, 85), (30, 60, 150), -1)
    cv2.circle(image, (420, 70), 45, (120, 90, 160), 4)
    return image


def common(one: Rectangle, other: Rectangle) -> float:
    """What two boxes share of what they cover together."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    shared = float(np.prod(np.maximum(high - low, 0)))
    return shared / (sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)) - shared)


def test_a_silhouette_is_found_among_what_else_is_dark() -> None:
    image = card()
    cv2.circle(image, (690, 250), 52, (15, 15, 20), -1)
    cv2.ellipse(image, (690, 400), (105, 90), 0, 180, 360, (15, 15, 20), -1)
    for row in range(5):
        cv2.putText(image, "SPECIMEN 123456", (230, 160 + 60 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (30, 30, 30), 2)
    (found, *_) = find_shown(image, 0.6)
    assert found.kind == "portrait"
    assert common(found.box, (580, 180, 800, 420)) > 0.5


def test_a_chip_a_flag_and_an_emblem_are_no_portraits() -> None:
    assert find_shown(card(), 0.6) == []
    assert find_shown(np.full((24, 4000, 3), 200, np.uint8), 0.6) == []
    assert find_shown(np.full((1, 1, 3), 200, np.uint8), 0.6) == []


def test_places_lie_on_the_picture() -> None:
    for seed in range(20):
        image = sheet((1 << 62) + seed).image[:, :150]
        for one in find_shown(image, 0.05):
            assert 0 <= one.box[0] < one.box[2] <= 150
            assert 0 <= one.box[1] < one.box[3] <= image.shape[0]


def test_drawn_portraits_of_sheets_never_seen_are_found() -> None:
    """Photographs, drawings, silhouettes, blurred and covered faces alike."""
    right = wrong = shown = 0
    for seed in range(60):
        one = sheet((1 << 62) + seed)
        found = [place for place in find_shown(one.image, 0.6) if place.kind == "portrait"]
        if one.portrait is None:
            wrong += len(found)
        else:
            shown += 1
            right += bool(found) and common(found[0].box, one.portrait) > 0.5
    assert right >= 0.8 * shown
    assert wrong <= 2
