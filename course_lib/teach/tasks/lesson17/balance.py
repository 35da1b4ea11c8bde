"""Task `17.balance`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _balance(labels, order, *, size=min):
    per_class = size(np.bincount(labels, minlength=3).tolist())
    taken, kept = [0, 0, 0], []
    for i in order:
        if taken[labels[i]] < per_class:
            taken[labels[i]] += 1
            kept.append(i)
    return np.array(kept)


def _repeated(labels, order):
    """Every class filled up to the largest, by copies."""
    most = np.bincount(labels, minlength=3).max()
    return np.concatenate([np.resize(order[labels[order] == k], most) for k in range(3)])


def _in_class_order(labels, order):
    kept = _balance(labels, order)
    return kept[np.argsort(labels[kept], kind="stable")]


def _labels(rng):
    """Each class in turn the rarest, even classes, one of a class."""
    cases = []
    for counts in ([6, 3, 9], [2, 5, 4], [7, 8, 1], [4, 4, 4]):
        labels = rng.permutation(np.repeat([0, 1, 2], counts))
        cases.append((labels, rng.permutation(labels.size)))
    return cases


TASK = Task(
    key="17.balance",
    name="balance",
    reference=_balance,
    cases=_labels,
    mistakes=(
        Mistake(
            "filled up with copies",
            _repeated,
            "Some indices come twice: you fill the small classes up with copies. A later split could put one copy in training and "
            "the other in test.",
        ),
        Mistake(
            "everything",
            lambda labels, order: order,
            "You keep everything. As many of each class were asked for as the rarest has.",
        ),
        Mistake(
            "as many as the middle class has",
            lambda labels, order: _balance(labels, order, size=lambda counts: sorted(counts)[1]),
            "You keep more of some class than the rarest has. Its count is the limit for all three.",
        ),
        Mistake(
            "one too few",
            lambda labels, order: _balance(labels, order, size=lambda counts: max(min(counts) - 1, 0)),
            "Every class has one index too few. The rarest class is kept whole.",
        ),
        Mistake(
            "the first of all",
            lambda labels, order: order[: 3 * np.bincount(labels, minlength=3).min()],
            "You keep the first ones of the order, whatever their class. Count class by class.",
        ),
        Mistake(
            "the labels",
            lambda labels, order: labels[_balance(labels, order)],
            "You give the labels back. Indices into labels were asked for.",
        ),
        Mistake(
            "without the order",
            lambda labels, order: _balance(labels, np.arange(labels.size)),
            "You walk through the labels as they stand in the list. Walk through order: lists are often sorted by something.",
        ),
        Mistake(
            "sorted",
            lambda labels, order: np.sort(_balance(labels, order)),
            "The right indices, sorted. Leave them in the order in which you met them.",
        ),
        Mistake(
            "class after class",
            _in_class_order,
            "The right indices, class after class. A network that trains on them in that order forgets the first. Leave them as you met them.",
        ),
        Mistake(
            "places in the order",
            lambda labels, order: np.flatnonzero(np.isin(order, _balance(labels, order))),
            "You give places in order in place of what stands there.",
        ),
    ),
)
