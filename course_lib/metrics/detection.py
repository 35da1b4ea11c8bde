"""A detector's rates: what it finds, what it misses, and two shares that are both called its false alarms.

With the four counts TP (cries found), FN (cries missed), FP (false alarms) and TN (rightly silent):

    sensitivity = TP / (TP + FN)                 miss rate = FN / (TP + FN) = 1 - sensitivity
    false-alarm rate = FP / (FP + TN)            of what isn't a cry, how much sounds the alarm
    false-discovery rate = FP / (FP + TP)        of the alarms, how many are false

The last two have the same numerator and are often mixed up. The second depends on how many cries there are in the test,
so it says nothing about a night with few of them.

T. Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27(8), 2006, section 2,
https://doi.org/10.1016/j.patrec.2005.10.010; E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical
Inference", JASA 22(158), 1927, https://doi.org/10.1080/01621459.1927.10502953 (the intervals).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class DetectionRates:
    """What `detection_rates` returns. A rate whose denominator is 0 is NaN.

    Attributes
    ----------
    true_positives, false_negatives, false_positives, true_negatives : int
    """

    true_positives: int
    false_negatives: int
    false_positives: int
    true_negatives: int

    @property
    def positives(self) -> int:
        """What should sound the alarm."""
        return self.true_positives + self.false_negatives

    @property
    def negatives(self) -> int:
        """What shouldn't."""
        return self.false_positives + self.true_negatives

    @property
    def alarms(self) -> int:
        """What did."""
        return self.true_positives + self.false_positives

    @property
    def sensitivity(self) -> float:
        """Share of the positives that are found; also called recall."""
        return _share(self.true_positives, self.positives)

    @property
    def miss_rate(self) -> float:
        """Share of the positives that aren't."""
        return _share(self.false_negatives, self.positives)

    @property
    def false_alarm_rate(self) -> float:
        """Share of the negatives that sound the alarm."""
        return _share(self.false_positives, self.negatives)

    @property
    def false_discovery_rate(self) -> float:
        """Share of the alarms that are false."""
        return _share(self.false_positives, self.alarms)

    @property
    def accuracy(self) -> float:
        """Share of all that is decided rightly."""
        return _share(self.true_positives + self.true_negatives, self.positives + self.negatives)


def detection_rates(labels: ArrayLike, scores: ArrayLike, threshold: float) -> DetectionRates:
    """Count what a detector does at a threshold.

    Parameters
    ----------
    labels : array_like, (N,) of 0 and 1, or of bool
        1 is what the alarm is for.
    scores : array_like, (N,)
        Finite numbers; more is surer. A score equal to the threshold sounds the alarm.
    threshold : float
        Any number; infinite ones alarm always (-inf) or never (inf).

    Returns
    -------
    DetectionRates
        Rates that have nothing to be a share of, such as the sensitivity where there are no positives, are NaN.

    Raises
    ------
    ValueError
        Nothing to count; shapes that differ or aren't (N,); labels other than 0 and 1; NaN anywhere, or an infinite
        score.

    Examples
    --------
    16 false alarms are 16.16 % of 99. Of 99 negatives, or of 99 alarms?

    >>> rates = detection_rates([1] * 83 + [0] * 99, [1] * 83 + [1] * 16 + [0] * 83, threshold=0.5)
    >>> f"{rates.false_alarm_rate:.2%} of {rates.negatives} negatives, {rates.false_discovery_rate:.2%} of {rates.alarms} alarms"
    '16.16% of 99 negatives, 16.16% of 99 alarms'
    """
    labels, scores = np.asarray(labels), np.asarray(scores, np.float64)
    if labels.ndim != 1 or labels.shape != scores.shape or not labels.size:
        raise ValueError(
            f"labels and scores must have one shape (N,), N at least 1; got {labels.shape} and {scores.shape}"
        )
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(f"labels must be 0 and 1; got {np.unique(labels)[:5].tolist()}")
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite; they hold NaN or infinity")
    if math.isnan(threshold):
        raise ValueError("threshold must be a number; got NaN")
    positive, alarm = labels.astype(bool), scores >= threshold
    return DetectionRates(
        true_positives=int(np.sum(positive & alarm)),
        false_negatives=int(np.sum(positive & ~alarm)),
        false_positives=int(np.sum(~positive & alarm)),
        true_negatives=int(np.sum(~positive & ~alarm)),
    )


def threshold_for(labels: ArrayLike, scores: ArrayLike, sensitivity: float) -> float:
    """The highest threshold that finds at least this share of the positives.

    Parameters
    ----------
    labels, scores : array_like, (N,)
        As in `detection_rates`.
    sensitivity : float
        Above 0, up to 1.

    Returns
    -------
    float
        One of the positives' scores.

    Raises
    ------
    ValueError
        What `detection_rates` refuses; no positives; a sensitivity out of range.

    Examples
    --------
    >>> threshold_for([1, 1, 1, 1, 0], [0.9, 0.8, 0.4, 0.2, 0.3], sensitivity=0.75)
    0.4
    """
    counts = detection_rates(labels, scores, 0.0)
    if not counts.positives or not 0 < sensitivity <= 1:
        raise ValueError(
            f"needed: a positive, and 0 < sensitivity <= 1; got {counts.positives} positives, sensitivity {sensitivity}"
        )
    found = math.ceil(sensitivity * counts.positives - 1e-9)  # 0.07 * 100 is 7.000000000000001
    descending = np.sort(np.asarray(scores, np.float64)[np.asarray(labels).astype(bool)])[::-1]
    return float(descending[found - 1])


def threshold_within(labels: ArrayLike, scores: ArrayLike, false_alarm_rate: float) -> float:
    """The lowest threshold, among the scores, at which at most this share of the negatives sounds the alarm.

    Parameters
    ----------
    labels, scores : array_like, (N,)
        As in `detection_rates`.
    false_alarm_rate : float
        From 0 up to, not including, 1.

    Returns
    -------
    float
        One of the scores; infinity where each of them would let too many negatives ring.

    Raises
    ------
    ValueError
        What `detection_rates` refuses; no negatives; a rate out of range.

    Examples
    --------
    >>> threshold_within([0, 0, 0, 0, 1], [0.1, 0.6, 0.2, 0.3, 0.5], false_alarm_rate=0.25)
    0.5
    """
    counts = detection_rates(labels, scores, 0.0)
    if not counts.negatives or not 0 <= false_alarm_rate < 1:
        raise ValueError(
            f"needed: a negative, and 0 <= false_alarm_rate < 1; got {counts.negatives} negatives, rate {false_alarm_rate}"
        )
    scores = np.asarray(scores, np.float64)
    falling = np.sort(scores[~np.asarray(labels).astype(bool)])[::-1]
    silent = falling[math.floor(false_alarm_rate * counts.negatives + 1e-9)]  # this one must not ring
    above = scores[scores > silent]
    return float(above.min()) if above.size else math.inf


def wilson_interval(count: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for a share of which `count` out of `total` were seen.

    Parameters
    ----------
    count, total : int
        0 <= count <= total.
    confidence : float
        Between 0 and 1, both excluded.

    Returns
    -------
    low, high : float
        In [0, 1]; from nothing seen, nothing is known: (0, 1).

    Raises
    ------
    ValueError
        Counts or confidence out of range.

    Examples
    --------
    >>> low, high = wilson_interval(16, 99)
    >>> f"{low:.1%} to {high:.1%}"
    '10.2% to 24.7%'
    """
    if not 0 <= count <= total or not 0 < confidence < 1:
        raise ValueError(
            f"needed: 0 <= count <= total and 0 < confidence < 1; got {count}, {total}, {confidence}"
        )
    if total == 0:
        return 0.0, 1.0
    from scipy.stats import binomtest

    found = binomtest(count, total).proportion_ci(confidence, method="wilson")
    return float(found.low), float(found.high)


def _share(count: int, total: int) -> float:
    return count / total if total else math.nan
