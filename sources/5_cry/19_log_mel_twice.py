# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From sound to log-mel, twice
#
# **Field report.** A detector of crying babies was trained in Python, on log-mel features from librosa. The device had no Python. So
# the front end became C++: torch's library, Eigen for the matrices, a port of librosa, sndfile for the files. All of it had
# to agree with what the network had learned from, or the network would hear something else than it was taught. The port
# that the team took pads as its caller says, and librosa had changed its own default in the meantime.
#
# You will be able to
# - compute log-mel features from a wave, step by step, with either mel scale, and match librosa's;
# - find the two habits that break a port or a stream: padding, and a floor that knows the future;
# - run the same features in C++17, prove parity, and stream them bit for bit.
#
# You need lesson 00. Reading 18 minutes, running 25 seconds, exercises 45 minutes. Part 7 builds C++; without a compiler it says so
# and goes on with stored output.

# %%
import subprocess
import tempfile
import time
from pathlib import Path

import librosa
import numpy as np
import soundfile
from IPython.display import Audio, Markdown, display
from scipy.signal import ShortTimeFFT
from threadpoolctl import threadpool_limits

import course_lib.cry
from course_lib.cry import LogMelStream, hz_to_mel, log_mel, log_mel_cpp, mel_bank, mel_to_hz
from course_lib.cry.log_mel_cpp import build_program
from course_lib.cry.log_mel_reference import reference_features, reference_wave
from course_lib.data import made_sounds
from course_lib.layers.compiled import CompileError
from course_lib.teach import COLORS, figure, headline, play, predict, show

# %% tags=["parameters"]
SEED = 0  # of the made sounds; this default run is the full run
N_MELS = 64  # how many mels

# %% [markdown]
# ## 1 · Frames
#
# Three made sounds, one second each, at 16,000 samples a second: a cry, speech, the clatter of dishes. They come from formulas, so that
# this page is the same everywhere; lesson 20 turns to real recordings. Listen.

# %% tags=["nbval-ignore-output"]
RATE, KINDS = 16000, ["cry", "speech", "clatter"]
waves = dict(zip(KINDS, made_sounds(3, SEED, seconds=1.0, kinds=KINDS).waves.astype(np.float64), strict=True))
wave = waves["cry"]
for kind, sound in waves.items():
    display(Markdown(kind), Audio(sound, rate=RATE))

# %% [markdown]
# What a wave sounds like changes some ten times a second. So cut it into *frames* of 512 samples (32 ms), long enough to hold a few
# periods of a voice, and start a new one every 160 samples (10 ms), the *hop*.

# %%
predict("19.frames", "One second, a frame centered on each 160th sample. How many?", low=90, high=110)

# %%
N_FFT, HOP = 512, 160
padded = np.pad(wave, N_FFT // 2)  # zeros, so that the first frame is centered on sample 0
frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]  # (frames, samples)
predict.reveal("19.frames", len(frames), "Fence posts: 16000 / 160 hops, and one frame more than hops.")

# %% [markdown]
# **Measure.** The assertions: there are 1 + samples // hop frames, and the middle of frame t is sample 160 t. Without padding the first
# frame *starts* at sample 0, there are four fewer, and everything is 256 samples early: the off-by-one of this trade.

# %%
assert len(frames) == 1 + len(wave) // HOP == 101
assert all(frames[t, N_FFT // 2] == wave[t * HOP] for t in range(100))
unpadded = np.lib.stride_tricks.sliding_window_view(wave, N_FFT)[::HOP]
print("padded:", frames.shape, " not padded:", unpadded.shape)
assert len(unpadded) == 1 + (len(wave) - N_FFT) // HOP == 97

# %% [markdown]
# ## 2 · Window and power spectrum
#
# A Fourier transform takes a frame for one period of something endless. If the frame's ends don't meet, there is a jump, and
# a jump has energy everywhere. The *Hann window* takes both ends to zero first:
#
# $$w_t = \tfrac12 - \tfrac12 \cos\frac{2\pi t}{N}, \qquad P_k = \Big|\sum_{t=0}^{N-1} w_t\, x_t\, e^{-2\pi i k t / N}\Big|^2 .$$
#
# With $N$ below the cosine it is *periodic*: zero at $t = 0$ and again at $t = N$, the first sample past the frame. NumPy's `np.hanning`
# has $N - 1$ there, and is another window.
#
# SciPy has a short-time transform of its own, written by other people. The assertions: it finds the same power, to 9 digits of the
# largest; and `np.hanning` is off by more than 0.004.

# %%
window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
power = np.abs(np.fft.rfft(frames * window)) ** 2  # (frames, N / 2 + 1)
scipys = ShortTimeFFT(window, HOP, RATE).stft(wave, p0=0, p1=len(frames)).T
assert np.allclose(np.abs(scipys) ** 2, power, rtol=0, atol=1e-9 * power.max())
assert np.abs(window - np.hanning(N_FFT)).max() > 0.004

# %% [markdown]
# **Measure.** A tone half-way between two bins, with the window and without. The assertions: with it, what leaks eight bins away and
# farther is 60 dB below the peak; and 1 kHz away, the window leaves at most a millionth of the power that comes without it.

# %%
hz = np.arange(N_FFT // 2 + 1) * RATE / N_FFT
tone = np.sin(2 * np.pi * (hz[64] + 0.5 * RATE / N_FFT) * np.arange(N_FFT) / RATE)
spectra = {
    name: np.abs(np.fft.rfft(tone * w)) ** 2 for name, w in (("Hann", window), ("no window", np.ones(N_FFT)))
}
decibels = {name: 10 * np.log10(p / p.max()) for name, p in spectra.items()}
assert np.delete(decibels["Hann"], np.s_[58:72]).max() < -60  # all but seven bins on either side
assert decibels["Hann"][96] < decibels["no window"][96] - 60
fig, ax = figure(height=2.6, width=6)
for name, level in decibels.items():
    ax.plot(hz, level, label=name)
ax.set(xlabel="frequency (Hz)", ylabel="power (dB below the peak)", ylim=(-130, 5))
ax.legend()
show(
    fig,
    caption="Without a window the tone leaks into every bin; with it, the leak is 60 dB down after eight bins, a quarter of a kilohertz.",
    alt="Two peaks at 2000 hertz: one falls below minus 100 decibels on either side, the other stays above minus 60 everywhere.",
)

# %% [markdown]
# **Try it:** exercise 19, *count_frames* and *cut_frames*.
#
# ## 3 · Mels, two of them
#
# An octave sounds like a step, wherever it lies. 257 bins of equal width in hertz spend half of themselves above 4 kHz. The *mel*
# scale is closer to the ear: nearly linear at first, logarithmic above. There are two by that name:
#
# | | formula |
# | --- | --- |
# | HTK | $m = 2595 \log_{10}(1 + f/700)$ |
# | Slaney | $m = 3f/200$ below 1000 Hz; above, $m = 15 + 27 \ln(f/1000)/\ln 6.4$ |
#
# Their units differ too, but only the *spacing* matters: features use points that are even in mels.


# %%
def htk(f):
    """HTK's mels of a frequency in hertz."""
    return 2595 * np.log10(1 + f / 700)


def slaney(f):
    """Slaney's."""
    return np.where(f < 1000, 3 * f / 200, 15 + 27 * np.log(np.maximum(f, 1000) / 1000) / np.log(6.4))


for name, scale in (("htk", htk), ("slaney", slaney)):
    assert np.allclose(scale(hz), hz_to_mel(hz, name)) and np.allclose(
        scale(hz), librosa.hz_to_mel(hz, htk=name == "htk")
    )
    points = mel_to_hz(np.linspace(0, scale(8000), 5), name)
    print(f"{name:7}", *(f"{f:8.1f}" for f in points), "Hz")

# %% [markdown]
# Five points of each, evenly spaced in mels: between the same two ends, the middle ones lie elsewhere. (The assertion above: ours,
# the package's and librosa's mels are the same.) A network that learned one scale and hears the other gets its picture
# stretched.
#
# Now the *bank*: mel m is a triangle over three neighboring points. It adds up the power under it.


# %%
def bank_by_hand(corners, hz):
    """Triangles (mels, bins): mel m rises from corner m to m + 1 and falls to m + 2."""
    left, top, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising, falling = (hz - left) / (top - left), (right - hz) / (right - top)
    return np.maximum(0, np.minimum(rising, falling))


corners = mel_to_hz(np.linspace(0, hz_to_mel(8000), N_MELS + 2))
plain = bank_by_hand(corners, hz)
normed = plain * 2 / (corners[2:] - corners[:-2])[:, None]  # Slaney's norm: each triangle has area 1

# %% [markdown]
# High triangles are wide, so they collect more of the same noise. *Slaney's norm* divides that out. **Measure.** The assertions: librosa
# and the package give the same banks, normed or not; white noise comes out flat within a factor of 2 with the norm, and rises more
# than fourfold without.

# %%
for ours, norm in ((plain, None), (normed, "slaney")):
    assert np.allclose(ours, mel_bank(RATE, N_FFT, N_MELS, norm=norm))
    assert np.allclose(ours, librosa.filters.mel(sr=RATE, n_fft=N_FFT, n_mels=N_MELS, norm=norm), atol=1e-7)
noise = np.random.default_rng(SEED).normal(size=20 * RATE)
flat, rising = (log_mel(noise, n_mels=N_MELS, norm=norm, log=None).mean(axis=1) for norm in ("slaney", None))
print(
    f"highest mels / lowest: {flat[-8:].mean() / flat[:8].mean():.1f} with the norm, {rising[-8:].mean() / rising[:8].mean():.0f} without"
)
assert 0.5 < flat[-8:].mean() / flat[:8].mean() < 2 and rising[-8:].mean() > 4 * rising[:8].mean()

# %%
fig, axes = figure(1, 2, height=2.4)
for ax, scale in zip(axes, ("slaney", "htk"), strict=True):
    for m, triangle in enumerate(mel_bank(RATE, N_FFT, 12, mel_scale=scale, norm=None)):
        ax.plot(hz, triangle, color=list(COLORS.values())[m % 3], linestyle="-", linewidth=1.2)
    ax.set(title=scale, xlabel="frequency (Hz)", ylabel="weight" if scale == "slaney" else "")
show(
    fig,
    caption="Twelve mels on either scale: narrow below 1 kHz, wide above, and not at the same places.",
    alt="Two rows of triangles that widen to the right; in the second the lower ones are narrower and the upper ones wider.",
)

# %% [markdown]
# **Try it:** exercise 19, *mel_points*.
#
# ## 4 · The logarithm
#
# Ears and networks like ratios. Take the logarithm; and as the logarithm of nothing is minus infinity, put a *floor* below:
# $\ln \max(p, 10^{-10})$. In decibels it is the same picture, times $10 / \ln 10 \approx 4.34$.

# %%
by_hand = np.log(np.maximum(normed @ power.T, 1e-10))  # (mels, frames)
assert np.allclose(by_hand, log_mel(wave, n_mels=N_MELS), atol=1e-9)
assert np.allclose(log_mel(wave, n_mels=N_MELS, log="decibel"), by_hand * 10 / np.log(10), atol=1e-9)
print("features:", by_hand.shape)

# %% [markdown]
# That was all: frames, window, power, bank, logarithm. From here on we use the package's `log_mel`; the cell above asserts that
# it is what we built.
#
# **Measure.** librosa, on all three sounds and eight settings: both scales, both norms, both paddings. The assertion: within 1e-4,
# which was the promise. It is far less, as both compute in float64.

# %%
worst = 0
for sound in waves.values():
    for scale, norm, pad in np.ndindex(2, 2, 2):
        norm, pad_mode = ["slaney", None][norm], ["constant", "reflect"][pad]
        ours = log_mel(sound, n_mels=40, mel_scale=["slaney", "htk"][scale], norm=norm, pad_mode=pad_mode)
        common = {
            "n_fft": N_FFT,
            "hop_length": HOP,
            "n_mels": 40,
            "htk": scale == 1,
            "norm": norm,
            "dtype": np.float64,
        }
        theirs = librosa.feature.melspectrogram(y=sound, sr=RATE, pad_mode=pad_mode, **common)
        worst = max(worst, np.abs(ours - np.log(np.maximum(theirs, 1e-10))).max())
print("librosa: within 1e-4" if worst < 1e-4 else f"off by {worst}")
assert worst < 1e-4

# %% [markdown]
# **Play.** See what you heard.


# %%
def draw(sound, mels, scale):
    """Features of one sound, in decibels."""
    fig, ax = figure(width=3.9, height=2.5)
    picture = log_mel(waves[sound], n_mels=mels, mel_scale=scale, log="decibel")
    ax.imshow(
        picture, origin="lower", aspect="auto", cmap="viridis", vmin=-80, vmax=0, extent=(0, 1, 0, mels)
    )
    ax.set(xlabel="time (s)", ylabel="mel")
    return fig


play(
    draw,
    {"sound": KINDS, "mels": (16, 80, 8, 64), "scale": ["slaney", "htk"]},
    look_for="Find the harmonics of the cry: stripes that move together. How many mels do you need before you can count them? "
    "What in the picture of the dishes is a blow?",
    twin=[
        {"sound": sound, "mels": mels, "scale": "slaney"} for sound in ("cry", "clatter") for mels in (16, 64)
    ],
    caption="64 mels show a cry's harmonics as stripes, 16 melt them together; a blow is an upright line. Colors: −80 dB dark, 0 dB light.",
    alt="Four pictures of time and mel: wavy stripes of a cry, the same in coarse blocks, and upright lines of dishes in fine and coarse.",
)

# %% [markdown]
# ## 5 · The likeliest bug: what lies before the first sample
#
# Frame 0 is centered on sample 0, so half of it lies before the wave. What is there? librosa up to 0.9: the wave, *mirrored*. Since
# 0.10: *zeros*. Same function, same call. A port written for one and compared with the other is right in every line and still
# differs.

# %%
predict("19.padding", "Zeros or mirrored: how many of the 101 frames of one second change?", low=0, high=101)

# %%
zeros, mirrored = (log_mel(wave, n_mels=N_MELS, pad_mode=mode) for mode in ("constant", "reflect"))
apart = np.abs(zeros - mirrored)  # natural units: 0.69 is a factor of 2 in power
changed = np.flatnonzero(apart.max(axis=0) > 1e-9)
predict.reveal("19.padding", len(changed), "Only frames that reach over an end.")
print(f"frames {changed}; mean difference {apart.mean():.2f}, largest {apart.max():.1f}")

# %% [markdown]
# **Measure.** The assertions: only frames 0, 1, 99 and 100 change; the largest difference is above 1 (a factor of 2.7 in power), and
# yet the mean over everything is below 0.1. So a parity test on the *mean* passes. Test the maximum, and print *where* it is:
# an error in the first and last frames alone is padding.

# %%
assert set(changed) == {0, 1, 99, 100}
assert apart.max() > 1 and apart.mean() < 0.1
fig, ax = figure(height=2.3, width=6)
ax.semilogy(np.maximum(apart.max(axis=0), 1e-12))
ax.set(xlabel="frame", ylabel="largest difference (ln)")
show(
    fig,
    caption="Zeros against mirrored: equal to the last digit inside, far apart at both ends. That shape is the bug's signature.",
    alt="A line at the bottom of a logarithmic plot that jumps up at the first two and the last two frames.",
)

# %% [markdown]
# A device that cuts its own one-second windows out of a stream and pads *each* has such frames in every window. Four of 101.
#
# ## 6 · A floor that knows the future
#
# The usual recipe in decibels is librosa's `power_to_db` with `top_db=80`: nothing may lie more than 80 dB below the loudest place **of the
# clip**. A reference of `np.max` is the same thing once more. On files that is handy. Now let the clip go on: one
# second of a quiet room, then dishes.

# %%
quiet = made_sounds(1, SEED, seconds=1.0, kinds=["quiet"]).waves[0].astype(float)
quiet *= 0.0002 / np.abs(quiet).max()
both = np.concatenate([quiet, waves["clatter"] / np.abs(waves["clatter"]).max()])


def relative(sound):
    """Decibels with librosa's usual floor, 80 dB below the loudest of the whole clip."""
    return librosa.power_to_db(log_mel(sound, log=None), top_db=80)


# %%
question = "In the quiet second: which share of the features changes, because of what comes later?"
predict("19.floor", question, low=0, high=100, unit="%")

# %%
inside = np.s_[:, :98]  # frames that end before the second sound begins
moved = np.abs(relative(quiet)[inside] - relative(both)[inside])
fixed = np.abs(log_mel(quiet, log="decibel")[inside] - log_mel(both, log="decibel")[inside])
share = 100 * (moved > 1).mean()
predict.reveal("19.floor", share, "Moved more than 1 dB, by a sound that isn't there yet.", unit="%")
print(f"fixed floor: the largest change is {fixed.max():.0f} dB")

# %% [markdown]
# **Measure.** The assertions: with the relative floor, more than half of the first second's features move by more than 1 dB; with
# the fixed one, none moves (by more than rounding, 1e-9). A stream can't wait for the loudest moment of the night. So: a fixed reference, a fixed floor, in
# training too.

# %%
assert (moved > 1).mean() > 0.5
assert fixed.max() < 1e-9
pictures = [np.clip((x[inside] + 100) / 100, 0, 1)[::-1] for x in (relative(quiet), relative(both))]
fig, axes = figure(1, 2, height=2.3)
for ax, picture, title in zip(
    axes, pictures, ("the quiet second alone", "the same second, dishes to follow"), strict=True
):
    ax.imshow(picture, aspect="auto", cmap="viridis", vmin=0, vmax=0.6, extent=(0, 0.98, 0, 64))
    ax.set(title=title, xlabel="time (s)", ylabel="mel")
show(
    fig,
    caption="The same sound at the same time. Right, a floor 80 dB below later dishes has swallowed nearly all of it. "
    "Colors: −100 dB dark, −40 dB light.",
    alt="Two pictures of a quiet room: the left shows shades over all mels, the right is one even shade almost everywhere.",
)

# %% [markdown]
# **Try it:** exercise 19, the explanation.
#
# ## 7 · The same in C++17
#
# The package holds the features a second time, in C++ with nothing but its standard library. Here is the mel scale there:

# %%
source = (Path(course_lib.cry.__file__).parent / "cpp" / "mel_bank.cpp").read_text(encoding="utf-8")
print(source[source.index("double hz_to_mel") : source.index("double mel_to_hz")].strip())

# %% [markdown]
# The largest piece is a Fourier transform of our own. The plain sum of part 2 costs $N^2$ steps; the fast one splits $N$ into
# factors and costs $N \log N$. Lengths with a prime factor above 5 take a detour, Bluestein's.
#
# Your machine's compiler builds it now, once: the result stays in a cache under a hash of sources, flags and compiler.

# %% tags=["nbval-ignore-output"]
began = time.perf_counter()
try:
    log_mel_cpp(wave)
    built = True
    print(f"ready after {time.perf_counter() - began:.1f} s")
except CompileError as problem:  # no compiler, or one that fails
    built = False
    print(f"{problem}.\nGoing on with stored output of the same code.")

# %% [markdown]
# **Measure.** Parity, over sounds and settings: lengths of all kinds, both scales, padding or none. The assertion: within 1e-4 at the
# *largest*, and so is the stored output of one wave, which has to do alone where there is no compiler.

# %%
settings = [
    {},
    {"n_fft": 400, "mel_scale": "htk", "norm": None},
    {"n_fft": 511, "pad_mode": "reflect", "log": "decibel"},
    {"n_fft": 1024, "hop_length": 333, "center": False, "fmin": 50, "fmax": 7000},
]


# %%
def largest_difference(**setting):
    """Between Python and C++, over all three sounds."""
    return max(np.abs(log_mel(x, **setting) - log_mel_cpp(x, **setting)).max() for x in waves.values())


# %%
stored = np.abs(log_mel(reference_wave()) - reference_features()).max()
worst = max(largest_difference(**setting) for setting in settings) if built else stored
print("C++ and Python: within 1e-4" if max(worst, stored) < 1e-4 else f"off by {worst}, {stored}")
assert max(worst, stored) < 1e-4

# %% [markdown]
# And would that test have caught part 5? Give C++ the other padding. The assertion: the difference is above 1, and its place is an
# end.

# %%
if built:
    wrong = np.abs(log_mel(wave) - log_mel_cpp(wave, pad_mode="reflect"))
    frame = int(wrong.max(axis=0).argmax())
    assert wrong.max() > 1 and frame in (0, 1, 99, 100)
print("found, in one of the first or last two frames" if built else "not tried: nothing is built")

# %% [markdown]
# **Speed.** One minute of sound, one thread, seconds of processor time.

# %%
question = "Features of a minute of sound: what part of NumPy's time does C++ need?"
predict("19.speed", question, choices=["a tenth or less", "between a tenth and a third", "more than a third"])


# %%
def seconds(function):
    """The best of five, in processor time."""
    times = []
    for _ in range(5):
        began = time.process_time()
        function()
        times.append(time.process_time() - began)
    return min(times)


minute = np.random.default_rng(SEED).uniform(-1, 1, 60 * RATE)
ways = {"NumPy": lambda: log_mel(minute)}
ways["librosa"] = lambda: librosa.feature.melspectrogram(
    y=minute, sr=RATE, n_fft=N_FFT, hop_length=HOP, n_mels=64
)
if built:
    ways["C++"] = lambda: log_mel_cpp(minute)

# %% [markdown]
# The assertion: C++ takes less than 1.3 times NumPy's time. It is a modest one, and that is the finding: NumPy's transform *is*
# compiled code, and a good one. You write C++ because the device has no Python, not because Python was slow.

# %% tags=["nbval-ignore-output"]
with threadpool_limits(1):
    cost = {name: seconds(way) for name, way in ways.items()}
print("; ".join(f"{name}: {value / cost['NumPy']:.2f} of NumPy's time" for name, value in cost.items()))
if built:
    ratio = cost["C++"] / cost["NumPy"]
    bounds = {"a tenth or less": 0.1, "between a tenth and a third": 1 / 3, "more than a third": np.inf}
    predict.reveal("19.speed", next(name for name, bound in bounds.items() if ratio <= bound))
    assert ratio < 1.3

# %% [markdown]
# ## 8 · Frame by frame
#
# A device gets 20 ms here and 35 ms there. To stream, keep the samples that the next frames still need, and no others. In Python:


# %%
def stream(blocks):
    """Power spectra (257,), each as soon as its last sample is there. Zeros before the first sample."""
    kept = np.zeros(N_FFT // 2)
    for block in blocks:
        kept = np.concatenate([kept, block])
        while len(kept) >= N_FFT:
            yield np.abs(np.fft.rfft(kept[:N_FFT] * window)) ** 2
            kept = kept[HOP:]  # the next frame begins one hop later


rng = np.random.default_rng(SEED)
places = np.sort(rng.choice(len(wave), 60, replace=False))
blocks = [*np.split(wave, places), np.zeros(N_FFT // 2)]  # at the end, zeros again

# %% [markdown]
# **Measure.** The wave in 61 blocks of random length. The assertions: our stream gives the batch's spectra; the C++ stream gives the
# batch's features to the *last bit*, not nearly; and mid-way it holds nothing back: a frame is out as soon as its last
# sample is in, 256 samples (16 ms) after its center.

# %%
assert np.allclose(list(stream(blocks)), power, rtol=0, atol=1e-12 * power.max())
if built:
    live = LogMelStream()
    parts = [live.push(block) for block in blocks[:-1]]  # it pads by itself
    parts.append(live.flush())
    assert np.array_equal(np.concatenate(parts, axis=1), log_mel_cpp(wave))
    first = [LogMelStream().push(wave[:samples]).shape[1] for samples in (255, 256, 415, 416)]
    assert first == [0, 1, 1, 2]
print("61 blocks or one: the same features")

# %% [markdown]
# Bits agree because batch and stream are one piece of code, and because every frame goes through the same operations whoever
# is computed beside it. That is worth having: a bug that a stream shows can be replayed from a file.
#
# Last, the program: a WAV file in, NumPy's file format out. The assertion: for a 24-bit stereo file, the features are those of its channels'
# mean.

# %%
with tempfile.TemporaryDirectory() as folder:
    file, out = Path(folder) / "cry.wav", Path(folder) / "cry.npy"
    soundfile.write(file, np.stack([wave, waves["speech"]], axis=1), RATE, subtype="PCM_24")
    mono = soundfile.read(file)[0].mean(axis=1)
    if built:
        subprocess.run([build_program(), file, out], check=True)
        assert np.abs(np.load(out) - log_mel(mono)).max() < 1e-4
print("the program agrees" if built else "no program without a compiler")
headline(
    f"Log-mel features in Python and C++ agree to 1e-4; zeros or mirrored padding changes {len(changed)} frames of {len(frames)}, by up to {apart.max():.0f}."
)

# %% [markdown]
# ## Recap
#
# - Log-mel: frames, periodic Hann, power, triangles even in mels, logarithm above a floor. Five steps, a dozen settings.
# - Two mel scales, two norms, two paddings: write yours down, since every library has other defaults.
# - Parity: compare the largest difference, and look where it is. Ends only: padding.
# - A floor or a reference that depends on the clip can't stream, and makes a sound's features depend on its future.
# - A stream equals its batch to the last bit if both are the same code.
#
# ## Check your understanding
#
# **1.** How many frames do 8000 samples give, with padding, at a hop of 160?
# <details><summary>Answer</summary>51: one for each hop, and the one at sample 0. 1 + 8000 // 160.</details>
#
# **2.** Your port agrees with librosa except in the first two and last two frames. What is it?
# <details><summary>Answer</summary>Padding: only frames that reach over an end differ. Window, bank or scale would change all of them.</details>
#
# **3.** It differs everywhere by a constant in each mel, another constant in another mel. What is it?
# <details><summary>Answer</summary>The norm: a factor for each triangle is a summand after the logarithm.</details>
#
# **4.** Why does a relative floor hurt even if you never stream?
# <details><summary>Answer</summary>The features of a quiet cry depend on how loud the rest of its clip is. In the field the clip is another, and the
# network sees pictures it never saw in training.</details>
#
# ## Where next
#
# Lesson 20 puts a small network on these pictures and asks which rate "16% false alarms" means. S. Davis and P. Mermelstein
# (1980) brought mel-spaced triangles to speech; M. Slaney's *Auditory Toolbox* (1998) and *The HTK Book* hold the two scales; McFee and
# others (2015) describe librosa.
