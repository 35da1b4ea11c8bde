"""Part 1, images: networks that color a gray photo, and how they are trained."""

from course_lib.images.colorize import colorize, predict_ab
from course_lib.images.regression import train_regression
from course_lib.images.unet import UNet

__all__ = ["UNet", "colorize", "predict_ab", "train_regression"]
