"""Task `19.late_by`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _shifts(most):
    return range(-most, most + 1)


def _apart(reference, other, shift, measure):
    """Difference on the frames that both have when frame t of `reference` is frame t + shift of `other`."""
    frames = reference.shape[1]
    start, end = max(0, -shift), min(frames, frames - shift)
    return measure(np.abs(reference[:, start:end] - other[:, start + shift : end + shift]))


def _late_by(reference, other, most, *, measure=np.median, shifts=_shifts):
    return min(shifts(most), key=lambda shift: _apart(reference, other, shift, measure))


def late_pair(rng, mels, frames, shift, most):
    """Features, and another front end's: `shift` frames late, slightly noisy, and wrong in its first and last frames."""
    long = np.cumsum(rng.normal(size=(mels, frames + 2 * most)), axis=1)
    reference, other = long[:, most : most + frames], long[:, most - shift : most - shift + frames]
    other = other + rng.normal(0, 0.01, other.shape)
    other[:, [0, 1, -2, -1]] = -30  # another padding
    return reference, other, most


def few_frames(rng):
    """Five frames, three late: only two overlap, so what comes in from beyond the end outweighs them."""
    reference, other = np.array([[3.0, 8.0, 1.0, 6.0, 2.0]]), np.array([[5.0, 10.0, 6.0, 3.0, 8.0]])
    scale, offset = rng.uniform(1, 3), rng.normal()
    return scale * reference + offset, scale * other + offset, 3


def _pairs(rng):
    wanted = ((8, 30, 1, 4), (6, 40, -2, 4), (4, 25, 0, 3), (10, 50, 5, 5), (5, 33, -3, 6), (5, 30, -4, 4))
    return [*(late_pair(rng, *pair) for pair in wanted), few_frames(rng)]


TASK = Task(
    key="19.late_by",
    name="late_by",
    reference=_late_by,
    cases=_pairs,
    mistakes=(
        Mistake(
            "the wrong sign",
            lambda reference, other, most: -_late_by(reference, other, most),
            "Your sign is the other way around: late, that is above 0, where the same frame comes later in other.",
        ),
        Mistake(
            "without a sign",
            lambda reference, other, most: abs(_late_by(reference, other, most)),
            "You say how far, not which way. Early is below 0.",
        ),
        Mistake(
            "only late",
            lambda reference, other, most: _late_by(reference, other, most, shifts=lambda m: range(m + 1)),
            "You try late only. A front end can be early, too: try shifts from -most on.",
        ),
        Mistake(
            "the last shift left out",
            lambda reference, other, most: _late_by(reference, other, most, shifts=lambda m: range(-m, m)),
            "You never try the shift most itself: range leaves its end out. An off-by-one in looking for an off-by-one.",
        ),
        Mistake(
            "the first shift left out",
            lambda reference, other, most: _late_by(
                reference, other, most, shifts=lambda m: range(-m + 1, m + 1)
            ),
            "You never try the shift -most.",
        ),
        Mistake(
            "the least similar",
            lambda reference, other, most: max(
                _shifts(most), key=lambda shift: _apart(reference, other, shift, np.median)
            ),
            "You take the shift at which the two differ most. It is the one at which they differ least.",
        ),
        Mistake(
            "the largest difference",
            lambda reference, other, most: _late_by(reference, other, most, measure=np.max),
            "You go by the largest difference. It is at the ends, where the paddings differ, whatever the shift. Take the median, "
            "which a few broken frames don't move.",
        ),
        Mistake(
            "the mean difference",
            lambda reference, other, most: _late_by(reference, other, most, measure=np.mean),
            "You go by the mean difference. The few frames that the paddings have changed weigh heavily in it. Take the median, which "
            "they don't move.",
        ),
        Mistake(
            "wrapped around",
            lambda reference, other, most: min(
                _shifts(most),
                key=lambda shift: np.median(np.abs(reference - np.roll(other, -shift, axis=1))),
            ),
            "Your frames wrap around: what leaves at one end comes in at the other. Compare only the frames that both have.",
        ),
        Mistake(
            "the first frame only",
            lambda reference, other, most: int(
                np.abs(other - reference[:, :1])[:, : most + 1].sum(axis=0).argmin()
            ),
            "You look for the first frame alone. It is the one that the padding has changed. Compare all frames that overlap.",
        ),
    ),
)
