# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From Python to C++: the same score twice
#
# **Field report.** Over a summer, a photo manager, digiKam, learned to tell bad photos from good. The network was trained in Python; the
# application is C++. The same photo got the same class from both, and a slightly different score. The command-line tool read the
# file; the application was handed a thumbnail of 1024 pixels. On the way there: channels in the other order, a nearest
# pixel that wasn't the same nearest pixel, a range of −1…1, a model's path written into the code, a graph that had to be frozen before
# OpenCV (4.5.5 or newer) would read it, and a JAX model (MUSIQ) that it couldn't read at all.
#
# You will be able to
# - say what each step between a file and a network does to the score, in points;
# - run a torch model by OpenCV and by a C++ program of your own, and prove that they agree;
# - choose the photos and the tolerance of a parity test, so that it fails when it should.
#
# You need lesson 17. Reading 15 minutes, running 25 seconds, exercises 50 minutes.

# %%
import io
import tempfile
from contextlib import chdir, redirect_stderr
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch

from course_lib.data import photos
from course_lib.engines import OpenCVModel, export_onnx
from course_lib.layers.compiled import NoCompiler
from course_lib.quality import (
    ThreeClassNIMA,
    cpp_scores,
    distort,
    export_plain,
    frozen,
    mean_score,
    nearest_exact,
    preprocess_like_digikam,
    preprocess_with_opencv,
    pretrained,
    three_class_labels,
)
from course_lib.teach import COLORS, figure, headline, play, predict, show

# %% tags=["parameters"]
PHOTO = "coffee"  # any name in photos(), for what you play with
SEED = 0  # of the noise and of the random pictures
LEVEL = 2  # of the distortions, 1 to 5; this default run is the full run
THUMBNAIL = 256  # pixels: to our photos about what the report's 1024 were to a camera's

# %% [markdown]
# ## 1 · Which pixel is nearest?
#
# The application brings a picture to 224 × 224 by *picking* pixels, without mixing any. A photo 601 pixels wide has 601/224 = 2.68
# of them for each that is wanted.

# %%
question = "601 columns become 224. Which one does target column 100 take? Columns count from 0."
predict("18.column", question, low=260, high=280)

# %% [markdown]
# Two rules are about. The plain one takes $\lfloor x \cdot n / 224 \rfloor$: where target pixel $x$ *begins*. The exact one takes
# $\lfloor (x + \tfrac12) \cdot n / 224 \rfloor$: where its *center* lies. OpenCV has both, under names that differ by a word.
#
# The assertion: on a row of 601 numbers, each of OpenCV's two ways does what its rule says.


# %%
def opencv_picks(n, how):
    """Which of n pixels OpenCV takes for each of 224."""
    row = np.arange(n, dtype=np.uint16)[None].repeat(2, axis=0)
    return cv2.resize(row, (224, 2), interpolation=how)[0]


# %%
x = np.arange(224)
begins, centers = x * 601 // 224, (2 * x + 1) * 601 // 448
assert (opencv_picks(601, cv2.INTER_NEAREST) == begins).all()
assert (opencv_picks(601, cv2.INTER_NEAREST_EXACT) == centers).all()
predict.reveal("18.column", centers[100], f"By its center. The plain rule takes {begins[100]}.")
print(f"of 224 columns, {(begins != centers).sum()} differ, by up to {(centers - begins).max()} pixels")

# %% [markdown]
# So the plain rule looks half a step too far to the left and up, and the picture moves half a pixel of its 224 to the right and
# down. Nobody sees it. The network might.
#
# Is that all? Try every width up to 2000 against the fraction's rule. The assertion: for most the two are one, and where they
# aren't, exactly 32 of the 224 columns differ.

# %%
differs = {
    n: (opencv_picks(n, cv2.INTER_NEAREST_EXACT) != (2 * x + 1) * n // 448).sum() for n in range(1, 2001)
}
odd_ones = {n: count for n, count in differs.items() if count}
print(f"{len(odd_ones)} of 2000 widths differ: {', '.join(map(str, list(odd_ones)[:8]))} …")
assert 0 < len(odd_ones) < 40 and set(odd_ones.values()) == {32}
assert 1024 in odd_ones

# %% [markdown]
# One of them is 1024: the width of the report's thumbnails. OpenCV doesn't compute with fractions. It rounds the step $n / 224$ to
# 1/65536 and adds it up. Where a center falls exactly on the border of two pixels, the rounding decides. To be
# equal *to the bit* you must round as it does, and `nearest_exact` does.
#
# The assertion: for all of those widths it picks OpenCV's pixels, and on 20 random pictures of odd sizes the package's two
# implementations of the whole way, one by NumPy and one by OpenCV, are equal to the last bit.

# %%
assert all((nearest_exact(n) == opencv_picks(n, cv2.INTER_NEAREST_EXACT)).all() for n in range(1, 2001))
rng = np.random.default_rng(SEED)
for _ in range(20):
    height, width = rng.integers(1, 900, 2)
    bgr = rng.integers(0, 256, (height, width, 3), np.uint8)
    assert preprocess_like_digikam(bgr).tobytes() == preprocess_with_opencv(bgr).tobytes()
print("bytes BGR → RGB, 224 × 224, float32 in −1…1: 20 pictures, two ways, equal to the last bit")

# %% [markdown]
# **Try it:** exercise 18, *nearest_exact*.
#
# ## 2 · What each drift costs
#
# Now the model: lesson 16's NIMA, which answers with shares of the scores 1…10. Its `forward` takes [0, 1] and begins by going
# to −1…1, so pixels $z$ of the application enter as $(z + 1)/2$.

# %%
torch.set_num_threads(1)
model = pretrained("nima")


def scores(pictures):
    """Mean scores of pixels (224, 224, 3) in -1…1, RGB."""
    z = torch.from_numpy(np.stack(pictures)).movedim(-1, 1)
    with torch.no_grad():
        return mean_score(model((z + 1) / 2)).numpy()


# %% [markdown]
# The files: all photos of the course, as they are and with four faults each, as an application has them: bytes, BGR.

# %%
FAULTS = ("blur", "noise", "jpeg", "underexposure")


def as_bgr(photo):
    """RGB in [0, 1] → BGR bytes."""
    return np.rint(255 * photo[..., ::-1]).astype(np.uint8)


# %%
files = {}
for name, photo in photos().items():
    files[name] = as_bgr(photo)
    files |= {f"{name}, {fault}": as_bgr(distort(photo, fault, LEVEL, SEED)) for fault in FAULTS}
right = scores([preprocess_like_digikam(bgr) for bgr in files.values()])
print(f"{len(files)} pictures, scores from {right.min():.1f} to {right.max():.1f}")

# %% [markdown]
# And the drifts, each a function from bytes to what some pipeline hands to the network. Every one of them runs without an
# error, gives the right shape, and looks fine.


# %%
def resized(bgr, how):
    """The right way, with another resize."""
    return preprocess_like_digikam(cv2.resize(bgr, (224, 224), interpolation=how))


# %%
def thumbnail(bgr, side):
    """What an application may get: the picture shrunk, with its aspect kept, before anybody asks for its score."""
    scale = side / max(bgr.shape[:2])
    return cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def as_jpeg(bgr, flags=cv2.IMREAD_COLOR):
    """Stored as a JPEG of quality 95, and read again."""
    return cv2.imdecode(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])[1], flags)


# %%
drifts = {
    "0…1 for −1…1": lambda bgr: (preprocess_like_digikam(bgr) + 1) / 2,
    "BGR for RGB": lambda bgr: preprocess_like_digikam(bgr[..., ::-1]),
    "plain nearest": lambda bgr: resized(bgr, cv2.INTER_NEAREST),
    "bilinear": lambda bgr: resized(bgr, cv2.INTER_LINEAR),
    "area mean": lambda bgr: resized(bgr, cv2.INTER_AREA),
    "thumbnail first": lambda bgr: preprocess_like_digikam(thumbnail(bgr, THUMBNAIL)),
    "stored as JPEG": lambda bgr: preprocess_like_digikam(as_jpeg(bgr)),
    "JPEG at half size": lambda bgr: preprocess_like_digikam(as_jpeg(bgr, cv2.IMREAD_REDUCED_COLOR_2)),
}

# %%
predict("18.worst", "Which of them moves the scores most, on average?", choices=list(drifts))

# %% [markdown]
# **Measure.** For each drift, by how much it moves a score on average and at most, and how many of the pictures change their class.

# %%
moved, changed, right_class = {}, {}, three_class_labels(right)
print(f"{'':18}  mean   most  other class")
for name, way in drifts.items():
    drifted = scores([way(bgr) for bgr in files.values()])
    moved[name] = np.abs(drifted - right)
    changed[name] = int((three_class_labels(drifted) != right_class).sum())
    print(f"{name:18}{moved[name].mean():6.2f}{moved[name].max():7.2f}{changed[name]:5} of {len(files)}")
average = {name: m.mean() for name, m in moved.items()}
predict.reveal(
    "18.worst", max(average, key=average.get), f"By {max(average.values()):.2f} points on average."
)

# %%
fig, ax = figure(height=3.4, width=6)
order = sorted(drifts, key=average.get)
ax.barh(order, [moved[name].max() for name in order], color=COLORS["sky"], label="at most")
ax.barh(order, [average[name] for name in order], color=COLORS["blue"], height=0.45, label="on average")
ax.set(xlabel="change of the score (points)")
ax.legend(loc="lower right")
show(
    fig,
    caption=f"On average a drift moves a score by {average[order[0]]:.1f} points ({order[0]}) to {average[order[-1]]:.1f} ({order[-1]}).",
    alt=f"Eight pairs of horizontal bars, a drift's change of the score at most and on average; the longest on average: {order[-1]}, then "
    f"{order[-2]}.",
)

# %% [markdown]
# Read it twice. The wrong range and the wrong order of colors are the worst, and change so many classes that somebody will notice. Plain
# nearest and bilinear move a score a little, and most pictures keep their class: "the same class, a slightly different score".
# That is what the report saw. A look at the classes hardly finds such a drift, and a look at the pictures never.
#
# The assertions: the range moves scores 1.3 times as far as any drift but the colors' order, or more, and that order twice as far as plain
# nearest; all but these two move them by 0.02 points or more on average, and leave more than half of the classes; plain nearest leaves
# four fifths or more.

# %%
rest = [name for name in drifts if name not in ("0…1 for −1…1", "BGR for RGB")]
assert average["0…1 for −1…1"] > 1.3 * max(average[name] for name in rest)
assert average["BGR for RGB"] > 2 * average["plain nearest"]
for name in rest:
    assert average[name] > 0.02 and changed[name] < len(files) / 2, name
assert changed["plain nearest"] <= len(files) / 5

# %% [markdown]
# One line is odd: the area mean is the *better* resize, with no pixel lost, and it moves scores further than bilinear does. The
# network learned on picked pixels. Noise and edges survive picking; averaging softens both, and so does a thumbnail. So the better
# picture gives another answer: to get the same one, go the way that training went. The assertion compares the two.

# %%
assert average["area mean"] > 1.3 * average["bilinear"]

# %% [markdown]
# And the decoder? The standard leaves a JPEG decoder some freedom, so two may differ by a little. Ours: Pillow in Python, OpenCV
# in the application. The assertion is what came out here.

# %%
from PIL import Image

data = cv2.imencode(".jpg", files[PHOTO], [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
by_pillow = np.asarray(Image.open(io.BytesIO(data.tobytes())))
by_opencv = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
gap = np.abs(by_pillow.astype(int) - by_opencv).max()
print(f"largest difference between the two decoders: {gap} of 255")
assert gap <= 2

# %% [markdown]
# Both wheels bring the same library, libjpeg-turbo, with the same settings: usually no byte differs. A phone's decoder, or a
# fast mode, differs by a few. The trap is elsewhere: to make a thumbnail, decoders can read a JPEG at *half size*, which
# saves most of the work. That is the last row of the table.
#
# **Play.** The report's drift: a thumbnail comes first. How large must it be to do no harm?


# %%
def draw(thumbnail_pixels):
    """By how much a thumbnail raises or lowers the scores of seven photos, by what is wrong with them."""
    drifted = scores([preprocess_like_digikam(thumbnail(bgr, thumbnail_pixels)) for bgr in files.values()])
    gaps = (drifted - right).reshape(-1, 1 + len(FAULTS)).mean(axis=0)  # a photo, then its faults
    fig, ax = figure(width=4, height=2.4)
    ax.barh(["as it is", *FAULTS], gaps, color=COLORS["blue"])
    ax.axvline(0, color=COLORS["black"], linewidth=1)
    ax.set(xlabel="change of the score (points)", xlim=(-0.8, 0.8))
    return fig


# %%
play(
    draw,
    {"thumbnail_pixels": (192, 448, 32, 256)},
    look_for="Which fault does a thumbnail seem to heal, and which does it leave alone? Is there a size that changes nothing?",
    twin=[{"thumbnail_pixels": side} for side in (224, 448)],
    caption="A thumbnail raises scores (bars to the right), as where it averages noise away, or lowers them. A larger one is no cure.",
    alt="Two plots of five bars that start at zero, the mean change of the score without a fault and with each of four, for thumbnails of "
    "224 and of 448 pixels.",
)

# %% [markdown]
# The assertion, on the thumbnail of part 2: noisy photos move more than one and a half times as far as blurred ones, whichever way.

# %%
by_fault = moved["thumbnail first"].reshape(-1, 1 + len(FAULTS)).mean(axis=0)
noisy, blurred = (by_fault[1 + FAULTS.index(fault)] for fault in ("noise", "blur"))
assert noisy > 1.5 * blurred

# %% [markdown]
# **Try it:** exercise 18, *diagnose*: from the pixels alone, which drift is it?
#
# ## 3 · Another engine
#
# OpenCV can run networks, and the application has OpenCV already. It wants three classes. `ThreeClassNIMA` puts a dense layer on
# the ten shares: since they sum to 1, logits that are straight lines of the mean score are a plain matrix times the
# shares. Nobody trains it, and its largest logit is the class of `three_class_labels`.
#
# The report had to *freeze* its graph first. What does that do? In use, batch normalization is a straight line, and the convolution
# before it can do that too: its weights times $\gamma / \sqrt{v + \varepsilon}$.
#
# The assertions: no normalization is left, and the scores are as before to 1e-4.

# %%
classifier = ThreeClassNIMA(model).eval()
light = ThreeClassNIMA(frozen(model)).eval()
counts = [sum(isinstance(m, torch.nn.BatchNorm2d) for m in net.modules()) for net in (classifier, light)]

# %%
z = torch.from_numpy(np.stack([preprocess_like_digikam(bgr) for bgr in files.values()])).movedim(-1, 1)
with torch.no_grad():
    by_torch, by_light = (net(z).numpy() for net in (classifier, light))
print(f"layers of batch normalization: {counts[0]} before, {counts[1]} after")
assert counts[1] == 0 and np.abs(by_torch - by_light).max() < 1e-4
assert (by_torch.argmax(axis=1) == right_class).all()

# %% [markdown]
# Export it to ONNX, and let OpenCV's DNN module read the file. For the test, take six pictures: the three that score worst and the
# three that score best, as the report did.

# %%
folder = Path(tempfile.mkdtemp())
export_onnx(light, folder / "nima.onnx", z[:1], dynamic=())
application = OpenCVModel(folder / "nima.onnx")
names = list(files)
six = [*np.argsort(right)[:3], *np.argsort(right)[-3:]]
by_opencv = np.concatenate([application(z[i : i + 1].numpy()) for i in six])

# %% [markdown]
# **Measure.** A parity test needs a tolerance with a reason. Two engines add the same numbers in another order, in float32: 1e-7 each,
# through 50 layers a little more. 1e-4 is safely above that, and far below every drift of part 2.

# %%
for i, p, q in zip(six, by_torch[six], by_opencv, strict=True):
    print(f"{names[i]:26} torch {p.round(3)}  OpenCV {q.round(3)}")
print("agree to 1e-4:", bool(np.abs(by_opencv - by_torch[six]).max() < 1e-4))
assert np.abs(by_opencv - by_torch[six]).max() < 1e-4

# %% [markdown]
# Are six photos enough? Only if they see the drifts. Put each drift through the same test. The assertions: against the tolerance,
# every drift is caught by the six; by their classes alone, some drift gets through.

# %%
caught = {}
for name, way in drifts.items():
    drifted = torch.from_numpy(np.stack([way(list(files.values())[i]) for i in six])).movedim(-1, 1)
    with torch.no_grad():
        p = light(drifted).numpy()
    by_class = (p.argmax(axis=1) != by_torch[six].argmax(axis=1)).any()
    caught[name] = (np.abs(p - by_torch[six]).max() > 1e-4, by_class)
    print(f"{name:18} by tolerance: {caught[name][0]!s:5}  by class: {by_class}")
by_tolerance, by_class = np.array(list(caught.values())).T
assert by_tolerance.all() and not by_class.all()

# %% [markdown]
# What gets through by class are small drifts, and they are the ones that a test is for. A class changes only where a score crosses a
# threshold: a photo one point below the lower one may drift by nearly a point and stays bad. Compare numbers.
#
# What about the model that couldn't be read at all? An engine reads what it has code for. Here is an ONNX file of one operator, a
# determinant. The file is valid; ONNX's own checker says so. The assertion: OpenCV refuses it.

# %%
info = onnx.helper.make_tensor_value_info
node = onnx.helper.make_node("Det", ["input"], ["output"])
graph = onnx.helper.make_graph([node], "g", [info("input", 1, [1, 3, 3])], [info("output", 1, [1])])
onnx.save(
    onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)]), folder / "det.onnx"
)

# %%
try:
    OpenCVModel(folder / "det.onnx")
    refused = False
except ValueError:
    refused = True
print("OpenCV reads a determinant:", not refused)
assert refused

# %% [markdown]
# So look at an engine's list of operators *before* you choose the model. Lesson 15 has more of this.
#
# **Try it:** exercise 18, *fold* and *parity*.
#
# ## 4 · No engine at all
#
# A network is loops over numbers. `course_lib/quality/cpp` is a C++17 program of fewer than 500 lines that reads raw pixels (PPM files), picks
# 224 × 224 of them by the same fixed-point rule, and runs the network: convolution, sum, mean, softmax. Its weights come from a
# plain file that `export_plain` writes. Here is its nearest-exact. `source % 2` is OpenCV's, too: for odd lengths it begins 1/65536
# lower.

# %%
import course_lib.quality

source = (Path(course_lib.quality.__file__).parent / "cpp" / "picture.cpp").read_text(encoding="utf-8")
begin = source.index("std::vector<int> nearest_exact")
print(source[begin : source.index("\n}", begin) + 2])

# %% [markdown]
# The next cell has your machine's compiler build it, once, into a cache. It takes some seconds the first time. Without a compiler the lesson
# goes on, and says so.

# %%
weights = export_plain(model, folder / "nima.cqnet")
pictures = [folder / f"{place}.ppm" for place in range(6)]
for path, i in zip(pictures, six, strict=True):
    cv2.imwrite(str(path), files[names[i]])
try:
    by_cpp = cpp_scores(weights, pictures)
except NoCompiler:
    by_cpp = None
    print("There is no C++ compiler on this machine. The published page shows what the program says.")

# %% [markdown]
# **Measure.** The same six pictures. The assertions: its scores are torch's to 1e-3 of a point, its classes' numbers to 1e-4.

# %%
if by_cpp:
    for i, score in zip(six, by_cpp, strict=True):
        print(f"{names[i]:26} Python {right[i]:5.2f}  C++ {score.mean:5.2f}  {score.label}")
    assert np.abs([s.mean for s in by_cpp] - right[six]).max() < 1e-3
    assert np.abs(np.array([s.classes for s in by_cpp]) - by_torch[six]).max() < 1e-4

# %% [markdown]
# ## 5 · Which model, by the way?
#
# The report's application had the model's *path* in its code. On the next machine there was no such path; on another there was, with
# an older model. Both are cured by a name and a hash: `pretrained("nima")` knows where its file lies and which 64 digits its
# content must have.
#
# The assertion: one changed bit, and the model isn't loaded.

# %%
from course_lib.layers.checkpoints import shipped_card

home = Path(course_lib.quality.__file__).parents[2] / "assets" / "checkpoints"
content = bytearray((home / "nima.safetensors").read_bytes())
content[-1] ^= 1
(folder / "nima.safetensors").write_bytes(content)
(folder / "nima.json").write_bytes((home / "nima.json").read_bytes())
try:
    shipped_card(folder / "nima.safetensors", "python -m course_lib.quality.train nima")
    message = ""
except ValueError as error:
    message = str(error)
print(message.replace(str(folder), "…")[:60])
assert "isn't the file its card describes" in message

# %% [markdown]
# And this is the command for people: `python -m course_lib.quality score PHOTO…`. Beside the class it prints what lesson 17's
# detectors find. A file that is broken is named, and the rest goes on.
#
# The assertion: five photos scored, one reported, exit code 1.

# %%
from course_lib.quality.score import main

album = folder / "album"
album.mkdir()
for name in [name for name in files if name.startswith(PHOTO)]:
    cv2.imwrite(str(album / f"{name.replace(', ', '_')}.png"), files[name])
(album / "broken.jpg").write_bytes(b"\xff\xd8 and then nothing")
said = io.StringIO()
with chdir(album), redirect_stderr(said):
    code = main(["."])
print(said.getvalue().split(" (")[0])
assert code == 1 and "5 of 6 scored" in said.getvalue()

# %%
headline(
    f"Eight drifts and not one error: they move scores by {min(average.values()):.1f} to {max(average.values()):.1f} points. "
    f"Six photos and a tolerance of 1e-4 catch all eight; six classes catch {by_class.sum()}"
)

# %% [markdown]
# ## Recap
#
# - The same class with another score is what every drift looks like. Compare numbers, with a tolerance that has a reason.
# - Nearest and nearest-exact differ by half a step; OpenCV's fixed-point step decides ties, at 1024 pixels for one.
# - Go the way that training went: even a better resize than the network's own gives another answer.
# - Freezing folds batch normalization into convolutions. Engines agree to 1e-4; what they can't read is decided by their operators.
# - A model is found by name and checked by hash, never by a path in the code.
#
# ## Check your understanding
#
# <details><summary>Python and C++ agree to 1e-6 on a photo of 224 × 224 pixels and differ by 0.2 points on all others. Where
# do you look?</summary>
# At the resize. At 224 × 224 every rule picks each pixel once, so that one photo can't see it. Channels and range would show
# there too, and so are cleared.</details>
#
# <details><summary>A gray photo gets the same score from both, color photos don't. What is it?</summary>
# The order of the channels. In a gray photo all three are equal, and swapping them changes nothing.</details>
#
# <details><summary>Your parity test compares classes of three good and three bad photos, and is green. What have you shown?</summary>
# Very little. A class changes only where a score crosses a threshold; what drifts by less than a photo's distance to the nearest one
# passes.</details>
#
# <details><summary>Why is the tolerance not 0?</summary>
# Float addition depends on its order, and engines choose their own: blocks, threads, vector instructions. Equal bits can be had for
# the preprocessing, where nothing is added up, and were asserted there.</details>
#
# ## Where next
#
# Lesson 19: *From sound to log-mel, twice*. The same trouble with sound, where the front end is most of the work.
#
# Read: H. Talebi, P. Milanfar, *NIMA: Neural image assessment*, IEEE TIP 2018; J. Ke et al., *MUSIQ: Multi-scale image quality
# transformer*, ICCV 2021; M. Sandler et al., *MobileNetV2*, CVPR 2018, section 3, for what the C++ loops over.
