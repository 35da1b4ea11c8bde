"""A model in NCNN's pair of files, run by NCNN.

NAME.param is text: a magic number, how many layers and blobs there are, and a line for each layer. NAME.bin holds the
weights in the same order, without names or sizes. NCNN believes what it reads: a wrong digit in the text makes it read past the end
of an array. So the text is looked over before NCNN sees it, and `export_ncnn` adds a last line, which NCNN itself doesn't
read, with the input's shape and a hash of either file.
"""

import hashlib
import json
import os
import re
from pathlib import Path

import ncnn
import numpy as np
from numpy.typing import ArrayLike

from course_lib.engines.checks import as_input, check_threads, existing_file

_MAGIC = "7767517"
_MARK = "# course_lib "
_PARAMETER = re.compile(r'-?\d+=(?:[-+.,\deE]+|"[^"]*")')  # numbers, or a rule for a size in quotes
_DENSE, _MOST_AXES = 2, 4  # of a batch; NCNN itself has no batch


class NcnnModel:
    """What NCNN's pair of files computes, on the processor, in float32.

    Parameters
    ----------
    path : path-like
        NAME.param, NAME.bin or NAME; the other file lies beside it. A model with one input and one output.
    threads : int
        That a call may use.

    Attributes
    ----------
    input_shape : tuple of int or None, or None
        None where any size will do. Known for files that `export_ncnn` wrote.

    Raises
    ------
    FileNotFoundError
        One of the files is missing.
    ValueError
        Not such a model; a file cut short or changed since `export_ncnn` wrote it; threads below 1. Files from elsewhere have no
        hash, so only the build of their text is checked: load those you trust.
    """

    def __init__(self, path: str | os.PathLike, threads: int = 1):
        self.path, weights = (existing_file(file) for file in ncnn_files(path))
        self.threads = check_threads(threads)
        graph, about = read_param(self.path)
        unknown = unknown_layers(graph)
        if unknown:
            raise ValueError(f"{self.path} has layers that NCNN doesn't know: {', '.join(unknown)}")
        self._input, self._output = _ends(graph, self.path)
        if about is not None and sha256(weights.read_bytes()) != about["weights"]:
            raise ValueError(f"{weights} isn't the file that {self.path.name} was written with: export anew")
        self.input_shape = None if about is None else tuple(about["input"])
        self._net = ncnn.Net()
        option = self._net.opt
        option.num_threads = self.threads
        option.use_fp16_packed = option.use_fp16_storage = option.use_fp16_arithmetic = False
        option.use_bf16_packed = option.use_bf16_storage = False
        if self._net.load_param_mem(graph) != 0 or self._net.load_model(str(weights)) != 0:
            raise ValueError(f"{self.path} and {weights.name} are no model that NCNN can load")

    def __call__(self, x: ArrayLike) -> np.ndarray:
        """Run the model, one item of the batch after the other.

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
        if not _DENSE <= x.ndim <= _MOST_AXES:
            raise ValueError(
                f"x must have {_DENSE} to {_MOST_AXES} axes for {self.path.name}; got shape {x.shape}"
            )
        return np.stack([self._one(item) for item in x])

    def _one(self, item: np.ndarray) -> np.ndarray:
        extractor = self._net.create_extractor()
        extractor.input(self._input, ncnn.Mat(item).clone())
        failed, answer = extractor.extract(self._output)
        if failed:
            raise ValueError(f"{self.path} can't take x of shape (N, {', '.join(map(str, item.shape))})")
        return np.array(answer, np.float32)


def ncnn_files(path: str | os.PathLike) -> tuple[Path, Path]:
    """(NAME.param, NAME.bin) of either's path, or of NAME."""
    path = Path(path)
    stem = path.with_suffix("") if path.suffix in (".param", ".bin") else path
    return stem.with_name(f"{stem.name}.param"), stem.with_name(f"{stem.name}.bin")


def sha256(data: bytes) -> str:
    """The hash of these bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def marked(graph: str, weights: bytes, input_shape: tuple[int | None, ...]) -> str:
    """The text of a .param with the line that `read_param` looks for."""
    about = {"input": input_shape, "graph": sha256(graph.encode()), "weights": sha256(weights)}
    return f"{graph}{_MARK}{json.dumps(about)}\n"


def read_param(path: Path) -> tuple[str, dict | None]:
    """The graph's text, whole and well built, and what `marked` wrote below it.

    Raises
    ------
    ValueError
        Anything else.
    """
    try:
        text = path.read_bytes().decode("ascii")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no NCNN .param: it isn't plain text") from error
    graph, mark, line = text.partition(_MARK)
    about = None
    if mark:
        try:
            about = json.loads(line)
            unchanged = sha256(graph.encode()) == about["graph"] and {"input", "weights"} <= about.keys()
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} ends in a line that can't be read: export anew") from error
        if not unchanged:
            raise ValueError(f"{path} was changed since it was exported: export anew")
    lines = graph.splitlines()
    counts = re.fullmatch(r"(\d{1,6}) (\d{1,6})", lines[1].strip()) if len(lines) > 1 else None
    if counts is None or lines[0].strip() != _MAGIC:
        raise ValueError(f"{path} is no NCNN .param: it doesn't begin with {_MAGIC} and two counts")
    layers = [line for line in lines[2:] if line.strip()]
    if len(layers) != int(counts[1]):
        raise ValueError(f"{path} is cut short or was added to: {counts[1]} layers said, {len(layers)} there")
    made = _blobs(layers, path)
    if len(made) != int(counts[2]):
        raise ValueError(f"{path}: {counts[2]} blobs said, {len(made)} made")
    return graph, about


def _layers(graph: str) -> list[tuple[str, list[str], list[str], list[str]]]:
    """(type, inputs, outputs, parameters) of each layer of a graph."""
    found = []
    for line in graph.splitlines()[2:]:
        kind, _, bottoms, tops, *rest = line.split()
        comes, goes = int(bottoms), int(bottoms) + int(tops)
        found.append((kind, rest[:comes], rest[comes:goes], rest[goes:]))
    return found


def _blobs(lines: list[str], path: Path) -> set[str]:
    """Names of all blobs; each is made once, before it is used, and used once at most."""
    made: set[str] = set()
    used: set[str] = set()
    for number, line in enumerate(lines, 3):
        fields = line.split()
        if len(fields) < 4 or not re.fullmatch(r"\d{1,3} \d{1,3}", " ".join(fields[2:4])):
            raise ValueError(f"{path}, line {number}: no layer")
        comes, goes = int(fields[2]), int(fields[2]) + int(fields[3])
        bottoms, tops, parameters = fields[4:][:comes], fields[4:][comes:goes], fields[4:][goes:]
        if len(bottoms) + len(tops) < goes or not all(map(_PARAMETER.fullmatch, parameters)):
            raise ValueError(f"{path}, line {number}: no layer")
        if not set(bottoms) <= made - used or len(set(bottoms)) < comes or set(tops) & made:
            raise ValueError(
                f"{path}, line {number}: a blob that isn't there, or is made or used a second time"
            )
        made |= set(tops)
        used |= set(bottoms)
    return made


def unknown_layers(graph: str) -> list[str]:
    """Types of layers that NCNN hasn't got, by name."""
    return sorted({kind for kind, *_ in _layers(graph) if ncnn.layer_to_index(kind) < 0})


def _ends(graph: str, path: Path) -> tuple[str, str]:
    """Names of the one blob that comes in and the one that nobody uses."""
    layers = _layers(graph)
    inputs = [top for kind, _, tops, _ in layers if kind == "Input" for top in tops]
    used = {bottom for _, bottoms, _, _ in layers for bottom in bottoms}
    outputs = [top for _, _, tops, _ in layers for top in tops if top not in used]
    if len(inputs) != 1 or len(outputs) != 1:
        raise ValueError(
            f"{path} must have one input and one output; it has {len(inputs)} and {len(outputs)}"
        )
    return inputs[0], outputs[0]
