# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 23: capstone
#
# Five tasks, about 75 minutes. Three are checked: a budget of seconds, a device under three limits, a decision table read with care. Two are
# yours: a report with parameters of your own, and the measurement that you would do next. These are read by a person.
#
# Each of the first three has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("23.unproven")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math

from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · A budget of seconds (●○○, 10 minutes)
#
# One frame in k goes through the network and takes T, each other one takes c. The first frame is a keyframe, and so is every kth after
# it. Write `smallest_k`: the smallest k with which the whole clip is in time. The smallest, because it has the freshest colors.


# %% nbgrader={"grade": false, "grade_id": "answer_smallest_k", "locked": false, "schema_version": 3, "solution": true, "task": false}
def smallest_k(frames, T, c, seconds):
    """The smallest k with which the clip takes at most so many seconds.

    Parameters
    ----------
    frames : int
        In the clip, at least 1.
    T, c : float
        Seconds of a keyframe, and of a frame between.
    seconds : float
        For the whole clip.

    Returns
    -------
    int
        From 1 to `frames`; 0 where no k is enough.

    Example
    -------
    >>> smallest_k(10, 1.0, 0.125, 4.0)
    4
    """
    ### BEGIN SOLUTION
    for k in range(1, frames + 1):
        keyframes = math.ceil(frames / k)
        if keyframes * T + (frames - keyframes) * c <= seconds:
            return k
    return 0
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_smallest_k", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("23.smallest_k", smallest_k)


### BEGIN HIDDEN TESTS
def smallest_k_cases(rng):
    cases = [(20, 0.5, 0.125, 4.75), (9, 1.0, 0.25, 5.0), (30, 0.5, 0.25, 20.0), (40, 0.5, 0.25, 7.0)]
    cases.append((40, 0.5, 0.25, 10.25))  # one keyframe
    for _ in range(8):
        frames, T, c = (
            int(rng.integers(31, 120)),
            float(rng.integers(8, 16)) / 16,
            float(rng.integers(1, 5)) / 128,
        )
        keyframes = math.ceil(frames / int(rng.integers(4, 9)))
        cases.append((frames, T, c, keyframes * T + (frames - keyframes) * c))
    return cases


check("23.smallest_k", smallest_k, cases=smallest_k_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>First for one k: how many keyframes has a clip of 10 frames with k = 4? Draw them.</details>
#
# <details><summary>Hint 2</summary>Try k = 1, 2, 3 … and return the first that is in time. What if none is?</details>

# %% [markdown]
# ## 2 · A device under limits (●●○, 10 minutes)
#
# You have measured several devices for the night, and the product has limits: kilobytes, the share of the crying that is missed, and the
# delay. Write `choose_device`: of those within all limits, the one with the fewest false alarms an hour.


# %% nbgrader={"grade": false, "grade_id": "answer_choose_device", "locked": false, "schema_version": 3, "solution": true, "task": false}
def choose_device(devices, limits):
    """The name of the device to ship.

    Parameters
    ----------
    devices : list of dict
        Each with "name" (str), "kilobytes", "missed" (0 to 1), "delay" (seconds) and "false_per_hour".
    limits : dict
        "kilobytes", "missed" and "delay": at most so much of each.

    Returns
    -------
    str
        Of two with equally few false alarms, the smaller one's; "" where no device is within the limits.

    Example
    -------
    >>> a = {"name": "a", "kilobytes": 1565, "missed": 0.0, "delay": 2.0, "false_per_hour": 1.5}
    >>> b = {"name": "b", "kilobytes": 249, "missed": 0.05, "delay": 3.0, "false_per_hour": 1.75}
    >>> choose_device([a, b], {"kilobytes": 512, "missed": 0.05, "delay": 10.0})
    'b'
    """
    ### BEGIN SOLUTION
    within = [d for d in devices if all(d[name] <= limit for name, limit in limits.items())]
    within.sort(key=lambda d: (d["false_per_hour"], d["kilobytes"]))
    return within[0]["name"] if within else ""
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_choose_device", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("23.choose_device", choose_device)


### BEGIN HIDDEN TESTS
def choose_device_cases(rng):
    columns = ("name", "kilobytes", "missed", "delay", "false_per_hour")
    few = float(rng.integers(1, 5)) / 4
    limits = {"kilobytes": 300, "missed": 0.125, "delay": 6.0}
    given = ("given", 280, 0.0625, 3.0, few + 3)
    others = [
        ("big", 441, 0.0, 1.0, few),
        ("silent", 200, 1.0, 1.0, few),
        ("slow", 200, 0.0, 12.0, few),
        ("right there", 300, 0.125, 6.0, few + 1),
        ("twin", 150, 0.0625, 3.0, few + 3),
        ("loud", 90, 0.0, 0.5, few + 8),
    ]
    tables = [[given, other] for other in others] + [others[:3], [given, *others]]
    return [([dict(zip(columns, row, strict=True)) for row in table], limits) for table in tables]


check("23.choose_device", choose_device, cases=choose_device_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Two steps: strike out what breaks a limit, then take the best of the rest. At a limit is within it.</details>
#
# <details><summary>Hint 2</summary>A key for sorting can be a tuple. What is in the list when every device breaks some limit?</details>

# %% [markdown]
# ## 3 · What isn't shown (●●○, 10 minutes)
#
# A decision table has rows in which higher is better, rows in which lower is, and for each the least gain that would justify its cost. Write
# `unproven`: the stages whose gain over their baseline is smaller than that.


# %% nbgrader={"grade": false, "grade_id": "answer_unproven", "locked": false, "schema_version": 3, "solution": true, "task": false}
def unproven(rows):
    """The stages that don't gain enough, in the table's order.

    Parameters
    ----------
    rows : list of dict
        Each with "stage" (str), "measured", "baseline", "higher_is_better" (bool) and "least", above 0, the least gain, in the
        unit of what was measured.

    Returns
    -------
    list of str

    Example
    -------
    >>> color = {"stage": "color", "measured": 29.75, "baseline": 30.25, "higher_is_better": True, "least": 0.5}
    >>> night = {"stage": "night", "measured": 1.5, "baseline": 8.75, "higher_is_better": False, "least": 2.0}
    >>> unproven([color, night])
    ['color']
    """
    ### BEGIN SOLUTION
    found = []
    for row in rows:
        gain = row["measured"] - row["baseline"]
        if not row["higher_is_better"]:
            gain = -gain
        if gain < row["least"]:
            found.append(row["stage"])
    return found
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_unproven", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("23.unproven", unproven)


### BEGIN HIDDEN TESTS
def unproven_cases(rng):
    cases = []
    for _ in range(6):
        rows = []
        for i, share in enumerate(
            rng.permutation([-2.0, -2.0, -1.0, -1.0, 0.0, 0.5, 0.5, 1.0, 1.0, 1.0, 3.0, 3.0])
        ):
            baseline, least = float(rng.integers(20, 200)) / 4, float(rng.integers(1, 9)) / 4
            higher, gain = bool(i % 2), float(share) * least
            rows.append(
                {
                    "stage": f"row {(5 * i) % 12}",
                    "measured": baseline + (gain if higher else -gain),
                    "baseline": baseline,
                    "higher_is_better": higher,
                    "least": least,
                }
            )
        cases.append((rows,))
    return cases


check("23.unproven", unproven, cases=unproven_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Compute one number for each row, the gain, so that more of it is better in every row.</details>
#
# <details><summary>Hint 2</summary>A row that gains just the least is proven; one that is far worse than its baseline is not.</details>

# %% [markdown]
# ## 4 · Your report (●●●, 30 minutes)
#
# Choose parameters of your own, a video of yours or other limits, *and write down before you run it what you expect and why*. Then, in the
# course's folder,
#
# ```sh
# .venv/bin/python -m tools.report my.toml -o my_report
# ```
#
# Answer in the cell below, in 25 lines at most: your parameters and your expectation; the six rows of your table (from `my_report/report.json`
# or the page); and a defense of *one* number among them. What was measured, on what data, in which unit? What does it stand beside, and
# why is that the right baseline? What does the number hide? Where would the decision fall? Graded by a person, 12 points.
# Learning alone? Write first; `solution("23.explain_report")` then shows our answer and what each point is for.

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_report", "locked": false, "points": 12, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# *An answer that earns all points, in outline.* Parameters: `LOSS = 0.5`, all else as it was. Expected: at half a decibel the rule will ask
# for more keyframes than with one, since every way that carries color loses more than that; the other rows don't know LOSS. Table: six
# rows. The number: PSNR of the *color* row. It is the mean over the frames after the reference, in decibels, of RGB against the clip's own color, on one
# made clip. Beside it stands color carried by optical flow, the best of all that needs no training; gray alone would be too easy, since
# pale pictures already stand near its PSNR. The number hides that the network pales: it keeps a smaller share of the chroma than flow does, and
# where the truth is vivid flow's error is smaller. On four real clips the kept table has flow first, 30.3 to 29.9 dB; with a LOSS of 0.5 or of 1
# the rule ships flow there. So the decision holds for clips whose objects cross and uncover each other, and falls where all can be followed.
#
# **Rubric (12 points; four criteria, 0 to 3 each)**
#
# | | 0 | 1 | 2 | 3 |
# | --- | --- | --- | --- | --- |
# | **Prediction and run** | no table, or not the student's own | table, parameters missing | parameters and table agree, no expectation | an expectation with a reason, stated first, and compared with what came |
# | **The number** | no number, or none of the table | a number without unit or data | unit and data named | also how it is averaged, or over how many (frames, sounds, episodes, hours) |
# | **The baseline** | none | repeats the column | says what the baseline is | argues why it is the right one, or names a cheaper or stronger one that is missing |
# | **What it hides, where it falls** | "it works", or only praise | a general doubt ("more data") | one weakness, with a number from the page or a card | also the data on which the decision would turn around, with the kept number for it |
#
# A good answer may find that its own expectation was wrong: that costs nothing, hiding it costs the first criterion's third point. Take off nothing for
# a verdict "not yet". A number that isn't in the table or on the page earns nothing in its criterion. The page can be made again from the parameters
# (video and machine-dependent seconds aside): run it where you doubt.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>Change one parameter at a time: then an expectation can be right or wrong.</details>
#
# <details><summary>Hint 2</summary>Look for the columns that stand beside the one that decides. Which of them would have decided otherwise?</details>

# %% [markdown]
# ## 5 · The next measurement (●●●, 15 minutes)
#
# Your table has rows that say *not measured*, or that real data speak against. You have one week, and may measure one thing. Write in six
# sentences at most: which row; on what data and how many, kept apart from what was chosen on; beside which baseline; which result would make you
# ship and which would make you stop, as numbers *fixed now*. Graded by a person, 4 points.
# Learning alone? Write first; `solution("23.explain_next")` then shows our answer and what each point is for.

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_next", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The night. With cries from telephones the chosen filter missed 15 of 76 episodes, without a filter 3, and those 76 come from 54
# recordings of 30 sources. I would record cries with the device's own microphone, from thirty homes or more, split by home: ten to choose
# threshold and filter on, twenty to report. Baseline: the bare threshold on the same nights. Ship if the upper end of the 95% interval of the share
# missed is below 10% at no more than one false alarm an hour; stop, and train the detector with such recordings, if the lower end is above 5%. In
# between I have measured too little, and say so.
#
# **Rubric (4 points, 1 each)**
# - The row is one whose decision depends on it (real data speak against it, or nothing was measured), and the answer says why that one first.
# - Data: which, how many, and split by source (home, clip, recorder), apart from what anything was chosen on.
# - A baseline on the same data.
# - Both outcomes as numbers fixed beforehand, with the uncertainty in mind (an interval, or a number of episodes that makes it small).
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>Which row's answer would change what you ship? A measurement that can't change it isn't worth a week.</details>
#
# <details><summary>Hint 2</summary>With 0 of 40 cries missed, what is the upper end of a 95% interval? How many would you need for 5%?</details>
