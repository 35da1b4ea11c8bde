# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Keyframes: 90 seconds to 6
#
# **Field report.** A team ran a heavy colorizer on a phone: 150 frames took it 90 seconds. They kept it for one frame in 30, and
# gave the 29 between the keyframe's color through the guided filter's a and b, a recipe that they knew from a low-light
# pipeline. That took 6 seconds. And it had three prices, which they named and didn't measure: the color flickers, what moves
# loses its color, and all of it comes out duller.
#
# You will be able to
# - say what a keyframe in k saves, before you build it, and name both ceilings;
# - carry a keyframe's color to other frames with two small pictures and one line of code;
# - measure the three prices, see which of them a number hides, and mend two of them.
#
# You need lessons 05 and 13. Reading 17 minutes, running 25 seconds, exercises 45 minutes.

# %%
import itertools
import time

import cv2
import numpy as np
import torch

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import made_clip
from course_lib.images import colorize
from course_lib.metrics import flicker, mean_chroma
from course_lib.mobile import (
    KeyframeColorizer,
    apply_coefficients,
    is_scene_cut,
    keyframe_facts,
    local_linear_coefficients,
    pretrained,
    scene_change,
)
from course_lib.teach import COLORS, figure, headline, play, predict, show

# %% tags=["parameters"]
SEED = 0  # of the made clips; this default run is the full run
K = 30  # a keyframe in so many frames
SIZE = (72, 96)  # height and width of the made clips

# %% [markdown]
# ## 1 · Arithmetic first
#
# The report gives three numbers: 150 frames, 90 seconds, 6 seconds. Let $T$ be the time of a keyframe, $c$ that of each frame
# between, and one frame in $k$ a keyframe. Then k frames take $T + (k-1)\,c$ in place of $k\,T$:
#
# $$\text{speed-up} = \frac{k\,T}{T + (k-1)\,c}.$$

# %%
question = "With k = 30, and frames between that cost nothing at all: how many times faster can it get?"
predict("14.ceiling", question, low=1, high=100)


# %%
def speed_up(k, T, c):
    """How many times faster than T a frame."""
    return k * T / (T + (k - 1) * c)


# %% [markdown]
# **Measure.** Take the report apart. The assertions: its keyframes alone take half of its 6 seconds; what is left is 20.7 ms for each
# other frame; and 15 times is what that gives.

# %%
T = 90 / 150
keyframes = 150 // 30
c = (6 - keyframes * T) / (150 - keyframes)
print(
    f"{keyframes} keyframes take {keyframes * T:.1f} s; each of the other {150 - keyframes}, {1000 * c:.1f} ms"
)

# %%
predict.reveal("14.ceiling", speed_up(30, T, 0), f"The report reached {speed_up(30, T, c):.0f}.")
assert np.isclose(keyframes * T, 3.0) and round(1000 * c, 1) == 20.7
assert np.isclose(speed_up(30, T, c), 15) and np.isclose(speed_up(30, T, 0), 30)

# %% [markdown]
# So k is a ceiling: 30 times at the very most. There is a second one. Let k grow without end, and every frame still costs c: never
# more than $T/c$ times faster. The report's k sits where the two meet, and gets half of either. The assertion holds both ceilings.

# %%
ks = np.arange(1, 301)
fig, ax = figure(height=2.8, width=6)
ax.plot(ks, speed_up(ks, T, c), label="the report's T and c")
ax.plot(ks, np.minimum(ks, T / c), label="the lower of the ceilings, k and T / c")
ax.plot(30, 15, "o", color=COLORS["black"])
ax.set(xlabel="k, frames to a keyframe", ylabel="times faster", ylim=(0, 35))
ax.legend()
assert (speed_up(ks, T, c) <= np.minimum(ks, T / c) + 1e-9).all()
show(
    fig,
    caption="Two ceilings, k and T / c. The report's 15 (dot) lies where they cross; from there, a smaller c gains more than a larger k.",
    alt="A curve that rises steeply, bends near k = 30 at 15, and creeps toward 29; above it a line that rises and turns flat at 29.",
)

# %% [markdown]
# **Try it:** exercise 14, *amortized*: the cost of a clip whose keyframes don't come evenly.
#
# ## 2 · Color on a line
#
# In lesson 13 a window's color p was a straight line of lightness: $p \approx a L + b$. (As there, a and b are slope and offset, not
# Lab's channels.) On a keyframe you have both L and the colorizer's answer p. Keep a and b, small. For the next frame, put *its* L on
# *that* line:
#
# $$p_t = \bar a\,L_t + \bar b .$$
#
# To see what this costs and nothing else, take a clip whose true color is known, and a colorizer that makes no mistakes: it is shown
# the true frame and answers it.

# %%
clip = made_clip(SEED, frames=150, size=SIZE)
lab = rgb_to_lab(clip.frames)
lightness, ab = lab[..., 0] / 100, lab[..., 1:] / 110


def perfect(frame):
    """The colorizer that knows."""
    return frame


# %%
RADIUS, EPS, SUBSAMPLE = 4, 0.001, 2
carried = []
for t, (L, true) in enumerate(zip(lightness[:60], ab[:60], strict=True)):
    if t % K == 0:
        a, b = local_linear_coefficients(L, true, RADIUS, EPS, SUBSAMPLE)
        carried.append(true)
    else:
        carried.append(apply_coefficients(a, b, L))

# %% [markdown]
# That is all of it. From here on the package's `KeyframeColorizer`: it takes frames one at a time and never looks ahead. The assertions:
# it gives what we built; on every kth frame, the colorizer's own answer; and on the others the frame's own lightness.

# %%
settings = {"radius": RADIUS, "eps": EPS, "subsample": SUBSAMPLE}
stream = KeyframeColorizer(perfect, K, **settings).stream(clip.frames[:60])
frames = np.stack(list(stream))
ours = lab_to_rgb(np.concatenate([lab[:60, ..., :1], 110 * np.stack(carried)], axis=-1))
print(f"a and b: {a.shape} for frames of {SIZE}")

# %%
assert np.abs(frames - ours).max() < 0.002
assert all(np.array_equal(frames[t], clip.frames[t]) == (t % K == 0) for t in range(60))
assert np.abs(rgb_to_lab(frames)[..., 0] - lab[:60, ..., 0]).max() < 0.05

# %%
late = K // 2
error = np.linalg.norm(110 * (np.stack(carried) - ab[:60]), axis=-1)
show(
    [clip.frames[0], clip.frames[late], frames[late], (error[late] / 80).clip(0, 1)],
    titles=["keyframe", f"{late} frames later, true", "carried", "color error (ab; white: 80)"],
    caption="The shapes are where they belong, the colors are where they were.",
    alt="A made scene with colored shapes; the same later, shapes moved; its carried version with colors left behind; error at shapes.",
)

# %% [markdown]
# a and b belong to *places*. The lightness moves on, the color stays. Where nothing moves that does little harm: the error is dark
# there. **Play** with k.


# %%
def draw(k, frame):
    """The true frame, and what is carried to it."""
    made = KeyframeColorizer(perfect, k, **settings)
    start = frame // k * k  # nothing before the last keyframe matters
    *_, last = made.stream(clip.frames[start : frame + 1])
    fig, axes = figure(1, 2, height=1.7, width=3.9)
    for ax, picture, title in zip(axes, (clip.frames[frame], last), ("true", f"k = {k}"), strict=True):
        ax.imshow(picture)
        ax.set_title(title)
        ax.set_axis_off()
    return fig


play(
    draw,
    {"k": (1, 60, 1, 30), "frame": (0, 149, 1, 29)},
    look_for="Hold k and step through the frames across a keyframe: what jumps? Then find the largest k you would accept.",
    twin=[{"k": k, "frame": 59} for k in (1, 5, 15, 30)],
    caption="The longer ago the keyframe, the farther the shapes have left their colors.",
    alt="Four pairs of the same frame. With k = 1 both are the same; with larger k the colors lie farther from their shapes.",
)

# %% [markdown]
# ## 3 · Three prices
#
# Now measure what the report named. *Flicker* is what changes from frame to frame beyond what moves: read the next frame where the
# clip's exact motion has taken each pixel, and take the mean squared difference, times 1000. (Lesson 07 builds it.) The color error is
# measured apart for moving objects and background, and chroma is a share of the true chroma.

# %%
question = "A keyframe in 2, 5, 10, 15, 30, 60 frames: at which k does the clip flicker most?"
predict("14.flicker", question, choices=["2", "5", "10", "15", "30", "60"])


# %%
def prices(frames, clip):
    """Flicker, color error in objects and in the background, share of the chroma that is left."""
    ab, true = rgb_to_lab(np.stack(frames))[..., 1:], rgb_to_lab(clip.frames)[..., 1:]
    error, objects = np.linalg.norm(ab - true, axis=-1), clip.labels > 0
    shaken = flicker(frames, flow=clip.flow, visible=clip.visible)
    return shaken, error[objects].mean(), error[~objects].mean(), mean_chroma(ab) / mean_chroma(true)


clips = [made_clip(SEED + i, frames=120, size=SIZE) for i in range(2)]


def measured(k, **options):
    """The prices, averaged over the clips."""
    runs = [(list(KeyframeColorizer(perfect, k, **settings | options).stream(x.frames)), x) for x in clips]
    return np.mean([prices(*run) for run in runs], axis=0)


# %%
table = {k: measured(k) for k in (1, 2, 5, 10, 15, 30, 60)}
print("  k   flicker   objects   background   chroma left")
for k, (shaken, objects, background, chroma) in table.items():
    print(f"{k:3} {1000 * shaken:8.2f} {objects:9.1f} {background:12.1f} {chroma:12.0%}")
print("(flicker times 1000; color error (ab) in objects and background)")

# %% [markdown]
# The error does what you would think: it grows with k, inside the objects several times faster than around them. The chroma falls at once,
# and then stays: a carried frame is dull from the first on, and k only says how many of them there are. And see flicker. It is
# worst with *many* keyframes, and least where they are rare.
#
# The assertions: from k = 2 to 60 the error in objects rises with each step and is over twice the background's; the chroma is below 95%
# and less at 60 than at 2; the flicker at k = 60 is less than half of that at k = 5.

# %%
shaken, objects, background, chroma = np.array(list(table.values())).T
predict.reveal(
    "14.flicker",
    str(list(table)[int(shaken.argmax())]),
    "Each switch shakes the clip; rare switches shake it rarely.",
)

# %%
assert (np.diff(objects) > 0).all() and (objects[1:] > 2 * background[1:]).all()
assert (chroma[1:] < 0.95).all() and chroma[-1] < chroma[1]
assert shaken[-1] < shaken[2] / 2

# %% [markdown]
# Is a clip with k = 60 then calmer to look at? Look at single frames: how wrong is each, and how much changes at each step?

# %%
run = list(KeyframeColorizer(perfect, K, **settings).stream(clip.frames[:120]))
ab_run = rgb_to_lab(np.stack(run))[..., 1:]
error = np.linalg.norm(ab_run - 110 * ab[:120], axis=-1).mean(axis=(1, 2))

# %%
steps = [
    flicker(run[t : t + 2], flow=clip.flow[t : t + 1], visible=clip.visible[t : t + 1]) for t in range(119)
]
switch = np.arange(119) % K == K - 1  # from the last carried frame to the keyframe

# %%
fig, axes = figure(1, 2, height=2.6)
axes[0].plot(error)
axes[0].set(xlabel="frame", ylabel="color error (ab)")
axes[1].plot(1000 * np.array(steps))
axes[1].set(xlabel="frame", ylabel="one step's flicker (× 1000)")
show(
    fig,
    caption="The error is a sawtooth: it grows until the next keyframe takes all of it back at once. That step is the flicker you see.",
    alt="Left, a sawtooth that falls to zero at each keyframe. Right, a low line with a tall spike at each keyframe.",
)

# %% [markdown]
# The assertion: at the switches a step shakes the clip at least ten times as much as the median step elsewhere. A mean over the clip
# hides that. So read flicker with its spikes, and put an error beside it: a frozen clip flickers least of all.

# %%
steps = np.array(steps)
print(
    f"a switch shakes {steps[switch].mean() / np.median(steps[~switch]):.0f} times as much as the median step between"
)
assert steps[switch].mean() > 10 * np.median(steps[~switch])

# %% [markdown]
# **Try it:** exercise 14, *switch_share*: how much of a clip's flicker is in its switches.
#
# ## 4 · How much faster?
#
# Now the course's heavy colorizer, a small network of DDColor's kind (its code is `course_lib/mobile/query_colorizer.py`). What does it take,
# and what does each frame between? Seconds here are *processor* seconds of one thread, so that other programs on your machine don't count.

# %%
torch.set_num_threads(1)
cv2.setNumThreads(1)
heavy = pretrained("heavy")
gray = [lab_to_rgb(np.dstack([100 * L, 0 * L, 0 * L]))[..., 0] for L in lightness]


def color(frame):
    """The heavy colorizer, gray frame in, RGB frame out."""
    return colorize(heavy, frame)


# %%
question = f"150 frames, k = {K}. How many times faster than the heavy colorizer on every frame?"
predict("14.measured", question, low=1, high=K)

# %% [markdown]
# **Measure.** All in one cell: 12 frames one by one, which gives T; then all 150 with keyframes. Seconds depend on your machine and on what
# else it does, so this cell prints and asserts nothing. Compare the two numbers it gives: the measured ratio, and the formula's from T and c.

# %% tags=["nbval-ignore-output"]
began = time.process_time()
for frame in gray[1:13]:
    color(frame)
T = (time.process_time() - began) / 12
between, played = [], KeyframeColorizer(color, K, **settings)
began = time.process_time()
for t, frame in enumerate(gray):
    start = time.process_time()
    played(frame)
    if t % K:
        between.append(time.process_time() - start)
whole = time.process_time() - began
c = np.mean(between)
print(f"T {1000 * T:.0f} ms, c {1000 * c:.2f} ms; {150 * T:.1f} s become {whole:.2f} s")
predict.reveal("14.measured", 150 * T / whole, f"By the formula, {speed_up(K, T, c):.0f}.")

# %% [markdown]
# (The shipped colorizer looks at each picture and at its mirror image, which makes it a little better, and T twice as long. Part 5 has
# the numbers for a single look, too.)
#
# Where do the milliseconds of a frame between go? Take its three parts one by one, and beside them the way back to RGB as it would be, were it
# written in NumPy. (The L of OpenCV's Luv is Lab's, and quicker to get.)


# %% tags=["nbval-ignore-output"]
def milliseconds(part):
    """Processor milliseconds, the mean of 50."""
    began = time.process_time()
    for _ in range(50):
        part()
    return 1000 * (time.process_time() - began) / 50


frame, L = gray[1], lightness[1]
ready = np.dstack([100 * L, 110 * apply_coefficients(a, b, L)])
parts = {
    "gray to L": lambda: cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_GRAY2RGB), cv2.COLOR_RGB2Luv),
    "a L + b, enlarged": lambda: apply_coefficients(a, b, L),
    "Lab to RGB, by OpenCV": lambda: cv2.cvtColor(ready, cv2.COLOR_Lab2RGB),
}
spent = {name: milliseconds(part) for name, part in parts.items()}
in_numpy = milliseconds(lambda: lab_to_rgb(ready))
print(", ".join(f"{name}: {value:.3f} ms" for name, value in spent.items()))
print(f"all three: {sum(spent.values()):.3f} ms; Lab to RGB in NumPy, alone: {in_numpy:.3f} ms")

# %% [markdown]
# So color *conversion* is what to watch: a camera and a screen speak RGB, and each frame goes to Lab and back. Even compiled, the two ways are
# a good part of c; in NumPy the way back would take several times as long. And if you want still more speed, don't convert at all: a video's own
# Y, Cb, Cr is a lightness and two colors already.
#
# Mind the *latency*, too. The mean is small, but a keyframe still takes T. A live stream stalls for that long, once in k
# frames, unless the colorizer runs beside it and its answer is taken late.
#
# ## 5 · On real clips
#
# A made clip's gray tells nothing of its color, so no colorizer can be right there. The next table is from real clips: six DAVIS sequences, held out, each
# played forth and back to 150 frames. It was measured by `python -m benchmarks.keyframes`, which keeps its numbers in the course.
# "Moving" is where the flow is longer than a pixel a frame, for the pack has no masks of objects. The error is taken twice: to the true color, and to the heavy colorizer's *own*
# color frame by frame. The first mixes the colorizer's mistakes with those of carrying; the second has only the latter. Chroma, too, is a share
# of the colorizer's own. Flicker is along a flow that is estimated, and what that misses counts: the true colors don't score 0.

# %%
facts = keyframe_facts()
real, carrying = facts["prices"]["model"], facts["prices"]["truth"]
rows = [f"every {k}" for k in (1, 5, 10, 15, 30, 60)]
columns = ("error", "error moving", "error to own", "error to own moving", "chroma")

# %%
print("              flicker   to truth  (moving)   to its own  (moving)   chroma")
for name in rows:
    row = "{:11.1f}{:10.1f}{:13.1f}{:10.1f}{:9.0%}".format(*(real[name][x] for x in columns))
    print(f"{name:12}{1000 * real[name]['flicker']:9.2f}{row}")
print(f"true colors {1000 * facts['true colors']['flicker']:9.2f}")

# %% [markdown]
# What to see in it. The error *to its own* grows with k, and is larger where the picture moves. But the error *to truth*
# hardly changes: this colorizer is so far from the truth that carrying adds little. The chroma doesn't fall at all, and the flicker is even *lower* than
# that of the colorizer frame by frame: it flickers by itself, and carried color doesn't. So what keyframes cost depends on how good your
# colorizer is. With a perfect one in its place all three prices are there.
#
# The assertions: at k = 30 and 240 × 136 the speed-up is at least 15; the error to its own rises with each k, and is larger where things move; to truth it
# is never over a quarter more than frame by frame; the flicker at k = 30 is below that at k = 1; the perfect colorizer at k = 30 keeps less than 97% of
# its chroma, and flickers more than the true colors do.

# %%
seconds, keeps = facts["processor seconds"], carrying["every 30"]["chroma"]
single = speed_up(30, seconds["T of one look"], seconds["c plain"])
print(f"k = 30: {facts['speed-up']['30']:.0f} times faster, and {single:.0f} times with a single look")
print(
    f"the perfect colorizer carried: error {carrying['every 30']['error to own']:.1f}, {keeps:.0%} of the chroma left, "
    f"flicker {1000 * carrying['every 30']['flicker']:.2f}"
)
to_own, to_truth, moving = (
    [real[name][e] for name in rows] for e in ("error to own", "error", "error to own moving")
)
assert facts["speed-up"]["30"] >= 15
assert (np.diff(to_own) > 0).all() and all(m > o for m, o in zip(moving[1:], to_own[1:], strict=True))
assert real["every 30"]["flicker"] < real["every 1"]["flicker"]
assert max(to_truth) < 1.25 * to_truth[0] and keeps < 0.97
assert carrying["every 30"]["flicker"] > facts["true colors"]["flicker"]

# %% [markdown]
# ## 6 · Two mends
#
# **Cuts.** A film is cut. The first frame of a new scene in the last one's colors is the ugliest thing a keyframe pipeline shows. So compare each frame with
# the one before: the histograms of their grays, and their layout, as the correlation of two thumbnails. Motion changes
# little of either, a cut at least one.

# %%
pieces = [made_clip(SEED + i, frames=20, size=SIZE) for i in range(6)]
film = np.concatenate([piece.frames for piece in pieces])
film_L = rgb_to_lab(film)[..., 0] / 100
changes = np.array([scene_change(*pair) for pair in itertools.pairwise(film_L)])
found = [t for t in range(1, len(film)) if is_scene_cut(film_L[t - 1], film_L[t])]
at_cut = np.isin(np.arange(1, len(film)), found)
print("cuts at", found)
for name, change in zip(("histogram", "layout"), changes.T, strict=True):
    print(
        f"{name:9} changes by {change[at_cut].min():.2f} to {change[at_cut].max():.2f} at cuts, else {change[~at_cut].max():.2f} at most"
    )

# %% [markdown]
# Made clips share their grays, so the histogram alone, whose limit is 0.2, would see none of these cuts; layout, whose limit is 0.7,
# sees them all. (Both limits were chosen on real clips.) The assertions: the cuts are found, all and only they; with `cuts=True` the color error
# falls by at least a fifth, for at most one keyframe more a cut.


# %%
def film_error(**options):
    """Mean color error over the film, and how often the colorizer was asked."""
    asked = []
    made = KeyframeColorizer(lambda frame: asked.append(1) or frame, K, **settings, **options)
    error = rgb_to_lab(np.stack(list(made.stream(film))))[..., 1:] - rgb_to_lab(film)[..., 1:]
    return np.linalg.norm(error, axis=-1).mean(), len(asked)


without, with_cuts = film_error(), film_error(cuts=True)
for name, (error, asked) in (("every 30", without), ("and at cuts", with_cuts)):
    print(f"{name:12} color error {error:4.1f}, {asked} keyframes in {len(film)} frames")
assert found == [20, 40, 60, 80, 100]
assert with_cuts[0] < 0.8 * without[0] and with_cuts[1] <= without[1] + 5

# %% [markdown]
# **Flow.** Color should move with what it belongs to. So find where each pixel came from, by OpenCV's optical flow, and read a and b *there*. They are small, so
# moving them is cheap; finding the flow isn't.
#
# One thing more. b is the *mean* color of windows, averaged twice; lesson 13 kept the small picture's own color and took only detail
# from the guide. The same here: $b = p - \bar a L_0$ on the small grid, with `detail=True`.

# %%
mends = {"as reported": {}, "detail": {"detail": True}, "flow and detail": {"flow": True, "detail": True}}
outcome = {name: measured(K, **options) for name, options in mends.items()}
print("                  flicker   objects   background   chroma left")
for name, (shaken, objects, background, chroma) in outcome.items():
    print(f"{name:16}{1000 * shaken:9.2f}{objects:10.1f}{background:13.1f}{chroma:13.0%}")

# %% [markdown]
# Detail gives chroma back, and has a price: stronger color in the wrong place shakes more at the switches, and is a little further off.
# Flow brings the error down, in objects most of all, and doesn't end it: what comes into sight has no color to inherit, and small errors of the
# flow add up from frame to frame.
#
# The assertions: detail keeps at least 5 points more chroma; with flow on top the error in objects is at least 15% lower than as reported. What
# it costs is in the cell after: your machine's c, printed, and the ratio from the kept measurement, at least 3, asserted.

# %%
plain, detail, both = outcome.values()
assert detail[3] > plain[3] + 0.05
assert both[1] < 0.85 * plain[1]

# %% tags=["nbval-ignore-output"]
cost = {}
for name, options in {**mends, "cuts": {"cuts": True}}.items():
    played = KeyframeColorizer(perfect, 100, **settings, **options)
    played(clip.frames[0])
    began = time.process_time()
    for frame in clip.frames[1:40]:
        played(frame)
    cost[name] = (time.process_time() - began) / 39
    print(
        f"{name:16} c = {1000 * cost[name]:5.2f} ms, at k = {K} {speed_up(K, T, cost[name]):4.0f} times faster"
    )
kept = facts["processor seconds"]
assert kept["c flow and detail"] > 3 * kept["c plain"]

# %% [markdown]
# Detail is free, the look-out for cuts adds to c, and the flow eats much of what keyframes gained. Whether that is a bargain is a matter of T: the heavier the colorizer, the less it matters. The same on the
# real clips, from the kept numbers, with the perfect colorizer, which isolates the price of carrying. The assertions: flow and detail lower the error where
# things move; and flow has a price of its own, for each reading between pixels is one more average: less chroma is left than with detail alone.
# (On the made clips that didn't show.)

# %%
for label in ("every 30", "every 30, detail", "every 30, flow and detail"):
    row = carrying[label]
    print(f"{label:26} moving {row['error to own moving']:5.1f}, chroma {row['chroma']:4.0%}")
assert (
    carrying["every 30, flow and detail"]["error to own moving"] < carrying["every 30"]["error to own moving"]
)
assert carrying["every 30, flow and detail"]["chroma"] < carrying["every 30, detail"]["chroma"]
joined = facts["joined"]
print(f"{joined['found']} of {joined['cuts']} cuts between real clips found, {joined['false']} false")
headline(
    f"One keyframe in 30: {facts['speed-up']['30']:.0f} times faster on real clips, never more than 30; the price is color left "
    "behind, and it is paid at the switch"
)

# %% [markdown]
# **Try it:** exercise 14, *cut_frames*, your own rule for cuts, and *explain*.
#
# ## Recap
#
# - Speed-up is kT / (T + (k − 1)c). Its ceilings are k and T / c: 90 s to 6 is 3.0 s of keyframes, and 20.7 ms for each other frame.
# - A keyframe's color is carried by a and b: p_t = a L_t + b. They belong to places, so what moves leaves its color behind.
# - The error is a sawtooth, and each tooth's fall is a flicker. Fewer switches flicker less on average, and jump farther.
# - Color conversion is a good part of c, and in NumPy several times that. Measure before you optimize, and state latency beside the mean.
# - Keyframes at cuts mend the worst frames for a part of c. Flow mends motion in part and costs several times c.
#
# ## Check your understanding
#
# <details><summary>Your T is 40 ms and c is 10 ms. A colleague proposes k = 100. What do you gain over k = 10?</summary>
# 10 · 40 / (40 + 90) = 3.1 times; 100 · 40 / (40 + 990) = 3.9. The ceiling is T / c = 4: nearly nothing, for colors that are ten times as old.
# A smaller c is what you need.</details>
#
# <details><summary>k = 60 measures less flicker than k = 5. Is the clip calmer?</summary>
# On the mean over its steps, yes. But each of its switches jumps farther, and between them the colors are wrong for longer. Show
# the steps, and an error beside.</details>
#
# <details><summary>You replace the colorizer by a much better one, and the keyframes' price "goes up". What happened?</summary>
# Measured against the truth, the old colorizer's mistakes hid those of carrying. And better color has more to lose: at k = 30 the perfect colorizer's
# is 8.4 from its own frames, the heavy one's 2.5.</details>
#
# <details><summary>Why does flow carry a and b, and not the finished picture?</summary>
# They are small, so that moving them is cheap, and they still take the new frame's lightness: its edges stay sharp however
# often the color has been moved.</details>
#
# ## Where next
#
# Lesson 15: *Export: ONNX Runtime, OpenCV, NCNN*. A colorizer leaves Python.
#
# Read: K. He, J. Sun, X. Tang, *Guided Image Filtering*, TPAMI 2013; W.-S. Lai et al., *Learning Blind Video Temporal
# Consistency*, ECCV 2018, section 4, on measuring flicker; X. Kang et al., *DDColor*, ICCV 2023, for the heavy colorizer's kind.
