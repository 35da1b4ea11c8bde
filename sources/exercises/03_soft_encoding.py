# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 03: soft encoding
#
# Five tasks, about 50 minutes. You encode colors as weights over bins and decode them at a temperature, and mend two
# failures that cost real teams days: weights that become NaN, and a check that can never fail.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("03.encode")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.color import ab_bin_centers
from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · Encode (●○○, 12 minutes)
#
# The lesson's encoding names five bins and their weights, for a list of colors. Write `encode`, which takes colors of any
# shape and gives each a weight in *every* bin: a Gaussian of the distance for its nearest bins, 0 for all others.


# %% nbgrader={"grade": false, "grade_id": "answer_encode", "locked": false, "schema_version": 3, "solution": true, "task": false}
def encode(ab, centers, neighbors, sigma):
    """Soft encoding of colors over bins.

    Parameters
    ----------
    ab : (..., 2) float array
        a and b of any number of colors, each within 60 of a center. No two bins tie for the last place.
    centers : (Q, 2) float array
        a and b of the bins.
    neighbors : int
        How many of the nearest bins get weight.
    sigma : float
        Width of the Gaussian exp(−d² / 2σ²), in ab units.

    Returns
    -------
    (..., Q) float array
        Weights, 0 or more, summing to 1 along the last axis.

    Example
    -------
    >>> bins = np.array([[0.0, 0.0], [10.0, 0.0], [50.0, 0.0]])
    >>> encode(np.array([[5.0, 0.0], [0.0, 0.0]]), bins, 2, 5.0).round(3)
    array([[0.5  , 0.5  , 0.   ],
           [0.881, 0.119, 0.   ]])
    """
    ### BEGIN SOLUTION
    squared = ((ab[..., None, :] - centers) ** 2).sum(axis=-1)  # (..., Q)
    nearest = np.argsort(squared, axis=-1)[..., :neighbors]  # (..., K)
    weights = np.exp(-np.take_along_axis(squared, nearest, axis=-1) / (2 * sigma**2))
    encoded = np.zeros(squared.shape)
    np.put_along_axis(encoded, nearest, weights / weights.sum(axis=-1, keepdims=True), axis=-1)
    return encoded
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_encode", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("03.encode", encode)


### BEGIN HIDDEN TESTS
def encode_cases(rng):
    centers = ab_bin_centers()
    line = np.stack([np.linspace(-60, 60, 9), np.zeros(9)], axis=-1)
    return [
        (rng.uniform(-60, 60, (2, 2, 3, 2)), centers, 5, 5.0),
        (rng.uniform(-60, 60, (1, 2)), centers, 1, 5.0),
        (rng.uniform(-60, 60, (0, 2)), centers, 5, 5.0),
        (rng.uniform(-60, 60, (4, 2)), centers, 7, 11.0),
        (rng.uniform(-30, 30, (5, 2)), line, 4, 20.0),
    ]


check("03.encode", encode, cases=encode_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary><code>ab[..., None, :] - centers</code> has the shape (..., Q, 2): every color against every
# bin. Sum the squares over the last axis and you have all squared distances.</details>
#
# <details><summary>Hint 2</summary><code>np.argsort</code> along the last axis finds the nearest; <code>np.take_along_axis</code>
# reads their distances and <code>np.put_along_axis</code> writes their weights into an array of zeros.</details>

# %% [markdown]
# ## 2 · Decode at a temperature (●●○, 10 minutes)
#
# Write `anneal`, which turns a distribution over bins back into one color: raise it to the power 1/T, make it sum to 1 again,
# and average the centers. T = 1 is the mean, a small T comes near the mode, and 0.38 is what the paper chose.


# %% nbgrader={"grade": false, "grade_id": "answer_anneal", "locked": false, "schema_version": 3, "solution": true, "task": false}
def anneal(probabilities, centers, temperature):
    """Annealed mean of distributions over bins.

    Parameters
    ----------
    probabilities : (..., Q) float32 array
        Sums to 1 along the last axis; holds exact zeros.
    centers : (Q, 2) float array
        a and b of the bins.
    temperature : float
        From 0.05 to 1.

    Returns
    -------
    (..., 2) float array
        a and b, always finite; right to 0.01.

    Example
    -------
    >>> anneal(np.array([0.75, 0.25], np.float32), np.array([[40.0, 0.0], [0.0, 40.0]]), 0.5).round(2)
    array([36.,  4.])
    """
    ### BEGIN SOLUTION
    largest = probabilities.max(axis=-1, keepdims=True)
    sharp = (probabilities / largest) ** (1 / temperature)  # the largest is 1, so that the sum can't become 0
    return sharp / sharp.sum(axis=-1, keepdims=True) @ centers
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_anneal", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("03.anneal", anneal)


### BEGIN HIDDEN TESTS
def anneal_cases(rng):
    centers = ab_bin_centers()
    cases = []
    for shape, spread, temperature in (((313,), 0.03, 0.38), ((2, 3, 313), 0.2, 0.6), ((4, 313), 60.0, 0.05)):
        drawn = rng.dirichlet(np.full(313, spread), shape[:-1]).astype(np.float32)
        cases.append((drawn, centers, temperature))
    few = rng.dirichlet(np.ones(5), (3, 1)).astype(np.float32)
    unequal = rng.dirichlet(np.full(313, 40.0), (2, 2)).astype(np.float32)
    unequal[0, 1] = np.eye(313, dtype=np.float32)[rng.integers(313)]
    return [
        *cases,
        (unequal, centers, 0.05),
        (few, rng.uniform(-80, 80, (5, 2)), 0.25),
        (np.eye(313, dtype=np.float32)[:7], centers, 0.38),
    ]


check("03.anneal", anneal, cases=anneal_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Three lines: a power, a division by the new sum (<code>keepdims=True</code>), and a matrix
# product with the centers.</details>
#
# <details><summary>Hint 2</summary>At T = 0.05 the power is 20, and 0.003 to the power 20 is too small for float32. Dividing a
# distribution by its largest entry first changes nothing about the result: why?</details>

# %% [markdown]
# ## 3 · Far from every bin (●○○, 8 minutes)
#
# Far outside the gamut exp(−d² / 2σ²) underflows to 0 for all neighbors, and 0/0 is NaN, which then eats the network. Write
# `safe_weights`, which gives the same weights as the plain formula wherever that works, and the right ones where it doesn't.

# %%
squared = np.array([90_000.0, 90_601.0, 93_000.0])  # a color 300 ab units from its nearest bin
with np.errstate(invalid="ignore"):
    weights = np.exp(-squared / (2 * 5.0**2))
    print("plain formula:", weights / weights.sum())


# %% nbgrader={"grade": false, "grade_id": "answer_safe_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def safe_weights(squared_distances, sigma):
    """Gaussian weights of neighbors, normalized, never NaN.

    Parameters
    ----------
    squared_distances : (..., K) float array
        d² from a color to each of its neighbors, 0 or more, however large, in any order.
    sigma : float
        Width of the Gaussian exp(−d² / 2σ²).

    Returns
    -------
    (..., K) float array
        Weights that sum to 1 along the last axis.

    Example
    -------
    >>> safe_weights(np.array([[0.0, 25.0], [90000.0, 90000.0]]), 5.0).round(3)
    array([[0.622, 0.378],
           [0.5  , 0.5  ]])
    """
    ### BEGIN SOLUTION
    excess = squared_distances - squared_distances.min(
        axis=-1, keepdims=True
    )  # a common factor of all the weights
    weights = np.exp(-excess / (2 * sigma**2))
    return weights / weights.sum(axis=-1, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_safe_weights", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("03.safe_weights", safe_weights)


### BEGIN HIDDEN TESTS
def safe_weights_cases(rng):
    return [
        (rng.uniform(0, 150, (2, 3, 4)), 5.0),
        (np.array([[50.0], [3e3], [2e5], [4e6]]) + rng.uniform(0, 60, (4, 10)), 5.0),
        (np.array([[3e5, 10.0, 1e5, 0.0], [0.0, 10.0, 1e5, 3e5]]) + rng.uniform(0, 4, (2, 4)), 5.0),
        (1e5 + rng.uniform(0, 3, (5, 2)), 1.0),
        (rng.uniform(300, 303, 5), 0.6),
        (rng.uniform(0, 1e6, (4, 1)), 3.0),
        (np.zeros((1, 3)), 5.0),
    ]


check("03.safe_weights", safe_weights, cases=safe_weights_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Only the ratios of the weights matter. What happens to them when you subtract the same number
# from every d² of a color?</details>
#
# <details><summary>Hint 2</summary>Choose that number so that the largest weight becomes exp(0) = 1. Then the sum can't be 0,
# whatever the others do. Each color needs its own number.</details>

# %% [markdown]
# ## 4 · The check that can never fail (●●●, 10 minutes)
#
# The function below was meant to stop a training when its targets are no distributions. It never did: run the cell, it accepts
# NaN. Find out why each of its two lines can't fail, then write `bad_rows`, which counts the rows that aren't distributions, so
# that `assert bad_rows(targets) == 0` can.


# %% nbgrader={"grade": false, "grade_id": "broken_check", "locked": true, "schema_version": 3, "solution": false, "task": false}
def check_targets(encoded):
    """Meant to raise an AssertionError when a row isn't a distribution."""
    assert f"every row must sum to 1, got {encoded.sum(axis=-1)}"
    assert (encoded >= 0).all, "no weight may be negative"


# %%
check_targets(np.array([[0.5, 0.5], [-3.0, np.nan]]))
print("accepted")


# %% nbgrader={"grade": false, "grade_id": "answer_bad_rows", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bad_rows(encoded):
    """How many rows, along the last axis, aren't distributions.

    A row is bad when it holds NaN or a number below 0, or when its sum is more than 0.001 from 1. A row with two of
    these faults is still one bad row.

    Parameters
    ----------
    encoded : (..., Q) float array

    Returns
    -------
    int

    Example
    -------
    >>> bad_rows(np.array([[0.5, 0.5], [0.9, 0.9], [np.nan, 1.0], [1.5, -0.5]]))
    3
    """
    ### BEGIN SOLUTION
    good = (np.abs(encoded.sum(axis=-1) - 1) <= 1e-3) & (encoded >= 0).all(axis=-1)  # NaN is neither
    return int((~good).sum())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_bad_rows", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("03.bad_rows", bad_rows)


### BEGIN HIDDEN TESTS
def bad_rows_cases(rng):
    rows = rng.dirichlet(np.ones(20), (6, 50)).astype(np.float32)
    scaled, negative, broken, mixed = (rows.copy() for _ in range(4))
    scaled[0, :4] *= np.array([0.7, 1.3, 0.6, 1.4], np.float32)[:, None]
    negative[2:4, 7, :2] += np.array([2.0, -2.0], np.float32)
    broken[1, 3:9, 5] = np.nan
    mixed[5, :3] = np.nan
    mixed[4, :2, :2] += np.array([-1.5, 1.5], np.float32)
    mixed[3, :5] *= 0.9
    close = rng.dirichlet(np.ones(20), (3, 4)).astype(np.float32)
    close[0] = np.eye(20, dtype=np.float32)[rng.integers(20, size=4)]
    close[1, :2] *= np.array([1.0005, 0.995], np.float32)[:, None]
    close[2, 1:3, 0] -= 2
    close[2, 3, :2] = np.nan, -1
    nothing = np.zeros((0, 20), np.float32)
    return [(rows,), (scaled,), (negative,), (broken,), (mixed,), (close,), (nothing,), (rows[0, 0],)]


check("03.bad_rows", bad_rows, cases=bad_rows_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Print what stands between <code>assert</code> and the comma in each of the two lines. Is it
# ever false?</details>
#
# <details><summary>Hint 2</summary>Every comparison with NaN is false. So it is safer to write down what makes a row good, and to
# count the rows that aren't.</details>

# %% [markdown]
# ## 5 · Explain the number: five neighbors or ten? (●●○, 10 minutes)
#
# The paper encodes over 5 neighbors, its released training code over 10. Run the cell, then answer in six sentences at most:
# what does each of the three numbers mean? Do they decide between 5 and 10, and if not, what would you choose by? One
# network's loss is 1.44 with ten neighbors, another's 1.26 with five: is the first one worse? Graded by a person, 3 points.
# Learning alone? Write first; `solution("03.explain_neighbors")` then shows our answer and what each point is for.

# %%
from course_lib.color import SoftEncoder, decode, rgb_to_lab

rng = np.random.default_rng(3)
ab = rgb_to_lab(rng.uniform(0, 1, (4000, 3)))[:, 1:]  # random colors of sRGB
centers = ab_bin_centers()
everything = np.exp(-((ab[:, None] - centers) ** 2).sum(axis=-1) / (2 * 5.0**2))
for neighbors in (5, 10):
    encoded = SoftEncoder(centers, neighbors=neighbors).encode(ab)
    kept = (everything * (encoded > 0)).sum(axis=-1) / everything.sum(axis=-1)
    error = np.linalg.norm(decode(encoded, centers, temperature=1.0) - ab, axis=-1)
    entropy = -(encoded * np.log(np.maximum(encoded, 1e-30))).sum(axis=-1)
    print(
        f"K = {neighbors:2}: {kept.mean():.1%} of the Gaussian kept, "
        f"mean error after decoding {error.mean():.2f} ab, entropy {entropy.mean():.2f} nats"
    )

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_neighbors", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The first is the share of the Gaussian's weight that falls on the bins we keep: ten miss almost nothing. The second is how far
# a color lands from itself after encoding and decoding by the mean; it is under a quarter of a unit for both, far below what any
# network gets right. The third is the entropy of the targets, and that is the floor of the cross-entropy: no network can go
# below it. None of the three decides; I would choose by cost, five being half the memory, or take ten to continue from
# released weights. And 1.44 with ten neighbors and 1.26 with five are both perfect: losses compare only under one encoding.
#
# **Rubric (3 points)**
# - 1 point: all three numbers explained (share of weight kept, round-trip error, entropy of the targets).
# - 1 point: the round-trip error is recognized as equal for all purposes, and the choice rests on something that matters
#   (memory, speed, agreement with a released model). "None of the three decides" with a reason is a full answer; so is a
#   reasoned choice by the share kept.
# - 1 point: no: the entropy is the floor of the cross-entropy, so losses under different targets can't be compared.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>What is the cross-entropy of a prediction that equals its soft target exactly?</details>
#
# <details><summary>Hint 2</summary>Compare the second number with the lesson's distances between neighboring bins, and with
# errors that a network makes.</details>
