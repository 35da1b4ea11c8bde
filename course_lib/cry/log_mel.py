"""Log-mel features: what most detectors of sound look at. Frames, window, power spectrum, mel bank, logarithm.

Decibels are relative to a fixed power of 1, and the floor is a fixed power. So a frame's features depend on its own samples
alone, and a stream gives what a file gives. (librosa's `power_to_db` with its `top_db=80` puts the floor 80 dB below the
loudest of the whole clip, which a device doesn't know before the clip is over.)

Everything is computed in float64: near the floor, float32's rounding of a loud frame would be heard as noise.
"""

import numpy as np

from course_lib.cry.frames import power_spectra
from course_lib.cry.mel_bank import mel_bank
from course_lib.cry.mel_settings import MelSettings, check_wave


def log_mel(
    wave,
    sample_rate=16000,
    n_fft=512,
    hop_length=160,
    n_mels=64,
    fmin=0.0,
    fmax=None,
    mel_scale="slaney",
    norm="slaney",
    center=True,
    pad_mode="constant",
    log="natural",
    floor=1e-10,
):
    """Log-mel features of a wave.

    Parameters
    ----------
    wave : ndarray, (samples,) float32 or float64
        Mono sound, in [-1, 1]; louder is taken as it is.
    sample_rate : float
        Hertz.
    n_fft, hop_length : int
        Length of a frame, and how far apart frames begin, in samples. The window is Hann's, periodic.
    n_mels : int
    fmin, fmax : float
        Ends of the mel bank, hertz; `fmax` None is half the sample rate.
    mel_scale : {"slaney", "htk"}
    norm : {"slaney", None}
        Triangles of area 1 over hertz, or of height 1.
    center : bool
        Frame t is centered on sample t · hop_length: n_fft // 2 samples are put before the wave and after it. Otherwise
        frame t begins there, and the samples after the last whole frame are left out.
    pad_mode : {"constant", "reflect"}
        What is put there: zeros, or the wave mirrored at its end samples, for which it has to be longer than n_fft // 2.
    log : {"natural", "decibel", None}
        ln, 10 log10 (relative to a power of 1), or the power as it is.
    floor : float
        Above 0. The logarithm is that of max(power, floor); without logarithm there is no floor.

    Returns
    -------
    ndarray, (n_mels, frames)
        In the dtype of `wave`, computed in float64. With `center` there are 1 + samples // hop_length frames for an even
        `n_fft`.

    Raises
    ------
    TypeError, ValueError
        A wave that isn't mono float sound, is empty, too short for its padding or frame, or not finite; settings that
        can't be.

    Warns
    -----
    UserWarning
        Mels that see no bin of the spectrum and are always at the floor.

    Examples
    --------
    A tone of 440 Hz is in the ninth of 64 mels:

    >>> tone = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    >>> features = log_mel(tone)
    >>> features.shape, int(features[:, 50].argmax())
    ((64, 101), 8)
    """
    settings = MelSettings(
        sample_rate, n_fft, hop_length, n_mels, fmin, fmax, mel_scale, norm, center, pad_mode, log, floor
    )
    settings.check_length(check_wave(wave).size)
    bank = mel_bank(sample_rate, n_fft, n_mels, fmin, fmax, mel_scale, norm)
    padded = np.pad(wave, settings.pad, mode=pad_mode)
    mels = np.concatenate([spectra @ bank.T for spectra in power_spectra(padded, n_fft, hop_length)])
    return _logarithm(mels.T, log, floor).astype(wave.dtype, order="C")


def _logarithm(power, log, floor):
    if log is None:
        return power
    power = np.maximum(power, floor)
    return np.log(power) if log == "natural" else 10 * np.log10(power)
