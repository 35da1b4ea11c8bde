"""The detector and what it hears: shapes, sizes, windows, bytes, and what is refused."""

import numpy as np
import pytest
import torch

from course_lib.cry import CryDetector, clip_score, log_mel, pretrained
from course_lib.cry.cry_input import (
    BANDS,
    FRAMES,
    HOP,
    LOWEST,
    MELS,
    WINDOW,
    examples,
    heard,
    level,
    mel_decibels,
    to_bytes,
)
from course_lib.cry.detector import load_detector, save_detector
from course_lib.data import made_sounds


@pytest.fixture(scope="module")
def detector():
    torch.manual_seed(0)
    return CryDetector(0.1).eval()


@pytest.fixture(scope="module")
def wave():
    return made_sounds(1, 0, seconds=3).waves[0]


def test_it_is_torchvisions_network_but_for_the_first_channel():
    from torchvision.models import mobilenet_v2  # after course_lib, which mends some builds of it

    ours, theirs = CryDetector(1.0), mobilenet_v2(num_classes=2)
    assert sum(p.numel() for p in ours.parameters()) == 2_225_858
    assert sum(p.numel() for p in CryDetector(0.35).parameters()) == 398_402
    weights = theirs.state_dict()
    weights["features.0.0.weight"] = weights["features.0.0.weight"].sum(1, keepdim=True)
    ours.network.load_state_dict(weights)
    bytes_ = torch.randint(0, 256, (2, 1, BANDS, FRAMES), dtype=torch.uint8)
    with torch.inference_mode():
        expected = theirs.eval()(bytes_.expand(-1, 3, -1, -1) / 255)
        torch.testing.assert_close(ours.eval()(bytes_), expected, atol=1e-4, rtol=1e-4)


def test_windows_come_each_half_second_and_reach_the_end(wave):
    assert (BANDS, FRAMES, WINDOW, HOP) == (64, 97, 16000, 8000)
    bytes_, levels = heard(wave)
    assert bytes_.shape == (5, 1, 64, 97) and bytes_.dtype == np.uint8
    for i in range(5):  # each as if it were alone
        alone, its_level = heard(wave[i * HOP : i * HOP + WINDOW])
        np.testing.assert_array_equal(alone[0], bytes_[i])
        assert its_level[0] == levels[i] == level(wave[i * HOP : i * HOP + WINDOW])
    longer = np.append(wave, wave[:500])  # three hops of 160 more
    assert len(heard(longer)[0]) == 6
    np.testing.assert_array_equal(heard(longer)[0][-1], heard(longer[480 + 2 * WINDOW :][:WINDOW])[0][0])
    short = heard(wave[:160])[0]  # 10 ms
    assert short.shape == (1, 1, 64, 97) and not short[..., 2:].any()


def test_many_windows_are_heard_in_groups(wave, monkeypatch):
    whole = heard(wave)[0]
    monkeypatch.setattr("course_lib.cry.cry_input._GROUP", 2)
    np.testing.assert_array_equal(heard(wave)[0], whole)


def test_bytes_are_decibels_in_a_fixed_range(wave):
    assert to_bytes(np.array([-200, -70, -25, 20, 60.0])).tolist() == [0, 0, 128, 255, 255]
    quiet = np.float32(1e-4) * np.random.default_rng(0).standard_normal(WINDOW).astype(np.float32)
    assert not heard(np.zeros(WINDOW, np.float32))[0].any()
    assert heard(quiet)[0].mean() < 2  # -80 dB: nearly as digital silence
    power = log_mel(wave, 16000, **MELS, log=None)
    np.testing.assert_allclose(
        mel_decibels(wave), 10 * np.log10(np.maximum(power, 10 ** (LOWEST / 10))), atol=1e-4
    )


def test_nothing_above_the_highest_band_is_heard(wave):
    """Sound above 4.2 kHz changes no byte by more than the spectrum's leakage does."""
    time = np.arange(WINDOW) / 16000
    high = 0.05 * np.sin(2 * np.pi * 6000 * time).astype(np.float32)
    before, after = (heard(x)[0].astype(int) for x in (wave[:WINDOW], wave[:WINDOW] * 0.5 + high))
    half = heard(wave[:WINDOW] * 0.5)[0].astype(int)
    assert np.abs(after - half).max() <= 3 < np.abs(after - before).max()


def test_levels_are_decibels_and_pauses_of_a_cry_do_not_count():
    square = np.ones(WINDOW, np.float32)
    np.testing.assert_allclose(level(np.stack([square, 0.1 * square, 0 * square])), [0, -20, -120], atol=1e-5)
    levels = np.array([-20.0, -34.0, -36.0, -70.0])
    assert examples(levels, 1).tolist() == [True, True, False, False]
    assert examples(levels, 0).tolist() == [True, True, True, False]


def test_scores_are_probabilities_and_quiet_windows_score_nothing(detector, wave):
    scores = detector.score(wave)
    assert scores.shape == (5,) and scores.dtype == np.float32 and (scores > 0).all() and (scores < 1).all()
    with torch.inference_mode():
        logits = detector(torch.from_numpy(heard(wave)[0]))
    np.testing.assert_allclose(scores, logits.softmax(1)[:, 1], atol=1e-6)
    assert detector.score(np.zeros(WINDOW * 2, np.float32)).tolist() == [0, 0, 0]


def test_a_recordings_score_is_the_mean_of_three_windows():
    assert clip_score(np.array([0.1, 0.9, 0.5, 0.7, 0.0])) == pytest.approx(0.7)
    assert clip_score(np.array([0.2, 0.4])) == pytest.approx(0.3)


@pytest.mark.parametrize(
    "wave, error, message",
    [
        (np.zeros(9, np.int16), TypeError, "int16"),
        (np.zeros((2, 9), np.float32), ValueError, r"\(2, 9\)"),
        (np.zeros(0, np.float32), ValueError, "at least one"),
        (np.full(9, np.nan, np.float32), ValueError, "finite"),
        (np.full(9, 3.0, np.float32), ValueError, r"\[-1, 1\]"),
    ],
)
def test_what_is_no_sound_is_refused(detector, wave, error, message):
    with pytest.raises(error, match=message):
        detector.score(wave)


def test_other_misuse_is_refused(detector):
    with pytest.raises(ValueError, match="width"):
        CryDetector(0)
    with pytest.raises(ValueError, match=r"\(1, 3, 64, 97\)"):
        detector(torch.zeros(1, 3, 64, 97))
    with pytest.raises(ValueError, match="training mode"):
        CryDetector(0.1).train().score(np.zeros(WINDOW, np.float32))
    with pytest.raises(ValueError, match="name must be cry"):
        pretrained("dog")


def test_a_checkpoint_comes_back_and_another_file_is_refused(tmp_path, detector, wave):
    save_detector(detector, tmp_path / "cry.safetensors")
    np.testing.assert_allclose(
        load_detector(tmp_path / "cry.safetensors").score(wave), detector.score(wave), atol=2e-3
    )
    (tmp_path / "none.safetensors").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"none\.safetensors"):
        load_detector(tmp_path / "none.safetensors")
