"""Training: each loss finds the statistic it should, seeds decide, bad input is named."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.data import made_scenes
from course_lib.images import UNet, predict_ab, train_regression


class OneColor(nn.Module):
    """Answers the same ab everywhere: all that a loss can teach it is a statistic of the colors."""

    def __init__(self):
        super().__init__()
        self.ab = nn.Parameter(torch.zeros(2))

    def forward(self, x):
        return self.ab[None, :, None, None].expand(len(x), 2, *x.shape[2:])


def _colors(points):
    """One picture a color, 1x1."""
    lab = np.full((len(points), 1, 1, 3), 50.0)
    lab[:, 0, 0, 1:] = points
    return lab


def _learned(points, **options):
    model = OneColor()
    train_regression(
        model, _colors(points), steps=1500, batch_size=256, learning_rate=3e-3, progress=False, **options
    )
    return model.ab.detach().numpy() * 110


POINTS = [(60.0, 0.0), (60.0, 0.0), (60.0, 0.0), (-20.0, 40.0), (-30.0, -50.0)]


def test_l2_learns_the_mean():
    np.testing.assert_allclose(_learned(POINTS, loss="l2"), np.mean(POINTS, 0), atol=3)


def test_l1_learns_the_median_of_each_coordinate():
    np.testing.assert_allclose(_learned(POINTS, loss="l1"), np.median(POINTS, 0), atol=3)


@pytest.mark.parametrize(("delta", "statistic"), [(1.0, np.mean), (0.01, np.median)])
def test_huber_is_the_mean_for_wide_and_the_median_for_narrow_delta(delta, statistic):
    np.testing.assert_allclose(
        _learned(POINTS, loss="huber", huber_delta=delta), statistic(POINTS, 0), atol=3
    )


def test_a_unet_learns_unambiguous_colors():
    torch.manual_seed(0)
    scenes = made_scenes(256, seed=0, size=16, ambiguous=False)
    net = UNet(width=8, depth=2)
    history = train_regression(net, scenes, steps=150, batch_size=16, learning_rate=2e-2, progress=False)
    assert history.shape == (150,) and history.dtype == np.float32
    assert history[-10:].mean() < history[:10].mean() / 4
    unseen = made_scenes(16, seed=1, size=16, ambiguous=False)
    objects = unseen.labels > 0
    error = np.linalg.norm(predict_ab(net, unseen.lab[..., 0]) - unseen.lab[..., 1:], axis=-1)[objects].mean()
    assert error < 22  # gray would be off by the whole chroma, 44


def test_the_seed_decides_and_matters():
    def run(seed):
        torch.manual_seed(0)
        net = UNet(width=2, depth=1)
        return train_regression(
            net, made_scenes(32, 0, size=16), steps=4, batch_size=4, seed=seed, progress=False
        )

    np.testing.assert_array_equal(run(0), run(0))
    assert np.abs(run(0) - run(1)).max() > 0


def test_progress_can_be_shown_and_hidden(capsys):
    for progress in (True, False):
        train_regression(OneColor(), _colors(POINTS), steps=2, progress=progress)
        assert ("training (l2)" in capsys.readouterr().err) == progress


def test_the_model_is_left_ready_to_use():
    net = UNet(width=2, depth=1)
    train_regression(net, made_scenes(4, 0, size=16), steps=1, batch_size=2, progress=False)
    assert not net.training


@pytest.mark.parametrize(
    ("scenes", "words"),
    [
        (np.zeros((4, 8, 8)), "Lab array"),
        (np.zeros((4, 8, 8, 2)), "Lab array"),
        (np.zeros((0, 8, 8, 3)), "nonempty"),
        (np.zeros((4, 8, 8, 3), np.uint8), "uint8"),
        (np.full((4, 8, 8, 3), np.nan), "NaN"),
        (None, "Lab array"),
    ],
)
def test_bad_scenes_are_named(scenes, words):
    with pytest.raises(ValueError, match=words):
        train_regression(OneColor(), scenes, progress=False)


@pytest.mark.parametrize(
    "options",
    [{"loss": "mse"}, {"steps": 0}, {"batch_size": 0}, {"learning_rate": 0.0}, {"huber_delta": -1.0}],
)
def test_bad_options_are_named(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        train_regression(OneColor(), _colors(POINTS), progress=False, **options)
