"""The decoder's matrix products by themselves, as several libraries compute them: is another one quicker, or nearer?

A step multiplies one row or a few with four matrices a layer, a prompt some two thousand. Each library is given the
same matrices of a few layers, drawn from a normal distribution; their products are replayed as a CUDA graph, as steps
are, and reported for all 32 layers. So many matrices are not in the device's cache when their turn comes again. A
library's error is that of its product, as a share of the exact one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eval.bench.command import Bench, Table
from eval.bench.network import median_seconds
from extractor.errors import UsageError

if TYPE_CHECKING:
    import torch

#: (out, in) of a matrix.
Shape = tuple[int, int]
#: From a matrix (out, in) to what multiplies rows (n, in) with it.
Make = Callable[["torch.Tensor"], Callable[["torch.Tensor"], "torch.Tensor"]]

_WIDE_ROWS = 32  # rows over which the error is measured
_SMALL = {"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 2}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this bench's arguments."""
    own = parser.add_argument_group("matrices")
    own.add_argument(
        "--libraries", default=",".join(LIBRARIES), help=f"of {', '.join(LIBRARIES)} (default all that are installed)"
    )
    own.add_argument("--rows", default="1,8,32,2168", help="rows to multiply (default 1,8,32,2168)")
    own.add_argument("--layers", type=int, default=8, metavar="N", help="layers whose matrices are made (default 8)")
    own.add_argument("--device", default="auto", help="cuda, cpu or auto (default)")
    own.add_argument("--small", action="store_true", help="matrices small enough for a CPU")
    own.add_argument("--repeat", type=int, default=20, metavar="N", help="times each is measured (default 20)")


def bench(options: argparse.Namespace) -> Bench:
    """Measures. Raises UsageError for a library that is unknown and DeviceError for a device that is not there."""
    import torch

    from eval.bench.workload import FULL
    from extractor.phi3v.loading import choose_device

    libraries = [name for name in options.libraries.split(",") if name]
    if unknown := [name for name in libraries if name not in LIBRARIES]:
        raise UsageError(f"library {unknown[0]!r} is unknown; choose of {', '.join(LIBRARIES)}")
    if not all(part.isdigit() and int(part) for part in options.rows.split(",")):
        raise UsageError(f"--rows takes numbers like 1,8,32, not {options.rows!r}")
    if options.layers < 1 or options.repeat < 1:
        raise UsageError("--layers and --repeat must be at least 1")
    device = torch.device(choose_device(options.device))
    sizes = _SMALL if options.small else FULL
    rows = [int(part) for part in options.rows.split(",")]
    shapes = _shapes(sizes)
    figures: dict[str, Any] = {"device": str(device), "shapes": shapes, "layers": options.layers, "libraries": {}}
    for name in libraries:
        try:
            with torch.no_grad():
                make = LIBRARIES[name](device)
                result = _measure(make, shapes, rows, options.layers, options.repeat, device)
            scale = sizes["num_hidden_layers"] / options.layers
            result["ms"] = {count: round(scale * value, 3) for count, value in result["ms"].items()}
        except (ImportError, RuntimeError) as error:  # not installed, or not made for this device
            result = {"error": " ".join(str(error).split())[:200]}
        figures["libraries"][name] = result
    return Bench([_table(figures, rows)], figures, notes=[_note(figures)])


def _shapes(sizes: Mapping[str, Any]) -> list[Shape]:
    """Of a layer's four matrices, with as many heads for keys as for queries."""
    wide, inner = sizes["hidden_size"], sizes["intermediate_size"]
    return [(3 * wide, wide), (wide, wide), (2 * inner, wide), (wide, inner)]


def _drawn(shape: Shape, seed: int, device: torch.device, spread: float = 1.0) -> torch.Tensor:
    import torch

    source = torch.Generator(device).manual_seed(seed)
    return (spread * torch.randn(shape, generator=source, device=device)).to(torch.bfloat16)


def _measure(
    make: Make, shapes: Sequence[Shape], rows: Sequence[int], layers: int, times: int, device: torch.device
) -> dict[str, Any]:
    """Milliseconds of the products of all layers by rows, and the error of each of a layer's four."""
    places = [(layer, shape) for layer in range(layers) for shape in shapes]
    products = [make(_drawn(shape, layer, device, 0.02)) for layer, shape in places]
    errors = []
    for shape, product in zip(shapes, products, strict=False):
        x, weight = _drawn((_WIDE_ROWS, shape[1]), 1, device), _drawn(shape, 0, device, 0.02)
        exact = x.double() @ weight.double().T
        errors.append(round(float((product(x).double() - exact).norm() / exact.norm()), 5))
    taken = {}
    for count in rows:
        given = [_drawn((count, columns), 1, device) for _, columns in shapes] * layers

        def several(given: list[torch.Tensor] = given) -> None:
            for product, x in zip(products, given, strict=True):
                product(x)

        several()  # compiles, and looks for the best sizes
        call = _captured(several) if device.type == "cuda" else several
        taken[str(count)] = 1000 * median_seconds(call, times, str(device))
    return {"error_of_product": errors, "ms": taken}


def _captured(call: Callable[[], None]) -> Callable[[], None]:
    """The same as a CUDA graph."""
    import torch

    aside = torch.cuda.Stream()
    with torch.cuda.stream(aside):
        call()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        call()
    replay: Callable[[], None] = graph.replay
    return replay


def _plain(_: torch.device) -> Make:
    from torch.nn.functional import linear

    return lambda weight: lambda x: linear(x, weight)


def _packed(bits: int) -> Callable[[torch.device], Make]:
    def by(device: torch.device) -> Make:
        from extractor.phi3v.packing import PackedLinear

        return lambda weight: PackedLinear(weight, bits).to(device)

    return by


def _bitsandbytes(device: torch.device) -> Make:
    from torch import nn

    from eval.bench.workload import by_bitsandbytes

    def make(weight: torch.Tensor) -> Any:
        layer: Any = nn.Module()
        layer.self_attn, layer.mlp = nn.Module(), nn.Module()
        layer.mlp.one = _linear(weight)
        by_bitsandbytes(4, device)(layer)
        return layer.mlp.one

    return make


def _linear(weight: torch.Tensor) -> Any:
    from torch import nn

    made = nn.Linear(weight.shape[1], weight.shape[0], bias=False, device="meta")
    made.weight = nn.Parameter(weight, requires_grad=False)
    return made


def _torchao(_: torch.device) -> Make:
    """torch's own int4 product, which torchao packs for; the other packings of torchao need further packages."""
    from torch import nn
    from torchao.quantization import Int4WeightOnlyConfig, quantize_

    config = Int4WeightOnlyConfig(
        group_size=64, int4_packing_format="tile_packed_to_4d", int4_choose_qparams_algorithm="hqq"
    )

    def make(weight: torch.Tensor) -> Any:
        box = nn.Sequential(_linear(weight))
        quantize_(box, config)
        made: Any = box[0]
        return made

    return make


def _gemlite(device: torch.device) -> Make:
    """gemlite's kernels over the same four bits, scales and lowest values as ours."""
    import torch
    from gemlite.helper import A16Wn

    from extractor.phi3v.packing import GROUP, pack4

    helper = A16Wn(device=str(device), dtype=torch.bfloat16)

    def make(weight: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
        packed, scales, lows = pack4(weight)
        halves = packed.view(len(packed), -1, 1, GROUP)
        steps = torch.cat([halves & 15, halves >> 4], dim=2).view(weight.shape)
        zeros = (-lows.float() / scales.float()).to(weight.dtype)
        made: Callable[[torch.Tensor], torch.Tensor] = helper.from_weights(
            steps, scales.reshape(-1, 1), zeros.reshape(-1, 1), 4, GROUP
        )
        return made

    return make


def _humming(device: torch.device) -> Make:
    import torch
    from humming.layer import HummingLayer

    def make(weight: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
        layer = HummingLayer(
            shape_n=weight.shape[0],
            shape_k=weight.shape[1],
            weight_config={"dtype": "uint4", "group_size": 64, "has_zero_point": True},
            torch_dtype=torch.bfloat16,
        ).to(device)
        layer.load_from_unquantized(weight)
        layer.transform()
        made: Callable[[torch.Tensor], torch.Tensor] = layer
        return made

    return make


#: What multiplies, by its name here; "packed" is `extractor.phi3v.packing`.
LIBRARIES: Mapping[str, Callable[[torch.device], Make]] = {
    "bfloat16": _plain,
    "packed-int8": _packed(8),
    "packed": _packed(4),
    "bitsandbytes": _bitsandbytes,
    "torchao": _torchao,
    "gemlite": _gemlite,
    "humming": _humming,
}


def _table(figures: Mapping[str, Any], rows: Sequence[int]) -> Table:
    body = []
    for name, one in figures["libraries"].items():
        if "error" in one:
            body.append([name, one["error"], *[""] * len(rows)])
        else:
            share = 100 * sum(one["error_of_product"]) / len(one["error_of_product"])
            body.append([name, *(f"{one['ms'][str(count)]:.2f}" for count in rows), f"{share:.2f} %"])
    return Table("matrix products of all layers, ms by rows", ("", *map(str, rows), "error"), body)


def _note(figures: Mapping[str, Any]) -> str:
    shapes = ", ".join(f"{rows} x {columns}" for rows, columns in figures["shapes"])
    return f"{figures['layers']} layers of {shapes}, normally distributed; for all layers of the network"
