# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 04: rare colors
#
# Five tasks, about 55 minutes. You count colors, weigh the rare ones up, write the loss that uses the weights, tell a sound
# prior from a broken one, and judge an accuracy of 0.32.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("04.prior")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.color import ab_bin_centers
from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · The prior (●○○, 10 minutes)
#
# Write `prior`, the share of each bin over several photos. Their soft labels come in the sparse form: for each pixel its
# nearest bins, and their weights. Every pixel counts alike, whichever photo it is in.


# %% nbgrader={"grade": false, "grade_id": "answer_prior", "locked": false, "schema_version": 3, "solution": true, "task": false}
def prior(labels, bins):
    """Share of each bin over the pixels of all photos.

    Parameters
    ----------
    labels : list of (indices, weights)
        One pair a photo: indices (N, K) int and weights (N, K) float, which sum to 1 for each pixel. N differs.
    bins : int
        How many bins there are. Not all need occur.

    Returns
    -------
    (bins,) float array
        0 or more, sums to 1.

    Example
    -------
    >>> photo = (np.array([[0, 1], [0, 2]]), np.array([[0.75, 0.25], [0.5, 0.5]]))
    >>> prior([photo], 4)
    array([0.625, 0.125, 0.25 , 0.   ])
    """
    ### BEGIN SOLUTION
    shares = np.zeros(bins)
    for indices, weights in labels:
        np.add.at(shares, indices, weights)
    return shares / shares.sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_prior", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("04.prior", prior)


### BEGIN HIDDEN TESTS
def prior_cases(rng):
    def photo(pixels, bins, neighbors):
        indices = np.stack([rng.permutation(bins)[:neighbors] for _ in range(pixels)])
        weights = -np.sort(-rng.dirichlet(np.ones(neighbors), pixels), axis=1)
        return indices, weights.astype(np.float32)

    return [
        ([photo(50, 12, 5), photo(20, 12, 5)], 15),
        ([photo(300, 30, 10), photo(2, 30, 10), photo(90, 30, 10)], 35),
        ([photo(70, 9, 3)], 12),
    ]


check("04.prior", prior, cases=prior_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Start with zeros, add what each photo brings, divide once at the end.</details>
#
# <details><summary>Hint 2</summary>A bin stands many times in one array of indices. <code>np.add.at</code> adds each time;
# <code>np.bincount</code> does too, if you flatten both arrays and give it a minlength.</details>

# %% [markdown]
# ## 2 · The weights (●○○, 10 minutes)
#
# Write `rebalance`: mix the prior with the uniform distribution, invert the mixture, and scale the weights so that their
# expectation under the prior is 1.


# %% nbgrader={"grade": false, "grade_id": "answer_rebalance", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rebalance(prior, mixing):
    """Weights of the bins, larger where the bin is rare.

    Parameters
    ----------
    prior : (Q,) float array
        0 or more, sums to 1.
    mixing : float
        From 0 to 1: the share of the uniform distribution over all Q bins in the mixture. 0 comes only without empty bins.

    Returns
    -------
    (Q,) float array
        With sum(prior * weights) = 1.

    Example
    -------
    >>> rebalance(np.array([0.75, 0.25]), 0.5).round(3)
    array([0.857, 1.429])
    """
    ### BEGIN SOLUTION
    weights = 1 / ((1 - mixing) * prior + mixing / len(prior))
    return weights / (prior * weights).sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_rebalance", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("04.rebalance", rebalance)


### BEGIN HIDDEN TESTS
def rebalance_cases(rng):
    rare = rng.dirichlet(np.full(20, 0.2))
    rare[rng.permutation(20)[:5]] = 0
    full = rng.dirichlet(np.ones(313))
    return [
        (rare / rare.sum(), 0.3),
        (rare / rare.sum(), 0.02),
        (full, 0.7),
        (rng.dirichlet(np.full(8, 3.0)), 0.0),
        (full, 1.0),
    ]


check("04.rebalance", rebalance, cases=rebalance_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>The uniform distribution gives 1/Q to every bin.</details>
#
# <details><summary>Hint 2</summary>The expectation of a weight is the sum of each weight times the share of its bin in the prior.
# Divide by it.</details>

# %% [markdown]
# ## 3 · The weighted loss (●●○, 12 minutes)
#
# Write `weighted_loss`, the cross-entropy of soft labels from *logits*, each pixel weighted by the weight of its label's largest
# bin, averaged over pixels. Logits may be as large as 1000, and a network may be sure and wrong: the loss stays finite and right.


# %% nbgrader={"grade": false, "grade_id": "answer_weighted_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def weighted_loss(logits, target, bin_weights):
    """Mean over pixels of w · (−Σ z log p), with p the softmax of the logits and w the weight of z's largest bin.

    Parameters
    ----------
    logits : (N, Q) float64 array
        Any size.
    target : (N, Q) float64 array
        Soft labels z; each row sums to 1.
    bin_weights : (Q,) float64 array

    Returns
    -------
    float
        In nats.

    Example
    -------
    >>> z = np.array([[0.0, 0.6, 0.4]])
    >>> float(weighted_loss(np.log(np.array([[0.5, 0.25, 0.25]])), z, np.array([1.0, 2.0, 4.0])).round(4))
    2.7726
    """
    ### BEGIN SOLUTION
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    cross_entropy = -(target * log_p).sum(axis=1)
    return (bin_weights[target.argmax(axis=1)] * cross_entropy).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_weighted_loss", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("04.weighted_loss", weighted_loss)


### BEGIN HIDDEN TESTS
def weighted_loss_cases(rng):
    cases = []
    for rows, bins, scale, shift in (
        (11, 7, 2.0, 0.0),
        (30, 25, 1.0, -900.0),
        (6, 10, 80.0, 0.0),
        (5, 12, 1.0, 950.0),
    ):
        logits = shift + scale * rng.normal(size=(rows, bins))
        cases.append((logits, rng.dirichlet(np.full(bins, 0.5), rows), rng.uniform(0.1, 7, bins)))
    unlike, wrong = rng.normal(size=(2, 6, 9))
    unlike[::2] += 1000
    wrong[2, 4] -= 1500
    return cases + [(x, rng.dirichlet(np.ones(9), 6), rng.uniform(0.1, 7, 9)) for x in (unlike, wrong)]


check("04.weighted_loss", weighted_loss, cases=weighted_loss_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>log p = logit − log Σ exp(logit). Subtracting the same number from all logits of a row changes
# no p.</details>
#
# <details><summary>Hint 2</summary><code>bin_weights[target.argmax(axis=1)]</code> is one weight a pixel, (N,). Multiply the
# pixels' losses by it, then take the mean.</details>

# %% [markdown]
# ## 4 · Which prior can't be right? (●●●, 13 minutes)
#
# Write `suspects`, three checks of a prior that came as a file. *peak*: its largest bin is gray, (0, 0). *gray*: the bins with
# |a| and |b| of at most 10 hold more than 0.3. *reach*: less than 1e-9 lies on bins that are farther than 15 ab from every bin
# that was ever counted. True means that the prior passes.


# %% nbgrader={"grade": false, "grade_id": "answer_suspects", "locked": false, "schema_version": 3, "solution": true, "task": false}
def suspects(prior, counted, centers):
    """Three checks of a prior.

    Parameters
    ----------
    prior : (Q,) float array
        The shares to be checked; sum to 1.
    counted : (Q,) float array
        Shares before any smoothing; 0 where no pixel had this bin as its nearest.
    centers : (Q, 2) float array
        a and b of the bins, in any order; one of them is (0, 0).

    Returns
    -------
    dict
        "peak", "gray" and "reach", each a bool.

    Example
    -------
    >>> bins = np.array([[0.0, 0.0], [10.0, 0.0], [50.0, 0.0], [60.0, 0.0]])
    >>> suspects(np.array([0.6, 0.2, 0.1, 0.1]), np.array([0.8, 0.2, 0.0, 0.0]), bins)
    {'peak': True, 'gray': True, 'reach': False}
    """
    ### BEGIN SOLUTION
    distance = np.linalg.norm(centers[:, None] - centers[counted > 0], axis=-1).min(axis=1)
    return {
        "peak": bool((centers[prior.argmax()] == 0).all()),
        "gray": bool(prior[(np.abs(centers) <= 10).all(axis=1)].sum() > 0.3),
        "reach": bool(prior[distance > 15].sum() < 1e-9),
    }
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_suspects", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("04.suspects", suspects)


### BEGIN HIDDEN TESTS
def suspects_cases(rng):
    def normal(x):
        return x / x.sum()

    centers = ab_bin_centers()[rng.permutation(313)]
    far = np.linalg.norm(centers, axis=1)
    square = (np.abs(centers) <= 10).all(axis=1)
    counted = normal(np.where(far < 45, np.exp(-far / rng.uniform(11, 13)), 0))
    apart = centers[:, None] - centers[counted > 0]
    gap, along_axes = (np.linalg.norm(apart, ord=order, axis=-1).min(axis=1) for order in (2, 1))
    near_some = gap < 15
    sound = normal(counted + 1e-4 * near_some)
    wide = normal(np.where(near_some, np.exp(-far / 50), 0))
    rim = normal(np.where(far > 90, 1.0, sound / 10))
    leak = normal(np.where(far > 70, 1e-6, sound))
    level = np.where(square, 0.05, 0) + 0.54 * normal(near_some & ~square) + 0.01 * (far == 0)
    beside = normal(sound + 2 * (centers == (-10, 0)).all(axis=1))
    by_columns = ab_bin_centers()
    distance = np.linalg.norm(by_columns, axis=1)
    in_columns = normal(np.where(distance < 50, np.exp(-distance / 12), 0))
    moved = np.convolve(in_columns, [0.2, 0.6, 0.2], mode="same")
    straight = normal(counted + 1e-3 * (along_axes <= 10))
    two_away, three_away = (
        normal(sound + 1e-3 * ((gap > x - 10) & (gap > 15) & (gap <= x))) for x in (20, 30)
    )
    crumbs = sound + 1e-12 * (np.arange(313) == gap.argmax())
    peaked = normal(sound + 2 * (far == 0))
    arms = (np.abs(centers) <= 10).any(axis=1) & (centers > 10).any(axis=1)
    corner = (centers < -10).all(axis=1)
    sides = [0.01 * square + 0.12 * (far == 0) + 0.79 * normal(1.0 * x) for x in (arms, corner)]
    priors = (sound, wide, rim, leak, level, beside, counted, straight, two_away, three_away, crumbs, peaked)
    cases = [(p, counted, centers) for p in (*priors, *sides)]
    return [*cases, (moved, in_columns, by_columns)]


check("04.suspects", suspects, cases=suspects_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Nothing here needs to know where gray stands in the list: compare <code>centers</code> with
# 0.</details>
#
# <details><summary>Hint 2</summary><code>centers[:, None] - centers[counted > 0]</code> holds every bin against every counted one.
# The smallest distance of each row says how far a bin is from any color that occurred.</details>

# %% [markdown]
# ## 5 · Explain the number: an accuracy of 0.32 (●●○, 10 minutes)
#
# A team reports: "Our loss went from 5.7 to 2.1, but accuracy has hung at 0.32 since the first epoch, and the pictures have
# spots of strong color." Run the cell, then answer in seven sentences at most. Is the network stuck? What would you show in
# place of accuracy? Name two suspects for the spots, and for each an experiment that needs no new training. Graded by a person,
# 4 points.
# Learning alone? Write first; `solution("04.explain_accuracy")` then shows our answer and what each point is for.

# %%
from course_lib.color import rgb_to_lab
from course_lib.data import photos
from course_lib.images import natural_prior

rng = np.random.default_rng(4)
ab = np.concatenate([rgb_to_lab(photo[::8, ::8])[..., 1:].reshape(-1, 2) for photo in photos().values()])
angle = rng.uniform(0, 2 * np.pi, len(ab))
centers = ab_bin_centers()


def bins_of(ab):
    return ((ab[:, None] - centers) ** 2).sum(axis=-1).argmin(axis=1)


print(f"always gray, on thousands of photos: accuracy {natural_prior(smoothed=False).max():.2f}")
for distance in (2, 5, 10):
    moved = ab + distance * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    print(f"true colors moved by {distance:2} ab: accuracy {(bins_of(moved) == bins_of(ab)).mean():.2f}")

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_accuracy", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Nothing says that it is stuck: the loss fell. Accuracy is a poor gauge here, since always answering gray gets nearly 0.3 on
# natural photos, and colors that you would hardly tell from the truth, moved by 5 ab, get less than 0.5. I would show the error
# in ab or its curve, the chroma, the loss minus the labels' entropy, all beside the gray baseline. The spots may come from decoding by
# the mode: decode the same network at temperature 0.38 and measure the specks again. They may come from weights with too little
# mixing: divide the posterior by the weights it was trained with, multiply by those for λ = 0.5, and decode again. If both
# leave the spots, I would check the prior for its peak, its gray share and mass where no pixel ever was.
#
# **Rubric (4 points)**
# - 1 point: the loss fell, so it isn't stuck; 0.32 lies close above what always-gray scores.
# - 1 point: why the gauge is poor (hardly visible errors count as wrong, or the modal bin decides all) and a better one (error in ab,
#   area under the error curve, chroma, divergence from the labels), with a baseline.
# - 1 point: two suspects (mode or a swapped loss, weights without mixing, a bad prior).
# - 1 point: for each an experiment without training: another temperature; re-weighting the posterior; the checks of the prior.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>Which two numbers of the cell are the ends of the scale that 0.32 lies on?</details>
#
# <details><summary>Hint 2</summary>The lesson changed the temperature and the weights of a network that was already trained. What
# would a change in the specks prove?</details>
