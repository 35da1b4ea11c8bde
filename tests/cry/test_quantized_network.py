"""Grids inside a network: folding changes nothing, many bits change nearly nothing, few bits what the equations say."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.cry.calibration import layer_inputs, range_of
from course_lib.cry.quantization import fake_quantize
from course_lib.cry.quantized_network import (
    QuantizedLayer,
    fold_batch_norm,
    layers_of,
    quantize_network,
    quantized_layers,
)


@pytest.fixture(scope="module")
def model():
    from torchvision.models import mobilenet_v2  # after course_lib, whose guard it may need

    torch.manual_seed(0)
    model = mobilenet_v2(width_mult=0.35, num_classes=2)
    for _ in range(3):  # batch norms with statistics of their own
        model(torch.randn(4, 3, 64, 64))
    return model.eval()


@pytest.fixture(scope="module")
def batch():
    return torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def test_folding_changes_nothing(model, batch):
    folded = fold_batch_norm(model)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    with torch.inference_mode():
        torch.testing.assert_close(folded(batch), model(batch), atol=1e-4, rtol=1e-4)


def test_more_bits_are_closer(model, batch):
    with torch.inference_mode():
        truth = model(batch)
        off = {
            bits: (quantize_network(model, [batch], bits=bits, rule="min-max")(batch) - truth).norm().item()
            for bits in (4, 8, 16)
        }
    assert off[16] < 1e-2 * truth.norm()
    assert off[4] > 2 * off[8] > 4 * off[16]


def test_a_layer_computes_with_fake_quantized_numbers():
    torch.manual_seed(2)
    plain, x = nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2), torch.randn(2, 4, 9, 9)
    layer = QuantizedLayer(plain, (-2.0, 3.0), weight_bits=4, input_bits=8)
    w = fake_quantize(plain.weight, 4, plain.weight.abs().amax((1, 2, 3)) / 7, axis=0)
    grid = fake_quantize(x, 8, layer.input_scale, layer.input_zero_point, symmetric=False)
    expected = nn.functional.conv2d(grid, w, plain.bias, 2, 1, 1, 2)
    torch.testing.assert_close(layer(x), expected)
    assert len(w[0].unique()) <= 15


def test_one_wide_channel_ruins_a_shared_scale():
    torch.manual_seed(3)
    plain = nn.Conv2d(8, 8, 3, groups=8, bias=False)
    with torch.no_grad():
        plain.weight[0] *= 300
    x, error = torch.randn(4, 8, 12, 12), {}
    for per_channel in (True, False):
        layer = QuantizedLayer(plain, (-4.0, 4.0), weight_bits=8, input_bits=8, per_channel=per_channel)
        error[per_channel] = ((layer(x) - plain(x))[:, 1:].norm() / plain(x)[:, 1:].norm()).item()
    assert error[True] < 0.05 < error[False]


def test_training_goes_through_the_grids(model, batch):
    small = quantize_network(model, [batch], bits=4)
    loss = small(batch).square().mean()
    loss.backward()
    for name, layer in quantized_layers(small).items():
        assert layer.layer.weight.grad.abs().max() > 0, name
        assert layer.weight_scale.grad is not None and layer.input_scale.grad is not None


def test_mixed_precision_names_its_layers(model, batch):
    first, *_, last = layers_of(model)
    small = quantize_network(model, [batch], bits=4, others={first: 8, last: 8})
    bits = {name: layer.weight_bits for name, layer in quantized_layers(small).items()}
    assert (bits[first], bits[last]) == (8, 8)
    assert sorted(bits.values())[:-2] == [4] * (len(bits) - 2)
    with pytest.raises(ValueError, match="others names nowhere, which the model hasn't"):
        quantize_network(model, [batch], bits=4, others={"nowhere": 8})


def test_what_cannot_be_folded_is_named():
    with pytest.raises(ValueError, match=r"no convolution stands right before the batch norm 0"):
        fold_batch_norm(nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 3, 1)))
    with pytest.raises(ValueError, match="neither convolutions nor linear layers"):
        quantize_network(nn.ReLU(), [torch.zeros(1)], bits=8)


def test_calibration_sees_what_the_layers_see(model, batch):
    names = list(layers_of(model))
    seen = layer_inputs(model, [batch[:2], batch[2:]], [names[0]])
    assert seen[names[0]].min() == batch.min() and seen[names[0]].max() == batch.max()
    with pytest.raises(ValueError, match="has no layer nowhere"):
        layer_inputs(model, [batch], ["nowhere"])
    with pytest.raises(ValueError, match="at least one batch"):
        layer_inputs(model, [], [names[0]])


def test_an_outlier_moves_min_max_only():
    values = torch.randn(100_000, generator=torch.Generator().manual_seed(4)).numpy()
    calm = {rule: range_of(values, rule)[1] for rule in ("min-max", "percentile", "entropy")}
    values[0] = 100
    wild = {rule: range_of(values, rule)[1] for rule in calm}
    assert wild["min-max"] == 100
    assert wild["percentile"] == pytest.approx(calm["percentile"], rel=0.05)
    assert wild["entropy"] < 10
    with pytest.raises(ValueError, match="rule must be one of min-max, percentile, entropy; got 'kl'"):
        range_of(values, "kl")
    with pytest.raises(ValueError, match="finite, and at least one"):
        range_of([])


def test_entropy_is_near_onnx_runtimes():
    histogram = pytest.importorskip("onnxruntime.quantization.calibrate")
    values = np.random.default_rng(5).laplace(size=200_000)
    edge = np.abs(values).max()
    counts, edges = np.histogram(values, 1025, (-edge, edge))
    collector = histogram.HistogramCollector("entropy", True, 1025, 255, 99.99, "same")
    theirs = collector.get_entropy_threshold((counts, edges, -edge, edge, edge), 255)[1]
    assert range_of(values, "entropy")[1] == pytest.approx(float(np.asarray(theirs).ravel()[0]), rel=0.35)
