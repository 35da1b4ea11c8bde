"""Costs of layers: the published counts of MobileNetV2 come out."""

import pytest
import torch
from torch import nn

from course_lib.cry.budget import layer_costs


@pytest.mark.parametrize(("width", "millions", "macs"), [(1.0, 3.505, 300.8), (0.35, 1.677, 59.3)])
def test_mobilenets_published_counts(width, millions, macs):
    from torchvision.models import mobilenet_v2

    model = mobilenet_v2(width_mult=width)
    costs = layer_costs(model, torch.zeros(1, 3, 224, 224))
    norms = sum(p.numel() for m in model.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters())
    counted = sum(cost.weights + cost.biases for cost in costs) + norms
    assert counted == sum(p.numel() for p in model.parameters())
    assert counted / 1e6 == pytest.approx(millions, abs=0.001)
    assert sum(cost.macs for cost in costs) / 1e6 == pytest.approx(macs, abs=0.1)


def test_bytes_of_a_layer():
    (cost,) = layer_costs(nn.Conv2d(3, 8, 3, padding=1), torch.zeros(1, 3, 10, 10))
    assert (cost.weights, cost.biases, cost.macs) == (216, 8, 21600)
    assert cost.weight_bytes(4) == 108 + 32
    assert cost.working_bytes(8) == 300 + 800


def test_one_input_and_a_layer():
    with pytest.raises(ValueError, match=r"one input, \(1, …\); got shape \(2, 3\)"):
        layer_costs(nn.Linear(3, 4), torch.zeros(2, 3))
    with pytest.raises(ValueError, match="neither convolutions nor linear layers"):
        layer_costs(nn.ReLU(), torch.zeros(1, 3))
