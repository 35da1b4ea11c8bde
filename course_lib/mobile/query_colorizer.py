"""A colorizer with learned color queries, after DDColor: each query asks the picture for its own map of color.

    picture → encoder → features at four sizes
    features → pixel decoder (U-Net, pixel shuffle) → three sizes of features, and one vector for every pixel
    queries ⇄ those three sizes in turn (cross-attention, self-attention, feedforward) → one vector for every query
    query · pixel → one map for every query; maps and picture → 1x1 convolution → ab

X. Kang et al., "DDColor: Towards Photo-Realistic Image Colorization via Dual Decoders", ICCV 2023,
https://arxiv.org/abs/2212.11613. The published sizes are `published("tiny")` and `published("large")`; the course's own
is smaller by far, with Part 1's network as its encoder (`course_lib.mobile.pretrained("heavy")`).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from course_lib.images.colorization_net import ColorizationNet, check_lightness
from course_lib.mobile.encoders import ColorizationEncoder, ConvNeXt
from course_lib.mobile.query_decoders import ColorDecoder, PixelDecoder

_SIZES = {"tiny": ((3, 3, 9, 3), (96, 192, 384, 768)), "large": ((3, 3, 27, 3), (192, 384, 768, 1536))}
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's RGB


class QueryColorizer(nn.Module):
    """From lightness to raw ab, in CIELAB's own units.

    Parameters
    ----------
    encoder : Module
        Such as `ConvNeXt` or `ColorizationEncoder`. Three input channels are taken to be gray RGB, normalized as
        ImageNet's; one channel to be lightness itself.
    width : int
        Channels of the pixel decoder; half as many at its finest size and for every pixel. Even.
    queries : int
        Learned color queries, and so maps.
    hidden, layers, heads, feedforward : int
        Of the color decoder: the queries' length, a multiple of 4; its layers; heads of each attention; the width
        inside.

    Raises
    ------
    ValueError
        Numbers that don't fit; in `forward`, an input of another shape.

    Examples
    --------
    >>> from course_lib.images import ColorizationNet
    >>> from course_lib.mobile.encoders import ColorizationEncoder
    >>> encoder = ColorizationEncoder(ColorizationNet(width=4), depth=1)
    >>> net = QueryColorizer(encoder, width=8, queries=5, hidden=16, layers=3, heads=2, feedforward=32)
    >>> net(torch.zeros(2, 1, 33, 50)).shape
    torch.Size([2, 2, 33, 50])
    """

    def __init__(
        self,
        encoder: nn.Module,
        *,
        width: int,
        queries: int,
        hidden: int,
        layers: int,
        heads: int,
        feedforward: int,
    ):
        super().__init__()
        numbers = {
            "width": width,
            "queries": queries,
            "hidden": hidden,
            "layers": layers,
            "heads": heads,
            "feedforward": feedforward,
        }
        if min(numbers.values()) < 1 or width % 2 or hidden % 4 or hidden % heads:
            raise ValueError(
                f"all numbers must be at least 1, width even, hidden a multiple of 4 and of heads; got {numbers}"
            )
        self.stride = encoder.stride
        self.encoder = encoder
        self.pixel_decoder = PixelDecoder(encoder.channels, width, encoder.finest)
        self.color_decoder = ColorDecoder(
            self.pixel_decoder.channels,
            width // 2,
            queries=queries,
            hidden=hidden,
            layers=layers,
            heads=heads,
            feedforward=feedforward,
        )
        self.to_ab = spectral_norm(nn.Conv2d(queries + encoder.in_channels, 2, 1))
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(_STD)[:, None, None], persistent=False)

    def forward(self, lightness: Tensor) -> Tensor:
        """Lightness (N, 1, H, W) in [0, 1], of any size, → ab (N, 2, H, W), not normalized."""
        check_lightness(lightness)
        height, width = lightness.shape[2:]
        picture = F.pad(lightness, (0, -width % self.stride, 0, -height % self.stride), mode="replicate")
        if self.encoder.in_channels == 3:
            picture = (gray_of(picture).expand(-1, 3, -1, -1) - self.mean) / self.std
        scales, pixels = self.pixel_decoder(self.encoder(picture))
        colors = self.color_decoder(scales)  # (N, Q, C)
        # to_ab(cat([maps, picture])) with maps = colors · pixels: the same sums, but no map is ever drawn
        of_maps, of_picture = self.to_ab.weight[:, :, 0, 0].split([colors.shape[1], picture.shape[1]], 1)
        ab = torch.einsum("oq,nqc->noc", of_maps, colors)
        ab = torch.einsum("noc,nchw->nohw", ab, pixels) + F.conv2d(
            picture, of_picture[:, :, None, None], self.to_ab.bias
        )
        return ab[:, :, :height, :width]


def gray_of(lightness: Tensor) -> Tensor:
    """The gray sRGB in [0, 1] whose CIELAB lightness over 100 this is: (L, 0, 0) as a picture, any shape."""
    f = (lightness * 100 + 16) / 116
    linear = torch.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))  # luminance
    curved = 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(linear > 0.0031308, curved, 12.92 * linear)


def published(size: str) -> QueryColorizer:
    """The network with the published layout, untrained.

    Parameters
    ----------
    size : "tiny" or "large"
        55.0 and 227.9 million parameters. Inside `with torch.device("meta")` it needs no memory.

    Raises
    ------
    ValueError
        Another size.
    """
    if size not in _SIZES:
        raise ValueError(f"size must be one of {', '.join(_SIZES)}; got {size!r}")
    return QueryColorizer(
        ConvNeXt(*_SIZES[size]), width=512, queries=100, hidden=256, layers=9, heads=8, feedforward=2048
    )


def built(model: dict, start: ColorizationNet | None = None) -> QueryColorizer:
    """The course's network from a configuration's ``model``: Part 1's network as encoder, with a query decoder.

    Parameters
    ----------
    model : dict
        ``encoder_width`` and ``depth`` of the `ColorizationEncoder`, and the options of `QueryColorizer`.
    start : ColorizationNet, optional
        Whose weights the encoder begins with.

    Raises
    ------
    ValueError
        A `start` of another width; what `QueryColorizer` refuses.
    """
    options = dict(model)
    width, depth = options.pop("encoder_width"), options.pop("depth")
    net = ColorizationNet(width=width)
    if start is not None:
        if start.ab.in_channels != net.ab.in_channels:
            raise ValueError(
                f"encoder_width is {width}, but the network to start from has {start.ab.in_channels // 4}"
            )
        net.load_state_dict(start.state_dict())
    return QueryColorizer(ColorizationEncoder(net, depth), **options)
