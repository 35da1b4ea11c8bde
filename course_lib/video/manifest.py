"""What a Lab store says about itself: the manifest, and the virtual dataset that shows all shards as one.

The manifest is written when the job begins, without shards, and again when it ends. It holds nothing of the run that
made it (no times, no paths, no names of machines), so the same videos give the same manifest.
"""

import json
import os
from pathlib import Path

import h5py
import numpy as np

from course_lib.video.shards import FOLDER, FORMAT, FRAMES, SECONDS, Settings

MANIFEST = "manifest.json"
VIRTUAL = "lab.h5"


def read_manifest(folder: Path) -> dict | None:
    """The manifest of a store; None when there is none.

    Raises
    ------
    ValueError
        A manifest that can't be read, or is of another format.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        found = manifest["format"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error}). Convert into another folder") from error
    if found != FORMAT:
        raise ValueError(f"{path} is of format {found}, this package reads {FORMAT}")
    return manifest


def write_manifest(folder: Path, settings: Settings, shards: list[dict], *, finished: bool) -> None:
    """Write the manifest, and before it, when `finished`, the virtual dataset."""
    if finished:
        _write_virtual(folder, settings, shards)
    manifest = {
        "format": FORMAT,
        "finished": finished,
        "settings": settings._asdict(),
        "frames": sum(shard["frames"] for shard in shards),
        "shards": shards,
    }
    scratch = folder / f"{MANIFEST}.{os.getpid()}.part"
    scratch.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    scratch.replace(folder / MANIFEST)


def _write_virtual(folder: Path, settings: Settings, shards: list[dict]) -> None:
    frames = sum(shard["frames"] for shard in shards)
    planes = (3, settings.height, settings.width)
    lab = h5py.VirtualLayout((frames, *planes), settings.dtype)
    seconds = h5py.VirtualLayout((frames,), "float64")
    for layout in (lab, seconds):
        layout.dcpl.set_obj_track_times(False)  # else the file says when it was made, and no two are the same
    first = 0
    for shard in shards:
        end = first + shard["frames"]
        if end > first:
            source = f"{FOLDER}/{shard['shard']}"  # relative: the store can be moved as a whole
            lab[first:end] = h5py.VirtualSource(source, FRAMES, (end - first, *planes), settings.dtype)
            seconds[first:end] = h5py.VirtualSource(source, SECONDS, (end - first,), "float64")
        first = end
    scratch = folder / f"{VIRTUAL}.{os.getpid()}.part"
    with h5py.File(scratch, "w", libver="latest") as file:
        # what HDF5 shows, without a word, where a shard can't be opened; as uint8 Lab, 0 is a color that doesn't exist
        file.create_virtual_dataset(FRAMES, lab, fillvalue=0 if settings.dtype == "uint8" else np.nan)
        file.create_virtual_dataset(SECONDS, seconds, fillvalue=np.nan)
    scratch.replace(folder / VIRTUAL)
