"""Task `15.summarize`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _summarize(seconds, warmup):
    low, middle, high = np.quantile(1000 * np.asarray(seconds)[warmup:], [0.25, 0.5, 0.75])
    return middle, low, high


def _with(middle, ends):
    def answer(seconds, warmup):
        ms = 1000 * np.asarray(seconds)[warmup:]
        return (middle(ms), *ends(ms))

    return answer


def _quartiles(ms):
    return np.quantile(ms, [0.25, 0.75])


def raw_times(rng, calls, warmup):
    """Seconds: slow first calls, steady ones, and a few that something got in the way of."""
    steady = rng.normal(0.02, 0.0005, calls)
    steady[rng.choice(calls, max(1, calls // 8), replace=False)] *= 6
    return [*(0.2 / (1 + np.arange(warmup))).tolist(), *steady.tolist()]


def _runs(rng):
    return [(raw_times(rng, calls, warmup), warmup) for calls, warmup in ((20, 3), (31, 5), (12, 1), (8, 0))]


TASK = Task(
    key="15.summarize",
    name="summarize",
    reference=_summarize,
    cases=_runs,
    tolerance=1e-6,
    mistakes=(
        Mistake(
            "the mean",
            _with(np.mean, _quartiles),
            "You give the mean. A few calls that something got in the way of move it; the median stays.",
        ),
        Mistake(
            "the fastest",
            _with(np.min, _quartiles),
            "You give the fastest call. It says what is possible, not what users get.",
        ),
        Mistake(
            "warm-up counted",
            lambda seconds, warmup: _summarize(seconds, 0),
            "You count the first calls, in which memory is fetched and kernels are chosen. Leave the first `warmup` out.",
        ),
        Mistake(
            "the last ones left out",
            lambda seconds, warmup: _summarize(seconds[: len(seconds) - warmup], 0),
            "You leave the last calls out. It is the first that are slow.",
        ),
        Mistake(
            "sorted first",
            lambda seconds, warmup: _summarize(sorted(seconds), warmup),
            "You sort before you leave calls out, so it is the fastest ones that go. Leave out the first in time.",
        ),
        Mistake(
            "one too many",
            lambda seconds, warmup: _summarize(seconds, warmup + 1),
            "You leave out one call too many: seconds[warmup:] begins after exactly `warmup` of them.",
        ),
        Mistake(
            "seconds",
            lambda seconds, warmup: tuple(x / 1000 for x in _summarize(seconds, warmup)),
            "Right, in seconds. Asked for are milliseconds.",
        ),
        Mistake(
            "range",
            _with(np.median, lambda ms: (ms.min(), ms.max())),
            "You give the fastest and the slowest call. One disturbed call sets the slowest; take the quartiles.",
        ),
        Mistake(
            "standard deviation",
            _with(np.median, lambda ms: (np.median(ms) - ms.std(), np.median(ms) + ms.std())),
            "You give a standard deviation to each side. It is moved by outliers even more than the mean; take the quartiles.",
        ),
        Mistake(
            "an array",
            lambda seconds, warmup: np.array(_summarize(seconds, warmup)),
            "The numbers are right, but they come as one array. Return three: median, low, high.",
        ),
        Mistake(
            "in rising order",
            lambda seconds, warmup: tuple(sorted(_summarize(seconds, warmup))),
            "The three numbers are right, in another order: the median comes first, then the quartiles.",
        ),
    ),
)
