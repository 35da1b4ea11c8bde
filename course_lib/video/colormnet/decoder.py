"""From what was read for each color to the color, and the hidden state's step.

    features, read-out, hidden → top ─ up, + middle ─ up, + fine ─→ logit → enlarged → tanh           as released
                                  └────────────┴────────────┴→ hidden'

The course's size has too few clips to learn from to have color invented by the last layer. So each value carries the
color it stands for as well, in ``cells`` x ``cells`` averages a position, and the lightness beside it; the memory and the
local attention read both with the very weights they read values with. Here every fine pixel mixes its color from the
cells around it, and the logit is only a correction to that, 0 to begin with. So the loss of the color reaches the matching
itself, as in C. Vondrick et al., "Tracking Emerges by Colorizing Videos", ECCV 2018, arXiv 1806.09594, and an untrained
network colors by likeness already. It is a departure from ColorMNet.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.video.colormnet.blocks import (
    FeatureFusion,
    HiddenUpdate,
    ResidualBlock,
    each_object,
    for_each_object,
)
from course_lib.video.colormnet.config import ColorMNetConfig
from course_lib.video.colormnet.fusion import LayerNorm2d


class Decoder(nn.Module):
    """Colors of one frame.

    Parameters
    ----------
    config : ColorMNetConfig
    features, strides : three int each
        Channels and strides of the top, the middle and the fine features.
    """

    def __init__(self, config: ColorMNetConfig, features: tuple[int, ...], strides: tuple[int, ...]):
        super().__init__()
        top, middle, fine = config.widths
        self._stride = strides[2]
        known = config.value + 4 * config.cells**2 + config.hidden
        self.fuser = FeatureFusion(features[0] + known, top, top)
        self.hidden_update = _HiddenFromAllScales(config)
        self.up_16_8 = _Up(features[1], top, middle)
        self.up_8_4 = _Up(features[2], middle, fine)
        self.pred = nn.Conv2d(fine, 1, 3, padding=1)
        self.passed: _PassedColor | None = None
        if config.cells:
            self.passed = _PassedColor(config, strides[0] // strides[2])
            # without, a large step early in the training can leave all of these features below 0 and rectified for good
            self.top_norm, self.fine_norm = LayerNorm2d(top), LayerNorm2d(fine)
            nn.init.zeros_(self.pred.weight)
            nn.init.zeros_(self.pred.bias)

    def forward(
        self,
        features: tuple[Tensor, Tensor, Tensor],
        read: Tensor,
        hidden: Tensor,
        colors: tuple[Tensor, ...] = (),
        *,
        lightness: Tensor | None = None,
        update: bool = True,
    ) -> tuple[Tensor, Tensor]:
        """One frame.

        Parameters
        ----------
        features : three Tensor
            Top, middle and fine, (N, C, H/s, W/s).
        read : Tensor, (N, 2, value, h, w)
            Learned values read for the frame.
        hidden : Tensor, (N, 2, hidden, h, w)
        colors : two Tensor (N, 2, 2 cells², h, w), of configurations with cells
            Color and lightness read from the memory, and from the window.
        lightness : Tensor, (N, 1, H, W), of configurations with cells
            The frame's own, from -1 to 1.
        update : bool
            Whether the hidden state takes its step here.

        Returns
        -------
        ab : Tensor, (N, 2, H, W)
        hidden : Tensor, (N, 2, hidden, h, w)
        """
        top, middle, fine = features
        g_top = self.fuser(top, torch.cat([read, *colors, hidden], 2))
        g_middle = self.up_16_8(middle, g_top)
        g_fine = self.up_8_4(fine, g_middle)
        if self.passed is not None:
            g_top, g_fine = each_object(self.top_norm, g_top), each_object(self.fine_norm, g_fine)
        logit = each_object(self.pred, F.relu(g_fine))  # (N, 2, 1, H/s, W/s)
        if update:
            hidden = self.hidden_update.from_scales(g_top, g_middle, torch.cat([g_fine, logit], 2), hidden)
        if self.passed is not None:
            light = F.avg_pool2d(lightness, self._stride)
            logit = logit + self.passed(g_top, g_fine, *colors, light)
        ab = F.interpolate(logit[:, :, 0], scale_factor=self._stride, mode="bilinear", align_corners=False)
        return (ab if self.passed is not None else ab.tanh()), hidden


class _Up(nn.Module):
    """Twice the size, with the features of that size added in."""

    def __init__(self, features: int, in_channels: int, channels: int):
        super().__init__()
        self.skip_conv = nn.Conv2d(features, in_channels, 3, padding=1)
        self.out_conv = ResidualBlock(in_channels, channels)

    def forward(self, features: Tensor, g: Tensor) -> Tensor:
        g = F.interpolate(g.flatten(0, 1), scale_factor=2, mode="bilinear", align_corners=False).unflatten(
            0, g.shape[:2]
        )
        return each_object(self.out_conv, g + for_each_object(self.skip_conv(features), g.shape[1]))


class _HiddenFromAllScales(HiddenUpdate):
    """The hidden state's step from what the decoder made at its three sizes, the finest with its answer."""

    def __init__(self, config: ColorMNetConfig):
        super().__init__(config.update, config.hidden)
        top, middle, fine = config.widths
        self.g16_conv = nn.Conv2d(top, config.update, 1)
        self.g8_conv = nn.Conv2d(middle, config.update, 1)
        self.g4_conv = nn.Conv2d(fine + 1, config.update, 1)

    def from_scales(self, top: Tensor, middle: Tensor, fine: Tensor, hidden: Tensor) -> Tensor:
        """The three sizes' features (N, 2, C, ...) and the state → the state after it."""
        g = (
            each_object(self.g16_conv, top)
            + each_object(self.g8_conv, _shrunk(middle, 2))
            + each_object(self.g4_conv, _shrunk(fine, 4))
        )
        return self(g, hidden)


def _shrunk(x: Tensor, times: int) -> Tensor:
    """Averages over ``times`` x ``times``."""
    return F.avg_pool2d(x.flatten(0, 1), times).unflatten(0, x.shape[:2])


class _PassedColor(nn.Module):
    """The color that was read, at the fine features' size.

    Every fine pixel averages 18 cells, the nine around it as the memory and as the window gave them. How much each weighs
    is said by where it is (to begin with, near bilinear interpolation), by features, and by its lightness, which was
    remembered with the color: a cell as light as the pixel is likelier the same thing. Such an average can't leave the
    colors that are there, and can end at an edge.
    """

    def __init__(self, config: ColorMNetConfig, times: int):
        super().__init__()
        top, _, fine = config.widths
        self.cells, self.times = config.cells, times // config.cells  # fine pixels a cell
        self.gate = nn.Conv2d(top, 1, 1)
        self.where = nn.Conv2d(fine, 18, 3, padding=1)
        for conv in (self.gate, self.where):
            nn.init.zeros_(conv.weight)
            nn.init.zeros_(conv.bias)
        self.strictness = nn.Parameter(torch.tensor(config.strictness).log())
        self.register_buffer("bilinear", _bilinear(self.times), persistent=False)

    def forward(
        self, g_top: Tensor, g_fine: Tensor, memory: Tensor, window: Tensor, lightness: Tensor
    ) -> Tensor:
        """Colors and lightness (N, 2, 2 cells², h, w), the frame's own lightness (N, 1, H/s, W/s) → (N, 2, 1, H/s, W/s)."""
        rows, objects = g_top.shape[:2]
        color, light = self._around(memory, window)  # (2N, 18, H/s, W/s) each
        gate = each_object(self.gate, F.relu(g_top)).flatten(0, 1)  # (2N, 1, h, w)
        gate = F.logsigmoid(torch.cat([gate, -gate], 1)).repeat_interleave(9, 1)  # (2N, 18, h, w)
        gate = F.interpolate(gate, color.shape[2:], mode="nearest")
        logits = self.where(F.relu(g_fine.flatten(0, 1))) + gate
        logits = logits + self.bilinear.repeat(2, *(s // self.times for s in color.shape[2:]))
        off = light - lightness.repeat_interleave(objects, 0)
        logits = logits - self.strictness.exp() * off**2
        return (logits.softmax(1) * color).sum(1, keepdim=True).unflatten(0, (rows, objects))

    def _around(self, *reads: Tensor) -> tuple[Tensor, Tensor]:
        """Color and lightness of the cells around every fine pixel, nine of each reading."""
        cells = torch.stack(reads, 2).unflatten(3, (2, -1))  # (N, 2, readings, color or L, cells², h, w)
        cells = F.pixel_shuffle(cells, self.cells).squeeze(4)  # (N, 2, readings, 2, h cells, w cells)
        size = cells.shape[4:]
        cells = F.pad(cells.flatten(0, 3)[:, None], (1, 1, 1, 1), mode="replicate")
        around = F.unfold(cells, 3).unflatten(2, size)  # (N * 2 * readings * 2, 9, ...)
        around = F.interpolate(around, scale_factor=self.times, mode="nearest")
        around = around.unflatten(0, (-1, len(reads), 2))  # (2N, readings, 2, 9, H/s, W/s)
        return around[:, :, 0].flatten(1, 2), around[:, :, 1].flatten(1, 2)


def _bilinear(times: int) -> Tensor:
    """Logits (9, times, times) of the cells around, for each pixel of a cell, by which bilinear interpolation weighs."""
    offset = (torch.arange(times) + 0.5) / times - 0.5  # of the pixel from its cell's middle, in cells
    line = torch.stack([(-offset).clamp(min=0), 1 - offset.abs(), offset.clamp(min=0)])  # (3, times)
    weights = line[:, None, :, None] * line[None, :, None, :]  # (3, 3, times, times)
    return (weights.flatten(0, 1) + 1e-2).log()  # a weight of 0 could never be learned away from
