"""Detection rates: against scikit-learn, against the report's figures, and where there is nothing to divide by."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from course_lib.metrics import detection_rates, threshold_for, threshold_within, wilson_interval

EXAMPLES = st.lists(st.tuples(st.booleans(), st.floats(-1, 1)), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(EXAMPLES, st.floats(-1.5, 1.5))
def test_counts_and_rates_are_scikit_learns(examples, threshold):
    labels, scores = np.array([x[0] for x in examples]), np.array([x[1] for x in examples])
    alarm = scores >= threshold
    rates = detection_rates(labels, scores, threshold)
    theirs = confusion_matrix(labels, alarm, labels=[False, True]).ravel()
    ours = rates.true_negatives, rates.false_positives, rates.false_negatives, rates.true_positives
    np.testing.assert_array_equal(ours, theirs)
    if labels.any():
        assert rates.sensitivity == pytest.approx(recall_score(labels, alarm))
        assert rates.miss_rate == pytest.approx(1 - rates.sensitivity)
    if not labels.all():
        assert rates.false_alarm_rate == pytest.approx(1 - recall_score(~labels, ~alarm))
    if alarm.any():
        assert rates.false_discovery_rate == pytest.approx(1 - precision_score(labels, alarm))
    assert rates.accuracy == pytest.approx(np.mean(labels == alarm))


def test_the_reports_rate_under_both_denominators():
    of_negatives = detection_rates([0] * 99 + [1] * 150, [1] * 16 + [0] * 83 + [1] * 135 + [0] * 15, 0.5)
    assert f"{of_negatives.false_alarm_rate:.2%}" == "16.16%" and of_negatives.negatives == 99
    assert f"{of_negatives.accuracy:.4f}" == "0.8755" and of_negatives.sensitivity == pytest.approx(0.9)
    of_alarms = detection_rates([0] * 16 + [1] * 83, [1] * 99, 0.5)
    assert f"{of_alarms.false_discovery_rate:.2%}" == "16.16%" and of_alarms.alarms == 99
    only = [n for n in range(16, 2000) if f"{16 / n:.2%}" == "16.16%"]
    assert only == [99]


def test_a_score_at_the_threshold_sounds_the_alarm():
    assert detection_rates([1], [0.5], 0.5).true_positives == 1
    assert detection_rates([1], [0.5], np.nextafter(0.5, 1)).false_negatives == 1
    assert detection_rates([1, 0], [0.5, 0.2], -math.inf).alarms == 2
    assert detection_rates([1, 0], [0.5, 0.2], math.inf).alarms == 0


def test_rates_of_nothing_are_nan():
    no_cry = detection_rates([0, 0], [0.1, 0.2], 0.5)
    assert math.isnan(no_cry.sensitivity) and math.isnan(no_cry.miss_rate)
    assert math.isnan(no_cry.false_discovery_rate) and no_cry.false_alarm_rate == 0
    assert math.isnan(detection_rates([1], [1.0], 0.5).false_alarm_rate)


@pytest.mark.parametrize(
    "labels, scores, threshold, message",
    [
        ([], [], 0.5, "at least 1"),
        ([1, 0], [0.5], 0.5, r"\(2,\) and \(1,\)"),
        ([[1]], [[0.5]], 0.5, "one shape"),
        ([2], [0.5], 0.5, r"0 and 1; got \[2\]"),
        (["cry"], [0.5], 0.5, "0 and 1"),
        ([1], [math.nan], 0.5, "scores must be finite"),
        ([1], [math.inf], 0.5, "scores must be finite"),
        ([1], [0.5], math.nan, "threshold"),
    ],
)
def test_what_cannot_be_counted_is_refused(labels, scores, threshold, message):
    with pytest.raises(ValueError, match=message):
        detection_rates(labels, scores, threshold)


@given(EXAMPLES.filter(lambda x: any(label for label, _ in x)), st.floats(0.01, 1))
def test_the_threshold_finds_enough_and_none_higher_does(examples, sensitivity):
    labels, scores = (np.array(column) for column in zip(*examples, strict=True))
    threshold = threshold_for(labels, scores, sensitivity)
    assert detection_rates(labels, scores, threshold).sensitivity >= sensitivity - 1e-9
    assert detection_rates(labels, scores, np.nextafter(threshold, 2)).sensitivity < sensitivity


@given(EXAMPLES.filter(lambda x: not all(label for label, _ in x)), st.floats(0, 0.99))
def test_the_threshold_keeps_within_the_budget_and_no_lower_score_does(examples, rate):
    labels, scores = (np.array(column) for column in zip(*examples, strict=True))
    threshold = threshold_within(labels, scores, rate)
    assert detection_rates(labels, scores, threshold).false_alarm_rate <= rate + 1e-9
    lower = scores[scores < threshold]
    if lower.size:
        assert detection_rates(labels, scores, lower.max()).false_alarm_rate > rate - 1e-9


def test_a_threshold_for_nothing_is_refused():
    with pytest.raises(ValueError, match="0 negatives"):
        threshold_within([1], [0.5], 0.1)
    with pytest.raises(ValueError, match="rate 1"):
        threshold_within([0], [0.5], 1)
    with pytest.raises(ValueError, match="0 positives"):
        threshold_for([0], [0.5], 0.9)
    with pytest.raises(ValueError, match="sensitivity 0"):
        threshold_for([1], [0.5], 0)


@given(st.integers(0, 300), st.integers(1, 300), st.floats(0.5, 0.999))
def test_the_interval_holds_the_shares_that_a_score_test_allows(count, more, confidence):
    total = count + more
    z, share = norm.ppf((1 + confidence) / 2), count / total
    for end in wilson_interval(count, total, confidence):  # where it ends, the score test is at its limit
        assert (share - end) ** 2 == pytest.approx(z**2 * end * (1 - end) / total, abs=1e-9)


def test_intervals_of_nothing_and_of_the_impossible():
    assert wilson_interval(0, 0) == (0, 1)
    for count, total, confidence in ((2, 1, 0.95), (-1, 3, 0.95), (1, 3, 1.0), (1, 3, 0.0)):
        with pytest.raises(ValueError, match="count <= total"):
            wilson_interval(count, total, confidence)
