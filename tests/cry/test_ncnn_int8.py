"""NCNN's own 8 bits: each kind of layer computes what the equation says, and the detector answers as its simulation does."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.cry import fake_quantize, pretrained
from course_lib.cry.cry_input import heard
from course_lib.cry.ncnn_int8 import export_ncnn_int8, largest_input
from course_lib.cry.quantized_detector import quantize_detector
from course_lib.cry.quantized_network import (
    QuantizedLayer,
    fold_batch_norm,
    quantize_network,
    quantized_layers,
    unquantized,
)
from course_lib.data import made_sounds
from course_lib.engines import NcnnModel, export_ncnn

pytestmark = pytest.mark.usefixtures("one_thread")

# On x86, NCNN takes the scale of depthwise sums from an instruction for fast reciprocals, right to 1.5 · 2**-12
RECIPROCAL = 1.5 * 2**-12
LAYERS = {
    "dense": (lambda: nn.Conv2d(4, 6, 3, stride=2, padding=1), 1e-5),
    "1x1": (lambda: nn.Conv2d(4, 10, 1, bias=False), 1e-5),
    "depthwise": (lambda: nn.Conv2d(8, 8, 3, padding=1, groups=8), RECIPROCAL),
    "linear": (lambda: nn.Linear(10, 3), 1e-5),
}


def in_ncnns_scheme(small):
    """The simulation, with the inputs of all layers on NCNN's grids in place of affine ones."""
    model = unquantized(small)
    for name, layer in quantized_layers(small).items():
        plain, scale = model.get_submodule(name), largest_input(layer) / 127
        with torch.no_grad():
            plain.weight.copy_(layer.weight_on_grid())
        plain.register_forward_pre_hook(lambda _, given, scale=scale: fake_quantize(given[0], 8, scale))
    return model


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("per_channel", [True, False])
def test_a_layer_computes_what_the_equation_says(tmp_path, kind, per_channel):
    torch.manual_seed(0)
    make, tolerance = LAYERS[kind]
    plain = make()
    layer = QuantizedLayer(plain, (-1.0, 2.0), weight_bits=8, input_bits=8, per_channel=per_channel)
    scale = largest_input(layer) / 127
    size = (3, plain.in_channels, 9, 11) if isinstance(plain, nn.Conv2d) else (3, plain.in_features)
    # near a code, so that none lies between two; some beyond the range on either side
    x = scale * (torch.randint(-150, 151, size) + 0.8 * torch.rand(size) - 0.4)
    model = nn.Sequential(layer)
    got = NcnnModel(export_ncnn_int8(model, tmp_path / "layer", x))(x.numpy())
    with torch.no_grad():
        expected = in_ncnns_scheme(model)(x).numpy()
    most = np.abs(expected).max()
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * most)
    rounded = np.abs(expected - plain(x.clamp(-127 * scale, 127 * scale)).detach().numpy()).max()
    assert rounded > 5 * tolerance * most  # so the grids are what was tested


@pytest.mark.parametrize(("ends", "largest"), [((0.0, 1.0), 1.0), ((-1.0, 2.0), 2.0), ((-3.0, 0.5), 3.0)])
def test_the_farther_end_sets_the_grid(ends, largest):
    layer = QuantizedLayer(nn.Linear(2, 2), ends, weight_bits=8, input_bits=8)
    step = layer.input_scale.item()
    assert largest_input(layer) == pytest.approx(largest, abs=0.51 * step)


def windows_of(count, seed):
    """(N, 1, 64, 97) bytes."""
    return np.concatenate([heard(wave)[0] for wave in made_sounds(count, seed, seconds=1.0).waves])


def test_the_detector_answers_as_its_simulation(tmp_path):
    detector, known, windows = pretrained("cry"), windows_of(32, 102), windows_of(48, 2)
    small = quantize_detector(detector, known, bits=8)
    example = torch.from_numpy(known[:1]).float()
    param = export_ncnn_int8(small, tmp_path / "int8", example)
    logits = NcnnModel(param)(windows.astype(np.float32))
    filed = 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))
    simulated, plain = in_ncnns_scheme(small).score_bytes(windows), detector.score_bytes(windows)
    for other in (simulated, plain):
        assert ((filed >= detector.threshold) != (other >= detector.threshold)).mean() <= 0.05
    assert np.abs(filed - simulated).mean() < 0.02
    assert np.abs(filed - plain).mean() < 0.03

    floats = export_ncnn(fold_batch_norm(detector), tmp_path / "float", example)
    size, float_size = (path.with_suffix(".bin").stat().st_size for path in (param, floats))
    layers = [layer.weight for layer in quantized_layers(small).values()]
    # of each: a tag, codes in whole fours, and biases and scales for every channel and the input
    assert size == sum(4 + -(-x.numel() // 4) * 4 + 4 * (2 * len(x) + 1) for x in layers)
    assert size < 0.3 * float_size


class Crossed(nn.Module):
    """Layers that are used in another order than they are written in."""

    def __init__(self):
        super().__init__()
        self.last, self.first = nn.Conv2d(2, 3, 1), nn.Conv2d(1, 2, 1)

    def forward(self, x):
        return self.last(self.first(x))


@pytest.mark.parametrize(
    ("model", "bits", "message"),
    [
        (nn.Conv2d(1, 2, 3), 4, "NCNN computes with 8 bits; 0 has 4 for weights and 4 for its input"),
        (nn.Conv2d(4, 4, 3, groups=2), 8, "0 has 2 groups for 4 channels"),
        (Crossed(), 8, "another order than 0.last, 0.first"),
        (nn.Conv2d(1, 2, 3), None, "small has no quantized layers"),
    ],
)
def test_what_ncnn_has_no_place_for_is_refused(tmp_path, model, bits, message):
    model = nn.Sequential(model)
    x = torch.randn(2, 4 if "groups" in message else 1, 8, 8)
    small = model if bits is None else quantize_network(model, [x], bits=bits)
    with pytest.raises(ValueError, match=message):
        export_ncnn_int8(small, tmp_path / "model", x)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(tmp_path):
    model = quantize_network(nn.Sequential(nn.Conv2d(1, 2, 3)), [torch.randn(1, 1, 8, 8)], bits=8)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        export_ncnn_int8(model, tmp_path / "nowhere" / "model", torch.randn(1, 1, 8, 8))
