"""Stores a network's weights in 16 bits; they are widened as it is loaded, so that it answers as before.

python -m extractor.training.text.halve runs/reader.onnx --file extractor/text/networks/scripts.onnx
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import onnx

#: Smaller arrays stay as they are.
_SMALL = 64
_PROPERTIES = {
    "licence": "Apache-2.0; copyright of the original weights: Baidu and the PaddleOCR authors",
    "changes": "another alphabet, frames of four pixels, trained on drawn lines of other scripts by"
    " extractor.training.text of id-document-extractor",
}


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """`model` with its weights in 16 bits and a cast for each; changed in place."""
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    casts = []
    for each in list(graph.initializer):
        values = numpy_helper.to_array(each)
        if values.dtype != np.float32 or values.size < _SMALL:
            continue
        graph.initializer.remove(each)
        half = f"{each.name}.half"
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), half))
        casts.append(helper.make_node("Cast", [half], [each.name], to=TensorProto.FLOAT, name=f"{each.name}.cast"))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    for key, value in _PROPERTIES.items():
        entry = next((one for one in model.metadata_props if one.key == key), None) or model.metadata_props.add()
        entry.key, entry.value = key, value
    return model


def whole(model: onnx.ModelProto) -> onnx.ModelProto:
    """`model` as it was before `halved`, its weights in 32 bits, to be trained on; changed in place."""
    from onnx import numpy_helper

    graph = model.graph
    for each in graph.initializer:
        if each.name.endswith(".half"):
            values = numpy_helper.to_array(each).astype(np.float32)
            each.CopyFrom(numpy_helper.from_array(values, each.name.removesuffix(".half")))
    nodes = [node for node in graph.node if not (node.op_type == "Cast" and node.input[0].endswith(".half"))]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    import onnx

    parser = argparse.ArgumentParser("python -m extractor.training.text.halve", description=__doc__.split("\n")[0])
    parser.add_argument("network", type=Path, help="trained network (reader.onnx)")
    parser.add_argument("--file", type=Path, required=True, help="file to write")
    options = parser.parse_args(arguments)
    onnx.save(halved(onnx.load(options.network)), options.file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
