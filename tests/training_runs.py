"""What a training command left behind, to be compared with another run's."""

import json

import torch
from safetensors import safe_open
from safetensors.torch import load_file


def command_line(folder, config_file):
    """The command line of a run that keeps everything in `folder`."""
    return [str(config_file), "--out", str(folder / "out"), "--state", str(folder / "state")]


def results(folder):
    """Of the run named tiny: its state's numbers and tensors, and its checkpoint. Seconds aren't compared."""
    state = folder / "state" / "tiny" / "state.safetensors"
    with safe_open(state, framework="pt") as file:
        rest = json.loads(file.metadata()["state"])
    del rest["seconds"]
    return rest, load_file(state), load_file(folder / "out" / "tiny.safetensors")


def assert_identical(one, other):
    """Bit for bit."""
    assert one[0] == other[0]
    for a, b in zip(one[1:], other[1:], strict=True):
        assert a.keys() == b.keys()
        assert [name for name in a if not torch.equal(a[name], b[name])] == []
