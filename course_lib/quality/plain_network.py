"""A NIMA on MobileNetV2 without any framework: its weights in a plain file, and the C++17 program that runs them.

The file is little-endian. Numbers are int32, weights float32:

    8 bytes "CQNET001"
    side of the picture, number of steps
    each step: kind, and for a convolution: in, out, kernel, stride, padding, groups, 1 for ReLU6 after it;
               then its weights (out, in / groups, kernel, kernel) and its bias (out)
    number of classes, number of scores, and the matrix (scores, classes) of `class_weights`

Steps: 0 convolution, 1 keep what is here, 2 add what was kept, 3 mean over places, 4 softmax. A dense layer is a convolution of one
place. Batch normalization is gone: `frozen` has multiplied it into the convolution before it.

    python -m course_lib.quality.plain_network OUT.cqnet        the shipped model's file
"""

import argparse
import os
import struct
import subprocess
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval

from course_lib.engines.checks import new_file, written_whole
from course_lib.layers.compiled import build
from course_lib.quality.class_head import class_weights
from course_lib.quality.nima import NIMA
from course_lib.quality.preprocess import SIDE
from course_lib.quality.three_class import CLASSES

MAGIC = b"CQNET001"
CONVOLUTION, KEEP, ADD, MEAN, SOFTMAX = range(5)
_CPP = Path(__file__).parent / "cpp"
_UNITS = ("main.cpp", "network.cpp", "picture.cpp")
_HEADERS = ("network.hpp", "picture.hpp")


@dataclass(frozen=True)
class CppScore:
    """What the C++ program says of a picture.

    Attributes
    ----------
    mean, spread : float
        Of the predicted scores 1…10.
    classes : tuple of float
        Bad, normal, good; their sum is 1.
    """

    mean: float
    spread: float
    classes: tuple[float, float, float]

    @property
    def label(self) -> str:
        """The name of the likeliest class."""
        return CLASSES[int(np.argmax(self.classes))]


def frozen(model: nn.Module) -> nn.Module:
    """A copy for use only: in evaluation mode, each batch normalization folded into the convolution before it.

    In evaluation y = γ (x - m) / √(v + ε) + β is a straight line of x, so the convolution can do it: its weights times
    γ / √(v + ε), its bias to match. A third of MobileNetV2's layers vanish, and with them what engines trip over.

    Parameters
    ----------
    model : Module

    Returns
    -------
    Module
        Answers as `model` in evaluation mode does, but for rounding.
    """
    copy = deepcopy(model).eval()
    for group in [m for m in copy.modules() if isinstance(m, nn.Sequential)]:
        for i in range(len(group) - 1):
            if isinstance(group[i], nn.Conv2d) and isinstance(group[i + 1], nn.BatchNorm2d):
                group[i], group[i + 1] = fuse_conv_bn_eval(group[i], group[i + 1]), nn.Identity()
    return copy.requires_grad_(False)


def export_plain(model: nn.Module, path: str | os.PathLike) -> Path:
    """Write a NIMA on MobileNetV2 as the plain file that the C++ program reads.

    Parameters
    ----------
    model : NIMA
        Of the backbone ``"mobilenet_v2"``, any width.
    path : path-like

    Returns
    -------
    Path

    Raises
    ------
    FileNotFoundError
        No such folder.
    ValueError
        Another network, which the file can't hold.
    """
    path = new_file(path)
    if not isinstance(model, NIMA) or model.backbone != "mobilenet_v2":
        raise ValueError(
            f"model must be a NIMA on mobilenet_v2; got {getattr(model, 'backbone', type(model).__name__)}"
        )
    model = frozen(model)
    steps, dense = list(_steps(model.features)), model.head[-1]
    steps += [
        struct.pack("<i", MEAN),
        _convolution(dense.weight[..., None, None], dense.bias),
        struct.pack("<i", SOFTMAX),
    ]
    matrix = class_weights(dense.out_features)
    with written_whole(path) as scratch:
        scratch.write_bytes(
            MAGIC
            + struct.pack("<ii", SIDE, len(steps))
            + b"".join(steps)
            + struct.pack("<ii", matrix.shape[1], matrix.shape[0])
            + matrix.astype("<f4").tobytes()
        )
    return path


def build_program() -> Path:
    """The program, built by the machine's compiler where it isn't yet.

    Raises
    ------
    NoCompiler, CompileError
        From `course_lib.layers.compiled`.
    """
    return build([_CPP / name for name in (*_UNITS, *_HEADERS)], "program")


def cpp_scores(weights: str | os.PathLike, pictures: Sequence[str | os.PathLike]) -> list[CppScore]:
    """Scores of PPM files by the C++ program.

    Parameters
    ----------
    weights : path-like
        What `export_plain` wrote.
    pictures : sequence of path-like
        Binary PPM files (P6, 8 bits); ``cv2.imwrite("x.ppm", bgr)`` writes them.

    Returns
    -------
    list of CppScore

    Raises
    ------
    NoCompiler, CompileError
        The program isn't built yet, and can't be.
    ValueError
        The program refuses the weights or a picture; its words are the message.
    """
    command = [build_program(), Path(weights), *map(Path, pictures)]
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        raise ValueError(done.stderr.strip() or f"the program ended with {done.returncode}")
    rows = [list(map(float, line.split("\t")[1:6])) for line in done.stdout.splitlines()]
    return [CppScore(mean, spread, (bad, normal, good)) for mean, spread, bad, normal, good in rows]


def _steps(block: nn.Module) -> Iterator[bytes]:
    """The steps of a frozen MobileNetV2's block, in their order."""
    layers = [layer for layer in block.children() if not isinstance(layer, nn.Identity | nn.ReLU6)]
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            clipped = any(isinstance(other, nn.ReLU6) for other in block.children())
            yield _convolution(
                layer.weight, layer.bias, layer.stride[0], layer.padding[0], layer.groups, clipped
            )
        elif getattr(layer, "use_res_connect", False):
            yield struct.pack("<i", KEEP)
            yield from _steps(layer.conv)
            yield struct.pack("<i", ADD)
        else:
            yield from _steps(getattr(layer, "conv", layer))


def _convolution(weight, bias, stride=1, padding=0, groups=1, clipped=False) -> bytes:
    shape = (
        weight.shape[1] * groups,
        weight.shape[0],
        weight.shape[2],
        stride,
        padding,
        groups,
        int(clipped),
    )
    values = [x.numpy().astype("<f4").tobytes() for x in (weight, bias)]
    return struct.pack("<8i", CONVOLUTION, *shape) + b"".join(values)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    from course_lib.quality.pretrained import pretrained

    parser = argparse.ArgumentParser(
        prog="python -m course_lib.quality.plain_network",
        description="Write the shipped NIMA for the C++ program.",
    )
    parser.add_argument("file", metavar="OUT.cqnet")
    options = parser.parse_args(arguments)
    try:
        path = export_plain(pretrained("nima"), options.file)
    except (OSError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
