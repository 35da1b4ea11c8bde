"""Task `20.operating_point`: the data, and the mistakes that people make."""

import math

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _falling(labels, scores):
    """Scores of the cries, highest first."""
    return np.sort(np.asarray(scores, float)[np.asarray(labels) == 1])[::-1]


def _needed(count, sensitivity):
    return math.ceil(sensitivity * count - 1e-9)


def _operating_point(labels, scores, sensitivity):
    cries = _falling(labels, scores)
    return float(cries[_needed(len(cries), sensitivity) - 1])


def _rounded_down(labels, scores, sensitivity):
    cries = _falling(labels, scores)
    return float(cries[max(1, math.floor(sensitivity * len(cries) + 1e-9)) - 1])


def _one_too_far(labels, scores, sensitivity):
    cries = _falling(labels, scores)
    return float(cries[min(_needed(len(cries), sensitivity), len(cries) - 1)])


def _quantile(labels, scores, sensitivity):
    return float(np.quantile(_falling(labels, scores), 1 - sensitivity))


def _sets(rng):
    """Ten, eight and twenty-three cries, with others that score high or low; several sensitivities."""
    cases = []
    for cries, others, sensitivity in (
        (10, 30, 0.9),
        (8, 40, 0.95),
        (23, 17, 0.8),
        (16, 25, 0.5),
        (12, 12, 1.0),
    ):
        labels = rng.permutation((np.arange(cries + others) < cries).astype(int))
        cases.append(
            (labels, np.where(labels, rng.beta(5, 2, labels.size), rng.beta(2, 4, labels.size)), sensitivity)
        )
    return cases


TASK = Task(
    key="20.operating_point",
    name="operating_point",
    reference=_operating_point,
    cases=_sets,
    tolerance=1e-9,
    mistakes=(
        Mistake(
            "over all recordings",
            lambda labels, scores, sensitivity: _operating_point(np.ones_like(labels), scores, sensitivity),
            "You look at the scores of all recordings. Sensitivity is a share of the cries alone.",
        ),
        Mistake(
            "over the others",
            lambda labels, scores, sensitivity: _operating_point(1 - labels, scores, sensitivity),
            "You look at the scores of what isn't a cry. Sensitivity is a share of the cries.",
        ),
        Mistake(
            "rounded down",
            _rounded_down,
            "Your threshold finds a cry too few when the share isn't a whole number of cries: 95% of 8 is 7.6, so it takes 8.",
        ),
        Mistake(
            "one cry too many",
            _one_too_far,
            "Your threshold finds the asked share, and so does a higher one. Mind that counting starts at 0.",
        ),
        Mistake(
            "interpolated quantile",
            _quantile,
            "np.quantile interpolates between two cries' scores, so that one of them can end on the wrong side. Take a cry's own score.",
        ),
        Mistake(
            "lowest cry",
            lambda labels, scores, sensitivity: float(_falling(labels, scores)[-1]),
            "Your threshold finds every cry, whatever is asked. A higher one finds enough, with fewer false alarms.",
        ),
        Mistake(
            "the sensitivity itself",
            lambda labels, scores, sensitivity: float(sensitivity),
            "You return the sensitivity. A threshold is on the scale of the scores.",
        ),
        Mistake(
            "share missed",
            lambda labels, scores, sensitivity: _operating_point(labels, scores, max(1 - sensitivity, 1e-6)),
            "Your threshold *misses* the asked share of the cries. Sort so that the highest scores come first.",
        ),
    ),
)
