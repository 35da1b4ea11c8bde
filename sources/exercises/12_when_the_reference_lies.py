# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 12: when the reference lies
#
# Four tasks, about 45 minutes. You measure a color error where it hurts, read a memory by segments, and find the background of a
# clip. Then you advise a team that has to choose between two mends.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("12.error_inside")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · The error inside a mask (●○○, 8 minutes)
#
# A mean over the frame hides a red sofa that came out green: it has few pixels. Write `error_inside`, the mean distance between
# two colors in the ab plane, over the pixels of one object.


# %% nbgrader={"grade": false, "grade_id": "answer_error_inside", "locked": false, "schema_version": 3, "solution": true, "task": false}
def error_inside(ab, truth, mask):
    """Color error inside an object.

    Parameters
    ----------
    ab, truth : float array, (H, W, 2)
        What came, and what it should be.
    mask : bool array, (H, W)
        True inside the object.

    Returns
    -------
    float
        Mean over the pixels inside of the Euclidean distance in ab. NaN where the object isn't in the frame.

    Example
    -------
    >>> ab = np.zeros((1, 3, 2))
    >>> ab[0, 0] = 3, 4
    >>> error_inside(ab, np.zeros((1, 3, 2)), np.array([[True, True, False]]))
    2.5
    """
    ### BEGIN SOLUTION
    if not mask.any():
        return float("nan")
    distance = np.linalg.norm(ab - truth, axis=-1)
    return float(distance[mask].mean())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_error_inside", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("12.error_inside", error_inside)


### BEGIN HIDDEN TESTS
def error_inside_cases(rng):
    cases = []
    for height, width in ((5, 9), (16, 16), (30, 7)):
        truth = rng.normal(0, 30, (height, width, 2))
        mask = rng.random((height, width)) < rng.uniform(0.2, 0.6)
        ab = truth + rng.normal(0, 4, truth.shape) + 15 * mask[..., None]
        cases += [(ab, truth, mask), (ab, truth, ~mask)]
    return [*cases, (ab, truth, np.zeros_like(mask)), (ab, ab.copy(), mask)]


check("12.error_inside", error_inside, cases=error_inside_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>First a distance for every pixel, an array (H, W). <code>np.linalg.norm</code> takes an
# <code>axis</code>.</details>
#
# <details><summary>Hint 2</summary>An array indexed by a mask gives the pixels inside. What is the mean of none of them, and which
# number says "nothing was measured"?</details>

# %% [markdown]
# ## 2 · Read by segments (●●●, 15 minutes)
#
# A softmax over the whole memory takes color from anywhere. Write `masked_read`, in which a query reads only stored elements that
# carry its own label, and gray where there are none. Queries may be far from all that is stored under their label.


# %% nbgrader={"grade": false, "grade_id": "answer_masked_read", "locked": false, "schema_version": 3, "solution": true, "task": false}
def masked_read(keys, values, queries, labels, asked):
    """Read a memory, each query inside its segment.

    Parameters
    ----------
    keys, values : float array, (M, C) and (M, 2)
        What is stored.
    queries : float array, (Q, C)
    labels, asked : int array, (M,) and (Q,)
        The segment of each stored element, and of each query.

    Returns
    -------
    float array, (Q, 2)
        For query q the mean of the values of its segment, weighted by exp(-|k - q|²); (0, 0) if nothing is stored there.

    Example
    -------
    >>> keys, values = np.array([[0.0], [0.0], [9.0]]), np.array([[1.0, 0.0], [5.0, 0.0], [0.0, 7.0]])
    >>> masked_read(keys, values, np.zeros((3, 1)), np.array([1, 1, 2]), np.array([1, 2, 3]))
    array([[3., 0.],
           [0., 7.],
           [0., 0.]])
    """
    ### BEGIN SOLUTION
    answer = np.zeros((len(queries), values.shape[1]))
    for row, (query, label) in enumerate(zip(queries, asked, strict=True)):
        inside = labels == label
        if inside.any():
            distance = ((keys[inside] - query) ** 2).sum(1)
            weight = np.exp(distance.min() - distance)
            answer[row] = weight @ values[inside] / weight.sum()
    return answer
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_masked_read", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("12.masked_read", masked_read)


### BEGIN HIDDEN TESTS
def masked_read_cases(rng):
    cases = []
    for stored, asking, segments in ((10, 8, 2), (25, 15, 5), (40, 6, 3)):
        keys, values = 1.5 * rng.normal(size=(stored, 4)), rng.uniform(-50, 50, (stored, 2))
        queries, labels = rng.normal(size=(asking, 4)), 10 + np.arange(stored) % segments
        asked = 10 + rng.integers(0, segments, asking)
        asked[0], asked[1], queries[1] = 3, 10, keys[labels == 10].mean(0) + 45
        keys[1], asked[2], queries[2] = -70, 10, -71  # beside an element of label 11
        cases.append((keys, values, queries, labels, asked))
    return cases


check("12.masked_read", masked_read, cases=masked_read_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Choose first, then make the weights sum to 1. The other order lets colors fade.</details>
#
# <details><summary>Hint 2</summary>The exponential of −2000 is 0, and 0/0 is no color. Weights don't change when you take the
# smallest distance off all of them, the smallest <em>of those that count</em>.</details>

# %% [markdown]
# ## 3 · The background, and where it may be colored (●●○, 12 minutes)
#
# A camera stands still. Write `background`, which finds what it sees behind all that moves, and where color may be carried from
# the reference: where both the frame and the reference show that background.


# %% nbgrader={"grade": false, "grade_id": "answer_background", "locked": false, "schema_version": 3, "solution": true, "task": false}
def background(clip, reference, threshold):
    """Find the static background of a clip.

    Parameters
    ----------
    clip : float array, (T, H, W)
        L, 0 to 100.
    reference : float array, (H, W)
        L of the reference, from the same camera.
    threshold : float
        A pixel shows the background where it differs from it by less than this.

    Returns
    -------
    (model, carried) : float array (H, W), bool array (T, H, W)
        The median over time; and where the reference's color may be carried to.

    Example
    -------
    >>> clip = np.array([50.0, 50.0, 20.0])[:, None, None] * np.ones((3, 1, 2))
    >>> model, carried = background(clip, np.array([[50.0, 90.0]]), 4.0)
    >>> carried[:, 0]
    array([[ True, False],
           [ True, False],
           [False, False]])
    """
    ### BEGIN SOLUTION
    model = np.median(clip, axis=0)
    shown = np.abs(reference - model) < threshold
    return model, (np.abs(clip - model) < threshold) & shown
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_background", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("12.background", background)


### BEGIN HIDDEN TESTS
def background_cases(rng):
    cases = []
    for frames in (5, 6, 13):
        model = rng.uniform(30, 70, (6, 20))
        clip = model + rng.uniform(-2.5, 2.5, (frames, 6, 20))
        for t in range(frames):
            clip[t, 1:4, t : t + 2] += 40 if t % 2 else -25
        reference = model + rng.uniform(-2.5, 2.5, model.shape)
        reference[2:6, 12:15] += 30
        reference[0:3, 8:10] -= 30
        cases.append((clip, reference, float(rng.uniform(3.5, 4.3))))
    model = rng.integers(30, 70, (4, 5)).astype(float)
    clip, reference = np.repeat(model[None], 5, axis=0), model.copy()
    clip[2, 0] += 6  # by just the threshold
    reference[3] -= 6
    return [*cases, (clip, reference, 6.0)]


check("12.background", background, cases=background_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Somebody who passes is in a minority of frames at every pixel. Which average doesn't care about a
# minority?</details>
#
# <details><summary>Hint 2</summary>Two comparisons with the model, one for each frame and one for the reference. NumPy stretches
# (H, W) over (T, H, W) by itself.</details>

# %% [markdown]
# ## 4 · Explain: which mend for which camera? (●●○, 10 minutes)
#
# Run the cell. It prints how far the median is from the empty room, for a person who walks through and then stands still for a
# share of the clip. Then advise, in eight sentences at most, a team with two cameras: one on a wall above a counter where a clerk
# sits for hours, one in a hand. Which mend for which, and what must they watch for? Use the printed numbers for the first. And the
# validation of their network was fine, on frames drawn at random from the videos it was trained on: what is that worth? Graded by
# a person, 4 points.
# Learning alone? Write first; `solution("12.explain_mends")` then shows our answer and what each point is for.

# %%
from course_lib.color import rgb_to_lab
from course_lib.data import THINGS, made_room

walk, empty = made_room(0, frames=6), made_room(0, frames=1, walk=None)
lightness, there = rgb_to_lab(walk.frames)[..., 0], walk.labels[-1] == THINGS.index("person")
for stays in (1, 3, 4, 6, 11):  # frames in which the person stands where the walk ends
    clip = np.concatenate([lightness, np.repeat(lightness[-1:], stays - 1, 0)])
    off = np.abs(np.median(clip, axis=0) - rgb_to_lab(empty.frames[0])[..., 0])[there].mean()
    print(
        f"stands there for {stays / len(clip):3.0%} of the clip: {off:5.1f} in L off where the person stands"
    )

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_mends", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The wall camera stands still, so the background mend fits: color is carried pixel by pixel, with hardly an error. But the clerk sits
# there for more than half of any clip; then the median shows the clerk, as the numbers jump from 0 to their full height between 44%
# and 55%. Then the clerk counts as background, and the empty chair as something that moves. With a reference that shows
# the empty chair nothing wrong is carried, since the reference is compared with the median as well; with one that shows
# the clerk, the color goes wherever lightness agrees. Take the median over hours, or from a time when nobody was there. The
# camera in a hand has no static background at all: every pixel changes, and the median is a blur. There, match inside
# segments; watch that labels agree between reference and clip, since an exchanged label is worse than no segment, and that
# what the reference lacks stays gray. The validation is worth little: neighboring frames are nearly the same picture, so frames
# drawn at random from trained videos measure memory. Split by video.
#
# **Rubric (4 points)**
# - 1 point: background for the camera that stands still, segments for the one in a hand, *with* the reason that the median
#   needs each pixel to be the same place.
# - 1 point: reads from the numbers that a person who stays for more than half of the clip becomes the background, and says what
#   then goes wrong or what to do (longer median, an empty time, a check of the reference).
# - 1 point: what segments need: labels that agree between the two pictures; wrong ones are worse than none; or gray where
#   nothing is stored.
# - 1 point: frames drawn at random have near twins among those trained on, so the validation is a leak; split by video.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>Between which two lines do the numbers jump, and what is special about that share?</details>
#
# <details><summary>Hint 2</summary>A mend rests on something that stays the same. For one it is the pixel's place in the world, for
# the other a label. Who moves, the world or the camera?</details>
