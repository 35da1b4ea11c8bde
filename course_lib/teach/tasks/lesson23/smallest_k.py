"""Task `23.smallest_k`: the data, and the mistakes that people make."""

import math

from course_lib.teach.tasks.task import Mistake, Task


def _whole_clip(frames, k, T, c):
    keyframes = math.ceil(frames / k)
    return keyframes * T + (frames - keyframes) * c


def _first(frames, fits, none=0):
    return next((k for k in range(1, frames + 1) if fits(k)), none)


def _smallest_k(frames, T, c, seconds):
    return _first(frames, lambda k: _whole_clip(frames, k, T, c) <= seconds)


def _one_short(frames, T, c, seconds):
    return next((k for k in range(1, frames) if _whole_clip(frames, k, T, c) <= seconds), 0)


def _rounded_down(frames, T, c, seconds):
    return _first(frames, lambda k: frames // k * T + (frames - frames // k) * c <= seconds)


def _both(frames, T, c, seconds):
    return _first(frames, lambda k: math.ceil(frames / k) * T + frames * c <= seconds)


def _full_groups(frames, T, c, seconds):
    return _first(frames, lambda k: math.ceil(frames / k) * (T + (k - 1) * c) <= seconds)


def _strictly(frames, T, c, seconds):
    return _first(frames, lambda k: _whole_clip(frames, k, T, c) < seconds)


def _largest(frames, T, c, seconds):
    return max((k for k in range(1, frames + 1) if _whole_clip(frames, k, T, c) <= seconds), default=0)


def _keyframes(frames, T, c, seconds):
    k = _smallest_k(frames, T, c, seconds)
    return math.ceil(frames / k) if k else 0


def _free_between(frames, T, c, seconds):
    return _first(frames, lambda k: math.ceil(frames / k) * T <= seconds)


def _clips(rng):
    """Lengths that k divides and doesn't, a budget met to the dot, one that is ample and one that is hopeless."""
    cases = [
        (150, 0.6, 0.02, 6.0),
        (10, 1.0, 0.125, 4.0),
        (16, 0.5, 0.25, 5.0),  # 4 keyframes and 12 others: 5.0, to the dot
        (23, 0.5, 0.0625, 3.875),
        (30, 0.5, 0.25, 20.0),
        (30, 0.5, 0.25, 7.75),  # one keyframe is all that there is time for
        (30, 0.5, 0.25, 7.0),
    ]
    for _ in range(4):
        frames, T = int(rng.integers(31, 90)), float(rng.integers(8, 16)) / 16
        c = float(rng.integers(1, 4)) / 128
        cases.append((frames, T, c, _whole_clip(frames, int(rng.integers(4, 9)), T, c)))
    return cases


TASK = Task(
    key="23.smallest_k",
    name="smallest_k",
    reference=_smallest_k,
    cases=_clips,
    mistakes=(
        Mistake(
            "keyframes rounded down",
            _rounded_down,
            "You count too few keyframes when k doesn't divide the clip: the last, shorter group has one, too.",
        ),
        Mistake(
            "keyframes pay c as well",
            _both,
            "You charge c for every frame. A keyframe takes T and no c.",
        ),
        Mistake(
            "the last group is full",
            _full_groups,
            "You charge every group for k frames. The last one may be shorter; the clip ends when it ends.",
        ),
        Mistake(
            "strictly below",
            _strictly,
            "Nearly. A clip that takes the budget to the dot is in time.",
        ),
        Mistake(
            "largest k",
            _largest,
            "You give the largest k. It is in time, too, but its colors are the oldest. Asked for is the smallest.",
        ),
        Mistake(
            "number of keyframes",
            _keyframes,
            "You return how many keyframes there are. Asked for is k: one frame in how many?",
        ),
        Mistake(
            "frames between are free",
            _free_between,
            "You forget what the frames between cost. A c of 20 ms is half of the report's 6 seconds.",
        ),
        Mistake(
            "last k not tried",
            _one_short,
            "You never try k = frames, with one keyframe for the whole clip. range(1, frames) ends before it.",
        ),
        Mistake(
            "always some k",
            lambda frames, T, c, seconds: _smallest_k(frames, T, c, seconds) or frames,
            "For a budget that no k meets you return a k all the same. Asked for is 0: say that it can't be done.",
        ),
    ),
)
