"""Task `13.window_means`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _along_rows(image, radius, before=None, leading=True, divide="inside"):
    """Means, or sums, along axis 0 of the pixels from `before` ahead to `radius` behind."""
    height = len(image)
    place = np.arange(height)
    start = np.maximum(place - (radius if before is None else before), 0)
    end = np.minimum(place + radius + 1, height)
    if leading:
        sums = np.concatenate([np.zeros((1, image.shape[1])), np.cumsum(image, axis=0)])
        total = sums[end] - sums[start]
    else:
        sums = np.cumsum(image, axis=0)
        total = sums[end - 1] - sums[start]
    count = {"inside": end - start, "full": np.full(height, 2 * radius + 1), "nothing": np.ones(height)}
    return total / count[divide][:, None]


def _window_means(image, radius, **how):
    return _along_rows(_along_rows(image, radius, **how).T, radius, **how).T


def _padded(image, radius, mode):
    wide = np.pad(image, radius, mode=mode)
    return _window_means(wide, radius)[radius:-radius, radius:-radius]


def _short_at_the_end(image, radius):
    return _window_means(image[::-1, ::-1], radius, before=radius - 1)[::-1, ::-1]


def _lost_from_the_square(image, radius):
    """Windows that don't fit whole are left out."""
    side = 2 * radius + 1
    if side > min(image.shape):
        return np.empty((0, 0))
    return _window_means(image, radius)[radius : -radius or None, radius : -radius or None]


def _pictures(rng):
    """Random pictures and radii; the last window is wider than the picture."""
    return [
        (np.array([[3.0, 6.0, 0.0]]), 1),
        (rng.random((9, 12)), 2),
        (rng.random((20, 7)) + 1, 3),
        (rng.random((6, 6)), 1),
        (rng.random((5, 8)), 6),
    ]


TASK = Task(
    key="13.window_means",
    name="window_means",
    reference=_window_means,
    cases=_pictures,
    tolerance=1e-9,
    mistakes=(
        Mistake(
            "zeros beyond the border",
            partial(_window_means, divide="full"),
            "You divide by all (2r + 1)² everywhere, as if the picture went on in black, so its border turns dark. Divide by the "
            "number of pixels that are there.",
        ),
        Mistake(
            "mirrored",
            partial(_padded, mode="symmetric"),
            "You mirror the picture at its border. That is what the lesson did; here the windows are cut.",
        ),
        Mistake(
            "mirrored without the edge",
            partial(_padded, mode="reflect"),
            "You pad with NumPy's reflect, which mirrors without repeating the edge pixel. Here nothing is padded: the windows are "
            "cut.",
        ),
        Mistake(
            "edge pixels repeated",
            partial(_padded, mode="edge"),
            "You repeat the edge pixels beyond the border. They then count many times; here the windows are cut.",
        ),
        Mistake(
            "wrapped around",
            partial(_padded, mode="wrap"),
            "What leaves on one side comes in on the other, as with np.roll or a negative index. The windows are cut instead.",
        ),
        Mistake(
            "one pixel short",
            lambda image, radius: _window_means(image, radius, before=radius - 1),
            "Your windows have 2r pixels, not 2r + 1: they begin a pixel late. A window reaches r to each side of its middle.",
        ),
        Mistake(
            "one pixel short at the end",
            _short_at_the_end,
            "Your windows have 2r pixels, not 2r + 1: they end a pixel early. From S_i to S_j, the pixel j is left out.",
        ),
        Mistake(
            "no leading zero",
            partial(_window_means, leading=False),
            "Your cumulative sums begin with the first pixel, not with 0. So each difference leaves out the window's first pixel: "
            "S needs an entry more than the picture has rows.",
        ),
        Mistake(
            "one axis only",
            _along_rows,
            "You average down the columns only. A window has two directions: do the same along the rows.",
        ),
        Mistake(
            "the other axis only",
            lambda image, radius: _along_rows(image.T, radius).T,
            "You average along the rows only. A window has two directions: do the same down the columns.",
        ),
        Mistake(
            "sums",
            partial(_window_means, divide="nothing"),
            "These are the sums. The means were asked for.",
        ),
        Mistake(
            "only whole windows",
            _lost_from_the_square,
            "You keep only windows that fit whole, so the result is smaller than the picture. Every pixel has a window; at the "
            "border it is cut.",
        ),
    ),
)
