"""From a frame and its color to what the memory keeps of it: a value for each of the two colors at every position.

[L, L, L, this color, the other] → residual network → + the frame's top features → value
                                                        value, hidden state → hidden state ("deep update")
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.video.colormnet.blocks import FeatureFusion, HiddenUpdate
from course_lib.video.colormnet.config import ColorMNetConfig
from course_lib.video.colormnet.pvgfe import ResidualBlock


class ValueEncoder(nn.Module):
    """Values, from lightness and color.

    Parameters
    ----------
    config : ColorMNetConfig
    features : int
        Channels of the top features.
    """

    def __init__(self, config: ColorMNetConfig, features: int):
        super().__init__()
        stages, channels = _resnet18() if config.name == "full" else _small()
        self._stages = tuple(stages)
        for name, module in stages.items():
            self.add_module(name, module)
        self.fuser = FeatureFusion(features + channels, config.value, config.value)
        self.hidden_reinforce = HiddenUpdate(config.value, config.hidden)

    def forward(self, image: Tensor, top: Tensor, ab: Tensor) -> Tensor:
        """The values of a frame.

        Parameters
        ----------
        image : Tensor, (N, 3, H, W)
            As `PVGFE` takes it.
        top : Tensor, (N, C, h, w)
            The top features.
        ab : Tensor, (N, 2, H, W)
            Normalized.

        Returns
        -------
        Tensor, (N, 2, value, h, w)
        """
        objects = torch.stack([ab, ab.flip(1)], 1)  # (N, 2, 2, H, W), each with the other behind it
        x = torch.cat([image[:, None].expand(-1, 2, -1, -1, -1), objects], 2).flatten(0, 1)  # (2N, 5, H, W)
        for name in self._stages:
            x = self.get_submodule(name)(x)
        if x.shape[2:] != top.shape[2:]:
            x = F.interpolate(x, top.shape[2:], mode="bilinear", align_corners=False)
        return self.fuser(top, x.unflatten(0, objects.shape[:2]))


def _resnet18() -> tuple[dict[str, nn.Module], int]:
    """ResNet-18 to stride 16, of five channels; the pooling stands before the rectifier, which it commutes with."""
    from torchvision.models import resnet18  # over a second's import

    net = resnet18(weights=None)
    net.conv1 = nn.Conv2d(5, 64, 7, 2, padding=3, bias=False)
    names = ("conv1", "bn1", "maxpool", "relu", "layer1", "layer2", "layer3")
    return {name: getattr(net, name) for name in names}, 256


def _small() -> tuple[dict[str, nn.Module], int]:
    """To stride 8."""
    stem = nn.Sequential(nn.Conv2d(5, 16, 3, 2, 1, bias=False), nn.GroupNorm(8, 16), nn.ReLU())
    return {
        "stem": stem,
        "layer1": ResidualBlock(16, 32, stride=2),
        "layer2": ResidualBlock(32, 64, stride=2),
    }, 64
