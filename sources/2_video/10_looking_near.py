# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Looking near: local attention (LA)
#
# **Field report.** A lecture on ColorMNet explains local attention as a window over the last frames, and names
# neither the window's size nor how many frames. The paper's and the code's are 15 by 15 positions and one frame. The paper's ablation on DAVIS
# prints 35.44 dB without it and 35.77 dB with it. And the released code trains with frame $t-1$ in the window, but at test puts
# the last *memory* frame there, which is up to five frames old. We build the window, find what it buys, and price that gap.
#
# You will be able to
# - write attention over a λ×λ window three ways, and say what each pays in multiplications and bytes;
# - say from stride, window and age which motion a window can follow, and see what happens one step beyond;
# - tell apart what an old frame costs and what being trained on another frame costs.
#
# You need lesson 09. Reading 17 minutes, running 20 seconds, exercises 45 minutes.

# %%
import itertools
import math
import time

import numpy as np
import torch
from matplotlib.patches import Rectangle
from torch.nn import functional as F

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import made_clip, photos
from course_lib.teach import figure, headline, play, predict, show
from course_lib.video import local_attention

torch.set_num_threads(1)  # for pictures this small, sharing the work costs more than it saves

# %% tags=["parameters"]
SEED = 0  # of the made clips and of all that is drawn at random
PHOTO = "coffee"  # the photo that the camera pans over: coffee, chelsea, astronaut or flower
STEPS = 60  # of training, for 225 numbers; this default run is the full run

# %% [markdown]
# ## 1 · A window, by hand
#
# Lesson 09 let each position ask *all* remembered positions. Now it asks only those around its own place, in each of the last $d$
# frames: a window of λ×λ, cut at the picture's border. One softmax runs over them all, whichever frame they are from.
#
# $$o_p = \sum_{j \in \text{window}(p)} \operatorname{softmax}_j\!\left(\frac{q_p \cdot k_j}{\sqrt C}\right) v_j$$


# %%
def by_loops(query, key, value, window):
    """query (C, H, W), key (d, C, H, W), value (d, Cv, H, W) → (Cv, H, W)."""
    channels, height, width = query.shape
    reach, out = window // 2, torch.zeros(value.shape[1], height, width)
    for y, x in itertools.product(range(height), range(width)):
        # a slice may run out of the picture, but not start before it
        rows = slice(max(y - reach, 0), y + reach + 1)
        columns = slice(max(x - reach, 0), x + reach + 1)
        keys = key[..., rows, columns].transpose(0, 1).flatten(1)  # (C, all that is in the window)
        values = value[..., rows, columns].transpose(0, 1).flatten(1)
        out[:, y, x] = values @ (query[:, y, x] @ keys / math.sqrt(channels)).softmax(0)
    return out


# %% [markdown]
# Python loops are slow. The usual way out is `unfold`: gather every position's window into a table, and the loop becomes two sums. The
# border now needs care. `unfold` pads with zeros, and a key of zeros isn't ignored: its logit is 0, and it takes its share. So
# such places get $-\infty$ before the softmax.


# %%
def gathered(z, window):
    """(d, C, H, W) → (d, C, window², H·W): every position's window, zeros outside."""
    return F.unfold(z, window, padding=window // 2).unflatten(1, (z.shape[1], window**2))


def by_unfold(query, key, value, window):
    """The same, without a loop."""
    inside = gathered(torch.ones_like(key[:, :1]), window)[:, 0] > 0  # (d, window², H·W)
    logits = torch.einsum("cp,dcwp->dwp", query.flatten(1), gathered(key, window)) / math.sqrt(len(query))
    weights = logits.masked_fill(~inside, -torch.inf).flatten(0, 1).softmax(0).view_as(logits)
    return torch.einsum("dwp,dcwp->cp", weights, gathered(value, window)).unflatten(1, query.shape[1:])


# %% [markdown]
# The package has a third way: cut the picture into tiles of 16×16 positions, multiply each tile with its surroundings as two
# ordinary matrix products, and mask what is outside a position's own window. The assertions: all three agree, at the border too,
# and with a window that covers the picture it is PyTorch's own attention over everything. Leave the mask out and the border is wrong.

# %%
torch.manual_seed(SEED)
query, key, value = torch.randn(8, 6, 7), torch.randn(2, 8, 6, 7), torch.randn(2, 3, 6, 7)  # d = 2 frames
loops, table = by_loops(query, key, value, 5), by_unfold(query, key, value, 5)
package = local_attention(query[None], key[None], value[None], window=5)[0]
torch.testing.assert_close(table, loops)
torch.testing.assert_close(package, loops)

everything = [z.transpose(0, 1).flatten(1).T for z in (key, value)]
whole = F.scaled_dot_product_attention(query.flatten(1).T, *everything).T.view_as(loops)
torch.testing.assert_close(local_attention(query[None], key[None], value[None], window=13)[0], whole)
padded = [F.pad(z, (2, 2, 2, 2)) for z in (query[None], key, value)]  # zeros that take their share
unmasked = by_loops(padded[0][0], *padded[1:], 5)[:, 2:-2, 2:-2]
wrong = ((unmasked - loops).abs().amax(0) > 1e-3).float()
print(f"three ways agree; without the mask {wrong.sum():.0f} of {wrong.numel()} positions come out wrong")
assert wrong.sum() == 6 * 7 - 2 * 3, "all but the middle 2 by 3, whose window fits"

# %% [markdown]
# **Try it:** exercise 10, *window_places* and *attention_weights*.
#
# ## 2 · What does it cost?
#
# ColorMNet looks at stride 16. A small video of 480×272 then has 30×17 positions, and the window is 15×15.

# %%
question = (
    "At 30×17 positions: how many times fewer multiplications take a window of 15×15 than looking everywhere?"
)
predict("10.cost", question, low=1, high=20)


# %% [markdown]
# Count instead of timing: multiplications and bytes are the same on every machine. Each pair of a query and a key costs $C$
# multiplications for its logit and $C_v$ for its share of the value. So count the pairs, with windows cut at the border.
#
# Loops and unfold meet those and no more. The tiles meet more: all 256 queries of a tile are multiplied with all that any of
# them may see, 30×30 places and not 15×15, and the mask throws the rest away. The assertions check both counts, pair by pair.


# %%
def pairs(height, width, window=None, tile=1):
    """How many keys all positions together meet in a frame; everywhere without a window."""

    def along(length):
        reach, met = length if window is None else window // 2, 0
        for start in range(0, length, tile):
            stop = min(start + tile, length)
            met += (stop - start) * (min(stop + reach, length) - max(start - reach, 0))
        return met

    return along(height) * along(width)


places = list(itertools.product(range(9), range(6)))
apart = [(y - v, x - u) for (y, x), (v, u) in itertools.product(places, places)]
in_tile = [(v - y // 4 * 4, u - x // 4 * 4) for (y, x), (v, u) in itertools.product(places, places)]
assert pairs(9, 6, window=5) == sum(max(abs(y), abs(x)) <= 2 for y, x in apart)
assert pairs(9, 6, window=5, tile=4) == sum(min(y, x) >= -2 and max(y, x) < 4 + 2 for y, x in in_tile)

# %%
C, CV = 64, 1024  # the released network's key and value channels
VIDEOS = {"480×272": (17, 30), "960×544": (34, 60), "1920×1088": (68, 120), "3840×2176": (136, 240)}
WAYS = {"everywhere": {}, "window of 15": {"window": 15}, "its tiles": {"window": 15, "tile": 16}}
work = {
    name: np.array([pairs(*size, **how) * (C + CV) for size in VIDEOS.values()]) for name, how in WAYS.items()
}

# %%
print(f"{'billions of multiplications':30}" + "".join(f"{video:>11}" for video in VIDEOS))
for name, counts in work.items():
    print(f"{name:30}" + "".join(f"{count / 1e9:11.2f}" for count in counts))
everywhere, near, tiled = work.values()
for name, saved in (
    ("window: fewer than everywhere", everywhere / near),
    ("tiles: more than the window", tiled / near),
):
    print(f"{name:30}" + "".join(f"{times:10.1f}×" for times in saved))
predict.reveal("10.cost", everywhere[0] / near[0], "A window that is half the picture saves little.")
assert everywhere[0] < 4 * near[0] and everywhere[-1] > 100 * near[-1]
assert (tiled > 2 * near).all() and (tiled < 4 * near).all() and (tiled < everywhere).all()

# %% [markdown]
# Also asserted: the tiles multiply two to four times as much as the window needs. At the smallest size that leaves little of what the
# window saved. What do they buy with it?
#
# **Bytes.** Looking everywhere keeps a weight for every pair of positions: the square of the picture. Unfold keeps a copy of every
# value for each of 225 places in the window. The tiles keep the weights of one tile at a time. The assertion: unfold takes more than
# looking everywhere, at each of these sizes, and more than 50 times what a tile takes.

# %%
positions = np.array([h * w for h, w in VIDEOS.values()])
memory = {
    "everywhere: a weight for each pair": 4.0 * positions**2,
    "unfold: 225 copies of the values": 4.0 * positions * 15**2 * CV,
    "tiles: one tile's weights and surroundings": np.full(4, 4.0 * (16 + 14) ** 2 * (16**2 + C + CV)),
}

# %%
fig, axes = figure(1, 2, height=3.4)
for ax, lines, unit in zip(axes, (work, memory), ("multiplications", "bytes"), strict=True):
    for n, (name, values) in enumerate(lines.items()):
        ax.loglog(positions, values, marker="os^"[n], label=name)
    ax.set(xlabel="positions in the picture", ylabel=f"{unit} for one frame")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25))
show(
    fig,
    caption="Everywhere grows with the square of the picture, a window with the picture. Unfold multiplies least and keeps most, at all "
    "four sizes more than looking everywhere does. The tiles multiply more, and keep the same few megabytes at any size.",
    alt="Two log-log plots over positions, 510 to 32,640. Multiplications: everywhere climbs twice as steeply as the window, and "
    "the tiles lie a little above the window. Bytes: unfold lies highest, everywhere climbs toward it from below the tiles, "
    "which are a flat line.",
)
pairs_kept, copies, tile = memory.values()
assert (copies > pairs_kept).all() and (copies > 50 * tile).all()

# %% [markdown]
# Counts are promises. So time both on two pictures, the second with four times the positions. By the counts, looking everywhere should
# take 16 times as long on it, the window's tiles 5 times. Which is faster on the small one depends on your machine, and it may well be everywhere.

# %% tags=["nbval-ignore-output"]
best = {}
for _, size in itertools.product(range(4), ((32, 30), (64, 60))):
    q, k, v = torch.randn(1, C, *size), torch.randn(1, 1, C, *size), torch.randn(1, 1, 64, *size)
    flat = [z.reshape(1, -1, size[0] * size[1]).transpose(1, 2) for z in (q, k, v)]
    ways = {
        "everywhere": lambda flat=flat: F.scaled_dot_product_attention(*flat),
        "window of 9": lambda q=q, k=k, v=v: local_attention(q, k, v, window=9),
    }
    for name, way in ways.items():
        began = time.perf_counter()
        way()
        best[name, size] = min(best.get((name, size), np.inf), time.perf_counter() - began)
for (name, size), seconds in sorted(best.items()):
    print(f"{name:12} {size[0]}×{size[1]} {1000 * seconds:7.1f} ms")
slower = {name: best[name, (64, 60)] / best[name, (32, 30)] for name in ways}
print({name: f"{times:.1f} times slower" for name, times in slower.items()})

# %% [markdown]
# **Try it:** exercise 10, *multiplications*.
#
# ## 3 · Colors from nearby
#
# No network yet. A position's key is its patch of *lightness*, 12×12 pixels at stride 4, mean taken off and length 1: gray is all
# that the frame to be colored has. Its value is the mean ab of its 4×4 pixels. Two patches' product is then their correlation,
# and we multiply it by 50 so that the softmax is decided. (Part 4 tries less.)

# %%
STRIDE, PATCH, SHARP = 4, 12, 50.0


def features(lightness):
    """(T, H, W) → keys (T, PATCH², H/4, W/4) of length 1."""
    padded = F.pad(lightness[:, None], ((PATCH - STRIDE) // 2,) * 4, mode="replicate")
    size = [side // STRIDE for side in lightness.shape[1:]]
    patches = F.unfold(padded, PATCH, stride=STRIDE).unflatten(2, size)
    return F.normalize(patches - patches.mean(1, keepdim=True), dim=1)


def seen(frames):
    """RGB frames (T, H, W, 3) → their keys, and their true colors ab (T, 2, H/4, W/4)."""
    lab = torch.from_numpy(rgb_to_lab(frames)).float()
    return features(lab[..., 0]), F.avg_pool2d(lab[..., 1:].permute(0, 3, 1, 2), STRIDE)


def read(query, key, ab, window, sharp=SHARP, bias=None):
    """Colors (T, 2, h, w) for T frames, each from one other frame's keys and colors."""
    query = query * sharp * math.sqrt(query.shape[1])  # the package divides by √C again
    return local_attention(query, key[:, None], ab[:, None], window=window, bias=bias)


def error(ab, truth):
    """Distance in ab at each position, (T, h, w)."""
    return (ab - truth).norm(dim=1)


# %% [markdown]
# And a motion that we know: a camera pans over a photo, so many pixels a frame. Everything moves alike. What enters at the edge
# was in no earlier frame and can't be found, so the errors below leave it out.

# %%
picture = photos()[PHOTO][100:196]
WIDE = 144


def pan(speed, frames=2):
    """RGB (frames, 96, 144, 3), moving by `speed` pixels a frame."""
    return np.stack([picture[:, t * speed : t * speed + WIDE] for t in range(frames)])


# %%
def pan_error(speed, window, sharp=SHARP):
    """Mean error of the second frame's colors, read from the first, where both show the same."""
    keys, ab = seen(pan(speed))
    found = error(read(keys[1:], keys[:1], ab[:1], window, sharp), ab[1:])
    return float(found[..., : (WIDE - speed) // STRIDE - 1].mean())


# %%
question = (
    "Stride 4 and a window of 7×7 positions. Up to which speed, in pixels a frame, can it follow the pan?"
)
predict("10.cliff", question, low=1, high=40, unit="pixels a frame")

# %% [markdown]
# A window of λ reaches $(\lambda-1)/2$ positions to each side, so $\text{stride}\cdot(\lambda-1)/2$ pixels. Measure the error
# for speeds of whole positions (4, 8, 12 … pixels), and for those that fall between two (2, 6, 10 …). The assertion: for windows of
# 3, 7 and 15 the error is at least three times as high one position beyond the reach as at it.

# %%
WINDOWS = {"3×3": 3, "7×7": 7, "15×15": 15, "everywhere": 71}
whole, half = range(4, 41, 4), range(2, 39, 4)
curves = {
    name: [[pan_error(s, w) for s in speeds] for speeds in (whole, half)] for name, w in WINDOWS.items()
}

# %%
reach = {name: STRIDE * (WINDOWS[name] - 1) // 2 for name in ("3×3", "7×7", "15×15")}
for name, r in reach.items():
    held, lost = curves[name][0][r // STRIDE - 1 : r // STRIDE + 1]  # speeds begin at one position
    print(f"{name:6} error {held:.1f} at {r} pixels a frame, {lost:.1f} at {r + STRIDE}")
    assert lost > 3 * held
predict.reveal("10.cliff", reach["7×7"], unit="pixels a frame")

# %%
fig, axes = figure(1, 2, height=3.0, sharey=True)
for ax, speeds, n, name in zip(
    axes, (whole, half), (0, 1), ("by whole positions", "between two positions"), strict=True
):
    for mark, (window, both) in zip("o^sx", curves.items(), strict=True):
        ax.plot(speeds, both[n], marker=mark, markersize=4, label=window)
    ax.set(xlabel="speed (pixels a frame)", title=f"motion {name}")
axes[0].set_ylabel("color error (ab)")
axes[0].legend(title="window")
show(
    fig,
    caption="Each window holds out to its reach, 4, 12 and 28 pixels, and falls off a cliff one position later. Where the motion "
    "falls between two positions, looking everywhere is worse on this photo than any window that reaches.",
    alt="Two plots of color error over speed with a curve for each window. Left, whole positions: each curve is near zero up to "
    "4, 12 and 28 pixels, then jumps; everywhere stays low. Right, between positions: the curves climb beyond the "
    "same reaches from a higher floor, and everywhere lies above the windows that reach.",
)

# %% [markdown]
# The right plot holds the better reason for a window. Between two positions no patch fits exactly, and among all positions of the
# picture some far one often looks more alike. Everywhere takes it. The window can't. The assertion: at 2 pixels a frame,
# looking everywhere errs at least 1.5 times as much as the 7×7 window, though it sees all that the window sees.

# %%
slow = {name: both[1][0] for name, both in curves.items()}
print(
    {name: f"{value / slow['7×7']:.1f} × the error of 7×7" for name, value in slow.items() if name != "7×7"}
)
assert slow["everywhere"] > 1.5 * slow["7×7"]


# %%
def draw(window, speed):
    """The frame before with one window on it, the colored frame, and its error."""
    frames = pan(speed)
    keys, ab = seen(frames)
    found = read(keys[1:], keys[:1], ab[:1], window)
    lab = rgb_to_lab(frames[1]).astype(np.float32)
    lab[..., 1:] = F.interpolate(found, scale_factor=STRIDE, mode="bilinear")[0].permute(1, 2, 0).numpy()
    fig, axes = figure(1, 3, height=1.9)
    axes[0].imshow(frames[0])
    side, y, x = window * STRIDE, 50, 58  # the middle of one position
    box = {"fill": False, "edgecolor": "white", "linewidth": 2}
    axes[0].add_patch(Rectangle((x - side / 2, y - side / 2), side, side, **box))
    axes[0].plot(x + speed, y, "wx", markeredgewidth=2)
    axes[1].imshow(lab_to_rgb(lab).clip(0, 1))
    axes[2].imshow(error(found, ab[1:])[0].numpy(), vmin=0, vmax=40, extent=(0, WIDE, 96, 0))
    for ax, name in zip(
        axes, ("before, its colors known", f"colored, {window}×{window}", "error, white is 40"), strict=True
    ):
        ax.set(title=name, xticks=[], yticks=[], xlim=(0, WIDE), ylim=(96, 0))
    return fig


# %%
play(
    draw,
    {"window": [7, 3, 5, 9, 15, 31], "speed": (0, 40, 1, 12)},
    look_for="The cross marks where the box's middle came from. Set a speed, then find the smallest window that holds the cross.",
    twin=[{"window": 7, "speed": 12}, {"window": 7, "speed": 20}, {"window": 15, "speed": 20}],
    caption="At 12 pixels a frame a 7×7 window just holds the place that the colors came from; at 20 it doesn't, and takes the "
    "next best; 15×15 does. What is wrong at the right edge has entered with this frame.",
    alt="Three rows of three pictures: the frame before with a square window and a cross, the colored frame, a map of its error. "
    "In the first and third row the cross lies in the window and the map is dark but for specks at its right edge; in the second the "
    "cross lies outside, the rim of a saucer is smeared and the map is bright there.",
)

# %% [markdown]
# **Try it:** exercise 10, *fastest*: reach, for any stride, window and age.
#
# ## 4 · Why divide by √C?
#
# If the channels of $q$ and $k$ have variance 1, their product is a sum of $C$ terms of variance 1, and its spread is √C. Watch the
# largest of 225 weights, with and without the division, and the gradient that gets through the softmax.

# %%
question = "64 channels, no division: how large is the largest of 225 weights, on average?"
predict("10.scale", question, low=0, high=1)

# %%
torch.manual_seed(SEED)
print(f"{'C':>4} {'largest weight':>15} {'without /√C':>12} {'gradient':>9} {'without /√C':>12}")
peak = {}
for channels in (4, 16, 64, 256):
    q, k = torch.randn(500, channels), torch.randn(500, channels, 225)
    raw = (q[:, None] @ k)[:, 0]  # (500, 225)
    for name, logits in (("scaled", raw / math.sqrt(channels)), ("raw", raw)):
        w = logits.softmax(1)
        peak[name, channels] = float(w.amax(1).mean()), float((w * (1 - w)).sum(1).mean())
    (a, b), (c, d) = peak["scaled", channels], peak["raw", channels]
    print(f"{channels:>4} {a:>15.2f} {c:>12.2f} {b:>9.2f} {d:>12.2f}")
predict.reveal("10.scale", peak["raw", 64][0])
assert all(peak["scaled", c][0] < 0.15 for c in (16, 64, 256)) and peak["raw", 256][0] > 0.7

# %% [markdown]
# The gradient column is $\sum_j w_j(1-w_j)$, the trace of the softmax's derivative: 1 when nothing is decided, 0 when all is. Divided, it stays
# where learning is possible whatever $C$ is. Undivided, a wide network starts with its mind made up, and for no reason.
#
# Now our patches. They have *length* 1, not variance 1, so a product is at most 1, and dividing it by √144 makes it at most
# 1/12: all weights come out nearly alike, and a color is the mean of its window. The assertion: with that division the colors err
# more than five times as much as with 50 times the correlation.

# %%
scales = {"divided by 12": 1 / 12, "as it is": 1, "times 10": 10, "times 50": 50}
errors = {name: pan_error(8, 15, sharp) for name, sharp in scales.items()}
for name, value in errors.items():
    print(f"correlation {name:14} color error {value:.1f}")
assert errors["divided by 12"] > 5 * errors["times 50"]

# %% [markdown]
# So √C belongs to features of variance 1. Networks learn the length of their queries, and it then plays our 50's part.
#
# ## 5 · A bias for where
#
# A pan is kind. In a made clip objects of single hues pass over a background, by fractions of a position, with occlusions. Ask
# the plainest rival: keep the colors where they are, *copy*. The assertion: at its natural speed, our window loses to that.

# %%
LAPSES = {1: "every frame", 2: "every second frame", 3: "every third frame"}  # the same clips, faster


def lapse(seed, step):
    """Keys and colors of 16 frames, `step` apart."""
    return seen(made_clip(seed, frames=15 * step + 1, size=(72, 96)).frames[::step])


tests = {step: [lapse(SEED * 100 + s, step) for s in range(3)] for step in LAPSES}
training = [lapse(SEED * 100 + 50 + s, step) for s in range(2) for step in LAPSES]

# %%
attended = np.mean([error(read(k[1:], k[:-1], ab[:-1], 15), ab[1:]).mean() for k, ab in tests[1]])
copied = np.mean([error(ab[:-1], ab[1:]).mean() for _, ab in tests[1]])
print(f"color error, reading the frame before: {attended:.1f}; copying it: {copied:.1f}")
assert attended > 1.3 * copied

# %% [markdown]
# The patches don't say that most things hardly move. ColorMNet's window can learn it: a 1×1 convolution of the query gives a
# **relative bias**, one number for each of the 225 places, added to the logits. We learn only that layer's own bias, 225 numbers,
# the same for all queries. `ages` says how old the frames are that it learns with.


# %%
def spread(bias, like):
    """225 numbers → the bias of all positions of frames like these."""
    return bias.view(1, -1, 1, 1).expand(len(like), -1, *like.shape[2:])


def learn(ages):
    """225 numbers, by Adam on the mean absolute error of ab."""
    bias = torch.zeros(225, requires_grad=True)
    optimizer, rng = torch.optim.Adam([bias], lr=0.3), np.random.default_rng(SEED)
    for step in range(STEPS):
        keys, ab = training[step % len(training)]
        age = rng.choice(ages)
        now = torch.from_numpy(rng.integers(age, len(keys), 2))
        out = read(keys[now], keys[now - age], ab[now - age], 15, bias=spread(bias, keys[now]))
        optimizer.zero_grad()
        (out - ab[now]).abs().mean().backward()
        optimizer.step()
    return bias.detach()


def aged(bias, clips, age):
    """Mean error on the clips, reading the frame `age` frames old; without a bias, copying it."""
    errors = []
    for keys, ab in clips:
        out = ab[:-age]
        if bias is not None:
            out = read(keys[age:], keys[:-age], out, 15, bias=spread(bias, keys[age:]))
        errors.append(float(error(out, ab[age:]).mean()))
    return np.mean(errors)


# %% [markdown]
# Learn it with the frame before, on other clips than those it is tried on. The assertions: it takes off more than a third of the
# window's error at every speed, and at the two faster ones it beats copying. (At natural speed the two are about level.)

# %%
AGES = 1, 2, 3, 4, 5
near = learn([1])
ways = {"copied": None, "window": torch.zeros(225), "window, bias of t−1": near}
errors = {
    (name, step, age): aged(bias, tests[step], age)
    for name, bias in ways.items()
    for step in LAPSES
    for age in AGES
}

# %% tags=["nbval-ignore-output"]
for step in LAPSES:
    print(f"{LAPSES[step]}: " + ", ".join(f"{name} {errors[name, step, 1]:.1f}" for name in ways))
    assert errors["window, bias of t−1", step, 1] < 2 / 3 * errors["window", step, 1]
    assert step == 1 or errors["window, bias of t−1", step, 1] < errors["copied", step, 1]

# %% [markdown]
# ## 6 · The frame that is too old
#
# Now the field report's gap. Trained with frame $t-1$; at test the last memory frame, and every fifth frame is one. So the frame
# in the window is 1, 2, 3, 4, 5 frames old in turn. First the arithmetic for the released network: stride 16, window 15.

# %%
for age in AGES:
    print(f"age {age}: follows up to {16 * (15 - 1) / 2 / age:5.1f} pixels a frame")
question = "Reading the last memory frame in place of t−1, bias learned on t−1: error how many times as high, over the five ages?"
predict("10.gap", question, low=1, high=5)

# %% [markdown]
# Two things could make an old frame worse. It holds less: things moved on, others came into sight. Or the weights were made for
# another age, and a bias learned with old frames would mend it. So learn a second bias, with ages 1 to 5, and compare. The price of the gap is the
# mean error over the five ages, less the error at age 1. The assertions: the error is at least 1.5 times as high, at every speed;
# the fastest clips pay a higher price than the slowest; and learning with the right ages wins back less than a fifth of it.

# %%
right_age, wrong_age = "window, bias of t−1 … t−5", "window, bias of t−1"
ways[right_age] = learn(list(AGES))
errors |= {(right_age, step, age): aged(ways[right_age], tests[step], age) for step in LAPSES for age in AGES}
turn = {(way, step): np.mean([errors[way, step, age] for age in AGES]) for way in ways for step in LAPSES}

# %% tags=["nbval-ignore-output"]
price = {}
for step in LAPSES:
    fresh, old, taught = errors[wrong_age, step, 1], turn[wrong_age, step], turn[right_age, step]
    print(f"{LAPSES[step]}: t−1 {fresh:.1f}; memory frame {old:.1f}, taught with such frames {taught:.1f}")
    price[step] = old - fresh
    assert old > 1.5 * fresh and old - taught < price[step] / 5
assert price[3] > 1.2 * price[1]
predict.reveal("10.gap", turn[wrong_age, 1] / errors[wrong_age, 1, 1], "At natural speed.")
own = {way: np.mean([aged(ways[way], training, age) for age in AGES]) for way in (wrong_age, right_age)}
print(
    "on the clips learned from, over the ages: "
    + ", ".join(f"{way} {value:.1f}" for way, value in own.items())
)

# %%
fig, axes = figure(1, 3, height=2.9, sharey=True)
for ax, step in zip(axes, LAPSES, strict=True):
    for mark, way in zip("xo^s", ways, strict=True):
        ax.plot(AGES, [errors[way, step, age] for age in AGES], marker=mark, markersize=4, label=way)
    ax.set(title=LAPSES[step], xlabel="age of the frame read (frames)", xticks=AGES)
axes[0].set_ylabel("color error (ab)")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
show(
    fig,
    caption="The older the frame, the worse, at any speed. The two biases run nearly on one line: the price is the frame's age, "
    "and not that the bias was learned with another one.",
    alt="Three plots, for slow to fast clips, of color error over the age of the frame, 1 to 5. All curves climb. The window without bias is "
    "highest at age 1, copying crosses it on fast clips, and the two windows with a bias lie lowest and close together.",
)

# %% [markdown]
# The right ages won nothing back here: the second bias even came out a little *worse*. Yet on the clips that it learned from, in the last line of
# numbers, it is the better one. The likely reason: within five frames things have gone somewhere, and it learned where in two scenes. In others
# they go elsewhere.
#
# That is for 225 numbers over fixed patches; a whole network may adapt in more places. And it is for *true* colors in the window,
# which no colorizer has after its first frame. It reads colors that it made itself, and errors are passed on. Frame by
# frame that is a chain of fifteen links in fifteen frames; from memory frame to memory frame, of three.

# %%
question = "A pan with one's own colors. Which is better after 15 frames?"
predict(
    "10.chain", question, choices=["t−1, always", "the last memory frame, always", "it depends on the speed"]
)


# %%
def chain(speed, every):
    """Mean error over 15 frames with one's own colors: frame 0 is true, each reads the last that is a multiple of `every`."""
    keys, truth = seen(pan(speed, 16))
    made = [truth[:1]]
    for t in range(1, 16):
        last = (t - 1) // every * every
        made.append(read(keys[t : t + 1], keys[last : last + 1], made[last], 15))
    return float(error(torch.cat(made), truth)[1:].mean())


# %% [markdown]
# Fifteen frames of the pan, all errors counted, what enters included. The assertions: at 1 pixel a frame the memory frame is
# better, and at 8, where five frames of motion leave the window's 28 pixels, $t-1$ is.

# %%
chains = {speed: (chain(speed, 1), chain(speed, 5)) for speed in (1, 2, 4, 6, 8, 10)}
for speed, (before, memory) in chains.items():
    better = "memory frame" if memory < 0.95 * before else "t−1" if before < 0.95 * memory else "either"
    print(f"{speed:2} pixels a frame: t−1 {before:4.1f}, the last memory frame {memory:4.1f}: {better}")
predict.reveal("10.chain", "it depends on the speed")
assert chains[1][1] < 0.95 * chains[1][0] and chains[8][1] > 1.1 * chains[8][0]

# %%
headline(
    "A window sees as far as stride × (λ − 1) / 2 pixels and no further, and an old frame in it costs more the faster things move"
)

# %% [markdown]
# ## Recap
#
# - Local attention is attention over a λ×λ window in each of the last $d$ frames, one softmax, what is outside masked with $-\infty$.
# - Everywhere grows with the square of the picture, a window with the picture. At small sizes the window saves little.
# - Its better reason is the colors: what isn't in the window can't be mistaken for what is. A learned bias sharpens that.
# - Reach is stride · (λ−1)/2 pixels, divided by the frame's age. One position beyond, the color is lost.
# - Reading an older frame costs by its age. With one's own colors it also saves links of the chain, so slow clips may gain.
#
# ## Check your understanding
#
# <details><summary>You halve the stride and want the same reach in pixels. What does a frame cost now?</summary>
# Four times the positions, and a window with twice the side has about four times the places: sixteen times the multiplications. That
# is why ColorMNet looks at stride 16 and lets the decoder bring back the detail.</details>
#
# <details><summary>Your colors are right in the middle of the picture and pale along a rim of half a window. Where do you look?</summary>
# At the mask. Padding that isn't masked has logit 0 and value 0: it takes a share of every softmax near the border, and adds gray.</details>
#
# <details><summary>A colleague replaces the window by attention over the whole last frame, "it contains the window, so it can't be worse". Is that so?</summary>
# It can. Among more positions there are more lookalikes, and where motion falls between two positions none fits exactly. In the lesson it erred more
# than the window at 2 pixels a frame. A network may learn a bias that keeps it near; then it has learned the window.</details>
#
# <details><summary>Would reading t−1 at test, as in training, mend the released network for all clips?</summary>
# For fast ones it should help: the window's reach isn't divided by up to five. For slow ones it may hurt, since errors are then passed on
# from frame to frame instead of from memory frame to memory frame. Measure on clips of both kinds before you decide.</details>
#
# ## Where next
#
# Lesson 11: *ColorMNet, whole*. The features of 08, the memory of 09 and this window, added up and trained. There you also find out
# what the 35.44 and 35.77 dB are worth.
#
# Read: Yang and others, *ColorMNet*, ECCV 2024, the section on local attention and the ablation; and Yang and Yang, *Decoupling Features in
# Hierarchical Propagation for Video Object Segmentation*, NeurIPS 2022, where its window comes from.
