"""Local features meet semantic ones: the semantic branch asks, the local branch answers.

    e = conv(semantic);  q from norm(e);  k, v from norm(local)
    out = relu(norm(e + W attention(q, k, v)))            the residual is the semantic branch, not the local one

Two readings of "attention". Over **positions** each place of the semantic map looks for places of the local map: a
matrix of HW x HW. Over **channels** each channel of the one is mixed from channels of the other, at every place alike: a
matrix of C x C that doesn't grow with the picture. The equation of Y. Yang et al., "ColorMNet", ECCV 2024,
arXiv 2404.06251, section 3.1, reads as the first; the released network does the second. Same layers, same weights.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

OVER = ("channels", "positions")


class LayerNorm2d(nn.Module):
    """Layer normalization over the channels at each place."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → the same shape."""
        x = F.layer_norm(x.movedim(1, -1), self.weight.shape, self.weight, self.bias, eps=1e-6)
        return x.movedim(-1, 1)


class CrossAttention(nn.Module):
    """Queries from one map, keys and values from another of the same shape, in twice as many channels.

    Parameters
    ----------
    channels : int
        C. Each head has 2C / heads.
    over : "channels" or "positions"
        Over channels q and k are scaled to length 1 along the positions, as released, and a learned temperature sharpens
        their products. Over positions it multiplies the usual q k / sqrt(d).
    heads : int

    Raises
    ------
    ValueError
        Another `over`; heads that don't divide 2C.
    """

    def __init__(self, channels: int, *, over: str = "channels", heads: int = 8):
        super().__init__()
        if over not in OVER or min(channels, heads) < 1 or 2 * channels % heads:
            raise ValueError(
                f"over must be one of {', '.join(OVER)}, and heads divide twice the channels; "
                f"got {over!r}, {heads} heads and {channels} channels"
            )
        self.over, self.heads = over, heads
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        for name in ("to_q", "to_k", "to_v"):
            self.add_module(name, nn.Conv2d(channels, 2 * channels, 1))
            self.add_module(
                f"{name}_dw", nn.Conv2d(2 * channels, 2 * channels, 3, padding=1, groups=2 * channels)
            )
        self.to_out = nn.Sequential(nn.Conv2d(2 * channels, channels, 1))

    def forward(self, asking: Tensor, asked: Tensor) -> Tensor:
        """(N, C, H, W) and (N, C, H, W) → (N, C, H, W)."""
        q = self._split(self.to_q_dw(self.to_q(asking)))  # (N, heads, d, HW)
        k = self._split(self.to_k_dw(self.to_k(asked)))
        v = self._split(self.to_v_dw(self.to_v(asked)))
        if self.over == "channels":
            q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)
            weights = (q @ k.transpose(-2, -1) * self.temperature).softmax(-1)  # (N, heads, d, d)
            read = weights @ v  # (N, heads, d, HW)
        else:
            q = q * self.temperature / math.sqrt(q.shape[2])
            # the (HW, HW) weights of a head are never held at once
            q, k, v = (x.transpose(-2, -1) for x in (q, k, v))  # (N, heads, HW, d)
            read = F.scaled_dot_product_attention(q, k, v, scale=1.0).transpose(-2, -1)
        return self.to_out(read.flatten(1, 2).unflatten(2, asking.shape[2:]))

    def _split(self, x: Tensor) -> Tensor:
        return x.flatten(2).unflatten(1, (self.heads, -1))


class Fusion(nn.Module):
    """One scale of the feature extractor: a semantic map and a local one become one map.

    Parameters
    ----------
    semantic_channels, channels : int
        Of the semantic map, and of the local map and the result.
    over : "channels" or "positions"
        As of `CrossAttention`.
    """

    def __init__(self, semantic_channels: int, channels: int, *, over: str = "channels"):
        super().__init__()
        self.encode_enc = nn.Conv2d(semantic_channels, channels, 3, padding=1)
        self.norm1, self.norm2, self.norm3 = (LayerNorm2d(channels) for _ in range(3))
        self.crossattn = CrossAttention(channels, over=over)

    def forward(self, semantic: Tensor, local: Tensor) -> Tensor:
        """Maps (N, S, H, W) and (N, C, H, W) → (N, C, H, W), nowhere negative.

        Raises
        ------
        ValueError
            Maps of different sizes.
        """
        if semantic.shape[2:] != local.shape[2:]:
            raise ValueError(
                f"semantic and local must be maps of one size; got {tuple(semantic.shape)} and {tuple(local.shape)}"
            )
        encoded = self.encode_enc(semantic)  # (N, C, H, W)
        read = self.crossattn(self.norm1(encoded), self.norm2(local))
        return F.relu(self.norm3(encoded + read))
