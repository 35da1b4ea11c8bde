"""Mel scales, and the bank of triangles on them.

Equal steps in mels sound like equal steps in pitch. There are two scales by that name, and they differ:

    HTK      2595 log10(1 + f / 700)
    Slaney   3 f / 200 below 1000 Hz; above, 15 + 27 ln(f / 1000) / ln 6.4

A bank is a matrix from bins of the power spectrum to mels: row m is a triangle over the corners m, m + 1 and m + 2, which
are evenly spaced in mels. With `norm="slaney"` each triangle is scaled to an area of 1 over hertz, so that white noise
comes out flat; with None each would peak at 1.

S. Young and others, "The HTK Book"; M. Slaney, "Auditory Toolbox", 1998. Defaults are librosa's, https://librosa.org.
"""

import warnings

import numpy as np

SCALES = ("slaney", "htk")
NORMS = ("slaney", None)
_LINEAR = 200 / 3  # Slaney: hertz a mel below the break
_BREAK = 1000.0  # hertz
_LOG_STEP = np.log(6.4) / 27  # above it, 27 mels for a factor of 6.4


def hz_to_mel(hz, mel_scale="slaney"):
    """Mels of frequencies.

    Parameters
    ----------
    hz : array_like
        0 or above.
    mel_scale : {"slaney", "htk"}

    Returns
    -------
    ndarray or float64, of the shape of `hz`

    Raises
    ------
    ValueError
        Another scale.

    Examples
    --------
    >>> hz_to_mel([0, 1000, 6400]), hz_to_mel(1000, "htk").round(2)
    (array([ 0., 15., 42.]), np.float64(999.99))
    """
    _check_scale(mel_scale)
    hz = np.asarray(hz, dtype=np.float64)
    if mel_scale == "htk":
        return 2595 * np.log10(1 + hz / 700)
    above = _BREAK / _LINEAR + np.log(np.maximum(hz, _BREAK) / _BREAK) / _LOG_STEP
    return np.where(hz < _BREAK, hz / _LINEAR, above)[()]


def mel_to_hz(mel, mel_scale="slaney"):
    """Frequencies of mels: `hz_to_mel` backwards.

    Parameters
    ----------
    mel : array_like
    mel_scale : {"slaney", "htk"}

    Returns
    -------
    ndarray or float64, of the shape of `mel`
        In hertz.

    Raises
    ------
    ValueError
        Another scale.

    Examples
    --------
    >>> mel_to_hz([0, 15, 42])
    array([   0., 1000., 6400.])
    """
    _check_scale(mel_scale)
    mel = np.asarray(mel, dtype=np.float64)
    if mel_scale == "htk":
        return 700 * (10 ** (mel / 2595) - 1)
    above = _BREAK * np.exp(_LOG_STEP * (np.maximum(mel, _BREAK / _LINEAR) - _BREAK / _LINEAR))
    return np.where(mel < _BREAK / _LINEAR, mel * _LINEAR, above)[()]


def mel_bank(sample_rate, n_fft, n_mels, fmin=0.0, fmax=None, mel_scale="slaney", norm="slaney"):
    """The matrix from the bins of a power spectrum to mels.

    Parameters
    ----------
    sample_rate : float
        Hertz.
    n_fft, n_mels : int
    fmin, fmax : float
        Lowest and highest corner, hertz; `fmax` None is half the sample rate.
    mel_scale : {"slaney", "htk"}
    norm : {"slaney", None}
        Triangles of area 1 over hertz, or of height 1.

    Returns
    -------
    ndarray, (n_mels, n_fft // 2 + 1) float64

    Warns
    -----
    UserWarning
        A triangle lies between two bins and sees none: its mel is always 0. Take fewer mels or a larger `n_fft`.

    Examples
    --------
    >>> mel_bank(8, 8, 2, norm=None).round(2)
    array([[0.  , 0.75, 0.5 , 0.  , 0.  ],
           [0.  , 0.  , 0.5 , 0.75, 0.  ]])
    """
    bins = np.arange(n_fft // 2 + 1) * (sample_rate / n_fft)
    fmax = sample_rate / 2 if fmax is None else fmax
    ends = hz_to_mel(fmin, mel_scale), hz_to_mel(fmax, mel_scale)
    corners = mel_to_hz(np.linspace(*ends, n_mels + 2), mel_scale)[:, None]
    left, top, right = corners[:-2], corners[1:-1], corners[2:]
    bank = np.maximum(0, np.minimum((bins - left) / (top - left), (right - bins) / (right - top)))
    empty = int((bank.max(axis=1) == 0).sum())
    if empty:
        warnings.warn(
            f"{empty} of {n_mels} mels see no bin of the spectrum and are always 0; "
            f"take fewer than n_mels={n_mels}, or an n_fft larger than {n_fft}",
            stacklevel=2,
        )
    return bank * (2 / (right - left)) if norm == "slaney" else bank


def _check_scale(mel_scale):
    if mel_scale not in SCALES:
        raise ValueError(f"mel_scale must be one of {', '.join(map(repr, SCALES))}; got {mel_scale!r}")
