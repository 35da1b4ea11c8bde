"""How far is a picture from another, and how colorful is it? Every number says its range and its source."""

from course_lib.metrics.chroma import color_auc, colorfulness, mean_chroma
from course_lib.metrics.fidelity import psnr, ssim

__all__ = ["color_auc", "colorfulness", "mean_chroma", "psnr", "ssim"]
