"""Damaged photos, into whatever opens a photo: `load_photo`, a colorizer, the score command and photo sets."""

import numpy as np
from PIL import Image

from course_lib.data import load_photo, photos
from course_lib.images import colorize, pretrained
from course_lib.images.photo_sets import open_photo_sets
from course_lib.quality.pretrained import pretrained as quality
from course_lib.quality.score import main as score
from tools.torture.damage import damaged
from tools.torture.handled import Failed, attempt, command, only

CASES, LIMIT = 25, 60.0


def prepare(folder):
    """Small photos in the usual forms, and a colorizer."""
    photo = Image.fromarray(np.rint(255 * photos()["astronaut"]).astype(np.uint8)).resize((96, 72))
    photo.save(folder / "plain.jpg", quality=90)
    photo.save(folder / "progressive.jpg", quality=80, progressive=True)
    photo.save(folder / "plain.png")
    photo.quantize(64).save(folder / "palette.png")
    Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257).save(folder / "deep.png")
    for name in ("plain.webp", "plain.tif", "plain.bmp", "plain.gif"):
        photo.save(folder / name)
    quality("nima")  # the score command's; it is there
    return sorted(folder.iterdir()), pretrained("regression")


def case(sound, draw, folder):
    """One damaged photo and one reader of it."""
    paths, model = sound
    chosen = draw.choice(paths)
    path = folder / f"damaged{chosen.suffix}"
    path.write_bytes(damaged(chosen.read_bytes(), draw))
    reader = draw.choice([_color, _score, _set])
    ending = reader(path, model)
    only(folder, path.name)
    return ending


def _color(path, model):
    ending, photo = attempt(lambda: load_photo(path), path.name)
    if photo is not None:
        _check(photo)
        _, colored = attempt(lambda: colorize(model, photo), "photo", "image", "lightness")
        if colored is not None:
            _check(colored)
    return ending


def _check(photo):
    if photo.dtype != np.float32 or photo.ndim != 3 or not (photo.min() >= 0 and photo.max() <= 1):
        raise Failed(f"no photo: {photo.dtype} {photo.shape} from {photo.min()} to {photo.max()}")


def _score(path, model):
    return command(score, [path, "--json"], path.name)[0]


def _set(path, model):
    # a form that isn't taken for a picture leaves the folder empty
    return attempt(lambda: open_photo_sets([str(path.parent)], 48), path.name, str(path.parent))[0]
