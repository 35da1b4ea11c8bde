# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What to look at: exemplars and features (PVGFE)
#
# **Field report.** A team reviewed the ways to color a video. Somebody gives *hints*; or nobody does, and a network guesses, in
# one direction of time or two; or somebody colors one frame, the *exemplar*, and the network carries its colors along, by stacking
# frames (DeepRemaster) or by going from frame to frame (DeepExemplar). Each broke somewhere: flicker, memory, drift. They settled on
# ColorMNet, whose features come from two networks where earlier methods took VGG or ResNet-101. Then its code turned out to do
# something else than its equation, and one of its layers had never learned anything.
#
# You will be able to
# - say where hints, stacks and recurrent propagation break, with a number for each;
# - choose features by what has to be matched, the same point or the same kind of thing;
# - write the fusion of local and semantic features in both its readings, and count what each costs.
#
# You need lesson 07. Reading 20 minutes, running 25 seconds, exercises 50 minutes.

# %%
from itertools import pairwise

import cv2
import numpy as np
import scipy.sparse as sparse
import torch
from scipy.sparse.linalg import factorized
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import made_clip, photos
from course_lib.images import ColorizationNet, pretrained
from course_lib.metrics import flicker, optical_flow, warp
from course_lib.teach import figure, headline, play, predict, show
from course_lib.video import PVGFE, DinoV2Small
from course_lib.video.colormnet.fusion import Fusion

torch.set_num_threads(1)  # for pictures this small, sharing the work costs more than it saves

# %% tags=["parameters"]
SEED = 0  # of the clips and of everything drawn at random
PHOTO = "coffee"  # the photo that you scribble on; any name in photos()
CLIPS = 3  # made clips to average over; this default run is the full run

# %%
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)


def gap(ab, truth):
    """Mean distance of two color maps (..., 2) in the ab plane."""
    return float(np.linalg.norm(ab - truth, axis=-1).mean())


# %% [markdown]
# ## 1 · Hints
#
# You dab a color on a few pixels, and the program spreads it. A color $c$ may change where the lightness $L$ changes, and not
# elsewhere. So minimize, over neighbors $p, q$ and over the dabs, with their colors $h$,
#
# $$\sum_{p,q} w_{pq}\,(c_p - c_q)^2 + \lambda \sum_{p \in \mathrm{dabs}} (c_p - h_p)^2, \qquad w_{pq} = e^{-(L_p - L_q)^2/\sigma^2}.$$
#
# That is least squares, one sparse linear system for a and the same for b. Levin, Lischinski and Weiss did it so in 2004, with
# another $w$.


# %%
def spread(L, dabs, colors, sigma=6.0, strength=100.0):
    """Colors (n, 2) at the flat places `dabs` of a picture L (H, W) → ab (H, W, 2)."""
    place = np.arange(L.size).reshape(L.shape)
    p = np.concatenate([place[:, 1:].ravel(), place[1:].ravel()])
    q = np.concatenate([place[:, :-1].ravel(), place[:-1].ravel()])
    w = np.exp(-(((L.ravel()[p] - L.ravel()[q]) / sigma) ** 2)) + 1e-4
    links = sparse.coo_matrix((np.r_[w, w], (np.r_[p, q], np.r_[q, p])), shape=(L.size, L.size)).tocsr()
    dabbed, wanted = np.zeros(L.size), np.zeros((L.size, 2))
    dabbed[dabs], wanted[dabs] = strength, strength * colors
    solve = factorized((sparse.diags(links.sum(1).A1 + dabbed) - links).tocsc())
    return np.stack([solve(wanted[:, 0]), solve(wanted[:, 1])], -1).reshape(*L.shape, 2)


# %%
picture = photos(PHOTO)[PHOTO]
scale = 96 / min(picture.shape[:2])
picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
lab = rgb_to_lab(picture)
places = rng.permutation(lab[..., 0].size)


def dabbed(count, sigma):
    """The photo, colored from its own true color at `count` places."""
    dabs = places[:count]
    return spread(lab[..., 0], dabs, lab.reshape(-1, 3)[dabs, 1:], sigma)


def draw(dabs, sigma):
    """The colored photo with a ring around each dab."""
    ab = dabbed(dabs, sigma)
    fig, ax = figure(width=2.6, height=2.1)
    ax.imshow(lab_to_rgb(np.dstack([lab[..., 0], ab])))
    rows, columns = np.unravel_index(places[:dabs], lab.shape[:2])
    ax.plot(columns, rows, "o", ms=3, mfc="none", mec="white", mew=0.8)
    ax.set_axis_off()
    ax.set_title(f"{dabs} dabs, σ {sigma}: off by {gap(ab, lab[..., 1:]):.0f}", fontsize=9)
    return fig


# %%
play(
    draw,
    {"dabs": (3, 300, 1, 30), "sigma": [6, 2, 20, 100]},
    look_for="How many dabs until you would show the picture to somebody? With σ at 100 edges don't count: where does color leak?",
    twin=[{"dabs": dabs, "sigma": sigma} for sigma in (6, 100) for dabs in (5, 30, 200)],
    caption="Where color stops at edges (above, σ 6) a dab fills what it lies in. Where edges don't count (below, σ 100) it leaks, "
    "and every dab is a soft blot.",
    alt="Six colored versions of one photo with 5, 30 and 200 ringed dabs. Above, color fills regions up to their edges; "
    "below it runs across them in soft blots.",
)

# %% [markdown]
# Edges pay. How much hangs on the photo: a cat's fur is full of edges where no color ends. The assertion: at 200 dabs, the error is
# smaller where edges count, if only by a hundredth. The *color error*, what a color is *off by*, is the mean distance in the ab plane: the
# ruler of this lesson.
#
# Now a clip. You dab each frame anew, 60 dabs each, always in the true color, never at quite the same places. Every single frame
# looks fine. What does the clip look like? Guess first. The assertions then hold its flicker, and that of a clip whose dabs stay at their
# pixels, against the true clip's.

# %%
guided, blind = (gap(dabbed(200, sigma), lab[..., 1:]) for sigma in (6, 100))
print(f"200 dabs: off by {guided:.1f} where edges count, {blind:.1f} where they don't")
assert guided < 0.99 * blind
question = "Flicker, against that of the true clip: how many times as much?"
predict("08.hints", question, choices=["about the same", "ten times", "more than a hundred times"])

# %%
clip = made_clip(SEED, frames=48)
truth = rgb_to_lab(clip.frames)
FEW = 6  # frames that get dabs


def dabbed_clip(draw_places):
    """The first frames, each colored from 60 true dabs."""
    colored = []
    for frame in truth[:FEW]:
        dabs = draw_places()
        ab = spread(frame[..., 0], dabs, frame.reshape(-1, 3)[dabs, 1:])
        colored.append(lab_to_rgb(np.dstack([frame[..., 0], ab])))
    return np.stack(colored)


same = rng.choice(truth[0, ..., 0].size, 60, replace=False)
clips = {
    "true": clip.frames[:FEW],
    "dabs stay": dabbed_clip(lambda: same),
    "dabs anew": dabbed_clip(lambda: rng.choice(truth[0, ..., 0].size, 60, replace=False)),
}

# %% tags=["nbval-ignore-output"]
known = {"flow": clip.flow[: FEW - 1], "visible": clip.visible[: FEW - 1]}
shimmer = {name: flicker(frames, **known) for name, frames in clips.items()}
times = {name: value / shimmer["true"] for name, value in shimmer.items()}
print("times the true clip's flicker:", {name: round(value) for name, value in times.items()})
predict.reveal("08.hints", f"{times['dabs anew']:.0f} times", "Each frame is a new solution.")
assert times["dabs anew"] > 100 and times["dabs stay"] > 10

# %% [markdown]
# More than a hundred times, and more than ten times even where dabs stay, for then the objects move away under them. No frame
# knows of the frame before. *That*, not the colors, is what breaks.
#
# Automatic colorizers need no dabs, and those of lesson 07 hardly flicker, with a state or without. They break at the *choice*: nobody
# tells them that this car was red, and they settle for brown.
#
# ## 2 · One frame in color
#
# An **exemplar** tells. Two ways to use it. *Source-reference attention*: every place asks all places of the exemplar how alike
# they look, and takes the weighted mean of their colors. Likeness here is the distance of patches, 9 × 9 pixels of L, at every
# second pixel; no training.


# %%
def patches(L, step=2, radius=4):
    """Patches around every `step`th pixel of L (H, W): (places, pixels), every second row and column of each."""
    H, W = L.shape
    wide = cv2.copyMakeBorder(L.astype(np.float32), *[radius] * 4, cv2.BORDER_REFLECT_101)
    shifts = range(0, 2 * radius + 1, 2)
    return np.stack([wide[i : i + H : step, j : j + W : step] for i in shifts for j in shifts], -1).reshape(
        -1, len(shifts) ** 2
    )


def attend(query, keys, values):
    """Weights (queries, keys), and what they read."""
    alike = -((query**2).sum(1)[:, None] + (keys**2).sum(1) - 2 * query @ keys.T) / query.shape[1]
    weights = np.exp(alike - alike.max(1, keepdims=True))
    weights /= weights.sum(1, keepdims=True)
    return weights, weights @ values


# %% [markdown]
# *Recurrent propagation*: take the last frame's colors, move them along the optical flow, go on. One frame is all it remembers.
#
# Both start from the true colors of frame 0. Which would you trust for frame 47? The assertions compare how much the two errors grow from
# frame 6 to 47, and which was ahead at frame 6.

# %%
question = "Which is closer to the truth in the 48th frame?"
predict("08.drift", question, choices=["attention to the exemplar", "propagation from frame to frame"])


# %%
def propagate(lab):
    """Error of the colors of frame 0, carried along by flow: one number a frame."""
    ab, errors = lab[0, ..., 1:], [0.0]
    for before, now in pairwise(lab):
        ab = warp(ab, optical_flow(now[..., 0] / 100, before[..., 0] / 100))
        errors.append(gap(ab, now[..., 1:]))
    return errors


ASKED = [1, 3, 6, 12, 24, 36, 47]
errors, colorless = {"attention": [], "propagation": []}, []
for seed in range(SEED, SEED + CLIPS):
    lab_clip = rgb_to_lab(made_clip(seed, frames=48).frames)
    colors = lab_clip[:, ::2, ::2, 1:].reshape(48, -1, 2)
    keys = patches(lab_clip[0, ..., 0])
    read = [attend(patches(lab_clip[t, ..., 0]), keys, colors[0])[1] for t in ASKED]
    errors["attention"].append([gap(ab, colors[t]) for ab, t in zip(read, ASKED, strict=True)])
    errors["propagation"].append(np.array(propagate(lab_clip))[ASKED])
    colorless.append(gap(0, lab_clip[..., 1:]))
errors = {name: np.mean(values, 0) for name, values in errors.items()}

# %%
colorless = np.mean(colorless)
fig, ax = figure(width=5.2, height=2.8)
for (name, values), mark in zip(errors.items(), "os", strict=True):
    ax.plot(ASKED, values, mark + "-", label=name, ms=5)
ax.axhline(colorless, color="0.5", lw=1, ls=":")
ax.text(0, colorless + 0.3, "gray", color="0.35", fontsize=9)
ax.set(xlabel="frame", ylabel="color error (ab)", ylim=(0, None))
ax.legend()
show(
    fig,
    caption="Propagation starts better and keeps getting worse: what was covered once has lost its color, and every error is "
    "carried on. Attention errs early, by what it can't find in the exemplar, and then hardly more.",
    alt="Color error against frame number. Propagation rises from near 0 to about the error of a gray clip. Attention rises within a "
    "dozen frames and then hardly more.",
)

# %% tags=["nbval-ignore-output"]
growth = {name: values[-1] / values[ASKED.index(6)] for name, values in errors.items()}
print("growth from frame 6 to 47:", {name: f"{value:.1f}×" for name, value in growth.items()})
last = {name: round(values[-1]) for name, values in errors.items()}
predict.reveal("08.drift", min(last, key=last.get), f"Off by {last}.")
assert growth["propagation"] > 2 and growth["attention"] < 1.7
assert errors["attention"][2] > 1.25 * errors["propagation"][2]

# %% [markdown]
# Propagation is ahead by far at frame 6. From there its error more than doubles, while attention's grows by less than 1.7. This is
# **drift**: each frame takes on all that went wrong before it, and nothing ever mends it.
#
# Attention pays elsewhere. DeepRemaster attends from a whole *stack* of frames, to all exemplars at once. Its weights are a table of
# (frames × places) by (exemplars × places). Make stacks, and ask NumPy for the bytes; then count for a real one.

# %%
question = "300 frames of 960×536, one exemplar, a place every 8 pixels, float32: how much memory do the weights take?"
predict("08.stack", question, low=1, high=200, unit="GB")

# %%
places_each = patches(truth[0, ..., 0], step=4)
for frames in (1, 2, 4, 8):
    stack = np.concatenate([patches(frame[..., 0], step=4) for frame in truth[:frames]])
    weights, _ = attend(stack, places_each, np.zeros((len(places_each), 2), np.float32))
    print(f"{frames} frames: {weights.nbytes / 1e6:.1f} MB of weights")
    assert weights.nbytes == 4 * frames * len(places_each) ** 2

# %%
real = 4 * 300 * ((960 // 8) * (536 // 8)) ** 2 / 1e9
predict.reveal("08.stack", real, "Linear in the frames, fourth power of the frame's side.", unit="GB")
assert 70 < real < 80

# %% [markdown]
# Code that works in pieces needs less; ColorMNet's paper measured 16.6 GB for DeepRemaster and 19.0 GB for DeepExemplar on such a
# clip, and 1.9 GB for itself. Lesson 09 shows how: a memory between the two, more than one frame and less than all.
#
# ## 3 · What is alike?
#
# Both ways rest on likeness, so on *features*. Patches are as local as can be. A network trained on photos gives others. ColorMNet takes
# DINOv2 for that. Its weights don't come with this course, so a stand-in does it here: the encoder of Part 1's classifier, which
# learned to name colors and scenes. Its stages see more and more of the picture, at a quarter, an eighth, a sixteenth of the size.

# %%
ENCODER = pretrained("classification").net.eval()
UNTRAINED = ColorizationNet(width=28).eval()
STAGES = ("at_half", "at_quarter", "at_eighth", "at_sixteenth")


def of_network(net, last):
    """A function from L (H, W) to the features of one stage, enlarged to (channels, H, W), of length 1 each."""

    @torch.no_grad()
    def features(L):
        x = torch.as_tensor(L / 100, dtype=torch.float32)[None, None]
        for stage in STAGES[: STAGES.index(last) + 1]:
            x = getattr(net, stage)(x)
        x = F.interpolate(x, L.shape, mode="bilinear")[0]
        return F.normalize(x - x.mean((1, 2), keepdim=True), dim=0)

    return features


def of_patches(L):
    """Patches as features: their mean taken off, of length 1."""
    x = torch.from_numpy(patches(L, step=1)).T.reshape(-1, *L.shape)
    return F.normalize(x - x.mean(0), dim=0)


FEATURES = {
    "patches": of_patches,
    "a quarter": of_network(ENCODER, "at_quarter"),
    "an eighth": of_network(ENCODER, "at_eighth"),
    "a sixteenth": of_network(ENCODER, "at_sixteenth"),
    "untrained": of_network(UNTRAINED, "at_quarter"),
}

# %% [markdown]
# Look first. The principal components of a stage's features are the directions in which its places differ most; here the first of
# each, as a gray picture. Look at the deepest stage in both photos before you read on.

# %%
SHOWN, place = ("a quarter", "an eighth", "a sixteenth"), {}


def components(features, count=3):
    """Strongest `count` principal components (count, H, W) of features (C, H, W)."""
    flat = features.flatten(1).numpy()
    flat = flat - flat.mean(1, keepdims=True)
    directions = np.linalg.eigh(flat @ flat.T)[1][:, : -count - 1 : -1]
    return (directions.T @ flat).reshape(count, *features.shape[1:])


def lightness_of(name):
    """L of a photo, 96 pixels on its short side, sides multiples of 16."""
    photo = photos(name)[name]
    scale = 96 / min(photo.shape[:2])
    size = [round(side * scale / 16) * 16 for side in photo.shape[1::-1]]
    return rgb_to_lab(cv2.resize(photo, size, interpolation=cv2.INTER_AREA)).astype(np.float32)


def told_by_place(component):
    """R² of a map, predicted from nothing but row and column, by polynomials of degree 4."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, side) for side in component.shape), indexing="ij")
    given = np.stack([y**0, *(side**power for side in (y, x) for power in (1, 2, 3, 4))], -1).reshape(-1, 9)
    left = component.ravel() - given @ np.linalg.lstsq(given, component.ravel(), rcond=None)[0]
    return 1 - left.var() / component.var()


# %%
fig, axes = figure(2, 4, height=3.6)
for number, name in enumerate(list(dict.fromkeys([PHOTO, "chelsea", "coffee"]))[:2]):
    L = lightness_of(name)[..., 0]
    for ax, title in zip(axes[number], ("lightness", *SHOWN), strict=True):
        ax.imshow(L if title == "lightness" else components(FEATURES[title](L), 1)[0])
        ax.set_title("" if number else title, fontsize=9)
        ax.set_axis_off()
show(
    fig,
    caption="The first component of each stage. At a quarter it shows parts of things, at an eighth coarser ones; at a sixteenth "
    "bands, whatever the photo.",
    alt="Two photos, four panels each: lightness, and three gray pictures that lose detail from left to right until only smooth "
    "horizontal bands are left, in both rows.",
)

# %% [markdown]
# Bands that look like regions, and have nothing to do with the photo. They are *places*: convolutions pad with zeros, and with every layer
# the border is felt further inside. How much of the first component do row and column alone predict? The assertion: over all bundled
# photos, more than 0.8 of its variance at a sixteenth, over 1.5 times as much as at a quarter; and as much with weights that never
# saw a photo.

# %%
UNTAUGHT = {"a sixteenth, untrained": of_network(UNTRAINED, "at_sixteenth")}
maps = [lightness_of(photo)[..., 0] for photo in photos()]
for name, features in ({name: FEATURES[name] for name in SHOWN} | UNTAUGHT).items():
    place[name] = np.mean([told_by_place(components(features(L), 1)[0]) for L in maps])
    print(f"{name:23} {place[name]:.0%} told by the place alone")
assert place["a sixteenth"] > max(0.8, 1.5 * place["a quarter"]) and place["a sixteenth, untrained"] > 0.8

# %% [markdown]
# **The same point.** In made clips we know where each pixel went. Take the places of frame 0, find the most alike of *all* pixels ten frames
# later, and count who lands within 3 pixels of the truth. The assertions hold patches against one half, and against the deepest stage.

# %%
question = "Which features find the same point most often?"
predict("08.point", question, choices=["patches", "a quarter", "an eighth", "a sixteenth"])


# %%
def follow(clip, frames):
    """Where each pixel of frame 0 is after `frames`, as rows and columns, and whether it was in sight all the way."""
    H, W = clip.labels.shape[1:]
    y, x = np.mgrid[:H, :W].astype(float)
    seen = np.ones((H, W), bool)
    for t in range(frames):
        i, j = np.rint(y).astype(int), np.rint(x).astype(int)
        seen &= (i >= 0) & (i < H) & (j >= 0) & (j < W)
        i, j = i.clip(0, H - 1), j.clip(0, W - 1)
        seen &= clip.visible[t, i, j] & (clip.labels[t, i, j] == clip.labels[0])
        x, y = x + clip.flow[t, i, j, 0], y + clip.flow[t, i, j, 1]
    return y, x, seen


def found(features, clip, frames=10):
    """Share of places whose match lies within 3 pixels of where they went."""
    y, x, seen = (array[2::4, 2::4].ravel() for array in follow(clip, frames))
    first, later = (rgb_to_lab(clip.frames[t])[..., 0] for t in (0, frames))
    alike = features(first)[:, 2::4, 2::4].flatten(1).T @ features(later).flatten(1)
    i, j = np.divmod(alike.argmax(1).numpy(), first.shape[1])
    return (np.hypot(i - y, j - x) < 3)[seen].mean()


# %%
clips = [made_clip(seed, frames=12) for seed in range(SEED, SEED + CLIPS)]
point = {name: float(np.mean([found(f, clip) for clip in clips])) for name, f in FEATURES.items()}
for name, share in point.items():
    print(f"{name:12} {share:4.0%} within 3 pixels")
predict.reveal("08.point", max(list(point)[:4], key=point.get))
assert point["patches"] > 0.5 and point["patches"] > 2 * point["a sixteenth"]

# %% [markdown]
# Patches find over half, and more than twice as many as the deepest stage: that one knows roughly where it is, and neighbors look
# alike to it.
#
# **The same kind.** A photo, cut in two. One half is the exemplar, the other gray. No point is in both, but fur is, and petals, and sky. Each
# place takes the mean color of its eight most alike. Compare with a baseline that needs no features: the exemplar's mean color.
#
# The assertions: the trained encoder at a quarter errs less than 0.85 times as much as patches and as the mean color, and less than 0.9 times as
# much as the same stage before training (*untrained*). Training on photos is what makes *kind* visible. The deepest stage has the widest view
# and the worst color: it mostly knows where it is. So "deeper is more semantic" is not enough; ColorMNet takes *four* layers of DINOv2, and the
# course's stand-in three stages.


# %%
def borrowed(features, gray_half, exemplar):
    """Error of the colors that the places of one half take from the other; `features` None takes the mean of all."""
    asking, asked = (cv2.blur(half, (4, 4))[2::4, 2::4, 1:].reshape(-1, 2) for half in (gray_half, exemplar))
    if features is None:
        return gap(asked.mean(0), asking)
    query, key = (features(half[..., 0])[:, 2::4, 2::4].flatten(1) for half in (gray_half, exemplar))
    return gap(asked[(query.T @ key).topk(8, dim=1).indices.numpy()].mean(1), asking)


kind = {name: [] for name in [*FEATURES, "mean color"]}
for photo in photos():
    whole = lightness_of(photo)
    middle = whole.shape[1] // 2
    halves = [np.ascontiguousarray(half) for half in (whole[:, :middle], whole[:, -middle:])]
    for name, values in kind.items():
        values += [borrowed(FEATURES.get(name), *pair) for pair in (halves, halves[::-1])]
kind = {name: float(np.mean(values)) for name, values in kind.items()}

# %%
fig, axes = figure(1, 2, height=2.6, sharey=True)
names = list(kind)[::-1]
axes[0].barh(names, [100 * point.get(name, np.nan) for name in names])
axes[0].set(xlabel="same point found (%), more is better")
axes[1].barh(names, [kind[name] for name in names], color="C1", hatch="//", edgecolor="white")
axes[1].set(xlabel="color error (ab) by kind, less is better")
show(
    fig,
    caption="Patches find the point and no better color than the exemplar's mean. The trained encoder, at a quarter, finds both. The deepest "
    "stage finds neither here, and a quarter's untrained weights find only the point. The mean color has no points to find.",
    alt="Two bar charts over the features. Left, patches and a quarter lead, a sixteenth is far behind. Right, a quarter has the "
    "smallest color error, an eighth follows; patches, a sixteenth and the mean color are worst.",
)

assert kind["a quarter"] < 0.85 * min(kind["patches"], kind["mean color"])
assert kind["a quarter"] < 0.9 * kind["untrained"] and kind["a sixteenth"] > 1.2 * kind["a quarter"]

# %% [markdown]
# **Try it:** exercise 08, *matches*: find the matches that hold both ways.
#
# ## 4 · The fusion
#
# Local features know where, semantic ones what. In ColorMNet the local map comes from a ResNet-50, the semantic one from DINOv2, and the module
# that joins them is PVGFE, *pretrained visual model guided feature estimation*. It does so by cross-attention: **queries** $q$ (in
# part 1 that was a neighbor) from the semantic map, **keys** $k$ and **values** $v$ from the local one, and what is read is added to
# the *semantic* map. In the paper's equation each position looks for positions. In the released code each *channel* looks for channels.
# In their plainest form, for one head, on arrays (d, HW), they are the two functions below.
#
# The rest is layers: a convolution for the semantic map, norms, 1×1 and depthwise 3×3 convolutions for q, k and v, in eight heads. Put
# together from the package's layers and our few lines, it must give what the package gives; that is the assertion.


# %%
def over_positions(q, k, v, temperature):
    """Each place reads all places: weights (HW, HW)."""
    return ((temperature * q.T @ k / q.shape[0] ** 0.5).softmax(1) @ v.T).T


def over_channels(q, k, v, temperature):
    """Each channel reads all channels, at every place alike: weights (d, d)."""
    q, k = F.normalize(q, dim=1), F.normalize(k, dim=1)
    return (temperature * q @ k.T).softmax(1) @ v


@torch.no_grad()
def plain_fusion(fusion, semantic, local, attention):
    """The fusion of one picture, semantic (1, S, H, W) and local (1, C, H, W), step by step."""
    layers = fusion.crossattn
    encoded = fusion.encode_enc(semantic)
    asking, asked = fusion.norm1(encoded), fusion.norm2(local)
    q = layers.to_q_dw(layers.to_q(asking))[0].flatten(1)  # (2C, HW)
    k = layers.to_k_dw(layers.to_k(asked))[0].flatten(1)
    v = layers.to_v_dw(layers.to_v(asked))[0].flatten(1)
    heads = zip(q.chunk(8), k.chunk(8), v.chunk(8), layers.temperature.flatten(), strict=True)
    read = torch.cat([attention(*head) for head in heads]).unflatten(1, local.shape[2:])
    return F.relu(fusion.norm3(encoded + layers.to_out(read[None])))  # the residual: semantic


semantic, local = torch.randn(1, 48, 24, 32), torch.randn(1, 32, 24, 32)
by_channel, by_position = Fusion(48, 32), Fusion(48, 32, over="positions")
by_position.load_state_dict(by_channel.state_dict())  # the same layers, the same weights
for fusion, attention in ((by_channel, over_channels), (by_position, over_positions)):
    torch.testing.assert_close(plain_fusion(fusion, semantic, local, attention), fusion(semantic, local))
print("both readings equal the package's")

# %% [markdown]
# The same weights, and two different machines. Change the local map at *one* place, and see where the result changes.

# %%
question = "Which share of the change stays within one place of it, when attention is over channels?"
predict("08.reach", question, low=0, high=100, unit="%")

# %%
touched = local.clone()
touched[0, :, 12, 16] += 3 * torch.randn(32)
with torch.no_grad():
    change = {
        name: (fusion(semantic, touched) - fusion(semantic, local)).abs().sum(1)[0].numpy()
        for name, fusion in (("over channels", by_channel), ("over positions", by_position))
    }
stays = {name: float(map_[11:14, 15:18].sum() / map_.sum()) for name, map_ in change.items()}
predict.reveal(
    "08.reach", 100 * stays["over channels"], f"Over positions: {stays['over positions']:.1%}.", unit="%"
)

show(
    [np.clip(map_ / np.quantile(map_, 0.998), 0, 1) for map_ in change.values()],
    titles=[f"{name}: {share:.0%} stays" for name, share in stays.items()],
    caption="One place of the local map was changed. Over channels most of the change stays there, over positions it goes everywhere.",
    alt="Two maps of change. Left, a single bright spot on black. Right, a gray pattern that covers the whole map.",
)
assert stays["over channels"] > 0.5 and stays["over positions"] < 0.05

# %% [markdown]
# So the released fusion doesn't *look* for anything elsewhere. It mixes local channels by a recipe that the whole picture decides, place by
# place. "Cross-attention finds the right region" describes the other one.
#
# And the cost? In $H$ heads, the two products take $2 \cdot 2C \cdot (2C/H) \cdot hw$ multiply-adds over channels and
# $2 \cdot 2C \cdot (hw)^2$ over positions. PyTorch counts operations, two to a multiply-add. The assertion: its count of the matrix products is ours,
# exactly.


# %%
def multiply_adds(channels, places, over, heads=8):
    """Of the two products of the attention."""
    width = 2 * channels
    return 2 * width * (width // heads if over == "channels" else places) * places


for h, w in ((12, 16), (24, 32)):
    for over, fusion in (("channels", by_channel), ("positions", by_position)):
        x = torch.randn(1, 32, h, w)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            fusion.crossattn(x, x)
        products = sum(
            n for op, n in counter.get_flop_counts()["Global"].items() if "convolution" not in str(op)
        )
        print(f"{h}×{w} over {over:9}: {products / 2e6:5.1f} million multiply-adds")
        assert products == 2 * multiply_adds(32, h * w, over)

# %%
sizes = np.array([112, 224, 448, 672, 1120])  # pixels a side
fig, ax = figure(width=5.2, height=2.9)
for over, mark in (("positions", "s"), ("channels", "o")):
    ax.plot(
        sizes,
        [multiply_adds(256, (s // 4) ** 2, over) / 1e9 for s in sizes],
        mark + "-",
        label=f"over {over}",
    )
ax.set(xscale="log", yscale="log", xlabel="side of the picture (pixels)", ylabel="billion multiply-adds")
ax.set_xticks(sizes, sizes)
ax.minorticks_off()
ax.legend()
show(
    fig,
    caption="The finest of the three fusions, 256 channels at stride 4: over channels the cost grows with the area, over positions with its "
    "square.",
    alt="Cost against the side of the picture on logarithmic axes, two straight lines. The one for positions is twice as steep and "
    "lies far above.",
)

# %%
dear = multiply_adds(256, 112**2, "positions") / multiply_adds(256, 112**2, "channels")
print(f"at 448×448, the size it was trained at: {dear:.0f} times as dear over positions")
assert dear == 112**2 / (2 * 256 // 8)

# %% [markdown]
# Perhaps that is the reason. **Try it:** exercise 08, *channel_attention*.
#
# ## 5 · Fourteen against sixteen
#
# DINOv2's ViT-S/14 cuts the picture into patches of 14 × 14 pixels. ResNet-50, used without its last stage, halves it four times: stride 16.
# The released code scales the map of patches by 14/16 and rounds down; ResNet rounds up. When do the two agree?

# %%
agree = [side for side in range(14, 2000, 14) if side // 14 * 14 // 16 == -(-side // 16)]
print(f"sides that are whole in patches, and agree: {agree[:5]} …")
assert agree == list(range(112, 2000, 112))
frames = ((240, 136), (854, 480), (1920, 1080))
question = "A 240×136 frame, padded to multiples of 112: how much of it is padding?"
predict("08.padding", question, low=0, high=100, unit="%")

# %%
padded = [(-(-w // 112) * 112, -(-h // 112) * 112) for w, h in frames]
shares = [1 - w * h / (W * H) for (w, h), (W, H) in zip(frames, padded, strict=True)]
for (w, h), (W, H), share in zip(frames, padded, shares, strict=True):
    print(f"{w}×{h} → {W}×{H}: {share:3.0%} padding, {W * H // 196} patches, {W * H // 256} places")
predict.reveal("08.padding", 100 * shares[0], unit="%")
assert shares[0] > 0.5 > shares[1] > shares[2]

# %% [markdown]
# Small frames pay dearly for the common multiple. That is one reason why the course's own network has strides of 8, 4 and 2 and asks for
# multiples of 8. **Try it:** exercise 08, *two_grids*.
#
# Here is the large one. `DinoV2Small` is ViT-S/14 written out, under the official names, with random weights: it shows shapes and cost, and knows
# nothing. To fill it, fetch `dinov2_vits14_pretrain.pth` from its authors and load it with `torch.load(path, weights_only=True)`.

# %%
dino = DinoV2Small().eval()
with FlopCounterMode(display=False) as counter, torch.no_grad():
    layers = dino.intermediate_layers(torch.zeros(1, 3, 112, 224))  # the last four of twelve
size, cost = sum(p.numel() for p in dino.parameters()), counter.get_total_flops() / 2
print(f"{size / 1e6:.3f} million parameters, {cost / 1e9:.1f} billion multiply-adds for 112×224 pixels")
assert size == 22_056_576 and [x.shape for x in layers] == [(1, 384, 8, 16)] * 4

# %% [markdown]
# ## 6 · The layer that never learned
#
# Behind DINOv2 the released code has a 1×1 convolution and a batch norm, to adapt its features. DINOv2 is frozen, so it runs
# under `no_grad`. The convolution stands inside the same block. In five lines:

# %%
frozen, adapt, head = nn.Linear(16, 16), nn.Linear(16, 16), nn.Linear(16, 1)
with torch.no_grad():
    features = adapt(frozen(torch.randn(64, 16)))
(head(features) ** 2).mean().backward()
there = [layer.weight.grad is not None for layer in (head, adapt)]
print("has a gradient: the head", there[0], "· the adapter", there[1])

# %% [markdown]
# No error, no warning. The optimizer skips what has no gradient, and the loss falls all the same, because the layers behind learn to live with
# random features. What does it cost? Train a narrow adapter both ways, from the same start. The assertions: inside, the adapter stays as it was
# born, and the loss falls nevertheless, but stays over three times as high as outside.


# %%
def train(inside, seed, steps=200):
    """First and last loss, and whether the adapter moved, with the adapter inside or outside the no-grad block."""
    torch.manual_seed(seed)
    x, frozen = torch.randn(256, 16), nn.Linear(16, 16)
    target = frozen(x).detach()[:, :3].tanh().sum(1, keepdim=True)
    adapt, head = nn.Linear(16, 4), nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 1))
    born = adapt.weight.clone()
    optimizer = torch.optim.AdamW([*adapt.parameters(), *head.parameters()], lr=0.01)
    losses = []
    for _ in range(steps):
        with torch.no_grad():
            features = frozen(x)
        with torch.set_grad_enabled(not inside):
            features = adapt(features)
        loss = F.mse_loss(head(features), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses[0], losses[-1], not torch.equal(adapt.weight, born)


# %% tags=["nbval-ignore-output"]
runs = {inside: [train(inside, SEED + i) for i in range(3)] for inside in (True, False)}
start, inside, moved = np.mean(runs[True], axis=0)
_, outside, moved_outside = np.mean(runs[False], axis=0)
print(f"adapters that moved: {moved:.0%} inside, {moved_outside:.0%} outside")
print(f"loss: {start:.2f} at the start, {inside:.3f} inside, {outside:.3f} outside")
assert (moved, moved_outside) == (0, 1) and 3 * outside < inside < 0.8 * start

# %% [markdown]
# The released layer is 1536 wide on both sides, so it throws little away, and the cost there is likely smaller. `PVGFE.full` keeps it as it is,
# since the released weights contain it. In the course's own network, the layer behind the frozen encoder is trained. **Try it:** exercise 08,
# *never_learned* and the one to explain.
#
# ## 7 · The whole
#
# `PVGFE.course` is what lesson 11 trains: a small residual network for the local branch, the frozen encoder for the semantic one, a fusion at
# each of three scales. Input is (L − 50)/50, three times. The assertion: all of the encoder is frozen, and nothing else.

# %%
extractor = PVGFE.course().eval()
with torch.no_grad():
    maps = extractor(torch.zeros(1, 3, 72, 96))
print("top, middle, fine:", *(tuple(map_.shape) for map_ in maps))
learning = {name for name, p in extractor.named_parameters() if p.requires_grad}
assert learning == {name for name, _ in extractor.named_parameters() if ".backbone." not in name}

# %%
headline(
    f"Trained features borrow color at {kind['a quarter'] / kind['patches']:.0%} of the error of patches; the released fusion is over channels, "
    f"and {stays['over channels']:.0%} of what changes at a place stays there"
)

# %% [markdown]
# ## Recap
# - Hints give good frames and a flickering clip: each frame is a solution of its own.
# - A stack of frames costs memory, linear in its length; propagation from frame to frame needs none and drifts.
# - Patches find the same point. A network trained on photos finds the same kind. Deeper isn't better by itself:
#   the deepest stage here knows little but its place.
# - PVGFE's queries and residual come from the semantic branch. The released attention is over channels: it grows with the area, and moves nothing.
# - 14 and 16 meet at 112. A layer inside `no_grad` stays random, without a word.
#
# ## Check your understanding
#
# <details><summary>Dabs at fixed pixels flicker less than new ones. Why do they flicker at all?</summary>
# The clip moves under them. A dab meant for the ball colors the lawn as soon as the ball has passed, and the solution of that frame knows nothing of
# the one before.</details>
#
# <details><summary>You color ten minutes of film from one frame. Attention to the exemplar or propagation?</summary>
# Neither alone. Propagation has drifted away long before; attention doesn't drift, but finds nothing for what the exemplar doesn't show. A memory of some
# frames between is the way out, lesson 09.</details>
#
# <details><summary>Why may an untrained network find the same point nearly as well as a trained one?</summary>
# Random filters are local measurements too. A point that looks the same in both frames gives the same numbers, whatever the filters are. Only where things look
# different and *are* alike does it take learning.</details>
#
# <details><summary>Attention over channels: can it carry color from the left of a picture to the right?</summary>
# No. Its weights mix channels at each place alike; what is read at a place comes from that place and its neighbors within the 3×3 convolutions.</details>
#
# <details><summary>A loss falls. Does every layer learn?</summary>
# No. The layers behind a frozen one learn to use what they get. Look at gradients, or compare weights before and after.</details>
#
# ## Where next
# Lesson 09 keeps what these features saw, in a memory that stays the same size. Papers: Y. Yang et al., "ColorMNet", ECCV 2024, section 3.1 (PVGFE);
# M. Oquab et al., "DINOv2", TMLR 2024, section 4; S. Iizuka and E. Simo-Serra, "DeepRemaster", SIGGRAPH Asia 2019, section 3.2 (source-reference attention);
# B. Zhang et al., "Deep Exemplar-based Video Colorization", CVPR 2019, section 3; A. Levin, D. Lischinski and Y. Weiss, "Colorization using Optimization",
# SIGGRAPH 2004, section 2.
