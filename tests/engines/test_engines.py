"""One network in four engines, other sizes and batches, eight bits, and files that are broken in every way."""

import random
import shutil
import subprocess
import sys

import ncnn
import numpy as np
import onnx
import pytest
import torch
from torch import nn

from course_lib.data import photos
from course_lib.engines import (
    NcnnModel,
    OnnxModel,
    OpenCVModel,
    export_ncnn,
    export_onnx,
    quantize_onnx_int8,
)
from course_lib.images import pretrained

pytestmark = pytest.mark.usefixtures("one_thread")

SIZE = (48, 64)


class Color(nn.Module):
    """The shipped colorizer's network, lightness in and ab out."""

    def __init__(self):
        super().__init__()
        self.net = pretrained("regression").net

    def forward(self, x):
        return self.net(x)["ab"]


class Small(nn.Module):
    """A tiny U-Net that takes any even size."""

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(1, 6, 3, 2, 1), nn.BatchNorm2d(6), nn.ReLU())
        self.out = nn.Conv2d(7, 2, 3, padding=1)

    def forward(self, x):
        large = nn.functional.interpolate(self.down(x), scale_factor=2)
        return torch.tanh(self.out(torch.cat([large, x], 1)))


class Score(nn.Module):
    """Classes of a picture of any size."""

    def __init__(self):
        super().__init__()
        self.conv, self.last = nn.Conv2d(1, 8, 3, 2), nn.Linear(8, 5)

    def forward(self, x):
        return self.last(self.conv(x).relu().mean((2, 3))).softmax(1)


@pytest.fixture(scope="module")
def color(tmp_path_factory):
    """(torch's answer, folder with color.onnx, color.param and color.bin)"""
    folder = tmp_path_factory.mktemp("color")
    model, example = Color().eval(), torch.rand(1, 1, *SIZE)
    export_onnx(model, folder / "color.onnx", example, dynamic=("batch",))
    export_ncnn(model, folder / "color", example)
    return answer(model), folder


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The same of the tiny U-Net, whatever the size."""
    folder = tmp_path_factory.mktemp("small")
    torch.manual_seed(0)
    model = Small()
    export_onnx(model, folder / "small.onnx", torch.rand(1, 1, 8, 12))
    export_ncnn(model, folder / "small.param", torch.rand(1, 1, 8, 12))
    assert model.training, "a model is left in the mode it was in"
    assert sorted(path.name for path in folder.iterdir()) == ["small.bin", "small.onnx", "small.param"]
    return answer(model.eval()), folder


def answer(model):
    def run(x):
        with torch.inference_mode():
            return model(torch.from_numpy(x)).numpy()

    return run


def engines_of(folder, name):
    return [
        OnnxModel(folder / f"{name}.onnx"),
        OpenCVModel(folder / f"{name}.onnx"),
        NcnnModel(folder / f"{name}.param"),
    ]


def test_fifty_random_inputs_give_what_torch_gives(color):
    right, folder = color
    rng = np.random.default_rng(0)
    inputs = [rng.random((1, 1, *SIZE), dtype=np.float32) for _ in range(50)]
    for engine in engines_of(folder, "color"):
        assert engine.input_shape == (None, 1, *SIZE)
        worst = max(np.abs(engine(x) - right(x)).max() for x in inputs)
        assert worst < 5e-6, (type(engine).__name__, worst)


def test_other_batches(color):
    right, folder = color
    x = np.random.default_rng(1).random((3, 1, *SIZE), dtype=np.float32)
    for engine in engines_of(folder, "color"):
        np.testing.assert_allclose(engine(x), right(x), atol=5e-6)
        np.testing.assert_allclose(engine(x[:2].astype(np.float64)), right(x[:2]), atol=5e-6)


def test_other_sizes_where_the_model_allows(small):
    right, folder = small
    for engine in engines_of(folder, "small"):
        assert engine.input_shape == (None, 1, None, None)
        for shape in ((1, 1, 8, 12), (2, 1, 16, 10), (1, 1, 6, 30), (2, 1, 16, 10)):
            x = np.random.default_rng(2).standard_normal(shape).astype(np.float32)
            np.testing.assert_allclose(engine(x), right(x), atol=5e-6)


def test_the_files_are_what_other_programs_read(small):
    """ONNX's checker, and NCNN by itself, which doesn't see our last line."""
    right, folder = small
    model = onnx.load(folder / "small.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [side.dim_param for side in model.graph.input[0].type.tensor_type.shape.dim] == [
        "batch",
        "",
        "height",
        "width",
    ]
    assert not any(node.metadata_props for node in model.graph.node), (
        "no paths of the machine that exported it"
    )
    net = ncnn.Net()
    assert net.load_param(str(folder / "small.param")) == net.load_model(str(folder / "small.bin")) == 0
    x = np.random.default_rng(3).random((1, 8, 12), dtype=np.float32)
    extractor = net.create_extractor()
    extractor.input("in0", ncnn.Mat(x).clone())
    np.testing.assert_allclose(np.array(extractor.extract("out0")[1]), right(x[None])[0], atol=5e-6)


def test_an_answer_without_height_and_width(tmp_path):
    model = Score().eval()
    export_onnx(model, tmp_path / "score.onnx", torch.rand(3, 1, 16, 16), dynamic=())
    export_ncnn(model, tmp_path / "score.param", torch.rand(3, 1, 16, 16))
    x = np.random.default_rng(0).random((3, 1, 16, 16), dtype=np.float32)
    for engine in engines_of(tmp_path, "score"):
        np.testing.assert_allclose(engine(x), answer(model)(x), atol=1e-6)


def test_two_threads_give_the_same(small):
    right, folder = small
    x = np.random.default_rng(4).random((2, 1, 32, 32), dtype=np.float32)
    for kind, name in ((OnnxModel, "small.onnx"), (OpenCVModel, "small.onnx"), (NcnnModel, "small")):
        engine = kind(folder / name, threads=2)
        assert engine.threads == 2
        np.testing.assert_allclose(engine(x), right(x), atol=5e-6)


def test_seven_bit_weights_agree_on_every_processor(color, tmp_path):
    import cv2

    right, folder = color
    inputs = [cv2.resize(photo.mean(-1), SIZE[::-1])[None, None] for photo in photos().values()]
    target = quantize_onnx_int8(folder / "color.onnx", tmp_path / "int8.onnx", iter(inputs))
    assert [path.name for path in tmp_path.iterdir()] == ["int8.onnx"]
    assert target.stat().st_size < (folder / "color.onnx").stat().st_size / 3.5
    types = {t.data_type for t in onnx.load(target).graph.initializer if t.name.endswith("_quantized")}
    assert onnx.TensorProto.INT8 in types
    one, other = OnnxModel(target), OpenCVModel(target)
    off = np.mean([np.abs(one(x) - right(x)).mean() for x in inputs])
    chroma = np.mean([np.abs(right(x)).mean() for x in inputs])
    assert 0 < off < chroma / 4
    assert np.mean([np.abs(one(x) - other(x)).mean() for x in inputs]) < off / 2


def test_bad_calibration_is_named(small, tmp_path):
    _, folder = small
    for calibration, error, words in (
        ([], ValueError, "calibration holds no array"),
        ([np.zeros((1, 3, 4, 4), np.float32)], ValueError, r"calibration, array 1: .*\(1, 3, 4, 4\)"),
        (np.zeros((1, 1, 4, 4), np.float32), TypeError, "calibration must be an iterable of batches"),
    ):
        with pytest.raises(error, match=words):
            quantize_onnx_int8(folder / "small.onnx", tmp_path / "x.onnx", calibration)
    with pytest.raises(ValueError, match="weight_bits must be 7 or 8; got 4"):
        quantize_onnx_int8(folder / "small.onnx", tmp_path / "x.onnx", [], weight_bits=4)
    assert not list(tmp_path.iterdir())


def test_bad_inputs_are_named(small, color):
    for (_, folder), name in ((small, "small"), (color, "color")):
        for engine in engines_of(folder, name):
            for x, error, words in (
                (np.zeros((1, 1, 8, 12), np.uint8), TypeError, "x must be an array of floats.*uint8"),
                (np.zeros((1, 8, 12), np.float32), ValueError, rf"{name}\.\w+ takes; got \(1, 8, 12\)"),
                (np.zeros((1, 3, *SIZE), np.float32), ValueError, r"got \(1, 3, 48, 64\)"),
                (np.full((1, 1, *SIZE), np.nan, np.float32), ValueError, "finite"),
                (np.zeros((0, 1, *SIZE), np.float32), ValueError, "empty"),
            ):
                with pytest.raises(error, match=words):
                    engine(x)
    for engine in engines_of(color[1], "color"):
        with pytest.raises(ValueError, match=r"\(any, 1, 48, 64\)"):
            engine(np.zeros((1, 1, 8, 12), np.float32))


def test_sizes_that_the_model_itself_refuses(small):
    """An odd size: the halves don't meet again."""
    _, folder = small
    for engine in engines_of(folder, "small")[:2]:
        with pytest.raises(ValueError, match=r"small\.onnx can't take x of shape \(1, 1, 7, 12\)"):
            engine(np.zeros((1, 1, 7, 12), np.float32))


@pytest.mark.parametrize("kind", [OnnxModel, OpenCVModel, NcnnModel])
def test_files_that_are_no_models_are_named(kind, tmp_path):
    name = "a.param" if kind is NcnnModel else "a.onnx"
    with pytest.raises(FileNotFoundError, match=name):
        kind(tmp_path / name)
    (tmp_path / "a.bin").write_bytes(b"")
    for content in (b"", b"hello", bytes(range(256)), b"7767517\n", b"7767517\n1 1\nInput a 0 1\n"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=name):
            kind(tmp_path / name)
    with pytest.raises(ValueError, match="threads must be a whole number, at least 1; got 0"):
        (tmp_path / name).write_bytes(b"hello")
        kind(tmp_path / name, threads=0)


def test_ncnn_files_that_were_cut_or_changed_are_refused(small, tmp_path):
    for name in ("small.param", "small.bin"):
        shutil.copy(small[1] / name, tmp_path)
    param, weights = tmp_path / "small.param", tmp_path / "small.bin"
    text, numbers = param.read_bytes(), weights.read_bytes()
    assert NcnnModel(weights).input_shape == NcnnModel(tmp_path / "small").input_shape
    weights.write_bytes(numbers[:-4])
    with pytest.raises(ValueError, match=r"small\.bin isn't the file that small\.param was written with"):
        NcnnModel(param)
    weights.write_bytes(numbers)
    param.write_bytes(text.replace(b"1=3", b"1=9", 1))
    with pytest.raises(ValueError, match=r"small\.param was changed"):
        NcnnModel(param)
    graph = text.split(b"#")[0]
    param.write_bytes(graph.replace(b"Convolution ", b"Convolvution ", 1))
    with pytest.raises(ValueError, match="doesn't know: Convolvution"):
        NcnnModel(param)
    param.write_bytes(graph)  # as pnnx writes it
    model = NcnnModel(param)
    x = np.zeros((1, 1, 8, 12), np.float32)
    assert model.input_shape is None and model(x).shape == (1, 2, 8, 12)
    with pytest.raises(ValueError, match=r"2 to 4 axes .*\(8,\)"):
        model(x[0, 0, :, 0])
    weights.unlink()
    with pytest.raises(FileNotFoundError, match=r"small\.bin"):
        NcnnModel(param)


FUZZ = """
import random, sys
from pathlib import Path
import numpy as np
from course_lib.engines import NcnnModel, OnnxModel, OpenCVModel
folder, names, rounds = Path(sys.argv[1]), sys.argv[2:], 25
whole = {name: (folder / name).read_bytes() for name in names}
outcomes = {True: 0, False: 0}
for seed in range(rounds):
    draw = random.Random(seed)
    for name in names:
        data = bytearray(whole[name])
        if seed % 3 == 0:
            del data[draw.randrange(len(data)):]
        for _ in range(draw.choice([1, 4, 20]) if seed % 3 else 0):
            data[draw.randrange(len(data))] = draw.choice(b"0123456789 -=") if seed % 3 == 1 else draw.randrange(256)
        (folder / name).write_bytes(data)
        for kind in (OnnxModel, OpenCVModel) if name.endswith("onnx") else (NcnnModel,):
            try:
                kind(folder / name)(np.zeros((1, 1, 8, 12), np.float32))
                outcomes[True] += 1
            except ValueError:
                outcomes[False] += 1
        (folder / name).write_bytes(whole[name])
print(outcomes[False])
"""


def test_broken_files_raise_and_do_not_crash(small, tmp_path):
    names = ["small.onnx", "small.param", "small.bin"]
    for name in names:
        shutil.copy(small[1] / name, tmp_path)
    command = [sys.executable, "-c", FUZZ, str(tmp_path), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.splitlines()[-1]) > 50


def test_a_graph_that_uses_a_blob_twice_is_refused(small, tmp_path):
    """Random digits seldom make a line that can be read; these do."""
    graph = (small[1] / "small.param").read_bytes().split(b"#")[0].decode()
    draw = random.Random(0)
    (tmp_path / "small.bin").write_bytes((small[1] / "small.bin").read_bytes())
    lines = graph.splitlines()
    for _ in range(10):
        shuffled = lines[2:]
        draw.shuffle(shuffled)
        if shuffled == lines[2:]:
            continue
        (tmp_path / "small.param").write_text("\n".join([*lines[:2], *shuffled]) + "\n")
        with pytest.raises(ValueError, match=r"small\.param, line \d+: a blob"):
            NcnnModel(tmp_path / "small.param")
