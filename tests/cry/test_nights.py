"""Nights: events where they should be, truth that fits them, and reports that can be counted by hand."""

import json

import numpy as np
import pytest

from course_lib.cry.alarms import Alarm, AlarmFilter
from course_lib.cry.cry_input import QUIET
from course_lib.cry.night import (
    DISTANCES,
    GRACE,
    GROUPS,
    RATES,
    ROOM,
    BankedSound,
    Night,
    bank_sound,
    make_night,
    night_report,
    total,
)
from course_lib.cry.nights import FACTS, candidates, choose, halves, part_by_part, try_filter


def _sound(kind: str, source: str, score: float, windows: int = 9) -> BankedSound:
    shape = (len(DISTANCES), windows)
    return BankedSound(kind, source, np.full(shape, score), np.full(shape, -25.0))


BANK = [
    _sound("crying_baby", "a", 0.9),
    _sound("dog", "b", 0.6),
    _sound("speech", "c", 0.2),
    _sound("rain", "d", 0.1),
    _sound("clock_tick", "e", 0.3),
    _sound("keyboard_typing", "f", 0.05, windows=1),
]


@pytest.fixture(scope="module")
def night() -> Night:
    return make_night(BANK, 3)


def test_a_night_is_eight_hours_and_hangs_on_its_seed_alone(night):
    assert night.scores.shape == night.levels.shape == (57_600,) and night.hours == 8
    again, other = make_night(BANK, 3), make_night(BANK, 4)
    assert np.array_equal(night.scores, again.scores) and night.kinds == again.kinds
    assert night.kinds != other.kinds


def test_windows_hold_what_the_truth_says(night):
    score = {sound.kind: sound.scores[0, 0] for sound in BANK}
    told = np.zeros(len(night.scores))
    for start, end, kind in night.kinds:
        first, last = round(start / 0.5), round((end - 1) / 0.5)
        part = night.scores[first : last + 1]
        assert set(part) <= {score[kind], 0.0} and part[0] == score[kind]
        told[first : last + 1] = part
    assert np.array_equal(told, night.scores)  # nothing anywhere else
    assert set(night.levels[night.scores == 0]) == {ROOM}
    starts, ends = np.array([k[:2] for k in night.kinds]).T
    assert (starts[1:] >= ends[:-1]).all() and ends[-1] <= 8 * 3600 + 0.5


def test_episodes_last_as_long_as_is_said(night):
    for start, end in night.cries:
        assert 10 < end - start <= 121 or end > 8 * 3600 - 1  # a pause at its end is cut off


def test_events_come_at_their_rates():
    kinds = [kind for seed in range(30) for _, _, kind in make_night(BANK, seed).kinds]
    hours = 30 * 8
    for group, rate in RATES.items():
        count = sum(kind in GROUPS[group] for kind in kinds)
        assert abs(count - rate * hours) < 4 * (rate * hours) ** 0.5  # Poisson
    only = make_night(BANK, 0, rates={"animals": 30.0}, hours=1)
    assert {kind for _, _, kind in only.kinds} == {"dog"} and only.cries == ()
    assert make_night(BANK, 0, rates={"animals": 0.0}, hours=0.5).kinds == ()


def test_a_report_counted_by_hand():
    windows = 2000
    truth = (
        (100.0, 130.0, "crying_baby"),
        (200.0, 210.0, "dog"),
        (300.0, 330.0, "cry"),
        (500.0, 520.0, "cry"),
    )
    night = Night(np.zeros(windows), np.zeros(windows), truth)
    alarms = [
        Alarm(50.0, 52.0),  # false, in the quiet
        Alarm(104.0, 108.0),  # found after 5 s
        Alarm(120.0, 121.0),  # the same episode again: neither
        Alarm(205.0, 206.0),  # false, the dog
        Alarm(295.0, 301.0),  # false, the quiet again; still sounds when the third begins
        Alarm(520.0 + GRACE, 524.0),  # just in time
        Alarm(700.0, 701.0),
    ]
    report = night_report(alarms, night)
    assert (report.episodes, report.missed, report.false_alarms) == (3, 0, 4)
    assert report.delays == (5.0, 0.0, 20.0 + GRACE + 1) and report.delay == 5.0
    assert report.rang == ("quiet", "dog", "quiet", "quiet")
    assert report.false_per_hour == pytest.approx(4 / (2000 * 0.5 / 3600))
    late = night_report([Alarm(520.5 + GRACE, 530.0)], night)
    assert (late.missed, late.false_alarms) == (3, 1) and np.isnan(late.delay)


def test_totals_add_up(night):
    report = night_report(AlarmFilter(0.5).alarms(night.scores, night.levels), night)
    both = total([report, report])
    assert both == total([both]) and both.false_alarms == 2 * report.false_alarms
    assert both.false_per_hour == report.false_per_hour and both.delay == report.delay


def test_every_cry_is_found_and_every_dog_rings(night):
    report = try_filter({"on": 0.5}, [night])
    assert report.missed == 0 and set(report.delays) == {1.0}
    assert set(report.rang) == {"dog"} and report.false_alarms == sum(k == "dog" for _, _, k in night.kinds)
    gated = try_filter({"on": 0.5, "gate": -20.0}, [night])
    assert gated.missed == gated.episodes and gated.false_alarms == 0


class _Loud:
    """Scores each window by the mean of its bytes."""

    def score_bytes(self, bytes_):
        return (bytes_.reshape(len(bytes_), -1).mean(1) / 255).astype(np.float32)


def test_farther_is_quieter_and_then_silent():
    wave = np.random.default_rng(0).standard_normal(24_000).astype(np.float32) * 10 ** (-45 / 20)
    sound = bank_sound(_Loud(), wave, "dog", "x")
    assert sound.scores.shape == sound.levels.shape == (3, 2)
    assert np.diff(sound.levels, axis=0) == pytest.approx(-10.0, abs=0.01)
    assert (sound.scores[sound.levels < QUIET] == 0).all() and (sound.scores[0] > sound.scores[1]).all()


def test_no_source_is_on_both_sides():
    bank = [_sound(kind, source, 0.5) for kind in ("dog", "cat") for source in "abcde"]
    validation, test = halves(bank)
    assert not {s.source for s in validation} & {s.source for s in test}
    assert len(validation) + len(test) == len(bank) and {s.kind for s in test} == {"dog", "cat"}


def test_the_choice_keeps_to_its_rule(night):
    tried = [({"on": on}, try_filter({"on": on}, [night])) for on in (0.3, 0.7, 0.95)]
    assert choose(tried, missed=0.0, delay=5.0)[0] == {"on": 0.7}
    with pytest.raises(ValueError, match=r"no filter misses at most 0% and takes at most 0\.5 s, of 3 tried"):
        choose(tried, missed=0.0, delay=0.5)


def test_the_filters_that_are_tried_are_filters():
    for options in [*candidates(), *part_by_part(0.6).values()]:
        AlarmFilter(**options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": -1}, "seed must be at least 0"),
        ({"hours": 0}, "hours above 0"),
        ({"hours": float("nan")}, "hours above 0"),
        ({"rates": {"pets": 1.0}}, "got 'pets': 1.0"),
        ({"rates": {"cry": float("nan")}}, "got 'cry': nan"),
        ({"bank": BANK[1:]}, "rates ask for cry, and bank has no such sound"),
    ],
)
def test_what_makes_no_night_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        make_night(**{"bank": BANK, "seed": 0} | change)


def test_the_shipped_table_keeps_to_its_own_rule():
    found = json.loads(FACTS.read_text(encoding="utf-8"))
    rule, chosen = found["rule"], found["filters"]["chosen"]["options"]
    fit = [
        row
        for row in found["tried"]
        if row["missed"] <= rule["missed"] * row["episodes"]
        and row["delay"] is not None
        and row["delay"] <= rule["delay"]
    ]
    best = min(fit, key=lambda row: (row["false_alarms"], row["delay"]))
    assert best["options"] == chosen and [row["options"] for row in found["tried"]] == list(candidates())
