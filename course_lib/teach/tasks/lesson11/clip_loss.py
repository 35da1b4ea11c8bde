"""Task `11.clip_loss`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _clip_loss(answer, truth, *, first=1, scale=110.0, channels=slice(1, 3), over_frames=np.sum, power=1):
    """The right answer, or one with any one step exchanged for a wrong one."""
    difference = (
        np.asarray(answer)[first:, ..., channels] - np.asarray(truth)[first:, ..., channels]
    ) / scale
    return float(over_frames((np.abs(difference) ** power).mean(axis=(1, 2, 3))))


def _without_amount(answer, truth):
    """The mean of the signed differences: errors to both sides cancel."""
    return float(np.sum((answer[1:, ..., 1:] - truth[1:, ..., 1:]).mean(axis=(1, 2, 3)) / 110))


def _a_and_b_added(answer, truth):
    """Per pixel |a| + |b|, then the mean over pixels: twice the mean over all numbers."""
    return 2 * _clip_loss(answer, truth)


def _clips(rng):
    cases = []
    for frames, height, width in ((3, 4, 5), (8, 6, 6), (2, 3, 9)):
        truth = rng.uniform((0, -60, -60), (100, 60, 60), (frames, height, width, 3))
        answer = truth + rng.normal(2, 15, truth.shape)
        cases.append((answer, truth))
    return cases


TASK = Task(
    key="11.clip_loss",
    name="clip_loss",
    reference=_clip_loss,
    cases=_clips,
    mistakes=(
        Mistake(
            "the reference counted",
            partial(_clip_loss, first=0),
            "You count frame 0, whose color was given. It teaches nothing, and makes the loss look better or worse for nothing.",
        ),
        Mistake(
            "mean over frames",
            partial(_clip_loss, over_frames=np.mean),
            "Yours is the mean over frames. Summed, a longer clip weighs more, and the learning rate means something else.",
        ),
        Mistake(
            "not normalized",
            partial(_clip_loss, scale=1.0),
            "Your loss is 110 times too large: a and b are normalized before they are compared.",
        ),
        Mistake(
            "divided by 127",
            partial(_clip_loss, scale=127.0),
            "Yours is 110/127 of it: another report's scale. Here normalized ab is ab/110.",
        ),
        Mistake(
            "lightness counted",
            partial(_clip_loss, channels=slice(0, 3)),
            "You compare L as well. The network is given L and doesn't answer it; only a and b count.",
        ),
        Mistake(
            "squared error",
            partial(_clip_loss, power=2),
            "You square the differences. That is L2, whose best answer is a mean of colors (lesson 02); this loss is L1.",
        ),
        Mistake(
            "errors cancel",
            _without_amount,
            "Too red here and too green there cancel in your mean. Take the amount of each difference first.",
        ),
        Mistake(
            "a and b added",
            _a_and_b_added,
            "Yours is twice the loss: you add a's and b's errors at each pixel. The mean is over all numbers, a's and b's alike.",
        ),
    ),
)
