"""Task `12.masked_read`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _squares(keys, queries):
    return ((queries[:, None] - keys) ** 2).sum(-1)  # (Q, M)


def _softmax(scores):
    """Over the last axis; rows of nothing but minus infinity become 0."""
    largest = scores.max(1, keepdims=True)
    weight = np.exp(scores - np.where(np.isfinite(largest), largest, 0))
    return weight / np.maximum(weight.sum(1, keepdims=True), 1e-300)


def _masked_read(keys, values, queries, labels, asked):
    same = asked[:, None] == labels
    return _softmax(np.where(same, -_squares(keys, queries), -np.inf)) @ values


def memory(rng, stored=14, asking=9, segments=3):
    """Keys, values, queries and labels; the last query's segment has nothing stored, the two before are far from their own.

    One of these lies beside another segment's element, the other has nothing nearer than its own.
    """
    keys, values = rng.normal(size=(stored, 3)), rng.uniform(-40, 40, (stored, 2))
    queries, labels = rng.normal(size=(asking, 3)), rng.integers(0, segments, stored)
    labels[:segments] = np.arange(segments)
    asked = rng.integers(0, segments, asking)
    asked[-1], asked[-2], asked[-3] = segments + 4, 1, 1
    keys[0], queries[-3] = -60.0, -61.0  # element 0 is of segment 0
    keys[1], queries[-2] = 20.0, 80.0
    return keys, values, queries, labels, asked


def _cases(rng):
    one = memory(rng, segments=2)
    same = (*one[:3], np.zeros(14, int), np.zeros(9, int))
    return [memory(rng), memory(rng, 30, 12, 4), one, same]


def _zeroed(keys, values, queries, labels, asked):
    return (_softmax(-_squares(keys, queries)) * (asked[:, None] == labels)) @ values


def _scores_to_zero(keys, values, queries, labels, asked):
    return _softmax(np.where(asked[:, None] == labels, -_squares(keys, queries), 0.0)) @ values


def _underflow(keys, values, queries, labels, asked):
    weight = np.exp(-_squares(keys, queries)) * (asked[:, None] == labels)
    return weight @ values / np.maximum(weight.sum(1, keepdims=True), 1e-300)


def _nearest_of_all(keys, values, queries, labels, asked):
    """The smallest distance is looked for in all segments, and taken off before the others are left out."""
    squares = _squares(keys, queries)
    weight = np.exp(squares.min(1, keepdims=True) - squares) * (asked[:, None] == labels)
    return weight @ values / np.maximum(weight.sum(1, keepdims=True), 1e-30)


def _nothing_is_nan(keys, values, queries, labels, asked):
    return np.where(
        np.isin(asked, labels)[:, None], _masked_read(keys, values, queries, labels, asked), np.nan
    )


def _falls_back(keys, values, queries, labels, asked):
    answer = _masked_read(keys, values, queries, labels, asked)
    alone = ~np.isin(asked, labels)
    answer[alone] = _softmax(-_squares(keys, queries[alone])) @ values
    return answer


def _nearest(keys, values, queries, labels, asked):
    scores = np.where(asked[:, None] == labels, -_squares(keys, queries), -np.inf)
    return np.where(np.isin(asked, labels)[:, None], values[scores.argmax(1)], 0.0)


def _average(keys, values, queries, labels, asked):
    same = (asked[:, None] == labels).astype(float)
    return same @ values / np.maximum(same.sum(1, keepdims=True), 1)


def _roots(keys, values, queries, labels, asked):
    return _softmax(np.where(asked[:, None] == labels, -np.sqrt(_squares(keys, queries)), -np.inf)) @ values


def _everywhere(keys, values, queries, labels, asked):
    return _softmax(-_squares(keys, queries)) @ values


def _other_things(keys, values, queries, labels, asked):
    return _softmax(np.where(asked[:, None] != labels, -_squares(keys, queries), -np.inf)) @ values


TASK = Task(
    key="12.masked_read",
    name="masked_read",
    reference=_masked_read,
    cases=_cases,
    mistakes=(
        Mistake(
            "no labels",
            _everywhere,
            "Your queries read from every segment: the labels have no effect.",
        ),
        Mistake(
            "the other segments",
            _other_things,
            "Your queries read from all segments but their own: the comparison is turned around.",
        ),
        Mistake(
            "masked after the softmax",
            _zeroed,
            "You set weights to 0 after they were made to sum to 1. What is left sums to less, so colors fade toward gray: "
            "divide by the sum of what is left.",
        ),
        Mistake(
            "score 0 for the others",
            _scores_to_zero,
            "You give the other segments a score of 0. Scores are minus distances: 0 is the *best* there is.",
        ),
        Mistake(
            "underflow",
            _underflow,
            "A query far from all of its segment reads 0: every weight underflows. Take the largest score *of its own segment* "
            "off before the exponential.",
        ),
        Mistake(
            "the smallest distance of all",
            _nearest_of_all,
            "You take the smallest distance of all elements off, also of other segments'. Where a query's own segment is far, all its "
            "weights underflow and it stays gray. The smallest of its own segment is the one.",
        ),
        Mistake(
            "NaN where nothing is stored",
            _nothing_is_nan,
            "Where a segment has nothing stored you answer NaN. The answer is gray there: (0, 0).",
        ),
        Mistake(
            "reads elsewhere where nothing is stored",
            _falls_back,
            "Where a segment has nothing stored you read from the others. That is the failure to be mended: answer 0, which is gray.",
        ),
        Mistake(
            "the nearest alone",
            _nearest,
            "You take the nearest element's value. The read-out is a mean over the segment, weighted by likeness.",
        ),
        Mistake(
            "plain mean",
            _average,
            "Every element of the segment counts the same in yours. Weight them by the exponential of minus the squared distance.",
        ),
        Mistake(
            "distance not squared",
            _roots,
            "You weight by the distance itself. The exponent is minus its square.",
        ),
    ),
)
