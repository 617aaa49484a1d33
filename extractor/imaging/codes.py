"""Barcodes on a picture, of every kind that documents carry: PDF417, QR, Aztec, Data Matrix, Code 128 and others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Kinds that documents carry, by their names in zxing-cpp; shops' codes are no part of a document.
KINDS = (
    "PDF417", "CompactPDF417", "MicroPDF417", "QRCode", "MicroQRCode", "RMQRCode", "Aztec", "DataMatrix",
    "Code128", "Code39", "Code93", "ITF", "MaxiCode",
)  # fmt: skip
_LINEAR = ("Code128", "Code39", "Code93", "ITF")
#: Share of the pixels that change strongly inside a code, and a code's least size as a share of the longer side.
_BUSY, _SMALLEST = 0.42, 0.07


@dataclass(frozen=True)
class Code:
    """A barcode as it stands: `kind` such as "QRCode", its content as `text` and as bytes, `corners` (4, 2) in pixels,
    clockwise. `valid` is false for one that was seen and could not be decoded; its content is empty."""

    kind: str
    text: str
    data: bytes
    corners: np.ndarray
    valid: bool = True


def read_codes(image: np.ndarray, *, damaged: bool = False) -> list[Code]:
    """The barcodes on an RGB picture; with `damaged` also those that do not decode."""
    import zxingcpp

    found = []
    for one in zxingcpp.read_barcodes(image, return_errors=damaged):
        if (kind := _name(one.format)) not in KINDS:
            continue
        where = one.position
        points = (where.top_left, where.top_right, where.bottom_right, where.bottom_left)
        corners = np.array([[point.x, point.y] for point in points], np.float64)
        if kind in _LINEAR:
            corners = _whole_height(image, corners)
        found.append(Code(kind, one.text if one.valid else "", one.bytes if one.valid else b"", corners, one.valid))
    return found


def _name(kind: object) -> str:
    """`QRCode` of `BarcodeFormat.QRCode` and of `QR Code`."""
    return str(getattr(kind, "name", kind)).replace(" ", "").replace("-", "")


def _whole_height(image: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """A linear code's corners, of which the reader gives the row that it read, up to where its bars end."""
    import cv2

    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    left, right = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    along = right - left
    length = max(float(np.linalg.norm(along)), 1.0)
    across = np.array([-along[1], along[0]]) / length
    steps = np.linspace(0, 1, max(32, int(length)))[:, None]

    def row(offset: float) -> np.ndarray:
        points = (left + across * offset + along * steps).astype(np.float32)
        return np.asarray(cv2.remap(grey, points[:, 0], points[:, 1], cv2.INTER_LINEAR)).ravel()

    middle = row(0.0)
    ends = []
    for sign in (-1, 1):
        offset = 0.0
        while offset < 0.6 * length and _alike(middle, row(sign * (offset + 2))):
            offset += 2
        ends.append(sign * offset)
    low, high = ends
    return np.array([left + across * low, right + across * low, right + across * high, left + across * high])


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two rows of pixels go up and down together."""
    return bool(min(one.std(), other.std()) > 1 and np.corrcoef(one, other)[0, 1] > 0.6)


def code_like(image: np.ndarray, text: np.ndarray) -> list[np.ndarray]:
    """Corners (4, 2) of regions that look like a barcode, read or not: squares and bars of dense black and white
    changes that are no text, `text` (n, 4, 2)."""
    import cv2

    scale = min(1.0, 1200 / max(image.shape[:2]))
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    change = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8))
    busy = (change > 70).astype(np.uint8)
    for box in text:
        cv2.fillPoly(busy, [np.round(box * scale).astype(np.int32)], 0)
    often = (cv2.boxFilter(busy.astype(np.float32), -1, (25, 25)) > _BUSY).astype(np.uint8)
    dense = cv2.morphologyEx(often, cv2.MORPH_CLOSE, np.ones((11, 11), np.uint8))
    contours, _ = cv2.findContours(dense, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        rectangle = cv2.minAreaRect(contour)
        sides = sorted(rectangle[1])
        if sides[1] < _SMALLEST * max(grey.shape) or sides[0] < 0.35 * _SMALLEST * max(grey.shape):
            continue
        if cv2.contourArea(contour) > 0.8 * sides[0] * sides[1]:
            found.append(cv2.boxPoints(rectangle).astype(np.float64) / scale)
    return found
