"""Choosing tokens under a grammar's masks: one bit a token, computed on the CPU, applied where the logits are.

llguidance writes a mask into a row of bits in microseconds. outlines applies it with a kernel that torch compiles on
first use, for 4 to 37 seconds; here the bits are spread by plain operations that need no compilation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from extractor.decoding.grammar import Vocabulary
from extractor.errors import DeviceError

if TYPE_CHECKING:
    from llguidance import LLMatcher


#: Least number of masks that is filled in parallel.
_SIDE_BY_SIDE = 8


@cache
def _executor() -> Any:
    from llguidance import LLExecutor

    return LLExecutor()


class Masks:
    """Rows of bits for several choices at once; grows when more are needed."""

    def __init__(self, vocabulary: Vocabulary, device: torch.device) -> None:
        self.vocabulary, self.device = vocabulary, device
        self._words = (vocabulary.rows + 31) // 32
        self._on_cuda = device.type == "cuda"
        self._aside = torch.cuda.Stream(device) if self._on_cuda else None
        self._grow(8)

    def _grow(self, rows: int) -> None:
        # torch can only copy to a device without waiting from memory that is pinned.
        self._bits = torch.zeros((rows, self._words), dtype=torch.int32, pin_memory=self._on_cuda)
        self._bytes: np.ndarray = self._bits.numpy()
        self._there = torch.empty_like(self._bits, device=self.device) if self._on_cuda else self._bits

    def fill(self, matchers: Sequence[LLMatcher]) -> None:
        """Writes which tokens each matcher allows next into the first rows; no matcher twice."""
        count = len(matchers)
        while count > len(self._bits):
            self._grow(2 * len(self._bits))
        if count < _SIDE_BY_SIDE:
            for line, matcher in zip(self._bytes, matchers, strict=False):
                matcher.unsafe_compute_mask_ptr(line.ctypes.data, line.nbytes)
            return
        rows = [(matcher, row) for row, matcher in enumerate(matchers)]
        _executor().unsafe_compute_mask_ptr(rows, self._bytes.ctypes.data, self._bytes[0].nbytes, count)

    def allowed(self, rows: int) -> torch.Tensor:
        """The first rows as `Chooser` takes them: booleans on a CPU, on a device the words of bits themselves."""
        if self.device.type == "cpu":
            bits = np.unpackbits(self._bytes[:rows].view(np.uint8), axis=1, bitorder="little")
            return torch.from_numpy(bits.view(np.bool_))[:, : self.vocabulary.rows]
        if self._aside is None:
            return self._bits[:rows].to(self.device)
        # Beside the step that is still being computed, and not behind it. The last choice was waited for, so nothing
        # reads these places any more.
        with torch.cuda.stream(self._aside):
            self._there[:rows].copy_(self._bits[:rows], non_blocking=True)
        torch.cuda.current_stream(self.device).wait_stream(self._aside)
        return self._there[:rows]


def _has_kernels(logits: torch.Tensor) -> bool:
    return logits.is_cuda and find_spec("triton") is not None


def spread(words: torch.Tensor, length: int) -> torch.Tensor:
    """Bits (N, W) of 32-bit words, the lowest first, to booleans (N, length)."""
    places = torch.arange(32, dtype=torch.int32, device=words.device)
    return ((words[:, :, None] >> places) & 1).bool().flatten(1)[:, :length]


class Chooser:
    """Picks a token for each row of logits: the likeliest, or with a temperature one drawn at random.

    A draw depends on the seed and on how many tokens its answer had before, and on nothing else: the same answer is
    drawn however many tokens a step holds, whether it was drafted, and what is read beside it. A `bonus` (token,
    logits) is added to one token's score wherever it is allowed.
    """

    def __init__(self, temperature: float = 0.0, seed: int = 0, bonus: tuple[int, float] | None = None) -> None:
        self.temperature, self.seed, self.bonus = temperature, seed, bonus

    def __call__(
        self, logits: torch.Tensor, allowed: torch.Tensor | None, places: list[tuple[int, int]]
    ) -> tuple[list[int], list[float]]:
        """Tokens, and their probabilities among the allowed ones at temperature 1, the bonus counted in.

        `logits` (N, V) of any type; `allowed` says which tokens are, in booleans (N, V) or in words of 32 bits (N, W),
        and is None where all are; `places` names, for each row, the answer and the number of tokens before. One
        transfer from the device. Raises DeviceError for logits that are no numbers.
        """
        if self.bonus is not None:
            token, more = self.bonus
            logits = logits.float().clone()
            logits[:, token] += more
        if self.temperature == 0 and _has_kernels(logits) and (allowed is None or allowed.dtype is torch.int32):
            from extractor.decoding import kernels

            chosen = kernels.choose(logits, allowed)
        else:
            chosen = self._choose(logits, allowed, places)
        # In one transfer: float32 holds every id below 2 ** 24 exactly.
        both: list[list[float]] = chosen.tolist()
        if any(map(math.isnan, both[1])):
            fine = logits.dtype.itemsize == 4
            advice = "its weights are damaged: fetch it again" if fine else "try --dtype bfloat16 or float32"
            raise DeviceError(f"the model's output is not a number in {logits.dtype}; {advice}")
        return [int(token) for token in both[0]], both[1]

    def _choose(
        self, logits: torch.Tensor, allowed: torch.Tensor | None, places: list[tuple[int, int]]
    ) -> torch.Tensor:
        """Tokens and probabilities (2, N)."""
        scores = logits.float()
        if allowed is not None:
            if allowed.dtype is torch.int32:
                allowed = spread(allowed, scores.shape[1])
            scores = scores.masked_fill(~allowed, -torch.inf)
        picked = scores
        if self.temperature > 0:
            noise = torch.stack([self._noise(place, scores.shape[1]) for place in places])
            picked = scores / self.temperature + noise.to(scores.device)
        tokens = picked.argmax(dim=-1)
        probabilities = scores.log_softmax(dim=-1).gather(1, tokens[:, None])[:, 0].exp()
        return torch.stack([tokens.float(), probabilities])

    def _noise(self, place: tuple[int, int], size: int) -> torch.Tensor:
        """Gumbel noise: the largest of logits plus it is a draw from their softmax (Gumbel, 1954)."""
        answer, before = place
        generator = torch.Generator().manual_seed(((self.seed * 1_000_003 + answer) * 1_000_003 + before) % 2**63)
        return -torch.empty(size).exponential_(generator=generator).log()
