# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 18: from Python to C++
#
# Five tasks, about 50 minutes. You pick the nearest pixel, find the drift in four pipelines, fold a normalization away, and write a
# parity test that fails when it should. Then you explain a table of differences.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("18.fold")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import cv2
import numpy as np

from course_lib.quality import preprocess_like_digikam
from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · The nearest pixel (●○○, 8 minutes)
#
# Write `nearest_exact` by the fraction's rule: each target pixel takes the source pixel that its center falls on; of two, when it
# falls on the border between them, the right one.


# %% nbgrader={"grade": false, "grade_id": "answer_nearest_exact", "locked": false, "schema_version": 3, "solution": true, "task": false}
def nearest_exact(source, target):
    """Which of `source` pixels each of `target` pixels takes.

    Parameters
    ----------
    source, target : int
        Lengths in pixels, at least 1. Either may be the larger.

    Returns
    -------
    (target,) int array
        From 0 to source - 1.

    Example
    -------
    >>> nearest_exact(10, 4)
    array([1, 3, 6, 8])
    """
    ### BEGIN SOLUTION
    return (2 * np.arange(target) + 1) * source // (2 * target)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_nearest_exact", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("18.nearest_exact", nearest_exact)


### BEGIN HIDDEN TESTS
def nearest_exact_cases(rng):
    drawn = [tuple(map(int, rng.integers(1, 900, 2))) for _ in range(8)]
    return [*drawn, (int(rng.integers(2, 9)) * 128, 224), (1, 1), (2, 300), (24, 44)]


check("18.nearest_exact", nearest_exact, cases=nearest_exact_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>The center of target pixel x lies at x + 1/2. One target pixel is source / target source pixels
# wide.</details>
#
# <details><summary>Hint 2</summary>Stay in whole numbers: (x + 1/2) · source / target is (2x + 1) · source / (2 · target), and
# <code>//</code> cuts its digits off.</details>

# %% [markdown]
# ## 2 · Four pipelines (●●○, 12 minutes)
#
# An application shows you a picture and the pixels that it handed to the network. Write `diagnose`: which pipeline was it? The right
# one, one of four that drift, or something else?
#
# - `"none"`: `preprocess_like_digikam(image)`, the right way;
# - `"channels"`: the right way, but the picture's channels were turned around before;
# - `"range"`: the right way, but the pixels end in 0…1;
# - `"nearest"`, `"bilinear"`: OpenCV resized the bytes to 224 × 224 by `cv2.INTER_NEAREST` or `cv2.INTER_LINEAR` first.


# %% nbgrader={"grade": false, "grade_id": "answer_diagnose", "locked": false, "schema_version": 3, "solution": true, "task": false}
def diagnose(image, pixels):
    """Name of the pipeline that made these pixels of this picture.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        BGR.
    pixels : (224, 224, 3) float32 array

    Returns
    -------
    str
        "none", "channels", "range", "nearest", "bilinear", or "other" where none of these fits; a pipeline fits where every number
        agrees to 0.001. Where several fit, because the drift changes nothing in this picture: "none".

    Example
    -------
    >>> red = np.full((9, 9, 3), (0, 0, 255), np.uint8)
    >>> diagnose(red, preprocess_like_digikam(red[..., ::-1]))
    'channels'
    """

    ### BEGIN SOLUTION
    def resized(how):
        return preprocess_like_digikam(cv2.resize(image, (224, 224), interpolation=how))

    right = preprocess_like_digikam(image)
    made = {
        "none": right,
        "channels": right[..., ::-1],
        "range": (right + 1) / 2,
        "nearest": resized(cv2.INTER_NEAREST),
        "bilinear": resized(cv2.INTER_LINEAR),
    }
    return next((name for name, x in made.items() if np.abs(x - pixels).max() < 1e-3), "other")
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_diagnose", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("18.diagnose", diagnose)


### BEGIN HIDDEN TESTS
def diagnose_cases(rng):
    def made(image, name):
        small = (
            cv2.INTER_AREA
            if name == "other"
            else cv2.INTER_NEAREST
            if name == "nearest"
            else cv2.INTER_LINEAR
        )
        right = preprocess_like_digikam(image)
        if name in ("none", "channels", "range"):
            return {"none": right, "channels": right[..., ::-1].copy(), "range": (right + 1) / 2}[name]
        return preprocess_like_digikam(cv2.resize(image, (224, 224), interpolation=small))

    cases = []
    for name in ("none", "channels", "range", "nearest", "bilinear", "other"):
        size = tuple(map(int, rng.integers(230, 420, 2)))
        image = cv2.blur(rng.integers(0, 256, (*size, 3), np.uint8), (3, 3))
        cases.append((image, made(image, name)))
    bright = rng.integers(150, 256, (250, 310, 3), np.uint8)
    gray = np.repeat(rng.integers(0, 256, (250, 310, 1), np.uint8), 3, axis=2)
    whole = rng.integers(0, 256, (224, 224, 3), np.uint8)
    image = cases[0][0]
    patched = made(image, "none")
    patched[30:40, 60:70] = made(image, "other")[30:40, 60:70]
    return [
        *cases,
        (image, made(image, "none") * np.float32(127.5 / 128)),
        (image, patched),
        (bright, made(bright, "none")),
        (gray, made(gray, "channels")),
        (whole, made(whole, "nearest")),
    ]


check("18.diagnose", diagnose, cases=diagnose_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>You have the picture: make the pixels yourself, in all five ways, and see which are
# the ones you were shown.</details>
#
# <details><summary>Hint 2</summary>Pixel by pixel, within a thousandth. A dictionary from name to pixels keeps its order: put the right
# way first.</details>

# %% [markdown]
# ## 3 · Freeze it (●●○, 10 minutes)
#
# A convolution, then batch normalization: y = gamma · (x − mean) / √(variance + eps) + beta for each output channel x of
# the convolution. Write `fold`: weights and bias of *one* convolution that does both.


# %% nbgrader={"grade": false, "grade_id": "answer_fold", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fold(weight, bias, gamma, beta, mean, variance, eps):
    """Weights and bias of the convolution that needs no batch normalization behind it.

    Parameters
    ----------
    weight : (out, in, k, k) float array
    bias, gamma, beta, mean, variance : (out,) float arrays
    eps : float

    Returns
    -------
    (weight, bias)
        Of the shapes that came.

    Example
    -------
    >>> one = np.ones(1)
    >>> w, b = fold(np.full((1, 1, 1, 1), 2.0), one, 3 * one, 5 * one, 4 * one, 8 * one, 1.0)
    >>> float(w[0, 0, 0, 0]), float(b[0])
    (2.0, 2.0)
    """
    ### BEGIN SOLUTION
    scale = gamma / np.sqrt(variance + eps)
    return weight * scale[:, None, None, None], (bias - mean) * scale + beta
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_fold", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("18.fold", fold)


### BEGIN HIDDEN TESTS
def fold_cases(rng):
    cases = []
    for out, into, side, eps in ((6, 6, 3, 1e-3), (5, 2, 5, 0.3), (1, 7, 1, 1e-5), (8, 1, 3, 0.05)):
        numbers = [rng.normal(0, 2, out) for _ in range(4)]
        cases.append((rng.normal(0, 1, (out, into, side, side)), *numbers, rng.uniform(0.05, 5, out), eps))
    return cases


check("18.fold", fold, cases=fold_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Put the convolution's answer, w · x + b, into the formula, and sort by what multiplies
# x.</details>
#
# <details><summary>Hint 2</summary>With s = gamma / √(variance + eps): the weights are multiplied by s, and the bias is what is left
# when x is 0. The output channel is the first axis; <code>s[:, None, None, None]</code> fits it.</details>

# %% [markdown]
# ## 4 · A test that fails when it should (●●○, 10 minutes)
#
# Two engines answered for the same photos. Write `parity`: do they agree, number by number, and which photo is the worst?


# %% nbgrader={"grade": false, "grade_id": "answer_parity", "locked": false, "schema_version": 3, "solution": true, "task": false}
def parity(ours, theirs, tolerance):
    """Whether no number differs by more than the tolerance, and the photo with the number that differs most.

    Parameters
    ----------
    ours, theirs : (photos, 3) float arrays
        Shares of the three classes. An engine that fails writes NaN, and then there is no agreement.
    tolerance : float

    Returns
    -------
    (passed, worst) : bool and int
        A photo with NaN is the worst.

    Example
    -------
    >>> parity(np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0]]), np.array([[0.2, 0.5, 0.3], [0.9, 0.1, 0.0]]), 0.01)
    (False, 1)
    """
    ### BEGIN SOLUTION
    gap = np.abs(ours - theirs).max(axis=1)
    gap = np.where(np.isnan(gap), np.inf, gap)
    return bool(gap.max() <= tolerance), int(gap.argmax())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_parity", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("18.parity", parity)


### BEGIN HIDDEN TESTS
def parity_cases(rng):
    def pair(count, change, place=None):
        ours = rng.dirichlet([1, 1, 1], count)
        theirs = ours + rng.uniform(-2e-6, 2e-6, ours.shape)
        place = int(rng.integers(count)) if place is None else place
        theirs[place] += change
        return ours, theirs, 1e-4

    clear = np.tile([0.01, 0.98, 0.01], (5, 1))
    moved = clear.copy()
    moved[int(rng.integers(1, 5))] = [0.03, 0.95, 0.02]
    slight = clear.copy()
    slight[int(rng.integers(1, 5)), 1] -= 0.0005
    over = clear.copy()
    over[int(rng.integers(1, 5)), 1] -= 1.06e-4
    both = pair(6, np.nan, 4)
    both[0][4] = np.nan
    quarters = np.array([[0.25, 0.25, 0.5], [0.25, 0.5, 0.25], [0.5, 0.25, 0.25]])
    changes = (0, [0.001, -0.001, 0], [0, 0, -0.0004], [0, 0.00015, 0], np.nan)
    return [
        *(pair(n, change) for n, change in zip((3, 6, 9, 60, 7), changes, strict=True)),
        (clear, moved, 1e-4),
        (clear, slight, 1e-4),
        (clear, over, 1e-4),
        both,
        (quarters, quarters[[0, 1, 1]], 0.25),
    ]


check("18.parity", parity, cases=parity_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>For each photo, the largest absolute difference of its three numbers. Then the largest of
# these.</details>
#
# <details><summary>Hint 2</summary>A comparison with NaN is never true. Replace NaN by infinity, and both answers come out
# right.</details>

# %% [markdown]
# ## 5 · Explain: a table of differences (●●●, 10 minutes)
#
# The scores of a command-line tool and of an application, for five pictures, and by how much they differ:
#
# | picture | difference (points) |
# | --- | --- |
# | gray, 224 × 224, PNG | 0.000 |
# | color, 224 × 224, PNG | 0.000 |
# | color, 640 × 427, PNG | 0.000 |
# | color, 4000 × 3000, PNG | 0.310 |
# | color, 640 × 427, JPEG | 0.000 |
#
# Their release test compares the *classes* of three good and three bad photos, all from a 12-megapixel camera, and is green. Explain in
# six sentences at most: what does each row clear of suspicion, what is left, and which one picture would you look at next? Why is the
# release test green, and how would you change it? Graded by a person, 3 points.
# Learning alone? Write first; `solution("18.explain_table")` then shows our answer and what each point is for.

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_table", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The color picture of 224 × 224 clears channels, range, model and engine: each of them would show there (the gray one alone
# couldn't clear the channels). At 640 × 427 a resize takes place, so the resize rule is the same in both; the JPEG clears the
# decoder. What differs is something that happens to large pictures only: a thumbnail, here of 1024 pixels or so, is made before the
# score. I would look at a color picture of 1100 pixels, just above the thumbnail: a difference there would prove it. The test is green because
# photos that are clearly good or bad lie far from both thresholds, so 0.3 points don't change their class. I would compare
# the scores, with a tolerance of 1e-3 points, or the shares with 1e-4, and add photos near the thresholds and small ones.
#
# **Rubric (3 points)**
# - 1 point: what the small rows clear (224 × 224 in color: channels, range, engine; 640 × 427: the resize; JPEG: the decoder).
# - 1 point: what is left is a step for large pictures only, the thumbnail, *and* a picture that would prove it (around 1024 pixels).
# - 1 point: classes of clear photos can't see a few tenths, *and* a numeric tolerance with a reason.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>For each drift of the lesson, ask in which of the five rows it would show.</details>
#
# <details><summary>Hint 2</summary>How far is a clearly good photo from the nearest threshold, in points? Compare with 0.31.</details>
