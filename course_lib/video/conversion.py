"""From videos to a Lab store, a shard a task.

Each shard is a task on a Dask cluster, by default one on this machine's cores; a scheduler's address takes more
machines that see the same folders. A job that was killed goes on when it is asked for again, and ends with
the same bytes as one that wasn't. See `course_lib.video.LabStore` for reading.
"""

import contextlib
import os
import re
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from course_lib.video.lab_codec import DTYPES
from course_lib.video.manifest import read_manifest, write_manifest
from course_lib.video.plan import Task, find_videos, plan_shards
from course_lib.video.shards import COMPRESSIONS, FOLDER, Settings, default_compression, write_shard


@dataclass(frozen=True)
class Report:
    """What a conversion came to.

    Attributes
    ----------
    videos, frames, shards : int
        In the store, skipped videos not counted.
    reused : int
        Shards that were there already.
    skipped : dict of str to str
        Videos that aren't in the store, and why.
    short : dict of str to str
        Videos that are, but with fewer frames than their file announces.
    """

    videos: int
    frames: int
    shards: int
    reused: int
    skipped: dict[str, str]
    short: dict[str, str]

    def __str__(self) -> str:
        lines = [f"{name}: {reason}" for name, reason in self.short.items()]
        lines += [f"skipped {name}: {reason}" for name, reason in self.skipped.items()]
        lines.append(
            f"{self.videos} videos, {self.frames} frames in {self.shards} shards ({self.reused} were there"
            f" already), {len(self.skipped)} videos skipped"
        )
        return "\n".join(lines)


def convert_videos(
    inputs: str | Path | Iterable[str | Path],
    folder: str | Path,
    size: tuple[int, int] = (240, 135),
    scheduler: Any = None,
    *,
    dtype: str | None = None,
    compression: str | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> Report:
    """Convert videos into a store of Lab frames, going on from what an earlier run left.

    Parameters
    ----------
    inputs : path, or paths
        Video files, and folders of them; see `course_lib.video.plan.find_videos`.
    folder : path
        Of the store; made where it isn't there.
    size : (width, height)
        Of the frames. A picture is scaled to fit, its aspect kept, and padded with black.
    scheduler : str or distributed.LocalCluster, optional
        A Dask scheduler (``"tcp://host:8786"``) whose workers see `inputs` and `folder` under the same paths.
        Without, a cluster of processes on this machine.
    dtype : "uint8" or "float16", optional
        See `course_lib.video.lab_codec`. By default as the folder has it, else uint8.
    compression : "szip", "gzip", "lzf" or "none", optional
        By default as the folder has it, else szip where this machine's HDF5 can write it, and gzip where not.
    workers : int, optional
        Processes on this machine, by default one for each core; 0 converts in this very process.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    Report

    Raises
    ------
    FileNotFoundError
        No such input, or no video in it.
    ValueError
        A size, dtype or compression that isn't one, or isn't the one that the folder has; a folder with videos that
        aren't among the inputs.
    """
    folder = Path(os.path.abspath(Path(folder).expanduser()))  # noqa: PTH100  as its workers will call it
    if workers is not None and (type(workers) is not int or workers < 0):
        raise ValueError(f"workers must be a whole number from 0, got {workers!r}")
    videos = find_videos(inputs)
    tasks = plan_shards(videos)
    earlier = read_manifest(folder) if folder.is_dir() else None
    settings = _settings(size, dtype, compression, folder, earlier)
    known = {shard["shard"]: shard["sha256"] for shard in earlier["shards"]} if earlier else {}
    if earlier is None:
        folder.mkdir(parents=True, exist_ok=True)
        write_manifest(folder, settings, [], finished=False)
    else:
        _check_same_videos(folder, earlier, videos)

    if workers == 0 and scheduler is None:
        results = _in_this_process(tasks, folder, settings, known)
    else:
        results = _on_cluster(tasks, folder, settings, known, scheduler, workers)
    done = {}
    with tqdm(total=len(videos), unit="video", disable=not progress) as bar, contextlib.closing(results):
        for task, shard in results:
            done[task.shard] = shard
            bar.update(len(task.videos))
            bar.set_postfix(frames=sum(s["frames"] for s in done.values()), refresh=False)

    shards = [done[task.shard] for task in tasks]  # in the order of the videos, whoever was ready first
    reused = sum(shard.pop("reused") for shard in shards)
    write_manifest(folder, settings, shards, finished=True)
    _sweep(folder, {shard["shard"] for shard in shards})
    return _report(shards, reused)


def _settings(size, dtype, compression, folder: Path, earlier: dict | None) -> Settings:
    if len(size) != 2 or not all(isinstance(side, int) and 8 <= side <= 8192 for side in size):
        raise ValueError(f"size must be (width, height), whole numbers from 8 to 8192, got {size!r}")
    there = earlier["settings"] if earlier else {}
    width, height = size
    settings = Settings(
        width,
        height,
        dtype or there.get("dtype", DTYPES[0]),
        compression or there.get("compression") or default_compression(),
    )
    for name, known in (("dtype", DTYPES), ("compression", COMPRESSIONS)):
        if getattr(settings, name) not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}; got {getattr(settings, name)!r}")
    if there and there != settings._asdict():
        old, new = ("{width}x{height} {dtype} {compression}".format(**s) for s in (there, settings._asdict()))
        raise ValueError(
            f"{folder} holds frames of {old}, not {new}. Take another folder, or delete this one"
        )
    if settings.compression == "szip" != default_compression():
        raise ValueError(
            "compression: this machine's HDF5 can't write szip; take gzip, in a folder of its own"
        )
    return settings


def _check_same_videos(folder: Path, earlier: dict, videos: dict) -> None:
    gone = [v["name"] for shard in earlier["shards"] for v in shard["videos"] if v["name"] not in videos]
    if gone:
        raise ValueError(
            f"{folder} holds {len(gone)} videos that aren't among the inputs, such as {gone[0]}. "
            "Give all inputs again, or take another folder"
        )


def _in_this_process(
    tasks: list[Task], folder: Path, settings: Settings, known: dict[str, str]
) -> Generator[tuple[Task, dict]]:
    """(task, its shard's entry), one after the other."""
    for task in tasks:
        yield task, write_shard(task, str(folder), settings, known.get(task.shard))


def _on_cluster(
    tasks: list[Task], folder: Path, settings: Settings, known: dict[str, str], scheduler, workers: int | None
) -> Generator[tuple[Task, dict]]:
    """(task, its shard's entry) as they come."""
    from distributed import KilledWorker, as_completed  # here, because they take a second to import

    from course_lib.video.cluster import connected

    with connected(scheduler, workers) as client:
        waiting = {
            client.submit(write_shard, task, str(folder), settings, known.get(task.shard), pure=False): task
            for task in tasks
        }
        for future in as_completed(list(waiting)):
            task = waiting.pop(future)
            try:
                yield task, future.result()
            except KilledWorker:
                yield task, _given_up(task)


def _given_up(task: Task) -> dict:
    reason = "its worker died again and again at this shard; convert its videos one by one to see which it is"
    videos = [
        {"name": name, "sha256": None, "bytes": None, "frames": 0, "error": reason} for name, _ in task.videos
    ]
    return {
        "shard": task.shard, "bytes": None, "sha256": None, "frames": 0, "videos": videos, "reused": False,
    }  # fmt: skip


def _sweep(folder: Path, kept: set[str]) -> None:
    """Remove what killed workers left behind, and shards of an earlier division of the videos."""
    for path in (folder / FOLDER).glob("*"):  # none, where no task got through
        left_over = re.fullmatch(r"[0-9a-f]{16}\.h5(\..*\.part)?", path.name) and path.name not in kept
        if left_over:
            path.unlink(missing_ok=True)


def _report(shards: list[dict], reused: int) -> Report:
    videos = [video for shard in shards for video in shard["videos"]]
    whole = [video for video in videos if video["error"] is None]
    return Report(
        videos=len(whole),
        frames=sum(video["frames"] for video in whole),
        shards=len(shards),
        reused=reused,
        skipped={video["name"]: video["error"] for video in videos if video["error"] is not None},
        short={
            v["name"]: f"{v['frames']} frames, though the file announces {v['announced']}"
            for v in whole
            if v["announced"] and v["frames"] < v["announced"]
        },
    )
