"""The C++ program against torch on six photos, its refusals, and the three-class head in OpenCV's DNN module."""

import struct

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.engines import OpenCVModel, export_onnx
from course_lib.layers.compiled import NoCompiler, find_compiler
from course_lib.quality import (
    NIMA,
    ThreeClassNIMA,
    class_weights,
    cpp_scores,
    export_plain,
    frozen,
    mean_score,
    score_spread,
    three_class_labels,
)

try:
    find_compiler()
    compiler = True
except NoCompiler:
    compiler = False
needs_compiler = pytest.mark.skipif(not compiler, reason="no C++ compiler on this machine")


@pytest.fixture(scope="module")
def pictures(write_six, tmp_path_factory):
    """Six photos as PPM files, and as what the network sees of them."""
    return write_six(tmp_path_factory.mktemp("pictures"), ".ppm")


@pytest.fixture(scope="module")
def weights(shipped_nima, tmp_path_factory):
    return export_plain(shipped_nima, tmp_path_factory.mktemp("weights") / "nima.cqnet")


@needs_compiler
def test_the_program_gives_pythons_scores_on_six_photos(shipped_nima, pictures, weights):
    paths, pixels = pictures
    with torch.no_grad():
        shares, classes = shipped_nima((pixels + 1) / 2), ThreeClassNIMA(shipped_nima)(pixels).numpy()
    theirs = cpp_scores(weights, paths)
    means = mean_score(shares).numpy()
    assert np.ptp(means) > 0.5  # the photos are told apart
    np.testing.assert_allclose([s.mean for s in theirs], means, atol=1e-4)
    np.testing.assert_allclose([s.spread for s in theirs], score_spread(shares), atol=1e-4)
    np.testing.assert_allclose([s.classes for s in theirs], classes, atol=1e-4)
    labels = [("bad", "normal", "good").index(s.label) for s in theirs]
    np.testing.assert_array_equal(labels, classes.argmax(axis=1))


@needs_compiler
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"P6\n# a comment\n4 2\n255\n" + bytes(24), None),
        (b"P6 4 2 255 " + bytes(23), "cut short"),
        (b"P5 4 2 255 " + bytes(24), "no PPM"),
        (b"P6 4 2 65535 " + bytes(48), "8 bits"),
        (b"P6 4 x 255 " + bytes(24), "no PPM"),
        (b"P6 0 2 255 ", "empty"),
        (b"P6 99999 2 255 ", "above 32767"),
        (b"P6 32767 32767 255 ", "cut short"),
        (b"", "no PPM"),
    ],
)
def test_pictures_that_cannot_be_read_are_named(weights, tmp_path, content, words):
    path = tmp_path / "a picture.ppm"
    path.write_bytes(content)
    if words is None:
        assert 1 <= cpp_scores(weights, [path])[0].mean <= 10
        return
    with pytest.raises(ValueError, match=rf"a picture\.ppm: .*{words}"):
        cpp_scores(weights, [path])


@needs_compiler
def test_weights_that_are_not_whole_are_named(weights, pictures, tmp_path):
    content = weights.read_bytes()
    huge = content[:20] + struct.pack("<i", 60000) + content[24:]
    broken = {
        "cut short": content[:-1],
        "goes on": content + b"\0",
        "begin": b"something else",
        "doesn't fit|cut short": huge,
        "not one from": content[:16] + struct.pack("<i", 77) + content[20:],
        "finite": content[:-4] + struct.pack("<f", float("nan")),
    }
    for words, bytes_ in broken.items():
        path = tmp_path / "broken.cqnet"
        path.write_bytes(bytes_)
        with pytest.raises(ValueError, match=rf"broken\.cqnet: .*({words})"):
            cpp_scores(path, pictures[0][:1])
    with pytest.raises(ValueError, match=r"missing\.cqnet: can't be opened"):
        cpp_scores(tmp_path / "missing.cqnet", pictures[0][:1])


def test_only_what_the_file_can_hold_is_written(tmp_path):
    with pytest.raises(ValueError, match="mobilenet_v2; got mobilenet_v3_small"):
        export_plain(NIMA("mobilenet_v3_small"), tmp_path / "x.cqnet")
    with pytest.raises(FileNotFoundError, match="no folder"):
        export_plain(NIMA("mobilenet_v2", width=0.1), tmp_path / "nowhere" / "x.cqnet")
    assert not list(tmp_path.iterdir())


def test_frozen_answers_as_before(shipped_nima, pictures):
    light = frozen(shipped_nima)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in light.modules())
    assert any(isinstance(layer, nn.BatchNorm2d) for layer in shipped_nima.modules())  # a copy
    with torch.no_grad():
        torch.testing.assert_close(light(pictures[1]), shipped_nima(pictures[1]), atol=1e-4, rtol=0)


def test_the_head_is_the_thresholds():
    """Its class is that of the mean score, for shares of any form and for other thresholds."""
    shares = torch.from_numpy(np.random.default_rng(0).dirichlet(np.full(10, 0.7), 400)).float()
    means = mean_score(shares).numpy()
    for low, high in ((5, 6), (3, 7.5)):
        classes = ThreeClassNIMA(nn.Identity(), low, high).classes(shares)
        torch.testing.assert_close(classes.sum(1), torch.ones(400))
        np.testing.assert_array_equal(classes.argmax(1).numpy(), three_class_labels(means, low, high))
    assert class_weights().shape == (10, 3)


def test_opencv_runs_the_head_as_torch_does(tmp_path):
    """On a small stand-in for the NIMA: the real one is exported in the lesson."""

    class Shares(nn.Module):
        def __init__(self):
            super().__init__()
            self.convolution, self.dense = nn.Conv2d(3, 12, 5, stride=4), nn.Linear(12, 10)

        def forward(self, x):
            return self.dense(3 * self.convolution(x).relu().mean((2, 3))).softmax(1)

    torch.manual_seed(0)
    net = ThreeClassNIMA(Shares()).eval()
    pixels = torch.rand(3, 3, 224, 224) * 2 - 1
    path = export_onnx(net, tmp_path / "head.onnx", pixels[:1], dynamic=())
    with torch.no_grad():
        expected = net(pixels).numpy()
    opencv = OpenCVModel(path)
    np.testing.assert_allclose(np.concatenate([opencv(x[None].numpy()) for x in pixels]), expected, atol=1e-4)
