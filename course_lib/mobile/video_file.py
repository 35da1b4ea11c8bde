"""A video file in, the same video in color out: its sound, its times and its upright picture kept.

file → frames, upright → `KeyframeColorizer` around a network in some engine → H.264
  └──────────────────── packets of sound, copied as they are ───────────────────┘
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from course_lib.images import colorize, pretrained
from course_lib.images.colorization_net import ColorizationNet
from course_lib.mobile.heavy import pretrained as heavy_pretrained
from course_lib.mobile.keyframes import KeyframeColorizer
from course_lib.video.decode import VideoError, VideoReader

ENGINES = ("torch", "onnx", "opencv", "ncnn")
MODELS = ("light", "heavy")
_CLOCK = Fraction(1, 90_000)  # seconds; all usual frame rates are whole in it
_RATE = 25.0  # frames a second, where neither the file nor its frames say
_STRIDE = 16  # pixels: sides of what the light network works on are multiples


def colorize_video(
    path: str | os.PathLike,
    out: str | os.PathLike,
    *,
    model: str = "light",
    engine: str = "torch",
    every: int = 30,
    cuts: bool = True,
    flow: bool = False,
    progress: bool = True,
) -> int:
    """Color a video file.

    Parameters
    ----------
    path : path-like
        Any video that FFmpeg reads. What color it has isn't looked at.
    out : path-like
        Where the colored one goes, as H.264: NAME.mp4, NAME.mkv, … Takes its name when it is complete.
    model : "light" or "heavy"
        Part 1's regression network, or the heavy colorizer, which runs in torch only.
    engine : "torch", "onnx", "opencv" or "ncnn"
        What runs the network. For the last three it is exported first, at the size that this video needs.
    every : int
        A keyframe in so many frames.
    cuts, flow : bool
        As in `KeyframeColorizer`.
    progress : bool
        Show a bar.

    Returns
    -------
    int
        How many frames.

    Raises
    ------
    FileNotFoundError
        No such video; no such folder.
    VideoError
        A video that can't be decoded from its first frame to its last. It is a ValueError.
    ValueError
        Options that don't fit; `out` is `path`; a form of file that H.264 or this sound doesn't go into.
    OSError
        Nothing can be written there, or the disk is full. No half file stays.
    """
    path, out = Path(path), Path(out)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {out.parent} to write {out.name} into")
    if out.resolve() == path.resolve():
        raise ValueError(f"out must be another file than the video itself, {path}")
    if engine not in ENGINES or model not in MODELS:
        raise ValueError(
            f"engine must be one of {', '.join(ENGINES)} and model one of {', '.join(MODELS)}; got {engine!r}, {model!r}"
        )
    if model == "heavy" and engine != "torch":
        raise ValueError(f"the heavy colorizer runs in torch only; for {engine} take the light one")
    try:
        size = _shown_size(path)
        with tempfile.TemporaryDirectory() as folder, VideoReader(path, size) as video:
            network = _network(model, engine, size, Path(folder))
            colorizer = KeyframeColorizer(lambda frame: colorize(network, frame), every, cuts=cuts, flow=flow)
            frames = tqdm(video, total=video.announced, desc=path.name, unit="frame", disable=not progress)
            with _written(out) as scratch:
                return _write(frames, colorizer, scratch, path, size, video.fps or _RATE)
    except VideoError as error:
        raise VideoError(f"{path} {error}") from error


class EngineNetwork(nn.Module):
    """An engine's network of one size as a module for `course_lib.images.colorize`.

    Parameters
    ----------
    run : callable
        Lightness (1, 1, h, w) float32 array in [0, 1] → normalized ab (1, 2, …), such as `course_lib.engines.OnnxModel`.
    size : (h, w)
    """

    def __init__(self, run: Callable[[np.ndarray], np.ndarray], size: tuple[int, int]):
        super().__init__()
        self.run, self.size = run, size

    def forward(self, lightness: Tensor) -> Tensor:
        """Lightness (1, 1, H, W) in [0, 1] of any size → normalized ab (1, 2, H, W)."""
        small = F.interpolate(lightness, self.size, mode="bilinear", align_corners=False, antialias=True)
        ab = torch.from_numpy(self.run(small.clamp(0, 1).numpy()))
        return F.interpolate(ab, lightness.shape[2:], mode="bilinear", align_corners=False)


class _OnlyColor(nn.Module):
    """The regression head of Part 1's network alone."""

    def __init__(self, net: ColorizationNet):
        super().__init__()
        self.net = net

    def forward(self, lightness: Tensor) -> Tensor:
        return self.net(lightness)["ab"]


def _network(model: str, engine: str, size: tuple[int, int], folder: Path) -> nn.Module:
    """What `colorize` takes, for videos of this width and height."""
    if model == "heavy":
        return heavy_pretrained("heavy")
    light = pretrained("regression")
    if engine == "torch":
        return light
    from course_lib import engines  # here, so that torch alone needs none of them

    scale = min(1.0, light.short_side / min(size))
    width, height = (max(_STRIDE, round(side * scale / _STRIDE) * _STRIDE) for side in size)
    small = (height, width)
    net, example = _OnlyColor(light.net).eval(), torch.rand(1, 1, *small)
    if engine == "ncnn":
        engines.export_ncnn(net, folder / "color.param", example)
        return EngineNetwork(engines.NcnnModel(folder / "color.param"), small)
    engines.export_onnx(net, folder / "color.onnx", example, dynamic=())
    kind = engines.OnnxModel if engine == "onnx" else engines.OpenCVModel
    return EngineNetwork(kind(folder / "color.onnx"), small)


def _shown_size(path: Path) -> tuple[int, int]:
    """Width and height of the first frame as it is shown: upright, its pixels square."""
    with VideoReader(path, (16, 16)) as video:
        picture = next(iter(video)).picture
    width, height = picture.source
    width = max(1, round(width * float(picture.pixel_aspect)))
    return (height, width) if picture.rotation % 180 else (width, height)


def _write(
    frames: Iterator,
    colorizer: KeyframeColorizer,
    scratch: Path,
    source: Path,
    size: tuple[int, int],
    rate: float,
) -> int:
    """Color and encode all frames, with the sound between them."""
    width, height = (max(2, side // 2 * 2) for side in size)  # H.264 halves its colors: an odd last line goes
    count, at = 0, -1
    with contextlib.ExitStack() as stack:
        sound = _Sound(stack.enter_context(av.open(str(source))))
        try:
            target = stack.enter_context(av.open(str(scratch), "w"))
            video = target.add_stream("libx264", rate=Fraction(rate).limit_denominator(1001))
            video.width, video.height, video.pix_fmt = width, height, "yuv420p"
            video.time_base = video.codec_context.time_base = _CLOCK
            sound.begin(target)
        except ValueError as error:  # FFmpeg's own among them
            raise ValueError(
                f"a {scratch.suffix} file can't hold H.264 and this sound ({error}); .mp4 and .mkv hold most"
            ) from error
        first = None
        for frame in frames:
            rgb = colorizer(np.ascontiguousarray(frame.rgb, np.float32) / 255)
            picture = av.VideoFrame.from_ndarray(
                _even(np.rint(255 * rgb).astype(np.uint8), width, height), "rgb24"
            )
            seconds = frame.seconds if frame.seconds == frame.seconds else count / rate
            first = seconds if first is None else first
            at = max(at + 1, round((seconds - first) / _CLOCK))  # times must rise
            picture.pts, picture.time_base = at, _CLOCK
            target.mux(sound.until(seconds))
            target.mux(video.encode(picture))
            count += 1
        target.mux(video.encode(None))
        target.mux(sound.until(float("inf")))
    return count


def _even(rgb: np.ndarray, width: int, height: int) -> np.ndarray:
    """Cut to even sides; a picture one pixel wide or high has that pixel twice."""
    rgb = np.pad(
        rgb, ((0, max(0, height - rgb.shape[0])), (0, max(0, width - rgb.shape[1])), (0, 0)), mode="edge"
    )
    return np.ascontiguousarray(rgb[:height, :width])


class _Sound:
    """The packets of a container's sound, given out in time; none when it has none."""

    def __init__(self, container):
        self._stream = next(iter(container.streams.audio), None)
        self._packets = iter(()) if self._stream is None else container.demux(self._stream)
        self._next, self._target = None, None

    def begin(self, target) -> None:
        """Open a stream of the same coding in the container that is written."""
        if self._stream is not None:
            self._target = target.add_stream_from_template(self._stream)

    def until(self, seconds: float) -> list:
        """The packets up to this time that weren't given before."""
        given: list = []
        while True:
            packet = self._next or next(self._packets, None)
            self._next = None
            if packet is None:
                return given
            if packet.dts is None:  # the end's empty packet
                continue
            if float(packet.dts * packet.time_base) > seconds:
                self._next = packet
                return given
            packet.stream = self._target
            given.append(packet)


@contextlib.contextmanager
def _written(out: Path) -> Iterator[Path]:
    """Inside `with`: a scratch file beside `out` of the same kind, which takes its name at the end, or goes."""
    scratch = out.with_name(f".{out.stem}.{os.getpid()}.part{out.suffix}")
    try:
        yield scratch
        scratch.replace(out)
    except av.error.FFmpegError as error:
        raise OSError(f"{out} can't be written ({error.strerror})") from error
    finally:
        scratch.unlink(missing_ok=True)
