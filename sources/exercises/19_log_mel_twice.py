# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 19: from sound to log-mel, twice
#
# Five tasks, about 45 minutes. You count frames, cut them, place the corners of a mel bank, and find out by how many frames a front end
# is late. Then you explain why a detector that worked on files misses cries on a device.
#
# Each task has a cell for your answer, a cell that checks it, and two hints to unfold when you are stuck. After your first
# try, `solution("19.count_frames")` in a cell of your own shows how the course does it. ●○○ is a warm-up, ●●● takes thought.

# %% nbgrader={"grade": false, "grade_id": "variant", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["parameters"]
VARIANT = 0  # whose data these are: 0 for whoever learns alone; in a class, each student may have a number

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.cry import log_mel
from course_lib.data import made_sounds
from course_lib.teach import check, solution  # noqa: F401 (solution is for you)

# %% [markdown]
# ## 1 · How many frames? (●○○, 7 minutes)
#
# Write `count_frames`. With `center`, n_fft // 2 samples of padding lie before the wave and as many after it. Only whole frames count.


# %% nbgrader={"grade": false, "grade_id": "answer_count_frames", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count_frames(samples, n_fft, hop, center):
    """Number of frames of a wave.

    Parameters
    ----------
    samples, n_fft, hop : int
        Length of the wave, of a frame, and from the start of a frame to that of the next; at least 1.
    center : bool
        Whether the wave is padded.

    Returns
    -------
    int
        0 where no frame fits.

    Example
    -------
    >>> count_frames(1000, 512, 160, True), count_frames(1000, 512, 160, False)
    (7, 4)
    """
    ### BEGIN SOLUTION
    if center:
        samples += 2 * (n_fft // 2)
    return max(0, 1 + (samples - n_fft) // hop)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_count_frames", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("19.count_frames", count_frames)


### BEGIN HIDDEN TESTS
def count_frames_cases(rng):
    drawn = [
        (int(rng.integers(1, 3000)), int(rng.integers(2, 700)), int(rng.integers(1, 500)), bool(i % 2))
        for i in range(20)
    ]
    return [*drawn, (640, 320, 320, False), (639, 320, 320, False), (5, 900, 3, False), (900, 301, 300, True)]


check("19.count_frames", count_frames, cases=count_frames_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Without padding: the first frame needs n_fft samples. Each further one needs hop more.</details>
#
# <details><summary>Hint 2</summary>Is n_fft odd? Then twice n_fft // 2 isn't n_fft. Is the wave too short? What does // do with
# numbers below 0?</details>

# %% [markdown]
# ## 2 · Cut them (●●○, 10 minutes)
#
# Write `cut_frames`: frames centered on samples 0, hop, 2 hop …, with zeros beyond the wave, each multiplied by the periodic Hann
# window.


# %% nbgrader={"grade": false, "grade_id": "answer_cut_frames", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cut_frames(wave, n_fft, hop):
    """Windowed frames of a wave.

    Parameters
    ----------
    wave : (samples,) float array
    n_fft, hop : int
        The wave is padded by n_fft // 2 zeros at either end.

    Returns
    -------
    (frames, n_fft) float array
        Only whole frames.

    Example
    -------
    >>> cut_frames(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), 4, 2)
    array([[0. , 0. , 1. , 1. ],
           [0. , 1. , 3. , 2. ],
           [0. , 2. , 5. , 0. ]])
    """
    ### BEGIN SOLUTION
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    padded = np.pad(wave, n_fft // 2)
    return np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop] * window
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_cut_frames", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("19.cut_frames", cut_frames)


### BEGIN HIDDEN TESTS
def cut_frames_cases(rng):
    sizes = ((90, 12, 6), (41, 10, 10), (64, 15, 4), (77, 8, 13), (30, 7, 2))
    return [(rng.uniform(-1, 1, n), n_fft, hop) for n, n_fft, hop in sizes]


check("19.cut_frames", cut_frames, cases=cut_frames_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>After padding, frame t is <code>padded[t * hop : t * hop + n_fft]</code>. How many are there? You wrote
# that above.</details>
#
# <details><summary>Hint 2</summary>The window: 0.5 − 0.5 cos(2π t / n_fft) for t from 0 to n_fft − 1. It multiplies the last axis of all
# frames at once.</details>

# %% [markdown]
# ## 3 · Corners of a mel bank (●●○, 8 minutes)
#
# Write `mel_points`: the corners of the triangles, evenly spaced in mels, on either scale. Write the scales and their inverses yourself; the
# table in part 3 of the lesson has them.


# %% nbgrader={"grade": false, "grade_id": "answer_mel_points", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mel_points(n_mels, fmin, fmax, scale):
    """Corners of a bank of triangles, in hertz.

    Parameters
    ----------
    n_mels : int
    fmin, fmax : float
        First and last corner, hertz.
    scale : {"htk", "slaney"}

    Returns
    -------
    float array
        Rising; as many as n_mels triangles need that share their corners.

    Example
    -------
    >>> mel_points(3, 0.0, 8000.0, "slaney").round(1)
    array([   0. ,  754.1, 1688.9, 3675.8, 8000. ])
    """
    ### BEGIN SOLUTION
    if scale == "htk":
        low, high = 2595 * np.log10(1 + np.array([fmin, fmax]) / 700)
        return 700 * (10 ** (np.linspace(low, high, n_mels + 2) / 2595) - 1)
    step = np.log(6.4) / 27
    ends = np.array([fmin, fmax])
    low, high = np.where(ends < 1000, ends * 3 / 200, 15 + np.log(np.maximum(ends, 1000) / 1000) / step)
    mels = np.linspace(low, high, n_mels + 2)
    return np.where(mels < 15, mels * 200 / 3, 1000 * np.exp(step * (mels - 15)))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_mel_points", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("19.mel_points", mel_points)


### BEGIN HIDDEN TESTS
def mel_points_cases(rng):
    return [
        (int(rng.integers(1, 90)), float(rng.uniform(0, 1500)), float(rng.uniform(2000, 20000)), scale)
        for scale in ("htk", "slaney") * 4
    ] + [(5, 0.0, 900.0, "slaney"), (5, 100.0, 900.0, "htk")]


check("19.mel_points", mel_points, cases=mel_points_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>Three steps: both ends to mels, <code>np.linspace</code> between them, all of it back to hertz. How
# many corners do two triangles have that share theirs?</details>
#
# <details><summary>Hint 2</summary>Slaney backwards: below 15 mels, 200/3 Hz a mel; above, 1000 · exp((m − 15) ln 6.4 / 27).
# <code>np.where</code> computes both.</details>

# %% [markdown]
# ## 4 · The off-by-one (●●○, 10 minutes)
#
# Two front ends made features of one sound, and somewhere a frame got lost. Write `late_by`: by how many frames the second one is late. Their
# first and last frames differ anyway, because they pad in different ways; so compare by the *median* of the absolute difference,
# which a few broken frames don't move.


# %% nbgrader={"grade": false, "grade_id": "answer_late_by", "locked": false, "schema_version": 3, "solution": true, "task": false}
def late_by(reference, other, most):
    """Shift at which other[:, t + shift] is most like reference[:, t], over the frames that both then have.

    Parameters
    ----------
    reference, other : (n_mels, frames) float arrays
        Of one shape.
    most : int
        Shifts from -most to most are tried, both included; frames is larger than most.

    Returns
    -------
    int
        Above 0 where `other` is late, below 0 where it is early.

    Example
    -------
    >>> late_by(np.array([[1.0, 7.0, 2.0, 9.0, 4.0]]), np.array([[5.0, 1.0, 7.0, 2.0, 9.0]]), 2)
    1
    """
    ### BEGIN SOLUTION
    frames = reference.shape[1]
    differences = {}
    for shift in range(-most, most + 1):
        start, end = max(0, -shift), min(frames, frames - shift)
        apart = np.abs(reference[:, start:end] - other[:, start + shift : end + shift])
        differences[shift] = np.median(apart)
    return min(differences, key=differences.get)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_late_by", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("19.late_by", late_by)


### BEGIN HIDDEN TESTS
def late_by_cases(rng):
    cases = []
    for shift, most in ((-3, 3), (2, 5), (0, 4), (4, 4), (-1, 2), (1, 6)):
        long = np.cumsum(rng.normal(size=(7, 60)), axis=1)
        other = long[:, 10 - shift : 50 - shift] + rng.normal(0, 0.02, (7, 40))
        other[:, [0, 1, -2, -1]] = 50
        cases.append((long[:, 10:50], other, most))
    scale = rng.uniform(1, 3)  # and five frames of which three leave: only two overlap
    few, late = np.array([[3.0, 8.0, 1.0, 6.0, 2.0]]), np.array([[5.0, 10.0, 6.0, 3.0, 8.0]])
    return [*cases, (scale * late, scale * few, 3), (scale * few, scale * late, 3)]


check("19.late_by", late_by, cases=late_by_cases)
### END HIDDEN TESTS

# %% [markdown]
# <details><summary>Hint 1</summary>For a shift of 2, frame 0 of the reference meets frame 2 of the other, and the reference's last two
# frames meet nothing. For −2 it is the other way around.</details>
#
# <details><summary>Hint 2</summary>Two slices for each shift: <code>start = max(0, -shift)</code> and
# <code>end = min(frames, frames - shift)</code> in the reference, the same plus shift in the other.</details>

# %% [markdown]
# ## 5 · Explain: the cry that went missing (●●○, 10 minutes)
#
# A detector was trained on two-second clips, in decibels with a floor 80 dB below the loudest place *of the clip*. On the device,
# the same code runs on the buffer since power-up. Run the cell: a faint cry, alone and after a slammed door. It prints how
# much of the cry's picture lies at the floor. Explain in six sentences at most: what happens to the cry, and from which
# moment on? Why did no test on files show it? Why doesn't it help to reset the maximum every two seconds? What do you change, in training and on
# the device, and what must be done with the network afterwards? Graded by a person, 3 points.
# Learning alone? Write first; `solution("19.explain_floor")` then shows our answer and what each point is for.

# %%
cry = made_sounds(1, 19 + VARIANT, seconds=2.0, kinds=["cry"]).waves[0]
cry = 0.001 * cry / np.abs(cry).max()
door = made_sounds(1, 19 + VARIANT, seconds=0.5, kinds=["clatter"]).waves[0]
door = door / np.abs(door).max()
for name, wave in (("alone", cry), ("after a slammed door", np.concatenate([door, cry]))):
    decibels = log_mel(wave, log="decibel")
    picture = decibels[:, -190:]  # the cry
    for floor, least in (("80 dB below the loudest", decibels.max() - 80), ("fixed, -100 dB", -100)):
        print(
            f"{name:21} floor {floor:24} {(picture <= least).mean():4.0%} of the cry's picture at the floor"
        )

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain_floor", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The slammed door raises the loudest place, and with it the floor, by as many decibels as it is louder than the cry; whatever of the
# cry lies lower is cut to one even shade. From the door on this holds for ever, because the maximum of everything since power-up
# never falls. A test on files never has it: each clip has its own maximum, mostly the cry's own, so cries always look the same
# there. A reset every two seconds only makes the features jump at each reset, and a door within the two seconds still hides the cry;
# besides, features of a frame would depend on frames that come later. Take a fixed reference and a fixed floor, the same
# in training and on the device. The network has to be trained (or at least tuned) again and its threshold chosen again, since
# its input has changed; and loudness must be varied in training, because the relative floor had hidden it.
#
# **Rubric (3 points)**
# - 1 point: the floor rises with the loudest sound so far, the quiet cry falls below it, and it stays so.
# - 1 point: files hide it, because each clip has a maximum of its own, *and* a reset doesn't mend it (jumps, later frames, a loud
#   sound within the window).
# - 1 point: fixed reference and floor on both sides, *and* train again (or tune, with the threshold chosen anew).
# ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1</summary>How much louder is the door than the cry, in decibels? Where does that put the floor?</details>
#
# <details><summary>Hint 2</summary>Part 6 of the lesson had dishes after a quiet second. Which frames' features depended on which
# samples?</details>
