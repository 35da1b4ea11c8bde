"""Task `09.consolidate`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.lesson09.read_memory import _read
from course_lib.teach.tasks.task import Mistake, Task


def _consolidate(key, value, usage, number):
    chosen = np.argsort(-usage)[:number]
    return key[:, chosen], _read(key, key[:, chosen], value)


def _copies(key, value, usage, number):
    chosen = np.argsort(-usage)[:number]
    return key[:, chosen], value[:, chosen]


def _among_the_chosen(key, value, usage, number):
    chosen = np.argsort(-usage)[:number]
    return key[:, chosen], _read(key[:, chosen], key[:, chosen], value[:, chosen])


def _keys_too(key, value, usage, number):
    chosen = np.argsort(-usage)[:number]
    return _read(key, key[:, chosen], key), _read(key, key[:, chosen], value)


def _least(key, value, usage, number):
    return _consolidate(key, value, -usage, number)


def _oldest(key, value, usage, number):
    return _consolidate(key, value, -np.arange(len(usage)), number)


def _ascending(key, value, usage, number):
    return tuple(part[:, ::-1] for part in _consolidate(key, value, usage, number))


def _in_place(key, value, usage, number):
    chosen = np.sort(np.argsort(-usage)[:number])
    return key[:, chosen], _read(key, key[:, chosen], value)


def _by_usage(key, value, usage, number):
    chosen = np.argsort(-usage)[:number]
    average = (value * usage).sum(1) / usage.sum()
    return key[:, chosen], np.repeat(average[:, None], len(chosen), 1)


def _candidates(rng):
    """Keys near enough to each other that a copy shows; more prototypes asked for than there are."""
    cases = []
    for c, n, number in ((2, 6, 3), (4, 30, 8), (3, 4, 9), (1, 5, 1)):
        key, value = rng.normal(0, 0.7, (c, n)), rng.normal(0, 30, (2, n))
        usage = np.concatenate([[0.01], rng.permutation(n - 1) + rng.uniform(0.1, 0.4, n - 1)])
        cases.append((key, value, usage, number))
    return cases


TASK = Task(
    key="09.consolidate",
    name="consolidate",
    reference=_consolidate,
    cases=_candidates,
    mistakes=(
        Mistake(
            "copied values",
            _copies,
            "You copy the values of the chosen. A prototype reads its value anew: an average over all candidates, weighted by "
            "likeness to its key.",
        ),
        Mistake(
            "read among the chosen",
            _among_the_chosen,
            "Your prototypes read each other. They read all candidates, those that go included: that is how something of them "
            "stays.",
        ),
        Mistake(
            "averaged keys",
            _keys_too,
            "You average the keys as well. A prototype's key is the key of its place, as it was.",
        ),
        Mistake(
            "the least used",
            _least,
            "You keep the least used.",
        ),
        Mistake(
            "the oldest",
            _oldest,
            "You keep the first ones, whatever their usage.",
        ),
        Mistake(
            "the most used last",
            _ascending,
            "The right ones, the most used last. It stands first.",
        ),
        Mistake(
            "in the memory's order",
            _in_place,
            "The right ones, in the order of the memory. The most used stands first.",
        ),
        Mistake(
            "value before key",
            lambda *args: _consolidate(*args)[::-1],
            "Right parts in the wrong order: the key comes first.",
        ),
        Mistake(
            "weighted by usage",
            _by_usage,
            "Every prototype gets the same value: you weigh the candidates by usage. Usage chooses; likeness to the prototype's key "
            "weighs.",
        ),
    ),
)
