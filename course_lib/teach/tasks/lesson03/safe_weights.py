"""Task `03.safe_weights`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _safe(squared_distances, sigma):
    excess = squared_distances - squared_distances.min(axis=-1, keepdims=True)
    weights = np.exp(-excess / (2 * sigma**2))
    return weights / weights.sum(axis=-1, keepdims=True)


def _distances(rng):
    """Near, far, and near beside far, in other rows and in the same; a small sigma makes ordinary distances far."""
    near = rng.uniform(0, 200, (3, 5))
    far = rng.uniform(4.0e4, 4.01e4, (2, 4, 5))
    mixed = np.array([[1.0], [3e3], [4e6]]) + rng.uniform(0, 100, (3, 6))
    within = np.array([[2e5, 9e4, 20.0, 0.0], [0.0, 20.0, 9e4, 2e5]]) + rng.uniform(0, 5, (2, 4))
    return [
        (np.array([[0.0, 25.0], [90000.0, 90000.0]]), 5.0),
        (near, 5.0),
        (far, 5.0),
        (mixed, 5.0),
        (within, 5.0),
        (rng.uniform(200, 202, 4), 0.5),
    ]


def _plain(squared_distances, sigma):
    with np.errstate(invalid="ignore", over="ignore"):
        weights = np.exp(-squared_distances / (2 * sigma**2))
        return weights / weights.sum(axis=-1, keepdims=True)


def _plus_epsilon(squared_distances, sigma):
    weights = np.exp(-squared_distances / (2 * sigma**2))
    return weights / (weights.sum(axis=-1, keepdims=True) + 1e-8)


def _shifted(squared_distances, sigma, by):
    return _plain(squared_distances - by(squared_distances), sigma)


def _float32_first(squared_distances, sigma):
    return _safe(squared_distances.astype(np.float32), sigma)


def _uniform_for_nan(squared_distances, sigma):
    weights = _plain(squared_distances, sigma)
    return np.where(np.isnan(weights), 1 / weights.shape[-1], weights)


def _nearest_for_nan(squared_distances, sigma):
    weights = _plain(squared_distances, sigma)
    winner = np.eye(weights.shape[-1])[squared_distances.argmin(axis=-1)]
    return np.where(np.isnan(weights), winner, weights)


def _one_minimum(squared_distances, sigma):
    return _plain(squared_distances - squared_distances.min(), sigma)


def _capped(squared_distances, sigma):
    weights = np.exp(-np.minimum(squared_distances / (2 * sigma**2), 50))
    return weights / weights.sum(axis=-1, keepdims=True)


TASK = Task(
    key="03.safe_weights",
    name="safe_weights",
    reference=_safe,
    cases=_distances,
    tolerance=1e-5,
    mistakes=(
        Mistake(
            "the plain formula",
            _plain,
            "Far from every center all your weights underflow to 0, and 0/0 is NaN. Shift the exponents before exp: which "
            "shift leaves the ratios as they are?",
        ),
        Mistake(
            "an epsilon in the denominator",
            _plus_epsilon,
            "No NaN any more, but far from every center your weights are all 0 and sum to 0. An epsilon hides the "
            "underflow; the ratios are already lost.",
        ),
        Mistake(
            "NaN replaced by 0",
            lambda squared_distances, sigma: np.nan_to_num(_plain(squared_distances, sigma)),
            "You replace NaN by 0, so that a far color has no weights at all. They still must sum to 1, and the nearest "
            "center must still win.",
        ),
        Mistake(
            "one minimum for all rows",
            _one_minimum,
            "Right when all rows are equally far, NaN when one is near and another far: you subtract the smallest of the "
            "whole array. Each row has its own.",
        ),
        Mistake(
            "the largest subtracted",
            partial(_shifted, by=lambda squared: squared.max(axis=-1, keepdims=True)),
            "You subtract the largest squared distance. Right while a row's distances are alike; where they differ a lot, exp of "
            "a large number overflows. Which neighbor should get exp(0)?",
        ),
        Mistake(
            "the mean subtracted",
            partial(_shifted, by=lambda squared: squared.mean(axis=-1, keepdims=True)),
            "You subtract the mean. Right while a row's distances are alike; where they differ a lot, exp of a large number "
            "overflows. No exponent should be above 0.",
        ),
        Mistake(
            "the first subtracted",
            partial(_shifted, by=lambda squared: squared[..., :1]),
            "You subtract the first neighbor's squared distance. Nobody promised that the nearest comes first.",
        ),
        Mistake(
            "NaN replaced by equal weights",
            _uniform_for_nan,
            "Where the formula gives NaN you put equal weights. They sum to 1, but even far from every center one is nearer "
            "than the others, and the ratios of the formula still hold.",
        ),
        Mistake(
            "NaN replaced by the nearest",
            _nearest_for_nan,
            "Where the formula gives NaN you give all weight to the nearest. But others may be almost as near: far out the "
            "ratios of the formula still hold.",
        ),
        Mistake(
            "float32 too early",
            _float32_first,
            "Nearly right. You turn the squared distances into float32 before you subtract, and its seven digits are used up by "
            "what the subtraction takes away. Subtract first.",
        ),
        Mistake(
            "exponents capped",
            _capped,
            "You capped the exponent. Far from every center all weights come out equal, though one center is nearer than "
            "the others.",
        ),
        Mistake(
            "the 2 of 2σ² forgotten",
            lambda squared_distances, sigma: _safe(squared_distances, sigma / np.sqrt(2)),
            "Never NaN, but your weights fall too fast with distance. A Gaussian divides by 2σ², not by σ².",
        ),
    ),
)
