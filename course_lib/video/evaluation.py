"""How well and how steadily a clip is colored, beside the truth, and beside gray.

Flicker and CDC speak of the colored clip alone: gray hardly flickers, and a pale clip less than a colorful one. So no
number of them is read without the truth's, and without what says how near the color comes.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from course_lib.color import lab_to_rgb
from course_lib.images.colorize import into_gamut
from course_lib.images.evaluation import correlation
from course_lib.metrics import cdc, flicker, mean_chroma, optical_flow, psnr, visible_pixels

METRICS = ("psnr", "chroma", "correlation", "flicker", "color_flicker", "seams", "cdc")
_AGAINST_TRUTH = ("psnr", "correlation", "seams")
_STILL = 1e-9  # color flicker below which nothing flickers but the last digits
_LIGHTNESS = 50.0  # at which color's own flicker is looked at

Answer = Callable[[np.ndarray], np.ndarray]  # lightness (T, H, W) of a clip → ab (T, H, W, 2)


@dataclass(frozen=True)
class Truth:
    """A clip held out, and what of it every answer is measured against."""

    lab: np.ndarray  # (T, H, W, 3) float32
    rgb: np.ndarray  # (T, H, W, 3)
    flow: np.ndarray  # (T - 1, H, W, 2), found in the lightness
    visible: np.ndarray  # (T - 1, H, W)


def truth_of(lab: np.ndarray) -> Truth:
    """The truth of a clip (T, H, W, 3) in Lab, with the flow of its lightness."""
    lab = lab.astype(np.float32)
    gray = lab[..., 0] / 100
    pairs = [(optical_flow(one, other), optical_flow(other, one)) for one, other in itertools.pairwise(gray)]
    return Truth(
        lab,
        lab_to_rgb(lab),
        np.stack([there for there, _ in pairs]),
        np.stack([visible_pixels(there, back) for there, back in pairs]),
    )


def score(ab: np.ndarray, truth: Truth, chunk: int) -> dict[str, float]:
    """The `METRICS` of one clip.

    Parameters
    ----------
    ab : ndarray, (T, H, W, 2)
    truth : Truth
    chunk : int
        Frames from one seam to the next.

    Returns
    -------
    dict
        - ``psnr``: of RGB, the mean over frames, in decibels;
        - ``chroma``: the mean;
        - ``correlation``: of ab with the truth's about each frame's mean color, the mean over frames: whether color
          lies where it should, however pale;
        - ``flicker``: the warp error of the colored clip, times 1000; what the lightness alone has is in it;
        - ``color_flicker``: the same of the colors alone, painted at one lightness;
        - ``seams``: color flicker between chunks over that inside them; 1 where no chunk is to be seen;
        - ``cdc``: times 1000.
    """
    rgb = np.stack([_shown(lightness, frame) for lightness, frame in zip(truth.lab[..., 0], ab, strict=True)])
    even = np.full(ab.shape[1:3], _LIGHTNESS, np.float32)
    steps = _steps(np.stack([_shown(even, frame) for frame in ab]), truth)
    at_seam = np.arange(1, len(ab)) % chunk == 0
    seams, inside = np.nanmean(steps[at_seam]) if at_seam.any() else 0.0, np.nanmean(steps[~at_seam])
    return {
        "psnr": float(np.mean([psnr(one, other) for one, other in zip(truth.rgb, rgb, strict=True)])),
        "chroma": mean_chroma(ab),
        "correlation": float(
            np.mean([correlation(one, other) for one, other in zip(truth.lab[..., 1:], ab, strict=True)])
        ),
        "flicker": 1000 * flicker(rgb, flow=truth.flow, visible=truth.visible),
        "color_flicker": 1000 * float(np.nanmean(steps)),
        "seams": float(seams / inside) if min(seams, inside) > _STILL else 1.0,
        "cdc": 1000 * cdc(rgb),
    }


def measure(answers: dict[str, tuple[Answer, int]], truths: dict[str, Truth], done: Callable = iter) -> dict:
    """The `METRICS` of every answer on every clip, and their means over clips.

    Parameters
    ----------
    answers : dict of {name: (answer, chunk)}
    truths : dict of {name: Truth}
    done : callable, optional
        Wraps the answers' names, to show how far it is.

    Returns
    -------
    dict
        ``{name: {"mean": {metric: value}, "clips": {clip: {metric: value}}}}``, with ``"truth"`` among the names; of
        itself it is no more told than chroma, flicker and CDC.
    """
    found = {}
    for name in done(["truth", *answers]):
        answer, chunk = answers.get(name, (None, 6))
        clips = {}
        for clip, truth in truths.items():
            ab = truth.lab[..., 1:] if answer is None else answer(truth.lab[..., 0])
            kept = score(ab, truth, chunk).items()
            clips[clip] = {key: round(value, 4) for key, value in kept if answer or key not in _AGAINST_TRUTH}
        metrics = next(iter(clips.values()))
        mean = {key: round(float(np.mean([s[key] for s in clips.values()])), 4) for key in metrics}
        found[name] = {"mean": mean, "clips": clips}
    return found


def _shown(lightness: np.ndarray, ab: np.ndarray) -> np.ndarray:
    return lab_to_rgb(into_gamut(lightness, ab))


def _steps(frames: np.ndarray, truth: Truth) -> np.ndarray:
    """The warp error of each pair of frames (T - 1,), NaN where nothing can be followed."""
    return np.array(
        [
            flicker(frames[t : t + 2], flow=truth.flow[t : t + 1], visible=truth.visible[t : t + 1])
            if truth.visible[t].any()
            else np.nan
            for t in range(len(frames) - 1)
        ]
    )
