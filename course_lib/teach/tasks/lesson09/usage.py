"""Task `09.usage`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _sums(reads, axis=0):
    """Attention received and the number of reads, each (M,), of all that the last read saw."""
    size = reads[-1].shape[1]
    use, life = np.zeros(size), np.zeros(size)
    for weights in reads:
        use[: weights.shape[1]] += weights.sum(axis)
        life[: weights.shape[1]] += 1
    return use, life


def _usage(reads):
    use, life = _sums(reads)
    return use / life


def _by_all(reads):
    return _sums(reads)[0] / len(reads)


def _mean_over_queries(reads):
    use, life = np.zeros(reads[-1].shape[1]), np.zeros(reads[-1].shape[1])
    for weights in reads:
        use[: weights.shape[1]] += weights.mean(0)
        life[: weights.shape[1]] += 1
    return use / life


def _newest_at_the_front(reads):
    use, life = np.zeros(reads[-1].shape[1]), np.zeros(reads[-1].shape[1])
    for weights in reads:
        use[-weights.shape[1] :] += weights.sum(0)
        life[-weights.shape[1] :] += 1
    return use / life


def _best_only(reads):
    use, life = np.zeros(reads[-1].shape[1]), np.zeros(reads[-1].shape[1])
    for weights in reads:
        np.add.at(use, weights.argmax(1), 1)
        life[: weights.shape[1]] += 1
    return use / life


def _when_looked_at(reads):
    use, _ = _sums(reads)
    life = np.zeros_like(use)
    for weights in reads:
        life[: weights.shape[1]] += weights.any(0)
    return use / np.maximum(life, 1)


def _reads(rng):
    """A memory that grows between reads by different numbers, one that doesn't, one read only once; some elements nobody looks at."""
    cases = []
    for sizes, queries in (((2, 2, 4), 3), ((6, 6, 6), 4), ((5,), 2), ((1, 4, 4, 9, 10), 6)):
        drawn = [rng.exponential(size=(queries, size)) ** 2 for size in sizes]
        if sizes[0] == 6:
            drawn[1][:, :3] = 0
        cases.append(([weights / weights.sum(1, keepdims=True) for weights in drawn],))
    return cases


TASK = Task(
    key="09.usage",
    name="usage",
    reference=_usage,
    cases=_reads,
    mistakes=(
        Mistake(
            "not divided by life",
            lambda reads: _sums(reads)[0],
            "You give the sum. Old elements have been read more often, so divide each by the number of reads it was there for.",
        ),
        Mistake(
            "divided by all reads",
            _by_all,
            "You divide by the number of all reads. What was added later could only take part in some of them.",
        ),
        Mistake(
            "reads in which it got attention",
            _when_looked_at,
            "You count only the reads in which somebody looked at the element. It was there for the others too, and they are what "
            "lowers its usage.",
        ),
        Mistake(
            "the mean over queries",
            _mean_over_queries,
            "You average over a read's queries. Attention is added up: an element that every place looks at is used more than one "
            "that a single place looks at.",
        ),
        Mistake(
            "the last read alone",
            lambda reads: reads[-1].sum(0),
            "You look at the last read alone. Usage remembers all of them.",
        ),
        Mistake(
            "new elements in front",
            _newest_at_the_front,
            "You line the reads up at their ends. New elements are added behind: the first columns are the same elements in every "
            "read.",
        ),
        Mistake(
            "counts of best matches",
            _best_only,
            "You count how often an element was a query's best. Usage adds the weights themselves.",
        ),
        Mistake(
            "normalized to sum 1",
            lambda reads: _usage(reads) / _usage(reads).sum(),
            "Right up to a factor: you scale all of it to a sum of 1. Divide by life only.",
        ),
    ),
)
