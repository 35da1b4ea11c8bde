"""Task `21.error_bound`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _ends(scale: float, zero_point: int, bits: int) -> tuple[float, float]:
    return scale * (0 - zero_point), scale * (2**bits - 1 - zero_point)


def _bound(r, low, high, inside, beyond=lambda distance: distance):
    distance = np.maximum(low - r, r - high)
    return np.where(distance > 0, beyond(distance), inside)


def _error_bound(r, scale, zero_point, bits):
    return _bound(r, *_ends(scale, zero_point, bits), scale / 2)


def _numbers(rng):
    """Inside, just beyond the ends, and far beyond."""
    cases = []
    for scale, zero_point, bits in ((0.25, 4, 4), (0.1, 0, 4), (0.02, 255, 8), (1.5, 1, 2)):
        low, high = _ends(scale, zero_point, bits)
        wide = rng.uniform(low - 3, high + 3, 40)
        cases.append((np.r_[wide, low - 0.2 * scale, high + 0.3 * scale], scale, zero_point, bits))
    return cases


TASK = Task(
    key="21.error_bound",
    name="error_bound",
    reference=_error_bound,
    cases=_numbers,
    tolerance=1e-9,
    mistakes=(
        Mistake(
            "a whole step",
            lambda r, S, Z, bits: _bound(r, *_ends(S, Z, bits), S),
            "Inside you allow a whole step. Rounding goes to the nearest code, and no number is more than half a step from it.",
        ),
        Mistake(
            "half a step everywhere",
            lambda r, S, Z, bits: np.full_like(r, S / 2),
            "You say half a step for all. Beyond the outermost codes numbers are clamped, and there is no limit to what that costs.",
        ),
        Mistake(
            "nothing beyond",
            lambda r, S, Z, bits: _bound(r, *_ends(S, Z, bits), S / 2, lambda d: 0 * d),
            "You say 0 beyond the ends. A clamped number comes back as the end of the grid, and is off by its distance from it.",
        ),
        Mistake(
            "half a step on top",
            lambda r, S, Z, bits: _bound(r, *_ends(S, Z, bits), S / 2, lambda d: d + S / 2),
            "Beyond the ends you add half a step to the distance. Nothing is rounded there: the error is the distance itself.",
        ),
        Mistake(
            "never less than half a step",
            lambda r, S, Z, bits: _bound(r, *_ends(S, Z, bits), S / 2, lambda d: np.maximum(d, S / 2)),
            "Just beyond an end you say half a step. There the error is the distance from the end, exactly, and that may be less.",
        ),
        Mistake(
            "the ends of signed codes",
            lambda r, S, Z, bits: _bound(
                r, S * (1 - 2 ** (bits - 1) - Z), S * (2 ** (bits - 1) - 1 - Z), S / 2
            ),
            "Your codes run from -(2**(bits-1) - 1). These are unsigned: 0 to 2**bits - 1.",
        ),
        Mistake(
            "zero point left out",
            lambda r, S, Z, bits: _bound(r, 0.0, S * (2**bits - 1), S / 2),
            "Your ends don't know the zero point. A code q stands for S (q - Z).",
        ),
        Mistake(
            "zero point added",
            lambda r, S, Z, bits: _bound(r, S * Z, S * (2**bits - 1 + Z), S / 2),
            "You add the zero point where it is taken off: a code q stands for S (q - Z).",
        ),
        Mistake(
            "one code too many",
            lambda r, S, Z, bits: _bound(r, -S * Z, S * (2**bits - Z), S / 2),
            "Your highest code is 2**bits. Counting begins with 0, so it is one less.",
        ),
        Mistake(
            "the error's size on average",
            lambda r, S, Z, bits: _bound(r, *_ends(S, Z, bits), S / 12**0.5),
            "S / √12 is the root mean square error inside. Asked for is what no error exceeds.",
        ),
    ),
)
