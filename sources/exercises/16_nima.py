# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 16: scores, distances and constants
#
# Five tasks, about 45 minutes. You compare distributions, read mean and spread from votes, find out what a constant scores, and
# carry an error to another scale. Then you explain a table that looks good.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("16.distance")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.quality import earth_movers_distance, mean_score, rank_correlation, simulated_scores
from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · The earth mover's distance (●●○, 10 minutes)
#
# Write `distance` for rows of shares over the scores 1 … K: the r-th root of the mean over the K bins of
# $\lvert \mathrm{CDF}_p - \mathrm{CDF}_q \rvert^r$, one value a row.


# %% nbgrader={"grade": false, "grade_id": "answer_distance", "locked": false, "schema_version": 3, "solution": true, "task": false}
def distance(p, q, r):
    """Earth mover's distance of each row of p to the same row of q.

    Parameters
    ----------
    p, q : (N, K) float arrays
        Shares; each row sums to 1.
    r : int
        From 1.

    Returns
    -------
    (N,) float array

    Example
    -------
    >>> distance(np.array([[0.5, 0.5, 0.0, 0.0]]), np.array([[0.0, 0.0, 0.5, 0.5]]), 1)
    array([0.5])
    """
    ### BEGIN SOLUTION
    gap = np.abs(np.cumsum(p, axis=1) - np.cumsum(q, axis=1))
    return (gap**r).mean(axis=1) ** (1 / r)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_distance", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("16.distance", distance)


### BEGIN HIDDEN TESTS
def distance_cases(rng):
    cases = []
    for n, k, r in ((7, 10, 1), (5, 10, 2), (3, 5, 3), (4, 8, 1), (1, 10, 2)):
        cases.append((rng.dirichlet(np.full(k, 0.6), n), rng.dirichlet(np.ones(k), n), r))
    return [*cases, (np.eye(6)[[0, 5, 2]], np.eye(6)[[5, 0, 2]], 2)]


check("16.distance", distance, cases=distance_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary><code>np.cumsum</code> with an axis adds up along that axis alone. Along which one do the scores
# lie?</details>
#
# <details><summary>Hint 2</summary>Four steps, in this order: difference of the sums, absolute value to the r, mean along the row,
# r-th root.</details>

# %% [markdown]
# ## 2 · Mean and spread of votes (●○○, 8 minutes)
#
# Write `mean_and_spread` for vote counts as they stand in a score file: the mean score of each picture, and the standard
# deviation of its votes around that mean.


# %% nbgrader={"grade": false, "grade_id": "answer_mean_and_spread", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mean_and_spread(votes):
    """Mean score and spread of each picture.

    Parameters
    ----------
    votes : (N, K) int array
        How many people gave each of the scores 1 … K; every picture has its own number of votes, at least 1.

    Returns
    -------
    (means, spreads) : two (N,) float arrays
        The spread divides by the number of votes.

    Example
    -------
    >>> means, spreads = mean_and_spread(np.array([[0, 3, 0, 1], [5, 0, 0, 5]]))
    >>> means, spreads.round(3)
    (array([2.5, 2.5]), array([0.866, 1.5  ]))
    """
    ### BEGIN SOLUTION
    scores = np.arange(1, votes.shape[1] + 1)
    count = votes.sum(axis=1)
    means = votes @ scores / count
    squares = (votes * (scores - means[:, None]) ** 2).sum(axis=1)
    return means, np.sqrt(squares / count)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_mean_and_spread", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("16.mean_and_spread", mean_and_spread)


### BEGIN HIDDEN TESTS
def mean_and_spread_cases(rng):
    some = rng.integers(0, 60, (6, 10))
    some[:, 4] += 1
    few = rng.integers(0, 3, (5, 7))
    few[:, 2] += 1
    one = np.zeros((2, 10), int)
    one[[0, 1], [9, 0]] = 1, 40
    return [(some,), (few,), (one,)]


check("16.mean_and_spread", mean_and_spread, cases=mean_and_spread_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>A mean with weights: each score counts as often as it was given. Divide by the row's own number of
# votes.</details>
#
# <details><summary>Hint 2</summary><code>scores - means[:, None]</code> is (N, K): how far each score lies from each picture's mean.
# Square it, weigh it with the votes, and take a root at the end.</details>

# %% [markdown]
# ## 3 · What a constant gets (●○○, 8 minutes)
#
# Write `constant_row`, the row that is missing in most tables: a model that gives one answer for every picture. Good means
# *above* the threshold.


# %% nbgrader={"grade": false, "grade_id": "answer_constant_row", "locked": false, "schema_version": 3, "solution": true, "task": false}
def constant_row(scores, answer, threshold):
    """Mean squared error of a constant, and the share of pictures for which it is right about good and bad.

    Parameters
    ----------
    scores : (n,) float array
        The pictures' mean scores.
    answer : float
        What the model says of every picture.
    threshold : float
        A picture is good when its score is above it, and called good when the answer is.

    Returns
    -------
    dict
        "mse" and "right", the latter from 0 to 1.

    Example
    -------
    >>> constant_row(np.array([4.0, 6.0, 6.0, 8.0]), 6.0, 5.0)
    {'mse': 2.0, 'right': 0.75}
    """
    ### BEGIN SOLUTION
    right = (scores > threshold) == (answer > threshold)
    return {"mse": float(((scores - answer) ** 2).mean()), "right": float(right.mean())}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_constant_row", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("16.constant_row", constant_row)


### BEGIN HIDDEN TESTS
def constant_row_cases(rng):
    cases = []
    for n, mean, answer, threshold in (
        (40, 5.4, 5.0, 5.0),
        (60, 6.1, 5.2, 5.0),
        (25, 4.8, 3.0, 4.5),
        (80, 50, 64, 60),
    ):
        cases.append((rng.normal(mean, 0.15 * mean, n).round(1), float(answer), float(threshold)))
    return [*cases, (np.array([5.0, 5.0, 7.0]), 6.0, 5.0)]


check("16.constant_row", constant_row, cases=constant_row_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>For "right", make two things that are True or False: whether each picture is good, and whether the
# constant says so.</details>
#
# <details><summary>Hint 2</summary>They may also be both False: a constant below the threshold is right about the bad ones.</details>

# %% [markdown]
# ## 4 · The error on another scale (●●○, 6 minutes)
#
# One team scores from 1 to 10, another from 0 to 100. Write `rescaled_mse`: what is the mean squared error of the same answers after
# all scores are stretched from one scale to the other?


# %% nbgrader={"grade": false, "grade_id": "answer_rescaled_mse", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rescaled_mse(mse, one, other):
    """A mean squared error, carried from one scale to another.

    Parameters
    ----------
    mse : float
        On the first scale.
    one, other : (low, high)
        The ends of the two scales. Low goes to low and high to high, in a straight line.

    Returns
    -------
    float

    Example
    -------
    >>> rescaled_mse(0.25, (0, 10), (0, 100))
    25.0
    """
    ### BEGIN SOLUTION
    factor = (other[1] - other[0]) / (one[1] - one[0])
    return mse * factor**2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_rescaled_mse", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("16.rescaled_mse", rescaled_mse)


### BEGIN HIDDEN TESTS
def rescaled_mse_cases(rng):
    drawn = rng.uniform(0.1, 30, 4).tolist()
    return list(
        zip(drawn, [(0, 9), (1, 5), (2, 96), (1, 10)], [(1, 10), (0, 100), (1, 10), (-1, 1)], strict=True)
    )


check("16.rescaled_mse", rescaled_mse, cases=rescaled_mse_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Carry two scores to the other scale, and see what happens to their difference.</details>
#
# <details><summary>Hint 2</summary>The error is a mean of squared differences. What shifts all scores alike shifts no
# difference.</details>

# %% [markdown]
# ## 5 · Explain the number: a proud little model (●●○, 12 minutes)
#
# *"Our model reaches an EMD of 0.09, a mean squared error of 0.5 and is 92% right about good and bad on 2000 photos, with simulated
# raters."* Run the cell: its photos are nearly all distorted a little, and its model looks at none. Then answer in six sentences at
# most. Why does an answer that never changes score so well here? Which of the four printed numbers gives it away, and why that one? What would
# you change in the photos, and what in the table? And if a real model beat this row clearly: what would that prove, given who
# rated? Graded by a person, 4 points.
# Learning alone? Write first; `solution("16.explain_constant")` then shows our answer and what each point is for.

# %%
rng = np.random.default_rng(16)
level = rng.normal(1.8, 0.7, 2000).clip(0, 5)
people = np.stack([simulated_scores(x, seed=[16, i]) for i, x in enumerate(level)])
model = np.tile(people.mean(axis=0), (len(people), 1))
said, true = mean_score(model), mean_score(people)
order = rank_correlation(said + 1e-6 * rng.random(len(said)), true)
print(f"EMD                  {earth_movers_distance(model, people).mean():.3f}")
print(f"mean squared error   {((said - true) ** 2).mean():.2f}")
print(f"right (above 5)      {((said > 5) == (true > 5)).mean():.0%}")
print(f"Spearman             {abs(order):.1f}   (ties broken by chance)")

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_constant", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The photos' scores lie close together and mostly above 5, so their average is close to each of them: a small EMD, a squared
# error that is just the variance of the scores, and right as often as photos are good. Spearman's correlation gives it away, because
# it asks for an order, and a constant orders nothing, however close together the scores are. I would take photos of all
# levels, as many of each, so that a constant is far from most, and put the constant's row, the average histogram's and the
# commonest class's beside the model's in every table. If a real model beat that row, it would have learned the levels and the
# assumptions of the simulated raters; whether people would score the photos so, only photos that people rated can tell, and
# kinds of distortion that it never saw can tell whether it learned more than these.
#
# **Rubric (4 points)**
# - 1 point: the scores lie close together (small variance, one-sided), so the average is near to all of them; the MSE *is* the variance.
# - 1 point: Spearman, with the reason: it looks at order, not at closeness. ("It is 0" alone is no reason.)
# - 1 point: balance or spread out the photos' levels, *and* add the constant's rows to the table.
# - 1 point: it would show that the model learned the simulation; people's scores, or kinds never trained on, are needed.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>Print <code>true.std()</code>, and square it. Which number of the table is that?</details>
#
# <details><summary>Hint 2</summary>Add 3 to every answer of the model in your head. Which numbers change, and which one doesn't?</details>
