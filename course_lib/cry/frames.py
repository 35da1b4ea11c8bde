"""A wave cut into frames that overlap, and each frame's power spectrum."""

from collections.abc import Iterator

import numpy as np
import scipy.fft

_VALUES = (
    2**19
)  # a block of frames holds about so many samples: an hour of sound needs no more memory than a minute


def hann_window(n_fft):
    """The periodic Hann window, (n_fft,) float64: 0 at the first sample, and would be 0 again at the one after the last.

    Examples
    --------
    >>> hann_window(4)
    array([0. , 0.5, 1. , 0.5])
    """
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)


def power_spectra(wave, n_fft, hop_length) -> Iterator[np.ndarray]:
    """Power spectra of the frames of a wave, block after block of frames.

    Parameters
    ----------
    wave : (samples,) float array
        Padded already.
    n_fft, hop_length : int

    Yields
    ------
    ndarray, (frames, n_fft // 2 + 1) float64
        |X|² of each windowed frame.
    """
    window = hann_window(n_fft)
    frames = np.lib.stride_tricks.sliding_window_view(wave, n_fft)[::hop_length]
    block = max(1, _VALUES // n_fft)
    for start in range(0, len(frames), block):
        spectrum = scipy.fft.rfft(frames[start : start + block] * window)
        yield spectrum.real**2 + spectrum.imag**2
