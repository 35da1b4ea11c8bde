"""What else than the cry a detector may go by: recordings heard again with their sound changed, and digital silence at their end."""

from collections.abc import Callable

import numpy as np
from scipy import signal

from course_lib.cry.cry_input import SAMPLE_RATE
from course_lib.cry.rates import Heard, as_numbers
from course_lib.metrics import detection_rates


def lowpassed(wave: np.ndarray) -> np.ndarray:
    """Without what lies above 3.4 kHz, as through an old telephone."""
    sos = signal.butter(8, 3400, fs=SAMPLE_RATE, output="sos")
    return np.clip(signal.sosfilt(sos, wave), -1, 1).astype(np.float32)


def silence_behind(wave: np.ndarray) -> np.ndarray:
    """With a second of digital silence behind it."""
    return np.pad(wave, (0, SAMPLE_RATE))


def silence_filled(wave: np.ndarray) -> np.ndarray:
    """With a quiet room's noise over everything, so that no sample of it is digital silence."""
    noise = np.random.default_rng(0).standard_normal(len(wave)) * 10 ** (-65 / 20)
    return np.clip(wave + noise, -1, 1).astype(np.float32)


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "nothing above 3.4 kHz": lowpassed,
    "a second of digital silence behind": silence_behind,
    "noise at -65 dB over everything": silence_filled,
}


def shortcuts(
    heard: list[Heard], changed: dict[str, list[Heard]], again: list[int], limits: np.ndarray
) -> dict:
    """The same recordings at the same thresholds, as they are and with their sound changed."""
    labels = np.array([heard[i].label for i in again])
    before = np.array([heard[i].score for i in again])
    rang = before >= limits[again]
    found = {"as they are": as_numbers(detection_rates(labels, rang, 1.0))}
    for name, rows in changed.items():
        after = np.array([h.score for h in rows])
        rings = after >= limits[again]
        found[name] = as_numbers(detection_rates(labels, rings, 1.0)) | {
            "verdicts_changed": int((rang != rings).sum()),
            "mean_change_of_cries": round(float((after - before)[labels == 1].mean()), 4),
            "mean_change_of_others": round(float((after - before)[labels == 0].mean()), 4),
        }
    return found


def silent_ends(labels: np.ndarray, alarm: np.ndarray, silent: np.ndarray) -> dict[str, dict[str, int]]:
    """False alarms among the recordings that end in digital silence, and among the others."""
    return {
        word: {
            "others": int((rows & (labels == 0)).sum()),
            "false_alarms": int((rows & (labels == 0) & alarm).sum()),
        }
        for word, rows in (("silent", silent), ("not silent", ~silent))
    }
