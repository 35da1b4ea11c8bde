"""Damaged videos, into the conversion, the command that colors a video, and the sets that are trained on."""

from fractions import Fraction

import av
import numpy as np

from course_lib.mobile.__main__ import main as mobile
from course_lib.video import LabStore, convert_videos
from course_lib.video.clip_sets import read_video
from tools.torture.clips import FAULTS, noise, write_clip, write_song
from tools.torture.damage import damaged
from tools.torture.handled import Failed, attempt, command, only

CASES, LIMIT = 12, 120.0
_FORMS = {"a.mp4": "libx264", "b.mkv": "libx264", "c.avi": "mpeg4", "d.mov": "libx264", "e.mkv": "ffv1"}


def prepare(folder):
    """Short videos in the usual forms, one that is rotated, and the faults that the tests know."""
    for name, codec in _FORMS.items():
        write_clip(folder / name, noise(8), codec=codec)
    write_clip(folder / "rotated.mp4", noise(6), codec="libx264", rotation=90, pixel_aspect=Fraction(4, 3))
    write_song(folder / "song.mp4")
    for name, (write, _) in FAULTS.items():
        write(folder / f"fault_{name}")
    return sorted(path for path in folder.iterdir() if path.stat().st_size)


def case(sound, draw, folder):
    """One damaged video and one reader of it."""
    chosen = draw.choice(sound)
    path = folder / f"damaged{chosen.suffix}"
    path.write_bytes(damaged(chosen.read_bytes(), draw))
    return draw.choice([_convert, _color, _train])(path, draw)


def _convert(path, draw):
    """It is in the store whole, or the report says why it isn't."""
    store = path.parent / "store"
    report = convert_videos(path, store, (48, 32), workers=0, progress=False)
    only(
        store,
        "manifest.json",
        "lab.h5",
        *(f"shards/{shard.name}" for shard in (store / "shards").glob("*.h5")),
    )
    if report.videos + len(report.skipped) != 1 or not all(report.skipped.values()):
        raise Failed(f"neither there nor skipped: {report}")
    with LabStore(store) as frames:
        if len(frames) != report.frames or not all(np.isfinite(frames[i]).all() for i in range(len(frames))):
            raise Failed(f"the store has {len(frames)} frames, the report says {report.frames}")
    return "worked" if report.videos else "refused"


def _color(path, draw):
    """Either a video as long as it says, or none."""
    out = path.with_name("color.mp4")
    options = ["--every", draw.choice([1, 5, 30]), *draw.choice([[], ["--flow"], ["--no-cuts"]])]
    ending, printed = command(mobile, ["colorize", path, "-o", out, *options], path.name)
    only(path.parent, path.name, *([out.name] if ending == "worked" else []))
    if ending == "worked":
        with av.open(str(out)) as container:
            count = sum(1 for _ in container.decode(video=0))
        if f": {count} frame" not in printed:
            raise Failed(f"{count} frames in the file, but: {printed}")
    return ending


def _train(path, draw):
    return attempt(lambda: read_video(path, (48, 32)), path.name)[0]
