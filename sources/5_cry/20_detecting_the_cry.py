# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Detecting the cry
#
# **Field report.** A team taught a baby monitor to hear cries: a MobileNetV2 in full precision. Its checkpoints carried their
# accuracy in their names, 0.8278 and 0.8755. Then came the rate that parents feel. 16.16% false alarms, 16 of them: 7 were baby
# sounds that are no cries, 5 came from outside, 4 from near silence. They changed the noises in the training data, twelve
# types, then ten. The mix of false alarms moved. The total stayed.
#
# You will be able to
# - say which of two rates "16.16% false alarms" is, and why the answer decides whether parents keep the device switched on;
# - choose a threshold on one set and report it on another, with an interval;
# - tell a detector from a rule that listens to the wrong thing.
#
# You need lesson 19. Reading 18 minutes, running 25 seconds, exercises 45 minutes.

# %%
import json

import numpy as np
import torch
from IPython.display import Audio

from course_lib.cry import clip_score, detection_rates, pretrained
from course_lib.cry.cry_input import heard
from course_lib.cry.rates import out_of_fold
from course_lib.data import made_sounds
from course_lib.images.colorizer import CHECKPOINTS
from course_lib.metrics import threshold_for, wilson_interval
from course_lib.teach import COLORS, figure, headline, play, predict, show

# %% tags=["parameters"]
SEED = 20  # of the made sounds and of the draws
SOUNDS = 56  # made sounds to try the detector on, half of them cries; more give narrower intervals
TARGET = 0.95  # share of the cries that a threshold must find where it is chosen

# %% [markdown]
# ## 1 · Sounds as pictures
#
# The detector hears one second at a time. Lesson 19 made a log-mel of it. Here it has 64 bands from 100 to 4000 Hz and 97 frames,
# since nothing is padded. Then the board wants bytes, so a fixed range of decibels, −70 to 20, becomes 0 to 255. From there on
# it is picture classification.
#
# Our built-in sounds are made by formulas: cries, and seven kinds of things that aren't. Listen to a cry, and then to speech.

# %%
torch.set_num_threads(1)
sounds = made_sounds(SOUNDS, SEED)
Audio(sounds.waves[0], rate=sounds.sample_rate)

# %%
Audio(sounds.waves[1], rate=sounds.sample_rate)

# %%
first = {kind: i for i, kind in reversed(list(enumerate(sounds.kinds)))}
names = ["cry", "speech", "bark", "alarm"]
pictures = [heard(sounds.waves[first[kind]])[0][0, 0, ::-1] / 255 for kind in names]
show(
    pictures,
    titles=names,
    caption="A cry is a stack of slowly waving lines, an octave or two above a voice. The network gets such pictures of 64 × 97 bytes: a second to the right, low sounds at the bottom.",
    alt="Four small gray pictures, low sounds at the bottom: waving parallel lines; dense short stripes; short smudges; flat lines.",
)

# %% [markdown]
# ## 2 · Four counts, and two rates of one name
#
# A detector gives a score. From a threshold on, there is an alarm. With labels, that makes four counts: cries found (TP) and
# missed (FN), false alarms (FP), and rightly silent (TN).
#
# $$\text{sensitivity} = \frac{TP}{TP + FN}, \qquad \text{miss rate} = \frac{FN}{TP + FN} = 1 - \text{sensitivity}.$$
#
# So far nobody disagrees. Now the report: 16 false alarms are 16.16%. Of how many?

# %%
predict("20.of", "16 errors make 16.16%. Of how many?", low=50, high=200)

# %%
fitting = [n for n in range(16, 100_000) if f"{16 / n:.2%}" == "16.16%"]
predict.reveal("20.of", fitting[0], f"Whole numbers that fit: {len(fitting)}.")
assert fitting == [99]

# %% [markdown]
# 99, and nothing else. But 99 *what*? Two shares have 16 above the line:
#
# $$\text{false-alarm rate} = \frac{FP}{FP + TN} \ \text{(of what isn't a cry)}, \qquad
# \text{false-discovery rate} = \frac{FP}{FP + TP} \ \text{(of the alarms)}.$$
#
# Build a test set for either reading. The assertion: both give the report's 16.16%, and each gives another number under the
# other name.

# %%
labels = np.repeat([1, 0], [150, 99])
alarms = np.r_[np.arange(150) < 135, np.arange(99) < 16].astype(float)  # 135 cries found, 16 false alarms
reading_a = detection_rates(labels, alarms, threshold=0.5)
labels_b, alarms_b = (
    np.repeat([1, 0], [92, 157]),
    np.r_[np.arange(92) < 83, np.arange(157) < 16].astype(float),
)
reading_b = detection_rates(labels_b, alarms_b, threshold=0.5)
for name, r in (("99 negatives", reading_a), ("99 alarms", reading_b)):
    print(
        f"{name:13} of what isn't a cry {r.false_alarm_rate:7.2%}   of the alarms {r.false_discovery_rate:7.2%}"
    )
assert f"{reading_a.false_alarm_rate:.2%}" == f"{reading_b.false_discovery_rate:.2%}" == "16.16%"
assert abs(reading_a.false_discovery_rate - 0.1616) > 0.03 < abs(reading_b.false_alarm_rate - 0.1616)

# %% [markdown]
# The report doesn't say which. Its accuracy gives a hint. Say that 0.8755 was measured on the same set, with 99 negatives. Which
# sizes of the set give 0.8755 at all? The assertion: six do below 280, and with 249 the sensitivity is 90.0% exactly, which
# smells like a target. A hint, no proof.

# %%
sizes = []
for size in range(100, 280):
    errors = round((1 - 0.8755) * size)
    if f"{1 - errors / size:.4f}" == "0.8755" and 0 <= errors - 16 <= size - 99:
        sizes.append((size, size - 99, 1 - (errors - 16) / (size - 99)))
print("\n".join(f"{size} recordings: {cries} cries, sensitivity {found:.1%}" for size, cries, found in sizes))
assert len(sizes) == 6 and (249, 150, 0.9) in [(a, b, round(c, 12)) for a, b, c in sizes]

# %% [markdown]
# Does it matter? Take the first reading home. A night has eight hours of seconds to judge and, let's say, crying in one of a
# hundred. Sensitivity and false-alarm rate stay what they are: they are properties of the detector.

# %%
predict("20.night", "Of that night's alarms, what share is false?", low=0, high=100, unit="%")

# %%
seconds = 8 * 3600
cries, others = seconds // 100, seconds - seconds // 100
false, true = reading_a.false_alarm_rate * others, reading_a.sensitivity * cries
night = false / (false + true)
predict.reveal(
    "20.night", 100 * night, f"{false / 8:.0f} false alarms an hour, if each second may ring.", unit="%"
)
assert night > 0.9 > 5 * reading_a.false_discovery_rate

# %% [markdown]
# The same detector: 10.6% of its alarms were false in the test, over nine in ten are at night. The false-discovery rate is a property of
# the *mixture*. So quote it only with the mixture, and build alarms from more than one second (lesson 22).
#
# **Try it:** exercise 20, *false_alarm_rates* and *night*.
#
# ## 3 · A detector
#
# The shipped detector was trained on real recordings, two packs of clips from ESC-50 (part 4 has more), by
# `python -m course_lib.cry.train cry`. It is a MobileNetV2 at 0.35 of its width. A
# recording's score is the mean of its three highest seconds: a cry pauses for breath, so the mean of all would be too
# low, and one second alone is too easily wrong.

# %%
detector = pretrained("cry")
card = detector.card
held_out = card["held_out"]
scores = np.array([clip_score(detector.score(wave)) for wave in sounds.waves])
print(f"{card['file']['parameters']:,} weights, trained on {', '.join(card['training']['sets'])}")
print(f"an alarm from {detector.threshold:.2f} on")

# %%
kinds = np.array(sounds.kinds)
order = sorted(dict.fromkeys(sounds.kinds), key=lambda kind: -np.median(scores[kinds == kind]))
fig, ax = figure(height=2.6, width=6.5)
for place, kind in enumerate(order):
    color = COLORS["orange"] if kind == "cry" else COLORS["blue"]
    ax.plot(
        scores[kinds == kind],
        np.full((kinds == kind).sum(), place),
        "o" if kind == "cry" else "x",
        color=color,
    )
ax.axvline(detector.threshold, color=COLORS["black"], linestyle="--")
ax.set(
    xlabel="score (dashed: the card's threshold)",
    yticks=range(len(order)),
    yticklabels=order,
    xlim=(-0.02, 1.02),
)
show(
    fig,
    caption="Trained on real recordings only, the detector finds made cries too. Speech, alarms and clatter, which have tones, come closest to them.",
    alt="Rows of marks by kind of sound: cries near 1; speech, alarms and clatter spread from low to high; barks low; noise, hum and quiet near 0.",
)

# %% [markdown]
# **Measure.** The made sounds were no part of its training. The assertion: it finds at least two thirds of the made cries, with false
# alarms for less than a third of the rest. That is a statement about *cartoons*: seven kinds in equal parts, each a formula. What
# it does in a home is another number, and it stands on the card.

# %%
made = detection_rates(sounds.labels, scores, detector.threshold)
for name, count, total in (
    ("cries found", made.true_positives, made.positives),
    ("false alarms", made.false_positives, made.negatives),
):
    low, high = wilson_interval(count, total)
    print(f"made sounds, {name}: {count} of {total}, so {low:.0%} to {high:.0%} at 95%")
assert made.sensitivity > 2 / 3 and made.false_alarm_rate < 1 / 3

# %% [markdown]
# ## 4 · The whole curve
#
# Real recordings aren't in this notebook, but their scores are: 723 clips of ESC-50, 40 of them cries. ESC-50's author cut it
# into five folds so that no original recording is in two. Five detectors were trained, each without one fold, and each was
# heard on the fold that it lacks. So every score below is of a recording that its detector has never met.

# %%
rows = json.loads((CHECKPOINTS / "cry_scores.json").read_text())["recordings"]
y, s, fold, loud = (np.array([row[key] for row in rows]) for key in ("label", "score", "fold", "level"))
kind = np.array([row["kind"] for row in rows])
print(f"{len(y)} recordings of {len(set(kind))} kinds, {y.sum()} cries")

# %% [markdown]
# **Play.** Move the threshold. Each setting is another device.


# %%
def device(threshold):
    """Scores on both sides of a threshold, and what it finds and rings for."""
    fig, ax = figure(height=2.3, width=4)
    bins = np.linspace(0, 1, 26)
    ax.hist(s[y == 0], bins, color=COLORS["blue"], label="other")
    ax.hist(s[y == 1], bins, histtype="step", color=COLORS["orange"], label="cry")
    ax.axvline(threshold, color=COLORS["black"], linestyle="--")
    r = detection_rates(y, s, threshold)
    ax.set(yscale="log", xlabel="score", ylabel="recordings", ylim=(0.7, 500))
    ax.set_title(
        f"finds {r.sensitivity:.0%}, {r.false_positives} false alarms, accuracy {r.accuracy:.1%}", fontsize=9
    )
    ax.legend(loc="upper center")
    return fig


play(
    device,
    {"threshold": (0.05, 0.99, 0.01, 0.8)},
    look_for="Find the highest threshold that still finds nine cries in ten. How many false alarms does it cost to find the rest? "
    "Which threshold has the best accuracy, and would you want it?",
    twin=[{"threshold": t} for t in (0.3, 0.7, 0.9)],
    caption="Every threshold trades missed cries for false alarms; none is right by itself.",
    alt="The same two histograms three times, most others low and the cries high, with the threshold at 0.3, 0.7 and 0.9.",
)

# %% [markdown]
# All thresholds at once make a curve. The assertion: as the threshold rises, neither rate ever rises.

# %%
curve = held_out["curve"]
t, found, rang = (
    np.array([p[key] for p in curve]) for key in ("threshold", "sensitivity", "false_alarm_rate")
)
assert (np.diff(found) <= 0).all() and (np.diff(rang) <= 0).all()
fig, axes = figure(1, 2, height=2.8)
axes[0].plot(t, 100 * found, label="sensitivity", color=COLORS["orange"])
axes[0].plot(t, 100 * rang, "--", label="false-alarm rate", color=COLORS["blue"])
axes[0].set(xlabel="threshold", ylabel="%")
axes[0].legend()
axes[1].plot(100 * rang, 100 * found, ".-", color=COLORS["black"])
axes[1].plot(16.16, 90, "*", markersize=11, color=COLORS["orange"], label="the report, read one way")
axes[1].set(xlabel="false-alarm rate (%)", ylabel="sensitivity (%)", xlim=(-1, 40), ylim=(60, 101))
axes[1].legend(loc="lower right")
show(
    fig,
    caption="Left, both rates fall with the threshold. Right, one against the other: the upper left corner is where to be.",
    alt="Two falling curves over the threshold; a steep curve near the upper left corner, with a star to the right of it.",
)

# %% [markdown]
# The star is the team's set and not ours, so above or below it says little. It is there for scale.
#
# ## 5 · Choose on one set, report on another
#
# A rule, fixed before anything was heard: take the highest threshold that finds at least 95% of the cries. On which recordings? If
# on those that you report, the threshold has seen the answers. So for each fold, choose on the other four.


# %%
def first_rule(labels, scores):
    """The highest threshold that finds enough of these cries."""
    return threshold_for(labels, scores, TARGET)


first, thresholds = out_of_fold(y, s, fold, first_rule)
print("fold   threshold   cries found   false alarms")
for f, chosen in thresholds.items():
    r = detection_rates(y[fold == f], s[fold == f], chosen)
    print(f"{f:4}{chosen:12.2f}{r.true_positives:9} of {r.positives}{r.false_positives:10} of {r.negatives}")

# %%
question = "The rule promises 95% where it chooses. On the folds that it reports, it finds, of 40 cries:"
predict("20.honest", question, low=20, high=40)

# %%
own = [
    detection_rates(y[fold == f], s[fold == f], first_rule(y[fold == f], s[fold == f])) for f in thresholds
]
kept = sum(r.true_positives for r in own)
predict.reveal("20.honest", first.true_positives, f"Chosen on the very fold that is reported: {kept}.")
assert kept >= TARGET * y.sum() > first.true_positives

# %% [markdown]
# Chosen on the fold itself, the rule keeps its promise by force. Honestly it breaks it, which is the assertion, and that is what a parent
# would get. Look where: one fold's detector gives all its scores a little lower, and the threshold hangs on the *second
# lowest* of 32 cries.
#
# There are few cries, but hundreds of other sounds. So let those choose: the lowest threshold at which at most 10% of them ring.

# %%
honest, thresholds = out_of_fold(y, s, fold)  # the package's own rule is that one: at most 10% ring
print(
    f"cries choose:  {first.true_positives} of {first.positives} found, {first.false_alarm_rate:.1%} false alarms"
)
print(
    f"others choose: {honest.true_positives} of {honest.positives} found, {honest.false_alarm_rate:.1%} false alarms"
)
assert np.ptp(list(thresholds.values())) < 0.1 and abs(honest.false_alarm_rate - 0.1) < 0.03

# %% [markdown]
# This promise holds to within three points: that is the assertion. But notice what we just did. We saw a result, didn't like it, and took another *rule*; we even
# laid budgets of 5, 10 and 15% side by side before we took this one. No threshold has seen its own fold, and still this number has
# been chosen by its result: a small version of the sin of part 9. The card says so, and keeps both.
#
# Now the intervals. 40 cries are few. *Wilson's interval* holds all the true shares that a result like this wouldn't contradict, at 95%; unlike
# ±1.96 standard errors, it stays between 0 and 1. **Predict** how much 40 can say:

# %%
question = "36 of 40 cries found is 90%. How low could the true sensitivity be, at 95%?"
predict("20.interval", question, low=50, high=90, unit="%")

# %%
low, high = wilson_interval(36, 40)
predict.reveal(
    "20.interval",
    100 * low,
    f"And how high: {high:.0%}. With 400 cries: {wilson_interval(360, 400)[0]:.0%}.",
    unit="%",
)
for name, count, total in (
    ("sensitivity", honest.true_positives, honest.positives),
    ("miss rate", honest.false_negatives, honest.positives),
    ("false-alarm rate", honest.false_positives, honest.negatives),
    ("false-discovery rate", honest.false_positives, honest.alarms),
):
    ends = wilson_interval(count, total)
    print(f"{name:21}{count:4} of {total:3} = {count / total:6.1%}   ({ends[0]:.1%} to {ends[1]:.1%})")

# %% [markdown]
# **Measure.** The goal was set before training: false alarms below the team's 16.16% of the negatives, at a sensitivity of 90% or more. The
# assertion checks it, on what the card says too.

# %%
goal = held_out["goal"]
assert (
    held_out["recordings"]["false_positives"] == honest.false_positives
)  # the card agrees with its own scores
assert goal["met"] == (
    honest.sensitivity >= goal["sensitivity"] and honest.false_alarm_rate < goal["false_alarm_rate"]
)
assert goal["met"] and wilson_interval(honest.false_positives, honest.negatives)[1] < goal["false_alarm_rate"]
print(
    f"goal met: {goal['met']}; the false-alarm rate's whole interval lies below {goal['false_alarm_rate']:.2%}"
)

# %% [markdown]
# For the sensitivity 40 cries are just enough to say it if nearly all are found; and see above for how this rule came to be.
#
# **Try it:** exercise 20, *operating_point*.
#
# ## 6 · Who rings
#
# The team's 16 false alarms had three kinds. Ours have names. (None of our recordings is labeled as a baby that babbles or laughs,
# so the team's largest group can't show up here. That is a gap, no merit.) The assertion: over two thirds come from voices, of animals or people.

# %%
choices = ["cat", "dog", "siren", "laughing", "rooster"]
predict("20.who", "Which sound is most often taken for a cry, as a share of its recordings?", choices=choices)

# %%
alarm = s >= np.array([thresholds[f] for f in fold])
table = {}
for name in sorted(set(kind[y == 0])):
    table[name] = (int(alarm[kind == name].sum()), int((kind == name).sum()))
ringing = sorted((pair for pair in table.items() if pair[1][0]), key=lambda pair: -pair[1][0] / pair[1][1])
predict.reveal("20.who", max(choices, key=lambda name: table[name][0] / table[name][1]))
for name, (n, total) in ringing:
    print(f"{name:17}{n:3} of {total}")
print(f"never: {sum(n == 0 for n, _ in table.values())} of {len(table)} kinds")
voices = {"laughing", "sneezing", "cat", "dog", "hen", "rooster", "sheep", "crow", "chirping_birds"}
assert sum(n for name, (n, _) in ringing if name in voices) > 2 / 3 * honest.false_positives

# %%
fig, ax = figure(height=0.5 + 0.24 * len(ringing), width=6)
ax.barh(
    [name for name, _ in ringing][::-1],
    [100 * n / total for _, (n, total) in ringing][::-1],
    color=COLORS["blue"],
)
ax.set(xlabel="share of the kind's recordings that ring (%)")
show(
    fig,
    caption="The kinds that ring most often have a voice: people who laugh, cats, hens, roosters.",
    alt="A bar chart of the kinds of sound that ring, longest at the top; laughing, cats, hens and roosters lead.",
)

# %% [markdown]
# And by loudness, in decibels below full scale, of a recording's loudest second? The team had four of sixteen from near silence.
# The assertion: the four bands hold all of our false alarms.

# %%
for row in held_out["by_loudness"]:
    ends = ["…" if end is None else f"{end:.0f}" for end in (row["from_db"], row["to_db"])]
    print(
        f"{ends[0]:>4} to {ends[1]:>3} dB:{row['false_alarms']:3} false alarms of {row['others']:3}, {row['found']:2} of {row['cries']:2} cries found"
    )
assert sum(row["false_alarms"] for row in held_out["by_loudness"]) == honest.false_positives

# %% [markdown]
# That is the report's lesson. They changed the noises in training, and other sounds rang instead, at the same total. A total
# says nothing about *whom* to add. A table like this does, if it shows how many there were of each.
#
# **Try it:** exercise 20, *breakdown*.
#
# ## 7 · What could fake it
#
# A number only means something beside what a silly rule would get. Same folds, same way to choose the threshold: how loud; how
# much above 4 kHz; how strong a pitch between 300 and 600 Hz; and a logistic regression on the mean spectrum.

# %%
print(f"{'':38}cries found   false alarms")
for name, numbers in {"the detector": held_out["recordings"], **held_out["baselines"]}.items():
    print(f"{name:38}{numbers['sensitivity'][0]:8.0%}{numbers['false_alarm_rate'][0]:15.0%}")
rules = {name: n["sensitivity"][0] for name, n in held_out["baselines"].items() if name != "always an alarm"}
assert max(rules.values()) < held_out["recordings"]["sensitivity"][0] - 0.05

# %% [markdown]
# All had the same budget of false alarms. The assertion: the best rule finds at least three of the 40 cries fewer. The mean spectrum
# with a regression is no mean rival; the rest are guesses. But could the detector still lean on a flaw of the recordings? Two are known. The
# second collection below has nothing above 4 kHz, and many clips that aren't cries end in digital silence. So a part of the
# recordings was heard again with its sound changed.

# %%
shortcuts = {name: row for name, row in held_out["shortcuts"].items() if "sensitivity" in row}
for name, row in shortcuts.items():
    print(
        f"{name:37}{row['true_positives']:3} of 40 cries, {row['false_positives']:3} false alarms, {row.get('verdicts_changed', 0):3} verdicts changed"
    )
heard_again = shortcuts["as they are"]
total = sum(
    heard_again[c] for c in ("true_positives", "false_negatives", "false_positives", "true_negatives")
)
for row in shortcuts.values():
    assert abs(row["true_positives"] - heard_again["true_positives"]) <= 4
    assert row.get("verdicts_changed", 0) < 0.1 * total

# %% [markdown]
# Each change moves less than a tenth of the verdicts and at most four of the cries; the assertions hold that. In training every sound, cry or not, was now and
# then cut above some frequency or made silent, so neither could help.
#
# ## 8 · Other people's recordings
#
# The hardest test is another collection. 54 cries that parents sent from their telephones, and 60 clips of people reading digits. No
# detector was trained on either; the threshold is the card's. The detector never heard adult speech at all.

# %%
other = held_out["other_collections"]
numbers = other["recordings"]
for name, count, total in (
    ("cries found", numbers["true_positives"], numbers["true_positives"] + numbers["false_negatives"]),
    ("false alarms", numbers["false_positives"], numbers["false_positives"] + numbers["true_negatives"]),
):
    ends = wilson_interval(count, total)
    print(f"{name:13}{count:3} of {total} = {count / total:.0%}   ({ends[0]:.0%} to {ends[1]:.0%})")
print(
    f"recorders: {other['recorders_of_cries']}, every cry found for {other['recorders_with_every_cry_found']}, none for {other['recorders_with_none_found']}"
)
for row in other["by_loudness"]:
    if row["cries"]:
        print(
            f"loudest second {row['from_db'] or '…'} to {row['to_db'] or '…'} dB: {row['found']} of {row['cries']} cries found"
        )

# %% [markdown]
# ## 9 · The best of many checkpoints
#
# The report's checkpoints carry *test* accuracy, and the tool that made them kept a new one when it was better on the test
# set. What does that do? In miniature: take 20 checkpoints that are all equally good, 85% in truth, and a test set of 249.

# %%
question = "The best of 20 equal detectors of 85% truth, on 249 recordings: what will it show?"
predict("20.best", question, low=80, high=95, unit="%")

# %%
rng = np.random.default_rng(SEED)
best = rng.binomial(249, 0.85, (2000, 20)).max(axis=1) / 249  # 2000 times over
predict.reveal("20.best", 100 * best.mean(), "Nothing was learned in between.", unit="%")
print(f"in {(best > 0.87).mean():.0%} of the draws the best shows more than 87%")
assert 0.88 < best.mean() < 0.90 and (best > 0.85).mean() > 0.99

# %% [markdown]
# Four points of luck, and the name of a file keeps them forever. Ours, measured: each fold's detector was looked at five times
# in training. The assertion: picking the best look on the test fold never shows less than the last step; picked on the other
# folds, it may.

# %%
picked = held_out["picked_by_test"]
for name in ("last", "picked_on_the_other_folds", "picked_on_the_test_fold"):
    print(f"{name.replace('_', ' '):27}{picked[name]:.1%} accuracy at a threshold of 0.5, mean of five folds")
assert picked["picked_on_the_test_fold"] >= max(picked["last"], picked["picked_on_the_other_folds"])

# %% [markdown]
# And look at the accuracies: they are at a threshold of 0.5, which nobody chose, in a set where one in eighteen is a cry. Never
# ringing at all is 94% accurate there. That is the last assertion. Accuracy was the wrong number to put into a name, whoever
# measured it.

# %%
silent = np.mean(y == 0)
print(f"never an alarm: {silent:.1%} accurate. The detector at its thresholds: {honest.accuracy:.1%}")
assert silent > 0.94 > picked["last"]

# %%
headline(
    f"16 of 99, but of negatives or of alarms? Held out, our detector finds {honest.true_positives} of {honest.positives} cries "
    f"and rings for {honest.false_alarm_rate:.1%} of the rest"
)

# %% [markdown]
# ## Recap
#
# - Sensitivity and false-alarm rate belong to the detector; the false-discovery rate belongs to the mixture it was tried on.
# - 16.16% with 16 errors means 99 of something. Ask of what, before you compare.
# - Choose the threshold on recordings that you don't report. With 40 cries, say the interval.
# - Break false alarms down by kind and by loudness, with the totals beside them. A total that stays can hide a mix that moves.
# - A checkpoint picked by test accuracy has its luck built in, and accuracy is no measure where cries are rare.
#
# ## Check your understanding
#
# <details><summary>Two teams report 5% false alarms. One means negatives, one means alarms. Whose device is quieter at
# night?</summary>
# You can't tell yet. 5% of the negatives is 180 of an hour's 3600 seconds, if each may ring. 5% of the alarms says nothing
# until you know how many cries the test held.</details>
#
# <details><summary>You have 8 cries in a fold and want 95% of them found. Which sensitivities can you choose from?</summary>
# Eighths. 7 of 8 is 87.5%, so 95% means all 8: the threshold hangs on the single lowest cry. That is why the four other folds
# choose together.</details>
#
# <details><summary>Of 4 recordings of a kind, 1 rings; of 40 of another, 4 ring. Which kind should you collect more
# of?</summary>
# The rates 25% and 10% have intervals of about 5 to 70% and 4 to 23%. Both kinds could be equal. Collect more of the first
# to learn whether it is a problem.</details>
#
# <details><summary>Your test cries come from telephones that record up to 4 kHz, your other sounds from microphones that go
# higher. The detector is nearly perfect. What do you check?</summary>
# Whether it listens to the bandwidth. Cut everything at 4 kHz and measure again; or, as here, give it no band above.</details>
#
# ## Where next
#
# Lesson 21: *Eight bits, four bits*. The board has no floating point, and the report's 4-bit detector fell to 66%.
#
# Read: M. Sandler et al., *MobileNetV2: Inverted Residuals and Linear Bottlenecks*, CVPR 2018, sections 3 and 4; K. J. Piczak,
# *ESC: Dataset for Environmental Sound Classification*, ACM Multimedia 2015; T. Fawcett, *An introduction to ROC analysis*,
# Pattern Recognition Letters 2006, for the curve.
