"""Part 1's encoder as a feature network: it must see color, which an encoder of lightness alone can't."""

import numpy as np
import pytest
import torch

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import photos
from course_lib.images import color_features
from course_lib.metrics import course_fid, course_lpips


@pytest.fixture(scope="module")
def features():
    return color_features()


@pytest.fixture(scope="module")
def photo():
    return photos("coffee")["coffee"][100:228, 100:260]


def recolored(photo, chroma):
    lab = rgb_to_lab(photo)
    lab[..., 1:] *= chroma
    return lab_to_rgb(lab)


def test_distance_grows_with_lost_color(features, photo):
    values = [course_lpips(photo, recolored(photo, chroma), features) for chroma in (1.0, 0.8, 0.4, 0.0)]
    assert values == sorted(values) and values[0] < 1e-3 < values[1]
    crops = np.stack([np.roll(photo, 16 * i, 1) for i in range(6)])
    gray = np.stack([recolored(crop, 0.0) for crop in crops])
    half = np.stack([recolored(crop, 0.5) for crop in crops])
    near, far = (course_fid(crops, x, features, allow_few=True) for x in (half, gray))
    assert 0 < near < far


def test_planes_are_read_one_by_one(features):
    """Swapping red and blue swaps the maps' thirds, and nothing else."""
    rgb = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        for there, back in zip(features(rgb), features(rgb.flip(1)), strict=True):
            thirds = there.unflatten(1, (3, -1))
            torch.testing.assert_close(back.unflatten(1, (3, -1)), thirds.flip(1), rtol=1e-4, atol=1e-4)


def test_other_shapes_are_refused(features):
    with pytest.raises(ValueError, match="rgb"):
        features(torch.zeros(1, 1, 32, 32))
