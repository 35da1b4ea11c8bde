"""Task `22.choose_filter`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _costs(false_per_hour, missed, cries_per_hour, cost_false, cost_missed):
    return cost_false * np.asarray(false_per_hour) + cost_missed * cries_per_hour * np.asarray(missed)


def _choose(*case):
    return int(np.argmin(_costs(*case)))


def _last_of_equals(*case):
    costs = _costs(*case)
    return int(len(costs) - 1 - np.argmin(costs[::-1]))


def _tables(rng):
    """Trade-off curves at several costs and rates of crying, two filters that cost the same, and cries that never come."""
    false = np.array([8.0, 4.0, 2.0, 1.0, 0.5, 0.2])
    missed = np.array([0.0, 0.01, 0.05, 0.15, 0.4, 0.8])
    cases = [
        (false, missed, 1.0, 1.0, 20.0),
        (false, missed, 0.1, 1.0, 20.0),
        (false, missed, 3.0, 1.0, 20.0),
        (false, missed, 4.0, 1.0, 1.0),
        (false, missed, 0.0, 1.0, 20.0),
        (np.array([3.0, 2.0, 2.0, 5.0]), np.array([0.5, 0.1, 0.1, 0.0]), 1.0, 1.0, 10.0),
    ]
    for cries in (0.5, 2.0, 0.2):
        order = rng.permutation(8)
        curve = np.sort(rng.uniform(0.1, 10, 8))[::-1], np.sort(rng.uniform(0, 0.6, 8))
        cases.append((curve[0][order], curve[1][order], cries, 1.0, float(rng.uniform(5, 60))))
    return cases


TASK = Task(
    key="22.choose_filter",
    name="choose_filter",
    reference=_choose,
    cases=_tables,
    mistakes=(
        Mistake(
            "costs swapped",
            lambda f, m, c, a, b: _choose(f, m, c, b, a),
            "Your two costs are swapped: a missed cry costs `cost_missed`.",
        ),
        Mistake(
            "as many cries as hours",
            lambda f, m, c, a, b: _choose(f, m, 1.0, a, b),
            "`missed` is a share of the cries. How many cries does an hour have?",
        ),
        Mistake(
            "cries weigh the false alarms",
            lambda f, m, c, a, b: int(np.argmin(a * c * np.asarray(f) + b * np.asarray(m))),
            "You multiply the false alarms by the cries. They are per hour already; the missed share isn't.",
        ),
        Mistake(
            "found, not missed",
            lambda f, m, c, a, b: int(np.argmin(_costs(f, 1 - np.asarray(m), c, a, b))),
            "You charge for the cries that are found. Those that are missed cost something.",
        ),
        Mistake(
            "fewest false alarms",
            lambda f, m, c, a, b: int(np.argmin(f)),
            "You take the filter with the fewest false alarms. It may miss most of the crying.",
        ),
        Mistake(
            "fewest misses",
            lambda f, m, c, a, b: int(np.argmin(m)),
            "You take the filter that misses least. It may ring all night, and that costs too.",
        ),
        Mistake(
            "costs ignored",
            lambda f, m, c, a, b: int(np.argmin(np.asarray(f) + c * np.asarray(m))),
            "You add false alarms and misses as if both cost the same.",
        ),
        Mistake(
            "most costly",
            lambda *case: int(np.argmax(_costs(*case))),
            "You take the most costly filter. Asked for is the cheapest.",
        ),
        Mistake(
            "the cost itself",
            lambda *case: float(_costs(*case).min()),
            "You return the cost. Asked for is which filter: its place, from 0.",
        ),
        Mistake(
            "last of equals",
            _last_of_equals,
            "Right cost; but of filters that cost the same, take the first.",
        ),
    ),
)
