"""A photo at several sizes through one network: what MUSIQ does, in small.

A network of one input size sees a photo squeezed into a square. Fine noise is gone by then, and so is the photo's shape. MUSIQ
gives one transformer the patches of a photo at its own size and at two smaller ones, of unchanged aspect. Here one
convolutional backbone runs once a size, each answer is averaged over places, and the averages stand side by side.

J. Ke, Q. Wang, Y. Wang, P. Milanfar, F. Yang, "MUSIQ: Multi-scale image quality transformer", ICCV 2021 (arXiv 2108.05997),
section 3.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class MultiScale(nn.Module):
    """Features of a photo at several sizes, side by side.

    Parameters
    ----------
    features : Module
        Pixels (N, 3, h, w) in [-1, 1] → maps (N, C, ., .), whatever h and w; the `features` of a `NIMA`, for example. Kept, not
        copied: all sizes share its weights.
    sides : sequence of int
        Longer side of the photo at each size, from 32 pixels, each once. The aspect stays.

    Raises
    ------
    ValueError
        Sides that can't be; in `forward`, photos of another shape, or so narrow that a shorter side falls below 32.

    Examples
    --------
    >>> from course_lib.quality import NIMA
    >>> backbone = NIMA("mobilenet_v2", width=0.35).features.eval()
    >>> MultiScale(backbone, sides=(96, 64))(torch.zeros(2, 3, 90, 120)).shape
    torch.Size([2, 2560])
    """

    def __init__(self, features: nn.Module, *, sides: Sequence[int]):
        super().__init__()
        whole = all(isinstance(side, int) and not isinstance(side, bool) for side in sides)
        if not sides or not whole or min(sides) < _LEAST or len(set(sides)) < len(sides):
            raise ValueError(f"sides must be different whole numbers from {_LEAST}; got {sides!r}")
        self.features = features
        self.sides = tuple(sides)

    def forward(self, photos: Tensor) -> Tensor:
        """Photos (N, 3, H, W) in [0, 1] → (N, C · number of sizes), in the order of `sides`."""
        if photos.ndim != 4 or photos.shape[1] != 3 or 0 in photos.shape:
            raise ValueError(f"photos must have shape (N, 3, H, W); got {tuple(photos.shape)}")
        return torch.cat([self._at(photos, side) for side in self.sides], dim=1)

    def _at(self, photos: Tensor, side: int) -> Tensor:
        longer = max(photos.shape[2:])
        size = [round(extent * side / longer) for extent in photos.shape[2:]]
        if min(size) < _LEAST:
            raise ValueError(
                f"photos must be wide enough for {_LEAST} pixels at side {side}; got {tuple(photos.shape)}"
            )
        if side != longer:  # smoothed before it shrinks, as MUSIQ's resize does
            photos = F.interpolate(photos, size, mode="bilinear", align_corners=False, antialias=True)
        return self.features(2 * photos - 1).mean((2, 3))


_LEAST = 32  # pixels: below, a MobileNet has nothing left after its last stride
