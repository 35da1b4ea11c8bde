"""Task `14.switch_share`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _switches(steps, every, phase):
    return np.arange(len(steps)) % every == phase


def _share(steps, switch):
    total = np.sum(steps)
    return float(np.sum(np.asarray(steps)[switch]) / total) if total > 0 else 0.0


def _switch_share(steps, every):
    return _share(steps, _switches(steps, every, every - 1))


def _clips(rng):
    """Spikes at the switches and none, steps that don't end on one, a clip without a switch, and a still one."""
    cases = [(np.array([1.0, 1.0, 6.0, 1.0, 1.0]), 3)]
    for length, every in ((29, 10), (60, 7), (40, 5)):
        steps = rng.random(length)
        steps[every - 1 :: every] += rng.uniform(5, 20)
        cases.append((steps, every))
    return [*cases, (rng.random(20), 2), (rng.random(5), 30), (np.zeros(8), 4)]


def _mean_ratio(steps, every):
    switch = _switches(steps, every, every - 1)
    return float(steps[switch].mean() / steps.mean()) if switch.any() and steps.sum() else 0.0


def _against_rest(steps, every):
    share = _switch_share(steps, every)
    return share / (1 - share) if share < 1 else 0.0


TASK = Task(
    key="14.switch_share",
    name="switch_share",
    reference=_switch_share,
    cases=_clips,
    tolerance=1e-9,
    mistakes=(
        Mistake(
            "the step after",
            lambda steps, every: _share(steps, _switches(steps, every, 0)),
            "You take the steps that begin at keyframes. A switch is the step that ends at one: from the last carried frame to it.",
        ),
        Mistake(
            "the step after, without the first",
            lambda steps, every: _share(steps, _switches(steps, every, 0) & (np.arange(len(steps)) > 0)),
            "steps[i] leads from frame i to frame i + 1. You take those that begin at a keyframe; the switch is one step earlier.",
        ),
        Mistake(
            "one step early",
            lambda steps, every: _share(steps, _switches(steps, every, max(every - 2, 0))),
            "You are one step early: the step from frame k − 2 to k − 1 ends before the keyframe k.",
        ),
        Mistake(
            "means",
            _mean_ratio,
            "You divide a mean by a mean. That says how much stronger a switch is; the share is a sum over a sum.",
        ),
        Mistake(
            "against the rest",
            _against_rest,
            "You divide by the steps between. A share is of the whole, switches included.",
        ),
        Mistake(
            "number of switches",
            lambda steps, every: float(_switches(steps, every, every - 1).mean()),
            "You count the switches. Add up what flickers in them.",
        ),
        Mistake(
            "0 / 0",
            lambda steps, every: float(
                np.asarray(steps)[_switches(steps, every, every - 1)].sum()
                / np.float64(np.sum(steps) or np.nan)
            ),
            "A clip without any flicker gives 0 / 0, which is NaN. None of nothing is in the switches: 0.",
        ),
    ),
)
