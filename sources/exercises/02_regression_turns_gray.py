# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 02: regression turns the world gray
#
# Five tasks, about 45 minutes. You work out on paper what a network can't help answering, write the optimum of each loss,
# and a measure that shows how gray an answer is.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("02.chroma_ratio")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "variant", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["parameters"]
VARIANT = 0  # whose data these are: 0 for whoever learns alone; in a class, each student may have a number

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# A toy that is sold in orange, blue, green and pink: (a, b) of each, and the share of the toys that have it.
TOY = np.array([[60.0, 60.0], [20.0, -60.0], [-50.0, 55.0], [40.0, -20.0]])
SHARE = np.array([0.35, 0.15, 0.20, 0.30])
if VARIANT:  # toys of a student's own
    rng = np.random.default_rng(VARIANT)
    TOY = TOY + rng.integers(-8, 9, 2)
    SHARE = SHARE + rng.integers(4) / 100 * np.array([1, -1, 1, -1])

# %% [markdown]
# ## 1 · Predict (●●○, 8 minutes)
#
# In gray the four toys look alike, so a network must give all of them one color. Work out on paper which color (a, b)
# minimizes the mean squared error, and which the mean absolute error, |Δa| + |Δb|. Enter them as two rows, L2 first;
# whole numbers are near enough.

# %%
for (a, b), share in zip(TOY, SHARE, strict=True):
    print(f"a {a:3.0f}, b {b:3.0f}: {share:.0%} of the toys")

# %% nbgrader={"grade": false, "grade_id": "answer_predicted", "locked": false, "schema_version": 3, "solution": true, "task": false}
# predicted = np.array([[a, b], [a, b]]): the color under L2, then the color under L1
### BEGIN SOLUTION
order = np.argsort(TOY, axis=0)  # of the toys along a, and along b
half = [np.argmax(np.cumsum(SHARE[along]) > 0.5) for along in order.T]
medians = [TOY[order[place, channel], channel] for channel, place in enumerate(half)]
predicted = np.array([SHARE @ TOY, medians])  # on paper, where VARIANT is 0: [[26, 17], [40, 55]]
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_predicted", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("02.predicted", predicted, variant=VARIANT)

# %% [markdown]
# **Verify.** The next cell starts at gray and walks downhill under each loss, as a network with one constant output would.
# It knows nothing of your answer. Look at the second row: no toy has that color.

# %%
for loss in ("L2", "L1"):
    color, rate = np.zeros(2), 0.05
    for _ in range(20_000):
        away = color - TOY
        color = color - rate * SHARE @ (away if loss == "L2" else np.sign(away))
    print(f"{loss}: a = {color[0]:.0f}, b = {color[1]:.0f}, chroma {np.hypot(*color):.0f}")
print("the toys' own chroma:", np.hypot(*TOY.T).round().astype(int))

# %% [markdown]
# <details><summary>Hint 1</summary>The squared error is smallest at the average, each color weighted by its share. The absolute
# error treats a and b apart, and in each it is smallest at a median.</details>
#
# <details><summary>Hint 2</summary>For the median along a, sort the four values of a with their shares and add the shares up
# from the left; stop where you reach one half. Then do the same along b, whose order is another one.</details>

# %% [markdown]
# ## 2 · The best constant (●●○, 12 minutes)
#
# Write `best_constant`, which does the same for any mixture and either loss. It is the best that any network can do where
# its input doesn't tell the colors apart, however long it trains.


# %% nbgrader={"grade": false, "grade_id": "answer_best_constant", "locked": false, "schema_version": 3, "solution": true, "task": false}
def best_constant(values, weights, loss):
    """The one color with the smallest weighted loss over a mixture of colors.

    Parameters
    ----------
    values : (K, 2) float array
        a and b of each color, in any order.
    weights : (K,) float array
        How often each occurs; above 0, and they needn't sum to 1. No part of them makes exactly half of the total.
    loss : str
        "l2": squared error; "l1": |Δa| + |Δb|.

    Returns
    -------
    (2,) float array

    Example
    -------
    >>> colors = np.array([[0.0, 0.0], [10.0, -20.0], [40.0, 60.0]])
    >>> best_constant(colors, np.array([2.0, 1.0, 2.0]), "l2")
    array([18., 20.])
    >>> best_constant(colors, np.array([2.0, 1.0, 2.0]), "l1")
    array([10.,  0.])
    """
    ### BEGIN SOLUTION
    if loss == "l2":
        return weights @ values / weights.sum()
    best = []
    for channel in values.T:
        order = np.argsort(channel)
        reached = np.cumsum(weights[order])
        best.append(channel[order][np.searchsorted(reached, weights.sum() / 2)])
    return np.array(best)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_best_constant", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("02.best_constant", best_constant)


### BEGIN HIDDEN TESTS
def best_constant_cases(rng):
    crossed = np.array([[-40.0, 10.0], [70.0, -30.0], [5.0, 80.0], [30.0, 50.0]]) + rng.normal(0, 1, (4, 2))
    mixtures = [(crossed, np.array([2.0, 2.6, 1.8, 2.1]))]
    for count in (1, 2, 5, 9, 300):
        mixtures.append((rng.uniform(-100, 100, (count, 2)), rng.uniform(0.1, 1.5, count) ** 3))
    return [(*mixture, loss) for mixture in mixtures for loss in ("l1", "l2")]


check("02.best_constant", best_constant, cases=best_constant_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>L2 is a weighted average. L1 is a weighted median, once for a and once for b: sort, add up
# the weights, stop at half of the total.</details>
#
# <details><summary>Hint 2</summary><code>np.argsort</code> gives the order for values and weights together,
# <code>np.cumsum</code> adds up, <code>np.searchsorted</code> finds where half is reached.</details>

# %% [markdown]
# ## 3 · And Huber? (●●●, 12 minutes)
#
# Write `huber_optimum`, the best constant under the Huber loss, in one channel. Huber is squared near the truth and straight
# far from it, so people hope it keeps colors: see where its optimum lies.


# %% nbgrader={"grade": false, "grade_id": "answer_huber_optimum", "locked": false, "schema_version": 3, "solution": true, "task": false}
def huber_optimum(values, weights, delta):
    """The one value with the smallest weighted Huber loss, right to 0.05.

    The loss of an error e is e²/2 where |e| ≤ delta, and delta · (|e| − delta/2) beyond.

    Parameters
    ----------
    values : (K,) float array
        One channel's values, in about ±110.
    weights : (K,) float array
        How often each occurs; above 0, and no part of them makes exactly half of the total.
    delta : float
        Where the loss becomes straight; above 0.

    Returns
    -------
    float

    Example
    -------
    >>> round(huber_optimum(np.array([60.0, 35.0, 25.0, -80.0]), np.array([2.0, 1.0, 1.5, 1.0]), 20.0), 1)
    37.0
    """
    ### BEGIN SOLUTION
    low, high = values.min(), values.max()
    for _ in range(60):  # the slope of the loss only rises: halve the interval in which it crosses 0
        middle = (low + high) / 2
        if weights @ np.clip(middle - values, -delta, delta) > 0:
            high = middle
        else:
            low = middle
    return float((low + high) / 2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_huber_optimum", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("02.huber_optimum", huber_optimum)


### BEGIN HIDDEN TESTS
def huber_optimum_cases(rng):
    stretch, shift = rng.uniform(0.7, 1.2), rng.uniform(-10, 10)
    far = (np.array([-90.0, 75.0, 100.0, 82.0]) - shift, np.array([0.7, 1.0, 1.6, 2.1]), 14.0)
    telling = stretch * np.array([25.0, -80.0, 60.0, 35.0]) + shift
    cases = [(telling, np.array([1.5, 1.0, 2.0, 1.0]), 20 * stretch), far]
    for count, delta in ((1, 5.0), (3, 15.0), (6, 50.0), (40, 25.0), (9, 0.5), (9, 300.0)):
        cases.append((rng.uniform(-100, 100, count), rng.uniform(0.1, 1.5, count) ** 2, delta))
    return cases


check("02.huber_optimum", huber_optimum, cases=huber_optimum_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>There is no formula, but there is a simple picture: each value pulls with its distance,
# though never harder than delta. The optimum is where the pulls balance.</details>
#
# <details><summary>Hint 2</summary>Either try a fine grid of candidates between the smallest and the largest value, or write
# the slope of the loss, which only rises, and halve the interval in which it changes sign. <code>np.clip</code> writes the
# pull in one call.</details>

# %% [markdown]
# ## 4 · How gray is it? (●○○, 5 minutes)
#
# Write `chroma_ratio`, the share of the truth's color that a prediction keeps: 1 is as colorful, 0 is gray. It is the number
# that shows what a loss curve hides.


# %% nbgrader={"grade": false, "grade_id": "answer_chroma_ratio", "locked": false, "schema_version": 3, "solution": true, "task": false}
def chroma_ratio(predicted, truth):
    """Mean chroma of a prediction over mean chroma of the truth; chroma is √(a² + b²) of a pixel.

    Parameters
    ----------
    predicted, truth : (..., 2) float arrays
        a and b, of one shape. The truth isn't gray everywhere.

    Returns
    -------
    float
        0 or more; above 1 where the prediction is the more colorful.

    Example
    -------
    >>> round(chroma_ratio(np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[30.0, 40.0], [-6.0, 8.0]])), 4)
    0.0833
    """
    ### BEGIN SOLUTION
    return float(np.linalg.norm(predicted, axis=-1).mean() / np.linalg.norm(truth, axis=-1).mean())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_chroma_ratio", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("02.chroma_ratio", chroma_ratio)


### BEGIN HIDDEN TESTS
def chroma_ratio_cases(rng):
    cases = []
    for shape in ((2,), (1, 1, 2), (5, 2), (2, 4, 3, 2)):
        truth = rng.uniform(-90, 90, shape)
        cases.append((truth * rng.uniform(0, 1.5, (*shape[:-1], 1)) + rng.normal(0, 2, shape), truth))
    vivid = rng.uniform(20, 80, (3, 2))
    half_gray = rng.uniform(20, 60, (2, 3, 2)) * np.array([0.0, 1.0])[:, None, None]
    spilled = (rng.uniform(5, 30, half_gray.shape), half_gray)
    return [*cases, (np.zeros((4, 4, 2)), rng.uniform(5, 60, (4, 4, 2))), (vivid, vivid / 3), spilled]


check("02.chroma_ratio", chroma_ratio, cases=chroma_ratio_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Three steps in this order: chroma at each pixel, the mean of each picture, the
# ratio.</details>
#
# <details><summary>Hint 2</summary><code>np.linalg.norm</code> with <code>axis=-1</code>, or <code>np.hypot</code> of a and b,
# gives the chroma of every pixel at once.</details>

# %% [markdown]
# ## 5 · Explain the number (●●○, 8 minutes)
#
# A network trains on gray pictures of the toys with the squared error. Its loss on toys it hasn't seen falls for an hour, then stops at the number
# that the cell prints, and stays there overnight. A colleague says: train longer, or take a bigger network. In five sentences
# at most: where does the number come from (a and b summed; torch's mse_loss averages them), and which experiment would convince your colleague? Graded by a person, 3 points.
# Learning alone? Write first; `solution("02.explain_floor")` then shows our answer and what each point is for.

# %%
mean = SHARE @ TOY
floor = SHARE @ ((TOY - mean) ** 2).sum(axis=-1)
print(f"loss {floor:.0f} ab², or {floor / 110**2:.3f} after dividing a and b by 110")

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_floor", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The number is the variance of the toys' colors, weighted by their shares: the squared error that is left at the best
# constant. The gray input doesn't tell the toys apart, so any network must answer all of them alike, and no answer has a
# smaller loss; the network is done. A longer training or a bigger network changes nothing about the input. To show it, train
# the same network with the same steps on toys that come in one color each: the loss then falls far below and the chroma ratio
# goes near 1. So it is the ambiguity, not the training, that leaves the gray.
#
# **Rubric (3 points)**
# - 1 point: the number is the variance of the colors (or: the loss of the mean color), named as such.
# - 1 point: it can't be beaten because equal inputs get equal answers, whatever the network's size or training time.
# - 1 point: a control that separates ambiguity from undertraining: the same network, steps and data with unambiguous colors;
#   or telling the network the color as a hint. No point for "look at the pictures" alone.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>Read the cell: what is <code>mean</code>, and what does the next line average?</details>
#
# <details><summary>Hint 2</summary>Undertraining and ambiguity both look like a loss that stopped. Change one of the two and
# keep the other.</details>
