"""Task `17.f1_by_class`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _counts(truth, said):
    return (
        [((truth == k) & (said == k)).sum() for k in range(3)],
        np.bincount(truth, minlength=3),
        np.bincount(said, minlength=3),
    )


def _ratio(over, under):
    over, under = np.asarray(over, float), np.asarray(under, float)
    return np.divide(over, under, out=np.zeros(3), where=under > 0)


def _f1_by_class(truth, said):
    right, there, called = _counts(truth, said)
    return _ratio(2 * np.array(right), there + called)


def _recall(truth, said):
    right, there, _ = _counts(truth, said)
    return _ratio(right, there)


def _precision(truth, said):
    right, _, called = _counts(truth, said)
    return _ratio(right, called)


def _nan_for_nothing(truth, said):
    right, there, called = _counts(truth, said)
    with np.errstate(invalid="ignore"):
        return 2 * np.array(right) / (there + called)


def _present_only(truth, said):
    return _f1_by_class(truth, said)[np.unique(truth)]


def _labels(rng):
    """A model that is often right; one that never says a class; a test without a class; a class that nobody says or has."""
    truth = rng.choice(3, 60, p=[0.2, 0.5, 0.3])
    said = np.where(rng.random(60) < 0.6, truth, rng.integers(3, size=60))
    return [
        (truth, said),
        (truth, np.minimum(said, 1)),
        (np.minimum(truth, 1), said),
        (np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0])),
    ]


TASK = Task(
    key="17.f1_by_class",
    name="f1_by_class",
    reference=_f1_by_class,
    cases=_labels,
    tolerance=1e-8,
    mistakes=(
        Mistake(
            "recall",
            _recall,
            "You divide by how many there are: that is recall, and always saying one class makes it 1 for that class. F1 also counts what was said.",
        ),
        Mistake(
            "precision",
            _precision,
            "You divide by how many were said: that is precision. F1 also counts how many there are.",
        ),
        Mistake(
            "mean of the two",
            lambda truth, said: (_recall(truth, said) + _precision(truth, said)) / 2,
            "You take the plain mean of precision and recall. F1 is their harmonic mean.",
        ),
        Mistake(
            "without the 2",
            lambda truth, said: _f1_by_class(truth, said) / 2,
            "Your values are half of what they should be: a class that is all right has an F1 of 1.",
        ),
        Mistake(
            "intersection over union",
            lambda truth, said: _f1_by_class(truth, said) / (2 - _f1_by_class(truth, said)),
            "You count what is right only once below the line. In F1 it counts twice, above and below.",
        ),
        Mistake(
            "accuracy",
            lambda truth, said: np.full(3, (truth == said).mean()),
            "Your three numbers are the same: the accuracy. Count class by class.",
        ),
        Mistake(
            "one number",
            lambda truth, said: float(_f1_by_class(truth, said).mean()),
            "You average over the classes. Three numbers were asked for, so that the worst shows.",
        ),
        Mistake(
            "NaN for nothing",
            _nan_for_nothing,
            "A class that is neither there nor said gives NaN in your answer. Here it counts as 0.",
        ),
        Mistake(
            "classes that are there",
            _present_only,
            "A class is missing where the test has none of it. Three numbers, always.",
        ),
    ),
)
