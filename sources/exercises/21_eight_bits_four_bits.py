# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 21: eight bits, four bits
#
# Four tasks, about 45 minutes. You make a grid for a range, say what it can be off by, and carry a gradient through it. Then you
# explain a 4-bit model that was right all along, or wasn't.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("21.grid")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np
import torch

from course_lib.cry import detection_rates, pretrained
from course_lib.cry.cry_input import heard
from course_lib.cry.quantized_detector import quantize_detector
from course_lib.cry.rates import operating_point
from course_lib.data import made_sounds
from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · Scale and zero point (●○○, 8 minutes)
#
# Write `grid`: the affine grid that covers a range and no more, for unsigned codes 0 to 2**bits − 1. Activations get such grids.


# %% nbgrader={"grade": false, "grade_id": "answer_grid", "locked": false, "schema_version": 3, "solution": true, "task": false}
def grid(low, high, bits):
    """Scale and zero point of a range.

    Parameters
    ----------
    low, high : float
        low below high. If 0 isn't between them, the range is widened until it is.
    bits : int
        2 to 8.

    Returns
    -------
    (scale, zero_point) : float, int
        The zero point is the nearest code.

    Example
    -------
    >>> scale, zero_point = grid(-1.0, 2.0, 8)
    >>> round(1 / scale), zero_point
    (85, 85)
    """
    ### BEGIN SOLUTION
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / (2**bits - 1)
    return scale, round(-low / scale)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_grid", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("21.grid", grid)


### BEGIN HIDDEN TESTS
def grid_cases(rng):
    cases = []
    for bits in (2, 3, 4, 5, 8):
        low, width = rng.uniform(-5, 1), rng.uniform(0.5, 9)
        cases += [(float(low), float(low + width), bits), (float(-width), float(width / 3), bits)]
    unit = float(rng.uniform(0.5, 2))
    return [*cases, (-0.67 * unit, 0.83 * unit, 4), (1.25, 9.5, 4), (-9.5, -1.25, 4)]


check("21.grid", grid, cases=grid_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>How many steps are there between the first code and the last? The range is as long as all of
# them together.</details>
#
# <details><summary>Hint 2</summary>low has the code 0. From there, how many steps up is the real 0?</details>

# %% [markdown]
# ## 2 · What can it be off by? (●●○, 10 minutes)
#
# Write `error_bound`: for each number, a bound that its error on an affine grid never exceeds. Inside the grid it is one number for
# all; beyond its ends the error is known exactly.


# %% nbgrader={"grade": false, "grade_id": "answer_error_bound", "locked": false, "schema_version": 3, "solution": true, "task": false}
def error_bound(r, scale, zero_point, bits):
    """Largest error that rounding to the grid and back can make.

    Parameters
    ----------
    r : (n,) float array
    scale : float
    zero_point : int
    bits : int
        Codes are 0 to 2**bits - 1.

    Returns
    -------
    (n,) float array
        Between the real numbers of the first and the last code: what no error exceeds. Beyond: the error itself.

    Example
    -------
    >>> error_bound(np.array([-1.5, 0.1, 2.75, 3.0]), 0.25, 4, 4)
    array([0.5  , 0.125, 0.125, 0.25 ])
    """
    ### BEGIN SOLUTION
    low, high = scale * (0 - zero_point), scale * (2**bits - 1 - zero_point)
    beyond = np.maximum(low - r, r - high)
    return np.where(beyond > 0, beyond, scale / 2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_error_bound", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("21.error_bound", error_bound)


### BEGIN HIDDEN TESTS
def error_bound_cases(rng):
    cases = []
    for bits in (2, 4, 5, 8):
        scale, zero_point = float(rng.uniform(0.01, 0.6)), int(rng.integers(1, 2**bits - 1))
        ends = scale * (np.array([0, 2**bits - 1]) - zero_point)
        r = np.r_[rng.uniform(ends[0] - 2, ends[1] + 2, 50), ends + scale * np.array([-0.1, 0.4])]
        cases.append((r, scale, zero_point, bits))
    return cases


check("21.error_bound", error_bound, cases=error_bound_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Which real number does the code 0 stand for, and which the last code? Put them into
# r = S (q − Z).</details>
#
# <details><summary>Hint 2</summary><code>np.maximum(low - r, r - high)</code> is the distance from the grid for numbers beyond it,
# and below 0 for the others.</details>

# %% [markdown]
# ## 3 · Straight through (●●●, 15 minutes)
#
# Write `straight_through`, the backward pass of `fake_quantize` with symmetric codes: what comes from above, carried on to the
# numbers and to their common scale.


# %% nbgrader={"grade": false, "grade_id": "answer_straight_through", "locked": false, "schema_version": 3, "solution": true, "task": false}
def straight_through(slope, r, scale, bits):
    """Gradients of numbers that went to a grid and back.

    Parameters
    ----------
    slope : (n,) float array
        Of the loss by each number that came back.
    r : (n,) float array
        The numbers that went in.
    scale : float
    bits : int
        Codes run from -(2**(bits-1) - 1) to 2**(bits-1) - 1. A number counts as inside if its rounded code is one of them.

    Returns
    -------
    (for_r, for_scale) : (n,) float array, float
        The scale's is a sum over the numbers: slope times the rounding error in steps for one inside, slope times the
        outermost code for one that is clamped.

    Example
    -------
    >>> for_r, for_scale = straight_through(np.array([1.0, 2.0]), np.array([0.3, 5.0]), 0.25, 4)
    >>> for_r.tolist(), round(for_scale, 3)
    ([1.0, 0.0], 13.8)
    """
    ### BEGIN SOLUTION
    highest = 2 ** (bits - 1) - 1
    steps = r / scale
    codes = np.round(steps)
    inside = np.abs(codes) <= highest
    by_scale = np.where(inside, codes - steps, np.sign(codes) * highest)
    return slope * inside, float((slope * by_scale).sum())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_straight_through", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("21.straight_through", straight_through)


### BEGIN HIDDEN TESTS
def straight_through_cases(rng):
    cases = []
    for bits in (2, 3, 4, 5):
        scale = float(rng.uniform(0.02, 0.5))
        edge = scale * (2 ** (bits - 1) - 1)
        r = np.r_[rng.normal(0, edge, 60), edge + 1.2 * scale, -edge - 1.3 * scale]
        cases.append((rng.normal(-0.2, 2, 62), r, scale, bits))
    return cases


check("21.straight_through", straight_through, cases=straight_through_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>For the numbers: pass on what comes from above where they are inside, and nothing where they are
# clamped.</details>
#
# <details><summary>Hint 2</summary>What comes back is S · q. By the product rule its slope in S is q, plus S times the slope of q, which
# straight through is that of r / S: −r / S². Beyond the ends q stands still. Multiply by what comes from above, and add up.</details>

# %% [markdown]
# ## 4 · Explain: the model that came back from the dead (●●○, 12 minutes)
#
# Somebody reports that 4 bits fail. Somebody else changes one number and reports that they don't. Run the cell. "Tuned here" takes the
# lowest threshold at which at most 10% of the sounds that aren't cries ring, on the very sounds that are counted; "tuned elsewhere", on
# others. Explain in six sentences at most: what do rounding errors do to the scores, so that one threshold fails and another
# doesn't? Which of the rows may stand in a report, and what must stand beside it? And what would you still ask before you believe that the 4-bit model is as good as the float one? Graded by a person, 3 points.
# Learning alone? Write first; `solution("21.explain_threshold")` then shows our answer and what each point is for.

# %%
torch.set_num_threads(1)


def windows_and_labels(count, seed):
    sounds = made_sounds(count, seed, seconds=1.0)
    return np.concatenate([heard(wave)[0] for wave in sounds.waves]), sounds.labels


detector = pretrained("cry")
(elsewhere, their_labels), (here, labels) = windows_and_labels(48, 31), windows_and_labels(48, 32)
small = quantize_detector(detector, windows_and_labels(24, 33)[0], bits=4)
for name, model in (("float", detector), ("4 bits", small)):
    scores, theirs = model.score_bytes(here), model.score_bytes(elsewhere)
    thresholds = {
        "float's": detector.threshold,
        "tuned here": operating_point(labels, scores),
        "tuned elsewhere": operating_point(their_labels, theirs),
    }
    for how, threshold in thresholds.items():
        rates = detection_rates(labels, scores, threshold)
        print(
            f"{name:7} threshold {how:16}{rates.true_positives:3} of 24 cries, {rates.false_positives:2} of 24 false alarms"
        )

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_threshold", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Rounding errors of many weights and activations don't cancel: their sum has a mean that is the same for nearly all sounds, so all
# scores are shifted one way, here up, and other sounds cross a threshold that was made for the float model. What the scores *rank* is
# shaken less than where they lie, so a threshold chosen for the 4-bit model takes most of the shift back. The row "tuned here" mustn't be
# reported: its threshold has seen what it is counted on. "Tuned elsewhere" may, with both counts, or intervals, since 24 and 24 are few, and with the
# float model tuned in the same way beside it. Before I believe it I'd ask for the same on real recordings out of fold, for sensitivity and false
# alarms together, and whether the shift stays the same on other microphones and loudnesses, because a threshold only mends a shift
# that is the same for all; training through the grids removes it.
#
# **Rubric (3 points)**
# - 1 point: the errors shift the scores in one direction (a bias), while the ranking survives better; so the old threshold fails and a new one
#   helps.
# - 1 point: only "tuned elsewhere" (or the float's own threshold) is honest, *and* the numbers need an interval or their counts, or the float
#   model tuned likewise beside them.
# - 1 point: a sensible further question: real recordings or held-out folds, other devices or loudness, both rates, spread of
#   the scores, or training in place of tuning.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>In part 4 of the lesson the points of the 4-bit model lay on one side of the diagonal. Which?</details>
#
# <details><summary>Hint 2</summary>Lesson 20: where is a threshold chosen, and where is it reported?</details>
