"""A model in an ONNX file, run by OpenCV's DNN module.

OpenCV reads ONNX with two limits. A size that is open in the file may not be computed with: `Shape` of an open size is an
error. And an `Unsqueeze` may add one axis at a time. So the file is read into memory, its open sizes are set to those of the
array that comes, what became constant is computed, each `Unsqueeze` is taken apart, and OpenCV gets the result. That
takes a few tenths of a second for each new shape; the last few are kept.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import helper, numpy_helper

from course_lib.engines.checks import as_input, check_threads, existing_file, first_line

_SHAPES_KEPT = 4


class OpenCVModel:
    """What an ONNX file computes, by OpenCV's DNN module on the processor.

    Parameters
    ----------
    path : path-like
        Of a model with one float32 input and one output, such as `export_onnx` writes.
    threads : int
        That a call may use. OpenCV knows one number for the whole process; it is put back after each call.

    Attributes
    ----------
    input_shape : tuple of int or None
        None where the file takes any size.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        Not such a model; threads below 1. An operator that OpenCV doesn't know shows at the first call, except in a file
        without open sizes.
    """

    def __init__(self, path: str | os.PathLike, threads: int = 1):
        self.path: Path = existing_file(path)
        self.threads = check_threads(threads)
        self._model = _read(self.path)
        initializers = {tensor.name for tensor in self._model.graph.initializer}
        inputs = [i for i in self._model.graph.input if i.name not in initializers]
        outputs = len(self._model.graph.output)
        if len(inputs) != 1 or outputs != 1 or inputs[0].type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
            raise ValueError(
                f"{self.path} must have one float32 input and one output; it has {len(inputs)} and {outputs}"
            )
        self._input = inputs[0]
        sides = self._input.type.tensor_type.shape.dim
        self.input_shape = tuple(side.dim_value if side.HasField("dim_value") else None for side in sides)
        self._net_for = lru_cache(_SHAPES_KEPT)(self._net)
        if None not in self.input_shape:
            self._net_for(self.input_shape)

    def __call__(self, x: ArrayLike) -> np.ndarray:
        """Run the model; as `OnnxModel`, with the same errors."""
        x = as_input(x, self.input_shape, self.path)
        net = self._net_for(x.shape)
        with _quiet_cv2(self.threads):
            try:
                net.setInput(x)
                return net.forward().copy()  # the next call would write over it
            except cv2.error as error:
                raise ValueError(
                    f"OpenCV can't run {self.path} on x of shape {x.shape} ({_reason(error)})"
                ) from error

    def _net(self, shape: tuple[int, ...]):
        """OpenCV's network for inputs of this shape."""
        try:
            model = _split_unsqueezes(_with_shape(self._model, self._input.name, shape))
        except Exception as error:  # a size the model can't work with shows in any of several libraries
            raise ValueError(f"{self.path} can't take x of shape {shape} ({first_line(error)})") from error
        with _quiet_cv2(self.threads):
            try:
                return cv2.dnn.readNetFromONNX(np.frombuffer(model.SerializeToString(), np.uint8))
            except cv2.error as error:
                raise ValueError(
                    f"{self.path} holds what OpenCV's DNN module doesn't read ({_reason(error)})"
                ) from error


def _read(path: Path) -> onnx.ModelProto:
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
    except Exception as error:  # the checker's, the decoder's and those of files
        raise ValueError(f"{path} is no ONNX model ({first_line(error)})") from error
    return model


def _with_shape(model: onnx.ModelProto, name: str, shape: tuple[int, ...]) -> onnx.ModelProto:
    """A copy for inputs of just this shape, with what is constant then computed."""
    import onnxscript.optimizer  # here: it takes longer to import than all the rest

    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    sides = next(i for i in fixed.graph.input if i.name == name).type.tensor_type.shape.dim
    for side, length in zip(sides, shape, strict=True):
        side.dim_value = length
    del fixed.graph.value_info[:]
    for output in fixed.graph.output:
        output.type.tensor_type.ClearField("shape")
    fixed = onnx.shape_inference.infer_shapes(fixed, strict_mode=True, data_prop=True)
    return onnxscript.optimizer.optimize(fixed)


def _split_unsqueezes(model: onnx.ModelProto) -> onnx.ModelProto:
    """In place: an Unsqueeze of several axes becomes several of one."""
    axes_of = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        several = node.op_type == "Unsqueeze" and len(node.input) == 2 and node.input[1] in axes_of
        axes = sorted(numpy_helper.to_array(axes_of[node.input[1]]).tolist()) if several else []
        if len(axes) < 2 or axes[0] < 0:
            nodes.append(node)
            continue
        steps = [node.input[0], *(f"{node.output[0]}_axis_{axis}" for axis in axes[:-1]), node.output[0]]
        for axis, came, goes in zip(axes, steps, steps[1:], strict=False):
            one = numpy_helper.from_array(np.array([axis], np.int64), f"{goes}_axes")
            model.graph.initializer.append(one)
            nodes.append(helper.make_node("Unsqueeze", [came, one.name], [goes], name=f"{node.name}_{axis}"))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


@contextmanager
def _quiet_cv2(threads: int) -> Iterator[None]:
    """Inside `with`: OpenCV on so many threads, its errors raised and not printed as well."""
    level, before = cv2.utils.logging.getLogLevel(), cv2.getNumThreads()
    cv2.utils.logging.setLogLevel(0)
    cv2.setNumThreads(threads)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
        cv2.utils.logging.setLogLevel(level)


def _reason(error: cv2.error) -> str:
    """The last line that OpenCV says, without its machine's paths."""
    lines = [line.strip("> ").strip() for line in str(error).splitlines()]
    last = next((line for line in reversed(lines) if line), "no reason given")
    return " ".join(word for word in last.split() if "/" not in word)
