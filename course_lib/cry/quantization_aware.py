"""Training through the grids: the weights learn to live with few bits, before there is no other way.

    float → grids of 8 bits, a few steps → the weights off their grids, onto 4 bits → more steps

Forward, every layer computes with numbers on its grids. Backward, the gradient goes straight through the rounding, so the float
weights behind the grids move, until one crosses to the next grid point. The scales learn too. Their gradient is that of S. K.
Esser et al., "Learned Step Size Quantization" (ICLR 2020), who balance it by a factor 1 / √(n Q) for plain gradient
descent. Adam divides each gradient by its size, so that a factor would cancel; what it takes is that scales of all sizes move by the
same share, and for that their logarithms are learned: S. R. Jain et al., "Trained Quantization Thresholds", MLSys 2020,
section 3. Batch norm is folded, so its statistics stay what they were.

Each batch's target is half its labels and half what the float detector says of it. It is the recipe's only teacher: no
recording is heard that the float detector wasn't trained on.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrize

from course_lib.cry.detector import CryDetector
from course_lib.cry.quantized_detector import quantize_detector
from course_lib.cry.quantized_network import quantized_layers, unquantized

STAGES = ((8, 20), (4, 80))  # bits, and steps of training with them
RATE = 1e-3  # of Adam at its highest: it rises over a tenth of a stage, and falls to nothing
Batches = Iterator[tuple[np.ndarray, np.ndarray]]


class _Logarithm(nn.Module):
    """A positive number that is learned as its logarithm."""

    def forward(self, logarithm: Tensor) -> Tensor:
        return logarithm.exp()

    def right_inverse(self, number: Tensor) -> Tensor:
        return number.log()


def train_through_grids(
    detector: CryDetector,
    batches: Batches,
    windows: np.ndarray,
    *,
    stages: Sequence[tuple[int, int]] = STAGES,
    others: dict[str, int] | None = None,
    rate: float = RATE,
) -> tuple[CryDetector, list[float]]:
    """Quantization-aware training, in stages of fewer and fewer bits.

    Parameters
    ----------
    detector : CryDetector
        Trained in float. It isn't changed.
    batches : iterator of (bytes (N, 1, 64, 97) uint8, labels (N,) int64)
        Of training recordings; one is taken each step.
    windows : ndarray, (N, 1, 64, 97) uint8
        Of training recordings, to find the first ranges of each stage on.
    stages : sequence of (bits, steps)
    others : dict of {layer's name: bits}, optional
        Layers that keep other bits in every stage.
    rate : float
        Learning rate at its highest.

    Returns
    -------
    CryDetector, list of float
        In evaluation mode, on the grids of the last stage; and the loss at each step.

    Raises
    ------
    ValueError
        No stage; batches that end too early; what the parts refuse.
    """
    if not stages:
        raise ValueError("stages must hold at least one pair of bits and steps")
    small, losses = detector, []
    for bits, steps in stages:
        small = quantize_detector(unquantized(small), windows, bits=bits, others=others)
        losses += _train(small, detector, batches, steps, rate)
    return small, losses


def _train(
    small: CryDetector, teacher: CryDetector, batches: Batches, steps: int, rate: float
) -> list[float]:
    """Some steps down the loss, in place. Everything is in evaluation mode: there is no batch norm, and no dropout is wanted."""
    learned = [
        (layer, name)
        for layer in quantized_layers(small).values()
        for name in ("weight_scale", "input_scale")
        if getattr(layer, name).requires_grad
    ]
    for layer, name in learned:
        parametrize.register_parametrization(layer, name, _Logarithm())
    optimizer = torch.optim.Adam([p for p in small.parameters() if p.requires_grad], lr=rate)
    up = max(1, steps // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / up, (steps - step) / max(1, steps - up))
    )
    losses: list[float] = []
    for _ in range(steps):
        found = next(batches, None)
        if found is None:
            raise ValueError(f"batches ended after {len(losses)} of {steps} steps")
        bytes_, labels = torch.from_numpy(found[0]), torch.from_numpy(found[1])
        with torch.no_grad():
            taught = teacher(bytes_).softmax(1)
        target = (F.one_hot(labels, 2) + taught) / 2
        loss = F.cross_entropy(small(bytes_), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    for layer, name in learned:
        parametrize.remove_parametrizations(layer, name)
    return losses
