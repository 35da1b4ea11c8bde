"""Task `08.matches`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _cosine(a, b):
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (np.asarray(a), np.asarray(b)))
    return a @ b.T


def _mutual(alike):
    there, back = alike.argmax(1), alike.argmax(0)
    i = np.flatnonzero(back[there] == np.arange(len(alike)))
    return np.stack([i, there[i]], 1)


def _matches(a, b):
    return _mutual(_cosine(a, b))


def _dot(a, b):
    return _mutual(np.asarray(a) @ np.asarray(b).T)


def _distance(a, b):
    return _mutual(-np.linalg.norm(np.asarray(a)[:, None] - np.asarray(b)[None], axis=2))


def _centered(a, b):
    """Correlation: the mean of each feature taken off first."""
    a, b = (x - x.mean(1, keepdims=True) for x in (np.asarray(a), np.asarray(b)))
    return _matches(a, b)


def _one_way(a, b):
    there = _cosine(a, b).argmax(1)
    return np.stack([np.arange(len(there)), there], 1)


def _other_way(a, b):
    back = _cosine(a, b).argmax(0)
    pairs = np.stack([back, np.arange(len(back))], 1)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _least(a, b):
    return _mutual(-_cosine(a, b))


def _swapped(a, b):
    return _matches(a, b)[:, ::-1]


def _by_second(a, b):
    pairs = _matches(a, b)
    return pairs[pairs[:, 1].argsort()]


def _second_taken_once(a, b):
    """The first to ask gets it: a one-way match whose second isn't taken yet."""
    pairs, taken = [], set()
    for i, j in _one_way(a, b).tolist():
        if j not in taken:
            taken.add(j)
            pairs.append((i, j))
    return np.array(pairs)


def _sets(rng):
    """Features of different strength, with a mean of their own; some in both sets, some in one, in other orders."""
    cases = []
    for n, m, d in ((6, 8, 4), (12, 9, 5), (25, 30, 6)):
        shared = rng.normal(size=(min(n, m) * 2 // 3, d))
        a, b = (
            np.concatenate(
                [shared + 0.15 * rng.normal(size=shared.shape), rng.normal(size=(k - len(shared), d))]
            )
            for k in (n, m)
        )
        a, b = (x[rng.permutation(len(x))] * rng.uniform(0.2, 5, (len(x), 1)) for x in (a + 0.5, b + 0.5))
        cases.append((a, b))
    return cases


TASK = Task(
    key="08.matches",
    name="matches",
    reference=_matches,
    cases=_sets,
    mistakes=(
        Mistake(
            "products, not cosines",
            _dot,
            "A strong feature wins everywhere in your answer. Compare directions: scale each feature to length 1 first.",
        ),
        Mistake(
            "distances, not cosines",
            _distance,
            "You compare distances. A feature and its double point the same way and lie far apart; the cosine was asked for.",
        ),
        Mistake(
            "means taken off",
            _centered,
            "You take each feature's mean off first. That is correlation; the cosine leaves it in.",
        ),
        Mistake(
            "one way",
            _one_way,
            "Every row of a has a match in your answer. Keep only those whose match would choose them too.",
        ),
        Mistake(
            "the other way",
            _other_way,
            "Every row of b has a match in your answer. Keep only the pairs in which each is the other's best.",
        ),
        Mistake(
            "the first to ask",
            _second_taken_once,
            "Two rows of a want the same row of b, and yours goes to the first. It goes to the one it likes best itself.",
        ),
        Mistake(
            "the least alike",
            _least,
            "You pair what is least alike. A cosine is large where features agree.",
        ),
        Mistake(
            "b before a",
            _swapped,
            "The right pairs, the row of b first. Asked for is (row of a, row of b).",
        ),
        Mistake(
            "sorted by b",
            _by_second,
            "The right pairs in another order: sort by the row of a.",
        ),
    ),
)
