"""How far is a picture or a clip from another, how colorful, how steady? Every number says its range and its source."""

from course_lib.metrics.cdc import cdc
from course_lib.metrics.chroma import color_auc, colorfulness, mean_chroma
from course_lib.metrics.detection import (
    DetectionRates,
    detection_rates,
    threshold_for,
    threshold_within,
    wilson_interval,
)
from course_lib.metrics.fidelity import psnr, ssim
from course_lib.metrics.flicker import flicker
from course_lib.metrics.flow import optical_flow, visible_pixels, warp
from course_lib.metrics.perceptual import course_fid, course_lpips, fid, lpips
from course_lib.metrics.speckle import Speckle, speckle

__all__ = [
    "DetectionRates",
    "Speckle",
    "cdc",
    "color_auc",
    "colorfulness",
    "course_fid",
    "course_lpips",
    "detection_rates",
    "fid",
    "flicker",
    "lpips",
    "mean_chroma",
    "optical_flow",
    "psnr",
    "speckle",
    "ssim",
    "threshold_for",
    "threshold_within",
    "visible_pixels",
    "warp",
    "wilson_interval",
]
