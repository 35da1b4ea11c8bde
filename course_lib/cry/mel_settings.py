"""What log-mel features are made with, and what waves they are made of: said once, checked once, for Python and C++ alike."""

import math
import operator
from dataclasses import dataclass
from numbers import Real

import numpy as np

from course_lib.cry.mel_bank import NORMS, SCALES

PAD_MODES = ("constant", "reflect")
LOGS = ("natural", "decibel", None)
_MOST = {"n_fft": 2**24, "hop_length": 2**24, "n_mels": 2**16}
_LARGEST = (
    2.0**31
)  # full scale of 32-bit samples; what is beyond is no sound, and its power would leave float32


@dataclass(frozen=True)
class MelSettings:
    """The arguments of `log_mel`, checked and as plain numbers; `fmax` is filled in.

    Raises
    ------
    TypeError, ValueError
        Names the argument, what came and what was expected.
    """

    sample_rate: float = 16000
    n_fft: int = 512
    hop_length: int = 160
    n_mels: int = 64
    fmin: float = 0.0
    fmax: float | None = None
    mel_scale: str = "slaney"
    norm: str | None = "slaney"
    center: bool = True
    pad_mode: str = "constant"
    log: str | None = "natural"
    floor: float = 1e-10

    def __post_init__(self):
        for name in ("sample_rate", "fmin", "floor"):
            self._keep(name, _number(name, getattr(self, name)))
        half = self.sample_rate / 2
        fmax = half if self.fmax is None else _number("fmax", self.fmax)
        self._keep("fmax", fmax)
        if self.sample_rate <= 0:
            raise ValueError(f"sample_rate must be above 0; got {self.sample_rate!r}")
        for name, least in (("n_fft", 2), ("hop_length", 1), ("n_mels", 1)):
            self._keep(name, _whole(name, getattr(self, name)))
            if not least <= getattr(self, name) <= _MOST[name]:
                raise ValueError(f"{name} must be from {least} to {_MOST[name]}; got {getattr(self, name)}")
        if not 0 <= self.fmin < fmax <= half:
            raise ValueError(
                f"0 <= fmin < fmax <= sample_rate / 2 = {half:g} Hz must hold; got fmin {self.fmin!r}, fmax {fmax!r}"
            )
        if not isinstance(self.center, bool | np.bool_):
            raise TypeError(f"center must be True or False; got {self.center!r}")
        for name, known in (("mel_scale", SCALES), ("norm", NORMS), ("pad_mode", PAD_MODES), ("log", LOGS)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} must be one of {', '.join(map(repr, known))}; got {getattr(self, name)!r}"
                )
        if self.floor <= 0:
            raise ValueError(f"floor must be above 0, a power; got {self.floor!r}")

    def _keep(self, name, value):
        object.__setattr__(self, name, value)  # the way into a frozen dataclass

    @property
    def pad(self) -> int:
        """Samples that are put before the first and after the last one."""
        return self.n_fft // 2 if self.center else 0

    def check_length(self, samples: int) -> None:
        """ValueError where a wave of so many samples gives no frame, or can't be padded."""
        if samples == 0:
            raise ValueError("wave must not be empty")
        if self.center and self.pad_mode == "reflect" and samples <= self.pad:
            raise ValueError(
                f"wave must have more than n_fft // 2 = {self.pad} samples to be reflected; got {samples}"
            )
        if not self.center and samples < self.n_fft:
            raise ValueError(
                f"wave must have at least n_fft = {self.n_fft} samples with center=False; got {samples}"
            )


def check_wave(wave, name: str = "wave") -> np.ndarray:
    """`wave` itself, if it is mono sound; it may be empty.

    Raises
    ------
    TypeError, ValueError
        Not a NumPy array of float32 or float64; not of one axis; NaN, infinity or numbers that are no sound.
    """
    if not isinstance(wave, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array; got {type(wave).__name__}")
    if wave.dtype not in (np.float32, np.float64):
        helping = ": divide 16-bit samples by 32768 first" if wave.dtype.kind in "iu" else ""
        raise TypeError(f"{name} must be float32 or float64; got {wave.dtype}{helping}")
    if wave.ndim != 1:
        helping = ": mix channels down first, wave.mean(axis=1)" if wave.ndim == 2 else ""
        raise ValueError(f"{name} must be mono, of shape (samples,); got shape {wave.shape}{helping}")
    if wave.size and not (wave.min() >= -_LARGEST and wave.max() <= _LARGEST):  # NaN compares as False
        raise ValueError(f"{name} must be finite and within ±2³¹ (sound lies in [-1, 1]); it isn't")
    return wave


def _number(name, value) -> float:
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number; got {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite; got {value!r}")
    return float(value)


def _whole(name, value) -> int:
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number; got {value!r}") from None
