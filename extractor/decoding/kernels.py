"""The small operations between a decoder's matrix products, as one Triton kernel each (`extractor.decoding.plain` says
what they compute), and the choice of a token under a mask.

A step of one token spends half its time in them if each of their parts is a kernel of its own: at that size a kernel
costs its launch. torch.compile finds most of the same kernels, and takes a minute to.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl


def add_norm(
    hidden: torch.Tensor, update: torch.Tensor | None, weight: torch.Tensor, epsilon: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """As `plain.add_norm`."""
    size = hidden.shape[-1]
    rows = hidden.numel() // size
    added = hidden if update is None else torch.empty_like(hidden)
    normed = torch.empty_like(hidden)
    block = triton.next_power_of_2(size)
    _add_norm[(rows,)](
        hidden,
        hidden if update is None else update,
        weight,
        added,
        normed,
        size,
        epsilon,
        ADD=update is not None,
        BLOCK=block,
        num_warps=max(1, min(8, block // 512)),
    )
    return added, normed


def rotate_into(
    projected: torch.Tensor,
    cos: torch.Tensor,
    sin: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    at: torch.Tensor,
) -> torch.Tensor:
    """As `plain.rotate_into`."""
    documents, length, width = projected.shape
    _, kv_heads, places, size = keys.shape
    heads = width // size - 2 * kv_heads
    queries = torch.empty((documents, length, heads, size), dtype=projected.dtype, device=projected.device)
    _rotate_into[(documents * length, heads)](
        projected,
        cos,
        sin,
        at,
        queries,
        keys,
        values,
        length,
        places,
        HEADS=heads,
        KV_HEADS=kv_heads,
        SIZE=size,
        HALF=triton.next_power_of_2(size // 2),
        num_warps=1,
    )
    return queries.transpose(1, 2)


def gated(states: torch.Tensor) -> torch.Tensor:
    """As `plain.gated`."""
    size = states.shape[-1] // 2
    made = torch.empty((*states.shape[:-1], size), dtype=states.dtype, device=states.device)
    rows = made.numel() // size
    _gated[(rows, triton.cdiv(size, 1024))](states, made, size, BLOCK=1024, num_warps=4)
    return made


#: Tokens of a step that `attend` takes; minimum number of programs over which the documents' heads are spread.
WIDEST, _PROGRAMS = 256, 256
#: Tokens that a program takes at most.
_TALLEST = 64
#: Keys that a program takes at a time, its warps and stages, and the fewest keys that are worth a program of their own.
_KEYS, _WARPS, _STAGES, _LEAST_KEYS = 64, 4, 3, 128


def attend(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """As `plain.attend`, for at most `WIDEST` tokens of a document.

    Keys are shared out among programs, each of which keeps a softmax of its own; these are then put together. So a
    few tokens of one document keep the whole device busy, and no place behind the last one in use is looked at.
    """
    documents, heads, length, size = queries.shape
    kv_heads, places = keys.shape[1], keys.stride(1) // size  # of the whole cache, of which these may be a part
    tall = min(_TALLEST, max(16, triton.next_power_of_2(length)))
    blocks = triton.cdiv(length, tall)
    parts = max(1, min(triton.cdiv(_PROGRAMS, documents * heads * blocks), places // _LEAST_KEYS))
    made = torch.empty((documents, length, heads, size), dtype=queries.dtype, device=queries.device)
    cells = documents * heads * length * parts
    sums = torch.empty((cells, size), dtype=torch.float32, device=queries.device)
    scales = torch.empty((2, cells), dtype=torch.float32, device=queries.device)
    wide = triton.next_power_of_2(size)
    _attend[(documents * heads, parts, blocks)](
        queries,
        keys,
        values,
        positions,
        sums,
        scales,
        size**-0.5 * 1.4426950408889634,  # powers of two are what the device computes
        length,
        places,
        cells,
        queries.stride(0),
        queries.stride(1),
        queries.stride(2),
        keys.stride(0),
        HEADS=heads,
        GROUP=heads // kv_heads,
        SIZE=size,
        WIDE=wide,
        TALL=tall,
        KEYS=_KEYS,
        num_warps=_WARPS,
        num_stages=_STAGES,
    )
    _together[(documents * heads * length,)](
        sums,
        scales,
        made,
        parts,
        length,
        cells,
        HEADS=heads,
        SIZE=size,
        WIDE=wide,
        PARTS=triton.next_power_of_2(parts),
        num_warps=1,
    )
    return made


def choose(logits: torch.Tensor, words: torch.Tensor | None) -> torch.Tensor:
    """The likeliest allowed token of each row and its probability among the allowed ones: (2, N) in float32.

    `logits` (N, V); `words` (N, W) of 32 bits say what is allowed, the lowest bit first; None where everything is.
    A row that contains NaN gets the probability NaN.
    """
    count, size = logits.shape
    made = torch.empty((2, count), dtype=torch.float32, device=logits.device)
    _choose[(count,)](
        logits,
        logits if words is None else words,
        made,
        size,
        0 if words is None else words.shape[1],
        logits.stride(0),
        count,
        MASKED=words is not None,
        BLOCK=8192,
        num_warps=16,
    )
    return made


@triton.jit
def _add_norm(  # type: ignore[no-untyped-def]
    hidden, update, weight, added, normed, size, epsilon, ADD: tl.constexpr, BLOCK: tl.constexpr
):
    lane = tl.arange(0, BLOCK)
    inside = lane < size
    at = tl.program_id(0).to(tl.int64) * size + lane
    state = tl.load(hidden + at, mask=inside, other=0.0)
    if ADD:
        more = tl.load(update + at, mask=inside, other=0.0)
        state = (state.to(tl.float32) + more.to(tl.float32)).to(state.dtype)
        tl.store(added + at, state, mask=inside)
    exact = state.to(tl.float32)
    scale = tl.rsqrt(tl.sum(exact * exact, axis=0) / size + epsilon)
    own = tl.load(weight + lane, mask=inside, other=0.0)
    scaled = (exact * scale).to(state.dtype).to(tl.float32)
    tl.store(normed + at, (scaled * own.to(tl.float32)).to(state.dtype), mask=inside)


@triton.jit
def _rotate_into(  # type: ignore[no-untyped-def]
    projected,
    cos,
    sin,
    at,
    queries,
    keys,
    values,
    length,
    places,
    HEADS: tl.constexpr,
    KV_HEADS: tl.constexpr,
    SIZE: tl.constexpr,
    HALF: tl.constexpr,
):
    token = tl.program_id(0).to(tl.int64)
    head = tl.program_id(1)
    lane = tl.arange(0, HALF)
    inside = lane < SIZE // 2
    c = tl.load(cos + token * SIZE + lane, mask=inside, other=0.0)
    s = tl.load(sin + token * SIZE + lane, mask=inside, other=0.0)
    own = projected + token * (HEADS + 2 * KV_HEADS) * SIZE + head * SIZE + lane
    first = tl.load(own, mask=inside, other=0.0)
    kind = first.dtype
    first = first.to(tl.float32)
    second = tl.load(own + SIZE // 2, mask=inside, other=0.0).to(tl.float32)
    to = queries + (token * HEADS + head) * SIZE + lane
    tl.store(to, (first * c - second * s).to(kind), mask=inside)
    tl.store(to + SIZE // 2, (second * c + first * s).to(kind), mask=inside)
    if head < KV_HEADS:
        place = tl.load(at + token)
        cell = ((token // length) * KV_HEADS + head) * places + place
        own += HEADS * SIZE
        first = tl.load(own, mask=inside, other=0.0).to(tl.float32)
        second = tl.load(own + SIZE // 2, mask=inside, other=0.0).to(tl.float32)
        tl.store(keys + cell * SIZE + lane, (first * c - second * s).to(kind), mask=inside)
        tl.store(keys + cell * SIZE + SIZE // 2 + lane, (second * c + first * s).to(kind), mask=inside)
        own += KV_HEADS * SIZE
        tl.store(values + cell * SIZE + lane, tl.load(own, mask=inside), mask=inside)
        tl.store(values + cell * SIZE + SIZE // 2 + lane, tl.load(own + SIZE // 2, mask=inside), mask=inside)


@triton.jit
def _attend(  # type: ignore[no-untyped-def]
    queries,
    keys,
    values,
    positions,
    sums,
    scales,
    factor,
    length,
    places,
    cells,
    query_document,
    query_head,
    query_token,
    key_document,
    HEADS: tl.constexpr,
    GROUP: tl.constexpr,
    SIZE: tl.constexpr,
    WIDE: tl.constexpr,
    TALL: tl.constexpr,
    KEYS: tl.constexpr,
):
    row = tl.program_id(0)
    part, parts = tl.program_id(1), tl.num_programs(1)
    document, head = (row // HEADS).to(tl.int64), row % HEADS
    token = tl.program_id(2) * TALL + tl.arange(0, TALL)
    lane, step = tl.arange(0, WIDE), tl.arange(0, KEYS)
    shown, inside = token < length, lane < SIZE
    own = tl.load(positions + document * length + token, mask=shown, other=0)
    own = tl.where(own < 0, 0, own).to(tl.int32)
    last = tl.max(own, axis=0) + 1
    each = tl.cdiv(tl.cdiv(last, parts), KEYS) * KEYS
    first = part * each
    end = tl.minimum(first + each, last)
    query = tl.load(
        queries + document * query_document + head * query_head + token[:, None] * query_token + lane[None, :],
        mask=shown[:, None] & inside[None, :],
        other=0.0,
    )
    base = document * key_document + (head // GROUP).to(tl.int64) * places * SIZE
    best = tl.full([TALL], -1e30, dtype=tl.float32)
    weight = tl.zeros([TALL], dtype=tl.float32)
    total = tl.zeros([TALL, WIDE], dtype=tl.float32)
    for start in range(first, end, KEYS):
        place = start + step
        there = place < end
        cell = base + place[:, None] * SIZE + lane[None, :]
        both = there[:, None] & inside[None, :]
        key = tl.load(keys + cell, mask=both, other=0.0)
        score = tl.dot(query, tl.trans(key), input_precision="ieee") * factor
        score = tl.where(there[None, :] & (place[None, :] <= own[:, None]), score, -1e30)
        highest = tl.maximum(best, tl.max(score, axis=1))
        # A token that sees nothing here would otherwise see everything a little.
        share = tl.where(score <= -1e30, 0.0, tl.exp2(score - highest[:, None]))
        fading = tl.exp2(best - highest)
        weight = weight * fading + tl.sum(share, axis=1)
        value = tl.load(values + cell, mask=both, other=0.0)
        total = total * fading[:, None] + tl.dot(share.to(value.dtype), value, input_precision="ieee")
        best = highest
    cell = (row.to(tl.int64) * length + token) * parts + part
    tl.store(scales + cell, best, mask=shown)
    tl.store(scales + cells + cell, weight, mask=shown)
    tl.store(sums + cell[:, None] * SIZE + lane[None, :], total, mask=shown[:, None] & inside[None, :])


@triton.jit
def _together(  # type: ignore[no-untyped-def]
    sums,
    scales,
    made,
    parts,
    length,
    cells,
    HEADS: tl.constexpr,
    SIZE: tl.constexpr,
    WIDE: tl.constexpr,
    PARTS: tl.constexpr,
):
    row = tl.program_id(0).to(tl.int64)  # (document, head, token)
    part, lane = tl.arange(0, PARTS), tl.arange(0, WIDE)
    there, inside = part < parts, lane < SIZE
    cell = row * parts + part
    best = tl.load(scales + cell, mask=there, other=-1e30)
    weight = tl.load(scales + cells + cell, mask=there, other=0.0)
    share = tl.exp2(best - tl.max(best, axis=0))
    total = tl.load(sums + cell[:, None] * SIZE + lane[None, :], mask=there[:, None] & inside[None, :], other=0.0)
    result = tl.sum(total * share[:, None], axis=0) / tl.sum(weight * share, axis=0)
    token, head, document = row % length, (row // length) % HEADS, row // (length * HEADS)
    to = ((document * length + token) * HEADS + head) * SIZE + lane
    tl.store(made + to, result.to(made.dtype.element_ty), mask=inside)


@triton.jit
def _gated(states, made, size, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    row = tl.program_id(0).to(tl.int64)
    lane = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = lane < size
    gate = tl.load(states + row * 2 * size + lane, mask=inside, other=0.0)
    up = tl.load(states + row * 2 * size + size + lane, mask=inside, other=0.0).to(tl.float32)
    exact = gate.to(tl.float32)
    opened = (exact / (1.0 + tl.exp(-exact))).to(gate.dtype).to(tl.float32)
    tl.store(made + row * size + lane, (up * opened).to(gate.dtype), mask=inside)


@triton.jit
def _choose(  # type: ignore[no-untyped-def]
    logits, words, made, size, width, stride, count, MASKED: tl.constexpr, BLOCK: tl.constexpr
):
    row = tl.program_id(0).to(tl.int64)
    lane = tl.arange(0, BLOCK)
    best = -float("inf")
    token = 0
    total = 0.0
    for start in range(0, size, BLOCK):
        at = start + lane
        score = tl.load(logits + row * stride + at, mask=at < size, other=-float("inf")).to(tl.float32)
        if MASKED:
            word = tl.load(words + row * width + at // 32, mask=at < size, other=0)
            score = tl.where(((word >> (at % 32)) & 1) != 0, score, -float("inf"))
        highest = tl.max(score, axis=0)
        # The first of equals, as torch chooses.
        first = tl.min(tl.where(score == highest, at, size), axis=0)
        token = tl.where(highest > best, first, token)
        new = tl.maximum(best, highest)
        shift = tl.where(new == -float("inf"), 0.0, new)
        total = total * tl.exp(best - shift) + tl.sum(tl.exp(score - shift), axis=0)
        best = new
    tl.store(made + row, token * 1.0)
    tl.store(made + count + row, 1.0 / total)
