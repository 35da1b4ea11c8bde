# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The guided filter
#
# **Field report.** A team put a heavy colorizer on a phone: 150 frames took it 90 seconds. So they ran it seldom, on one frame
# of 30, and carried its color to the other frames by a *guided filter*, a recipe that they knew from a low-light pipeline.
# That took 6 seconds. It had a price: the color flickered, moving things lost theirs, and all of it came out duller. The
# arithmetic of those 6 seconds is lesson 14. Here you take the filter apart, and find where a part of the dullness comes from.
#
# You will be able to
# - derive the filter from a straight line in a window, and compute it in a time that doesn't depend on the window;
# - say what eps means, why bytes need it 255² times as large, and which edges survive;
# - bring color from a small picture to a large one, and measure whether that beats plain enlarging.
#
# You need lesson 01. Reading 19 minutes, running 15 seconds, exercises 50 minutes.

# %%
import time

import cv2
import numpy as np

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import photos
from course_lib.metrics import mean_chroma
from course_lib.mobile import apply_coefficients, box_mean, guided_filter, local_linear_coefficients
from course_lib.teach import COLORS, figure, headline, play, predict, show

# %% tags=["parameters"]
PHOTO = "coffee"  # any name in photos()
SEED = 0  # of the noise; this default run is the full run
RADIUS = 4  # of the windows, which are 2 · RADIUS + 1 pixels wide
EPS = 0.001  # the price of a steep line, on gray in [0, 1]
FACTOR = 8  # how much smaller the small picture of part 7 is

# %% [markdown]
# ## 1 · A straight line in every window
#
# You have a sharp gray picture, the *guide*, and color that is worse than it: noisy, or too coarse. We make such color from a
# photo: its true *ab*, plus noise of 11 in each channel. (Mind the letters. Lab calls its two channels of color a and b.
# In this lesson a and b are the slope and the offset of a line, as in the paper, and color is always *ab*.)

# %%
rng = np.random.default_rng(SEED)
lab = rgb_to_lab(photos(PHOTO)[PHOTO]).astype(np.float32)
guide, color = lab[..., 0] / 100, lab[..., 1:] / 110  # both about 1 at most
noisy = color + rng.normal(0, 0.1, color.shape).astype(np.float32)
blurred = box_mean(noisy, RADIUS)


def as_photo(ab, guide=guide):
    """RGB of a gray picture (H, W) in [0, 1] and its ab (H, W, 2), divided by 110."""
    return lab_to_rgb(np.dstack([100 * guide, 110 * ab]))


height, width = guide.shape
piece = np.s_[height // 2 - 90 : height // 2 + 30, width // 2 - 60 : width // 2 + 120]
show(
    [as_photo(ab[piece], guide[piece]) for ab in (color, noisy, blurred)],
    titles=["true color", "noisy color", f"averaged over {2 * RADIUS + 1} × {2 * RADIUS + 1} pixels"],
    caption="Averaging takes the noise away, and the edges with it: color leaks across them.",
    alt="A piece of the photo in true color, with specks of wrong color everywhere, and with calm color that spills over edges.",
)

# %% [markdown]
# The mean over a window knows nothing of edges, but the guide does. So ask for more than a mean. Say that inside a small
# window $w$ the color $p$ is a **straight line of the guide** $G$ (the paper calls it $I$):
#
# $$p_i \approx a\,G_i + b, \qquad \text{minimizing}\quad \sum_{i \in w} (a\,G_i + b - p_i)^2 + \varepsilon\,a^2 .$$
#
# The last term makes steep lines cost something. Set the derivatives by $b$ and by $a$ to zero, and two formulas are left:
#
# $$a = \frac{\mathrm{cov}_w(G, p)}{\mathrm{var}_w(G) + \varepsilon}, \qquad b = \bar p_w - a\,\bar G_w .$$
#
# **Measure.** Take one window of the photo. The assertion: the formulas give what a least-squares solver finds, for which
# $\varepsilon a^2$ is one more equation a pixel, $\sqrt\varepsilon\,a \approx 0$.


# %%
def line(G, p, eps):
    """a and b of one window."""
    a = ((G * p).mean() - G.mean() * p.mean()) / ((G * G).mean() - G.mean() ** 2 + eps)
    return a, p.mean() - a * G.mean()


# %%
window = np.s_[100:121, 100:121]
G, p = guide[window].ravel().astype(float), noisy[window][..., 1].ravel().astype(float)
equations = np.vstack([np.c_[G, np.ones_like(G)], np.c_[np.full_like(G, EPS**0.5), np.zeros_like(G)]])
solved = np.linalg.lstsq(equations, np.r_[p, np.zeros_like(p)], rcond=None)[0]
print("by the formulas: a {:.3f}, b {:.3f}".format(*line(G, p, EPS)))
assert np.allclose(line(G, p, EPS), solved, atol=1e-9)

# %% [markdown]
# Each pixel lies in many windows, and each has a line of its own. The filter takes their mean:
# $q_i = \bar a_i G_i + \bar b_i$. So everything it needs is a mean over windows: of $G$, $p$, $G p$, $G^2$, then of $a$ and
# $b$. Six means, if the color has one channel.
#
# ## 2 · Sums that don't see the radius
#
# A mean over a window of radius 16 adds 33 × 33 = 1089 numbers. For every pixel. Written plainly:


# %%
def mean_by_windows(x, r):
    """Add the picture to itself, once for each place in the window."""
    height, width = x.shape
    wide, side = np.pad(x, r, mode="symmetric"), 2 * r + 1  # beyond the border the picture is mirrored
    total = sum(wide[i : i + height, j : j + width] for i in range(side) for j in range(side))
    return total / side**2


# %% [markdown]
# There is a better way. Along a row, sum up once: $S_i = x_0 + \dots + x_{i-1}$, so $S_0 = 0$. Then the sum from $i$ to $j$,
# $j$ left out, is $S_j - S_i$: one subtraction, however long the stretch. Do it along the rows, then down the columns.
#
# The assertions: both ways, and the package's `box_mean`, which has OpenCV keep a running sum, give the same mean.


# %%
def mean_by_sums(x, r):
    """The same by cumulative sums, along one axis and then along the other."""
    wide, side = np.pad(x, r, mode="symmetric"), 2 * r + 1
    for _ in range(2):
        S = np.pad(wide.cumsum(axis=0), ((1, 0), (0, 0)))  # S[0] = 0
        wide = (S[side:] - S[:-side]).T / side  # the second turn takes the other axis
    return wide


# %%
square = guide[:256, :256].astype(float)
for r in (1, 4, 16):
    assert np.allclose(mean_by_sums(square, r), mean_by_windows(square, r), atol=1e-12)
    assert np.allclose(box_mean(square, r), mean_by_sums(square, r), atol=1e-12)
print("the same to 12 digits at radius 1, 4 and 16")

# %%
question = "A radius of 16, and a picture of 256 × 256. How many times faster are the cumulative sums?"
predict("13.sums", question, low=1, high=300)


# %% tags=["nbval-ignore-output"]
def seconds(function, *arguments):
    """The best of three."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - began)
    return min(times)


plain, summed = ({r: seconds(way, square, r) for r in (2, 16)} for way in (mean_by_windows, mean_by_sums))
predict.reveal("13.sums", plain[16] / summed[16], "Machines differ in this number, not in its size.")
print(
    f"from radius 2 to 16: windows {plain[16] / plain[2]:.0f} times as long, sums {summed[16] / summed[2]:.1f} times"
)
assert plain[16] > 5 * summed[16], "1089 additions should cost more than a handful"
assert plain[16] > 8 * plain[2] and summed[16] < 4 * summed[2], "only windows should see the radius"

# %% [markdown]
# One trap: a sum over a long row is large, and what you want is a small difference of two of them. In float32 that costs
# digits. Sum in float64, as all three do here.
#
# **Try it:** exercise 13, *window_means*: the same with windows that are cut at the border.
#
# ## 3 · The filter
#
# Now write the two formulas for all windows at once.


# %%
def filter_by_hand(G, p, r, eps):
    """The guided filter of a gray guide G and one channel p, both (H, W)."""
    mean = mean_by_sums
    G_mean, p_mean = mean(G, r), mean(p, r)
    var = mean(G * G, r) - G_mean**2
    cov = mean(G * p, r) - G_mean * p_mean
    a = cov / (var + eps)
    b = p_mean - a * G_mean
    return mean(a, r) * G + mean(b, r)


# %% [markdown]
# **Measure.** Ours, the package's `guided_filter` and OpenCV contrib's, on the photo. The assertions: the package gives ours to
# ten digits; OpenCV, which adds up in float32, to 1e-4.

# %%
G, p = guide.astype(float), noisy[..., 1].astype(float)
by_hand = filter_by_hand(G, p, RADIUS, EPS)
opencv = cv2.ximgproc.guidedFilter(guide, noisy[..., 1], RADIUS, EPS)
print("OpenCV: within 1e-4 of ours:", np.abs(opencv - by_hand).max() < 1e-4)
assert np.abs(guided_filter(G, p, RADIUS, EPS) - by_hand).max() < 1e-10
assert np.abs(opencv - by_hand).max() < 1e-4

# %% [markdown]
# Does it help? Filter both channels and compare with the true color: the color error in ab, as a root mean square. The assertion:
# on every photo, the guided filter's error is below that of the plain mean over the same windows.


# %%
def rms(ab, true):
    """Root mean square color error, in ab."""
    return 110 * np.sqrt(((ab - true) ** 2).sum(axis=-1).mean())


print("color error (ab)\n            noisy   mean   guided")
for name, photo in photos().items():
    L, true = np.split(rgb_to_lab(photo).astype(np.float32) / [100, 110, 110], [1], axis=-1)
    L, shaky = L[..., 0].clip(0, 1), true + rng.normal(0, 0.1, true.shape)
    errors = [rms(x, true) for x in (shaky, box_mean(shaky, RADIUS), guided_filter(L, shaky, RADIUS, EPS))]
    print("{:11}{:6.1f}{:7.1f}{:8.1f}".format(name, *errors))
    assert errors[2] < errors[1] < errors[0]

# %% [markdown]
# Look inside. The package gives you $\bar a$ and $\bar b$ by themselves, because you will want to put them on other frames: that is
# the report's whole trick. On an even area var is far below eps, so a is near 0, b is the mean, and the filter is a plain
# average. At an edge it isn't.
#
# The assertions: a and b, put on the guide, are the filter; on the evenest quarter of the guide |a| is on average less than
# two thirds of what it is on the busiest, and b less than half as far from the mean.

# %%
a, b = local_linear_coefficients(guide, noisy, RADIUS, EPS)
filtered = apply_coefficients(a, b, guide)
busy = box_mean(guide * guide, RADIUS) - box_mean(guide, RADIUS) ** 2
low, high = np.quantile(busy, [0.25, 0.75])
beside = b - box_mean(blurred, RADIUS)  # how far b is from the mean, averaged as often as b is
(even, edges), (even_off, edges_off) = (
    [np.abs(x[quarter]).mean() for quarter in (busy < low, busy > high)] for x in (a, beside)
)
print(f"mean |a|: {even:.2f} on even areas, {edges:.2f} on busy ones")
print(f"b is from the mean: {110 * even_off:.1f} in ab on even areas, {110 * edges_off:.1f} on busy ones")
assert np.abs(filtered - guided_filter(guide, noisy, RADIUS, EPS)).max() < 1e-5
assert even < edges * 2 / 3 and even_off < edges_off / 2
yellow_blue = [x[..., 1] / np.quantile(np.abs(x[..., 1]), 0.99) for x in (a, b)]
maps = [(0.5 + x / 2).clip(0, 1) for x in yellow_blue]
show(
    [*maps, as_photo(filtered)],
    titles=["a of yellow–blue; 0 is gray", "b of yellow–blue; 0 is gray", "filtered"],
    caption="On even areas a is near 0 and b is the color. At edges between unlike colors a is far from 0, and b makes up for it.",
    alt="A gray map with soft bright and dark bands along edges; a soft map of the color with bands of its own; the photo with calm color.",
)

# %% [markdown]
# **Play.** The filter as a smoother: the guide is the picture itself.


# %%
def draw(radius, log10_eps):
    """A piece of the guide, filtered by itself."""
    height, width = (side // 2 for side in guide.shape)
    piece = guide[height - 90 : height + 90, width - 110 : width + 110].clip(0, 1)
    fig, ax = figure(width=2.6, height=2.4)
    ax.imshow(guided_filter(piece, piece, radius, 10**log10_eps), vmin=0, vmax=1)
    ax.set_axis_off()
    return fig


play(
    draw,
    {"radius": (1, 30, 1, 8), "log10_eps": (-5.0, 0.0, 0.5, -2.0)},
    look_for="Which of the two decides whether an edge stays, and which how far things are smoothed once it is gone? "
    "Find an eps at which fine texture is gone and outlines are still sharp.",
    twin=[{"radius": r, "log10_eps": e} for r in (4, 16) for e in (-4.0, -2.0, 0.0)],
    caption="eps decides what counts as an edge; the radius, how far the rest is smeared.",
    alt="Six versions of a piece of the photo: with small eps as sharp as before at both radii, with medium eps smooth "
    "inside sharp outlines, with large eps blurred, more so at radius 16.",
)

# %% [markdown]
# ## 4 · What eps means
#
# Let the guide be its own picture, and a window lie across a step of height $c$, half of it on either side. Its variance is
# $c^2/4$, and so
#
# $$a = \frac{c^2/4}{c^2/4 + \varepsilon}.$$
#
# That is the share of the step that this window keeps.

# %%
question = "eps is 0.01, and a step is 0.2 high; white is 1. How much of its height survives the filter?"
predict("13.step", question, low=0, high=100, unit="%")


# %%
def step(height, width=80):
    """A vertical edge around 0.5."""
    return np.tile(np.where(np.arange(width) < width // 2, 0.5 - height / 2, 0.5 + height / 2), (40, 1))


def kept(height, eps):
    """Share of a step's height that is left between the two pixels at the edge."""
    left, right = guided_filter(step(height), step(height), 8, eps)[20, 39:41]
    return (right - left) / height


heights = np.geomspace(0.01, 1, 25)
note = "A window across the edge keeps half; windows beside it, less."
predict.reveal("13.step", 100 * kept(0.2, 0.01), note, unit="%")

# %% [markdown]
# **Measure.** Steps of all heights at three eps, and the formula's half-way points, $c = 2\sqrt\varepsilon$. The assertion: there,
# between 35% and 50% survives; at a third of that height less than 20%, at three times more than 75%.

# %%
fig, ax = figure(height=2.8, width=6)
for eps in (1e-4, 1e-3, 1e-2):
    ax.semilogx(heights, [100 * kept(c, eps) for c in heights], label=f"eps = {eps:g}")
    half = 2 * eps**0.5
    ax.plot(half, 50, "o", color=COLORS["black"])
    assert 0.35 < kept(half, eps) < 0.5 and kept(half / 3, eps) < 0.2 and kept(3 * half, eps) > 0.75
ax.set(xlabel="height of the step (white is 1)", ylabel="height that is left (%)")
ax.legend()
show(
    fig,
    caption="eps is a variance: steps much higher than 2√eps (dots: where one window keeps half) stay, lower ones go.",
    alt="Three rising curves that end near 100 percent, each shifted to the right by a factor of about three.",
)

# %% [markdown]
# So eps has the unit of the guide squared. **Bytes** are 255 times as large, and their variance 255² = 65,025 times. OpenCV
# takes bytes, and eps as it comes. (Its page says that eps acts by its square. The code adds it as it is.) Give it a byte
# image and eps = 0.01, as for [0, 1]. What do you expect?
#
# The assertions: fewer than 1 pixel in 100 changes at all; with 255² times the eps OpenCV gives our result, rounded to bytes;
# and the package doesn't let you get there.

# %%
gray = np.rint(255 * guide).astype(np.uint8)
wrong, right = (cv2.ximgproc.guidedFilter(gray, gray, 8, eps) for eps in (0.01, 0.01 * 255**2))
ours = 255 * guided_filter(gray / 255, gray / 255, 8, 0.01)
print(
    f"eps = 0.01 changes {(wrong != gray).mean():.0%} of the pixels. It ran, it was fast, and it did nothing."
)
assert (wrong != gray).mean() < 0.01 and np.abs(right - ours).max() < 0.51

# %%
try:
    guided_filter(gray, gray, 8, 0.01)
except TypeError as error:
    refused = str(error)
    print(refused)
assert "255²" in refused

# %%
show(
    [gray / 255, wrong / 255, right / 255],
    titles=["bytes", "eps = 0.01", "eps = 0.01 · 255²"],
    caption="With eps for [0, 1], bytes come back untouched. With 255² times as much they are smoothed.",
    alt="The photo in gray three times: the first two look the same, the third is smooth with sharp outlines.",
)

# %% [markdown]
# ## 5 · At the border
#
# Windows at the border hang over the edge. OpenCV mirrors the picture, as we did. The paper's own code *clips*: it divides
# by the number of pixels that are there. Count them by the same filter: sums of a picture with zeros around it, over sums of
# ones.


# %%
def clipped(x, r):
    """Mean over the part of each window that lies in the picture."""
    padded, ones = (np.pad(y, r) for y in (x, np.ones_like(x)))
    return (mean_by_sums(padded, r) / mean_by_sums(ones, r))[r:-r, r:-r]


# %% [markdown]
# **Measure** on all photos, radius 8, eps 0.01. The assertions: ours is the package's `border="clip"`; the two rules differ by
# more than 0.005 and less than 0.1 near the border; and further in than two radii (one for a and b, one for their mean) they
# are the same to 1e-6.

# %%
most = {}
for name, photo in photos().items():
    L = (rgb_to_lab(photo)[..., 0] / 100).clip(0, 1)
    apart = np.abs(guided_filter(L, L, 8, 0.01) - guided_filter(L, L, 8, 0.01, border="clip"))
    most[name] = apart.max()
    assert 0.005 < most[name] < 0.1 and apart[16:-16, 16:-16].max() < 1e-6
print("at most apart:", ", ".join(f"{name} {value:.3f}" for name, value in most.items()))
assert np.allclose(clipped(square, 5), box_mean(square, 5, border="clip"), atol=1e-12)

# %% [markdown]
# Neither is wrong. But compare two programs pixel by pixel and you will meet this: a parity test either knows the rule, or
# leaves out a frame of 2r pixels.
#
# ## 6 · Edges that gray doesn't see
#
# A red disk on green, both of the same lightness. In gray there is no disk. Somebody gives you a rough mask of it, as a small
# segmentation network would, 8 pixels to a block. Can the filter find the outline?

# %%
disk = np.linalg.norm(np.indices((96, 144)) - [[[48]], [[72]]], axis=0) < 30
scene = lab_to_rgb(np.where(disk[..., None], [60.0, 45.0, 20.0], [60.0, -40.0, 20.0]))
scene = (scene + rng.normal(0, 0.01, scene.shape)).clip(0, 1)  # a camera's noise
scene_gray = rgb_to_lab(scene)[..., 0] / 100
rough = cv2.resize(disk.astype(float), (18, 12), interpolation=cv2.INTER_AREA)
rough = cv2.resize(rough, (144, 96), interpolation=cv2.INTER_NEAREST)

# %% [markdown]
# With three numbers a pixel in the guide the line becomes $p \approx \mathbf a \cdot \mathbf G + b$, and the variance a 3 × 3
# matrix: $\mathbf a = (\Sigma + \varepsilon U)^{-1}\,\mathrm{cov}(\mathbf G, p)$, with $U$ the identity. A small system to solve at every
# pixel; the package does it when the guide has three channels.
#
# The assertion: cut at one half, fewer than 2 pixels in 1000 end on the wrong side under the color guide, at least 8 in 1000
# under the gray one.

# %%
by_gray, by_color = (guided_filter(g, rough, 8, EPS) for g in (scene_gray, scene))
masks = {"rough": rough, "gray guide": by_gray, "color guide": by_color}
missed = {name: ((mask > 0.5) != disk).mean() for name, mask in masks.items()}
print(", ".join(f"{name}: {1000 * share:.0f} in 1000 wrong" for name, share in missed.items()))
assert missed["color guide"] < 0.002 and missed["gray guide"] > 0.008

# %%
show(
    [scene, *(mask.clip(0, 1) for mask in masks.values())],
    titles=["scene", *masks],
    caption="The gray guide blurs the mask; the color guide puts a sharp step on the outline, with a faint glow beside it.",
    alt="A red disk on green; a mask of blocks; a blurred mask; a mask with a sharp round outline and a faint glow.",
)

# %% [markdown]
# A colorizer has nothing but gray to guide it. So wherever two colors of one lightness meet, its color will bleed by up to
# two radii, and no eps helps. Where you *do* have color, for masks, depth, mattes, use it.
#
# **Halos.** An edge that is smoothed has another price. Take the smoothed picture off, amplify what is left, add it again:
# that boosts details. Beside a strong edge, a plain blur so leaves dark and bright seams. What does the guided filter?

# %%
question = "A step of height 0.5 and radius 8; details are boosted fourfold. Whose halo is weakest?"
predict("13.halo", question, choices=["Gaussian blur", "guided, eps = 0.1", "guided, eps = 0.001"])


# %%
def boosted(picture, smooth):
    """Details four times as strong: once as they are, three times on top."""
    return picture + 3 * (picture - smooth)


edge = step(0.5)
smooth = {"Gaussian blur": cv2.GaussianBlur(edge, (0, 0), 5)}
smooth |= {f"guided, eps = {eps:g}": guided_filter(edge, edge, 8, eps) for eps in (0.1, 0.001)}
halo = {name: boosted(edge, s).max() - edge.max() for name, s in smooth.items()}
print(", ".join(f"{name}: {value:.2f} too bright" for name, value in halo.items()))
predict.reveal("13.halo", min(halo, key=halo.get))
assert halo["guided, eps = 0.001"] < 0.1 * halo["Gaussian blur"] < 0.2 * halo["guided, eps = 0.1"]
fig, ax = figure(height=2.6, width=6)
for name, s in smooth.items():
    ax.plot(boosted(edge, s)[20, 15:65], label=name)
ax.set(xlabel="pixels across the edge", ylabel="gray, white is 1")
ax.legend()
show(
    fig,
    caption="Boosted details overshoot on both sides of an edge, unless it is far above 2√eps: 0.06 for the dash-dotted line.",
    alt="Three profiles of a step: two swing far out on both sides of it, one hardly at all.",
)

# %% [markdown]
# With eps = 0.001 the halo is less than a tenth of the Gaussian's, with 0.1 more than half of it; the assertion holds both. So it
# isn't that a guided filter has no halos. It has them where eps is large for the edge.
#
# **Try it:** exercise 13, *line* and *edge_kept*: a window's line by yourself, and which edges it keeps.
#
# ## 7 · Fewer pixels
#
# $\bar a$ and $\bar b$ are smooth: they are means over windows. So compute them on a picture that is `subsample` times smaller, with
# windows as much smaller, and enlarge *them*, not the result (He and Sun, 2015). The guide stays sharp.
#
# The assertion: with `subsample=4` the color is, on root mean square, less than 2.5 in ab from the full filter's. How
# much time it saves is printed. Radius 16, as the fast way is made for large ones.

# %% tags=["nbval-ignore-output"]
full = guided_filter(guide, color, 16, EPS)
fast = {s: guided_filter(guide, color, 16, EPS, s) for s in (2, 4, 8)}
cost = {s: seconds(guided_filter, guide, color, 16, EPS, s) for s in (1, 2, 4, 8)}
for s, result in fast.items():
    print(f"subsample {s}: off by {rms(result, full):.2f} in ab, {cost[1] / cost[s]:.1f} times faster")
assert rms(fast[4], full) < 2.5

# %% [markdown]
# **Color for a large picture.** Now the report's use. The colorizer works on a small picture, because that is quick. You have the
# small gray picture, its small color, and the large gray. Fit a and b in the small, put them on the large. Does it beat plain
# bilinear enlarging of the color?

# %%
question = f"Color that is {FACTOR} times too small, seven photos, eps = 0.01. On how many does the guided filter beat bilinear?"
predict("13.upsample", question, low=0, high=7)


# %%
def shrink(x):
    """Each block of FACTOR × FACTOR pixels becomes its mean."""
    return cv2.resize(x, (x.shape[1] // FACTOR, x.shape[0] // FACTOR), interpolation=cv2.INTER_AREA)


def enlarge(x, like):
    """Bilinear, to the size of another picture."""
    return cv2.resize(x, like.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def guided_color(small_ab, small_L, L, eps=0.01):
    """a and b from the small picture, put on the large one."""
    a, b = local_linear_coefficients(small_L, small_ab, 1, eps)
    return apply_coefficients(a, b, L)


# %% [markdown]
# And one idea more. The line replaces the small picture's color by a smoothed version of it, and smoothing dulls. But we *have*
# the small color. Keep it, and take from the guide only what enlarging loses: the **detail** of L, which is L minus its own
# enlarged small version, times a.


# %%
def detail_color(small_ab, small_L, L, eps=0.01):
    """Enlarged color, plus a times the detail of L."""
    a, _ = local_linear_coefficients(small_L, small_ab, 1, eps)
    detail = L - enlarge(small_L, L)
    return enlarge(small_ab, L) + enlarge(a, L) * detail[..., None]


# %%
ways = {"bilinear": lambda ab, small, L: enlarge(ab, L), "guided": guided_color, "detail": detail_color}
ways["small eps"] = lambda ab, small, L: guided_color(ab, small, L, eps=0.001)
table, dull, results = {}, {}, {}
for name, photo in photos().items():
    photo = photo[: photo.shape[0] // FACTOR * FACTOR, : photo.shape[1] // FACTOR * FACTOR]
    L, ab = np.split(rgb_to_lab(photo).astype(np.float32) / np.float32([100, 110, 110]), [1], axis=-1)
    L = L[..., 0].clip(0, 1)
    results[name] = {way: f(shrink(ab), shrink(L), L) for way, f in ways.items()} | {"truth": ab, "L": L}
    table[name] = [rms(results[name][way], ab) for way in ways]
    chroma = {key: mean_chroma(110 * results[name][key]) for key in ("bilinear", "guided", "truth")}
    dull[name] = [chroma[way] / chroma["truth"] for way in ("bilinear", "guided")]
    print(
        "{:11} bilinear {:4.1f}   guided {:4.1f}   detail {:4.1f}   small eps {:4.1f}".format(
            name, *table[name]
        )
    )

# %% [markdown]
# Are you surprised? **The plain guided filter loses to bilinear enlarging.** It averages twice over windows of 3 × 3 *small* pixels,
# which are wide in the large picture, and the edges that it sharpens don't make up for that. The detail way keeps the small color and
# wins, except where it only draws: *china*, with its fine roof tiles. Their gray flickers within one small pixel, and says
# nothing of color.
#
# Is it eps that loses? The last column is the plain way with a tenth of it. A small eps follows weaker edges: on some photos it wins, on
# most it doesn't, and on *china* it loses by more than before. So it hangs on the photo, and bilinear belongs beside it.
#
# The assertions: on all seven the plain way is worse than bilinear, and with the small eps by more than 5% on at least four; the detail
# way is more than 3% better on at least five, and never more than 2% worse.

# %%
bilinear, guided, detail, small_eps = np.array(list(table.values())).T
note = f"By its detail way: {(detail < 0.97 * bilinear).sum()} clearly."
predict.reveal("13.upsample", (guided < bilinear).sum(), note)
assert (guided > bilinear).all() and (small_eps > 1.05 * bilinear).sum() >= 4
assert (detail < 0.97 * bilinear).sum() >= 5 and (detail < 1.02 * bilinear).all()

# %%
shown = results[PHOTO]
height, width = shown["L"].shape
piece = np.s_[height // 2 - 70 : height // 2 + 50, width // 2 - 60 : width // 2 + 60]
names = ["truth", "bilinear", "guided", "detail"]
show(
    [as_photo(shown[way][piece], shown["L"][piece]) for way in names],
    titles=names,
    caption="Bilinear color bleeds at edges, the plain guided filter bleeds wider, detail holds the edges that gray shows.",
    alt="A piece of the photo four times; true in the first; color spills over edges in the second, more so in the third, less in the fourth.",
)

# %% [markdown]
# And the dullness? Chroma is the length of ab, and every average of unlike colors shortens it. Shrinking and enlarging do that to all
# small color, the plain guided filter a little more. The assertions: both lose chroma on every photo, the guided filter at least
# as much as bilinear (give or take 0.1%), and on two photos or more over 5%. So a part of that price is in the filter itself,
# before anything moves.

# %%
for name, (bilinear_share, guided_share) in dull.items():
    print(f"{name:11} bilinear keeps {bilinear_share:6.1%} of the chroma, guided {guided_share:6.1%}")
enlarged, filtered_share = np.array(list(dull.values())).T
assert (enlarged < 1).all() and (filtered_share < enlarged + 0.001).all()
assert (filtered_share < 0.95).sum() >= 2
headline(
    f"One line a window, six box means: equal to OpenCV's, flat in the radius, and plain upsampling by it loses to bilinear "
    f"on {(guided > bilinear).sum()} of {len(bilinear)} photos at eps = 0.01"
)

# %% [markdown]
# **Try it:** exercise 13, *upsample_color* and *explain*.
#
# ## Recap
#
# - In each window the picture is a line of the guide: a = cov / (var + eps), b = mean − a · mean. Then average a and b.
# - Every sum is a box mean. Cumulative or running sums make its time independent of the radius; sum in float64.
# - eps is a variance of the guide: steps well above 2√eps stay. On bytes it is 255² times as large.
# - Mirrored and clipped borders differ within two radii. A color guide sees edges that gray doesn't.
# - For upsampling, keep the small color and take only detail from the guide. Measure against bilinear first.
#
# ## Check your understanding
#
# <details><summary>You double the radius from 8 to 16 and the time hardly changes, but your colleague's filter takes four times
# as long. What does it do?</summary>
# It adds up each window afresh: 33² against 17² numbers a pixel is a factor of 3.8. With cumulative sums each window is one
# subtraction an axis.</details>
#
# <details><summary>Which eps keeps steps of 10 gray values of 255 and smooths those of 2?</summary>
# Half-way is at c = 2√eps. Put it between, at c = 4.5/255, say: eps = (c/2)² ≈ 8e-5. Steps of 10 lie at 2.2 times that
# height and mostly stay; steps of 2, at 0.44, mostly go.</details>
#
# <details><summary>Your filter and OpenCV's agree to 1e-4 in the middle and differ by 0.03 in a frame around it. How wide is the
# frame, and what is wrong?</summary>
# Two radii: one from the windows of a and b, one from averaging them. Nothing is wrong; one of the two mirrors the picture
# and the other cuts the windows.</details>
#
# <details><summary>A red flower on green leaves loses its outline when its color is filtered. Smaller eps?</summary>
# No. If red and green have the same lightness, the gray guide has no edge there, at any eps: var and cov are noise. A
# smaller radius bleeds less far. A color guide would see it, but a colorizer has none.</details>
#
# ## Where next
#
# Lesson 14: *Keyframes: 90 seconds to 6*. The a and b of one frame, put on the next twenty-nine.
#
# Read: K. He, J. Sun, X. Tang, *Guided Image Filtering*, TPAMI 2013, sections 3 and 4; K. He, J. Sun, *Fast Guided Filter*,
# 2015 (arXiv 1505.00996), two pages; J. Kopf et al., *Joint Bilateral Upsampling*, SIGGRAPH 2007, for the idea before it.
