"""What a detector's scores come to: thresholds from other folds, breakdowns, and rules that could fake a detector."""

import itertools

import numpy as np
import pytest

from course_lib.cry.evaluation import RULES, hear, spectrum_scores
from course_lib.cry.rates import (
    Heard,
    as_numbers,
    by_kind,
    by_loudness,
    curve,
    out_of_fold,
    rule_scores,
    window_examples,
)
from course_lib.data import made_sounds
from course_lib.metrics import detection_rates, threshold_within

RATE = 16000


@pytest.fixture(scope="module")
def scored():
    """Labels, scores and folds of 300 recordings in five folds."""
    rng = np.random.default_rng(0)
    labels = (np.arange(300) % 4 == 0).astype(int)
    return labels, rng.beta(2 + 3 * labels, 5 - 3 * labels), np.arange(300) % 5


def test_a_folds_threshold_never_sees_the_fold(scored):
    labels, scores, folds = scored
    rates, thresholds = out_of_fold(labels, scores, folds)
    for f in range(5):
        assert thresholds[f] == threshold_within(labels[folds != f], scores[folds != f], 0.10)
    turned = np.where(folds == 2, 1 - scores, scores)  # whatever happens in a fold
    assert out_of_fold(labels, turned, folds)[1][2] == thresholds[2]
    by_hand = [detection_rates(labels[folds == f], scores[folds == f], thresholds[f]) for f in range(5)]
    assert rates.true_positives == sum(r.true_positives for r in by_hand)
    assert rates.false_positives == sum(r.false_positives for r in by_hand)


def test_numbers_for_a_card_hold_intervals():
    numbers = as_numbers(detection_rates([0] * 99 + [1] * 10, [1] * 16 + [0] * 83 + [1] * 10, 0.5))
    assert numbers["false_alarm_rate"] == [0.1616, 0.102, 0.2465]
    assert numbers["sensitivity"][0] == 1 and numbers["sensitivity"][1] < 0.8
    assert "sensitivity" not in as_numbers(detection_rates([0], [0.1], 0.5))


def test_the_curve_falls_in_both_rates(scored):
    points = curve(*scored[:2])
    for name in ("sensitivity", "false_alarm_rate"):
        values = [point[name] for point in points]
        assert values[0] == 1 and all(a >= b for a, b in itertools.pairwise(values))


def _heard(kind, label, level, score=0.5):
    return Heard(kind, label, 1, level, score, (0.1, 0.9), (False, True))


def test_breakdowns_count_who_rang():
    heard = [
        _heard("dog", 0, -15.0),
        _heard("dog", 0, -35.0),
        _heard("rain", 0, -50.0),
        _heard("crying_baby", 1, -25.0),
    ]
    alarm = np.array([True, False, False, True])
    assert by_kind(heard, alarm) == {
        "dog": {"recordings": 2, "false_alarms": 1},
        "rain": {"recordings": 1, "false_alarms": 0},
    }
    rows = by_loudness(heard, alarm)
    assert [row["others"] for row in rows] == [1, 1, 0, 1] and [row["false_alarms"] for row in rows] == [
        0,
        0,
        0,
        1,
    ]
    assert [row["found"] for row in rows] == [0, 0, 1, 0]
    labels, scores, folds = window_examples(heard)
    assert labels.tolist() == [0, 0, 0, 1] and set(scores) == {0.9} and set(folds) == {1}


class _Loud:
    """A detector that takes a bright picture for a cry."""

    def score_bytes(self, bytes_):
        return bytes_.mean((1, 2, 3)) / 255


def test_hearing_a_recording_keeps_its_windows():
    wave = np.concatenate([made_sounds(1, 0, seconds=2).waves[0] * 0.5, np.zeros(2 * RATE, np.float32)])
    heard = hear(_Loud(), wave, "crying_baby", 1, 3)
    assert heard.fold == 3 and len(heard.windows) == 7 and heard.windows[-1] == 0
    assert heard.loud[0] and not heard.loud[-1]
    assert heard.score == pytest.approx(np.sort(heard.windows)[-3:].mean(), abs=1e-4)


def test_rules_see_what_they_are_named_after():
    time = np.arange(RATE) / RATE
    low, high, cry = (0.1 * np.sin(2 * np.pi * f * time).astype(np.float32) for f in (120, 6000, 450))
    assert RULES["loudness"](2 * low) - RULES["loudness"](low) == pytest.approx(6.02, abs=0.01)
    assert RULES["power above 4 kHz"](high) > -0.1 and RULES["power above 4 kHz"](low) < -40
    assert RULES["pitch of 300 to 600 Hz"](cry) > 0.95


def test_a_rule_is_turned_around_by_the_other_folds_and_a_regression_learns():
    values, labels, folds = np.array([1.0, 2, 5, 6]), np.array([1, 0, 1, 0]), np.array([1, 1, 2, 2])
    assert rule_scores(values, labels, folds).tolist() == [-1, -2, -5, -6]
    sounds = made_sounds(24, 5, seconds=1, kinds=["cry", "noise"])
    scores = spectrum_scores(sounds.waves, sounds.labels, np.arange(24) // 8)
    assert scores[sounds.labels == 1].mean() > scores[sounds.labels == 0].mean() + 0.3
