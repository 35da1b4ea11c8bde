"""Task `16.constant_row`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _constant_row(scores, answer, threshold):
    mse = float(((scores - answer) ** 2).mean())
    right = float(((scores > threshold) == (answer > threshold)).mean())
    return {"mse": mse, "right": right}


def _with(**other):
    """The right answer with one entry exchanged: name = callable of the arguments."""

    def answer(scores, answer, threshold):
        changed = {name: float(make(scores, answer, threshold)) for name, make in other.items()}
        return _constant_row(scores, answer, threshold) | changed

    return answer


def _sets(rng):
    """Scores around the threshold, answers on both sides of it and on it, scores that equal it."""
    cases = [(np.array([4.0, 5.0, 6.0, 6.0]), 5.5, 5.0), (np.array([3.0, 5.0, 5.0, 8.0]), 5.0, 5.0)]
    for n, mean in ((50, 5.4), (31, 6.2)):
        scores = rng.normal(mean, 0.8, n).round(1)
        cases += [(scores, 7.0, 5.0), (scores, 4.5, 5.5)]
    return cases


TASK = Task(
    key="16.constant_row",
    name="constant_row",
    reference=_constant_row,
    cases=_sets,
    tolerance=1e-8,
    mistakes=(
        Mistake(
            "the variance",
            _with(mse=lambda s, a, t: s.var()),
            "Your error doesn't depend on the answer: it is the variance, what the *best* constant gets.",
        ),
        Mistake(
            "the root",
            _with(mse=lambda s, a, t: ((s - a) ** 2).mean() ** 0.5),
            "Your error is the root of the mean squared error.",
        ),
        Mistake(
            "absolute error",
            _with(mse=lambda s, a, t: np.abs(s - a).mean()),
            "Your error is the mean absolute one. Squares were asked for.",
        ),
        Mistake(
            "squared bias",
            _with(mse=lambda s, a, t: (s.mean() - a) ** 2),
            "You average first and square then. Errors up and down cancel that way.",
        ),
        Mistake(
            "the sum",
            _with(mse=lambda s, a, t: ((s - a) ** 2).sum()),
            "You add up the squared errors. Their mean was asked for.",
        ),
        Mistake(
            "always good",
            _with(right=lambda s, a, t: (s > t).mean()),
            "You count the good pictures. That is right only when the constant says good: look at which side of the threshold it lies.",
        ),
        Mistake(
            "at the threshold is good",
            _with(right=lambda s, a, t: ((s >= t) == (a >= t)).mean()),
            "A score that equals the threshold isn't good here, and neither is an answer that does.",
        ),
        Mistake(
            "near enough",
            _with(right=lambda s, a, t: (np.abs(s - a) < 0.5).mean()),
            "You count scores that lie near the answer. Right means: on the same side of the threshold.",
        ),
        Mistake(
            "in percent",
            _with(right=lambda s, a, t: 100 * _constant_row(s, a, t)["right"]),
            "Your share is in percent. From 0 to 1 was asked for.",
        ),
    ),
)
