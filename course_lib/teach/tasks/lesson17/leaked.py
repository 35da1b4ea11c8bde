"""Task `17.leaked`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _leaked(train, test):
    test = np.unique(test)
    return float(np.isin(test, train).mean())


def _lists(rng):
    """Entries listed twice and split at random; more training than test; a clean split; everything leaked."""
    cases = []
    for photos, share in ((30, 0.8), (50, 0.5)):
        entries = rng.permutation(np.r_[np.arange(photos), np.arange(photos), rng.integers(photos, size=9)])
        cut = int(share * entries.size)
        cases.append((entries[:cut] + 1000, entries[cut:] + 1000))
    clean = (np.array([1, 2, 2, 3]), np.array([7, 8, 8]))
    return [
        *cases,
        clean,
        (np.arange(9), np.array([3, 3, 4])),
        (np.array([5, 6, 6, 6]), np.array([6, 6, 6, 9])),
    ]


TASK = Task(
    key="17.leaked",
    name="leaked",
    reference=_leaked,
    cases=_lists,
    tolerance=1e-8,
    mistakes=(
        Mistake(
            "entries",
            lambda train, test: float(np.isin(test, train).mean()),
            "You count entries of the test list. A photo that is listed three times is one photo.",
        ),
        Mistake(
            "of the training photos",
            lambda train, test: float(np.isin(np.unique(train), test).mean()),
            "You give the share of the *training* photos. How much of the test is spoiled?",
        ),
        Mistake(
            "of all photos",
            lambda train, test: len(set(train) & set(test)) / len(set(train) | set(test)),
            "You divide by the photos of both lists. How much of the test is spoiled?",
        ),
        Mistake(
            "by the length of the list",
            lambda train, test: len(set(train) & set(test)) / len(test),
            "Photos above, entries below: divide by the number of different test photos.",
        ),
        Mistake(
            "what is clean",
            lambda train, test: 1 - _leaked(train, test),
            "You give the share that is clean.",
        ),
        Mistake(
            "place by place",
            lambda train, test: (
                float((train[: len(test)] == test[: len(train)]).mean()) if len(train) >= len(test) else 0.0
            ),
            "You compare the lists place by place. A photo may stand anywhere in the other list.",
        ),
        Mistake(
            "how many",
            lambda train, test: float(len(set(train) & set(test))),
            "You give how many leaked. Their share of the test photos was asked for.",
        ),
        Mistake(
            "in percent",
            lambda train, test: 100 * _leaked(train, test),
            "Your share is in percent. From 0 to 1 was asked for.",
        ),
    ),
)
