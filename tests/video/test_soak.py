"""A job whose workers are killed at random, over videos with every fault: nothing is lost, nothing comes twice.

Thirty videos by default; ``SOAK_VIDEOS=200 python -m pytest -s tests/video/test_soak.py`` for the long one.
"""

import os
import random
import signal
import threading
import time

import numpy as np
import psutil
import pytest

from course_lib.color import rgb_to_lab
from course_lib.video import LabStore, convert_videos
from tests.video.test_convert import assert_identical
from tools.torture.clips import FAULTS, numbered, picture, write_clip

VIDEOS = int(os.environ.get("SOAK_VIDEOS", "30"))
KILLS = max(2, VIDEOS // 10)
SIZE = (240, 135)


def _write_videos(folder, rng):
    """Sound and faulty videos in turn, at most four a folder: name to number of frames, None where it is faulty."""
    expected = {}
    faults = sorted(FAULTS)
    for i in range(VIDEOS):
        count = rng.randint(1, 60)
        base = folder / f"{i // 4:03d}"
        if i % 3 == 2:
            name = faults[i // 3 % len(faults)]
            path, count = base / f"{i}_{name}", None
            FAULTS[name][0](path)
        elif i % 3 == 1 and i % 2:
            path = base / f"{i}_rotated.mp4"
            frames = [picture(n, 64, 36, i) for n in range(count)]
            write_clip(path, frames, codec="libx264", rotation=90, preset="ultrafast")
        elif i % 3 == 1:
            times = sorted(rng.sample(range(10_000), count))
            path = numbered(base / f"{i}_uneven.mkv", count, clip=i, times=times, rate=1000)
        else:
            path = numbered(
                base / f"{i}_odd.mkv", count, clip=i, width=rng.randint(9, 80), height=rng.randint(9, 80)
            )
        expected[path.relative_to(folder).as_posix()] = count
    return expected


def _kill_at_random(folder, rng, finished, killed):
    """SIGKILL for a worker while a shard is being written, again and again, also for those that only just start."""
    while len(killed) < KILLS and not finished.is_set():
        time.sleep(0.01)
        workers = [p for p in psutil.Process().children() if p.pid not in killed and _is_worker(p)]
        if workers and any(folder.glob("shards/*.part")):
            victim = rng.choice(workers)
            victim.kill()
            killed.append(victim.pid)
            time.sleep(rng.uniform(0, 1))


def _is_worker(process):
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:
        return False


def _assert_each_frame_once(store, name, count, clip):
    """Every stored frame looks most like the very frame that has its place, of all frames of its clip."""
    first = store.index(name, 0)
    found = store[first : first + count]  # (count, H, W, 3)
    top, bottom, left, right = store.videos[[v.name for v in store.videos].index(name)].padding
    y, x = (SIZE[1] - bottom + top) // 2, (SIZE[0] - right + left) // 2
    inside = SIZE[0] - left - right
    points = [x - inside // 4, x + inside // 4]
    frames = np.stack([picture(n, clip=clip) for n in range(count)])
    expected = rgb_to_lab(frames[:, 16, [8, 24]] / 255)  # (count, 2, 3): the left and the right half
    distance = np.abs(found[None, :, y][:, :, points] - expected[:, None]).sum((2, 3))
    np.testing.assert_array_equal(distance.argmin(0), np.arange(count))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_workers_killed_at_random_lose_and_double_nothing(tmp_path, capsys):
    rng = random.Random(5)
    expected = _write_videos(tmp_path / "in", rng)
    folder, finished, killed = tmp_path / "out", threading.Event(), []
    started = time.monotonic()
    killer = threading.Thread(target=_kill_at_random, args=(folder, rng, finished, killed))
    killer.start()
    try:
        report = convert_videos(tmp_path / "in", folder, SIZE, workers=2, progress=False)
    finally:
        finished.set()
        killer.join()
    seconds = time.monotonic() - started

    sound = {name: count for name, count in expected.items() if count}
    assert killed and set(report.skipped) == set(expected) - set(sound)
    assert report.frames == sum(sound.values())
    with LabStore(folder) as store:
        assert {video.name: video.frames for video in store.videos} == sound
        for name, count in sound.items():
            if name.endswith(".mkv"):
                _assert_each_frame_once(store, name, count, int(name.split("/")[1].split("_")[0]))
    convert_videos(tmp_path / "in", tmp_path / "calm", SIZE, workers=0, progress=False)
    assert_identical(folder, tmp_path / "calm")
    with capsys.disabled():
        print(
            f"\nsoak: {VIDEOS} videos, {len(report.skipped)} faulty, {report.frames} frames in {report.shards}"
            f" shards; {len(killed)} workers killed; identical to a calm run; {seconds:.0f} s"
        )
