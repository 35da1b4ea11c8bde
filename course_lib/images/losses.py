"""Losses of a colorizer's three heads: soft classes, regression, and the scene.

R. Zhang, P. Isola, A. A. Efros, "Colorful Image Colorization", ECCV 2016, equations 1 to 3.
"""

import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.nn import functional as F


def soft_cross_entropy(logits: Tensor, target: Tensor, bin_weights: ArrayLike | None = None) -> Tensor:
    """Cross-entropy against a soft target, each pixel weighted by the rarity of its color.

    The mean over pixels of -v(z) sum_q z_q log p_q, where v(z) is the weight of the target's largest bin. It never
    falls below the target's own entropy. Without weights it is `torch.nn.functional.cross_entropy` with probabilities.
    The authors' layer weights the gradient alone and prints the loss unweighted; here one number says both.

    Parameters
    ----------
    logits, target : Tensor, (N, Q, ...)
        Scores before the softmax, and shares of the Q bins that sum to 1.
    bin_weights : Tensor or array_like, (Q,), optional
        From `rebalancing_weights`.

    Returns
    -------
    Tensor, ()
        In nats.

    Raises
    ------
    ValueError
        Shapes that don't fit.

    Examples
    --------
    >>> soft_cross_entropy(torch.zeros(1, 4), torch.tensor([[0.5, 0.5, 0.0, 0.0]])).exp()
    tensor(4.)
    """
    if logits.ndim < 2 or logits.shape != target.shape:
        raise ValueError(f"logits and target must have one shape (N, Q, ...), got {_shapes(logits, target)}")
    loss = -(target * F.log_softmax(logits, dim=1)).sum(1)  # (N, ...), equation 2 without v
    return _weighted_mean(loss, target.argmax(1), bin_weights, logits.shape[1])


def sparse_soft_cross_entropy(
    logits: Tensor, indices: Tensor, weights: Tensor, bin_weights: ArrayLike | None = None
) -> Tensor:
    """`soft_cross_entropy` with the target as its K bins that aren't 0; the zeros are never written.

    Parameters
    ----------
    logits : Tensor, (N, Q, ...)
    indices, weights : Tensor, (N, K, ...)
        As `SoftEncoder.encode_sparse` gives them, with the last axis moved to the second place; indices int64.
    bin_weights : Tensor or array_like, (Q,), optional

    Returns
    -------
    Tensor, ()
        In nats.

    Raises
    ------
    ValueError
        Shapes that don't fit.
    """
    same_places = logits.shape[:1] + logits.shape[2:] == indices.shape[:1] + indices.shape[2:]
    if logits.ndim < 2 or indices.shape != weights.shape or not same_places:
        raise ValueError(
            "logits (N, Q, ...), indices and weights (N, K, ...) must agree but for the second axis, "
            f"got {_shapes(logits, indices, weights)}"
        )
    loss = -(weights * F.log_softmax(logits, dim=1).gather(1, indices)).sum(1)  # (N, ...)
    # between bins that share the largest weight the first in the list counts, as for argmax of the dense form
    largest = torch.where(weights == weights.amax(1, keepdim=True), indices, logits.shape[1]).amin(1)
    return _weighted_mean(loss, largest, bin_weights, logits.shape[1])


def _weighted_mean(loss: Tensor, largest: Tensor, bin_weights: ArrayLike | None, bins: int) -> Tensor:
    if bin_weights is None:
        return loss.mean()
    weights = torch.as_tensor(bin_weights).to(loss)
    if weights.shape != (bins,):
        raise ValueError(f"bin_weights must have shape ({bins},), got {tuple(weights.shape)}")
    return (loss * weights[largest]).mean()  # v(z), equation 3


def regression_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """The squared error of a photo's ab divided by 2 h w, averaged over photos.

    Equation 1 of the paper per pixel. As ab are two numbers a pixel, the 2 makes it the mean squared error.

    Parameters
    ----------
    predicted, target : Tensor, (N, 2, h, w)
        Normalized ab.

    Raises
    ------
    ValueError
        Other shapes.
    """
    if predicted.ndim != 4 or predicted.shape[1] != 2 or predicted.shape != target.shape:
        raise ValueError(
            f"predicted and target must have one shape (N, 2, h, w), got {_shapes(predicted, target)}"
        )
    height, width = predicted.shape[2:]
    return (predicted - target).square().sum((1, 2, 3)).mean() / (2 * height * width)


def scene_loss(logits: Tensor, scenes: Tensor) -> Tensor:
    """Cross-entropy over the photos whose scene is known; 0 when none is.

    Parameters
    ----------
    logits : Tensor, (N, S)
    scenes : Tensor, (N,) int64
        0 to S - 1, or -1 where the scene isn't known.

    Raises
    ------
    ValueError
        Other shapes, or a scene outside -1 to S - 1.
    """
    if logits.ndim != 2 or scenes.shape != logits.shape[:1]:
        raise ValueError(f"logits must be (N, S) and scenes (N,), got {_shapes(logits, scenes)}")
    if ((scenes < -1) | (scenes >= logits.shape[1])).any():
        raise ValueError(f"scenes must lie from -1 to {logits.shape[1] - 1}, got {scenes.tolist()}")
    if (scenes < 0).all():
        return logits.new_zeros(())  # the mean over no photos would be NaN
    return F.cross_entropy(logits, scenes, ignore_index=-1)


def _shapes(*tensors: Tensor) -> str:
    return " and ".join(str(tuple(t.shape)) for t in tensors)
