"""Task `02.huber_optimum`: the data, and the mistakes that people make."""

import numpy as np
from scipy.optimize import brentq

from course_lib.teach.tasks.lesson02.optima import mean, weighted_median
from course_lib.teach.tasks.task import Mistake, Task


def _huber_optimum(values, weights, delta):
    """Where the weighted, clipped distances to the left and to the right balance."""
    if np.ptp(values) == 0:
        return float(values[0])
    return float(brentq(lambda x: weights @ np.clip(x - values, -delta, delta), values.min(), values.max()))


def _one_channel_mixtures(rng):
    """A mixture on which every mistake shows, stretched and shifted at random; drawn ones; a lone value."""
    values, weights = np.array([60.0, 35.0, 25.0, -80.0]), np.array([2.0, 1.0, 1.5, 1.0])
    stretch, shift = rng.uniform(0.6, 1.1), rng.uniform(-15, 15)
    drawn = [
        (rng.uniform(-90, 90, n), rng.uniform(0.2, 1, n) ** 2, delta)
        for n, delta in ((5, 10.0), (8, 35.0), (12, 1.0), (7, 110.0))
    ]
    far = (
        np.array([70.0, 85.0, 100.0, -30.0]),
        np.array([1.0, 2.0, 1.5, 0.8]),
        12.0,
    )  # the optimum lies beyond 60
    lone = (np.array([-7.5]), np.array([2.0]), 1.0)
    return [(values, weights, 20.0), (stretch * values + shift, weights, 20.0 * stretch), *drawn, far, lone]


def _lowest(values, weights, loss, step=0.01):
    """The point of a fine grid with the lowest loss, by trying all."""
    grid = np.arange(values.min(), values.max() + step, step)
    return float(grid[(loss(grid[:, None] - values) @ weights).argmin()])


def _jumping(values, weights, delta):
    return _lowest(values, weights, lambda e: np.where(abs(e) < delta, e**2 / 2, delta * abs(e)))


def _no_half(values, weights, delta):
    return _lowest(values, weights, lambda e: np.where(abs(e) <= delta, e**2, delta * (abs(e) - delta / 2)))


def _no_abs(values, weights, delta):
    return _lowest(values, weights, lambda e: np.where(e <= delta, e**2 / 2, delta * (e - delta / 2)))


def _trimmed(values, weights, delta):
    near = np.abs(values - mean(values, weights)) <= delta
    return float(mean(values[near], weights[near])) if near.any() else float(mean(values, weights))


TASK = Task(
    key="02.huber_optimum",
    name="huber_optimum",
    reference=_huber_optimum,
    cases=_one_channel_mixtures,
    tolerance=0.05,  # what the task asks for: a search on a grid of a step of 0.05 or less passes
    mistakes=(
        Mistake(
            "the mean",
            lambda values, weights, delta: float(mean(values, weights)),
            "This is the L2 optimum. Huber is L2 only as long as no error exceeds delta.",
        ),
        Mistake(
            "the median",
            lambda values, weights, delta: float(weighted_median(values, weights)),
            "This is the L1 optimum. Huber is L1 only when delta is tiny.",
        ),
        Mistake(
            "halfway",
            lambda values, weights, delta: float(
                (mean(values, weights) + weighted_median(values, weights)) / 2
            ),
            "You return the middle between mean and median, whatever delta is. The optimum does move from one to the "
            "other, but delta decides how far: find where the loss is lowest.",
        ),
        Mistake(
            "delta ignored",
            lambda values, weights, delta: _huber_optimum(values, weights, 1.0),
            "Your result doesn't depend on delta: a 1, the default of many libraries, stands where the argument belongs.",
        ),
        Mistake(
            "outliers thrown away",
            _trimmed,
            "You average only the values within delta of the mean. Huber throws nothing away: a far value keeps pulling, "
            "only no harder than delta.",
        ),
        Mistake(
            "a loss with a jump",
            _jumping,
            "Your loss jumps where |error| = delta: the straight piece is missing its −delta²/2. The jump moves the minimum.",
        ),
        Mistake(
            "weights ignored",
            lambda values, weights, delta: _huber_optimum(values, np.ones_like(weights), delta),
            "You count each value once. A value that occurs twice as often must pull twice as hard.",
        ),
        Mistake(
            "half forgotten",
            _no_half,
            "Your loss is e² near the truth; Huber's is e²/2. Only with the half do the curved and the straight piece meet "
            "at delta.",
        ),
        Mistake(
            "sign of the error",
            _no_abs,
            "Your loss turns straight on one side only: a large negative error is below delta too, and so stays squared. "
            "Compare |e| with delta.",
        ),
        Mistake(
            "search ends at 60",
            lambda values, weights, delta: float(np.clip(_huber_optimum(values, weights, delta), -60, 60)),
            "Your result never leaves ±60. The values go up to about ±110: search from the smallest to the largest.",
        ),
    ),
)
