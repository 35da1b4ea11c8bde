"""Damaged sounds and raw bytes, into `load_sound` and the command that listens."""

import io
import sys
from unittest import mock

import numpy as np
import soundfile

from course_lib.cry.__main__ import main as listen
from course_lib.cry.listen import FORMATS
from course_lib.data import load_sound, made_sounds
from tools.torture.damage import damaged
from tools.torture.handled import Failed, attempt, command, only

CASES, LIMIT = 40, 60.0
_FORMS = {
    "a.wav": "PCM_16",
    "b.wav": "FLOAT",
    "c.wav": "MS_ADPCM",
    "d.flac": "PCM_16",
    "e.ogg": "VORBIS",
    "f.aiff": "PCM_24",
}


def prepare(folder):
    """A made cry in the usual forms, of one and of two channels."""
    wave = made_sounds(1, 0, seconds=1.2, kinds=("cry",)).waves[0]
    for name, subtype in _FORMS.items():
        soundfile.write(folder / name, wave, 16000, subtype=subtype)
    soundfile.write(folder / "stereo.wav", np.stack([wave, wave], -1), 44100)
    soundfile.write(folder / "g.mp3", wave, 16000)
    return sorted(folder.iterdir())


def case(sound, draw, folder):
    """One damaged sound, or a stream of anything."""
    if draw.random() < 0.2:
        return _stream(draw)
    chosen = draw.choice(sound)
    path = folder / f"damaged{chosen.suffix}"
    path.write_bytes(damaged(chosen.read_bytes(), draw))
    ending = draw.choice([_load, _listen])(path)
    only(folder, path.name)
    return ending


def _load(path):
    ending, wave = attempt(lambda: load_sound(path), path.name)
    if wave is not None and not (wave.ndim == 1 and wave.size and np.abs(wave).max() <= 1):
        raise Failed(f"no sound: {wave.dtype} {wave.shape}")
    return ending


def _listen(path):
    return command(listen, ["listen", path], path.name)[0]


def _stream(draw):
    stream = io.TextIOWrapper(io.BytesIO(draw.randbytes(draw.choice([0, 1, 3, 500, 33_333, 80_001]))))
    options = ["--format", draw.choice(list(FORMATS)), "--rate", draw.choice([1, 7, 8000, 48000, 10**7])]
    options += ["--channels", draw.choice([1, 2, 7])]
    with mock.patch.object(sys, "stdin", stream):
        return command(listen, ["listen", "-", *options], "stream", "sound", "rate", "channels")[0]
