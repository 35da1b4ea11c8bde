"""One network at several sizes: what stands where, against Pillow's resize, and what is refused."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from course_lib.quality import NIMA, MultiScale


@pytest.fixture(scope="module")
def backbone():
    torch.manual_seed(0)
    return NIMA("mobilenet_v2", width=0.35).eval().features


def test_each_size_is_the_photo_resized_through_the_same_network(backbone):
    photos = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        both = MultiScale(backbone, sides=(96, 48))(photos)
        np.testing.assert_array_equal(both[:, :1280], backbone(2 * photos - 1).mean((2, 3)))
        small = MultiScale(backbone, sides=(48,))(photos)
    np.testing.assert_allclose(both[:, 1280:], small, atol=1e-6)


def test_the_aspect_stays_and_shrinking_smooths():
    seen = []

    class Keep(nn.Module):
        def forward(self, x):
            seen.append(x)
            return x

    photo = np.random.default_rng(0).random((100, 200, 3), np.float32)
    MultiScale(Keep(), sides=(100, 64))(torch.from_numpy(photo).movedim(-1, 0)[None])
    assert [tuple(x.shape[2:]) for x in seen] == [(50, 100), (32, 64)]
    ours = ((seen[0][0] + 1) / 2).numpy()
    for plane, channel in zip(ours, np.moveaxis(photo, -1, 0), strict=True):
        np.testing.assert_allclose(
            plane, Image.fromarray(channel).resize((100, 50), Image.BILINEAR), atol=1e-5
        )
    assert ours.std() < 0.7 * photo.std()  # noise is averaged away


def test_all_sizes_share_the_weights(backbone):
    model = MultiScale(backbone, sides=(64, 48))
    assert sum(p.numel() for p in model.parameters()) == sum(p.numel() for p in backbone.parameters())
    model(torch.rand(1, 3, 64, 64)).sum().backward()
    assert all(p.grad is not None for p in backbone.parameters())


@pytest.mark.parametrize("sides", [(), (31,), (64, 64), (64.0,), (True,), (0,), ("64",)])
def test_sides_that_cannot_be(backbone, sides):
    with pytest.raises(ValueError, match="sides must be different whole numbers from 32"):
        MultiScale(backbone, sides=sides)


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 4, 64, 64), (0, 3, 64, 64), (1, 3, 0, 64)])
def test_photos_of_another_shape(backbone, shape):
    with pytest.raises(ValueError, match="photos must have shape"):
        MultiScale(backbone, sides=(64,))(torch.zeros(shape))


def test_a_photo_too_narrow(backbone):
    with pytest.raises(ValueError, match="wide enough for 32 pixels at side 64"):
        MultiScale(backbone, sides=(64,))(torch.zeros(1, 3, 30, 200))
