"""Flicker: what changes from frame to frame beyond what moves."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from course_lib.color import rgb_to_lab
from course_lib.metrics._checks import image_array
from course_lib.metrics.flow import optical_flow, visible_pixels, warp


def flicker(
    frames: Sequence[ArrayLike] | np.ndarray,
    reference: Sequence[ArrayLike] | np.ndarray | None = None,
    *,
    flow: Sequence[ArrayLike] | np.ndarray | None = None,
    visible: Sequence[ArrayLike] | np.ndarray | None = None,
) -> float:
    """Warp error of Lai et al.: mean squared difference between a frame and the next one, moved back by the flow.

    Pixels that can't be followed are left out; the mean is over the pixels and channels of each pair of frames, then
    over the pairs. A pair without a visible pixel is left out. The flow is that of the *input* video, so that no method
    is measured with a flow of its own making. The published numbers took FlowNet2's flow, here it is `optical_flow`:
    compare only numbers from one flow. The flow is not exact and shading moves, so real video isn't 0 either: show its
    number beside. And a gray, frozen or blurred clip flickers least: show a fidelity metric beside, too.

    Parameters
    ----------
    frames : sequence of T images, each (H, W) or (H, W, 3)
        In [0, 1], two at least. Taken up pair by pair, so that a long clip costs no more memory than it does.
    reference : sequence of T images, each (H, W) or (H, W, 3), optional
        The input video, gray or in color, whose lightness L the flow is found in. Without it, that of `frames`:
        the same where a colorizer kept the lightness that it got.
    flow : array_like, (T - 1, H, W, 2), optional
        In place of `reference`, the flow from each frame to the next, right and down in pixels; with `visible`.
    visible : array_like, (T - 1, H, W) bool, optional
        Where that flow holds.

    Returns
    -------
    float
        0 where nothing but motion changes. A tint that is drawn anew for each frame with variance v costs 2v.

    Raises
    ------
    TypeError, ValueError
        Not float; too few frames, or shapes that don't fit; values outside [0, 1]; `flow` without `visible` or with
        `reference`; no visible pixel at all.

    References
    ----------
    W.-S. Lai et al., "Learning Blind Video Temporal Consistency", ECCV 2018, eq. 8 and 9.
    https://arxiv.org/abs/1808.00449

    Examples
    --------
    >>> still = np.zeros((3, 16, 16, 3)); tint = np.array([0.0, 0.1, 0.0])
    >>> round(flicker(still + tint[:, None, None, None], reference=still), 6)
    0.01
    """
    if (flow is None) != (visible is None) or (flow is not None and reference is not None):
        raise ValueError("flow and visible are given together, and in place of reference")
    if len(frames) < 2:
        raise ValueError(f"frames must be at least 2; got {len(frames)}")
    if flow is None or visible is None:
        reference = frames if reference is None else reference
        _check_length("reference", reference, len(frames))
        motions = _motions(reference)
    else:
        _check_length("flow", flow, len(frames) - 1)
        _check_length("visible", visible, len(frames) - 1)
        motions = zip(flow, visible, strict=True)

    errors = []
    before = image_array("frames[0]", frames[0])
    for index, (pair_flow, kept) in enumerate(motions, start=1):
        after = image_array(f"frames[{index}]", frames[index])
        kept = np.asarray(kept)
        if after.shape != before.shape or kept.shape != before.shape[:2] or kept.dtype != bool:
            raise ValueError(
                f"frames must have one shape, and the motion its height and width, visible as bool; got "
                f"{before.shape}, {after.shape} and for the motion {kept.shape} {kept.dtype}"
            )
        if kept.any():
            errors.append(np.mean((warp(after, pair_flow) - before)[kept] ** 2))
        before = after
    if not errors:
        raise ValueError("no pixel is visible from any frame to the next, so flicker can't be measured")
    return float(np.mean(errors))


def _motions(reference):
    """Flow and visible pixels of each pair of frames, one pair at a time."""
    before = _lightness(reference, 0)
    for index in range(1, len(reference)):
        after = _lightness(reference, index)
        flow, back_flow = optical_flow(before, after), optical_flow(after, before)
        yield flow, visible_pixels(flow, back_flow)
        before = after


def _lightness(reference, index: int) -> np.ndarray:
    """L / 100 of a color image; a gray one as it is."""
    image = image_array(f"reference[{index}]", reference[index])
    return rgb_to_lab(image)[..., 0] / 100 if image.ndim == 3 else image


def _check_length(name: str, value, length: int) -> None:
    if len(value) != length:
        raise ValueError(f"{name} must hold {length} entries, as frames asks for; got {len(value)}")
