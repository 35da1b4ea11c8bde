"""Sets of photos to train and test colorizers on, and the batches made from them.

A set is named by one word: a data pack and its split (``scenes_intel_96/train``), a torchvision set and its split
(``STL10/train``, ``CIFAR10/test``), or the path of a folder of pictures.

Every batch follows from (seed, step) alone, not from a generator that runs on: whoever knows the step can make it again.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from course_lib.color import rgb_to_lab
from course_lib.data import load_photo
from course_lib.data.packs import find_pack

SCENES = ("buildings", "forest", "glacier", "mountain", "sea", "street")
_PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}
_HELD_OUT_EVERY = 10  # a pack without a split of its own: every tenth photo, by name, is its test split


@dataclass(frozen=True)
class PhotoSet:
    """Photos as Lab, with their scene where one is known.

    Attributes
    ----------
    names : tuple of str
        Where each photo came from.
    lab : tuple of ndarray, each (H, W, 3) float16
        float16 keeps L to 0.03 and ab to 0.03 in half the memory; a step of an 8-bit photo is ten times that.
    scenes : ndarray, (n,) int64
        Index into `SCENES`, or -1 where the scene isn't known.
    """

    names: tuple[str, ...]
    lab: tuple[np.ndarray, ...]
    scenes: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    def pick(self, indices: Sequence[int] | np.ndarray) -> "PhotoSet":
        """The photos at these indices."""
        return PhotoSet(
            tuple(self.names[i] for i in indices), tuple(self.lab[i] for i in indices), self.scenes[indices]
        )


@dataclass(frozen=True)
class Batch:
    """`lab` (N, S, S, 3) float32 crops, and the `scenes` (N,) int64 they were cut from."""

    lab: np.ndarray
    scenes: np.ndarray


def open_photo_sets(specs: Sequence[str], short_side: int) -> PhotoSet:
    """Read photo sets into one.

    Parameters
    ----------
    specs : sequence of str
        Such as ``["scenes_intel_96/train", "bsds500_192/val", "~/pictures"]``.
    short_side : int
        Photos whose short side is longer are scaled down to it.

    Raises
    ------
    FileNotFoundError
        A set that isn't there; the message says how to get it.
    ValueError
        A set without pictures; a split or a picture that can't be read.
    """
    names: list[str] = []
    lab: list[np.ndarray] = []
    scenes: list[int] = []
    for spec in specs:
        found = _open_one(spec, short_side)
        if not found:
            raise ValueError(f"photo set {spec!r} holds no pictures ({', '.join(sorted(_PICTURES))})")
        for name, photo, scene in found:
            names.append(name)
            lab.append(rgb_to_lab(photo).astype(np.float16))
            scenes.append(scene)
    return PhotoSet(tuple(names), tuple(lab), np.array(scenes, np.int64))


def crops(photos: PhotoSet, indices: Sequence[int], crop: int, rng: np.random.Generator) -> Batch:
    """A crop x crop window of each of these photos, anywhere in it, mirrored every second time.

    Raises
    ------
    ValueError
        A photo smaller than the crop.
    """
    lab = np.empty((len(indices), crop, crop, 3), np.float32)
    for row, index in enumerate(indices):
        photo = photos.lab[index]
        if min(photo.shape[:2]) < crop:
            raise ValueError(
                f"crop is {crop}, but {photos.names[index]} has {photo.shape[0]} x {photo.shape[1]}"
            )
        top, left = (int(rng.integers(extent - crop + 1)) for extent in photo.shape[:2])
        window = photo[top : top + crop, left : left + crop]
        lab[row] = window[:, ::-1] if rng.random() < 0.5 else window
    return Batch(lab, photos.scenes[list(indices)])


def batch_of_step(photos: PhotoSet, size: int, crop: int, seed: int, step: int) -> Batch:
    """The batch of a training step: each epoch shows every photo once, in an order drawn for that epoch."""
    indices = [_photo_at(len(photos), seed, step * size + i) for i in range(size)]
    return crops(photos, indices, crop, np.random.default_rng([seed, step]))


def _photo_at(count: int, seed: int, position: int) -> int:
    epoch, place = divmod(position, count)
    return int(_order(count, seed, epoch)[place])


@lru_cache(maxsize=2)
def _order(count: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch, count]).permutation(count)


_Photos = list[tuple[str, np.ndarray, int]]  # name, RGB, scene


def _open_one(spec: str, short_side: int) -> _Photos:
    name, _, split = spec.partition("/")
    if name in ("STL10", "CIFAR10"):
        return _torchvision_set(name, split)
    if name in _PACK_FILES:
        folder, title = find_pack(name), name
        files = _PACK_FILES[name](folder, split)
    else:
        folder = Path(spec).expanduser()
        if not folder.is_dir():
            raise FileNotFoundError(
                f"photo set {spec!r} is no folder of pictures and none of those known by name: "
                f"{', '.join(sorted(_PACK_FILES))}, STL10, CIFAR10, each with /split"
            )
        title, files = folder.name, _pictures(folder)
    return [
        (f"{title}/{path.relative_to(folder).as_posix()}", _scaled(path, short_side), _scene(path))
        for path in files
    ]


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in _PICTURES)


def _by_folder(pack: Path, split: str) -> list[Path]:
    splits = sorted({path.relative_to(pack).parts[0] for path in _pictures(pack)})
    if split not in splits:
        raise ValueError(f"photo set {pack.name} has the splits {', '.join(splits)}; got {split!r}")
    return _pictures(pack / split)


def _every_tenth(pack: Path, split: str) -> list[Path]:
    if split not in ("train", "test"):
        raise ValueError(f"photo set {pack.name} has the splits train, test; got {split!r}")
    return [path for i, path in enumerate(_pictures(pack)) if (i % _HELD_OUT_EVERY == 0) == (split == "test")]


_PACK_FILES: dict[str, Callable[[Path, str], list[Path]]] = {
    "scenes_intel_96": _by_folder,
    "bsds500_192": _by_folder,
    "imagenet_sample_128": _every_tenth,
}


def _scene(path: Path) -> int:
    return SCENES.index(path.parent.name) if path.parent.name in SCENES else -1


def _scaled(path: Path, short_side: int) -> np.ndarray:
    photo = load_photo(path)
    height, width = photo.shape[:2]
    scale = short_side / min(height, width)
    if scale >= 1:
        return photo
    size = (round(width * scale), round(height * scale))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA)


def _torchvision_set(name: str, split: str) -> _Photos:
    from torchvision import datasets

    root = os.environ.get("COURSE_DATA_DIR") or "data"
    splits = {"STL10": ("train", "test", "unlabeled", "train+unlabeled"), "CIFAR10": ("train", "test")}[name]
    if split not in splits:
        raise ValueError(f"photo set {name} has the splits {', '.join(splits)}; got {split!r}")
    options = {"train": split == "train"} if name == "CIFAR10" else {"split": split}
    try:
        pictures = getattr(datasets, name)(root, **options)
    except RuntimeError as error:
        command = (
            f"import course_lib; from torchvision.datasets import {name}; {name}({root!r}, download=True)"
        )
        raise FileNotFoundError(
            f'{name} isn\'t in {root!r}; fetch it once with: python -c "{command}"'
        ) from error
    return [
        (f"{name}/{split}/{i}", np.asarray(picture, np.float32) / 255, -1)
        for i, (picture, _) in enumerate(pictures)
    ]
