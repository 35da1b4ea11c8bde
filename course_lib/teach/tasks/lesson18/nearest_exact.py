"""Task `18.nearest_exact`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _nearest_exact(source, target):
    return (2 * np.arange(target) + 1) * source // (2 * target)


def _lengths(rng):
    return [
        (10, 4),
        (3, 6),
        (7, 7),
        (1, 5),
        (600, 224),
        (1024, 224),
        (6, 47),  # 6 / 47 rounded to a float is a little too small
        *map(tuple, rng.integers(2, 99, (4, 2)).tolist()),
    ]


TASK = Task(
    key="18.nearest_exact",
    name="nearest_exact",
    reference=_nearest_exact,
    cases=_lengths,
    mistakes=(
        Mistake(
            "where the pixel begins",
            lambda source, target: np.arange(target) * source // target,
            "You take the pixel under the *edge* of each target pixel: that is the plain nearest. Its center lies half a pixel further.",
        ),
        Mistake(
            "where the pixel ends",
            lambda source, target: np.minimum((np.arange(target) + 1) * source // target, source - 1),
            "You add a whole pixel before you scale. The center lies half a pixel in.",
        ),
        Mistake(
            "half a source pixel",
            lambda source, target: np.minimum(
                np.floor(np.arange(target) * source / target + 0.5), source - 1
            ).astype(int),
            "You add the half after scaling, so it is half a *source* pixel. It is half a target pixel: add it to x first.",
        ),
        Mistake(
            "rounded",
            lambda source, target: np.minimum(
                np.floor((np.arange(target) + 0.5) * source / target + 0.5), source - 1
            ).astype(int),
            "You round the place of the center. A pixel reaches from one whole number to the next, so cut the digits off.",
        ),
        Mistake(
            "rounded past the end",
            lambda source, target: np.round((np.arange(target) + 0.5) * source / target).astype(int),
            "You round the place of the center, even to a pixel that isn't there. Cut the digits off.",
        ),
        Mistake(
            "step rounded",
            lambda source, target: np.floor((np.arange(target) + 0.5) * (source / target)).astype(int),
            "You divide first, and source / target is rounded: a center on the border of two pixels may fall to the left. Multiply "
            "first, in whole numbers.",
        ),
        Mistake(
            "left at a border",
            lambda source, target: -((2 * np.arange(target) + 1) * -source // (2 * target)) - 1,
            "Where a center falls on the border of two pixels, you take the left one, as OpenCV's fixed-point step can. Asked for is the "
            "right one.",
        ),
        Mistake(
            "corners aligned",
            lambda source, target: np.round(np.linspace(0, source - 1, target)).astype(int),
            "You spread the samples from the first pixel to the last, as align_corners does. The step here is source / target.",
        ),
        Mistake(
            "whole step",
            lambda source, target: np.minimum(
                np.arange(target) * max(source // target, 1) + source // target // 2, source - 1
            ),
            "Your step is a whole number. source / target isn't: multiply first, and divide last.",
        ),
        Mistake(
            "source and target swapped",
            lambda source, target: (2 * np.arange(target) + 1) * target // (2 * source),
            "You scale by target / source. From a target pixel back to the source it is the other way around.",
        ),
        Mistake(
            "counted from 1",
            lambda source, target: _nearest_exact(source, target) + 1,
            "Everything is one too high: pixels count from 0.",
        ),
    ),
)
