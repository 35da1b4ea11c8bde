"""What a detector's scores come to: rates with intervals at a threshold chosen on other recordings, who rang, the curve."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from course_lib.metrics import DetectionRates, detection_rates, threshold_within, wilson_interval

BUDGET = 0.10  # of the other sounds that an operating point is chosen on may ring
LOUDNESS = (-40.0, -30.0, -20.0)  # dB below full scale of the loudest window: edges of the breakdown


@dataclass(frozen=True)
class Heard:
    """A recording as a detector heard it.

    Attributes
    ----------
    kind : str
    label : int
    fold : int
        0 where there are none.
    level : float
        Of the loudest window, dB below full scale.
    score : float
        Of the recording.
    windows : tuple of float
        Scores of its windows; below `QUIET` they are 0.
    loud : tuple of bool
        Which windows count as examples of their own: not quiet and, in a recording of a cry, no pause.
    """

    kind: str
    label: int
    fold: int
    level: float
    score: float
    windows: tuple[float, ...]
    loud: tuple[bool, ...]


def operating_point(labels: np.ndarray, scores: np.ndarray) -> float:
    """The lowest threshold at which at most `BUDGET` of the other sounds ring."""
    return threshold_within(labels, scores, BUDGET)


def out_of_fold(
    labels: np.ndarray,
    scores: np.ndarray,
    folds: np.ndarray,
    choose: Callable[[np.ndarray, np.ndarray], float] = operating_point,
) -> tuple[DetectionRates, dict[int, float]]:
    """Rates pooled over folds, each at a threshold that was chosen on the other folds.

    Parameters
    ----------
    labels, scores, folds : ndarray, (N,)
        A score is of a detector that wasn't trained on the recording's fold.
    choose : callable
        Labels and scores → threshold.

    Returns
    -------
    DetectionRates, {fold: threshold}
    """
    thresholds = {
        int(fold): choose(labels[folds != fold], scores[folds != fold]) for fold in np.unique(folds)
    }
    alarm = scores >= np.array([thresholds[int(fold)] for fold in folds])
    return detection_rates(labels, alarm, 1.0), thresholds


def as_numbers(rates: DetectionRates) -> dict:
    """Counts, and each rate with the ends of its 95 % interval, for a card."""
    found: dict = {
        name: getattr(rates, name)
        for name in ("true_positives", "false_negatives", "false_positives", "true_negatives")
    }
    for name, count, total in (
        ("sensitivity", rates.true_positives, rates.positives),
        ("miss_rate", rates.false_negatives, rates.positives),
        ("false_alarm_rate", rates.false_positives, rates.negatives),
        ("false_discovery_rate", rates.false_positives, rates.alarms),
    ):
        if total:
            found[name] = [round(x, 4) for x in (count / total, *wilson_interval(count, total))]
    return found


def window_examples(heard: Sequence[Heard]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, scores and folds of the windows that count, each (M,)."""
    rows = [(h.label, s, h.fold) for h in heard for s, loud in zip(h.windows, h.loud, strict=True) if loud]
    labels, scores, folds = (np.array(column) for column in zip(*rows, strict=True))
    return labels, scores, folds


def curve(labels: np.ndarray, scores: np.ndarray) -> list[dict]:
    """Rates at thresholds between which nothing more than one recording changes sides, from 0 upward."""
    points = []
    for threshold in [0.0, *np.unique(scores[labels == 1]), *np.linspace(0.02, 0.98, 49)]:
        rates = detection_rates(labels, scores, threshold)
        point: dict = {"threshold": round(float(threshold), 5)}
        for name in ("sensitivity", "false_alarm_rate", "false_discovery_rate", "accuracy"):
            value = getattr(rates, name)
            point[name] = None if math.isnan(value) else round(value, 4)
        points.append(point)
    return sorted(points, key=lambda point: point["threshold"])


def by_kind(heard: Sequence[Heard], alarm: np.ndarray) -> dict[str, dict[str, int]]:
    """Of each kind of sound that isn't a cry: recordings and false alarms, most alarms first."""
    found: dict[str, dict[str, int]] = {}
    for h, rang in zip(heard, alarm, strict=True):
        if not h.label:
            row = found.setdefault(h.kind, {"recordings": 0, "false_alarms": 0})
            row["recordings"] += 1
            row["false_alarms"] += int(rang)
    return dict(sorted(found.items(), key=lambda item: (-item[1]["false_alarms"], item[0])))


def by_loudness(heard: Sequence[Heard], alarm: np.ndarray) -> list[dict[str, float | int | None]]:
    """Rates of recordings whose loudest window lies between two of `LOUDNESS`."""
    levels = np.array([h.level for h in heard])
    labels = np.array([h.label for h in heard])
    rows = []
    for low, high in zip((None, *LOUDNESS), (*LOUDNESS, None), strict=True):
        inside = (levels >= (-np.inf if low is None else low)) & (levels < (np.inf if high is None else high))
        rows.append(
            {
                "from_db": low,
                "to_db": high,
                "others": int((inside & (labels == 0)).sum()),
                "false_alarms": int((inside & (labels == 0) & alarm).sum()),
                "cries": int((inside & (labels == 1)).sum()),
                "found": int((inside & (labels == 1) & alarm).sum()),
            }
        )
    return rows


def rule_scores(values: np.ndarray, labels: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """A rule's values as scores: each fold's turned around if in the other folds cries have the lower ones."""
    scores = np.array(values, float)
    for fold in np.unique(folds):
        others = folds != fold
        if np.median(values[others & (labels == 1)]) < np.median(values[others & (labels == 0)]):
            scores[folds == fold] *= -1
    return scores
