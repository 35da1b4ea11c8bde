# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 07: recurrent colorizers
#
# Five tasks, about 55 minutes. You say where each row of a stream begins another clip, and make it forget the last one. You write
# the step of a ConvLSTM, and the measure of flicker. Then you explain a number that looks like a success.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("07.reset_flags")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · Where another clip begins (●●○, 12 minutes)
#
# Clips of many lengths are streamed in lockstep, a chunk of frames a row and step. Write `reset_flags`, which tells for each step
# and row whether the chunk begins a clip. A chunk holds frames of one clip only: the last one of a clip is filled up, and the next clip
# waits for the next step.


# %% nbgrader={"grade": false, "grade_id": "answer_reset_flags", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reset_flags(lengths, rows, chunk):
    """Flags of a stream of clips.

    Parameters
    ----------
    lengths : list of int
        Frames of each clip, from 1, in the order of the queue. The first `rows` clips begin in rows 0, 1, …; a row whose
        clip has ended takes the next of the queue. Where several rows fall free at once, the lowest row is served first.
    rows : int
        From 1 to the number of clips.
    chunk : int
        Frames a row and step.

    Returns
    -------
    array (steps, rows) of bool
        True where a chunk begins a clip. A row for which no clip is left idles with False. The stream ends with the last
        step in which any row shows a clip.

    Example
    -------
    >>> reset_flags([5, 2, 3], rows=2, chunk=2)  # row 0: 3 chunks of the first clip; row 1: 1 of the second, 2 of the third
    array([[ True,  True],
           [False,  True],
           [False, False]])
    """
    ### BEGIN SOLUTION
    ends, begins = [0] * rows, []  # the step at which each row falls free
    for length in lengths:
        row = ends.index(min(ends))
        begins.append((ends[row], row))
        ends[row] += -(-length // chunk)
    flags = np.zeros((max(ends), rows), bool)
    flags[tuple(np.transpose(begins))] = True
    return flags
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_reset_flags", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("07.reset_flags", reset_flags)


### BEGIN HIDDEN TESTS
def reset_flags_cases(rng):
    cases = []
    for rows, chunk in ((1, 4), (2, 5), (3, 2), (5, 3), (4, 7)):
        drawn = rng.integers(1, 40, rows + 6)
        drawn[rng.integers(len(drawn))] = 3 * chunk
        cases += [(drawn.tolist(), rows, chunk), (drawn[:rows].tolist(), rows, chunk)]
    return [*cases, ([1], 1, 9), ([int(rng.integers(300, 400)), 2, 2, 2, 2], 2, 3)]


check("07.reset_flags", reset_flags, cases=reset_flags_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>How many chunks does a clip take? Round up. Then a clip is a number of steps, and you need not think of
# frames again.</details>
#
# <details><summary>Hint 2</summary>Keep for each row the step at which it falls free. The next clip of the queue goes to the row
# with the smallest such step, the lowest row if there are several, and begins right there.</details>

# %% [markdown]
# ## 2 · Forget (●○○, 6 minutes)
#
# Write `reset_rows`, which prepares a state for the next chunk: rows that begin another clip start from zeros, the others keep
# theirs.


# %% nbgrader={"grade": false, "grade_id": "answer_reset_rows", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reset_rows(state, is_first):
    """Forget the last clip where another one begins.

    Parameters
    ----------
    state : (h, c)
        Two arrays (N, C, H, W) of float64. A row may have gone to NaN or infinity. They stay as they are: others hold them too.
    is_first : array (N,) of bool
        Rows whose next chunk begins a clip.

    Returns
    -------
    (h, c)
        New arrays: zeros in the rows of `is_first`, all else as before.

    Example
    -------
    >>> h, c = reset_rows((np.ones((2, 1, 1, 1)), np.ones((2, 1, 1, 1))), np.array([True, False]))
    >>> h.ravel(), c.ravel()
    (array([0., 1.]), array([0., 1.]))
    """
    ### BEGIN SOLUTION
    forgotten = [part.copy() for part in state]
    for part in forgotten:
        part[is_first] = 0
    return tuple(forgotten)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_reset_rows", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("07.reset_rows", reset_rows)


### BEGIN HIDDEN TESTS
def reset_rows_cases(rng):
    cases = []
    for rows in (2, 3, 5):
        for _ in range(3):
            state = tuple(rng.normal(0, 2, (2, rows, rows, 3, 2)))
            flags = rng.random(rows) < 0.5
            flags[:2] = True, False
            state[int(rng.integers(2))][0, 0, 0, 0] = np.nan
            cases.append((state, flags))
    return [*cases, (tuple(rng.normal(0, 1, (2, 2, 2, 1, 4))), np.zeros(2, bool))]


check("07.reset_rows", reset_rows, cases=reset_rows_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>An array of bool picks rows: <code>part[is_first]</code>. Whose array do you write into?</details>
#
# <details><summary>Hint 2</summary>Multiplying by 0 isn't forgetting, if what is forgotten may be NaN.</details>

# %% [markdown]
# ## 3 · One step of a ConvLSTM (●●●, 15 minutes)
#
# Write `conv_lstm_step`, equation 3 of Shi and others without its peepholes. One convolution over x and h, stacked in this order, gives
# four groups of channels, in this order: i, f, g, o. Then
#
# $$c_t = \sigma(f)\,c_{t-1} + \sigma(i)\tanh g, \qquad h_t = \sigma(o)\tanh c_t.$$


# %% nbgrader={"grade": false, "grade_id": "answer_conv_lstm_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv_lstm_step(x, h, c, W, b):
    """The state after one more frame.

    Parameters
    ----------
    x : array (N, C, height, width)
        The frame.
    h, c : arrays (N, hidden, height, width)
        The state before it.
    W : array (4 * hidden, C + hidden, k, k), k odd
        Weights as PyTorch orders them: channels out, channels in, rows, columns.
    b : array (4 * hidden,)

    Returns
    -------
    (h, c)
        The state after it, of the same shapes. Outside the picture there are zeros.

    Example
    -------
    >>> x, h, c = np.ones((1, 1, 2, 2)), np.zeros((1, 1, 2, 2)), np.ones((1, 1, 2, 2))
    >>> h, c = conv_lstm_step(x, h, c, np.zeros((4, 2, 3, 3)), np.zeros(4))  # all gates half open, nothing new
    >>> round(h.item(0), 4), c.item(0)
    (0.2311, 0.5)
    """
    ### BEGIN SOLUTION
    import torch

    x, h, c, W, b = map(torch.from_numpy, (x, h, c, W, b))
    scores = torch.nn.functional.conv2d(torch.cat([x, h], 1), W, b, padding=W.shape[-1] // 2)
    i, f, g, o = scores.chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    return h.numpy(), c.numpy()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_conv_lstm_step", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("07.conv_lstm_step", conv_lstm_step)


### BEGIN HIDDEN TESTS
def conv_lstm_step_cases(rng):
    cases = []
    for n, channels, hidden, k in ((2, 2, 2, 3), (1, 4, 4, 3), (3, 1, 5, 1), (2, 3, 2, 5)):
        height, width = rng.integers(3, 8, 2)
        x = rng.normal(0, 1.5, (n, channels, height, width))
        h, c = rng.normal(0, 1.5, (2, n, hidden, height, width))
        W = rng.normal(0, 1 / k, (4 * hidden, channels + hidden, k, k))
        cases.append((x, h, c, W, rng.normal(0, 1, 4 * hidden)))
    return cases


check("07.conv_lstm_step", conv_lstm_step, cases=conv_lstm_step_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>You need not write the convolution: <code>torch.nn.functional.conv2d</code> takes weights of just
# this shape. What padding keeps the size for a kernel of k?</details>
#
# <details><summary>Hint 2</summary><code>np.split(scores, 4, axis=1)</code> or <code>scores.chunk(4, 1)</code> cuts the four groups. Three go
# through a sigmoid; which one mustn't, and why?</details>

# %% [markdown]
# ## 4 · The measure of flicker (●●○, 12 minutes)
#
# Write `warp_error`. For each pair of neighboring frames it reads the next frame where each pixel has gone, and takes the mean squared
# difference from the frame itself, over the visible pixels and the three channels. The result is the mean over the pairs.


# %% nbgrader={"grade": false, "grade_id": "answer_warp_error", "locked": false, "schema_version": 3, "solution": true, "task": false}
def warp_error(frames, flow, visible):
    """How much a clip flickers.

    Parameters
    ----------
    frames : array (T, H, W, 3) of float
        RGB in [0, 1].
    flow : array (T - 1, H, W, 2) of int
        How many pixels right, and how many down, what frame t shows at a pixel has gone in frame t + 1. Where `visible` is
        False it may lead out of the picture.
    visible : array (T - 1, H, W) of bool
        Where frame t + 1 still shows it. A pair of which nothing is visible doesn't count; at least one pair does.

    Returns
    -------
    float

    Example
    -------
    >>> frames = np.zeros((2, 1, 3, 3)); frames[0, 0, 0], frames[1, 0, 1] = 0.8, 0.6  # a light moves right, and dims
    >>> round(warp_error(frames, np.tile([1, 0], (1, 1, 3, 1)), np.array([[[True, True, False]]])), 4)
    0.02
    """
    ### BEGIN SOLUTION
    errors = []
    for before, after, (right, down), seen in zip(
        frames[:-1], frames[1:], np.moveaxis(flow, -1, 1), visible, strict=True
    ):
        if seen.any():
            y, x = np.nonzero(seen)
            moved = after[y + down[seen], x + right[seen]]
            errors.append(((moved - before[seen]) ** 2).mean())
    return float(np.mean(errors))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_warp_error", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("07.warp_error", warp_error)


### BEGIN HIDDEN TESTS
def warp_error_cases(rng):
    cases = []
    for shares in ([0.7], [0.9, 0.0, 0.3, 0.6], [0.2, 0.8, 0.5], [1.0, 0.0, 0.0, 0.4]):
        height, width = rng.integers(5, 9, 2)
        frames = rng.uniform(0, 1, (len(shares) + 1, height, width, 3))
        flow = rng.integers(-3, 4, (len(shares), height, width, 2))
        seen = rng.random(flow.shape[:3]) < np.array(shares)[:, None, None]
        y, x = np.indices((height, width))
        seen &= (y + flow[..., 1] >= 0) & (y + flow[..., 1] < height)
        cases.append((frames, flow, seen & (x + flow[..., 0] >= 0) & (x + flow[..., 0] < width)))
    return cases


check("07.warp_error", warp_error, cases=warp_error_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary><code>np.nonzero(visible[t])</code> gives the rows and columns of the visible pixels. Where do these lie
# in the next frame? Mind which of the flow's two numbers goes with which axis.</details>
#
# <details><summary>Hint 2</summary>Only visible pixels are looked up, so no index leaves the picture. Collect one mean for each pair that
# has any, and take the mean of these.</details>

# %% [markdown]
# ## 5 · Explain: a quarter of the flicker (●●○, 10 minutes)
#
# A colleague adds a memory to a colorizer that flickers, and reports: *a quarter of the flicker is left*. Run the cell: it shows three
# answers to one clip, measured (flicker of the colors alone, times 1000). Then explain in six sentences at most: what did the new answer really change, and why is it just a quarter? Which number
# of the table shows that the memory did nothing for steadiness? What would you ask the colleague to
# compare with, so that the next report can't be won like this? Graded by a person, 3 points.
# Learning alone? Write first; `solution("07.explain_quarter")` then shows our answer and what each point is for.

# %%
from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import made_clip
from course_lib.metrics import flicker, mean_chroma

clip = made_clip(4, frames=16, size=(54, 96))
lab = rgb_to_lab(clip.frames)
tints = np.random.default_rng(4).normal(0, 6, (16, 1, 1, 2))  # drawn anew for each frame
answers = {"truth": lab[..., 1:], "before": lab[..., 1:] + tints, "after": 0.5 * (lab[..., 1:] + tints)}
print(f"{'':8}{'color flicker':>14}{'chroma':>8}{'flicker / chroma²':>20}")
for name, ab in answers.items():
    even = np.concatenate([np.full_like(ab[..., :1], 60), ab], -1)  # the colors alone, at one lightness
    found = 1000 * flicker(lab_to_rgb(even).astype(np.float32), flow=clip.flow, visible=clip.visible)
    chroma = mean_chroma(ab)
    print(f"{name:8}{found:14.2f}{chroma:8.1f}{1000 * found / chroma**2:20.1f}")

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_quarter", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The new answer halved every color: chroma fell to a half, and nothing else changed. The warp error is a mean *square*, so
# half the color is a quarter of the flicker, whatever flickers. Flicker divided by the squared chroma is nearly the same before and after (the
# small rest is lab_to_rgb, which isn't quite linear): measured against the colors that there are, it flickers as it did. The same "success"
# comes from any step toward gray, and gray itself would win with 0. I would ask for the old colorizer with its colors simply
# halved, as a baseline without memory; for the truth, gray and one tint in the same table; and for a fidelity that paleness can't
# improve, such as the correlation with the true colors, or PSNR beside gray's.
#
# **Rubric (3 points)**
# - 1 point: the colors are half as strong (chroma), and the warp error squares, so a quarter is what halving gives.
# - 1 point: flicker over chroma squared hardly changed; relative to its color the answer flickers as before.
# - 1 point: a baseline that would unmask it: the old answer made as pale, *or* gray or one tint beside, *and* a measure of
#   fidelity beside flicker. "Compare with the truth's flicker" alone is half a point: a pale answer may come near it by chance.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>Compare the chroma of before and after. What happens to a squared difference when both of its
# numbers are halved?</details>
#
# <details><summary>Hint 2</summary>Which answer has no color flicker at all, and needs neither a memory nor a network?</details>
