# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Soft encoding: color as classification
#
# **Field report.** A team let its network vote on 313 colors, as the paper *Colorful Image Colorization* does. Each true
# color was spread over its 5 nearest bins with a Gaussian of sigma 5. To find those bins, the team asked a *ball tree* (a
# search tree for nearest neighbors) about every pixel and scattered the answers into an array of zeros. All of that was
# right, and slow. The 313 themselves came as a file of numbers. We looked for the rule behind it, and found none written down.
#
# You will be able to
# - derive the 313 bins, and tell why rules that look as good miss;
# - turn color into soft votes and back, and say what 5 or 10 neighbors cost;
# - choose a temperature for the way back, and see what it does to a photo.
#
# You need lesson 02. Reading 18 minutes, running 15 seconds, exercises 50 minutes.

# %%
import hashlib
import timeit
import warnings
from itertools import combinations

import cv2
import numpy as np
from scipy.ndimage import binary_dilation
from scipy.spatial import ConvexHull, KDTree
from scipy.spatial.distance import pdist
from skimage.color import rgb2lab
from sklearn.neighbors import BallTree

from course_lib.color import SoftEncoder, ab_bin_centers, decode, in_gamut, lab_to_rgb, rgb_to_lab
from course_lib.data import photos
from course_lib.metrics import mean_chroma
from course_lib.teach import COLORS, figure, headline, play, predict, show

# %% tags=["parameters"]
PHOTO = "astronaut"  # or "coffee", "chelsea", "china", "flower", "motorcycle", "rocket"
TOLD = 400  # how many pixels' colors the stand-in for a network is told; this default run is the full run
SEED = 0

# %%
rng = np.random.default_rng(SEED)
photo = photos(PHOTO)[PHOTO]
ab = rgb_to_lab(photo)[..., 1:]
show(photo, caption="The photo of this lesson, whose colors become votes.", alt=f"The photo {PHOTO}.")

# %% [markdown]
# ## 1 · Which colors may a network vote for?
#
# Regression answers with one color, and lesson 02 showed what becomes of it when several would do: their mean. A vote can
# say *half orange, half blue* and mean it. But votes need candidates. Lay a grid of step 10 over the ab plane, and keep
# the points where sRGB has something to show.

# %%
steps = np.arange(-120, 121, 10)
grid = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1)  # (25, 25, 2): a major, b minor
print(f"{grid.shape[0] * grid.shape[1]} grid points")
predict("03.bins", "313 become bins. How many of those can sRGB show, at some lightness?", low=0, high=313)

# %% [markdown]
# First, all colors that sRGB has. The gamut is a bent cube in Lab, and we want its shadow on the ab plane. The shadow of
# a solid is the shadow of its skin, so the six faces of the RGB cube will do: every 8-bit color on them.

# %%
levels = np.linspace(0, 1, 256)
u, v = np.meshgrid(levels, levels, indexing="ij")
faces = [np.insert(np.stack([u, v], -1), axis, end, axis=-1) for axis in range(3) for end in (0.0, 1.0)]
skin = np.concatenate(faces).reshape(-1, 3)  # RGB of the cube's six faces
skin_ab = rgb_to_lab(skin)[:, 1:]
print("a and b from", skin_ab.min(axis=0).round(2), "to", skin_ab.max(axis=0).round(2))

# %% [markdown]
# Now the rule, in three lines: the convex hull of that shadow, the grid points inside it, and one ring of neighbors
# around those, diagonals included.


# %%
block = np.ones((3, 3), bool)


def hull_bins(ab, ring=block):
    """Grid points inside the convex hull of ab (N, 2) -> mask (25, 25), and that mask widened by `ring`."""
    facets = ConvexHull(ab).equations  # a point p is inside where facet . (p, 1) <= 0 for all
    inside = (grid @ facets[:, :2].T + facets[:, 2] <= 0).all(axis=-1)
    return inside, binary_dilation(inside, ring)


# %%
inside, kept = hull_bins(skin_ab)
centers = grid[kept].astype(float)
print(f"{inside.sum()} inside the hull, {len(centers)} with the ring")
print(f"bins 0, 120 and 312: {centers[0]}, {centers[120]}, {centers[312]}")

# %% [markdown]
# Are these the published ones? The authors' file, `pts_in_hull.npy`, holds whole numbers behind a header of 80 bytes, and we
# found it in six public repositories with one and the same md5. The assertions check that our bins have this fingerprint, so
# every bin and their order agree, and that the package makes the same. Whether the authors used our rule, nobody wrote down.
#
# Then look at the map before you trust it: big squares lie inside the hull, small ones belong to the ring.

# %%
header = b"{'descr': '<i8', 'fortran_order': False, 'shape': (313, 2), }".ljust(69) + b"\n"
npy = b"\x93NUMPY\x01\x00F\x00" + header + centers.astype("<i8").tobytes()
md5 = hashlib.md5(npy, usedforsecurity=False).hexdigest()
print("md5 of our bins as a file:", md5)
assert md5 == "05c2729d850b5e4143b6fe53326066b5", "not the published bins, or not in their order"
assert np.array_equal(centers, ab_bin_centers()) and len(centers) == 313

# %%
fig, ax = figure(height=4.2, width=5.2)
outline = skin_ab[ConvexHull(skin_ab).vertices]
ax.fill(*outline.T, fill=False, edgecolor=COLORS["black"], linewidth=1)
for mask, size in ((inside, 78), (kept & ~inside, 22)):
    shown = lab_to_rgb(np.insert(grid[mask].astype(float), 0, 65.0, axis=1))
    ax.scatter(*grid[mask].T, s=size, c=shown, marker="s", edgecolors=COLORS["black"], linewidths=0.3)
ax.set(xlabel="a (green to red)", ylabel="b (blue to yellow)", aspect="equal")
show(
    fig,
    caption=f"{inside.sum()} bins inside the hull and a ring of {(kept & ~inside).sum()} around them make {kept.sum()}. "
    "Squares show their color at L = 65, clipped where sRGB has none.",
    alt="A map of the ab plane. A slanted outline holds a block of big colored squares on a grid of ten, green "
    "at the left, red at the right, yellow above, blue below. One ring of small squares runs around them, outside.",
)

# %% [markdown]
# The ring has a price. A bin is *reachable* when some lightness L turns its center into a color that sRGB can show; we try
# L in steps of 0.05. The others can still win a vote, and then the answer gets clipped.
#
# The assertions check that no bin of the ring is reachable, and not even every bin inside: the hull is convex and bridges
# the dents that the gamut has.

# %%
lightness = np.linspace(0, 100, 2001)
lab = np.empty((2001, 313, 3))
lab[..., 0], lab[..., 1:] = lightness[:, None], centers
reachable = in_gamut(lab).any(axis=0)
predict.reveal("03.bins", int(reachable.sum()), "The rest can be voted for and never be shown.")
print("inside the hull, yet not reachable:", centers[inside[kept] & ~reachable].astype(int).tolist())
assert inside.sum() == 233 and not reachable[~inside[kept]].any()
assert 220 < reachable.sum() < 233 and reachable[120] and not reachable[312]

# %% [markdown]
# ### Six rules that miss
#
# You would have guessed another rule, and so did we. Here are six, each a line, each plausible. A *cell* is a square of
# 10 by 10 ab: around a grid point when ab / 10 is rounded, between four of them when it is rounded down. A cell is
# *occupied* when some color falls into it. *Bytes* are OpenCV's uint8 Lab, with its 128 taken off. *D50* is the white of
# print; sRGB's own is the daylight *D65*.
#
# Two bins more or fewer sound harmless. But weights trained on 313 won't load into a layer of 315, and a list in another
# order loads without a word and swaps colors. The assertion pins all six counts.

# %%
cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
cells = np.unique(np.floor(skin_ab / 10), axis=0)
corners = np.concatenate([cells + corner for corner in ([0, 0], [0, 1], [1, 0], [1, 1])])
skin_bytes = np.rint(255 * skin).astype(np.uint8)[:, None]
byte_ab = cv2.cvtColor(skin_bytes, cv2.COLOR_RGB2LAB)[:, 0, 1:].astype(float) - 128
print_ab = rgb2lab(skin.reshape(1, -1, 3), illuminant="D50")[0, :, 1:]
counts = {
    "occupied bins, ab / 10 rounded": len(np.unique(np.rint(skin_ab / 10), axis=0)),
    "occupied bins, ab / 10 rounded down": len(cells),
    "hull, then the four nearest neighbors only": hull_bins(skin_ab, cross)[1].sum(),
    "the four corners of every occupied cell": len(np.unique(corners, axis=0)),
    "our rule, from bytes": hull_bins(byte_ab)[1].sum(),
    "our rule, from Lab under D50": hull_bins(print_ab)[1].sum(),
}

# %%
for rule, count in counts.items():
    print(f"{rule:45} {count:4}  ({count - 313:+d})")
assert list(counts.values()) == [261, 268, 291, 309, 315, 328]

# %% [markdown]
# How close is the call? Take the corner (70, 70), which the hull must leave out. It misses by less than a tenth of an
# ab unit. Round Lab to halves before taking the hull, and the point slips in; a new bin (80, 80) then joins the ring beyond
# it. OpenCV's byte arithmetic lets in one more corner. The assertion pins the margin and the four counts.

# %%
facets = ConvexHull(skin_ab).equations
margin = (facets[:, :2] @ [70, 70] + facets[:, 2]).max()
print(f"(70, 70) lies {margin:.3f} outside")
tenths, halves, wholes = (np.rint(skin_ab / step) * step for step in (0.1, 0.5, 1))
found = [hull_bins(rounded)[1] for rounded in (tenths, halves, wholes, byte_ab)]
for name, more in zip(("tenths", "halves", "whole ab", "bytes"), found, strict=True):
    print(f"{name:8} {more.sum()} bins, new: {grid[more & ~kept].tolist()}")
assert 0 < margin < 0.1 and [more.sum() for more in found] == [313, 314, 314, 315]

# %% [markdown]
# ## 2 · Spread a color over its neighbors
#
# A *hard* label says: this bin, none other. It forgets where in its cell the color lay. A *soft* one gives the nearest
# bins a share each, w = exp(−d² / 2σ²), divided by their sum. Neighboring colors then get neighboring labels.


# %%
def encode_plain(ab, neighbors=5, sigma=5.0):
    """Soft encoding of ab (N, 2) in its plainest form -> nearest bins (N, K), their weights (N, K)."""
    squares = ((ab[:, None] - centers) ** 2).sum(axis=2)  # d², (N, 313)
    nearest = np.argsort(squares, axis=1)[:, :neighbors]
    gauss = np.exp(-np.take_along_axis(squares, nearest, axis=1) / (2 * sigma**2))
    return nearest, gauss / gauss.sum(axis=1, keepdims=True)


# %%
one = np.array([[33.0, 44.0]])
nearest, weights = encode_plain(one)
fig, ax = figure(height=3.0, width=4.2)
ax.scatter(*centers.T, s=12, color="lightgray")
ax.scatter(*centers[nearest[0]].T, s=900 * weights[0], color=COLORS["sky"])
ax.scatter(*one.T, marker="x", s=50, color=COLORS["black"])
for (a, b), weight in zip(centers[nearest[0]], weights[0], strict=True):
    ax.annotate(f"{weight:.2f}", (a, b), xytext=(16, -3), textcoords="offset points", fontsize=9)
ax.set(xlim=(12, 58), ylim=(26, 64), xlabel="a", ylabel="b", aspect="equal")
show(
    fig,
    caption="The color (33, 44), a cross, becomes five shares that sum to 1; the nearest bin gets the most.",
    alt=f"Five of the grid's points around a cross carry disks with their shares. The largest, {weights[0, 0]:.2f}, sits "
    "on the bin just below and left of the cross; the farther the bin, the smaller its disk.",
)

# %% [markdown]
# The report's way is scikit-learn's ball tree, and the package has its own. Three programs, one answer? The assertion
# compares what the labels *decode* to, the weighted mean of their bins, on pixels drawn from the photo, in real-valued ab.


# %%
def encode_tree(tree, ab, neighbors=5, sigma=5.0):
    """The report's way: ask a tree about every pixel."""
    distance, nearest = tree.query(ab, k=neighbors)
    gauss = np.exp(-(distance**2) / (2 * sigma**2))
    return nearest, gauss / gauss.sum(axis=1, keepdims=True)


def mean_of(nearest, weights):
    """Decode sparse labels to ab (N, 2): the weighted mean of their bins."""
    return (weights[..., None] * centers[nearest]).sum(axis=-2)


# %%
tree, encoder = BallTree(centers), SoftEncoder(centers, neighbors=5, sigma=5.0)
pixels = rng.choice(ab.reshape(-1, 2), 3000, replace=False).astype(float)
labels = encode_plain(pixels), encode_tree(tree, pixels), encoder.encode_sparse(pixels)
far_apart = np.ptp([mean_of(*label) for label in labels], axis=0).max()
print(f"largest difference after decoding below 0.001 ab: {far_apart < 1e-3}")
assert far_apart < 1e-3, "one of the pixels lies where bins tie: see below"

# %% [markdown]
# Does that hold for every color? No: there are ties. Count how many bins lie equally far from pure gray: one, then shells
# of four, four, four. Five neighbors end where a shell ends. Ten don't: the tenth is any one of four. Around (5, 0), halfway
# between two bins, it is five neighbors that end inside a shell. Two right programs may disagree there.
#
# What does it matter? The assertions: at gray, five leave no choice, and the choice for ten moves the decoded color by
# less than 0.02 ab. At (5, 0), the choice for five moves it by more than 1.


# %%
def right_answers(color, k):
    """All that `color` may decode to, (ways, 2): a row for each way to settle a tie for the last of k places."""
    squares = ((centers - color) ** 2).sum(axis=1)
    last = np.sort(squares)[k - 1]
    sure, tied = np.flatnonzero(squares < last), np.flatnonzero(squares == last)
    ways = np.array([[*sure, *some] for some in combinations(tied, k - len(sure))])
    gauss = np.exp(-squares[ways] / 50)
    return mean_of(ways, gauss / gauss.sum(axis=1, keepdims=True))


# %%
apart = []
for color, k in (((0, 0), 5), ((0, 0), 10), ((5, 0), 5)):
    sizes = np.unique(((centers - color) ** 2).sum(axis=1), return_counts=True)[1]
    apart.append(pdist(right_answers(color, k)).max(initial=0))
    print(f"{color}, shells of {sizes[:4].tolist()}, K = {k:2}: up to {apart[-1]:.3f} ab apart")
assert apart[0] == 0 and 0 < apart[1] < 0.02 and apart[2] > 1

# %% [markdown]
# ## 3 · There and back: five neighbors or ten?
#
# The bins stand 10 apart. Encode a color of sRGB, take the weighted mean of its bins, and see how far from home you end up.
# The paper's text says 5 neighbors, its released training layer 10. What does each cost? Guess first, for 5.
#
# The table shows two costs more. *Mass* is the share of the whole Gaussian that K bins keep. *Entropy*, in nats (the unit
# that natural logarithms give), is the floor of the cross-entropy: a network that predicts the label perfectly still shows
# that loss, so it never reaches 0.

# %%
predict("03.trip", "Mean error of the round trip with 5 neighbors, in ab units?", low=0, high=5)

# %%
colors = rgb_to_lab(rng.uniform(0, 1, (4000, 3)))[:, 1:]  # random RGB, so that all lie in the gamut
ranked = np.sort(((colors[:, None] - centers) ** 2).sum(axis=2), axis=1)
gauss = np.exp(-ranked / 50)
costs = {}
for k in (1, 5, 10, 313):
    near, w = SoftEncoder(centers, neighbors=k).encode_sparse(colors)
    trip = np.linalg.norm(mean_of(near, w) - colors, axis=1).mean()
    mass = (gauss[:, :k].sum(axis=1) / gauss.sum(axis=1)).mean()
    entropy = (w * -np.log(np.maximum(w, 1e-30))).sum(axis=1).mean()
    costs[k] = trip, mass, entropy

# %%
print("  K   round trip (ab)   mass kept   entropy (nats)")
print("\n".join("{:3} {:14.2f} {:13.2f} {:14.2f}".format(k, *row) for k, row in costs.items()))
more = costs[1][0] / costs[5][0]
predict.reveal("03.trip", round(costs[5][0], 2), f"A hard label, K = 1, loses {more:.0f} times as much.")
assert more > 12 and costs[5][0] < 0.5 and np.ptp([costs[k][0] for k in (5, 10, 313)]) < 0.05
assert costs[5][1] < 0.97 < costs[10][1] and costs[5][2] < costs[10][2]

# %% [markdown]
# Ten neighbors keep nearly all of the Gaussian, five cut its tails, and the way home is equally short, as it is with all 313.
# What error is left isn't the cut's: a Gaussian of sigma 5 is narrow for a grid of 10, and so few samples don't balance
# quite at the color. Ten double the memory of a sparse label and raise the floor of the loss. Losses of two K don't
# compare: state yours.
#
# **Try it:** write the encoding yourself in exercise 03, *encode*.
#
# ## 4 · Far from home, NaN
#
# The plain formula has a trap. Ask it about a color that no screen has, as a badly scaled input will. All its weights
# underflow to 0, and 0 / 0 is not a number. A small sigma does the same inside the gamut.

# %%
lost = np.array([[300.0, 0.0]])
with np.errstate(invalid="ignore"):  # NumPy would mention it once, on a stream that nobody reads
    _, far_weights = encode_plain(lost)
    _, narrow_weights = encode_plain(np.array([[5.0, 5.0]]), sigma=0.1)
print("a = 300:    ", far_weights[0])
print("sigma = 0.1:", narrow_weights[0])

# %% [markdown]
# A test should have caught that. Here is one that looks as if it would. The parentheses make one *pair* of the condition
# and its message, and a pair that isn't empty counts as true. This assertion can't fail, whatever the weights are.

# %%
line = 'assert (np.isfinite(far_weights).all(), "weights must be finite")'
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    exec(compile(line, "a test", "exec"))
print("It ran on NaN and passed. Python's only remark:", said[0].message)
assert np.isnan(far_weights).all() and np.isnan(narrow_weights).all()

# %% [markdown]
# The mend costs one subtraction. Only *differences* of d² matter, since a common factor cancels in the division. Subtract
# the smallest, and the nearest bin has weight exp(0) = 1 before dividing: the sum can't be 0 any more. The assertions, without
# parentheses this time: finite far out and for a narrow Gaussian, equal to the package, unchanged where plain was right.


# %%
def encode(ab, neighbors=5, sigma=5.0):  # as encode_plain, for any ab
    squares = ((ab[:, None] - centers) ** 2).sum(axis=2)
    squares -= squares.min(axis=1, keepdims=True)
    nearest = np.argsort(squares, axis=1)[:, :neighbors]
    gauss = np.exp(-np.take_along_axis(squares, nearest, axis=1) / (2 * sigma**2))
    return nearest, gauss / gauss.sum(axis=1, keepdims=True)


# %%
print("a = 300, mended:", encode(lost)[1][0].round(3), "at bin", centers[encode(lost)[0][0, 0]])
assert np.isfinite(encode(lost)[1]).all(), "weights must be finite"
assert np.isfinite(encode(np.array([[5.0, 5.0]]), sigma=0.1)[1]).all()
assert np.allclose(encode(lost)[1], encoder.encode_sparse(lost)[1], atol=1e-6)
assert np.allclose(encode(pixels)[1], encode_plain(pixels)[1], atol=1e-9)

# %% [markdown]
# **Try it:** exercise 03, *safe_weights* and *bad_rows*: mend the formula, then write a test that can fail.
#
# ## 5 · From votes back to one color
#
# A screen shows one color, so the votes must be settled. Take a parrot whose wing, as far as the network can tell, is
# orange, green or blue. The *mode* takes the winner. The *mean* takes the balance point. In between lies the *annealed
# mean*: sharpen the votes to p^(1/T), normalize, then take the mean.

# %%
hues = np.array([[50.0, 60.0], [-50.0, 40.0], [10.0, -60.0]])  # orange, green, blue
warm = np.array([[0.0, 0.0], [20.0, 50.0], [40.0, 30.0]])  # gray, and two warm colors
chroma = {}
for name, colors, votes in (("parrot", hues, [0.5, 0.3, 0.2]), ("wall", warm, [0.4, 0.3, 0.3])):
    for temperature in (0.01, 0.38, 1.0):
        share = np.array(votes) ** (1 / temperature)
        share /= share.sum()
        a, b = share @ colors
        chroma[name, temperature] = np.hypot(a, b)
        print(f"{name:6} T = {temperature:4}: shares {share.round(2)}, color ({a:2.0f}, {b:2.0f})", end="")
        print(f", chroma {chroma[name, temperature]:2.0f}")
        assert np.allclose((a, b), decode(np.array(votes), colors, temperature))
assert chroma["parrot", 1] < 0.6 * np.linalg.norm(hues, axis=1).min()
assert chroma["wall", 0.01] < 1 < 20 < chroma["wall", 1]

# %% [markdown]
# T = 0 is the mode, T = 1 the mean, and the paper settles on 0.38. The parrot's mean is an ocher that it never wore, with
# about half the chroma of the dullest of the three: a step toward lesson 02's gray. The wall, the other example, goes the
# other way: gray has the most votes, so the *mode* is colorless and the mean is not. Both are asserted, and that the package
# decodes the same.
#
# What does it do to a photo? For that you need votes that disagree. A network comes in lesson 05. Until then, a
# stand-in: each pixel polls the 40 known pixels that are most like it in place and lightness.

# %%
small = photo[::3, ::3]
lab = rgb_to_lab(small)
height, width = lab.shape[:2]
place = np.stack([*np.indices((height, width)) / width, lab[..., 0] / 100], axis=-1).reshape(-1, 3)
told = rng.choice(len(place), TOLD, replace=False)
_, alike = KDTree(place[told]).query(place, k=40)
known = encoder.encode(lab[..., 1:].reshape(-1, 2)[told])  # (TOLD, 313)
votes = (sum(known[column] for column in alike.T) / 40).reshape(height, width, 313)

# %%
predict(
    "03.decoder",
    "Which temperature puts the typical pixel nearest to its true color?",
    choices=["0", "0.38", "1"],
)


# %%
def colored(temperature):
    """The photo's L with the colors that its votes decode to."""
    return lab_to_rgb(np.concatenate([lab[..., :1], decode(votes, centers, temperature)], axis=-1))


def draw(temperature):
    """The photo with decoded colors, the true photo, and every fifth row and column of the decoded colors."""
    fig, (top, middle, bottom) = figure(3, 1, width=2.65, height=6.6)
    top.imshow(colored(temperature))
    middle.imshow(small)
    for ax, title in ((top, "from votes"), (middle, "true photo")):
        ax.set_title(title)
        ax.set_axis_off()
    bottom.scatter(*decode(votes, centers, temperature)[::5, ::5].reshape(-1, 2).T, s=3, color=COLORS["blue"])
    bottom.set(xlim=(-60, 85), ylim=(-60, 85), xlabel="a", ylabel="b", aspect="equal")
    return fig


# %%
play(
    draw,
    {"temperature": (0.0, 1.0, 0.02, 0.38)},
    look_for="patches that are gray at 0 and shouldn't be, as the true photo shows: what color do they take on as you go up? "
    "Then the dots. At 0 each sits on a grid point. By which temperature has every second one left? Many dots lie on one "
    "another, so guess; the count stands below the table.",
    twin=[{"temperature": 0.0}, {"temperature": 0.38}, {"temperature": 1.0}],
    caption="Above, the mode (T = 0) paints flat patches with hard borders; at 0.38 and 1 most steps are small. "
    "Below, the mode's dots stay on the grid.",
    alt=f"The photo {PHOTO} colored from votes at temperatures 0, 0.38 and 1, each above the true photo. At 0 patches of "
    "color end abruptly and the dots at the bottom lie on grid points; at 0.38 and 1 color changes gradually and the dots "
    "lie in between.",
)

# %% [markdown]
# Now in numbers. *Chroma* is √(a² + b²), averaged over the photo. The *root mean square* error punishes blunders, the
# *median* error describes the typical pixel. *By votes* is the root mean square error that you would expect if the true color
# were drawn from the votes. *Round trip* decodes the true labels, so it is the decoder's own fault alone. *Flat* is
# the share of neighboring pixels with the very same color.
#
# Asserted: by votes, the mean errs least, which is what least squares means. Against the photo that is no law, since
# its votes are only guesses. There, 0.38 errs less than the mode. The mean never has more chroma than its votes do on average.
# And the mode is flat for the most part, and where it changes, it jumps by a bin or more; the other two mostly by less.

# %%
true_ab, sure = lab[..., 1:], encoder.encode(lab[..., 1:])
decoded = {t: decode(votes, centers, t) for t in (0, 0.38, 1)}
results, jumps = {}, {}
for t, guess in decoded.items():
    error = np.linalg.norm(guess - true_ab, axis=-1)
    drawn = ((centers - guess[::4, ::4, None]) ** 2).sum(axis=-1)  # squared error, were this bin the truth
    by_votes = np.sqrt((votes[::4, ::4] * drawn).sum(axis=-1).mean())
    trip = np.linalg.norm(decode(sure, centers, t) - true_ab, axis=-1).mean()
    jumps[t] = np.linalg.norm(np.diff(guess, axis=1), axis=-1)
    rms = np.sqrt((error**2).mean())
    results[t] = mean_chroma(guess), rms, np.median(error), by_votes, trip, (jumps[t] < 1e-3).mean()
own = votes @ np.linalg.norm(centers, axis=1)
print(f"true chroma {mean_chroma(true_ab):.0f}; the votes' own, on average {own.mean():.0f}")
print("   T   chroma   rms error   median error   by votes   round trip   flat")
for t, row in results.items():
    print("{:4} {:8.0f} {:11.1f} {:14.1f} {:10.1f} {:12.1f} {:6.0%}".format(t, *row))

# %%
mode, annealed, mean = results[0], results[0.38], results[1]
predict.reveal("03.decoder", min(results, key=lambda t: results[t][2]), "On this photo, with these votes.")
dots = ((t, decode(votes[::5, ::5], centers, float(t))) for t in np.arange(0, 1.01, 0.02))
off = next(t for t, ab in dots if (np.abs(ab - 10 * np.rint(ab / 10)).max(axis=-1) > 1).mean() > 0.5)
gray = (decoded[0] == 0).all(axis=-1)
print(
    f"at T = {off:.2f} every second dot is 1 ab or more off the grid; gray wins at {gray.mean():.0%} of pixels"
)
assert mean[3] < annealed[3] < mode[3], "by votes, nothing errs less than the mean"
assert annealed[1] < mode[1], "against the photo, 0.38 should err less than the mode: is TOLD very small?"
assert mean[4] < annealed[4] < mode[4], "round trip"
assert (np.linalg.norm(decoded[1], axis=-1) < own + 1e-3).all(), "more chroma than its votes"
assert mode[5] > 0.6 > 0.5 > mean[5], "the mode should be flat, the mean not: is TOLD very small?"
assert jumps[0][jumps[0] > 1e-3].min() > 9.99 and (decoded[0] % 10 == 0).all()
assert all(np.median(jumps[t][jumps[t] > 1e-3]) < 9 for t in (0.38, 1)), "steps as large as the mode's"

# %% [markdown]
# Which is the most colorful, and is the mean the dull one? Read the table's first column, and think of the wall: wherever
# gray wins, the mode has no color at all. What to do about a winner that is gray so often is lesson 04's question.
#
# Where does each one err? Bright is wrong, and all three maps share one scale. The assertion counts blunders, the pixels
# more than three bins off: the mode has no fewer of them than 0.38.

# %%
errors = [np.linalg.norm(guess - true_ab, axis=-1) for guess in decoded.values()]
blunders = [float((error > 30).mean()) for error in errors]
show(
    [error.clip(0, 50) / 50 for error in errors],
    titles=["mode (T = 0)", "T = 0.38", "mean (T = 1)"],
    caption="Error in ab, black for 0, white for 50 and more. More than 30 off: "
    f"{blunders[0]:.1%} of the mode's pixels, {blunders[1]:.1%} at 0.38, {blunders[2]:.1%} of the mean's.",
    alt=f"Three error maps of {PHOTO}. The mode's has dark areas and bright patches with hard edges, the other two have "
    "softer transitions.",
)
assert blunders[0] >= blunders[1], "the mode should blunder no less often than 0.38"

# %% [markdown]
# **Try it:** exercise 03, *anneal*: the way back, with its temperature.
#
# ## 6 · The same answer, without the wait
#
# Back to the report's slow line. The package cuts the ab plane into small squares and lists, once, which bins can be
# among the nearest of a point in each. No tree, no loop over pixels. And uint8 Lab has whole ab, so a table of all
# 256 × 256 answers serves it.


# %%
def best_of(way, turns=3):
    """Seconds of the fastest of some turns."""
    return min(timeit.repeat(way, number=1, repeat=turns))


# %%
def encode_report(ab):
    """The report's way, whole: a tree's answers scattered into an array of zeros."""
    near, w = encode_tree(tree, ab.reshape(-1, 2))
    dense = np.zeros((len(near), 313), np.float32)
    dense[np.arange(len(near))[:, None], near] = w
    return dense


# %% [markdown]
# The table gives ratios, since seconds depend on your machine. *Sparse* labels name the five bins and their weights.
# *Dense* ones write all 313, and can't be faster than the memory they fill: ask for them only where you need them. The
# assertions leave a wide margin.
#
# Fast and wrong would be easy, so the cell after it looks at every second row and column of the photo once more, the package
# against the tree. It compares what a tie can't touch: how far the named bins are, and their weights. Those must agree at
# every pixel, and what they decode to wherever nothing ties. Where something does, it prints how far apart the two end up.

# %% tags=["nbval-ignore-output"]
whole = np.rint(ab)
faster = {}
for name, values in (("whole ab", whole), ("real-valued ab", ab)):
    slow = best_of(lambda values=values: encode_report(values), turns=2)
    faster[name, "sparse"] = slow / best_of(lambda values=values: encoder.encode_sparse(values))
    faster[name, "dense"] = slow / best_of(lambda values=values: encoder.encode(values))
for (name, kind), ratio in faster.items():
    print(f"{name:15} {kind:7} {ratio:6.1f} times as fast as the report's way")

assert faster["whole ab", "sparse"] > 10 and faster["real-valued ab", "sparse"] > 3

# %%
for name, values in (("real-valued", ab[::2, ::2].reshape(-1, 2)), ("whole", whole[::2, ::2].reshape(-1, 2))):
    distance, near = tree.query(values, k=6)
    tied = distance[:, 5] - distance[:, 4] < 1e-4
    gauss = np.exp(-(distance[:, :5] ** 2) / 50)
    expected = gauss / gauss.sum(axis=1, keepdims=True)
    bins, w = encoder.encode_sparse(values)
    named = np.linalg.norm(centers[bins] - values[:, None], axis=-1)
    differ = np.linalg.norm(mean_of(bins, w) - mean_of(near[:, :5], expected), axis=1)
    print(
        f"{name}: {tied.mean():.0%} of the pixels tie, and differ by up to {differ[tied].max(initial=0):.1f} ab"
    )
    assert np.abs(named - distance[:, :5]).max() < 1e-3, "not the nearest bins"
    assert np.abs(w - expected).max() < 1e-4, "not their weights"
    assert differ[~tied].max() < 1e-3, "different colors without a tie"
headline(
    f"313 bins in, one color out: the round trip with 5 neighbors errs by {costs[5][0]:.2f} ab, with 1 by {costs[1][0]:.1f}"
)

# %% [markdown]
# ## Recap
#
# - The 313 bins: the grid points of step 10 in the hull of the gamut's ab, under D65, and their eight neighbors each.
# - A soft label spreads a color over its K nearest bins, and the way back errs by a fraction of a bin. State K and sigma.
# - Subtract the smallest squared distance before `exp`. Then no color is too far and no sigma too small.
# - Temperature is a choice after training. The mean errs least by its votes and paints in small steps; the mode is flat, and
#   colorless where gray wins; 0.38 is the paper's choice between them.
# - Compare encoders by their bins' distances and by their weights. Labels, and what they decode to, may differ where bins tie.
#
# ## Check your understanding
#
# <details><summary>A colleague's file has 315 bins. What do you ask first?</summary>
# Whether it was made from OpenCV's uint8 Lab. Rounding alone lets (70, 70) into the hull, which brings (80, 80), the 314th; the
# byte arithmetic adds (−60, 100). A layer trained on it won't fit weights for 313, and an array of 315 cut down to 313 would
# shift colors.</details>
#
# <details><summary>Your training loss stops near 1.3 and won't go to 0. Is the network stuck?</summary>
# Not necessarily. With soft labels the cross-entropy can't fall below the labels' own entropy, and for 5 neighbors that
# is what the table in part 3 shows. Subtract it: what is left, the Kullback–Leibler divergence, can reach 0.</details>
#
# <details><summary>Is the mean always duller than the mode?</summary>
# No. Opposite hues cancel in the mean, so it has less chroma than its votes have on average. But the mode is only the winner,
# and where gray wins by a few votes the mode has no chroma, while the mean keeps some of the others'.</details>
#
# <details><summary>Two programs name different bins for some pixels, and decode up to 1 ab apart there. A bug?</summary>
# Not if bins tie there. Compare how far the named bins are, and the weights: if those agree at every pixel, the tie was
# settled in two ways, and both are right. If they don't, one program is wrong.</details>
#
# ## Where next
#
# Lesson 04: *Rare colors, rebalancing and red noise*. Votes have a bias of their own, since most of the world is gray.
#
# Read: R. Zhang, P. Isola, A. Efros, *Colorful Image Colorization*, ECCV 2016, sections 2.1 (soft encoding) and 2.3 (the
# annealed mean, equation 5).
