"""Products with packed matrices (`extractor.phi3v.packing`), in Triton.

A step of one token reads every weight once and computes next to nothing, so its product is a sum over bytes as they
stream in; a few tokens go through the tensor cores in blocks of 16 rows. Both hold a weight in registers only.
Sizes of blocks were tuned on an H100 (docs/log/decoding.md).
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

#: (rows of the matrix, blocks of 128 columns or groups of 64, warps) that one program takes at a time.
VECTOR4, VECTOR8 = (4, 8, 4), (4, 16, 4)
#: (rows of the matrix, parts its columns are split into, warps, stages) for several rows of x.
MATRIX4, MATRIX8 = (32, 4, 4, 4), (32, 4, 4, 4)
#: The same from 17 rows of x on.
MANY4, MANY8 = (64, 4, 4, 4), (64, 4, 4, 4)
_UNPACK_ROWS = 16


def product(
    x: torch.Tensor, packed: torch.Tensor, scales: torch.Tensor, lows: torch.Tensor | None, **sizes: Any
) -> torch.Tensor:
    """x (..., in) times the packed matrix (out, in), transposed: (..., out)."""
    rows, columns = packed.shape[0], x.shape[-1]
    flat = x.reshape(-1, columns)
    if len(flat) == 1:
        made = _vector(flat, packed, scales, lows, rows, columns, sizes.get("vector"))
    else:
        made = _matrix(flat, packed, scales, lows, rows, columns, sizes.get("matrix"))
    return made.view(*x.shape[:-1], rows)


def _vector(
    x: torch.Tensor, packed: torch.Tensor, scales: torch.Tensor, lows: Any, rows: int, columns: int, sizes: Any
) -> torch.Tensor:
    out = torch.empty((1, rows), dtype=x.dtype, device=x.device)
    if lows is not None:
        wide, blocks, warps = sizes or VECTOR4
        _vector4[(triton.cdiv(rows, wide),)](
            x, packed, scales, lows, out, rows, columns, WIDE=wide, BLOCKS=blocks, num_warps=warps
        )
    else:
        wide, blocks, warps = sizes or VECTOR8
        _vector8[(triton.cdiv(rows, wide),)](
            x, packed, scales, out, rows, columns, WIDE=wide, BLOCK=64 * blocks, num_warps=warps
        )
    return out


def _matrix(
    x: torch.Tensor, packed: torch.Tensor, scales: torch.Tensor, lows: Any, rows: int, columns: int, sizes: Any
) -> torch.Tensor:
    count = len(x)
    tall = max(16, triton.next_power_of_2(count))
    usual = (MATRIX8, MANY8) if lows is None else (MATRIX4, MANY4)
    wide, parts, warps, stages = sizes or usual[tall > 16]
    # Each part of the columns adds up on its own; adding the parts in one order keeps answers the same every time.
    sums = torch.empty((parts, count, rows), dtype=torch.float32, device=x.device)
    grid = (triton.cdiv(rows, wide), parts)
    options = {"TALL": tall, "WIDE": wide, "PARTS": parts, "num_warps": warps, "num_stages": stages}
    if lows is not None:
        _matrix4[grid](x, packed, scales, lows, sums, count, rows, columns, **options)
    else:
        _matrix8[grid](x, packed, scales, sums, count, rows, columns, **options)
    return sums.sum(dim=0).to(x.dtype)


def unpack(packed: torch.Tensor, scales: torch.Tensor, lows: torch.Tensor | None) -> torch.Tensor:
    """The matrix (out, in) in the scales' type."""
    rows = packed.shape[0]
    if lows is None:
        made = torch.empty(packed.shape, dtype=scales.dtype, device=packed.device)
        _unpack8[(rows, triton.cdiv(packed.shape[1], 1024))](packed, scales, made, packed.shape[1], BLOCK=1024)
        return made
    columns = 2 * packed.shape[1]
    made = torch.empty((rows, columns), dtype=scales.dtype, device=packed.device)
    _unpack4[(triton.cdiv(rows, _UNPACK_ROWS), columns // 128)](
        packed, scales, lows, made, rows, columns, ROWS=_UNPACK_ROWS
    )
    return made


@triton.jit
def _vector4(  # type: ignore[no-untyped-def]
    x, packed, scales, lows, out, rows, columns, WIDE: tl.constexpr, BLOCKS: tl.constexpr
):
    row = tl.program_id(0) * WIDE + tl.arange(0, WIDE)
    lane = tl.arange(0, 64)
    inside = row < rows
    blocks = columns // 128
    total = tl.zeros([WIDE, BLOCKS, 64], dtype=tl.float32)
    for first in range(0, blocks, BLOCKS):
        block = first + tl.arange(0, BLOCKS)
        there = block < blocks
        both = inside[:, None] & there[None, :]
        at = row[:, None] * (columns // 2) + block[None, :] * 64
        pairs = tl.load(packed + at[:, :, None] + lane[None, None, :], mask=both[:, :, None], other=0)
        group = row[:, None] * (columns // 64) + 2 * block[None, :]
        scale = tl.load(scales + group, mask=both, other=0.0).to(tl.float32)
        low = tl.load(lows + group, mask=both, other=0.0).to(tl.float32)
        scale_up = tl.load(scales + group + 1, mask=both, other=0.0).to(tl.float32)
        low_up = tl.load(lows + group + 1, mask=both, other=0.0).to(tl.float32)
        place = block[:, None] * 128 + lane[None, :]
        first_half = tl.load(x + place, mask=there[:, None], other=0.0).to(tl.float32)
        second_half = tl.load(x + place + 64, mask=there[:, None], other=0.0).to(tl.float32)
        weight = (pairs & 15).to(tl.float32) * scale[:, :, None] + low[:, :, None]
        weight_up = (pairs >> 4).to(tl.float32) * scale_up[:, :, None] + low_up[:, :, None]
        total += weight * first_half[None, :, :] + weight_up * second_half[None, :, :]
    result = tl.sum(tl.sum(total, axis=2), axis=1)
    tl.store(out + row, result.to(out.dtype.element_ty), mask=inside)


@triton.jit
def _vector8(  # type: ignore[no-untyped-def]
    x, packed, scales, out, rows, columns, WIDE: tl.constexpr, BLOCK: tl.constexpr
):
    row = tl.program_id(0) * WIDE + tl.arange(0, WIDE)
    inside = row < rows
    total = tl.zeros([WIDE, BLOCK], dtype=tl.float32)
    for first in range(0, columns, BLOCK):
        column = first + tl.arange(0, BLOCK)
        there = column < columns
        weight = tl.load(
            packed + row[:, None] * columns + column[None, :], mask=inside[:, None] & there[None, :], other=0
        )
        value = tl.load(x + column, mask=there, other=0.0).to(tl.float32)
        total += weight.to(tl.float32) * value[None, :]
    scale = tl.load(scales + row, mask=inside, other=0.0).to(tl.float32)
    tl.store(out + row, (tl.sum(total, axis=1) * scale).to(out.dtype.element_ty), mask=inside)


@triton.jit
def _matrix4(  # type: ignore[no-untyped-def]
    x,
    packed,
    scales,
    lows,
    sums,
    count,
    rows,
    columns,
    TALL: tl.constexpr,
    WIDE: tl.constexpr,
    PARTS: tl.constexpr,
):
    row = tl.program_id(0) * WIDE + tl.arange(0, WIDE)
    part = tl.program_id(1)
    token = tl.arange(0, TALL)
    lane = tl.arange(0, 64)
    inside, shown = row < rows, token < count
    blocks = columns // 128
    each = tl.cdiv(blocks, PARTS)
    total = tl.zeros([TALL, WIDE], dtype=tl.float32)
    for block in range(part * each, tl.minimum(blocks, (part + 1) * each)):
        at = row[None, :] * (columns // 2) + block * 64 + lane[:, None]
        pairs = tl.load(packed + at, mask=inside[None, :], other=0)
        group = row * (columns // 64) + 2 * block
        scale = tl.load(scales + group, mask=inside, other=0.0).to(tl.float32)
        low = tl.load(lows + group, mask=inside, other=0.0).to(tl.float32)
        scale_up = tl.load(scales + group + 1, mask=inside, other=0.0).to(tl.float32)
        low_up = tl.load(lows + group + 1, mask=inside, other=0.0).to(tl.float32)
        place = token[:, None] * columns + block * 128 + lane[None, :]
        first_half = tl.load(x + place, mask=shown[:, None], other=0.0)
        second_half = tl.load(x + place + 64, mask=shown[:, None], other=0.0)
        weight = (pairs & 15).to(tl.float32) * scale[None, :] + low[None, :]
        weight_up = (pairs >> 4).to(tl.float32) * scale_up[None, :] + low_up[None, :]
        total = tl.dot(first_half, weight.to(first_half.dtype), total)
        total = tl.dot(second_half, weight_up.to(first_half.dtype), total)
    where = (part * count + token[:, None]) * rows + row[None, :]
    tl.store(sums + where, total, mask=shown[:, None] & inside[None, :])


@triton.jit
def _matrix8(  # type: ignore[no-untyped-def]
    x, packed, scales, sums, count, rows, columns, TALL: tl.constexpr, WIDE: tl.constexpr, PARTS: tl.constexpr
):
    row = tl.program_id(0) * WIDE + tl.arange(0, WIDE)
    part = tl.program_id(1)
    token = tl.arange(0, TALL)
    lane = tl.arange(0, 128)
    inside, shown = row < rows, token < count
    blocks = tl.cdiv(columns, 128)
    each = tl.cdiv(blocks, PARTS)
    total = tl.zeros([TALL, WIDE], dtype=tl.float32)
    for block in range(part * each, tl.minimum(blocks, (part + 1) * each)):
        column = block * 128 + lane
        there = column < columns
        weight = tl.load(
            packed + row[None, :] * columns + column[:, None], mask=inside[None, :] & there[:, None], other=0
        )
        value = tl.load(x + token[:, None] * columns + column[None, :], mask=shown[:, None] & there[None, :], other=0.0)
        total = tl.dot(value, weight.to(value.dtype), total)
    scale = tl.load(scales + row, mask=inside, other=0.0).to(tl.float32)
    where = (part * count + token[:, None]) * rows + row[None, :]
    tl.store(sums + where, total * scale[None, :], mask=shown[:, None] & inside[None, :])


@triton.jit
def _unpack4(packed, scales, lows, out, rows, columns, ROWS: tl.constexpr):  # type: ignore[no-untyped-def]
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    block = tl.program_id(1)
    lane = tl.arange(0, 64)
    inside = (row < rows)[:, None]
    pairs = tl.load(packed + row[:, None] * (columns // 2) + block * 64 + lane[None, :], mask=inside, other=0)
    group = row[:, None] * (columns // 64) + 2 * block
    scale = tl.load(scales + group, mask=inside, other=0.0).to(tl.float32)
    low = tl.load(lows + group, mask=inside, other=0.0).to(tl.float32)
    scale_up = tl.load(scales + group + 1, mask=inside, other=0.0).to(tl.float32)
    low_up = tl.load(lows + group + 1, mask=inside, other=0.0).to(tl.float32)
    place = row[:, None] * columns + block * 128 + lane[None, :]
    tl.store(out + place, ((pairs & 15).to(tl.float32) * scale + low).to(out.dtype.element_ty), mask=inside)
    tl.store(out + place + 64, ((pairs >> 4).to(tl.float32) * scale_up + low_up).to(out.dtype.element_ty), mask=inside)


@triton.jit
def _unpack8(packed, scales, out, columns, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    row = tl.program_id(0)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    scale = tl.load(scales + row).to(tl.float32)
    weight = tl.load(packed + row * columns + column, mask=column < columns, other=0).to(tl.float32)
    tl.store(out + row * columns + column, (weight * scale).to(out.dtype.element_ty), mask=column < columns)
