"""Task `02.predicted`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.lesson02.optima import mean, medians
from course_lib.teach.tasks.task import Mistake, Task

_TOY = np.array([[60.0, 60.0], [20.0, -60.0], [-50.0, 55.0], [40.0, -20.0]])  # orange, blue, green, pink
_SHARE = np.array([0.35, 0.15, 0.20, 0.30])


def _toy_optima():
    return np.stack([mean(_TOY, _SHARE), medians(_TOY, _SHARE)])


def _close_on_paper(expected, got):
    """Lists and whole numbers are fine too: this is a guess on paper, not an array to compute with."""
    got = np.asarray(got, dtype=float)
    return got.shape == expected.shape and bool((np.abs(got - expected) <= 0.51).all())


TASK = Task(
    key="02.predicted",
    name="predicted",
    kind="value",
    reference=_toy_optima,
    cases=lambda rng: [()],
    compare=_close_on_paper,
    mistakes=(
        Mistake(
            "the most common color under L1",
            np.stack([mean(_TOY, _SHARE), _TOY[0]]),
            "L2 is right. For L1 you took the most common color, but 35% isn't a majority: add up the shares along a, and "
            "again along b.",
        ),
        Mistake(
            "the mean for both losses",
            np.stack([mean(_TOY, _SHARE)] * 2),
            "L2 is right. L1 doesn't average: in each channel it stops where half of the toys lie on either side.",
        ),
        Mistake(
            "shares ignored",
            np.stack([_TOY.mean(0), np.median(_TOY, axis=0)]),
            "You counted the four colors once each. Weigh them by their shares.",
        ),
        Mistake(
            "rows exchanged",
            _toy_optima()[::-1],
            "Both colors are right, in the wrong order: L2 comes first.",
        ),
        Mistake(
            "a and b exchanged",
            _toy_optima()[:, ::-1],
            "Both colors are right with a and b exchanged.",
        ),
        Mistake(
            "one toy whole under L1",
            np.stack([mean(_TOY, _SHARE), _TOY[3]]),
            "L2 is right. For L1 you took the toy at which half is reached along a, with its b. Along b the order is "
            "another: add up the shares again there.",
        ),
        Mistake(
            "rows and columns exchanged",
            _toy_optima().T,
            "The four numbers are right, but transposed: a row is a color, (a, b), and a column is a channel.",
        ),
    ),
)
