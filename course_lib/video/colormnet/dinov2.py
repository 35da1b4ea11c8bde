"""DINOv2's ViT-S/14, written out: a picture becomes patches of 14 x 14 pixels, and twelve blocks let them look at each other.

    image (N, 3, H, W) → a token a patch, and one for the whole → + position
        → 12 x [x + g1 attention(norm x); x + g2 mlp(norm x)] → norm → (N, 384, H/14, W/14)

Trained without labels on 142 million photos, its tokens say what a thing is: parts of two dogs look alike to it.
M. Oquab et al., "DINOv2: Learning Robust Visual Features without Supervision", TMLR 2024, arXiv 2304.07193. The names in
the state dict are those of the official weights, dinov2_vits14; no weights come with the course.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PATCH = 14
_OFFSET = 0.1  # the official interpolation of positions scales by (patches + 0.1) / 37, to be safe from rounding down


class DinoV2Small(nn.Module):
    """The vision transformer. The defaults are the official ViT-S/14: 22.057 M parameters, trained at 518 x 518.

    Parameters
    ----------
    width : int
        Channels of a token.
    depth : int
        Blocks.
    heads : int
        Of the attention; they share the width.
    grid : int
        Patches on a side at training, each with its learned position.

    Raises
    ------
    ValueError
        A number below 1, or heads that don't share the width; in use, a picture whose sides 14 doesn't divide.

    Examples
    --------
    >>> tiny = DinoV2Small(width=12, depth=2, heads=3, grid=4)
    >>> [tuple(x.shape) for x in tiny.intermediate_layers(torch.zeros(1, 3, 28, 42), layers=(0, 1))]
    [(1, 12, 2, 3), (1, 12, 2, 3)]
    """

    def __init__(self, *, width: int = 384, depth: int = 12, heads: int = 6, grid: int = 37):
        super().__init__()
        if min(width, depth, heads, grid) < 1 or width % heads:
            raise ValueError(
                "width, depth, heads and grid must be at least 1, and width a multiple of heads; "
                f"got {width}, {depth}, {heads} and {grid}"
            )
        self.grid = grid
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + grid**2, width))
        self.mask_token = nn.Parameter(
            torch.zeros(1, width)
        )  # for pretraining alone; the official file has it
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, width, PATCH, PATCH)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        for weight in (self.pos_embed, *(m.weight for m in self.modules() if isinstance(m, nn.Linear))):
            nn.init.trunc_normal_(weight, std=0.02)

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, width): the token of the whole picture after the last block, normalized."""
        x = self._tokens(image)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)[:, 0]

    def intermediate_layers(self, image: Tensor, layers: Sequence[int] = (8, 9, 10, 11)) -> list[Tensor]:
        """What the patches hold after some of the blocks.

        Parameters
        ----------
        image : Tensor, (N, 3, H, W)
            H and W multiples of 14.
        layers : sequence of int
            Blocks, from 0.

        Returns
        -------
        list of Tensor, each (N, width, H/14, W/14)
            In the order of the blocks. The last norm is applied to each, as the official code does.

        Raises
        ------
        ValueError
            Another shape; a block that isn't there.
        """
        if not layers or not set(layers) <= set(range(len(self.blocks))):
            raise ValueError(f"layers must be among 0 to {len(self.blocks) - 1}, got {tuple(layers)}")
        rows, columns = image.shape[-2] // PATCH, image.shape[-1] // PATCH
        x, found = self._tokens(image), []
        for number, block in enumerate(self.blocks[: max(layers) + 1]):
            x = block(x)
            if number in layers:
                patches = self.norm(x)[:, 1:]  # (N, rows * columns, width), without the whole's token
                found.append(patches.transpose(1, 2).unflatten(2, (rows, columns)).contiguous())
        return found

    def positions(self, rows: int, columns: int) -> Tensor:
        """The learned positions for a grid of this size: (1, 1 + rows * columns, width), the whole's token first.

        Those of training as they are; others bicubic from them, in float32, not antialiased, the scale a little over
        rows / grid: the official code's, to the last quirk.
        """
        if rows == columns == self.grid:
            return self.pos_embed
        whole, patches = self.pos_embed.float().split([1, self.grid**2], 1)
        patches = patches.transpose(1, 2).unflatten(2, (self.grid, self.grid))  # (1, width, grid, grid)
        scale = ((rows + _OFFSET) / self.grid, (columns + _OFFSET) / self.grid)
        patches = F.interpolate(patches, scale_factor=scale, mode="bicubic", antialias=False)
        return torch.cat([whole, patches.flatten(2).transpose(1, 2)], 1).to(self.pos_embed.dtype)

    def _tokens(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:] if image.ndim == 4 else (0, 0)
        if (
            image.ndim != 4
            or image.shape[1] != 3
            or not height
            or not width
            or height % PATCH
            or width % PATCH
        ):
            raise ValueError(
                f"image must have shape (N, 3, H, W) with H and W multiples of {PATCH}; got {tuple(image.shape)}"
            )
        patches = self.patch_embed.proj(image).flatten(2).transpose(1, 2)  # (N, patches, width)
        x = torch.cat([self.cls_token.expand(len(image), -1, -1), patches], 1)  # (N, 1 + patches, width)
        return x + self.positions(height // PATCH, width // PATCH)


class Block(nn.Module):
    """Look around, then think: attention and a small MLP, each added to what was there."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.ls1 = LayerScale(width)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width)
        self.ls2 = LayerScale(width)

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, width) → the same shape."""
        x = x + self.ls1(self.attn(self.norm1(x)))
        return x + self.ls2(self.mlp(self.norm2(x)))


class Attention(nn.Module):
    """Every token asks all tokens, in several heads; one matrix makes queries, keys and values."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, width) → the same shape."""
        q, k, v = (
            self.qkv(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        )  # each (N, heads, T, d)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    """Four times as wide in between, with an exact GELU."""

    def __init__(self, width: int):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) → the same shape."""
        return self.fc2(F.gelu(self.fc1(x)))


class LayerScale(nn.Module):
    """A learned gain for each channel."""

    def __init__(self, width: int):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) → the same shape."""
        return x * self.gamma
