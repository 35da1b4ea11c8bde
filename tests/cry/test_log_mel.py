"""Log-mel features: librosa's over random settings, what must hold of any wave, and clear words for what is none."""

import warnings

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.cry import hz_to_mel, log_mel, mel_bank, mel_to_hz
from course_lib.cry.log_mel_reference import reference_features, reference_wave

seeds = st.integers(0, 2**31)


@st.composite
def waves_and_settings(draw):
    """A wave of any loudness, hardly longer than needed or a good deal, and arguments of `log_mel` for it."""
    n_fft = draw(st.sampled_from([512, 400, 256, 511]) | st.integers(2, 700))
    rate = draw(st.sampled_from([8000, 16000, 22050, 44100]))
    arguments = {
        "sample_rate": rate,
        "n_fft": n_fft,
        "hop_length": draw(st.integers(1, 2 * n_fft)),
        "n_mels": draw(st.integers(1, 90)),
        "fmin": draw(st.sampled_from([0.0, 20.0, 300.5])),
        "fmax": draw(st.sampled_from([None, 0.4 * rate])),
        "mel_scale": draw(st.sampled_from(["slaney", "htk"])),
        "norm": draw(st.sampled_from(["slaney", None])),
        "center": draw(st.booleans()),
        "pad_mode": draw(st.sampled_from(["constant", "reflect"])),
        "log": draw(st.sampled_from(["natural", "decibel"])),
        "floor": 10 ** draw(st.floats(-10, -4)),
    }
    rng = np.random.default_rng(draw(seeds))
    samples = n_fft + draw(st.sampled_from([0, 1, 7, 1000]))
    return rng.normal(0, 10 ** draw(st.floats(-5, 0)), samples), arguments


def by_librosa(wave, log, floor, mel_scale, sample_rate, **rest):
    power = librosa.feature.melspectrogram(
        y=wave, sr=sample_rate, htk=mel_scale == "htk", dtype=np.float64, **rest
    )
    power = np.maximum(power, floor)
    return np.log(power) if log == "natural" else 10 * np.log10(power)


@settings(max_examples=50, deadline=None)
@given(waves_and_settings())
def test_it_is_librosas(case):
    """To 1e-9, far inside the promised 1e-4."""
    wave, arguments = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both warn of mels without bins
        ours, theirs = log_mel(wave, **arguments), by_librosa(wave, **arguments)
    assert ours.shape == theirs.shape and ours.dtype == np.float64
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_float32_gives_float32_of_the_same_numbers():
    wave = np.random.default_rng(0).uniform(-1, 1, 5000).astype(np.float32)
    ours = log_mel(wave)
    assert ours.dtype == np.float32 and ours.flags.c_contiguous
    np.testing.assert_array_equal(ours, log_mel(wave.astype(np.float64)).astype(np.float32))
    floats = librosa.feature.melspectrogram(y=wave, sr=16000, n_fft=512, hop_length=160, n_mels=64)
    np.testing.assert_allclose(
        ours, np.log(np.maximum(floats, 1e-10)), atol=1e-4
    )  # librosa in float32: loud enough here


def test_without_logarithm_there_is_no_floor():
    wave = 1e-6 * np.random.default_rng(0).normal(size=4000)
    power = log_mel(wave, log=None)
    assert 0 < power.max() < 1e-10
    np.testing.assert_allclose(log_mel(wave, floor=1e-30), np.log(power), atol=1e-12)
    np.testing.assert_allclose(log_mel(wave), np.log(1e-10))
    np.testing.assert_allclose(log_mel(np.zeros(1), log="decibel"), -100)


def test_blocks_of_frames_leave_no_seam(monkeypatch):
    wave = np.random.default_rng(0).normal(size=9000)
    whole = log_mel(wave)
    monkeypatch.setattr("course_lib.cry.frames._VALUES", 3 * 512)
    np.testing.assert_allclose(log_mel(wave), whole, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(1, 3000), st.integers(4, 600), st.integers(1, 400), st.booleans())
def test_frames(seed, samples, n_fft, hop, center):
    """Twice as loud is 6 dB more; a later sound is the same frames later; their number is as said."""
    wave = np.random.default_rng(seed).normal(size=max(samples, 1 if center else n_fft))
    arguments = {
        "n_fft": n_fft,
        "hop_length": hop,
        "n_mels": 1,
        "center": center,
        "log": "decibel",
        "norm": None,
    }
    decibels = log_mel(wave, **arguments)
    padded = len(wave) + 2 * (n_fft // 2) * center
    assert decibels.shape == (1, 1 + (padded - n_fft) // hop)
    np.testing.assert_allclose(log_mel(2 * wave, floor=4e-10, **arguments), decibels + 20 * np.log10(2))
    later = log_mel(np.concatenate([np.zeros(3 * hop), wave]), **arguments)
    inside = -(-(n_fft // 2) // hop) if center else 0  # frames that see the padding, or zeros in its place
    np.testing.assert_allclose(later[:, 3 + inside :], decibels[:, inside:], atol=1e-9)


def test_the_stored_output_of_cpp():
    np.testing.assert_allclose(log_mel(reference_wave()), reference_features(), atol=1e-6)


@pytest.mark.parametrize("scale", ["slaney", "htk"])
def test_mels_are_librosas_and_come_back(scale):
    hz = np.concatenate([[0, 999.999, 1000, 1000.001], np.linspace(0, 22050, 50)])
    mels = hz_to_mel(hz, scale)
    np.testing.assert_allclose(mels, librosa.hz_to_mel(hz, htk=scale == "htk"), atol=1e-9)
    np.testing.assert_allclose(mel_to_hz(mels, scale), hz, atol=1e-9)
    assert np.all(np.diff(hz_to_mel(np.linspace(0, 8000, 999), scale)) > 0)


def test_five_points_of_either_scale():
    """Of 0 to 8 kHz: they are as far apart in mels as they are not in hertz."""
    for scale, expected in (
        ("slaney", [0, 754.09, 1688.91, 3675.77, 8000]),
        ("htk", [0, 614.33, 1767.79, 3933.55, 8000]),
    ):
        points = mel_to_hz(np.linspace(0, hz_to_mel(8000, scale), 5), scale)
        np.testing.assert_allclose(points, expected, atol=0.01)


def test_the_norm_makes_areas_one():
    plain, normed = mel_bank(16000, 4096, 40, norm=None), mel_bank(16000, 4096, 40)
    np.testing.assert_allclose(normed.sum(axis=1) * 16000 / 4096, 1, atol=0.02)
    assert plain.max(axis=1).min() > 0.9 and plain.max() <= 1


def test_mels_without_bins_are_told():
    with pytest.warns(UserWarning, match=r"of 128 mels see no bin.*n_mels=128.*n_fft larger than 256"):
        mel_bank(16000, 256, 128)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        log_mel(np.ones(600))  # the defaults have none


WAVE = np.zeros(1000)
BAD = [
    ([0.0, 1.0], {}, TypeError, r"wave must be a NumPy array; got list"),
    (np.zeros(9, np.int16), {}, TypeError, r"wave must be float32 or float64; got int16: divide .* 32768"),
    (np.zeros(9, np.float16), {}, TypeError, r"got float16"),
    (np.zeros((9, 2)), {}, ValueError, r"mono.*\(9, 2\): mix channels down"),
    (np.zeros(()), {}, ValueError, r"mono"),
    (np.zeros(0), {}, ValueError, r"wave must not be empty"),
    (np.array([0, np.nan]), {}, ValueError, r"wave must be finite"),
    (np.array([0, -np.inf]), {}, ValueError, r"wave must be finite"),
    (np.array([1e200]), {}, ValueError, r"within ±2³¹"),
    (WAVE[:256], {"pad_mode": "reflect"}, ValueError, r"more than n_fft // 2 = 256 samples.*got 256"),
    (WAVE[:511], {"center": False}, ValueError, r"at least n_fft = 512 samples.*got 511"),
    (WAVE, {"sample_rate": 0}, ValueError, r"sample_rate must be above 0; got 0"),
    (WAVE, {"sample_rate": "16000"}, TypeError, r"sample_rate must be a number; got '16000'"),
    (WAVE, {"sample_rate": np.inf}, ValueError, r"sample_rate must be finite"),
    (WAVE, {"n_fft": 1}, ValueError, r"n_fft must be from 2 to 16777216; got 1"),
    (WAVE, {"n_fft": 512.0}, TypeError, r"n_fft must be a whole number; got 512.0"),
    (WAVE, {"hop_length": 0}, ValueError, r"hop_length must be from 1"),
    (WAVE, {"n_mels": True}, TypeError, r"n_mels must be a whole number; got True"),
    (WAVE, {"n_mels": 0}, ValueError, r"n_mels must be from 1"),
    (WAVE, {"fmax": 8001}, ValueError, r"fmax <= sample_rate / 2 = 8000 Hz.*fmax 8001"),
    (WAVE, {"fmin": -1}, ValueError, r"0 <= fmin"),
    (WAVE, {"fmin": 500, "fmax": 500}, ValueError, r"fmin < fmax"),
    (WAVE, {"mel_scale": "mel"}, ValueError, r"mel_scale must be one of 'slaney', 'htk'; got 'mel'"),
    (WAVE, {"norm": "area"}, ValueError, r"norm must be one of 'slaney', None; got 'area'"),
    (WAVE, {"center": 1}, TypeError, r"center must be True or False; got 1"),
    (WAVE, {"pad_mode": "edge"}, ValueError, r"pad_mode must be one of 'constant', 'reflect'; got 'edge'"),
    (WAVE, {"log": "log10"}, ValueError, r"log must be one of 'natural', 'decibel', None; got 'log10'"),
    (WAVE, {"floor": 0}, ValueError, r"floor must be above 0"),
    (WAVE, {"floor": np.nan}, ValueError, r"floor must be finite"),
]


@pytest.mark.parametrize(("wave", "arguments", "error", "words"), BAD)
def test_bad_input_is_named(wave, arguments, error, words):
    with pytest.raises(error, match=words):
        log_mel(wave, **arguments)


def test_numpy_numbers_will_do():
    numbers = {
        "sample_rate": np.float32(8000),
        "n_fft": np.int64(256),
        "n_mels": np.uint8(20),
        "fmax": np.int32(3000),
    }
    assert log_mel(WAVE, **numbers).shape == (20, 7)
