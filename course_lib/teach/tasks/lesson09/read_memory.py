"""Task `09.read_memory`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _read(memory_key, query_key, value, power=2, sign=-1, axis=0, scale=1.0, shift=True):
    """Reading, with any one step exchanged for a wrong one."""
    distance = ((memory_key[:, :, None] - query_key[:, None]) ** 2).sum(0)  # (M, Q)
    scores = sign * scale * distance ** (power / 2)
    weights = np.exp(scores - (scores.max(axis, keepdims=True) if shift else 0))
    return value @ (weights / weights.sum(axis, keepdims=True))


def _nearest(memory_key, query_key, value):
    distance = ((memory_key[:, :, None] - query_key[:, None]) ** 2).sum(0)
    return value[:, distance.argmin(0)]


def _dot_products(memory_key, query_key, value):
    scores = memory_key.T @ query_key
    weights = np.exp(scores - scores.max(0))
    return value @ (weights / weights.sum(0))


def _not_normalized(memory_key, query_key, value):
    distance = ((memory_key[:, :, None] - query_key[:, None]) ** 2).sum(0)
    return value @ np.exp(-distance)


def _inverse_distance(memory_key, query_key, value):
    weights = 1 / (((memory_key[:, :, None] - query_key[:, None]) ** 2).sum(0) + 1e-9)
    return value @ (weights / weights.sum(0))


def _one_shift_for_all(memory_key, query_key, value):
    scores = -((memory_key[:, :, None] - query_key[:, None]) ** 2).sum(0)
    weights = np.exp(scores - scores.max())
    return value @ (weights / weights.sum(0))


def _memories(rng):
    """A few sizes; one query that is a stored key; queries so far away that exp(-D) alone is 0 everywhere, alone and beside near ones."""
    cases = []
    for c, m, q, d in ((3, 5, 4, 2), (1, 1, 3, 2), (8, 20, 7, 3)):
        cases.append((rng.normal(size=(c, m)), rng.normal(size=(c, q)), rng.normal(0, 30, (d, m))))
    key = rng.normal(size=(4, 6))
    return [
        *cases,
        (key, key[:, [2]], rng.normal(size=(2, 6))),
        (key, key[:, :3] + 40, rng.normal(size=(2, 6))),
        (key, key[:, :3] + [0, 40, 0], rng.normal(size=(2, 6))),
    ]


TASK = Task(
    key="09.read_memory",
    name="read_memory",
    reference=_read,
    cases=_memories,
    mistakes=(
        Mistake(
            "the distance isn't squared",
            partial(_read, power=1),
            "Your weights fall with the distance itself. D is its square: a sum of squares, and no root.",
        ),
        Mistake(
            "the sign",
            partial(_read, sign=1),
            "What lies farthest gets the most weight. The softmax is of minus the distance.",
        ),
        Mistake(
            "softmax over the queries",
            partial(_read, axis=1),
            "Your weights sum to 1 over the queries, for each stored element. Each query shares out its own attention: sum over "
            "what is stored.",
        ),
        Mistake(
            "the nearest only",
            _nearest,
            "You copy the value of the nearest key. All that is stored has a share, by softmax.",
        ),
        Mistake(
            "dot products",
            _dot_products,
            "You compare by dot product. A long key then wins against a close one; this reading is by distance.",
        ),
        Mistake(
            "weights that don't sum to 1",
            _not_normalized,
            "You weigh by exp(−D) without dividing by the sum, so that answers shrink where nothing is close.",
        ),
        Mistake(
            "inverse distances",
            _inverse_distance,
            "You weigh by 1 / D. A softmax takes exp(−D), which lets far elements fade much faster.",
        ),
        Mistake(
            "divided by the root of C",
            lambda k, q, v: _read(k, q, v, scale=len(k) ** -0.5),
            "You divide by √C. The released network does; the plain reading that was asked for doesn't.",
        ),
        Mistake(
            "nothing taken off before exp",
            partial(_read, shift=False),
            "Right, until a query is far from everything: then each exp(−D) is 0, and 0/0 is NaN. Subtract the smallest D of "
            "each query first; the weights stay the same.",
        ),
        Mistake(
            "one number taken off for all",
            _one_shift_for_all,
            "You take the same number off for all queries. Where one is near and another far, the far one's exp is still 0 "
            "everywhere: each query has a smallest D of its own.",
        ),
    ),
)
