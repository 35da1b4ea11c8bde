"""Damaged weights, cards, bundles, exported models, training states, configurations and stores, into what loads them."""

import json
import zipfile

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from course_lib.cry.bundle import check_bundle
from course_lib.cry.detector import load_detector
from course_lib.engines import NcnnModel, OnnxModel, OpenCVModel, export_ncnn, export_onnx
from course_lib.images.colorizer import CHECKPOINTS, load_colorizer
from course_lib.images.train import CONFIGS, read_config
from course_lib.layers.checkpoints import read_curve, shipped_card
from course_lib.layers.resumable import ResumableTrainer
from course_lib.mobile.heavy import load_heavy
from course_lib.quality import cpp_scores, export_plain
from course_lib.quality.pretrained import load_nima
from course_lib.video import LabStore, convert_videos
from course_lib.video.clip_colorizer import load_clip_colorizer
from course_lib.video.colormnet.families import load_exemplar
from tools.torture.clips import numbered
from tools.torture.damage import damaged, damaged_json
from tools.torture.handled import Failed, attempt

CASES, LIMIT = 30, 60.0
_NETWORKS = {
    "regression": load_colorizer,
    "nima": load_nima,
    "cry": load_detector,
    "heavy": load_heavy,
    "recurrent/unet_lstm": load_clip_colorizer,
    "colormnet/recurrent_exemplar": load_exemplar,
    "colormnet/course": load_exemplar,
}
_INPUT = np.zeros((1, 1, 8, 12), np.float32)


def prepare(folder):
    """One whole file of each sort."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 2, 3, padding=1)).eval()
    export_onnx(net, folder / "net.onnx", torch.from_numpy(_INPUT))
    export_ncnn(net, folder / "net.param", torch.from_numpy(_INPUT))
    export_plain(load_nima(CHECKPOINTS / "nima.safetensors"), folder / "nima.cqnet")
    (folder / "photo.ppm").write_bytes(b"P6\n224 224\n255\n" + bytes(range(256)) * 588)
    trainer = _trainer()
    for _ in range(2):
        trainer.optimize(trainer.model(torch.ones(1, 2)).sum())
    trainer.save(folder / "state")
    numbered(folder / "clip.mkv", 5)
    convert_videos(folder / "clip.mkv", folder / "store", (32, 24), workers=0, progress=False)
    cpp_scores(folder / "nima.cqnet", [folder / "photo.ppm"])  # builds the program
    return folder


def _trainer():
    options = {"kind": "Adam", "learning_rate": 0.1, "weight_decay": 0.0}
    config = {"steps": 9, "optimizer": options, "schedule": {"kind": "cyclic"}}
    return ResumableTrainer(nn.Linear(2, 2), config, data={"photos": ["a", "b"]})


def case(sound, draw, folder):
    """One damaged file and what loads it."""
    readers = [_network, _network, _card, _bundle, _engine, _state, _config, _plain, _store]
    return draw.choice(readers)(sound, draw, folder)


def _copy(path, folder, draw, *, text=False):
    """A damaged copy of a file, of its name, in this folder."""
    copy = folder / path.name
    copy.write_bytes(damaged(path.read_bytes(), draw, text=text))
    return copy


def _with_metadata(path, copy, draw):
    """The same tensors, beside damaged metadata; some tensors may be gone."""
    with safe_open(path, framework="pt") as file:
        names = list(file.keys())
        tensors = {name: file.get_tensor(name) for name in names}
        about = file.metadata()
    for name in draw.sample(names, draw.choice([0, 0, 1, len(names)])):
        del tensors[name]
    key = draw.choice([key for key in about if key != "sha256"])
    about[key] = json.dumps(damaged_json(json.loads(about[key]), draw))
    save_file(tensors, copy, metadata=about)
    return copy


def _network(sound, draw, folder):
    name, load = draw.choice(list(_NETWORKS.items()))
    path = CHECKPOINTS / f"{name}.safetensors"
    if draw.random() < 0.6:
        copy = _with_metadata(path, folder / path.name, draw)
    else:
        copy = _copy(path, folder, draw)
    return attempt(lambda: load(copy), copy.name)[0]


def _card(sound, draw, folder):
    weights = folder / "cry.safetensors"
    weights.write_bytes((CHECKPOINTS / weights.name).read_bytes())
    text = (CHECKPOINTS / "cry.json").read_bytes()
    broken = damaged(text, draw, text=True) if draw.random() < 0.4 else _json(json.loads(text), draw)
    (folder / "cry.json").write_bytes(broken)
    reader = draw.choice([lambda: shipped_card(weights, "train"), lambda: read_curve(weights)])
    return attempt(reader, "cry.json", "cry.safetensors")[0]


def _json(value, draw):
    return json.dumps(damaged_json(value, draw)).encode()


def _bundle(sound, draw, folder):
    path = CHECKPOINTS / "cry_4bit.zip"
    if draw.random() < 0.4:
        copy = _copy(path, folder, draw)
    else:
        copy = folder / path.name
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                changed = _json(json.loads(content), draw) if name == "manifest.json" else content
                new.writestr(name, changed)
    return attempt(lambda: check_bundle(copy), copy.name)[0]


def _engine(sound, draw, folder):
    kind, name = draw.choice(
        [(OnnxModel, "net.onnx"), (OpenCVModel, "net.onnx"), (NcnnModel, "net.param"), (NcnnModel, "net.bin")]
    )
    for other in ("net.param", "net.bin"):
        (folder / other).write_bytes((sound / other).read_bytes())
    copy = _copy(sound / name, folder, draw, text=name == "net.param")
    return attempt(lambda: kind(copy)(_INPUT), "net.")[0]


def _state(sound, draw, folder):
    """Either refused, or the training is where it was: a state is taken whole or not at all."""
    path = sound / "state" / "state.safetensors"
    if draw.random() < 0.6:
        _with_metadata(path, folder / path.name, draw)
    else:
        _copy(path, folder, draw)
    trainer = _trainer()
    ending, _ = attempt(lambda: trainer.resume(folder), path.name)
    if ending == "worked":
        trainer.optimize(trainer.model(torch.ones(1, 2)).sum())
        if trainer.step_done != 3:
            raise Failed(f"at step {trainer.step_done}, not 3")
    return ending


def _config(sound, draw, folder):
    copy = _copy(CONFIGS / "classification.toml", folder, draw, text=True)
    return attempt(lambda: read_config(str(copy)), copy.name)[0]


def _plain(sound, draw, folder):
    """The C++ program's files: whatever they hold, it ends by itself, and says which one it can't take."""
    name = draw.choice(["nima.cqnet", "photo.ppm"])
    files = {other: sound / other for other in ("nima.cqnet", "photo.ppm")}
    files[name] = _copy(sound / name, folder, draw, text=name == "photo.ppm")
    ending, scores = attempt(lambda: cpp_scores(files["nima.cqnet"], [files["photo.ppm"]]), name)
    if scores is not None and len(scores) != 1:
        raise Failed(f"{len(scores)} scores of one picture")
    return ending


def _store(sound, draw, folder):
    """A store that opens gives every frame, or says which file is damaged."""
    for path in (sound / "store").rglob("*"):
        if path.is_file():
            copy = folder / path.relative_to(sound / "store")
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(path.read_bytes())
    chosen = draw.choice(sorted((folder / "shards").iterdir()) + 3 * [folder / "manifest.json"])
    content = chosen.read_bytes()
    if chosen.name == "manifest.json" and draw.random() < 0.7:
        chosen.write_bytes(_json(json.loads(content), draw))
    else:
        chosen.write_bytes(damaged(content, draw, text=chosen.name == "manifest.json"))

    def read():
        with LabStore(folder) as store:
            return [store[i] for i in range(len(store))]

    return attempt(read, str(folder))[0]
