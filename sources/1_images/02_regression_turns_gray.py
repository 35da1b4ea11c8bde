# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Regression turns the world gray
#
# **Field report.** A team trained U-Nets on the frames of thousands of videos: lightness in, color out. They tried the
# mean squared error, then L1, then Huber. Each time the output was almost only grayscale. A sigmoid at the end, with a and
# b squeezed into 0 to 1, did no better. The recipe was a sound one: Adam, a learning rate of 1e-4, batches of 256. So what
# was broken?
#
# You will be able to
# - work out on paper what color a loss asks for when several are right;
# - tell a network that collapsed from one that was trained too little, by a control and by longer training;
# - say when L1 keeps color, and whose color that is.
#
# You need lesson 01. Reading 18 minutes, running 50 seconds, exercises 45 minutes.

# %%
import numpy as np
import torch
from torch.nn import functional as F

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import made_scenes, photos
from course_lib.images import UNet, colorize, predict_ab, pretrained, train_regression
from course_lib.metrics import mean_chroma
from course_lib.teach import COLORS, figure, headline, play, predict, show

torch.set_num_threads(1)  # for pictures this small, sharing the work costs more than it saves

# %% tags=["parameters"]
SEED = 0  # of scenes, first weights and batches
STEPS = 250  # per network; this default run is the full run
PHOTO = "chelsea"  # the photo of the last part; any name in photos()

# %% [markdown]
# ## 1 · Three right answers
#
# To study a failure you need a world whose truth you know. Ours has disks, squares and diamonds. Each kind has its own
# lightness, so that a gray picture shows which is which. Its hue is drawn by lot: red, green or blue.


# %%
def strips(rows, count=8):
    """A figure with `count` small pictures side by side for each name in `rows`."""
    fig, axes = figure(len(rows), 1, height=1.22 * len(rows))
    for ax, (name, pictures) in zip(axes, rows.items(), strict=True):
        apart = np.pad(pictures[:count], [(0, 0), (0, 0), (0, 2), (0, 0)], constant_values=1)  # a white gap
        ax.imshow(np.hstack(apart).clip(0, 1), interpolation="nearest")
        ax.set_title(name, loc="left")
        ax.set_axis_off()
    return fig


# %% [markdown]
# Draw the same random scenes twice, the second time with each hue moved on by one. The assertions: both colorings have the same
# lightness to a hundredth, and every object's color is more than 60 units from its twin's. We call such a color
# *ambiguous*. A car, a shirt, a painted door: the world is full of it.

# %%
one = made_scenes(8, SEED)
two = made_scenes(8, SEED, hues=(150, 270, 30))  # the same scenes, each hue moved on by one
rows = {"what goes in": lab_to_rgb(one.lab * [1, 0, 0]), "a truth": one.rgb, "another truth": two.rgb}
caption = "The same gray pictures have many true colorings. Nothing in the gray says which."
alt = "Eight scenes of disks, squares and diamonds three times: gray, then in two assignments of color."
show(strips(rows), caption=caption, alt=alt)
assert np.abs(rgb_to_lab(one.rgb)[..., 0] - rgb_to_lab(two.rgb)[..., 0]).max() < 0.01
assert np.linalg.norm(one.lab - two.lab, axis=-1)[one.labels > 0].min() > 60

# %%
question = "A network meets a gray disk that is as often red as green as blue. It learned by squared error. What comes out?"
predict(
    "02.answer",
    question,
    choices=["one of the three, by chance", "one of the three, always the same", "gray"],
)

# %% [markdown]
# **Build.** No network yet. Whatever it is, it sees the same gray each time, so it gives one answer $y$ for all three
# colors $c_k$, each with its share $w_k$ (the scenes keep both, as `palette` and `weights`). It pays on average
#
# $$E(y) = \textstyle\sum_k w_k\,\ell(y - c_k),$$
#
# with $\ell(e)$ summed over a and b: $e^2$ for L2, $|e|$ for L1. Huber is $e^2/2$ up to a bend $\delta$, and straight beyond.

# %%
BEND = 11.0  # Huber's δ in ab units; 0.1 when a and b are divided by 110
PENALTY = {
    "L2": lambda e: e**2,
    "L1": np.abs,
    "Huber": lambda e: np.where(np.abs(e) < BEND, e**2 / 2, BEND * (np.abs(e) - BEND / 2)),
}
axis = np.arange(-80, 80.5, 0.5)
GRID = np.stack(np.meshgrid(axis, axis), axis=-1)  # a and b in half steps: (321, 321, 2)


# %%
def expected_loss(loss, colors, weights):
    """E(y) at every answer y of the grid, (321, 321)."""
    return sum(w * PENALTY[loss](GRID - c).sum(axis=-1) for c, w in zip(colors, weights, strict=True))


def best_answer(loss, colors, weights):
    """The a, b of the lowest E(y), by trying them all."""
    return GRID.reshape(-1, 2)[expected_loss(loss, colors, weights).argmin()]


# %%
colors, equal = one.palette[0][:, 1:], np.full(3, 1 / 3)  # the disk's three colors, a and b


def on_paper(loss, weights):
    """Share of the three colors' chroma that the best answer keeps."""
    return mean_chroma(best_answer(loss, colors, weights)) / mean_chroma(colors)


# %% [markdown]
# As a map, $E(y)$ is a landscape. The colors are dots, as large as their share, and the lowest point is a cross.


# %%
def landscape(ax, loss, colors, weights):
    """E(y) as a map on `ax`, with the colors and the lowest point."""
    value = expected_loss(loss, colors, weights)
    ax.contourf(axis, axis, value, levels=14, cmap="gray")
    shown = lab_to_rgb(np.insert(colors, 0, 60.0, axis=-1))
    ax.scatter(*colors.T, s=30 + 250 * np.array(weights), c=shown, edgecolor="white", zorder=3)
    for color, width in (("white", 5), ("black", 2)):
        ax.plot(*best_answer(loss, colors, weights), "x", color=color, ms=11, mew=width, zorder=4)
    ax.set(xlabel="a", ylabel="b", aspect="equal")
    return ax


# %%
fig, axes = figure(1, 3, height=3.0)
for ax, loss in zip(axes, PENALTY, strict=True):
    landscape(ax, loss, colors, equal).set_title(loss)
caption = "Dark is cheap. Under L2 the cheapest answer to three balanced colors (cross) is gray, which none of them is."
alt = "Three maps of expected loss with three colored dots. The minimum is at b = 0 for L2, 20 for L1, between for Huber."
show(fig, caption=caption, alt=alt)

# %% [markdown]
# **Derive.** At the minimum the slope is zero. For L2 the slope along a is $\sum_k w_k\,2(y - c_k)$, so
# $y = \sum_k w_k c_k$: the **mean**. Ours is gray, because three hues around the circle cancel.
#
# For L1 each color pulls with its share, whatever its distance. The pulls balance where half of the weight lies on either
# side: the **median**, of a and of b each on its own. So the L1 answer may be a color nobody has. The assertions: L2 lands on
# gray, L1 more than 25 units from every true color.

# %%
for loss in PENALTY:
    a, b = best_answer(loss, colors, equal)
    print(f"{loss:6} a {a:3.0f}, b {b:3.0f}: {on_paper(loss, equal):4.0%} of each color's chroma")
answer = "gray" if on_paper("L2", equal) < 0.02 else "a color"
predict.reveal("02.answer", answer, "The mean of the three: wrong each time, and never very wrong.")
assert answer == "gray" and np.hypot(*(best_answer("L1", colors, equal) - colors).T).min() > 25

# %% [markdown]
# **Measure.** Does paper hold for any colors? Thirty random mixtures of five colors, searched over the whole
# grid. The assertion: never further than a grid step from the mean, or from the median of each channel.

# %%
rng = np.random.default_rng(SEED)
furthest = {"L2": 0.0, "L1": 0.0}
for _ in range(30):
    five, fifth = rng.uniform(-70, 70, (5, 2)), np.full(5, 1 / 5)
    for loss, formula in (("L2", five.mean(axis=0)), ("L1", np.median(five, axis=0))):
        furthest[loss] = max(furthest[loss], np.abs(best_answer(loss, five, fifth) - formula).max())
print("found where the formulas say, to one step of the grid:", all(v <= 0.5 for v in furthest.values()))
assert max(furthest.values()) <= 0.5

# %% [markdown]
# And Huber? It is L2 for errors below $\delta$ and L1 beyond. torch's default is $\delta = 1$, and *normalized* ab, divided
# by 110, rarely errs by more than 1. While no error does, both are the same formula, and a team that "switches to Huber" has
# switched to half of L2. The assertion: our normalized colors stay below 1, so that with gray as the answer the two agree to
# six digits.

# %%
target = torch.from_numpy(one.lab[..., 1:] / 110)
answer = torch.zeros_like(target)
half_l2, huber = F.mse_loss(answer, target) / 2, F.huber_loss(answer, target)
print(f"largest normalized a or b: {target.abs().max():.2f}; Huber / L2: {float(huber / half_l2 / 2):.4f}")
assert target.abs().max() < 1 and torch.isclose(huber, half_l2, rtol=1e-6)

# %% [markdown]
# ## 2 · Where L1 stays colorful
#
# A median doesn't care how far the others are. Once one color holds **more than half** of the weight, it holds the middle
# of both channels, and L1 answers with exactly that color. Play with two colors first: there one has the majority, except at exactly one half.


# %%
PAIR = np.array([[55.0, 35.0], [-45.0, 20.0]])  # red and green, in a and b


def draw(share, loss):
    """The landscape for `share` of red and the rest of green."""
    fig, ax = figure(width=2.6, height=2.9)
    landscape(ax, loss, PAIR, [share, 1 - share])
    return fig


play(
    draw,
    {"share": (0.0, 1.0, 0.05, 0.3), "loss": ["L2", "L1", "Huber"]},
    look_for="Where is the cross at a share of 0.45, and where at 0.55? Change the loss and look again.",
    twin=[{"share": share, "loss": loss} for loss in PENALTY for share in (0.3, 0.45, 0.55)],
    caption="L2's minimum slides from one color to the other. L1's stays on the majority's color and jumps at one half; Huber's jump is a slide with slow ends.",
    alt="Nine maps of expected loss: shares of red 0.3, 0.45 and 0.55 under L2, L1 and Huber, each with its minimum.",
)

# %%
question = "Now three hues with shares of 60, 20 and 20%. How much of the chroma does the L2 answer keep?"
predict("02.majority", question, low=0, high=100, unit="%")

# %% [markdown]
# **Measure.** Let the first hue's share grow from a third to one while the other two divide the rest. The assertions: L1
# keeps every bit of chroma from the first share beyond a half, and at 60% L2 keeps less than half.

# %%
shares = np.sort([*np.linspace(1 / 3, 1, 21), 0.495, 0.505])  # closer together at the jump
mixtures = [[share, (1 - share) / 2, (1 - share) / 2] for share in shares]
kept = {loss: np.array([on_paper(loss, mixture) for mixture in mixtures]) for loss in PENALTY}
answer = 100 * on_paper("L2", [0.6, 0.2, 0.2])
predict.reveal("02.majority", answer, "The two others pull it back, more than halfway.", unit="%")
assert (np.abs(kept["L1"][shares > 0.5] - 1) < 0.03).all() and answer < 50

# %% [markdown]
# But then why did L1 turn gray for the team? The likeliest reason: what they filmed has far more than three colors. Spread
# equal shares over more and more hues, turned to a random angle each time (L1's answer depends on it, L2's doesn't), and look
# at the L1 answer again. The number of hues stays odd, so that the median is one value and not an interval.

# %%
counts = np.arange(3, 22, 2)
turns = rng.uniform(0, 2 * np.pi, (200, 1, 1))
angles = [turns[..., 0] + 2 * np.pi * np.arange(n) / n for n in counts]
medians = [np.stack([np.median(np.cos(t), axis=1), np.median(np.sin(t), axis=1)], axis=-1) for t in angles]
many = np.array([mean_chroma(m) for m in medians])
three = np.linalg.norm(medians[0], axis=-1)
print(f"L1 keeps {three.min():.0%} to {three.max():.0%} of three balanced hues' chroma, as they turn")
print(f"on average {many[0]:.0%}; {many[2]:.0%} of 7 hues, {many[-1]:.0%} of 21")
assert (np.diff(many) < 0).all() and many[-1] < 0.1
fig, (left, right) = figure(1, 2, height=2.8)
for loss, values in kept.items():
    left.plot(shares, 100 * values, label=loss)
left.axvline(0.5, color="gray", linewidth=0.8)
left.set(xlabel="share of the most common of three hues", ylabel="chroma kept (%)", ylim=(-3, 105))
left.legend()
right.plot(counts, 100 * many, "o-", color=COLORS["orange"])
right.set(xlabel="number of equally likely hues", ylabel="chroma kept by L1 (%)", ylim=(-3, 105))
right.set_xticks(counts)
caption = "L1 keeps all color for a majority. Of three balanced hues it keeps half as they lie here (left) and less on average over all angles (right); of many, almost nothing."
alt = "Left: against the share of the commonest hue, L1 jumps to 100% at one half and L2 climbs in a straight line. Right: L1 falls from 40% at three hues towards zero."
show(fig, caption=caption, alt=alt)

# %% [markdown]
# ## 3 · A U-Net, live
#
# Paper speaks of one answer to one gray. A network answers for each pixel and might find a way out. So train a **U-Net**. It
# halves the picture a few times, which lets it see what an object is, and doubles it back to full size. On the way back it
# also gets what it saw at each size on the way down, and so finds the edges again. Last comes the *head*, the function that
# turns its final numbers into a and b; a linear head leaves them as they are.
#
# And train a **control**: the same network with the same first weights, steps, batches and gray pictures. Only the
# truth differs: each kind always has the same color.


# %%
def train(scenes, learning_rate=0.02, head="linear", **options):
    """A U-Net from always the same first weights, trained on `scenes` in always the same order."""
    torch.manual_seed(SEED)
    net = UNet(width=8, depth=2, head=head)
    options = {"steps": STEPS, "batch_size": 8, "learning_rate": learning_rate, "seed": SEED} | options
    train_regression(net, scenes, **options)
    return net


def chroma_kept(net, scenes):
    """Mean chroma of the net's answer on the objects, as a share of the truth's."""
    objects = scenes.labels > 0
    answer = predict_ab(net, scenes.lab[..., 0])
    return mean_chroma(answer[objects]) / mean_chroma(scenes.lab[objects][:, 1:])


def price(net, scenes):
    """The net's squared error in a and b, as a share of what plain gray costs."""
    truth = scenes.lab[..., 1:]
    return np.mean((predict_ab(net, scenes.lab[..., 0]) - truth) ** 2) / np.mean(truth**2)


# %%
question = "On scenes it hasn't seen: how much of the chroma of ambiguous objects does the U-Net keep?"
predict("02.unet", question, low=0, high=100, unit="%")

# %% [markdown]
# Each training takes a few seconds on a laptop. Your numbers may differ from ours in the last digit.


# %% tags=["nbval-ignore-output"]
def scenes_for(**options):
    """512 scenes to learn from and 64 unseen ones."""
    return made_scenes(512, SEED, **options), made_scenes(64, SEED + 1000, **options)


ambiguous, ambiguous_test = scenes_for()
clear, clear_test = scenes_for(ambiguous=False)
net, control = train(ambiguous), train(clear)

# %% [markdown]
# **Measure.** The assertions: the control keeps at least 0.8 of the chroma and the U-Net on ambiguous colors less than a
# quarter. Same network, same steps, same gray: what differs is whether there was one right answer.

# %% tags=["nbval-ignore-output"]
lost, found = chroma_kept(net, ambiguous_test), chroma_kept(control, clear_test)
predict.reveal("02.unet", 100 * lost, f"The control keeps {found:.0%}.", unit="%")
assert lost < 0.25 and found >= 0.8


# %%
def painted(net, scenes):
    """The scenes with the net's a and b in place of the true ones, as RGB."""
    return lab_to_rgb(np.concatenate([scenes.lab[..., :1], predict_ab(net, scenes.lab[..., 0])], axis=-1))


rows = {
    "ambiguous: truth": ambiguous_test.rgb,
    "ambiguous: the U-Net's answer": painted(net, ambiguous_test),
    "control: truth": clear_test.rgb,
    "control: the same U-Net's answer": painted(control, clear_test),
}
caption = "One network, twice trained. Where the color was ambiguous it paints gray; where it wasn't, it paints nearly the truth."
alt = "Eight unseen scenes in four rows: many colors, and the answer gray; the control's colors, and the answer nearly the same."
show(strips(rows), caption=caption, alt=alt)

# %% [markdown]
# Chroma says *how much* color, not whether it is right, so look at the error as well, in units of what plain gray costs. The
# assertions: the control pays less than a quarter of that. The other one pays the price of gray to within 15%, and it can't
# pay less: gray is the mean of the balanced hues. It isn't stuck. It found what it was asked for.

# %% tags=["nbval-ignore-output"]
prices = price(net, ambiguous_test), price(control, clear_test)
print("in units of gray's error: ambiguous {:.2f}, control {:.2f}".format(*prices))
assert abs(prices[0] - 1) < 0.15 and prices[1] < 0.25

# %% [markdown]
# ## 4 · Other losses, other heads
#
# Now the team's other attempts. Parts 1 and 2 predict what each loss should do to a U-Net. Four more trainings show whether it
# listens: L1 on balanced hues, and L2, Huber and L1 where the shares are an uneven 60, 20 and 20%.

# %% tags=["nbval-ignore-output"]
uneven, uneven_test = scenes_for(weights=[0.6, 0.2, 0.2])
nets = {("L2", "balanced"): net, ("L1", "balanced"): train(ambiguous, loss="l1")}
nets["L2", "uneven"] = train(uneven)
nets["Huber", "uneven"] = train(uneven, loss="huber", huber_delta=0.1)
nets["L1", "uneven"] = train(uneven, loss="l1")

# %% [markdown]
# **Measure.** So little training doesn't reach sharp edges: the control kept a bit less than all. So expect that share of
# what paper predicts. The assertions: no network is further than 15 points from it, Huber lies between L2 and L1, and L1's
# mean answer is within 20 units of the majority's color where there is one, and further than that from any color where there
# is none.

# %% tags=["nbval-ignore-output"]
results = []
for (loss, world), trained in nets.items():
    scenes = ambiguous_test if world == "balanced" else uneven_test
    results.append((found * on_paper(loss, scenes.weights), chroma_kept(trained, scenes)))
    print("{:5} {:8} expected {:4.0%}   U-Net {:4.0%}".format(loss, world, *results[-1]))
assert np.ptp(results, axis=1).max() < 0.15 and results[2][1] < results[3][1] < results[4][1]

# %%
rows = {
    "uneven: truth": uneven_test.rgb,
    "uneven: L2's answer": painted(nets["L2", "uneven"], uneven_test),
    "uneven: L1's answer": painted(nets["L1", "uneven"], uneven_test),
    "balanced: L1's answer": painted(nets["L1", "balanced"], ambiguous_test),
}
caption = "With a majority L2 fades, and L1 paints the majority's color on all. Without one, L1 paints a color no object has."
alt = "Eight scenes in four rows: mostly red, then a faded red, then red, then a dull yellow on every object."
show(strips(rows), caption=caption, alt=alt)
seen = {world: predict_ab(nets["L1", world], uneven_test.lab[..., 0]) for world in ("uneven", "balanced")}
off = {
    world: np.linalg.norm(colors - ab[uneven_test.labels > 0].mean(axis=0), axis=-1)
    for world, ab in seen.items()
}
assert off["uneven"][0] < 20 and off["uneven"].argmin() == 0 and off["balanced"].min() > 20

# %% [markdown]
# So L1 is no cure. It is colorful where one color rules, and then it colors the minority wrong with full confidence.
# Now the heads. A linear head can answer anything, tanh stays within −1 and 1. A sigmoid stays within 0 and 1, so that gray
# is one half. Unfold that to −1…1, and it is an old friend: $2\sigma(x) - 1 = \tanh(x/2)$.

# %%
x = torch.linspace(-8, 8, 101, dtype=torch.float64)
assert torch.allclose(2 * torch.sigmoid(x) - 1, torch.tanh(x / 2), atol=1e-15)
question = "Which head keeps at least a quarter of the chroma of ambiguous objects?"
predict("02.heads", question, choices=["tanh", "sigmoid", "both", "neither"])

# %% [markdown]
# **Measure.** Each head on both worlds. The assertions: every head goes gray on ambiguous colors, and every head can do
# color, at least 0.8 of it, where there is one right answer. The head is neither the cause nor the cure.

# %% tags=["nbval-ignore-output"]
by_head = {"linear": (net, control)}
for head in ("tanh", "sigmoid"):
    by_head[head] = (train(ambiguous, head=head), train(clear, head=head))
for head, (on_ambiguous, on_clear) in by_head.items():
    gone, stays = chroma_kept(on_ambiguous, ambiguous_test), chroma_kept(on_clear, clear_test)
    print(f"{head:8} ambiguous {gone:4.0%}   control {stays:4.0%}")
    assert gone < 0.25 and stays >= 0.8
colorful = [head for head in ("tanh", "sigmoid") if chroma_kept(by_head[head][0], ambiguous_test) >= 0.25]
predict.reveal(
    "02.heads", " and ".join(colorful) or "neither", "Gray is in reach of each, and the loss asks for gray."
)

# %% [markdown]
# ## 5 · The recipe
#
# The report used Adam, a learning rate of 1e-4 and batches of 256, on thousands of videos. Ours is a miniature: 8 scenes a
# batch, and a rate that falls from 0.02 to zero. Adam moves a weight by at most about its rate per step (Kingma and Ba,
# 2015, section 2.1), so a short training needs a large one. But then, could the team's gray have been plain
# undertraining? Stop both networks early, each time in a training of its own whose rate falls to zero at its end.

# %%
question = (
    "Stop the control after 8 steps. What does it pay, where gray costs 1 and a long training ends near 0.1?"
)
predict("02.early", question, low=0, high=3)

# %% tags=["nbval-ignore-output"]
torch.manual_seed(SEED)
fresh = UNet(width=8, depth=2)
stages = {0: (fresh.eval(), fresh)}  # untrained, it is the same network for both
for steps in (8, 25, 80):
    stages[steps] = train(ambiguous, steps=steps), train(clear, steps=steps)
stages[STEPS] = net, control
worlds = ambiguous_test, clear_test
pairs = [zip(pair, worlds, strict=True) for pair in stages.values()]
measured = np.array([[(chroma_kept(*one), price(*one)) for one in pair] for pair in pairs])
chromas, prices = np.moveaxis(measured, -1, 0)  # each (stages, 2)
predict.reveal("02.early", prices[1, 1], "Look below at what it paints for that.")

# %%
rows = {"control: truth": clear_test.rgb}
rows |= {f"after {n} steps": painted(pair[1], clear_test) for n, pair in stages.items() if n < STEPS}
caption = "The control on its way. Born with random colors, it loses them before it finds the right ones."
alt = "Five rows of eight scenes: the truth; violet all over; almost gray, a little muddy; pale and partly wrong hues; then nearly the truth."
show(strips(rows), caption=caption, alt=alt)

# %% [markdown]
# A fresh network's last layer answers at random, and random numbers have chroma. The first thing that squared error teaches
# is to stop that. So the way from random color to right color can lead past gray; how near depends on the first weights. At a
# glance, and even by its price, a network that was stopped too early can look like one that collapsed. What it does *next*
# differs. The assertions: the fresh network has more than half of the truth's chroma and pays more than 1.5 times the price of
# gray; the control loses at least a quarter of that chroma before it has learned; from 25 steps to the end its price falls by
# more than half; from 80 steps on the ambiguous network's stays within 0.15 of gray's.

# %% tags=["nbval-ignore-output"]
fig, axes = figure(1, 2, height=2.6)
for ax, values, name in zip(axes, (chromas, prices), ("chroma kept", "price (gray = 1)"), strict=True):
    for line, world, color in zip(values.T, ("ambiguous", "control"), ("blue", "orange"), strict=True):
        ax.plot(range(len(stages)), line, "o-", color=COLORS[color], label=world)
    ax.axhline(1, color="gray", linewidth=0.8)
    ax.set(xlabel="steps", ylabel=name, ylim=(0, None))
    ax.set_xticks(range(len(stages)), [str(steps) for steps in stages])
axes[1].legend()
caption = "Both come down to about the price of gray first. Later the control's keeps falling, and the other's stays there."
alt = "Two panels over steps 0, 8, 25, 80 and 250. Chroma: the ambiguous line falls to zero, the control's dips and climbs. Price: both fall to about one, then only the control's goes on falling."
show(fig, caption=caption, alt=alt)
assert chromas[0].min() > 0.5 and prices[0].min() > 1.5 and chromas[1:3, 1].min() < 0.75 * chromas[0, 1]
assert prices[-1, 1] < prices[2, 1] / 2 and np.abs(prices[3:, 0] - 1).max() < 0.15
headline(f"ambiguous colors: L2 keeps {lost:.0%} of the chroma; clear ones, same net and steps: {found:.0%}")

# %% [markdown]
# ## 6 · Real photos turn a warm gray
#
# Our hues were balanced, so that their mean was gray. Nature's are not: wood, skin, stone, dry grass, lamplight. The color prior
# published with *Colorful Image Colorization* (Zhang, Isola and Efros, 2016) counts the colors of ImageNet; its mean is about
# a = 1.5, b = 8.3. And the photos that come with the course? The assertions: both means are warm, a and b above zero, and ours
# lies within two standard errors of ImageNet's. Seven photos can't say more. At a lightness of 60, ImageNet's mean is within 2 of
# the RGB (153, 143, 130).

# %%
IMAGENET = np.array([1.5, 8.3])
means = {name: rgb_to_lab(photo)[..., 1:].mean(axis=(0, 1)) for name, photo in photos().items()}
print("\n".join(f"{name:11} a {a:6.1f}   b {b:6.1f}" for name, (a, b) in means.items()))
ours = np.mean(list(means.values()), axis=0)
error = np.std(list(means.values()), axis=0, ddof=1) / np.sqrt(len(means))
print(f"{'mean':11} a {ours[0]:6.1f}   b {ours[1]:6.1f}   (± {error[0]:.0f} and ± {error[1]:.0f})")
assert (ours > 0).all() and (np.abs(ours - IMAGENET) < 2 * error).all()
assert np.abs(255 * lab_to_rgb(np.array([60.0, *IMAGENET])) - [153, 143, 130]).max() < 2

# %% [markdown]
# That is a faint warm gray, a step towards sepia: the report's *almost only grayscale*. It is what squared error asks of a
# network that learned from photos and is in doubt about everything. That was arithmetic. Now take a network that did learn from
# thousands of photos with squared error; lesson 05 trains it. The seven photos here weren't among them.
#
# How much chroma will it keep? The assertions: over all seven, less than 0.6; and the mean of its answers lies above zero in b, by
# more than 2 and by more than its a departs from zero, so it leans to yellow. The lean is sepia's, not neutral gray's.

# %%
model = pretrained("regression")
training = model.card["training"]
print(f"{training['steps']} steps on photos of {', '.join(training['sets'])}")
question = "Mean chroma of its answers, as a share of the truth's, over the seven photos?"
predict("02.shipped", question, low=0, high=1.5)

# %%
answers = {}
for name, picture in photos().items():
    lab = rgb_to_lab(picture)
    answers[name] = lab[..., 1:], predict_ab(model, lab[None, ..., 0])[0]
rows = {name: [mean_chroma(x) for x in pair] + [*pair[1].mean((0, 1))] for name, pair in answers.items()}
print("photo      true chroma  answer's  its mean a, b")
print("\n".join("{:11} {:10.0f} {:9.0f} {:9.0f}, {:3.0f}".format(name, *row) for name, row in rows.items()))
total = np.mean(list(rows.values()), axis=0)
kept = total[1] / total[0]
predict.reveal("02.shipped", round(kept, 2), "The doubt of thousands of photos, averaged.")
assert kept < 0.6 and total[3] > 2 and total[3] > abs(total[2])
photo = photos(PHOTO)[PHOTO]
tinted = rgb_to_lab(photo)
tinted[..., 1:] = IMAGENET
pictures = [photo, colorize(model, photo), lab_to_rgb(tinted)]
titles = ["truth", "the network", "ImageNet's mean"]
caption = "Trained on real photos with squared error, a network stays close to the color of least risk."
alt = f"The photo {PHOTO} in color, then pale as the network paints it, then in gray with a faint warm tint everywhere."
show(pictures, titles=titles, caption=caption, alt=alt)

# %% [markdown]
# What color is left is where lightness gives something away. Lesson 05 shows this network beside one that learned to classify,
# and both beside baselines, on photos held out by the hundred. **Try it:** the exercises ask for the best
# answer to any mixture under L2 and L1 (*best_constant*), the same for Huber (*huber_optimum*), the measure of this lesson
# (*chroma_ratio*), and a color worked out on paper before any code runs (*predicted*).
#
# ## Recap
# - A regression loss buys one answer for all that looks the same. L2 buys the mean, L1 the median of each channel.
# - The mean of many hues is gray; in photos, a faint warm gray. It is the optimum, not an accident on the way there.
# - L1 keeps color where one color holds more than half, and then it gives that color to all. Huber lies between; with its
#   default $\delta$ on normalized ab it *is* L2.
# - The head changes nothing: tanh, sigmoid and linear all reach gray.
# - Gray output at the price of gray is either a collapse or a training that stopped on its way. Train longer: does the price
#   still fall? And train a control with clear colors, for as long: does its price fall? Chroma alone proves nothing, since a
#   fresh network is colorful too.

# %% [markdown]
# ## Check your understanding
#
# <details><summary>Of a hundred cars, sixty are red, twenty green and twenty blue, all of the same gray in a gray photo. What does L1 paint, what L2?</summary>
# L1: red, on every car, since red holds the majority in a and in b. L2: the mean, a red with about 40% of its chroma if the hues
# lie evenly around the circle. Under L2 every car is wrong; under L1 sixty are right, and forty are wrong and vivid.</details>
#
# <details><summary>The loss of a colorizer stopped falling and its output is gray. Name one experiment that says why.</summary>
# Train the same network, with the same steps, on targets that its input decides, for instance one color for each gray. If that
# works, it isn't the training: the doubt is in the data, and the loss turns doubt into gray. If it doesn't, train both
# longer.</details>
#
# <details><summary>Would ten times more videos have helped the team?</summary>
# No, not for objects whose color the input doesn't tell: more data measures their mean more exactly. Only an input that says
# more (a reference picture, a hint), or an output that can hold several answers, changes what the best answer is.</details>
#
# <details><summary>Why does L1's answer to three balanced hues change when you turn them all by 15 degrees, and L2's doesn't?</summary>
# L1 takes the median of a and of b separately, so it depends on where the axes lie. The mean turns with the colors.</details>
#
# ## Where next
# **Lesson 03** lets the network answer with a *distribution* over colors in place of one color. Doubt then stays visible, and
# you decide afterwards what to paint. To read: Zhang, Isola and Efros, *Colorful Image Colorization*, ECCV 2016, section 2.1,
# on this same collapse; Ronneberger, Fischer and Brox, *U-Net*, MICCAI 2015; Koenker, *Quantile Regression*, 2005, chapter 1,
# on what medians minimize.
