"""A model in an ONNX file, run by ONNX Runtime."""

import os
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import ArrayLike

from course_lib.engines.checks import as_input, check_threads, existing_file, first_line

_ERRORS_ONLY = 3


class OnnxModel:
    """What an ONNX file computes, by ONNX Runtime on the processor.

    Parameters
    ----------
    path : path-like
        Of a model with one float32 input and one output, such as `export_onnx` and `quantize_onnx_int8` write.
    threads : int
        That a call may use.

    Attributes
    ----------
    input_shape : tuple of int or None
        None where the file takes any size.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        Not such a model; an operator that ONNX Runtime doesn't know; threads below 1.
    """

    def __init__(self, path: str | os.PathLike, threads: int = 1):
        self.path: Path = existing_file(path)
        self.threads = check_threads(threads)
        options = ort.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        try:
            self._session = ort.InferenceSession(
                self.path, options, providers=["CPUExecutionProvider"], enable_fallback=0
            )
        except Exception as error:  # ONNX Runtime has a dozen classes for this, without a common one
            raise ValueError(
                f"{self.path} is no model that ONNX Runtime can run ({first_line(error)})"
            ) from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1 or inputs[0].type != "tensor(float)":
            raise ValueError(
                f"{self.path} must have one float32 input and one output; it has {len(inputs)} "
                f"({', '.join(i.type for i in inputs)}) and {len(outputs)}"
            )
        self._name = inputs[0].name
        self.input_shape = tuple(side if isinstance(side, int) else None for side in inputs[0].shape)

    def __call__(self, x: ArrayLike) -> np.ndarray:
        """Run the model.

        Parameters
        ----------
        x : array_like
            Floats of `input_shape`, such as (N, C, H, W).

        Returns
        -------
        ndarray, float32

        Raises
        ------
        TypeError, ValueError
            No floats; another shape; empty; NaN; sizes that the model can't work with.
        """
        x = as_input(x, self.input_shape, self.path)
        try:
            return self._session.run(None, {self._name: x})[0].astype(np.float32, copy=False)
        except Exception as error:  # as above
            raise ValueError(f"{self.path} can't take x of shape {x.shape} ({first_line(error)})") from error
