"""Task `20.false_alarm_rates`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _counts(labels, scores, threshold):
    """TP, FN, FP, TN."""
    cry, alarm = np.asarray(labels) == 1, np.asarray(scores) >= threshold
    return (cry & alarm).sum(), (cry & ~alarm).sum(), (~cry & alarm).sum(), (~cry & ~alarm).sum()


def _share(count, total):
    return float(count / total) if total else float("nan")


def _false_alarm_rates(labels, scores, threshold):
    _, _, fp, tn = counts = _counts(labels, scores, threshold)
    return _share(fp, fp + tn), _share(fp, fp + counts[0])


def _of(rates):
    """Rates from the four counts."""
    return lambda labels, scores, threshold: rates(*_counts(labels, scores, threshold))


def _zero_for_nothing(labels, scores, threshold):
    return tuple(0.0 if np.isnan(rate) else rate for rate in _false_alarm_rates(labels, scores, threshold))


def _above_only(labels, scores, threshold):
    return _false_alarm_rates(labels, scores, np.nextafter(threshold, np.inf))


def _sets(rng):
    """Few and many cries, a score right at the threshold, no alarm at all, and cries alone."""
    cases = [
        (np.array([1, 1, 0, 0, 0]), np.array([0.9, 0.4, 0.7, 0.5, 0.1]), 0.5),
        (np.array([0, 0, 1]), np.array([0.1, 0.2, 0.3]), 0.9),
        (np.array([1, 1, 1]), np.array([0.2, 0.8, 0.9]), 0.5),
    ]
    for cries in (0.1, 0.6):
        labels = (np.arange(60) < 60 * cries).astype(int)
        cases.append((labels, np.round(rng.random(60) * 0.7 + 0.3 * labels, 2), 0.5))
    return cases


TASK = Task(
    key="20.false_alarm_rates",
    name="false_alarm_rates",
    reference=_false_alarm_rates,
    cases=_sets,
    tolerance=1e-9,
    mistakes=(
        Mistake(
            "order",
            lambda *case: _false_alarm_rates(*case)[::-1],
            "Right numbers, wrong order: the share of what isn't a cry comes first, the share of the alarms second.",
        ),
        Mistake(
            "of all recordings",
            _of(lambda tp, fn, fp, tn: (_share(fp, tp + fn + fp + tn), _share(fp, fp + tp))),
            "Your first rate divides by all recordings. The cries among them can't be false alarms: leave them out.",
        ),
        Mistake(
            "per cry",
            _of(lambda tp, fn, fp, tn: (_share(fp, fp + tn), _share(fp, tp + fn))),
            "Your second rate divides by the number of cries. It is a share of the alarms, rightly and wrongly raised.",
        ),
        Mistake(
            "per true alarm",
            _of(lambda tp, fn, fp, tn: (_share(fp, fp + tn), _share(fp, tp))),
            "Your second rate divides by the alarms that are right. A share is of all alarms, the false ones too.",
        ),
        Mistake(
            "one for both",
            _of(lambda tp, fn, fp, tn: (_share(fp, fp + tn),) * 2),
            "Both of your rates have the same denominator. One is a share of what isn't a cry, the other of the alarms.",
        ),
        Mistake(
            "errors over errors",
            _of(lambda tp, fn, fp, tn: (_share(fp, fp + tn), _share(fp, fp + fn))),
            "Your second rate divides by all errors, the misses too. A miss is no alarm.",
        ),
        Mistake(
            "precision",
            _of(lambda tp, fn, fp, tn: (_share(fp, fp + tn), _share(tp, fp + tp))),
            "Your second number is the share of alarms that are right, the precision. Asked for is the share that is false.",
        ),
        Mistake(
            "specificity",
            _of(lambda tp, fn, fp, tn: (_share(tn, fp + tn), _share(fp, fp + tp))),
            "Your first number is the share that rightly stays silent, the specificity. Asked for is the rest.",
        ),
        Mistake(
            "misses",
            _of(lambda tp, fn, fp, tn: (_share(fn, tp + fn), _share(fp, fp + tp))),
            "Your first number is the miss rate: cries without an alarm. Asked for are alarms without a cry.",
        ),
        Mistake(
            "above the threshold only",
            _above_only,
            "Nearly. A score that equals the threshold sounds the alarm too.",
        ),
        Mistake(
            "0 where there is nothing",
            _zero_for_nothing,
            "A share of nothing is unknown, and you say 0. A set without an alarm hasn't shown that alarms are right: give NaN.",
        ),
    ),
)
