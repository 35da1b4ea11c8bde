"""The exemplar colorizers that are trained, by the name of their family, and how a checkpoint becomes one again."""

from pathlib import Path

from torch import nn

from course_lib.layers.checkpoints import read_checkpoint, reading
from course_lib.video.colormnet.learned_baselines import RecurrentExemplar, SourceReference
from course_lib.video.colormnet.network import ColorMNet

FAMILIES = {
    "colormnet": ColorMNet,  # of the course's size
    "source_reference": SourceReference,
    "recurrent_exemplar": RecurrentExemplar,
}


def build(model: dict) -> nn.Module:
    """An untrained network from a configuration's table ``model``: its family, and the options it has otherwise."""
    options = dict(model)
    return FAMILIES[options.pop("family")](**options)


def load_exemplar(path: Path) -> nn.Module:
    """The network of a checkpoint that `python -m course_lib.video.colormnet.train` wrote, in evaluation mode.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        A file that isn't such a checkpoint.
    """
    path = Path(path)
    about, weights = read_checkpoint(path, "colormnet")
    with reading(path, "colormnet's checkpoint"):
        model = build(about)
        model.load_state_dict(weights)
    return model.eval()
