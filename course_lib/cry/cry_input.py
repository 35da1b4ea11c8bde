"""What the cry detector hears: one-second windows of sound as pictures of bytes, every number of it fixed here.

    sound, 16 kHz → windows of 1 s, one each 0.5 s → log-mel (64 bands up to 4 kHz, 97 frames) → bytes 0 to 255

Nothing is said about a window that depends on another one, so a file and a stream give the same. The bands end at 4 kHz
because telephones' recordings do: what lies above would tell the collection a recording is from, not what it is of.
The decibels have a fixed reference, and a fixed range of them becomes bytes, because a small camera's processor takes
pictures of bytes: -70 dB and less is 0, 20 dB and more is 255, a step is 0.35 dB. Digital silence and the noise of a
quiet room are both 0.
"""

import numpy as np

from course_lib.cry.log_mel import log_mel

SAMPLE_RATE = 16000
WINDOW = 16000  # samples
HOP = 8000  # samples from one window to the next: 50 frames
BANDS, N_FFT, HOP_LENGTH = 64, 512, 160  # mels; samples of a frame, and from one frame to the next
FRAMES = 1 + (WINDOW - N_FFT) // HOP_LENGTH  # 97
MELS = {
    "n_fft": N_FFT,
    "hop_length": HOP_LENGTH,
    "n_mels": BANDS,
    "fmin": 100.0,
    "fmax": 4000.0,
    "mel_scale": "slaney",
    "norm": "slaney",
    "center": False,  # so that a frame depends on its own samples alone
}
LOWEST, HIGHEST = -70.0, 20.0  # decibels of mel power that become 0 and 255
QUIET = -60.0  # dB below full scale (RMS of a window): below, there is nothing to hear
_GROUP = 256  # windows at a time, so that an hour of sound needs little memory
PAUSE = 15.0  # dB below the loudest window: there a recording of a cry is pausing


def mel_decibels(wave: np.ndarray) -> np.ndarray:
    """(samples,) at 16 kHz, at least 512 of them → (64, frames) decibels, at least `LOWEST`."""
    return log_mel(wave, SAMPLE_RATE, **MELS, log="decibel", floor=10 ** (LOWEST / 10))


def to_bytes(decibels: np.ndarray) -> np.ndarray:
    """Decibels of mel power → bytes of the same shape: `LOWEST` 0, `HIGHEST` 255, nearest between."""
    return np.rint(np.clip((decibels - LOWEST) / (HIGHEST - LOWEST), 0, 1) * 255).astype(np.uint8)


def level(wave: np.ndarray) -> np.ndarray:
    """RMS over the last axis in decibels below full scale; -120 at least."""
    return 10 * np.log10(np.maximum(np.mean(np.square(wave, dtype=np.float64), axis=-1), 1e-12))


def examples(levels: np.ndarray, label: int) -> np.ndarray:
    """Which windows of a recording are examples of its label, by their levels: none that is quiet, no pause in a cry."""
    return levels >= (max(QUIET, levels.max() - PAUSE) if label else QUIET)


def heard(wave: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut sound into windows of a second, and make of each what the network takes.

    Parameters
    ----------
    wave : ndarray, (samples,) float in [-1, 1]
        At 16 kHz, as `course_lib.data.load_sound` gives it.

    Returns
    -------
    bytes_ : ndarray, (windows, 1, 64, 97) uint8
        A window each half second and, when samples are left at the end, a last one that reaches it (but for less than
        10 ms, so that windows begin where frames do). What is shorter than a second gets zeros behind it.
    levels : ndarray, (windows,)
        RMS in decibels below full scale.

    Raises
    ------
    TypeError, ValueError
        No floats; another shape; empty; NaN; values outside [-1, 1].

    Examples
    --------
    >>> bytes_, levels = heard(np.full(40000, 0.1, np.float32))
    >>> bytes_.shape, levels.round(1)
    ((4, 1, 64, 97), array([-20., -20., -20., -20.]))
    """
    wave = _checked(wave)
    starts = list(range(0, len(wave) - WINDOW + 1, HOP))
    last = (len(wave) - WINDOW) // HOP_LENGTH * HOP_LENGTH
    if last > starts[-1]:
        starts.append(last)
    bytes_ = np.empty((len(starts), 1, BANDS, FRAMES), np.uint8)
    for begin in range(0, len(starts), _GROUP):  # neighbors share frames
        group = starts[begin : begin + _GROUP]
        whole = to_bytes(mel_decibels(wave[group[0] : group[-1] + WINDOW]))
        for i, start in enumerate(group, begin):
            frame = (start - group[0]) // HOP_LENGTH
            bytes_[i, 0] = whole[:, frame : frame + FRAMES]
    return bytes_, np.array([level(wave[start : start + WINDOW]) for start in starts])


def _checked(wave: np.ndarray) -> np.ndarray:
    """A wave that is one, at least a window long."""
    wave = np.asarray(wave)
    if not np.issubdtype(wave.dtype, np.floating):
        raise TypeError(f"wave must be floating point in [-1, 1]; got {wave.dtype}")
    if wave.ndim != 1 or not wave.size:
        raise ValueError(f"wave must have shape (samples,), at least one; got {wave.shape}")
    if not (np.abs(wave).max() <= 1.001):  # false for NaN too
        raise ValueError("wave must be finite and in [-1, 1]")
    return np.pad(wave, (0, max(0, WINDOW - len(wave))))
