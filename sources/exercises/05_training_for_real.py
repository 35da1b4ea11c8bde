# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 05: training it for real
#
# Five tasks, about 55 minutes. You write the learning rates of three schedules, the losses of a network with three heads, the
# area under the error curve, and the interval that a score deserves. Then you read a table with its baselines missing.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("05.error_auc")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np
from scipy.special import log_softmax

from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · Three schedules (●●○, 12 minutes)
#
# Write `learning_rates`, which gives the rate of every step of a training. A *constant* rate stays. A *step* decay falls to a
# tenth a few times, so that all its stairs are equally long. A *cyclic* rate is one triangle over the whole run.


# %% nbgrader={"grade": false, "grade_id": "answer_learning_rates", "locked": false, "schema_version": 3, "solution": true, "task": false}
def learning_rates(kind, steps, rate, turn):
    """Learning rates of a training.

    Parameters
    ----------
    kind : str
        "constant", "step" or "cyclic".
    steps : int
        How many steps the training has; they count from 0.
    rate : float
        The highest rate.
    turn : int
        For "step": how often the rate falls, from 1. With D drops there are D + 1 stairs; step k stands on stair
        floor(k (D + 1) / steps), counted from 0.
        For "cyclic": the step at which the rate is highest, between 1 and steps - 1. It climbs there from rate / 100 at
        step 0, in a straight line, and would be back at rate / 100 at the step after the last one, number `steps`.
        "constant" doesn't look at it.

    Returns
    -------
    (steps,) float array

    Example
    -------
    >>> learning_rates("step", 5, 0.1, 1)
    array([0.1 , 0.1 , 0.1 , 0.01, 0.01])
    >>> learning_rates("cyclic", 4, 1.0, 2)
    array([0.01 , 0.505, 1.   , 0.505])
    """
    ### BEGIN SOLUTION
    step = np.arange(steps)
    if kind == "constant":
        return np.full(steps, rate)
    if kind == "step":
        return rate * 0.1 ** (step * (turn + 1) // steps)
    return np.interp(step, [0, turn, steps], [rate / 100, rate, rate / 100])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_learning_rates", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("05.learning_rates", learning_rates)


### BEGIN HIDDEN TESTS
def learning_rates_cases(rng):
    return [
        ("constant", int(rng.integers(2, 9)), float(rng.uniform(0.1, 0.5)), 1),
        ("step", 7, float(rng.uniform(0.1, 0.5)), 1),
        ("step", int(rng.integers(50, 60)), 0.1, 3),
        ("step", 49, float(rng.uniform(0.01, 0.1)), 2),
        ("step", 20, 0.1, 1),
        ("cyclic", 2, 0.1, 1),
        ("cyclic", 30, float(rng.uniform(0.1, 0.5)), 1),
        ("cyclic", int(rng.integers(90, 99)), 0.02, int(rng.integers(70, 80))),
    ]


check("05.learning_rates", learning_rates, cases=learning_rates_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary><code>np.arange(steps)</code> is every step's number, and <code>//</code> divides and rounds
# down. A number below 1 to the power of the stair is the factor.</details>
#
# <details><summary>Hint 2</summary>A triangle is three points with straight lines between them, and <code>np.interp</code> draws
# those. Where are the three, and how high?</details>

# %% [markdown]
# ## 2 · Three heads, three losses (●●○, 15 minutes)
#
# A network answers with ab, with scores over the bins and with scores over the scenes. Write `three_losses`, which reports the
# three losses apart and their weighted sum. With $h \times w$ pixels in a photo,
#
# $$\ell_{ab} = \tfrac{1}{2hw}\textstyle\sum (y - \hat y)^2, \qquad \ell_{bins} = -\sum_q z_q \log p_q, \qquad
# \ell_{scene} = -\log p_{s},$$
#
# the first a sum over a photo's pixels and its a and b, averaged over photos; the second averaged over all pixels; the third
# over the photos whose scene is known.


# %% nbgrader={"grade": false, "grade_id": "answer_three_losses", "locked": false, "schema_version": 3, "solution": true, "task": false}
def three_losses(heads, truth, weights):
    """The losses of three heads on a batch of N photos, and their weighted sum.

    Parameters
    ----------
    heads : dict
        What the network says: "ab" (N, h, w, 2), and scores before any softmax, "bins" (N, h, w, Q) and "scene" (N, S).
    truth : dict
        "ab" (N, h, w, 2); "bins" (N, h, w, Q) soft targets that sum to 1 along the last axis; "scene" (N,) whole numbers, 0 to
        S - 1, or -1 where the scene isn't known.
    weights : dict
        "regression", "classes" and "scene": a number each.

    Returns
    -------
    dict
        "regression", "classes", "scene": the bare losses; "total": their sum, each times its weight. The scene's loss is 0
        where no photo's scene is known.

    Example
    -------
    >>> ab, flat = np.zeros((1, 1, 2, 2)), np.zeros((1, 1, 2, 4))
    >>> heads = {"ab": ab + 0.5, "bins": flat, "scene": np.zeros((1, 2))}
    >>> truth = {"ab": ab, "bins": flat + 0.25, "scene": np.array([1])}
    >>> found = three_losses(heads, truth, {"regression": 10, "classes": 1, "scene": 0.1})
    >>> {name: round(float(value), 3) for name, value in found.items()}
    {'regression': 0.25, 'classes': 1.386, 'scene': 0.693, 'total': 3.956}
    """
    ### BEGIN SOLUTION
    count, height, width = truth["ab"].shape[:3]
    known = truth["scene"] >= 0
    per_pixel = -(truth["bins"] * log_softmax(heads["bins"], axis=-1)).sum(axis=-1)
    says = log_softmax(heads["scene"][known], axis=-1)[np.arange(known.sum()), truth["scene"][known]]
    losses = {
        "regression": ((heads["ab"] - truth["ab"]) ** 2).sum() / (2 * height * width * count),
        "classes": per_pixel.mean(),
        "scene": -says.mean() if known.any() else 0.0,
    }
    return {**losses, "total": sum(weights[name] * loss for name, loss in losses.items())}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_three_losses", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("05.three_losses", three_losses)


### BEGIN HIDDEN TESTS
def three_losses_cases(rng):
    cases = []
    for n, h, w, q, s, known in (
        (1, 5, 3, 4, 3, 1),
        (4, 2, 6, 11, 5, 3),
        (3, 1, 4, 5, 2, 0),
        (2, 4, 4, 313, 6, 2),
    ):
        scenes = rng.integers(0, s, n)
        scenes[known:] = -1
        heads = {
            "ab": rng.normal(0, 0.4, (n, h, w, 2)),
            "bins": rng.normal(0, 3, (n, h, w, q)),
            "scene": rng.normal(0, 3, (n, s)),
        }
        truth = {
            "ab": rng.normal(0, 0.4, (n, h, w, 2)),
            "bins": rng.dirichlet(np.full(q, 0.2), (n, h, w)),
            "scene": scenes,
        }
        drawn = rng.uniform(0.2, 3, 3)
        cases.append(
            (heads, truth, dict(zip(("regression", "classes", "scene"), drawn.tolist(), strict=True)))
        )
    return cases


check("05.three_losses", three_losses, cases=three_losses_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary><code>log_softmax(scores, axis=-1)</code> is the log p of the formulas. For the scenes, pick
# each photo's own with two index arrays: the photo's number and its scene.</details>
#
# <details><summary>Hint 2</summary>Build a mask of the photos whose scene is known first, and index both the scores and the
# scenes with it. What does <code>.mean()</code> of nothing give?</details>

# %% [markdown]
# ## 3 · The area under the error curve (●●○, 10 minutes)
#
# Draw, for every threshold t, the share of pixels whose ab error is at most t. Write `error_auc`, the area under that curve from
# 0 to a largest error, in percent of the whole box. Each pixel counts with its weight.


# %% nbgrader={"grade": false, "grade_id": "answer_error_auc", "locked": false, "schema_version": 3, "solution": true, "task": false}
def error_auc(true_ab, ab, weights, max_error):
    """Area under the cumulative error curve.

    Parameters
    ----------
    true_ab, ab : (..., 2) float arrays
        True and answered a and b, in Lab units. The error is their distance in the ab plane.
    weights : (...) float array
        Above 0; only their proportions count.
    max_error : float
        Where the curve ends.

    Returns
    -------
    float
        From 0 to 100; right to 0.02.

    Example
    -------
    >>> error_auc(np.zeros((2, 2)), np.array([[0.0, 50.0], [30.0, 40.0]]), np.ones(2), 100.0)
    50.0
    """
    ### BEGIN SOLUTION
    error = np.linalg.norm(ab - true_ab, axis=-1)
    inside = (
        1 - np.minimum(error, max_error) / max_error
    )  # a pixel lies under the curve from its error to the end
    return float(100 * (weights * inside).sum() / weights.sum())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_error_auc", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("05.error_auc", error_auc)


### BEGIN HIDDEN TESTS
def error_auc_cases(rng):
    cases = []
    for shape, max_error, spread in (
        ((7,), 150.0, 20),
        ((2, 3, 5), 40.0, 25),
        ((9, 4), 110.0, 60),
        ((1,), 150.0, 10),
    ):
        true_ab = rng.uniform(-70, 70, (*shape, 2))
        ab = true_ab + rng.normal(0, spread, (*shape, 2))
        cases.append((true_ab, ab, rng.uniform(0.1, 5, shape), max_error))
    far = rng.uniform(90, 110, (6, 2)) * [1, -1]
    return [*cases, (-far, far, rng.uniform(0.1, 1, 6), 150.0)]


check("05.error_auc", error_auc, cases=error_auc_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Think of a single pixel with error e: from which threshold to which is it counted, and what
# part of 0 to max_error is that? (Counting at thresholds works too, but only from ten thousand on is it near enough.)</details>
#
# <details><summary>Hint 2</summary>It is counted from its own error up to the end, so it brings (max_error − e) / max_error, and
# nothing at all when e is beyond the end.</details>

# %% [markdown]
# ## 4 · What a score proves (●●○, 8 minutes)
#
# You were right 15 times of 20 in *which one is real?* Write `score_interval`, Wilson's interval for the share that you would
# reach if you played on forever. With $p$ the share of right answers in $n$ rounds, its ends are
#
# $$\frac{p + \frac{z^2}{2n} \;\pm\; z\,\sqrt{\frac{p(1-p)}{n} + \frac{z^2}{4n^2}}}{1 + \frac{z^2}{n}}.$$


# %% nbgrader={"grade": false, "grade_id": "answer_score_interval", "locked": false, "schema_version": 3, "solution": true, "task": false}
def score_interval(right, played, z):
    """Wilson's interval for a share.

    Parameters
    ----------
    right, played : int
        Rounds answered right, and all rounds, at least 1.
    z : float
        How many standard errors wide to each side: 1.96 for 95%.

    Returns
    -------
    (low, high)
        Two numbers from 0 to 1.

    Example
    -------
    >>> low, high = score_interval(10, 20, 1.96)
    >>> round(low, 3), round(high, 3)
    (0.299, 0.701)
    """
    ### BEGIN SOLUTION
    share = right / played
    scale = 1 + z**2 / played
    middle = (share + z**2 / (2 * played)) / scale
    half = z * np.sqrt(share * (1 - share) / played + z**2 / (4 * played**2)) / scale
    return float(middle - half), float(middle + half)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_score_interval", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("05.score_interval", score_interval)


### BEGIN HIDDEN TESTS
def score_interval_cases(rng):
    played = int(rng.integers(30, 50))
    return [
        (int(rng.integers(1, played)), played, 1.96),
        (0, int(rng.integers(3, 20)), 1.96),
        (played, played, 1.645),
        (1, 6, 1.96),
        (323, 1000, 2.576),
        (1, 1, 1.96),
    ]


check("05.score_interval", score_interval, cases=score_interval_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Work out the middle and the half width one after the other; both are divided by
# 1 + z²/n.</details>
#
# <details><summary>Hint 2</summary>Try it on (10, 20, 1.96) and print the middle: p is one half, so the middle must be one half
# as well.</details>

# %% [markdown]
# ## 5 · Explain the number: a table without baselines (●●○, 10 minutes)
#
# A paper says: *"Our model reaches an AuC of 85 and a PSNR of nearly 20 dB on five photos."* Run the cell: its stand-in for that
# model paints every pixel one color, and reaches just that. Then answer in six sentences at most: what did the paper leave out, and why can so poor a
# painter score so high? Does any of the four printed numbers give it away by itself? What would you add to the table? Graded by
# a person, 3 points.
# Learning alone? Write first; `solution("05.explain_baseline")` then shows our answer and what each point is for.

# %%
from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import photos
from course_lib.metrics import color_auc, mean_chroma, psnr

rows = []
for photo in photos("astronaut", "chelsea", "coffee", "motorcycle", "rocket").values():
    lab = rgb_to_lab(photo)
    truth, tinted = lab[..., 1:], np.full_like(lab[..., 1:], 1) * [1.5, 8.3]
    painted = np.clip(lab_to_rgb(np.concatenate([lab[..., :1], tinted], axis=-1)), 0, 1)
    colorful = 0.01 + np.maximum(np.linalg.norm(truth, axis=-1) - 20, 0)  # weight on what is colorful
    auc, auc_colorful = color_auc(truth, tinted), color_auc(truth, tinted, weights=colorful)
    rows.append((psnr(photo, painted), auc, auc_colorful, mean_chroma(tinted) / mean_chroma(truth)))
print("one color everywhere, mean of five photos")
for label, value in zip(
    ("PSNR", "AuC", "AuC, colorful pixels", "chroma kept"), np.mean(rows, axis=0), strict=True
):
    print(f"{label:22}{value:6.2f}")

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_baseline", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The paper left out what a model reaches that looks at nothing: gray everywhere, or one tint. Most pixels of most photos are
# nearly gray, so a color near gray is nearly right at most of them, and both the AuC and the PSNR average over all pixels. The
# AuC's box also ends at 150, farther than almost any real error, so most of its area is given away; and the PSNR is mostly about
# lightness, which every colorizer copies from its input. None of the four gives it away by itself: the AuC of colorful pixels is
# lower, but a poor model's would be too, and little chroma kept may be a careful model. I would add gray, the mean color and the
# best tint as rows of the same table, on the same photos, and the correlation of the colors, which is 0 for any tint.
#
# **Rubric (3 points)**
# - 1 point: the missing thing is a baseline (gray, mean color or a constant tint) on the same photos, not just "more metrics".
# - 1 point: one reason why it scores high, with a mechanism: most pixels are nearly gray; the curve ends at 150; lightness is
#   copied from the input. "The metric is bad" is no reason.
# - 1 point: none of the four gives it away without baselines beside it, or: adds a number that does by itself (the correlation
#   of the colors, their spread within a photo: 0 for a tint) and says what it measures. "Chroma kept" or "the AuC of colorful
#   pixels" counts if compared with what a baseline gets.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>How far from gray is the typical pixel of a photo? Look at a histogram of its chroma.</details>
#
# <details><summary>Hint 2</summary>Read the table once for a painter that leaves everything gray. Which entries would
# change, and in which direction?</details>
