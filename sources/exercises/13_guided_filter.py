# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 13: the guided filter
#
# Five tasks, about 50 minutes. You average over windows that are cut at the border, fit a window's line, say which edges it keeps,
# and bring color to a large picture. Then you explain a flag whose colors run.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("13.line")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import cv2
import numpy as np

from course_lib.mobile import guided_filter, local_linear_coefficients
from course_lib.teach import check, solution  # noqa: F401 (solution is for you)


def enlarge(x, like):
    """Bilinear, to the height and width of `like`; x is (h, w) or (h, w, 2)."""
    return cv2.resize(x, like.shape[1::-1], interpolation=cv2.INTER_LINEAR)


# %% [markdown]
# ## 1 · Means over windows (●●○, 12 minutes)
#
# Write `window_means`, the mean of each pixel's window, in a time that doesn't depend on the window. Windows at the border are
# cut, as in the paper's own code.


# %% nbgrader={"grade": false, "grade_id": "answer_window_means", "locked": false, "schema_version": 3, "solution": true, "task": false}
def window_means(image, radius):
    """Mean of the pixels of each window that lie in the picture.

    Parameters
    ----------
    image : (H, W) float array
    radius : int
        At least 1; a window reaches this far to each side, so it has (2 radius + 1)² pixels. It may be larger than the picture.

    Returns
    -------
    (H, W) float array

    Example
    -------
    >>> window_means(np.array([[3.0, 6.0, 0.0]]), 1)
    array([[4.5, 3. , 3. ]])
    """
    ### BEGIN SOLUTION
    for _ in range(2):
        length = len(image)
        start = np.maximum(np.arange(length) - radius, 0)
        end = np.minimum(np.arange(length) + radius + 1, length)
        sums = np.pad(np.cumsum(image, axis=0), ((1, 0), (0, 0)))
        image = ((sums[end] - sums[start]) / (end - start)[:, None]).T
    return image
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_window_means", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("13.window_means", window_means)


### BEGIN HIDDEN TESTS
def window_means_cases(rng):
    drawn = [(rng.random(tuple(rng.integers(4, 30, 2))) - 0.5, int(rng.integers(1, 7))) for _ in range(5)]
    return [*drawn, (rng.random((1, 9)), 2), (rng.random((9, 4)), 11), (rng.random((120, 90)), 30)]


check("13.window_means", window_means, cases=window_means_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Along one axis: where does pixel i's window begin and end, if it may not leave the picture?
# <code>np.maximum</code> and <code>np.minimum</code> give that for all i at once.</details>
#
# <details><summary>Hint 2</summary>With a leading zero, the sum from start to end is S[end] − S[start], and there are end − start
# pixels. Take the mean along one axis, transpose, and do the same again.</details>

# %% [markdown]
# ## 2 · The line of a window (●○○, 8 minutes)
#
# Write `line`: slope and offset of the straight line that says one window's image by its guide, with the price eps on steepness.


# %% nbgrader={"grade": false, "grade_id": "answer_line", "locked": false, "schema_version": 3, "solution": true, "task": false}
def line(guide, image, eps):
    """a and b that minimize the sum over the window of (a guide + b - image)² + eps a².

    Parameters
    ----------
    guide, image : (h, w) float arrays
        The pixels of one window.
    eps : float
        Above 0.

    Returns
    -------
    (a, b) : two float

    Example
    -------
    >>> a, b = line(np.array([[0.2, 0.6]]), np.array([[0.8, 0.4]]), 0.04)
    >>> round(a, 3), round(b, 3)
    (-0.5, 0.8)
    """
    ### BEGIN SOLUTION
    covariance = (guide * image).mean() - guide.mean() * image.mean()
    a = float(covariance / (guide.var() + eps))
    return a, float(image.mean() - a * guide.mean())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_line", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("13.line", line)


### BEGIN HIDDEN TESTS
def line_cases(rng):
    cases = []
    for side in (2, 3, 5, 9, 17):
        guide = rng.random((side, side))
        image = rng.uniform(-2, 2) * guide + rng.random((side, side)) + 0.3
        cases += [(guide, image, float(10 ** rng.uniform(-3, 0))), (0.3 * guide, image, 0.005)]
    return [*cases, (np.full((4, 4), 0.7), rng.random((4, 4)), 0.02)]


check("13.line", line, cases=line_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Covariance: the mean of the product minus the product of the means. Variance: the same, of the
# guide with itself.</details>
#
# <details><summary>Hint 2</summary>The line passes through the two means. So b is what is left of the image's mean when a times the
# guide's mean is taken off.</details>

# %% [markdown]
# ## 3 · Which edges stay? (●●○, 8 minutes)
#
# A picture is its own guide. A window lies across a step: a part of its pixels has one value, the rest another. Write `edge_kept`, the share of the step's height that this window's line keeps: its a.


# %% nbgrader={"grade": false, "grade_id": "answer_edge_kept", "locked": false, "schema_version": 3, "solution": true, "task": false}
def edge_kept(height, share, eps):
    """Slope of the line of a window with a step in it, where image and guide are the same.

    Parameters
    ----------
    height : float
        Value of the pixels on the step's first side minus that of those on its second; below 0 where the second is brighter.
    share : float
        Of the window's pixels, how many are on the first side, from 0 to 1.
    eps : float
        Above 0.

    Returns
    -------
    float, from 0 to 1

    Example
    -------
    >>> edge_kept(0.2, 0.5, 0.01)
    0.5
    """
    ### BEGIN SOLUTION
    variance = height**2 * share * (1 - share)
    return variance / (variance + eps)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_edge_kept", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("13.edge_kept", edge_kept)


### BEGIN HIDDEN TESTS
def edge_kept_cases(rng):
    up = rng.uniform([0.1, 0.05, 0.001], [1.0, 0.95, 0.1], (12, 3))
    down = up[:3] * [-1, 1, 1]
    return [*map(tuple, up.tolist()), *map(tuple, down.tolist()), (0.7, 0.0, 0.001), (0.7, 1.0, 0.001)]


check("13.edge_kept", edge_kept, cases=edge_kept_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Image and guide are the same, so their covariance is the guide's variance. What is the variance of
# numbers of which a part is 0 and the rest is <code>height</code>?</details>
#
# <details><summary>Hint 2</summary>Their mean is share · height, the mean of their squares share · height². The rest is the lesson's
# formula for a. Try share = 0 in your head: there is no step in the window.</details>

# %% [markdown]
# ## 4 · Color for a large picture (●●○, 12 minutes)
#
# A colorizer has worked on a small picture. Write `upsample_color` by the lesson's detail way: the enlarged small color, plus a
# times the detail of L. `local_linear_coefficients` gives you a, with radius 1; `enlarge` is defined above.


# %% nbgrader={"grade": false, "grade_id": "answer_upsample_color", "locked": false, "schema_version": 3, "solution": true, "task": false}
def upsample_color(small_ab, small_L, L, eps):
    """ab of a large picture from that of a small one.

    Parameters
    ----------
    small_ab : (h, w, 2) float array
        Color of the small picture, divided by 110.
    small_L : (h, w) float array
        Its lightness, in [0, 1].
    L : (H, W) float array
        Lightness of the large picture, in [0, 1].
    eps : float
        For a.

    Returns
    -------
    (H, W, 2) float array

    Example
    -------
    >>> small_ab = np.dstack([[[0.0, 0.0, 0.4, 0.4]], [[0.1] * 4]])
    >>> small_L = np.array([[0.2, 0.2, 0.6, 0.6]])
    >>> upsample_color(small_ab, small_L, np.array([[0.2, 0.2, 0.6, 0.7]]), 0.01)[0, :, 0].round(3)
    array([0.   , 0.   , 0.4  , 0.426])
    """
    ### BEGIN SOLUTION
    a, _ = local_linear_coefficients(small_L, small_ab, 1, eps)
    detail = L - enlarge(small_L, L)
    return enlarge(small_ab, L) + enlarge(a, L) * detail[..., None]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_upsample_color", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("13.upsample_color", upsample_color)


### BEGIN HIDDEN TESTS
def upsample_color_cases(rng):
    cases = []
    for h, w, factor in ((9, 6, 3), (5, 12, 4), (12, 10, 2)):
        L = np.kron(rng.random((h, w)), np.ones((factor, factor)))
        L = (0.6 * L + 0.4 * rng.random(L.shape)).clip(0, 1)
        small_L = L.reshape(h, factor, w, factor).mean(axis=(1, 3))
        small_ab = np.dstack([0.8 * small_L - 0.3, 0.2 - 0.5 * small_L]) + rng.normal(0, 0.1, (h, w, 2))
        cases.append((small_ab, small_L, L, float(10 ** rng.uniform(-3, -1))))
    return cases


check("13.upsample_color", upsample_color, cases=upsample_color_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Guide and image of <code>local_linear_coefficients</code> are both small: first the lightness, then
# the color. It gives a and b; you need only one of them.</details>
#
# <details><summary>Hint 2</summary>The detail is (H, W), and a, enlarged, is (H, W, 2). An index with <code>None</code> gives the
# detail a last axis.</details>

# %% [markdown]
# ## 5 · Explain: the flag that runs (●●○, 10 minutes)
#
# Two flags, each red on the left and green on the right. In one, red and green have the same lightness; in the other, green is lighter. Their
# color is noisy, and a gray guide is to clean it. Run the cell: it prints how far the color is off, near the edge and away from
# it. Explain in six sentences at most: why does a smaller eps help one flag at its edge and not the other? What sets how far the colors run, and
# would the answer change with a color guide? What would you tell a team whose colorizer has nothing but gray? Graded by a person, 3
# points.
# Learning alone? Write first; `solution("13.explain_flag")` then shows our answer and what each point is for.

# %%
rng = np.random.default_rng(13)
right = np.broadcast_to(np.arange(120) >= 60, (60, 120))
near = np.abs(np.arange(120) - 59.5) < 8
true = np.where(right[..., None], [-0.4, 0.3], [0.5, 0.3])
noisy = true + rng.normal(0, 0.1, true.shape)
for name, step in (("same lightness", 0.0), ("green lighter", 0.2)):
    gray = 0.5 + step * right + rng.normal(0, 0.005, right.shape)
    for eps in (0.1, 0.001, 0.0001):
        off = 110 * np.linalg.norm(guided_filter(gray, noisy, 8, eps) - true, axis=-1)
        print(
            f"{name:14}  eps {eps:6g}: off by {off[:, near].mean():4.1f} near, {off[:, ~near].mean():4.1f} away"
        )

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_flag", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Where green is lighter, the guide has a step of 0.2, and a window across it has a variance of up to 0.01. With eps = 0.1 that
# variance counts for little, a is near 0, and the filter averages red with green; with a smaller eps the line follows the
# step and the color has an edge. Where the lightness is the same, the guide is noise: its covariance with the color is about 0 at every
# eps, so a is about 0 and the color is averaged across the edge whatever eps is. How far it runs is set by the radius: up to two radii,
# one for the windows and one for the mean of a and b. A color guide has the step, so it would keep the edge, but a colorizer's
# input has no color. To the team: take a smaller radius where you can, expect bleeding between colors of one lightness, and bring
# edges from elsewhere, such as segments, or the small color itself.
#
# **Rubric (3 points)**
# - 1 point: the step's variance (up to 0.2²/4 = 0.01) against eps: above it, a ≈ 0 and the colors are averaged; below, the line
#   follows the step.
# - 1 point: with the same lightness var and cov of the guide are noise at every eps, so a ≈ 0 (or meaningless), *and* the radius
#   (two radii) sets how far the color runs.
# - 1 point: a color guide sees the edge, *and* advice that doesn't depend on eps (smaller radius, other source of edges, keep the
#   small color).
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>What is the variance of the guide in a window across the edge, for either flag? Compare with the
# three eps.</details>
#
# <details><summary>Hint 2</summary>Part 6 of the lesson had a red disk on green. What did its gray picture show?</details>
