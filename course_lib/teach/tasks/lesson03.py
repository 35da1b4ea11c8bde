"""Tasks of lesson 03: encoding, decoding at a temperature, weights that stay finite, and an assert that never fails."""

from functools import partial

import numpy as np

from course_lib.color import SoftEncoder, ab_bin_centers, decode
from course_lib.teach.tasks.task import Mistake, Task

# --- 03.encode ---------------------------------------------------------------------------------------------------------


def _encode(ab, centers, neighbors, sigma):
    return SoftEncoder(centers, neighbors=neighbors, sigma=sigma).encode(ab)


def _weigh(ab, centers, neighbors, sigma, weight=None, total=None):
    """Dense encoding with any one step exchanged for a wrong one."""
    squared = ((ab[..., None, :] - centers) ** 2).sum(axis=-1)
    rank = squared.argsort(axis=-1).argsort(axis=-1)
    formula = np.exp(-squared / (2 * sigma**2)) if weight is None else weight(squared, sigma)
    weights = np.where(rank < neighbors, formula, 0.0)
    return weights / (weights.sum(axis=-1, keepdims=True) if total is None else total(weights))


def _points(rng):
    """Real-valued ab near the centers, so that no tie decides; one point alone, other bins, other K and sigma."""
    centers = ab_bin_centers()
    few = centers[rng.permutation(len(centers))[:40]]
    near = few[rng.integers(0, 40, (2, 4))] + rng.normal(0, 4, (2, 4, 2))
    return [
        (rng.uniform(-50, 50, (3, 4, 2)), centers, 5, 5.0),
        (rng.uniform(-50, 50, (6, 2)), centers, 10, 8.0),
        (rng.uniform(-50, 50, 2), centers, 5, 5.0),
        (near, few, 3, 12.0),
    ]


_encode_task = Task(
    key="03.encode",
    name="encode",
    reference=_encode,
    cases=_points,
    # Weights are float32 in the package. All bins in place of the nearest 10 moves weights by more than 1e-3.
    tolerance=1e-4,
    mistakes=(
        Mistake(
            "weights don't sum to 1",
            partial(_weigh, total=lambda w: 1.0),
            "The right bins, the right proportions, but your weights don't sum to 1 in each row.",
        ),
        Mistake(
            "divided by the sum of everything",
            partial(_weigh, total=np.sum),
            "A single color is right, many together aren't: you divide by the sum over the whole array. Each color needs "
            "its own sum, along the last axis.",
        ),
        Mistake(
            "the 2 of 2σ² forgotten",
            partial(_weigh, weight=lambda squared, sigma: np.exp(-squared / sigma**2)),
            "Your weights fall too fast with distance. A Gaussian divides by 2σ², not by σ².",
        ),
        Mistake(
            "distance not squared",
            partial(_weigh, weight=lambda squared, sigma: np.exp(-np.sqrt(squared) / (2 * sigma**2))),
            "Your weights are nearly equal: the exponent holds the distance where a Gaussian has its square.",
        ),
        Mistake(
            "only the nearest bin",
            lambda ab, centers, neighbors, sigma: _weigh(ab, centers, 1, sigma),
            "All your weight is on the nearest bin. That is hard encoding; the neighbors take their share here.",
        ),
        Mistake(
            "all bins",
            lambda ab, centers, neighbors, sigma: _weigh(ab, centers, len(centers), sigma),
            "Every bin gets weight, if little. Only the nearest `neighbors` bins should; the rest are exactly 0.",
        ),
        Mistake(
            "neighbors ignored",
            lambda ab, centers, neighbors, sigma: _weigh(ab, centers, 5, sigma),
            "Right for 5 neighbors, wrong for other numbers: a 5 stands where the argument belongs.",
        ),
        Mistake(
            "sigma ignored",
            lambda ab, centers, neighbors, sigma: _weigh(ab, centers, neighbors, 5.0),
            "Right for sigma 5, wrong for others: a number stands where the argument belongs.",
        ),
    ),
)

# --- 03.anneal ---------------------------------------------------------------------------------------------------------


def _distributions(rng):
    """Float32, as networks give them: two bins, spread out, with exact zeros, and nearly uniform at a low temperature."""
    centers = ab_bin_centers()
    two = (np.array([[0.75, 0.25]], np.float32), np.array([[40.0, 0.0], [0.0, 40.0]]), 0.5)
    spread = rng.dirichlet(np.full(313, 0.05), (3, 4)).astype(np.float32)
    flat = rng.dirichlet(np.full(313, 50.0), 2).astype(np.float32)
    zeros = _encode(rng.uniform(-50, 50, (5, 2)), centers, 5, 5.0)
    alone = rng.dirichlet(np.ones(6)).astype(np.float32)
    return [
        two,
        (spread, centers, 0.38),
        (zeros, centers, 1.0),
        (flat, centers, 0.05),
        (alone, centers[rng.integers(0, 313, 6)], 0.38),
    ]


def _powered(probabilities, centers, temperature, power=None, dtype=np.float64, divide=True):
    p = np.asarray(probabilities, dtype)
    p = p ** (1 / temperature if power is None else power)
    with np.errstate(invalid="ignore"):
        return (p / (p.sum(axis=-1, keepdims=True) if divide else 1)) @ centers


def _softmax_of_probabilities(probabilities, centers, temperature):
    p = np.exp(np.asarray(probabilities, np.float64) / temperature)
    return (p / p.sum(axis=-1, keepdims=True)) @ centers


_anneal = Task(
    key="03.anneal",
    name="anneal",
    reference=lambda probabilities, centers, temperature: decode(
        probabilities, centers, temperature=temperature
    ),
    cases=_distributions,
    # A low temperature T magnifies the rounding of float32 probabilities (6e-8) by 1/T: 20 × 6e-8 × 110 ab is 1e-4.
    tolerance=0.01,
    mistakes=(
        Mistake(
            "argmax",
            lambda probabilities, centers, temperature: centers[np.argmax(probabilities, axis=-1)],
            "argmax, not the annealed mean: the temperature has no effect, and the result is always a bin's center.",
        ),
        Mistake(
            "temperature ignored",
            partial(_powered, power=1),
            "This is the plain mean: right at temperature 1, and the temperature has no effect.",
        ),
        Mistake(
            "temperature upside down",
            lambda probabilities, centers, temperature: _powered(
                probabilities, centers, temperature, power=temperature
            ),
            "Your temperature works backwards: below 1 it flattens the distribution in place of sharpening it.",
        ),
        Mistake(
            "not divided by the new sum",
            partial(_powered, divide=False),
            "After sharpening, your weights no longer sum to 1, and the colors shrink toward gray. Divide by the new sum "
            "before you average.",
        ),
        Mistake(
            "softmax of probabilities",
            _softmax_of_probabilities,
            "You put probabilities through a softmax as if they were logits: nearly uniform, nearly gray. Their logarithms "
            "are what may be divided by the temperature.",
        ),
        Mistake(
            "float32 underflow",
            partial(_powered, dtype=np.float32),
            "At a low temperature your result isn't finite. Small float32 numbers raised to the power 20 are 0, all of "
            "them: 0/0. Make the largest one 1 first, or go through logarithms and subtract the largest.",
        ),
    ),
)

# --- 03.safe_weights ---------------------------------------------------------------------------------------------------


def _safe(squared_distances, sigma):
    excess = squared_distances - squared_distances.min(axis=-1, keepdims=True)
    weights = np.exp(-excess / (2 * sigma**2))
    return weights / weights.sum(axis=-1, keepdims=True)


def _distances(rng):
    """Near, far, and near beside far; a small sigma makes even ordinary distances far."""
    near = rng.uniform(0, 200, (3, 5))
    far = rng.uniform(4.0e4, 4.01e4, (2, 4, 5))
    mixed = np.array([[1.0], [300.0], [1e5]]) + rng.uniform(0, 100, (3, 6))
    return [
        (np.array([[0.0, 25.0], [90000.0, 90000.0]]), 5.0),
        (near, 5.0),
        (far, 5.0),
        (mixed, 5.0),
        (rng.uniform(200, 202, 4), 0.5),
    ]


def _plain(squared_distances, sigma):
    weights = np.exp(-squared_distances / (2 * sigma**2))
    with np.errstate(invalid="ignore"):
        return weights / weights.sum(axis=-1, keepdims=True)


def _plus_epsilon(squared_distances, sigma):
    weights = np.exp(-squared_distances / (2 * sigma**2))
    return weights / (weights.sum(axis=-1, keepdims=True) + 1e-8)


def _one_minimum(squared_distances, sigma):
    return _plain(squared_distances - squared_distances.min(), sigma)


def _capped(squared_distances, sigma):
    weights = np.exp(-np.minimum(squared_distances / (2 * sigma**2), 50))
    return weights / weights.sum(axis=-1, keepdims=True)


_safe_weights = Task(
    key="03.safe_weights",
    name="safe_weights",
    reference=_safe,
    cases=_distances,
    tolerance=1e-5,
    mistakes=(
        Mistake(
            "the plain formula",
            _plain,
            "Far from every center all your weights underflow to 0, and 0/0 is NaN. Shift the exponents before exp: which "
            "shift leaves the ratios as they are?",
        ),
        Mistake(
            "an epsilon in the denominator",
            _plus_epsilon,
            "No NaN any more, but far from every center your weights are all 0 and sum to 0. An epsilon hides the "
            "underflow; the ratios are already lost.",
        ),
        Mistake(
            "NaN replaced by 0",
            lambda squared_distances, sigma: np.nan_to_num(_plain(squared_distances, sigma)),
            "You replace NaN by 0, so that a far color has no weights at all. They still must sum to 1, and the nearest "
            "center must still win.",
        ),
        Mistake(
            "one minimum for all rows",
            _one_minimum,
            "Right when all rows are equally far, NaN when one is near and another far: you subtract the smallest of the "
            "whole array. Each row has its own.",
        ),
        Mistake(
            "exponents capped",
            _capped,
            "You capped the exponent. Far from every center all weights come out equal, though one center is nearer than "
            "the others.",
        ),
        Mistake(
            "the 2 of 2σ² forgotten",
            lambda squared_distances, sigma: _safe(squared_distances, sigma / np.sqrt(2)),
            "Never NaN, but your weights fall too fast with distance. A Gaussian divides by 2σ², not by σ².",
        ),
    ),
)

# --- 03.bad_rows -------------------------------------------------------------------------------------------------------


def _is_bad(rows, sums=True, negative=True, nan=True, tolerance=1e-3):
    total = rows.sum(axis=-1)
    bad = np.zeros(total.shape, dtype=bool)
    if sums:
        bad |= np.abs(total - 1) > tolerance
    if negative:
        bad |= (rows < 0).any(axis=-1)
    if nan:
        bad |= np.isnan(rows).any(axis=-1)
    return int(bad.sum())


def _spoilt(rng, shape, *, scaled, negative, nan, bins=8):
    """Good rows, some of them spoilt: scaled so that the total over all rows stays; negative but summing to 1; NaN."""
    count = int(np.prod(shape))
    rows = rng.dirichlet(np.ones(bins), count)
    spoilt = rng.permutation(count)[: 2 * scaled + negative + nan]
    rows[spoilt[:scaled]] *= 0.75
    rows[spoilt[scaled : 2 * scaled]] *= 1.25
    for row in spoilt[2 * scaled : 2 * scaled + negative]:
        rows[row, :2] += (-1.0, 1.0)
    rows[spoilt[2 * scaled + negative :], rng.integers(bins)] = np.nan
    return (rows.reshape(*shape, bins).astype(np.float32),)


def _batches(rng):
    return [
        _spoilt(rng, (12,), scaled=0, negative=0, nan=0),
        _spoilt(rng, (12,), scaled=2, negative=0, nan=0),
        _spoilt(rng, (4, 6), scaled=1, negative=3, nan=0),
        _spoilt(rng, (2, 3, 5), scaled=2, negative=1, nan=5, bins=313),
        (np.zeros((1, 8), dtype=np.float32),),
    ]


_bad_rows = Task(
    key="03.bad_rows",
    name="bad_rows",
    reference=_is_bad,
    cases=_batches,
    tolerance=0.25,  # a count
    mistakes=(
        Mistake(
            "can never fail",
            lambda encoded: 0,
            "You never find anything, as the broken asserts. Is the thing you test a comparison, or a message, a tuple or a "
            "method nobody calls?",
        ),
        Mistake(
            "one total for all rows",
            lambda encoded: (
                0 if abs(np.nan_to_num(encoded).sum() - encoded[..., 0].size) < 1e-3 else encoded[..., 0].size
            ),
            "You compare the total of the whole array. Rows of 0.75 and of 1.25 then cancel: test each row by itself.",
        ),
        Mistake(
            "NaN passes",
            partial(_is_bad, nan=False),
            "You let NaN pass. Every comparison with NaN is false, also “too far from 1”: ask for NaN by name, or ask for "
            "what is good and count the rest.",
        ),
        Mistake(
            "negative weights pass",
            partial(_is_bad, negative=False),
            "You let rows pass that sum to 1 with a negative weight in them.",
        ),
        Mistake(
            "sums not tested",
            partial(_is_bad, sums=False),
            "You find negative weights and NaN, and let rows pass that don't sum to 1.",
        ),
        Mistake(
            "exactly 1",
            partial(_is_bad, tolerance=0),
            "You call good rows bad: float32 weights sum to 1 only up to rounding. Allow the 1e-3 of the docstring.",
        ),
        Mistake(
            "yes or no",
            lambda encoded: int(_is_bad(encoded) > 0),
            "You answer whether there is a bad row. The count was asked: “3 of 100,000” and “all of them” are different bugs.",
        ),
    ),
)

TASKS = [_encode_task, _anneal, _safe_weights, _bad_rows]
