"""Task `14.cut_frames`: the data, and the mistakes that people make."""

import itertools

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task

_BINS = 16


def _histogram(frame):
    return np.histogram(frame, bins=_BINS, range=(0, 1))[0] / frame.size


def _changes(frames, distance=lambda p, q: np.abs(p - q).sum() / 2, histogram=_histogram):
    """Distance of each frame's histogram to that of the one before, (T - 1)."""
    shares = [histogram(frame) for frame in frames]
    return np.array([distance(*pair) for pair in itertools.pairwise(shares)])


def _cut_frames(frames, threshold):
    return [t + 1 for t in range(len(frames) - 1) if _changes(frames)[t] > threshold]


def _with(**how):
    def answer(frames, threshold):
        return [int(t) + 1 for t in np.flatnonzero(_changes(frames, **how) > threshold)]

    return answer


def _since_first(frames, threshold):
    first = _histogram(frames[0])
    return [t for t in range(1, len(frames)) if np.abs(_histogram(frames[t]) - first).sum() / 2 > threshold]


def _by_pixels(frames, threshold):
    return [t for t in range(1, len(frames)) if np.abs(frames[t] - frames[t - 1]).mean() > threshold]


def _bins_by_pixels(frames, threshold):
    bins = np.minimum(np.floor(_BINS * frames), _BINS - 1)
    return [t for t in range(1, len(frames)) if (bins[t] != bins[t - 1]).mean() > threshold]


def film(rng, lengths, size=(12, 18)):
    """Frames of scenes with their own spread of grays, (T, H, W); in each, the picture is shifted a little every frame."""
    frames = []
    for length in lengths:
        middle, spread = rng.uniform(0.2, 0.8), rng.uniform(0.05, 0.2)
        scene = rng.normal(middle, spread, size).clip(0, 1)
        frames += [np.roll(scene, 2 * t, axis=1) for t in range(length)]
    return np.stack(frames)


def _films(rng):
    """Cuts, a film without one, films of two frames, one of them at its threshold, and a fade that is no cut until thresholds get low."""
    fade = np.linspace(0.9, 0.1, 9)[:, None, None] * rng.random((1, 12, 18))
    halves = np.zeros((2, 4, 4))
    halves[1, :2] = 1
    glint = np.zeros((2, 10, 10))
    glint[1, 0, 0] = 1
    return [
        (film(rng, (4, 5, 3)), 0.3),
        (film(rng, (6,)), 0.1),
        (fade, 0.25),
        (fade, 0.05),
        (halves, 0.4),
        (halves, 0.5),
        (halves, 0.6),
        (glint, 0.05),
        (film(rng, (3, 1, 1, 4)), 0.2),
    ]


TASK = Task(
    key="14.cut_frames",
    name="cut_frames",
    reference=_cut_frames,
    cases=_films,
    mistakes=(
        Mistake(
            "the last frame of the scene",
            lambda frames, threshold: [t - 1 for t in _cut_frames(frames, threshold)],
            "Your numbers are one too small: they are of the last frames before the cuts. Name the first frame of each new scene.",
        ),
        Mistake(
            "not halved",
            _with(distance=lambda p, q: np.abs(p - q).sum()),
            "A pixel that changes its bin leaves one and enters another, and you count it twice. Halve the sum.",
        ),
        Mistake(
            "signed",
            _with(distance=lambda p, q: (p - q).sum() / 2),
            "You find no cut in any film. Do you add signed differences? What one bin loses another gains, so that their sum is always 0.",
        ),
        Mistake(
            "at the threshold",
            lambda frames, threshold: [
                t + 1 for t in range(len(frames) - 1) if _changes(frames)[t] >= threshold
            ],
            "You cut where the change is just the threshold, too. A cut is where it is more.",
        ),
        Mistake(
            "counts",
            _with(histogram=lambda frame: _histogram(frame) * frame.size),
            "You compare counts of pixels with a share. Divide the histogram by the number of pixels.",
        ),
        Mistake(
            "the largest bin alone",
            _with(distance=lambda p, q: np.abs(p - q).max()),
            "You take the one bin that changes most. The changes of all bins count.",
        ),
        Mistake(
            "range of the frame",
            _with(histogram=lambda frame: np.histogram(frame, bins=_BINS)[0] / frame.size),
            "Your bins run from each frame's darkest to its brightest pixel, so that a darker frame has the same histogram. Give np.histogram "
            "range=(0, 1).",
        ),
        Mistake(
            "against the first frame",
            _since_first,
            "You compare with the first frame of the film. Each frame is compared with the one before.",
        ),
        Mistake(
            "pixel by pixel",
            _by_pixels,
            "You compare pixels at their places. Then everything that moves counts; compare histograms.",
        ),
        Mistake(
            "bins, pixel by pixel",
            _bins_by_pixels,
            "You compare each pixel's bin with the bin at its place before. Then everything that moves counts; compare histograms.",
        ),
        Mistake(
            "the first frame too",
            lambda frames, threshold: [0, *_cut_frames(frames, threshold)],
            "You name frame 0. It is a keyframe anyway, and no cut: nothing is before it.",
        ),
    ),
)
