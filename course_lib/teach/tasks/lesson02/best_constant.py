"""Task `02.best_constant`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.lesson02.optima import mean, medians, weighted_median
from course_lib.teach.tasks.task import Mistake, Task


def _best_constant(values, weights, loss):
    return mean(values, weights) if loss == "l2" else medians(values, weights)


def _mixtures(rng):
    """Each mixture under both losses; no weights make exactly a half, and none sum to 1."""
    three = (np.array([[10.0, -60.0], [-50.0, 45.0], [60.0, 50.0]]), np.array([3.5, 2.5, 4.0]))
    sizes = (4, 7, 12)
    drawn = [(rng.uniform(-90, 90, (n, 2)), rng.uniform(0.2, 1, n) ** 2) for n in sizes]
    lone = (np.array([[12.5, -3.0]]), np.array([0.25]))
    majority = (rng.uniform(-90, 90, (5, 2)), np.array([0.2, 0.1, 1.9, 0.3, 0.15]))
    return [(*mixture, loss) for mixture in (three, *drawn, lone, majority) for loss in ("l2", "l1")]


def _rows_in_order_of_a(values, weights, loss):
    """The whole color at which half of the weight is reached, going by a."""
    if loss == "l2":
        return mean(values, weights)
    return values[np.argmax(values[:, 0] == weighted_median(values[:, 0], weights))]


def _unsorted(values, weights, loss):
    if loss == "l2":
        return mean(values, weights)
    reached = np.cumsum(weights)
    return values[np.searchsorted(reached, reached[-1] / 2)]


def _not_divided(values, weights, loss):
    return weights @ values if loss == "l2" else medians(values, weights)


TASK = Task(
    key="02.best_constant",
    name="best_constant",
    reference=_best_constant,
    cases=_mixtures,
    tolerance=1e-3,  # both optima have a closed form; the mistakes differ by whole ab units
    mistakes=(
        Mistake(
            "weights ignored",
            lambda values, weights, loss: values.mean(axis=0) if loss == "l2" else np.median(values, axis=0),
            "You treat all colors as equally likely. A color that the object takes twice as often must pull twice as hard.",
        ),
        Mistake(
            "weights ignored under L2",
            lambda values, weights, loss: values.mean(axis=0) if loss == "l2" else medians(values, weights),
            "L1 is right; under L2 you count each color once. A color twice as common must pull twice as hard.",
        ),
        Mistake(
            "weights ignored under L1",
            lambda values, weights, loss: (
                mean(values, weights) if loss == "l2" else np.median(values, axis=0)
            ),
            "L2 is right; under L1 you count each color once. Stop where half of the weight is reached, not half of the "
            "colors.",
        ),
        Mistake(
            "losses exchanged",
            lambda values, weights, loss: _best_constant(values, weights, "l1" if loss == "l2" else "l2"),
            "Both answers are right, for the other loss: you return the median under L2 and the mean under L1.",
        ),
        Mistake(
            "the mean for both losses",
            lambda values, weights, loss: mean(values, weights),
            "L2 is right; under L1 you still return the mean. Moving off the mean costs L1 nothing as long as as much "
            "weight lies on one side as on the other.",
        ),
        Mistake(
            "the most common color",
            lambda values, weights, loss: (
                _best_constant(values, weights, "l2") if loss == "l2" else values[weights.argmax()]
            ),
            "Under L1 you return the color with the largest weight. That is the optimum only when it holds more than half "
            "of the weight; the mixtures here have others.",
        ),
        Mistake(
            "a and b not apart",
            _rows_in_order_of_a,
            "Under L1 your a is right and your b isn't: you return one of the colors whole. |Δa| + |Δb| splits into two "
            "problems that know nothing of each other.",
        ),
        Mistake(
            "values not sorted",
            _unsorted,
            "Under L1 you add up the weights in the order in which the colors came. A median needs its values sorted, and "
            "each weight to travel with its value.",
        ),
        Mistake(
            "not divided by the total weight",
            _not_divided,
            "Under L2 your result grows with the weights. They needn't sum to 1: an average divides by what they sum to.",
        ),
    ),
)
