"""Task `06.locate`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _locate(lengths, number, side="right", negative=True, checked=True, shift=0):
    """The right answer, or one with any one step exchanged for a wrong one."""
    ends = np.cumsum(lengths, dtype=int)
    total = int(ends[-1]) if len(ends) else 0
    if checked and not (-total if negative else 0) <= number < total:
        raise IndexError(number)
    number %= total
    video = int(np.searchsorted(ends, number, side=side))
    return video, int(number - (ends[video] - lengths[video])) + shift


def _loop(lengths, number):
    """Counts down through the videos; a negative number is never brought up, so it stays with the first."""
    for video, length in enumerate(lengths):
        if number < length:
            return video, number
        number -= length
    raise IndexError(number)


def _not_brought_up(lengths, number):
    """Checks the range, then looks for a negative number as it is."""
    if not -sum(lengths) <= number < sum(lengths):
        raise IndexError(number)
    return _loop(lengths, number)


def _same_ends(lengths, number):
    """One bound for both directions, so that −N is refused."""
    if abs(number) >= sum(lengths):
        raise IndexError(number)
    return _locate(lengths, number)


def _one_past_the_end(lengths, number):
    """Takes N, which the modulo turns into 0."""
    total = sum(lengths)
    if not total or not -total <= number <= total:
        raise IndexError(number)
    return _locate(lengths, number % total)


def _only_upwards(lengths, number):
    """Negative numbers counted from the end, without looking how far they go."""
    total = sum(lengths)
    number = number + total if number < 0 else number
    if number >= total:
        raise IndexError(number)
    return _locate(lengths, number % total)


def _without_empty(lengths, number):
    """The place among the videos that have frames."""
    video, frame = _locate(lengths, number)
    return sum(length > 0 for length in lengths[:video]), frame


def _stores(rng):
    """Every number of a few stores, from two below the first to two above the last; skipped videos have no frames."""
    drawn = rng.integers(1, 9, 6)
    drawn[rng.integers(1, 5)] = 0
    stores = ([3, 0, 2], [0, 4, 0, 0, 3, 0], [5], drawn.tolist())
    cases = [(lengths, n) for lengths in stores for n in range(-sum(lengths) - 2, sum(lengths) + 2)]
    return [([3, 0, 2], 3), *cases, ([], 0), ([0, 0], 0), ([40_000, 60_000, 50_000], 99_999)]


TASK = Task(
    key="06.locate",
    name="locate",
    reference=_locate,
    cases=_stores,
    mistakes=(
        Mistake(
            "the border belongs to the wrong video",
            partial(_locate, side="left"),
            "The first frame of each video comes out as a frame of the one before, one past its end. Which side does "
            "np.searchsorted take when the number is in the list?",
        ),
        Mistake(
            "negative numbers refused",
            partial(_locate, negative=False),
            "You refuse negative numbers. As with a list, −1 is the last frame of all.",
        ),
        Mistake(
            "negative numbers in the first video",
            _loop,
            "A negative number ends in the first video. As with a list, −1 is the last frame of all.",
        ),
        Mistake(
            "negative numbers not brought up",
            _not_brought_up,
            "You check the range, but a negative number stays negative and ends in the first video. Add the total to it first.",
        ),
        Mistake(
            "the first frame from the end refused",
            _same_ends,
            "The two ends differ. With N frames, −N is in, it is the first frame; N is out, since the last frame is N − 1.",
        ),
        Mistake(
            "one past the end accepted",
            _one_past_the_end,
            "You accept N, the number of frames. Counting from 0, the last frame is N − 1: −N is in, N is out.",
        ),
        Mistake(
            "numbers wrap around",
            partial(_locate, checked=False),
            "A number past the end begins again at the first frame: the modulo hides the mistake of whoever asked. Raise an "
            "IndexError, on both sides.",
        ),
        Mistake(
            "too negative is accepted",
            _only_upwards,
            "Numbers past the end raise, numbers before the beginning don't: a list of five has no entry −6.",
        ),
        Mistake(
            "frames counted from 1",
            partial(_locate, shift=1),
            "Your frames count from 1. The first frame of a video is 0.",
        ),
        Mistake(
            "the number in the store",
            lambda lengths, number: (_locate(lengths, number)[0], number % sum(lengths)),
            "The right video, but the frame is still counted from the store's beginning. Take off what lies before the video.",
        ),
        Mistake(
            "skipped videos not counted",
            _without_empty,
            "You leave out the videos without frames when you count. They hold no frame, but they do have a place in the list.",
        ),
        Mistake(
            "frame before video",
            lambda lengths, number: _locate(lengths, number)[::-1],
            "Right numbers in the wrong order: the video comes first.",
        ),
    ),
)
