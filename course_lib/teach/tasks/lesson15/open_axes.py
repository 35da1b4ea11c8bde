"""Task `15.open_axes`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task

AXES = (0, 2, 3)


def _right(expected, got):
    return got is not None and got.shape == expected.shape and np.abs(got - expected).max() <= 1e-5


def _each(expected, answers):
    return list(zip(AXES, expected, answers, strict=True))


def _open_axes(expected, answers):
    return [axis for axis, right, got in _each(expected, answers) if _right(right, got)]


def _runs(expected, answers):
    return [axis for axis, _, got in _each(expected, answers) if got is not None]


def _same_shapes(expected, answers):
    return [
        axis for axis, right, got in _each(expected, answers) if got is not None and got.shape == right.shape
    ]


def _all_or_nothing(expected, answers):
    return list(AXES) if all(map(_right, expected, answers)) else []


def _until_the_first(expected, answers):
    found = []
    for axis, right, got in _each(expected, answers):
        if not _right(right, got):
            break
        found.append(axis)
    return found


def _none_unseen(expected, answers):
    return [
        axis
        for axis, right, got in _each(expected, answers)
        if got.shape == right.shape and np.abs(got - right).max() <= 1e-5
    ]


def _nan_slips(expected, answers):
    return [
        axis
        for axis, right, got in _each(expected, answers)
        if got is not None and got.shape == right.shape and not np.abs(got - right).max() > 1e-5
    ]


def _relative(expected, answers):
    return [
        axis
        for axis, right, got in _each(expected, answers)
        if got is not None and got.shape == right.shape and np.allclose(got, right, atol=1e-5)
    ]


def _counted(expected, answers):
    return [AXES.index(axis) for axis in _open_axes(expected, answers)]


def _closed(expected, answers):
    return [axis for axis in AXES if axis not in _open_axes(expected, answers)]


def answers_of(expected, refused=(), wrong=(), cut=(), nan=()):
    """What an engine answers that refuses, miscounts, cuts or loses a value along some of the axes."""
    answers = []
    for axis, right in zip(AXES, expected, strict=True):
        if axis in refused:
            answers.append(None)
        elif axis in cut:
            answers.append(right[..., :1] if axis == 3 else right[:1])
        else:
            answers.append(right + 0.01 * (axis in wrong))
            if axis in nan:
                answers[-1].flat[0] = np.nan
    return answers


def _engines(rng):
    kinds = [
        {},
        {"refused": (2, 3)},
        {"refused": (0,)},
        {"wrong": (2,)},
        {"wrong": (3,), "refused": (2,)},
        {"cut": (0,)},
        {"cut": (3,), "wrong": (0,)},
        {"nan": (2,)},
    ]
    cases = []
    for kind in kinds:
        height, width = rng.integers(3, 7, 2)
        shapes = [(4, 1, height, width), (2, 1, 2 * height, width), (2, 1, height, 2 * width)]
        expected = [rng.random(shape) for shape in shapes]
        cases.append((expected, answers_of(expected, **kind)))
    large = [2000 + right for right in expected]  # 0.01 is little beside it, and still more than 1e-5
    return [*cases, (large, answers_of(large, wrong=(0,)))]


TASK = Task(
    key="15.open_axes",
    name="open_axes",
    reference=_open_axes,
    cases=_engines,
    mistakes=(
        Mistake(
            "it runs",
            _runs,
            "You count an axis as open when the engine doesn't refuse. It may answer, and answer wrongly: compare with what is expected.",
        ),
        Mistake(
            "it has the right shape",
            _same_shapes,
            "You compare shapes only. A size that became a number in the file gives the right shape and wrong values.",
        ),
        Mistake(
            "NaN slips through",
            _nan_slips,
            "An answer with a NaN in it passes: a comparison with NaN is False, and you ask whether it is above the bound. Ask "
            "whether it isn't below.",
        ),
        Mistake(
            "allclose with its rtol",
            _relative,
            "np.allclose adds rtol = 1e-5 of the value to your bound, so large values may be further off. Set rtol=0.",
        ),
        Mistake(
            "all or nothing",
            _all_or_nothing,
            "One axis that is closed hides those that are open. Judge each by itself.",
        ),
        Mistake(
            "until the first",
            _until_the_first,
            "You stop at the first axis that is closed. Go on after it.",
        ),
        Mistake(
            "no refusals",
            _none_unseen,
            "Where the engine refused, its answer is None, and yours stumbles over that. A refusal is an answer: not open.",
        ),
        Mistake(
            "counted",
            _counted,
            "You number the three axes 0, 1, 2. Asked for are their places in the array: 0, 2 and 3.",
        ),
        Mistake(
            "the closed ones",
            _closed,
            "These are the axes that are closed. Asked for are the open ones.",
        ),
    ),
)
