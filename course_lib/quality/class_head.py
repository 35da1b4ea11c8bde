"""Three classes out of a distribution of scores: a dense layer that nobody trained, put on a NIMA.

An application wants one of three words. The mean of the shares p₁ … p₁₀ says which: m = Σ k pₖ, cut at the two thresholds. Since the
shares sum to 1, three logits that are straight lines of m are a plain matrix times p:

    bad: s (low - m)        normal: 0        good: s (m - high)        row k of `class_weights`: the same for m = k

The largest logit is the class of `three_class_labels`, save exactly on a threshold. The softmax says how far off the next class
is: at a sharpness s of 4, half a point beyond a threshold is 88 to 12. That is a convention, not a calibrated probability.
"""

import numpy as np
import torch
from torch import Tensor, nn

SHARPNESS = 4.0  # logits a point


def class_weights(scores: int = 10, low: float = 5, high: float = 6) -> np.ndarray:
    """The matrix that makes logits of shares.

    Parameters
    ----------
    scores : int
        K: the scores are 1 … K.
    low, high : float
        Below `low` is bad, from `high` on good.

    Returns
    -------
    ndarray, (scores, 3) float32
        Columns bad, normal and good.

    Examples
    --------
    >>> class_weights()[[3, 4, 5, 6]]
    array([[ 4.,  0., -8.],
           [ 0.,  0., -4.],
           [-4.,  0.,  0.],
           [-8.,  0.,  4.]], dtype=float32)
    """
    k = np.arange(1, scores + 1)
    return (SHARPNESS * np.stack([low - k, 0 * k, k - high], axis=1)).astype(np.float32)


class ThreeClassNIMA(nn.Module):
    """A NIMA as an application runs it: pixels of `preprocess_like_digikam` in, three classes out.

    Parameters
    ----------
    nima : NIMA
        Photos (N, 3, H, W) in [0, 1] → shares (N, 10). Kept, not copied.
    low, high : float
        The thresholds.
    """

    def __init__(self, nima: nn.Module, low: float = 5, high: float = 6):
        super().__init__()
        self.nima = nima
        self.register_buffer("weights", torch.from_numpy(class_weights(10, low, high)))

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels (N, 3, 224, 224) in [-1, 1], RGB → (N, 3): how much bad, normal and good, with sum 1."""
        return self.classes(self.nima((pixels + 1) / 2))

    def classes(self, shares: Tensor) -> Tensor:
        """Shares (N, 10) → (N, 3)."""
        return (shares @ self.weights).softmax(1)
