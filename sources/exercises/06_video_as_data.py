# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 06: video as data
#
# Five tasks, about 50 minutes. You fit pictures into a box, find a frame by its number, predict what a chunked file makes you
# pay, and let a killed job go on. Then you explain a training that lost nothing but a file, and nobody noticed.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("06.fit_box")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "variant", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["parameters"]
VARIANT = 0  # whose data these are: 0 for whoever learns alone; in a class, each student may have a number

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · Into the box (●○○, 10 minutes)
#
# Write `fit_box`, which tells how large a picture becomes in a box, and how much padding lies on each side of it. The picture
# is as large as it can be without being stretched, and stands in the middle.


# %% nbgrader={"grade": false, "grade_id": "answer_fit_box", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fit_box(source, box):
    """Place a picture in a box.

    Parameters
    ----------
    source, box : (int, int)
        Width and height in pixels, each at least 1. A small picture is enlarged.

    Returns
    -------
    (width, height, top, bottom, left, right) : six int
        Of the scaled picture, rounded to the nearest pixel and at least 1 (no side lands near a half); and the padding.
        Where the padding is odd, the bottom or the right has one pixel more.

    Example
    -------
    >>> fit_box((640, 480), (240, 135))
    (180, 135, 0, 0, 30, 30)
    >>> fit_box((1920, 800), (240, 135))
    (240, 100, 17, 18, 0, 0)
    """
    ### BEGIN SOLUTION
    scale = min(box[0] / source[0], box[1] / source[1])
    width, height = (max(round(side * scale), 1) for side in source)
    left, top = (box[0] - width) // 2, (box[1] - height) // 2
    return width, height, top, box[1] - height - top, left, box[0] - width - left
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_fit_box", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("06.fit_box", fit_box)


### BEGIN HIDDEN TESTS
def fit_box_cases(rng):
    def clear(source, box):
        scale = min(box[0] / source[0], box[1] / source[1])
        return all(abs(side * scale % 1 - 0.5) > 0.05 for side in source)

    drawn = [tuple(map(tuple, rng.integers(30, 1500, (2, 2)).tolist())) for _ in range(60)]
    sliver = int(rng.integers(3000, 4000))
    named = [((sliver, 4), (320, 180)), ((3, sliver), (320, 180)), ((7, 7), (350, 350))]
    return [pair for pair in [*drawn, *named] if clear(*pair)]


check("06.fit_box", fit_box, cases=fit_box_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Two ratios: the box's width over the picture's, and the same for the heights. Which of the
# two may you use without the picture sticking out?</details>
#
# <details><summary>Hint 2</summary>Whole-number division by 2 gives the smaller half of the padding. Get the other half by
# subtraction, then the parts add up whatever the numbers.</details>

# %% [markdown]
# ## 2 · From a number to its video (●●○, 10 minutes)
#
# A store knows how many frames each video has. Write `locate`, which finds the video and the place in it for a frame's number
# in the whole store. It behaves as a list does: −1 is the last frame of all, and what isn't there raises an `IndexError`.


# %% nbgrader={"grade": false, "grade_id": "answer_locate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def locate(lengths, number):
    """Find a frame of a store.

    Parameters
    ----------
    lengths : list of int
        Frames of each video, in the store's order. A skipped video has 0, and keeps its place in the list.
    number : int
        Of the frame, from 0; negative counts from the end.

    Returns
    -------
    (video, frame) : two int
        Place of the video in `lengths`, and of the frame in the video, both from 0.

    Raises
    ------
    IndexError
        No such frame.

    Example
    -------
    >>> locate([3, 0, 2], 3), locate([3, 0, 2], -3)
    ((2, 0), (0, 2))
    """
    ### BEGIN SOLUTION
    ends = np.cumsum(lengths, dtype=int)
    total = int(ends[-1]) if len(ends) else 0
    if not -total <= number < total:
        raise IndexError(f"frame {number} of {total}")
    number %= total
    video = int(np.searchsorted(ends, number, side="right"))
    return video, int(number - ends[video] + lengths[video])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_locate", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("06.locate", locate)


### BEGIN HIDDEN TESTS
def locate_cases(rng):
    cases = []
    for count in (1, 4, 9):
        lengths = rng.integers(0, 7, count)
        lengths[rng.integers(count)] = 5
        total = int(lengths.sum())
        cases += [(lengths.tolist(), number) for number in range(-total - 3, total + 3)]
    many = rng.integers(0, 500, 3000).tolist()
    return [*cases, *[(many, int(number)) for number in rng.integers(0, sum(many), 20)], ([0], -1), ([], -1)]


check("06.locate", locate, cases=locate_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>The cumulative sums of the lengths say where each video ends. The frame's video is the first
# whose end lies <em>beyond</em> the number, and <code>np.searchsorted</code> finds it; mind its <code>side</code>.</details>
#
# <details><summary>Hint 2</summary>Check the range first, then add the total to a negative number. From then on there is one case
# only. A video with no frames ends where it begins: no number lies below its end that wasn't below an earlier one.</details>

# %% [markdown]
# ## 3 · What a chunk costs (●●●, 12 minutes)
#
# HDF5 unpacks a whole chunk, even for a single frame, and keeps it in a cache while there is room. Write `frames_unpacked`,
# which predicts how many frames are unpacked to deliver frames in a given order.


# %% nbgrader={"grade": false, "grade_id": "answer_frames_unpacked", "locked": false, "schema_version": 3, "solution": true, "task": false}
def frames_unpacked(numbers, chunk, cached):
    """Frames that are unpacked to read some, one by one.

    Parameters
    ----------
    numbers : list of int
        The frames asked for, from 0, in this order.
    chunk : int
        Frames in a chunk: 0 to chunk - 1 are in the first, and so on. All chunks are full.
    cached : int
        How many chunks the cache holds, from 0. It begins empty. Each unpacked chunk goes in; where that makes one too
        many, the one unused for longest goes out. A frame delivered from a chunk in the cache is a use of that chunk.

    Returns
    -------
    int

    Example
    -------
    >>> frames_unpacked([0, 1, 2, 3, 9], chunk=4, cached=1)
    8
    >>> frames_unpacked([0, 8, 1, 9], chunk=8, cached=1), frames_unpacked([0, 8, 1, 9], chunk=8, cached=2)
    (32, 16)
    """
    ### BEGIN SOLUTION
    cache, unpacked = [], 0  # the chunk used last stands last
    for number in numbers:
        which = number // chunk
        if which in cache:
            cache.remove(which)
        else:
            unpacked += chunk
        cache.append(which)
        del cache[: max(len(cache) - cached, 0)]
    return unpacked
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_frames_unpacked", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("06.frames_unpacked", frames_unpacked)


### BEGIN HIDDEN TESTS
def frames_unpacked_cases(rng):
    cases = []
    for chunk, cached, videos in ((1, 4, 9), (4, 0, 5), (6, 2, 4), (16, 3, 7), (64, 1, 3), (10, 8, 5)):
        numbers = rng.integers(0, chunk * videos, 70)
        runs = np.concatenate([np.arange(start, start + 5) for start in numbers[:12]])
        cases += [(numbers.tolist(), chunk, cached), (runs.tolist(), chunk, cached)]
    return [*cases, ([], 5, 2), ([int(rng.integers(1000))], 30, 1)]


check("06.frames_unpacked", frames_unpacked, cases=frames_unpacked_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Keep the cache as a list of chunk numbers, with the one used last at its end. What happens to
# the list when a chunk is asked for that is in it, and what when it isn't?</details>
#
# <details><summary>Hint 2</summary>Both cases end alike: the chunk stands at the end of the list. Then cut the list from the front
# until <code>cached</code> are left. With <code>cached = 0</code> nothing may be left.</details>

# %% [markdown]
# ## 4 · What is still to do? (●●○, 8 minutes)
#
# A job was killed, and weeks later somebody gives the same command again. Videos may have been replaced since. Write `to_make`,
# which lists the shards that must still be made.


# %% nbgrader={"grade": false, "grade_id": "answer_to_make", "locked": false, "schema_version": 3, "solution": true, "task": false}
def to_make(plan, found):
    """Shards that a job has to make.

    Parameters
    ----------
    plan : dict of str to list of (str, str)
        What is wanted: each shard's file name, and its videos as (name, hash of the video's file as it is now), in the
        order of their frames. Every shard has at least one video.
    found : dict of str to list of (str, str)
        What is in the folder: file names, and what each file records of its videos when it was written. Files whose
        writer was killed still end in ".part"; other files may be left from an earlier plan.

    Returns
    -------
    list of str
        Names of the shards that aren't there whole and exactly as planned, in the plan's order.

    Example
    -------
    >>> plan = {"b.h5": [("1.mp4", "77")], "a.h5": [("2.mp4", "e0"), ("3.mp4", "05")]}
    >>> to_make(plan, {"b.h5": [("1.mp4", "77")], "a.h5.part": [("2.mp4", "e0"), ("3.mp4", "05")]})
    ['a.h5']
    """
    ### BEGIN SOLUTION
    return [shard for shard, videos in plan.items() if found.get(shard) != videos]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_to_make", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("06.to_make", to_make)


### BEGIN HIDDEN TESTS
def to_make_cases(rng):
    cases = []
    for count in (10, 14):
        hashes = iter(rng.permutation(1000).tolist())
        names = [f"{k:03d}.h5" for k in rng.permutation(count)]
        plan = {name: [(f"{name}/{k}.mp4", f"{next(hashes):03x}") for k in range(3)] for name in names}
        found = {name: list(videos) for name, videos in plan.items()}
        both, torso, stale, turned, short, none, other, moved, named = rng.choice(names, 9, replace=False)
        found[f"{torso}.part"] = found.pop(torso)
        found[stale][1] = (found[stale][1][0], "new")
        found[turned].reverse()
        found[short].pop()
        del found[none]
        found[other] = [(name, "new") for name, _ in found[other]]
        found[f"{both}.part"] = list(plan[both])
        found["gone.h5"] = found.pop(moved)
        found[named][0] = ("renamed.mp4", found[named][0][1])
        cases.append((plan, found))
    return [*cases, (plan, {}), (plan, plan), ({}, {})]


check("06.to_make", to_make, cases=to_make_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Go through the plan, not through the folder. For each shard there is one question: is exactly
# this there, under exactly this name?</details>
#
# <details><summary>Hint 2</summary>Two lists of pairs are equal when names, hashes and order are. <code>found.get(shard)</code> is
# None where there is no such file, and None equals no list.</details>

# %% [markdown]
# ## 5 · Explain: the night shift's blue (●●○, 10 minutes)
#
# A colleague trains from a virtual dataset over four shards. One disk wasn't mounted. Run the cell: it prints some numbers of
# what the colleague read, beside the truth. Then explain in six sentences at most: why did reading raise no error? Which of
# the printed numbers give the fault away, and why does the mean color move toward blue and green? What would you do so that it can't happen again,
# and would float16 frames have hidden it better or worse? Graded by a person, 3 points.
# Learning alone? Write first; `solution("06.explain_blue")` then shows our answer and what each point is for.

# %%
from course_lib.color import rgb_to_lab
from course_lib.data import made_clip
from course_lib.video.lab_codec import decode_lab

clips = np.concatenate([made_clip(VARIANT + seed, frames=4, size=(48, 64)).frames for seed in range(4)])
lab = np.moveaxis(rgb_to_lab(clips), -1, 1)
scale, shift = np.array([2.55, 1, 1])[:, None, None], np.array([0, 128, 128])[:, None, None]
true = np.rint(lab * scale + shift).astype(np.uint8)
read = true.copy()
read[8:12] = 0  # the third shard's frames
for name, planes in (("truth", true), ("as read", read)):
    L, a, b = decode_lab(planes).mean(axis=(0, 1, 2))
    zeros = (planes == 0).all(axis=(1, 2, 3)).mean()
    print(
        f"{name:8} {len(planes)} frames, mean L {L:.0f}, a {a:.0f}, b {b:.0f}; frames all zero: {zeros:.0%}"
    )

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_blue", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# A virtual dataset holds only a list of places. Where it can't open one, HDF5 by design gives the fill value, which is 0 unless
# somebody chose another, so that shape and number type are right and nothing raises. The share of frames that are zero
# everywhere gives it away; the means do too, but only beside the truth. In uint8 Lab, a stored 0 is a = b = −128, so a
# quarter of such frames pulls both means down by more than 30: toward green and blue. Mend: at opening, look whether every
# shard is there with its size (as `LabStore` does), and never read through the virtual dataset without that. In float16 the
# same 0 is L = a = b = 0, a black frame, which looks like a fade or like padding and moves the mean color only toward
# gray: harder to notice, unless the fill value is NaN.
#
# **Rubric (3 points)**
# - 1 point: missing sources give the fill value by design, with right shape and type, so there is no error.
# - 1 point: the frames that are zero everywhere (or the means, compared with the truth), *and* that 0 stands for −128 in a
#   and b, since the encoding adds 128.
# - 1 point: a check at opening that every shard is there (existence, size or hash), or a fill value that can't be data; *and*
#   float16's 0 is black or gray, hence hidden better. An answer that says "worse" because NaN was chosen as fill value and
#   shows up at once is as good.
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>What does <code>decode_lab</code> make of a stored 0, in each of the three planes?</details>
#
# <details><summary>Hint 2</summary>Part 4 of the lesson met this trap twice. Which of the two ways to open the store spoke up, and
# what had it compared?</details>
