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
# **Field report.** Read the code of four colorizers, and you find four kinds of Lab. One stores bytes, with 128 added to
# a and b. One divides a and b by 110 and runs L from −1 to 1, one divides by 127, one leaves them as they are. Mix any two
# and nothing crashes: the shapes fit, the loss falls, the picture is wrong. And there is a color prior, a file that says
# how common each color is, whose script fed values up to 255 to a function made for 0 to 1. Open the copy that went
# around with one project: its most common color, 18% of all pixels, is a neon green.
#
# You will be able to
# - convert sRGB to Lab by hand, and say where OpenCV takes a shortcut;
# - tell six mix-ups by their looks, and catch all six with one pixel;
# - say what bytes cost, and why it matters which gray a model was trained on.
#
# You need lesson 00. Reading 17 minutes, running 15 seconds, exercises 60 minutes.

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
show(photo, caption="The photo: three sRGB values at every pixel.", alt=f"The photo {PHOTO}, in color.")

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
# luminance, how bright a light is to a human eye, so its row says what each *primary* (red, green, blue) contributes.

# %%
TO_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])  # X, Y, Z of daylight D65, the white of sRGB
print("red {:.0%}, green {:.0%}, blue {:.0%} of the luminance of white".format(*TO_XYZ[1]))

# %% [markdown]
# **Third step: bend to how it looks.** Twice the light doesn't look twice as bright. A cube root comes close, with a
# straight piece near black so that the slope stays finite (CIE 15). L is the bent luminance; a and b are differences, so
# that every gray has a = b = 0, up to the matrix's last digit. Positive a is red, negative green; positive b is yellow,
# negative blue. The other numbers are CIE's choice: 116 and 16 put white at L = 100 and black at 0, 4/29 makes the two
# pieces meet, 500 and 200 bring a and b to about the size of L.


# %%
def bend(t):
    """Cube root, and a straight line below (6/29)³."""
    return np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)


def to_lab(rgb):
    """sRGB (..., 3) in [0, 1] → L in 0…100, a and b in about ±110."""
    xyz = to_light(rgb) @ TO_XYZ.T  # a color is a row here, so the matrix stands on its right, transposed
    x, y, z = np.moveaxis(bend(xyz / WHITE), -1, 0)
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
# 1/32 its error all but vanishes: it reads a table of 33 × 33 × 33 colors and interpolates between them.
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
# a day on the wrong suspect.
#
# **Try it:** let `to_light` return `v ** 2.2` and run the cells again from there. Which assertion lets it pass, and which
# stops you? The way back, by hand, is the exercises' task *to_rgb*. They lie in `exercises/release/01_lab_color_space`; copy that
# folder to a place of your own first, because `make exercises` makes it anew.
#
# ## 2 · What goes in, what comes out
#
# A colorizer is given L and asked for a and b. A gray photo *is* its lightness, more or less, so L is what you have. Is it
# also what matters most? Look first.

# %%
lab = rgb_to_lab(photo)
L, ab = lab[..., :1], lab[..., 1:]
planes = [L[..., 0] / 100, *(np.moveaxis(ab, -1, 0) / 220 + 0.5)]
titles = ["L: black 0, white 100", "a: black −110, white 110", "b: black −110, white 110"]
caption = "L alone is the photograph without color. a and b say where which color is; mid gray is none."
show(
    planes,
    titles=titles,
    caption=caption,
    alt="L as a black-and-white photo; a and b as lighter and darker areas.",
)

# %% [markdown]
# **Build.** Now throw detail away: keep one value for each block of pixels, once in a and b, once in L, and enlarge it
# smoothly. PSNR says how near the result is to the photo, in decibels: −10 · log₁₀ of the mean squared error. So 20 dB is
# an error of a tenth of the range, 40 dB of a hundredth. By a rule of thumb, 40 dB pass for equal and 20 dB look bad.
#
# Before the numbers, look at the middle of the photo, enlarged, with one value for 4 × 4 pixels: a quarter of the height
# and width, as Zhang, Isola and Efros (2016) predict a and b in the network of lesson 03.


# %%
def coarse(plane, block):
    """(H, W, C) with one value left per block × block pixels, enlarged again."""
    height, width = plane.shape[:2]
    small = cv2.resize(plane, (width // block, height // block), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height)).reshape(plane.shape)


def without_detail(block):
    """The photo with coarse a and b, and the photo with coarse L."""
    return lab_to_rgb(np.dstack([L, coarse(ab, block)])), lab_to_rgb(np.dstack([coarse(L, block), ab]))


# %%
top, left = photo.shape[0] // 2 - 50, photo.shape[1] // 2 - 75
middle = np.s_[top : top + 100, left : left + 150]
pictures = [picture[middle] for picture in (photo, *without_detail(4))]
caption = "The middle, one value for 4 × 4 pixels. Coarse a and b shift a color here and there; coarse L smudges it all."
alt = "A detail of the photo three times: as it is; just as sharp, with slightly other colors at edges; blurred."
show(pictures, titles=["the photo", "coarse a and b", "coarse L"], caption=caption, alt=alt)

# %% [markdown]
# **Measure.** Blocks of 2, 4 and 8 pixels, over the whole photo. The assertion: at each size, losing the detail of both color
# channels costs at least 3 dB less than losing that of L alone.

# %%
for block in (2, 4, 8):
    db_ab, db_L = (psnr(photo, picture) for picture in without_detail(block))
    print(f"blocks of {block}: coarse a and b {db_ab:.1f} dB, coarse L {db_L:.1f} dB")
    assert db_ab > db_L + 3

# %% [markdown]
# Coarse color isn't free, as the decibels say, but it is the cheaper loss. So a network may predict a and b at a quarter of
# the resolution, because L comes from the input untouched. JPEG and video use the same fact. But *which* gray goes in?

# %%
question = "A colorizer predicts a and b without any error, and 100 times OpenCV's gray is its L. How good is the picture?"
predict("01.ceiling", question, low=15, high=60, unit="dB")

# %% [markdown]
# **Build.** Three pictures go by the name of gray. One is L over 100. One is Y′ (luma): 0.299 R + 0.587 G + 0.114 B, taken
# of the stored values, not of light. OpenCV and Pillow document these weights (BT.601), and JPEG's file format, JFIF,
# prescribes them. And some programs take the mean of the channels. The assertion: no two are the same picture.

# %%
Y = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
grays = {"L": L[..., 0] / 100, "Y′": Y, "mean": photo.mean(axis=-1)}
for one, other in (("L", "Y′"), ("L", "mean"), ("Y′", "mean")):
    difference = np.abs(grays[one] - grays[other])
    print(f"{one} against {other}: on average {difference.mean():.3f} apart, at most {difference.max():.2f}")
    assert difference.mean() > 0.002 and difference.max() > 0.03

# %% [markdown]
# Y′ differs from L in two ways, its *curve* and its *weights*. Whoever reads a gray file as a picture with R = G = B and
# converts it to Lab mends the curve. The weights can't be mended: the colors are gone. The assertion: the curve alone is
# never off by more than 3.5 units.


# %%
def lightness(gray):
    """L of a gray file (H, W), read as a picture with R = G = B."""
    return rgb_to_lab(np.repeat(gray[..., None], 3, axis=-1))[..., 0]


by_curve, by_weights = np.abs(100 * Y - lightness(Y)), np.abs(lightness(Y) - L[..., 0])
titles = ["Y′", "off by its curve, white ≥ 10", "off by its weights, white ≥ 10"]
caption = "The curve errs a little almost everywhere. The weights err only where there is color, by little or by a lot."
alt = "Y′ as a gray photo; a dim map of the curve's error; a map of the weights' error, which follows colors."
show([Y, *np.minimum([by_curve / 10, by_weights / 10], 1)], titles=titles, caption=caption, alt=alt)
assert by_curve.max() < 3.5

# %% [markdown]
# **Measure.** The right a and b on three grays: 100 · Y′ as L; the L of a file of Y′; the L of a file of channel means. The
# assertions: on every photo, mending the curve gains more than 1 dB, and the weights cost 10 dB more on one photo
# than on another.


# %%
def ceiling(rgb, L):
    """PSNR in dB of a photo with its own a and b, on another L."""
    return psnr(rgb, lab_to_rgb(np.dstack([L, rgb_to_lab(rgb)[..., 1:]])))


table = {}
print("             100 · Y′   Y′ file   mean file")
for name, other in photos().items():
    Y = cv2.cvtColor(other, cv2.COLOR_RGB2GRAY)
    kinds = (100 * Y, lightness(Y), lightness(other.mean(axis=-1)))
    table[name] = [ceiling(other, L_other) for L_other in kinds]
    print("{:11}{:8.1f} dB{:7.1f} dB{:9.1f} dB".format(name, *table[name]))
raw, mended, _ = np.array(list(table.values())).T
assert (mended > raw + 1).all() and mended.max() > mended.min() + 10
predict.reveal("01.ceiling", table[PHOTO][0], "No a or b is wrong in it: the first column.", unit="dB")

# %% [markdown]
# So the first slip is cheap to mend and costly to leave in. After it, all depends on the photo: some pass for equal, others
# lose what no color can bring back. What a wrong gray does on its way *in*, where a network reads it, isn't measured here.
# Until you have, give a model the gray it was trained on.
#
# ## 3 · Six ways to mix it up
#
# OpenCV also gives Lab in bytes: L · 255/100, a + 128, b + 128, rounded. Add float Lab, three scales for a and b and two
# channel orders, and there is room for bugs. Here are six:
#
# - the 128 stays in a and b, or it is subtracted in bytes, which can't go below 0, so that 127 − 128 gives 255;
# - a byte L, up to 255, is taken for one up to 100, or the other way round;
# - a and b are divided by 110 on the way in and multiplied by 128 on the way out;
# - red and blue are exchanged.
#
# To catch them you could test one pixel whose Lab you know. Which?

# %%
question = (
    "Which single pixel, converted and compared with its known Lab, gives away the most of the six mix-ups?"
)
predict("01.pixel", question, choices=["mid gray", "white", "pure red", "pure blue"])

# %% [markdown]
# **Build.** Each line of the table is one slip, and none raises an error.


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
pictures = [photo, *map(lab_to_rgb, wrong.values())]
caption = "Some slips hit you in the eye, some look like a matter of taste. Which ones depends on the photo."
alt = "The photo, then: red all over; odd colors where a or b is negative; too bright; too dark; more vivid; red for blue."
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
# depends on the photo you happen to test with. Here it is on all the photos that come with the course; the assertion:
# the largest error is more than 50 times the smallest.

# %%
found = {}
for name, other in photos().items():
    right = rgb_to_lab(other)
    negative = (right[..., 1:] < -0.5).any(axis=-1).mean()  # what a byte rounds to 0 isn't negative
    found[name] = np.linalg.norm(mix_ups(other)["128 off in bytes"] - right, axis=-1).mean()
    print(f"{name:11} a or b negative in {negative:4.0%} of the pixels, error {found[name]:6.1f}")
assert max(found.values()) > 50 * min(found.values())

# %% [markdown]
# Test on the cat (*chelsea*) or the coffee, and all is well. Then comes a photo with leaves or a sky. So test on pixels
# you know: here are four. A mix-up counts as caught when Lab is off by more than 5. The assertions: blue catches all six, each of
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
# **Try it:** set `PHOTO = "chelsea"` and run all cells again. Which of the six would you let pass now?
#
# <details><summary>What we saw</summary>
# The subtraction in bytes joins the wrong scale: hardly any pixel of the cat has a negative a or b, so hardly any is
# hit. Five pictures look wrong on the flower, four on the cat.</details>
#
# Then the exercises: *normalize* and *denormalize* are the scales; *diagnose* hands you a photo and what a pipeline made of
# it, and you write the function that names the bug.
#
# ## 4 · What bytes cost, and where color ends
#
# Lab in bytes takes a quarter of the space of float32. There are 256³ colors in 8-bit sRGB and 256³ codes in byte Lab, so
# there should be room for all.

# %%
question = "Of all 16.8 million sRGB colors, how many come back unchanged from OpenCV's byte Lab?"
predict("01.survive", question, low=0, high=100, unit="%")

# %% [markdown]
# **Build.** No sample is needed: all 256³ colors make one picture of 4096 × 4096 pixels, and OpenCV converts it there and
# back in a second.

# %%
every = np.indices((256, 256, 256), dtype=np.uint8).transpose(1, 2, 3, 0).reshape(4096, 4096, 3)
stored = cv2.cvtColor(every, cv2.COLOR_RGB2LAB)
back = cv2.cvtColor(stored, cv2.COLOR_LAB2RGB)
same = float((back == every).all(axis=-1).mean())
note = f"The largest change: {cv2.absdiff(back, every).max()} of 255."
predict.reveal("01.survive", 100 * same, note, unit="%")

# %% [markdown]
# **Measure.** Where did the rest go? Count the codes that any color uses. Colors that share a code come back as one, so no
# more colors can survive than there are codes in use. Compare with the share of the box L 0…100, a and b −128…127 that
# lies in sRGB's *gamut*, the colors it can show (200,000 random points). The assertions: fewer than one color in eight
# survives, no larger a share than that of codes in use, and that share is the gamut's to a hundredth.

# %%
used = np.zeros((256, 256, 256), dtype=bool)
used[tuple(stored.reshape(-1, 3).T)] = True
shown = in_gamut(rng.uniform((0, -128, -128), (100, 127, 127), (200_000, 3))).mean()
print(
    f"{used.sum() / 1e6:.1f} million codes in use, {used.mean():.1%} of all; {shown:.1%} of the box is in the gamut"
)
assert same < 1 / 8 and same <= used.mean() and abs(used.mean() - shown) < 0.01

# %% [markdown]
# Seven codes of eight stand for colors that sRGB can't show; the others crowd the rest. Float has no such grid. And yet
# bytes do little harm to a photo. The assertions: above 40 dB through bytes, and through float32 not one color of
# 200,000 drawn from the 16.8 million is lost.

# %%
rgb8 = np.round(255 * photo).astype(np.uint8)
through_bytes = cv2.cvtColor(cv2.cvtColor(rgb8, cv2.COLOR_RGB2LAB), cv2.COLOR_LAB2RGB)
loss = psnr(photo, through_bytes / np.float32(255))
unchanged = (through_bytes == rgb8).all(axis=-1).mean()
off = np.linalg.norm(rgb_to_lab(through_bytes / 255) - rgb_to_lab(rgb8 / 255), axis=-1).mean()
print(
    f"the photo through byte Lab: {loss:.1f} dB, {unchanged:.0%} of the pixels unchanged, off by {off:.2f} in Lab"
)
assert loss > 40
drawn = every.reshape(-1, 3)[rng.integers(0, 256**3, 200_000)]
assert (np.round(255 * lab_to_rgb(rgb_to_lab(drawn / np.float32(255)))) == drawn).all()

# %% [markdown]
# So storing photos in bytes is fine. Measuring isn't: when two models differ by less than that last number, byte Lab can't
# tell them apart. Now for the part of the box that exists: its edge is where a network's answers should stop. Outside it
# `lab_to_rgb` clips. The patch in the corner and the numbers above each plane say what you get instead.

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
    {"L": (5, 95, 1, 32), "a": (-110, 110, 1, 70), "b": (-110, 110, 1, -95)},
    look_for="Keep a = 70 and b = −95, a strong blue, and move L: where does it exist? Then a = −20 and b = 85, a strong "
    "yellow: where does that?",
    twin=[{"L": 32, "a": 70, "b": -95}, {"L": 70, "a": 70, "b": -95}, {"L": 90, "a": -20, "b": 85}],
    caption="The gamut changes shape with L: a strong blue exists only when dark, a strong yellow only when light.",
    alt="Three planes of a and b with the region sRGB can show. At L 32 a blue dot lies at its tip; at L 70 it lies far "
    "outside and a paler blue is shown; at L 90 a yellow dot lies at the top of a small region.",
)

# %% [markdown]
# **Measure.** Both questions of the sliders, answered for every whole L; then the corners of the color cube, which reach
# farthest. The assertions: the blue ends below L = 45, the yellow begins above 80; a and b stay within ±110, which is why
# this course divides by 110; and the blue at L = 70, clipped, changes its L by more than 5. Too much predicted color spoils
# the lightness too, although L came from the input.

# %%
every_L = np.arange(101.0)
for name, a, b in (("blue", 70, -95), ("yellow", -20, 85)):
    exists = every_L[in_gamut(np.stack([every_L, np.full(101, a), np.full(101, b)], axis=-1))]
    print(f"this {name} exists from L = {exists.min():.0f} to {exists.max():.0f}")
    assert exists.max() < 45 if name == "blue" else exists.min() > 80
corners = rgb_to_lab(np.array(list(np.ndindex(2, 2, 2)), dtype=float))
low, high = corners.min(axis=0), corners.max(axis=0)
print(f"a from {low[1]:.1f} to {high[1]:.1f}, b from {low[2]:.1f} to {high[2]:.1f}")
assert np.abs(ours[..., 1:]).max() <= np.abs(corners[:, 1:]).max() < 110
assert abs(rgb_to_lab(lab_to_rgb(np.array([70.0, 70.0, -95.0])))[0] - 70) > 5
headline(f"{same:.0%} of all colors survive byte Lab; one blue pixel catches {caught['blue']} of 6 mix-ups")

# %% [markdown]
# ## Recap
# - sRGB → light → XYZ → Lab: undo the curve, mix, divide by white, bend. None of the steps is optional.
# - L goes in, and its detail counts most; a and b come out, and may be coarse.
# - L, Y′ and the channel mean are three pictures. Know which one a model was trained on.
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
# <details><summary>Your model was trained on L of color photos. A user feeds it a gray JPEG. What is off?</summary>
# The file holds Y′. Convert it to Lab and its curve is right; 100 · Y′ would be off by up to 3.4 units. The weights stay
# wrong: a little on dull photos, a lot where colors are strong.</details>
#
# <details><summary>A model trained with 110 is run by a program that multiplies by 128. Would the loss curve show it?</summary>
# No. Training used 110 on both sides and was fine. Only the pictures show it, as 16% too much chroma.</details>
#
# ## Where next
# Lesson 02 gives a network L, asks for a and b, and watches it answer gray. For more on this one: IEC 61966-2-1 (1999) for
# the curve, CIE 15 (2004), section 8.2.1, for Lab, and Zhang, Isola and Efros (2016), section 2, for color as a target.
