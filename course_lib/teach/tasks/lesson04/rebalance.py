"""Task `04.rebalance`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.images import rebalancing_weights
from course_lib.teach.tasks.task import Mistake, Task


def _priors(rng):
    """With and without empty bins, small and of 313, mixed by several shares."""
    some = rng.dirichlet(np.ones(6))
    empty = np.append(rng.dirichlet(np.ones(4)), [0.0, 0.0])
    large = rng.dirichlet(np.full(313, 0.1))
    large[rng.permutation(313)[:60]] = 0
    return [
        (np.array([0.75, 0.25]), 0.5),
        (some, 0.2),
        (empty, 0.5),
        (large / large.sum(), 0.1),
        (rng.dirichlet(np.full(5, 5.0)), 0.0),
        (some, 1.0),
    ]


def _mixed(prior, mixing):
    return (1 - mixing) * prior + mixing / len(prior)


def _by_expectation(prior, weights):
    return weights / (prior * weights).sum()


def _average_one(prior, mixing):
    weights = 1 / _mixed(prior, mixing)
    return weights / weights.mean()


def _sum_one(prior, mixing):
    weights = 1 / _mixed(prior, mixing)
    return weights / weights.sum()


def _uniform_where_seen(prior, mixing):
    seen = prior > 0
    return _by_expectation(prior, 1 / ((1 - mixing) * prior + mixing * seen / seen.sum()))


def _mixed_inverses(prior, mixing):
    return _by_expectation(prior, (1 - mixing) / prior + mixing * len(prior))


TASK = Task(
    key="04.rebalance",
    name="rebalance",
    reference=rebalancing_weights,
    cases=_priors,
    tolerance=1e-6,
    mistakes=(
        Mistake(
            "scaled to an average of 1",
            _average_one,
            "Your weights have a plain average of 1 over the bins. Rare bins have few pixels: it is the expectation under the prior "
            "that should be 1.",
        ),
        Mistake(
            "scaled to a sum of 1",
            _sum_one,
            "Your weights sum to 1. They are no shares: a pixel's weight should be 1 on average, with the prior saying how often "
            "each bin comes up.",
        ),
        Mistake(
            "not scaled",
            lambda prior, mixing: 1 / _mixed(prior, mixing),
            "The right proportions, but not scaled: the expectation under the prior isn't 1.",
        ),
        Mistake(
            "expectation under the mixed prior",
            lambda prior, mixing: 1 / (_mixed(prior, mixing) * len(prior)),
            "You scale by the expectation under the *mixed* prior. Pixels come from the prior itself.",
        ),
        Mistake(
            "shares swapped",
            lambda prior, mixing: _by_expectation(prior, 1 / _mixed(prior, 1 - mixing)),
            "Right at a mixing of 0.5, wrong elsewhere: `mixing` is the share of the uniform distribution, yours is that of the prior.",
        ),
        Mistake(
            "mixing ignored",
            lambda prior, mixing: rebalancing_weights(prior, 0.5),
            "Right for a mixing of 0.5 alone: a number stands where the argument belongs.",
        ),
        Mistake(
            "1 in place of 1/Q",
            lambda prior, mixing: _by_expectation(prior, 1 / ((1 - mixing) * prior + mixing)),
            "Your uniform distribution gives 1 to every bin, and sums to Q. Rare and common bins come out nearly alike.",
        ),
        Mistake(
            "not inverted",
            lambda prior, mixing: _by_expectation(prior, _mixed(prior, mixing)),
            "Your weights are largest where colors are common. Rare ones should count more.",
        ),
        Mistake(
            "inverses mixed",
            _mixed_inverses,
            "You mix the inverses; an empty bin then weighs infinitely much. Mix the distributions first, and invert the mixture.",
        ),
        Mistake(
            "inverses mixed, with an epsilon",
            lambda prior, mixing: _by_expectation(
                prior, (1 - mixing) / (prior + 1e-12) + mixing * len(prior)
            ),
            "You mix the inverses, and a small number keeps empty bins from dividing by 0; they still weigh more than all others. "
            "Mix the distributions first, and invert the mixture.",
        ),
        Mistake(
            "uniform over occupied bins",
            _uniform_where_seen,
            "Right where no bin is empty. You spread the uniform part over occupied bins only, as the paper's released code does; "
            "here it covers all Q.",
        ),
    ),
)
