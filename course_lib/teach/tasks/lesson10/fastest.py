"""Task `10.fastest`: the data, and the mistakes that people make."""

from course_lib.teach.tasks.task import Mistake, Task


def _fastest(window, stride, age):
    return stride * (window - 1) / 2 / age


def _windows(rng):
    """The released network's window at each age, the lesson's, one position alone, and drawn ones."""
    named = [(15, 16, age) for age in (1, 2, 3, 5)]
    drawn = [(2 * int(r) + 1, int(s), int(a)) for r, s, a in rng.integers([1, 3, 2], [12, 33, 9], (6, 3))]
    return [*named, (7, 4, 2), (1, 8, 1), *drawn]


TASK = Task(
    key="10.fastest",
    name="fastest",
    reference=_fastest,
    cases=_windows,
    mistakes=(
        Mistake(
            "half a window with its middle",
            lambda window, stride, age: stride * window / 2 / age,
            "A little too fast: you take half of λ. The middle is the position itself; to each side of it there are fewer.",
        ),
        Mistake(
            "the whole window",
            lambda window, stride, age: stride * (window - 1) / age,
            "Twice too fast: you let the motion cross the whole window. It starts from the middle.",
        ),
        Mistake(
            "the window's width",
            lambda window, stride, age: stride * window / age,
            "You let the motion cross the window's whole width. It starts from the middle, and its reach is to one side.",
        ),
        Mistake(
            "any age",
            lambda window, stride, age: stride * (window - 1) / 2,
            "The same for a frame of any age. In an old frame things have moved for `age` frames.",
        ),
        Mistake(
            "times the age",
            lambda window, stride, age: stride * (window - 1) / 2 * age,
            "Your window follows faster motion in an older frame. It is the other way round: the motion adds up.",
        ),
        Mistake(
            "in positions",
            lambda window, stride, age: (window - 1) / 2 / age,
            "Right in positions. One position is `stride` pixels.",
        ),
        Mistake(
            "divided by the stride",
            lambda window, stride, age: (window - 1) / 2 / age / stride,
            "You divide by the stride. A position is `stride` pixels wide, so a wider one reaches further.",
        ),
        Mistake(
            "whole pixels",
            lambda window, stride, age: float(stride * (window - 1) // 2 // age),
            "You cut to whole pixels. Motion doesn't keep to them: 22.4 pixels a frame is an answer.",
        ),
        Mistake(
            "positions in whole frames",
            lambda window, stride, age: float(stride * ((window - 1) // 2 // age)),
            "You cut to whole positions a frame. Only their sum over `age` frames must stay in the window.",
        ),
        Mistake(
            "area",
            lambda window, stride, age: stride * (window**2 - 1) / 2 / age,
            "You take λ², the number of places. Motion goes along one side of the window.",
        ),
    ),
)
