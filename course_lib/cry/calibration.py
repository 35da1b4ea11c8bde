"""What range do the numbers of a layer have? Looked up on examples, by three rules.

    min-max     from the smallest to the largest: nothing is clamped, and one outlier coarsens the grid for all
    percentile  all but the outermost 0.01% on either side
    entropy     the range whose 8-bit histogram tells least false about the original one (Kullback-Leibler)

The last is that of S. Migacz, "8-bit Inference with TensorRT", GTC 2017.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

RULES = ("min-max", "percentile", "entropy")
OUTERMOST = 0.01  # percent that the rule "percentile" leaves out on either side
KEPT = 200_000  # numbers kept of a layer; the rules need its distribution, not every number
BINS, LEVELS = 2048, 128  # of the entropy rule: bins of |x|, and levels of an 8-bit grid on one side of 0
UNSEEN = (
    1e-6  # the share that a bin without numbers counts as; with 0 one clamped outlier would be infinitely bad
)


def layer_inputs(
    model: nn.Module, batches: Iterable[Tensor], layers: Iterable[str], *, seed: int = 0
) -> dict[str, np.ndarray]:
    """What goes into each of these layers when the model sees the batches.

    Parameters
    ----------
    model : Module
        Used in evaluation mode, and left in the mode it was in.
    batches : iterable of Tensor
        Inputs of the model.
    layers : iterable of str
        Names among `model.named_modules()`.
    seed : int
        Of the numbers that are kept, at most 200,000 a layer.

    Returns
    -------
    dict of {str: (n,) float32 array}
        Smallest and largest are always among them.

    Raises
    ------
    ValueError
        An unknown layer; no batch; a layer that no batch reached.
    """
    modules = dict(model.named_modules())
    layers = list(layers)
    if unknown := [name for name in layers if name not in modules]:
        raise ValueError(f"the model has no layer {', '.join(unknown)}")
    seen: dict[str, list[np.ndarray]] = {name: [] for name in layers}
    batches = list(batches)
    if not batches:
        raise ValueError("batches must hold at least one batch to calibrate on")
    rng, share = np.random.default_rng(seed), KEPT // len(batches)

    def keep(name: str):
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            values = inputs[0].detach().float().flatten().numpy()
            picked = values if values.size <= share else rng.choice(values, share, replace=False)
            seen[name].append(np.append(picked, [values.min(), values.max()]))

        return hook

    hooks = [modules[name].register_forward_pre_hook(keep(name)) for name in layers]
    training = model.training
    try:
        model.eval()
        with torch.inference_mode():
            for batch in batches:
                model(batch)
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    if unreached := [name for name, parts in seen.items() if not parts]:
        raise ValueError(f"no batch reached layer {', '.join(unreached)}")
    return {name: np.concatenate(parts) for name, parts in seen.items()}


def range_of(values: np.ndarray, rule: str = "percentile") -> tuple[float, float]:
    """Lowest and highest number that the grid should cover.

    Parameters
    ----------
    values : array of float
    rule : "min-max", "percentile" or "entropy"

    Raises
    ------
    ValueError
        Another rule; no values, or some that aren't finite.
    """
    values = np.asarray(values, np.float64).ravel()
    if rule not in RULES:
        raise ValueError(f"rule must be one of {', '.join(RULES)}; got {rule!r}")
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError("values must be finite, and at least one")
    low, high = values.min(), values.max()
    if rule == "percentile":
        low, high = np.percentile(values, [OUTERMOST, 100 - OUTERMOST])
    elif rule == "entropy":
        most = _least_false(np.abs(values))
        low, high = max(low, -most), min(high, most)
    return float(low), float(high)


def _least_false(sizes: np.ndarray) -> float:
    """The threshold of |x| at which the clamped, coarse histogram diverges least from the fine one."""
    counts, edges = np.histogram(sizes, BINS, (0, sizes.max() or 1.0))
    if sizes.max() == 0:
        return 0.0
    counts[0] = counts[1]  # zeros, which ReLU makes in masses, are met exactly by every grid
    divergence = [_divergence(counts, last) for last in range(LEVELS, BINS + 1)]
    return float(edges[LEVELS + int(np.argmin(divergence))])


def _divergence(counts: np.ndarray, last: int) -> float:
    """Kullback-Leibler divergence from the first `last` bins, the rest clamped into the last of them, to their coarse version."""
    fine = counts[:last].astype(np.float64)
    level = np.arange(last) * LEVELS // last
    held = np.bincount(level, fine, LEVELS)
    filled = np.bincount(level, fine > 0, LEVELS)
    coarse = np.where(
        fine > 0, (held / np.maximum(filled, 1))[level], 0.0
    )  # spread over the bins that held any
    fine[-1] += counts[last:].sum()
    if coarse.sum() == 0:
        return np.inf
    fine, coarse = fine / fine.sum(), coarse / coarse.sum()
    there = fine > 0
    coarse = np.maximum(coarse, UNSEEN)  # what was clamped may fall where the coarse version has nothing
    return float((fine[there] * np.log(fine[there] / coarse[there])).sum())
