# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 10: looking near
#
# Five tasks, about 45 minutes. You cut a window at the picture's border, weigh what is in it, count what it costs and say how
# fast it can follow. Then you explain a window that passed every test but the one that mattered.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("10.window_places")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "variant", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["parameters"]
VARIANT = 0  # whose data these are: 0 for whoever learns alone; in a class, each student may have a number

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · The window at the border (●●○, 10 minutes)
#
# Write `window_places`, which lists what one position's window sees. The window has the position in its middle and is cut at
# the picture's border. Each place keeps the number that it has in a whole window, so that one offset has one number everywhere.


# %% nbgrader={"grade": false, "grade_id": "answer_window_places", "locked": false, "schema_version": 3, "solution": true, "task": false}
def window_places(y, x, size, window):
    """Places of a window that lie in the picture.

    Parameters
    ----------
    y, x : int
        Row and column of the position, in the picture.
    size : (int, int)
        Height and width of the picture, in positions.
    window : int
        λ, the window's side, odd; it may be larger than the picture.

    Returns
    -------
    list of (number, row, column)
        Numbers run along the rows of the whole window, from 0 at its upper left to window² - 1; in rising order.

    Example
    -------
    >>> window_places(0, 3, (5, 4), 3)
    [(3, 0, 2), (4, 0, 3), (6, 1, 2), (7, 1, 3)]
    """
    ### BEGIN SOLUTION
    reach, found = window // 2, []
    for i in range(window):
        for j in range(window):
            row, column = y + i - reach, x + j - reach
            if 0 <= row < size[0] and 0 <= column < size[1]:
                found.append((i * window + j, row, column))
    return found
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_window_places", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("10.window_places", window_places)


### BEGIN HIDDEN TESTS
def window_places_cases(rng):
    cases = [(0, 0, (7, 5), 5), (6, 4, (7, 5), 5), (3, 2, (7, 5), 3), (0, 0, (1, 1), 9)]
    for window in (1, 3, 5, 7, 11):
        height, width = rng.integers(3, 14, 2).tolist()
        for _ in range(4):
            cases.append((int(rng.integers(height)), int(rng.integers(width)), (height, width), window))
    return cases


check("10.window_places", window_places, cases=window_places_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Walk over the whole window with two loops from 0 to λ − 1. Which row of the picture is the window's
# row <code>i</code>, if its middle row is <code>y</code>?</details>
#
# <details><summary>Hint 2</summary>Compute the number before you ask whether the place is inside. What is outside is skipped, and takes
# its number with it.</details>

# %% [markdown]
# ## 2 · Weights (●●○, 10 minutes)
#
# Write `attention_weights`, which turns a query and the keys of its window into weights. Places outside the picture must get
# none, and large logits must do no harm.


# %% nbgrader={"grade": false, "grade_id": "answer_attention_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_weights(query, keys, inside):
    """Weights of the places of a window.

    Parameters
    ----------
    query : array, (C,)
    keys : array, (n, C)
        A key for each place, one or several frames. What stands in it outside the picture means nothing.
    inside : array, (n,) bool
        Which places lie in the picture; at least one does.

    Returns
    -------
    array, (n,)
        softmax of q · k / √C over the places inside, 0 outside; sums to 1. Finite, whatever finite logits come.

    Example
    -------
    >>> attention_weights(np.array([1.0, 1.0, 1.0, 1.0]), np.eye(4)[:3] * 2, np.array([True, True, False]))
    array([0.5, 0.5, 0. ])
    """
    ### BEGIN SOLUTION
    logits = np.where(inside, keys @ query / np.sqrt(len(query)), -np.inf)
    weights = np.exp(logits - logits.max())  # the largest becomes exp(0): nothing overflows
    return weights / weights.sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_attention_weights", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("10.attention_weights", attention_weights)


### BEGIN HIDDEN TESTS
def attention_weights_cases(rng):
    cases = []
    for channels, n, scale in ((3, 4, 1), (25, 9, 0.6), (36, 49, 0.6), (12, 30, 40)):
        query, keys = scale * rng.normal(size=channels), scale * rng.normal(size=(n, channels))
        keys[1] = 1.5 * query
        inside = rng.random(n) < 0.5
        inside[:2] = False, True
        cases += [(query, keys, inside), (query, keys, np.ones(n, bool))]
        junk = 1e5 * query / (query @ query)  # what lies outside means nothing
        cases.append((query, np.where(inside[:, None], keys, junk), inside))
    return cases


check("10.attention_weights", attention_weights, cases=attention_weights_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Everything happens to the logits: scaled there, masked there. Which logit does the exponential
# turn into exactly 0?</details>
#
# <details><summary>Hint 2</summary>A softmax doesn't change when you subtract the same number from all logits. Choose it so that the
# largest that is left is 0.</details>

# %% [markdown]
# ## 3 · What does looking cost? (●●○, 9 minutes)
#
# Write `multiplications`, which counts the multiplications of attention for one frame: over a window that is cut at the border,
# or over everything. Count neither the scaling nor the softmax itself.


# %% nbgrader={"grade": false, "grade_id": "answer_multiplications", "locked": false, "schema_version": 3, "solution": true, "task": false}
def multiplications(size, window, channels, values, frames):
    """Multiplications to color one frame by attention.

    Parameters
    ----------
    size : (int, int)
        Height and width of the picture, in positions.
    window : int or None
        λ, odd, around each position and cut at the border, perhaps larger than the picture; None looks everywhere.
    channels : int
        Of a key: what the logit of one pair costs.
    values : int
        Channels of a value: what one pair adds to the answer.
    frames : int
        d, how many frames are looked at.

    Returns
    -------
    int

    Example
    -------
    >>> multiplications((1, 3), 3, channels=2, values=1, frames=1)  # 2 + 3 + 2 pairs, 3 multiplications each
    21
    """
    ### BEGIN SOLUTION
    pairs = 1
    for length in size:  # a window's width depends on the column alone, its height on the row alone
        reach = length if window is None else window // 2
        pairs *= sum(min(p + reach, length - 1) - max(p - reach, 0) + 1 for p in range(length))
    return pairs * frames * (channels + values)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_multiplications", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("10.multiplications", multiplications)


### BEGIN HIDDEN TESTS
def multiplications_cases(rng):
    cases = [((68, 120), 15, 64, 512, 1), ((3, 14), 7, 5, 6, 2)]
    for window in (3, 7, 11, None):
        numbers = rng.integers([8, 8, 2, 2, 2], [40, 40, 50, 50, 6]).tolist()
        cases.append((tuple(numbers[:2]), window, *numbers[2:]))
    return cases


check("10.multiplications", multiplications, cases=multiplications_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Count the pairs of a query and a key first, then say what one pair costs. How many columns does the window
# of column 0 see?</details>
#
# <details><summary>Hint 2</summary>How high a window is depends on its row alone, how wide on its column alone. So the sum over all
# positions is one sum over rows times one sum over columns.</details>

# %% [markdown]
# ## 4 · How fast? (●○○, 6 minutes)
#
# Write `fastest`, which says the speed up to which a window can follow, if the frame in it isn't the one just before.


# %% nbgrader={"grade": false, "grade_id": "answer_fastest", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fastest(window, stride, age):
    """Fastest motion along an axis that a window holds.

    Parameters
    ----------
    window : int
        λ, in positions, odd.
    stride : int
        Pixels from one position to the next.
    age : int
        How many frames ago the frame in the window was, from 1.

    Returns
    -------
    float
        Pixels a frame; not rounded.

    Example
    -------
    >>> fastest(3, 8, 1)
    8.0
    """
    ### BEGIN SOLUTION
    return stride * (window - 1) / 2 / age
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_fastest", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("10.fastest", fastest)


### BEGIN HIDDEN TESTS
def fastest_cases(rng):
    drawn = rng.integers([1, 2, 1], [20, 30, 12], (12, 3)).tolist()
    return [*((2 * r + 1, s, a) for r, s, a in drawn), (15, 16, 4), (9, 14, 3)]


check("10.fastest", fastest, cases=fastest_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>How many positions lie between the window's middle and its last one, on one side?</details>
#
# <details><summary>Hint 2</summary>In that old frame the thing was <code>age</code> frames of motion away. All of it must fit into the
# reach.</details>

# %% [markdown]
# ## 5 · Explain: the window that passed (●●○, 10 minutes)
#
# A colleague makes the window of 15 a smaller one. The validation reads frame t−1, and its error even drops a little. In use, the network
# reads the last memory frame, every fifth frame being one, and colors tear now and then. Run the cell: it prints the error by the age of
# the frame read, on a pan of 4 pixels a frame at stride 4, for both windows. Then explain in six sentences at most: why did the validation see nothing? At
# which ages does your small window fail, and why exactly there? Why was it even a little better at age 1? And name a mend, with its price in
# numbers. Graded by a person, 3 points.
# Learning alone? Write first; `solution("10.explain_window")` then shows our answer and what each point is for.

# %%
import torch
from torch.nn import functional as F

from course_lib.color import rgb_to_lab
from course_lib.data import photos
from course_lib.video import local_attention

small, top, left = 7, 100, 0
if VARIANT:  # a window and a pan of a student's own
    rng = np.random.default_rng(VARIANT)
    small, top, left = rng.choice([3, 5, 9]), rng.integers(300), rng.integers(120)
picture = photos()["coffee"][top : top + 96, left:]
lab = torch.from_numpy(rgb_to_lab(np.stack([picture[:, 4 * t : 4 * t + 144] for t in range(6)])))
patches = F.unfold(F.pad(lab[:, None, :, :, 0].float(), (4, 4, 4, 4)), 12, stride=4).unflatten(2, (24, 36))
keys = 50**0.5 * 144**0.25 * F.normalize(patches - patches.mean(1, keepdim=True), dim=1)
ab = F.avg_pool2d(lab[..., 1:].float().permute(0, 3, 1, 2), 4)
for age in (1, 2, 3, 4, 5):
    line = f"age {age}"
    for window in (15, small):
        out = local_attention(keys[5:], keys[5 - age, None, None], ab[5 - age, None, None], window=window)
        error = (out - ab[5:]).norm(dim=1)[..., :28]  # what all six frames show
        line += f"   window of {window}: {error.mean():.2f}"
    print(line)

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_window", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The validation tested age 1 alone, where the pan has moved by one position. In use the frame is
# 1 to 5 frames old in turn, so the pan has moved by one to five positions. A window of 7 reaches three: up to age 3 that is enough; at 4 and 5 the
# right place lies outside, and the softmax shares itself out among wrong ones, since its weights always sum to 1. So two of five frames tear. At
# age 1 the smaller window is a little better because it holds fewer lookalikes. Mends: read t−1 in use too (then errors of one's own
# colors are passed on from frame to frame), store memory frames more often (more memory), or go back to 15 (about 4.6 times the pairs). In any
# case, validate with the ages that will be used.
#
# **Rubric (3 points)**
# (The numbers above are those of VARIANT 0. Another student's window is 3, 5 or 9; it stands on the student's page, and another window's ages earn nothing.)
# - 1 point: the validation's frame is always one frame old, in use it is 1 to 5, so the motion is up to five times as large.
# - 1 point: fails at ages 4 and 5, by arithmetic: reach (7 − 1)/2 = 3 positions, or 12 pixels, against 4 pixels a frame (a window of 3: from
#   age 2 on; of 5: from age 3 on; of 9: at age 5); *and* fewer lookalikes at age 1.
# - 1 point: a mend that fits (t−1 in use, memory frames more often, the larger window, validation at the ages of use) with what it costs.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>How many positions has the pan moved after one frame, after three, after four? How far does
# your small window reach?</details>
#
# <details><summary>Hint 2</summary>Part 3 of the lesson has the reason why a larger window isn't better for being larger. Part 6 has two
# ways of reading, and says which clips each is good for.</details>
