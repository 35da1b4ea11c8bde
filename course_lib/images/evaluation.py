"""How well a colorizer does on photos it never saw, beside answers that look at no photo at all.

Rebalanced colorizers trade squared error for color, and gray scores well on nearly everything, a sepia wash better still.
So every number here has the same number of three baselines beside it: gray, the mean color, and the best constant tint.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from course_lib.color import SoftEncoder, ab_bin_centers, lab_to_rgb
from course_lib.images.colorize import into_gamut, predict_ab
from course_lib.images.colorizer import Colorizer
from course_lib.images.photo_sets import PhotoSet
from course_lib.images.rebalancing import rebalancing_weights
from course_lib.metrics import color_auc, colorfulness, mean_chroma, psnr, ssim

COLORFUL = 20.0  # chroma from which a pixel of the truth counts as colorful
METRICS = (
    "psnr",
    "ssim",
    "auc",
    "auc_rebalanced",
    "colorfulness",
    "chroma",
    "chroma_ratio",
    "colorful_error",
    "correlation",
)

Answer = Callable[[np.ndarray], np.ndarray]  # lightness (H, W) of a photo → ab (H, W, 2)


@dataclass(frozen=True)
class Truth:
    """A photo held out, and what of it every answer is measured against."""

    lab: np.ndarray  # (H, W, 3) float32
    rgb: np.ndarray  # (H, W, 3)
    weights: np.ndarray  # (H, W), one over how common the pixel's color is


def truths(photos: PhotoSet, prior: np.ndarray) -> Iterable[Truth]:
    """The photos one by one, each pixel weighted by the inverse of the prior at its nearest bin.

    That is the paper's class-balanced weight (equation 4 with lambda 0). Bins that `prior` has never seen take the
    weight of the rarest that it has.
    """
    seen = np.maximum(prior, prior[prior > 0].min())
    weights = rebalancing_weights(seen / seen.sum(), mixing=0.0)
    nearest = SoftEncoder(ab_bin_centers(), neighbors=1)
    for lab in photos.lab:
        lab = lab.astype(np.float32)
        bins = nearest.encode_sparse(lab[..., 1:])[0][..., 0]
        yield Truth(lab, lab_to_rgb(lab), weights[bins])


def score(answer: Answer, photos: Iterable[Truth]) -> list[dict[str, float]]:
    """What `answer` gets on each photo, with the sums from which `summary` makes means over pixels.

    Numbers about ab take the answer as it is; those about the picture (PSNR, SSIM, colorfulness) take it as `colorize`
    shows it, with less chroma where sRGB has no such color at the photo's lightness.
    """
    return [_score_one(answer(t.lab[..., 0]), t) for t in photos]


def summary(scores: list[dict[str, float]]) -> dict[str, float]:
    """The `METRICS` of many photos: means over photos (PSNR, SSIM, colorfulness, correlation) or over all pixels (the rest)."""

    def mean(name: str, weight: str | None = None) -> float:
        values = np.array([s[name] for s in scores])
        return float(np.average(values, weights=None if weight is None else [s[weight] for s in scores]))

    return {
        "psnr": mean("psnr"),
        "ssim": mean("ssim"),
        "auc": mean("auc", "pixels"),
        "auc_rebalanced": mean("auc_rebalanced", "weight"),
        "colorfulness": mean("colorfulness"),
        "chroma": mean("chroma", "pixels"),
        "chroma_ratio": mean("chroma", "pixels") / mean("true_chroma", "pixels"),
        "colorful_error": mean("colorful_error", "colorful") if any(s["colorful"] for s in scores) else 0.0,
        "correlation": mean("correlation"),
    }


def answer_of(model: Colorizer) -> Answer:
    """A model as an `Answer`."""
    return lambda lightness: predict_ab(model, lightness[None])[0]


def constant(ab: np.ndarray) -> Answer:
    """The same ab (2,) for every pixel of every photo."""
    return lambda lightness: np.broadcast_to(np.float32(ab), (*lightness.shape, 2))


def mean_color(photos: PhotoSet) -> np.ndarray:
    """The mean ab (2,) over every pixel: what squared error asks of a constant."""
    total = sum(lab[..., 1:].sum((0, 1), dtype=np.float64) for lab in photos.lab)
    return total / sum(lab[..., 0].size for lab in photos.lab)


def best_tint(photos: PhotoSet) -> np.ndarray:
    """The ab (2,) with the least mean distance to the colorful pixels, by Weiszfeld's iteration.

    No constant does better on these photos. Take it from the very photos of the test, and it is a baseline that has
    seen the answers.
    """
    colors = np.concatenate([lab[..., 1:].reshape(-1, 2).astype(np.float64) for lab in photos.lab])
    colors = colors[np.hypot(*colors.T) > COLORFUL]
    tint = colors.mean(0)
    for _ in range(50):
        distance = np.maximum(np.linalg.norm(colors - tint, axis=1), 1e-6)
        tint = np.average(colors, axis=0, weights=1 / distance)
    return tint


def scene_accuracy(model: Colorizer, photos: PhotoSet) -> dict[str, float]:
    """Shares of the photos of known scene that the scene branch names rightly, and that the commonest scene has."""
    known = np.flatnonzero(photos.scenes >= 0)
    if not len(known):
        raise ValueError("photos must hold at least one whose scene is known")
    found = [
        model.scene_probabilities(photos.lab[i][None, ..., 0].astype(np.float32)).argmax() for i in known
    ]
    return {
        "scene_accuracy": float(np.mean(np.array(found) == photos.scenes[known])),
        "commonest_scene": float(np.bincount(photos.scenes[known]).max() / len(known)),
    }


def correlation(truth: np.ndarray, ab: np.ndarray) -> float:
    """Pearson's correlation of two ab pictures (H, W, 2) about each one's own mean color; 0 where either has one color only."""
    truth, ab = (x - x.mean((0, 1), dtype=np.float64) for x in (truth, ab))
    scale = np.sqrt((truth**2).sum() * (ab**2).sum())
    return float((truth * ab).sum() / scale) if scale > 1e-6 * truth.size else 0.0


def _score_one(ab: np.ndarray, truth: Truth) -> dict[str, float]:
    true_ab = truth.lab[..., 1:]
    rgb = lab_to_rgb(into_gamut(truth.lab[..., 0], ab))
    colorful = np.hypot(true_ab[..., 0], true_ab[..., 1]) > COLORFUL
    error = np.linalg.norm(ab - true_ab, axis=-1)
    return {
        "pixels": colorful.size,
        "weight": float(truth.weights.sum()),
        "colorful": int(colorful.sum()),
        "psnr": psnr(truth.rgb, rgb),
        "ssim": ssim(truth.rgb, rgb),
        "auc": color_auc(true_ab, ab),
        "auc_rebalanced": color_auc(true_ab, ab, weights=truth.weights),
        "colorfulness": colorfulness(rgb),
        "true_colorfulness": colorfulness(truth.rgb),
        "chroma": mean_chroma(ab),
        "true_chroma": mean_chroma(true_ab),
        "error": float(error.mean()),
        "colorful_error": float(error[colorful].mean()) if colorful.any() else 0.0,
        "correlation": correlation(true_ab, ab),
    }
