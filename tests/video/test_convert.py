"""The conversion: the same bytes whoever converts, in however many runs, killed or not; what it skips and refuses."""

import filecmp
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from distributed import LocalCluster

from course_lib.color import rgb_to_lab
from course_lib.video import LabStore, convert_videos
from course_lib.video.convert import main
from course_lib.video.plan import SHARD_VIDEOS, Task, find_videos, plan_shards
from course_lib.video.shards import Settings, default_compression, write_shard
from tools.torture.clips import FAULTS, numbered, picture

GOOD = {"a/clip.mkv": 9, "b/clip.mkv": 6, "c/clip.mkv": 20, "c/other.mkv": 4, "d/clip.mkv": 12}


def _files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def assert_identical(one, other):
    """Two stores have the same files with the same bytes."""
    assert _files(one) == _files(other)
    assert [name for name in _files(one) if not filecmp.cmp(one / name, other / name, shallow=False)] == []


def _convert(inputs, folder, **kwargs):
    return convert_videos(inputs, folder, (32, 24), **({"workers": 0, "progress": False} | kwargs))


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Sound videos in four folders, two of one name, and every fault among them."""
    folder = tmp_path_factory.mktemp("videos")
    for clip, (name, count) in enumerate(GOOD.items()):
        numbered(folder / name, count, clip=clip)
    for i, (name, (write, _)) in enumerate(FAULTS.items()):
        write(folder / "abcd"[i % 4] / name)
    (folder / "a" / "notes.txt").write_text("no video, and not taken for one")
    return folder


@pytest.fixture(scope="module")
def uninterrupted(videos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return folder, _convert(videos, folder)


def test_what_is_sound_is_there_and_what_isnt_is_said(uninterrupted):
    folder, report = uninterrupted
    assert (report.videos, report.frames, report.shards, report.reused) == (5, sum(GOOD.values()), 4, 0)
    assert {name.split("/")[1] for name in report.skipped} == set(FAULTS)
    for name, reason in report.skipped.items():
        assert FAULTS[name.split("/")[1]][1] in reason and f"skipped {name}: {reason}" in str(report)
    with LabStore(folder) as store:
        assert {v.name: v.frames for v in store.videos} == GOOD
        for clip, (name, count) in enumerate(GOOD.items()):
            for i in range(count):
                lab = rgb_to_lab(picture(i, clip=clip) / 255)
                np.testing.assert_allclose(store[store.index(name, i)], lab, atol=0.54)


def test_the_manifest_accounts_for_every_video(videos, uninterrupted):
    manifest = json.loads((uninterrupted[0] / "manifest.json").read_text())
    entries = [video for shard in manifest["shards"] for video in shard["videos"]]
    assert [entry["name"] for entry in entries] == list(find_videos(videos)) and len(entries) == 12
    assert manifest["finished"] and manifest["frames"] == sum(entry["frames"] for entry in entries)
    assert all(len(entry["sha256"]) == 64 for entry in entries)
    entry = next(entry for entry in entries if entry["name"] == "c/clip.mkv")
    assert (entry["fps"], entry["seconds"]) == (25.0, {"first_last": [0.0, 0.76], "step": [0.04, 0.04]})
    assert entry["pictures"] == [
        {"first_frame": 0, "source": [32, 24], "pixel_aspect": "1", "rotation": 0, "content": [32, 24],
         "padding": [0, 0, 0, 0]}
    ]  # fmt: skip


def test_padding_is_black_and_recorded(tmp_path):
    numbered(tmp_path / "in" / "wide.mkv", 3, width=64, height=16)
    _convert(tmp_path / "in", tmp_path / "out")
    with LabStore(tmp_path / "out") as store:
        top, bottom, left, right = store.videos[0].padding
        assert (top, bottom, left, right) == (8, 8, 0, 0)
        assert (store[:][:, :top] == 0).all()
        assert (store[:][:, 24 - bottom :] == 0).all()
        assert (np.abs(store[:][:, top : 24 - bottom]).max(axis=(0, 3)) > 5).all()


@pytest.fixture(scope="module")
def cluster():
    """Two Dask workers that are threads of this process: quick to start, and reached by an address as any other."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None
    ) as started:
        yield started


def test_a_scheduler_at_an_address_gives_the_same_bytes(videos, uninterrupted, cluster, tmp_path):
    report = _convert(videos, tmp_path, scheduler=cluster.scheduler_address, workers=None)
    assert report.reused == 0
    assert_identical(tmp_path, uninterrupted[0])


def test_a_second_run_makes_nothing_anew(videos, uninterrupted, tmp_path):
    _convert(videos, tmp_path)
    times = {p: p.stat().st_mtime_ns for p in (tmp_path / "shards").iterdir()}
    assert _convert(videos, tmp_path).reused == 4
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "shards").iterdir()} == times
    assert_identical(tmp_path, uninterrupted[0])


@pytest.mark.parametrize("harm", ["missing", "truncated", "flipped", "garbage"])
def test_a_harmed_shard_is_made_anew_and_the_others_kept(videos, uninterrupted, tmp_path, harm):
    _convert(videos, tmp_path)
    shard = sorted((tmp_path / "shards").iterdir())[2]
    content = bytearray(shard.read_bytes())
    if harm == "missing":
        shard.unlink()
    elif harm == "truncated":
        shard.write_bytes(content[: len(content) // 2])
    elif harm == "flipped":
        content[len(content) // 2] ^= 1
        shard.write_bytes(content)
    else:
        shard.write_bytes(b"not HDF5")
    assert _convert(videos, tmp_path).reused == 3
    assert_identical(tmp_path, uninterrupted[0])


def test_a_video_that_was_replaced_or_added_is_converted(tmp_path):
    for i in range(3):
        numbered(tmp_path / "in" / str(i) / "clip.mkv", 4, clip=i)
    _convert(tmp_path / "in", tmp_path / "out")
    numbered(tmp_path / "in" / "1" / "clip.mkv", 6, clip=9)
    numbered(tmp_path / "in" / "3" / "clip.mkv", 5, clip=3)
    report = _convert(tmp_path / "in", tmp_path / "out")
    assert (report.frames, report.shards, report.reused) == (19, 4, 2)
    _convert(tmp_path / "in", tmp_path / "fresh")
    assert_identical(tmp_path / "out", tmp_path / "fresh")


PROGRAM = """
import os, signal, sys
from course_lib.video import shards
from course_lib.video.convert import main
fill = shards._ShardWriter._fill
def fatal(self, planes, frame, seen=[]):
    seen.append(frame)
    if len(seen) == 30:  # in the third shard
        os.kill(os.getpid(), signal.SIGKILL)
    fill(self, planes, frame)
shards._ShardWriter._fill = fatal
main(sys.argv[1:])
"""


def test_killed_in_the_midst_of_a_shard_it_goes_on_and_ends_the_same(videos, uninterrupted, tmp_path, capsys):
    options = [str(videos), str(tmp_path), "--size", "32x24", "--workers", "0"]
    done = subprocess.run([sys.executable, "-c", PROGRAM, *options], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    names = [p.name for p in (tmp_path / "shards").iterdir()]
    assert len(names) == 3 and sum(name.endswith(".part") for name in names) == 1
    with pytest.raises(ValueError, match="isn't finished"):
        LabStore(tmp_path)
    main(options)
    assert "(2 were there already), 7 videos skipped" in capsys.readouterr().out
    assert_identical(tmp_path, uninterrupted[0])


def _wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_a_whole_cluster_killed_goes_on_and_ends_the_same(tmp_path):
    """The command with two workers gets SIGKILL when its first shard is there; nobody closes anything."""
    for i in range(8):
        numbered(tmp_path / "in" / str(i) / "clip.mkv", 60, clip=i, width=96, height=64)
    folder = tmp_path / "out"
    options = [str(tmp_path / "in"), str(folder), "--size", "240x160", "--workers", "2"]
    command = [sys.executable, "-m", "course_lib.video.convert", *options]
    job = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(lambda: list(folder.glob("shards/*.h5")) or job.poll() is not None)
    finally:
        job.send_signal(signal.SIGKILL)
        job.wait()
    assert not json.loads((folder / "manifest.json").read_text())["finished"]
    made = len(list(folder.glob("shards/*.h5")))
    report = convert_videos(tmp_path / "in", folder, (240, 160), workers=0, progress=False)
    assert report.reused >= made >= 1 and report.frames == 480
    convert_videos(tmp_path / "in", tmp_path / "whole", (240, 160), workers=0, progress=False)
    assert_identical(folder, tmp_path / "whole")


def test_what_is_left_over_is_swept_and_nothing_else(videos, uninterrupted, tmp_path):
    shards = tmp_path / "shards"
    shards.mkdir()
    for name in ("0123456789abcdef.h5", "0123456789abcdef.h5.host-12.part", "mine.h5", "notes.txt"):
        (shards / name).write_text("x")
    _convert(videos, tmp_path)
    for name in ("mine.h5", "notes.txt"):
        (shards / name).unlink()
    assert_identical(tmp_path, uninterrupted[0])


def test_large_videos_have_a_shard_each_and_small_ones_share(tmp_path):
    for i in range(SHARD_VIDEOS + 2):
        (tmp_path / f"{i:02d}.mp4").write_bytes(b"x")
    os.truncate(tmp_path / "05.mp4", 9_000_000)
    tasks = plan_shards(find_videos(tmp_path))
    assert [len(task.videos) for task in tasks] == [5, 1, SHARD_VIDEOS - 4]
    assert len({task.shard for task in tasks}) == 3


def test_names_are_paths_below_the_folder_that_all_inputs_share(tmp_path):
    for name in ("x/1/a.mp4", "x/2/a.mp4", "y/a.MP4", "y/b.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert list(find_videos([tmp_path / "x", tmp_path / "y"])) == ["x/1/a.mp4", "x/2/a.mp4", "y/a.MP4"]
    assert list(find_videos([str(tmp_path / "x" / "1" / "a.mp4"), tmp_path / "y" / "b.txt"])) == [
        "x/1/a.mp4",
        "y/b.txt",
    ]
    assert list(find_videos(tmp_path / "y" / "b.txt")) == ["b.txt"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": (64, 48)}, r"holds frames of 32x24 uint8 \w+, not 64x48 uint8 \w+\. Take another folder"),
        ({"dtype": "float16"}, "holds frames of 32x24 uint8 .*, not 32x24 float16"),
        ({"compression": "lzf"}, "not 32x24 uint8 lzf"),
        ({"size": (4, 4)}, r"whole numbers from 8 to 8192, got \(4, 4\)"),
        ({"size": (32.0, 24)}, "size must be"),
        ({"dtype": "float32"}, "dtype must be one of uint8, float16; got 'float32'"),
        ({"compression": "zip"}, "compression must be one of szip, gzip"),
        ({"workers": -1}, "workers must be a whole number from 0, got -1"),
    ],
)
def test_other_settings_for_a_store_that_is_there_are_refused(videos, uninterrupted, changes, words):
    arguments = {"size": (32, 24), "workers": 0, "progress": False} | changes
    before = {p: p.stat().st_mtime_ns for p in uninterrupted[0].rglob("*")}
    with pytest.raises(ValueError, match=words):
        convert_videos(videos, uninterrupted[0], **arguments)
    assert {p: p.stat().st_mtime_ns for p in uninterrupted[0].rglob("*")} == before


def test_other_inputs_for_a_store_that_is_there_are_refused(videos, uninterrupted):
    with pytest.raises(
        ValueError, match=r"holds 12 videos that aren't among the inputs, such as a/clip\.mkv"
    ):
        _convert(videos / "c", uninterrupted[0])


def test_nothing_to_convert_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere doesn't exist"):
        _convert(tmp_path / "nowhere", tmp_path / "out")
    (tmp_path / "in").mkdir()
    with pytest.raises(FileNotFoundError, match=r"no video in .*looked for \.3gp"):
        _convert(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_reports_and_only_strict_fails(videos, tmp_path, capsys):
    options = [str(videos), str(tmp_path), "--size", "32x24", "--workers", "0", "--dtype", "uint8"]
    main(options)
    printed = capsys.readouterr()
    assert "skipped a/empty.mp4: isn't a video" in printed.out and "frames a second" in printed.out
    assert "5 videos, 51 frames in 4 shards (0 were there already), 7 videos skipped" in printed.out
    assert "12/12" in printed.err
    with pytest.raises(SystemExit) as stop:
        main([*options, "--strict"])
    assert stop.value.code == 1
    main([str(videos / "b" / "clip.mkv"), str(tmp_path / "sound"), "--workers", "0", "--strict"])
    with LabStore(tmp_path / "sound") as store:
        assert store.size == (240, 135) and store.dtype == "uint8"


def test_the_command_says_in_a_line_what_is_wrong(videos, tmp_path, capsys):
    for options, code, words in (
        ([str(videos), str(tmp_path), "--size", "240"], 2, "must be WIDTHxHEIGHT"),
        ([str(tmp_path / "nowhere"), str(tmp_path)], 1, "nowhere doesn't exist"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(options)
        assert stop.value.code == code and words in capsys.readouterr().err


def test_the_default_compression_is_one_that_this_machine_can_write(uninterrupted):
    manifest = json.loads((uninterrupted[0] / "manifest.json").read_text())
    assert manifest["settings"]["compression"] == default_compression()


def test_a_video_that_cannot_be_read_is_tried_again(tmp_path):
    paths = [tmp_path / "a.mkv", tmp_path / "b.mkv"]
    task = Task("0123456789abcdef.h5", tuple((path.name, str(path)) for path in paths))
    settings = Settings(32, 24, "uint8", "gzip")
    numbered(paths[0], 4)
    entry = write_shard(task, str(tmp_path), settings)
    assert [v["error"] for v in entry["videos"]] == [None, "can't be read (No such file or directory)"]
    assert (entry["frames"], entry["reused"]) == (4, False)
    numbered(paths[1], 5)
    for reused in (False, True):
        entry = write_shard(task, str(tmp_path), settings)
        assert (entry["frames"], entry["reused"]) == (9, reused)
