"""Task `21.grid`: the data, and the mistakes that people make."""

import math

from course_lib.teach.tasks.task import Mistake, Task


def _grid(low, high, bits, *, levels=None, widened=True, zero=lambda low, scale: round(-low / scale)):
    if widened:
        low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / (2**bits - 1 if levels is None else levels(bits))
    return scale, zero(low, scale)


def _with(**how):
    return lambda low, high, bits: _grid(low, high, bits, **how)


def _symmetric(low, high, bits):
    return max(abs(low), abs(high)) / (2 ** (bits - 1) - 1), 0


def _ranges(rng):
    """Across 0, all above it, all below it; bits from 2 to 8."""
    return [
        (-1.0, 2.0, 8),
        (-3.1, 0.7, 4),
        (0.0, 6.0, 4),
        (2.0, 5.0, 8),
        (-7.0, -1.5, 6),
        (-0.013, 0.008, 8),
        (-40.3, 95.1, 2),
    ]


TASK = Task(
    key="21.grid",
    name="grid",
    reference=_grid,
    cases=_ranges,
    tolerance=1e-9,
    mistakes=(
        Mistake(
            "2^b steps",
            _with(levels=lambda bits: 2**bits),
            "You divide by 2**bits. There are so many codes, and one step fewer between the first and the last.",
        ),
        Mistake(
            "steps of a signed grid",
            _with(levels=lambda bits: 2 ** (bits - 1) - 1),
            "You divide by the highest signed code. These codes are unsigned, from 0 to 2**bits - 1.",
        ),
        Mistake(
            "0 left out",
            _with(widened=False),
            "Your range doesn't hold 0 when low is above it, or high below. Then no code stands for 0: widen the range first.",
        ),
        Mistake(
            "zero point with a fraction",
            _with(zero=lambda low, scale: -low / scale),
            "Your zero point isn't a whole number. It is a code, so that 0 is met exactly: round it.",
        ),
        Mistake(
            "zero point rounded down",
            _with(zero=lambda low, scale: math.floor(-low / scale)),
            "Your zero point is rounded down, as int() and // do. Round to the nearest code.",
        ),
        Mistake(
            "zero point below 0",
            _with(zero=lambda low, scale: round(low / scale)),
            "Your zero point has the wrong sign. low is at most 0 and gets the code 0, so 0 itself gets one that is above it.",
        ),
        Mistake(
            "zero point in units of r",
            _with(zero=lambda low, scale: round(-low)),
            "Your zero point is -low itself. It counts steps: divide by the scale.",
        ),
        Mistake(
            "zero point in the middle",
            lambda low, high, bits: (_grid(low, high, bits)[0], 2 ** (bits - 1)),
            "You put the zero point into the middle of the codes. It lies where 0 lies in the range.",
        ),
        Mistake(
            "symmetric",
            _symmetric,
            "This is the symmetric grid, with zero point 0. Asked for is the affine one, that covers low to high and no more.",
        ),
        Mistake(
            "the scale's inverse",
            lambda low, high, bits: (1 / _grid(low, high, bits)[0], _grid(low, high, bits)[1]),
            "Your scale is the number to multiply by, steps in a unit, as one engine stores it. Here it is the size of a step.",
        ),
        Mistake(
            "zero point first",
            lambda low, high, bits: _grid(low, high, bits)[::-1],
            "Both are right, in the wrong order: the scale comes first.",
        ),
    ),
)
