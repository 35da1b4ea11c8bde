"""Task `16.mean_and_spread`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _mean_and_spread(votes, *, first=1, power=0.5, less=0):
    scores = np.arange(first, first + votes.shape[1])
    n = votes.sum(axis=1)
    mean = votes @ scores / n
    variance = (votes * (scores - mean[:, None]) ** 2).sum(axis=1) / (n - less)
    return mean, variance**power


def _means_of_shares(votes):
    shares = votes / votes.sum(axis=1, keepdims=True)
    return _mean_and_spread(votes)[0], shares.std(axis=1)


def _same_number_of_votes(votes):
    n = votes.sum(axis=1).mean()
    scores = np.arange(1, votes.shape[1] + 1)
    mean = votes @ scores / n
    return mean, ((votes * (scores - mean[:, None]) ** 2).sum(axis=1) / n) ** 0.5


def _commonest(votes):
    return votes.argmax(axis=1) + 1.0, _mean_and_spread(votes)[1]


def _median(votes):
    half = votes.sum(axis=1, keepdims=True) / 2
    return (np.cumsum(votes, axis=1) < half).sum(axis=1) + 1.0, _mean_and_spread(votes)[1]


def _votes(rng):
    """Raters of one mind, two camps, random rows; ten scores and five."""
    camps = np.zeros((2, 10), int)
    camps[0, 4] = 30
    camps[1, [0, 8]] = 20
    return [(camps,), (rng.integers(0, 40, (5, 10)) + 1,), (rng.integers(0, 9, (4, 5)) + 1,)]


TASK = Task(
    key="16.mean_and_spread",
    name="mean_and_spread",
    reference=_mean_and_spread,
    cases=_votes,
    tolerance=1e-8,
    mistakes=(
        Mistake(
            "scores from 0",
            lambda votes: _mean_and_spread(votes, first=0),
            "Your means are one too low: the first column is for score 1, not 0.",
        ),
        Mistake(
            "variance",
            lambda votes: _mean_and_spread(votes, power=1),
            "Your means are right. Your spread is the variance: take its root.",
        ),
        Mistake(
            "divided by n − 1",
            lambda votes: _mean_and_spread(votes, less=1),
            "Your spread divides by n − 1. Here it is the spread of the votes that were given, over n.",
        ),
        Mistake(
            "spread of the shares",
            _means_of_shares,
            "Your means are right. Your spread says how uneven the shares are, and doesn't change when the columns are shuffled. "
            "How far do the *scores* lie from their mean?",
        ),
        Mistake(
            "one number of votes for all",
            _same_number_of_votes,
            "You divide every row by the same number of votes. Each picture has its own.",
        ),
        Mistake(
            "all votes in every row",
            lambda votes: (
                votes @ np.arange(1, votes.shape[1] + 1) / votes.sum(),
                _mean_and_spread(votes)[1],
            ),
            "Your spread is right. Your means divide by the votes of all pictures together: sum along the row.",
        ),
        Mistake(
            "the commonest score",
            _commonest,
            "Your spread is right. Your mean is the commonest score. Two camps of raters show the difference.",
        ),
        Mistake(
            "the median",
            _median,
            "Your spread is right. You give the median where the mean was asked for.",
        ),
        Mistake(
            "spread before mean",
            lambda votes: _mean_and_spread(votes)[::-1],
            "Right numbers, wrong order: the means come first.",
        ),
        Mistake(
            "for all pictures together",
            lambda votes: tuple(np.full(len(votes), x[0]) for x in _mean_and_spread(votes.sum(0)[None])),
            "You put the votes of all pictures together. One mean and one spread a row were asked for.",
        ),
    ),
)
