# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Alarm fatigue
#
# **Field report.** The detector was as good as they could make it: 16.16% false alarms, of which 4 in 16 came from near silence and 7
# from baby sounds that are no cries. Even so, the team wrote, a parent stops listening. A device that calls you for nothing teaches
# you to turn over. So they asked for something behind the detector, for the quiet sounds and the baby sounds above all.
#
# You will be able to
# - build an alarm from windows with six rules of one line each, and say what each costs;
# - judge it by what a parent notices: false alarms an hour, seconds to the alarm, cries missed;
# - choose a filter on some nights and report it on others.
#
# You need lesson 20. Reading 16 minutes, running 20 seconds, exercises 40 minutes.

# %%
import json
import math

import numpy as np
import torch

from course_lib.cry import AlarmFilter, bank_sound, make_night, night_report, pretrained
from course_lib.cry.night import GRACE, RATES
from course_lib.cry.nights import FACTS, choose, halves, part_by_part, try_filter
from course_lib.data import made_sounds
from course_lib.teach import COLORS, figure, headline, play, predict, show

# %% tags=["parameters"]
SEED = 22  # of the made sounds and of the nights
SOUNDS = 56  # made sounds in the bank, half of them cries
NIGHTS = 2  # of eight hours, on each side; the table of real recordings rests on 6 and 8

# %% [markdown]
# ## 1 · What 16% means at home
#
# Lesson 20's rate is a share of recordings. A parent lives in hours. How many sounds that aren't cries reach a bedroom in an hour? We
# don't know, and it differs from home to home. For this lesson we *assume* rates, and write them down:

# %%
for group, rate in RATES.items():
    print(f"{group:8} {rate:4.0f} an hour")

# %%
question = "Each sound that isn't a cry rings with 16.16%. In an hour with one cry, what share of the alarms is false?"
predict("22.share", question, low=0, high=100, unit="%")

# %%
others = sum(RATES.values()) - RATES["cry"]
false = 0.1616 * others
share = false / (false + RATES["cry"])  # even if every cry is found
predict.reveal("22.share", 100 * share, f"{8 * false:.0f} false alarms in eight hours.", unit="%")
assert share > 2 / 3

# %% [markdown]
# Over two thirds, even if every cry is found: that was the assertion. And a sound of many seconds can ring many times.
#
# ## 2 · Six rules
#
# The detector gives a score each half second. Here are twenty seconds as a child would draw them: a cough, a cry with its
# breaths, and babble that hovers around the threshold.

# %%
ON, OFF, HOP = 0.6, 0.4, 0.5
cough, cry = [0.9], [0.8, 0.9, 0.5, 0.9, 0.85, 0.3, 0.8, 0.9, 0.5, 0.9, 0.9, 0.2]
babble = [0.55, 0.65, 0.5, 0.62, 0.55, 0.65]
scores = np.array([0.0] * 4 + cough + [0.0] * 6 + cry + [0.0] * 7 + babble + [0.0] * 4)

# %% [markdown]
# **Smoothing** replaces a score by a mean in which older ones fade with a time constant $\tau$:
# $m_t = m_{t-1} + (1 - e^{-\Delta/\tau})\,(s_t - m_{t-1})$.


# %%
def smooth(scores, tau):
    """An exponential mean, from 0."""
    mean, means = 0.0, []
    for score in scores:
        mean += (1 - math.exp(-HOP / tau)) * (score - mean)
        means.append(mean)
    return np.array(means)


# %% [markdown]
# **Hysteresis** takes two thresholds. It goes on at the upper one and off only below the lower one, so that a breath in a cry
# doesn't end it.


# %%
def hysteresis(scores, on, off):
    """Which windows are on."""
    state, states = False, []
    for score in scores:
        state = score >= (off if state else on)
        states.append(state)
    return np.array(states)


# %% [markdown]
# **k of n** wants k of the last n windows on. **Hold** wants that without a break for some seconds. A cough passes neither.


# %%
def k_of_n(is_on, k, n):
    """Where at least k of the last n windows, this one among them, are on."""
    return np.array([is_on[max(0, i - n + 1) : i + 1].sum() >= k for i in range(len(is_on))])


def hold(is_on, seconds):
    """Where it has been on for this long."""
    since, held = 0, []
    for i, on in enumerate(is_on):
        since = since if on else i + 1
        held.append(on and (i - since) * HOP >= seconds)
    return np.array(held)


# %% [markdown]
# A **gate** counts quiet windows as 0. A **pause** lets no alarm begin soon after another one.


# %%
def gate(scores, levels, least):
    """Scores, 0 where the level is too low."""
    return np.where(levels >= least, scores, 0.0)


def begins(is_on, pause=0.0):
    """Seconds at which alarms begin."""
    found, sounding = [], False
    for i, on in enumerate(is_on):
        if on and not sounding and (not found or i * HOP - found[-1] >= pause):
            found.append(i * HOP)
            sounding = True
        sounding = sounding and on
    return found


# %%
rows = {
    "threshold": scores >= ON,
    "smoothed": smooth(scores, 1.0) >= ON,
    "hysteresis": hysteresis(scores, ON, OFF),
    "3 of 6": k_of_n(scores >= ON, 3, 6),
    "hold 1.5 s": hold(hysteresis(scores, ON, OFF), 1.5),
}

# %%
fig, (ax, below) = figure(1, 2, height=2.9, width=9)
time = np.arange(len(scores)) * HOP
ax.step(time, scores, where="mid", color=COLORS["black"])
ax.axhline(ON, color=COLORS["vermilion"], linestyle="--")
ax.axhline(OFF, color=COLORS["blue"], linestyle=":")
ax.set(xlabel="seconds", ylabel="score (dashed: on, dotted: off)")
for y, is_on in enumerate(rows.values()):
    below.plot(time[is_on], np.full(is_on.sum(), y), "s", markersize=4, color=COLORS["blue"])
below.set(
    xlabel="seconds",
    yticks=range(len(rows)),
    yticklabels=rows,
    xlim=ax.get_xlim(),
    ylim=(len(rows) - 0.5, -0.5),
)
show(
    fig,
    caption="A bare threshold breaks a cry in pieces and rings for a cough. Each rule mends some of that; all but hysteresis begin later.",
    alt="Left, scores: a spike, a jagged block, a low block near the threshold. Right, marks where each of five rules is on.",
)

# %%
for name, is_on in rows.items():
    print(f"{name:11}{len(begins(is_on))} alarms, at {', '.join(f'{at:g}' for at in begins(is_on))} s")
assert len(begins(rows["threshold"])) > 2 * len(begins(rows["3 of 6"]))

# %% [markdown]
# The assertion: *3 of 6* gives less than half of the alarms of a bare threshold. Look at its price too. It begins later
# in the cry, and babble that lasts still rings.
#
# Now the package's `AlarmFilter`. It does the same with one window in, one verdict out, so that it runs beside a microphone. The
# assertion: over an hour of random scores, all rules in a row by hand and the filter give the same alarms.

# %%
rng = np.random.default_rng(SEED)
hour, levels = rng.beta(0.6, 0.8, 7200), rng.uniform(-60, -10, 7200)
by_hand = hysteresis(smooth(gate(hour, levels, -50), 0.8), 0.6, 0.4)
by_hand = begins(hold(k_of_n(by_hand, 3, 6), 2.0), pause=20.0)
alarm_filter = AlarmFilter(0.6, 0.4, smoothing=0.8, k=3, n=6, hold=2.0, gate=-50, pause=20.0)

# %%
streamed = [alarm_filter.time for s, level in zip(hour, levels, strict=True) if alarm_filter.push(s, level)]
print(f"{len(by_hand)} alarms by hand, {len(streamed)} from the filter")
assert by_hand == streamed and len(by_hand) > 20

# %% [markdown]
# **Try it:** exercise 22, *k_of_n* and *hysteresis*.
#
# ## 3 · A night
#
# Nobody can wait eight hours for each idea. So we score a bank of made sounds once, at three distances: as they are, and 10 and 20 dB
# down. A night then strings stretches of scores together at the rates above, which takes milliseconds. The card has a threshold for single
# windows, chosen like lesson 20's, which is for the mean of three.

# %%
torch.set_num_threads(1)
detector = pretrained("cry")
threshold = detector.card["held_out"]["operating_point"]["window_threshold"]
sounds = made_sounds(SOUNDS, SEED, seconds=4.0)
bank = [
    bank_sound(detector, wave, kind, f"sound {i}")
    for i, (wave, kind) in enumerate(zip(sounds.waves, sounds.kinds, strict=True))
]
print(f"{len(bank)} sounds at {len(bank[0].scores)} distances, {bank[0].scores.shape[1]} windows each")
print(f"the card's threshold for one window: {threshold:.2f}")

# %% [markdown]
# Half of the sounds make the nights on which we choose, the other half those on which we report. Two sides, as ever: other
# sounds *and* other draws.

# %%
validation_bank, test_bank = halves(bank)
validation = [make_night(validation_bank, 1000 * SEED + i) for i in range(NIGHTS)]
test = [make_night(test_bank, 1000 * SEED + 500 + i) for i in range(NIGHTS)]
night = validation[0]
print(f"{len(night.scores):,} windows, {len(night.kinds)} events, {len(night.cries)} crying episodes")
assert night.hours == 8 and not {s.source for s in validation_bank} & {s.source for s in test_bank}

# %% [markdown]
# **Measure.** What counts? An episode is *found* when an alarm sounds between its start and two seconds after its end. The *delay* goes
# from its start to the end of the window that gave the alarm, so a second is the least. An alarm that begins at any other time is
# *false*. First, the bare threshold of the card.

# %%
predict("22.bare", "False alarms an hour with the bare threshold?", low=0, high=30)

# %%
bare = try_filter({"on": threshold}, validation)
predict.reveal("22.bare", bare.false_per_hour, f"Episodes missed: {bare.missed} of {bare.episodes}.")

# %%
for kind in sorted(set(bare.rang), key=bare.rang.count, reverse=True):
    print(f"{kind:10}{bare.rang.count(kind):4}")
assert bare.false_per_hour > RATES["cry"] and bare.missed <= 0.2 * bare.episodes

# %% [markdown]
# More false alarms than cries, which is the assertion, though nearly no cry is missed. Play with it.


# %%
def draw(on, rule, pause):
    """A night's crying and alarms, an hour to a row."""
    k, n = map(int, rule.split(" of "))
    alarms = AlarmFilter(on, k=k, n=n, pause=float(pause.split()[0])).alarms(night.scores)
    fig, ax = figure(height=2.9, width=7)
    for start, end in night.cries:
        ax.barh(start // 3600, (end - start) / 60, left=start % 3600 / 60, color=COLORS["orange"], height=0.7)
    for alarm in alarms:
        right = any(start <= alarm.at <= end + GRACE for start, end in night.cries)
        ax.plot(
            alarm.at % 3600 / 60,
            alarm.at // 3600,
            "^" if right else "x",
            color=COLORS["green" if right else "black"],
        )
    r = night_report(alarms, night)
    ax.set(xlabel="minutes", ylabel="hour", xlim=(0, 62), ylim=(7.6, -0.6))
    ax.set_title(f"on {on:g}, {rule}, {pause}: {r.false_alarms} false, {r.missed} of {r.episodes} missed")
    return fig


# %%
play(
    draw,
    {
        "on": (0.5, 0.95, 0.05, 0.65),
        "rule": ["1 of 1", "2 of 3", "3 of 6", "6 of 12"],
        "pause": ["0 s", "60 s"],
    },
    look_for="Which crosses go away with the rule, which only with the threshold, and when does the first orange bar stay without a mark?",
    twin=[{"on": 0.65, "rule": "1 of 1", "pause": "0 s"}, {"on": 0.65, "rule": "3 of 6", "pause": "60 s"}],
    caption="A night, an hour to a row. Bars are crying, triangles right alarms, crosses false ones. The lower panel has a filter.",
    alt="Two charts of eight rows with orange bars; the upper one holds more crosses and triangles than the lower one.",
)

# %% [markdown]
# ## 4 · What each part does, and costs
#
# One part at a time, at the card's threshold, over the validation nights. **Predict** which one loses cries:

# %%
parts = part_by_part(threshold)
predict("22.cost", "Which part alone misses the most crying?", choices=list(parts)[1:])

# %%
reports = {name: try_filter(options, validation) for name, options in parts.items()}
print(f"{'':24}false an hour   delay   missed")
for name, r in reports.items():
    print(f"{name:24}{r.false_per_hour:11.1f}{r.delay:9.1f} s{r.missed:5} of {r.episodes}")
predict.reveal("22.cost", max(reports, key=lambda name: reports[name].missed))

# %%
quieter = ("smoothing, 1 s", "3 of 6", "hold, 2 s", "pause, 60 s")
assert all(reports[name].false_alarms < bare.false_alarms for name in quieter)
assert all(reports[name].delay > bare.delay for name in quieter[:3])
assert reports["gate, -40 dB"].missed >= bare.missed + 3

# %% [markdown]
# The assertions: smoothing, *3 of 6*, hold and pause each take away false alarms; the first three ring later for it; and the gate
# loses at least three episodes more. The report asked for something against quiet false alarms, and a gate is the first thing
# that comes to mind. But a cry from the next room is quiet too. Set it below the quietest cry that you must hear, or not at all.
#
# What hysteresis does depends on the sounds. It keeps *one* alarm whole, and now and then it keeps a false one alive.
#
# ## 5 · The trade-off, and a choice
#
# Sweep the threshold with two filters. Each point is a device that you could ship.

# %%
thresholds = [0.5, 0.65, 0.8, 0.9, 0.95]
shapes = {"no filter": {}, "3 of 6 and a pause": {"k": 3, "n": 6, "pause": 60.0}}
tried = [({"on": on, **shape}, name) for name, shape in shapes.items() for on in thresholds]
tried = [(options, try_filter(options, validation), name) for options, name in tried]

# %%
fig, ax = figure(height=2.9, width=6)
for name, mark in zip(shapes, "o^", strict=True):
    points = [(r.false_per_hour, 100 * r.missed / r.episodes) for _, r, n in tried if n == name]
    ax.plot(*zip(*points, strict=True), f"{mark}-", label=name)
ax.set(xlabel="false alarms an hour", ylabel="episodes missed (%)")
ax.legend()
show(
    fig,
    caption="Five thresholds each, validation nights of made sounds. A threshold moves along a curve, a filter moves it to the left. Made cries are so easy that both hug the axes.",
    alt="Two L-shaped curves along the axes; the one with circles reaches much farther to the right.",
)

# %% [markdown]
# The lower left corner is where to be. Which point on the way? Write down what is bad, *before* you look at the test nights: at most 5
# points more of the episodes missed than without a filter, a median delay of at most 10 seconds, and then as few false alarms as can be. The assertion: on the
# test nights, with other sounds, the choice rings at most two thirds as often as the bare threshold.

# %%
least = bare.missed / bare.episodes
chosen, promised = choose([(options, r) for options, r, _ in tried], missed=least + 0.05, delay=10.0)
kept, bare_test = try_filter(chosen, test), try_filter({"on": threshold}, test)
print(chosen)

# %%
for name, r in (("promised", promised), ("kept", kept), ("bare, test", bare_test)):
    print(
        f"{name:11}{r.false_per_hour:5.1f} false an hour, {r.missed:2} of {r.episodes} missed, {r.delay:.1f} s"
    )
assert kept.false_per_hour < 2 / 3 * bare_test.false_per_hour

# %% [markdown]
# Compare *promised* with *kept*. The choice fits the sounds that it was made on, and a few dozen sounds don't stand for a home. That
# gap is what a parent would have found out.
#
# **Try it:** exercise 22, *choose_filter*.
#
# ## 6 · Real recordings
#
# Made sounds are cartoons, and made cries are easy. `python -m course_lib.cry.nights` does the same with real recordings: 96 filters on six
# nights from one half of the sources, the results on eight nights from the other half. No recording was scored by a detector
# that had trained on its fold. The numbers come from its table.

# %%
facts = json.loads(FACTS.read_text(encoding="utf-8"))
for name, some in facts["cries_from"].items():
    print(f"{name:28} cries from {some['recordings']} recordings of {some['sources']} sources")
real = facts["filters"]
print(f"{'test nights':34}false an hour   delay   missed")
for name in [name for name in real if name != "chosen"]:  # that one comes later
    r = real[name]["test"]
    print(f"{name:34}{r['false_per_hour']:11.1f}{r['delay']:9.1f} s{r['missed']:5} of {r['episodes']}")
best, raw = real["chosen"]["test"], real["no filter"]["test"]

# %% [markdown]
# Read it against the made nights. There, *hold* lost hardly a cry. Here it loses a third of them. A real cry breathes in, and
# the score dips under the threshold: "two seconds without a break" is something that a real baby hardly does. k of n forgives the
# breath. The assertion: hold misses over ten episodes for each that *3 of 6* misses, over ten if that misses none, and still has
# over 40% of its false alarms. The row at the end has three parts at once and the threshold of lesson 20: the fewest false alarms, and
# over a quarter of the crying missed.

# %%
held, three = real["hold, 2 s"]["test"], real["3 of 6"]["test"]
assert held["missed"] > 10 * max(1, three["missed"]) and held["false_alarms"] > 0.4 * three["false_alarms"]

# %% [markdown]
# Now the choice. The rule was as strict, at most 5% missed and 10 seconds, and the filter was chosen on the validation nights. (The rule itself was
# written after a look at ten other filters, on nights of which some had the test's seeds: not quite untouched. The file says so.) **Predict** what it
# kept of the false alarms:

# %%
question = (
    "The bare threshold rings {:.1f} times an hour for nothing. And the chosen filter, on the test nights?"
)
print("chosen:", real["chosen"]["options"])
predict("22.real", question.format(raw["false_per_hour"]), low=0, high=10)

# %%
predict.reveal("22.real", best["false_per_hour"], f"Missed: {best['missed']} of {best['episodes']}.")

# %%
assert best["false_per_hour"] < raw["false_per_hour"] / 3
assert best["missed"] <= facts["rule"]["missed"] * best["episodes"]
print(f"a night: {8 * best['false_per_hour']:.0f} false alarms, {8 * RATES['cry']:.0f} crying episodes")
assert best["false_per_hour"] > RATES["cry"]

# %% [markdown]
# Less than a third, at no more than 5% missed: so far the assertions like us. The last one doesn't. There are still more false alarms than
# cries. A filter makes this detector better; it doesn't make it good enough to be believed at our assumed rates.
#
# Here are all 96 filters on the validation nights. No cartoon any more: the curve bends, and you must choose a point on it.

# %%
fig, ax = figure(height=2.9, width=6)
every = [(row["false_per_hour"], 100 * row["missed"] / row["episodes"]) for row in facts["tried"]]
ax.plot(*zip(*every, strict=True), "o", color=COLORS["blue"], markersize=4, label="filters, validation")
ax.plot(
    best["false_per_hour"],
    100 * best["missed"] / best["episodes"],
    "*",
    color=COLORS["vermilion"],
    markersize=12,
    label="chosen, test",
)
ax.axhline(100 * facts["rule"]["missed"], color=COLORS["black"], linestyle="--")
ax.set(xlabel="false alarms an hour", ylabel="episodes missed (%)")
ax.legend()
show(
    fig,
    caption="Real recordings: below one or two false alarms an hour, the filters begin to miss cries steeply. Dashed, the rule's 5%.",
    alt="A cloud of points that falls steeply from the upper left and then lies flat; a star below the dashed line.",
)

# %% [markdown]
# Who still rings? And what if the cries come from other recorders, parents' telephones, that nothing was chosen on?

# %%
who = sorted(facts["who_rang_with_chosen"].items(), key=lambda pair: -pair[1])
print(", ".join(f"{kind} {n}" for kind, n in who))
for name in ("no filter", "chosen", "gate, -40 dB"):
    r = real[name]["test, cries from telephones"]
    low, high = r["missed_interval"]
    print(f"{name:13}telephones: {r['missed']} of {r['episodes']} missed ({low:.0%} to {high:.0%})")

# %%
phones = real["chosen"]["test, cries from telephones"]
assert phones["missed_interval"][0] > facts["rule"]["missed"]
assert phones["missed"] > 2 * real["no filter"]["test, cries from telephones"]["missed"]
assert who[0][0] == "laughing"

# %% [markdown]
# Three assertions, all sobering. With telephones the 5% is broken, interval and all. Without a filter nearly all of those cries are found: the
# detector scores them lower, and the choice, made on other recorders' cries, went too high for them. And what still rings is a
# *voice* that goes on, laughter first. Filters take away what is short. The report's baby sounds aren't. For those, the
# detector needs them in its training.
#
# **Try it:** exercise 22, the last task.

# %%
headline(
    f"A simple filter takes a night of real sounds from {raw['false_per_hour']:.1f} to {best['false_per_hour']:.1f} false "
    f"alarms an hour with {best['missed']} of {best['episodes']} cries missed; laughter still rings"
)

# %% [markdown]
# ## Recap
#
# - A rate per recording isn't a rate per hour. State false alarms an hour, delay, missed episodes, and the rates you assumed.
# - Short mistakes go away with k of n or smoothing, for a second of delay. A pause merges what rings again and again.
# - A hold without a break fails on real cries, because babies breathe. A gate fails on far ones.
# - Choose on some nights, report on others, with other *recordings*, not only another seed.
# - What lasts as long as a cry and sounds like one, no filter removes.
#
# ## Check your understanding
#
# <details><summary>You smooth over ten seconds and no false alarm is left. What do you look at next?</summary>
# Missed episodes and delay. Breaths pull the mean of a real cry below the threshold, and a short episode is over before the mean
# has risen.</details>
#
# <details><summary>Why must validation and test nights have different recordings? Isn't another seed enough?</summary>
# Another seed shuffles the same sounds. A threshold just above the loudest laugh of your bank would look perfect on
# every shuffle, and fail with the next laugh.</details>
#
# <details><summary>A pause of ten minutes cuts the false alarms further. What can it cost?</summary>
# A false alarm silences the device: a cry that begins and ends in those minutes is missed.</details>
#
# <details><summary>Would twice as many household sounds change which filter is best?</summary>
# It can. Their false alarms double and missed cries don't, so a stricter filter may become the cheaper one. That is why the
# assumed rates stand beside the result.</details>
#
# ## Where next
#
# The capstone puts it all together: one clip and one night, end to end.
#
# Read: J. P. Bliss, R. D. Gilson and J. E. Deaton in Ergonomics 38(11), 1995, on people who answer alarms about as often as these are
# right; A. Mesaros, T. Heittola and T. Virtanen, *Metrics for
# Polyphonic Sound Event Detection*, Applied Sciences 2016, section 3, on windows and events.
