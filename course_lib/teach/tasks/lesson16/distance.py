"""Task `16.distance`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _distance(p, q, r, *, gap=None, mean=lambda x: x.mean(axis=-1)):
    gap = np.abs(np.cumsum(p, axis=-1) - np.cumsum(q, axis=-1)) if gap is None else gap(p, q)
    return mean(gap**r) ** (1 / r)


def _no_root(p, q, r):
    return _distance(p, q, r) ** r


def _pairs(rng):
    """Rows far apart and near, more bins and fewer, r from 1 to 3."""
    ends = np.eye(5)
    cases = [(ends[[0, 1]], ends[[4, 2]], 1), (ends[[0, 3]], ends[[1, 0]], 2)]
    for n, k, r in ((4, 10, 1), (3, 10, 2), (6, 6, 3)):
        cases.append((rng.dirichlet(np.ones(k), n), rng.dirichlet(np.full(k, 0.5), n), r))
    return cases


TASK = Task(
    key="16.distance",
    name="distance",
    reference=_distance,
    cases=_pairs,
    tolerance=1e-8,
    mistakes=(
        Mistake(
            "shares in place of sums",
            lambda p, q, r: _distance(p, q, r, gap=lambda p, q: np.abs(p - q)),
            "You compare the shares bin by bin, so that a vote one score off costs as much as one nine scores off. Add them up "
            "from the first score on, and compare those sums.",
        ),
        Mistake(
            "sum over the bins",
            lambda p, q, r: _distance(p, q, r, mean=lambda x: x.sum(axis=-1)),
            "You add up over the bins where a mean is asked for. Your distance grows with the number of scores.",
        ),
        Mistake(
            "mean over one bin less",
            lambda p, q, r: _distance(p, q, r, mean=lambda x: x[..., :-1].mean(axis=-1)),
            "You leave out the last bin. Its sums are both 1 and add nothing, but it counts in the mean: there are K bins.",
        ),
        Mistake(
            "no root",
            _no_root,
            "Right for r = 1. For larger r the mean of the r-th powers wants its r-th root.",
        ),
        Mistake(
            "r is always 2",
            lambda p, q, r: _distance(p, q, 2),
            "Right for r = 2 alone: a number stands where the argument belongs.",
        ),
        Mistake(
            "r is always 1",
            lambda p, q, r: _distance(p, q, 1),
            "Right for r = 1 alone: r has no effect.",
        ),
        Mistake(
            "without the absolute value",
            lambda p, q, r: _distance(
                p, q, r, gap=lambda p, q: np.cumsum(p, axis=-1) - np.cumsum(q, axis=-1)
            ),
            "For an odd r your differences cancel: a row that is ahead here and behind there comes out as near, or below 0. Take each "
            "difference's absolute value before the mean.",
        ),
        Mistake(
            "one number for all rows",
            lambda p, q, r: np.full(len(p), _distance(p, q, r).mean()),
            "You average over the rows. One distance a row was asked for.",
        ),
        Mistake(
            "summed down the rows",
            lambda p, q, r: _distance(
                p, q, r, gap=lambda p, q: np.abs(np.cumsum(p, axis=0) - np.cumsum(q, axis=0))
            ),
            "You add up down the rows, from picture to picture. The scores lie along the last axis.",
        ),
        Mistake(
            "a sum over everything",
            lambda p, q, r: (
                _distance(p, q, r, gap=lambda p, q: np.abs((np.cumsum(p) - np.cumsum(q)).reshape(p.shape)))
                * np.arange(1, len(p) + 1)
            ),
            "Your values grow from row to row. Each row's sums begin anew: give np.cumsum its axis.",
        ),
    ),
)
