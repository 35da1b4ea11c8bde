"""Task `07.warp_error`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _moved(after, flow, *, sign=1, swap=False):
    """The next frame, read where each pixel has gone; outside the frame its border."""
    right, down = flow[..., :: -1 if swap else 1].transpose(2, 0, 1)
    y, x = np.indices(flow.shape[:2])
    height, width = flow.shape[:2]
    return after[(y + sign * down).clip(0, height - 1), (x + sign * right).clip(0, width - 1)]


def _pairs(frames, flow, visible, move=_moved, error=np.square):
    """Errors of each pair's visible pixels, (pixels, 3)."""
    return [
        error(move(frames[t + 1], flow[t]) - frames[t])[visible[t]].astype(float) for t in range(len(flow))
    ]


def _warp_error(frames, flow, visible, **steps):
    return float(np.mean([pair.mean() for pair in _pairs(frames, flow, visible, **steps) if pair.size]))


def _as_zero(frames, flow, visible):
    return float(np.mean([pair.mean() if pair.size else 0.0 for pair in _pairs(frames, flow, visible)]))


def _hidden_as_zero(frames, flow, visible):
    return float(np.mean([p.sum() / visible[0].size / 3 for p in _pairs(frames, flow, visible) if p.size]))


def _backward(frames, flow, visible):
    """Moves the earlier frame with the flow and compares it with the later one."""
    errors = [((_moved(frames[t], flow[t]) - frames[t + 1])[visible[t]] ** 2) for t in range(len(flow))]
    return float(np.mean([pair.mean() for pair in errors if pair.size]))


def _clips(rng):
    """Random pictures and flows; pairs of which little is visible, or nothing at all."""
    cases = []
    for count, height, width, shares in (
        (2, 5, 5, [0.8]),
        (4, 6, 7, [0.9, 0.2, 0.6]),
        (4, 5, 8, [0.5, 0.0, 0.7]),
        (6, 4, 4, [1.0, 0.3, 0.0, 0.9, 0.5]),
    ):
        frames = rng.uniform(0, 1, (count, height, width, 3))
        flow = rng.integers(-2, 3, (count - 1, height, width, 2))
        visible = rng.random((count - 1, height, width)) < np.array(shares)[:, None, None]
        y, x = np.indices((height, width))
        visible &= (y + flow[..., 1] >= 0) & (y + flow[..., 1] < height)
        visible &= (x + flow[..., 0] >= 0) & (x + flow[..., 0] < width)
        cases.append((frames, flow, visible))
    return cases


TASK = Task(
    key="07.warp_error",
    name="warp_error",
    reference=_warp_error,
    cases=_clips,
    mistakes=(
        Mistake(
            "not moved",
            partial(_warp_error, move=lambda after, flow: after),
            "You compare the frames as they are. Everything that moves would count as flicker: read the next frame where the "
            "flow says.",
        ),
        Mistake(
            "moved the wrong way",
            partial(_warp_error, move=partial(_moved, sign=-1)),
            "You subtract the flow. What a frame shows at (y, x) the next shows at (y + down, x + right).",
        ),
        Mistake(
            "right and down exchanged",
            partial(_warp_error, move=partial(_moved, swap=True)),
            "You exchange the flow's two numbers: first right, then down. The array's first axis is down.",
        ),
        Mistake(
            "the wrong frame is moved",
            _backward,
            "You read the earlier frame at the moved places. The flow leads from a frame into the next: read the next one there.",
        ),
        Mistake(
            "hidden pixels count",
            lambda frames, flow, visible: _warp_error(frames, flow, np.ones_like(visible)),
            "You count pixels that can't be followed. Where something is covered or leaves the frame, no color would be right.",
        ),
        Mistake(
            "hidden pixels count as zero",
            _hidden_as_zero,
            "You divide by all pixels of a pair. The mean is over the visible ones, or whoever hides more seems steadier.",
        ),
        Mistake(
            "empty pairs count as zero",
            _as_zero,
            "A pair of which nothing is visible counts as 0 in yours. Leave it out.",
        ),
        Mistake(
            "all pixels in one mean",
            lambda frames, flow, visible: float(np.concatenate(_pairs(frames, flow, visible)).mean()),
            "You take one mean over the visible pixels of all pairs. It is the mean of the pairs' means, each pair with the same say.",
        ),
        Mistake(
            "absolute differences",
            partial(_warp_error, error=np.abs),
            "You average absolute differences. The warp error squares them.",
        ),
        Mistake(
            "a root",
            lambda *args: float(np.sqrt(_warp_error(*args))),
            "You take the root in the end. The warp error is the mean square itself.",
        ),
        Mistake(
            "channels summed",
            lambda *args: 3 * _warp_error(*args),
            "You add up the three channels. The mean is over them too.",
        ),
        Mistake(
            "frames summed",
            lambda frames, flow, visible: _warp_error(frames, flow, visible) * visible.any((1, 2)).sum(),
            "You add up the pairs. Take their mean, or long clips flicker more than short ones.",
        ),
    ),
)
