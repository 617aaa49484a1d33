"""What is told of a picture's quality: each measure moves with what it names, and only with that."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from extractor.imaging.quality import quality


@pytest.fixture(scope="module")
def page() -> np.ndarray:
    """Grey paper with black print, sharp."""
    image = np.full((300, 500, 3), 200, np.uint8)
    for row in range(30, 280, 30):
        cv2.putText(image, "THE QUICK BROWN FOX 0123456789", (10, row), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (20, 20, 20), 2)
    return image


def test_a_good_page(page: np.ndarray) -> None:
    measured = quality(page)
    assert measured["focus"] == 1.0
    assert measured["glare"] == 0.0
    assert measured["contrast"] > 0.6


def test_blur_lowers_focus(page: np.ndarray) -> None:
    focus = [quality(cv2.GaussianBlur(page, (0, 0), sigma))["focus"] for sigma in (1, 2, 4, 8)]
    assert focus == sorted(focus, reverse=True)
    assert focus[-1] < 0.1


def test_focus_does_not_depend_on_the_resolution(page: np.ndarray) -> None:
    blurred = cv2.GaussianBlur(cv2.resize(page, None, fx=2, fy=2), (0, 0), 3)
    larger = cv2.resize(blurred, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    assert quality(larger)["focus"] == pytest.approx(quality(blurred)["focus"], abs=0.1)


def test_glare_is_the_share_of_burnt_pixels(page: np.ndarray) -> None:
    burnt = page.copy()
    burnt[:150, :250] = 255
    assert quality(burnt)["glare"] == pytest.approx(0.25, abs=0.01)


def test_white_paper_is_no_glare(page: np.ndarray) -> None:
    assert quality(np.where(page > 100, 255, page).astype(np.uint8))["glare"] == 0.0


def test_darkness_is_the_share_of_dark_pixels(page: np.ndarray) -> None:
    shaded = page.copy()
    shaded[:, :100] = 5
    assert quality(shaded)["dark"] >= 0.2
    assert quality(np.zeros_like(page))["dark"] == 1.0


def test_contrast_falls_as_a_page_fades(page: np.ndarray) -> None:
    faded = (128 + (page.astype(float) - 128) * 0.3).astype(np.uint8)
    assert quality(faded)["contrast"] == pytest.approx(0.3 * quality(page)["contrast"], abs=0.02)
    assert quality(np.full_like(page, 90))["contrast"] == 0.0


@settings(max_examples=40, deadline=None)
@given(
    arrays.arrays(
        np.uint8,
        st.tuples(st.integers(24, 60), st.integers(24, 60), st.just(3)),
        elements=st.integers(0, 255),
        fill=st.sampled_from([0, 128, 255]),
    )
)
def test_every_measure_is_a_share(image: np.ndarray) -> None:
    measured = quality(image)
    assert set(measured) == {"focus", "glare", "dark", "contrast"}
    assert all(0 <= value <= 1 for value in measured.values())
