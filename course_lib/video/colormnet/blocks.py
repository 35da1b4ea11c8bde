"""Blocks that ColorMNet's value encoder and decoder are built of.

a and b are two *objects*, colored by the same weights: maps are (N, K, C, H, W), K = 2, and what a frame has in common
for both, (N, C, H, W), is repeated. None of these blocks normalizes anything.

CBAM: S. Woo et al., "CBAM: Convolutional Block Attention Module", ECCV 2018, arXiv 1807.06521. The hidden state's update:
H. K. Cheng, A. Schwing, "XMem", ECCV 2022, arXiv 2207.07115, section 3.2.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def each_object(module: nn.Module, x: Tensor) -> Tensor:
    """`module` of every object by itself: (N, K, C, H, W) → (N, K, C', H', W')."""
    return module(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def for_each_object(x: Tensor, objects: int) -> Tensor:
    """(N, C, H, W) → (N, K, C, H, W), the same for all."""
    return x[:, None].expand(-1, objects, -1, -1, -1)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, each of the rectified map before it, around a shortcut.

    Parameters
    ----------
    in_channels, channels : int
        The shortcut is a convolution where they differ.
    """

    def __init__(self, in_channels: int, channels: int):
        super().__init__()
        self.downsample = nn.Conv2d(in_channels, channels, 3, padding=1) if in_channels != channels else None
        self.conv1 = nn.Conv2d(in_channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, channels, H, W)."""
        inner = self.conv2(F.relu(self.conv1(F.relu(x))))
        return inner + (x if self.downsample is None else self.downsample(x))


class CBAM(nn.Module):
    """Which channels matter, from their means and maxima over the picture; then which places, likewise over channels.

    Parameters
    ----------
    channels : int
        At least `reduction`.
    reduction : int
    """

    def __init__(self, channels: int, reduction: int = 16):
        super().__init__()
        # the released weights' names lie this deep
        self.ChannelGate, self.SpatialGate = nn.Module(), nn.Module()
        self.ChannelGate.mlp = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels, channels // reduction),
            nn.ReLU(),
            nn.Linear(channels // reduction, channels),
        )
        self.SpatialGate.spatial = nn.Module()
        self.SpatialGate.spatial.conv = nn.Conv2d(2, 1, 7, padding=3)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → the same shape."""
        mlp = self.ChannelGate.mlp
        x = x * (mlp(x.mean((2, 3))) + mlp(x.amax((2, 3)))).sigmoid()[..., None, None]
        seen = torch.stack([x.amax(1), x.mean(1)], 1)  # (N, 2, H, W)
        return x * self.SpatialGate.spatial.conv(seen).sigmoid()


class FeatureFusion(nn.Module):
    """What a frame shows, the same for all objects, and what is known of each of them, into one map an object.

    Parameters
    ----------
    in_channels : int
        Of both together.
    middle, channels : int
    """

    def __init__(self, in_channels: int, middle: int, channels: int):
        super().__init__()
        self.block1 = ResidualBlock(in_channels, middle)
        self.attention = CBAM(middle)
        self.block2 = ResidualBlock(middle, channels)

    def forward(self, features: Tensor, objects: Tensor) -> Tensor:
        """(N, C, H, W) and (N, K, C', H, W) → (N, K, channels, H, W)."""
        x = torch.cat([for_each_object(features, objects.shape[1]), objects], 2)
        x = each_object(self.block1, x)
        x = x + each_object(self.attention, x)
        return each_object(self.block2, x)


class HiddenUpdate(nn.Module):
    """The hidden state's step: a GRU whose new part isn't told what was forgotten.

        f, u, n = sigmoid, sigmoid, tanh of W * [g, h]          h' = f h (1 - u) + u n

    Parameters
    ----------
    in_channels, hidden : int
    """

    def __init__(self, in_channels: int, hidden: int):
        super().__init__()
        self.transform = nn.Conv2d(in_channels + hidden, 3 * hidden, 3, padding=1)
        nn.init.xavier_normal_(self.transform.weight)

    def forward(self, g: Tensor, hidden: Tensor) -> Tensor:
        """g (N, K, C, h, w) and the state (N, K, hidden, h, w) → the state after it."""
        forget, update, new = each_object(self.transform, torch.cat([g, hidden], 2)).chunk(3, 2)
        update = update.sigmoid()
        return forget.sigmoid() * hidden * (1 - update) + update * new.tanh()
