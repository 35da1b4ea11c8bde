# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Video as data
#
# **Field report.** A team had 14,000 videos to learn color from. They scaled and padded each to 480×320, and later to 240×135,
# turned the frames into Lab and wrote them to HDF5 files, so that any frame could be had by its index. A job queue fed several
# machines, and a last step reduced what those wrote to one file. It worked. The report doesn't say what a crash at video 9,000
# cost, nor what became of videos that wouldn't open. We find out on a small copy.
#
# You will be able to
# - fit any video into a box without stretching it, and say how much of the box is padding;
# - choose a store's number format and chunk size by measured error and counted bytes;
# - convert videos on several processes so that a crash, a dead worker or a broken file costs no more than itself.
#
# You need lesson 01. Reading 19 minutes, running 25 seconds, exercises 50 minutes.

# %%
import hashlib
import io
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import cv2
import h5py
import numpy as np
from distributed import LocalCluster

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import made_clip, photos
from course_lib.metrics import mean_chroma, psnr
from course_lib.teach import figure, headline, play, predict, show
from course_lib.video import LabStore, convert_videos
from course_lib.video.decode import fit
from course_lib.video.lab_codec import decode_lab, encode_lab

# %% tags=["parameters"]
SEED = 0  # of the made clip and of everything drawn at random
PHOTO = "coffee"  # the photo that the camera pans over; any name in photos()
WIDTH = 240  # of the box that all frames go into; the report's first was 480 by 320
HEIGHT = 135
FRAMES = 40  # of each video; this default run is the full run

# %%
rng = np.random.default_rng(SEED)
workspace = tempfile.TemporaryDirectory()  # everything this lesson writes; the last code cell removes it
root = Path(workspace.name)


def write_video(path, frames, rotation=None):
    """Write RGB frames (T, H, W, 3) uint8 as H.264, 25 a second; `rotation` is a note to the player."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "18", "preset": "veryfast", "threads": "1"}
        if rotation is not None:
            stream.set_display_rotation(rotation)
        for rgb in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb)))
        container.mux(stream.encode())


# %% [markdown]
# ## 1 · What a decoder gives
#
# First a clip whose every pixel we know: `made_clip` draws shapes that cross a panning background. Write it as an MP4, the
# way the team's videos came, and read it back.

# %%
truth = made_clip(SEED, frames=FRAMES, size=(108, 192)).frames
write_video(root / "clip.mp4", np.rint(255 * truth).astype(np.uint8))
with av.open(str(root / "clip.mp4")) as container:
    decoded = list(container.decode(video=0))
sizes = [(plane.width, plane.height) for plane in decoded[0].planes]
print(f"a frame: {decoded[0].format.name}, planes of {sizes}")

# %% [markdown]
# No RGB anywhere. A frame is a plane of brightness Y and two of color, U and V, each half as wide and half as high: **your
# true color comes at a quarter of the resolution**, before any network touches it. How far are the colors off? Compare what we
# wrote with what came back, in Lab. The assertions check the planes' sizes, and that a and b err more than L.

# %%
returned = np.stack([frame.to_ndarray(format="rgb24") for frame in decoded[::8]]) / 255
lost = np.sqrt(((rgb_to_lab(returned) - rgb_to_lab(truth[::8])) ** 2).mean(axis=(0, 1, 2)))
print(f"root mean square error: L {lost[0]:.1f}, a {lost[1]:.1f}, b {lost[2]:.1f}")
assert sizes == [(192, 108), (96, 54), (96, 54)]
assert lost[1:].min() > 1.3 * lost[0] and lost.max() < 6

# %% [markdown]
# Every frame has a kind. I is a whole picture, a *key frame*. P and B hold only what differs from frames around them. A
# trainer asks for frames at random, and the decoder can start only at an I.
#
# Ask for each frame once, and count what the decoder delivers until it is there. The assertions hold the number of key frames,
# and the average from below. *Any frame by its index* is what a video file can't give, and what a store is for.

# %%
question = f"{FRAMES} frames, only the first is an I. How many are delivered, on average, for one you want?"
predict("06.seek", question, low=1, high=FRAMES)


# %%
def reach(path, number):
    """Frames that the decoder delivers until frame `number` is there."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        wanted = round(number / 25 / stream.time_base)
        container.seek(wanted, stream=stream)  # jumps to the last key frame before
        return next(i for i, frame in enumerate(container.decode(stream), 1) if frame.pts >= wanted)


kinds = "".join({1: "I", 2: "P", 3: "B"}[int(frame.pict_type)] for frame in decoded)
cost = [reach(root / "clip.mp4", number) for number in range(FRAMES)]
print(kinds)
predict.reveal("06.seek", np.mean(cost), "All but one are thrown away.")
assert kinds.count("I") == 1 and max(cost) == FRAMES
assert np.mean(cost) > FRAMES / 3, "a frame should cost more than a third of the clip"

# %% [markdown]
# ## 2 · Into the box
#
# A batch needs frames of one size, and videos come in all. Let a picture be $w$ wide and $h$ high, and the box $W$ and $H$.
# Take the largest scale $s$ at which the picture fits, and pad what is left with black:
#
# $$s = \min(W/w,\; H/h), \qquad w' = \mathrm{round}(s\,w), \qquad \mathit{left} = \lfloor (W - w')/2 \rfloor.$$
#
# $w'$ is the width in the box, at least one pixel, and *left* is the padding on its left; the right gets the rest. The height
# $h'$ and the padding at the *top* go the same way. The package's `fit` gives width, height, top, bottom, left, right. The
# assertions, on 2000 random videos and boxes: the padding is the formula's, the parts add up to the box, and no side is more
# than half a pixel from the picture's true shape.

# %%
for w, h, W, H in rng.integers(16, 2000, (2000, 4)).tolist():
    width, height, top, bottom, left, right = fit((w, h), (W, H))
    assert (left, top) == ((W - width) // 2, (H - height) // 2)
    assert top + height + bottom == H and left + width + right == W
    assert np.abs(np.maximum(min(W / w, H / h) * np.array([w, h]), 1) - [width, height]).max() <= 0.5 + 1e-9
print("640×480 into 240×135:", fit((640, 480), (240, 135)))

# %% [markdown]
# Simple enough. But whoever chooses a box chooses how much black to store, and the report's second box isn't the first one
# halved: 480×320 is 3:2, 240×135 is 16:9. The assertions pin what you will see: in the second box no padding for 16:9, more
# than twice as much as in the first for 4:3, and two thirds of the box for the phone.

# %%
SHAPES = {"16:9": (1920, 1080), "4:3": (640, 480), "cinema": (1920, 800), "phone": (1080, 1920)}
photo = np.rint(255 * photos(PHOTO)[PHOTO]).astype(np.uint8)


def draw(video, box):
    """A piece of the photo, of the video's shape, in its box; the padding is hatched."""
    W, H = map(int, box.split("×"))
    width, height, top, _, left, _ = fit(SHAPES[video], (W, H))
    scale = min(photo.shape[1] / width, photo.shape[0] / height)
    fig, ax = figure(width=2.6, height=2.3)
    ax.fill([0, W, W, 0], [0, 0, H, H], fc="0.85", ec="0.4", hatch="////", zorder=0)
    piece = photo[: int(scale * height), : int(scale * width)]
    ax.imshow(piece, extent=(left, left + width, top + height, top), zorder=1)
    ax.set(xlim=(-2, W + 2), ylim=(H + 2, -2), aspect="equal")
    ax.set_axis_off()
    ax.set_title(f"{1 - width * height / (W * H):.0%} padding", fontsize=10)
    return fig


# %%
play(
    draw,
    {"video": list(SHAPES), "box": ["480×320", "240×135", "224×224"]},
    look_for="Which videos gain by the step from 480×320 to 240×135, and which lose? Is any box good to all four?",
    twin=[
        {"video": video, "box": box} for box in ("480×320", "240×135") for video in ("16:9", "4:3", "phone")
    ],
    caption="The second box fits 16:9 without a pixel of padding, and gives away more of itself than the first for 4:3 "
    "and for a phone held upright.",
    alt="Six boxes with a photo in them and their padding hatched. Above 480 by 320: narrow bars for 16:9 and 4:3, wide "
    "ones for an upright phone. Below 240 by 135: no bars for 16:9, wider ones for the other two.",
)

# %%
shares = {}
for name, source in SHAPES.items():
    shares[name] = [1 - np.prod(fit(source, box)[:2]) / np.prod(box) for box in ((480, 320), (240, 135))]
    print(f"{name:7} {shares[name][0]:4.0%} of 480×320, {shares[name][1]:4.0%} of 240×135")
assert shares["16:9"][1] == 0 and shares["phone"][1] > 2 / 3 and shares["4:3"][1] > 2 * shares["4:3"][0]

# %% [markdown]
# **A shortcut.** You hold frames of 480×320, padding and all, and need 240×135. One call of `cv2.resize` does it, and nothing
# complains. What becomes of a circle? The assertions: fitted from the source it stays round to 3%; and what the shortcut makes
# of it, with a margin.

# %%
question = "A circle, after that resize: how wide is it, if its height is 1?"
predict("06.circle", question, low=0.5, high=2)

# %%
disk = cv2.circle(np.zeros((1080, 1920, 3), np.uint8), (960, 540), 400, (230, 159, 0), -1, cv2.LINE_AA)


def boxed(picture, box):
    """Scaled to fit, and padded."""
    width, height, *sides = fit(picture.shape[1::-1], box)
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.copyMakeBorder(small, *sides, cv2.BORDER_CONSTANT)


resized = cv2.resize(boxed(disk, (480, 320)), (240, 135), interpolation=cv2.INTER_AREA)
pictures = [resized, boxed(disk, (240, 135))]
stretched, fitted = ((p.any((0, 2)).sum() / p.any((1, 2)).sum()) for p in pictures)
predict.reveal("06.circle", stretched, f"Fitted from the source: {fitted:.2f}.")
show(
    [p / 255 for p in pictures],
    titles=["480×320, then resized", "fitted from the source"],
    caption="Resizing a padded frame to a box of another shape turns circles into ellipses.",
    alt="Two orange disks on black: the left one is wider than high, the right one is round.",
)
assert abs(fitted - 1) < 0.03, "fitted from the source, the circle should stay round"
assert stretched > 1.12, "the shortcut should make it more than 12% too wide"

# %% [markdown]
# A network sees nothing wrong in a world of ellipses, until it meets a frame that somebody else prepared.
#
# **Try it:** exercise 06, *fit_box*: write `fit` by yourself, with the mistakes that people make.
#
# ## 3 · The store
#
# Lab has fractions; which of them are worth their bytes? Two candidates. *uint8*: L · 255/100, a + 128 and b + 128, rounded to
# whole numbers, as in lesson 01. *float16*: half-precision numbers, as they are. Try both on real colors, a camera that
# pans over the photo, in planes (frames, 3, H, W).


# %%
def pan(photo, frames, width, height):
    """A camera that moves over a photo, from one corner to the other: (frames, height, width, 3)."""
    rows = np.linspace(0, photo.shape[0] - height, frames).astype(int)
    columns = np.linspace(0, photo.shape[1] - width, frames).astype(int)
    return np.stack([photo[y : y + height, x : x + width] for y, x in zip(rows, columns, strict=True)])


# %%
frames = pan(np.tile(photo, (2, 2, 1)), 64, WIDTH, HEIGHT)  # tiled, for boxes larger than the photo
lab = np.moveaxis(rgb_to_lab(frames / 255), -1, 1)  # (64, 3, H, W) float64, the truth
scale, shift = np.array([2.55, 1, 1])[:, None, None], np.array([0, 128, 128])[:, None, None]
stored = {"uint8": np.rint(lab * scale + shift).astype(np.uint8), "float16": lab.astype(np.float16)}
back = {"uint8": (stored["uint8"] - shift) / scale, "float16": stored["float16"].astype(float)}

# %% [markdown]
# Each goes into an HDF5 dataset, a frame a *chunk*, compressed by gzip. The assertions: uint8 errs by at most half a step,
# 0.2 in L and 0.5 in a and b; float16 by less than 0.04, for more than 1.7 times the room. The package's `encode_lab` gives
# the same bytes, to one step. And the video codec of part 1, given these very frames, harms their color more than four times
# as much as uint8 does.


# %%
def write_store(path, planes, chunk):
    """One dataset, `chunk` frames to a chunk; bytes a frame on disk."""
    options = {"compression": "gzip", "compression_opts": 1}
    with h5py.File(path, "w", libver="latest") as file:
        file.create_dataset("lab", data=planes, chunks=(chunk, *planes.shape[1:]), **options)
    return path.stat().st_size / len(planes)


# %%
on_disk = {dtype: write_store(root / f"{dtype}.h5", planes, 1) for dtype, planes in stored.items()}
worst = {dtype: np.abs(back[dtype] - lab).max(axis=(0, 2, 3)) for dtype in stored}
for dtype, (L, a, b) in worst.items():
    print(
        f"{dtype:7} at most {L:.2f} off in L, {a:.2f} in a, {b:.2f} in b; {on_disk[dtype] / 1000:.0f} kB a frame"
    )

# %%
even = np.s_[:, : HEIGHT // 2 * 2, : WIDTH // 2 * 2]  # half-sized color planes need even sides
write_video(root / "pan.mp4", frames[even])
with av.open(str(root / "pan.mp4")) as container:
    seen = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
blur = rgb_to_lab(seen[::8] / 255) - rgb_to_lab(frames[even][::8] / 255)
codec = np.sqrt((blur**2).mean(axis=(0, 1, 2)))

# %%
rms = np.sqrt(((back["uint8"] - lab) ** 2).mean(axis=(0, 2, 3)))
print(f"root mean square: uint8 a {rms[1]:.2f}, b {rms[2]:.2f}; codec a {codec[1]:.2f}, b {codec[2]:.2f}")
assert (worst["uint8"] < [0.2, 0.51, 0.51]).all() and worst["float16"].max() < 0.04
assert np.abs(np.stack(encode_lab(frames[0], "uint8")).astype(int) - stored["uint8"][0]).max() <= 1
assert (codec[1:] > 4 * rms[1:]).all() and on_disk["float16"] > 1.7 * on_disk["uint8"]

# %% [markdown]
# So float16 takes over twice the room to keep what the codec had blurred already. uint8 is the package's default; take float16
# when frames come from something better than video.
#
# **How many frames to a chunk?** HDF5 compresses chunk by chunk, so a chunk is the least it can read. Count the bytes that
# it asks the file for, for frames at random and in order, in units of what a frame takes in that file. HDF5 keeps a chunk that
# it unpacked if it fits into the *chunk cache*, 1 MB for many years and 8 MB since version 2; we try with room for a chunk of
# any size, and with none.
#
# The assertions: without the cache, reading in order costs what reading at random does, to a tenth; with it, nothing extra.
# And the file is no smaller for large chunks, by 5% at most: gzip looks back over 32 kB, about one plane. That holds from 30,000
# pixels a plane on; in a smaller box gzip sees the frame before, and gains from it.

# %%
question = "64 frames a chunk, one frame at random: how many times its own bytes does HDF5 read?"
predict("06.chunk", question, choices=["once: HDF5 reads what is asked for", "8 times", "64 times"])


# %%
class CountedFile(io.FileIO):
    """A file that counts the bytes read from it."""

    count = 0

    def readinto(self, buffer):
        got = super().readinto(buffer)
        self.count += got
        return got


def bytes_read(path, numbers, cache):
    """Bytes a frame that HDF5 reads to deliver these frames one by one, with a chunk cache of `cache` bytes."""
    with CountedFile(path) as counted, h5py.File(counted, "r", rdcc_nbytes=cache) as file:
        dataset, counted.count = file["lab"], 0
        for number in numbers:
            dataset[number]
        return counted.count / len(numbers)


# %%
planes = np.concatenate([stored["uint8"]] * 3)  # 192 frames: three chunks of 64
some, each = rng.permutation(len(planes))[:16].tolist(), range(len(planes))
orders = {"at random": (some, 0), "in order, no cache": (each[:16], 0), "in order, cached": (each, 1 << 28)}
chunks, read, size = (1, 8, 64), {name: [] for name in orders}, {}
for chunk in chunks:
    size[chunk] = write_store(root / "chunked.h5", planes, chunk)
    for name, (numbers, cache) in orders.items():
        read[name].append(bytes_read(root / "chunked.h5", numbers, cache) / size[chunk])

# %%
predict.reveal("06.chunk", f"{read['at random'][-1]:.0f} times", "A chunk is read whole, or not at all.")
fig, ax = figure(width=4.8, height=2.9)
for (name, values), mark, wide in zip(read.items(), "osv", (11, 5, 7), strict=True):
    ax.plot(chunks, values, mark + "-", label=name, markersize=wide)
ax.set(xscale="log", yscale="log", xlabel="frames to a chunk", ylabel="frames read for each delivered")
ax.set_xticks(chunks, chunks)
ax.set_yticks(chunks, chunks)
ax.legend()
show(
    fig,
    caption="Every frame that shares a chunk is paid for. Only reading in order, with a cache that holds the chunk, "
    "gets it back.",
    alt="Frames read for each one delivered against frames to a chunk, both axes logarithmic. Random reading and ordered "
    "reading without a cache rise together from 1 to 64; ordered reading with a cache stays at 1.",
)
assert read["at random"][-1] > 50, "one frame should cost most of its chunk's 64"
assert np.allclose(read["in order, no cache"], read["at random"], rtol=0.1), (
    "without a cache order is no help"
)
assert max(read["in order, cached"]) < 1.2, "a cached chunk should be read once"
assert size[64] > 0.95 * size[1] or WIDTH * HEIGHT < 30_000, "large chunks shouldn't make the file smaller"

# %% [markdown]
# **Try it:** exercise 06, *frames_unpacked*: predict what any order costs, with any cache.
#
# ## 4 · Shards, and no last step
#
# Several processes can't write to one HDF5 file without MPI, so each writes its own, a *shard*. The team then *reduced* the
# shards to one file, which reads and writes every byte once more, and can't end before the last shard is there. A *virtual dataset* does
# without: it holds no numbers, only a list of where they are. Three shards of four numbers:

# %%
small = root / "small"
small.mkdir()
whole = h5py.VirtualLayout((12,), "int64")
for k in range(3):
    with h5py.File(small / f"{k}.h5", "w") as file:
        file["x"] = np.full(4, k + 1)
    whole[4 * k : 4 * k + 4] = h5py.VirtualSource(f"{k}.h5", "x", (4,))
with h5py.File(small / "all.h5", "w") as file:
    file.create_virtual_dataset("x", whole)
with h5py.File(small / "all.h5") as file:
    print(file["x"][:])

# %%
question = "Somebody tidies up, and the second shard is gone. You read all twelve numbers. What happens?"
choices = ["an error that names the file", "a warning, and eight numbers", "twelve numbers, no warning"]
predict("06.missing", question, choices=choices)

# %%
(small / "1.h5").rename(small / "1.moved")
with h5py.File(small / "all.h5") as file:
    silent = file["x"][:]
print(silent)
predict.reveal("06.missing", f"{len(silent)} numbers, no warning", "HDF5 gives its fill value.")
assert silent.tolist() == [1] * 4 + [0] * 4 + [3] * 4

# %% [markdown]
# That is by design, and a trap: zeros train as well as anything. Keep it in mind.
#
# Now the real thing, in small: four cameras, two videos each, pans over bundled photos. The phone films as its sensor lies,
# on its side, and adds a note, *turn me*. Players obey it; a decoder leaves that to you. `convert_videos` decodes, fits,
# turns, encodes and writes a shard for each folder, with `workers=0` in this very process, one after the other: the run that
# all others must equal. `lab.h5` is the virtual dataset; the assertion: less than 3% of the store.

# %%
CAMERAS = {"camera": (320, 180), "cinema": (320, 134), "phone": (144, 256), "tv": (240, 180)}
videos, shots, album = root / "videos", {}, list(photos().items())
for i, camera in enumerate(sorted([*CAMERAS] * 2)):
    title, picture = album[i % len(album)]
    shot = pan(np.rint(255 * picture).astype(np.uint8), FRAMES, *CAMERAS[camera])
    shots[f"{camera}/{title}.mp4"] = shot
    lying, note = (np.rot90(shot, -1, (1, 2)).copy(), 90) if camera == "phone" else (shot, None)
    write_video(videos / camera / f"{title}.mp4", lying, note)


def convert(out, *arguments, **options):
    """The package's conversion with this lesson's settings."""
    size = (WIDTH, HEIGHT)
    return convert_videos(videos, root / out, size, *arguments, compression="gzip", progress=False, **options)


# %%
print(convert("store", workers=0))
virtual = (root / "store" / "lab.h5").stat().st_size
everything = virtual + sum(path.stat().st_size for path in (root / "store" / "shards").iterdir())
print(f"the virtual dataset has {virtual / 1000:.0f} kB of the store's {everything / 1e6:.1f} MB")
assert virtual < 0.03 * everything

# %% [markdown]
# `LabStore` reads any frame by its number, or by its video and place in it. The assertions: both ways give the same frame; it
# shows what we filmed, upright, at 24 dB or better; what the store remembers as padding is black.
#
# Padding isn't harmless. To a loss, black is a pixel whose color, none, is always easy to get right. The last column is the
# share of a video's chroma that is left when the padding counts, asserted to be below 40% for the phone: most of the color gone,
# to nothing but black bars. Mask the padding, or crop it.

# %%
store = LabStore(root / "store")
print(f"{len(store)} frames of {store.size[0]}×{store.size[1]}, stored as {store.dtype}")
for video in store.videos:
    frame = store[store.index(video.name, -1)]  # by name and place; the same by number:
    assert np.array_equal(frame, store[video.first + video.frames - 1])
    top, bottom, left, right = video.padding
    inside = np.s_[top : HEIGHT - bottom, left : WIDTH - right]
    size = frame[inside].shape[1::-1]
    filmed = cv2.resize(shots[video.name][-1], size, interpolation=cv2.INTER_AREA)
    assert psnr(lab_to_rgb(frame[inside]), filmed / 255) > 24
    assert not np.delete(frame, np.s_[top : HEIGHT - bottom], 0).any() and not frame[:, :left].any()
    kept = mean_chroma(frame[..., 1:]) / mean_chroma(frame[inside][..., 1:])
    print(f"{video.name:21} from {video.first:3}, picture {size}, keeps {kept:4.0%} of its chroma")
    assert kept < 0.4 or not video.name.startswith("phone")


# %%
def draw(number):
    """A frame of the store, with the video and the place it comes from."""
    video = next(v for v in reversed(store.videos) if v.first <= number)
    fig, ax = figure(width=2.6, height=2.0)
    ax.imshow(lab_to_rgb(store[number]))
    ax.set_axis_off()
    ax.set_title(f"{video.name}, {number - video.first}", fontsize=9)
    return fig


play(
    draw,
    {"number": (0, len(store) - 1, 1, 0)},
    look_for="Drag through the numbers. Where does one video end and the next begin? Which videos share a shard?",
    twin=[{"number": int(number * len(store))} for number in (0.1, 0.35, 0.6, 0.65, 0.8, 0.95)],
    caption="One number reaches every frame of every video, the phone's upright.",
    alt="Six frames of the store with their video's name and frame number: a wide one that fills the box, a wider one "
    "with bars above and below, two narrow ones of a phone between broad bars, two with bars at the sides.",
)

# %% [markdown]
# **A shard goes missing.** The trap again, now with frames: rename one shard, read a frame of it with plain h5py, then open
# the store. The assertions: h5py gives zeros without a word, and `LabStore` refuses to open, naming the shard.

# %%
store.close()
manifest = json.loads((root / "store" / "manifest.json").read_text(encoding="utf-8"))
missing = root / "store" / "shards" / manifest["shards"][1]["shard"]
moved = missing.rename(missing.with_suffix(".moved"))
with h5py.File(root / "store" / "lab.h5") as file:
    plain = file["lab"][2 * FRAMES]
try:
    LabStore(root / "store")
except FileNotFoundError as error:
    told = str(error).replace(f"{root}{os.sep}", "").replace(os.sep, "/")
print(told)
moved.rename(missing)
show(
    lab_to_rgb(decode_lab(plain)),
    caption="What h5py gives for every frame of a missing shard: zeros, which in uint8 Lab mean L = 0 with a = b = −128, "
    "a color that doesn't exist.",
    alt="A frame in one even, strong blue.",
)
assert not plain.any() and missing.name in told

# %% [markdown]
# **Try it:** exercise 06, *locate* and *explain*: from a number to its video, and a training that met this trap.
#
# ## 5 · Kill it
#
# A job over 14,000 videos will be killed: memory, a time limit, somebody's patience. Take a fingerprint of every file, because what
# survives must be the same bytes. Then a second Python runs the conversion and kills itself with signal 9 in the midst of
# the third shard, at a fixed frame, so that it happens at the same place on every machine. Nothing is closed, flushed or said.
# (A power cut is another matter: a renamed file may still lose what the disk hadn't written. Only `fsync` guards against that,
# and nothing here calls it.)
#
# It leaves two shards, and a torso under another name: a shard is written as `.part` and renamed when it is whole. So a file
# with its right name *is* whole. The assertions: the same call again takes over the two finished shards, makes the other two,
# and then every file has the fingerprint of the run that nobody killed.


# %%
def fingerprints(name):
    """sha256 of every file of a store, by its place in it."""
    files = [path for path in (root / name).rglob("*") if path.is_file()]
    return {p.relative_to(root / name).as_posix(): hashlib.sha256(p.read_bytes()).digest() for p in files}


# %%
PROGRAM = """
import itertools, os, sys
from course_lib.video import convert_videos, shards
frames, encode = itertools.count(1), shards.encode_lab
def fatal(rgb, dtype):
    if next(frames) == int(sys.argv[5]):
        os.kill(os.getpid(), 9)
    return encode(rgb, dtype)
shards.encode_lab = fatal
size = int(sys.argv[3]), int(sys.argv[4])
convert_videos(sys.argv[1], sys.argv[2], size, workers=0, compression="gzip", progress=False)
"""
arguments = [videos, root / "killed", WIDTH, HEIGHT, 4 * FRAMES + FRAMES // 2]
job = subprocess.run([sys.executable, "-c", PROGRAM, *map(str, arguments)], check=False)
left = sorted(path.suffix for path in (root / "killed" / "shards").iterdir())
print(f"exit code {job.returncode}; left behind: {left}")
assert abs(job.returncode) == 9 and left == [".h5", ".h5", ".part"]

# %%
uninterrupted = fingerprints("store")
report = convert("killed", workers=0)
print(report)
print("same bytes as without the kill:", fingerprints("killed") == uninterrupted)
assert report.reused == 2 and fingerprints("killed") == uninterrupted

# %% [markdown]
# **One worker.** By default the conversion starts a Dask cluster on this machine; with a scheduler's address it uses other
# machines, as the report's queue did. Here we start the cluster ourselves, wait for a torso, read from its name which process
# is writing it, and kill that one. Dask starts another worker and gives it the shard. The assertions: it was one of ours, it is
# gone, no video was skipped, and once more every byte is the same.

# %%
cluster = LocalCluster(
    n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
)
workers = [worker.pid for worker in cluster.workers.values()]
with ThreadPoolExecutor() as pool:
    job = pool.submit(convert, "dask", cluster)
    while not (torsos := list((root / "dask").glob("shards/*.part"))) and not job.done():
        time.sleep(0.002)
    assert torsos, "the conversion ended before a torso was seen"
    victim = int(torsos[0].stem.rsplit("-", 1)[1])
    if victim in workers:
        os.kill(victim, 9)
    report = job.result()
survivors = [worker.pid for worker in cluster.workers.values()]
cluster.close()
print(f"{report.videos} videos, {len(report.skipped)} skipped")
print("same bytes as without the kill:", fingerprints("dask") == uninterrupted)
assert victim in workers and victim not in survivors
assert not report.skipped and fingerprints("dask") == uninterrupted

# %% [markdown]
# How can files be the same to the byte, whoever wrote them? Nothing of the run goes into them: no time, no path, no machine's
# name, no order of finishing. That made the check possible that you just ran. **Try it:** exercise 06, *to_make*.
#
# ## 6 · What isn't a video
#
# Among 14,000 downloads some are broken. Add a folder: an MP4 cut in half, an empty file, noise, a page of text saved as a
# video, and one that is fine. Then give the same command again. The assertions: four skipped, each with a reason; the fine
# one is there, frame for frame; the four shards from before weren't touched.

# %%
web, data = videos / "web", (root / "clip.mp4").read_bytes()
web.mkdir()
files = {
    "cut": data[: len(data) // 2],
    "empty": b"",
    "fine": data,
    "noise": rng.bytes(4000),
    "page": b"404 " * 999,
}
for name, content in files.items():
    (web / f"{name}.mp4").write_bytes(content)
report = convert("store", workers=0)
print(report)
with LabStore(root / "store") as store:
    added, now = store.videos[-1], fingerprints("store")
assert sorted(report.skipped) == [f"web/{name}.mp4" for name in ("cut", "empty", "noise", "page")]
assert report.reused == 4 and added.name == "web/fine.mp4" and added.frames == FRAMES
assert all(now[name] == uninterrupted[name] for name in uninterrupted if name.startswith("shards/"))

# %% [markdown]
# **The cut that nobody notices.** An MP4 keeps its table of contents at the end, so a cut one won't open. Matroska (`.mkv`)
# can be read without one. Cut it in half and decode: no error, only fewer frames. What gives it away is a number at its
# front, the duration it was going to have. The assertion: all frames of the whole file, less than four fifths of the cut one,
# and no exception on the way. `convert_videos` takes it too, neither skipped nor reported: it compares the count with a number
# of frames in the header, and Matroska announces none. That is asserted as well. Comparing with the length you expect is yours.

# %%
write_video(root / "clip.mkv", np.rint(255 * truth).astype(np.uint8))
data = (root / "clip.mkv").read_bytes()
(root / "half.mkv").write_bytes(data[: len(data) // 2])
came = {}
for name in ("clip.mkv", "half.mkv"):
    with av.open(str(root / name)) as container:
        announced = container.duration / av.time_base * 25
        came[name] = sum(1 for _ in container.decode(video=0)) / announced
        print(f"{name} announces {announced:.0f} frames, {came[name]:.0%} of them came")
assert came["clip.mkv"] > 0.97 and came["half.mkv"] < 0.8
report = convert_videos([root / "half.mkv"], root / "half", (WIDTH, HEIGHT), workers=0, progress=False)
print(f"converted: {report.frames} frames, {len(report.skipped)} skipped, {len(report.short)} reported short")
assert not report.skipped and not report.short, "the converter takes the half file for a whole one"
assert 0 < report.frames < 0.8 * FRAMES

# %% [markdown]
# ## 7 · How fast?
#
# A conversion decodes, and then scales, computes Lab and compresses, so decoding alone is the bound; that much is asserted.
# Both take turns on the same eight files, in one process. These videos are tiny, decoding them costs next to nothing, and the
# rest looks slow. On videos of full size decoding takes a larger part: `python -m benchmarks.video_conversion` measures that,
# step by step and with one worker and two, on your own videos if you name some.

# %% tags=["nbval-ignore-output"]
paths = [videos / name for name in shots]
best = {"decoding": np.inf, "converting": np.inf}
for turn in range(2):
    for name in best:
        began = time.perf_counter()
        if name == "converting":
            convert_videos(paths, root / f"turn{turn}", (WIDTH, HEIGHT), workers=0, progress=False)
        else:
            for path in paths:
                with av.open(str(path)) as container:
                    sum(1 for _ in container.decode(video=0))
        best[name] = min(best[name], time.perf_counter() - began)
speed = {name: len(paths) * FRAMES / seconds for name, seconds in best.items()}
print(", ".join(f"{name} {value:.0f} frames a second" for name, value in speed.items()))
assert speed["converting"] < speed["decoding"]

# %%
workspace.cleanup()
headline(
    "Killed twice and fed four broken files, the store has every byte it should, and any frame is one number away"
)

# %% [markdown]
# ## Recap
#
# - Video color arrives at a quarter of the resolution, and any frame but a key frame costs many others to decode.
# - Scale by the smaller of two ratios, pad the rest, and write down where. Resize from the source, never from padded frames.
# - uint8 Lab errs far less than the codec does. One frame a chunk, unless you read only in order.
# - A virtual dataset spares the reduce step, and gives fill values where a shard is missing. Check at opening.
# - Write under another name, rename when whole, put nothing of the run into the files: then a kill costs one shard.
#
# ## Check your understanding
#
# <details><summary>Your box is 256×256 and your videos are 16:9. What do you pay, and what would you do?</summary>
# 44% of every frame is padding, which is stored, read and convolved over. Choose a box of the videos' own shape, such as 256×144,
# or crop if you can spare the sides. And mask what padding is left, in the loss and in every mean.</details>
#
# <details><summary>Reading in order from chunks of 64 was fast on your machine and is slow on another. What differs?</summary>
# Probably the chunk cache: a chunk that fits is unpacked once for its 64 frames, one that doesn't 64 times. Its default changed
# with HDF5's version, and float16 doubles the chunk. Ask for `rdcc_nbytes` yourself, or make chunks small.</details>
#
# <details><summary>Why isn't it enough to look whether a shard's file exists before skipping it?</summary>
# A file that is being written exists too; that is what renaming is for. And its videos may have been replaced since. So a shard
# keeps the hashes of its videos, and is made again when one differs.</details>
#
# <details><summary>A training on a virtual dataset gets slowly bluer. Where do you look?</summary>
# At frames whose stored values are all zero. In uint8 Lab that is a = b = −128, far into the blue, and it is what HDF5 gives
# for every frame of a shard that it can't open: moved, unmounted, or one open file too many.</details>
#
# ## Where next
#
# Lesson 07: *Recurrent colorizers*. Frames in order now, and a network that remembers the last one.
#
# Read: *HDF5 Virtual Dataset*, the HDF Group's user guide, the section on datasets (missing sources and fill values); and
# ITU-T H.264, 2003, on picture types, if you want to know what a B may refer to.
