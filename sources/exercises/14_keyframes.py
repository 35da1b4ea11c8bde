# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 14: keyframes
#
# Four tasks, about 45 minutes. You count what a clip with cuts costs, write a rule that finds the cuts, and say how much of a clip's
# flicker is in its switches. Then you explain two numbers.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("14.amortized")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "variant", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["parameters"]
VARIANT = 0  # whose data these are: 0 for whoever learns alone; in a class, each student may have a number

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import itertools

import numpy as np

from course_lib.data import made_clip
from course_lib.metrics import flicker
from course_lib.mobile import KeyframeColorizer
from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · Amortized (●○○, 10 minutes)
#
# A keyframe takes T seconds, every other frame c. Write `amortized`, the mean seconds of a frame, for a clip with cuts: a cut is a
# keyframe, and after it the next one is due k frames later.


# %% nbgrader={"grade": false, "grade_id": "answer_amortized", "locked": false, "schema_version": 3, "solution": true, "task": false}
def amortized(frames, every, cuts, T, c):
    """Mean seconds of a frame.

    Parameters
    ----------
    frames : int
        How many the clip has; the first is a keyframe.
    every : int
        k: a keyframe is due k frames after the last one, whatever the last one was for.
    cuts : list of int
        Frames with which a new scene begins, in order; never 0.
    T, c : float
        Seconds of a keyframe, and of a frame between.

    Returns
    -------
    float

    Example
    -------
    >>> amortized(10, 4, [5], 1.0, 0.1)  # keyframes 0, 4, 5, 9
    0.46
    """
    ### BEGIN SOLUTION
    keys, since = 0, every
    for t in range(frames):
        if since >= every or t in cuts:
            keys, since = keys + 1, 0
        since += 1
    return (keys * T + (frames - keys) * c) / frames
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_amortized", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("14.amortized", amortized)


### BEGIN HIDDEN TESTS
def amortized_cases(rng):
    cases = [(90, 30, [29, 59], 0.7, 0.03), (91, 30, [30, 60], 0.2, 0.001), (1, 5, [], 0.3, 0.1)]
    for _ in range(6):
        frames, every = int(rng.integers(20, 300)), int(rng.integers(2, 60))
        cuts = sorted(int(t) for t in rng.choice(range(1, frames), int(rng.integers(1, 9)), replace=False))
        cases.append((frames, every, cuts, float(rng.uniform(0.1, 2)), float(rng.uniform(0.001, 0.09))))
    return cases


check("14.amortized", amortized, cases=amortized_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Walk through the frames and count how many have passed since the last keyframe.</details>
#
# <details><summary>Hint 2</summary>Two things make a keyframe: the count has reached k, or the frame is a cut. Both set the count
# back. Start so that frame 0 is one.</details>

# %% [markdown]
# ## 2 · Where is the film cut? (●●○, 15 minutes)
#
# Write `cut_frames`: the frames whose histogram of grays differs from that of the frame before by more than a threshold. The
# difference is the share of pixels that would have to change their bin, of 16 even bins from 0 to 1.


# %% nbgrader={"grade": false, "grade_id": "answer_cut_frames", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cut_frames(frames, threshold):
    """First frames of new scenes.

    Parameters
    ----------
    frames : (T, H, W) float array
        Gray, in [0, 1].
    threshold : float
        A cut is where more than this share of the pixels, 0 to 1, changes its bin.

    Returns
    -------
    list of int
        Their numbers, from 1 to T - 1.

    Example
    -------
    >>> film = np.zeros((3, 4, 4))
    >>> film[2, :2] = 1  # half of the pixels turn white
    >>> cut_frames(film, 0.4), cut_frames(film, 0.6)
    ([2], [])
    """
    ### BEGIN SOLUTION
    shares = [np.histogram(frame, bins=16, range=(0, 1))[0] / frame.size for frame in frames]
    changes = [np.abs(after - before).sum() / 2 for before, after in itertools.pairwise(shares)]
    return [t for t, change in enumerate(changes, start=1) if change > threshold]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_cut_frames", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("14.cut_frames", cut_frames)


### BEGIN HIDDEN TESTS
def cut_frames_cases(rng):
    cases = []
    for threshold in (0.1, 0.2, 0.3, 0.5):
        frames = []
        for _ in range(5):
            scene = rng.beta(*rng.uniform(0.8, 6, 2), (15, 20))
            frames += [np.roll(scene, t, axis=0) for t in range(int(rng.integers(1, 5)))]
        cases.append((np.stack(frames), threshold))
    light = np.linspace(0.2, 1, 12)[:, None, None] * rng.random((1, 9, 9))
    glint = np.zeros((3, 8, 8))
    glint[1, 3, 3] = 1
    return [*cases, (light, 0.1), (light, 0.3), (np.ones((3, 2, 2)), 0.0), (glint, 0.05)]


check("14.cut_frames", cut_frames, cases=cut_frames_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary><code>np.histogram</code> counts; it takes <code>bins</code> and <code>range</code>. Make shares of
# the counts, so that large frames aren't treated otherwise than small ones.</details>
#
# <details><summary>Hint 2</summary>A pixel that changes its bin is missing in one and too many in another. So add up absolute
# differences, and halve.</details>

# %% [markdown]
# ## 3 · Flicker in the switches (●●○, 10 minutes)
#
# `steps[i]` is the flicker from frame i to frame i + 1, and every kth frame is a keyframe, from frame 0 on. Write `switch_share`: how much of the
# whole flicker is in the steps that lead from a carried frame to a keyframe.


# %% nbgrader={"grade": false, "grade_id": "answer_switch_share", "locked": false, "schema_version": 3, "solution": true, "task": false}
def switch_share(steps, every):
    """Share of the flicker that is in the switches.

    Parameters
    ----------
    steps : (T - 1,) float array
        Flicker of each step, none negative.
    every : int
        k, at least 2.

    Returns
    -------
    float, from 0 to 1
        0 for a clip that doesn't flicker at all.

    Example
    -------
    >>> switch_share(np.array([1.0, 1.0, 6.0, 1.0, 1.0]), 3)
    0.6
    """
    ### BEGIN SOLUTION
    total = steps.sum()
    return float(steps[every - 1 :: every].sum() / total) if total > 0 else 0.0
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_switch_share", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("14.switch_share", switch_share)


### BEGIN HIDDEN TESTS
def switch_share_cases(rng):
    cases = []
    for _ in range(6):
        steps, every = rng.random(int(rng.integers(10, 90))), int(rng.integers(2, 12))
        steps[every - 1 :: every] *= rng.uniform(1, 40)
        cases.append((steps, every))
    return [*cases, (rng.random(3), 9), (np.zeros(5), 2)]


check("14.switch_share", switch_share, cases=switch_share_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>With k = 3 the keyframes are 0, 3, 6 … Which step ends at frame 3?</details>
#
# <details><summary>Hint 2</summary>Step k − 1 is the first switch, and then every kth. A slice with a stride gives them. Mind a
# sum of 0.</details>

# %% [markdown]
# ## 4 · Explain: twice the k, not twice as fast (●●○, 10 minutes)
#
# A team doubles k from 30 to 60. Run the cell: it prints T and c of the team's phone, the speed-up for both k, and flicker on a made clip whose
# colorizer makes no mistakes. Explain in six sentences at most: how is a frame's mean time shared between T and c at k = 30, why isn't 60
# twice as fast, and what is the most that any k could give? Say it in the phone's numbers. Why does flicker
# *fall*, and would you tell the team that the clip has become better? What would you measure beside, and what change them instead of k? Graded by a
# person, 3 points.
# Learning alone? Write first; `solution("14.explain_double")` then shows our answer and what each point is for.

# %%
T, c = 0.6, 3 / 145  # the report's
if VARIANT:  # a phone of a student's own
    rng = np.random.default_rng(VARIANT)
    T = rng.integers(4, 13) / 10
    c = T / rng.choice([*range(12, 21), *range(45, 81)])
print(f"a keyframe takes T = {1000 * T:.0f} ms, another frame c = {1000 * c:.1f} ms")
clip = made_clip(14, frames=121, size=(72, 96))
for k in (30, 60):
    frames = list(KeyframeColorizer(lambda frame: frame, k, radius=4, subsample=2).stream(clip.frames))
    shaken = flicker(frames, flow=clip.flow, visible=clip.visible)
    print(f"k = {k}: {k * T / (T + (k - 1) * c):.1f} times faster, flicker {1000 * shaken:.2f} (times 1000)")

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_double", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# A frame's mean time is (T + (k − 1)c) / k. At k = 30, with the report's T and c, half of it is keyframes and half the frames between; doubling k halves only the
# first half, so the time falls by a quarter, and the speed-up rises from 15 to about 20. However large k is, every frame costs c, so T / c = 29 is the most. Flicker falls
# because it is a mean over all steps and there are half as many switches; each switch, though, jumps at least as far, since the colors are
# older. The clip isn't better: between the switches colors lie where things were up to 59 frames ago. Beside flicker I would measure the
# color error, in moving objects above all, and the flicker of single steps. To get faster, lower c, as by cheaper conversions; to get better,
# carry color along the flow or put keyframes where they are needed.
#
# **Rubric (3 points)**
# (The numbers above are those of VARIANT 0. Another student's T and c stand on the student's page: the keyframes' share at k = 30 is T / (T + 29c), below
# 42% or above 60%, and T / c is below 21 or above 44.)
# - 1 point: the frames between cost the same as before, only the keyframes' share, here half, is halved; *and* the ceiling T / c, here 29. Another
#   phone's share or ceiling earns nothing.
# - 1 point: flicker is a mean over steps and there are fewer switches, *and* a single switch isn't weaker (or the colors are older).
# - 1 point: an error measure beside flicker (in moving regions or per step), *and* a change that isn't k: lower c, cuts, flow.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>Thirty frames are one keyframe and 29 others. How much of their time is the keyframe's? Which part changes when k
# does?</details>
#
# <details><summary>Hint 2</summary>How many switches are there in 121 frames at either k? Look at the lesson's sawtooth for how far
# each one jumps.</details>
