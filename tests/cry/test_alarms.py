"""Alarms: each rule alone does what its line says, all together stream, and nothing is taken back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from course_lib.cry.alarms import Alarm, AlarmFilter

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=60)


@given(SCORES)
def test_without_rules_every_rise_is_an_alarm(scores):
    above = np.array(scores) >= 0.5
    rises = np.flatnonzero(above & ~np.r_[False, above[:-1]])
    assert [alarm.at for alarm in AlarmFilter(0.5).alarms(scores)] == list(rises * 0.5)


@given(SCORES, st.integers(1, 5), st.integers(0, 3))
def test_k_of_n(scores, k, more):
    n = k + more
    above = np.array(scores) >= 0.5
    enough = np.array([above[max(0, i - n + 1) : i + 1].sum() >= k for i in range(len(above))])
    rises = np.flatnonzero(enough & ~np.r_[False, enough[:-1]])
    assert [alarm.at for alarm in AlarmFilter(0.5, k=k, n=n).alarms(scores)] == list(rises * 0.5)


@given(SCORES)
def test_smoothing_is_scipys_first_order_filter(scores):
    share = 1 - np.exp(-0.5 / 2.0)
    smooth = lfilter([share], [1, share - 1], scores)
    filter = AlarmFilter(0.5, smoothing=2.0)
    for score, expected in zip(scores, smooth, strict=True):
        filter.push(score)
        assert filter._mean == pytest.approx(expected, abs=1e-12)


def test_hysteresis_rides_over_a_dip():
    dip = [0.9, 0.9, 0.4, 0.9, 0.1, 0.9]
    assert len(AlarmFilter(0.5).alarms(dip)) == 3
    assert AlarmFilter(0.5, 0.3).alarms(dip) == [Alarm(0.0, 1.5), Alarm(2.5, 2.5)]
    assert AlarmFilter(0.5, 0.3).alarms([0.4, 0.4]) == []  # between the two nothing begins


def test_hold_waits_and_forgets():
    assert AlarmFilter(0.5, hold=1.0).alarms([1, 1, 1, 1]) == [Alarm(1.0, 1.5)]
    assert AlarmFilter(0.5, hold=1.0).alarms([1, 1, 0, 1, 1, 0]) == []


def test_the_gate_needs_a_level():
    filter = AlarmFilter(0.5, gate=-40)
    assert filter.alarms([1, 1, 1], [-50, -40, -30]) == [Alarm(0.5, 1.0)]
    with pytest.raises(ValueError, match="there is a gate, so level must be given in decibels; got None"):
        filter.push(1.0)


def test_a_pause_keeps_the_next_one_back_until_it_is_over():
    scores = [1, 0, 1, 0, 1, 1, 1]
    assert [alarm.at for alarm in AlarmFilter(0.5, pause=2.5).alarms(scores)] == [0.0, 2.5]


@given(SCORES, st.integers(1, 60))
def test_what_comes_later_takes_nothing_back(scores, cut):
    options = {"off": 0.3, "smoothing": 1.0, "k": 2, "n": 3, "hold": 0.5, "pause": 3.0}
    early = [a.at for a in AlarmFilter(0.5, **options).alarms(scores[:cut])]
    whole = [a.at for a in AlarmFilter(0.5, **options).alarms(scores)]
    assert whole[: len(early)] == early


def test_reset_starts_over():
    filter = AlarmFilter(0.5, smoothing=1.0, k=2, n=3)
    first = filter.alarms([0.9, 0.9, 0.9, 0.2])
    assert filter.alarms([0.9, 0.9, 0.9, 0.2]) == first
    assert AlarmFilter().alarms([]) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"on": "loud"}, "on must be a number, got 'loud'"),
        ({"on": float("nan")}, "on must be finite"),
        ({"off": 0.7}, "off must be at most on, got off 0.7 and on 0.5"),
        ({"k": 3, "n": 2}, "1 <= k <= n, got k 3 and n 2"),
        ({"k": 0}, "1 <= k <= n"),
        ({"smoothing": -1}, "smoothing must be finite, and a time from 0 on; got -1"),
        ({"hop": 0}, "hop must be above 0 seconds, got 0"),
        ({"gate": True}, "gate must be a number, got True"),
    ],
)
def test_options_that_dont_fit_are_named(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        AlarmFilter(**({"on": 0.5} | options))


@pytest.mark.parametrize("score", [1.5, -0.1, float("nan")])
def test_a_score_outside_is_named(score):
    with pytest.raises(ValueError, match="score must be from 0 to 1"):
        AlarmFilter().push(score)
