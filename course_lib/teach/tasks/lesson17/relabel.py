"""Task `17.relabel`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _relabel(scores, low, high, low_is_bad):
    above = scores > low if low_is_bad else scores >= low
    return above.astype(int) + (scores >= high)


def _inherited(scores, low, high, low_is_bad):
    """No branch for the middle."""
    labels, label = [], 1
    for score, right in zip(scores, _relabel(scores, low, high, low_is_bad), strict=True):
        if not low <= score < high:
            label = right
        labels.append(label)
    return np.array(labels)


def _high_is_normal(scores, low, high, low_is_bad):
    return (_relabel(scores, low, high, low_is_bad) - (scores == high)).astype(int)


def _scores(rng):
    """Scores on both thresholds and between; whole thresholds and others; a scale to 100."""
    return [
        (np.array([4.9, 5.0, 5.5, 6.0, 6.1, 5.5, 3.0, 5.2]), 5, 6, True),
        (np.array([4.9, 5.0, 5.5, 6.0, 6.1, 5.5, 3.0, 5.2]), 5, 6, False),
        (rng.uniform(1, 10, 30).round(1), 4.5, 6.5, True),
        (rng.integers(40, 71, 40).astype(float), 50, 60, False),
    ]


TASK = Task(
    key="17.relabel",
    name="relabel",
    reference=_relabel,
    cases=_scores,
    mistakes=(
        Mistake(
            "always as written",
            lambda s, low, high, b: _relabel(s, low, high, True),
            "A score equal to low is always bad in your answer: low_is_bad has no effect.",
        ),
        Mistake(
            "always as coded",
            lambda s, low, high, b: _relabel(s, low, high, False),
            "A score equal to low is never bad in your answer: low_is_bad has no effect.",
        ),
        Mistake(
            "the readings exchanged",
            lambda s, low, high, b: _relabel(s, low, high, not b),
            "You have exchanged the two readings: with low_is_bad a score equal to low is bad.",
        ),
        Mistake(
            "high is normal",
            _high_is_normal,
            "A score equal to high counts as normal in your answer. In both readings it is good.",
        ),
        Mistake(
            "a label from the row before",
            _inherited,
            "Some scores in the middle have the label of the score before them. Does every score meet a branch that sets its label?",
        ),
        Mistake(
            "thresholds 5 and 6",
            lambda s, low, high, b: _relabel(s, 5, 6, b),
            "Right for thresholds of 5 and 6 alone: numbers stand where the arguments belong.",
        ),
        Mistake(
            "classes 1 to 3",
            lambda s, low, high, b: _relabel(s, low, high, b) + 1,
            "Your classes are one too high: bad is 0.",
        ),
        Mistake(
            "good is 0",
            lambda s, low, high, b: 2 - _relabel(s, low, high, b),
            "Your order is upside down: bad is 0, good is 2.",
        ),
        Mistake(
            "whole scores",
            lambda s, low, high, b: _relabel(np.rint(s), low, high, b),
            "You round the scores first. Half a point beyond a threshold is lost that way.",
        ),
    ),
)
