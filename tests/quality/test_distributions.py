"""Earth mover's distance against SciPy's, its gradient; moments; correlations; what is refused."""

import numpy as np
import pytest
import torch
from scipy import stats

from course_lib.quality import (
    earth_movers_distance,
    linear_correlation,
    mean_score,
    rank_correlation,
    score_spread,
)

SCORES = np.arange(1, 11)


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.ones(10), 20), rng.dirichlet(np.ones(10), 20)


def test_with_r_1_it_is_scipys_divided_by_the_bins(pair):
    theirs = [stats.wasserstein_distance(SCORES, SCORES, p, q) / 10 for p, q in zip(*pair, strict=True)]
    np.testing.assert_allclose(earth_movers_distance(*pair, r=1), theirs, rtol=1e-12)


@pytest.mark.parametrize("r", [1, 2, 3.5])
def test_one_pair_a_batch_and_tensors_agree(pair, r):
    ours = earth_movers_distance(*pair, r=r)
    assert ours.shape == (20,) and ours.dtype == np.float64
    assert earth_movers_distance(pair[0][3], pair[1][3], r) == pytest.approx(ours[3])
    tensors = earth_movers_distance(*map(torch.from_numpy, pair), r=r)
    np.testing.assert_allclose(tensors.numpy(), ours, rtol=1e-12)
    by_hand = (np.abs(np.cumsum(pair[0], 1) - np.cumsum(pair[1], 1)) ** r).mean(1) ** (1 / r)
    np.testing.assert_allclose(ours, by_hand, rtol=1e-9)


@pytest.mark.parametrize("r", [1, 2])
def test_it_is_a_distance_and_knows_how_far(r):
    ends = np.eye(10)
    assert earth_movers_distance(ends[4], ends[4], r) == 0
    steps = [earth_movers_distance(ends[0], ends[k], r) for k in range(10)]
    assert np.all(np.diff(steps) > 0)
    assert steps[9] == pytest.approx(0.9 ** (1 / r))
    np.testing.assert_allclose(
        earth_movers_distance(ends, ends[::-1], r), earth_movers_distance(ends[::-1], ends, r)
    )


@pytest.mark.parametrize("r", [1, 2])
def test_its_gradient_is_right_and_finite_where_the_two_are_equal(r):
    torch.manual_seed(0)
    logits = torch.randn(3, 10, dtype=torch.float64, requires_grad=True)
    target = torch.randn(3, 10, dtype=torch.float64).softmax(1)
    assert torch.autograd.gradcheck(lambda x: earth_movers_distance(x.softmax(1), target, r), logits)
    earth_movers_distance(logits.softmax(1), logits.softmax(1).detach(), r).sum().backward()
    assert logits.grad.isfinite().all()


def test_float32_shares_of_a_softmax_pass():
    shares = torch.randn(500, 10).mul(8).softmax(1)
    assert earth_movers_distance(shares, shares.roll(1, 0)).max() <= 1


def test_mean_and_spread_are_those_of_the_votes():
    votes = np.random.default_rng(1).integers(0, 30, (5, 10))
    shares = votes / votes.sum(1, keepdims=True)
    every = [np.repeat(SCORES, row) for row in votes]
    np.testing.assert_allclose(mean_score(shares), [v.mean() for v in every])
    np.testing.assert_allclose(score_spread(shares), [v.std() for v in every])
    np.testing.assert_allclose(mean_score(torch.from_numpy(shares)).numpy(), mean_score(shares))
    np.testing.assert_allclose(score_spread(torch.from_numpy(shares)).numpy(), score_spread(shares))
    assert isinstance(mean_score(shares[0]), float) and isinstance(score_spread(shares[0]), float)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda p: p * 40, ValueError, "p must sum to 1 in each row.*divide by their number"),
        (lambda p: p - 0.5, ValueError, "no negative share"),
        (lambda p: np.where(p > 0.2, np.nan, p), ValueError, "NaN"),
        (lambda p: p[:, :9] / p[:, :9].sum(1, keepdims=True), ValueError, "one shape"),
        (lambda p: p[0], ValueError, "one shape"),
        (lambda p: p[None], ValueError, r"\(N, K\) or \(K,\)"),
        (lambda p: p[:0], ValueError, "nonempty"),
        (lambda p: torch.from_numpy(p), TypeError, "both be tensors or both arrays"),
        (lambda p: p.astype(str), TypeError, "must be numbers"),
        (lambda p: None, TypeError, "must be numbers"),
    ],
)
def test_what_is_no_distribution_is_refused(pair, change, error, message):
    with pytest.raises(error, match=message):
        earth_movers_distance(change(pair[0]), pair[1])


@pytest.mark.parametrize("r", [0, 0.5, -1, np.nan, np.inf, "2", None, True])
def test_r_below_1_is_refused(pair, r):
    with pytest.raises(ValueError, match="r must be"):
        earth_movers_distance(*pair, r=r)


def test_whole_number_tensors_are_refused():
    with pytest.raises(TypeError, match="floating point"):
        mean_score(torch.eye(10, dtype=torch.int64))


def test_correlations_are_scipys_and_say_when_there_is_none():
    rng = np.random.default_rng(2)
    one, other = rng.normal(size=30).round(1), rng.normal(size=30)
    assert rank_correlation(one, other) == stats.spearmanr(one, other).statistic
    assert linear_correlation(one, other) == stats.pearsonr(one, other).statistic
    assert np.isnan(rank_correlation(np.ones(30), other)) and np.isnan(linear_correlation(other, np.ones(30)))
    for bad in (one[:5], one[:, None], np.full(30, np.nan)):
        with pytest.raises(ValueError, match="one and other"):
            rank_correlation(bad, other)
