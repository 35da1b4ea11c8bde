"""The authors' weights of ColorMNet, into the full network.

The file isn't the course's and doesn't come with it: get it from its authors (github.com/yyang181/colormnet, releases).
It may be used under CC BY-NC-SA 4.0: with attribution, for no commercial purpose, and what is made of it under the same
terms. Its sha256 isn't known here beforehand; `load_released` says and records that of the file it read.
"""

import hashlib
import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from course_lib.video.colormnet.network import ColorMNet

LICENSE = "CC BY-NC-SA 4.0 (Y. Yang et al., ColorMNet, ECCV 2024): attribution, non-commercial, share alike"
_COUNTERS = "num_batches_tracked"  # of batch norms; some files have them, and nothing reads them
_NAMED = 8  # names in a message, of which there may be hundreds


def load_released(path: str | Path) -> ColorMNet:
    """The full network with the weights in a file.

    Parameters
    ----------
    path : path-like
        The authors' ``.pth``, or its tensors as ``.safetensors``. A ``.pth`` is a pickle, which could run anything;
        PyTorch's reader for weights alone is used, which refuses whatever isn't a tensor.

    Returns
    -------
    ColorMNet
        In evaluation mode. Its attribute ``card`` holds the file's name, sha256 and license; both are printed.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        A file that can't be read as weights, lacks some, has others, or has them in other shapes. The message names
        them.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path: there is no file {path}")
    weights = _read(path)
    # built without memory of its own: what is in the file takes its place
    with torch.device("meta"):
        net = ColorMNet("full")
    _check(path, net.state_dict(), weights)
    counters = {name: torch.tensor(0) for name in net.state_dict() if name.endswith(_COUNTERS)}
    own = net.state_dict()
    net.load_state_dict(counters | {name: weights[name].to(own[name].dtype) for name in weights}, assign=True)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    net.card = {"file": path.name, "sha256": sha256, "license": LICENSE}
    print(f"{path.name}: sha256 {sha256}; {LICENSE}")
    return net.eval()


def _read(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            weights = load_file(path)
        else:
            weights = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise ValueError(f"{path} can't be read as weights ({error})") from error
    if not isinstance(weights, dict) or not all(isinstance(value, Tensor) for value in weights.values()):
        raise ValueError(
            f"{path} must hold tensors by name; got {type(weights).__name__} with other things in it"
        )
    return weights


def _check(path: Path, wanted: dict[str, Tensor], weights: dict[str, Tensor]) -> None:
    """Refuse other names or shapes; counters of batch norms may be there or not."""
    ours = {name for name in wanted if not name.endswith(_COUNTERS)}
    theirs = {name for name in weights if not name.endswith(_COUNTERS)}
    shapes = [
        f"{name} is {tuple(weights[name].shape)} and not {tuple(wanted[name].shape)}"
        for name in sorted(ours & theirs)
        if weights[name].shape != wanted[name].shape
    ]
    faults = {
        "lacks": sorted(ours - theirs),
        "has what the network doesn't know": sorted(weights.keys() - wanted.keys()),
        "has other shapes": shapes,
    }
    said = [f"{fault}: {_some(names)}" for fault, names in faults.items() if names]
    if said:
        raise ValueError(f"{path} isn't ColorMNet's file; it " + "; it ".join(said))


def _some(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
