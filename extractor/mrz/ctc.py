"""From a recogniser's thousands of classes to the 37 characters of a machine-readable zone.

A general recogniser spreads the probability of a filler over `<`, `«`, `‹`, `く`, ... and that of a letter over its
cases and look-alikes. `Folder` adds these up once, so that everything after it works on (T, 38) log probabilities:
column 0 the blank, then `0`-`9`, `A`-`Z`, `<`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractor.mrz.confusion import BLANK, CLASSES, glyph


class Folder:
    """Folds the classes of one recogniser.

    `classes[i]` is the text of class i; class 0 is the CTC blank.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        known = [(index, glyph(text)) for index, text in enumerate(classes) if index and len(text) == 1]
        pairs = [(index, forms) for index, forms in known if forms is not None]
        self._columns = np.array([index for index, _ in pairs], dtype=np.int64)
        self._weights = np.array([forms for _, forms in pairs], dtype=np.float64)
        self._size = len(classes)

    def __call__(self, probabilities: NDArray[np.floating]) -> NDArray[np.float32]:
        """(T, classes) softmax output of one line -> (T, 38) log probabilities.

        The probability of other classes (other scripts, pictograms) is spread evenly over the 37.
        Raises ValueError when the number of classes is not the recogniser's.
        """
        frames = np.asarray(probabilities, dtype=np.float64)
        if frames.ndim != 2 or frames.shape[1] != self._size:
            raise ValueError(f"expected (frames, {self._size}) probabilities")
        folded = frames[:, self._columns] @ self._weights
        folded[:, BLANK] += frames[:, 0]
        rest = np.maximum(frames.sum(axis=1) - folded.sum(axis=1), 0.0)
        folded[:, 1:] += (rest / (CLASSES - 1))[:, None]
        return np.log(np.maximum(folded, 1e-12)).astype(np.float32)
