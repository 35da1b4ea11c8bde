# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab color space
#
# **Field report.** Four colorizers that this course takes apart turn photos into Lab, each in its own way. One stores
# bytes, with 128 added to a and b. One divides a and b by 110 and runs L from −1 to 1, one divides by 127, one leaves them
# as they are. Mix any two and nothing crashes: the shapes fit, the loss falls, the picture is wrong. A color prior that
# still circulates was made by a script that fed bytes to a function made for 0 to 1. By that file the most common color
# in photographs, 18% of all pixels, is a neon green.
#
# You will be able to
# - convert sRGB to Lab by hand, and say where OpenCV takes a shortcut;
# - tell six mix-ups by their looks, and catch all six with one pixel;
# - say what bytes cost, and why it matters which gray a model was trained on.
#
# You need lesson 00. Reading 17 minutes, running 10 seconds, exercises 50 minutes.

# %%
import cv2
import numpy as np
from skimage.color import rgb2lab

from course_lib.color import in_gamut, lab_to_rgb, rgb_to_lab
from course_lib.data import photos
from course_lib.metrics import mean_chroma, psnr
from course_lib.teach import figure, headline, play, predict, show

# %% tags=["parameters"]
PHOTO = "flower"  # any name in photos(): "coffee", "china", "astronaut" …
SEED = 1  # of the random test colors; this default run is the full run

# %%
rng = np.random.default_rng(SEED)
photo = photos(PHOTO)[PHOTO]
show(
    photo,
    caption="The photo of this lesson: three sRGB values at every pixel.",
    alt=f"The photo called {PHOTO}, in color.",
)

# %% [markdown]
# ## 1 · From the screen to the eye
#
# An sRGB value is an address on a curve, not an amount of light. The curve spends its steps where eyes are picky, in the
# dark. So before any color arithmetic, a question.

# %%
question = "White is sRGB 1. How much of white's light does a pixel of sRGB 0.5 send out?"
predict("01.light", question, low=0, high=100, unit="%")

# %% [markdown]
# **First step: undo the curve.** Below 0.04045 it is a straight line, above it a power with an offset (IEC 61966-2-1).
# Many programs write `v ** 2.2` here, which is near it but not it.


# %%
def to_light(v):
    """sRGB value in [0, 1] → light in [0, 1], relative to white."""
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


half = float(to_light(0.5))
predict.reveal("01.light", 100 * half, "Half the number, about a fifth of the light.", unit="%")
assert 0.20 < half < 0.23

# %% [markdown]
# **Second step: mix the light.** X, Y and Z are three sums of the red, green and blue light. Y was chosen to be the
# luminance, how bright a light is to a human eye, so its row says what each primary contributes.

# %%
TO_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])  # X, Y, Z of daylight D65, the white of sRGB
print("red {:.0%}, green {:.0%}, blue {:.0%} of the luminance of white".format(*TO_XYZ[1]))

# %% [markdown]
# **Third step: bend to how it looks.** Twice the light doesn't look twice as bright. A cube root comes close, with a
# straight piece near black so that the slope stays finite (CIE 15). L is the bent luminance; a and b are differences,
# so that every gray has a = b = 0. Positive a is red, negative green; positive b is yellow, negative blue.


# %%
def bend(t):
    """Cube root, and a straight line below (6/29)³."""
    return np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)


def to_lab(rgb):
    """sRGB (..., 3) in [0, 1] → L in 0…100, a and b in about ±110."""
    x, y, z = np.moveaxis(bend(to_light(rgb) @ TO_XYZ.T / WHITE), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


# %%
NAMES = ["mid gray", "white", "red", "yellow", "green", "blue"]
KNOWN = np.array([[0.5, 0.5, 0.5], [1, 1, 1], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]])
for name, values in zip(NAMES, to_lab(KNOWN).round(1) + 0.0, strict=True):
    print("{:9} L {:5.1f}   a {:6.1f}   b {:6.1f}".format(name, *values))

# %% [markdown]
# **Measure.** Twenty thousand random colors through our three steps, through scikit-image and through the package. The
# assertions: scikit-image agrees to a thousandth of a unit, the package to a millionth, and the package's way back gives
# the colors again.

# %%
colors = rng.random((200, 100, 3))
ours = to_lab(colors)
print(f"scikit-image: within {np.abs(ours - rgb2lab(colors)).max():.0e} of ours")
assert np.abs(ours - rgb2lab(colors)).max() < 1e-3
assert np.abs(ours - rgb_to_lab(colors)).max() < 1e-6
assert np.abs(lab_to_rgb(rgb_to_lab(colors)) - colors).max() < 1e-6

# %% [markdown]
# OpenCV takes floats too, and documents the same formulas. It disagrees far more. But on the multiples of
# 1/32, and only there, its error all but vanishes: it reads a table of 33 × 33 × 33 colors and interpolates between them.
# The assertions: below one unit anywhere, at least ten times smaller on the nodes.


# %%
def opencv_error(rgb):
    """Largest difference between OpenCV's float Lab and ours."""
    return float(np.abs(cv2.cvtColor(rgb.astype(np.float32), cv2.COLOR_RGB2LAB) - to_lab(rgb)).max())


anywhere, on_nodes = opencv_error(colors), opencv_error(rng.integers(0, 33, (200, 100, 3)) / 32)
print(f"OpenCV: up to {anywhere:.1f} units away, on the multiples of 1/32 up to {on_nodes:.2f}")
assert anywhere < 1 and on_nodes < anywhere / 10

# %% [markdown]
# Hardly anybody sees half a unit. But a test that asks two programs for equality to 0.01 fails on it, and somebody spends
# a day on the wrong suspect. **Try it:** the way back, by hand, is the exercises' task *to_rgb*.
#
# ## 2 · What goes in, what comes out
#
# A colorizer is given L and asked for a and b. A gray photo *is* its lightness, more or less, so L is what you have. And
# it is where the detail is.

# %%
lab = rgb_to_lab(photo)
L, ab = lab[..., :1], lab[..., 1:]
planes = [L[..., 0] / 100, *(np.moveaxis(ab, -1, 0) / 220 + 0.5)]
titles = ["L: black 0, white 100", "a: black −110, white 110", "b: black −110, white 110"]
caption = "L is the photograph without color; a and b use little of their range."
show(planes, titles=titles, caption=caption, alt="L shows the photo in full detail, a and b flat patches.")

# %% [markdown]
# **Build and measure.** Keep one value for each block of 8 × 8 pixels, once in L and once in a and b, and enlarge it
# smoothly. PSNR compares with the photo; 40 dB pass for equal. The assertion: losing the detail of both color channels
# costs at least 3 dB less than losing that of L alone.


# %%
def coarse(plane, block=8):
    """(H, W, C) with one value left per block × block pixels, enlarged again."""
    height, width = plane.shape[:2]
    small = cv2.resize(plane, (width // block, height // block), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height)).reshape(plane.shape)


# %%
coarse_ab, coarse_L = lab_to_rgb(np.dstack([L, coarse(ab)])), lab_to_rgb(np.dstack([coarse(L), ab]))
db_ab, db_L = psnr(photo, coarse_ab), psnr(photo, coarse_L)
titles = ["the photo", f"coarse a and b: {db_ab:.0f} dB", f"coarse L: {db_L:.0f} dB"]
caption = "One color for 64 pixels is hard to see; one lightness for 64 pixels blurs it all."
show(
    [photo, coarse_ab, coarse_L],
    titles=titles,
    caption=caption,
    alt="The photo, nearly the same, and a blur.",
)
assert db_ab > db_L + 3

# %% [markdown]
# So a network may predict a and b at a quarter of the resolution and still give a sharp picture, because L comes from
# the input untouched. JPEG and video use the same fact. But *which* gray goes in?

# %%
question = (
    "A colorizer predicts a and b without any error and takes OpenCV's gray for L. How good is the picture?"
)
predict("01.ceiling", f"{question} (40 dB pass for equal, 20 dB look bad.)", low=15, high=60, unit="dB")

# %% [markdown]
# **Build.** Three pictures go by the name of gray. L* is L scaled to 0…1. OpenCV's gray is Y′ (luma): 0.299 R + 0.587 G +
# 0.114 B, taken of the stored values, not of light. And some programs take the mean of the channels.

# %%
grays = {"L*": L[..., 0] / 100, "Y′": cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), "mean": photo.mean(axis=-1)}
apart = np.minimum(np.abs(grays["L*"] - grays["Y′"]) / 0.2, 1)
titles = ["L*", "Y′ (OpenCV's gray)", "mean of channels", "|L* − Y′|, white ≥ 0.2"]
caption = "Three grays of one photo: the curves differ everywhere, the weights where colors are strong."
alt = "Three gray versions of the photo of different brightness, and a map of how far two of them are apart."
show([*grays.values(), apart], titles=titles, caption=caption, alt=alt)

# %% [markdown]
# **Measure.** How far apart they are, and the price. The assertions: no two of the three are the same picture, and with
# *perfect* color on the wrong gray the result stays below 36 dB.

# %%
for one, other in (("L*", "Y′"), ("L*", "mean"), ("Y′", "mean")):
    difference = np.abs(grays[one] - grays[other])
    print(f"{one} against {other}: on average {difference.mean():.3f} apart, at most {difference.max():.2f}")
    assert difference.mean() > 0.002 and difference.max() > 0.03
ceiling = psnr(photo, lab_to_rgb(np.dstack([100 * grays["Y′"], ab])))
predict.reveal("01.ceiling", ceiling, "No a or b is wrong in it. The lightness is.", unit="dB")
assert ceiling < 36

# %% [markdown]
# There the wrong gray only went *out*. It also goes *in*. The smallest colorizer there is shows what that does: a table
# from each of 64 grays to the mean color of its pixels. Learn one from each gray and try it on each, all on this photo.


# %%
def level(gray):
    """Which of 64 equal steps each pixel's gray falls in, as one long row."""
    return np.minimum((64 * gray).astype(int), 63).ravel()


def learn(gray):
    """Mean a and b at each level: a (64, 2) table."""
    count = np.maximum(np.bincount(level(gray), minlength=64), 1)
    return np.stack([np.bincount(level(gray), ab[..., c].ravel(), 64) / count for c in (0, 1)], axis=-1)


# %% [markdown]
# **Measure.** The root mean square of the distance in a and b. The assertion: whatever gray comes in, the table that
# learned from it wins. Down a column the input stays and the training changes.


# %%
def miss(table, gray):
    """Root mean square distance between a table's colors and the photo's."""
    return float(np.sqrt(((table[level(gray)] - ab.reshape(-1, 2)) ** 2).sum(axis=-1).mean()))


errors = np.array([[miss(learn(seen), gray) for gray in grays.values()] for seen in grays.values()])
print("tried on                " + "".join(f"{name:>8}" for name in grays))
for name, row in zip(grays, errors, strict=True):
    print(f"learned from {name:11}" + "".join(f"{error:8.1f}" for error in row))
assert (errors.argmin(axis=0) == [0, 1, 2]).all()

# %% [markdown]
# A real network loses more or less than this table, but for the same reason. A gray file from disk is nearly always Y′,
# written three times. Train on L* of color photos, run on gray files, and you are off the diagonal.
#
# ## 3 · Six ways to mix it up
#
# OpenCV also gives Lab in bytes: L · 255/100, a + 128, b + 128, rounded. Add float Lab, three scales for a and b, two
# channel orders, and there is room for bugs. To catch them you could test one pixel whose Lab you know. Which?

# %%
question = (
    "Which single pixel, converted and compared with its known Lab, gives away the most of six mix-ups?"
)
predict("01.pixel", question, choices=["mid gray", "white", "pure red", "pure blue"])

# %% [markdown]
# **Build.** Each line of the table is one slip, and none raises an error. The second is the sneakiest: bytes can't go
# below 0, so 127 − 128 gives 255.


# %%
def mix_ups(rgb):
    """What an (H, W, 3) float photo becomes by each of six slips, as Lab."""
    L, ab = np.split(rgb_to_lab(rgb), [1], axis=-1)
    stored = cv2.cvtColor(np.round(255 * rgb).astype(np.uint8), cv2.COLOR_RGB2LAB)
    return {
        "128 left in": np.dstack([L, stored[..., 1:]]),
        "128 off in bytes": np.dstack([L, stored[..., 1:] - np.uint8(128)]),
        "byte L as 0–100": np.dstack([stored[..., :1], ab]),
        "L over 255": np.dstack([L * 100 / 255, ab]),
        "110 in, 128 out": np.dstack([L, ab / 110 * 128]),
        "BGR for RGB": rgb_to_lab(rgb[..., ::-1]),
    }


# %%
wrong = mix_ups(photo)
pictures = [photo, *(lab_to_rgb(result) for result in wrong.values())]
caption = "Most of the six hit you in the eye. A wrong scale for a and b looks like a matter of taste."
alt = "The photo, then: a red cast; neon patches; too bright; too dark; a little too vivid; red and blue swapped."
show(pictures, titles=["right", *wrong], caption=caption, alt=alt)

# %% [markdown]
# **Measure.** The distance in Lab, averaged over the photo. The assertions check what arithmetic says: leaving 128 in costs
# 128 · √2, a byte for L costs 1.55 times the mean L, and the wrong scale costs 18/110 of the mean chroma, √(a² + b²).

# %%
distance = {name: float(np.linalg.norm(result - lab, axis=-1).mean()) for name, result in wrong.items()}
print("\n".join(f"{name:18}{error:6.1f}" for name, error in distance.items()))
assert abs(distance["128 left in"] - 128 * 2**0.5) < 1
assert abs(distance["byte L as 0–100"] - 1.55 * L.mean()) < 1
assert abs(distance["110 in, 128 out"] - 18 / 110 * mean_chroma(ab)) < 0.01

# %% [markdown]
# The subtraction in bytes deserves a closer look, because it hides: it strikes only where a or b is negative. So its error
# hangs on the photo you happen to test with. Here it is on all the photos that come with the course; the assertion:
# the largest error is more than 50 times the smallest.

# %%
found = {}
for name, other in photos().items():
    right = rgb_to_lab(other)
    negative = (right[..., 1:] < -0.5).any(axis=-1).mean()
    found[name] = np.linalg.norm(mix_ups(other)["128 off in bytes"] - right, axis=-1).mean()
    print(f"{name:11} a or b negative in {negative:4.0%} of the pixels, error {found[name]:6.1f}")
assert max(found.values()) > 50 * min(found.values())

# %% [markdown]
# Test on the cat (*chelsea*) or the coffee, and all is well. Then comes a photo with a sky. So test on pixels you know:
# here are four. A mix-up counts as caught when Lab is off by more than 5. The assertions: blue catches all six, each of
# the others misses some.

# %%
caught = {}
for name in ("mid gray", "white", "red", "blue"):
    pixel = KNOWN[NAMES.index(name)].reshape(1, 1, 3)
    off = {slip: np.linalg.norm(result - rgb_to_lab(pixel)) for slip, result in mix_ups(pixel).items()}
    caught[name] = sum(error > 5 for error in off.values())
    print(f"{name}: {caught[name]} of 6, misses", "; ".join(slip for slip in off if off[slip] <= 5) or "none")
predict.reveal("01.pixel", f"pure {max(caught, key=caught.get)}", "Its b lies far below 0, where bytes wrap.")
assert caught["blue"] == 6 and max(caught["mid gray"], caught["white"], caught["red"]) < 6

# %% [markdown]
# Gray is the pixel most people test, and it is blind to half of the list. One slip isn't on the list: bytes as
# floats, the field report's. scikit-image computes something; `rgb_to_lab` refuses.

# %%
try:
    rgb_to_lab(255 * photo)
    raise AssertionError("bytes passed for sRGB in [0, 1]")
except ValueError as error:
    print(error)
strange = rgb2lab(255 * photo)
print(f"scikit-image: L up to {strange[..., 0].max():,.0f}")
assert strange[..., 0].max() > 1000

# %% [markdown]
# **Try it:** tasks *normalize* and *denormalize* are the scales; *diagnose* hands you a photo and what a pipeline made of
# it, and you write the function that names the bug.
#
# ## 4 · What bytes cost, and where color ends
#
# Lab in bytes takes a quarter of the space of float32. There are 256³ colors in 8-bit sRGB and 256³ codes in byte Lab, so
# there should be room for all.

# %%
question = "Of all 16.7 million sRGB colors, how many come back unchanged from OpenCV's byte Lab?"
predict("01.survive", question, low=0, high=100, unit="%")

# %% [markdown]
# **Build.** No sample is needed: all 256³ colors make one picture of 4096 × 4096 pixels, and OpenCV converts it there and
# back in a second.

# %%
steps = np.arange(256, dtype=np.uint8)
every = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(4096, 4096, 3)
stored = cv2.cvtColor(every, cv2.COLOR_RGB2LAB)
back = cv2.cvtColor(stored, cv2.COLOR_LAB2RGB)
same = float((back == every).all(axis=-1).mean())
largest = cv2.absdiff(back, every).max()
predict.reveal("01.survive", 100 * same, f"The largest change: {largest} of 255.", unit="%")

# %% [markdown]
# **Measure.** Where did the rest go? Count the codes that any color uses, and compare with the share of the box L 0…100,
# a and b −128…127 that sRGB can show (200,000 random points). The assertions: fewer than one color in eight survives, and
# the two shares agree to a hundredth.

# %%
used = np.zeros((256, 256, 256), dtype=bool)
used[tuple(stored.reshape(-1, 3).T)] = True
shown = in_gamut(rng.uniform((0, -128, -128), (100, 127, 127), (200_000, 3))).mean()
print(f"codes in use {used.mean():.1%}, share of the box that sRGB can show {shown:.1%}")
assert same < 1 / 8 and abs(used.mean() - shown) < 0.01

# %% [markdown]
# Seven codes of eight stand for colors no screen can show; the real ones crowd the rest. Float has no such grid. And yet
# bytes do little harm to a photo. The assertions: above 40 dB through bytes, and through float32 not one color of
# 200,000 drawn from the 16.7 million is lost.

# %%
rgb8 = np.round(255 * photo).astype(np.uint8)
through_bytes = cv2.cvtColor(cv2.cvtColor(rgb8, cv2.COLOR_RGB2LAB), cv2.COLOR_LAB2RGB)
loss = psnr(photo, through_bytes / np.float32(255))
unchanged = (through_bytes == rgb8).all(axis=-1).mean()
print(f"the photo through byte Lab: {loss:.1f} dB, {unchanged:.0%} of the pixels unchanged")
assert loss > 40
drawn = every.reshape(-1, 3)[rng.integers(0, 256**3, 200_000)]
assert (np.round(255 * lab_to_rgb(rgb_to_lab(drawn / np.float32(255)))) == drawn).all()

# %% [markdown]
# So store bytes if you must, and compute in float. Now for the part of the box that exists: its edge is where a network's
# answers should stop. Outside it `lab_to_rgb` clips; the patch in the corner and the
# numbers above say what you get instead.

# %%
GRID = np.stack(np.meshgrid(np.arange(-128.0, 129), np.arange(-128.0, 129)), axis=-1)  # a and b


def draw(L, a, b):
    """The a, b plane at this L with the gamut's edge, and in the corner the color that is shown for L, a, b."""
    plane = np.dstack([np.full(GRID.shape[:2], float(L)), GRID])
    inside = in_gamut(plane)
    asked = np.array([[[L, a, b]]], dtype=float)
    got = rgb_to_lab(lab_to_rgb(asked))[0, 0]
    fig, ax = figure(width=2.6, height=2.9)
    ax.imshow(np.where(inside[..., None], lab_to_rgb(plane), 1), extent=[-128.5, 128.5] * 2, origin="lower")
    ax.contour(GRID[..., 0], GRID[..., 1], inside, levels=[0.5], colors="black", linewidths=1)
    ax.plot(a, b, "o", color="black", markerfacecolor="white", markersize=7)
    ax.set(xlabel="a (green to red)", ylabel="b (blue to yellow)")
    ax.set_title("shown: {:.0f}, {:.0f}, {:.0f}".format(*got))
    corner = ax.inset_axes([0.06, 0.06, 0.28, 0.28], xticks=[], yticks=[])
    corner.spines[:].set_visible(True)
    corner.imshow(lab_to_rgb(asked))
    return fig


# %%
play(
    draw,
    {"L": (5, 95, 1, 32), "a": (-110, 110, 1, 79), "b": (-110, 110, 1, -107)},
    look_for="Keep a = 79 and b = −107, the blue of section 3, and move L: where does it exist? How light can a strong "
    "blue be, and how dark a strong yellow?",
    twin=[{"L": 32, "a": 79, "b": -107}, {"L": 70, "a": 79, "b": -107}, {"L": 90, "a": -20, "b": 85}],
    caption="The gamut changes shape with L: the deepest blue exists only near L = 32, a strong yellow only when light.",
    alt="Three planes of a and b with the region sRGB can show. At L 32 a blue dot lies at its tip; at L 70 it lies far "
    "outside and a paler blue is shown; at L 90 a yellow dot lies at the top of a small region.",
)

# %% [markdown]
# **Measure.** The corners of the color cube reach farthest. The assertions: a and b stay within ±110, which is why this
# course divides by 110; and the impossible blue at L = 70, clipped, changes its L by more than 5. Too much predicted
# color spoils the lightness too, although L came from the input.

# %%
corners = rgb_to_lab(np.array(list(np.ndindex(2, 2, 2)), dtype=float))
low, high = corners.min(axis=0), corners.max(axis=0)
print(f"a from {low[1]:.1f} to {high[1]:.1f}, b from {low[2]:.1f} to {high[2]:.1f}")
assert np.abs(ours[..., 1:]).max() <= np.abs(corners[:, 1:]).max() < 110
assert abs(rgb_to_lab(lab_to_rgb(np.array([70.0, 79.0, -107.0])))[0] - 70) > 5
headline(f"{same:.0%} of all colors survive byte Lab; one blue pixel catches {caught['blue']} of 6 mix-ups")

# %% [markdown]
# ## Recap
# - sRGB → light → XYZ → Lab: undo the curve, mix, divide by white, bend. None of the steps is optional.
# - L goes in because it holds the detail; a and b come out, and may be coarse.
# - L*, Y′ and the channel mean are three pictures. Know which one a model was trained on.
# - Mix-ups don't crash. Test a blue pixel: gray can't see half of them, and photos hide them.
# - Store bytes of Lab if you must. Compute in float, with a and b within ±110.

# %% [markdown]
# ## Check your understanding
#
# <details><summary>A colleague's float Lab differs from yours by 0.4 in b, on some colors. Whose is wrong?</summary>
# Perhaps neither: OpenCV's float conversion interpolates in a table and differs by that much between its nodes. Try
# multiples of 1/32: if the difference vanishes there, it is the table.</details>
#
# <details><summary>Why is a test on a white and a gray pixel not enough?</summary>
# Both have a = b = 0, and a wrong scale, exchanged channels or a wrap below zero leave 0 where it is.</details>
#
# <details><summary>Fewer than one color in eight survives byte Lab. Why does the photo look the same?</summary>
# Not coming back <i>exactly</i> isn't going far: most colors land a step or two away, which the eye doesn't see. Counting
# survivors and measuring distance answer different questions.</details>
#
# <details><summary>Your model was trained on L* of color photos. A user feeds it a gray JPEG. What is off?</summary>
# The file holds Y′, and even the L* of that isn't the L* of the photo in color. It is off most where the colors were
# strong, which is where a colorizer has most to say.</details>
#
# <details><summary>A model trained with 110 is run by a program that multiplies by 128. Would the loss curve show it?</summary>
# No. Training used 110 on both sides and was fine. Only the pictures show it, as 16% too much chroma.</details>
#
# ## Where next
# Lesson 02 gives a network L, asks for a and b, and watches it answer gray. For more on this one: IEC 61966-2-1 (1999) for
# the curve, CIE 15 (2004), section 8.2.1, for Lab, and Zhang, Isola and Efros (2016), section 2, for color as a target.
