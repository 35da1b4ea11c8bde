"""Task `21.straight_through`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _parts(r, scale, bits):
    """Steps, codes, the highest code, and who is inside."""
    highest = 2 ** (bits - 1) - 1
    steps = r / scale
    codes = np.round(steps)
    return steps, codes, highest, np.abs(codes) <= highest


def _straight_through(slope, r, scale, bits):
    steps, codes, highest, inside = _parts(r, scale, bits)
    of_scale = np.where(inside, codes - steps, np.sign(steps) * highest)
    return slope * inside, float((slope * of_scale).sum())


def _scale_by(rule):
    """The right slope of the numbers, with another one of the scale: rule(slope, r, scale, steps, codes, highest, inside)."""

    def answer(slope, r, scale, bits):
        steps, codes, highest, inside = _parts(r, scale, bits)
        return slope * inside, float(rule(slope, r, scale, steps, codes, highest, inside))

    return answer


def _numbers_by(rule):
    """The right slope of the scale, with another one of the numbers."""

    def answer(slope, r, scale, bits):
        _, _, _, inside = _parts(r, scale, bits)
        return rule(slope, inside), _straight_through(slope, r, scale, bits)[1]

    return answer


def _one_code_more(slope, r, scale, bits):
    highest = 2 ** (bits - 1)
    steps = r / scale
    codes = np.round(steps)
    inside = np.abs(codes) <= highest
    return slope * inside, float((slope * np.where(inside, codes - steps, np.sign(steps) * highest)).sum())


def _inside_by_value(slope, r, scale, bits):
    steps, codes, highest, _ = _parts(r, scale, bits)
    inside = np.abs(steps) <= highest
    return slope * inside, float((slope * np.where(inside, codes - steps, np.sign(steps) * highest)).sum())


def _cases(rng):
    """A third or so of the numbers is clamped; slopes of both signs; the highest code but one is met."""
    cases = []
    for scale, bits, count in ((0.25, 4, 40), (0.1, 3, 25), (0.05, 6, 60), (2.0, 2, 12)):
        edge = scale * (2 ** (bits - 1) - 1)
        r = rng.uniform(-1.5 * edge, 1.5 * edge, count)
        cases.append((rng.normal(0.3, 1, count + 1), np.r_[r, edge + 1.1 * scale], scale, bits))
    return cases


TASK = Task(
    key="21.straight_through",
    name="straight_through",
    reference=_straight_through,
    cases=_cases,
    tolerance=1e-8,
    mistakes=(
        Mistake(
            "through the clamp too",
            _numbers_by(lambda slope, inside: slope.copy()),
            "You let the gradient through everywhere. A clamped number doesn't move what comes out, so its slope is 0.",
        ),
        Mistake(
            "the staircase's own slope",
            _numbers_by(lambda slope, inside: 0 * slope),
            "Your numbers get no gradient. That is the true slope of a staircase, and nothing would learn: act as if there had been no "
            "rounding.",
        ),
        Mistake(
            "the slope from above left out",
            _numbers_by(lambda slope, inside: inside.astype(float)),
            "You give 1 and 0, the grid's own slope. The chain rule multiplies it by the slope that comes from above.",
        ),
        Mistake(
            "inside and outside exchanged",
            _numbers_by(lambda slope, inside: slope * ~inside),
            "Your gradient passes where numbers are clamped. It is the other way around.",
        ),
        Mistake(
            "clamped before rounding",
            _inside_by_value,
            "You count a number as clamped as soon as it is beyond the outermost code. By less than half a step it still rounds to that "
            "code: go by the rounded one.",
        ),
        Mistake(
            "one code more",
            _one_code_more,
            "Your highest code is 2**(bits-1). Symmetric codes end one earlier, at 7 for 4 bits.",
        ),
        Mistake(
            "error with the wrong sign",
            _scale_by(
                lambda slope, r, S, steps, codes, Q, inside: (
                    slope * np.where(inside, steps - codes, np.sign(steps) * Q)
                ).sum()
            ),
            "Your rounding error has the wrong sign in the scale's gradient: it is the code minus the steps.",
        ),
        Mistake(
            "codes in place of errors",
            _scale_by(lambda slope, r, S, steps, codes, Q, inside: (slope * np.clip(codes, -Q, Q)).sum()),
            "You use the code inside as well as beyond. Inside, the code itself moves with the scale, straight through: that takes "
            "r / S off.",
        ),
        Mistake(
            "nothing from clamped numbers",
            _scale_by(lambda slope, r, S, steps, codes, Q, inside: (slope * inside * (codes - steps)).sum()),
            "Clamped numbers give nothing to your scale. They come back as S times the outermost code, and that moves with S.",
        ),
        Mistake(
            "outermost code without its sign",
            _scale_by(
                lambda slope, r, S, steps, codes, Q, inside: (
                    slope * np.where(inside, codes - steps, Q)
                ).sum()
            ),
            "Numbers that are clamped below count with +Q. Their code is the lowest one, -Q.",
        ),
        Mistake(
            "error in units of r",
            _scale_by(
                lambda slope, r, S, steps, codes, Q, inside: (
                    slope * np.where(inside, S * codes - r, np.sign(r) * Q)
                ).sum()
            ),
            "Your rounding error is in units of r. In the scale's gradient it is counted in steps.",
        ),
        Mistake(
            "scale without the slope from above",
            _scale_by(
                lambda slope, r, S, steps, codes, Q, inside: np.where(
                    inside, codes - steps, np.sign(steps) * Q
                ).sum()
            ),
            "The scale's gradient leaves out the slope that comes from above. Multiply before you add up.",
        ),
        Mistake(
            "mean in place of sum",
            _scale_by(
                lambda slope, r, S, steps, codes, Q, inside: (
                    slope * np.where(inside, codes - steps, np.sign(steps) * Q)
                ).mean()
            ),
            "You take the mean. One scale serves all the numbers, so what it gets from them adds up.",
        ),
    ),
)
