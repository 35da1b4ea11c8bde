"""Which videos there are, and which go into a shard together.

The same videos always give the same shards under the same names, whoever converts them and in what order; that is
what lets a killed job go on.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

SUFFIXES = {
    ".3gp", ".asf", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv",
    ".ts", ".webm", ".wmv",
}  # fmt: skip
SHARD_VIDEOS = 16  # small videos share a shard, up to this many
SHARD_BYTES = 8_000_000  # and up to this size of their files together; a larger video has a shard of its own


class Task(NamedTuple):
    """One shard to write: what it is called, and its videos as (name, path)."""

    shard: str
    videos: tuple[tuple[str, str], ...]


def find_videos(inputs: str | Path | Iterable[str | Path]) -> dict[str, Path]:
    """Find the videos among files and in folders and what lies under them.

    Parameters
    ----------
    inputs : path, or paths
        A file is taken whatever it is called, in a folder those with a video's suffix.

    Returns
    -------
    dict of str to Path
        Sorted by name. A video's name is its path below the folder that all inputs share, with forward slashes.

    Raises
    ------
    FileNotFoundError
        An input that doesn't exist, or no video in any.
    """
    inputs = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    roots = [Path(os.path.abspath(Path(i).expanduser())) for i in inputs]  # noqa: PTH100  links keep their names
    paths: set[Path] = set()
    for root in roots:
        if root.is_dir():
            paths.update(p for p in root.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        elif root.exists():
            paths.add(root)
        else:
            raise FileNotFoundError(f"inputs: {root} doesn't exist")
    if not paths:
        raise FileNotFoundError(
            f"inputs: no video in {', '.join(map(str, roots)) or 'an empty list'} (looked for {' '.join(sorted(SUFFIXES))})"
        )
    shared = Path(os.path.commonpath([root if root.is_dir() else root.parent for root in roots]))
    return {p.relative_to(shared).as_posix(): p for p in sorted(paths)}


def plan_shards(videos: dict[str, Path]) -> list[Task]:
    """Divide videos into shards: a large one alone, small ones of one folder together.

    Parameters
    ----------
    videos : dict of str to Path
        As `find_videos` gives them.

    Returns
    -------
    list of Task
        In the order of the videos. A shard is named after its videos, so that a video added in one folder moves none
        of another folder's shards.
    """
    groups: list[list[tuple[str, str]]] = []
    folder, room = None, 0
    for name, path in videos.items():
        size = _size(path)
        if path.parent != folder or size > room or len(groups[-1]) == SHARD_VIDEOS:
            groups.append([])
            folder, room = path.parent, SHARD_BYTES
        groups[-1].append((name, str(path)))
        room -= size
    return [Task(_shard_name(group), tuple(group)) for group in groups]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # gone or closed to us since it was listed: its conversion will say so
        return 0


def _shard_name(group: list[tuple[str, str]]) -> str:
    names = "\n".join(name for name, _ in group)
    return f"{hashlib.sha256(names.encode(errors='surrogateescape')).hexdigest()[:16]}.h5"
