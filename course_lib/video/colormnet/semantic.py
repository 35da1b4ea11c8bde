"""The semantic branches of PVGFE: frozen networks that were trained on photos, to see what things are.

The large one is DINOv2. The small one, for machines and lessons without its weights, is the encoder of Part 1's
colorizer, which has learned to name colors and scenes.
"""

from collections import OrderedDict
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.video.colormnet.dinov2 import PATCH, DinoV2Small


class DinoBranch(nn.Module):
    """The last four of DINOv2's twelve layers, through a 1x1 convolution and a batch norm, at stride 16.

    All of it runs without gradients, as in the released code. So no training ever moves the convolution, nor the batch
    norm, from the random values it began with, though nobody pretrained them.
    """

    def __init__(self):
        super().__init__()
        self.backbone = DinoV2Small()
        self.conv3 = nn.Conv2d(4 * 384, 4 * 384, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * 384)
        self.requires_grad_(False)

    def train(self, mode: bool = True) -> "DinoBranch":
        """Stays in evaluation mode whatever is asked for: statistics are as frozen as weights."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W), sides multiples of 112 → (N, 1536, H/16, W/16)."""
        x = torch.cat(self.backbone.intermediate_layers(image), 1)  # (N, 1536, H/14, W/14)
        x = F.relu(self.bn3(self.conv3(x)))
        size = tuple(side * PATCH // 16 for side in x.shape[2:])
        return F.interpolate(x, size, mode="bilinear", align_corners=False)


class PhotoBranch(nn.Module):
    """The course's stand-in for DINOv2: the frozen encoder of Part 1's colorizer, and a projection that is trained.

    Three of its stages are taken together, as the large branch takes four layers of DINOv2: the deepest alone knows what
    kind of thing it sees and hardly where.

    Parameters
    ----------
    encoder : ColorizationNet, optional
        As of `PVGFE.course`.
    """

    channels = 48

    def __init__(self, encoder: nn.Module | None = None):
        super().__init__()
        if encoder is None:
            from course_lib.images import pretrained  # only here, so that a handed-in one needs no file

            encoder = pretrained("classification").net
        stages = ("at_half", "at_quarter", "at_eighth", "at_sixteenth")
        self.backbone = nn.Sequential(
            OrderedDict((name, deepcopy(getattr(encoder, name))) for name in stages)
        )
        self.backbone.requires_grad_(False).eval()
        widths = [stage[-1][0].out_channels for stage in self.backbone[1:]]
        self.project = nn.Conv2d(sum(widths), self.channels, 1)

    def train(self, mode: bool = True) -> "PhotoBranch":
        """The encoder stays in evaluation mode whatever is asked for."""
        super().train(mode)
        self.backbone.eval()
        return self

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W), sides multiples of 8 → (N, 48, H/8, W/8)."""
        return F.relu(self.project(self.features(image)))

    @torch.no_grad()
    def features(self, image: Tensor) -> Tensor:
        """What the frozen encoder sees at a quarter, an eighth and a sixteenth: (N, 336, H/8, W/8)."""
        half = self.backbone.at_half((image[:, :1] + 1) / 2)  # it reads L from 0 to 1
        quarter = self.backbone.at_quarter(half)  # (N, 56, H/4, W/4)
        eighth = self.backbone.at_eighth(quarter)  # (N, 112, H/8, W/8)
        deep = self.backbone.at_sixteenth(eighth)  # (N, 168, H/16, W/16), rounded up
        deep = F.interpolate(deep, eighth.shape[2:], mode="bilinear", align_corners=False)
        return torch.cat([F.avg_pool2d(quarter, 2), eighth, deep], 1)
