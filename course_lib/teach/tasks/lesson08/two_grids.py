"""Task `08.two_grids`: the data, and the mistakes that people make."""

from functools import partial

from course_lib.teach.tasks.task import Mistake, Task


def _two_grids(height, width):
    return _grids(height, width)


def _up(side, multiple):
    return -(-side // multiple) * multiple


def _grids(height, width, multiple=112, padded=_up, before=lambda extra: extra // 2, strides=(14, 16)):
    """The right answer, or one with any one step exchanged for a wrong one."""
    H, W = padded(height, multiple), padded(width, multiple)
    top, left = before(H - height), before(W - width)
    sides = (top, H - height - top, left, W - width - left)
    return (sides, *((H // stride, W // stride) for stride in strides))


def _unpadded_grids(height, width):
    sides, *_ = _grids(height, width)
    return sides, (height // 14, width // 14), (height // 16, width // 16)


def _left_and_right_first(height, width):
    (top, bottom, left, right), *grids = _grids(height, width)
    return ((left, right, top, bottom), *grids)


def _frames(rng):
    """Common frames, whole multiples of everything, and drawn ones; odd paddings among them."""
    named = [(136, 240), (480, 854), (112, 224), (1080, 1920), (113, 111), (14, 16), (1, 1), (560, 449)]
    return [*named, *[tuple(pair) for pair in rng.integers(20, 2200, (12, 2)).tolist()]]


TASK = Task(
    key="08.two_grids",
    name="two_grids",
    reference=_two_grids,
    cases=_frames,
    mistakes=(
        Mistake(
            "multiples of 14",
            partial(_grids, multiple=14),
            "Your sides are multiples of 14. ResNet's stride doesn't divide them; both have to.",
        ),
        Mistake(
            "multiples of 16",
            partial(_grids, multiple=16),
            "Your sides are multiples of 16. They don't cut into whole patches of 14; both have to divide them.",
        ),
        Mistake(
            "the product",
            partial(_grids, multiple=224),
            "You pad to multiples of 224, the product. 14 and 16 share a factor, so a smaller number will do.",
        ),
        Mistake(
            "rounded down",
            partial(_grids, padded=lambda side, multiple: side // multiple * multiple),
            "You round down: paddings come out negative, and the picture is cropped. Go up to the next multiple.",
        ),
        Mistake(
            "always one more",
            partial(_grids, padded=lambda side, multiple: (side // multiple + 1) * multiple),
            "A side that is a multiple already gets another 112 pixels. It needs none.",
        ),
        Mistake(
            "the nearest multiple",
            partial(_grids, padded=lambda side, multiple: max(round(side / multiple), 1) * multiple),
            "You go to the nearest multiple, which may be below. Padding only adds.",
        ),
        Mistake(
            "all at the end",
            partial(_grids, before=lambda extra: 0),
            "All your padding is at the bottom and on the right. Half of it goes on each side.",
        ),
        Mistake(
            "the odd pixel first",
            partial(_grids, before=lambda extra: -(-extra // 2)),
            "Where the padding is odd, your extra pixel is on the top or left. It belongs at the bottom or right.",
        ),
        Mistake(
            "width first",
            lambda height, width: _grids(width, height),
            "Height and width are exchanged. Rows come first: top, bottom, then left, right, and (rows, columns).",
        ),
        Mistake(
            "left and right first",
            _left_and_right_first,
            "You give left and right first, as F.pad wants them. Asked for are top, bottom, left, right.",
        ),
        Mistake(
            "strides exchanged",
            partial(_grids, strides=(16, 14)),
            "The two grids are exchanged. Patches of 14 pixels first, they are the more.",
        ),
        Mistake(
            "grids of the bare frame",
            _unpadded_grids,
            "The padding is right, but your grids are those of the frame without it.",
        ),
    ),
)
