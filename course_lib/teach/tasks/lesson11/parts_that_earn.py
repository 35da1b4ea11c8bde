"""Task `11.parts_that_earn`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _gains(scores):
    whole = np.asarray(scores["whole"], float)
    return {part: whole - np.asarray(values, float) for part, values in scores.items() if part != "whole"}


def _decided(scores, error, factor=2.0):
    """Parts whose mean gain exceeds `factor` times what `error` says of the gains."""
    return sorted(part for part, gain in _gains(scores).items() if gain.mean() > factor * error(gain))


def _standard_error(gain):
    return gain.std(ddof=1) / np.sqrt(len(gain))


def _parts_that_earn(scores):
    return _decided(scores, _standard_error)


def _unpaired(scores):
    """The error of two means of different clips, which holds how different the clips are."""
    whole = np.asarray(scores["whole"], float)
    found = []
    for part, values in scores.items():
        if part != "whole":
            values = np.asarray(values, float)
            error = np.sqrt((whole.var(ddof=1) + values.var(ddof=1)) / len(whole))
            if whole.mean() - values.mean() > 2 * error:
                found.append(part)
    return sorted(found)


def _reversed(scores):
    return sorted(part for part, gain in _gains(scores).items() if -gain.mean() > 2 * _standard_error(gain))


def _either_way(scores):
    return sorted(
        part for part, gain in _gains(scores).items() if abs(gain.mean()) > 2 * _standard_error(gain)
    )


def _at_least(scores):
    return sorted(part for part, gain in _gains(scores).items() if gain.mean() >= 2 * _standard_error(gain))


def _tables(rng):
    """Tables in which clips differ by much more than methods do, and some gains are decided by chance.

    One part is worth more than all that clips differ by; one does nothing on any clip.
    """
    cases = []
    for clips in (4, 6, 9):
        hard = rng.uniform(22, 36, clips)  # what a clip is worth, whatever the method
        noise = rng.normal(0, 1, (6, clips))
        noise = (noise - noise.mean(1, keepdims=True)) / noise.std(1, ddof=1, keepdims=True)
        # the mean gain in standard errors of the gain: 5, 1.9, 1.5, -4, 3, 0.3
        gains = noise * 0.4 + np.array([5.0, 1.9, 1.5, -4.0, 3.0, 0.3])[:, None] * 0.4 / np.sqrt(clips)
        gains = np.concatenate([gains, noise[:1] * 0.4 + 14, np.zeros((1, clips))])
        names = rng.permutation(
            [
                "memory",
                "local attention",
                "semantic features",
                "sensory memory",
                "selection",
                "shrinkage",
                "reference",
                "prototypes",
            ]
        )
        cases.append(
            (
                {"whole": hard.tolist()}
                | {str(n): (hard - g).tolist() for n, g in zip(names, gains, strict=True)},
            )
        )
    return cases


TASK = Task(
    key="11.parts_that_earn",
    name="parts_that_earn",
    reference=_parts_that_earn,
    cases=_tables,
    mistakes=(
        Mistake(
            "any gain counts",
            lambda scores: _decided(scores, _standard_error, factor=0.0),
            "A part is on your list whose mean gain is less than twice its standard error: other clips could turn it around.",
        ),
        Mistake(
            "once the standard error",
            lambda scores: _decided(scores, _standard_error, factor=1.0),
            "You ask a mean gain to exceed its standard error once. That happens by chance about one time in six; twice is asked for.",
        ),
        Mistake(
            "n in the denominator",
            lambda scores: _decided(scores, lambda gain: gain.std() / np.sqrt(len(gain))),
            "Your standard deviation has n in its denominator, as NumPy's has unless told otherwise. It is too small for few clips: n − 1.",
        ),
        Mistake(
            "at least twice",
            _at_least,
            "A part is on your list that changes nothing on any clip. Its gain must lie *above* twice its standard error.",
        ),
        Mistake(
            "clips not paired",
            _unpaired,
            "You compare two means as if they came from different clips. Clips differ by far more than methods do, and that drowns "
            "everything. Both saw the same clips: take the difference clip by clip first.",
        ),
        Mistake(
            "spread in place of the mean's error",
            lambda scores: _decided(scores, lambda gain: gain.std(ddof=1)),
            "You ask a mean gain to exceed twice the spread of single clips. The mean of n clips is √n times as sure.",
        ),
        Mistake(
            "differences the wrong way around",
            _reversed,
            "Your list has the part that the network does better without. A part earns what the whole has and the rest without it "
            "lacks.",
        ),
        Mistake(
            "either direction counts",
            _either_way,
            "A part that does harm, without doubt, is on your list. It makes a difference, but it doesn't earn its place.",
        ),
        Mistake(
            "the whole among the parts",
            lambda scores: sorted([*_parts_that_earn(scores), "whole"]),
            '"whole" is the network with all its parts, what the others are compared with, and no part itself.',
        ),
    ),
)
