"""PVGFE, the feature extractor that a large pretrained model guides: three maps of one gray picture.

    image (N, 3, H, W) ─┬─ local: a residual network ──────────→ fine ── middle ── top
                        └─ semantic, frozen: ViT-S/14 ───────────┬────────┬────────┤
                                                               fuse3    fuse2    fuse1
                                                                 ↓        ↓        ↓
                                                               fine    middle     top      top is the coarsest

Y. Yang et al., "ColorMNet", ECCV 2024, arXiv 2404.06251, section 3.1. `PVGFE.full` is the released network, names
included: ResNet-50 up to stride 16 and DINOv2. `PVGFE.course` is small enough to train in an hour on two cores.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.video.colormnet.fusion import OVER, Fusion, LayerNorm2d
from course_lib.video.colormnet.semantic import DinoBranch, PhotoBranch


class PVGFE(nn.Module):
    """Local and semantic features of a picture, fused at three scales. Build it by `full` or `course`.

    Parameters
    ----------
    local : dict of str to Module
        Run one after the other; the last three give the fine, the middle and the top map, each half the size of the one
        before. Their names are theirs in the state dict.
    semantic : Module or None
        From the picture to a map of the top map's size. Without it the fusions get the local map alone.
    fusions : three Modules
        For top, middle and fine.
    stride : int
        Pixels of the picture on a side of the top map's place.
    multiple : int
        What the picture's sides must be multiples of.

    Attributes
    ----------
    channels : tuple of int
        Of top, middle and fine.
    strides : tuple of int
        Likewise.
    multiple : int
    """

    def __init__(
        self,
        local: dict[str, nn.Module],
        semantic: nn.Module | None,
        *,
        fusions: list[nn.Module],
        stride: int,
        multiple: int,
    ):
        super().__init__()
        self._local = tuple(local)
        for name, module in local.items():
            self.add_module(name, module)
        self.network2 = semantic
        self.fuse1, self.fuse2, self.fuse3 = fusions
        self.channels = tuple(fusion.norm3.weight.numel() for fusion in fusions)
        self.strides = (stride, stride // 2, stride // 4)
        self.multiple = multiple

    @classmethod
    def full(cls, *, fusion: str = "channels", semantic: bool = True) -> "PVGFE":
        """The released network, with random weights: ResNet-50 to stride 16, ViT-S/14, 1024, 512 and 256 channels.

        Parameters
        ----------
        fusion : "channels" or "positions"
        semantic : bool
            Without it, for an ablation, each fusion is a convolution of the local map.

        Raises
        ------
        ValueError
            Another `fusion`; in use, sides that aren't multiples of 112 (or, without DINOv2, of 16).
        """
        from torchvision.models import (
            resnet50,
        )  # over a second's import, which the small network does without

        net = resnet50(weights=None)
        names = {"conv1": "conv1", "bn1": "bn1", "relu": "relu", "maxpool": "maxpool"}
        names |= {"res2": "layer1", "layer2": "layer2", "layer3": "layer3"}
        local = {name: getattr(net, theirs) for name, theirs in names.items()}
        branch = DinoBranch() if semantic else None
        fusions = _fusions(4 * 384 if semantic else 0, (1024, 512, 256), fusion)
        return cls(local, branch, fusions=fusions, stride=16, multiple=112 if semantic else 16)

    @classmethod
    def course(
        cls, *, fusion: str = "channels", semantic: bool = True, encoder: nn.Module | None = None
    ) -> "PVGFE":
        """A small one for small frames: strides 8, 4 and 2; 128, 64 and 16 channels.

        Parameters
        ----------
        fusion, semantic
            As of `full`.
        encoder : ColorizationNet, optional
            The stand-in for DINOv2: a network that learned on photos to name colors and scenes. Copied, and never
            trained. That of `course_lib.images.pretrained("classification")` by default.

        Raises
        ------
        ValueError
            Another `fusion`; in use, sides that aren't multiples of 8.
        FileNotFoundError
            No such checkpoint.
        """
        local = {
            "stem": nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.GroupNorm(8, 16), nn.ReLU()),
            "at_half": ResidualBlock(16, 16),
            "at_quarter": ResidualBlock(16, 64, stride=2),
            "at_eighth": ResidualBlock(64, 128, stride=2),
        }
        branch = PhotoBranch(encoder) if semantic else None
        fusions = _fusions(PhotoBranch.channels if semantic else 0, (128, 64, 16), fusion)
        return cls(local, branch, fusions=fusions, stride=8, multiple=8)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A gray picture → its features.

        Parameters
        ----------
        image : Tensor, (N, 3, H, W)
            (L - 50) / 50 three times, L from 0 to 100.

        Returns
        -------
        top, middle, fine : Tensor, (N, C, H/s, W/s)
            With C and s of `channels` and `strides`.

        Raises
        ------
        ValueError
            Another shape, or sides that aren't multiples of `multiple`.
        """
        if (
            image.ndim != 4
            or image.shape[1] != 3
            or not image.numel()
            or any(side % self.multiple for side in image.shape[2:])
        ):
            raise ValueError(
                f"image must have shape (N, 3, H, W), H and W multiples of {self.multiple}; got {tuple(image.shape)}"
            )
        maps, x = [], image
        for name in self._local:
            x = self.get_submodule(name)(x)
            maps.append(x)
        fine, middle, top = maps[-3:]
        if self.network2 is None:
            return self.fuse1(top), self.fuse2(middle), self.fuse3(fine)
        semantic = self.network2(image)  # of the size of top
        return (
            self.fuse1(semantic, top),
            self.fuse2(_enlarged(semantic, 2), middle),
            self.fuse3(_enlarged(semantic, 4), fine),
        )


class LocalOnly(nn.Module):
    """In the place of a `Fusion` where there is no semantic map: a convolution, normalized and rectified."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm3 = LayerNorm2d(channels)

    def forward(self, local: Tensor) -> Tensor:
        """(N, C, H, W) → the same shape."""
        return F.relu(self.norm3(self.conv(local)))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut. Group norm: a frame's features don't hang on the frames beside it."""

    def __init__(self, in_channels: int, channels: int, *, stride: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
        self.norm1 = nn.GroupNorm(8, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.GroupNorm(8, channels)
        same = stride == 1 and in_channels == channels
        self.shortcut = nn.Identity() if same else nn.Conv2d(in_channels, channels, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, channels, H/stride, W/stride)."""
        inner = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(inner + self.shortcut(x))


def _fusions(semantic_channels: int, channels: tuple[int, int, int], over: str) -> list[nn.Module]:
    if over not in OVER:
        raise ValueError(f"fusion must be one of {', '.join(OVER)}; got {over!r}")
    if not semantic_channels:
        return [LocalOnly(count) for count in channels]
    return [Fusion(semantic_channels, count, over=over) for count in channels]


def _enlarged(x: Tensor, times: int) -> Tensor:
    return F.interpolate(x, scale_factor=times, mode="bilinear", align_corners=False)
