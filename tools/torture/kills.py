"""Jobs that get SIGKILL at random moments, again and again, and are asked for anew each time.

Whenever one was killed, what lies under a final name is whole; and in the end there is, bit for bit, what a calm run makes.
"""

import filecmp
import os
import signal
import time
from functools import partial

import torch

from course_lib.images import train as images
from course_lib.mobile.__main__ import main as color
from course_lib.quality import train as quality
from course_lib.video import train as video
from course_lib.video.convert import main as convert
from tools.torture import trainings
from tools.torture.clips import noise, write_clip
from tools.torture.handled import Failed

CASES, LIMIT = 2, 300.0
_KILLS = 6  # at the most, of one job


def prepare(folder):
    """The jobs' inputs, and what a calm run makes of them and how long it takes."""
    torch.set_num_threads(1)
    photos = trainings.write_photos(folder / "photos")
    coarse = trainings.write_coarse_photos(folder / "coarse")
    clips = trainings.write_videos(folder / "clips")
    for i in range(4):  # four folders, so four shards
        write_clip(folder / "many" / str(i) / "clip.mp4", noise(30, seed=i), codec="libx264")
    jobs = {
        name: partial(_train, module.main, trainings.write_config(_made(folder / name), text, data))
        for name, module, text, data in (
            ("training of images", images, trainings.IMAGES, photos),
            ("training of quality", quality, trainings.QUALITY, coarse),
            ("training of video", video, trainings.VIDEO, clips),
        )
    }
    jobs["conversion"] = partial(_convert, folder / "many")
    jobs["coloring"] = partial(_color, folder / "many" / "0" / "clip.mp4")
    calm = {}
    for name, job in jobs.items():
        began = time.monotonic()
        if _forked(job, _made(folder / f"calm {name}"), None) is not True:
            raise RuntimeError(f"{name} doesn't end well")
        calm[name] = (job, folder / f"calm {name}", time.monotonic() - began)
    return calm


def case(sound, draw, folder):
    """One job, killed up to six times, at moments of its own."""
    name = draw.choice(list(sound))
    job, calm, seconds = sound[name]
    for _ in range(draw.randint(1, _KILLS)):
        done = _forked(job, folder, draw.uniform(0, 1.1 * seconds))
        if done is False:
            raise Failed(f"{name}: it can't go on after a kill")
        _check(calm, folder, finished=done is True)
    if _forked(job, folder, None) is not True:
        raise Failed(f"{name}: it doesn't end after its kills")
    _check(calm, folder, finished=True)
    if name.startswith("training"):
        other = trainings.differences(trainings.results(calm), trainings.results(folder))
        if other:
            raise Failed(f"{name}: other than in a calm run: {', '.join(other[:9])}")
    return "worked"


def _made(folder):
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _forked(job, folder, seconds):
    """Whether `job` ended well in a process of its own; None if it was killed after so many seconds."""
    child = os.fork()
    if not child:
        try:
            os._exit(1 if job(folder) else 0)
        except SystemExit as end:
            os._exit(1 if end.code else 0)
        finally:  # after any other error too
            os._exit(1)
    end = None if seconds is None else time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(child, 0 if end is None else os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(0.005)


def _check(calm, folder, *, finished):
    """Compare with the calm run: every file that is there, but for states and scratch; at the end, that all are there."""
    wanted = {path.relative_to(calm) for path in calm.rglob("*") if path.is_file()}
    there = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    scratch = {path for path in there if ".part" in path.name}
    odd = there - wanted - scratch
    if odd or (finished and wanted - there):
        raise Failed(f"left behind {sorted(map(str, odd))}, missing {sorted(map(str, wanted - there))}")
    for path in there & wanted:
        same = path.suffix in (".h5", ".mp4") or (finished and path.name == "manifest.json")
        unlike = same and not filecmp.cmp(calm / path, folder / path, shallow=False)
        if unlike or not (folder / path).stat().st_size:
            raise Failed(f"{path} isn't as a calm run writes it")


def _train(main, config, folder):
    return main(trainings.command_line(folder, config))


def _convert(videos, folder):
    return convert([str(videos), str(folder), "--size", "48x32", "--workers", "0"])


def _color(path, folder):
    return color(["colorize", str(path), "-o", str(folder / "color.mp4"), "--every", "5"])
