"""Listening: a stream gives what the whole file gives, whatever its form, in constant memory; broken sound is an error."""

import io
import sys
import tracemalloc

import numpy as np
import pytest
import soundfile
import torch

from course_lib.cry import AlarmFilter
from course_lib.cry.__main__ import main
from course_lib.cry.detector import CryDetector, save_detector
from course_lib.cry.listen import file_blocks, listen, pcm_blocks
from course_lib.data import made_sounds


@pytest.fixture(scope="module")
def detector():
    torch.manual_seed(0)
    return CryDetector(width=0.1).eval()


@pytest.fixture(scope="module")
def wave():
    return np.concatenate(made_sounds(3, seed=1).waves)  # 6 s


def scores(blocks, detector):
    return np.array([moment.score for moment in listen(blocks, detector, AlarmFilter())])


@pytest.mark.parametrize("size", [1000, 8000, 16001, 10**6])
def test_however_it_is_cut_the_scores_are_the_whole_waves(detector, wave, size):
    blocks = [wave[start : start + size] for start in range(0, len(wave), size)]
    assert np.allclose(scores(blocks, detector), detector.score(wave), atol=1e-5)


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"),
    [
        (16000, 1, "PCM_16"),
        (8000, 1, "PCM_16"),
        (44100, 2, "PCM_24"),
        (48000, 1, "FLOAT"),
        (16000, 2, "PCM_U8"),
    ],
)
def test_files_of_all_kinds(detector, tmp_path, rate, channels, subtype):
    path = tmp_path / "sound.wav"
    time = np.arange(3 * rate) / rate
    soundfile.write(
        path, np.tile(0.4 * np.sin(2 * np.pi * 440 * time)[:, None], channels), rate, subtype=subtype
    )
    wave = np.concatenate(list(file_blocks(path)))
    assert abs(len(wave) - 48000) <= 1
    moments = list(listen(file_blocks(path), detector, AlarmFilter()))
    assert [moment.time for moment in moments] == [1.0, 1.5, 2.0, 2.5, 3.0]
    assert moments[2].level == pytest.approx(20 * np.log10(0.4 / np.sqrt(2)), abs=0.1)


@pytest.mark.parametrize("form", ["s16le", "s32le", "f32le"])
def test_raw_samples_of_all_forms(detector, wave, form):
    dtype, full_scale = {"s16le": ("<i2", 32767), "s32le": ("<i4", 2**31 - 65), "f32le": ("<f4", 1)}[form]
    raw = (np.stack([wave, wave], 1).astype(np.float64) * full_scale).astype(dtype).tobytes()
    stream = io.BytesIO(raw + b"\x01")  # and a sample that is cut off
    heard = np.concatenate(list(pcm_blocks(stream, channels=2, form=form)))
    assert np.allclose(heard, wave, atol=1e-4)


def test_ten_milliseconds_and_silence_are_sound_too(detector):
    (moment,) = listen([np.full(160, 0.5, np.float32)], detector, AlarmFilter())
    assert 0 <= moment.score <= 1
    assert set(scores([np.zeros(32000, np.float32)], detector)) == {0.0}


def test_memory_stays():
    class Deaf:
        def score_bytes(self, bytes_):
            return np.zeros(len(bytes_))

    def blocks(count):
        for _ in range(count):
            yield np.full(8000, 0.1, np.float32)

    peaks = []
    for seconds in (10, 40):
        tracemalloc.start()
        for _ in listen(blocks(2 * seconds), Deaf(), AlarmFilter()):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] + 100_000


def test_broken_sound_is_named(detector, tmp_path):
    path = tmp_path / "broken.wav"
    path.write_bytes(b"RIFF1234WAVEfmt nothing")
    with pytest.raises(ValueError, match=r"broken\.wav: not a sound that can be read whole"):
        list(file_blocks(path))
    for name, wave in (
        ("empty", np.zeros(0)),
        ("odd", np.array([0, np.nan])),
        ("loud", np.array([np.inf, 0])),
    ):
        soundfile.write(tmp_path / f"{name}.wav", wave.astype(np.float32), 16000, subtype="FLOAT")
        with pytest.raises(ValueError, match=rf"{name}\.wav: not a sound that can be read whole"):
            list(file_blocks(tmp_path / f"{name}.wav"))
    with pytest.raises(FileNotFoundError, match="there is no file"):
        list(file_blocks(tmp_path / "none.wav"))
    with pytest.raises(ValueError, match="NaN or infinity: is it really f32le"):
        list(pcm_blocks(io.BytesIO(np.float32([np.nan]).tobytes()), form="f32le"))
    soundfile.write(tmp_path / "slow.wav", np.zeros(80_000, np.float32), 40)  # as a damaged head may say
    with pytest.raises(ValueError, match=r"slow\.wav: .* rate of 40 Hz"):
        list(file_blocks(tmp_path / "slow.wav"))
    with pytest.raises(ValueError, match="rate must be at least 1000"):
        list(pcm_blocks(io.BytesIO(bytes(80_000)), rate=40))
    with pytest.raises(ValueError, match="form must be one of s16le, s32le, f32le; got 'mp3'"):
        list(pcm_blocks(io.BytesIO(), form="mp3"))
    with pytest.raises(ValueError, match="there is no sound"):
        list(listen([], detector, AlarmFilter()))
    with pytest.raises(ValueError, match=r"hop of 0\.5 s"):
        list(listen([], detector, AlarmFilter(hop=1.0)))


def test_the_command(detector, tmp_path, wave, capsys, monkeypatch):
    model, path = tmp_path / "small.safetensors", tmp_path / "sound.wav"
    save_detector(detector, model)
    soundfile.write(path, wave, 16000)
    always = ["--model", str(model), "--on", "0", "--of", "1", "1", "--pause", "2"]
    assert main(["listen", str(path), *always]) == 0
    told = capsys.readouterr().out
    assert "0:00:01  ALARM" in told
    assert "1 alarm in 0:00:06; listened at" in told
    raw = (wave * 32767).astype("<i2").tobytes()
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": io.BytesIO(raw)}))
    assert main(["listen", "-", *always]) == 0
    assert "1 alarm in 0:00:06" in capsys.readouterr().out
    assert main(["listen", str(tmp_path / "none.wav"), *always]) == 1
    assert "error: there is no file" in capsys.readouterr().err
