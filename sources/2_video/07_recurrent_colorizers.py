# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Recurrent colorizers
#
# **Field report.** A project colored video with a U-Net. Then it told the U-Net a feature vector, gave it an LSTM, stateless and
# stateful, gave it both, and tried a larger net with batch norm: five families. The loader was too slow to feed the card, so
# videos came one at a time. The write-up blames the LSTM for adding noise, and names no winner. Its code holds three slips that
# the write-up doesn't mention. We rebuild the families as one class, and find out what the memory is good for.
#
# You will be able to
# - carry a network's state from chunk to chunk, forget it where a video begins, and prove both;
# - say whom a frame hears, and what truncated back-propagation can't teach;
# - measure flicker beside the truth, gray and a single tint, and not mistake *steady* for *good*.
#
# You need lessons 05 and 06. Reading 22 minutes, running 35 seconds, exercises 55 minutes.

# %%
import json
import tempfile
import time
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from course_lib import images, video
from course_lib.color import ab_bin_centers, lab_to_rgb, rgb_to_lab
from course_lib.data import made_clip, photos
from course_lib.images.colorize import into_gamut
from course_lib.images.colorizer import CHECKPOINTS
from course_lib.metrics import flicker, mean_chroma, psnr
from course_lib.teach import COLORS, figure, headline, play, predict, show
from course_lib.video.pretrained import RECURRENT

torch.set_num_threads(1)  # for pictures this small, sharing the work costs more than it saves

# %% tags=["parameters"]
SEED = 0  # of the made clips and of all that is drawn at random
PHOTO = (
    "coffee"  # the photo that the camera pans over; any name in photos(), the shipped models saw none of them
)
LESSONS = 60  # batches of clips that each miniature network is taught with; this default run is the full run

# %% [markdown]
# ## 1 · Five families, one class
#
# All five are one U-Net and what it is given besides the frame. `RecurrentUNet` takes that as options. The *feature vector* says what
# the whole picture shows: a small encoder of its own makes it from the frame, shrunk, and every place is told the same. The
# LSTM family comes twice, stateless and stateful. The assertions: the LSTM costs as many weights with the feature vector as
# without, carrying a state costs none, and the large one has three times the U-Net's.

# %%
weights = {}
for name, options in video.FAMILIES.items():
    weights[name] = sum(p.numel() for p in video.RecurrentUNet(**options).parameters())
    print(f"{name:20}{weights[name]:9,} weights  {options}")
assert weights["unet_features_lstm"] - weights["unet_features"] == weights["unet_lstm"] - weights["unet"]
assert weights["unet_lstm"] == weights["unet_lstm_stateless"] and weights["large"] > 3 * weights["unet"]

# %% [markdown]
# The LSTM sits at a sixteenth of the size, and its state is a picture: a **ConvLSTM** (Shi and others, 2015). One convolution over
# the frame $x_t$ and the last answer $h_{t-1}$ makes four gates; $c$ is what is kept, $h$ what is said.
#
# $$[i, f, g, o] = W * [x_t, h_{t-1}] + b, \qquad c_t = \sigma(f)\,c_{t-1} + \sigma(i)\tanh g, \qquad h_t = \sigma(o)\tanh c_t$$
#
# The assertion checks our step against the package's cell. The report's was torch's own LSTM, with each place of the bottleneck
# as a row of its batch: the same thing with a kernel of 1, where no place hears its neighbors. That is `location_lstm` among the
# trained ones below.


# %%
def lstm_step(x, h, c, W, b):
    """The state after one more frame; all (N, channels, H, W)."""
    i, f, g, o = F.conv2d(torch.cat([x, h], 1), W, b, padding="same").chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


# %%
torch.manual_seed(SEED)
cell, x = video.ConvLSTMCell(3, 8), torch.randn(2, 3, 4, 6)
h, c = torch.randn(2, 2, 8, 4, 6)
torch.testing.assert_close(lstm_step(x, h, c, cell.gates.weight, cell.gates.bias), cell(x, (h, c)))
print("The step is the package's cell.")

# %% [markdown]
# ## 2 · Whom does a frame hear?
#
# The course ships thirteen trained colorizers of clips; `pretrained` loads one by name, with its card. All answer in chunks of
# six frames, as they were trained. Take twelve frames, turn one into its negative, and see which frames' *colors* move. The
# assertions hold the four patterns that you will see. And one thing nobody asked for: how loud is the past? In all with a memory, a
# frame's color moves by less than a tenth as much for the frame before as for itself. Keep that in mind for part 7. The
# fourth network below, `two_way`, has a second LSTM that comes from the chunk's end.

# %%
question = "Frame 3 of 12 becomes its negative; chunks hold 6 frames. In how many frames does the stateful LSTM's color move?"
predict("07.hears", question, low=0, high=12)


# %%
def hears(model, gray):
    """Root mean square by which the color of frame t (row) moves when frame s (column) becomes its negative, in ab."""
    before, moved = model.predict_ab(gray), np.zeros((len(gray), len(gray)))
    for s in range(len(gray)):
        changed = gray.copy()
        changed[s] = 100 - changed[s]
        moved[:, s] = np.sqrt(((model.predict_ab(changed) - before) ** 2).mean(axis=(1, 2, 3)))
    return moved


gray = rgb_to_lab(made_clip(SEED, frames=12, size=(36, 64)).frames)[..., 0].astype(np.float32)
KINDS = ("unet", "unet_lstm_stateless", "unet_lstm", "two_way")
heard = {name: hears(video.pretrained(name), gray) for name in KINDS}
predict.reveal("07.hears", int((heard["unet_lstm"][:, 3] > 1e-5).sum()), "Itself and all that follow.")

# %%
fig, axes = figure(1, 4, height=2.5, sharey=True)
for ax, (name, moved) in zip(axes, heard.items(), strict=True):
    picture = ax.imshow(np.log10(moved + 1e-6), vmin=-5, vmax=0.5, cmap="cividis")
    ax.set(title=name, xlabel="frame changed", xticks=[0, 6, 11], yticks=[0, 6, 11])
axes[0].set_ylabel("frame whose color moves")
fig.colorbar(picture, ax=list(axes), label="log10 of ab", shrink=0.8)
show(
    fig,
    caption="A U-Net hears the frame itself. Without state no frame of a chunk hears anybody before the seam; with it, all "
    "frames hear all before them. Two-way hears the future too, as far as its chunk reaches. And all hear themselves "
    "far louder than anybody.",
    alt="Four square maps. The first is a bare diagonal; the second two triangles below it; the third the whole lower "
    "triangle, fading with distance; the fourth the lower triangle and two full blocks of six by six. All diagonals are bright.",
)
t, s = np.indices((12, 12))
near, chunk = t - s < 6, t // 6 == s // 6  # what is farther back fades below what can be seen
patterns = [t == s, (s <= t) & chunk, s <= t, (s <= t) | chunk]

# %%
for (name, moved), pattern in zip(heard.items(), patterns, strict=True):
    assert np.array_equal((moved > 1e-5)[near], pattern[near]) and not (moved > 1e-5)[~pattern].any()
    own, before = np.diag(moved).mean(), np.diag(moved, -1).mean()
    print(f"{name:20} moves by {own:.1f} ab for itself, by {before / own:4.0%} of that for the frame before")
    assert before < 0.1 * own

# %% [markdown]
# The price of two-way is in the picture. Its answer for a frame isn't ready before the chunk's last frame is there, and a
# live stream waits. What comes from behind can't cross a seam, for the next chunk doesn't exist yet.
#
# ## 3 · Chunk after chunk, and forget in time
#
# Whole clips don't fit into memory. So the state goes from chunk to chunk, and videos of all lengths stream in lockstep:
# row $i$ of each batch goes on where row $i$ ended, and a flag says which rows begin another video. `StatefulStreamLoader`
# gives such batches. Here are five clips in two rows, four frames a step; letters are clips, and the assertion says that an epoch shows each
# frame exactly once.

# %%
lengths = (11, 6, 9, 5, 8)
scenes = [made_clip(SEED + k, frames=n, size=(36, 64)).frames for k, n in enumerate(lengths)]
clips = [rgb_to_lab(frames).astype(np.float32) for frames in scenes]
loader = video.StatefulStreamLoader(clips, rows=2, chunk=4, seed=None)
fig, ax = figure(height=1.5)
counted = np.zeros((5, max(lengths)), int)
for step, batch in enumerate(loader):
    for row, (clip, first) in enumerate(zip(batch.clip.tolist(), batch.is_first.tolist(), strict=True)):
        shown = batch.frame[row][batch.valid[row]].tolist()
        counted[clip, shown] += 1
        color = list(COLORS.values())[clip] if shown else "lightgray"
        ax.barh(-row, 0.92, 0.8, left=step, color=color, alpha=0.9 if first else 0.35)
        label = f"{'ABCDE'[clip]} {shown[0]} to {shown[-1]}" if shown else "padding"
        ax.text(step + 0.46, -row, label, ha="center", va="center", fontsize=9)
ax.set(yticks=[0, -1], yticklabels=["row 0", "row 1"], xlabel="step")
show(
    fig,
    caption="Strong bars are flagged as first: there the row's memory must go. Short last chunks are padded; `valid` tells.",
    alt="Two rows of seven bars. Row 0: A in three, D in two, E in two. Row 1: B in two, C in three, then padding.",
)
assert counted.tolist() == [[int(k < n) for k in range(max(lengths))] for n in lengths]

# %% [markdown]
# Now feed the shipped stateful network from this loader, and compare with every clip run alone, in one long run from its
# beginning. Beside the right way, three that people ship: nobody hands on the state; nobody resets; everybody resets when one row
# does. The assertions: the right way is the long run to 1e-5 in ab/110, each wrong way is off by more than ten times that.


# %%
def streamed(net, flags, carry=True):
    """Normalized ab of each clip, answered chunk by chunk in lockstep; `flags` turns is_first into what the net gets."""
    answers, state = [np.zeros((*clip.shape[:3], 2), np.float32) for clip in clips], None
    for batch in loader:
        L = batch.frames[..., :1].movedim(-1, 2) / 100  # (N, T, 1, H, W)
        with torch.inference_mode():
            ab, state = net(L, state if carry else None, flags(batch.is_first))
        for row, clip in enumerate(batch.clip.tolist()):
            kept = batch.valid[row]
            answers[clip][batch.frame[row][kept]] = ab[row, kept].movedim(1, -1).numpy()
    return answers


net = video.pretrained("unet_lstm").net
whole = [video.ClipColorizer(net, chunk=len(clip)).predict_ab(clip[..., 0]) / 110 for clip in clips]
ways = {
    "state handed on, reset at flags": streamed(net, lambda first: first),
    "state never handed on": streamed(net, lambda first: first, carry=False),
    "never reset": streamed(net, torch.zeros_like),
    "all rows reset when one begins": streamed(net, lambda first: first.any().expand(len(first))),
}

# %%
off = {}
for name, answers in ways.items():
    off[name] = max(float(np.abs(a - w).max()) for a, w in zip(answers, whole, strict=True))
    print(f"{name:32} worst clip off by {110 * off[name]:5.2f} ab")
right, *wrong = off.values()
assert right < 1e-5 and min(wrong) > 1e-4

# %% [markdown]
# Look how little it is: tenths of an ab, which nobody would see. **None of these bugs shows in a picture, and none raises.** Only such a
# test finds them. **Try it:** exercise 07, *reset_flags*, *reset_rows* and *conv_lstm_step*.
#
# ## 4 · What a memory can do
#
# Let's make a world that needs one. Gray noise, and once, in frame 1, the whole picture is lighter or darker: lighter means that the
# clip is orange, darker that it is blue. Nothing later tells. Who knows the color in frame 10? Miniature networks learn it, in
# chunks. The `detach` is **truncated back-propagation through time**: the state goes on into the next chunk, its gradient doesn't.

# %%
question = "One-way memory, chunks of 4, state handed on; the flash comes in frame 1. Which frames get their color right?"
predict("07.told", question, choices=["only frame 1", "1 to 3", "1 to 11", "all 12"])

# %%
LENGTH, FLASH = 12, 1


def told_once(count, rng):
    """Lightness (N, T, 1, 4, 4) of clips with a flash, and their color, -1 or 1 in both channels."""
    secret = torch.tensor(rng.choice([-1.0, 1.0], (count, 1, 1, 1, 1)), dtype=torch.float32)
    lightness = torch.tensor(rng.normal(0, 0.2, (count, LENGTH, 1, 4, 4)), dtype=torch.float32)
    lightness[:, FLASH] += secret[:, 0]
    return lightness, secret.expand(count, LENGTH, 2, 4, 4)


class Miniature(nn.Module):
    """A ConvLSTM, or two, and a convolution that reads color from what they say."""

    def __init__(self, two_way=False):
        super().__init__()
        self.memory, self.ahead = video.ConvLSTM(1, 8), video.ConvLSTM(1, 8) if two_way else None
        self.read = nn.Conv2d(16 if two_way else 8, 2, 1)

    def forward(self, x, state):
        seen, state = self.memory(x, state)
        if self.ahead:
            seen = torch.cat([seen, self.ahead(x.flip(1))[0].flip(1)], 2)
        return self.read(seen.flatten(0, 1)).unflatten(0, x.shape[:2]), tuple(part.detach() for part in state)


def reach(chunk):
    """The first frame that the gradient of the last frame's answer comes to."""
    net, x, state = Miniature(), told_once(1, np.random.default_rng(SEED))[0].requires_grad_(), None
    for piece in x.split(chunk, 1):
        answer, state = net(piece, state)
    slope = torch.autograd.grad(answer[:, -1].sum(), x)[0].abs().amax((0, 2, 3, 4))
    return int(slope.nonzero()[0])


# %%
def run(net, chunk, clips, *, carry=True, optimizer=None, asked=0):
    """Squared error at each frame (T,); learns on the way if given an optimizer, from frame `asked` on."""
    (lightness, color), state, errors = clips, None, []
    for start in range(0, LENGTH, chunk):
        answer, after = net(lightness[:, start : start + chunk], state)
        state = after if carry else None
        error = ((answer - color[:, start : start + chunk]) ** 2).mean((0, 2, 3, 4))
        counts = error[max(asked - start, 0) :]
        if optimizer and len(counts):
            optimizer.zero_grad()
            counts.mean().backward()
            optimizer.step()
        errors.append(error.detach())
    return torch.cat(errors).numpy()


def teach(chunk, *, two_way=False, seed=SEED, **options):
    """A miniature's error at each frame of clips it has not seen, after LESSONS batches of eight."""
    torch.manual_seed(seed)
    rng, net = np.random.default_rng(seed), Miniature(two_way)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(LESSONS):
        run(net, chunk, told_once(8, rng), optimizer=optimizer, **options)
    with torch.no_grad():
        return run(net, chunk, told_once(64, rng), carry=options.get("carry", True))


# %% [markdown]
# **Measure.** The error at each frame, on clips not seen before. The assertions, with errors below 0.2 counting as known and above 0.8 as
# unknown: frame by frame knows frame 1 only, stateless 1 to 3, stateful 1 to 11, two-way all.

# %%
told = {
    "frame by frame": teach(1, carry=False),
    "stateless, chunks of 4": teach(4, carry=False),
    "stateful, chunks of 4": teach(4),
    "two-way, chunks of 4": teach(4, two_way=True),
}
fig, ax = figure(height=2.6, width=6.5)
for (name, errors), mark in zip(told.items(), "osv^", strict=True):
    ax.plot(errors, marker=mark, markersize=5, label=name)
ax.set(xlabel="frame", ylabel="squared error", xticks=range(0, LENGTH, 2), ylim=(-0.05, 1.2))
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
show(
    fig,
    caption="An error of 1 is what knowing nothing costs. Without state the color is lost at the chunk's end; with it, never; "
    "two-way knows it before it was told.",
    alt="Error by frame for four networks. Frame by frame: low in frame 1 only. Stateless: low until frame 3. Stateful: low "
    "from frame 1 on. Two-way: low in all twelve.",
)

# %%
assert all(((errors < 0.2) | (errors > 0.8)).all() for errors in told.values()), "no error should lie between"
known = [np.flatnonzero(errors < 0.2).tolist() for errors in told.values()]
assert known == [[1], [1, 2, 3], list(range(1, 12)), list(range(12))]
predict.reveal("07.told", "1 to 11", "The state crosses both seams.")

# %% [markdown]
# Here the memory is worth everything. But wait: training saw only four frames at a time, and the gradient of frame 10's error never
# reached frame 1. How could it learn to remember over ten frames? Because every frame asked for the color. In the first chunk it paid
# to write it down, in the later ones to keep it. Now ask only from frame 6 on, and nothing pays in the chunk where the flash is. The
# assertions: the last frame's gradient ends where its chunk begins, and with the whole clip in a chunk both seeds still learn it.

# %% tags=["nbval-ignore-output"]
late = {}
for chunk in (LENGTH, 4, 1):
    late[chunk] = [teach(chunk, asked=6, seed=SEED + turn)[6:].mean() for turn in range(2)]
    print(f"chunks of {chunk:2}: gradient back to frame {reach(chunk):2}, errors {np.round(late[chunk], 2)}")
assert max(late[LENGTH]) < 0.3 and [reach(chunk) for chunk in late] == [0, 8, 11]

# %% [markdown]
# Shorter chunks are left to luck, so try other seeds: no gradient asks the first chunk to write anything down, but an untrained memory
# echoes what it saw for a while, and a later chunk may learn to read the echo. **Truncation hides only what is written long before it is asked for.** Color
# is asked for in every frame.
#
# ## 5 · A loader that keeps up
#
# The report's card waited, since frames were read when they were asked for, and one video at a time meant batches that all look alike.
# Lockstep mends the second, reading ahead in another process the first. Write seven small videos, each a pan over a bundled photo,
# convert them, and let a stand-in for a card work 4 ms on each frame, leaving the processor alone.


# %%
@cache
def pan(name, frames=24, size=(72, 128)):
    """A camera that moves right over a photo, a pixel a frame: RGB bytes (T, H, W, 3)."""
    photo, (height, width) = photos()[name], size
    scale = max(height / photo.shape[0], (width + frames) / photo.shape[1])
    photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    strip = np.rint(255 * photo[(photo.shape[0] - height) // 2 :][:height]).astype(np.uint8)
    return np.stack([strip[:, x : x + width] for x in range(frames)])


workspace = tempfile.TemporaryDirectory()  # the last code cell of this part removes it
root = Path(workspace.name)
for k, name in enumerate(photos()):
    with av.open(str(root / f"{name}.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 240, 136, "yuv420p"
        stream.options = {"preset": "veryfast", "threads": "1"}
        for frame in pan(name, 12 + 2 * k, (136, 240)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame)))
        container.mux(stream.encode())
video.convert_videos([root], root / "store", (240, 135), workers=0, progress=False)
store = video.LabStore(root / "store")
print(f"{len(store.videos)} videos, {len(store)} frames of {store.size[0]}×{store.size[1]}")


# %%
def one_at_a_time(frames):
    """The report's way: each video in turn, a piece read when it is asked for."""
    for one in store.videos:
        for start in range(0, one.frames, frames):
            piece = store[one.first + start : one.first + min(start + frames, one.frames)]
            yield torch.from_numpy(piece)[None]


def waiting(batches):
    """An epoch's share that a card waits which works 4 ms on a frame, and our processor's seconds meanwhile."""
    batches, began, busy, worked = iter(batches), time.perf_counter(), time.process_time(), 0.0
    while (frames := next(batches, None)) is not None:
        start = time.perf_counter()
        time.sleep(0.004 * frames.shape[0] * frames.shape[1])
        worked += time.perf_counter() - start
    return 1 - worked / (time.perf_counter() - began), time.process_time() - busy


# %% [markdown]
# Both ways give twelve frames a step and take turns; the first turn, in which the reading process starts, doesn't count, and of the
# others each way's best does. How long the card waits depends on what else your machine has to do, so it is shown and not
# asserted; on a machine where every core is taken, reading ahead can even lose. The assertion holds what doesn't depend on that: reading ahead
# takes work off the process that trains, at least a third of what loading costs it. `python -m benchmarks.stream_loader` measures the waiting at
# length, with a real training step too.

# %% tags=["nbval-ignore-output"]
ahead = video.StatefulStreamLoader(store, rows=3, chunk=4, workers=1)
turns = {"one video at a time": [], "lockstep, read ahead": []}
for _ in range(3):
    turns["one video at a time"].append(waiting(one_at_a_time(12)))
    turns["lockstep, read ahead"].append(waiting(batch.frames for batch in ahead))
best = {name: np.min(values[1:], axis=0) for name, values in turns.items()}

# %% tags=["nbval-ignore-output"]
for name, (share, seconds) in best.items():
    print(f"{name:21} the card waits {share:4.0%} of the time; loading costs us {1000 * seconds:4.0f} ms")
assert best["lockstep, read ahead"][1] < best["one video at a time"][1] * 2 / 3
del ahead  # and with it the process that reads
store.close()
workspace.cleanup()

# %% [markdown]
# ## 6 · What flicker is
#
# Film one spot. Take the same column of pixels from every frame, and stand the columns side by side: time runs to the right. What is
# steady flows, what flickers makes vertical stripes. Our camera pans a pixel a frame, so the true picture is the photo
# once more. The colors are shown at one lightness, since all colorizers keep the lightness that they get.
#
# And as a number: move each frame back by what the camera moved, and take the mean squared difference from the one before. That is
# the *warp error* (Lai and others, 2018), in a pan a single line. The package's `flicker` takes any motion, or finds it; the
# assertion holds it to our line.


# %%
@cache
def colored(photo, answer):
    """ab (T, H, W, 2) that an answer gives to the pan over a photo."""
    lab = rgb_to_lab(pan(photo) / 255.0).astype(np.float32)
    if answer == "truth":
        return lab[..., 1:]
    if answer == "gray":
        return np.zeros_like(lab[..., 1:])
    if answer.startswith("classes"):
        model = images.pretrained("classification")  # Part 1's, frame by frame
        model.temperature = float(answer.split()[-1])
        return images.predict_ab(model, lab[..., 0])
    return video.pretrained(answer).predict_ab(lab[..., 0])


@cache
def painted(photo, answer):
    """Its colors alone: RGB (T, H, W, 3) at a lightness of 60."""
    ab = colored(photo, answer)
    even = np.full(ab.shape[1:3], 60, np.float32)
    return np.stack([lab_to_rgb(into_gamut(even, frame)) for frame in ab]).astype(np.float32)


def pan_flicker(rgb):
    """Warp error of a pan of one pixel a frame to the right, times 1000."""
    return 1000 * ((rgb[1:, :, :-1] - rgb[:-1, :, 1:]) ** 2).mean()


# %%
rgb = painted(PHOTO, "classes, T = 0.38")
flow = np.zeros((*rgb[1:].shape[:3], 2), np.float32)
flow[..., 0] = -1  # what a frame shows is one pixel further left in the next
visible = np.ones(flow.shape[:3], bool)
visible[:, :, 0] = False
assert np.isclose(pan_flicker(rgb), 1000 * flicker(rgb, flow=flow, visible=visible), rtol=1e-4)


# %%
def draw(photo, answer):
    """The middle column of every frame, side by side, with flicker and chroma."""
    rgb = painted(photo, answer)
    fig, ax = figure(width=2.6, height=2.6)
    ax.imshow(rgb[:, :, rgb.shape[2] // 2].swapaxes(0, 1), aspect="auto", interpolation="nearest")
    chroma = mean_chroma(colored(photo, answer))
    ax.set_title(f"{answer}\nflicker {pan_flicker(rgb):.3f}, chroma {chroma:.0f}", fontsize=9)
    ax.set(xlabel="frame", ylabel="row (pixels)")
    return fig


PANS = [PHOTO, *(name for name in photos() if name != PHOTO)][:3]
ANSWERS = ["truth", "classes, T = 0", "classes, T = 0.38", "classes, T = 1", "unet", "unet_lstm"]
play(
    draw,
    {"photo": PANS, "answer": ANSWERS},
    look_for="Where do stripes begin and end? Does the LSTM have fewer than the U-Net? What does the temperature trade?",
    twin=[{"photo": PHOTO, "answer": answer} for answer in ANSWERS],
    caption="One column over time. Part 1's classes jump where they decide, less so the warmer they are read. The clip "
    "colorizers hardly flicker, with memory or without, and have hardly any colors to flicker with.",
    alt="Six small pictures of rows against frames. The truth is smooth. Part 1's classes at temperature 0 show vertical "
    "stripes and blocks, fewer at 0.38 and 1. U-Net and LSTM are nearly one pale tint.",
)

# %% [markdown]
# **Measure.** For pans over three photos, flicker of the colors alone (times 1000), beside truth, gray and chroma. (In a
# real film the truth flickers too: shadows move, sensors are noisy. Here it can't.) The assertions, for each photo: truth and
# gray are at 0; classes read at temperature 0 flicker more than twice as much as at 1; and at 0.38 at least twice as
# much as the U-Net.

# %% tags=["nbval-ignore-output"]
FEW = ["truth", "gray", *ANSWERS[1:]]
table = {photo: {answer: pan_flicker(painted(photo, answer)) for answer in FEW} for photo in PANS}
print("flicker (chroma)" + "".join(f"{answer.replace('classes, ', ''):>13}" for answer in FEW))
for photo, row in table.items():
    cells = (f"{found:7.3f} ({mean_chroma(colored(photo, answer)):3.0f})" for answer, found in row.items())
    print(f"{photo:16}" + "".join(cells))

# %%
for row in table.values():
    assert max(row["truth"], row["gray"]) < 1e-3
    assert row["classes, T = 0"] > 2 * row["classes, T = 1"]
    assert row["classes, T = 0.38"] > 2 * row["unet"]
steadier = sum(row["unet_lstm"] < row["unet"] for row in table.values())
print(f"the LSTM flickers less than the U-Net on {steadier} of {len(table)} photos")

# %% [markdown]
# So flicker comes from *deciding*: two colors are about as likely, a little noise tips the scale, and a saturated answer jumps from
# one to the other. Means don't jump. A memory would have something to do there. In our U-Net there is nothing for it
# to steady: it flickers as gray does. Why?
#
# ## 7 · Real clips, read from the cards
#
# Thirteen networks of this class were trained, 1000 steps each: `photos_only` on photos of objects, all others on eight sequences of DAVIS,
# a public set of short clips, and on 300 photos, over which a window moves. They were measured on four sequences held out, at 128×72. Each card
# has the numbers beside gray, the truth, Part 1's colorizers frame by frame, and one more answer: **the mean color of what was trained on**,
# painted over everything. Color flicker is part 6's, times 1000. The last five networks of the table come up again in parts 8 and 9.

# %%
question = "Gray scores 22.7 dB on the held-out clips, the U-Net 24.1. What does one tint score, the training clips' mean color?"
predict("07.tint", question, low=22, high=25, unit="dB")

# %%
cards = {name: video.pretrained(name).card["held_out"]["metrics"] for name in RECURRENT}
rows = {name: numbers["mean"] for name, numbers in cards["unet"].items() if name != "model"}
rows |= {name: metrics["model"]["mean"] for name, metrics in cards.items()}
columns = {"psnr": "PSNR", "chroma": "chroma", "correlation": "correlation", "color_flicker": "color flicker"}
print(f"{'':31}" + "".join(f"{title:>14}" for title in columns.values()))
for name, mean in rows.items():
    print(f"{name:31}" + "".join(f"{mean[key]:14.3f}" if key in mean else " " * 14 for key in columns))
predict.reveal("07.tint", round(rows["mean color"]["psnr"], 1), "As much as the networks.", unit="dB")
one = rows["unet_lstm"]["color_flicker"] / rows["unet"]["color_flicker"]
both = rows["unet_features_lstm"]["color_flicker"] / rows["unet_features"]["color_flicker"]
print(f"color flicker with the LSTM, of that without: {one:.2f}, and with the feature vector {both:.2f}")
ahead = [name for name in RECURRENT if rows[name]["psnr"] > rows["mean color"]["psnr"] + 0.1]
print("0.1 dB or more ahead of the mean color:", ", ".join(ahead))

# %% [markdown]
# Read it twice. *Correlation* asks whether color lies where it should, however pale; 0 is what a single tint gets. The assertions, for
# the families, `two_way` and `location_lstm`: none beats the single tint by 0.1 dB, none correlates by 0.1 either way, and none has two thirds of the truth's
# color flicker. **By these numbers a pot of paint does as well.** The decibel and more over gray, which a write-up would have
# shown, is the tint's. And the large net, which dares the strongest colors, flickers most and scores least: asserted too. Of the other
# five `separate_bins` and `photos_only` do pass the tint, asserted as well; the second never saw a video, and part 9 looks into it.
#
# Does the LSTM add noise, as the write-up has it? More flicker without the feature vector, says the last line but one, less with it. Each
# network was trained once, from one seed, and all of these flickers lie far below the truth's. The course claims neither. It
# can say *why there is so little to see*:
#
# - the U-Net has no state, but its input is nearly the same from frame to frame, so its answer is too;
# - the answer is nearly one tint, and a tint can't flicker. The picture below shows it on our pan, and asserts that the network's answer is more
#   than 6 dB nearer to its own tint than to the truth;
# - the trained LSTM listens to the past far less than to the present (part 2). In every frame the lightness tells all that there is
#   to know, unlike part 4's flash. What can be had without memory is learned without it.

# %%
networks = [rows[name] for name in RECURRENT[:8]]  # the families, two_way and location_lstm
assert ahead == ["separate_bins", "photos_only"]  # and so none of these eight
assert max(abs(mean["correlation"]) for mean in networks) < 0.1
assert max(mean["color_flicker"] for mean in networks) < rows["truth"]["color_flicker"] * 2 / 3
for metric, extreme in (("chroma", max), ("color_flicker", max), ("psnr", min)):
    assert rows["large"] == extreme(networks, key=lambda mean: mean[metric])

# %%
ab = colored(PHOTO, "unet_lstm")
lightness = rgb_to_lab(pan(PHOTO)[0] / 255.0).astype(np.float32)[..., 0]
tint = np.broadcast_to(ab.mean((0, 1, 2)), ab[0].shape)
three = [lab_to_rgb(into_gamut(lightness, color)) for color in (colored(PHOTO, "truth")[0], ab[0], tint)]
show(
    [np.clip(picture, 0, 1) for picture in three],
    titles=["truth", "unet_lstm", "its mean color everywhere"],
    caption="What the LSTM colorizer answers is nearly its own mean color.",
    alt="Three pictures of one photo: in full color, in a faint brown, and in a faint brown that looks the same.",
)
closeness = psnr(three[2], three[1]), psnr(three[0], three[1])
print(
    f"the network's picture is {closeness[0]:.0f} dB from its own tint, {closeness[1]:.0f} dB from the truth"
)
assert closeness[0] > closeness[1] + 6

# %% [markdown]
# Eight sequences and some minutes of training are too little to learn what is grass. Squared error and doubt make a mean, lesson 02's old
# finding, and the mean of all colors is a faint brown. Lessons 08 to 11 leave this road: a reference *tells* them the colors.
# **Try it:** exercise 07, *warp_error* and *explain*.
#
# ## 8 · Three slips, each measured
#
# **No skips.** The report's "U-Net" had no skip connections; it was an autoencoder. What does that cost? Give both a task that a
# single pixel could do, on pieces of photos: orange where it is bright, blue where it is dark. After 60 steps, on four pieces not seen: the
# assertion is that without skips the error left is more than 1.8 times as large.

# %% tags=["nbval-ignore-output"]
stills = [torch.from_numpy(rgb_to_lab(pan(name)[0] / 255.0)[..., 0]).float() / 100 for name in photos()]


def pieces(rng):
    """Lightness (1, 4, 1, 48, 48), and the color to learn at half the size (4, 2, 24, 24)."""
    picks = [(stills[k], *rng.integers(0, (25, 81))) for k in rng.permutation(7)[:4]]
    L = torch.stack([still[y : y + 48, x : x + 48] for still, y, x in picks])[None, :, None]
    return L, F.avg_pool2d(L[0].expand(-1, 2, -1, -1), 2) - 0.5


learned, left = {}, {}
for skips in (True, False):
    torch.manual_seed(SEED)
    rng, net = np.random.default_rng(SEED), video.RecurrentUNet(8, skips=skips)
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(60):
        L, target = pieces(rng)
        optimizer.zero_grad()
        F.mse_loss(net.scores(L)[0][0], target).backward()
        optimizer.step()
    L, target = pieces(rng)
    learned[skips] = net.scores(L)[0][0].detach()
    left[skips] = (F.mse_loss(learned[skips], target) / target.var()).item()
assert left[False] > 1.8 * left[True]

# %% tags=["nbval-ignore-output"]
answers = [100 * ab[0].movedim(0, -1).numpy() for ab in (target, learned[True], learned[False])]
pictures = [lab_to_rgb(into_gamut(np.full((24, 24), 60, np.float32), ab)) for ab in answers]
titles = ["to learn", f"skips, {left[True]:.0%} left", f"none, {left[False]:.0%} left"]
caption = "What is left of the color's variance: without skips every edge must pass a sixteenth of the size."
alt = "A small picture in orange and blue; the same, learned with skips; and learned without, as soft blobs."
show(pictures, titles=titles, caption=caption, alt=alt)

# %% [markdown]
# The table of part 7 doesn't show it: `no_skips` scores what `unet` scores. A net that paints one tint needs no edges. *An ablation measures
# nothing while another fault hides it.*
#
# **Fifteen and fifteen bins.** The report asked for a in 15 classes and for b in 15, each without the other. Doubt then mixes:
# orange or blue becomes "a high or low, b high or low", and so green and purple too. Take Part 1's joint belief over 313 colors
# at each place of the photo, add it up along a and along b, and let each half choose its most likely. The assertion: in more
# than a tenth of the places that pair isn't the most likely color. (In the table `joint_bins` is paler than `separate_bins`
# and no better: after so little training the cards don't show this cost either.)

# %%
model, centers = images.pretrained("classification"), ab_bin_centers()
belief = model.probabilities(rgb_to_lab(pan(PHOTO)[:1] / 255.0)[..., 0]).reshape(-1, 313)
a, b = (np.unique(centers[:, k], return_inverse=True)[1] for k in (0, 1))
joint = np.zeros((len(belief), a.max() + 1, b.max() + 1), np.float32)
joint[:, a, b] = belief
apart = joint.sum(2).argmax(1), joint.sum(1).argmax(1)
chosen = joint[np.arange(len(joint)), *apart]
other = chosen < joint.max((1, 2))
print(f"in {other.mean():.0%} of the places the pair isn't the most likely color,")
print(f"and there it has {(chosen / joint.max((1, 2)))[other].mean():.0%} of that one's probability")
assert other.mean() > 0.1

# %% [markdown]
# **Softmax twice.** The network ended in a softmax, and the loss took the softmax of that. Nothing raises. Three things can be
# computed. At the start, all bins alike, the gradient is exactly a fifteenth. Where the network is wrong and sure, where it should
# learn most, the gradient fades to nothing. And the loss can't fall below $\ln(e + 14) - 1$ a channel, since a probability fed as
# a score reaches 1 at most. The assertions hold all three.
#
# Adam divides by the gradient's size, so a fifteenth needn't hurt. What comes next does. Let the truth be class A with 60% and class B
# with 40%, and minimize the cross-entropy, `price` below, both ways. Your guess? The last assertions: with one softmax the answer is the truth; with
# two it is all or nothing.


# %%
def price(scores, truth, softmaxes):
    """Cross-entropy of scores (15,) with the truth's probabilities (15,)."""
    return F.cross_entropy(scores.softmax(-1) if softmaxes == 2 else scores, truth)


def pull(sure_by, softmaxes):
    """Length of the gradient of a network that holds bin 3 for right by `sure_by`; bin 7 is."""
    scores = (sure_by * F.one_hot(torch.tensor(3), 15)).float().requires_grad_()
    price(scores, F.one_hot(torch.tensor(7), 15).float(), softmaxes).backward()
    return scores.grad.norm().item()


weaker = {sure_by: pull(sure_by, 1) / pull(sure_by, 2) for sure_by in (0, 2, 4, 8)}
print(", ".join(f"sure by {key}: {value:.0f} times weaker" for key, value in weaker.items()))
perfect = 1000 * F.one_hot(torch.tensor(7), 15).float()
floor = price(perfect, F.one_hot(torch.tensor(7), 15).float(), 2).item()
print(f"a perfect answer pays {floor:.3f}, knowing nothing {np.log(15):.3f}")
assert np.isclose(weaker[0], 15, rtol=1e-3) and weaker[8] > 100 and np.isclose(floor, np.log(np.e + 14) - 1)

# %%
truth = torch.zeros(15)
truth[:2] = torch.tensor([0.6, 0.4])
answer = {}
for softmaxes in (1, 2):
    torch.manual_seed(SEED)
    scores = (0.1 * torch.randn(15)).requires_grad_()
    optimizer = torch.optim.Adam([scores], lr=0.1)
    for _ in range(1500):
        optimizer.zero_grad()
        price(scores, truth, softmaxes).backward()
        optimizer.step()
    answer[softmaxes] = scores.softmax(0)[0].item()
print(f"softmax once: A {answer[1]:.0%}; twice: A {answer[2]:.0%}")
assert abs(answer[1] - 0.6) < 0.02 and answer[2] > 0.98

# %%
ab = np.stack([video.pretrained("softmax_twice").predict_ab(gray[:2] + shift) for shift in (-20, 0, 20)])
print(
    f"softmax_twice: b = {ab[..., 1].mean():.1f} everywhere; a and b vary by {np.ptp(ab, axis=(0, 1, 2, 3)).max():.1f}"
)
assert np.ptp(ab, axis=(0, 1, 2, 3)).max() < 0.5
assert rows["softmax_twice"]["psnr"] < rows["gray"]["psnr"] - 1

# %% [markdown]
# The trained network agrees: sure of one bin of a and one of b, the same for every pixel of every picture, with a gradient too weak to leave them.
# On the held-out clips it ended more than a decibel *below gray*. Both are asserted. Its flicker is a perfect zero.
#
# ## 9 · The domain gap
#
# The last thing the report met: trained on photos of single objects, the colorizer looked good on its own validation photos and poor
# on frames of video. We measured that on two occasions: Part 1's colorizers, on the photos held out and on frames of the four
# sequences; and `photos_only`. Part 1 had learned from three sets, scenes (`scenes_intel_96`), photos of all kinds (`bsds500_192`) and photos
# of objects (`imagenet_sample_128`); `photos_only` from the last alone. Is there a gap? The assertions below the table:
#
# - *by correlation, yes*: for both of Part 1's, scenes at home give more than 1.7 times what video gives;
# - but for regression *photos of objects are as far as video or farther*, and these aren't videos;
# - and by PSNR over gray `photos_only` does *better* on video than at home, while its correlation is lower: the four sequences happen to be
#   brownish, and so is its tint. In part 7's table it even has the highest PSNR, and never saw a video.

# %%
gaps = json.loads((CHECKPOINTS / "recurrent" / "domain_gap.json").read_text(encoding="utf-8"))["gaps"]
ours = {"part 1": ("regression", "classification"), "photos_only": ("photos_only",)}
print(f"{'':17}{'on':21}{'gain over gray (dB)':>20}{'correlation':>13}")
gap = {}
for kind, names in ours.items():
    for name in names:
        for group, numbers in gaps[kind]["metrics"].items():
            if group != "all":
                gain = numbers[name]["psnr"] - numbers["gray"]["psnr"]
                gap[name, group] = gain, numbers[name]["correlation"]
                print(f"{name:17}{group:21}{gain:20.2f}{gap[name, group][1]:13.2f}")

# %%
for name in ours["part 1"]:
    assert gap[name, "scenes_intel_96"][1] > 1.7 * gap[name, "davis"][1]
assert gap["regression", "imagenet_sample_128"][1] < gap["regression", "davis"][1]
assert gap["photos_only", "davis"][0] > gap["photos_only", "imagenet_sample_128"][0]
assert gap["photos_only", "davis"][1] < gap["photos_only", "imagenet_sample_128"][1]
headline("A memory is worth everything where something is told once, and nothing where every frame tells all")

# %% [markdown]
# So say "a gap between what it was trained on and everything else", and say by which number. Four sequences of one pack are four
# samples, not 40 frames. The order is what stays: first see that pictures work, on pictures like your frames, then add time.
#
# ## Recap
#
# - Five families are one class: a U-Net, a vector, a memory. Draw whom each frame hears before you train.
# - Hand the state on, cut its gradient, reset the rows that are flagged. Wrong ways raise nothing: compare with one long run.
# - A memory learns what pays. Where every frame tells all, it learns to listen to none but the present.
# - Flicker comes from deciding. Gray, a tint and a frozen picture are perfectly steady: show fidelity beside.
# - Before you compare families, compare with the mean color.
#
# ## Check your understanding
#
# <details><summary>Your stateful model is perfect in testing and bad on long videos. What do you compare first?</summary>
# Chunks against one long run, and both against a run whose state you drop at every chunk. If the long run itself gets worse with
# time, the state drifts into values that training never saw: train along longer streams, or reset now and then.</details>
#
# <details><summary>Why may chunks of four learn to remember over ten frames, and when can't they?</summary>
# In the chunk where something is seen it must already pay to write it down, and in later chunks it pays to keep it. If it pays only
# after a seam, no gradient leads back to the writing.</details>
#
# <details><summary>A method halves the flicker. Which two numbers do you ask for?</summary>
# Its fidelity (PSNR, or better a correlation that a tint can't win), and its chroma, both beside the truth, gray and one
# tint. Halving the chroma divides the warp error by about four.</details>
#
# <details><summary>Your loss falls from 5.42 to 4.8 and stays. 15 bins for each of a and b: what do you suspect?</summary>
# 5.42 is 2 ln 15, knowing nothing. With the softmax taken twice the floor is 2 (ln(e + 14) − 1) = 3.63, and most of the way to it
# has hardly any gradient. Look whether the network's last layer is a softmax.</details>
#
# ## Where next
#
# Lesson 08: *What to look at*. If doubt makes brown, let somebody say the color.
#
# Read: Shi and others, *Convolutional LSTM Network*, 2015, section 3; Lai and others, *Learning Blind Video Temporal
# Consistency*, 2018, section 4.1; Williams and Peng, *An Efficient Gradient-Based Algorithm for On-Line Training of Recurrent
# Network Trajectories*, 1990, on truncation.
