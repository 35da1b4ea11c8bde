"""Task `15.open_axes`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task

AXES = (0, 2, 3)


def _twice(x, axis):
    return np.concatenate([x, x], axis)


def _right(engine, model, x):
    try:
        got = engine(x)
    except ValueError:
        return False
    return got.shape == model(x).shape and np.abs(got - model(x)).max() <= 1e-5


def _open_axes(engine, model, example):
    return [axis for axis in AXES if _right(engine, model, _twice(example, axis))]


def _runs(engine, model, example):
    found = []
    for axis in AXES:
        try:
            engine(_twice(example, axis))
        except ValueError:
            continue
        found.append(axis)
    return found


def _same_shapes(engine, model, example):
    return [
        axis
        for axis in _runs(engine, model, example)
        if engine(_twice(example, axis)).shape == model(_twice(example, axis)).shape
    ]


def _all_at_once(engine, model, example):
    x = example
    for axis in AXES:
        x = _twice(x, axis)
    return list(AXES) if _right(engine, model, x) else []


def _adding_up(engine, model, example):
    found, x = [], example
    for axis in AXES:
        x = _twice(x, axis)
        if _right(engine, model, x):
            found.append(axis)
    return found


def _uncaught(engine, model, example):
    found = []
    for axis in AXES:
        x = _twice(example, axis)
        got = engine(x)
        if got.shape == model(x).shape and np.abs(got - model(x)).max() <= 1e-5:
            found.append(axis)
    return found


def _counted(engine, model, example):
    return [AXES.index(axis) for axis in _open_axes(engine, model, example)]


def _closed(engine, model, example):
    return [axis for axis in AXES if axis not in _open_axes(engine, model, example)]


def _model(x):
    """Each pixel less the mean of its picture."""
    return x - x.mean(axis=(1, 2, 3), keepdims=True)


def engine_for(example, fixed=(), baked=(), cut=()):
    """An engine of `_model` that refuses, miscounts or cuts what is longer than the example along some axes."""

    def engine(x):
        longer = [axis for axis in AXES if x.shape[axis] != example.shape[axis]]
        if set(longer) & set(fixed):
            raise ValueError(f"x must have the shape of the export; got {x.shape}")
        wrong = 0.9 if set(longer) & set(baked) else 1.0  # a size that became a number in the file
        y = x - wrong * x.mean(axis=(1, 2, 3), keepdims=True)
        for axis in cut:
            y = np.take(y, range(example.shape[axis]), axis)
        return y

    return engine


def _engines(rng):
    kinds = [
        {},
        {"fixed": (2, 3)},
        {"fixed": (0,)},
        {"baked": (2,)},
        {"baked": (3,), "fixed": (2,)},
        {"cut": (0,)},
        {"cut": (3,), "baked": (0,)},
    ]
    cases = []
    for kind in kinds:
        example = rng.random((2, 1, *rng.integers(3, 7, 2)))
        cases.append((engine_for(example, **kind), _model, example))
    return cases


TASK = Task(
    key="15.open_axes",
    name="open_axes",
    reference=_open_axes,
    cases=_engines,
    mistakes=(
        Mistake(
            "it runs",
            _runs,
            "You count an axis as open when the engine doesn't complain. It may answer, and answer wrongly: compare with the model.",
        ),
        Mistake(
            "it has the right shape",
            _same_shapes,
            "You compare shapes only. A size that became a number in the file gives the right shape and wrong values.",
        ),
        Mistake(
            "all at once",
            _all_at_once,
            "You double all axes at once, so one that is fixed hides those that are open. Change one at a time.",
        ),
        Mistake(
            "one on top of the other",
            _adding_up,
            "You find nothing after the first axis that is fixed. Go on after it, and start from the example each time: an input "
            "that grows from axis to axis keeps the size that was refused.",
        ),
        Mistake(
            "the exception escapes",
            _uncaught,
            "An engine that refuses a size raises ValueError, and yours lets it through. A refusal is an answer: not open.",
        ),
        Mistake(
            "counted",
            _counted,
            "You number the three axes 0, 1, 2. Asked for are their places in the array: 0, 2 and 3.",
        ),
        Mistake(
            "the fixed ones",
            _closed,
            "These are the axes that are fixed. Asked for are the open ones.",
        ),
    ),
)
