# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Rare colors, rebalancing and red noise
#
# **Field report.** A team trained the 313-way colorizer of lesson 03, in Keras, on uint8 Lab. The loss fell and
# converged. Accuracy hung at 0.32, whatever they did. The pictures came out with red noise: single spots of a color that
# had no business there. They had weighed rare colors up, smoothed the statistics along the list of bins, and decoded by the
# mode. Which of these made the noise? And was 0.32 bad?
#
# You will be able to
# - count how often colors occur, smooth that the right way, and make weights from it;
# - say why accuracy over 313 bins misleads, and when two printed losses can't be compared;
# - reproduce color noise from its causes one at a time, measure it, and mend it.
#
# You need lesson 03. Reading 20 minutes, running 20 seconds, exercises 55 minutes.

# %%
from itertools import permutations

import cv2
import numpy as np
import torch
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from skimage.color import rgb2lab
from torch import nn
from torch.nn import functional as F

from course_lib.color import SoftEncoder, ab_bin_centers, decode, lab_to_rgb, rgb_to_lab
from course_lib.data import photos
from course_lib.images import color_prior, natural_prior, pretrained, rebalancing_weights, soft_cross_entropy
from course_lib.metrics import mean_chroma, speckle
from course_lib.teach import COLORS, figure, headline, play, predict, show

# %% tags=["parameters"]
PHOTO = "coffee"  # or "astronaut", "chelsea", "china", "flower", "motorcycle", "rocket"
STEPS = 120  # of the small training in part 5; this default run is the full run
SEED = 0

# %%
rng = np.random.default_rng(SEED)
centers, encoder = ab_bin_centers(), SoftEncoder(ab_bin_centers())  # 5 neighbors, sigma 5
gallery = {name: rgb_to_lab(photo[::4, ::4]) for name, photo in photos().items()}
pixels = np.concatenate([lab[..., 1:].reshape(-1, 2) for lab in gallery.values()])
gray = int(np.flatnonzero((centers == 0).all(axis=1))[0])
print(f"{len(gallery)} photos, {len(pixels)} pixels; gray is bin {gray}")

# %% [markdown]
# ## 1 · How common is a color?
#
# A *prior* says how often each bin occurs, before you look at any picture. Encode every pixel softly and take the average:
# each pixel adds a share to its five nearest bins. That is a histogram, smoothed with a Gaussian in the ab plane.

# %%
question = "What share of the pixels of many photos falls to the nine bins at and around gray?"
predict("04.gray", question, low=0, high=100, unit="%")

# %%
shares = np.zeros(313)
nearest, weights = encoder.encode_sparse(pixels)
np.add.at(shares, nearest, weights)  # `shares[nearest] += weights` would count each bin once
own = shares / shares.sum()
for q in np.argsort(-own)[:4]:
    print(f"bin {q} at ({centers[q, 0]:.0f}, {centers[q, 1]:.0f}): {own[q]:.1%}")

# %% [markdown]
# Seven photos are few. Beside ours lies the prior of the thousands of photos that the shipped networks learned from. The
# assertions: our average is what the package computes; in both priors gray is the most common bin, and the nine bins
# around it, 3% of the list, hold more than 40%. For the prior published with the paper *Colorful Image Colorization*, we
# computed 60%, and 0.201 for gray.

# %%
natural, counted = natural_prior(), natural_prior(smoothed=False)
near_gray = (np.abs(centers) <= 10).all(axis=1)  # nine bins of 313
for name, prior in (("our seven", own), ("thousands", natural)):
    print(
        f"{name}: gray {prior[gray]:.3f}, the nine {prior[near_gray].sum():.0%}, empty bins {(prior == 0).sum()}"
    )
    assert prior.argmax() == gray and prior[near_gray].sum() > 0.4
assert np.allclose(own, color_prior(lab[..., 1:] for lab in gallery.values()), atol=1e-9)
predict.reveal("04.gray", 100 * natural[near_gray].sum(), "Nine bins of 313.", unit="%")


def map_bins(ax, values, title, low=-6):
    """Numbers above 0 on the ab plane, as powers of ten; a cross where there is nothing."""
    some = values > 0
    ax.scatter(*centers[~some].T, s=9, marker="x", color="lightgray", linewidths=0.7)
    log = np.log10(values[some])
    seen = ax.scatter(*centers[some].T, s=26, c=log, marker="s", cmap="viridis", vmin=low, vmax=0)
    ax.set(xlabel="a (green to red)", ylabel="b (blue to yellow)", aspect="equal", title=title)
    return seen


fig, axes = figure(1, 2, height=3.9)
for ax, prior, title in zip(axes, (own, natural), ("seven photos", "thousands of photos"), strict=True):
    colored = map_bins(ax, prior, title)
fig.colorbar(colored, ax=axes, label="share, as a power of ten", shrink=0.8)
caption = "Each step of the scale is a factor of ten. Gray is a peak; strong violet, green and red are nearly or wholly absent."
alt = "Two maps of the ab plane. Both are brightest at the center and darken outward by many powers of ten; the left one has many crosses, for empty bins."
show(fig, caption=caption, alt=alt)

# %% [markdown]
# ## 2 · Weights for rare colors
#
# A network that minds every pixel alike minds gray most. So weigh each pixel by the rarity of its color: mix the prior
# with the uniform distribution, by a share $\lambda$, and invert. Then scale so that the weight that a pixel gets on
# average, its expectation under the prior, is 1: $w_q \propto 1 / ((1-\lambda) p_q + \lambda / Q)$ and $\sum_q p_q w_q = 1$.


# %%
def weigh(prior, mixing):
    w = 1 / ((1 - mixing) * prior + mixing / len(prior))
    return w / (prior * w).sum()


def bound(prior, mixing):
    return 1 + (1 - mixing) / mixing * len(prior) * prior.max()


assert np.allclose(weigh(natural, 0.2), rebalancing_weights(natural, 0.2))


# %%
print("     λ   at gray   largest   ratio   expectation   plain average")
for mixing in (1, 0.5, 0.1, 0.01):
    w = weigh(natural, mixing)
    row = w[gray], w.max(), w.max() / w.min(), (natural * w).sum(), w.mean()
    print("{:6} {:9.3f} {:9.1f} {:7.0f} {:13.3f} {:15.1f}".format(mixing, *row))
    assert abs(row[3] - 1) < 1e-9 and row[2] <= bound(natural, mixing) + 1e-6

# %% [markdown]
# The assertions: the package's weights, expectation 1, and a bound. Mixing keeps every bin at or above $\lambda/Q$, so no two
# weights are further apart than a factor of $1 + \frac{1-\lambda}{\lambda} Q \max p$, *whatever the rare bins hold*. That
# factor is 64 for the paper's $\lambda$ of 0.5 and the published prior. Mind the last column, too: an expectation of 1 isn't an
# average of 1. Scaling by the plain average gives the same ratios and another step size.
#
# And λ = 0? Then an empty bin divides by 0. The package refuses; the assertion is that it does.

# %%
try:
    rebalancing_weights(own, 0)
except ValueError as error:
    refused = str(error)
print(refused)
assert "bins are empty" in refused

# %% [markdown]
# **Try it:** exercise 04, *prior* and *rebalance*.
#
# ## 3 · Two priors that are wrong, and four checks
#
# The published code we looked at holds two mistakes worth knowing. The first: smooth the histogram *along the list* of
# bins, with a one-dimensional Gaussian. The list runs through the ab plane column by column. So where a column ends, the next
# one starts, at the other end of the plane. Give all mass to one bin and look where it goes.


# %%
def smooth_along_list(prior):
    """The mistake: interpolate the list to 1000 points, blur with sigma 5, read it at the 313 again."""
    fine = np.linspace(0, 312, 1000)
    blurred = gaussian_filter1d(np.interp(fine, np.arange(313), prior), 5)
    back = np.interp(np.arange(313), fine, blurred)
    return back / back.sum()


end = int(np.flatnonzero((centers == (-10, 100)).all(axis=1))[0])
in_plane, along_list = color_prior([centers[end][None]]), smooth_along_list(np.eye(313)[end])
far = np.linalg.norm(centers - centers[end], axis=1) > 50


fig, axes = figure(1, 2, height=3.9)
for ax, prior, title in zip(axes, (in_plane, along_list), ("in the plane", "along the list"), strict=True):
    seen = map_bins(ax, np.where(prior > 1e-4, prior, 0), title, low=-4)
    ax.plot(*centers[end], "o", markersize=12, fillstyle="none", color=COLORS["vermilion"])
fig.colorbar(seen, ax=axes, label="share, as a power of ten", shrink=0.8)
caption = "All mass started in the circled bin, a strong yellow-green. Smoothed along the list, some of it turns blue."
alt = "Two maps of the bins. Left, a small cluster around the circled bin at the top. Right, a vertical strip below the circled bin, and a second strip at the bottom of the next column."
show(fig, caption=caption, alt=alt)
print(
    f"more than 50 ab away: {in_plane[far].sum():.0%} in the plane, {along_list[far].sum():.0%} along the list"
)
print(f"the next bin in the list, {centers[end + 1].astype(int)}: {along_list[end + 1]:.3f}")
assert in_plane[far].sum() == 0 and along_list[far].sum() > 0.2 and far[end + 1]

# %% [markdown]
# The second: the prior of lesson 01's field report, a file that circulates under the right name. Its maximum is a neon green,
# and its nine bins at gray hold 5%, by our count, where the published prior has 60%. It looks like what happens when a
# converter that expects RGB from 0 to 1 is fed 0 to 255. Ours refuses such numbers, scikit-image's doesn't, so the fault is
# quickly made in miniature.
#
# How would you notice? Here are four checks. *Peak*: is gray the most common? *Gray*: do the nine bins at gray hold over 30%?
# *Overlap*: does the prior share more than half of its mass with that of photos of your own? *Reach*: is there no mass more
# than 15 ab, beyond the diagonal neighbor, from every bin that ever was some pixel's nearest? The last one needs the plain
# counts; those of the thousands of photos serve for all three priors below.

# %%
broken = color_prior(rgb2lab(255 * photo[::4, ::4])[..., 1:] for photo in photos().values())
seen = counted > 0  # bins that were the nearest for some pixel
reach = np.linalg.norm(centers[:, None] - centers[seen], axis=-1).min(axis=1) < 15


def examine(prior):
    return {
        "peak": bool(prior.argmax() == gray),
        "gray": bool(prior[near_gray].sum() > 0.3),
        "overlap": bool(np.minimum(prior, own).sum() > 0.5),
        "reach": bool(prior[~reach].sum() < 1e-9),
    }


suspects = {"natural": natural, "fed with 0..255": broken, "along the list": smooth_along_list(counted)}
for name, prior in suspects.items():
    a, b = centers[prior.argmax()]
    print(f"{name:16} peak at ({a:.0f}, {b:.0f}), gray {prior[near_gray].sum():4.0%}", end="")
    print(f", overlap {np.minimum(prior, own).sum():4.0%}, out of reach {prior[~reach].sum():.0e}")
verdicts = {name: list(examine(prior).values()) for name, prior in suspects.items()}
print(verdicts)
assert verdicts["natural"] == [True] * 4 and verdicts["fed with 0..255"] == [False] * 4
assert verdicts["along the list"] == [True, True, True, False]

# %% [markdown]
# The assertions: the good prior passes all four; the one from 0…255 fails all four; the one smoothed along the list
# passes three, and only *reach* sees it. A check that was made for one fault says nothing about another.
#
# How much does the list's mistake matter, then? Less than it looks, at λ = 0.5, since there all rare bins weigh
# nearly alike. But common ones move: count the mass it displaces, and how far it changes a weight. The assertion: it
# displaces more than a tenth of all mass, and some weight by half or more.

# %%
displaced = np.abs(suspects["along the list"] - natural).sum() / 2
change = weigh(suspects["along the list"], 0.5) / weigh(natural, 0.5)
print(
    f"displaced: {displaced:.0%} of the mass; weights change by factors of {change.min():.2f} to {change.max():.2f}"
)
assert displaced > 0.1 and max(change.max(), 1 / change.min()) > 1.5

# %% [markdown]
# ## 4 · The loss, weighted, printed and swapped
#
# The cross-entropy of a network's answer $p$ against a soft label $z$ is $-\sum_q z_q \log p_q$. (From here on $p$ is an
# answer, no longer the prior.) The report's authors wrote their own; torch's takes probabilities today. The assertion: by
# hand, by torch and by the package, one number.

# %%
few = torch.tensor(encoder.encode(rng.choice(pixels, 500, replace=False)))  # (500, 313) soft labels
logits = torch.randn(500, 313, generator=torch.Generator().manual_seed(SEED), requires_grad=True)
by_hand = -(few * torch.log_softmax(logits, dim=1)).sum(dim=1).mean()
by_torch, by_package = F.cross_entropy(logits, few), soft_cross_entropy(logits, few)
print(f"by hand {by_hand.item():.4f}, torch {by_torch.item():.4f}, package {by_package.item():.4f}")
assert abs(by_hand - by_torch) < 1e-4 and abs(by_hand - by_package) < 1e-4

# %% [markdown]
# Now the weights. A pixel gets the weight of its label's largest bin. The report multiplies the labels before the loss. The
# paper's released layer does something else: forward it passes its input on *unchanged*, and backward it multiplies the
# gradient. Same weights, same data: does it make a difference?


# %%
class Reweigh(torch.autograd.Function):
    """Passes x on; multiplies the gradient of each row by its weight."""

    @staticmethod
    def forward(ctx, x, weight):
        ctx.save_for_backward(weight)
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0][:, None], None


bin_weights = torch.tensor(rebalancing_weights(natural), dtype=torch.float32)
constant = torch.log(torch.tensor(natural).float().clamp_min(1e-9)).repeat(500, 1).requires_grad_()
printed, gradients = [], []
for way in ("weighted labels", "weighted gradient"):
    if way == "weighted labels":
        loss = soft_cross_entropy(constant, few, bin_weights)
    else:
        loss = F.cross_entropy(Reweigh.apply(constant, bin_weights[few.argmax(dim=1)]), few)
    printed.append(loss.item())
    gradients.append(torch.autograd.grad(loss, constant)[0])
    print(f"{way:17} prints {loss.item():.2f}, gradient's length {gradients[-1].norm():.5f}")
assert torch.allclose(*gradients, atol=1e-7) and printed[0] > 1.3 * printed[1]

# %% [markdown]
# The same answer on the same pixels, here the natural prior everywhere. The two ways pull the network in exactly the
# same direction and print different numbers; both are asserted. The weights are 1 on average, so why isn't the weighted
# loss as large as the plain one? Because rare colors have both a large weight and a large $-\log p$, and the products
# add up. So a loss of 1.9 in one log and of 4 in another can be the same network. Before you compare losses, ask which
# one was printed, and which K the labels had (lesson 03).
#
# One more trap. Keras losses take `(y_true, y_pred)` in this order, torch's take the prediction first. What if
# you swap them? Nothing crashes. Take a gray pixel that is gray in half of all photos, red in 30%, blue in 20%, and let
# both losses train three logits. Keras clips what it takes the logarithm of at 1e-7.

# %%
predict(
    "04.swap", "Which share does the swapped loss give to gray, true share 50%?", low=0, high=100, unit="%"
)

# %%
truth = torch.tensor([0.5, 0.3, 0.2])
labels = torch.eye(3)  # each photo's label is sure; which photo it is, the network can't know
answers, final = {}, {}
for way in ("right", "swapped"):
    scores = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.Adam([scores], lr=0.1)
    for _ in range(300):
        p = scores.softmax(dim=0)
        one_way = -(labels * p.clamp_min(1e-7).log()).sum(dim=1)
        other_way = -(p * labels.clamp_min(1e-7).log()).sum(dim=1)
        loss = (truth * (one_way if way == "right" else other_way)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    answers[way], final[way] = scores.softmax(dim=0).detach(), loss.item()
    print(f"{way:8} loss {final[way]:.2f}, shares {answers[way].numpy().round(2)}")

# %% [markdown]
# The right loss learns the shares. The swapped one is *linear* in the prediction, so its optimum is a corner: everything on
# the winner. It falls, it converges, and it learned a mode that no temperature can soften any more. Its value is a
# price of clipping: half of the labels disagree, at $-\log 10^{-7} = 16.1$ each. The assertions say all three.

# %%
predict.reveal("04.swap", 100 * answers["swapped"][0].item(), "All on the winner.", unit="%")
assert (answers["right"] - truth).abs().max() < 0.02 and answers["swapped"][0] > 0.98
assert abs(final["right"] + (truth * truth.log()).sum()) < 0.01, "should end at the labels' own entropy"
assert abs(final["swapped"] - 0.5 * 16.118) < 0.2

# %% [markdown]
# **Try it:** exercise 04, *weighted_loss*.
#
# ## 5 · Is an accuracy of 0.32 bad?
#
# *Accuracy* asks whether the largest bin of the answer is the largest bin of the label. Before you judge a number, look at
# what trivial answers score. First one that knows nothing: gray, always. Then one that you would hardly notice:
# every true color moved by 5 ab, in a random direction. By how much does it beat gray?

# %%
predict("04.nudged", "The accuracy of the true colors, each moved by 5 ab?", low=0, high=100, unit="%")


def hits(ab, true_ab):
    """Accuracy of colors over the 313 bins."""
    bins, true_bins = (encoder.encode_sparse(x)[0][..., 0] for x in (ab, true_ab))
    return (bins == true_bins).mean()


# %%
angle = rng.uniform(0, 2 * np.pi, len(pixels))
nudged = pixels + 5 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
gray_hits, nudged_hits = hits(0 * pixels, pixels), hits(nudged, pixels)
predict.reveal("04.nudged", 100 * nudged_hits, "More than half of it is called wrong.", unit="%")
print(f"always gray: {gray_hits:.1%} on our photos, {counted[gray]:.1%} on the thousands of photos")
assert nudged_hits < 0.6 and 0.1 < gray_hits < 0.35 and 0.2 < counted[gray] < 0.4

# %% [markdown]
# The scale of this gauge runs from about 0.2 or 0.3, for knowing nothing, to under a half, for knowing all but what you would
# hardly notice. The report's 0.32 lies just above what *always gray* gets on thousands of photos. The assertions hold both ends.
#
# Now watch a training through it. A small network guesses a pixel's color from its lightness, its surroundings' and its place,
# in photos that it keeps seeing. It is no colorizer, but its loss behaves like one's.

# %% tags=["nbval-ignore-output"]
features = []
for lab in gallery.values():
    light = lab[..., 0] / 50 - 1
    across = np.stack(np.indices(light.shape), axis=-1) / max(light.shape) - 0.5
    blurred = [light, gaussian_filter(light, 2), gaussian_filter(light, 8)]
    features.append(np.concatenate([np.stack(blurred, -1), across], axis=-1).reshape(-1, 5))
chosen = rng.choice(len(pixels), 1500, replace=False)
x = torch.tensor(np.concatenate(features)[chosen], dtype=torch.float32)
y = torch.tensor(encoder.encode(pixels[chosen]))
bins, plane = y.argmax(dim=1), torch.tensor(centers, dtype=torch.float32)
torch.manual_seed(SEED)
net = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 313))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
true_ab = torch.tensor(pixels[chosen]).float()
log = []
for _ in range(STEPS + 1):
    logits = net(x)
    loss = soft_cross_entropy(logits, y)
    color = (logits.detach() / 0.38).softmax(dim=1) @ plane  # the annealed mean
    right = (logits.argmax(dim=1) == bins).float().mean().item()
    log.append((loss.item(), right, (color - true_ab).norm(dim=1).mean().item()))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
log = np.array(log)

# %% tags=["nbval-ignore-output"]
share = (bins == gray).float().mean().item()
fig, axes = figure(1, 3, height=2.5)
for ax, values, name in zip(axes, log.T, ("loss (nats)", "accuracy", "error (ab)"), strict=True):
    ax.plot(values)
    ax.set(xlabel="step", ylabel=name)
axes[1].axhline(share, color=COLORS["vermilion"], linestyle="--", label="always gray")
axes[1].set_ylim(0, 0.5)
axes[1].legend()
caption = "The loss falls from the start. Accuracy jumps to what always-gray scores, and rests there while the loss goes on."
alt = "Three curves. The loss falls throughout. Accuracy jumps to the dashed line of always-gray before step 20, lies on it until about step 50, then rises slowly. The error in ab falls, wavers while accuracy rests, and falls on from about step 50."
show(fig, caption=caption, alt=alt)

# %% [markdown]
# The assertion looks for the plateau: over 15 steps and more, accuracy stays within 0.05 of always-gray, while the loss
# falls by over a third of a nat. The error in ab is no steadier guide at first: it wavers, and in some runs it rises for a
# while. Then it falls, together with accuracy; that it ends more than 1 ab lower is asserted. Accuracy and error see one
# decoded color, the loss sees the whole answer.

# %% tags=["nbval-ignore-output"]
flat = np.flatnonzero(np.abs(log[:, 1] - share) < 0.05)
first, last, low = flat[0], flat[-1], log[:25, 2].argmin()
top = low + log[low:50, 2].argmax()  # where the error is largest after its first fall
for step in sorted({first, low, top, last, STEPS}):
    print("step {:3}: loss {:.2f}, accuracy {:.2f}, error {:.1f} ab".format(step, *log[step]))
assert last - first > 15 and log[first, 0] - log[last, 0] > 0.33 and log[-1, 2] < log[low, 2] - 1

# %% [markdown]
# ## 6 · Weights move the answer, and you can move it back
#
# Train with weights $w$, and what does the network learn? For each input, the loss is a weighted count of the labels. So its
# optimum isn't the share $p$ of each color, it is $p\,w$, made to sum to 1. That has a use: if you know which weights a
# network was trained with, divide them out, and multiply others in. $p\,w'/w$ is what it *would have learned* with $w'$.
#
# Don't believe it, train it. The smallest network that can hold every answer is a table: 16 levels of lightness, 313
# scores each. Train it on the photos' pixels without weights and with two kinds.

# %%
level = np.clip(np.concatenate([lab[..., 0].ravel() for lab in gallery.values()]) / 100 * 16, 0, 15).astype(
    int
)
hard = np.zeros((16, 313))
np.add.at(hard, (level, nearest[:, 0]), 1 / len(pixels))  # pixels of a level with one label, counted together
occurs = hard.sum(axis=0) > 0
kinds = {"none": np.ones(313), "λ = 0.5": weigh(own, 0.5), "λ = 0.1": weigh(own, 0.1)}


def train_table(counts, rate=0.5):
    """Softmax regression on counts (16, 313) of weighted labels -> the table's answers (16, 313)."""
    counts = torch.tensor(counts / counts.sum(axis=1, keepdims=True), dtype=torch.float32)
    scores = torch.zeros(16, 313, requires_grad=True)
    optimizer = torch.optim.Adam([scores], lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 500)
    for _ in range(500):
        loss = -(counts * scores.log_softmax(dim=1)).sum(dim=1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return scores.softmax(dim=1).detach().numpy().astype(float)


def normalized(x):
    return x / x.sum(axis=-1, keepdims=True)


def apart(p, q):
    """Total variation: the share of votes on which two answers disagree, the worst of all levels."""
    return 0.5 * np.abs(p - q).sum(axis=1).max()


# %%
learned = {name: train_table(hard * v) for name, v in kinds.items()}
for old, new in permutations(kinds, 2):
    moved = normalized(learned[old] * kinds[new] / kinds[old])
    off, unmoved = apart(moved, learned[new]), apart(learned[old], learned[new])
    print(f"trained with {old:8} moved to {new:8} disagrees on {off:6.2%}, unmoved on {unmoved:4.0%}")
    assert off < 0.05 and unmoved > 0.2

# %%
early = normalized(train_table(hard, rate=0.1) * kinds["λ = 0.1"])
print(f"trained less, with none, moved to λ = 0.1: disagrees on {apart(early, learned['λ = 0.1']):.0%}")
assert apart(early, learned["λ = 0.1"]) > 0.4

# %% [markdown]
# The rule holds, in every direction: asserted to 5% of the votes, where unmoved answers disagree on 28 to 58% (asserted:
# over 20%). Three notes in fine print. First, the optimum must be reached. The last line trains at a fifth of the rate:
# the bins that never occur at a level haven't sunk to 0 yet, and the weights lift this floor until it takes over half of
# the votes (asserted: over 40%). Keep that in mind for part 7. Second, the rule can't know a color that never occurred
# in training.
#
# Third, with *soft* labels a pixel has the weight of its label's largest bin, but its vote goes to five. So the rule is off by
# some. The cell compares it with the optimum, which is a weighted average of soft labels; the assertion says that the
# rule leaves less than three quarters of the way to go.

# %%
order = rng.choice(len(pixels), 6000, replace=False)
soft, plain = np.zeros((2, 16, 313))
dense, w = encoder.encode(pixels[order]), kinds["λ = 0.5"]
np.add.at(soft, level[order], dense * w[nearest[order, :1]])
np.add.at(plain, level[order], dense)
often = np.bincount(level[order], minlength=16) > 30  # levels with enough pixels to speak of
optimum, before = normalized(soft[often]), normalized(plain[often])
left, way = (0.5 * np.abs(optimum - x).sum(axis=1).mean() for x in (normalized(before * w), before))
print(f"soft labels: unmoved answers disagree with the optimum on {way:.0%}, moved ones on {left:.0%}")
assert left < 0.75 * way

# %% [markdown]
# ## 7 · Color noise, from its causes, one at a time
#
# The shipped classification network was trained with λ = 0.5 on the natural prior. By the rule, one network is enough to
# see what other choices would have done. What we change: the decoder (annealed mean or mode), λ, and whether the prior
# was smoothed: in ab, along the list as in the report, or not at all. The decoder's rows are exact; the others hold as
# far as the rule does. Bins that no training photo ever had get no vote in any of this.

# %%
model = pretrained("classification")
trained_with = rebalancing_weights(natural, 0.5)
posteriors = {
    name: model.probabilities(rgb_to_lab(photo)[None, ..., 0])[0].astype(float)
    for name, photo in photos().items()
}


def moved(posterior, prior, mixing):
    """The network's answer, had it been trained with other weights."""
    mixed = np.where(seen, (1 - mixing) * prior + mixing / 313, 1)
    return normalized(posterior * seen / mixed / trained_with)


# %% [markdown]
# **A measure of noise.** A speck is a place whose color departs from its neighborhood. So `speckle` takes the median of
# a and of b over 5×5 places, as a median filter would, and the distance from it. *Amount* is its mean. *Share* counts
# the places more than 10 ab, one bin, away; the four hues say where those depart to, red being the +a end of the a axis.
# Places whose window leaves the picture aren't judged, so 16×16 of the 20×20 below are. The assertions: flat colors,
# slopes and straight edges measure 0, and a lone spot doesn't.

# %%
slope = np.stack(np.indices((20, 20)), axis=-1) * 3.0
edge = np.where(np.arange(20)[:, None, None] < 9, [40.0, 0.0], [0.0, 40.0]) * np.ones((20, 20, 1))
spot = np.zeros((20, 20, 2))
spot[8, 8] = 60, 30
print(speckle(spot))
assert max(speckle(ab).amount for ab in (slope, edge, 0 * spot)) < 1e-9 and speckle(spot).red == 1

# %%
listed = suspects["along the list"]
settings = {  # temperature, prior, λ
    "mended: 0.38, smoothed, λ = 0.5": (0.38, natural, 0.5),
    "mode": (0, natural, 0.5),
    "prior not smoothed": (0.38, counted, 0.5),
    "along the list": (0.38, listed, 0.5),
    "along the list, mode": (0, listed, 0.5),
    "λ = 0.01": (0.38, natural, 0.01),
    "λ = 0": (0.38, natural, 0),
    "λ = 0, not smoothed": (0.38, counted, 0),
    "λ = 0, along the list": (0.38, listed, 0),
    "λ = 0, mode": (0, natural, 0),
    "λ = 0, mode, not smoothed": (0, counted, 0),
}
choices = ["the mode", "the prior that wasn't smoothed", "λ = 0"]
predict("04.cause", "From the mended one, change one thing. Which makes the most specks?", choices=choices)

# %%
amounts, hues = {}, {}
print(f"{'':32} amount  share   red yellow green blue")
for name, (temperature, prior, mixing) in settings.items():
    found = [speckle(decode(moved(p, prior, mixing), centers, temperature)) for p in posteriors.values()]
    amounts[name] = np.mean([s.amount for s in found])
    share = np.mean([s.share for s in found])
    hues[name] = np.average([s[2:] for s in found], axis=0, weights=[s.share + 1e-9 for s in found])
    print(f"{name:32} {amounts[name]:6.1f} {share:6.1%}", "".join(f"{hue:6.0%}" for hue in hues[name]))
size = {name: posterior.shape[1::-1] for name, posterior in posteriors.items()}
true = {
    name: cv2.resize(lab[..., 1:], size[name], interpolation=cv2.INTER_AREA) for name, lab in gallery.items()
}
print(f"{'the true photos':32} {np.mean([speckle(ab).amount for ab in true.values()]):6.1f}")
base = amounts["mended: 0.38, smoothed, λ = 0.5"]
calm = [amounts["prior not smoothed"], amounts["along the list"]]
one_change = dict(zip(choices, ("mode", "prior not smoothed", "λ = 0"), strict=True))
predict.reveal("04.cause", max(one_change, key=lambda cause: amounts[one_change[cause]]))
assert amounts["mode"] > 1.1 * base and amounts["λ = 0.01"] > 1.4 * base
assert min(amounts["λ = 0"], amounts["λ = 0, along the list"]) > 1.7 * base
assert np.allclose(calm, base, rtol=0.15) and amounts["λ = 0, mode"] > 3 * base
for one, other in (("along the list, mode", "mode"), ("λ = 0, mode, not smoothed", "λ = 0, mode")):
    assert abs(amounts[one] / amounts[other] - 1) < 0.15
assert 1 < amounts["λ = 0, not smoothed"] / amounts["λ = 0"] < 1.4

# %% [markdown]
# Asserted: the mode alone makes over 10% more noise than the mended way, λ = 0.01 over 40%, λ = 0 over 70%, λ = 0 with the mode
# more than three times as much. And the smoothing? As long as λ is 0.5, *nothing* to within 15%, whether it was left out or done
# along the list, with the annealed mean or the mode: the bound of part 2 protects you.
#
# So, **which of the report's three made the noise?** Not the smoothing along the list; alone it makes none. The mode does, and
# so do weights for rare colors if mixing is missing. How much the report mixed we don't know.
#
# Two rows need a second look. λ = 0 with the mode has the largest amount, but fewer specks than λ = 0 alone: it paints
# hard patches wider than the window, so fewer places stand out, and those by far more. And at λ = 0, smoothing does have
# a small effect. The next cell shows why: the weights of bins that touch in the plane should be alike. How far apart is
# the typical pair of neighbors, and the worst? And how much more than gray does the heaviest bin weigh?

# %%
pairs = np.argwhere(np.triu(np.linalg.norm(centers[:, None] - centers, axis=-1) == 10))
pairs = pairs[seen[pairs].all(axis=1)]  # bins that touch, both with a pixel to their name
steps = {}
for name, prior in (("smoothed", natural), ("not smoothed", counted)):
    for mixing in (0.5, 0):
        log_weight = -np.log((1 - mixing) * np.where(seen, prior, 1) + mixing / 313)
        steps[name, mixing] = np.exp(np.abs(np.diff(log_weight[pairs], axis=1)))
        typical, worst = np.median(steps[name, mixing]), steps[name, mixing].max()
        print(
            f"{name:13} λ = {mixing:3}: neighbors differ by a factor of {typical:5.2f}, at most {worst:7.0f}"
        )
    print(
        f"{'':13} λ =   0: the heaviest bin weighs {prior[gray] / prior[seen].min():.1e} times as much as gray"
    )
    assert prior[gray] / prior[seen].min() > 1e6
assert np.median(steps["not smoothed", 0]) > 1.1 * np.median(steps["smoothed", 0])
assert max(steps[name, 0.5].max() for name in ("smoothed", "not smoothed")) < 66

# %% [markdown]
# With neither mixing nor smoothing, one pixel more in thousands of photos halves the weight of a bin that had one, and
# of two bins that touch, one may weigh hundreds of times the other. And the network's answer there isn't knowledge. What
# it says about a violet that three pixels had is the floor of its softmax, and a weight millions of times that of gray
# turns this floor into a winner. Look at it.


# %%
def painted(name, temperature, prior, mixing):
    """The photo's lightness with a decoded color at each of the network's places."""
    ab = decode(moved(posteriors[name], prior, mixing), centers, temperature).astype(np.float32)
    lab = rgb_to_lab(photos(name)[name][::2, ::2])
    lab[..., 1:] = cv2.resize(ab, lab.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return lab_to_rgb(lab)


pictures = {"truth": photos(PHOTO)[PHOTO][::2, ::2]}
shown = [name for name in settings if "," not in name or name.endswith(("0.5", "mode"))]
pictures |= {name: painted(PHOTO, *settings[name]) for name in shown}
titles = [name.replace(": 0.38, smoothed, λ = 0.5", "") for name in pictures]
caption = "Causes of color noise, alone and together, on one network's one answer. The colors are the network's guesses from gray, so they needn't be right; look at the spots."
alt = f"The photo {PHOTO}, and {len(shown)} colorings. The mended one is mostly smooth, and so are those with another smoothing; the mode has spots; λ = 0.01 is far too colorful; with λ = 0 violet spreads, and with the mode as well there are hard patches."
show(list(pictures.values()), titles=titles, caption=caption, alt=alt)

# %% [markdown]
# **Is the noise red?** The report's was. In ours, the mode's specks are redder than the mended picture's, asserted below, but red
# is only one of four hues there, and not the most common. With λ = 0 a good part of them goes violet, the rarest color
# of all. There is no law in that: specks wear whatever bins the weights favor and the network can't rule out. A hue is a hint
# at *which* bins, and not by itself at the cause. So which bins win? The assertion: with λ = 0 the winners' chroma is over 50,
# so they come from far out.

# %%
for name in ("mode", "λ = 0", "λ = 0, not smoothed"):
    temperature, prior, mixing = settings[name]
    wins = [decode(moved(p, prior, mixing), centers, 0).reshape(-1, 2) for p in posteriors.values()]
    colors, count = np.unique(np.concatenate(wins), axis=0, return_counts=True)
    order = np.argsort(-count)[:5]
    common = ", ".join(
        f"({a:.0f}, {b:.0f}) {n / count.sum():.0%}"
        for (a, b), n in zip(colors[order], count[order], strict=True)
    )
    print(f"{name:19} winners: {common}")
    chroma = mean_chroma(np.concatenate(wins))
    print(f"{'':19} mean chroma of the winners {chroma:.0f}")
    assert name == "mode" or chroma > 50
assert hues["mode"][0] > hues["mended: 0.38, smoothed, λ = 0.5"][0], (
    "the mode's specks should be the redder ones"
)

# %% [markdown]
# **And accuracy?** Move the network's answer to λ = 1, no weights at all, and take the mode, as accuracy does. The assertions:
# the picture loses nearly all of its color, and accuracy goes *up*. And the strongest point: the colorful network scores
# *below* always gray. Had you chosen the model by accuracy, you would have chosen gray.

# %%
wins = {f"λ = {x}": [decode(moved(p, natural, x), centers, 0) for p in posteriors.values()] for x in (0.5, 1)}
wins["always gray"] = [0 * ab for ab in true.values()]
scores = {x: np.mean([hits(*pair) for pair in zip(wins[x], true.values(), strict=True)]) for x in wins}
chroma = {x: np.mean([mean_chroma(ab) for ab in wins[x]]) for x in wins}
print("\n".join(f"{x:11}: accuracy {scores[x]:.2f}, chroma of the mode {chroma[x]:.0f}" for x in wins))
assert scores["λ = 0.5"] < min(scores["λ = 1"], scores["always gray"] - 0.03) and chroma["λ = 1"] < 5

# %% [markdown]
# ## 8 · Both knobs at once
#
# λ is fixed in training, the temperature after it. With the rule of part 6 you can turn both on a finished network. No
# choice wins on all counts: towards λ = 1 the picture goes gray, towards 0 it goes wild; a low temperature
# paints hard patches, a high one soft transitions. And where gray wins the vote, only a high one keeps some color.


# %%
def draw(temperature, mixing):
    """The colored photo, and how noisy and how colorful it is."""
    fig, ax = figure(width=3.9, height=3.1)
    ax.imshow(painted(PHOTO, temperature, natural, mixing))
    ab = decode(moved(posteriors[PHOTO], natural, mixing), centers, temperature)
    ax.set_title(f"specks {speckle(ab).amount:.1f}, chroma {mean_chroma(ab):.0f}")
    ax.set_axis_off()
    return fig


play(
    draw,
    {"temperature": (0.0, 1.0, 0.02, 0.38), "mixing": (0.0, 1.0, 0.01, 0.5)},
    look_for="the smallest mixing at which the picture is still calm at temperature 0.38, and what raising the temperature to 1 "
    "does there. Then set mixing to 1: gray at temperature 0; from which temperature on does color come back?",
    twin=[{"temperature": t, "mixing": m} for m in (0.02, 0.5, 1.0) for t in (0.0, 1.0)],
    caption="Downward, more mixing: less color. To the right, a higher temperature: soft borders in place of hard patches.",
    alt=f"Six colorings of {PHOTO}. With mixing 0.02 strong, spotted color; with 0.5 moderate; with mixing 1 gray at temperature 0, and a soft brown at temperature 1.",
)
headline(
    f"same network: {amounts['λ = 0, mode'] / base:.1f} times the color noise with the mode and λ = 0; "
    f"always gray scores {counted[gray]:.0%} accuracy"
)

# %% [markdown]
# **Try it:** exercise 04, *suspects*, and the number 0.32 in your own words.
#
# ## Recap
#
# - The prior is the average soft label: a histogram smoothed *in ab*. Along the list of bins, yellow-green leaks into blue.
# - Weights $1/((1-\lambda)p + \lambda/Q)$ from the prior $p$, scaled to expectation 1 under it. Mixing bounds their ratio; it is
#   what protects you from bins that hardly occur.
# - Accuracy over 313 bins: *always gray* scores 0.2 to 0.3, *off by 5 ab* less than a half, a colorful network less than gray. Its
#   plateau says nothing: the loss goes on falling; the error in ab wavers, then falls together with accuracy.
# - A printed loss may be weighted or not, at the same gradient. Swapped arguments train a mode.
# - Where a network without weights answers $p$, one trained with weights $w$ answers $p\,w$. Color noise comes from the mode and
#   from weights without mixing, not from smoothing along the list: alone, that mistake makes none.
#
# ## Check your understanding
#
# <details><summary>Two logs of the same model on the same photos say 1.9 and 4.1. Who is wrong?</summary>
# Perhaps nobody. One may print the weighted loss, the other the plain one with weighted gradients; or their labels have
# different K, and so different entropies. Compute one loss for both before you compare.</details>
#
# <details><summary>You inherit a network trained with λ = 0.5 and want duller, safer colors. Must you train again?</summary>
# No. Divide its answer by the weights it was trained with, multiply by those of a larger λ, and make it sum to 1. That is what
# it would have learned, as far as it reached its optimum.</details>
#
# <details><summary>A prior passes "gray is the peak" and "most mass near gray". Is it sound?</summary>
# Not yet: one smoothed along the list passes both. Each check sees one fault. Ask as well whether mass lies where no
# pixel ever was, and whether photos of your own agree.</details>
#
# <details><summary>Why can annealing not mend a network whose loss had its arguments swapped?</summary>
# Its answers are one-hot: the other bins have no votes left. Raising 0 and 1 to a power gives 0 and 1 again.</details>
#
# ## Where next
#
# Lesson 05: *Training it for real*. The network that you re-weighted here, its three heads, its schedule and its scores.
#
# Read: R. Zhang, P. Isola, A. Efros, *Colorful Image Colorization*, ECCV 2016, section 2.2 (class rebalancing). On the rule
# of part 6: M. Saerens, P. Latinne, C. Decaestecker, *Adjusting the Outputs of a Classifier to New a Priori Probabilities*,
# Neural Computation 14(1), 2002, section 2.
