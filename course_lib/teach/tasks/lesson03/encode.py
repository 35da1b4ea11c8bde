"""Task `03.encode`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.color import SoftEncoder, ab_bin_centers
from course_lib.teach.tasks.task import Mistake, Task


def _encode(ab, centers, neighbors, sigma):
    return SoftEncoder(centers, neighbors=neighbors, sigma=sigma).encode(ab)


def _weigh(ab, centers, neighbors, sigma, weight=None, total=None):
    """Dense encoding with any one step exchanged for a wrong one."""
    squared = ((ab[..., None, :] - centers) ** 2).sum(axis=-1)
    rank = squared.argsort(axis=-1).argsort(axis=-1)
    formula = np.exp(-squared / (2 * sigma**2)) if weight is None else weight(squared, sigma)
    weights = np.where(rank < neighbors, formula, 0.0)
    return weights / (weights.sum(axis=-1, keepdims=True) if total is None else total(weights))


def _cut_after_normalizing(ab, centers, neighbors, sigma):
    everything = _weigh(ab, centers, len(centers), sigma)
    return np.where(_weigh(ab, centers, neighbors, sigma) > 0, everything, 0.0)


def _farthest(ab, centers, neighbors, sigma):
    squared = ((ab[..., None, :] - centers) ** 2).sum(axis=-1)
    rank = (-squared).argsort(axis=-1).argsort(axis=-1)
    weights = np.where(rank < neighbors, np.exp(-squared / (2 * sigma**2)), 0.0)
    return weights / weights.sum(axis=-1, keepdims=True)


def _sparse(ab, centers, neighbors, sigma):
    squared = ((ab[..., None, :] - centers) ** 2).sum(axis=-1)
    nearest = np.argsort(squared, axis=-1)[..., :neighbors]
    weights = np.exp(-np.take_along_axis(squared, nearest, axis=-1) / (2 * sigma**2))
    return nearest, weights / weights.sum(axis=-1, keepdims=True)


def _sparse_as_in_the_lesson(ab, centers, neighbors, sigma):
    squared = ((ab[:, None] - centers) ** 2).sum(axis=2)  # fails on anything but (N, 2)
    nearest = np.argsort(squared, axis=1)[:, :neighbors]
    weights = np.exp(-np.take_along_axis(squared, nearest, axis=1) / (2 * sigma**2))
    return nearest, weights / weights.sum(axis=1, keepdims=True)


_SPARSE_HINT = (
    "You return the nearest bins and their weights, as the lesson does. That is the sparse form; this task wants the dense "
    "one: an array with a place for every bin, for ab of any shape."
)


def _points(rng):
    """Real-valued ab near the centers, so that no tie decides; one point alone, other bins, other K and sigma."""
    centers = ab_bin_centers()
    few = centers[rng.permutation(len(centers))[:40]]
    near = few[rng.integers(0, 40, (2, 4))] + rng.normal(0, 4, (2, 4, 2))
    return [
        (rng.uniform(-50, 50, (3, 4, 2)), centers, 5, 5.0),
        (rng.uniform(-50, 50, (6, 2)), centers, 10, 8.0),
        (rng.uniform(-50, 50, 2), centers, 5, 5.0),
        (near, few, 3, 12.0),
    ]


TASK = Task(
    key="03.encode",
    name="encode",
    reference=_encode,
    cases=_points,
    # Weights are float32 in the package. All bins in place of the nearest 10 moves weights by more than 1e-3.
    tolerance=1e-4,
    mistakes=(
        Mistake(
            "weights don't sum to 1",
            partial(_weigh, total=lambda w: 1.0),
            "The right bins, the right proportions, but your weights don't sum to 1 in each row.",
        ),
        Mistake(
            "divided by the sum of everything",
            partial(_weigh, total=np.sum),
            "A single color is right, many together aren't: you divide by the sum over the whole array. Each color needs "
            "its own sum, along the last axis.",
        ),
        Mistake(
            "the 2 of 2σ² forgotten",
            partial(_weigh, weight=lambda squared, sigma: np.exp(-squared / sigma**2)),
            "Your weights fall too fast with distance. A Gaussian divides by 2σ², not by σ².",
        ),
        Mistake(
            "distance not squared",
            partial(_weigh, weight=lambda squared, sigma: np.exp(-np.sqrt(squared) / (2 * sigma**2))),
            "Your weights are nearly equal: the exponent holds the distance where a Gaussian has its square.",
        ),
        Mistake(
            "only the nearest bin",
            lambda ab, centers, neighbors, sigma: _weigh(ab, centers, 1, sigma),
            "All your weight is on the nearest bin. That is hard encoding; the neighbors take their share here.",
        ),
        Mistake(
            "all bins",
            lambda ab, centers, neighbors, sigma: _weigh(ab, centers, len(centers), sigma),
            "Every bin gets weight, if little. Only the nearest `neighbors` bins should; the rest are exactly 0.",
        ),
        Mistake(
            "neighbors ignored",
            lambda ab, centers, neighbors, sigma: _weigh(ab, centers, 5, sigma),
            "Right for 5 neighbors, wrong for other numbers: a 5 stands where the argument belongs.",
        ),
        Mistake(
            "sigma ignored",
            lambda ab, centers, neighbors, sigma: _weigh(ab, centers, neighbors, 5.0),
            "Right for sigma 5, wrong for others: a number stands where the argument belongs.",
        ),
        Mistake(
            "neighbors and sigma ignored",
            lambda ab, centers, neighbors, sigma: _weigh(ab, centers, 5, 5.0),
            "Right for 5 neighbors and sigma 5 alone: you wrote both numbers into the formula. Use the arguments.",
        ),
        Mistake(
            "normalized before the cut",
            _cut_after_normalizing,
            "You divide by the sum over all bins and cut to the nearest ones afterwards, so what is left sums to less than 1. "
            "Cut first.",
        ),
        Mistake(
            "farthest bins",
            _farthest,
            "Your weights lie on the bins farthest away. Sorting squared distances puts the nearest first, not last.",
        ),
        Mistake("the sparse form", _sparse, _SPARSE_HINT),
        Mistake("the lesson's sparse form", _sparse_as_in_the_lesson, _SPARSE_HINT),
    ),
)
