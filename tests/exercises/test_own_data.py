"""Prose about data of a student's own: what its model answer says is true of everybody's data, and its numbers are one's own."""

import contextlib
import io
import re

import numpy as np
import pytest

from tools.grade.source import sources

SOURCES = {name[:2]: source for name, source in sources().items()}
VARIANTS = (1, 7, 9_973, 48_213, 123_456, 999_999)


def told(number, variant):
    """What the cell above an exercise's prose prints for a student, and what it defines."""
    source = SOURCES[number].of(variant)
    cells = source.notebook.cells
    prose = next(
        i
        for i, c in enumerate(cells)
        if c.metadata.get("nbgrader", {}).get("grade_id", "").startswith("explain_")
    )
    space, printed = dict(source.namespace), io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(cells[prose - 1].source, space)
    return printed.getvalue(), space


def numbers(text):
    return [float(found) for found in re.findall(r"\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize("number", ["09", "10", "14", "20"])
def test_what_self_study_reads_is_no_students(number):
    texts = [told(number, variant)[0] for variant in (0, *VARIANTS[:3])]
    assert texts[0] not in texts[1:]


@pytest.mark.parametrize("variant", [0, *VARIANTS])
def test_09_one_frame_with_the_coat_is_stored_and_its_places_get_no_seat(variant):
    text, space = told("09", variant)
    every, stored = space["every"], space["stored"]
    assert (every, stored) == (5, 15) if variant == 0 else every != 5
    assert [t for t in range(stored - 3, stored + 3) if t % every == 0] == [stored]
    before, usage, after = text.splitlines()[1:]
    assert before.startswith(f"frame {9 * every - 1}:") and f" {stored}," in before
    assert after.startswith(f"frame {9 * every}: held whole (0, {6 * every}, ")
    coat, elsewhere = numbers(usage)[1:]
    assert coat < 0.75 * elsewhere
    assert after.endswith("of the coat 0")


@pytest.mark.parametrize("variant", [0, *VARIANTS])
def test_10_the_small_window_fails_where_the_pan_leaves_it_and_is_better_at_age_1(variant):
    text, space = told("10", variant)
    small = space["small"]
    assert small == 7 if variant == 0 else small in (3, 5, 9)
    large, error = np.array([numbers(line)[2::2] for line in text.splitlines()]).T  # at ages 1 to 5
    reach = (small - 1) // 2  # positions, of which the pan moves one a frame
    assert error[0] < large[0]
    assert error[reach:].min() > 2 * max(error[:reach].max(), large.max())


@pytest.mark.parametrize("variant", [0, *VARIANTS])
def test_14_twice_the_k_halves_the_keyframes_share_alone(variant):
    text, space = told("14", variant)
    T, c = space["T"], space["c"]
    most, share = T / c, T / (T + 29 * c)  # of a frame's mean time at k = 30, how much is the keyframe's
    if variant:
        assert (most < 21 and share < 0.42) or (most > 44 and share > 0.6)
    else:
        assert (round(most), round(share, 1)) == (29, 0.5)
    phone, first, second = (numbers(line) for line in text.splitlines())
    assert phone[0] / phone[1] == pytest.approx(most, rel=0.02)  # as printed
    assert first[1] < second[1] < min(most, 2 * first[1])
    assert 1 / second[1] == pytest.approx((1 - share / 2) / first[1], rel=0.03)
    assert second[2] < 0.9 * first[2]


@pytest.mark.parametrize("variant", [0, *range(9_973, 999_999, 9_973)])
def test_20_the_best_look_flatters_and_a_larger_set_makes_it_flatter_less(variant):
    text, space = told("20", variant)
    cries, others, name = numbers(text.splitlines()[0])
    always = cries / (cries + others)
    if variant:
        assert always < 0.58
        assert space["true"] < 0.81
    else:
        assert (cries, others, name, space["true"]) == (150, 99, 0.8755, 0.83)
        assert always > 0.6
    assert name > space["true"] + 0.04
    # The spread of one look and the mean of the best, in percent.
    small, large = (numbers(line)[2:] for line in text.splitlines()[1:])
    bonus, less = small[1] - 100 * space["true"], large[1] - 100 * space["true"]
    assert 2.5 < bonus / less < 4
    assert less > 1
