"""Task `13.upsample_color`: the data, and the mistakes that people make."""

import cv2
import numpy as np

from course_lib.mobile import apply_coefficients, local_linear_coefficients
from course_lib.teach.tasks.task import Mistake, Task


def _enlarge(x, like):
    return cv2.resize(x, like.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def _detail(small_L, L):
    return (L - _enlarge(small_L, L))[..., None]


def _upsample_color(small_ab, small_L, L, eps):
    a, _ = local_linear_coefficients(small_L, small_ab, 1, eps)
    return _enlarge(small_ab, L) + _enlarge(a, L) * _detail(small_L, L)


def large_and_small(rng, size, factor):
    """(small ab, small L, L): a few tilted edges with color of their own, and texture."""
    y, x = np.mgrid[: size[0], : size[1]] / max(size)
    L, ab = np.full(size, 0.5), np.zeros((*size, 2))
    for _ in range(4):
        direction, offset = rng.uniform(-1, 1, 2), rng.uniform(-0.3, 0.3)
        side = (direction[0] * (x - 0.5) + direction[1] * (y - 0.5) > offset) - 0.5
        L += rng.uniform(0.1, 0.25) * side
        ab += rng.uniform(-0.4, 0.4, 2) * side[..., None]
    L = (L + rng.normal(0, 0.02, size)).clip(0, 1)
    blocks = (size[0] // factor, factor, size[1] // factor, factor)
    return ab.reshape(*blocks, 2).mean(axis=(1, 3)), L.reshape(blocks).mean(axis=(1, 3)), L


def _pictures(rng):
    sizes = (((32, 40), 4, 0.01), ((48, 32), 8, 0.002), ((24, 60), 2, 0.05))
    return [(*large_and_small(rng, size, factor), eps) for size, factor, eps in sizes]


def _coefficients(small_ab, small_L, eps):
    return local_linear_coefficients(small_L, small_ab, 1, eps)


def _plain(small_ab, small_L, L, eps):
    return apply_coefficients(*_coefficients(small_ab, small_L, eps), L)


def _bilinear(small_ab, small_L, L, eps):
    return _enlarge(small_ab, L)


def _fitted_large(small_ab, small_L, L, eps):
    a, _ = local_linear_coefficients(L, _enlarge(small_ab, L), 1, eps)
    return _enlarge(small_ab, L) + a * _detail(small_L, L)


def _with(slope):
    """Enlarged color plus something."""

    def answer(small_ab, small_L, L, eps):
        a, b = _coefficients(small_ab, small_L, eps)
        return _enlarge(small_ab, L) + slope(
            _enlarge(a, L), _enlarge(b, L), _detail(small_L, L), L[..., None]
        )

    return answer


def _on_the_smoothed(small_ab, small_L, L, eps):
    a, b = _coefficients(small_ab, small_L, eps)
    smooth = a * small_L[..., None] + b
    return _enlarge(smooth, L) + _enlarge(a, L) * _detail(small_L, L)


TASK = Task(
    key="13.upsample_color",
    name="upsample_color",
    reference=_upsample_color,
    cases=_pictures,
    tolerance=1e-6,
    mistakes=(
        Mistake(
            "the plain guided filter",
            _plain,
            "You put a and b on the large L. That is the plain way, which replaces the small color by its average. Keep the enlarged "
            "color, and add only what the detail of L brings.",
        ),
        Mistake(
            "detail on the smoothed color",
            _on_the_smoothed,
            "You add the detail to the color that the line predicts. Add it to the small color itself: nothing of that need be lost.",
        ),
        Mistake(
            "bilinear",
            _bilinear,
            "This is the enlarged color alone. The detail of L is missing.",
        ),
        Mistake(
            "all of L",
            _with(lambda a, b, detail, L: a * L),
            "You add a times all of L. What the small picture has of L is in its color already: only the detail is new, L minus its "
            "enlarged small version.",
        ),
        Mistake(
            "the wrong way around",
            _with(lambda a, b, detail, L: -a * detail),
            "Your detail has the wrong sign: it is the large L minus the enlarged one, so that bright detail is positive.",
        ),
        Mistake(
            "detail without a",
            _with(lambda a, b, detail, L: detail),
            "You add the detail of L as it is. a says how much color goes with it, and of which sign.",
        ),
        Mistake(
            "b in place of a",
            _with(lambda a, b, detail, L: b * detail),
            "You multiply by b. The slope of the line is a.",
        ),
        Mistake(
            "b added too",
            _with(lambda a, b, detail, L: a * detail + b),
            "You add b as well. A difference of two points on a line is its slope times their distance; b cancels.",
        ),
        Mistake(
            "fitted to the large picture",
            _fitted_large,
            "You fit a in the large picture. There the color is blurred and L is sharp, so they don't go together. In the small one "
            "both are equally coarse.",
        ),
    ),
)
