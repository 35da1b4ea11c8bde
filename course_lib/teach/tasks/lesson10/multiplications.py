"""Task `10.multiplications`: the data, and the mistakes that people make."""

from functools import partial

from course_lib.teach.tasks.task import Mistake, Task


def _pairs(length, reach):
    return sum(min(p + reach, length - 1) - max(p - reach, 0) + 1 for p in range(length))


def _multiplications(size, window, channels, values, frames, *, reach=lambda window: window // 2, each=None):
    """The right answer, or one with any one step exchanged for a wrong one."""
    pairs = 1
    for length in size:
        pairs *= _pairs(length, length if window is None else reach(window))
    return pairs * frames * (channels + values if each is None else each(channels, values))


def _border_not_cut(size, window, channels, values, frames):
    if window is None:
        return _multiplications(size, window, channels, values, frames)
    return size[0] * size[1] * window**2 * frames * (channels + values)


def _cut_to_the_picture(size, window, channels, values, frames):
    seen = [length if window is None else min(window, length) for length in size]
    return size[0] * size[1] * seen[0] * seen[1] * frames * (channels + values)


def _one_row(size, window, channels, values, frames):
    reach = max(size) if window is None else window // 2
    return size[0] * _pairs(size[1], reach) * frames * (channels + values)


def _one_frame(size, window, channels, values, frames):
    return _multiplications(size, window, channels, values, 1)


def _only_rows_cut(size, window, channels, values, frames):
    """The window is cut above and below, and taken for whole to the left and right."""
    if window is None:
        return _multiplications(size, window, channels, values, frames)
    return _pairs(size[0], window // 2) * size[1] * window * frames * (channels + values)


def _pictures(rng):
    """Windows smaller and larger than the picture, the released network's numbers, and looking everywhere."""
    named = [
        ((4, 5), 3, 2, 3, 1),
        ((30, 17), 15, 64, 1024, 1),
        ((30, 17), None, 64, 1024, 2),
        ((2, 9), 5, 8, 4, 3),
    ]
    drawn = []
    for window in (3, 5, 9, None):
        numbers = rng.integers([6, 6, 2, 2, 2], [30, 30, 70, 90, 5]).tolist()
        drawn.append((tuple(numbers[:2]), window, *numbers[2:]))
    return [*named, *drawn]


TASK = Task(
    key="10.multiplications",
    name="multiplications",
    reference=_multiplications,
    cases=_pictures,
    tolerance=0,
    mistakes=(
        Mistake(
            "the border not cut",
            _border_not_cut,
            "You give every position a whole window. At the border a part of it lies outside, and costs nothing.",
        ),
        Mistake(
            "cut to the picture only",
            _cut_to_the_picture,
            "You make the window no larger than the picture, and give it whole to every position. It is cut at the border wherever it "
            "sticks out.",
        ),
        Mistake(
            "cut above and below only",
            _only_rows_cut,
            "You cut the window above and below, but not at the sides.",
        ),
        Mistake(
            "along the rows only",
            _one_row,
            "You count the window along the rows alone. It has a height too.",
        ),
        Mistake(
            "reach of a whole window",
            partial(_multiplications, reach=lambda window: window),
            "Your window reaches λ positions to each side, so it is twice as wide as it should be.",
        ),
        Mistake(
            "reach rounded up",
            partial(_multiplications, reach=lambda window: (window + 1) // 2),
            "Your window has two rows and two columns too many: half of an odd window, without its middle, is λ // 2.",
        ),
        Mistake(
            "one frame",
            _one_frame,
            "You count one frame. The window looks at its places in each of them.",
        ),
        Mistake(
            "logits only",
            partial(_multiplications, each=lambda channels, values: channels),
            "You count the logits alone. Each pair also multiplies the value's channels by its weight.",
        ),
        Mistake(
            "values only",
            partial(_multiplications, each=lambda channels, values: values),
            "You count the weighted values alone. Each pair needs its logit first, a product over the key's channels.",
        ),
        Mistake(
            "channels times values",
            partial(_multiplications, each=lambda channels, values: channels * values),
            "You multiply the key's channels by the value's. A pair does the one after the other, so they add up.",
        ),
        Mistake(
            "additions too",
            partial(_multiplications, each=lambda channels, values: 2 * (channels + values)),
            "Twice too many: you count additions as well. Multiplications were asked for.",
        ),
    ),
)
