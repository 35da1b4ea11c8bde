"""The heavy colorizer that comes with the course: a trained `QueryColorizer` behind "lightness in, color out".

Its card says what it was trained on, by which command, and how it does on photos held out, beside Part 1's networks.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrize import remove_parametrizations

from course_lib.color import AB_SCALE
from course_lib.images.colorization_net import check_lightness
from course_lib.images.colorizer import CHECKPOINTS
from course_lib.mobile.query_colorizer import built

COLORIZERS = ("heavy",)


class Mirrored(nn.Module):
    """A network's answer to a picture averaged with that to its mirror image: twice the time, less of the chance.

    Parameters
    ----------
    net : Module
        Lightness (N, 1, H, W) → ab (N, 2, H, W).
    """

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, lightness: Tensor) -> Tensor:
        """Lightness (N, 1, H, W) → ab (N, 2, H, W), in the network's own units."""
        plain, mirrored = self.net(torch.cat([lightness, lightness.flip(3)])).unflatten(0, (2, -1))
        return (plain + mirrored.flip(3)) / 2


class HeavyColorizer(nn.Module):
    """A network that answers raw ab, at the size it was trained for, as a colorizer for `course_lib.images.colorize`.

    Parameters
    ----------
    net : Module
        Lightness (N, 1, H, W) in [0, 1] → ab (N, 2, H, W), not normalized. It has no branches: export this.
    short_side : int
        Pixels. Larger pictures are scaled down to it for the network, and its color back up.

    Attributes
    ----------
    card : dict
        Empty when there is none.
    """

    def __init__(self, net: nn.Module, *, short_side: int):
        super().__init__()
        self.net = net
        self.short_side = short_side
        self.card: dict = {}

    def forward(self, lightness: Tensor) -> Tensor:
        """Lightness (N, 1, H, W) in [0, 1] → normalized ab (N, 2, H, W)."""
        check_lightness(lightness)
        height, width = lightness.shape[2:]
        scale = self.short_side / min(height, width)
        if scale >= 1:
            return self.net(lightness) / AB_SCALE
        size = (round(height * scale), round(width * scale))
        small = F.interpolate(lightness, size, mode="bilinear", align_corners=False, antialias=True)
        ab = self.net(small) / AB_SCALE
        return F.interpolate(ab, (height, width), mode="bilinear", align_corners=False)


def pretrained(name: str) -> HeavyColorizer:
    """The heavy colorizer that comes with the course.

    Parameters
    ----------
    name : "heavy"

    Returns
    -------
    HeavyColorizer
        In evaluation mode, with its card. It looks at each picture and at its mirror image.

    Raises
    ------
    ValueError
        Another name; a file that isn't the one its card describes.
    FileNotFoundError
        Files that are missing.
    """
    if name not in COLORIZERS:
        raise ValueError(f"name must be {', '.join(COLORIZERS)}; got {name!r}")
    from course_lib.layers.checkpoints import load_shipped  # here, so that the room's networks do without

    path = CHECKPOINTS / f"{name}.safetensors"
    return load_shipped(path, load_heavy, f"python -m course_lib.mobile.train {name}")


def load_heavy(path: Path) -> HeavyColorizer:
    """A heavy colorizer from the checkpoint that `python -m course_lib.mobile.train` wrote, in evaluation mode.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        A file that isn't such a checkpoint.
    """
    from course_lib.layers.checkpoints import read_checkpoint, reading

    about, weights = read_checkpoint(path, "query_colorizer")
    with reading(path, "query_colorizer's checkpoint"):
        net = built(about["model"])
        net.load_state_dict(weights)
        short_side = about["short_side"]
    remove_parametrizations(
        net.to_ab, "weight"
    )  # the spectral norm has done its work; what is left is a convolution
    return HeavyColorizer(Mirrored(net), short_side=short_side).eval()
