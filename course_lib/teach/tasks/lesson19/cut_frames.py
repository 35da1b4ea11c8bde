"""Task `19.cut_frames`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _hann(n_fft):
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)


def _cut(wave, n_fft, hop, *, window=_hann, pad=None, mode="constant", fewer=0):
    before = (n_fft // 2, n_fft // 2) if pad is None else pad(n_fft)
    padded = np.pad(wave, before, mode=mode)
    count = 1 + (len(padded) - n_fft) // hop - fewer
    frames = [padded[t * hop : t * hop + n_fft] for t in range(count)]
    return np.array(frames) * window(n_fft)


def _with(**how):
    return lambda wave, n_fft, hop: _cut(wave, n_fft, hop, **how)


def _waves(rng):
    """Waves of a few frames, which overlap, meet, or leave gaps; frames even and odd."""
    sizes = ((40, 8, 4), (33, 8, 8), (57, 16, 5), (60, 9, 3), (50, 8, 11))
    return [(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), 4, 2), *((rng.normal(size=n), f, h) for n, f, h in sizes)]


TASK = Task(
    key="19.cut_frames",
    name="cut_frames",
    reference=_cut,
    cases=_waves,
    tolerance=1e-9,
    mistakes=(
        Mistake(
            "np.hanning",
            _with(window=np.hanning),
            "This is np.hanning, the symmetric window, with n_fft - 1 below the cosine. Asked for is the periodic one, with n_fft.",
        ),
        Mistake(
            "no window",
            _with(window=np.ones),
            "Your frames are cut right, and not windowed.",
        ),
        Mistake(
            "Hamming",
            _with(window=lambda n: 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(n) / n)),
            "This is Hamming's window, which doesn't come down to 0 at its ends. Asked for is Hann's.",
        ),
        Mistake(
            "mirrored",
            _with(mode="reflect"),
            "You mirror the wave at its ends. Asked for are zeros. It is the bug of the lesson's part 5.",
        ),
        Mistake(
            "end samples repeated",
            _with(mode="edge"),
            "You repeat the end samples. Asked for are zeros.",
        ),
        Mistake(
            "not padded",
            _with(pad=lambda n_fft: 0),
            "Nothing is padded, so your first frame starts at sample 0; it should be centered there.",
        ),
        Mistake(
            "padded in front only",
            _with(pad=lambda n_fft: (n_fft // 2, 0)),
            "You pad in front only. The last frames need n_fft // 2 zeros behind the wave.",
        ),
        Mistake(
            "padded by a whole frame",
            _with(pad=lambda n_fft: n_fft),
            "You pad a whole frame on either side; it is half a frame, n_fft // 2.",
        ),
        Mistake(
            "one frame short",
            _with(fewer=1),
            "Your last frame is missing: there is one frame more than hops.",
        ),
        Mistake(
            "transposed",
            lambda wave, n_fft, hop: _cut(wave, n_fft, hop).T,
            "Frames are rows here: (frames, n_fft). Yours are columns.",
        ),
        Mistake(
            "side by side",
            lambda wave, n_fft, hop: _cut(wave, n_fft, n_fft),
            "Your frames lie side by side. The next one begins hop samples later, whatever its length.",
        ),
    ),
)
