"""Losses: against torch's own, the sparse form against the dense, by hand where the paper weighs."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from course_lib.color import SoftEncoder, ab_bin_centers
from course_lib.images import soft_cross_entropy
from course_lib.images.losses import regression_loss, scene_loss, sparse_soft_cross_entropy


@pytest.fixture
def soft():
    """Logits and the same targets densely and sparsely, whole-numbered ab with their ties among them."""
    rng = np.random.default_rng(0)
    ab = rng.uniform(-70, 70, (2, 5, 6, 2))
    ab[0] = rng.integers(-8, 8, (5, 6, 2)) * 5
    encoder = SoftEncoder(ab_bin_centers())
    indices, weights = (torch.from_numpy(x).movedim(-1, 1) for x in encoder.encode_sparse(ab))
    target = torch.from_numpy(encoder.encode(ab)).movedim(-1, 1)
    logits = torch.from_numpy(rng.normal(size=(2, 313, 5, 6)).astype(np.float32) * 3)
    return logits, target, indices, weights


def test_unweighted_it_is_torchs(soft):
    logits, target, *_ = soft
    torch.testing.assert_close(soft_cross_entropy(logits, target), F.cross_entropy(logits, target))


@pytest.mark.parametrize("shape", [(7, 4), (3, 4, 5), (2, 4, 3, 5)])
def test_any_places_after_the_bins(shape):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(shape, generator=generator, dtype=torch.float64)
    target = torch.rand(shape, generator=generator, dtype=torch.float64)
    target /= target.sum(1, keepdim=True)
    torch.testing.assert_close(soft_cross_entropy(logits, target), F.cross_entropy(logits, target))


def test_each_pixel_weighs_as_its_largest_bin():
    logits = torch.tensor([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])
    target = torch.tensor([[0.7, 0.3, 0.0], [0.1, 0.2, 0.7]])
    pixels = F.cross_entropy(logits, target, reduction="none")
    expected = (3 * pixels[0] + 0.25 * pixels[1]) / 2
    for weights in ([3.0, 100.0, 0.25], np.array([3.0, 100.0, 0.25]), torch.tensor([3.0, 100.0, 0.25])):
        torch.testing.assert_close(soft_cross_entropy(logits, target, weights), expected)


def test_never_below_the_entropy_of_the_target():
    target = torch.tensor([[0.7, 0.2, 0.1]])
    entropy = -(target * target.log()).sum()
    torch.testing.assert_close(soft_cross_entropy(target.log(), target), entropy)
    assert soft_cross_entropy(target.log() * 1.1, target) > entropy


@pytest.mark.parametrize("weighted", [False, True])
def test_sparse_equals_dense(soft, weighted):
    logits, target, indices, weights = soft
    bin_weights = np.random.default_rng(1).uniform(0.1, 6, 313) if weighted else None
    answers = []
    for loss, *args in ((soft_cross_entropy, target), (sparse_soft_cross_entropy, indices, weights)):
        leaf = logits.clone().requires_grad_()
        value = loss(leaf, *args, bin_weights)
        answers.append((value.detach(), *torch.autograd.grad(value, leaf)))
    torch.testing.assert_close(answers[0], answers[1])


def test_huge_logits_stay_finite():
    logits = torch.tensor([[1e4, -1e4]], requires_grad=True)
    loss = soft_cross_entropy(logits, torch.tensor([[0.5, 0.5]]))
    loss.backward()
    assert loss.isfinite() and logits.grad.isfinite().all()


def test_regression_is_the_squared_error_over_2hw():
    predicted, target = torch.rand(3, 2, 4, 5), torch.rand(3, 2, 4, 5)
    by_hand = np.mean([((p - t) ** 2).sum() / (2 * 4 * 5) for p, t in zip(predicted, target, strict=True)])
    assert regression_loss(predicted, target).item() == pytest.approx(by_hand, rel=1e-5)
    torch.testing.assert_close(regression_loss(predicted, target), F.mse_loss(predicted, target))


def test_unknown_scenes_count_for_nothing():
    logits = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    scenes = torch.tensor([2, -1, 5, -1])
    torch.testing.assert_close(scene_loss(logits, scenes), F.cross_entropy(logits[[0, 2]], scenes[[0, 2]]))
    assert scene_loss(logits, torch.full((4,), -1)) == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: soft_cross_entropy(torch.zeros(4), torch.zeros(4)), "N, Q"),
        (lambda: soft_cross_entropy(torch.zeros(1, 4), torch.zeros(1, 5)), r"\(1, 5\)"),
        (lambda: soft_cross_entropy(torch.zeros(1, 4), torch.zeros(1, 4), [1.0] * 5), "bin_weights"),
        (
            lambda: sparse_soft_cross_entropy(
                torch.zeros(1, 9, 2), torch.zeros(1, 3, 4).long(), torch.zeros(1, 3, 4)
            ),
            "agree",
        ),
        (
            lambda: sparse_soft_cross_entropy(
                torch.zeros(1, 9, 2), torch.zeros(1, 3, 2).long(), torch.zeros(1, 4, 2)
            ),
            "agree",
        ),
        (lambda: regression_loss(torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)), r"\(N, 2, h, w\)"),
        (lambda: regression_loss(torch.zeros(1, 2, 4, 4), torch.zeros(2, 2, 4, 4)), r"\(2, 2, 4, 4\)"),
        (lambda: scene_loss(torch.zeros(2, 6), torch.zeros(3).long()), r"\(3,\)"),
        (lambda: scene_loss(torch.zeros(2, 6), torch.tensor([0, 6])), "-1 to 5"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
