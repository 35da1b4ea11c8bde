"""Sounds: made ones are what they say, and files of every sort are read in one convention or refused by name."""

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.data import HOUSEHOLD, load_sound, made_sounds

RATE = 16000


@pytest.fixture(scope="module")
def tone():
    """A second of 440 Hz."""
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)


def _strongest(wave):
    """Hz of the strongest frequency."""
    return np.abs(np.fft.rfft(wave * np.hanning(len(wave)), RATE)).argmax()


def test_made_sounds_follow_from_the_seed_alone():
    few, many = made_sounds(3, 7, seconds=0.5), made_sounds(16, 7, seconds=0.5)
    np.testing.assert_array_equal(few.waves, many.waves[:3])
    assert not np.array_equal(few.waves, made_sounds(3, 8, seconds=0.5).waves)
    assert many.waves.dtype == np.float32 and many.waves.shape == (16, 8000) and many.sample_rate == RATE
    assert np.abs(many.waves).max() <= 1
    assert set(many.kinds) == {"cry", *HOUSEHOLD}
    np.testing.assert_array_equal(many.labels, [kind == "cry" for kind in many.kinds])


@pytest.mark.parametrize("kind", ["cry", *HOUSEHOLD])
def test_no_made_sound_has_digital_silence(kind):
    waves = made_sounds(3, 1, kinds=[kind], seconds=1).waves
    assert (np.abs(waves.reshape(3, -1, 160)).max(-1) > 0).all()
    assert np.isfinite(waves).all()


def test_a_made_cry_has_harmonics_of_300_to_800_hz():
    """The autocorrelation of its loudest tenth of a second peaks at one period."""
    for wave in made_sounds(5, 2, kinds=["cry"]).waves:
        parts = wave.reshape(-1, 1600)
        part = parts[np.square(parts).mean(1).argmax()]
        correlation = np.correlate(part, part, "full")[1599:]
        lag = 16 + correlation[16:80].argmax()  # 1000 down to 200 Hz
        assert 280 < RATE / lag < 800 and correlation[lag] > 0.5 * correlation[0]


def test_quiet_is_far_below_the_rest():
    levels = {
        kind: made_sounds(4, 3, kinds=[kind], seconds=1).waves.std() for kind in ("quiet", "noise", "cry")
    }
    assert levels["quiet"] < 0.1 * min(levels["noise"], levels["cry"])


@pytest.mark.parametrize(
    "options, message",
    [
        ({"n": 0, "seed": 1}, "n must be at least 1"),
        ({"n": 1, "seed": -1}, "seed"),
        ({"n": 1, "seed": 1, "seconds": 0.1}, "seconds"),
        ({"n": 1, "seed": 1, "kinds": ["dog"]}, "'dog'"),
        ({"n": 1, "seed": 1, "kinds": []}, "kinds"),
    ],
)
def test_what_cannot_be_made_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        made_sounds(**options)


@pytest.mark.parametrize(
    "suffix, subtype, rate, channels",
    [
        (".wav", "PCM_16", 16000, 1),
        (".wav", "PCM_24", 44100, 2),
        (".wav", "FLOAT", 48000, 1),
        (".wav", "PCM_U8", 8000, 1),
        (".wav", "ULAW", 8000, 1),
        (".flac", "PCM_24", 44100, 1),
        (".ogg", "VORBIS", 22050, 2),
    ],
)
def test_files_of_every_sort_become_the_same_tone(tmp_path, suffix, subtype, rate, channels):
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    path = tmp_path / f"tone{suffix}"
    soundfile.write(path, np.tile(wave[:, None], channels), rate, subtype=subtype)
    found = load_sound(path)
    assert found.dtype == np.float32 and abs(len(found) - RATE) <= 1
    assert abs(_strongest(found) - 440) <= 1
    assert abs(np.abs(found[2000:-2000]).max() - 0.5) < 0.02


def test_what_the_file_lacks_stays_empty_and_other_rates_can_be_had(tmp_path):
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "noise.wav", rng.uniform(-0.5, 0.5, 8000), 8000)
    power = np.square(np.abs(np.fft.rfft(load_sound(tmp_path / "noise.wav"))))
    assert power[4200:].sum() < 1e-4 * power.sum()
    assert len(load_sound(tmp_path / "noise.wav", 8000)) == 8000


def test_channels_are_averaged(tmp_path, tone):
    soundfile.write(tmp_path / "stereo.wav", np.c_[tone, -tone], RATE, subtype="FLOAT")
    np.testing.assert_allclose(load_sound(tmp_path / "stereo.wav"), 0, atol=1e-7)


def test_silence_ten_milliseconds_and_clipping_are_fine(tmp_path, tone):
    for name, wave in (
        ("silent", 0 * tone),
        ("short", tone[:160]),
        ("clipped", np.sign(tone)),
        ("over", 6 * tone),
    ):
        soundfile.write(tmp_path / f"{name}.wav", wave, RATE, subtype="FLOAT")
        found = load_sound(tmp_path / f"{name}.wav")
        np.testing.assert_allclose(found, np.clip(wave, -1, 1), atol=1e-6)
    soundfile.write(tmp_path / "square.wav", np.sign(tone), RATE * 3)
    assert np.abs(load_sound(tmp_path / "square.wav")).max() <= 1  # a resampler overshoots


def test_files_that_are_none_are_named(tmp_path, tone):
    soundfile.write(tmp_path / "good.flac", tone, RATE)
    soundfile.write(tmp_path / "empty.wav", tone[:0], RATE)
    soundfile.write(tmp_path / "nan.wav", np.full(9, np.nan, np.float32), RATE, subtype="FLOAT")
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "cut.flac").write_bytes((tmp_path / "good.flac").read_bytes()[:2000])
    for name in ("empty.wav", "nan.wav", "text.wav", "cut.flac"):
        with pytest.raises(ValueError, match=name):
            load_sound(tmp_path / name)
    soundfile.write(tmp_path / "slow.wav", tone, 40)  # as a damaged head may say
    with pytest.raises(ValueError, match=r"slow\.wav: .* rate of 40 Hz"):
        load_sound(tmp_path / "slow.wav")
    with pytest.raises(FileNotFoundError, match=r"none\.wav"):
        load_sound(tmp_path / "none.wav")
    with pytest.raises(FileNotFoundError):
        load_sound(tmp_path)
    with pytest.raises(ValueError, match="sample_rate"):
        load_sound(tmp_path / "good.flac", 0)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_header_with_any_bytes_gives_a_sound_or_an_error_that_names_the_file(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("fuzz", numbered=True)
    soundfile.write(folder / "any.wav", np.zeros(400, np.float32), RATE, subtype="PCM_16")
    content = bytearray((folder / "any.wav").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, 43))] = data.draw(st.integers(0, 255))
    (folder / "any.wav").write_bytes(content)
    try:
        wave = load_sound(folder / "any.wav")
    except ValueError as error:
        assert "any.wav" in str(error)
    else:
        assert wave.ndim == 1 and wave.size and np.isfinite(wave).all() and np.abs(wave).max() <= 1
