"""The detector in few bits, after training and in training."""

import numpy as np
import pytest
import torch

from course_lib.cry import CryDetector
from course_lib.cry.quantization_aware import train_through_grids
from course_lib.cry.quantized_detector import layer_sensitivity, quantize_detector
from course_lib.cry.quantized_network import quantized_layers, unquantized


@pytest.fixture(scope="module")
def detector():
    torch.manual_seed(0)
    detector = CryDetector(0.1)
    with torch.inference_mode():
        for _ in range(3):  # batch norms with statistics of their own
            detector(torch.from_numpy(pictures(8)))
    return detector.eval()


def pictures(count, seed=0):
    """Smooth random bytes, (N, 1, 64, 97)."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 1, 8, 97))
    return coarse.repeat(8, axis=2).astype(np.uint8)


def test_bytes_go_in_as_they_are(detector):
    small = quantize_detector(detector, pictures(4), bits=4)
    first, *others = quantized_layers(small).values()
    assert (first.weight_bits, first.input_bits) == (4, 8)
    assert first.input_scale.item() == pytest.approx(1 / 255) and not first.input_scale.requires_grad
    assert {(layer.weight_bits, layer.input_bits) for layer in others} == {(4, 4)}
    codes = torch.arange(256) / 255
    assert torch.equal((codes / first.input_scale).round(), torch.arange(256.0))
    assert small.threshold == detector.threshold
    assert small.score_bytes(pictures(2)).shape == (2,)


def test_unquantized_is_the_folded_network(detector):
    windows = pictures(4)
    back = unquantized(quantize_detector(detector, windows, bits=2))
    assert np.allclose(back.score_bytes(windows), detector.score_bytes(windows), atol=1e-4)


@pytest.mark.parametrize(
    "windows", [np.zeros((2, 64, 97), np.uint8), np.zeros((2, 1, 64, 97)), np.zeros((2, 1, 9, 9), np.uint8)]
)
def test_other_windows_are_refused(detector, windows):
    with pytest.raises(ValueError, match=r"windows must be \(N, 1, 64, 97\) uint8"):
        quantize_detector(detector, windows, bits=8)


def test_each_layer_alone_shakes_less_with_more_bits(detector):
    before = {name: value.clone() for name, value in detector.state_dict().items()}
    few, more = (layer_sensitivity(detector, pictures(2), bits=bits) for bits in (3, 8))
    assert list(few) == list(quantized_layers(quantize_detector(detector, pictures(1), bits=8)))
    assert sum(few.values()) > 3 * sum(more.values()) > 0
    assert all(torch.equal(value, before[name]) for name, value in detector.state_dict().items())


def test_training_brings_few_bits_back(detector):
    windows, labels = pictures(8), np.arange(8) % 2
    with torch.inference_mode():
        truth = detector(torch.from_numpy(windows))
    start = quantize_detector(detector, windows, bits=3)
    trained, losses = train_through_grids(
        detector, iter([(windows, labels)] * 12), windows, stages=[(8, 2), (3, 10)], rate=3e-3
    )
    assert len(losses) == 12 and not trained.training
    assert np.mean(losses[-3:]) < losses[2]  # the first step in 3 bits
    layers = quantized_layers(trained)
    assert {layer.weight_bits for layer in layers.values()} == {3}
    assert all((layer.weight_scale > 0).all() and layer.input_scale > 0 for layer in layers.values())
    assert next(iter(layers.values())).input_scale.item() == pytest.approx(1 / 255)
    assert {name.rpartition(".")[2] for name, _ in trained.named_parameters()} == {
        "weight",
        "bias",
        "weight_scale",
        "input_scale",
    }
    with torch.inference_mode():
        assert not torch.equal(trained(torch.from_numpy(windows)), start(torch.from_numpy(windows)))
        assert torch.equal(detector(torch.from_numpy(windows)), truth)


def test_training_says_what_it_lacks(detector):
    with pytest.raises(ValueError, match="at least one pair of bits and steps"):
        train_through_grids(detector, iter([]), pictures(2), stages=[])
    with pytest.raises(ValueError, match="batches ended after 0 of 3 steps"):
        train_through_grids(detector, iter([]), pictures(2), stages=[(4, 3)])
