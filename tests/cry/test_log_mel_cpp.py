"""The same features by C++: Python's numbers, a stream that gives the batch's bits, and a program that no file breaks."""

import struct
import subprocess
import sys
import tracemalloc
import warnings

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.cry import LogMelStream, log_mel, log_mel_cpp, log_mel_reference
from course_lib.cry import log_mel_cpp as function
from course_lib.cry.log_mel_cpp import build_program
from course_lib.layers.compiled import NoCompiler, find_compiler
from tests.cry.test_log_mel import BAD, waves_and_settings

try:
    find_compiler()
except NoCompiler as error:
    pytest.skip(str(error), allow_module_level=True)


@pytest.fixture(scope="module")
def program():
    return build_program()


@settings(max_examples=60, deadline=None)
@given(waves_and_settings())
def test_it_is_pythons(case):
    """To 1e-9, far inside the promised 1e-4: lengths of every kind of transform are among them."""
    wave, arguments = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, python = log_mel_cpp(wave, **arguments), log_mel(wave, **arguments)
    assert ours.shape == python.shape and ours.dtype == python.dtype
    np.testing.assert_allclose(ours, python, atol=1e-9)


@pytest.mark.parametrize("n_fft", [*range(3, 70), 169, 211, 509, 1024, 2310, 4093, 4096])
def test_every_length_of_transform(n_fft):
    wave = np.random.default_rng(n_fft).normal(size=n_fft + 3)
    arguments = {"n_fft": n_fft, "hop_length": 1, "n_mels": 1, "norm": None, "log": None, "center": False}
    np.testing.assert_allclose(log_mel_cpp(wave, **arguments), log_mel(wave, **arguments), rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(waves_and_settings(), st.lists(st.sampled_from([0, 1, 2, 50, 160, 700]), min_size=1, max_size=12))
def test_a_stream_gives_the_batchs_bits(case, blocks):
    wave, arguments = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stream, batch = LogMelStream(**arguments), log_mel_cpp(wave, **arguments)
    parts, place = [], 0
    for block in [*blocks, len(wave)]:
        parts.append(stream.push(wave[place : place + block]))
        place += block
    parts.append(stream.flush())
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), batch)


def test_the_stored_output_can_be_made_again(tmp_path, monkeypatch, capsys):
    stored = log_mel_reference.TABLE.read_text(encoding="utf-8").splitlines()
    monkeypatch.setattr(log_mel_reference, "TABLE", tmp_path / "table.csv")
    log_mel_reference.main()
    assert "wrote" in capsys.readouterr().out
    made = log_mel_reference.TABLE.read_text(encoding="utf-8").splitlines()
    assert made[:2] == stored[:2] and len(made) == len(stored)
    np.testing.assert_allclose(
        log_mel_reference.reference_features(), np.loadtxt(stored, delimiter=","), atol=2e-6
    )


def test_a_frame_comes_when_its_last_sample_does():
    stream = LogMelStream()
    assert stream.push(np.zeros(255)).shape == (64, 0)
    assert stream.push(np.zeros(1)).shape == (64, 1)  # centered on sample 0: half of it is padding
    assert stream.push(np.zeros(160)).shape == (64, 1)
    assert stream.flush().shape == (64, 1)


def test_a_stream_refuses_and_goes_on():
    wave = np.random.default_rng(0).normal(size=2000)
    stream = LogMelStream()
    first = stream.push(wave[:900])
    for block, words in (
        (np.array([np.nan]), "block must be finite"),
        (np.zeros((4, 2)), "block must be mono"),
    ):
        with pytest.raises(ValueError, match=words):
            stream.push(block)
    rest = [stream.push(wave[900:]), stream.flush()]
    np.testing.assert_array_equal(np.concatenate([first, *rest], axis=1), log_mel_cpp(wave))
    for action in (stream.flush, lambda: stream.push(wave)):
        with pytest.raises(ValueError, match="the stream has ended"):
            action()


@pytest.mark.parametrize(
    ("arguments", "samples", "words"),
    [
        ({}, 0, "empty"),
        ({"pad_mode": "reflect"}, 256, "more than n_fft // 2"),
        ({"center": False}, 511, "at least n_fft"),
    ],
)
def test_a_stream_that_is_too_short(arguments, samples, words):
    stream = LogMelStream(**arguments)
    stream.push(np.zeros(samples))
    with pytest.raises(ValueError, match=words):
        stream.flush()


def test_five_minutes_in_constant_memory():
    stream, minute = LogMelStream(), np.zeros(60 * 16000, np.float32)
    frames = 0
    tracemalloc.start()
    for _ in range(5):
        for block in np.split(minute, 60):
            frames += stream.push(block).shape[1]
    frames += stream.flush().shape[1]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert frames == 5 * 6000 + 1 and peak < 2e6


@pytest.mark.parametrize(("wave", "arguments", "error", "words"), BAD)
def test_bad_input_is_named_as_pythons_is(wave, arguments, error, words):
    with pytest.raises(error, match=words):
        log_mel_cpp(wave, **arguments)


def test_mels_without_bins_are_told_here_too():
    with pytest.warns(UserWarning, match="see no bin"):
        log_mel_cpp(np.zeros(600), n_fft=256, n_mels=128)


def test_without_a_compiler(tmp_path, monkeypatch):
    monkeypatch.setattr(
        sys.modules[function.__module__], "_library", sys.modules[function.__module__]._library.__wrapped__
    )
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(NoCompiler, match="no-such-compiler"):
        log_mel_cpp(np.zeros(600))


def run(program, *words):
    done = subprocess.run(
        [program, *map(str, words)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode in (0, 1, 2), done  # a signal would be below 0
    return done


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("form", ["WAV", "WAVEX"])
def test_the_program_reads_what_soundfile_writes(program, tmp_path, subtype, form):
    stereo = np.random.default_rng(0).uniform(-1, 1, (2000, 2))
    soundfile.write(tmp_path / "a.wav", stereo, 16000, subtype, format=form)
    mono = soundfile.read(tmp_path / "a.wav")[0].mean(axis=1)
    done = run(program, tmp_path / "a.wav", tmp_path / "a.npy")
    assert done.returncode == 0 and done.stderr == "" and not list(tmp_path.glob("*.part"))
    features = np.load(tmp_path / "a.npy")
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, log_mel_cpp(mono), atol=1e-5)


def test_the_programs_options_and_text(program, tmp_path):
    wave = np.random.default_rng(0).uniform(-1, 1, 30000)
    soundfile.write(tmp_path / "a.wav", wave, 44100, "DOUBLE")
    options = "--sample-rate 44100 --n-fft 1000 --hop-length 441 --n-mels 30 --fmin 50 --fmax 9000 --mel-scale htk --norm none"
    options += " --padding reflect --log decibel --floor 1e-4"
    done = run(program, tmp_path / "a.wav", "-", *options.split())
    expected = log_mel(wave, 44100, 1000, 441, 30, 50, 9000, "htk", None, True, "reflect", "decibel", 1e-4)
    np.testing.assert_allclose(np.loadtxt(done.stdout.splitlines()).T, expected, atol=1e-3)
    assert "IN.wav OUT.npy" in run(program, "--help").stdout and run(program).returncode == 2
    module = [sys.executable, "-m", "course_lib.cry.log_mel_cpp", tmp_path / "none.wav", tmp_path / "a.npy"]
    done = subprocess.run(module, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "none.wav: it can't be opened" in done.stderr


def wav(samples=b"\0\0" * 600, tag=1, channels=1, rate=16000, bits=16, align=None, promised=None):
    form = struct.pack(
        "<HHIIHH", tag, channels, rate, 0, channels * bits // 8 if align is None else align, bits
    )
    data = b"data" + struct.pack("<I", len(samples) if promised is None else promised) + samples
    return b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", 16) + form + data


GOOD = wav()
NAN = struct.pack("<f", np.nan) * 600


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "too short"),
        (b"ID3" + GOOD, "isn't a WAV file"),
        (GOOD[:36], "no data chunk"),
        (GOOD[:-1], "cut short: its header promises 1200 bytes of sound, it has 1199"),
        (wav(b"\0" * 601), "whole number of samples"),
        (wav(b""), "the wave is empty"),
        (wav(tag=85), "format 85"),
        (wav(bits=12), "12 bits"),
        (wav(bits=0), "0 bits"),
        (wav(channels=0), "0 channels"),
        (wav(channels=6), "6 channels"),
        (wav(align=4), "don't fit"),
        (wav(rate=0), "sample rate is 0"),
        (wav(rate=8000), "8000 samples a second, not 16000: resample"),
        (wav(NAN, tag=3, bits=32), "finite"),
        (GOOD[:12] + GOOD[36:], "no fmt chunk"),
        (GOOD[:16] + b"\x04" + GOOD[17:], "the format has 4 bytes"),
        (GOOD[:16] + b"\xff\xff\xff\x7f" + GOOD[20:], "a chunk is larger than the file"),
    ],
)
def test_a_broken_file_is_told(program, tmp_path, content, words):
    (tmp_path / "a.wav").write_bytes(content)
    done = run(program, tmp_path / "a.wav", tmp_path / "a.npy")
    assert done.returncode == 1 and "a.wav: " in done.stderr and words in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_a_size_that_the_writer_did_not_know(program, tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(promised=2**32 - 1))
    assert len(run(program, tmp_path / "a.wav", "-").stdout.splitlines()) == 4


def test_no_header_breaks_it(program, tmp_path):
    """Bytes of the header exchanged at random: it reads or refuses, and never crashes."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        content = bytearray(GOOD)
        for place in rng.integers(0, 44, rng.integers(1, 6)):
            content[place] = rng.choice([0, 1, 255, rng.integers(256)])
        (tmp_path / "a.wav").write_bytes(content[: rng.choice([44, 100, len(GOOD)])])
        done = run(program, tmp_path / "a.wav", "-")
        assert (done.returncode == 0) == (done.stderr == "")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--n-fft", "--n-fft needs a value"),
        ("--n-fft many", "--n-fft must be a whole number|--n-fft must be a number; got 'many'"),
        ("--n-fft 1", "n_fft must be from 2"),
        ("--n-fft 1e9", "n_fft must be from 2"),
        ("--hop-length 0", "hop_length must be from 1"),
        ("--n-mels 2.5", "--n-mels must be a whole number"),
        ("--fmax 9000", "fmax <= sample_rate / 2"),
        ("--floor 0", "floor must be above 0"),
        ("--log log10", "--log must be one of none, natural, decibel; got 'log10'"),
        ("--speed 2", "unknown option --speed"),
    ],
)
def test_bad_options_are_told(program, tmp_path, options, words):
    (tmp_path / "a.wav").write_bytes(GOOD)
    done = run(program, tmp_path / "a.wav", "-", *options.split())
    assert done.returncode == 1 and any(part in done.stderr for part in words.split("|"))
