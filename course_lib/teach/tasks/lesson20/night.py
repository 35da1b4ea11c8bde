"""Task `20.night`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _night(sensitivity, false_alarm_rate, cries, others):
    false_alarms = float(false_alarm_rate * others)
    alarms = false_alarms + sensitivity * cries
    return false_alarms, float(false_alarms / alarms) if alarms else float("nan")


def _with(share):
    """The right number of false alarms beside another share."""
    return lambda s, f, cries, others: (float(f * others), share(s, f, cries, others))


def _nights(rng):
    """A test set half of cries, nights with few, one without a cry, and one without any sound."""
    cases = [(0.9, 0.1616, 150, 99), (0.9, 0.1616, 12, 3588), (0.95, 0.02, 0, 500), (0.9, 0.1, 0, 0)]
    return [
        *cases,
        *(
            (float(s), float(f), int(c), int(o))
            for s, f, c, o in zip(
                rng.uniform(0.6, 1, 4),
                rng.uniform(0.01, 0.3, 4),
                rng.integers(1, 60, 4),
                rng.integers(100, 5000, 4),
                strict=True,
            )
        ),
    ]


TASK = Task(
    key="20.night",
    name="night",
    reference=_night,
    cases=_nights,
    tolerance=1e-6,
    mistakes=(
        Mistake(
            "the rate itself",
            _with(lambda s, f, cries, others: float(f)),
            "Your share of false alarms is the false-alarm rate. That is a share of the other sounds; count the alarms of the night.",
        ),
        Mistake(
            "every cry found",
            _with(
                lambda s, f, cries, others: (
                    float(f * others / (f * others + cries)) if others else float("nan")
                )
            ),
            "You count an alarm for every cry. Only the share that the sensitivity says is found.",
        ),
        Mistake(
            "of all windows",
            lambda s, f, cries, others: _night(
                s, f * (cries + others) / others if others else f, cries, others
            ),
            "Your false alarms come from all windows. A window with a cry can't give a false one.",
        ),
        Mistake(
            "windows exchanged",
            lambda s, f, cries, others: _night(s, f, others, cries),
            "You take the false alarms from the windows with a cry, and the right ones from the others. It is the other way around.",
        ),
        Mistake(
            "misses among the alarms",
            _with(
                lambda s, f, cries, others: (
                    float(f * others / (f * others + (1 - s) * cries)) if others else float("nan")
                )
            ),
            "You add the missed cries to the alarms. A miss is exactly no alarm.",
        ),
        Mistake(
            "true alarms",
            _with(lambda s, f, cries, others: 1 - _night(s, f, cries, others)[1]),
            "This is the share of the alarms that are right. Asked for is the share that is false.",
        ),
        Mistake(
            "0 without alarms",
            lambda *case: tuple(0.0 if np.isnan(x) else x for x in _night(*case)),
            "A night without any alarm has no share of false ones: give NaN.",
        ),
        Mistake(
            "per true alarm",
            _with(lambda s, f, cries, others: float(f * others / (s * cries)) if cries else float("inf")),
            "You divide the false alarms by the right ones. A share is of all alarms, the false ones too.",
        ),
    ),
)
