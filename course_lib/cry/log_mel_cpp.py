"""`log_mel` once more, in C++17 that the machine's own compiler builds on first use: a batch, a stream and a program.

The sources lie in `cpp/`, with no dependency but the standard library; `fft.cpp` is a transform of our own. Nothing in them knows
Python: an embedded team takes the folder without `c_api.cpp`.

    python -m course_lib.cry.log_mel_cpp IN.wav OUT.npy [--n-mels 64 …]      runs the program; --help says the rest
"""

import ctypes
import functools
import subprocess
import sys
from pathlib import Path

import numpy as np

from course_lib.cry.mel_bank import mel_bank
from course_lib.cry.mel_settings import MelSettings, check_wave
from course_lib.layers.compiled import build

_FOLDER = Path(__file__).parent / "cpp"
_ENGINE = ("log_mel", "fft", "mel_bank")
# no fused multiply-add: a frame gives the same bits whether vector or scalar instructions compute it
_FLAGS = ("-ffp-contract=off",)
_ERROR_SIZE = 256  # as in c_api.cpp


def log_mel_cpp(
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
    """Log-mel features by C++: within 1e-4 of `log_mel`.

    Parameters
    ----------
    wave, sample_rate, n_fft, hop_length, n_mels, fmin, fmax, mel_scale, norm, center, pad_mode, log, floor
        As in `log_mel`, which warns as this does.

    Returns
    -------
    ndarray, (n_mels, frames)

    Raises
    ------
    TypeError, ValueError
        As in `log_mel`.
    NoCompiler, CompileError
        From `course_lib.layers.compiled`: it isn't built yet, and can't be.

    Examples
    --------
    >>> from course_lib.cry import log_mel
    >>> noise = np.random.default_rng(0).uniform(-1, 1, 4000)
    >>> bool(np.abs(log_mel_cpp(noise, n_mels=40) - log_mel(noise, n_mels=40)).max() < 1e-9)
    True
    """
    stream = LogMelStream(
        sample_rate=sample_rate,
        n_fft=n_fft,
        hop_length=hop_length,
        n_mels=n_mels,
        fmin=fmin,
        fmax=fmax,
        mel_scale=mel_scale,
        norm=norm,
        center=center,
        pad_mode=pad_mode,
        log=log,
        floor=floor,
    )
    stream.settings.check_length(check_wave(wave).size)
    stream.feed(wave)
    return stream.flush().astype(wave.dtype, order="C")


class LogMelStream:
    """Log-mel features of sound that comes piece by piece, in memory that doesn't grow.

    What `push` and `flush` return, side by side, is to the last bit what `log_mel_cpp` makes of the whole float64 wave,
    however it is cut.

    Parameters
    ----------
    **settings
        Of `log_mel`, by name: ``LogMelStream(n_mels=40, log="decibel")``. With ``center=True`` a frame comes n_fft // 2
        samples after its center was pushed.

    Raises
    ------
    TypeError, ValueError, NoCompiler, CompileError
        As `log_mel_cpp`.
    """

    def __init__(self, **settings):
        self.settings = s = MelSettings(**settings)
        # made for its warning: C++ makes its own
        mel_bank(s.sample_rate, s.n_fft, s.n_mels, s.fmin, s.fmax, s.mel_scale, s.norm)
        self._library = _library()
        self._error = ctypes.create_string_buffer(_ERROR_SIZE)
        self._handle = ctypes.c_void_p()
        self._samples, self._ended = 0, False
        given = _Settings(
            s.sample_rate,
            s.fmin,
            s.fmax,
            s.floor,
            s.n_fft,
            s.hop_length,
            s.n_mels,
            s.mel_scale == "htk",
            s.norm == "slaney",
            0 if not s.center else 1 if s.pad_mode == "constant" else 2,
            {None: 0, "natural": 1, "decibel": 2}[s.log],
        )
        self._checked(self._library.cry_new(ctypes.byref(given), ctypes.byref(self._handle), self._error))

    def push(self, block):
        """The frames that these samples complete.

        Parameters
        ----------
        block : ndarray, (samples,) float32 or float64
            Any number of samples, 0 too.

        Returns
        -------
        ndarray, (n_mels, frames) float64
            `frames` may be 0.

        Raises
        ------
        TypeError, ValueError
            Not mono float sound; or the stream has ended. The stream stays as it was.
        """
        return self._take(self.feed(block))

    def feed(self, block) -> int:
        """As `push`, but the frames stay inside until the next `push` or `flush`; returns how many there are."""
        check_wave(block, "block")
        if self._ended:
            raise ValueError("the stream has ended: make a new one for the next wave")
        block = np.ascontiguousarray(block, dtype=np.float64)
        ready = self._checked(
            self._library.cry_push(self._handle, block.ctypes.data, block.size, self._error)
        )
        self._samples += block.size
        return ready

    def flush(self):
        """The last frames: the wave is over, and is padded. Returns (n_mels, frames) float64.

        Raises
        ------
        ValueError
            The wave was empty, or too short for its padding or frame; or the stream has ended before.
        """
        if self._ended:
            raise ValueError("the stream has ended: make a new one for the next wave")
        self.settings.check_length(self._samples)
        self._ended = True
        return self._take(self._checked(self._library.cry_flush(self._handle, self._error)))

    def _take(self, frames):
        out = np.empty((frames, self.settings.n_mels))
        self._library.cry_take(self._handle, out.ctypes.data)
        return out.T

    def _checked(self, result):
        if result < 0:
            raise RuntimeError(f"the C++ features failed: {self._error.value.decode(errors='replace')}")
        return result

    def __del__(self):
        if getattr(self, "_handle", None):
            self._library.cry_delete(self._handle)


def build_program() -> Path:
    """The program `wav → features`, built where it isn't yet. Raises NoCompiler or CompileError."""
    return build(_files("main", "wav"), "program", flags=_FLAGS)


class _Settings(ctypes.Structure):
    """As in c_api.cpp."""

    _fields_ = [
        *((name, ctypes.c_double) for name in ("sample_rate", "fmin", "fmax", "floor")),
        *((name, ctypes.c_int64) for name in ("n_fft", "hop_length", "n_mels")),
        *((name, ctypes.c_int32) for name in ("htk", "area_norm", "padding", "log")),
    ]


def _files(*own):
    units = [_FOLDER / f"{name}.cpp" for name in (*own, *_ENGINE)]
    return [*units, *sorted(_FOLDER.glob("*.hpp"))]


@functools.cache
def _library():
    library = ctypes.CDLL(str(build(_files("c_api"), flags=_FLAGS)))
    pointer, error = ctypes.c_void_p, ctypes.c_char_p
    for name, arguments, result in (
        ("cry_new", (ctypes.POINTER(_Settings), ctypes.POINTER(pointer), error), ctypes.c_int64),
        ("cry_push", (pointer, pointer, ctypes.c_int64, error), ctypes.c_int64),
        ("cry_flush", (pointer, error), ctypes.c_int64),
        ("cry_take", (pointer, pointer), None),
        ("cry_delete", (pointer,), None),
    ):
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library


if __name__ == "__main__":
    sys.exit(subprocess.run([build_program(), *sys.argv[1:]], check=False).returncode)
