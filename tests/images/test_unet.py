"""The U-Net against a second writing of it, and against shapes that don't fit."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from course_lib.images import UNet


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(1, 3),
    rows=st.integers(1, 3),
    columns=st.integers(1, 3),
    width=st.integers(1, 4),
    depth=st.integers(1, 4),
    channels=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_the_answer_has_the_inputs_size(n, rows, columns, width, depth, channels):
    net = UNet(*channels, width=width, depth=depth).eval()
    size = (rows * net.stride, columns * net.stride)
    assert net(torch.rand(n, channels[0], *size)).shape == (n, channels[1], *size)


def _written_out(net, x):
    """Depth 1, from torch's functions and the network's own weights."""

    def block(prefix, x):
        x = F.conv2d(x, w[f"{prefix}.0.weight"], padding=1)
        bn = {k: w[f"{prefix}.1.{k}"] for k in ("running_mean", "running_var", "weight", "bias")}
        return F.batch_norm(x, **bn).relu()

    w = net.state_dict()
    full = block("down.0", x)
    half = block("down.1", F.max_pool2d(full, 2))
    doubled = half.repeat_interleave(2, 2).repeat_interleave(2, 3)
    return F.conv2d(block("up.0", torch.cat([doubled, full], 1)), w["last.weight"], w["last.bias"])


@pytest.mark.parametrize(
    ("head", "after"),
    [("linear", lambda x: x), ("tanh", torch.tanh), ("sigmoid", lambda x: torch.tanh(x / 2))],
)
def test_it_is_what_the_picture_says(head, after):
    torch.manual_seed(0)
    net = UNet(width=3, depth=1, head=head).eval()
    x = torch.rand(2, 1, 6, 8)
    torch.testing.assert_close(net(x), after(_written_out(net, x)))


def test_skips_carry_single_pixels():
    """Swap two neighboring pixels: pooling can't see it, the sideways connection can."""
    torch.manual_seed(0)
    net = UNet(width=4, depth=2).eval()
    x = torch.rand(1, 1, 8, 8)
    swapped = x.clone()
    swapped[..., 2, 2], swapped[..., 2, 3] = x[..., 2, 3], x[..., 2, 2]
    assert (net(x) - net(swapped)).abs().max() > 1e-5


@pytest.mark.parametrize("shape", [(1, 1, 20, 32), (1, 1, 32, 20), (1, 2, 32, 32), (1, 32, 32)])
def test_bad_inputs_are_named(shape):
    with pytest.raises(ValueError, match="multiples of 8"):
        UNet()(torch.zeros(shape))


@pytest.mark.parametrize("options", [{"head": "relu"}, {"width": 0}, {"depth": 0}, {"in_channels": 0}])
def test_bad_options_are_named(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        UNet(**options)
