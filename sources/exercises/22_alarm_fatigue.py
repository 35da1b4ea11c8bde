# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 22: alarm fatigue
#
# Four tasks, about 40 minutes. You write two rules between a detector and an alarm, choose a filter by what its errors cost, and
# explain why the obvious rule loses cries.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("22.hysteresis")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.cry import AlarmFilter
from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · k of n (●○○, 8 minutes)
#
# Write `k_of_n`: for each window, whether at least k of the last n windows are on. This window is one of the n. A device can't look
# ahead, and before the first window nothing was on.


# %% nbgrader={"grade": false, "grade_id": "answer_k_of_n", "locked": false, "schema_version": 3, "solution": true, "task": false}
def k_of_n(is_on, k, n):
    """Where at least k of the last n windows are on.

    Parameters
    ----------
    is_on : list of bool
        One for each window, in order of time.
    k, n : int
        1 <= k <= n.

    Returns
    -------
    list of bool
        As long as `is_on`.

    Example
    -------
    >>> k_of_n([True, False, True, True, False, False, False], 2, 3)
    [False, False, True, True, True, False, False]
    """
    ### BEGIN SOLUTION
    return [sum(is_on[max(0, i - n + 1) : i + 1]) >= k for i in range(len(is_on))]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_k_of_n", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("22.k_of_n", k_of_n)


### BEGIN HIDDEN TESTS
def k_of_n_cases(rng):
    cases = [([True, True, False, False, True, False], 2, 4), ([True, False], 1, 5)]
    for share, k, n in ((0.4, 2, 3), (0.6, 5, 8), (0.7, 3, 3), (0.4, 4, 9)):
        cases.append(([bool(x) for x in rng.random(60) < share], k, n))
    return cases


check("22.k_of_n", k_of_n, cases=k_of_n_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>True counts as 1 in a sum. For window i, which slice of the list are the last n?</details>
#
# <details><summary>Hint 2</summary>The slice ends at <code>i + 1</code>, which isn't part of it. Its start must not become
# negative: <code>max(0, …)</code>.</details>

# %% [markdown]
# ## 2 · Hysteresis (●●○, 8 minutes)
#
# Write `hysteresis`: on from a score of `on`, off only below `off`, and between the two as it was. It starts off.


# %% nbgrader={"grade": false, "grade_id": "answer_hysteresis", "locked": false, "schema_version": 3, "solution": true, "task": false}
def hysteresis(scores, on, off):
    """Which windows are on, with two thresholds.

    Parameters
    ----------
    scores : list of float
        One for each window, in order of time.
    on, off : float
        off <= on.

    Returns
    -------
    list of bool
        As long as `scores`.

    Example
    -------
    >>> hysteresis([0.1, 0.7, 0.5, 0.7, 0.3, 0.5], on=0.6, off=0.4)
    [False, True, True, True, False, False]
    """
    ### BEGIN SOLUTION
    state, states = False, []
    for score in scores:
        state = score >= (off if state else on)
        states.append(state)
    return states
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_hysteresis", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("22.hysteresis", hysteresis)


### BEGIN HIDDEN TESTS
def hysteresis_cases(rng):
    cases = [([0.5, 0.7, 0.5, 0.49, 0.69, 0.7], 0.7, 0.5), ([0.9, 0.2, 0.3], 0.9, 0.3)]
    for on, off in ((0.6, 0.2), (0.9, 0.5), (0.4, 0.4), (0.7, 0.6)):
        cases.append(([round(float(s), 1) for s in rng.random(60)], on, off))
    return cases


check("22.hysteresis", hysteresis, cases=hysteresis_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>One variable remembers whether it is on. It decides which threshold the next score meets.</details>
#
# <details><summary>Hint 2</summary>In both states the new state is a comparison with <code>&gt;=</code>; only the threshold
# differs.</details>

# %% [markdown]
# ## 3 · Choose by cost (●●○, 10 minutes)
#
# A false alarm costs sleep, a missed cry costs more. Write `choose_filter`: of several filters, the one whose errors cost least in
# an hour. Mind the units: false alarms come per hour, misses as a share of the cries.


# %% nbgrader={"grade": false, "grade_id": "answer_choose_filter", "locked": false, "schema_version": 3, "solution": true, "task": false}
def choose_filter(false_per_hour, missed, cries_per_hour, cost_false, cost_missed):
    """The filter whose errors cost least.

    Parameters
    ----------
    false_per_hour : (N,) float array
        False alarms an hour with each filter.
    missed : (N,) float array
        Share of the cries that each misses, 0 to 1.
    cries_per_hour : float
    cost_false, cost_missed : float
        Of one false alarm, and of one missed cry.

    Returns
    -------
    int
        Its place, from 0; the first of those that cost the same.

    Example
    -------
    >>> choose_filter(np.array([8.0, 2.0, 0.5]), np.array([0.0, 0.05, 0.4]), 1.0, 1.0, 20.0)
    1
    """
    ### BEGIN SOLUTION
    costs = cost_false * false_per_hour + cost_missed * cries_per_hour * missed
    return int(np.argmin(costs))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_choose_filter", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("22.choose_filter", choose_filter)


### BEGIN HIDDEN TESTS
def choose_filter_cases(rng):
    false, missed = np.array([6.0, 3.0, 1.5, 0.8, 0.3]), np.array([0.0, 0.02, 0.06, 0.2, 0.7])
    cases = [(false, missed, cries, 1.0, cost) for cries in (0.0, 0.2, 1.0, 4.0) for cost in (1.0, 15.0)]
    cases.append((np.array([1.0, 2.0, 1.0]), np.array([0.2, 0.3, 0.2]), 2.0, 1.0, 8.0))
    for _ in range(3):
        order = rng.permutation(10)
        falling, rising = np.sort(rng.uniform(0.1, 9, 10))[::-1], np.sort(rng.uniform(0, 0.5, 10))
        cases.append(
            (falling[order], rising[order], float(rng.uniform(0.2, 3)), 1.0, float(rng.uniform(5, 40)))
        )
    return cases


check("22.choose_filter", choose_filter, cases=choose_filter_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>What does an hour cost with one filter? Its false alarms times their cost, and its missed cries
# times theirs. How many cries are missed in an hour?</details>
#
# <details><summary>Hint 2</summary>The arrays allow all filters at once. <code>np.argmin</code> gives the place of the smallest,
# the first of equals.</details>

# %% [markdown]
# ## 4 · Explain: the rule that loses cries (●●●, 14 minutes)
#
# "Two seconds above the threshold, without a break" sounds like a sure way to tell a cry from a cough. Run the cell: it tries that
# rule, and *4 of 8*, on two cries and on laughter. Explain in six sentences at most: why does the rule lose the second cry and not the
# first? Why does *4 of 8* find both? Why does neither silence the laughter, and what would? Then: a team reports "no false alarm in
# eight hours" for a filter that it tuned on those eight hours. What two numbers do you ask for, and on which nights?
# Graded by a person, 3 points.
# Learning alone? Write first; `solution("22.explain_hold")` then shows our answer and what each point is for.

# %%
sounds = {
    "a cry without breaths": [0.9] * 20,
    "a cry with breaths": [0.9, 0.85, 0.9, 0.3] * 5,
    "laughter": [0.8, 0.7, 0.9, 0.4, 0.8, 0.85, 0.9, 0.8, 0.9, 0.85],
}
for name, scores in sounds.items():
    held, counted = (
        len(AlarmFilter(0.6, **rule).alarms(scores)) for rule in ({"hold": 2.0}, {"k": 4, "n": 8})
    )
    print(f"{name:22} hold 2 s: {held} alarm(s), 4 of 8: {counted} alarm(s)")

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_hold", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Hold starts anew at each window below the threshold, and a breath gives one such window every two seconds, so two seconds without a
# break never come; the first cry has no breath. 4 of 8 only counts: three of four windows are on, and a breath costs one of eight.
# The laughter is on for as long as a cry is, so a rule about time can't tell the two; that takes other scores, a detector trained with
# laughter among the other sounds. The eight hours have chosen the filter, so they say nothing about other nights, and a filter that
# never rings has no false alarms either. Ask for the false alarms an hour *and* the share of crying missed (with the delay), on
# nights with other recordings, which weren't used for the choice, and with the number of hours and of episodes.
#
# **Rubric (3 points)**
# - 1 point: a breath resets hold; k of n tolerates some windows that are off.
# - 1 point: laughter lasts like a cry, so no rule about time helps; the detector (its training data) must.
# - 1 point: false alarms an hour and missed cries (delay is welcome), on nights with other recordings than those of the tuning.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>Write down for each window how long it has been on. Where does the count go back to 0?</details>
#
# <details><summary>Hint 2</summary>Which filter never has a false alarm? What would show that it is useless?</details>
