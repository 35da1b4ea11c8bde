"""The detector in NCNN's own 8 bits: the two files that its quantization tools would write, without the tools.

NCNN has no zero point. Codes run from -127 to 127 around 0, and it keeps a scale turned over, 127 / largest:

    q = clamp(round(x · 127 / largest), -127, 127)

Weights have a `largest` for each output channel, the input of a layer has one, and what a layer answers is float again: all
as in `course_lib.cry.quantized_network`, but for the zero point. Where nothing is below 0, as behind a ReLU, half of the codes go
unused, so the input has 7 bits there.

In NAME.param each such layer gets the parameter 8 (`int8_scale_term`). In NAME.bin it has a tag, its codes as bytes, filled
up to a multiple of four, and as float32 its biases, the scales of its weights and the scale of its input. Source: `ModelBin::load` and each
layer's `load_model` in https://github.com/Tencent/ncnn.
"""

import os
import struct
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from course_lib.cry.quantization import code_range, quantize
from course_lib.cry.quantized_network import TINY, QuantizedLayer, quantized_layers, unquantized
from course_lib.engines import NcnnModel, export_ncnn
from course_lib.engines.checks import new_file, written_whole
from course_lib.engines.ncnn_model import marked, ncnn_files, read_param

BITS = 8
_FLOAT32, _INT8 = struct.pack("<I", 0), struct.pack("<I", 0x000D4B38)  # tags of what follows in NAME.bin
# of int8_scale_term, as NCNN's tool sets it
_MARKS = {"Convolution": "8=2", "ConvolutionDepthWise": "8=1", "InnerProduct": "8=2"}


def export_ncnn_int8(small: nn.Module, path: str | os.PathLike, example: Tensor) -> Path:
    """Write a network quantized to 8 bits as NAME.param and NAME.bin, for `course_lib.engines.NcnnModel`.

    Parameters
    ----------
    small : Module
        With 8 bits everywhere, as `quantize_network` or `quantize_detector` gives it. Its weights keep their codes; the input of
        each layer gets NCNN's grid over the same range, as far as the farther end on both sides.
    path, example
        As in `course_lib.engines.export_ncnn`.

    Returns
    -------
    Path
        Of NAME.param.

    Raises
    ------
    ValueError
        No quantized layers; other bits; layers that NCNN keeps in another order, or has no scales for; what `export_ncnn` refuses.
    TypeError, FileNotFoundError
        What `export_ncnn` raises.
    """
    param, weights = map(new_file, ncnn_files(path))
    layers = quantized_layers(small)
    _check(layers)
    with tempfile.TemporaryDirectory() as folder:
        whole = export_ncnn(unquantized(small), Path(folder) / param.name, example)
        graph, about = read_param(whole)
        if whole.with_suffix(".bin").read_bytes() != b"".join(map(_float_record, layers.values())):
            raise ValueError(
                f"NCNN keeps the layers of this model in another order than {', '.join(layers)}, or others beside them"
            )
        records = b"".join(map(_int8_record, layers.values()))
        assert about is not None  # export_ncnn has just written it
        whole.write_text(marked(_int8_graph(graph), records, tuple(about["input"])), encoding="ascii")
        whole.with_suffix(".bin").write_bytes(records)
        NcnnModel(whole)
        with written_whole(param) as text, written_whole(weights) as binary:
            text.write_bytes(whole.read_bytes())
            binary.write_bytes(records)
    return param


def largest_input(layer: QuantizedLayer) -> float:
    """The end of a layer's input grid that is farther from 0."""
    _, highest = code_range(layer.input_bits, symmetric=False)
    zero_point = layer.input_zero_point.item()
    return layer.input_scale.detach().clamp(min=TINY).item() * max(zero_point, highest - zero_point)


def _check(layers: dict[str, QuantizedLayer]) -> None:
    if not layers:
        raise ValueError("small has no quantized layers; quantize it first, as quantize_network does")
    for name, layer in layers.items():
        if (layer.weight_bits, layer.input_bits) != (BITS, BITS):
            raise ValueError(
                f"NCNN computes with 8 bits; {name} has {layer.weight_bits} for weights and {layer.input_bits} for its input"
            )
        groups, channels = getattr(layer.layer, "groups", 1), layer.weight.shape[0]
        if groups not in (1, channels):
            raise ValueError(
                f"NCNN has a scale for each group, and {name} has {groups} groups for {channels} channels: "
                "use 1 group or one for each channel"
            )


def _int8_graph(graph: str) -> str:
    """The text with a mark on each layer that has weights."""
    lines = graph.splitlines()
    return "".join(f"{line} {_MARKS.get(line.split()[0], '')}".rstrip() + "\n" for line in lines)


def _float_record(layer: QuantizedLayer) -> bytes:
    """What NCNN keeps of a layer in float32."""
    return _FLOAT32 + _bytes(layer.weight) + _biases(layer)


def _int8_record(layer: QuantizedLayer) -> bytes:
    """What NCNN keeps of a layer in 8 bits."""
    scale = layer.weight_scale.detach().clamp(min=TINY).expand(layer.weight.shape[0])
    codes = np.asarray(quantize(layer.weight.detach(), BITS, scale, axis=0), np.int8).tobytes()
    codes += bytes(-len(codes) % 4)
    _, highest = code_range(BITS)
    return (
        _INT8 + codes + _biases(layer) + _bytes(1 / scale) + struct.pack("<f", highest / largest_input(layer))
    )


def _biases(layer: QuantizedLayer) -> bytes:
    return b"" if layer.layer.bias is None else _bytes(layer.layer.bias)


def _bytes(values: Tensor) -> bytes:
    return values.detach().to(torch.float32).numpy().astype("<f4").tobytes()
