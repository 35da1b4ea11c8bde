"""How well, how long and how steadily a clip is colored from its first frame.

A sequence is played forth and back, which makes it twice as long. The frames that come back have been seen before: a
network with a memory may color them from there, so they are reported apart, and everything else is measured on the way
forth. What comes back is also what drift is seen best on, since the very same frame was colored earlier.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from course_lib.color import AB_SCALE, lab_to_rgb
from course_lib.images.colorize import into_gamut
from course_lib.metrics import course_fid, course_lpips, optical_flow, psnr, ssim, visible_pixels, warp
from course_lib.video.evaluation import Truth, score, truth_of

SPANS = {
    "1-10": (1, 11),
    "11-30": (11, 31),
    "31-60": (31, 61),
}  # frames after the reference, on the way forth
BACK = "61+, coming back"
EARLY, LATE = 10, 100  # frames that are held against each other, each with its two neighbors on either side
METRICS = ("psnr", "ssim", "course_lpips", "chroma_ratio", "correlation", "flicker", "color_flicker", "cdc")
_OF_TRUTH = ("flicker", "color_flicker", "cdc")
_BESIDE = 2
_LOOK_EVERY = 4  # frames, of which one is looked at by the perceptual metrics

Eyes = Callable[[torch.Tensor], Sequence[torch.Tensor]]  # as `course_lpips` and `course_fid` take them


@dataclass(frozen=True)
class Held:
    """A sequence held out, with all that answers are measured against.

    Attributes
    ----------
    lab : ndarray, (2 T - 1, H, W, 3) float32
        Played forth and back.
    rgb : ndarray, (2 T - 1, H, W, 3)
    forth : Truth
        Of the frames after the reference, on the way forth: T - 1.
    followed : ndarray, (T - 1, H, W) bool
        Which of their pixels the flow can follow all the way back to the reference.
    """

    lab: np.ndarray
    rgb: np.ndarray
    forth: Truth
    followed: np.ndarray


def hold(lab: np.ndarray) -> Held:
    """The measures of a sequence (T, H, W, 3) in Lab, whose first frame is the reference."""
    lab = lab.astype(np.float32)
    rgb = lab_to_rgb(lab)
    return Held(
        np.concatenate([lab, lab[-2::-1]]),
        np.concatenate([rgb, rgb[-2::-1]]),
        truth_of(lab[1:]),
        followed_pixels(lab[..., 0] / 100),
    )


def followed_pixels(gray: np.ndarray) -> np.ndarray:
    """Which pixels the flow can follow back to the first frame, step by step.

    Parameters
    ----------
    gray : ndarray, (T, H, W)
        In [0, 1].

    Returns
    -------
    ndarray, (T - 1, H, W) bool
        False where on any step, from the frame back to the first, `visible_pixels` says that the place is lost.
    """
    kept = [np.ones(gray.shape[1:], bool)]
    for before, frame in itertools.pairwise(gray):
        back = optical_flow(frame, before)
        seen = visible_pixels(back, optical_flow(before, frame))
        kept.append(seen & (warp(kept[-1].astype(np.float32), back) > 0.5))
    return np.stack(kept[1:])


def color_clip(method, lab: np.ndarray, lightness: np.ndarray | None = None) -> tuple[np.ndarray, float]:
    """A clip colored from its first frame, and the seconds that a frame took.

    Parameters
    ----------
    method
        With ``stream(reference_lightness, reference_ab)``, as all exemplar colorizers have it.
    lab : ndarray, (T, H, W, 3)
        Of which the network sees L, and ab of the first frame alone.
    lightness : ndarray, (T, H, W), optional
        What it sees in place of L, 0 to 100; the reference too.

    Returns
    -------
    (T, H, W, 2) float32, float
        The first frame's ab is the reference's.
    """
    lightness = lab[..., 0] if lightness is None else lightness
    frames = torch.from_numpy(np.ascontiguousarray(lightness, np.float32))[:, None] / 100  # (T, 1, H, W)
    reference = torch.from_numpy(lab[0, ..., 1:].transpose(2, 0, 1).copy()) / AB_SCALE
    started = time.perf_counter()
    stream = method.stream(frames[0], reference)
    answers = torch.stack([reference, *(stream.next(frame) for frame in frames[1:])])
    seconds = (time.perf_counter() - started) / (len(frames) - 1)
    return (answers * AB_SCALE).permute(0, 2, 3, 1).contiguous().numpy(), seconds


def score_clip(ab: np.ndarray, held: Held, eyes: Eyes) -> dict:
    """What one answer (2 T - 1, H, W, 2) gets; `eyes` is the network of the perceptual metric.

    Returns
    -------
    dict
        - the `METRICS`, over the frames after the reference on the way forth: those of `course_lib.video.evaluation`,
          SSIM, ``chroma_ratio``, chroma over the truth's, and of every fourth frame ``course_lpips``, which is not LPIPS;
        - ``by_frame``: PSNR in each of the `SPANS` that there is, and of what comes `BACK`;
        - ``long``: PSNR about frames `EARLY` and `LATE` where the clip is long enough, and about the frame that is the
          same picture as `LATE`, when it was passed on the way forth (``"same frame, forth"``);
        - ``ab_psnr``: PSNR of ab, whose range is 220, over the pixels that flow can follow and over those it can't,
          with their share.
    """
    count = len(held.followed)  # T - 1
    forth, true_rgb = ab[1 : count + 1], held.rgb
    rgb = shown(held.lab[..., 0], ab)
    frames = np.array(
        [psnr(one, other) for one, other in zip(true_rgb, rgb, strict=True)][1:]
    )  # [0] is frame 1
    metrics = score(forth, held.forth, len(forth))
    metrics["chroma_ratio"] = metrics["chroma"] / float(
        np.linalg.norm(held.forth.lab[..., 1:], axis=-1).mean()
    )
    rgb_forth, true_forth = rgb[1 : count + 1], true_rgb[1 : count + 1]
    looked = zip(true_forth[::_LOOK_EVERY], rgb_forth[::_LOOK_EVERY], strict=True)
    metrics["course_lpips"] = float(np.mean([course_lpips(one, other, eyes) for one, other in looked]))
    metrics["ssim"] = float(np.mean([ssim(*pair) for pair in zip(true_forth, rgb_forth, strict=True)]))
    found: dict = {name: metrics[name] for name in METRICS}
    spans = {name: frames[first - 1 : min(last - 1, count)] for name, (first, last) in SPANS.items()}
    spans[BACK] = frames[count:]
    found["by_frame"] = {name: float(part.mean()) for name, part in spans.items() if len(part)}

    def about(frame: int) -> float:
        return float(frames[frame - 1 - _BESIDE : frame + _BESIDE].mean())

    if len(frames) >= LATE + _BESIDE and 2 * count - LATE > _BESIDE:
        again = 2 * count - LATE  # the same picture, on the way forth
        found["long"] = {
            f"frame {EARLY}": about(EARLY),
            f"frame {LATE}": about(LATE),
            "same frame, forth": about(again),
        }
    error = ((forth - held.forth.lab[..., 1:]) ** 2).mean(-1)  # (T - 1, H, W)
    found["ab_psnr"] = {
        "followed": _ab_psnr(error[held.followed]),
        "lost": _ab_psnr(error[~held.followed]),
        "share lost": float((~held.followed).mean()),
    }
    return _rounded(found)


def score_truth(held: Held) -> dict:
    """What the truth itself gets where that says something: it flickers too."""
    found = score(held.forth.lab[..., 1:], held.forth, len(held.followed))
    return _rounded({name: found[name] for name in _OF_TRUTH})


def measure(methods: dict, clips: dict[str, Held], eyes: Eyes, done: Callable = iter) -> dict:
    """`score_clip` of every method on every clip, the seconds a frame, and their means over clips.

    Parameters
    ----------
    methods : dict of {name: method}
        As `color_clip` takes them.
    clips : dict of {name: Held}
    eyes : callable
        The network of the perceptual metrics, such as `course_lib.images.color_features()`.
    done : callable, optional
        Wraps the methods' names, to show how far it is.

    Returns
    -------
    dict
        ``{name: {"mean": {...}, "clips": {clip: {...}}}}``, with ``"truth"`` among the names. The means have
        ``course_fid`` too, which is not FID: that of every fourth frame of all clips on the way forth, for comparison
        within one table.
    """
    found = {"truth": summary({clip: score_truth(held) for clip, held in clips.items()})}
    true_frames = np.concatenate([held.forth.rgb[::_LOOK_EVERY] for held in clips.values()])
    for name in done(list(methods)):
        scores, frames = {}, []
        for clip, held in clips.items():
            ab, seconds = color_clip(methods[name], held.lab)
            scores[clip] = score_clip(ab, held, eyes) | {"seconds": round(seconds, 4)}
            forth = slice(1, len(held.followed) + 1, _LOOK_EVERY)
            frames.append(shown(held.lab[forth, ..., 0], ab[forth]))
        found[name] = summary(scores)
        fid = course_fid(true_frames, np.concatenate(frames), eyes, allow_few=True)
        found[name]["mean"]["course_fid"] = round(fid, 4)
    return found


def summary(scores: dict[str, dict]) -> dict:
    """Scores by clip, and their mean beside them; a value that not every clip has is averaged over those that have it."""
    return {"mean": _rounded(_mean(list(scores.values()))), "clips": scores}


def shown(lightness: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Lightness (T, H, W) and ab (T, H, W, 2) as RGB, with less chroma where sRGB has no such color."""
    return np.stack([lab_to_rgb(into_gamut(L, color)) for L, color in zip(lightness, ab, strict=True)])


def _ab_psnr(squared: np.ndarray) -> float | None:
    """None where there is no pixel, or no error."""
    mean = squared.mean(dtype=np.float64) if squared.size else 0.0
    return float(20 * np.log10(2 * AB_SCALE) - 10 * np.log10(mean)) if mean > 0 else None


def _mean(scores: list[dict]) -> dict:
    names = dict.fromkeys(name for one in scores for name in one)
    found = {}
    for name in names:
        values = [one[name] for one in scores if one.get(name) is not None]
        if values:
            found[name] = _mean(values) if isinstance(values[0], dict) else float(np.mean(values))
    return found


def _rounded(scores: dict) -> dict:
    return {
        name: _rounded(value) if isinstance(value, dict) else value if value is None else round(value, 4)
        for name, value in scores.items()
    }
