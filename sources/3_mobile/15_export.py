# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Export: ONNX Runtime, OpenCV, NCNN
#
# **Field report.** A team had a colorizer in PyTorch and a phone to run it on. The export to ONNX worked. The app didn't:
# ONNX Runtime for Android asked for a newer toolchain than the app was built with. So they took NCNN, another engine with
# another file format, and had to show that the picture was still the same. You do that here, for three engines at once. On the way
# you meet an 8-bit file that gives two pictures, depending on the processor.
#
# You will be able to
# - export a network to ONNX and to NCNN, and prove that three engines answer as torch does;
# - measure latency so that the number means something;
# - turn a model into eight bits, and say what that does to the picture and why the processor matters;
# - read what broke an export, and mend it.
#
# You need lesson 14. Reading 16 minutes, running 35 seconds, exercises 45 minutes.

# %%
import tempfile
import textwrap
import warnings
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import photos
from course_lib.engines import (
    NcnnModel,
    OnnxModel,
    OpenCVModel,
    export_ncnn,
    export_onnx,
    measure_latency,
    quantize_onnx_int8,
)
from course_lib.images import pretrained
from course_lib.metrics import mean_chroma
from course_lib.teach import headline, predict, show

# %% tags=["parameters"]
PHOTO = "coffee"  # any name in photos()
SEED = 0  # of the random inputs; this default run is the full run
INPUTS = 10  # how many of them; the package's own tests take 50

# %% [markdown]
# ## 1 · One network, two files
#
# The network is the regression colorizer of lesson 05. What goes onto the phone is less than what `pretrained` gives: only the
# part from lightness to ab, at one working size. Scaling a photo down and its color up is the app's job, and you
# will see in part 5 that this isn't a matter of taste.


# %%
class ForPhone(nn.Module):
    """Lightness (N, 1, 112, 160) in [0, 1] → ab (N, 2, 28, 40), divided by 110."""

    def __init__(self):
        super().__init__()
        self.net = pretrained("regression").net

    def forward(self, lightness):
        return self.net(lightness)["ab"]


# %%
def lightness(photo):
    """What the network gets: L / 100 at the working size, (1, 1, 112, 160)."""
    L = (rgb_to_lab(photo)[..., 0] / 100).astype(np.float32)
    return cv2.resize(L, (160, 112), interpolation=cv2.INTER_AREA)[None, None]


# %%
def colored(photo, ab):
    """The photo's own lightness with the network's color."""
    large = cv2.resize(110 * ab[0].transpose(1, 2, 0), photo.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return lab_to_rgb(np.dstack([rgb_to_lab(photo)[..., 0], large]))


# %% [markdown]
# Export it twice. `export_onnx` has torch follow an example through the Python code and writes down the operators; the batch stays
# open. `export_ncnn` does the same and hands the result to a converter, *pnnx*. Neither file takes its name before
# it has been run beside torch: a broken export is an error, not a file.

# %%
torch.set_num_threads(1)
torch.manual_seed(SEED)
folder = Path(tempfile.mkdtemp())
model = ForPhone().eval()
example = torch.rand(2, 1, 112, 160)
export_onnx(model, folder / "color.onnx", example, dynamic=("batch",))
export_ncnn(model, folder / "color.param", example)
for file in sorted(folder.iterdir()):
    print(f"{file.name:12} {file.stat().st_size / 1e6:.1f} MB")

# %% [markdown]
# ONNX keeps everything in one file. NCNN keeps a text with one line a layer, and the weights beside it. Look at the text: a
# type, a name, which *blobs* come in and go out, and numbered settings (`0=` channels, `1=` kernel, `3=` stride). The batch
# norms are gone: both exporters multiplied them into the convolutions before.

# %%
for line in (folder / "color.param").read_text().splitlines()[2:8]:
    print(line[:96])

# %% [markdown]
# ## 2 · Four engines, one answer
#
# One interface for all: a path, how many threads, then an array in and an array out. With torch itself that makes four.

# %%
engines = {
    "ONNX Runtime": OnnxModel(folder / "color.onnx", threads=1),
    "OpenCV": OpenCVModel(folder / "color.onnx", threads=1),
    "NCNN": NcnnModel(folder / "color.param", threads=1),
}


def by_torch(x):
    with torch.inference_mode():
        return model(torch.from_numpy(x)).numpy()


# %% [markdown]
# **Measure.** A parity test has three parts: inputs that reach everything (noise, and real photos), a number (the largest
# difference, not the mean), and a bound that you can argue for. Ours: the engines add up the same float32 products in another
# order, which costs the last one or two of seven digits. ab is of the size of 0.1, so that is about 1e-8 in one layer, and may grow to
# 1e-6 through all of them (part 4 has the numbers); a wrong layer would show as 1e-2. The assertion puts the bound at 1e-5.

# %%
rng = np.random.default_rng(SEED)
inputs = [rng.random((1, 1, 112, 160), dtype=np.float32) for _ in range(INPUTS)]
inputs += [lightness(photo) for photo in photos().values()]
right = [by_torch(x) for x in inputs]
for name, engine in engines.items():
    off = max(np.abs(engine(x) - y).max() for x, y in zip(inputs, right, strict=True))
    print(f"{name:13} {len(inputs)} inputs, all within 1e-5 of torch: {off < 1e-5}")
    assert off < 1e-5

# %% [markdown]
# And the batch that was left open? The assertion: three at once give what one by one gives.

# %%
three = np.concatenate(inputs[:3])
for engine in engines.values():
    singly = np.concatenate([engine(x) for x in inputs[:3]])
    assert np.abs(engine(three) - singly).max() < 1e-5
print("input shapes:", *(engine.input_shape for engine in engines.values()))

# %% [markdown]
# Is 1e-5 good enough for a picture? A byte is 1/255 wide. The assertion: no pixel of the colored photo differs by as much as
# half a byte between any two engines.

# %%
photo = photos(PHOTO)[PHOTO]
pictures = {name: colored(photo, engine(lightness(photo))) for name, engine in engines.items()}
pictures["torch"] = colored(photo, by_torch(lightness(photo)))
assert max(np.abs(p - pictures["torch"]).max() for p in pictures.values()) < 0.5 / 255
show(
    list(pictures.values()),
    titles=list(pictures),
    caption="Four engines, one picture: no pixel differs by half a byte.",
    alt="The same photo four times, in the same muted colors, without any difference to be seen.",
)

# %% [markdown]
# **Try it:** exercise 15, *liars*: a test that names the engine that lies.
#
# ## 3 · Eight bits
#
# Float32 spends 4 bytes a weight. A whole number from −127 to 127 and a scale for each channel need one. Products of whole numbers are
# also quicker, if the processor has instructions for them.

# %%
predict("15.size", "How many times smaller will the 8-bit file be?", low=1, high=8)

# %% [markdown]
# Weights are known, but the range of what flows between layers isn't. So the quantizer runs the model on a few inputs and
# keeps the smallest and largest value it sees: *calibration*. Give it what the app will see. Here it gets all the bundled photos but
# yours, each also brighter and with less contrast.

# %%
others = [lightness(photo) for name, photo in photos().items() if name != PHOTO]
calibration = [y for x in others for y in (x, 0.3 + 0.5 * x)]
for bits in (7, 8):
    quantize_onnx_int8(folder / "color.onnx", folder / f"weights{bits}.onnx", calibration, weight_bits=bits)
smaller = (folder / "color.onnx").stat().st_size / (folder / "weights7.onnx").stat().st_size
predict.reveal(
    "15.size", round(smaller, 1), "Four bytes became one; scales and the graph's text take the rest."
)
assert 3.5 < smaller < 4

# %% [markdown]
# Why seven bits? Both files store bytes. The 8-bit one uses weights up to ±127, the other up to ±64. x86 processors without the VNNI
# instructions multiply unsigned by signed bytes and add *two products in 16 bits*. What doesn't fit is cut to 32767, without
# a word. That is easy to imitate.
#
# The assertions: with weights up to 127 the sum of two products can saturate; with weights up to 64 it can't.


# %%
def pair_sum(a, w):
    """Two unsigned bytes times two signed ones, added as such a processor adds them."""
    return np.clip((a.astype(int) * w).sum(), -32768, 32767)


bright = np.array([255, 255], np.uint8)
for largest in (127, 64):
    w = np.array([largest, largest])
    print(f"2 · 255 · {largest} = {2 * 255 * largest}, the processor says {pair_sum(bright, w)}")
assert pair_sum(bright, np.array([127, 127])) < 2 * 255 * 127
assert pair_sum(bright, np.array([64, 64])) == 2 * 255 * 64

# %% [markdown]
# **Measure.** Both files, by two engines. OpenCV doesn't use that instruction, so it shows what each file *says*. The numbers
# are mean differences from float32, in units of ab, over all photos. On a processor without VNNI the first column jumps in the second row.

# %% tags=["nbval-ignore-output"]
every, expected = inputs[INPUTS:], right[INPUTS:]  # the photos
small = {
    bits: (OnnxModel(folder / f"weights{bits}.onnx"), OpenCVModel(folder / f"weights{bits}.onnx"))
    for bits in (7, 8)
}
answers = {bits: [[engine(x) for x in every] for engine in pair] for bits, pair in small.items()}


def apart(one, other):
    """Mean difference of two lists of answers, in units of ab."""
    return 110 * np.abs(np.subtract(one, other)).mean()


off = {bits: [apart(given, expected) for given in pair] for bits, pair in answers.items()}
print("weight bits   ONNX Runtime   OpenCV")
for bits, (onnx_off, opencv_off) in off.items():
    print(f"{bits:11}   {onnx_off:12.2f}   {opencv_off:6.2f}")
print("this processor saturates" if apart(*answers[8]) > 0.3 else "this processor adds in 32 bits")

# %% [markdown]
# The assertions hold on every processor: with seven bits both engines answer alike, to a fifth of a unit on average, and stay
# within two units of float32; and 8-bit weights, added up as they should be, are finer than 7-bit ones. If your table shows a
# large number at the bottom left (one processor without VNNI gave 2.22 for 0.28), you have seen the bug that no test on the
# developer's machine finds.

# %%
assert apart(*answers[7]) < 0.2 and max(off[7]) < 2
assert off[8][1] < off[7][1]
print("7-bit weights: ONNX Runtime and OpenCV agree; 8-bit weights are finer where they are added up right")

# %% [markdown]
# **Try it:** exercise 15, *largest_weight*: how large a weight may be, for other sums.
#
# What does it do to the picture? The assertions: the colored photo changes, by less than two units of chroma on average.

# %%
eight = colored(photo, small[7][0](lightness(photo)))
change = np.abs(eight - pictures["torch"]).mean(axis=-1)
chroma = [mean_chroma(rgb_to_lab(p)[..., 1:]) for p in (pictures["torch"], eight)]
assert 0 < change.mean() < 0.05 and abs(chroma[0] - chroma[1]) < 2
show(
    [pictures["torch"], eight, (30 * change).clip(0, 1)],
    titles=["float32", "eight bits", "difference × 30"],
    caption="Eight bits shift the color a little, over whole areas; side by side you would hardly tell.",
    alt="The photo in float32's and in eight bits' color, nearly the same, and a dark map, brighter in patches, of where they differ.",
)

# %% [markdown]
# ## 4 · Latency, done right
#
# A time without its circumstances is a rumor. Say the threads. Leave out the first calls, in which memory is fetched and kernels are
# chosen. Take many calls and give the median and the spread, because a mean is moved by whatever else the machine does. And measure
# everything you compare in one run.

# %% tags=["nbval-ignore-output"]
x = lightness(photo)
fresh = OnnxModel(folder / "color.onnx", threads=1)
first = measure_latency(fresh, x, repeats=1, warmup=0)
print("the first call: ", first)
print("afterwards:     ", measure_latency(fresh, x, repeats=10))

# %%
question = "Float32, one thread, your machine: who is fastest?"
predict("15.fastest", question, choices=["torch", *engines])

# %% [markdown]
# (Does your first call stand out? That depends on the engine, the model and the machine. You can't know before, so leave it out.)
#
# **Measure.** All of it in one table: how far off from torch (in units of ab, over the photos), how long, how large.

# %% tags=["nbval-ignore-output"]
rows = {
    "torch": (by_torch, "color.onnx"),
    **{name: (engine, "color.onnx") for name, engine in engines.items()},
    "NCNN": (engines["NCNN"], "color.bin"),
    "ONNX Runtime int8": (small[7][0], "weights7.onnx"),
    "OpenCV int8": (small[7][1], "weights7.onnx"),
}
medians = {}
print("engine              max off  mean off  median ms  middle half ms     MB")
for name, (run, file) in rows.items():
    away = 110 * np.abs(np.subtract([run(x) for x in every], expected))
    took = measure_latency(run, x, repeats=11, warmup=2, threads=1)
    medians[name] = took.median
    low, high = (1e3 * q for q in took.quartiles)
    print(
        f"{name:18} {away.max():8.5f} {away.mean():9.5f} {1e3 * took.median:10.1f}   {low:6.1f} to {high:5.1f}"
        f" {(folder / file).stat().st_size / 1e6:6.1f}"
    )
predict.reveal("15.fastest", min(("torch", *engines), key=medians.get))

# %% [markdown]
# Read it with care. The order of the engines is this machine's, not your phone's: an x86 laptop has other instructions than an
# ARM phone, and NCNN is made for the latter. What carries over is the method, the sizes, and the differences from torch.
#
# **Try it:** exercise 15, *summarize*: from raw times to the three numbers worth printing.
#
# ## 5 · What breaks an export
#
# A model is a Python program; a file is a list of operators. What a program can do and a list can't is where exports break.
# There are three classics. First, **a decision by value**. This model brightens dark pictures:


# %%
class Brighten(nn.Module):
    def forward(self, x):
        if x.mean() < 0.3:
            return x.sqrt()
        return x


dark, light = torch.full((1, 1, 8, 8), 0.04), torch.full((1, 1, 8, 8), 0.81)

# %% [markdown]
# The old way to export, a trace, follows one example and keeps the way it took. It warns, and warnings scroll by. The assertion:
# traced with the dark picture, it brightens the light one too.

# %%
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # as people do
    old = torch.jit.trace(Brighten(), dark)
print(f"a light pixel: the model says {Brighten()(light).max():.2f}, its trace {old(light).max():.2f}")
assert old(light).max() > Brighten()(light).max()

# %% [markdown]
# That is a wrong picture without an error. `torch.export`, on which both of our exports stand, refuses instead:


# %%
def attempt(export, model, name, example, **options):
    """Export, or print in short lines why not."""
    try:
        export(model, folder / name, example, **options)
        print(f"{name}: written")
    except ValueError as error:
        print(textwrap.fill(f"{name}: {error}", 100))


attempt(export_onnx, Brighten(), "brighten.onnx", dark)

# %% [markdown]
# The mend: compute both, and let an operator choose. The assertion: the exported file does right by both pictures.


# %%
class BrightenByWhere(nn.Module):
    def forward(self, x):
        return torch.where(x.mean((1, 2, 3), keepdim=True) < 0.3, x.sqrt(), x)


# %%
attempt(export_onnx, BrightenByWhere(), "brighten.onnx", torch.cat([dark, light]), dynamic=("batch",))
brighten = OnnxModel(folder / "brighten.onnx")
for picture in (dark, light):
    assert np.allclose(brighten(picture.numpy()), Brighten()(picture).numpy(), atol=1e-6)

# %% [markdown]
# Second, **a size written as a number**. It works on every example that you try, because you try the size you trained with.


# %%
class Rows(nn.Module):
    """The mean of each row."""

    def forward(self, x):
        return x.reshape(len(x), 8, 8).mean(2)


# %%
attempt(export_onnx, Rows(), "rows.onnx", dark, dynamic=("batch", "height", "width"))

# %% [markdown]
# The mend is to write sizes as what they are. Then ask the file what it leaves open, and try it: an axis that is called dynamic
# is a claim, another size is the proof. The assertion is that proof.


# %%
class RowsOfAnySize(nn.Module):
    def forward(self, x):
        return x.reshape(x.shape[0], x.shape[2], x.shape[3]).mean(2)


# %%
attempt(export_onnx, RowsOfAnySize(), "rows.onnx", dark, dynamic=("batch", "height", "width"))
rows_file = OnnxModel(folder / "rows.onnx")
other = rng.random((3, 1, 5, 13), dtype=np.float32)
assert np.allclose(rows_file(other), other[:, 0].mean(2), atol=1e-6)
print("open sizes are None:", rows_file.input_shape)

# %% [markdown]
# **Try it:** exercise 15, *open_axes*: which sizes does an engine really take?
#
# Third, **an operator that the format doesn't have**. Each format has a list of its own. Take the scaling that the whole
# colorizer begins with, which filters the picture as it shrinks it; and a model that takes the median off.


# %%
class Shrink(nn.Module):
    def forward(self, x):
        return nn.functional.interpolate(x, (112, 160), mode="bilinear", antialias=True)


class Median(nn.Module):
    def forward(self, x):
        return x - x.flatten(1).median(1).values[:, None, None, None]


# %%
attempt(export_ncnn, Shrink(), "shrink.param", torch.rand(1, 1, 150, 200))
attempt(export_onnx, Median(), "median.onnx", dark)

# %% [markdown]
# For such, look at what you need the operator for. Scaling goes to the app, which has a library for it: that is why part 1 exported the
# bare network. The median can be the middle of a sorted list, which ONNX has. The assertions: the mended model is right, and no
# failed export left a file behind.


# %%
class MedianBySorting(nn.Module):
    def forward(self, x):
        pixels = x.flatten(1)
        return x - pixels.sort(1).values[:, (pixels.shape[1] - 1) // 2][:, None, None, None]


# %%
attempt(export_onnx, MedianBySorting(), "sorted.onnx", dark, dynamic=())
noise = rng.random((1, 1, 8, 8), dtype=np.float32)
assert np.allclose(
    OnnxModel(folder / "sorted.onnx")(noise), Median()(torch.from_numpy(noise)).numpy(), atol=1e-6
)
assert not any((folder / name).exists() for name in ("median.onnx", "shrink.param", "shrink.bin"))

# %%
headline(
    "One colorizer in four engines: no pixel differs by half a byte; seven-bit weights keep 8-bit files honest."
)

# %% [markdown]
# ## Recap
#
# - Export the network, not the app: scaling and color conversion stay outside, in libraries that the phone has.
# - Parity is a test: inputs that reach everything, the largest difference, and a bound you can argue for.
# - Eight bits make a quarter of the file. Calibrate on what the app sees, and mind the processor: without VNNI, keep weights to seven bits.
# - Latency: threads stated, warmed up, median and spread, everything compared in one run.
# - Three things break exports: decisions by value, sizes as numbers, missing operators. A trace hides the first.
#
# ## Check your understanding
#
# <details><summary>Your parity test uses random noise only and passes. Then a photo of fog comes out wrong in one engine. How can
# that be?</summary>
# Noise is bright and dark in every window, so its means are all alike and some parts of the network never work at their limits. Use real
# inputs too, even ones among them.</details>
#
# <details><summary>ONNX Runtime and NCNN differ by 1e-6, and a colleague wants to find the bug. What do you say?</summary>
# There is none. float32 has seven digits, sums in another order differ in the last, layer after layer adds that up, and the bound
# of the test was derived from it. A bug would be thousands of times larger.</details>
#
# <details><summary>The 8-bit model passes on the build server and the users of old laptops complain of odd colors. Where do you
# look?</summary>
# At the processor: with weights up to ±127, two products don't fit into 16 bits, and processors without VNNI saturate. Run the
# file in an engine that adds in 32 bits, and compare; then use seven bits.</details>
#
# <details><summary>"It takes 12 ms." Which four things do you ask?</summary>
# On which machine and how many threads; after how many calls to warm up; median of how many, with what spread; and whether
# what it is compared with was measured in the same run.</details>
#
# ## Where next
#
# Part 4: lesson 16, *NIMA: predict the distribution*. Is the picture any good? For the path from Python to C++ see lesson 18,
# and for eight and four bits from the inside lesson 21.
#
# Read: B. Jacob et al., *Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference*, CVPR 2018,
# sections 2 and 3; the page *Quantize ONNX models* of ONNX Runtime's documentation, on U8S8 and VNNI; pnnx's page in NCNN's repository.
