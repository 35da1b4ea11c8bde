"""What both exports begin with: a model and an example that are what they should be, and torch's trace of them.

`torch.export` follows the example through the model's Python code and keeps the operators. Checks of shapes, dictionaries
and loops over layers are gone then; what is left is a flat graph of tensors.
"""

import contextlib
import io
import logging
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from course_lib.engines.checks import first_line

TOLERANCE = 1e-4  # of the largest value, or of 1: float32 sums in another order differ by far less


def check_model(model: nn.Module, example: Tensor) -> None:
    """Raise TypeError or ValueError for what can't be exported before anything is tried."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module; got {type(model).__name__}")
    if not isinstance(example, Tensor):
        raise TypeError(f"example must be a tensor, one batch of inputs; got {type(example).__name__}")
    if example.dtype != torch.float32:
        raise TypeError(f"example must be float32; got {example.dtype}")
    if example.ndim < 2 or example.numel() == 0:
        raise ValueError(
            f"example must be a nonempty batch of two axes or more; got shape {tuple(example.shape)}"
        )
    if not torch.isfinite(example).all():
        raise ValueError("example must be finite; it holds NaN or infinity")


@contextlib.contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Inside `with`: evaluation mode, and the exporters' warnings and logs kept to themselves."""
    modes = {module: module.training for module in model.modules()}
    disabled = logging.root.manager.disable
    model.eval()
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
        for module, mode in modes.items():
            module.training = mode


def answer_of(model: nn.Module, x: Tensor) -> np.ndarray:
    """What torch answers.

    Raises
    ------
    ValueError
        A model that fails, or answers something other than one tensor.
    """
    try:
        with torch.no_grad():
            y = model(x)
    except Exception as error:  # the model's own, whatever it is
        raise ValueError(f"model fails on an input of shape {tuple(x.shape)}: {first_line(error)}") from error
    if not isinstance(y, Tensor):
        raise ValueError(
            f"model must answer one tensor; it answers a {type(y).__name__}: wrap it in a module whose forward "
            "picks the one you need"
        )
    return y.detach().cpu().numpy()


def traced(model: nn.Module, example: Tensor, axes: dict[int, object]) -> torch.export.ExportedProgram:
    """torch's graph of the model.

    Raises
    ------
    ValueError
        Python code that can't be followed: it says what to change.
    """
    example = (
        example.detach().clone()
    )  # torch leaves marks on it, which a second export would take for its own
    shapes = (axes,) if axes else None
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # where torch prints half a graph when it fails
            return torch.export.export(model, (example,), dynamic_shapes=shapes, strict=False)
    except torch._dynamo.exc.UserError as error:
        raise ValueError(_fixed_size(error)) from error
    except torch.fx.experimental.symbolic_shapes.GuardOnDataDependentSymNode as error:
        raise ValueError(
            "model's Python code decides by the values in a tensor (an if, a while, an int() or .item()), and a graph "
            "has no such branches: compute both ways and choose with torch.where, or decide outside of the model"
            + _where(error)
        ) from error
    except Exception as error:  # any line of the model may be what torch can't follow
        raise ValueError(
            f"model can't be followed by torch.export: {first_line(error)}. Use torch's operators on tensors from "
            "input to output, without NumPy, files or lists in between" + _where(error)
        ) from error


def _fixed_size(error: Exception) -> str:
    said = first_line(error)
    found = [word for word in ("size()[0]", "size()[2]", "size()[3]") if word in str(error)]
    if not found:
        return f"model can't be exported with these dynamic axes: {said}"
    names = {"size()[0]": "batch", "size()[2]": "height", "size()[3]": "width"}
    axes = " and ".join(names[word] for word in found)
    return (
        f"model's code fixes the {axes} that dynamic asks to leave open: write sizes as x.shape[...] where it holds "
        "numbers (in reshape, view or expand), or leave it out of dynamic"
    )


def _where(error: BaseException) -> str:
    """The line of the model's code that was running, if it can be told."""
    lines = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.name == "forward" and "torch" not in Path(frame.filename).parts and frame.line
    ]
    return f". It was at: {lines[-1].line}" if lines else ""


def require_same(engine: Callable, trials: dict[tuple[int, ...], tuple[Tensor, np.ndarray]]) -> None:
    """Raise ValueError unless the exported model answers as torch did: (input, right answer) by the input's shape."""
    for shape, (x, right) in trials.items():
        got = engine(x.detach().cpu().numpy())
        if got.shape != right.shape:
            raise ValueError(
                f"the exported model answers shape {got.shape} for an input {shape}, where torch answers "
                f"{right.shape}: write the model's last step so that no axis of length 1 is left over, and keep "
                "x.shape[...] as it is where it computes with sizes"
            )
        off = float(np.abs(got - right).max(initial=0))
        if not off <= TOLERANCE * max(1.0, float(np.abs(right).max(initial=0))):
            raise ValueError(
                f"the exported model is off by {off:.3g} from torch for an input {shape}: does it draw random numbers, "
                "or change its own state?"
            )
