"""Prior and weights: the paper's own prior gives the known weights; smoothing stays in the ab plane."""

import os

import numpy as np
import pytest

from course_lib.color import SoftEncoder, ab_bin_centers
from course_lib.data import made_scenes
from course_lib.data.packs import find_pack
from course_lib.images import color_prior, rebalancing_weights


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    if not os.environ.get("COURSE_DATA_DIR"):
        pytest.skip("COURSE_DATA_DIR isn't set: no copy of prior_probs.npy to compare with")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        try:
            return np.load(find_pack("color_bins") / "prior_probs.npy")
        except FileNotFoundError as error:
            pytest.skip(str(error))


def _row(a, b):
    return int(np.flatnonzero((ab_bin_centers() == (a, b)).all(1))[0])


def test_the_published_prior_gives_the_known_weights(published):
    weights = rebalancing_weights(published)
    found = [weights.min(), weights.max(), weights.mean(), np.median(weights), weights.max() / weights.min()]
    np.testing.assert_allclose(found, [0.0965, 6.1749, 5.1749, 5.9987, 63.99], rtol=6e-4)
    assert (published * weights).sum() == pytest.approx(1)
    assert (weights.argmin(), weights.argmax()) == (_row(0, 0), _row(100, -90))


def test_the_published_prior_is_a_plausible_one(published):
    assert published.argmax() == _row(0, 0)
    near_gray = (np.abs(ab_bin_centers()) <= 10).all(1)
    assert published[near_gray].sum() == pytest.approx(0.600, abs=1e-3)


@pytest.mark.parametrize("neighbors", [5, 10])
def test_the_prior_is_the_mean_of_the_soft_encoding(neighbors):
    ab = made_scenes(6, seed=3).lab[..., 1:]
    encoder = SoftEncoder(ab_bin_centers(), neighbors=neighbors)
    prior = color_prior(ab, encoder)
    np.testing.assert_allclose(prior, encoder.encode(ab).reshape(-1, 313).mean(0, dtype=float), atol=1e-9)
    assert prior.dtype == np.float64 and prior.sum() == pytest.approx(1)


def test_the_default_encoder_is_the_papers():
    ab = made_scenes(2, seed=0).lab[..., 1:]
    paper = SoftEncoder(ab_bin_centers(), neighbors=5, sigma=5.0)
    np.testing.assert_array_equal(color_prior(ab), color_prior(ab, paper))


def test_pixels_count_alike_whatever_photo_they_are_in():
    rng = np.random.default_rng(0)
    large, small = rng.uniform(-60, 60, (8, 9, 2)), rng.uniform(-60, 60, (3, 2))
    together = np.concatenate([large.reshape(-1, 2), small])
    np.testing.assert_allclose(color_prior(iter([large, small])), color_prior([together]), atol=1e-12)


def test_mass_spreads_in_ab_and_not_along_the_list():
    end, start = _row(-10, 100), _row(0, -70)
    assert start == end + 1  # neighbors in the list, 170 apart in ab
    prior = color_prior([np.array([[-10.0, 100.0]])])
    assert prior[start] == 0
    distance = np.linalg.norm(ab_bin_centers() - (-10, 100), axis=1)
    assert prior[end] == prior.max() and distance[prior > 0].max() <= 20


def test_mixing_goes_from_the_inverse_to_none():
    prior = np.array([0.5, 0.3, 0.2])
    np.testing.assert_allclose(rebalancing_weights(prior, 0), 1 / (3 * prior))
    np.testing.assert_allclose(rebalancing_weights(prior, 1), 1)
    between = rebalancing_weights(prior)
    assert (np.diff(between) > 0).all() and (prior * between).sum() == pytest.approx(1)


def test_empty_bins_get_a_weight_when_something_is_mixed_in():
    weights = rebalancing_weights([0.5, 0.5, 0.0])
    assert np.isfinite(weights).all() and weights.argmax() == 2
    with pytest.raises(ValueError, match="mixing must be above 0 when bins are empty, as 1"):
        rebalancing_weights([0.5, 0.5, 0.0], 0)


@pytest.mark.parametrize("prior", [[], [[0.5, 0.5]], [0.5, 0.6], [1.5, -0.5], [np.nan, 1.0], [50.0, 50.0]])
def test_bad_priors_are_named(prior):
    with pytest.raises(ValueError, match="prior must"):
        rebalancing_weights(prior)


@pytest.mark.parametrize("mixing", [-0.1, 1.1, np.nan])
def test_bad_mixing_is_named(mixing):
    with pytest.raises(ValueError, match="mixing must be a share"):
        rebalancing_weights([0.5, 0.5], mixing)


@pytest.mark.parametrize("photos", [[], [np.zeros((0, 2))]])
def test_no_pixels_no_prior(photos):
    with pytest.raises(ValueError, match="at least one pixel"):
        color_prior(photos)
