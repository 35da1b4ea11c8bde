# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 01: Lab color space
#
# Five tasks, about 60 minutes. They take the lesson's failures apart from the other side: the way back, the scales, and
# four pipelines that are broken in ways you can measure.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. The check tells
# you what it thinks went wrong; run it as often as you like. After your first real try, `solution("01.normalize")` in a cell
# of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.
#
# Is this file in `exercises/release`? Then copy its folder to a place of your own first: it is made anew when the course is.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import cv2
import numpy as np

from course_lib.color import lab_to_rgb, normalize_lab, rgb_to_lab
from course_lib.data import photos
from course_lib.metrics import psnr
from course_lib.teach import check, show, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · The way back (●●○, 22 minutes)
#
# Write `to_rgb`, which undoes the lesson's `to_lab`, from L, a, b back to sRGB. Colors that sRGB can't show are clipped
# to 0…1. The way there stands in the next cell, so that you can undo it step by step; the package's `lab_to_rgb` would pass
# the check too, but then you'd have learned how to call it.

# %% nbgrader={"grade": false, "grade_id": "the_way_there", "locked": true, "schema_version": 3, "solution": false, "task": false}
TO_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def to_light(v):
    """sRGB value → light."""
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def bend(t):
    """Light relative to white → how it looks."""
    return np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)


def to_lab(rgb):
    """sRGB (..., 3) in 0…1 → L, a, b."""
    x, y, z = np.moveaxis(bend(to_light(rgb) @ TO_XYZ.T / WHITE), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


# %% nbgrader={"grade": false, "grade_id": "answer_to_rgb", "locked": false, "schema_version": 3, "solution": true, "task": false}
def to_rgb(lab):
    """sRGB of Lab colors.

    Parameters
    ----------
    lab : (..., 3) float array
        L in 0…100, a and b in about ±110; some lie outside the gamut. One color alone has shape (3,).

    Returns
    -------
    (..., 3) float array
        sRGB in 0…1, clipped where the color can't be shown; right to 0.002.

    Example
    -------
    >>> to_rgb(np.array([[53.389, 0.0, 0.0], [53.241, 80.092, 67.203]])).round(3) + 0.0
    array([[0.5, 0.5, 0.5],
           [1. , 0. , 0. ]])
    >>> to_rgb(np.array([53.389, 0.0, 0.0])).shape
    (3,)
    """
    ### BEGIN SOLUTION
    L, a, b = np.moveaxis(lab, -1, 0)
    y = (L + 16) / 116
    bent = np.stack([y + a / 500, y, y - b / 200], axis=-1)
    relative = np.where(bent > 6 / 29, bent**3, 3 * (6 / 29) ** 2 * (bent - 4 / 29))
    light = (relative * WHITE @ np.linalg.inv(TO_XYZ).T).clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_to_rgb", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("01.to_rgb", to_rgb)


### BEGIN HIDDEN TESTS
def to_rgb_cases(rng):
    grays = np.linspace(0, 100, 21)[:, None] * np.array([1.0, 0, 0])
    wild = rng.uniform((0, -128, -128), (100, 128, 128), (3, 2, 40, 3))
    dark = rgb_to_lab(rng.random((50, 3)) * 0.04)
    return [(grays,), (wild,), (dark,), (rgb_to_lab(rng.random((7, 5, 3))),), (wild[:0],), (wild[0, 0, 0],)]


check("01.to_rgb", to_rgb, cases=to_rgb_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Start from the end of <code>to_lab</code>: L alone gives y; with y, a gives x and b gives
# z. Then undo bend, the division by white, the matrix and the curve, in this order.</details>
#
# <details><summary>Hint 2</summary>Each of the two curves has two pieces, and so has its inverse; the place where they meet
# moves along: bend maps (6/29)³ to 6/29, and to_light maps 0.04045 to 0.0031308. Clip before the last curve: NumPy warns
# about the root of a negative number, even where np.where throws it away.</details>

# %% [markdown]
# ## 2 · Into the network (●○○, 3 minutes)
#
# Write `normalize`, which scales Lab the way this course does: L to 0…1, a and b by 110. Of the lesson's four
# colorizers, no two agree here.


# %% nbgrader={"grade": false, "grade_id": "answer_normalize", "locked": false, "schema_version": 3, "solution": true, "task": false}
def normalize(lab):
    """Lab scaled for a network.

    Parameters
    ----------
    lab : (..., 3) float array
        L in 0…100, a and b in about ±110. It must stay as it is.

    Returns
    -------
    (..., 3) float array
        L in 0…1, a and b in about ±1.

    Example
    -------
    >>> normalize(np.array([50.0, 55.0, -110.0]))
    array([ 0.5,  0.5, -1. ])
    """
    ### BEGIN SOLUTION
    return lab / np.array([100.0, 110.0, 110.0])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_normalize", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("01.normalize", normalize)


### BEGIN HIDDEN TESTS
def normalize_cases(rng):
    low, high = (1, -110, -110), (100, 110, 110)
    return [(rng.uniform(low, high, shape),) for shape in ((3,), (1, 1, 3), (2, 3, 4, 5, 3), (0, 3), (60, 3))]


check("01.normalize", normalize, cases=normalize_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>One division does it, if what you divide by is an array of three numbers: NumPy lines it
# up with the last axis.</details>
#
# <details><summary>Hint 2</summary><code>lab[..., 0] /= …</code> would change the array you were given. Make a new
# one.</details>

# %% [markdown]
# ## 3 · Out of the network (●○○, 5 minutes)
#
# Write `denormalize`, which undoes it for any scale of a and b: models trained elsewhere come with 127, 128 or 100. With
# their own scale their colors are right, with yours they are pale or loud.


# %% nbgrader={"grade": false, "grade_id": "answer_denormalize", "locked": false, "schema_version": 3, "solution": true, "task": false}
def denormalize(normalized, ab_scale):
    """Lab from normalized Lab.

    Parameters
    ----------
    normalized : (..., 3) float array
        L in 0…1, a and b divided by `ab_scale`.
    ab_scale : float
        What a and b were divided by.

    Returns
    -------
    (..., 3) float array
        L in 0…100, a and b in about ±110.

    Example
    -------
    >>> denormalize(np.array([0.5, 0.5, -0.25]), 128)
    array([ 50.,  64., -32.])
    """
    ### BEGIN SOLUTION
    return normalized * np.array([100.0, ab_scale, ab_scale])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_denormalize", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("01.denormalize", denormalize)


### BEGIN HIDDEN TESTS
def denormalize_cases(rng):
    shapes = ((3,), (1, 1, 3), (2, 3, 4, 3), (0, 3), (60, 3))
    scales = (127.0, 110.0, 128.0, 110.0, float(rng.uniform(90, 105)))
    return [
        (rng.uniform((0.1, -1, -1), 1, shape), scale) for shape, scale in zip(shapes, scales, strict=True)
    ]


check("01.denormalize", denormalize, cases=denormalize_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>What was divided is multiplied again, L by its own number.</details>
#
# <details><summary>Hint 2</summary>If only the case with 110 passes, look for a 110 in your code.</details>

# %% [markdown]
# ## 4 · Find the bug in four broken pipelines (●●●, 20 minutes)
#
# Each of the four pipelines below turns a photo into normalized Lab, and each has one bug. Write `diagnose`, which is given
# the photo and what a pipeline made of it, and names the bug. Run the cell, look at the pictures, and find out first which
# pipeline has which bug.
#
# | name | what went wrong |
# | --- | --- |
# | `"fine"` | nothing |
# | `"bgr"` | red and blue were exchanged before the conversion |
# | `"offset"` | the 128 of byte Lab was left in a and b |
# | `"lightness"` | the L of byte Lab, 0…255, was taken for 0…100 |
# | `"scale"` | a and b were divided by 128 in place of 110 |


# %% nbgrader={"grade": false, "grade_id": "pipelines", "locked": true, "schema_version": 3, "solution": false, "task": false}
def pipeline_1(photo):
    """Byte photo (H, W, 3) RGB → normalized Lab; so do the other three."""
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB).astype(np.float32)
    return lab / np.float32([255, 110, 110])


def pipeline_2(photo):
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB).astype(np.float32) - np.float32([0, 128, 128])
    return lab / np.float32([255, 128, 128])


def pipeline_3(photo):
    lab = cv2.cvtColor(photo, cv2.COLOR_BGR2LAB).astype(np.float32) - np.float32([0, 128, 128])
    return lab / np.float32([255, 110, 110])


def pipeline_4(photo):
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB).astype(np.float32) - np.float32([0, 128, 128])
    return lab / np.float32([100, 110, 110])


photo = np.round(255 * photos("astronaut")["astronaut"][60:260, 120:380]).astype(np.uint8)

# %%
outputs = [pipeline(photo) for pipeline in (pipeline_1, pipeline_2, pipeline_3, pipeline_4)]
show(
    [lab_to_rgb(output * np.float32([100, 110, 110])) for output in outputs],
    titles=["pipeline 1", "pipeline 2", "pipeline 3", "pipeline 4"],
    caption="What four broken pipelines make of one photo. One of them would pass a hurried look.",
    alt="Four versions of a portrait: red all over; nearly right; blue skin and suit; far too bright.",
)


# %% nbgrader={"grade": false, "grade_id": "answer_diagnose", "locked": false, "schema_version": 3, "solution": true, "task": false}
def diagnose(photo, output):
    """Name of the bug that turned `photo` into `output`.

    Parameters
    ----------
    photo : (H, W, 3) uint8 array
        RGB. Some are dull, some dark; none is all gray.
    output : (H, W, 3) float array
        Normalized Lab as a pipeline made it, through OpenCV's bytes or in floats: even when fine, off by up to 0.03.

    Returns
    -------
    str
        "fine", "bgr", "offset", "lightness" or "scale".

    Example
    -------
    >>> diagnose(photo, normalize_lab(rgb_to_lab(photo / 255)))
    'fine'
    """
    ### BEGIN SOLUTION
    right, exchanged = rgb_to_lab(photo / 255), rgb_to_lab(photo[..., ::-1] / 255)
    explanations = {
        "fine": normalize_lab(right),
        "bgr": normalize_lab(exchanged),
        "offset": normalize_lab(right + np.array([0, 128, 128])),
        "lightness": normalize_lab(right * np.array([2.55, 1, 1])),
        "scale": normalize_lab(right, ab_scale=128),
    }
    return min(explanations, key=lambda bug: np.abs(explanations[bug] - output).mean())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_diagnose", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("01.diagnose", diagnose)


### BEGIN HIDDEN TESTS
def diagnose_cases(rng):
    def fine(photo):
        return pipeline_4(photo) * np.float32([100 / 255, 1, 1])

    def off_a_little(output):
        return output + rng.uniform(-0.03, 0.03, output.shape) * rng.integers(2)

    crops = []
    for name in ("china", "coffee", "flower", "chelsea"):
        top, left = rng.integers(100, 200, 2)
        crops.append(np.round(255 * photos(name)[name][top : top + 40, left : left + 30]).astype(np.uint8))
    pipelines = (fine, pipeline_1, pipeline_2, pipeline_3, pipeline_4)
    return [(crop, off_a_little(pipelines[i](crop))) for crop in crops for i in rng.permutation(5)]


check("01.diagnose", diagnose, cases=diagnose_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>A threshold on the output can't work: a dark photo with one bug looks like a bright photo
# without. But you have the photo. Compute what a right pipeline would have given, and compare.</details>
#
# <details><summary>Hint 2</summary>Go one further: compute what <i>each</i> bug would have given, five arrays, and return the
# name of the one that lies nearest to the output.</details>

# %% [markdown]
# ## 5 · Explain the number (●●○, 10 minutes)
#
# Run the cell. It takes a photo through OpenCV's byte Lab and back: most pixels change, and the PSNR is excellent. In five
# sentences at most: why don't the two numbers contradict each other? Name one use for which byte Lab is good enough and one
# for which it isn't, with a reason. Graded by a person, 3 points; learning alone, compare with `solution("01.explain_bytes")`
# when yours is written.

# %%
there = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB)
back = cv2.cvtColor(there, cv2.COLOR_LAB2RGB)
changed = (back != photo).any(axis=-1).mean()
print(f"{changed:.0%} of the pixels changed, PSNR {psnr(photo / 255, back / 255):.1f} dB")

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_bytes", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The share counts every pixel that isn't exactly the same, however little it moved; PSNR measures how far pixels moved. Byte
# Lab has as many codes as sRGB has colors, but seven of eight stand for colors outside the gamut, so the real ones share
# too few and must round. They round to a near code, by a step or two, which nobody sees. So byte Lab is good for storing
# training photos, where a unit of a or b is below what a model gets right anyway. It is not good for exact tests, for
# editing in many steps, or for measuring small errors, because each trip adds its own error of a unit or so.
#
# **Rubric (3 points)**
# - 1 point: the two numbers measure different things, *whether* a pixel changed and *how far*.
# - 1 point: where the loss comes from: rounding, because most of the byte codes lie outside the gamut (or: because a and b
#   in whole units are coarser than sRGB's steps).
# - 1 point: a use on each side with a reason that refers to the size of the error. No point for "bytes are worse" alone.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>What would each number be if every pixel had moved by one step in one channel?</details>
#
# <details><summary>Hint 2</summary>Part 4 of the lesson counts how many of the byte codes are in use.</details>
