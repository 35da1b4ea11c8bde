"""From a trained network to a colored photo: the network answers ab, the photo keeps its own lightness."""

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn
from torch.nn import functional as F

from course_lib.color import AB_SCALE, in_gamut, lab_to_rgb, rgb_to_lab
from course_lib.data import as_photo

_HALVINGS = 12  # of the interval in which a color's chroma is searched: to 1/4096 of it


def colorize(model: nn.Module, image: ArrayLike) -> np.ndarray:
    """Color a photo. Its lightness stays; what color it had is not looked at.

    Colors that sRGB can't show at the photo's lightness lose chroma until it can, since clipping RGB would change the
    lightness. It comes back to 0.1 of L's 100, mostly far closer.

    Parameters
    ----------
    model : Module
        Lightness (N, 1, H, W) in [0, 1] → normalized ab (N, 2, H, W), such as `UNet`.
    image : array_like, (H, W) or (H, W, 1 to 4)
        Gray or color photo of any size; see `course_lib.data.as_photo` for what is understood.

    Returns
    -------
    ndarray, (H, W, 3) float32 in [0, 1]

    Raises
    ------
    TypeError, ValueError
        What `as_photo` refuses; a model that answers another shape or NaN.
    """
    lightness = rgb_to_lab(as_photo(image))[..., 0]  # (H, W)
    ab = predict_ab(model, lightness[None])[0]
    return lab_to_rgb(into_gamut(lightness, ab))


def predict_ab(model: nn.Module, lightness: ArrayLike) -> np.ndarray:
    """What `model` answers for a batch of lightness pictures of any one size.

    Sizes the network can't halve evenly (`model.stride`) are padded by repeating the border, and cut back.

    Parameters
    ----------
    model : Module
        As in `colorize`. Run in evaluation mode, then put back in the mode it was in.
    lightness : array_like, (N, H, W)
        L, 0 to 100.

    Returns
    -------
    ndarray, (N, H, W, 2) float32
        ab, not normalized.

    Raises
    ------
    ValueError
        Another number of axes; empty; NaN; a model that answers another shape or NaN.
    """
    lightness = np.asarray(lightness, np.float32)
    if lightness.ndim != 3 or lightness.size == 0 or not np.isfinite(lightness).all():
        raise ValueError(f"lightness must be a nonempty, finite array (N, H, W); got shape {lightness.shape}")
    count, height, width = lightness.shape
    stride = getattr(model, "stride", 1)
    x = torch.from_numpy(lightness)[:, None] / 100  # (N, 1, H, W)
    x = F.pad(x, (0, -width % stride, 0, -height % stride), mode="replicate")
    training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            ab = model(x)[..., :height, :width] * AB_SCALE  # (N, 2, H, W)
    finally:
        model.train(training)
    if ab.shape != (count, 2, height, width) or not torch.isfinite(ab).all():
        raise ValueError(
            f"model must answer finite ab of shape {(count, 2, height, width)}; got {tuple(ab.shape)}"
        )
    return ab.permute(0, 2, 3, 1).contiguous().numpy()


def into_gamut(lightness: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Lab (H, W, 3) with that lightness and hue, and as much of the chroma as sRGB has."""
    lab = np.concatenate([lightness[..., None], ab], -1)
    outside = ~in_gamut(lab)
    # shares of the chroma: 0 is gray, which every lightness has; 1 is what was asked for
    kept, refused = np.zeros(outside.sum()), np.ones(outside.sum())
    for _ in range(_HALVINGS):
        middle = (kept + refused) / 2
        fits = in_gamut(lab[outside] * np.stack([np.ones_like(middle), middle, middle], -1))
        kept, refused = np.where(fits, middle, kept), np.where(fits, refused, middle)
    lab[outside, 1:] *= kept[:, None].astype(lab.dtype)
    return lab
