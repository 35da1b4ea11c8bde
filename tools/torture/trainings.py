"""Trainings so small that they end in a second or two, to be killed, resumed and compared bit for bit."""

import json

import cv2
import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from course_lib.data import made_clip
from tools.torture.clips import write_clip

IMAGES = """
name = "tiny"
seed = 3
steps = 12
batch_size = 4
crop = 16
precision = "float32"
validate_every = 5
save_every = 4
data = {{ train = ["{folder}"], validation = 3, short_side = 20 }}
model = {{ width = 2 }}
loss = {{ kind = "classification", mixing = 0.5, color_weight = 1.0, scene_weight = 0.1 }}
optimizer = {{ kind = "Adam", learning_rate = 1e-2, weight_decay = 1e-5 }}
schedule = {{ kind = "cyclic" }}
"""

QUALITY = """
name = "tiny"
seed = 3
steps = 6
head_steps = 3
batch_size = 4
crop = 32
validate_every = 4
save_every = 2
data = {{ train = ["{folder}"], validation = 2, kinds = ["blur", "noise"], levels = 2 }}
model = {{ backbone = "mobilenet_v2", width = 0.1, dropout = 0.2 }}
optimizer = {{ kind = "Adam", learning_rate = 1e-2, weight_decay = 1e-5 }}
schedule = {{ kind = "cyclic" }}
"""

VIDEO = """
name = "tiny"
seed = 3
steps = 12
rows = 2
chunk = 3
validate_every = 5
save_every = 4
data = {{ train = ["{folder}/videos", "stills:{folder}/photos"], validation = ["{folder}/more"], size = [32, 18] }}
model = {{ family = "unet_lstm", width = 2 }}
loss = {{ softmaxes = 1 }}
optimizer = {{ kind = "Adam", learning_rate = 1e-2, weight_decay = 1e-5 }}
schedule = {{ kind = "cyclic" }}
"""


def write_config(folder, text, data):
    """tiny.toml in `folder`: one of the texts above, on the data in another folder."""
    path = folder / "tiny.toml"
    path.write_text(text.format(folder=data.as_posix()))
    return path


def write_photos(folder):
    """Ten photos of one hue above another, half of them in a folder that names their scene."""
    (folder / "sea").mkdir(parents=True)
    for i in range(10):
        picture = np.full((24, 28, 3), (200 - 9 * i, 90 + 5 * i, 60), np.uint8)
        picture[10 + i % 4 :] = (40, 120 + 8 * i, 170)
        _write(folder / ("sea" if i % 2 else "") / f"{i}.png", picture)
    return folder


def write_coarse_photos(folder):
    """Seven photos of large soft spots."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for i in range(7):
        coarse = rng.integers(0, 255, (6, 8, 3)).astype(np.uint8)
        _write(folder / f"{i}.png", cv2.resize(coarse, (80, 60 + i)))
    return folder


def write_videos(folder):
    """Three videos, of 7, 5 and 4 frames, one of which is wider; two photos."""
    for i, (name, length, width) in enumerate(
        [("videos/a.mp4", 7, 64), ("videos/b.mp4", 5, 80), ("more/c.mp4", 4, 64)]
    ):
        frames = made_clip(i, frames=length, size=(36, width)).frames
        write_clip(folder / name, np.rint(frames * 255).astype(np.uint8), codec="mpeg4")
    (folder / "photos").mkdir()
    for i in range(2):
        photo = np.full((30, 50, 3), (200 - 90 * i, 90 + 5 * i, 60), np.uint8)
        photo[10 + i :] = (40, 120 + 8 * i, 170)
        _write(folder / "photos" / f"{i}.png", photo)
    return folder


def _write(path, picture):
    if not cv2.imwrite(str(path), picture):
        raise OSError(f"{path} can't be written")


def command_line(folder, config_file):
    """The command line of a run that keeps everything in `folder`."""
    return [str(config_file), "--out", str(folder / "out"), "--state", str(folder / "state")]


def results(folder):
    """Of the run named tiny: its state's numbers and tensors, and its checkpoint. Seconds aren't compared."""
    state = folder / "state" / "tiny" / "state.safetensors"
    with safe_open(state, framework="pt") as file:
        rest = json.loads(file.metadata()["state"])
    del rest["seconds"]
    return rest, load_file(state), load_file(folder / "out" / "tiny.safetensors")


def differences(one, other):
    """Names of what isn't the same, bit for bit, in two `results`."""
    found = [name for name in one[0].keys() | other[0].keys() if one[0].get(name) != other[0].get(name)]
    for a, b in zip(one[1:], other[1:], strict=True):
        found += a.keys() ^ b.keys()
        found += [name for name in a.keys() & b.keys() if not torch.equal(a[name], b[name])]
    return sorted(found)


def assert_identical(one, other):
    """Bit for bit."""
    assert differences(one, other) == []
