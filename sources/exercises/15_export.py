# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 15: export
#
# Five tasks, about 45 minutes. You find the engine that lies, ask a file which of its axes are open, sum up raw times, and work out
# how large an 8-bit weight may be. Then you explain how a broken engine passed a team's parity test.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("15.liars")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · The engine that lies (●●○, 12 minutes)
#
# Write `liars`, a parity test: the names of the engines whose answers aren't the expected ones. An engine lies if on any
# input its answer has another shape, or a value that isn't within the bound. Think of NaN.


# %% nbgrader={"grade": false, "grade_id": "answer_liars", "locked": false, "schema_version": 3, "solution": true, "task": false}
def liars(expected, answers, bound):
    """Names of the engines that are off, sorted.

    Parameters
    ----------
    expected : list of float arrays
        The right answer to each input.
    answers : dict of str to list of float arrays
        For each engine its answers, in the same order.
    bound : float
        The largest difference of a single value that still counts as the same.

    Returns
    -------
    list of str

    Example
    -------
    >>> right = [np.array([1.0, 2.0])]
    >>> liars(right, {"a": [np.array([1.0, 2.1])], "b": [np.array([1.0, 2.0])]}, 0.01)
    ['a']
    """
    ### BEGIN SOLUTION
    found = []
    for name, arrays in answers.items():
        for right, got in zip(expected, arrays, strict=True):
            if right.shape != got.shape or not np.abs(got - right).max() <= bound:
                found.append(name)
                break
    return sorted(found)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_liars", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("15.liars", liars)


### BEGIN HIDDEN TESTS
def liars_cases(rng):
    cases = []
    for bound in (1e-3, 1e-4):
        expected = [rng.uniform(50, 60, (2, 3, 7)) for _ in range(3)]
        expected[1][:] = 50.0
        expected[2][1, 2, 3] = 1e-7
        answers = {name: [right + 0.4 * bound for right in expected] for name in "ponmlkjih"}
        answers["o"][0][1, 0, 2] += 5 * bound
        answers["n"][2][0, 1, 4] += 5 * bound
        answers["m"][int(rng.integers(3))][0, 2, int(rng.integers(7))] -= 5 * bound
        answers["l"][1][0, 0, 0] = np.nan
        answers["k"][1] = np.full((2, 1, 1), 50.0)
        answers["j"] = [right + 1.2 * bound for right in expected]
        answers["i"][1][1, 1, 1] += 5 * bound
        cases.append((expected, answers, bound))
    whole = [rng.integers(0, 9, (3, 4)).astype(float) for _ in range(2)]  # halves of whole numbers are exact
    return [*cases, (whole, {"z": [x - 0.5 for x in whole], "y": [x + 0.75 for x in whole]}, 0.5)]


check("15.liars", liars, cases=liars_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>For each engine go through its answers beside the expected ones, and stop at the first that is wrong.
# Compare the shapes before the values: NumPy stretches (2, 1, 4) to (2, 3, 4) without a word.</details>
#
# <details><summary>Hint 2</summary>Every comparison with NaN is False. <code>not largest &lt;= bound</code> and
# <code>largest &gt; bound</code> are different questions.</details>

# %% [markdown]
# ## 2 · Which axes are open? (●●○, 12 minutes)
#
# A file says which of its axes are dynamic; you want to know. Somebody doubled an input along axis 0, 2 and 3, one at a time, and kept what the
# model and the engine said. Write `open_axes`: along which of the three does the engine answer as the model does?


# %% nbgrader={"grade": false, "grade_id": "answer_open_axes", "locked": false, "schema_version": 3, "solution": true, "task": false}
def open_axes(expected, answers):
    """Those of the axes 0, 2 and 3 along which the engine takes twice the length and answers right.

    Parameters
    ----------
    expected : list of three (N, C, H, W) float arrays
        The model's answers to the input doubled along axis 0, along axis 2, and along axis 3.
    answers : list of three
        The engine's: an array, or None where it refused the size.

    Returns
    -------
    list of int
        In rising order. "Right" is the expected shape, and every value within 1e-5.

    Example
    -------
    >>> expected = [np.ones((2, 1, 2, 2)), np.ones((1, 1, 4, 2)), np.ones((1, 1, 2, 4))]
    >>> open_axes(expected, [expected[0], expected[1] + 0.1, expected[2]])
    [0, 3]
    """
    ### BEGIN SOLUTION
    found = []
    for axis, right, got in zip((0, 2, 3), expected, answers, strict=True):
        if got is not None and got.shape == right.shape and np.abs(got - right).max() <= 1e-5:
            found.append(axis)
    return found
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_open_axes", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("15.open_axes", open_axes)


### BEGIN HIDDEN TESTS
def open_axes_cases(rng):
    kinds = [((), ()), ((0, 2), ()), ((), (0,)), ((1,), (2,)), ((), (1,)), ((2,), (0, 1))]
    cases = []
    for refused, wrong in kinds:
        shapes = ((2, 2, 3, 5), (1, 2, 6, 5), (1, 2, 3, 10))
        expected = [rng.normal(size=shape) for shape in shapes]
        answers = [right + 0.001 * (place in wrong) for place, right in enumerate(expected)]
        cases.append((expected, [None if place in refused else a for place, a in enumerate(answers)]))
    expected = [rng.normal(size=shape) for shape in ((6, 1, 2, 2), (3, 1, 4, 2), (3, 1, 2, 4))]
    cases.append((expected, [expected[0][:3], expected[1], expected[2][..., :2]]))
    large = [x - 5000 for x in expected]
    lost = [x.copy() for x in large]
    lost[2][0, 0, 1, 1] = np.nan
    return [*cases, (large, [large[0], large[1] - 0.002, lost[2]])]


check("15.open_axes", open_axes, cases=open_axes_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary><code>zip((0, 2, 3), expected, answers)</code> goes through the axes with what belongs to them. Judge each by
# itself.</details>
#
# <details><summary>Hint 2</summary>There are three ways to be closed: the engine refused, it answered another shape, or it answered the right
# shape with wrong values. Look for None before you ask for a shape.</details>

# %% [markdown]
# ## 3 · Three numbers worth printing (●○○, 6 minutes)
#
# Write `summarize`: from the raw times of single calls, in the order they were made, to the median and the two quartiles.


# %% nbgrader={"grade": false, "grade_id": "answer_summarize", "locked": false, "schema_version": 3, "solution": true, "task": false}
def summarize(seconds, warmup):
    """Median, lower and upper quartile of the calls after the first `warmup`.

    Parameters
    ----------
    seconds : list of float
        One a call, in the order they were made.
    warmup : int
        0 or more, less than the number of calls.

    Returns
    -------
    (median, low, high) : three float
        Milliseconds; quartiles as np.quantile gives them.

    Example
    -------
    >>> [round(float(x), 1) for x in summarize([0.5, 0.01, 0.03, 0.02, 0.04, 0.09], 1)]
    [30.0, 20.0, 40.0]
    """
    ### BEGIN SOLUTION
    ms = 1000 * np.array(seconds[warmup:])
    return np.median(ms), np.quantile(ms, 0.25), np.quantile(ms, 0.75)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_summarize", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("15.summarize", summarize)


### BEGIN HIDDEN TESTS
def summarize_cases(rng):
    return [
        (rng.gamma(2, 0.01, int(calls)).tolist(), int(warmup))
        for calls, warmup in ((9, 2), (40, 7), (6, 1), (5, 0))
    ]


check("15.summarize", summarize, cases=summarize_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>First leave out, then sort: the slow calls are first in time.</details>
#
# <details><summary>Hint 2</summary><code>np.quantile</code> takes several shares at once, and gives an array. You need its three
# numbers; mind their order, and the unit.</details>

# %% [markdown]
# ## 4 · How large may a weight be? (●●○, 8 minutes)
#
# A processor multiplies unsigned bytes (activations, 0 to 255) by signed bytes (weights), and adds several products in a signed
# sum of so many bits. Write `largest_weight`: the largest whole w such that weights from −w to w never overflow it.


# %% nbgrader={"grade": false, "grade_id": "answer_largest_weight", "locked": false, "schema_version": 3, "solution": true, "task": false}
def largest_weight(bits, products):
    """The largest size of a weight with which the sum always fits.

    Parameters
    ----------
    bits : int
        Of the signed sum, its sign included; it holds at most 2^(bits − 1) − 1.
    products : int
        How many are added in it.

    Returns
    -------
    int
        From 0 to 127: the weight must fit into a signed byte, with either sign.

    Example
    -------
    >>> largest_weight(16, 2)
    64
    """
    ### BEGIN SOLUTION
    return min(127, (2 ** (bits - 1) - 1) // (255 * products))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_largest_weight", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("15.largest_weight", largest_weight)


### BEGIN HIDDEN TESTS
def largest_weight_cases(rng):
    drawn = rng.integers([12, 1], [22, 20], (10, 2)).tolist()
    return [*((int(b), int(p)) for b, p in drawn), (17, 6), (20, 3), (32, 1)]


check("15.largest_weight", largest_weight, cases=largest_weight_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>The worst case is every activation at 255 and every weight at w. Write down that sum.</details>
#
# <details><summary>Hint 2</summary>Whole-number division rounds down, which is what you need. And then there is the byte.</details>

# %% [markdown]
# ## 5 · Find the bug: a test that passes everything (●●○, 8 minutes)
#
# A team's parity test said "the same" for an engine that users said was wrong. Run the cell: it has the model, the engine, and the
# team's three tests. Explain in six sentences at most: what does the engine do wrong? Why does each of the three tests miss it? Which input
# and which number would have found it? And what bound would you set for a float32 engine, with what reason? Graded by a person, 3 points.
# Learning alone? Write first; `solution("15.explain_test")` then shows our answer and what each point is for.


# %%
def blurred(x):
    """The model: each pixel averaged with its left neighbor."""
    return (x + np.roll(x, 1, axis=-1)) / 2


def by_engine(x):
    """What the engine computes."""
    return (x + np.roll(x, -1, axis=-1)) / 2


rng = np.random.default_rng(15)
gray, noise = np.full((1, 1, 8, 8), 0.5), rng.random((1, 1, 8, 8))
print(f"test 1, an even picture, largest difference: {np.abs(by_engine(gray) - blurred(gray)).max():.4f}")
print(f"test 2, noise, mean difference:              {abs((by_engine(noise) - blurred(noise)).mean()):.4f}")
print(f"test 3, noise, np.allclose with atol=1:      {np.allclose(by_engine(noise), blurred(noise), atol=1)}")

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_test", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The engine averages with the right neighbor in place of the left one, so its picture is shifted by a pixel. Test 1 can't see
# it: in an even picture all neighbors are the same. Test 2 can't either: the differences are signed, what one pixel has too much another
# has too little, and their mean is 0 for every input. Test 3 has a bound as wide as the values themselves, so nothing in [0, 1] could fail it.
# Noise (or a photo) with the largest absolute difference would have found it at once: it is several tenths. The bound: float32 has
# about seven digits, and another order of sums costs the last one or two, so 1e-5 of the values' size is wide enough for an honest
# engine and far below any real fault.
#
# **Rubric (3 points)**
# - 1 point: the wrong neighbor (a shift or flip of the kernel), *and* test 1: an even picture has equal neighbors.
# - 1 point: test 2: signed differences cancel in the mean; test 3: the bound is as large as the range of the values.
# - 1 point: noise or a photo with the largest absolute difference, *and* a bound near 1e-5 (1e-6 to 1e-4 with a reason) from float32's
#   digits.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>Compare the two functions line by line. What does each of them give for an even picture?</details>
#
# <details><summary>Hint 2</summary>Print the differences on noise themselves before you take a mean of them.</details>
