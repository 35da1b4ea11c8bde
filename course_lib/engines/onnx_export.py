"""From a torch model to one ONNX file, proven on the way.

The file is written by torch's current exporter, looked over by ONNX's checker, and run once by ONNX Runtime beside torch:
on the example, and on another size along each axis that the file leaves open. Only then does it take its name.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from course_lib.engines.checks import first_line, new_file, written_whole
from course_lib.engines.onnx_model import OnnxModel
from course_lib.engines.tracing import answer_of, check_model, evaluating, require_same, traced

AXES = {"batch": 0, "height": 2, "width": 3}


def export_onnx(
    model: nn.Module, path: str | os.PathLike, example: Tensor, *, dynamic: Sequence[str] | None = None
) -> Path:
    """Write a model as an ONNX file.

    Parameters
    ----------
    model : Module
        One tensor in, one tensor out; exported as in evaluation mode, and left in the mode it was in.
    path : path-like
        Of the file, usually NAME.onnx. Weights lie inside.
    example : Tensor, (N, ...) float32
        What is followed through the model.
    dynamic : sequence of "batch", "height" and "width", optional
        Axes 0, 2 and 3 that the file must leave open; the last two of inputs (N, C, H, W) only. By default those that
        the model can change: it is tried with another batch, twice the height and twice the width. () for none.

    Returns
    -------
    Path

    Raises
    ------
    TypeError
        No module; no float32 tensor.
    ValueError
        A model that can't be exported, with what to change: code that decides by values, sizes written as numbers, an
        operator that ONNX doesn't have. A file that doesn't do what torch does.
    FileNotFoundError
        No such folder.
    """
    path = new_file(path)
    check_model(model, example)
    with evaluating(model):
        expected = {tuple(example.shape): (example, answer_of(model, example))}
        wanted = _wanted(dynamic, example)
        tried = {axis: _another(model, example, axis, required=dynamic is not None) for axis in wanted}
        open_axes = {axis: x for axis, x in tried.items() if x is not None}
        if AXES["batch"] in open_axes and len(example) == 1:
            example = open_axes[0]  # a batch of 1 would be taken for a constant
        hint = torch.export.Dim.AUTO if dynamic is None else torch.export.Dim.DYNAMIC
        program = traced(model, example, dict.fromkeys(open_axes, hint))
        proto = _translated(program)
        _tidy(proto)
        left_open = [a for a in open_axes if not _input_sides(proto)[a].HasField("dim_value")]
        for axis in left_open:
            x = open_axes[axis]
            expected[tuple(x.shape)] = (x, answer_of(model, x))
        if (
            AXES["batch"] not in left_open
        ):  # a model that insists on one batch has been followed with that one
            expected = {shape: pair for shape, pair in expected.items() if shape[0] == len(example)}
        with written_whole(path) as scratch:
            onnx.save(proto, scratch)
            onnx.checker.check_model(scratch, full_check=True)
            require_same(OnnxModel(scratch), expected)
    return path


def _wanted(dynamic: Sequence[str] | None, example: Tensor) -> list[int]:
    """Numbers of the axes that dynamic names."""
    if isinstance(dynamic, str) or any(name not in AXES for name in dynamic or ()):
        raise ValueError(f"dynamic must be a tuple of {', '.join(map(repr, AXES))}; got {dynamic!r}")
    if dynamic is None:
        return list(AXES.values()) if example.ndim == 4 else [0]
    if example.ndim != 4 and {"height", "width"} & set(dynamic):
        raise ValueError(
            f"dynamic asks for height or width, which only inputs (N, C, H, W) have; got {tuple(example.shape)}"
        )
    return sorted({AXES[name] for name in dynamic})


def _another(model: nn.Module, example: Tensor, axis: int, *, required: bool) -> Tensor | None:
    """The example, longer along an axis, if the model can take that."""
    longer = torch.cat([example, example.flip(axis)], axis)  # twice, so that strides still divide it
    try:
        answer_of(model, longer)
    except ValueError as error:
        if not required:
            return None
        name = next(name for name, number in AXES.items() if number == axis)
        raise ValueError(
            f"dynamic asks for the {name}, but the {error.args[0]}. Sizes written as numbers (in reshape, view or a "
            "Linear layer after flatten) tie a model to one size: write x.shape[...], average over height and width "
            "before a Linear layer, or leave it out of dynamic"
        ) from error
    return longer


def _translated(program: torch.export.ExportedProgram) -> onnx.ModelProto:
    """torch's graph in ONNX's operators."""
    try:
        done = torch.onnx.export(
            program, dynamo=True, verbose=False, input_names=["input"], output_names=["output"]
        )
    except torch.onnx.errors.OnnxExporterError as error:
        cause = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        missing = re.search(r"OpOverload\(op='([\w.]+)'|<built-in function (\w+)>", str(cause))
        if missing is None:
            raise ValueError(f"model can't be translated to ONNX: {first_line(cause)}") from error
        raise ValueError(
            f"model uses {missing[1] or f'{missing[2]}() on a size'}, which has no translation to ONNX: write it with operators that have one "
            "(sums, products, convolutions, torch.where, ...), or leave it to the code around the model"
        ) from error
    return done.model_proto


def _input_sides(proto: onnx.ModelProto):
    return proto.graph.input[0].type.tensor_type.shape.dim


def _tidy(proto: onnx.ModelProto) -> None:
    """In place: open sizes get our names, and notes of where the model's code lay go."""
    names = {number: name for name, number in AXES.items()}
    called = {side.dim_param: names[axis] for axis, side in enumerate(_input_sides(proto)) if side.dim_param}
    for value in (*proto.graph.input, *proto.graph.output, *proto.graph.value_info):
        del value.metadata_props[:]
        for side in value.type.tensor_type.shape.dim:
            if side.dim_param:
                side.dim_param = re.sub(r"\bs\d+\b", lambda m: called.get(m[0], m[0]), side.dim_param)
    for node in proto.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
