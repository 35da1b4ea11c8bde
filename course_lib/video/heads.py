"""What a video colorizer's last convolution says, how color is read from it, and what it is trained with.

- ``"linear"``, ``"tanh"``: ab itself; squared error.
- ``"separate"``: 15 classes for a and 15 for b, each asked without the other; cross-entropy.
- ``"joint"``: the 313 classes of ab, soft-encoded, as in Part 1; cross-entropy.
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from course_lib.color import AB_SCALE, SoftEncoder, ab_bin_centers
from course_lib.images.losses import sparse_soft_cross_entropy

SEPARATE_BINS = 15  # a side; 14.7 ab wide, the middle one around gray
TEMPERATURE = 0.38  # of the annealed mean, in Zhang et al. and in the separate bins' source alike

CHANNELS = {"linear": 2, "tanh": 2, "separate": 2 * SEPARATE_BINS, "joint": len(ab_bin_centers())}


def read_color(head: str, scores: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Scores (N, C, H, W) of a head → normalized ab (N, 2, H, W).

    Classes answer with the annealed mean of their probabilities: softmax(scores / temperature) is the same as taking
    the probabilities to the power 1 / temperature.

    Raises
    ------
    ValueError
        No such head, another number of channels, or a temperature that isn't positive.

    Examples
    --------
    >>> read_color("separate", torch.zeros(1, 30, 1, 1)).flatten().abs() < 1e-6
    tensor([True, True])
    """
    _check(head, scores)
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}")
    if head == "linear":
        return scores
    if head == "tanh":
        return scores.tanh()
    if head == "separate":
        shares = (_apart(scores) / temperature).softmax(1)  # (N, 15, 2, H, W)
        return torch.einsum("nqchw,q->nchw", shares, separate_centers().to(scores))
    shares = (scores / temperature).softmax(1)  # (N, 313, H, W)
    return torch.einsum("nqhw,qc->nchw", shares, torch.from_numpy(ab_bin_centers()).to(scores) / AB_SCALE)


def color_loss(head: str, scores: Tensor, ab: Tensor, *, softmaxes: int = 1) -> Tensor:
    """What a head is trained with.

    Parameters
    ----------
    head : str
        A key of `CHANNELS`.
    scores : Tensor, (N, C, H, W)
    ab : Tensor, (N, 2, H, W)
        The truth, normalized.
    softmaxes : 1 or 2
        2 makes a mistake that has been made: probabilities handed to a loss that takes the softmax itself. Of the
        separate bins only.

    Returns
    -------
    Tensor, ()
        The mean squared error, or nats: for the separate bins the sum of a's and b's.

    Raises
    ------
    ValueError
        No such head; shapes that don't fit; two softmaxes for another head.
    """
    _check(head, scores)
    if ab.shape != (len(scores), 2, *scores.shape[2:]):
        raise ValueError(
            f"ab must have shape {(len(scores), 2, *scores.shape[2:])} for these scores, got {tuple(ab.shape)}"
        )
    if softmaxes not in (1, 2) or (softmaxes == 2 and head != "separate"):
        raise ValueError(f"softmaxes must be 1, or 2 for the separate bins; got {softmaxes} for {head!r}")
    if head in ("linear", "tanh"):
        return F.mse_loss(read_color(head, scores), ab)
    if head == "separate":
        scores = _apart(scores)  # (N, 15, 2, H, W)
        if softmaxes == 2:
            scores = scores.softmax(1)
        return 2 * F.cross_entropy(scores, separate_bin(ab))
    # of every second place, which is a quarter of the picture's size as in Part 1: 313 classes are many
    scores, ab = scores[..., ::2, ::2], ab[..., ::2, ::2]
    indices, weights = _encoder().encode_sparse(ab.permute(0, 2, 3, 1).contiguous().numpy() * AB_SCALE)
    indices, weights = (torch.from_numpy(np.moveaxis(x, -1, 1).copy()) for x in (indices, weights))
    return sparse_soft_cross_entropy(scores, indices, weights)


def separate_centers() -> Tensor:
    """The middles of the 15 bins of a, and of b, (15,) float32 normalized: -14/15 to 14/15.

    >>> separate_centers()[7]
    tensor(0.)
    """
    return (2 * torch.arange(SEPARATE_BINS) + 1 - SEPARATE_BINS) / SEPARATE_BINS


def separate_bin(ab: Tensor) -> Tensor:
    """Normalized ab, any shape → the bin in 0 to 14 of each number, int64.

    >>> separate_bin(torch.tensor([-1.0, 0.0, 0.06, 0.07, 1.0]))
    tensor([ 0,  7,  7,  8, 14])
    """
    return ((ab + 1) / 2 * SEPARATE_BINS).floor().long().clamp(0, SEPARATE_BINS - 1)


def _apart(scores: Tensor) -> Tensor:
    """(N, 30, H, W), the 15 of a first → (N, 15, 2, H, W)."""
    return scores.unflatten(1, (2, SEPARATE_BINS)).transpose(1, 2)


@lru_cache(maxsize=1)
def _encoder() -> SoftEncoder:
    return SoftEncoder(ab_bin_centers())


def _check(head: str, scores: Tensor) -> None:
    if head not in CHANNELS:
        raise ValueError(f"head must be one of {', '.join(CHANNELS)}; got {head!r}")
    if scores.ndim != 4 or scores.shape[1] != CHANNELS[head]:
        raise ValueError(
            f"scores of the {head} head must have shape (N, {CHANNELS[head]}, H, W); got {tuple(scores.shape)}"
        )
