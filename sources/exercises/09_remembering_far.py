# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 09: remembering far
#
# Five tasks, about 50 minutes. You read a memory, count who has been looked at, make prototypes of those who have, and work out
# which frames are held when. Then you explain to a film maker where a villain's color went.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("09.read_memory")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "variant", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["parameters"]
VARIANT = 0  # whose data these are: 0 for whoever learns alone; in a class, each student may have a number

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · Read a memory (●○○, 10 minutes)
#
# Write `read_memory`: each query takes the average of all stored values, weighted by a softmax of minus the squared distance
# between its key and theirs. It must also work for queries that are far from everything.


# %% nbgrader={"grade": false, "grade_id": "answer_read_memory", "locked": false, "schema_version": 3, "solution": true, "task": false}
def read_memory(memory_key, query_key, value):
    """W = softmax(-D), V = A Wᵀ.

    Parameters
    ----------
    memory_key : ndarray, (C, M)
        Keys of what is stored, one column each.
    query_key : ndarray, (C, Q)
    value : ndarray, (D, M)
        What is stored.

    Returns
    -------
    ndarray, (D, Q)

    Example
    -------
    >>> read_memory(np.array([[0.0, 1.0]]), np.array([[0.5, 1.0]]), np.array([[10.0, 20.0]])).round(2)
    array([[15.  , 17.31]])
    """
    ### BEGIN SOLUTION
    distance = ((memory_key[:, :, None] - query_key[:, None]) ** 2).sum(0)  # (M, Q)
    weights = np.exp(distance.min(0) - distance)
    return value @ (weights / weights.sum(0))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_read_memory", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("09.read_memory", read_memory)


### BEGIN HIDDEN TESTS
def read_memory_cases(rng):
    cases = []
    for c, m, q, d in ((2, 9, 5, 1), (5, 3, 8, 4), (6, 40, 3, 2), (1, 2, 1, 1)):
        key, asked = rng.normal(0, 0.8, (c, m)), rng.normal(0, 0.8, (c, q))
        cases.append((key, asked, rng.normal(0, 20, (d, m))))
        cases.append((key, asked + rng.uniform(30, 60), rng.normal(0, 20, (d, m))))
        cases.append((key, asked + 50 * (np.arange(q) % 2), rng.normal(0, 20, (d, m))))
    return cases


check("09.read_memory", read_memory, cases=read_memory_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>With two new axes, one array holds all differences of keys: (C, M, 1) minus (C, 1, Q). Square, and
# sum over the channels.</details>
#
# <details><summary>Hint 2</summary>exp(−1000) is 0 on a computer. Adding the same number to all scores of a query changes no weight:
# which number makes the largest of them exp(0)?</details>

# %% [markdown]
# ## 2 · Usage (●●○, 10 minutes)
#
# A memory grows, and is read now and then. Write `usage`: the attention that each element has received, added up over all
# queries of all reads, and divided by the number of reads that it was there for.


# %% nbgrader={"grade": false, "grade_id": "answer_usage", "locked": false, "schema_version": 3, "solution": true, "task": false}
def usage(reads):
    """Attention that each element receives in a read, on average.

    Parameters
    ----------
    reads : list of ndarray, (Q, M_t)
        Weights of each read in order, one row a query, each summing to 1. M_t never falls: new elements come in behind the old.

    Returns
    -------
    ndarray, (M,)
        Of the elements that the last read saw.

    Example
    -------
    >>> usage([np.array([[1.0], [1.0]]), np.array([[0.5, 0.5], [0.0, 1.0]])])
    array([1.25, 1.5 ])
    """
    ### BEGIN SOLUTION
    use = np.zeros(reads[-1].shape[1])
    life = np.zeros_like(use)
    for weights in reads:
        use[: weights.shape[1]] += weights.sum(0)
        life[: weights.shape[1]] += 1
    return use / life
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_usage", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("09.usage", usage)


### BEGIN HIDDEN TESTS
def usage_cases(rng):
    cases = []
    for queries in (2, 5, 9):
        sizes = np.cumsum(rng.integers(1, 6, 5))
        drawn = [rng.exponential(size=(queries, size)) ** 2 for size in sizes]
        drawn[2][:, 0] = 0
        cases.append(([weights / weights.sum(1, keepdims=True) for weights in drawn],))
    return cases


check("09.usage", usage, cases=usage_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Keep two arrays as long as the last read is wide: what was received, and by how many reads.</details>
#
# <details><summary>Hint 2</summary>Each read adds to the first M_t entries of both, and to no others.</details>

# %% [markdown]
# ## 3 · Prototypes (●●○, 10 minutes)
#
# Write `consolidate`: of some candidates, the most used become prototypes. A prototype's key is a candidate's; its value is
# read anew, from all the candidates, as in task 1.


# %% nbgrader={"grade": false, "grade_id": "answer_consolidate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def consolidate(key, value, usage, number):
    """Prototypes of some candidates.

    Parameters
    ----------
    key : ndarray, (C, N)
    value : ndarray, (D, N)
    usage : ndarray, (N,)
        No two are equal.
    number : int
        How many prototypes, at least 1; all N where it is more.

    Returns
    -------
    (key, value) : ndarray, (C, number) and (D, number)
        The most used first.

    Example
    -------
    >>> key, value = np.array([[0.0, 1.0, 9.0]]), np.array([[10.0, 20.0, 30.0]])
    >>> prototypes = consolidate(key, value, np.array([0.3, 0.2, 0.9]), 2)
    >>> [part.round(2).tolist() for part in prototypes]
    [[[9.0, 0.0]], [[30.0, 12.69]]]
    """
    ### BEGIN SOLUTION
    chosen = np.argsort(-usage)[:number]
    prototype = key[:, chosen]
    distance = ((key[:, :, None] - prototype[:, None]) ** 2).sum(0)
    weights = np.exp(distance.min(0) - distance)
    return prototype, value @ (weights / weights.sum(0))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_consolidate", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("09.consolidate", consolidate)


### BEGIN HIDDEN TESTS
def consolidate_cases(rng):
    cases = []
    for c, n, number in ((3, 12, 5), (2, 25, 24), (5, 7, 1), (1, 3, 50)):
        key, value = rng.normal(0, 0.6, (c, n)), rng.normal(0, 40, (3, n))
        usage = np.concatenate([[0.02], rng.permutation(n - 1) + rng.uniform(0.1, 0.4, n - 1)])
        cases.append((key, value, usage, number))
    return cases


check("09.consolidate", consolidate, cases=consolidate_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary><code>np.argsort</code> sorts upwards. What do you sort to get the most used first?</details>
#
# <details><summary>Hint 2</summary>The prototypes are queries, and all the candidates are the memory. Your answer to task 1 does the
# rest.</details>

# %% [markdown]
# ## 4 · Who is there? (●●○, 10 minutes)
#
# Frame 0 is the reference. Every `every`-th frame is stored. As soon as `work` frames are held, the reference counted, the
# `oldest` oldest behind the reference are consolidated at once. Write `held_frames`: which frames are held whole after some frame?


# %% nbgrader={"grade": false, "grade_id": "answer_held_frames", "locked": false, "schema_version": 3, "solution": true, "task": false}
def held_frames(frame, every, work, oldest):
    """Numbers of the frames that are held whole when `frame` has been stored (if it is due) and consolidation is over.

    Parameters
    ----------
    frame : int
        From 0.
    every, work, oldest : int
        γ, Ns and Ne, each at least 1; `oldest` is less than `work`.

    Returns
    -------
    list of int
        Rising.

    Example
    -------
    >>> held_frames(44, 5, 10, 5)
    [0, 5, 10, 15, 20, 25, 30, 35, 40]
    >>> held_frames(46, 5, 10, 5)
    [0, 30, 35, 40, 45]
    """
    ### BEGIN SOLUTION
    held = []
    for stored in range(every, frame + 1, every):
        held.append(stored)
        if len(held) + 1 == work:
            del held[:oldest]
    return [0, *held]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_held_frames", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("09.held_frames", held_frames)


### BEGIN HIDDEN TESTS
def held_frames_cases(rng):
    cases = [(t, 4, 7, 3) for t in (0, 3, 4, 23, 24, 25, 35, 36)]
    for _ in range(12):
        every, work = int(rng.integers(1, 7)), int(rng.integers(4, 13))
        cases.append((int(rng.integers(20, 400)), every, work, int(rng.integers(2, work - 1))))
    return cases


check("09.held_frames", held_frames, cases=held_frames_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>No formula is needed. Go from one stored frame to the next and keep a list.</details>
#
# <details><summary>Hint 2</summary>Leave the reference out of the list until the end; then the full list has <code>work − 1</code>
# entries, and those that go are at its beginning.</details>

# %% [markdown]
# ## 5 · Explain: the villain's coat (●●●, 10 minutes)
#
# A film maker colors a scene of 300 frames from its first one, with Ns = 10, Ne = 5, M = 128. A villain in a green coat, who is
# not in the reference, passes through six frames and is back from frame 200 on. A person corrected the coat's color by hand in those six, and yet
# it is brown at frame 200. Run the cell: it prints γ, the six frames, and what the memory made of the coat. Then explain in six sentences at most: which
# frames with the coat were stored, what happened to them and when, and why the coat got so few of the seats. Then name two
# remedies with their price. Graded by a person, 3 points.
# Learning alone? Write first; `solution("09.explain_coat")` then shows our answer and what each point is for.

# %%
import torch

from course_lib.video import FeatureMemory

every, stored = 5, 15
if VARIANT:  # a scene of a student's own
    rng = np.random.default_rng(VARIANT)
    every = int(rng.choice([4, 6, 7]))
    stored = every * int(rng.integers(2, 5))
print(f"γ = {every}; the coat is in frames {stored - 3} to {stored + 2}")
generator = torch.Generator().manual_seed(9)
wall = torch.randn(16, 12, 12, generator=generator)  # keys of what stands still
coat = torch.randn(16, 4, 3, generator=generator) + 3
memory = FeatureMemory(every=every, reading="plain")
for t in range(200):
    key = wall + 0.3 * torch.randn(16, 12, 12, generator=generator)
    if stored - 3 <= t < stored + 3:
        key[:, 4:8, 5:8] = coat
    if t:
        memory.read(key)
    if t == 0 or memory.due(t):
        memory.add(key, torch.zeros(1, 1, 12, 12), reference=t == 0, frame=t)
    if t in (9 * every - 1, 9 * every):
        kept = [p for p in memory.prototype_places.tolist() if p[0] == stored]
        in_coat = [p for p in kept if 4 <= p[1] < 8 and 5 <= p[2] < 8]
        print(
            f"frame {t}: held whole {memory.frames}; prototypes {memory.prototypes_held}, "
            f"of frame {stored} {len(kept)}, of the coat {len(in_coat)}"
        )
    if t == 9 * every - 1:
        seen = memory.usage[memory.frames.index(stored)]
        print(f"usage in frame {stored}: coat {seen[4:8, 5:8].mean():.2f}, elsewhere {seen[:4].mean():.2f}")

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_coat", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Of frames 12 to 17 only frame 15 is due, so the coat was stored once. At frame 45 the memory is full (the reference and 5, 10 … 45),
# and frames 5 to 25 are consolidated: 128 seats for five frames. A place's usage is the attention it received, divided by the frames
# that read it. Frames 16 and 17 looked at the coat; frames 18 to 45 didn't, while its life went on, so its rate was low and the
# seats went to the wall. Once the keys are gone nothing can find the color, however right it was. Remedies: a reference that
# shows the coat (it is never consolidated; somebody has to color it), or a second reference; a larger M or Ns (more memory and time, for all
# frames); a smaller γ (more frames with the coat, but more memory, and colors that drift faster); a fixed place in the memory for hand-corrected
# frames (it grows with every correction).
#
# **Rubric (3 points)**
# (The numbers above are those of VARIANT 0. A student with another number has other ones; they stand on the student's page: the frame that is stored,
# and 9γ, at which γ to 5γ are consolidated. Another scene's frames earn nothing.)
# - 1 point: one stored frame, 15; consolidated at frame 45 with 5, 10, 20 and 25.
# - 1 point: usage is divided by life: few frames looked at the coat, many could have; the 128 seats go to what is looked at all
#   the time. "It was too long ago" alone isn't enough: at frame 45 it was 28 frames ago.
# - 1 point: two remedies that work, each with its price. A smaller Ne or a larger long-term limit alone doesn't count: the coat never got into
#   the long-term memory.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>Which of the six frames' numbers can be divided by γ?</details>
#
# <details><summary>Hint 2</summary>Compare the two usages that are printed. How many frames have read the stored one by then, and
# how many of them showed the coat?</details>
