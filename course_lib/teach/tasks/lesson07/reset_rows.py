"""Task `07.reset_rows`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _reset_rows(state, is_first):
    keep = ~np.asarray(is_first)[:, None, None, None]
    return tuple(np.where(keep, part, 0.0) for part in state)


def _times_zero(state, is_first):
    return tuple(part * ~is_first[:, None, None, None] for part in state)


def _by_channel(state, is_first):
    return tuple(np.where(is_first[None, :, None, None], 0.0, part) for part in state)


def _in_place(state, is_first):
    for part in state:
        part[is_first] = 0
    return state


def _states(rng):
    """As many rows as channels, so that the wrong axis fits too; a row that is begun anew has gone to NaN in some."""
    cases = []
    for rows, flags in (
        (3, [False, True, False]),
        (4, [True, False, False, True]),
        (2, [False, False]),
        (3, [True, True, True]),
    ):
        h, c = rng.normal(0, 1, (2, rows, rows, 2, 3))
        if flags[0]:
            c[0, 0, 0, 0], h[0, -1, 1, 1] = np.nan, np.inf
        cases.append(((h, c), np.array(flags)))
    return cases


TASK = Task(
    key="07.reset_rows",
    name="reset_rows",
    reference=_reset_rows,
    cases=_states,
    mistakes=(
        Mistake(
            "times zero",
            _times_zero,
            "You multiply by 0, and NaN times 0 is NaN: a row that once diverged never recovers. Put zeros in its place.",
        ),
        Mistake(
            "only h",
            lambda state, is_first: (_reset_rows(state, is_first)[0], state[1]),
            "You reset h alone. What is kept over time is c; with it the last clip lives on.",
        ),
        Mistake(
            "only c",
            lambda state, is_first: (state[0], _reset_rows(state, is_first)[1]),
            "You reset c alone. The gates look at h too.",
        ),
        Mistake(
            "the others",
            lambda state, is_first: _reset_rows(state, ~is_first),
            "You reset the rows that go on, and keep those that begin another clip.",
        ),
        Mistake(
            "all rows",
            lambda state, is_first: _reset_rows(state, np.full_like(is_first, is_first.any())),
            "You reset all rows when one begins another clip. The others go on in theirs.",
        ),
        Mistake(
            "none",
            lambda state, is_first: state,
            "Nothing is reset. A row that begins another clip still remembers the last one.",
        ),
        Mistake(
            "channels",
            _by_channel,
            "Your flags land on the channels: arrays are aligned from their last axis. Give the flags the shape (N, 1, 1, 1).",
        ),
        Mistake(
            "changed its input",
            _in_place,
            "You write zeros into the state you were given. Whoever still holds it, such as the long run you compare with, loses "
            "it too: work on a copy.",
        ),
        Mistake(
            "c before h",
            lambda state, is_first: _reset_rows(state, is_first)[::-1],
            "Right parts in the wrong order: h comes first.",
        ),
    ),
)
