"""Task `05.error_auc`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.metrics import color_auc
from course_lib.teach.tasks.task import Mistake, Task


def _error_auc(true_ab, ab, weights, max_error):
    return color_auc(true_ab, ab, max_error=max_error, weights=weights)


def _area(true_ab, ab, weights, max_error, error=None, clip=True):
    error = np.linalg.norm(ab - true_ab, axis=-1) if error is None else error(ab - true_ab)
    lost = np.minimum(error, max_error) / max_error if clip else error / max_error
    return float(100 * np.average(1 - lost, weights=weights))


def _counted(true_ab, ab, weights, max_error, thresholds):
    """The mean of the curve over evenly spaced thresholds, both ends among them."""
    error = np.linalg.norm(ab - true_ab, axis=-1)
    ends = np.linspace(0, max_error, thresholds)
    return float(100 * np.mean([np.average(error <= end, weights=weights) for end in ends]))


def _pictures(rng):
    """Pixels of which some err by more than the curve's end, with weights that follow the truth."""
    cases = []
    for shape, max_error in (((6, 8), 150.0), ((40,), 150.0), ((5, 4), 60.0)):
        true_ab = rng.uniform(-80, 80, (*shape, 2))
        ab = true_ab + rng.normal(0, 30, (*shape, 2))
        ab[0] = (
            true_ab[0] + rng.choice([-1, 1], true_ab[0].shape) * max_error
        )  # beyond the end by a factor of √2
        cases.append((true_ab, ab, 0.1 + np.linalg.norm(true_ab, axis=-1) / 40, max_error))
    return [
        (
            np.array([[0.0, 0.0], [0.0, 0.0]]),
            np.array([[0.0, 30.0], [0.0, 90.0]]),
            np.array([1.0, 3.0]),
            150.0,
        ),
        *cases,
    ]


TASK = Task(
    key="05.error_auc",
    name="error_auc",
    reference=_error_auc,
    cases=_pictures,
    tolerance=0.02,  # in points of 100: a curve averaged over ten thousand thresholds comes this near
    mistakes=(
        Mistake(
            "a share, not percent",
            lambda true_ab, ab, weights, max_error: _area(true_ab, ab, weights, max_error) / 100,
            "Your area lies between 0 and 1. It is asked for in percent.",
        ),
        Mistake(
            "a hundred thresholds",
            lambda true_ab, ab, weights, max_error: _counted(true_ab, ab, weights, max_error, 101),
            "You count at a hundred thresholds, and the steps between them show. Take ten thousand, or none: think of one "
            "pixel's share of the area.",
        ),
        Mistake(
            "weights ignored",
            lambda true_ab, ab, weights, max_error: _area(true_ab, ab, None, max_error),
            "Every pixel counts alike: the weights have no effect. With them, rare colors count for what they are worth.",
        ),
        Mistake(
            "weights not normalized",
            lambda true_ab, ab, weights, max_error: (
                _area(true_ab, ab, weights, max_error) * float(np.mean(weights))
            ),
            "Your area grows when all weights double. Divide by their sum, not by the number of pixels.",
        ),
        Mistake(
            "errors not cut off",
            lambda true_ab, ab, weights, max_error: _area(true_ab, ab, weights, max_error, clip=False),
            "A pixel that errs by more than the curve's end takes area away from others. It never joins the curve: it counts "
            "0, and no less.",
        ),
        Mistake(
            "a and b apart",
            lambda true_ab, ab, weights, max_error: _area(
                true_ab, ab, weights, max_error, error=lambda d: np.abs(d).mean(axis=-1)
            ),
            "You average the errors of a and of b. The error of a color is its distance in the ab plane: √(Δa² + Δb²).",
        ),
        Mistake(
            "a and b added",
            lambda true_ab, ab, weights, max_error: _area(
                true_ab, ab, weights, max_error, error=lambda d: np.abs(d).sum(axis=-1)
            ),
            "You add the errors of a and of b. The error of a color is its distance in the ab plane: √(Δa² + Δb²).",
        ),
        Mistake(
            "squared error",
            lambda true_ab, ab, weights, max_error: _area(
                true_ab, ab, weights, max_error, error=lambda d: (d**2).sum(axis=-1)
            ),
            "Your errors are squared distances, in ab². The square root is missing.",
        ),
        Mistake(
            "always 150",
            lambda true_ab, ab, weights, max_error: _area(true_ab, ab, weights, 150.0),
            "Right where the curve ends at 150, wrong elsewhere: a number stands where `max_error` belongs.",
        ),
        Mistake(
            "the error, not the area",
            lambda true_ab, ab, weights, max_error: 100 - _area(true_ab, ab, weights, max_error),
            "Your number is 0 for perfect colors. That is what is left above the curve; the area below it was asked for.",
        ),
        Mistake(
            "share at the end",
            lambda true_ab, ab, weights, max_error: float(
                100 * np.average(np.linalg.norm(ab - true_ab, axis=-1) <= max_error, weights=weights)
            ),
            "You give the curve's last point: how many pixels err by at most max_error. The area averages the curve over all "
            "thresholds from 0 on.",
        ),
        Mistake(
            "weights divided by their largest",
            lambda true_ab, ab, weights, max_error: (
                _area(true_ab, ab, weights / weights.max(), max_error)
                * float(np.mean(weights / weights.max()))
            ),
            "You scale the weights by their largest. They must sum to 1.",
        ),
    ),
)
