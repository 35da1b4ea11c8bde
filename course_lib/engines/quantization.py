"""Eight bits in an ONNX file: weights and activations as whole numbers, by ONNX Runtime's own quantizer.

    real ≈ scale · (whole − zero point)

Weights get a scale for each output channel and are signed, with zero point 0; activations get one scale and zero point for
the whole tensor and are unsigned (u8, s8). The scales of activations come from calibration: the model runs on examples,
and the smallest and largest value of each tensor are kept. The file says all this as pairs of QuantizeLinear and
DequantizeLinear around each operator ("QDQ"), and an engine that can puts whole-number arithmetic in their place.

x86 processors without VNNI instructions add two products of u8 and s8 in 16 bits, and 2 · 255 · 127 doesn't fit: the sum
saturates, without a word, and the same file answers otherwise there than elsewhere. Weights of 7 bits always fit,
2 · 255 · 64 = 32640, in bytes just the same; they are the default.
"""

import logging
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)

from course_lib.engines.checks import as_input, existing_file, new_file, written_whole
from course_lib.engines.onnx_model import OnnxModel


class _Reader(CalibrationDataReader):
    """Hands the quantizer one checked array after the other."""

    def __init__(self, arrays: Iterable[ArrayLike], name: str, model: OnnxModel):
        self._arrays, self._name, self._model = iter(arrays), name, model
        self.count = 0

    def get_next(self) -> dict[str, np.ndarray] | None:
        array = next(self._arrays, None)
        if array is None:
            return None
        self.count += 1
        try:
            return {self._name: as_input(array, self._model.input_shape, self._model.path)}
        except (TypeError, ValueError) as error:
            raise type(error)(f"calibration, array {self.count}: {error}") from None


def quantize_onnx_int8(
    path_in: str | os.PathLike,
    path_out: str | os.PathLike,
    calibration: Iterable[ArrayLike],
    *,
    weight_bits: int = 7,
) -> Path:
    """Write an 8-bit version of an ONNX file.

    Parameters
    ----------
    path_in, path_out : path-like
        The float32 model, such as `export_onnx` writes, and where the other goes.
    calibration : iterable of array_like
        Inputs of the model, as it will see them at work. A few dozen will do; what they leave out is clipped.
    weight_bits : {7, 8}
        8 is finer, for processors that add 8-bit products in 32 bits: ARM's, and x86 with VNNI.

    Returns
    -------
    Path
        `path_out`.

    Raises
    ------
    FileNotFoundError
        No such model; no such folder.
    TypeError, ValueError
        A file that is no such model; no calibration, or an array that the model can't take; other bits.
    """
    model, path_out = OnnxModel(path_in), new_file(path_out)
    if isinstance(calibration, np.ndarray | str | bytes) or not isinstance(calibration, Iterable):
        raise TypeError(
            f"calibration must be an iterable of batches, such as a list; got {type(calibration).__name__}"
        )
    if weight_bits not in (7, 8):
        raise ValueError(f"weight_bits must be 7 or 8; got {weight_bits!r}")
    reader = _Reader(calibration, onnx.load(existing_file(path_in)).graph.input[0].name, model)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder) / "int8.onnx"
        disabled = logging.root.manager.disable
        logging.disable(
            logging.CRITICAL
        )  # it advises another tool's passes, which the exporter has run already
        try:
            quantize_static(
                model.path,
                scratch,
                reader,
                quant_format=QuantFormat.QDQ,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=weight_bits == 7,
            )
        except ValueError as error:
            if reader.count:
                raise
            raise ValueError("calibration holds no array; give a few dozen inputs") from error
        finally:
            logging.disable(disabled)
        OnnxModel(scratch)
        with written_whole(path_out) as part:
            part.write_bytes(scratch.read_bytes())
    return path_out
