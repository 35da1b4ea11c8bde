"""Task `05.learning_rates`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task

_GAMMA = 0.1


def _step_decay(steps, rate, drops, *, gamma=_GAMMA):
    return rate * gamma ** (np.arange(steps) * (drops + 1) // steps)


def _triangle(steps, rate, peak, *, floor=0.01, start=0):
    ends = [floor * rate, rate, floor * rate]
    return np.interp(np.arange(start, steps + start), [0, peak, steps], ends)


def _learning_rates(kind, steps, rate, turn, *, step=_step_decay, cyclic=_triangle):
    if kind == "constant":
        return np.full(steps, rate)
    return (step if kind == "step" else cyclic)(steps, rate, turn)


def _runs(rng):
    """Each kind, with lengths that the drops don't divide and peaks anywhere but in the middle."""
    return [
        ("constant", 5, 0.01, 1),
        ("step", 9, 0.1, 2),
        ("step", 3 * int(rng.integers(34, 37)) + 1, 2e-3, 2),
        ("step", int(rng.integers(40, 50)), float(rng.uniform(0.05, 0.2)), 4),
        ("cyclic", 10, 0.1, 4),
        ("cyclic", int(rng.integers(60, 90)), 3e-2, int(rng.integers(5, 12))),
        ("cyclic", int(rng.integers(60, 90)), float(rng.uniform(0.05, 0.2)), int(rng.integers(40, 50))),
    ]


def _falling_at_every_step(steps, rate, drops):
    return rate * _GAMMA ** np.arange(steps)


def _rounded_down(steps, rate, drops):
    """Stairs as long as steps // (drops + 1): whatever is left over begins one stair more."""
    return rate * _GAMMA ** (np.arange(steps) // (steps // (drops + 1)))


def _rounded_up(steps, rate, drops):
    """Stairs as long as steps / (drops + 1), rounded up: the last one is short."""
    return rate * _GAMMA ** (np.arange(steps) // -(-steps // (drops + 1)))


def _low_at_the_last_step(steps, rate, peak):
    return np.interp(np.arange(steps), [0, peak, steps - 1], [rate / 100, rate, rate / 100])


def _only_down(steps, rate, peak):
    return np.interp(np.arange(steps), [0, steps], [rate, rate / 100])


def _only_up(steps, rate, peak):
    return np.interp(np.arange(steps), [0, peak], [rate / 100, rate])


def _peak_in_the_middle(steps, rate, peak):
    return _triangle(steps, rate, steps / 2)


def _many_triangles(steps, rate, peak):
    """Up and down in `peak` steps each, again and again."""
    return rate / 100 + (rate - rate / 100) * (1 - np.abs(np.arange(steps) % (2 * peak) / peak - 1))


def _change(**steps):
    return partial(_learning_rates, **steps)


TASK = Task(
    key="05.learning_rates",
    name="learning_rates",
    reference=_learning_rates,
    cases=_runs,
    tolerance=1e-7,  # rates here are from 1e-6 to 0.2; float64 keeps them to 1e-17
    mistakes=(
        Mistake(
            "always constant",
            lambda kind, steps, rate, turn: np.full(steps, rate),
            "Every kind gives the same rate all the way: `kind` has no effect.",
        ),
        Mistake(
            "one drop too few",
            _change(step=lambda steps, rate, drops: _step_decay(steps, rate, drops - 1)),
            "Your step decay drops once too seldom. Two drops make three stairs of equal length.",
        ),
        Mistake(
            "one drop too many",
            _change(step=lambda steps, rate, drops: _step_decay(steps, rate, drops + 1)),
            "Your step decay drops once too often. Two drops make three stairs, and the last one isn't followed by a drop.",
        ),
        Mistake(
            "drops at every step",
            _change(step=_falling_at_every_step),
            "Your step decay divides by ten at every step, so that it is nothing after a few. It falls only where a new stair "
            "begins.",
        ),
        Mistake(
            "halved",
            _change(step=partial(_step_decay, gamma=0.5)),
            "Your stairs begin at the right steps, but each halves the rate. The docstring asks for a tenth.",
        ),
        Mistake(
            "stairs rounded down",
            _change(step=_rounded_down),
            "Right where the stairs divide the steps evenly. Elsewhere a length rounded down leaves steps over at the end, and "
            "they become a stair of their own.",
        ),
        Mistake(
            "stairs rounded up",
            _change(step=_rounded_up),
            "Right where the stairs divide the steps evenly. Elsewhere a length rounded up makes every stair begin late but the "
            "first. Multiply before you divide: floor(k (D + 1) / steps).",
        ),
        Mistake(
            "the triangle ends a step early",
            _change(cyclic=_low_at_the_last_step),
            "Your triangle is back at its low end at the last step, number steps - 1. It would be there one step later, at `steps`.",
        ),
        Mistake(
            "the triangle counts from one",
            _change(cyclic=partial(_triangle, start=1)),
            "Your triangle is one step early: step 0 is its low end, and step `turn` its peak.",
        ),
        Mistake(
            "down only",
            _change(cyclic=_only_down),
            "Your cyclic rate only falls. It first climbs from a hundredth, and reaches the full rate at step `turn`.",
        ),
        Mistake(
            "up only",
            _change(cyclic=_only_up),
            "Your cyclic rate climbs and stays up. After its peak it falls to a hundredth again.",
        ),
        Mistake(
            "peak in the middle",
            _change(cyclic=_peak_in_the_middle),
            "Your triangle has its peak in the middle of the run, wherever `turn` puts it.",
        ),
        Mistake(
            "from zero",
            _change(cyclic=partial(_triangle, floor=0.0)),
            "Your triangle starts at and falls to 0. The docstring asks for a hundredth of the rate, so that the first step "
            "isn't wasted.",
        ),
        Mistake(
            "again and again",
            _change(cyclic=_many_triangles),
            "You repeat a triangle of `turn` steps up and `turn` down. This one is as long as the whole run: its way down takes "
            "all the steps that are left.",
        ),
        Mistake(
            "a list of multipliers",
            lambda kind, steps, rate, turn: _learning_rates(kind, steps, 1.0, turn),
            "You return factors, from 0.01 to 1, as torch's LambdaLR wants them. The rates themselves were asked for: multiply by "
            "`rate`.",
        ),
    ),
)
