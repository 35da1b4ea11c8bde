"""A gray clip and a reference in color → the clip in color. The clip keeps its lightness; the network adds ab.

What is a gray picture? OpenCV, ffmpeg and Pillow make it as a weighted sum of R, G and B (ITU-R BT.601:
0.299, 0.587, 0.114). Its lightness L isn't the colored picture's L: where color is saturated, blue above all, it can be
20 too dark. Whoever has only the gray picture can't know. So L is computed from the gray picture as it is, and the
answer has that lightness; and a reference is made gray in the same way before the network compares it with the frames,
or the same blue thing would look like two. Frames in color are looked at through their true L, and so is the reference.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import ArrayLike
from torch.nn import functional as F

from course_lib.color import AB_SCALE, lab_to_rgb, rgb_to_lab
from course_lib.data import as_photo
from course_lib.images.colorize import into_gamut
from course_lib.video.colormnet.network import ColorMNet


def colorize_clip(
    net: ColorMNet,
    gray_frames: Sequence[ArrayLike] | np.ndarray,
    reference: ArrayLike,
    *,
    reference_is_first: bool = False,
    short_side: int | None = None,
    **options,
) -> list[np.ndarray] | np.ndarray:
    """Color a clip from one reference.

    Parameters
    ----------
    net : ColorMNet
    gray_frames : sequence of (H, W) or (H, W, 3), or one array of them
        Of one size, each as `course_lib.data.as_photo` takes it: float in [0, 1], or bytes. What color they have is not
        looked at.
    reference : (H', W', 3)
        RGB, of any size; scaled to that of the frames. A gray one gives a gray clip, nearly.
    reference_is_first : bool
        Whether the reference is the first frame in color. Its color is then that frame's answer.
    short_side : int, optional
        Pixels. Larger frames are scaled down to it for the network, and the color back up. By default the
        configuration's: the memory's cost grows with the fourth power of it.
    **options
        Of `ColorStream`: ``look_back``, and those of the memory, such as ``policy``, ``every`` and ``top_k``.

    Returns
    -------
    list of (H, W, 3) float32, or (T, H, W, 3) float32 for an array
        RGB in [0, 1], of the frames' size and lightness. Colors that sRGB can't show at that lightness lose chroma.

    Raises
    ------
    TypeError, ValueError
        No frames; frames of different sizes; what `as_photo` refuses, NaN among it; a reference of another shape; what
        `ColorStream` refuses.
    """
    frames = _frames(gray_frames)
    reference = _photo(reference, "reference")
    if short_side is not None and short_side < 1:
        raise ValueError(f"short_side must be at least 1 pixel; got {short_side}")
    lightness = [rgb_to_lab(frame)[..., 0] for frame in frames]  # each (H, W)
    gray = bool((frames[0] == frames[0][..., :1]).all())
    lab = rgb_to_lab(reference)
    if gray:
        luma = cv2.cvtColor(reference, cv2.COLOR_RGB2GRAY).clip(0, 1)
        lab[..., 0] = rgb_to_lab(luma[..., None].repeat(3, -1))[..., 0]
    size = lightness[0].shape
    scale = min(1.0, (short_side or net.config.short_side) / min(size))
    small = tuple(max(1, round(side * scale)) for side in size)
    # here, so that padding is the only other change of size
    seen = torch.from_numpy(_resized(lab, small).transpose(2, 0, 1).copy())
    training = net.training
    net.eval()
    try:
        stream = net.stream(
            seen[:1] / 100, seen[1:] / AB_SCALE, reference_is_first=reference_is_first, **options
        )
        colored = []
        for number, light in enumerate(lightness):
            if number == 0 and reference_is_first:
                ab = torch.from_numpy(_resized(lab, size)[..., 1:].copy())
            else:
                answer = stream.next(torch.from_numpy(_resized(light, small))[None] / 100) * AB_SCALE
                ab = F.interpolate(answer[None], size, mode="bilinear", align_corners=False)[0].movedim(0, -1)
            colored.append(lab_to_rgb(into_gamut(light, ab.numpy())))
    finally:
        net.train(training)
    return np.stack(colored) if isinstance(gray_frames, np.ndarray) else colored


def _frames(gray_frames) -> list[np.ndarray]:
    """Frames as photos of one size, or the error that says which isn't."""
    if isinstance(gray_frames, np.ndarray) and gray_frames.ndim not in (3, 4):
        raise ValueError(
            f"gray_frames must be (T, H, W) or (T, H, W, 3) as an array; got {gray_frames.shape}"
        )
    if len(gray_frames) == 0:
        raise ValueError("gray_frames must hold at least one frame; got none")
    frames = [_photo(frame, f"gray_frames[{number}]") for number, frame in enumerate(gray_frames)]
    for number, frame in enumerate(frames):
        if frame.shape != frames[0].shape:
            raise ValueError(
                f"gray_frames must be of one size; got {frame.shape[:2]} at {number} after {frames[0].shape[:2]}"
            )
    return frames


def _photo(image: ArrayLike, name: str) -> np.ndarray:
    try:
        return as_photo(image)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from error


def _resized(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W) or (H, W, C) at another height and width."""
    if picture.shape[:2] == size:
        return picture
    smaller = size[0] < picture.shape[0] or size[1] < picture.shape[1]
    return cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
