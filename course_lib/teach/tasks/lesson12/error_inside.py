"""Task `12.error_inside`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _distance(ab, truth):
    return np.linalg.norm(ab - truth, axis=-1)


def _error_inside(ab, truth, mask):
    return float(_distance(ab, truth)[mask].mean()) if mask.any() else float("nan")


def frames(rng, size=(12, 16)):
    """(ab, truth, mask): a boxy object off by one color, the rest by little."""
    truth = rng.uniform(-40, 40, (*size, 2))
    top, left = rng.integers(1, 5, 2)
    mask = np.zeros(size, bool)
    mask[top : top + rng.integers(3, 6), left : left + rng.integers(3, 8)] = True
    off = rng.normal(0, 2, truth.shape) + np.where(mask[..., None], rng.uniform(5, 20, 2), 0)
    return truth + off, truth, mask


def _cases(rng):
    drawn = [frames(rng) for _ in range(4)]
    ab, truth, mask = drawn[0]
    nobody, everything = np.zeros_like(mask), np.ones_like(mask)
    return [*drawn, (ab, truth, everything), (ab, truth, nobody)]


def _or_nan(value, mask):
    return float(value) if mask.any() else float("nan")


TASK = Task(
    key="12.error_inside",
    name="error_inside",
    reference=_error_inside,
    cases=_cases,
    mistakes=(
        Mistake(
            "the whole frame",
            lambda ab, truth, mask: _or_nan(_distance(ab, truth).mean(), mask),
            "You average over the whole frame. The object's error drowns in a wall that is right: use the mask.",
        ),
        Mistake(
            "the mask unused",
            lambda ab, truth, mask: float(_distance(ab, truth).mean()),
            "You average over the whole frame, whatever the mask says. The object's error drowns in a wall that is right: use the mask.",
        ),
        Mistake(
            "outside the mask",
            lambda ab, truth, mask: (
                float(_distance(ab, truth)[~mask].mean()) if not mask.all() else float("nan")
            ),
            "You average where the mask is False. It is True inside the object.",
        ),
        Mistake(
            "zeroed, then averaged",
            lambda ab, truth, mask: _or_nan((_distance(ab, truth) * mask).mean(), mask),
            "You set the error outside to 0 and average over all pixels: a small object gets a small error whatever its color. "
            "Divide by the number of pixels inside.",
        ),
        Mistake(
            "one channel at a time",
            lambda ab, truth, mask: _or_nan(np.abs(ab - truth)[mask].mean() if mask.any() else 0, mask),
            "You average the differences in a and in b as if they were pixels. The distance is in the plane: one number a pixel.",
        ),
        Mistake(
            "differences added",
            lambda ab, truth, mask: _or_nan(
                np.abs(ab - truth)[mask].sum(-1).mean() if mask.any() else 0, mask
            ),
            "You add the differences in a and in b. The Euclidean distance is the root of the sum of their squares.",
        ),
        Mistake(
            "root mean square",
            lambda ab, truth, mask: _or_nan(
                np.sqrt((_distance(ab, truth)[mask] ** 2).mean()) if mask.any() else 0, mask
            ),
            "You take the root of the mean square. The mean of the distances is asked for; squares let a few pixels decide.",
        ),
        Mistake(
            "distance of the means",
            lambda ab, truth, mask: _or_nan(
                np.linalg.norm(ab[mask].mean(0) - truth[mask].mean(0)) if mask.any() else 0, mask
            ),
            "You compare mean colors. An object that is red on the left and green on the right could have the mean of a gray "
            "one: take distances first, then their mean.",
        ),
        Mistake(
            "nobody is 0",
            lambda ab, truth, mask: float(_distance(ab, truth)[mask].mean()) if mask.any() else 0.0,
            "An object that isn't there gets error 0, the best of all. Nothing was measured: that is NaN.",
        ),
    ),
)
