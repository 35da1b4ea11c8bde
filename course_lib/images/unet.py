"""A U-Net small enough to read: halve the picture `depth` times, climb back, and at each step look sideways.

    (N, 1, H, W) → block → halve → block → halve → … → block
                     │               │                   │
                   block ← double ← block ← double ← … ←─┘   → 1x1 convolution → head → (N, 2, H, W)

Going down sees what an object is, the sideways connections bring back where its edges are. A block is one convolution
here, where the paper has two.
O. Ronneberger, P. Fischer, T. Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation", MICCAI 2015.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Every head answers in normalized ab. A sigmoid's 0..1 is unfolded to -1..1, gray in the middle.
HEADS = {
    "linear": lambda x: x,
    "tanh": torch.tanh,
    "sigmoid": lambda x: 2 * torch.sigmoid(x) - 1,
}


def _block(in_channels: int, out_channels: int) -> nn.Sequential:
    """A 3x3 convolution, normalized over the batch and rectified; the size stays."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    """From a picture to a picture of the same size; by default from lightness to normalized ab.

    Parameters
    ----------
    in_channels, out_channels : int
    width : int
        Channels at full size; they double at each halving.
    depth : int
        How often the size is halved. Height and width must be multiples of `stride` = 2**depth.
    head : "linear", "tanh" or "sigmoid"
        What follows the last convolution. tanh and sigmoid keep the answer in (-1, 1).

    Raises
    ------
    ValueError
        Unknown head; a number below 1; in `forward`, an input of another shape.

    Examples
    --------
    >>> UNet()(torch.zeros(1, 1, 32, 48)).shape
    torch.Size([1, 2, 32, 48])
    """

    def __init__(
        self,
        in_channels: int = 1,
        out_channels: int = 2,
        *,
        width: int = 16,
        depth: int = 3,
        head: str = "linear",
    ):
        super().__init__()
        if head not in HEADS:
            raise ValueError(f"head must be one of {', '.join(HEADS)}; got {head!r}")
        if min(in_channels, out_channels, width, depth) < 1:
            raise ValueError("in_channels, out_channels, width and depth must be at least 1")
        self.in_channels, self.stride, self.head = in_channels, 2**depth, head
        widths = [width * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList(_block(i, o) for i, o in zip([in_channels, *widths], widths, strict=False))
        self.up = nn.ModuleList(_block(2 * w + w, w) for w in reversed(widths[:-1]))
        self.last = nn.Conv2d(width, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Lightness (N, 1, H, W) in [0, 1] → normalized ab (N, 2, H, W)."""
        if (
            x.ndim != 4
            or x.shape[1] != self.in_channels
            or x.shape[2] % self.stride
            or x.shape[3] % self.stride
        ):
            raise ValueError(
                f"x must have shape (N, {self.in_channels}, H, W), H and W multiples of {self.stride}; got {tuple(x.shape)}"
            )
        skips = []
        for block in self.down[:-1]:
            skips.append(block(x))  # (N, w, H, W), then (N, 2w, H/2, W/2), …
            x = F.max_pool2d(skips[-1], 2)
        x = self.down[-1](x)  # (N, w * 2**depth, H / stride, W / stride)
        for block in self.up:
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(torch.cat([x, skips.pop()], 1))
        return HEADS[self.head](self.last(x))  # (N, 2, H, W)
