"""Task `06.fit_box`: the data, and the mistakes that people make."""

import math
from functools import partial

from course_lib.teach.tasks.task import Mistake, Task
from course_lib.video.decode import fit


def _fit_box(source, box):
    return tuple(fit(source, box))


def _placed(source, box, scale=min, whole=round, before=lambda free: free // 2, least=1):
    """Fitting with any one step exchanged for a wrong one."""
    factor = scale([b / s for b, s in zip(box, source, strict=True)])
    width, height = (max(whole(s * factor), least) for s in source)
    top, left = before(box[1] - height), before(box[0] - width)
    return width, height, top, box[1] - height - top, left, box[0] - width - left


def _other_order(source, box):
    width, height, top, bottom, left, right = fit(source, box)
    return width, height, left, right, top, bottom


def _rows_first(source, box):
    width, height, *padding = fit(source, box)
    return (height, width, *padding)


def _even_sides(source, box):
    width, height, top, _, left, _ = fit(source, box)
    return width, height, top, top, left, left


def clear(source, box):
    """Whether no scaled side lies near half a pixel, where rounding rules differ."""
    factor = min(b / s for b, s in zip(box, source, strict=True))
    return all(abs(s * factor % 1 - 0.5) > 0.05 for s in source)


def _videos(rng):
    """Wide, high and square videos, larger and smaller than the box; one exact fit, one sliver."""
    drawn = [
        tuple(map(tuple, rng.integers(40, 1000, (2, 2)).tolist())) for _ in range(40)
    ]  # (source, box) each
    named = [
        ((640, 480), (240, 135)),
        ((1920, 800), (240, 135)),
        ((1080, 1920), (242, 137)),
        ((1601, 1200), (240, 136)),
        ((480, 270), (240, 135)),
        ((100, 50), (240, 135)),
        ((3000, 5), (240, 135)),
    ]
    return [pair for pair in [*named, *drawn] if clear(*pair)][: len(named) + 20]


TASK = Task(
    key="06.fit_box",
    name="fit_box",
    reference=_fit_box,
    cases=_videos,
    mistakes=(
        Mistake(
            "stretched",
            lambda source, box: (*box, 0, 0, 0, 0),
            "You stretch every picture over the whole box. One scale for both sides, and the rest is padding.",
        ),
        Mistake(
            "the larger scale",
            partial(_placed, scale=max),
            "Your picture fills the box and sticks out of it: padding is negative. That is cropping; take the smaller of the "
            "two ratios.",
        ),
        Mistake(
            "always by width",
            partial(_placed, scale=lambda ratios: ratios[0]),
            "Right for wide videos. A high one sticks out of the box: the height has a ratio too.",
        ),
        Mistake(
            "always by height",
            partial(_placed, scale=lambda ratios: ratios[1]),
            "Right for high videos. A wide one sticks out of the box: the width has a ratio too.",
        ),
        Mistake(
            "never enlarged",
            partial(_placed, scale=lambda ratios: min(*ratios, 1)),
            "A video smaller than the box stays small in its middle. It is to be enlarged until one side is the box's.",
        ),
        Mistake(
            "rounded down",
            partial(_placed, whole=int),
            "Your pictures are a pixel too small now and then: you cut the fraction off. Round to the nearest.",
        ),
        Mistake(
            "rounded up",
            partial(_placed, whole=lambda x: math.ceil(x - 1e-9)),
            "Your pictures are a pixel too large now and then: you round up. Round to the nearest.",
        ),
        Mistake(
            "the odd pixel first",
            partial(_placed, before=lambda free: free - free // 2),
            "Where the padding is odd, your extra pixel is at the top or left. The docstring wants it at the bottom or right.",
        ),
        Mistake(
            "padding on one side",
            partial(_placed, before=lambda free: 0),
            "Your picture sits in the corner, with all the padding at the bottom and right. It belongs in the middle.",
        ),
        Mistake(
            "the same padding on both sides",
            _even_sides,
            "Where the padding is odd, your parts don't add up to the box: a pixel is lost. What is left over after the one "
            "side belongs to the other.",
        ),
        Mistake(
            "a sliver disappears",
            partial(_placed, least=0),
            "A very wide or very high video gets a side of 0 pixels. The docstring keeps at least one.",
        ),
        Mistake(
            "left and right first",
            _other_order,
            "Right numbers in another order: the docstring has top and bottom before left and right.",
        ),
        Mistake(
            "height first",
            _rows_first,
            "You give the height before the width. Array shapes begin with rows; this tuple begins with the width.",
        ),
    ),
)
