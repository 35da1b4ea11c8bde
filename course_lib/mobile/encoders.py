"""Encoders for `QueryColorizer`: a picture in, its features at four sizes out, fine to coarse."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.images.colorization_net import ColorizationNet, features_of

_EPS = 1e-6  # of every norm here, as in the released ConvNeXt


class ConvNeXt(nn.Module):
    """ConvNeXt without its classifier: from three channels to features at 1/4, 1/8, 1/16 and 1/32, each normalized.

    Z. Liu et al., "A ConvNet for the 2020s", CVPR 2022, https://arxiv.org/abs/2201.03545.

    Parameters
    ----------
    depths, widths : four int each
        Blocks and channels of each stage, fine to coarse.

    Attributes
    ----------
    channels : tuple of int
        Of the four answers.
    finest, stride : int
        By how much the first answer and the last are smaller than the picture.
    in_channels : int

    Examples
    --------
    >>> features = ConvNeXt((1, 1, 1, 1), (4, 8, 12, 16))(torch.zeros(1, 3, 64, 96))
    >>> [tuple(f.shape) for f in features]
    [(1, 4, 16, 24), (1, 8, 8, 12), (1, 12, 4, 6), (1, 16, 2, 3)]
    """

    in_channels, finest, stride = 3, 4, 32

    def __init__(self, depths: tuple[int, ...], widths: tuple[int, ...]):
        super().__init__()
        self.channels = tuple(widths)
        self.downsample_layers = nn.ModuleList(
            [nn.Sequential(nn.Conv2d(3, widths[0], 4, 4), _ChannelNorm(widths[0]))]
        )
        for before, after in pairwise(widths):
            self.downsample_layers.append(nn.Sequential(_ChannelNorm(before), nn.Conv2d(before, after, 2, 2)))
        self.stages = nn.ModuleList(
            nn.Sequential(*(_ConvNeXtBlock(width) for _ in range(depth)))
            for depth, width in zip(depths, widths, strict=True)
        )
        self.norms = nn.ModuleList(_ChannelNorm(width) for width in widths)
        # the classifier's; no color depends on it, but the released files hold it and the published counts count it
        self.norm = nn.LayerNorm(widths[-1], eps=_EPS)

    def forward(self, picture: Tensor) -> list[Tensor]:
        """Picture (N, 3, H, W) → four features, fine to coarse; H and W multiples of 32."""
        features, x = [], picture
        for down, stage, norm in zip(self.downsample_layers, self.stages, self.norms, strict=True):
            x = stage(down(x))
            features.append(norm(x))
        return features


class _ChannelNorm(nn.LayerNorm):
    """`LayerNorm` over the channels of (N, C, H, W)."""

    def __init__(self, channels: int):
        super().__init__(channels, eps=_EPS)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class _ConvNeXtBlock(nn.Module):
    """Look around by a 7x7 convolution of each channel alone, then mix channels, and add it to what came."""

    def __init__(self, width: int):
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=_EPS)
        self.pwconv1 = nn.Linear(width, 4 * width)
        self.pwconv2 = nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.full((width,), 1e-6))  # each block starts as nearly nothing

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.dwconv(x).movedim(1, -1))  # (N, H, W, C)
        y = self.gamma * self.pwconv2(F.gelu(self.pwconv1(y)))
        return x + y.movedim(-1, 1)


class ColorizationEncoder(nn.Module):
    """The body of Part 1's `ColorizationNet` with a stage of ConvNeXt below it: lightness in, features at 1/4 to 1/32 out.

    Its three heads are left out. The features from 1/4 to 1/16 are those of its way up, which know the whole picture.

    Parameters
    ----------
    net : ColorizationNet
        Its layers are taken over, trained or not.
    depth : int
        Blocks of the stage at 1/32.

    Attributes
    ----------
    channels, finest, stride, in_channels
        As those of `ConvNeXt`.
    """

    in_channels, finest, stride = 1, 4, 32

    def __init__(self, net: ColorizationNet, depth: int):
        super().__init__()
        for name in _BODY:
            self.add_module(name, getattr(net, name))
        width = net.ab.in_channels
        self.channels = (width,) * 4
        self.deeper = nn.Sequential(
            _ChannelNorm(width),
            nn.Conv2d(width, width, 2, 2),
            *(_ConvNeXtBlock(width) for _ in range(depth)),
            _ChannelNorm(width),
        )

    def forward(self, lightness: Tensor) -> list[Tensor]:
        """Lightness (N, 1, H, W) in [0, 1] → four features, fine to coarse; H and W multiples of 32."""
        quarter, eighth, deep, _ = features_of(self, lightness)
        return [quarter, eighth, deep, self.deeper(deep)]


_BODY = (
    "at_half",
    "at_quarter",
    "at_eighth",
    "at_sixteenth",
    "whole",
    "fuse",
    "up_eighth",
    "up_quarter",
)
