# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 11: ColorMNet, whole
#
# Four tasks, about 50 minutes. You measure a clip without letting bytes wrap, write down what a training step minimizes, and
# decide which parts of a network earn their place. Then you explain a table in which the cheapest method wins.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("11.clip_psnr")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · A clip's decibels (●○○, 10 minutes)
#
# Write `clip_psnr`, which says how near a colored clip comes to the truth, both given as bytes. Frame 0 is the reference that
# the method was given, so it doesn't count; each other frame gets its PSNR, and the clip gets their mean.


# %% nbgrader={"grade": false, "grade_id": "answer_clip_psnr", "locked": false, "schema_version": 3, "solution": true, "task": false}
def clip_psnr(truth, answer):
    """PSNR of a clip.

    Parameters
    ----------
    truth, answer : ndarray, (T, H, W, 3) uint8
        T is at least 2, and no frame is without error.

    Returns
    -------
    float
        Decibels: the mean over frames 1 to T - 1 of 20 log10(255 / root mean squared error).

    Example
    -------
    >>> truth = np.full((3, 2, 2, 3), 100, np.uint8)
    >>> answer = truth + np.array([90, 10, 1], np.uint8)[:, None, None, None]
    >>> round(clip_psnr(truth, answer), 2)   # 28.13 and 48.13; the 90 belong to the reference
    38.13
    """
    ### BEGIN SOLUTION
    errors = ((truth[1:].astype(float) - answer[1:].astype(float)) ** 2).mean(axis=(1, 2, 3))
    return float(np.mean(20 * np.log10(255 / np.sqrt(errors))))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_clip_psnr", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("11.clip_psnr", clip_psnr)


### BEGIN HIDDEN TESTS
def clip_psnr_cases(rng):
    cases = []
    for frames, side in ((2, 9), (5, 7)):
        truth = rng.integers(40, 216, (frames, side, side, 3))
        sizes = rng.uniform(4, 20, frames)[:, None, None, None]
        answer = np.rint(truth + sizes * rng.standard_normal(truth.shape)).clip(0, 255)
        answer[:, 0, 0] = truth[:, 0, 0] + 3
        truth[:, 1, 0], answer[:, 1, 0] = 255, 0
        cases.append((truth.astype(np.uint8), answer.astype(np.uint8)))
    return cases


check("11.clip_psnr", clip_psnr, cases=clip_psnr_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>What is <code>np.uint8(100) - np.uint8(101)</code>? Try it before you subtract frames.</details>
#
# <details><summary>Hint 2</summary>The mean over height, width and channels, not over frames, leaves one squared error a frame.
# Only then come the decibels, and last the mean.</details>

# %% [markdown]
# ## 2 · What a step minimizes (●●○, 10 minutes)
#
# Write `clip_loss`, the loss of one training clip as the published network has it: the mean absolute error of normalized ab in
# each frame, summed over the frames that were colored.


# %% nbgrader={"grade": false, "grade_id": "answer_clip_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def clip_loss(answer, truth):
    """The loss of a clip.

    Parameters
    ----------
    answer, truth : ndarray, (T, H, W, 3) float
        Lab: L 0 to 100, a and b about -110 to 110. Frame 0 is the reference.

    Returns
    -------
    float
        The sum over frames 1 to T - 1 of the mean absolute difference of normalized ab, which is ab / 110.

    Example
    -------
    >>> truth = np.zeros((3, 4, 4, 3))
    >>> answer = truth + [50.0, 11.0, -22.0]   # L doesn't count; a is 0.1 off, b 0.2
    >>> round(clip_loss(answer, truth), 6)     # 0.15 in each of two frames
    0.3
    """
    ### BEGIN SOLUTION
    difference = np.abs(answer[1:, ..., 1:] - truth[1:, ..., 1:]) / 110
    return float(difference.mean(axis=(1, 2, 3)).sum())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_clip_loss", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("11.clip_loss", clip_loss)


### BEGIN HIDDEN TESTS
def clip_loss_cases(rng):
    cases = []
    for frames, height, width in ((2, 5, 3), (6, 4, 7)):
        truth = rng.uniform((0, -70, -70), (100, 70, 70), (frames, height, width, 3))
        cases.append((truth + rng.normal(-3, 12, truth.shape), truth))
    return cases


check("11.clip_loss", clip_loss, cases=clip_loss_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Three things don't count: frame 0, the channel L, and the sign of a difference.</details>
#
# <details><summary>Hint 2</summary>Mean over height, width and the two channels at once; that leaves one number a frame.</details>

# %% [markdown]
# ## 3 · Which parts earn their place? (●●●, 15 minutes)
#
# An ablation takes out one part at a time. Write `parts_that_earn`: the parts whose removal costs more than chance explains.
# All rows are measured on the same clips, in the same order, so compare clip by clip.


# %% nbgrader={"grade": false, "grade_id": "answer_parts_that_earn", "locked": false, "schema_version": 3, "solution": true, "task": false}
def parts_that_earn(scores):
    """Read an ablation.

    Parameters
    ----------
    scores : dict of {str: list of float}
        PSNR on each clip, the same n clips in each list, n at least 2: under "whole" that of the network with all its parts,
        under each other name that of the network without this part.

    Returns
    -------
    list of str
        Sorted by name: the parts whose gain (whole minus without, clip by clip) has a mean above twice its standard error.
        The standard error is the standard deviation of the n gains, with n - 1 in the denominator, over the root of n.

    Example
    -------
    >>> scores = {"whole": [30.0, 24.0, 27.0], "memory": [29.0, 23.1, 26.1], "gate": [30.4, 23.9, 26.4]}
    >>> parts_that_earn(scores)   # without memory about 0.9 worse on every clip; without the gate now better, now worse
    ['memory']
    """
    ### BEGIN SOLUTION
    whole = np.array(scores["whole"])
    found = []
    for part, values in scores.items():
        gain = whole - np.array(values)
        if part != "whole" and gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain)):
            found.append(part)
    return sorted(found)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_parts_that_earn", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("11.parts_that_earn", parts_that_earn)


### BEGIN HIDDEN TESTS
def parts_that_earn_cases(rng):
    cases = []
    for clips in (5, 8):
        hard = rng.uniform(20, 38, clips)
        noise = rng.normal(0, 1, (6, clips))
        noise = (noise - noise.mean(1, keepdims=True)) / noise.std(1, ddof=1, keepdims=True)
        gains = noise * 0.3 + np.array([9.0, 3.0, 1.9, 1.2, -5.0, 0.4])[:, None] * 0.3 / np.sqrt(clips)
        gains = np.concatenate([gains, np.zeros((1, clips))])
        names = rng.permutation(["depth", "window", "prototypes", "gate", "skips", "heads", "bias"])
        scores = {str(name): (hard - gain).tolist() for name, gain in zip(names, gains, strict=True)}
        cases.append((scores | {"whole": hard.tolist()},))
    return cases


check("11.parts_that_earn", parts_that_earn, cases=parts_that_earn_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>A hard clip is hard for both networks. Subtract first, and its hardness is gone.</details>
#
# <details><summary>Hint 2</summary><code>gain.std(ddof=1) / np.sqrt(len(gain))</code> is how far the mean of the gains would wander,
# had you drawn other clips.</details>

# %% [markdown]
# ## 4 · Explain: the cheapest wins (●●○, 15 minutes)
#
# Run the cell. It colors a made clip by carrying the reference's color along optical flow, and prints its decibels for early and
# late frames, beside what copying the reference gives. A colleague sees the first column and says: "flow wins, we can
# stop." Explain in eight sentences at most: why is flow so hard to beat over a few frames? What happens to its color when an
# object is covered and comes out again, and why can't flow mend that? Which two measurements would you ask for
# before you agree, and what does a memory have that flow lacks? Graded by a person, 3 points.
# Learning alone? Write first; `solution("11.explain_flow")` then shows our answer and what each point is for.

# %%
from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import made_clip
from course_lib.metrics import optical_flow, psnr, warp

clip = made_clip(3, frames=48, size=(72, 128))
lab = rgb_to_lab(clip.frames)
flowed = [lab[0, ..., 1:]]
for now, before in zip(lab[1:, ..., 0] / 100, lab[:-1, ..., 0] / 100, strict=True):
    flowed.append(warp(flowed[-1], optical_flow(now, before)))
for name, colors in (("copied", [flowed[0]] * 48), ("flow", flowed)):
    painted = [lab_to_rgb(np.dstack([L, ab])) for L, ab in zip(lab[..., 0], colors, strict=True)]
    scores = [psnr(truth, frame) for truth, frame in zip(clip.frames[1:], painted[1:], strict=True)]
    print(f"{name:7} frames 1-5 {np.mean(scores[:5]):.0f} dB, frames 40-47 {np.mean(scores[-8:]):.0f} dB")

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_flow", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# From one frame to the next nearly everything is still there, a little moved, and flow finds that motion to a fraction of a
# pixel: the color it carries is the true one, not a guess. But each step reads the colors that the last step left. Where an
# object covers the background, the background's color is overwritten; when it comes out again, flow has nothing to read but what lies beside it,
# and from then on it carries the wrong color as faithfully as the right one. Blur from reading between pixels, and small
# errors of the motion, add up in the same way. So I would ask for the error against the frame's number over a long clip, and
# for the error at places that were covered in between, apart from the rest. A memory keeps the reference itself, and looks
# again: what comes out from behind an object is matched with where it was seen, however long ago.
#
# **Rubric (3 points)**
# - 1 point: over a few frames most pixels can be followed, and carried color is true color (not guessed).
# - 1 point: covered places lose their color for good; errors add up, since each step reads the last step's result.
# - 1 point: asks for error over time *and* for error at covered (not visible) places, or equivalents; and says that a memory can go back to
#   the reference or to earlier frames.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>Follow one pixel of the background that an object crosses. What does its color hold before, during and
# after?</details>
#
# <details><summary>Hint 2</summary>Exercise 07 and lesson 09 each have a picture of this: what a state that is only handed on can know,
# and what a memory that is looked up can.</details>
