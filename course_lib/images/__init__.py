"""Part 1, images: networks that color a gray photo, and how they are trained."""

from course_lib.images.cic import CICNet
from course_lib.images.colorization_net import ColorizationNet
from course_lib.images.colorize import colorize, predict_ab
from course_lib.images.colorizer import pretrained
from course_lib.images.losses import soft_cross_entropy
from course_lib.images.perceptual import color_features
from course_lib.images.prior_table import natural_prior
from course_lib.images.rebalancing import color_prior, rebalancing_weights
from course_lib.images.regression import train_regression
from course_lib.images.unet import UNet

__all__ = [
    "CICNet",
    "ColorizationNet",
    "UNet",
    "color_features",
    "color_prior",
    "colorize",
    "natural_prior",
    "predict_ab",
    "pretrained",
    "rebalancing_weights",
    "soft_cross_entropy",
    "train_regression",
]
