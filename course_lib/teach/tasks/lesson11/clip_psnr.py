"""Task `11.clip_psnr`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _decibels(error, peak=255.0):
    return 20 * np.log10(peak) - 10 * np.log10(error)


def _clip_psnr(truth, answer, *, first=1, pooled=False, peak=255.0, convert=np.float64):
    """The right answer, or one with any one step exchanged for a wrong one."""
    difference = convert(truth[first:]) - convert(answer[first:])
    errors = (difference**2).mean(axis=(1, 2, 3))
    if pooled:
        return float(_decibels(errors.mean(), peak))
    return float(np.mean(_decibels(errors, peak)))


def _bytes_subtracted(truth, answer):
    """Subtracts and squares bytes: both wrap around at 256."""
    difference = truth[1:] - answer[1:]
    errors = (difference * difference).mean(axis=(1, 2, 3))
    return float(np.mean(_decibels(errors)))


def _bytes_wrap_once(truth, answer):
    """Subtracts bytes and squares in float: a difference of −1 counts as 255."""
    difference = (truth[1:] - answer[1:]).astype(np.float64)
    return float(np.mean(_decibels((difference**2).mean(axis=(1, 2, 3)))))


def _short(truth, answer):
    """Subtracts and squares whole numbers of 16 bits: squares from 32,768 on wrap around."""
    with np.errstate(all="ignore"):
        errors = ((truth[1:].astype(np.int16) - answer[1:].astype(np.int16)) ** 2).mean(axis=(1, 2, 3))
        return float(np.mean(_decibels(errors)))


def _signed_bytes(truth, answer):
    """Subtracts signed bytes: differences from 128 on wrap around."""
    difference = (truth[1:].astype(np.int8) - answer[1:].astype(np.int8)).astype(np.float64)
    return float(np.mean(_decibels((difference**2).mean(axis=(1, 2, 3)))))


def _root_forgotten(truth, answer):
    """20 log10 of peak over the squared error, in place of over its root."""
    errors = ((truth[1:].astype(float) - answer[1:]) ** 2).mean(axis=(1, 2, 3))
    return float(np.mean(20 * np.log10(255.0 / errors)))


def _clips(rng):
    """Clips of bytes whose frames err differently, one pixel of each by 255; frame 0 of the answer is the truth, or nearly."""
    cases = []
    for frames, side in ((4, 8), (3, 12), (7, 6)):
        truth = rng.integers(30, 226, (frames, side, side + 2, 3))
        sizes = rng.uniform(6, 24, frames)[:, None, None, None]
        sizes[0] = 2.0
        answer = np.rint(truth + sizes * rng.standard_normal(truth.shape)).clip(0, 255)
        answer[0, 0, 0] = truth[0, 0, 0] - 1  # never without any error
        answer[1:, 0, 0] = truth[1:, 0, 0] + 2
        truth[1:, 1, 0], answer[1:, 1, 0] = 0, 255
        cases.append((truth.astype(np.uint8), answer.astype(np.uint8)))
    return cases


TASK = Task(
    key="11.clip_psnr",
    name="clip_psnr",
    reference=_clip_psnr,
    cases=_clips,
    tolerance=1e-3,
    mistakes=(
        Mistake(
            "bytes subtracted and squared",
            _bytes_subtracted,
            "Your clip comes out far too good, and can't come out worse than 24.07 dB: you subtract bytes, and bytes wrap around "
            "at 256. Turn them into floats before you subtract.",
        ),
        Mistake(
            "bytes subtracted, squared as floats",
            _bytes_wrap_once,
            "Where the answer is 1 brighter than the truth, the difference of bytes is 255. Turn them into floats before you "
            "subtract, not after.",
        ),
        Mistake(
            "squares of 16 bits",
            _short,
            "Differences fit into 16 bits, but their squares don't: 255 squared is 65,025, and the largest int16 is 32,767. Turn the "
            "frames into floats.",
        ),
        Mistake(
            "signed bytes",
            _signed_bytes,
            "Your bytes are signed now and still wrap around: int8 ends at 127, and frames differ by up to 255. Turn them into floats.",
        ),
        Mistake(
            "decibels of the mean error",
            partial(_clip_psnr, pooled=True),
            "You average the squared error over all frames and take decibels once. One bad frame then outweighs all good ones. "
            "Here, each frame gets its decibels, and those are averaged.",
        ),
        Mistake(
            "the reference counted",
            partial(_clip_psnr, first=0),
            "You count frame 0. It is the reference: whoever copies what it was given should earn nothing by it.",
        ),
        Mistake(
            "peak of 1 for bytes",
            partial(_clip_psnr, peak=1.0),
            "You are 48 dB too low: 20 log10(255). The largest value of these frames is 255, not 1.",
        ),
        Mistake(
            "the root forgotten",
            _root_forgotten,
            "20 log10 goes with the root of the mean squared error, 10 log10 with the mean squared error itself.",
        ),
    ),
)
