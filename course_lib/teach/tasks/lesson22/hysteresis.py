"""Task `22.hysteresis`: the data, and the mistakes that people make."""

from course_lib.teach.tasks.task import Mistake, Task


def _hysteresis(scores, on, off, *, state=False, stays=lambda s, off: s >= off, starts=lambda s, on: s >= on):
    states = []
    for score in scores:
        state = bool(stays(score, off) if state else starts(score, on))
        states.append(state)
    return states


def _delayed(scores, on, off):
    return [False, *_hysteresis(scores, on, off)[:-1]]


def _never_off(scores, on, off):
    return [any(score >= on for score in scores[: i + 1]) for i in range(len(scores))]


def _nights(rng):
    """A breath in a cry, scores right at both thresholds, a start between the two, and random walks."""
    cases = [
        ([0.1, 0.7, 0.5, 0.7, 0.3, 0.5], 0.6, 0.4),
        ([0.5, 0.6, 0.4, 0.39, 0.4, 0.6], 0.6, 0.4),
        ([0.45, 0.5, 0.55], 0.6, 0.4),
        ([0.2, 0.8, 0.6, 0.4], 0.6, 0.6),
        ([0.7, 0.4, 0.6, 0.6], 0.6, 0.4),
    ]
    for on, off in ((0.7, 0.3), (0.5, 0.4), (0.8, 0.5)):
        cases.append(([round(float(s), 1) for s in rng.random(40)], on, off))
    return cases


TASK = Task(
    key="22.hysteresis",
    name="hysteresis",
    reference=_hysteresis,
    cases=_nights,
    mistakes=(
        Mistake(
            "one threshold",
            lambda scores, on, off: [score >= on for score in scores],
            "You go off as soon as the score is below `on`. It takes a score below `off` to end what has begun.",
        ),
        Mistake(
            "the lower threshold alone",
            lambda scores, on, off: [score >= off for score in scores],
            "You go on at `off` already. It takes `on` to begin.",
        ),
        Mistake(
            "begins on",
            lambda scores, on, off: _hysteresis(scores, on, off, state=True),
            "You begin as if it were on. Before the first window nothing was heard.",
        ),
        Mistake(
            "swapped",
            lambda scores, on, off: _hysteresis(scores, off, on),
            "Your two thresholds are swapped: yours goes on at the lower one and off at the upper one.",
        ),
        Mistake(
            "off at off",
            lambda scores, on, off: _hysteresis(scores, on, off, stays=lambda s, off: s > off),
            "Nearly. A score that equals `off` isn't below it: it stays on.",
        ),
        Mistake(
            "above on only",
            lambda scores, on, off: _hysteresis(scores, on, off, starts=lambda s, on: s > on),
            "Nearly. A score that equals `on` is enough to begin.",
        ),
        Mistake(
            "above both only",
            lambda scores, on, off: _hysteresis(
                scores, on, off, stays=lambda s, off: s > off, starts=lambda s, on: s > on
            ),
            "Nearly. A score that equals a threshold counts: `on` is enough to begin, and `off` isn't below `off`.",
        ),
        Mistake(
            "never off",
            _never_off,
            "Yours never goes off again. What happens below `off`?",
        ),
        Mistake(
            "one late",
            _delayed,
            "Your states are those of the window before. A window's own score decides about it.",
        ),
    ),
)
