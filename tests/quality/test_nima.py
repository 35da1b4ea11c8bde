"""NIMA: each backbone gives distributions; what is refused; checkpoints that are none; the shipped one."""

import json
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from course_lib.data import photos
from course_lib.quality import NIMA, mean_score, pretrained
from course_lib.quality.distortions import KINDS, distort
from course_lib.quality.pretrained import CHECKPOINTS, load_nima
from course_lib.quality.rated_photos import as_input
from course_lib.quality.training import predict

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize(
    ("backbone", "width", "size", "million"),
    [
        ("mobilenet_v2", 0.35, 224, 0.409),
        ("mobilenet_v2", 1.0, 224, 2.237),
        ("mobilenet_v3_small", 0.5, 224, None),
        ("mobilenet_v3_large", 0.5, 224, None),
        ("vgg16", 1.0, 224, 14.72),
        ("inception_v3", 1.0, 299, 21.806),
    ],
)
def test_each_backbone_gives_distributions(backbone, width, size, million):
    with torch.device("meta" if backbone in ("vgg16", "inception_v3") else "cpu"):
        model = NIMA(backbone, width=width).eval()
        x = (
            torch.rand(2, 3, size, size)
            if backbone in ("vgg16", "inception_v3")
            else torch.rand(2, 3, 96, 96)
        )
        with torch.no_grad():
            shares = model(x)
    assert model.input_size == size and shares.shape == (2, 10)
    assert model.head[0].p == 0.75
    if shares.device.type == "cpu":
        np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-5)
        assert (shares > 0).all()
    if million is not None:
        assert sum(p.numel() for p in model.parameters()) / 1e6 == pytest.approx(million, rel=2e-3)


def test_inception_resnet_needs_timm_and_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(ModuleNotFoundError, match="pip install timm"):
        NIMA("inception_resnet_v2")


def test_inception_resnet_of_timm():
    pytest.importorskip("timm")
    with torch.device("meta"):
        model = NIMA("inception_resnet_v2").eval()
        assert model(torch.rand(1, 3, 299, 299)).shape == (1, 10)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"backbone": "resnet"}, "backbone must be one of mobilenet_v2"),
        ({"width": 0}, "width must be above 0"),
        ({"backbone": "vgg16", "width": 0.5}, "1 for all but the MobileNets"),
        ({"scores": 1}, "scores must be at least 2"),
        ({"dropout": 1}, "dropout in"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        NIMA(**arguments)


@pytest.mark.parametrize(
    "shape", [(3, 64, 64), (1, 1, 64, 64), (0, 3, 64, 64), (1, 3, 64, 31), (1, 64, 64, 3)]
)
def test_other_inputs_are_refused(shape):
    with pytest.raises(ValueError, match=r"shape \(N, 3, H, W\)"):
        NIMA(width=0.1)(torch.zeros(shape))


def test_files_that_are_no_network_are_named(tmp_path):
    path = tmp_path / "x.safetensors"
    with pytest.raises(FileNotFoundError, match=r"x\.safetensors"):
        load_nima(path)
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"x\.safetensors is no nima's checkpoint"):
        load_nima(path)
    save_file({"a": torch.zeros(2)}, path, {"nima": json.dumps({"backbone": "mobilenet_v2", "width": 0.1})})
    with pytest.raises(ValueError, match=r"x\.safetensors is no nima's checkpoint"):
        load_nima(path)


def test_other_names_are_refused():
    with pytest.raises(ValueError, match="name must be 'nima'"):
        pretrained("musiq")


@pytest.fixture(scope="module")
def shipped():
    return pretrained("nima")


def test_the_shipped_network_is_small_and_its_card_begins_with_the_hardest(shipped):
    assert (CHECKPOINTS / "nima.safetensors").stat().st_size < 6e6
    assert list(shipped.card["held_out"])[2:5] == ["tid2013", "unseen_kinds", "unseen_strengths"]
    assert not shipped.training


def test_the_shipped_network_puts_graded_photos_it_never_saw_in_order(shipped):
    for kind in KINDS:
        graded = np.stack(
            [
                as_input(distort(p, kind, level))
                for p in photos("astronaut", "chelsea").values()
                for level in (0, 3, 5)
            ]
        )
        means = mean_score(predict(shipped, graded)).reshape(2, 3).mean(0)
        assert means[0] > means[1] > means[2] and means[0] - means[2] > 1, (kind, means)
