"""The two decoders of `QueryColorizer`: pixels up from the encoder's features, and queries that look at what lies on the way.

X. Kang et al., "DDColor: Towards Photo-Realistic Image Colorization via Dual Decoders", ICCV 2023,
https://arxiv.org/abs/2212.11613.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_TEMPERATURE = 10_000  # slowest wave of the positions, in turns
_SCALES = 3  # sizes that the queries look at


class PixelDecoder(nn.Module):
    """A U-Net's way up: from features at four sizes, fine to coarse, to one vector for every pixel.

    Parameters
    ----------
    channels : four int
        Of the encoder's features, fine to coarse.
    width : int
        Channels at the two coarser sizes; half as many at the finest, and for every pixel.
    finest : int
        By how much the finest features are smaller than the picture.

    Attributes
    ----------
    channels : three int
        Of the sizes on the way, coarse to fine.
    """

    def __init__(self, channels: tuple[int, ...], width: int, finest: int):
        super().__init__()
        *skips, deepest = channels
        self.channels = (width, width, width // 2)
        before = (deepest, width, width)
        self.blocks = nn.ModuleList(
            _UpBlock(*numbers) for numbers in zip(before, reversed(skips), self.channels, strict=True)
        )
        self.last = _Shuffle(width // 2, width // 2, finest, norm=False)

    def forward(self, features: list[Tensor]) -> tuple[list[Tensor], Tensor]:
        """Features, fine to coarse, → those of three sizes, coarse to fine, and the pixels' (N, width / 2, H, W)."""
        *skips, x = features
        scales = []
        for block, skip in zip(self.blocks, reversed(skips), strict=True):
            x = block(x, skip)
            scales.append(x)
        return scales, self.last(x)


class _Shuffle(nn.Module):
    """Enlarge: a 1x1 convolution makes what becomes each pixel's neighbors, and a 2x2 mean hides the seams."""

    def __init__(self, in_channels: int, out_channels: int, scale: int, *, norm: bool):
        super().__init__()
        many = out_channels * scale**2
        self.conv = nn.Conv2d(in_channels, many, 1, bias=not norm)
        self.norm = nn.BatchNorm2d(many) if norm else nn.Identity()
        self.scale = scale
        # a pixel's neighbors start out alike (A. Aitken et al., https://arxiv.org/abs/1707.02937): no checkerboard
        with torch.no_grad():
            self.conv.weight.copy_(self.conv.weight[:: scale**2].repeat_interleave(scale**2, 0))
            if self.conv.bias is not None:
                self.conv.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        x = F.pixel_shuffle(F.relu(self.norm(self.conv(x))), self.scale)
        return F.avg_pool2d(F.pad(x, (1, 0, 1, 0), mode="replicate"), 2, stride=1)


class _UpBlock(nn.Module):
    """Twice the size, the encoder's features of that size beside it, and a 3x3 convolution over both."""

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int):
        super().__init__()
        self.shuffle = _Shuffle(in_channels, out_channels, 2, norm=True)
        self.skip_norm = nn.BatchNorm2d(skip_channels)
        self.conv = nn.Conv2d(out_channels + skip_channels, out_channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        both = F.relu(torch.cat([self.shuffle(x), self.skip_norm(skip)], 1))
        return self.norm(F.relu(self.conv(both)))


class ColorDecoder(nn.Module):
    """Learned queries that look at features of three sizes in turn, and become one vector each.

    Parameters
    ----------
    channels : three int
        Of the features.
    out_channels : int
        Of the answer.
    queries, hidden, layers, heads, feedforward : int
        As in `QueryColorizer`.
    """

    def __init__(
        self,
        channels: tuple[int, ...],
        out_channels: int,
        *,
        queries: int,
        hidden: int,
        layers: int,
        heads: int,
        feedforward: int,
    ):
        super().__init__()
        self.query_feat = nn.Embedding(queries, hidden)
        self.query_embed = nn.Embedding(queries, hidden)  # a query's own place, added wherever it asks
        self.level_embed = nn.Embedding(_SCALES, hidden)
        self.input_proj = nn.ModuleList(nn.Conv2d(c, hidden, 1) for c in channels)
        self.layers = nn.ModuleList(QueryLayer(hidden, heads, feedforward) for _ in range(layers))
        self.decoder_norm = nn.LayerNorm(hidden)
        self.color_embed = nn.Sequential(
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, out_channels),
        )

    def forward(self, scales: list[Tensor]) -> Tensor:
        """Features (N, C, H, W) of three sizes → one vector for each query, (N, Q, out_channels)."""
        memories, places = [], []
        for scale, project, level in zip(scales, self.input_proj, self.level_embed.weight, strict=True):
            projected = project(scale)
            memories.append(projected.flatten(2).transpose(1, 2) + level)  # (N, H W, hidden)
            places.append(positions_of(projected).flatten(1).T)  # (H W, hidden)
        count = scales[0].shape[0]
        x = self.query_feat.weight.expand(count, -1, -1)
        own = self.query_embed.weight.expand(count, -1, -1)
        for index, layer in enumerate(self.layers):
            x = layer(x, own, memories[index % _SCALES], places[index % _SCALES])
        return self.color_embed(self.decoder_norm(x))


class QueryLayer(nn.Module):
    """Cross-attention to the picture, self-attention among the queries, feedforward; a norm after each sum."""

    def __init__(self, hidden: int, heads: int, feedforward: int):
        super().__init__()
        self.cross_attention = nn.MultiheadAttention(hidden, heads, batch_first=True)
        self.self_attention = nn.MultiheadAttention(hidden, heads, batch_first=True)
        self.linear1 = nn.Linear(hidden, feedforward)
        self.linear2 = nn.Linear(feedforward, hidden)
        self.cross_norm, self.self_norm, self.feedforward_norm = (nn.LayerNorm(hidden) for _ in range(3))

    def forward(self, x: Tensor, own: Tensor, memory: Tensor, places: Tensor) -> Tensor:
        """Queries (N, Q, hidden) and their own places, the picture's features (N, M, hidden) and theirs (M, hidden)."""
        seen = self.cross_attention(x + own, memory + places, memory, need_weights=False)[0]
        x = self.cross_norm(x + seen)
        told = self.self_attention(x + own, x + own, x, need_weights=False)[0]
        x = self.self_norm(x + told)
        return self.feedforward_norm(x + self.linear2(F.relu(self.linear1(x))))


def positions_of(feature: Tensor) -> Tensor:
    """Where each place of (N, C, H, W) lies, as sines and cosines of its share of height and width: (C, H, W).

    The first half of the channels says how far down, the second how far right.
    """
    quarter = feature.shape[1] // 4
    waves = 2 * math.pi * _TEMPERATURE ** (-torch.arange(quarter, device=feature.device) / quarter)
    height, width = feature.shape[2:]
    codes = []
    for extent in (height, width):
        share = torch.arange(1, extent + 1, device=feature.device) / extent
        angles = waves[:, None] * share  # (C/4, extent)
        codes.append(torch.stack([angles.sin(), angles.cos()], 1).flatten(0, 1))  # sine, cosine, sine, ...
    down, right = codes
    return torch.cat([down[:, :, None].expand(-1, -1, width), right[:, None].expand(-1, height, -1)])
