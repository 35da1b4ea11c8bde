"""From a torch model to NCNN's pair of files, through pnnx, proven on the way.

pnnx reads a TorchScript file and writes eight others; it works in a folder of its own that goes afterwards. It stumbles over
Python that a plain trace leaves in (dictionaries, checks of shapes), so the trace is made of `torch.export`'s graph,
where these are gone.

NCNN has no batch: a file is for one item, whatever the batch of the example. Sizes that the model computes are numbers in
the file. To see whether there are any, the model is exported at a second size too: where both files are the same, any
size will do.
"""

import os
import subprocess
import tempfile
from pathlib import Path

import pnnx
import torch
from torch import Tensor, nn

from course_lib.engines.checks import new_file, written_whole
from course_lib.engines.ncnn_model import NcnnModel, marked, ncnn_files, unknown_layers
from course_lib.engines.tracing import answer_of, check_model, evaluating, require_same, traced


def export_ncnn(model: nn.Module, path: str | os.PathLike, example: Tensor) -> Path:
    """Write a model as NAME.param and NAME.bin, in float32.

    Parameters
    ----------
    model : Module
        One tensor in, one tensor out; exported as in evaluation mode, and left in the mode it was in.
    path : path-like
        NAME.param or NAME. NAME.bin lies beside it.
    example : Tensor, (N, ...) float32
        What is followed through the model, of 2 to 4 axes. Its height and width hold for the file, unless the model
        computes nothing from them.

    Returns
    -------
    Path
        Of NAME.param.

    Raises
    ------
    TypeError
        No module; no float32 tensor.
    ValueError
        A model that can't be exported, with what to change; files that don't do what torch does.
    FileNotFoundError
        No such folder.
    """
    param, weights = map(new_file, ncnn_files(path))
    check_model(model, example)
    if example.ndim > 4:
        raise ValueError(f"example must have 2 to 4 axes for NCNN; got shape {tuple(example.shape)}")
    with evaluating(model), tempfile.TemporaryDirectory() as folder:
        trials = {tuple(example.shape): (example, answer_of(model, example))}
        graph, numbers = _converted(model, example[:1], Path(folder) / "first")
        input_shape = (None, *example.shape[1:])
        larger = _larger(model, example)
        if larger is not None and _converted(model, larger, Path(folder) / "second") == (graph, numbers):
            input_shape = (None, example.shape[1], None, None)
            trials[tuple(larger.shape)] = (larger, answer_of(model, larger))
        whole = Path(folder) / param.name
        whole.write_text(marked(graph, numbers, input_shape), encoding="ascii")
        whole.with_suffix(".bin").write_bytes(numbers)
        require_same(NcnnModel(whole), trials)
        with written_whole(param) as text, written_whole(weights) as binary:
            text.write_bytes(whole.read_bytes())
            binary.write_bytes(numbers)
    return param


def _larger(model: nn.Module, example: Tensor) -> Tensor | None:
    """One item of twice the height and width, if the model can take that."""
    if example.ndim != 4:
        return None
    larger = example[:1].repeat(1, 1, 2, 2)
    try:
        answer_of(model, larger)
    except ValueError:
        return None
    return larger


def _converted(model: nn.Module, example: Tensor, folder: Path) -> tuple[str, bytes]:
    """Text and weights that pnnx makes of the model."""
    folder.mkdir()
    graph_module = traced(model, example, {}).module()
    with torch.no_grad():
        torch.jit.trace(graph_module, example, check_trace=False).save(folder / "model.pt")
    shape = ",".join(map(str, example.shape))
    done = subprocess.run(
        [pnnx.EXEC_PATH, "model.pt", f"inputshape=[{shape}]f32", "fp16=0"],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
    )
    param, weights = folder / "model.ncnn.param", folder / "model.ncnn.bin"
    if done.returncode != 0 or not param.is_file() or not weights.is_file():
        raise ValueError(f"model can't be converted by pnnx (exit status {done.returncode}: {_said(done)})")
    graph = param.read_text(encoding="ascii")
    unknown = unknown_layers(graph)
    if unknown:
        unknown = [
            kind for kind in unknown if kind != "pnnx.Expression"
        ] or unknown  # what is left around the others
        raise ValueError(
            f"model uses {', '.join(unknown)}, which NCNN doesn't have: write it with operators that it has "
            "(convolutions, sums, products, resizing, ...), or leave it to the code around the model"
        )
    return graph, weights.read_bytes()


def _said(done: subprocess.CompletedProcess) -> str:
    lines = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith(("#", "-"))]
    return lines[-1].strip() if lines else "nothing said"
