"""One encoder-decoder, three heads: regression, soft classes over the bins, and the scene.

    L (N, 1, H, W) → 1/2 → 1/4 ─────────────────→ 1/4 ─┬→ ab (N, 2, H/4, W/4)
                            └→ 1/8 ───────→ 1/8 ─┘     └→ bins (N, 313, H/4, W/4)
                                └→ 1/16 ─┬─┘
                          averaged → whole picture → scene (N, 6)

Color is predicted at a quarter of the size, as Zhang, Isola and Efros do (ECCV 2016): it changes slowly where
lightness doesn't, and the photo's own lightness brings the edges back. The scene branch is that of Iizuka, Simo-Serra
and Ishikawa, "Let there be Color!", SIGGRAPH 2016: what the whole picture shows is told to every place in it.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def _block(in_channels: int, out_channels: int, *, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """A 3x3 convolution, normalized over the batch and rectified."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, stride, padding=dilation, dilation=dilation, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


class ColorizationNet(nn.Module):
    """From lightness to color at a quarter of the size, said in two ways, and to what the picture shows.

    Parameters
    ----------
    bins : int
        Classes of the soft classification; those of `ab_bin_centers()` by default.
    scenes : int
        Kinds of scene.
    width : int
        Channels at half size; 6 times as many at a sixteenth.

    Raises
    ------
    ValueError
        A number below 1; in `forward`, an input of another shape.

    Examples
    --------
    >>> heads = ColorizationNet(width=4)(torch.zeros(2, 1, 32, 48))
    >>> heads["ab"].shape, heads["bins"].shape, heads["scene"].shape
    (torch.Size([2, 2, 8, 12]), torch.Size([2, 313, 8, 12]), torch.Size([2, 6]))
    """

    def __init__(self, bins: int = 313, scenes: int = 6, *, width: int = 32):
        super().__init__()
        if min(bins, scenes, width) < 1:
            raise ValueError(f"bins, scenes and width must be at least 1, got {bins}, {scenes} and {width}")
        w = width
        self.at_half = nn.Sequential(_block(1, w, stride=2), _block(w, w))
        self.at_quarter = nn.Sequential(_block(w, 2 * w, stride=2), _block(2 * w, 2 * w))
        self.at_eighth = nn.Sequential(_block(2 * w, 4 * w, stride=2), _block(4 * w, 4 * w))
        self.at_sixteenth = nn.Sequential(
            _block(4 * w, 6 * w, stride=2), _block(6 * w, 6 * w, dilation=2), _block(6 * w, 6 * w, dilation=2)
        )
        self.whole = nn.Sequential(nn.Linear(6 * w, 4 * w), nn.ReLU(inplace=True), nn.Dropout(0.3))
        self.fuse = _block(6 * w + 4 * w, 4 * w)
        self.up_eighth = _block(4 * w + 4 * w, 4 * w)
        self.up_quarter = nn.Sequential(_block(4 * w + 2 * w, 2 * w), _block(2 * w, 4 * w))
        self.ab = nn.Conv2d(4 * w, 2, 1)
        self.bins = nn.Conv2d(4 * w, bins, 1)
        self.scene = nn.Linear(4 * w, scenes)

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        """Lightness (N, 1, H, W) in [0, 1], of any size, → the three heads.

        Returns
        -------
        dict
            ``"ab"`` (N, 2, H/4, W/4) normalized ab, ``"bins"`` (N, Q, H/4, W/4) and ``"scene"`` (N, S) logits.
            Sizes that 4 doesn't divide are rounded up.
        """
        check_lightness(lightness)
        x, _, _, whole = features_of(self, lightness)
        return {"ab": self.ab(x), "bins": self.bins(x), "scene": self.scene(whole)}


def features_of(body: nn.Module, lightness: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What the layers of a `ColorizationNet`, without its heads, see in a picture, on the way up.

    Parameters
    ----------
    body : Module
        Such a network of width w, or what has taken over its layers.
    lightness : Tensor, (N, 1, H, W)

    Returns
    -------
    quarter, eighth, sixteenth, whole
        (N, 4w, H/4, W/4), (N, 4w, H/8, W/8), (N, 4w, H/16, W/16) and (N, 4w): all but the last know the whole picture.
    """
    quarter = body.at_quarter(body.at_half(lightness))  # (N, 2w, H/4, W/4)
    eighth = body.at_eighth(quarter)  # (N, 4w, H/8, W/8)
    deep = body.at_sixteenth(eighth)  # (N, 6w, H/16, W/16)
    whole = body.whole(deep.mean((2, 3)))  # (N, 4w)
    everywhere = whole[:, :, None, None].expand(-1, -1, *deep.shape[2:])
    deep = body.fuse(torch.cat([deep, everywhere], 1))  # (N, 4w, H/16, W/16)
    eighth = body.up_eighth(torch.cat([_resized(deep, eighth), eighth], 1))  # (N, 4w, H/8, W/8)
    quarter = body.up_quarter(torch.cat([_resized(eighth, quarter), quarter], 1))  # (N, 4w, H/4, W/4)
    return quarter, eighth, deep, whole


def check_lightness(lightness: Tensor) -> None:
    """Raise ValueError for anything but a nonempty (N, 1, H, W)."""
    if lightness.ndim != 4 or lightness.shape[1] != 1 or lightness.numel() == 0:
        raise ValueError(f"lightness must be nonempty, of shape (N, 1, H, W); got {tuple(lightness.shape)}")


def _resized(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)
