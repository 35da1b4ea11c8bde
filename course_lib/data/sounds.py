"""Sounds in the course's one convention: float32 in [-1, 1], mono, with the sample rate beside it. Read from files, or made.

Made sounds are what a nursery's microphone might hear, from formulas: cries, and seven kinds of things that aren't. A
voice, whether it cries, speaks or barks, is a row of harmonics of a pitch that moves, weighted by the resonances of a
throat. All of them lie on the noise of a room, so that no kind is told by digital silence. They are cartoons: what can be
said about them holds for real recordings only where it was measured on those.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

SAMPLE_RATE = 16000
LOWEST_RATE = 1000  # Hz, of a file: one that says less is damaged, and a second of it would become minutes
CRY = "cry"
_TOP = 7500.0  # no harmonic above, in Hz


@dataclass(frozen=True)
class Sounds:
    """What `made_sounds` returns.

    Attributes
    ----------
    waves : ndarray, (n, samples) float32 in [-1, 1]
    labels : ndarray, (n,) int64
        1 cry, 0 anything else.
    kinds : tuple of str
        ``"cry"`` or one of `HOUSEHOLD`.
    sample_rate : int
        16000 Hz.
    """

    waves: np.ndarray
    labels: np.ndarray
    kinds: tuple[str, ...]
    sample_rate: int = SAMPLE_RATE


def made_sounds(n: int, seed: int, *, seconds: float = 2.0, kinds: Sequence[str] | None = None) -> Sounds:
    """Make `n` sounds: every second one a cry, the others of `HOUSEHOLD` in turn.

    Parameters
    ----------
    n : int
        How many, at least 1.
    seed : int
        Decides everything, from 0. The first sounds of a longer set are those of a shorter one.
    seconds : float
        How long each is, from 0.5 to 60.
    kinds : sequence of str, optional
        The kinds in turn, instead: some of ``"cry"`` and `HOUSEHOLD`.

    Returns
    -------
    Sounds

    Raises
    ------
    ValueError
        `n`, `seed` or `seconds` out of range; no kinds, or an unknown one.

    Examples
    --------
    >>> sounds = made_sounds(4, seed=0)
    >>> sounds.waves.shape, sounds.kinds
    ((4, 32000), ('cry', 'speech', 'cry', 'bark'))
    """
    if n < 1 or seed < 0 or not 0.5 <= seconds <= 60:
        raise ValueError(
            f"n must be at least 1, seed at least 0, seconds 0.5 to 60; got {n}, {seed}, {seconds}"
        )
    if kinds is None:
        turn = [kind for other in HOUSEHOLD for kind in (CRY, other)]
    else:
        turn = list(kinds)
        unknown = [kind for kind in turn if kind not in _MAKERS]
        if unknown or not turn:
            raise ValueError(f"kinds must be some of {', '.join(_MAKERS)}; got {turn}")
    drawn = tuple(turn[i % len(turn)] for i in range(n))
    samples = round(seconds * SAMPLE_RATE)
    waves = np.stack(
        [_sound(kind, samples, np.random.default_rng([seed, i])) for i, kind in enumerate(drawn)]
    )
    return Sounds(waves, np.array([kind == CRY for kind in drawn], np.int64), drawn)


def load_sound(path: str | PathLike, sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """Read a sound file as mono at one sample rate.

    Channels are averaged. Another rate is converted with soxr's best quality; what the file lacks above half its own
    rate stays empty. Values beyond full scale, which float files and the conversion of clipped sounds can have, are cut
    to it.

    Parameters
    ----------
    path : path-like
        Any file that libsndfile reads (WAV, FLAC, Ogg, MP3, AIFF, …), of any rate, depth and number of channels.
    sample_rate : int
        Wanted, in Hz.

    Returns
    -------
    ndarray, (samples,) float32 in [-1, 1]
        At least one sample.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        No sound file, one that is empty or cut short, with a rate below 1 kHz, or with NaN or infinity in it (the message
        names it); a `sample_rate` below 1.
    """
    import soundfile
    import soxr

    path = Path(path)
    if sample_rate < 1:
        raise ValueError(f"sample_rate must be at least 1 Hz; got {sample_rate}")
    if not path.is_file():
        raise FileNotFoundError(f"path: there is no file {path}")
    try:
        with soundfile.SoundFile(path) as file:
            promised, rate = file.frames, file.samplerate
            if rate < LOWEST_RATE:
                raise ValueError(f"a sample rate of {rate} Hz")
            channels = file.read(dtype="float32", always_2d=True)  # (samples, channels)
        if len(channels) < max(promised, 1):
            raise ValueError(f"{len(channels)} samples of {promised}")
        if not np.isfinite(channels).all():
            raise ValueError("it holds NaN or infinity")
        wave = channels.mean(1, dtype=np.float32)
        if rate != sample_rate:
            wave = soxr.resample(wave, rate, sample_rate, quality="VHQ")
        if not wave.size:
            raise ValueError(f"too short for one sample at {sample_rate} Hz")
    except Exception as error:  # a broken file can raise nearly anything in a decoder
        raise ValueError(f"{path}: not a sound that can be read whole ({error})") from error
    return np.clip(wave, -1, 1)


def _sound(kind: str, samples: int, rng: np.random.Generator) -> np.ndarray:
    wave = _MAKERS[kind](samples, rng)
    peak = 10 ** (rng.uniform(-30, -1) / 20)  # near and far
    wave *= peak / max(np.abs(wave).max(), 1e-9)
    if kind == "quiet":
        wave *= 10 ** (rng.uniform(-50, -30) / 20)
    wave += 10 ** (rng.uniform(-75, -60) / 20) * _colored_noise(samples, rng.uniform(0, 1), rng)
    return np.clip(wave, -1, 1).astype(np.float32)


def _cry(samples: int, rng: np.random.Generator) -> np.ndarray:
    """Long bursts at 300 to 600 Hz that rise and fall, with vibrato, and a drawn breath between two."""
    wave = np.zeros(samples)
    pitch = rng.uniform(300, 600)
    resonances = (rng.uniform(900, 1400), rng.uniform(2500, 3400), rng.uniform(4500, 5500))
    roughness, vibrato = rng.uniform(0.002, 0.04), (rng.uniform(0.01, 0.04), rng.uniform(5, 8))
    start = -round(rng.uniform(0, 0.5) * SAMPLE_RATE)
    while start < samples:
        length = round(rng.uniform(0.5, 1.2) * SAMPLE_RATE)
        time = np.arange(length) / SAMPLE_RATE
        melody = 1 + rng.uniform(0.08, 0.25) * np.sin(
            np.pi * np.linspace(0, 1, length) ** rng.uniform(0.6, 1.5)
        )
        f0 = (
            pitch
            * rng.uniform(0.93, 1.07)
            * melody
            * (1 + vibrato[0] * np.sin(2 * np.pi * vibrato[1] * time))
        )
        burst = _voice(f0, resonances, rng) + roughness * _colored_noise(length, 0.5, rng)
        _add(wave, burst * _swell(length, rng.uniform(0.05, 0.15)), start)
        breath = round(rng.uniform(0.2, 0.45) * SAMPLE_RATE)
        air = _colored_noise(breath, 0.5, rng, lowest=800) * _swell(breath, 0.08)
        _add(wave, rng.uniform(0.01, 0.05) * air, start + length)
        start += length + breath
    return wave


def _speech(samples: int, rng: np.random.Generator) -> np.ndarray:
    """About four syllables a second at 90 to 260 Hz: each a vowel of its own, some after a hiss, with pauses."""
    wave = np.zeros(samples)
    pitch, start = rng.uniform(90, 260), 0
    while start < samples:
        length = round(rng.uniform(0.1, 0.25) * SAMPLE_RATE)
        if rng.random() < 0.4:
            hiss = round(rng.uniform(0.04, 0.1) * SAMPLE_RATE)
            _add(wave, rng.uniform(0.1, 0.3) * _colored_noise(hiss, -0.5, rng) * _swell(hiss, 0.02), start)
            start += hiss
        glide = np.linspace(rng.uniform(0.9, 1.15), rng.uniform(0.85, 1.05), length)
        vowel = (rng.uniform(280, 850), rng.uniform(850, 2300), rng.uniform(2400, 3200))
        _add(wave, rng.uniform(0.5, 1) * _voice(pitch * glide, vowel, rng) * _swell(length, 0.03), start)
        start += length + round((rng.uniform(0.2, 0.5) if rng.random() < 0.2 else 0.03) * SAMPLE_RATE)
    return wave


def _bark(samples: int, rng: np.random.Generator) -> np.ndarray:
    """Short hoarse bursts whose pitch falls."""
    wave = np.zeros(samples)
    pitch, start = rng.uniform(300, 800), round(rng.uniform(0, 0.2) * SAMPLE_RATE)
    while start < samples:
        length = round(rng.uniform(0.1, 0.22) * SAMPLE_RATE)
        f0 = pitch * rng.uniform(0.9, 1.1) * np.linspace(1.2, 0.6, length)
        burst = _voice(f0, (rng.uniform(600, 1100), rng.uniform(1500, 2200), 3000), rng)
        burst += 0.12 * _colored_noise(length, 0.6, rng)
        _add(wave, burst * _swell(length, 0.015) * np.exp(-np.linspace(0, 2.5, length)), start)
        start += length + round(rng.uniform(0.12, 0.7) * SAMPLE_RATE)
    return wave


def _noise(samples: int, rng: np.random.Generator) -> np.ndarray:
    """Rain, a fan, a tap: noise of some color that swells slowly."""
    slow = 1 + 0.4 * np.sin(
        2 * np.pi * (rng.uniform(0.1, 0.8) * np.arange(samples) / SAMPLE_RATE + rng.random())
    )
    return _colored_noise(samples, rng.uniform(0, 2), rng) * slow


def _alarm(samples: int, rng: np.random.Generator) -> np.ndarray:
    """Beeps of one pitch or two, pure or with overtones."""
    time = np.arange(samples) / SAMPLE_RATE
    period = rng.uniform(0.2, 1.0)
    first, second = rng.uniform(600, 3200), rng.uniform(600, 3200)
    place = time / period % 1
    on = (
        (place < rng.uniform(0.3, 0.8)) if rng.random() < 0.6 else np.ones(samples)
    )  # beeps, or two tones in turn
    f0 = np.where(place < 0.5, first, second if rng.random() < 0.5 else first)
    on = np.convolve(on, np.hanning(80) / np.hanning(80).sum(), "same")  # no clicks
    phase = 2 * np.pi * np.cumsum(f0) / SAMPLE_RATE
    return on * (np.sin(phase) + rng.uniform(0, 0.3) * np.sin(3 * phase) * (3 * f0 < _TOP))


def _hum(samples: int, rng: np.random.Generator) -> np.ndarray:
    """Mains and motors: a low pitch that stands still, and its overtones."""
    f0 = rng.choice([50.0, 60.0, rng.uniform(80, 200)])
    order = np.arange(1, 13)[:, None]
    weights = rng.uniform(0, 1, (12, 1)) / order
    time = np.arange(samples) / SAMPLE_RATE
    hum = (weights * np.sin(2 * np.pi * (f0 * order * time + rng.random((12, 1))))).sum(0)
    return hum + rng.uniform(0, 0.1) * _colored_noise(samples, 1, rng)


def _clatter(samples: int, rng: np.random.Generator) -> np.ndarray:
    """Dishes and toys: blows that ring and die away."""
    wave = np.zeros(samples)
    for _ in range(max(1, rng.poisson(4 * samples / SAMPLE_RATE))):
        length = round(rng.uniform(0.05, 0.4) * SAMPLE_RATE)
        time = np.arange(length) / SAMPLE_RATE
        modes = rng.uniform(500, 6000, (4, 1))
        ring = (rng.uniform(0.2, 1, (4, 1)) * np.sin(2 * np.pi * modes * time)).sum(0)
        ring += rng.standard_normal(length) * np.exp(-time / 0.004)
        blow = rng.uniform(0.1, 1) * ring * np.exp(-time / rng.uniform(0.01, 0.08))
        _add(wave, blow, int(rng.integers(samples)))
    return wave


def _quiet(samples: int, rng: np.random.Generator) -> np.ndarray:
    """Nearly nothing: a room far below the level of the other sounds."""
    return _colored_noise(samples, rng.uniform(0.5, 2), rng)


_MAKERS = {
    CRY: _cry,
    "speech": _speech,
    "bark": _bark,
    "noise": _noise,
    "alarm": _alarm,
    "hum": _hum,
    "clatter": _clatter,
    "quiet": _quiet,
}
HOUSEHOLD = tuple(kind for kind in _MAKERS if kind != CRY)


def _voice(f0: np.ndarray, resonances: Sequence[float], rng: np.random.Generator) -> np.ndarray:
    """Harmonics of a pitch (Hz, for each sample) under the resonances of a throat; peak about 1."""
    phase = 2 * np.pi * (np.cumsum(f0) / SAMPLE_RATE + rng.random())
    order = np.arange(1, int(_TOP / f0.min()) + 1)[:, None]
    frequency = order * f0[::160]  # (harmonics, 10 ms): weights change slowly
    weights = sum(1 / (1 + ((frequency - center) / (80 + 0.1 * center)) ** 2) for center in resonances)
    weights = (weights + 0.05) / np.sqrt(order) * (frequency < _TOP)
    weights = np.repeat(weights, 160, axis=1)[:, : len(f0)]
    wave = (weights * np.sin(order * phase)).sum(0)
    return wave / max(np.abs(wave).max(), 1e-9)


def _colored_noise(
    samples: int, slope: float, rng: np.random.Generator, *, lowest: float = 20.0
) -> np.ndarray:
    """Noise whose power falls as frequency to the power of -`slope` from `lowest` Hz on; standard deviation 1."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    frequency = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    weights = np.maximum(frequency, lowest) ** (-slope / 2) * np.minimum(frequency / lowest, 1)
    wave = np.fft.irfft(spectrum * weights, samples)
    return wave / max(wave.std(), 1e-9)


def _swell(length: int, seconds: float) -> np.ndarray:
    """A window that rises and falls in `seconds` each, as a sine squared."""
    edge = min(seconds * SAMPLE_RATE, length / 2)
    from_edge = np.minimum(np.arange(length) + 0.5, np.arange(length, 0, -1) - 0.5)
    return np.sin(np.pi / 2 * np.minimum(from_edge / edge, 1)) ** 2


def _add(wave: np.ndarray, part: np.ndarray, start: int) -> None:
    """Add a part in place, as far as it lies within."""
    begin, end = max(start, 0), min(start + len(part), len(wave))
    if begin < end:
        wave[begin:end] += part[begin - start : end - start]
