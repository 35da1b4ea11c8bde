"""What a cry detector hears in a recording, and plain rules that could fake a detector.

The rules are measured as it is: how loud, how much above 4 kHz, how strong a pitch between 300 and 600 Hz, and the mean
spectrum with a logistic regression.
"""

from collections.abc import Callable, Sequence

import numpy as np

from course_lib.cry.cry_input import HOP, QUIET, SAMPLE_RATE, WINDOW, examples, heard, level, mel_decibels
from course_lib.cry.detector import CryDetector, clip_score
from course_lib.cry.rates import Heard


def hear(detector: CryDetector, wave: np.ndarray, kind: str, label: int, fold: int = 0) -> Heard:
    """Score a recording, (samples,) float32 at 16 kHz."""
    bytes_, levels = heard(wave)
    scores = np.where(levels < QUIET, 0, detector.score_bytes(bytes_))
    return Heard(
        kind,
        int(label),
        fold,
        round(float(levels.max()), 1),
        round(clip_score(scores), 5),
        tuple(round(float(score), 5) for score in scores),
        tuple(bool(x) for x in examples(levels, label)),
    )


def _seconds(wave: np.ndarray) -> np.ndarray:
    """Windows of a second, one each half, of at least a second of sound: (windows, 16000)."""
    return np.lib.stride_tricks.sliding_window_view(wave, WINDOW)[::HOP]


def loudness(wave: np.ndarray) -> float:
    """Level of the loudest window."""
    return float(level(_seconds(wave)).max())


def brightness(wave: np.ndarray) -> float:
    """Share of the power above 4 kHz, in decibels."""
    power = np.square(np.abs(np.fft.rfft(wave)))
    above = power[len(power) // 2 :].sum()
    return float(10 * np.log10(max(above, 1e-12) / max(power.sum(), 1e-12)))


def pitch(wave: np.ndarray) -> float:
    """How strongly a window repeats itself at 300 to 600 Hz: autocorrelation, as a recording's score is made."""
    windows = _seconds(wave)
    power = np.square(np.abs(np.fft.rfft(windows, 2 * windows.shape[1])))
    correlation = np.fft.irfft(power)[:, : SAMPLE_RATE // 250]
    lags = slice(round(SAMPLE_RATE / 600), round(SAMPLE_RATE / 300) + 1)
    strength = correlation[:, lags].max(1) / np.maximum(correlation[:, 0], 1e-12)
    return clip_score(np.where(level(windows) < QUIET, 0, strength))


RULES: dict[str, Callable[[np.ndarray], float]] = {
    "loudness": loudness,
    "power above 4 kHz": brightness,
    "pitch of 300 to 600 Hz": pitch,
}


def spectrum_scores(waves: Sequence[np.ndarray], labels: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Scores of a logistic regression on mean and deviation of each band, each fold's fitted on the other folds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    decibels = [mel_decibels(wave) for wave in waves]
    features = np.array([np.r_[d.mean(1), d.std(1)] for d in decibels])  # (N, 128)
    scores = np.empty(len(waves))
    for fold in np.unique(folds):
        model = make_pipeline(
            StandardScaler(), LogisticRegression(class_weight="balanced", C=0.1, max_iter=2000)
        )
        model.fit(features[folds != fold], labels[folds != fold])
        scores[folds == fold] = model.predict_proba(features[folds == fold])[:, 1]
    return scores
