"""The read-out against loops over single numbers, torch.cdist, gradients, and keys where squares cancel."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.video.colormnet.readout import affinity, read_out, top_affinity

small = st.integers(1, 5)


def draw(seed, n, c, m, q, dtype=torch.float32):
    """Keys, shrinkage and selection as a network gives them."""
    g = torch.Generator().manual_seed(seed)
    k, y = torch.randn(n, c, m, generator=g), torch.randn(n, c, q, generator=g)
    s = torch.randn(n, 1, m, generator=g) ** 2 + 1
    e = torch.rand(n, c, q, generator=g)
    return tuple(x.to(dtype) for x in (k, y, s, e))


def slow(k, y, s=None, e=None, top_k=None, plain=False):
    """The formula, number by number."""
    n, c, m = k.shape
    weights = torch.zeros(n, m, y.shape[2], dtype=torch.float64)
    for b in range(n):
        for j in range(y.shape[2]):
            scores = []
            for i in range(m):
                distance = 0.0
                for a in range(c):
                    worth = 1.0 if e is None else e[b, a, j].item()
                    distance += worth * (k[b, a, i].item() - y[b, a, j].item()) ** 2
                sharpness = 1.0 if s is None else s[b, 0, i].item()
                scores.append(-distance if plain else -sharpness * distance / math.sqrt(c))
            best = sorted(range(m), key=lambda i: scores[i], reverse=True)[:top_k]
            powers = {i: math.exp(scores[i] - scores[best[0]]) for i in best}
            for i in best:
                weights[b, i, j] = powers[i] / sum(powers.values())
    return weights


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    sizes=st.tuples(small, small, small, small),
    top_k=st.none() | st.integers(1, 6),
    with_s=st.booleans(),
    with_e=st.booleans(),
)
def test_the_released_affinity_is_its_formula(seed, sizes, top_k, with_s, with_e):
    k, y, s, e = draw(seed, *sizes)
    s, e = s if with_s else None, e if with_e else None
    weights = affinity(k, y, shrinkage=s, selection=e, top_k=top_k)
    torch.testing.assert_close(weights.double(), slow(k, y, s, e, top_k), rtol=1e-5, atol=1e-6)
    assert weights.dtype == k.dtype and (weights > 0).sum(1).max() <= (top_k or sizes[2])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), sizes=st.tuples(small, small, small, small), top_k=st.none() | small)
def test_the_plain_reading_is_a_softmax_of_distances(seed, sizes, top_k):
    k, y, _, _ = draw(seed, *sizes)
    weights = affinity(k, y, reading="plain", top_k=top_k)
    torch.testing.assert_close(weights.double(), slow(k, y, top_k=top_k, plain=True), rtol=1e-5, atol=1e-6)
    if top_k is None:
        distance = torch.cdist(k.mT, y.mT, compute_mode="donot_use_mm_for_euclid_dist") ** 2
        torch.testing.assert_close(weights, (-distance).softmax(1), rtol=1e-4, atol=1e-6)


def test_a_full_top_k_is_the_full_softmax():
    k, y, s, e = draw(0, 2, 8, 40, 9)
    full = affinity(k, y, shrinkage=s, selection=e)
    for top_k in (40, 400):
        torch.testing.assert_close(affinity(k, y, shrinkage=s, selection=e, top_k=top_k), full)


def test_order_does_not_matter():
    k, y, s, e = draw(1, 2, 8, 40, 9)
    shuffled = torch.randperm(40, generator=torch.Generator().manual_seed(0))
    for top_k in (None, 7):
        weights = affinity(k, y, shrinkage=s, selection=e, top_k=top_k)
        moved = affinity(k[..., shuffled], y, shrinkage=s[..., shuffled], selection=e, top_k=top_k)
        torch.testing.assert_close(moved, weights[:, shuffled])


@pytest.mark.parametrize(
    "center",
    [
        lambda m: torch.full((m,), 3000.0),  # all keys in one far place
        lambda m: torch.where(torch.arange(m) % 2 == 0, 3000.0, -3000.0),  # in two, so that no middle helps
    ],
)
def test_far_keys_do_not_cancel(center):
    """Distances of a few tens between keys 24,000 long, whose squares float32 knows to within 30."""
    g = torch.Generator().manual_seed(0)
    # multiples of 1/64 around 3,000 are exact in float32, so that the same keys around 0 tell the truth
    k, y = (torch.randint(-64, 65, (1, 64, 20), generator=g) / 64 for _ in range(2))
    far = center(20)
    exact = -((k[:, :, :, None] - y[:, :, None]) ** 2).sum(1)  # (1, M, Q)
    exact = exact.masked_fill((far[:, None] != far[None])[None], -1e9)
    for top_k in (None, 20):
        weights = affinity(k + far, y + far, reading="plain", top_k=top_k)
        torch.testing.assert_close(weights, exact.softmax(1), rtol=1e-4, atol=1e-6)
    rough = (2 * (k + far).mT @ (y + far) - ((k + far) ** 2).sum(1)[..., None]).softmax(1)
    assert (rough - exact.softmax(1)).abs().max() > 0.1  # what the square multiplied out in float32 gives


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_the_largest_keys_give_no_nan(dtype):
    large = torch.finfo(dtype).max
    k = torch.tensor([[[large, -large, 0.0]]], dtype=dtype)
    s = torch.full((1, 1, 3), large, dtype=dtype)
    for y in (k, torch.tensor([[[large / 2, 1.0, -1.0]]], dtype=dtype)):
        for top_k in (None, 2):
            weights = affinity(k, y, shrinkage=s, top_k=top_k)
            assert weights.isfinite().all() and weights.dtype == dtype
            torch.testing.assert_close(weights.sum(1).float(), torch.ones(1, 3))
    torch.testing.assert_close(affinity(k, k), torch.eye(3, dtype=dtype)[None])


def test_gradients_are_right():
    k, y, s, e = (x.requires_grad_() for x in draw(3, 2, 3, 5, 4, torch.float64))
    value = torch.randn(2, 2, 3, 5, dtype=torch.float64, requires_grad=True)

    def read(k, y, s, e, value, top_k):
        return read_out(affinity(k, y, shrinkage=s, selection=e, top_k=top_k), value)

    for top_k in (None, 2):
        assert torch.autograd.gradcheck(lambda *x, top_k=top_k: read(*x, top_k), (k, y, s, e, value))


def test_the_best_are_the_affinity_without_its_zeros():
    k, y, s, e = draw(4, 2, 8, 40, 9)
    weights, index = top_affinity(k, y, 7, shrinkage=s, selection=e)
    assert weights.shape == index.shape == (2, 9, 7) and (weights.diff(dim=-1) <= 0).all()
    dense = affinity(k, y, shrinkage=s, selection=e, top_k=7)
    torch.testing.assert_close(dense.mT.gather(-1, index), weights)
    assert (dense > 0).sum() == weights.numel()


def test_reading_averages_all_that_stands_before_the_elements():
    k, y, s, _ = draw(5, 2, 8, 11, 6)
    value = torch.randn(2, 3, 4, 11)
    weights = affinity(k, y, shrinkage=s)
    answer = read_out(weights, value)
    assert answer.shape == (2, 3, 4, 6)
    for b, o, c, j in [(0, 0, 0, 0), (1, 2, 3, 5), (0, 1, 2, 4)]:
        expected = sum(weights[b, i, j] * value[b, o, c, i] for i in range(11))
        torch.testing.assert_close(answer[b, o, c, j], expected)
    assert read_out(weights, value[:, 0]).shape == (2, 4, 6)
    assert (answer.amax(-1) <= value.amax(-1) + 1e-6).all()  # averages stay within what is stored


K = torch.zeros(2, 4, 5)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: affinity(K, K[:, :3]), ValueError, "query_key"),
        (lambda: affinity(K[0], K[0]), ValueError, "memory_key"),
        (lambda: affinity(K[..., :0], K), ValueError, "empty"),
        (lambda: affinity(K.long(), K), TypeError, "int64"),
        (lambda: affinity(K, K, shrinkage=torch.ones(2, 4, 5)), ValueError, r"shrinkage must be \(2, 1, 5\)"),
        (lambda: affinity(K, K, selection=torch.ones(2, 4, 6)), ValueError, r"selection must be \(2, 4, 5\)"),
        (lambda: affinity(K, K, top_k=0), ValueError, "top_k .* got 0"),
        (lambda: affinity(K, K, reading="cosine"), ValueError, "cosine"),
        (lambda: affinity(K, K, reading="plain", selection=K), ValueError, "plain"),
        (lambda: read_out(K, K), ValueError, "value"),
        (lambda: read_out(K, torch.zeros(1, 3, 4)), ValueError, "value"),
        (lambda: read_out(K[0], K[0]), ValueError, "weights"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
