"""Local attention: each position looks for its color in a small window of the last frames, not in all of them.

    out_p = sum over j of softmax_j(q_p · k_j / sqrt(C) + b_pj) v_j        j in the window around p, in each frame

The picture is cut into square tiles. A tile's queries share their surroundings, so their logits and their sums are two
matrix products with the keys and values of the tile and a margin of half a window around it; what lies outside a
query's own window is masked. That computes a few times more products than needed and is many times faster than
gathering each position's window or walking over its shifts, and no value is ever copied once per window position
(`python -m benchmarks.local_attention`).

Y. Yang et al., "ColorMNet", ECCV 2024 (https://arxiv.org/abs/2404.06251), after the short-term attention of
Z. Yang and Y. Yang, "Decoupling Features in Hierarchical Propagation" (DeAOT), NeurIPS 2022.
"""

import math

import torch
from torch import Tensor, nn

_TILE = 16  # side, in positions: of 4 to 16 the fastest on a CPU for windows of 7 and 15


def local_attention(
    query: Tensor, key: Tensor, value: Tensor, *, window: int = 15, bias: Tensor | None = None
) -> Tensor:
    """Attention over a window around each position, in each of the last d frames; one softmax over them all.

    Parameters
    ----------
    query : Tensor, (N, C, H, W)
    key : Tensor, (N, d, C, H, W)
        Of the last d frames, in any order.
    value : Tensor, (N, d, Cv, H, W)
    window : int
        λ, the window's side in positions, odd. Positions outside the picture don't count; a window may be larger than
        the picture.
    bias : Tensor, (N, window², H, W), optional
        Added to the logits. Channel ``i * window + j`` of position (y, x) is for the key at ``(y + i - window // 2, x +
        j - window // 2)``, the same in each of the d frames.

    Returns
    -------
    Tensor, (N, Cv, H, W)

    Raises
    ------
    ValueError
        An even window or one below 1; shapes that don't fit; a dimension of 0.

    Examples
    --------
    With keys of 0 every position counts alike: the mean of 3 x 3, and in a corner of the 2 x 2 that there are.

    >>> keys, values = torch.zeros(1, 1, 4, 3, 3), torch.arange(9.0).view(1, 1, 1, 3, 3)
    >>> local_attention(keys[:, 0], keys, values, window=3)[0, 0]
    tensor([[2.0000, 2.5000, 3.0000],
            [3.5000, 4.0000, 4.5000],
            [5.0000, 5.5000, 6.0000]])
    """
    _check_window(window)
    _check_shapes(query, key, value, bias, window)
    height, width = query.shape[2:]
    query = query / math.sqrt(query.shape[1])  # before the product, which half precision might not hold
    bands = [
        [_tile(query, key, value, bias, window, y, x) for x in range(0, width, _TILE)]
        for y in range(0, height, _TILE)
    ]
    return torch.cat([torch.cat(band, 3) for band in bands], 2)


def _tile(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, window: int, y: int, x: int
) -> Tensor:
    """The answers for the tile whose first position is (y, x), (N, Cv, rows, columns)."""
    rows, near_rows = _spans(y, window, query.shape[2])
    columns, near_columns = _spans(x, window, query.shape[3])
    frames = key.shape[1]
    queries = query[..., rows, columns].flatten(2).transpose(1, 2)  # (N, q, C)
    keys = key[..., near_rows, near_columns].transpose(1, 2).flatten(2)  # (N, C, d k)
    values = value[..., near_rows, near_columns].transpose(1, 2).flatten(2)  # (N, Cv, d k)

    place, inside = _places(rows, columns, near_rows, near_columns, window, query.device)  # (q, k)
    logits = queries @ keys  # (N, q, d k)
    if bias is not None:
        biases = bias[..., rows, columns].flatten(2).transpose(1, 2)  # (N, q, window²)
        logits = logits + biases.gather(2, place.expand(len(query), -1, -1)).repeat(1, 1, frames)
    # a position's own place is always inside, so no row is masked as a whole
    weights = logits.masked_fill(~inside.repeat(1, frames), -torch.inf).softmax(2)
    return (values @ weights.transpose(1, 2)).unflatten(
        2, (rows.stop - rows.start, columns.stop - columns.start)
    )


def _spans(start: int, window: int, length: int) -> tuple[slice, slice]:
    """Along one axis: the tile, and the tile with its margins, as far as there is picture."""
    stop, reach = min(start + _TILE, length), window // 2
    return slice(start, stop), slice(max(start - reach, 0), min(stop + reach, length))


def _places(
    rows: slice, columns: slice, near_rows: slice, near_columns: slice, window: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Where each key lies in each query's window: its number in it, and whether it is inside at all; (q, k) each."""

    def offsets(span, near):
        keys, queries = (torch.arange(z.start, z.stop, device=device) for z in (near, span))
        return keys - queries[:, None] + window // 2

    down = offsets(rows, near_rows)[:, None, :, None]
    right = offsets(columns, near_columns)[
        None, :, None, :
    ]  # with down: (rows, columns, near rows, near columns)
    inside = ((down >= 0) & (down < window)) & ((right >= 0) & (right < window))
    place = down.clamp(0, window - 1) * window + right.clamp(0, window - 1)  # outside any place will do
    return place.flatten(2).flatten(0, 1), inside.flatten(2).flatten(0, 1)


class LocalAttention(nn.Module):
    """`local_attention` with a learned bias: what a position's query says about where in the window to look.

    Parameters
    ----------
    channels : int
        C, of the queries and keys.
    window : int
        λ, odd.
    relative_bias : bool
        Whether to learn the bias, by a 1x1 convolution of the query, not divided by sqrt(C), to window² channels.

    Raises
    ------
    ValueError
        An even window, or a number below 1.

    Examples
    --------
    >>> look = LocalAttention(64, window=15)
    >>> keys, values = torch.randn(1, 2, 64, 5, 6), torch.randn(1, 2, 1024, 5, 6)
    >>> look(keys[:, 0], keys, values).shape
    torch.Size([1, 1024, 5, 6])
    >>> [name for name, _ in look.named_parameters()]
    ['relative_emb_k.weight', 'relative_emb_k.bias']
    """

    def __init__(self, channels: int = 64, *, window: int = 15, relative_bias: bool = True):
        super().__init__()
        _check_window(window)
        if channels < 1:
            raise ValueError(f"channels must be at least 1; got {channels}")
        self.window = window
        self.relative_emb_k = nn.Conv2d(channels, window**2, 1) if relative_bias else None

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """query (N, C, H, W), key (N, d, C, H, W), value (N, d, Cv, H, W) → (N, Cv, H, W)."""
        bias = None if self.relative_emb_k is None else self.relative_emb_k(query)
        return local_attention(query, key, value, window=self.window, bias=bias)


def _check_window(window: int) -> None:
    if window < 1 or window % 2 == 0:
        raise ValueError(f"window must be odd and at least 1, to have a middle; got {window}")


def _check_shapes(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, window: int) -> None:
    if query.ndim != 4 or query.numel() == 0:
        raise ValueError(f"query must have shape (N, C, H, W), nothing of it 0; got {tuple(query.shape)}")
    rows, channels, height, width = query.shape
    if key.ndim != 5 or key.shape[1] == 0 or key.shape != (rows, key.shape[1], channels, height, width):
        raise ValueError(
            f"key must have shape ({rows}, d, {channels}, {height}, {width}) with d from 1; got {tuple(key.shape)}"
        )
    frames = key.shape[1]
    if value.ndim != 5 or value.shape[2] == 0 or value.shape != (rows, frames, value.shape[2], height, width):
        raise ValueError(
            f"value must have shape ({rows}, {frames}, Cv, {height}, {width}) with Cv from 1; got {tuple(value.shape)}"
        )
    if bias is not None and bias.shape != (rows, window**2, height, width):
        raise ValueError(
            f"bias must have shape ({rows}, {window**2}, {height}, {width}), a number for each place of the window; "
            f"got {tuple(bias.shape)}"
        )
