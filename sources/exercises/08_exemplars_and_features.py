# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 08: exemplars and features
#
# Five tasks, about 50 minutes. You pad a frame for two strides at once, write the released attention, keep the matches that hold
# both ways, and find the layers that never learned. Then you tell two machines apart by what they do.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("08.two_grids")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · Fourteen and sixteen (●○○, 8 minutes)
#
# A frame goes through a transformer with patches of 14 pixels and a ResNet of stride 16. Write `two_grids`, which pads it so that both
# cut it up evenly, with as little as possible, and tells both grids.


# %% nbgrader={"grade": false, "grade_id": "answer_two_grids", "locked": false, "schema_version": 3, "solution": true, "task": false}
def two_grids(height, width):
    """Padding of a frame, and what is left of it at both strides.

    Parameters
    ----------
    height, width : int
        Of the frame in pixels, each at least 1.

    Returns
    -------
    ((top, bottom, left, right), (rows, columns), (rows, columns))
        Padding in pixels, half on each side; where it is odd, the bottom or the right has one more. Then the grid of
        patches, and the grid of the ResNet's places, both of the padded frame. All int.

    Example
    -------
    >>> two_grids(136, 240)
    ((44, 44, 48, 48), (16, 24), (14, 21))
    """
    ### BEGIN SOLUTION
    extra = [-side % 112 for side in (height, width)]
    rows, columns = height + extra[0], width + extra[1]
    (top, left), (bottom, right) = ([e // 2 for e in extra], [e - e // 2 for e in extra])
    return (top, bottom, left, right), (rows // 14, columns // 14), (rows // 16, columns // 16)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_two_grids", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("08.two_grids", two_grids)


### BEGIN HIDDEN TESTS
def two_grids_cases(rng):
    drawn = [tuple(pair) for pair in rng.integers(15, 3000, (25, 2)).tolist()]
    whole = int(rng.integers(1, 9)) * 112
    return [*drawn, (whole, whole + 113), (whole + 1, whole), (whole + 60, whole + 30)]


check("08.two_grids", two_grids, cases=two_grids_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Which numbers are multiples of both 14 = 2 · 7 and 16 = 2 · 2 · 2 · 2? The least of them isn't their
# product.</details>
#
# <details><summary>Hint 2</summary>In Python, <code>-5 % 3</code> is 1: what is missing from 5 to the next multiple of 3. It is 0 where
# nothing is missing.</details>

# %% [markdown]
# ## 2 · Attention over channels (●●○, 12 minutes)
#
# Write `channel_attention` in NumPy, as the released fusion does it: each query channel takes a weighted mean of the value channels,
# by how alike its map and the key channels' maps are.


# %% nbgrader={"grade": false, "grade_id": "answer_channel_attention", "locked": false, "schema_version": 3, "solution": true, "task": false}
def channel_attention(q, k, v, temperature):
    """Attention over channels, head by head.

    Parameters
    ----------
    q, k, v : ndarray, (heads, d, HW) float
        Maps, flattened; no channel is zero everywhere.
    temperature : ndarray, (heads,) float
        Positive; the products of a head are multiplied by its own before the softmax.

    Returns
    -------
    ndarray, (heads, d, HW)
        Each channel of q and k is scaled to length 1 along its HW places. Row i of a head's weights (d, d) belongs to query
        channel i and sums to 1.

    Example
    -------
    >>> q = k = np.array([[[1.0, 0, 0], [0, 2, 0]]])
    >>> v = np.array([[[1.0, 1, 1], [0, 0, 0]]])
    >>> channel_attention(q, k, v, np.array([np.log(3)])).round(2)
    array([[[0.75, 0.75, 0.75],
            [0.25, 0.25, 0.25]]])
    """
    ### BEGIN SOLUTION
    q, k = (x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (q, k))
    logits = q @ k.swapaxes(-2, -1) * temperature[:, None, None]
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ v
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_channel_attention", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("08.channel_attention", channel_attention)


### BEGIN HIDDEN TESTS
def channel_attention_cases(rng):
    cases = []
    for heads, d, places in ((2, 3, 8), (1, 6, 30), (5, 4, 11)):
        common = rng.normal(size=(heads, d, places))
        q, k, v = (common + 0.8 * rng.normal(size=common.shape) for _ in range(3))
        cases.append((4 * q * rng.uniform(0.2, 1, (heads, d, 1)), k, 10 * v, rng.uniform(2, 8, heads)))
    return cases


check("08.channel_attention", channel_attention, cases=channel_attention_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Count shapes: (d, HW) times (HW, d) gives (d, d), and that times (d, HW) gives what is asked for. The sum that
# vanishes in the first product runs over places, so lengths are taken along places.</details>
#
# <details><summary>Hint 2</summary><code>@</code> multiplies the last two axes and keeps the heads apart;
# <code>temperature[:, None, None]</code> brings a number a head to the right axis. Keep dimensions when you take norms and sums.</details>

# %% [markdown]
# ## 3 · Matches that hold both ways (●●○, 10 minutes)
#
# A best match always exists, even for what isn't there. Write `matches`, which keeps only pairs in which each is the other's best, by
# the cosine of their features.


# %% nbgrader={"grade": false, "grade_id": "answer_matches", "locked": false, "schema_version": 3, "solution": true, "task": false}
def matches(a, b):
    """Pairs of rows that are each other's most alike.

    Parameters
    ----------
    a, b : ndarray, (n, d) and (m, d) float
        Features of the places of two frames; none is zero, and no two cosines are equal.

    Returns
    -------
    ndarray, (pairs, 2) int
        Row of a, row of b; sorted by the row of a.

    Example
    -------
    >>> matches(np.array([[1.0, 0], [1, 1], [0, 3]]), np.array([[9.0, 1], [0, 0.1], [5, -2]]))
    array([[0, 0],
           [2, 1]])
    """
    ### BEGIN SOLUTION
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    alike = a @ b.T
    there, back = alike.argmax(1), alike.argmax(0)
    rows = np.flatnonzero(back[there] == np.arange(len(a)))
    return np.stack([rows, there[rows]], 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_matches", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("08.matches", matches)


### BEGIN HIDDEN TESTS
def matches_cases(rng):
    cases = []
    for n, m, d in ((15, 11, 4), (20, 35, 5), (40, 40, 8)):
        both = rng.normal(size=(min(n, m) // 2, d))
        a = np.concatenate([rng.normal(size=(n - len(both), d)), both + 0.1 * rng.normal(size=both.shape)])
        b = np.concatenate([both, rng.normal(size=(m - len(both), d))])[rng.permutation(m)]
        cases.append(((a + 0.6) * rng.uniform(0.1, 4, (n, 1)), (b + 0.6) * rng.uniform(0.1, 4, (m, 1))))
    return cases


check("08.matches", matches, cases=matches_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>One table of cosines, n × m, holds everything. Its rows' best are the choices of a, its columns' best the
# choices of b.</details>
#
# <details><summary>Hint 2</summary>Go there and back: <code>back[there]</code> is, for each row of a, the row that its choice would choose. Where
# that is the row itself, keep it.</details>

# %% [markdown]
# ## 4 · The layers that never learned (●○○, 8 minutes)
#
# Two checkpoints, one from before the training and one from after. Write `never_learned`, which names the weights that stand where
# they were born although nobody meant to freeze them.


# %% nbgrader={"grade": false, "grade_id": "answer_never_learned", "locked": false, "schema_version": 3, "solution": true, "task": false}
def never_learned(before, after, frozen):
    """Names of weights that a training left exactly as they were.

    Parameters
    ----------
    before, after : dict of str to ndarray
        The same names, such as "network2.conv3.weight", with arrays of the same shapes.
    frozen : list of str
        Parts that were frozen on purpose, such as "network2.backbone": weights of that name, and all whose name goes on
        from it with a dot.

    Returns
    -------
    list of str
        In the order of `before`, without those in frozen parts.

    Example
    -------
    >>> before = {"a.w": np.zeros(2), "b.w": np.ones(2), "c.w": np.ones(2)}
    >>> never_learned(before, before | {"c.w": np.array([1, 1.5])}, ["a"])
    ['b.w']
    """
    ### BEGIN SOLUTION
    meant = [name for name in before if any(f"{name}.".startswith(f"{part}.") for part in frozen)]
    return [name for name in before if name not in meant and np.array_equal(before[name], after[name])]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_never_learned", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("08.never_learned", never_learned)


### BEGIN HIDDEN TESTS
def never_learned_cases(rng):
    part = "net" + "".join(rng.choice(list("abcdef"), 4))
    names = ["stem.weight", f"{part}.a.weight", f"{part}.b.weight", f"{part}_b.weight", f"top.{part}.weight"]
    names += ["mix.weight", "mix.bias", "scale", "flip.weight"]
    before = {name: rng.normal(size=(4, 3)) for name in names}
    after = {name: value.copy() for name, value in before.items()}
    after["stem.weight"] += 0.01
    after["mix.bias"][0, 0] -= 1
    after["scale"] *= 1 + 1e-13
    after["flip.weight"] = before["flip.weight"][::-1].copy()
    still = dict(reversed(before.items()))
    return [(before, after, [part]), (still, still, [part, "mix", "scale"]), (before, after, [])]


check("08.never_learned", never_learned, cases=never_learned_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>A layer that learns by a billionth of its value learns. So <code>np.array_equal</code>, with no
# tolerance.</details>
#
# <details><summary>Hint 2</summary>A part's name and a dot: is that how the weight's name begins? To catch a weight that <em>is</em> the
# part, put a dot behind its name too.</details>

# %% [markdown]
# ## 5 · Explain: which is which? (●●○, 10 minutes)
#
# Two fusions with the same weights, A and B: one attends over channels, the other over positions. Run the cell. It changes the local
# map at one place and prints which share of the result's change stays within one place of it; then it counts the attention's
# multiply-adds for a map twice as wide and twice as high.
#
# Explain in six sentences at most: which is A, and by which of the numbers do you know, and why must each come out so? A paper's figure shows a query on a
# dog's ear finding the other ear: which of the two can do that? And why might somebody whose equation says one have built the other? Graded by a
# person, 3 points.
# Learning alone? Write first; `solution("08.explain_which")` then shows our answer and what each point is for.

# %%
import torch
from torch.utils.flop_counter import FlopCounterMode

from course_lib.video.colormnet.fusion import Fusion

torch.manual_seed(8)
first, second = Fusion(16, 32, over="positions"), Fusion(16, 32, over="channels")
second.load_state_dict(first.state_dict())
semantic, local = torch.randn(1, 16, 20, 20), torch.randn(1, 32, 20, 20)
touched = local.clone()
touched[0, :, 10, 10] += 3 * torch.randn(32)
for name, fusion in (("A", first), ("B", second)):
    with torch.no_grad():
        change = (fusion(semantic, touched) - fusion(semantic, local)).abs().sum(1)[0]
    products = []
    for side in (20, 40):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            fusion.crossattn(torch.randn(1, 32, side, side), torch.randn(1, 32, side, side))
        counts = counter.get_flop_counts()["Global"].items()
        products.append(sum(count for op, count in counts if "convolution" not in str(op)))
    stays = float(change[9:12, 9:12].sum() / change.sum())
    print(f"{name}: {stays:4.0%} stays, cost × {products[1] / products[0]:.0f}")

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_which", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# A attends over positions. What changes at one place is a key and a value that *every* place reads, so A's change spreads over all
# 400 places and next to nothing stays; B mixes channels at each place alike, so a place's result comes from itself and its neighbors
# in the 3×3 convolutions, so four fifths stay; the rest of the map only feels that the weights have shifted a little. Twice the sides are four times the
# places: the table of places by places grows 16 times, the channels' sums over places 4 times. Only A can find the other ear; B can't
# bring anything from one place to another. But at a stride of 4, positions cost hundreds of times as much and grow with the square of the
# area, so channels are what fits, and the code was written for what fits while the equation kept the usual letters.
#
# **Rubric (3 points)**
# - 1 point: A is positions, with a reason from the share that stays: every place reads the changed one, against mixing at each place alike.
# - 1 point: ×16 against ×4, from (HW)² against HW.
# - 1 point: only attention over positions can find the other ear, *and* a plausible reason for the other, cost above all. Naming that the
#   same symbols fit both by a transposition is as good.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>In which of the two does the value at the touched place enter the sum of a place far away?</details>
#
# <details><summary>Hint 2</summary>Part 4 of the lesson has both formulas. How do they grow when hw becomes four times as large?</details>
