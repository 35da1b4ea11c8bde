"""Scores in three classes, by both readings of the thresholds; samples with as many of each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.quality import balanced_sample, three_class_labels


def as_written(score, low, high):
    if score <= low:
        return 0
    return 2 if score >= high else 1


def as_coded(score, low, high):
    """The log's code: a score of 4.7 counts as 5, then `<= low` is bad and `> high` is good."""
    whole = int(score) + 1
    if whole <= low:
        return 0
    return 2 if whole > high else 1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(1, 10), max_size=20), st.integers(1, 8), st.integers(1, 4))
def test_both_readings_are_those_of_the_log(scores, low, step):
    high = low + step
    scores = [*scores, low, high, low + 0.5]
    for reading, rule in (("written", as_written), ("coded", as_coded)):
        labels = three_class_labels(scores, low, high, reading=reading)
        assert labels.dtype == np.int64
        np.testing.assert_array_equal(labels, [rule(s, low, high) for s in scores])


def test_the_readings_differ_on_the_lower_threshold_alone():
    scores = np.linspace(0, 10, 101).round(1)
    written, coded = (three_class_labels(scores, reading=r) for r in ("written", "coded"))
    np.testing.assert_array_equal(scores[written != coded], [5])


def test_any_shape_and_any_scale():
    assert three_class_labels(7).shape == ()
    np.testing.assert_array_equal(
        three_class_labels(np.array([[20, 60], [61, 99]]), 60, 70), [[0, 0], [1, 2]]
    )
    assert three_class_labels([]).shape == (0,)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([1, np.nan],), ValueError, "finite; 1 of 2"),
        (([np.inf],), ValueError, "finite"),
        ((["5"],), TypeError, "scores must be numbers"),
        (([True],), TypeError, "scores.*bool"),
        (([None],), TypeError, "scores"),
        (([5], 6, 5), ValueError, "low must be below high.*low=6 and high=5"),
        (([5], 5, 5), ValueError, "low must be below high"),
        (([5], np.nan, 5), ValueError, "low"),
        (([5], "5", 6), TypeError, "low.*'5'"),
        (([5], 5, True), TypeError, "high.*True"),
    ],
)
def test_bad_input_is_named(arguments, error, words):
    with pytest.raises(error, match=words):
        three_class_labels(*arguments)
    with pytest.raises(ValueError, match=r"reading.*'written', 'coded'; got 'text'"):
        three_class_labels([5], reading="text")


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_a_sample_holds_each_class_alike_and_nothing_twice(per_class, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat([0, 1, 2], [5, 40, 11]))
    places = balanced_sample(labels, per_class, seed)
    assert len(np.unique(places)) == 3 * per_class
    np.testing.assert_array_equal(np.bincount(labels[places]), [per_class] * 3)
    np.testing.assert_array_equal(places, balanced_sample(labels, per_class, seed))


def test_every_member_is_drawn_equally_often():
    labels = np.repeat([0, 1, 2], [4, 8, 16])
    drawn = np.bincount(np.concatenate([balanced_sample(labels, 4, s) for s in range(200)]), minlength=28)
    assert (drawn[:4] == 200).all()
    assert np.abs(drawn[4:12] - 100).max() < 36  # 5 standard deviations of a binomial
    assert np.abs(drawn[12:] - 50).max() < 31


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([0, 1, 2, 2], 2, 0), ValueError, r"at most 1: class 0 \(bad\) has no more; got 2"),
        (([0, 1, 1], 1, 0), ValueError, r"at most 0: class 2 \(good\)"),
        (([0, 1, 2, 3], 1, 0), ValueError, "0, 1 and 2"),
        (([[0, 1, 2]], 1, 0), ValueError, r"shape \(1, 3\)"),
        (([0.0, 1.0, 2.0], 1, 0), TypeError, "float64"),
        (([0, 1, 2], 1.0, 0), TypeError, "per_class"),
        (([0, 1, 2], 0, 0), ValueError, "at least 1; got 0"),
    ],
)
def test_a_sample_that_cannot_be_is_named(arguments, error, words):
    with pytest.raises(error, match=words):
        balanced_sample(*arguments)
