"""A video in, a video in color out: sound, times and upright picture kept; whatever fails leaves no file behind."""

import av
import numpy as np
import pytest
import torch

from course_lib.color import rgb_to_lab
from course_lib.mobile import video_file
from course_lib.mobile.__main__ import main
from course_lib.mobile.video_file import EngineNetwork, colorize_video
from course_lib.video.decode import VideoReader
from tools.torture.clips import numbered, picture, write_clip, write_song


@pytest.fixture(autouse=True)
def light(monkeypatch):
    """A network of one line in place of the trained one: more blue where it is dark."""

    class Blue(torch.nn.Module):
        short_side = 112

        def forward(self, lightness):
            return torch.cat([0 * lightness, 0.2 * (lightness - 1)], 1)

    monkeypatch.setattr(video_file, "pretrained", lambda name: Blue())


def times_of(path):
    with av.open(str(path)) as container:
        return [float(frame.pts * frame.time_base) for frame in container.decode(video=0)]


def with_sound(path, codec, frames=12):
    """25 frames a second, and a tone as long."""
    with av.open(str(path), "w") as container:
        video, sound = container.add_stream("libx264", rate=25), container.add_stream(codec, rate=16000)
        video.width, video.height, video.pix_fmt = 32, 24, "yuv420p"
        sound.layout = "mono"
        for i in range(frames):
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture(i))))
        kind = sound.codec_context.format.name
        tone = 0.5 * np.sin(np.arange(16000 * frames // 25) / 5)
        tone = tone.astype(np.float32) if "flt" in kind else (tone * 2**15).astype(np.int16)
        for start in range(0, len(tone), 1024):
            frame = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], format=kind, layout="mono")
            frame.sample_rate, frame.pts = 16000, start
            container.mux(sound.encode(frame))
        container.mux(video.encode())
        container.mux(sound.encode())
    return path


def packets(path):
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def test_frames_times_and_lightness_stay(tmp_path):
    source = write_clip(
        tmp_path / "in.mkv", [picture(9 * i, 64, 48) for i in range(6)], times=[0, 40, 80, 200, 210, 400]
    )
    assert colorize_video(source, tmp_path / "out.mkv", every=3, progress=False) == 6
    assert np.allclose(times_of(tmp_path / "out.mkv"), [0, 0.04, 0.08, 0.2, 0.21, 0.4], atol=0.002)
    with VideoReader(source, (64, 48)) as before, VideoReader(tmp_path / "out.mkv", (64, 48)) as after:
        for one, other in zip(before, after, strict=True):
            change = rgb_to_lab(one.rgb / 255)[..., 0] - rgb_to_lab(other.rgb / 255)[..., 0]
            assert np.abs(change).mean() < 3  # what clipping to sRGB and H.264 take
            assert other.rgb[..., 2].mean() > other.rgb[..., 1].mean() + 3  # and it is blue


@pytest.mark.parametrize(("kind", "codec"), [("mp4", "aac"), ("mkv", "aac"), ("mkv", "pcm_s16le")])
def test_sound_is_copied_bit_for_bit(tmp_path, kind, codec):
    source = with_sound(tmp_path / f"in.{kind}", codec)
    colorize_video(source, tmp_path / f"out.{kind}", progress=False)
    assert packets(tmp_path / f"out.{kind}") == packets(source)
    with av.open(str(tmp_path / f"out.{kind}")) as container:
        assert container.streams.video[0].average_rate == 25


@pytest.mark.parametrize(("rotation", "shown"), [(90, (24, 32)), (180, (32, 24))])
def test_a_phones_video_is_upright(tmp_path, rotation, shown):
    source = write_clip(tmp_path / "in.mp4", [picture(3)] * 2, codec="libx264", rotation=rotation)
    colorize_video(source, tmp_path / "out.mp4", progress=False)
    with av.open(str(tmp_path / "out.mp4")) as container:
        (frame, _) = container.decode(video=0)
        assert (frame.width, frame.height, frame.rotation) == (*shown, 0)


@pytest.mark.parametrize("size", [(33, 25), (64, 17)])
def test_odd_sides_lose_a_line(tmp_path, size):
    source = numbered(tmp_path / "in.mkv", 1, width=size[0], height=size[1])
    assert colorize_video(source, tmp_path / "out.mp4", progress=False) == 1
    with av.open(str(tmp_path / "out.mp4")) as container:
        (frame,) = container.decode(video=0)
        assert (frame.width, frame.height) == (size[0] // 2 * 2, size[1] // 2 * 2)


def test_an_engine_answers_at_its_own_size():
    seen = []

    def run(lightness):
        seen.append(lightness.shape)
        return np.concatenate([lightness, -lightness], 1)[..., ::4, ::4]

    answer = EngineNetwork(run, (16, 32))(torch.full((1, 1, 48, 64), 0.5))
    assert seen == [(1, 1, 16, 32)]
    assert torch.allclose(answer[:, 0], torch.tensor(0.5)) and answer.shape == (1, 2, 48, 64)


def test_what_fails_is_named_and_leaves_nothing(tmp_path, capsys):
    good = numbered(tmp_path / "good.mkv", 3)
    song, broken = write_song(tmp_path / "song.m4a"), tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all")
    pcm = with_sound(tmp_path / "pcm.mkv", "pcm_s16le")
    before = set(tmp_path.iterdir())
    for source, out, message in (
        (tmp_path / "none.mp4", "o.mp4", "there is no file"),
        (song, "o.mp4", "has no video stream"),
        (broken, "o.mp4", "isn't a video that FFmpeg can open"),
        (good, "o.txt", ".txt file can't hold H.264"),
        (good, "nowhere/o.mp4", "there is no folder"),
        (good, "good.mkv", "out must be another file"),
        (pcm, "o.webm", ".webm file can't hold H.264 and this sound"),
    ):
        assert main(["colorize", str(source), "-o", str(tmp_path / out)]) == 1
        assert message in capsys.readouterr().err
        assert set(tmp_path.iterdir()) == before
    with pytest.raises(ValueError, match="the heavy colorizer runs in torch only"):
        colorize_video(good, tmp_path / "o.mp4", model="heavy", engine="ncnn")
    with pytest.raises(ValueError, match="engine must be one of torch, onnx, opencv, ncnn"):
        colorize_video(good, tmp_path / "o.mp4", engine="tpu")


def test_a_full_disk_is_an_error_and_the_old_file_stays(tmp_path, monkeypatch):
    source, out = numbered(tmp_path / "in.mkv", 3), tmp_path / "out.mkv"
    out.write_bytes(b"an older one")

    def full(*_):
        raise av.error.OSError(28, "No space left on device")

    monkeypatch.setattr(video_file, "_write", full)
    with pytest.raises(OSError, match=r"out\.mkv can't be written \(No space left on device\)"):
        colorize_video(source, out, progress=False)
    assert out.read_bytes() == b"an older one"
    assert {path.name for path in tmp_path.iterdir()} == {"in.mkv", "out.mkv"}
