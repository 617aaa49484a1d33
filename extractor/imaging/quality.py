"""Image quality measures: focus, glare, darkness and contrast."""

from __future__ import annotations

import numpy as np


def quality(image: np.ndarray) -> dict[str, float]:
    """Focus, glare, darkness and contrast of an RGB page, each in 0..1.

    focus: 1 is sharp; the variance of the Laplacian on the page scaled to 1000 pixels, of which 300 counts as sharp.
    glare: share of pixels burnt out in all channels inside otherwise darker surroundings. dark: share of pixels below
    a tenth of full brightness. contrast: distance of the 95th from the 5th percentile of brightness.
    """
    import cv2

    scale = 1000 / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    # From the histogram: sorting a million pixels takes ten times as long.
    below = np.cumsum(np.bincount(grey.ravel(), minlength=256))
    low, middle, high = np.searchsorted(below, np.array([0.05, 0.5, 0.95]) * grey.size)
    burnt = cv2.inRange(small, (253, 253, 253), (255, 255, 255)) > 0
    # White paper is bright everywhere; glare is a bright patch on something that is not.
    glare = float(burnt.mean()) if middle < 215 else 0.0
    return {
        "focus": round(min(1.0, float(cv2.Laplacian(grey, cv2.CV_64F).var()) / 300), 3),
        "glare": round(glare, 3),
        "dark": round(float(below[25] / grey.size), 3),
        "contrast": round(float(high - low) / 255, 3),
    }
