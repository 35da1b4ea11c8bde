"""The shipped colorizers: a trained `ColorizationNet` behind the plain "lightness in, color out" of `colorize`.

A checkpoint is NAME.safetensors with a card NAME.json beside it, which says what it was trained on, by which command,
and how it does on photos held out, beside baselines that could fake it.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.color import AB_SCALE, ab_bin_centers
from course_lib.images.colorization_net import ColorizationNet, check_lightness

CHECKPOINTS = Path(__file__).parents[2] / "assets" / "checkpoints"
COLORIZERS = ("classification", "regression")


class Colorizer(nn.Module):
    """A trained network with what surrounds it: the size it was trained at, and the way from its heads to color.

    Parameters
    ----------
    net : ColorizationNet
    kind : "classification" or "regression"
        The head that answers.
    scenes : sequence of str
        Names of the scene head's classes.
    short_side : int
        Pixels. Larger pictures are scaled down to it for the network, and its color back up.

    Attributes
    ----------
    temperature : float
        Of the annealed mean by which classes become color, from 0 (the mode) to 1 (the mean). Set it as you like.
    card : dict
        Empty when there is none.
    """

    def __init__(self, net: ColorizationNet, kind: str, *, scenes: list[str], short_side: int):
        super().__init__()
        self.net = net
        self.kind = kind
        self.scenes = tuple(scenes)
        self.short_side = short_side
        self.temperature = 0.38
        self.card: dict = {}
        self.register_buffer("centers", torch.from_numpy(ab_bin_centers()).float(), persistent=False)

    def forward(self, lightness: Tensor) -> Tensor:
        """Lightness (N, 1, H, W) in [0, 1] → normalized ab (N, 2, H, W)."""
        check_lightness(lightness)
        heads = self.net(self._scaled(lightness))
        ab = heads["ab"] if self.kind == "regression" else self._annealed(heads["bins"])  # (N, 2, h/4, w/4)
        return F.interpolate(ab, lightness.shape[2:], mode="bilinear", align_corners=False)

    def probabilities(self, lightness: ArrayLike) -> np.ndarray:
        """What the classes get, before any temperature.

        Parameters
        ----------
        lightness : array_like, (N, H, W)
            L, 0 to 100.

        Returns
        -------
        ndarray, (N, h, w, Q) float32
            At a quarter of the working size; each place sums to 1.

        Raises
        ------
        ValueError
            A regression model, which has no classes; another number of axes.
        """
        if self.kind != "classification":
            raise ValueError(f"a {self.kind} model gives colors, no probabilities; take 'classification'")
        return self._heads(lightness)["bins"].softmax(1).permute(0, 2, 3, 1).contiguous().numpy()

    def scene_probabilities(self, lightness: ArrayLike) -> np.ndarray:
        """How sure the scene branch is of each of `scenes`: (N, H, W) L from 0 to 100 → (N, S) float32."""
        return self._heads(lightness)["scene"].softmax(1).numpy()

    def _heads(self, lightness: ArrayLike) -> dict[str, Tensor]:
        light = torch.as_tensor(lightness, dtype=torch.float32)
        if light.ndim != 3:
            raise ValueError(f"lightness must have shape (N, H, W), got {tuple(light.shape)}")
        with torch.inference_mode():
            return self.net(self._scaled(light[:, None] / 100))

    def _scaled(self, lightness: Tensor) -> Tensor:
        height, width = lightness.shape[2:]
        scale = self.short_side / min(height, width)
        if scale >= 1:
            return lightness
        size = (round(height * scale), round(width * scale))
        return F.interpolate(lightness, size, mode="bilinear", align_corners=False, antialias=True)

    def _annealed(self, logits: Tensor) -> Tensor:
        if self.temperature == 0:
            shares = F.one_hot(logits.argmax(1), logits.shape[1]).movedim(-1, 1).to(logits)
        else:
            shares = (logits / self.temperature).softmax(1)  # (N, Q, h, w)
        return torch.einsum("nqhw,qc->nchw", shares, self.centers) / AB_SCALE


def pretrained(name: str) -> Colorizer:
    """A colorizer that comes with the course.

    Parameters
    ----------
    name : "regression" or "classification"
        Of the same size, trained on the same photos for the same number of steps; see `.card`.

    Returns
    -------
    Colorizer
        In evaluation mode, with its card.

    Raises
    ------
    ValueError
        Another name; a file that isn't the one its card describes.
    FileNotFoundError
        Files that are missing.
    """
    if name not in COLORIZERS:
        raise ValueError(f"name must be one of {', '.join(COLORIZERS)}; got {name!r}")
    from course_lib.layers.checkpoints import load_shipped  # here, so that the room's networks do without

    path = CHECKPOINTS / f"{name}.safetensors"
    return load_shipped(path, load_colorizer, f"python -m course_lib.images.train {name}")


def load_colorizer(path: Path) -> Colorizer:
    """A colorizer from the checkpoint that `python -m course_lib.images.train` wrote, in evaluation mode.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        A file that isn't such a checkpoint.
    """
    from course_lib.layers.checkpoints import read_checkpoint, reading

    about, weights = read_checkpoint(path, "colorizer")
    with reading(path, "colorizer's checkpoint"):
        net = ColorizationNet(about["bins"], len(about["scenes"]), width=about["width"])
        net.load_state_dict(weights)
        return Colorizer(net, about["kind"], scenes=about["scenes"], short_side=about["short_side"]).eval()
