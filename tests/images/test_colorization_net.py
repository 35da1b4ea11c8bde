"""The course's network and the published one: shapes, what reaches what, counts, the authors' names."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from course_lib.color import ab_bin_centers
from course_lib.images import CICNet, ColorizationNet


@pytest.mark.parametrize("size", [(64, 96), (50, 37), (7, 16), (1, 1)])
def test_heads_have_their_shapes_at_any_size(size):
    net = ColorizationNet(9, 3, width=4).eval()
    heads = net(torch.rand(2, 1, *size))
    quarter = [-(-side // 4) for side in size]
    assert {name: list(head.shape) for name, head in heads.items()} == {
        "ab": [2, 2, *quarter],
        "bins": [2, 9, *quarter],
        "scene": [2, 3],
    }


def test_every_weight_learns_from_the_three_heads():
    torch.manual_seed(0)
    net = ColorizationNet(width=4)
    heads = net(torch.rand(4, 1, 32, 32))
    sum(head.square().sum() for head in heads.values()).backward()
    assert [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_the_scene_is_told_to_every_place():
    """A change in one corner reaches the far corner of a photo much larger than the convolutions see."""
    torch.manual_seed(0)
    net = ColorizationNet(width=4).eval()
    photo = torch.rand(1, 1, 512, 512)
    changed = photo.clone()
    changed[..., :64, :64] = 0
    with torch.no_grad():
        before, after = net(photo)["ab"], net(changed)["ab"]
    assert (before - after)[..., -8:, -8:].abs().max() > 0
    net.fuse[0].weight.data[:, 24:] = 0  # deaf to the whole picture: only the neighborhood is left
    with torch.no_grad():
        assert (net(photo)["ab"] - net(changed)["ab"])[..., -8:, -8:].abs().max() == 0


@pytest.mark.parametrize("shape", [(1, 3, 16, 16), (1, 16, 16), (0, 1, 16, 16), (1, 1, 0, 16)])
@pytest.mark.parametrize("made", [lambda: ColorizationNet(width=2), CICNet])
def test_bad_lightness_is_named(shape, made):
    with torch.device("meta"):
        net = made()
    with pytest.raises(ValueError, match="lightness must be nonempty"):
        net(torch.zeros(shape, device="meta"))


def test_bad_sizes_are_named():
    with pytest.raises(ValueError, match="width must be at least 1, got 313, 6 and 0"):
        ColorizationNet(width=0)
    with pytest.raises(TypeError):
        ColorizationNet(313, 6, 32)
    with torch.device("meta"), pytest.raises(ValueError, match="multiples of 8"):
        CICNet()(torch.zeros(1, 1, 20, 16))


def test_the_published_layout_has_its_count():
    with torch.device("meta"):
        net = CICNet()
    convolutions = [m for m in net.blocks.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    assert sum(p.numel() for m in convolutions for p in m.parameters()) == 32_230_393
    assert net(torch.zeros(1, 1, 176, 176, device="meta"))["bins"].shape == (1, 313, 44, 44)


# the authors' file: convolutions stand at the even places of each block, its norm after the last
WIDTHS = [(64, 64), (128, 128), (256,) * 3, (512,) * 3, (512,) * 3, (512,) * 3, (512,) * 3]


def _published_state():
    rng = torch.Generator().manual_seed(0)
    state, channels = {}, 1
    for number, widths in enumerate(WIDTHS, start=1):
        for place, width in enumerate(widths):
            scale = (2 / (9 * channels)) ** 0.5
            state[f"model{number}.{2 * place}.weight"] = (
                torch.randn(width, channels, 3, 3, generator=rng) * scale
            )
            state[f"model{number}.{2 * place}.bias"] = torch.randn(width, generator=rng) * 0.1
            channels = width
        norm = f"model{number}.{2 * len(widths)}"
        state |= {f"{norm}.{name}": torch.rand(channels, generator=rng) + 0.5 for name in ("weight", "bias")}
        state |= {
            f"{norm}.running_{name}": torch.rand(channels, generator=rng) + 0.5 for name in ("mean", "var")
        }
    shapes = {0: (512, 256, 4, 4), 2: (256, 256, 3, 3), 4: (256, 256, 3, 3), 6: (313, 256, 1, 1)}
    for place, shape in shapes.items():
        state[f"model8.{place}.weight"] = torch.randn(shape, generator=rng) * 0.02
        state[f"model8.{place}.bias"] = torch.randn(313 if place == 6 else 256, generator=rng) * 0.1
    state["model_out.weight"] = torch.randn(2, 313, 1, 1, generator=rng)
    return state


@pytest.fixture(scope="module")
def state():
    return _published_state()


@pytest.fixture(scope="module")
def net():
    return CICNet().eval()


def _by_hand(state, lightness):
    """The published forward pass, read off the names, with L in 0..100: their 313 scores and normalized ab."""
    x = (lightness - 50) / 100
    for number, widths in enumerate(WIDTHS, start=1):
        dilation = 2 if number in (5, 6) else 1
        for place in range(len(widths)):
            stride = 2 if number <= 3 and place == len(widths) - 1 else 1
            name = f"model{number}.{2 * place}"
            x = F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], stride, dilation, dilation).relu()
        norm = f"model{number}.{2 * len(widths)}"
        statistics = [state[f"{norm}.{name}"] for name in ("running_mean", "running_var", "weight", "bias")]
        x = F.batch_norm(x, *statistics)
    x = F.conv_transpose2d(x, state["model8.0.weight"], state["model8.0.bias"], 2, 1).relu()
    for place in (2, 4):
        x = F.conv2d(x, state[f"model8.{place}.weight"], state[f"model8.{place}.bias"], padding=1).relu()
    x = F.conv2d(x, state["model8.6.weight"], state["model8.6.bias"])
    return x, F.conv2d(x.softmax(1), state["model_out.weight"])


@pytest.mark.parametrize("counted", [False, True])
def test_the_authors_weights_load_and_answer_alike(state, net, counted):
    counts = {
        f"model{i}.{2 * len(w)}.num_batches_tracked": torch.tensor(7) for i, w in enumerate(WIDTHS, start=1)
    }
    net.load_published(state | counts if counted else state)
    lightness = torch.rand(1, 1, 16, 24, generator=torch.Generator().manual_seed(1)) * 100
    with torch.no_grad():
        heads = net(lightness / 100)
        bins, ab = _by_hand(state, lightness)
    assert bins.std() > 0.01
    torch.testing.assert_close(heads["bins"], bins, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(heads["ab"], ab, atol=1e-4, rtol=1e-4)


def test_other_layouts_are_refused_by_name_and_leave_the_net_alone(state, net):
    before = net.blocks[0][0].weight.clone()
    other = {name: torch.zeros_like(tensor) for name, tensor in state.items() if name != "model3.2.bias"}
    other["model9.0.weight"] = torch.zeros(1)
    other["model1.0.weight"] = torch.zeros(64, 3, 3, 3)
    words = r"missing: model3.2.bias; unknown: model9.0.weight; of another shape: model1.0.weight \(64, 3, 3, 3\) for \(64, 1, 3, 3\)"
    with pytest.raises(ValueError, match=words):
        net.load_published(other)
    torch.testing.assert_close(net.blocks[0][0].weight, before, rtol=0, atol=0)
    with pytest.raises(ValueError, match=r"and \d+ more; unknown: none"):
        net.load_published({})


def test_without_the_authors_weights_the_bins_are_ours():
    with torch.device("cpu"):
        centers = CICNet().centers.weight.detach()
    np.testing.assert_allclose(centers[:, :, 0, 0].T * 110, ab_bin_centers(), atol=1e-4)
