"""Text lines of a page, by the PP-OCRv6 networks in `text/networks`: nothing is ever downloaded.

They are the small models that RapidOCR's wheel ships, trained further to answer in 8 bits as they do in 32
(`extractor.training.text`), in half the time. They are run here directly rather than through RapidOCR's pipeline:
the recogniser's probabilities are evidence (an MRZ is decoded from them under its own rules, `extractor.mrz`), and
lines are spread over the cores. Detection follows the "Differentiable Binarization" paper (Liao et al., 2020):
threshold, contours, minimum-area rectangles, unclip.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from extractor.errors import ExtractorError
from extractor.imaging.geometry import crop_quad, quad_size
from extractor.mrz import Folder
from extractor.networks import session
from extractor.stages import stage
from extractor.text.writing import logical_parts

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

T = TypeVar("T")
R = TypeVar("R")

#: Two networks read lines: PP-OCRv6's knows Latin, Chinese and Japanese, `scripts` the others and Latin.
RecogniserName = Literal["recogniser", "scripts"]
NetworkName = Literal["detector", "recogniser", "scripts"]
_LOADING: Mapping[NetworkName, threading.Lock] = {
    "detector": threading.Lock(), "recogniser": threading.Lock(), "scripts": threading.Lock(),
}  # fmt: skip
#: Detection works on the page scaled to this shorter side ...
_DETECTION_SIDE = 736
#: ... if it is to be enlarged by this much at least ...
_WORTH_ENLARGING = 1.06
#: ... but not to a longer side above this.
_DETECTION_LONGEST = 1536
#: A page whose lightest and darkest values are nearer than this holds no text; the detector has never seen such a one.
_LEAST_CONTRAST = 8
#: A pixel is text from here on; a region is text if its mean is above the second (RapidOCR's own settings).
_PIXEL_THRESHOLD, _REGION_THRESHOLD = 0.3, 0.5
#: The detector marks shrunken text; boxes grow back by area * ratio / perimeter.
_UNCLIP_RATIO = 1.6
_LINE_HEIGHT = 48
#: Least combined probability of a character split over two CTC frames; at this value insertions equal deletions.
_LIKELY = 0.45
#: Narrower crops are padded to this width: the recogniser has never seen any narrower.
_MIN_WIDTH = 96
#: Pages that are read at the same time by this process; see `sharing_cores`.
_at_once = [1]
#: What the recogniser writes for a filler when the background is busy and it has no context.
_FILLERS = "<＜«‹〈《≪くㄑ"


@dataclass(frozen=True)
class Reading:
    """One recognised line: text, mean probability, and for each character its probability and place (0..1 across).

    `mrz_log_probs` (frames, 38) is there for lines that may belong to an MRZ (`extractor.mrz.ctc`).
    """

    text: str
    score: float
    probabilities: np.ndarray
    positions: np.ndarray
    mrz_log_probs: np.ndarray | None = None


@dataclass(frozen=True)
class Line:
    """A line of text on a page: `box` (4, 2) in pixels, clockwise from the text's top left."""

    text: str
    score: float
    box: np.ndarray
    probabilities: np.ndarray = field(default_factory=lambda: np.empty(0))
    positions: np.ndarray = field(default_factory=lambda: np.empty(0))
    log_probs: np.ndarray | None = None
    #: which network read it
    reader: RecogniserName = "recogniser"

    @property
    def height(self) -> float:
        return quad_size(self.box)[1]


def threads() -> int:
    """Cores this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _session(name: NetworkName, intra_threads: int) -> InferenceSession:
    # Models are loaded while other things are imported; whoever needs one meanwhile waits for it.
    with _LOADING[name]:
        return _load(name, intra_threads)


@cache
def _load(name: NetworkName, intra_threads: int) -> InferenceSession:
    return session(network_file(name), intra_threads)


def network_file(name: NetworkName) -> Path:
    """The file of a network. Raises ExtractorError where it is missing."""
    path = Path(__file__).with_name("networks") / f"{name}.onnx"
    if not path.is_file():
        raise ExtractorError(f"the OCR network {path.name} is missing from the installation; install the package again")
    return path


@contextmanager
def sharing_cores(pages: int) -> Iterator[None]:
    """Inside, `pages` pages are read at the same time: each detection takes its share of the cores only.

    Several pages on a core each are through sooner than one after the other on all cores: a network's layers are small,
    and threads that share one wait for each other for a third of their time.
    """
    _at_once.append(max(1, pages))
    try:
        yield
    finally:
        _at_once.pop()


def _detector() -> InferenceSession:
    return _session("detector", max(1, threads() // _at_once[-1]))


def _recogniser(name: RecogniserName = "recogniser") -> InferenceSession:
    # One thread each: lines are spread over the cores instead, which scales better than threads inside a small network.
    return _session(name, 1)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=threads(), thread_name_prefix="ocr")


def _spread(function: Callable[[T], R], items: Iterable[T]) -> Iterable[R]:
    """`function` of each item, over the cores; one after the other where no thread begins any more, as in a thread that
    goes on once the program's main one has ended."""
    try:
        return _pool().map(function, items)
    except RuntimeError:  # of the pool: what `function` raises comes with its results
        return map(function, items)


@cache
def alphabet(name: RecogniserName = "recogniser") -> tuple[str, ...]:
    """A recogniser's classes; class 0 is CTC's blank."""
    characters = _recogniser(name).get_modelmeta().custom_metadata_map["character"].splitlines()
    return ("", *characters, " ")


def warm_up() -> None:
    """Loads both models side by side, so that the first page does not wait for one after the other."""
    list(_spread(lambda load: load(), (_detector, _recogniser)))


def detection_scale(width: float, height: float) -> float:
    """By how much a page of this size is scaled before the detector sees it.

    Small pages are enlarged, unless it would be by too little to show anything. Large ones are looked at as they are,
    up to the longest side: small print vanishes when they are shrunk.
    """
    wanted = _DETECTION_SIDE / min(width, height)
    wanted = 1.0 if wanted < _WORTH_ENLARGING else wanted
    return min(wanted, _DETECTION_LONGEST / max(width, height))


@stage("detection")
def detect(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes of text on an RGB page: (n, 4, 2) float32 in its pixels, clockwise from top left, and their scores (n,)."""
    if np.ptp(image) < _LEAST_CONTRAST:
        return np.empty((0, 4, 2), np.float32), np.empty(0, np.float32)
    resized = at_detection_size(image)
    # The models were trained on BGR.
    blob = (resized[:, :, ::-1].astype(np.float32) / 127.5 - 1.0).transpose(2, 0, 1)[None]
    probability = _detector().run(None, {"x": np.ascontiguousarray(blob)})[0][0, 0]
    boxes, scores = _boxes(probability)
    boxes *= np.array([image.shape[1] / resized.shape[1], image.shape[0] / resized.shape[0]], np.float32)
    return boxes, scores


def at_detection_size(image: np.ndarray) -> np.ndarray:
    """A page as large as the detector sees it; its sides are multiples of 32."""
    import cv2

    height, width = image.shape[:2]
    scale = detection_scale(width, height)
    size = tuple(max(32, round(length * scale / 32) * 32) for length in (width, height))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def _boxes(probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rectangles around the regions of a probability map (height, width), in its own pixels."""
    import cv2

    mask = cv2.dilate((probability > _PIXEL_THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    boxes, scores = [], []
    for contour in contours:
        (cx, cy), (w, h), angle = cv2.minAreaRect(contour)
        if min(w, h) < 3:
            continue
        score = _mean_inside(probability, contour)
        if score < _REGION_THRESHOLD:
            continue
        grow = 2 * (w * h) * _UNCLIP_RATIO / (2 * (w + h))
        boxes.append(clockwise(cv2.boxPoints(((cx, cy), (w + grow, h + grow), angle))))
        scores.append(score)
    return np.array(boxes, np.float32).reshape(-1, 4, 2), np.array(scores, np.float32)


def _mean_inside(probability: np.ndarray, contour: np.ndarray) -> float:
    import cv2

    x, y, w, h = cv2.boundingRect(contour)
    mask = np.zeros((h, w), np.uint8)
    cv2.fillPoly(mask, [contour - (x, y)], 1)
    return float(cv2.mean(probability[y : y + h, x : x + w], mask)[0])


def clockwise(corners: np.ndarray) -> np.ndarray:
    """Corners of a rectangle, clockwise from the one nearest the top left (y downwards)."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1], kind="stable")]
    top_right, bottom_right = right[np.argsort(right[:, 1], kind="stable")]
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)


@stage("recognition")
def recognise(
    crops: Sequence[np.ndarray],
    name: RecogniserName = "recogniser",
    prior: Callable[[np.ndarray], np.ndarray] | None = None,
) -> list[Reading]:
    """Reads single lines of text, RGB crops of any size, in the order given. `prior` may change a line's probabilities
    (frames, classes) before they are read."""
    ready = [_line_image(crop) for crop in crops]
    # Line by line: batches pad the shorter ones, and are slower even without that (0.09 against 0.08 ms a pixel of
    # width). Widest first, so that no core is left with the longest line at the end.
    order = sorted(range(len(ready)), key=lambda i: -ready[i].shape[1])
    read = partial(_recognise_one, name, prior)
    readings = dict(zip(order, _spread(read, [ready[i] for i in order]), strict=True))
    return [readings[i] for i in range(len(ready))]


def _recognise_one(
    name: RecogniserName, prior: Callable[[np.ndarray], np.ndarray] | None, image: np.ndarray
) -> Reading:
    width = image.shape[1]
    blob = np.zeros((1, 3, _LINE_HEIGHT, max(_MIN_WIDTH, width)), np.float32)
    blob[0, :, :, :width] = (image[:, :, ::-1].astype(np.float32) / 127.5 - 1.0).transpose(2, 0, 1)
    probabilities = _recogniser(name).run(None, {"x": blob})[0][0]
    return _decode(name, prior(probabilities) if prior else probabilities, width / blob.shape[3])


def _line_image(crop: np.ndarray) -> np.ndarray:
    import cv2

    height, width = crop.shape[:2]
    if height == _LINE_HEIGHT and width >= 8:
        return crop
    return cv2.resize(crop, (max(8, round(width * _LINE_HEIGHT / max(height, 1))), _LINE_HEIGHT))


def _decode(name: RecogniserName, probabilities: np.ndarray, used: float) -> Reading:
    """What a line's probabilities (frames, classes) say. `used` is the unpadded share of the frames."""
    best, chances = best_path(probabilities)
    keep = np.flatnonzero((best != 0) & (best != np.r_[-1, best[:-1]]))
    classes = alphabet(name)
    characters = [classes[index] for index in best[keep]]
    # A space has no probability worth keeping apart; leading and trailing ones are no text.
    chances = chances[keep]
    places = (keep + 0.5) / (len(best) * used)
    score = float(chances.mean()) if len(chances) else 0.0
    text = "".join(characters)
    mrz = _folder(name)(probabilities) if _may_be_mrz(text) else None
    if name == "scripts":
        parts = logical_parts(text)
        text = "".join(character for character, _ in parts)
        chances = np.array([chances[own].min() for _, own in parts])
        places = np.array([places[own].mean() for _, own in parts])
    return Reading(text, score, chances, places, mrz)


def best_path(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The class of every frame and its probability. Greedy CTC decoding: repeats collapse to one character, class 0 is
    the blank.

    With one exception. A character on the border of two frames may get just under 0.5 in each, so that greedy decoding
    drops it although one of the frames holds it more likely than not. It is given to the first. (Not so a space: the
    text it separates is right either way.)
    """
    best = probabilities.argmax(axis=1)
    chances = probabilities[np.arange(len(best)), best].copy()
    space = probabilities.shape[1] - 1  # the last one of `alphabet`
    empty = np.where(best == 0, chances, 1.0)
    # Pairs of frames that are more likely both blank are skipped.
    for frame in np.flatnonzero((empty[:-1] < 1) & (empty[1:] < 1) & (empty[:-1] * empty[1:] < 1 - _LIKELY)):
        one, two = probabilities[frame, 1:].argmax() + 1, probabilities[frame + 1, 1:].argmax() + 1
        # Near a frame of the same character it would collapse into that one.
        beside = best[max(0, frame - 2) : frame + 4]
        chance = 1 - (1 - probabilities[frame, one]) * (1 - probabilities[frame + 1, two])
        if one == two != space and one not in beside and chance > _LIKELY:
            best[frame], chances[frame] = one, chance
    return best, chances


def _may_be_mrz(text: str) -> bool:
    """Long lines of capitals, digits and fillers, or of what fillers are misread as."""
    compact = text.replace(" ", "")
    if len(compact) < 15:
        return False
    return any(mark in compact for mark in _FILLERS) or sum(c.isupper() or c.isdigit() for c in compact) > 0.6 * len(
        compact
    )


@cache
def _folder(name: RecogniserName) -> Folder:
    return Folder(alphabet(name))


def read_lines(
    image: np.ndarray,
    boxes: np.ndarray,
    known: Mapping[bytes, Reading] | None = None,
    name: RecogniserName = "recogniser",
) -> list[Line]:
    """The text inside `boxes` (n, 4, 2) of an upright page; empty readings are left out. `known` are readings that are
    there already, by the bytes of their boxes."""
    known = known or {}
    fresh = [box for box in boxes if box.tobytes() not in known]
    news = iter(recognise([line_crop(image, box) for box in fresh], name))
    readings = [known[box.tobytes()] if box.tobytes() in known else next(news) for box in boxes]
    return [as_line(box, reading, name) for box, reading in zip(boxes, readings, strict=True) if reading.text.strip()]


def as_line(box: np.ndarray, reading: Reading, reader: RecogniserName = "recogniser") -> Line:
    """A reading and where it stands, without blanks at its ends."""
    text = reading.text.strip()
    start = reading.text.index(text)
    inside = slice(start, start + len(text))
    return Line(
        text=text,
        score=reading.score,
        box=box,
        probabilities=reading.probabilities[inside],
        positions=reading.positions[inside],
        log_probs=reading.mrz_log_probs,
        reader=reader,
    )


def line_crop(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The picture of one line, laid flat at the recogniser's height."""
    import cv2

    if quad_size(box)[1] > 2 * _LINE_HEIGHT:
        # Shrinking by more than half needs averaging, or thin strokes are lost between the samples.
        natural = crop_quad(image, box)
        width = max(8, round(natural.shape[1] * _LINE_HEIGHT / natural.shape[0]))
        return cv2.resize(natural, (width, _LINE_HEIGHT), interpolation=cv2.INTER_AREA)
    return crop_quad(image, box, height=_LINE_HEIGHT)


#: What a parent process had, in a forked child; ending it would wait for threads that the fork did not copy.
_of_parents: list[Any] = []


def _after_fork() -> None:
    """In a forked child: sessions, pool and locks are created again at first use, with threads of their own."""
    global _load, _pool, _LOADING  # noqa: PLW0603
    _of_parents.extend((_load, _pool))
    _load, _pool = cache(_load.__wrapped__), cache(_pool.__wrapped__)
    _LOADING = {name: threading.Lock() for name in _LOADING}
    _at_once[:] = [1]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
