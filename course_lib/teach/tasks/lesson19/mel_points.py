"""Task `19.mel_points`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.cry import hz_to_mel, mel_to_hz
from course_lib.teach.tasks.task import Mistake, Task


def _points(n_mels, fmin, fmax, scale, *, more=2, mels=False):
    ends = hz_to_mel(fmin, scale), hz_to_mel(fmax, scale)
    points = np.linspace(*ends, n_mels + more)
    return points if mels else mel_to_hz(points, scale)


def _slaney_all_log(n_mels, fmin, fmax, scale):
    """The upper branch everywhere."""
    if scale == "htk":
        return _points(n_mels, fmin, fmax, scale)
    return np.geomspace(max(fmin, 1e-3), fmax, n_mels + 2)


def _slaney_all_linear(n_mels, fmin, fmax, scale):
    return np.linspace(fmin, fmax, n_mels + 2) if scale == "slaney" else _points(n_mels, fmin, fmax, scale)


def _banks(rng):
    fixed = [(3, 0.0, 8000.0, "htk"), (3, 0.0, 8000.0, "slaney"), (40, 20.0, 7600.0, "htk")]
    drawn = [
        (int(rng.integers(2, 50)), float(rng.uniform(10, 900)), float(rng.uniform(2000, 11025)), scale)
        for scale in ("slaney", "htk", "slaney")
    ]
    return [*fixed, *drawn, (1, 1500.0, 4000.0, "slaney")]


TASK = Task(
    key="19.mel_points",
    name="mel_points",
    reference=_points,
    cases=_banks,
    tolerance=1e-6,
    mistakes=(
        Mistake(
            "a corner for each mel",
            lambda *bank: _points(*bank, more=0),
            "You have n_mels corners. Each triangle has three, and neighbors share two: n_mels + 2.",
        ),
        Mistake(
            "one corner short",
            lambda *bank: _points(*bank, more=1),
            "You have n_mels + 1 corners. Each triangle has three, and neighbors share two: n_mels + 2.",
        ),
        Mistake(
            "in mels",
            lambda *bank: _points(*bank, mels=True),
            "These are mels. The corners are wanted in hertz: go back through the scale.",
        ),
        Mistake(
            "even in hertz",
            lambda n_mels, fmin, fmax, scale: np.linspace(fmin, fmax, n_mels + 2),
            "Your corners are evenly spaced in hertz. They should be even in mels.",
        ),
        Mistake(
            "scales exchanged",
            lambda n_mels, fmin, fmax, scale: _points(
                n_mels, fmin, fmax, "htk" if scale == "slaney" else "slaney"
            ),
            "You have the two scales exchanged.",
        ),
        Mistake(
            "always HTK",
            lambda n_mels, fmin, fmax, scale: _points(n_mels, fmin, fmax, "htk"),
            "You use HTK's scale for both names.",
        ),
        Mistake(
            "always Slaney",
            lambda n_mels, fmin, fmax, scale: _points(n_mels, fmin, fmax, "slaney"),
            "You use Slaney's scale for both names.",
        ),
        Mistake(
            "Slaney without its linear part",
            _slaney_all_log,
            "Your Slaney scale is logarithmic everywhere. Below 1000 Hz, 15 mels, it is a straight line.",
        ),
        Mistake(
            "Slaney without its logarithm",
            _slaney_all_linear,
            "Your Slaney scale is a straight line everywhere. From 1000 Hz, 15 mels, on it is logarithmic.",
        ),
        Mistake(
            "fmin left out",
            lambda n_mels, fmin, fmax, scale: _points(n_mels, 0.0, fmax, scale),
            "Your corners begin at 0. The first one is fmin.",
        ),
    ),
)
