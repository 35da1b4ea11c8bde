"""Task `02.predicted`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.lesson02.optima import mean, medians
from course_lib.teach.tasks.task import Mistake, Task

_TOY = np.array([[60.0, 60.0], [20.0, -60.0], [-50.0, 55.0], [40.0, -20.0]])  # orange, blue, green, pink
_SHARE = np.array([0.35, 0.15, 0.20, 0.30])


def _toys(variant):
    """The exercise's toys, as its notebook has them with this VARIANT."""
    if not variant:
        return _TOY, _SHARE
    rng = np.random.default_rng(variant)
    return _TOY + rng.integers(-8, 9, 2), _SHARE + rng.integers(4) / 100 * np.array([1, -1, 1, -1])


def _toy_optima(toy=_TOY, share=_SHARE):
    return np.stack([mean(toy, share), medians(toy, share)])


def _close_on_paper(expected, got):
    """Lists and whole numbers are fine too: this is a guess on paper, not an array to compute with."""
    got = np.asarray(got, dtype=float)
    return got.shape == expected.shape and bool((np.abs(got - expected) <= 0.51).all())


TASK = Task(
    key="02.predicted",
    name="predicted",
    kind="value",
    reference=_toy_optima,
    cases=lambda variant: [_toys(variant)],
    compare=_close_on_paper,
    mistakes=(
        Mistake(
            "the most common color under L1",
            lambda toy, share: np.stack([mean(toy, share), toy[0]]),
            "L2 is right. For L1 you took the most common color, but its share isn't a majority: add up the shares along a, and "
            "again along b.",
        ),
        Mistake(
            "the mean for both losses",
            lambda toy, share: np.stack([mean(toy, share)] * 2),
            "L2 is right. L1 doesn't average: in each channel it stops where half of the toys lie on either side.",
        ),
        Mistake(
            "shares ignored",
            lambda toy, share: np.stack([toy.mean(0), np.median(toy, axis=0)]),
            "You counted the four colors once each. Weigh them by their shares.",
        ),
        Mistake(
            "rows exchanged",
            lambda toy, share: _toy_optima(toy, share)[::-1],
            "Both colors are right, in the wrong order: L2 comes first.",
        ),
        Mistake(
            "a and b exchanged",
            lambda toy, share: _toy_optima(toy, share)[:, ::-1],
            "Both colors are right with a and b exchanged.",
        ),
        Mistake(
            "one toy whole under L1",
            lambda toy, share: np.stack([mean(toy, share), toy[3]]),
            "L2 is right. For L1 you took the toy at which half is reached along a, with its b. Along b the order is "
            "another: add up the shares again there.",
        ),
        Mistake(
            "rows and columns exchanged",
            lambda toy, share: _toy_optima(toy, share).T,
            "The four numbers are right, but transposed: a row is a color, (a, b), and a column is a channel.",
        ),
    ),
)
