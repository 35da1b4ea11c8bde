"""What the memory compares: keys, how sharply a remembered place answers, and which channels a query cares about.

H. K. Cheng and A. Schwing, "XMem", ECCV 2022, arXiv 2207.07115, section 3.3: the similarity of a memory key k and a query
q is ``-shrinkage * sum(selection * (k - q)**2)``.
"""

from torch import Tensor, nn


class KeyProjection(nn.Module):
    """Three 3x3 convolutions of the coarsest features.

    Parameters
    ----------
    in_channels : int
        Of the features.
    key_channels : int
        Of key and selection.
    """

    def __init__(self, in_channels: int, key_channels: int = 64):
        super().__init__()
        self.key_proj = nn.Conv2d(in_channels, key_channels, 3, padding=1)
        self.d_proj = nn.Conv2d(in_channels, 1, 3, padding=1)
        self.e_proj = nn.Conv2d(in_channels, key_channels, 3, padding=1)
        nn.init.orthogonal_(self.key_proj.weight)
        nn.init.zeros_(self.key_proj.bias)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features (N, C, h, w) → key (N, K, h, w), shrinkage (N, 1, h, w) from 1, selection (N, K, h, w) in (0, 1)."""
        return (
            self.key_proj(features),
            self.d_proj(features) ** 2 + 1,
            self.e_proj(features).sigmoid(),
        )
