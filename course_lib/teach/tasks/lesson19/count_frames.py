"""Task `19.count_frames`: the data, and the mistakes that people make."""

from course_lib.teach.tasks.task import Mistake, Task


def _count(samples, n_fft, hop, center, *, before=None, least=0, posts=1, up=False):
    """Frames of a wave that is longer by `before` samples."""
    samples += (2 * (n_fft // 2) if before is None else before(n_fft)) if center else 0
    room = samples - n_fft
    return max(least, posts + (-(-room // hop) if up else room // hop))


def _with(**how):
    return lambda samples, n_fft, hop, center: _count(samples, n_fft, hop, center, **how)


def _lengths(rng):
    """A second, a wave that fits exactly, ends that don't, odd frames, and waves that are too short."""
    fixed = [
        (16000, 512, 160, True),
        (16000, 512, 160, False),
        (512, 512, 160, False),
        (511, 512, 160, False),
        (100, 512, 160, False),
        (1, 512, 160, True),
        (1000, 401, 160, True),
        (960, 401, 160, True),
    ]
    drawn = [
        (int(rng.integers(600, 5000)), int(rng.integers(50, 600)), int(rng.integers(20, 400)), center)
        for center in (True, False, True, False)
    ]
    return fixed + drawn


TASK = Task(
    key="19.count_frames",
    name="count_frames",
    reference=_count,
    cases=_lengths,
    mistakes=(
        Mistake(
            "hops, not frames",
            _with(posts=0),
            "You count the hops between frames. As with a fence and its posts, there is one frame more than hops.",
        ),
        Mistake(
            "rounded up",
            _with(up=True),
            "You round up. A last frame for which there are too few samples is left out, not filled.",
        ),
        Mistake(
            "never padded",
            lambda samples, n_fft, hop, center: _count(samples, n_fft, hop, False),
            "center has no effect on your count. With it, n_fft // 2 samples are put before the wave and after it.",
        ),
        Mistake(
            "always padded",
            lambda samples, n_fft, hop, center: _count(samples, n_fft, hop, True),
            "You pad without center too.",
        ),
        Mistake(
            "padded on one side",
            _with(before=lambda n_fft: n_fft // 2),
            "You pad on one side. n_fft // 2 samples come before the wave, and as many after it.",
        ),
        Mistake(
            "padded by a whole frame",
            _with(before=lambda n_fft: 2 * n_fft),
            "You pad a whole frame on either side; it is half a frame, n_fft // 2.",
        ),
        Mistake(
            "half of an odd frame",
            _with(before=lambda n_fft: n_fft),
            "You add n_fft samples in all. For an odd n_fft, twice n_fft // 2 is one less.",
        ),
        Mistake(
            "the frame's length left out",
            lambda samples, n_fft, hop, center: 1 + samples // hop,
            "This is 1 + samples // hop, which holds for center and an even n_fft only. Otherwise the frame's own length counts.",
        ),
        Mistake(
            "fewer than none",
            _with(least=-(10**9)),
            "For a wave shorter than a frame you count less than none. There are 0 frames then.",
        ),
        Mistake(
            "at least one",
            _with(least=1),
            "A wave shorter than a frame has no frame: 0, not 1.",
        ),
    ),
)
