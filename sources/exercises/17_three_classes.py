# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 17: classes, balance and leaks
#
# Five tasks, about 45 minutes. You make classes of scores, balance them, compute F1 by class, and measure how much of a test leaked.
# Then you question a data set whose report looks good.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("17.relabel")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "variant", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["parameters"]
VARIANT = 0  # whose data these are: 0 for whoever learns alone; in a class, each student may have a number

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · Three classes from scores (●○○, 7 minutes)
#
# Write `relabel`: 0 (bad), 1 (normal) or 2 (good) for each score. Two readings of the lower threshold are about, and your function
# knows both.


# %% nbgrader={"grade": false, "grade_id": "answer_relabel", "locked": false, "schema_version": 3, "solution": true, "task": false}
def relabel(scores, low, high, low_is_bad):
    """Classes of scores.

    Parameters
    ----------
    scores : (n,) float array
        On any scale.
    low, high : float
        The thresholds; low is below high. A score equal to high is good.
    low_is_bad : bool
        Is a score equal to low bad (True) or normal (False)?

    Returns
    -------
    (n,) int array
        0, 1 and 2.

    Example
    -------
    >>> relabel(np.array([4.9, 5.0, 5.5, 6.0]), 5, 6, True)
    array([0, 0, 1, 2])
    """
    ### BEGIN SOLUTION
    above = scores > low if low_is_bad else scores >= low
    return above.astype(int) + (scores >= high)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_relabel", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("17.relabel", relabel)


### BEGIN HIDDEN TESTS
def relabel_cases(rng):
    cases = []
    for low, high, decimals in ((5, 6, 1), (4, 7, 0), (3.5, 5.5, 1), (44, 56, 0)):
        scores = np.r_[rng.uniform(low - 3, high + 3, 30).round(decimals), low, high, (low + high) / 2]
        cases += [(rng.permutation(scores), low, high, flag) for flag in (True, False)]
    return cases


check("17.relabel", relabel, cases=relabel_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Count thresholds: how many of the two does a score reach? That count is the class.</details>
#
# <details><summary>Hint 2</summary>Comparisons give True and False, and they add up as 1 and 0 when one of them is made a
# whole number first. The two readings differ in one character.</details>

# %% [markdown]
# ## 2 · As many of each (●●○, 9 minutes)
#
# Write `balance`: walk through the examples in a given random order, and keep of each class as many as the rarest class has.


# %% nbgrader={"grade": false, "grade_id": "answer_balance", "locked": false, "schema_version": 3, "solution": true, "task": false}
def balance(labels, order):
    """A balanced sample without copies.

    Parameters
    ----------
    labels : (n,) int array
        0, 1 and 2, each at least once.
    order : (n,) int array
        Each index into labels once, shuffled.

    Returns
    -------
    int array
        The indices that are kept, in the order in which you met them: of each class the first ones, as many as the rarest
        class has.

    Example
    -------
    >>> balance(np.array([1, 1, 0, 1, 2]), np.array([3, 2, 0, 1, 4]))
    array([3, 2, 4])
    """
    ### BEGIN SOLUTION
    per_class = np.bincount(labels, minlength=3).min()
    taken, kept = [0, 0, 0], []
    for i in order:
        if taken[labels[i]] < per_class:
            taken[labels[i]] += 1
            kept.append(i)
    return np.array(kept)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_balance", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("17.balance", balance)


### BEGIN HIDDEN TESTS
def balance_cases(rng):
    cases = []
    for counts in ([5, 9, 7], [12, 4, 6], [3, 30, 8], [2, 2, 9], [1, 4, 6]):
        labels = rng.permutation(np.repeat([0, 1, 2], counts))
        cases.append((labels, rng.permutation(labels.size)))
    return cases


check("17.balance", balance, cases=balance_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>How many are kept of each class? <code>np.bincount</code> counts the classes.</details>
#
# <details><summary>Hint 2</summary>A loop over <code>order</code>, with a list of three counters. An index is kept while its class's counter is
# below the limit.</details>

# %% [markdown]
# ## 3 · F1 by class (●●○, 8 minutes)
#
# Write `f1_by_class`: for each class, twice what is right, divided by how many there are plus how many were said.


# %% nbgrader={"grade": false, "grade_id": "answer_f1_by_class", "locked": false, "schema_version": 3, "solution": true, "task": false}
def f1_by_class(truth, said):
    """F1 of bad, normal and good.

    Parameters
    ----------
    truth, said : (n,) int arrays
        0, 1 and 2. A class may be missing in one of them or in both.

    Returns
    -------
    (3,) float array
        From 0 to 1; 0 for a class that is neither there nor said.

    Example
    -------
    >>> f1_by_class(np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2])).round(2)
    array([1.  , 0.67, 0.67])
    """
    ### BEGIN SOLUTION
    scores = np.zeros(3)
    for k in range(3):
        right = ((truth == k) & (said == k)).sum()
        there_and_said = (truth == k).sum() + (said == k).sum()
        scores[k] = 2 * right / there_and_said if there_and_said else 0
    return scores
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_f1_by_class", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("17.f1_by_class", f1_by_class)


### BEGIN HIDDEN TESTS
def f1_by_class_cases(rng):
    truth = rng.choice(3, 200, p=[0.29, 0.47, 0.24])
    near = np.clip(truth + rng.integers(-1, 2, 200), 0, 2)
    none = rng.integers(1, 3, (2, 30))
    return [
        (truth, near),
        (truth, np.ones(200, int)),
        (truth, 2 * (near // 2)),
        (none[0], none[1]),
        (np.full(5, 2), np.zeros(5, int)),
    ]


check("17.f1_by_class", f1_by_class, cases=f1_by_class_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Three counts a class: right, there, said. <code>truth == k</code> is an array of True and False, and its sum
# counts.</details>
#
# <details><summary>Hint 2</summary>What if a class is neither there nor said? Then you would divide by 0: ask before.</details>

# %% [markdown]
# ## 4 · How much of the test leaked? (●○○, 6 minutes)
#
# Write `leaked`: which share of the test *photos* has also been trained on? Both lists may hold a photo several times.


# %% nbgrader={"grade": false, "grade_id": "answer_leaked", "locked": false, "schema_version": 3, "solution": true, "task": false}
def leaked(train, test):
    """Share of the different test photos that are also in training.

    Parameters
    ----------
    train, test : (n,) and (m,) int arrays
        The photo's number for each entry; m at least 1.

    Returns
    -------
    float
        From 0 to 1.

    Example
    -------
    >>> leaked(np.array([1, 2, 2, 3]), np.array([2, 2, 2, 4]))
    0.5
    """
    ### BEGIN SOLUTION
    return len(set(test) & set(train)) / len(set(test))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_leaked", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("17.leaked", leaked)


### BEGIN HIDDEN TESTS
def leaked_cases(rng):
    cases = []
    for photos, share in ((100, 0.8), (40, 0.6), (25, 0.9), (60, 0.5)):
        entries = rng.permutation(np.r_[np.arange(photos), rng.integers(photos, size=photos)])
        cases.append((entries[: int(share * entries.size)], entries[int(share * entries.size) :]))
    return [*cases, (np.array([4]), np.array([4, 4])), (np.array([4, 4]), np.array([5]))]


check("17.leaked", leaked, cases=leaked_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>First make sure that each photo counts once, in both lists.</details>
#
# <details><summary>Hint 2</summary>Sets have <code>&amp;</code> for what they share and <code>len</code> for their size.</details>

# %% [markdown]
# ## 5 · Three questions to a data set (●●●, 15 minutes)
#
# *"We merged two sets, labeled them in three classes, split 80 to 20 at random, and get 83.6% right."* The cell makes the miniature that this
# is said of. Its `number` is the photo, and `said` are the stored predictions. It has three faults: one in the labels, one in the split, one in
# the report. Find each with about three lines of code in a cell of your own, and give: the number that proves it; how it came about; whether
# it makes the result look better or worse, or whether you can't know; and the line that would have stopped it. Graded by a person, 6 points.
# Learning alone? Write first; `solution("17.explain_faults")` then shows our answer and what each point is for.

# %%
rng = np.random.default_rng(17 + VARIANT)
number = rng.permutation(np.r_[np.arange(600), np.arange(400)])
score = np.random.default_rng(1 + VARIANT).normal(5.5, 0.9, 600).round(2)[number]
label, current = np.zeros(number.size, int), 1
for i, s in enumerate(score):
    if s <= 5:
        current = 0
    if s >= 6:
        current = 2
    label[i] = current
test = rng.random(number.size) < 0.2
certain = 0.6 if VARIANT else 0.7  # so that no student's own data give the reported number by luck
said = np.where(rng.random(number.size) < certain, label, rng.integers(3, size=number.size))

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_faults", "locked": false, "points": 6, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# *Labels:* `middle = (score > 5) & (score < 6)` and `(label[middle] != 1).mean()`: nearly all of the scores between 5 and 6 aren't normal. No branch
# fits them, so each keeps the label of the row before it. These labels can't be predicted from the photo, which makes an honest result worse;
# a photo that is listed twice can even have two labels. An `else` with `current = 1` (or an error) stops it.
#
# *Split:* `len(set(number[test]) & set(number[~test])) / len(set(number[test]))`: about 70% of the test photos are in training too, because 400 of the 600 are
# listed twice and entries were split. That makes the result look better, by memory. Split the photos: `test = is_test_photo[number]`, and assert that the
# two sets share nothing.
#
# *Report:* `(said[test] == label[test]).mean()`: about 77%, and over all entries 80%. Neither is 83.6%. The same file gives the same
# number every time, so neither rounding nor luck explains it; how it came about can't be known (an older run, another file). A test that recomputes the reported
# number from the stored predictions stops it.
#
# **Rubric (6 points, 2 for each fault)**
# (The numbers above are those of VARIANT 0. A student with another number has other ones; they stand on the student's page.)
# - Labels: 1 point for the share of the middle that isn't normal *and* the missing branch; 1 point for the direction (noise: worse, on an honest test) and the `else`.
# - Split: 1 point for the share of the test *photos* that are in training *and* entries split in place of photos; 1 point for the direction (better)
#   and a split by photo.
# - Report: 1 point for an accuracy recomputed from `said`, on the test entries; 1 point for saying that counting has no luck, that the cause can't be known
#   from here, and for a check that recomputes.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>For each sentence of the report there is one question: do the labels follow the rule? do the parts share photos? does
# the stored file give the number?</details>
#
# <details><summary>Hint 2</summary>What label does the loop give to 5.5? Follow it by hand through three rows.</details>
