"""Where no face can be seen, the dark shape of a head and shoulders is the portrait; and nothing else is."""

import cv2
import numpy as np
import pytest

from extractor.portrait.figure import find_figure

NOTHING = np.empty((0, 4, 2))


def card() -> np.ndarray:
    """A card with a chip, a flag and an emblem."""
    image = np.full((540, 856, 3), (214, 226, 232), np.uint8)
    cv2.rectangle(image, (80, 150), (180, 230), (205, 175, 90), -1)
    cv2.rectangle(image, (40, 30), (130, 85), (30, 60, 150), -1)
    cv2.circle(image, (420, 70), 45, (120, 90, 160), 4)
    return image


def test_a_silhouette_is_found_among_what_else_is_dark() -> None:
    image = card()
    cv2.circle(image, (690, 250), 52, (15, 15, 20), -1)
    cv2.ellipse(image, (690, 400), (105, 90), 0, 180, 360, (15, 15, 20), -1)
    for row in range(5):
        cv2.putText(image, "SPECIMEN 123456", (230, 160 + 60 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (30, 30, 30), 2)
    rows = [[[225, 130 + 60 * n], [520, 130 + 60 * n], [520, 170 + 60 * n], [225, 170 + 60 * n]] for n in range(5)]
    found = find_figure(image, np.array(rows, np.float64))
    assert found is not None
    (left, top, right, bottom), alike = found
    assert ((left + right) / 2, (top + bottom) / 2) == (pytest.approx(690, abs=25), pytest.approx(280, abs=45))
    assert 150 < bottom - top < 330
    assert alike > 0.7


def test_a_chip_a_flag_and_an_emblem_are_no_figures() -> None:
    assert find_figure(card(), NOTHING) is None
    assert find_figure(np.full((24, 4000, 3), 200, np.uint8), NOTHING) is None
