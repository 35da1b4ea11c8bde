"""SoftEncoder against scikit-learn's ball tree and against plain sums; decode against its formula; bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.data import astronaut, coffee
from sklearn.neighbors import BallTree

from course_lib.color import SoftEncoder, ab_bin_centers, decode, rgb_to_lab

bins = ab_bin_centers()
photo_ab = rgb_to_lab(astronaut()[::4, ::4] / 255.0)[..., 1:].reshape(-1, 2)
rng = np.random.default_rng(3)
centers_of = {
    "the 313": bins,
    "scattered": rng.normal(size=(200, 2)) * 40,
    "clustered": np.vstack([rng.normal(size=(300, 2)) * 0.01, rng.normal(size=(40, 2)) * 100]),
    "on a line": np.stack([np.arange(50.0), np.zeros(50)], axis=1),
    "far from 0": rng.normal(size=(60, 2)) + 1e6,
    "with twins": np.repeat(rng.normal(size=(20, 2)) * 50, 3, axis=0),
    "one": np.array([[3.0, 4.0]]),
}
points_of = {
    "photo": photo_ab,
    "wide": rng.uniform(-300, 300, (5000, 2)),
    "far": rng.normal(size=(2000, 2)) * 1e6,
}


def tree_encode(centers, ab, neighbors, sigma):
    """The usual way, with the smallest squared distance subtracted: squared distances and decoded values."""
    distance, index = BallTree(centers).query(ab, k=neighbors)
    weights = np.exp(-(distance**2 - distance[:, :1] ** 2) / (2 * sigma**2))
    weights /= weights.sum(axis=1, keepdims=True)
    return distance**2, index, weights


def dense_by_the_formula(centers, ab, neighbors, sigma):
    """Soft encoding of one point in exact steps, no tree: sort all, keep K."""
    gap = ((centers - ab) ** 2).sum(axis=1)
    nearest = np.argsort(gap, kind="stable")[:neighbors]
    weights = np.exp(-(gap[nearest] - gap[nearest[0]]) / (2 * sigma**2))
    dense = np.zeros(len(centers))
    dense[nearest] = weights / weights.sum()
    return dense


@pytest.mark.parametrize("points", points_of)
@pytest.mark.parametrize("neighbors", [1, 5, 10, 40])
@pytest.mark.parametrize("centers", centers_of)
def test_nearest_equal_the_ball_tree(centers, neighbors, points):
    centers, ab = centers_of[centers], points_of[points]
    neighbors = min(neighbors, len(centers))
    index, weights = SoftEncoder(centers, neighbors=neighbors).encode_sparse(ab)
    squares, _, tree_weights = tree_encode(centers, ab, neighbors, 5.0)
    ours = ((centers[index] - ab[:, None]) ** 2).sum(axis=2)
    scale = np.abs(centers).max() ** 2 + squares.max()
    np.testing.assert_allclose(ours, squares, rtol=1e-9, atol=1e-15 * scale)
    assert all(len(set(row)) == neighbors for row in index.tolist())
    # the tree rounds its distances, and at 1e6 from the centers d^2 has lost its fourth decimal
    np.testing.assert_allclose(weights, tree_weights, atol=1e-6 + 1e-16 * scale)


@pytest.mark.parametrize("points", ["photo", "wide"])
@pytest.mark.parametrize(("neighbors", "sigma"), [(1, 5), (5, 5), (5, 0.5), (10, 5), (10, 30)])
def test_decoded_value_equals_the_ball_trees(points, neighbors, sigma):
    ab = points_of[points]
    index, weights = SoftEncoder(bins, neighbors=neighbors, sigma=sigma).encode_sparse(ab)
    squares, tree_index, tree_weights = tree_encode(bins, ab, min(neighbors + 1, len(bins)), sigma)
    untied = squares[:, neighbors] - squares[:, neighbors - 1] > 1e-6  # where no tie decides who is the Kth
    assert untied.mean() > 0.8
    tree_weights = tree_weights[:, :neighbors] / tree_weights[:, :neighbors].sum(axis=1, keepdims=True)
    theirs = (bins[tree_index[:, :neighbors]] * tree_weights[..., None]).sum(axis=1)
    ours = (bins[index] * weights[..., None]).sum(axis=1)
    np.testing.assert_allclose(ours[untied], theirs[untied], atol=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.int8, np.int64])
def test_the_table_of_integers_says_what_the_lists_say(dtype):
    whole = np.rint(photo_ab)
    encoder = SoftEncoder(bins)
    expected = SoftEncoder(bins).encode_sparse(whole + 1e-9)  # not whole, so not from the table
    index, weights = encoder.encode_sparse(whole.astype(dtype))
    assert encoder._table is not None
    squares = [((bins[i] - whole[:, None]) ** 2).sum(axis=2) for i in (index, expected[0])]
    np.testing.assert_allclose(*squares, atol=1e-5)  # a tie at the fifth place may fall either way
    np.testing.assert_allclose(weights, expected[1], atol=1e-6)


def test_whole_and_broken_values_in_one_photo():
    ab = np.tile(np.rint(photo_ab), (2, 1))
    ab[len(ab) // 2 :: 7] += 0.25
    ab[5] = [1e6, -3.0]  # whole, but in no table
    index, weights = SoftEncoder(bins).encode_sparse(ab)
    ours = ((bins[index] - ab[:, None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(ours, tree_encode(bins, ab, 5, 5.0)[0], rtol=1e-9)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)


@given(
    centers=st.integers(1, 12).flatmap(
        lambda q: hnp.arrays(np.float64, (q, 2), elements=st.floats(-150, 150))
    ),
    ab=hnp.arrays(np.float64, (3, 2), elements=st.floats(-1e4, 1e4)),
    sigma=st.floats(0.01, 1e3),
    data=st.data(),
)
def test_any_centers_any_sigma(centers, ab, sigma, data):
    neighbors = data.draw(st.integers(1, len(centers)))
    dense = SoftEncoder(centers, neighbors=neighbors, sigma=sigma).encode(ab)
    for point, row in zip(ab, dense, strict=True):
        gaps = np.sort(((centers - point) ** 2).sum(axis=1))
        # compare sorted weights: equal whichever of two tied centers was taken
        expected = np.sort(dense_by_the_formula(centers, point, neighbors, sigma))
        np.testing.assert_allclose(np.sort(row), expected, atol=1e-5 + 1e-15 * gaps[-1] / sigma**2)


@settings(deadline=None, max_examples=40)
@given(
    ab=st.lists(st.integers(0, 3), max_size=3).flatmap(
        lambda shape: hnp.arrays(
            st.sampled_from([np.float32, np.float64]),
            (*shape, 2),
            elements=st.floats(allow_nan=False, allow_infinity=False, width=32),
        )
    ),
    sigma=st.sampled_from([1e-200, 1e-3, 5.0, 1e200]),
    neighbors=st.sampled_from([1, 5, 313]),
)
def test_always_a_distribution(ab, sigma, neighbors):
    encoder = SoftEncoder(bins, neighbors=neighbors, sigma=sigma)
    index, weights = encoder.encode_sparse(ab)
    dense = encoder.encode(ab)
    assert index.shape == weights.shape == (*ab.shape[:-1], neighbors)
    assert dense.shape == (*ab.shape[:-1], 313) and dense.dtype == weights.dtype == np.float32
    assert np.isfinite(weights).all() and (weights >= 0).all()
    assert (np.diff(weights, axis=-1) <= 0).all()
    np.testing.assert_allclose(dense.sum(axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(dense, index, axis=-1), weights)


@pytest.mark.parametrize("far", [200.0, 1e4, 1e6, 1e9, 1e300])
def test_far_outside_the_gamut_is_never_nan(far):
    ab = np.array([[far, 0.0], [far, far / 3], [-far, 7.0], [0.0, -far]])
    index, weights = SoftEncoder(bins).encode_sparse(ab)
    assert np.isfinite(weights).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    # straight out along a, the nearest bin is the one with the largest a
    np.testing.assert_array_equal(bins[index[0, 0]], [100, 0])


def test_far_away_the_finer_direction_still_counts():
    # (100, 0) is the only bin with a = 100; of two columns the farther one decides alone, and inside a column b does
    centers = np.array([[0.0, 0.0], [0.0, 10.0], [-10.0, 5.0]])
    weights = SoftEncoder(centers, neighbors=3).encode(np.array([[1e9, 4.0], [1e9, 5.0]]))
    share = 1 / (1 + np.exp(-(36 - 16) / 50))
    np.testing.assert_allclose(weights, [[share, 1 - share, 0], [0.5, 0.5, 0]], atol=1e-6)


def test_ties_share_alike_for_any_sigma():
    corner = np.array([[5.0, 5.0]] * 2000)
    for sigma in (1e-200, 1e-6, 5.0):
        for neighbors in (4, 5):
            _, weights = SoftEncoder(bins, neighbors=neighbors, sigma=sigma).encode_sparse(corner)
            np.testing.assert_allclose(weights[:, :4], weights[:, :1].repeat(4, axis=1))
    np.testing.assert_allclose(weights[:, 0], 1 / (4 + np.exp(-200 / 50)), atol=1e-6)


def test_dense_is_the_sparse_one_scattered_for_a_whole_photo():
    ab = rgb_to_lab(coffee()[::8, ::8].astype(np.float32) / 255)[..., 1:]
    encoder = SoftEncoder(bins, neighbors=10)
    dense, (index, weights) = encoder.encode(ab), encoder.encode_sparse(ab)
    assert dense.shape == (*ab.shape[:2], 313)
    assert ((dense > 0).sum(axis=-1) <= 10).all()
    np.testing.assert_array_equal(np.take_along_axis(dense, index, axis=-1), weights)


def test_round_trip_error_of_a_photo():
    ab = decode(SoftEncoder(bins).encode(photo_ab), bins, temperature=1)
    assert np.linalg.norm(ab - photo_ab, axis=1).mean() < 1  # K = 1 alone costs about 3.8
    nearest = decode(SoftEncoder(bins, neighbors=1).encode(photo_ab), bins, temperature=1)
    assert np.linalg.norm(nearest - photo_ab, axis=1).max() <= np.sqrt(50) + 1e-4


class TestBadInput:
    @pytest.mark.parametrize("function", ["encode", "encode_sparse"])
    def test_values(self, function):
        encode = getattr(SoftEncoder(bins), function)
        for value in (np.nan, np.inf):
            with pytest.raises(ValueError, match="ab must be finite"):
                encode(np.array([[0.0, value]]))
        for shape in ((), (3,), (2, 3), (0,)):
            with pytest.raises(ValueError, match=r"ab must have shape \(\.\.\., 2\)"):
                encode(np.zeros(shape))
        for dtype in (bool, complex, object, str):
            with pytest.raises(TypeError, match="ab must be real numbers"):
                encode(np.zeros((3, 2), dtype))

    @pytest.mark.parametrize(
        "centers", [np.zeros((0, 2)), np.zeros((3, 3)), np.zeros(2), [[np.nan, 0]], [[1e200, 0]]]
    )
    def test_centers(self, centers):
        with pytest.raises(ValueError, match="centers"):
            SoftEncoder(centers, neighbors=1)

    @pytest.mark.parametrize("neighbors", [0, -1, 314])
    def test_neighbors_out_of_range(self, neighbors):
        with pytest.raises(ValueError, match="neighbors must lie from 1 to the 313"):
            SoftEncoder(bins, neighbors=neighbors)

    @pytest.mark.parametrize("neighbors", [5.0, "5", None, True])
    def test_neighbors_of_wrong_type(self, neighbors):
        with pytest.raises(TypeError, match="neighbors must be an integer"):
            SoftEncoder(bins, neighbors=neighbors)

    @pytest.mark.parametrize("sigma", [0, -1, np.nan, np.inf, "5", None])
    def test_sigma(self, sigma):
        with pytest.raises(ValueError, match="sigma must be a positive number"):
            SoftEncoder(bins, sigma=sigma)

    def test_decode(self):
        good = np.full((4, 313), 1 / 313)
        for bad in (good[:, :312], np.float64(1)):
            with pytest.raises(ValueError, match="need centers"):
                decode(bad, bins)
        for value in (np.nan, np.inf):
            with pytest.raises(ValueError, match="probabilities must be finite"):
                decode(np.full((2, 313), value), bins)
        for bad in (np.zeros((2, 313)), good - 1):
            with pytest.raises(ValueError, match="nonnegative"):
                decode(bad, bins)
        for temperature in (-0.1, np.nan, np.inf, "1"):
            with pytest.raises(ValueError, match="temperature"):
                decode(good, bins, temperature)
        with pytest.raises(TypeError, match="probabilities"):
            decode(good > 0, bins)


@given(
    z=st.integers(1, 3).flatmap(lambda n: hnp.arrays(np.float64, (n, 9), elements=st.floats(1e-6, 1))),
    temperature=st.floats(0.05, 3),
)
def test_decode_equals_the_formula(z, temperature):
    centers = bins[::35][:9]
    logits = np.log(z) / temperature
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = weights @ centers / weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(decode(z, centers, temperature), expected, atol=1e-8)


def test_decode_from_mode_to_mean():
    z = np.array([[0.5, 0.3, 0.2]])
    centers = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 20.0]])
    np.testing.assert_array_equal(decode(z, centers, 0), [[0, 0]])
    np.testing.assert_allclose(decode(z, centers, 1), [[3, 4]])
    np.testing.assert_allclose(decode(z, centers, 1e-3), [[0, 0]], atol=1e-12)
    np.testing.assert_array_equal(decode(np.array([0.5, 0.5]), centers[:2], 0), [0, 0])
    np.testing.assert_array_equal(decode(np.array([3, 1]), centers[:2], 1), [2.5, 0])  # counts will do


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_decode_keeps_shape_and_dtype_and_survives_tiny_temperatures(dtype):
    z = np.random.default_rng(0).random((2, 0, 3, 313)).astype(dtype)
    assert decode(z, bins).shape == (2, 0, 3, 2)
    z = np.random.default_rng(0).random((5, 313)).astype(dtype)
    for temperature in (0, 1e-300, 1e-3, 0.38, 1, 50.0):
        ab = decode(z, bins, temperature)
        assert ab.dtype == dtype and np.isfinite(ab).all()
