"""Task `03.bad_rows`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _is_bad(rows, sums=True, negative=True, nan=True, zero=False, tolerance=1e-3):
    total = rows.sum(axis=-1)
    bad = np.zeros(total.shape, dtype=bool)
    if sums:
        bad |= np.abs(total - 1) > tolerance
    if negative:
        bad |= (rows < 0).any(axis=-1)
    if zero:
        bad |= (rows <= 0).any(axis=-1)
    if nan:
        bad |= np.isnan(rows).any(axis=-1)
    return int(bad.sum())


def _faults_added(encoded):
    """A row with two faults counts twice."""
    return (
        _is_bad(encoded, negative=False, nan=False)
        + _is_bad(encoded, sums=False, nan=False)
        + _is_bad(encoded, sums=False, negative=False)
    )


def _loop_over_the_first_axis(encoded):
    bad = 0
    for row in encoded:
        if np.isnan(row).any() or (row < 0).any() or abs(row.sum() - 1) > 1e-3:
            bad += 1
    return bad


def _spoilt(rng, shape, *, scaled, negative, nan, bins=8):
    """Good rows, some of them spoilt: scaled so that the total over all rows stays; negative but summing to 1; NaN."""
    count = int(np.prod(shape))
    rows = rng.dirichlet(np.ones(bins), count)
    spoilt = rng.permutation(count)[: 2 * scaled + negative + nan]
    rows[spoilt[:scaled]] *= 0.75
    rows[spoilt[scaled : 2 * scaled]] *= 1.25
    for row in spoilt[2 * scaled : 2 * scaled + negative]:
        rows[row, :2] += (-1.0, 1.0)
    rows[spoilt[2 * scaled + negative :], rng.integers(bins)] = np.nan
    return (rows.reshape(*shape, bins).astype(np.float32),)


def _batches(rng):
    return [
        _spoilt(rng, (12,), scaled=0, negative=0, nan=0),
        _spoilt(rng, (12,), scaled=2, negative=0, nan=0),
        _spoilt(rng, (4, 6), scaled=1, negative=3, nan=0),
        _spoilt(rng, (2, 3, 5), scaled=2, negative=1, nan=5, bins=313),
        (np.zeros((1, 8), dtype=np.float32),),
        (_close_calls(rng),),
    ]


def _close_calls(rng):
    """Rows (9, 8): three with exact zeros, one summing to 1.0005, all good; 1.005, and four with two faults each."""
    rows = rng.dirichlet(np.ones(8), 9)
    rows[:3] = np.eye(8)[:3] / 4 + np.eye(8)[3:6] * 3 / 4
    rows[3] *= 1.0005
    rows[4] *= 1.005
    rows[5:8, 0] -= 2
    rows[8, :2] = np.nan, -1
    return rng.permutation(rows).astype(np.float32)


TASK = Task(
    key="03.bad_rows",
    name="bad_rows",
    reference=_is_bad,
    cases=_batches,
    tolerance=0.25,  # a count
    mistakes=(
        Mistake(
            "can never fail",
            lambda encoded: 0,
            "You never find anything, as the broken asserts. Is the thing you test a comparison, or a message, a tuple or a "
            "method nobody calls?",
        ),
        Mistake(
            "one total for all rows",
            lambda encoded: (
                0 if abs(np.nan_to_num(encoded).sum() - encoded[..., 0].size) < 1e-3 else encoded[..., 0].size
            ),
            "You compare the total of the whole array. Rows of 0.75 and of 1.25 then cancel: test each row by itself.",
        ),
        Mistake(
            "NaN passes",
            partial(_is_bad, nan=False),
            "You let NaN pass. Every comparison with NaN is false, also “too far from 1”: ask for NaN by name, or ask for "
            "what is good and count the rest.",
        ),
        Mistake(
            "negative weights pass",
            partial(_is_bad, negative=False),
            "You let rows pass that sum to 1 with a negative weight in them.",
        ),
        Mistake(
            "sums not tested",
            partial(_is_bad, sums=False),
            "You find negative weights and NaN, and let rows pass that don't sum to 1.",
        ),
        Mistake(
            "exactly 1",
            partial(_is_bad, tolerance=0),
            "You call good rows bad: float32 weights sum to 1 only up to rounding. Allow the 1e-3 of the docstring.",
        ),
        Mistake(
            "np.isclose as it comes",
            partial(_is_bad, tolerance=1.001e-5),  # its rtol of 1e-5 plus its atol of 1e-8
            "You call a row bad whose sum is 1.0005: np.isclose tolerates 0.00001 unless you tell it otherwise. The docstring "
            "allows 0.001.",
        ),
        Mistake(
            "tolerance of 0.01",
            partial(_is_bad, tolerance=1e-2),
            "You let a row pass that sums to 1.005. The docstring allows 0.001.",
        ),
        Mistake(
            "zeros are bad",
            partial(_is_bad, zero=True),
            "You call rows bad that hold zeros. Zero is a fine weight, and most of an encoding's are; only what is below 0 isn't.",
        ),
        Mistake(
            "faults counted, not rows",
            _faults_added,
            "You add up three counts, so a row with two faults counts twice. Count rows: bad if the one *or* the other.",
        ),
        Mistake(
            "a loop over the first axis",
            _loop_over_the_first_axis,
            "Right for two axes, wrong for others: your loop takes what lies along the first axis for rows. The rows lie along "
            "the last one.",
        ),
        Mistake(
            "yes or no",
            lambda encoded: int(_is_bad(encoded) > 0),
            "You answer whether there is a bad row. The count was asked: “3 of 100,000” and “all of them” are different bugs.",
        ),
    ),
)
