"""Stripes over the text of a picture, as a screen's pixels leave them in a photograph of it.

A screen is a grid of red, green and blue stripes. A camera's own grid beats with it, which gives stripes and fringes
of colour of one direction and width over all of the picture (moiré). Print is not like that: letters, guilloches and
paper differ from place to place. So spectra of many small windows are compared, and what most of them have is taken.
"""

from __future__ import annotations

import numpy as np

#: Side of a window in pixels, and how many are looked at.
_SIDE, _WINDOWS = 64, 48
#: Waves to a pixel from which on a pattern counts: of brightness above the strokes of letters, of colour above
#: what is printed in colours.
_BRIGHTNESS_FROM, _COLOUR_FROM = 0.15, 0.05
#: A wave's neighbours in the spectrum, which it has to stand out from, on either side.
_AROUND = 4
#: Multiples of an eighth along an axis are the blocks of JPEG.
_BLOCKS = _SIDE // 8


def stripes(image: np.ndarray, boxes: np.ndarray) -> float:
    """How strong the strongest wave is that most windows at the text of an RGB page have in common: its amplitude as a
    share of full brightness (0..1). `boxes` (n, 4, 2) are where the text is; 0 where there is too little of it."""
    windows = _windows(image, boxes)
    if len(windows) < _WINDOWS // 8:
        return 0.0
    brightness = windows.mean(axis=3)
    channels = (
        (brightness, _BRIGHTNESS_FROM),
        (windows[..., 0] - windows[..., 1], _COLOUR_FROM),
        (windows[..., 2] - windows[..., 1], _COLOUR_FROM),
    )
    return max(_common_wave(channel, least) for channel, least in channels) / 255


def _windows(image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Windows (n, side, side, 3) spread over the text, float32."""
    height, width = image.shape[:2]
    places = set()
    for box in boxes:
        (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
        y = int(np.clip((top + bottom - _SIDE) / 2, 0, max(height - _SIDE, 0))) // 8 * 8
        for x in np.arange(left, max(right - _SIDE, left + 1), _SIDE):
            places.add((y, int(np.clip(x, 0, max(width - _SIDE, 0)))))
    if min(height, width) < _SIDE or not places:
        return np.empty((0, _SIDE, _SIDE, 3), np.float32)
    ordered = sorted(places)
    chosen = ordered[:: -(-len(ordered) // _WINDOWS)]
    return np.stack([image[y : y + _SIDE, x : x + _SIDE] for y, x in chosen]).astype(np.float32)


def _common_wave(windows: np.ndarray, least: float) -> float:
    """Amplitude of the wave that stands out most in most of the windows (n, side, side)."""
    import cv2

    hann = np.hanning(_SIDE).astype(np.float32)
    weights = np.outer(hann, hann)
    centred = (windows - windows.mean(axis=(1, 2), keepdims=True)) * weights
    spectra = np.fft.fftshift(np.abs(np.fft.rfft2(centred)), axes=1).astype(np.float32) * (2 / weights.sum())
    # A page that was photographed at a slant has the wave in neighbouring places.
    near = np.stack([cv2.dilate(one, np.ones((3, 3), np.uint8)) for one in spectra])
    common = np.median(near, axis=0)
    usual = cv2.blur(common, (2 * _AROUND + 1, 2 * _AROUND + 1))
    ys, xs = np.mgrid[-_SIDE // 2 : _SIDE // 2, : _SIDE // 2 + 1]
    counted = np.hypot(ys, xs) >= least * _SIDE
    blocks = (ys % _BLOCKS == 0) & (xs % _BLOCKS == 0) & ((ys == 0) | (xs == 0))
    counted &= ~cv2.dilate(blocks.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    return float(((common - usual) * counted).max())
