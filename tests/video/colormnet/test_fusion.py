"""The fusion against loops in NumPy, against timm's layer norm, and by what each kind of attention can't notice."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import course_lib  # noqa: F401  # its guard lets timm import torchvision
from course_lib.video.colormnet.fusion import CrossAttention, Fusion, LayerNorm2d
from course_lib.video.colormnet.keys import KeyProjection

both = pytest.mark.parametrize("over", ["channels", "positions"])


def shaken(module, seed=0):
    """The module in float64, with all its weights drawn anew."""
    generator = torch.Generator().manual_seed(seed)
    module = module.double().eval().requires_grad_(False)
    for parameter in module.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 3)
    return module


def maps(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def convolved(x, conv):
    """A convolution of (C, H, W), padded so that the size stays, tap by tap."""
    weight, side = conv.weight.numpy(), conv.kernel_size[0]
    height, width = x.shape[1:]
    padded = np.pad(x, ((0, 0), (side // 2, side // 2), (side // 2, side // 2)))
    out = np.tile(conv.bias.numpy()[:, None, None], (1, height, width))
    for i in range(side):
        for j in range(side):
            window = padded[:, i : i + height, j : j + width]
            if conv.groups > 1:  # depthwise
                out += weight[:, 0, i, j][:, None, None] * window
            else:
                out += np.einsum("oc,chw->ohw", weight[:, :, i, j], window)
    return out


def normalized(x, norm):
    y = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-6)
    return norm.weight.numpy()[:, None, None] * y + norm.bias.numpy()[:, None, None]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def attended(q, k, v, attention):
    """Head by head; q, k, v (2C, HW)."""
    out = []
    for head, temperature in enumerate(attention.temperature.numpy().ravel()):
        d = len(q) // attention.heads
        qh, kh, vh = (x[head * d : (head + 1) * d] for x in (q, k, v))
        if attention.over == "channels":
            qh, kh = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (qh, kh))
            out.append(softmax(temperature * qh @ kh.T) @ vh)
        else:
            out.append((softmax(temperature * qh.T @ kh / np.sqrt(d)) @ vh.T).T)
    return np.concatenate(out)


def fused(fusion, semantic, local):
    """The whole fusion of one picture, in the released order."""
    encoded = convolved(semantic, fusion.encode_enc)
    asking, asked = normalized(encoded, fusion.norm1), normalized(local, fusion.norm2)
    attention = fusion.crossattn
    q, k, v = (
        convolved(convolved(x, getattr(attention, name)), getattr(attention, f"{name}_dw"))
        for x, name in ((asking, "to_q"), (asked, "to_k"), (asked, "to_v"))
    )
    read = attended(*(x.reshape(len(x), -1) for x in (q, k, v)), attention).reshape(q.shape)
    return np.maximum(normalized(encoded + convolved(read, attention.to_out[0]), fusion.norm3), 0)


@both
def test_the_fusion_is_the_released_order_step_by_step(over):
    fusion = shaken(Fusion(5, 12, over=over))
    semantic, local = maps(2, 5, 4, 6), maps(2, 12, 4, 6, seed=1)
    found = fusion(semantic, local).numpy()
    for n in range(2):
        expected = fused(fusion, semantic[n].numpy(), local[n].numpy())
        np.testing.assert_allclose(found[n], expected, atol=1e-10)


def test_both_readings_take_the_same_weights():
    channels, positions = Fusion(6, 8), Fusion(6, 8, over="positions")
    positions.load_state_dict(channels.state_dict())
    semantic, local = maps(1, 6, 5, 5).float(), maps(1, 8, 5, 5, seed=1).float()
    assert not torch.allclose(channels(semantic, local), positions(semantic, local), atol=1e-2)


def test_names_and_shapes_are_the_released_ones():
    expected = {"encode_enc.weight": (256, 1536, 3, 3), "encode_enc.bias": (256,)}
    expected |= {f"norm{i}.{kind}": (256,) for i in (1, 2, 3) for kind in ("weight", "bias")}
    expected["crossattn.temperature"] = (8, 1, 1)
    for name in ("to_q", "to_k", "to_v"):
        expected[f"crossattn.{name}.weight"] = (512, 256, 1, 1)
        expected[f"crossattn.{name}_dw.weight"] = (512, 1, 3, 3)
        expected |= {f"crossattn.{name}{end}.bias": (512,) for end in ("", "_dw")}
    expected |= {"crossattn.to_out.0.weight": (256, 512, 1, 1), "crossattn.to_out.0.bias": (256,)}
    assert {n: tuple(v.shape) for n, v in Fusion(1536, 256).state_dict().items()} == expected


@pytest.mark.parametrize(("channels", "millions"), [(1024, 22.62), (512, 9.21), (256, 4.08)])
def test_sizes_are_the_released_ones(channels, millions):
    with torch.device("meta"):
        count = sum(p.numel() for p in Fusion(1536, channels).parameters())
    assert round(count / 1e6, 2) == millions


@both
def test_the_residual_is_the_semantic_branch(over):
    """With nothing read, the local map leaves no trace."""
    fusion = shaken(Fusion(5, 8, over=over))
    for parameter in fusion.crossattn.to_out.parameters():
        parameter.zero_()
    semantic = maps(1, 5, 4, 4)
    expected = torch.relu(fusion.norm3(fusion.encode_enc(semantic)))
    for seed in (1, 2):
        torch.testing.assert_close(fusion(semantic, maps(1, 8, 4, 4, seed=seed)), expected)


def without_neighbors(attention):
    """The depthwise kernels become the identity, so that places don't know their neighbors."""
    for conv in (attention.to_q_dw, attention.to_k_dw, attention.to_v_dw):
        conv.weight.zero_()
        conv.weight[:, :, 1, 1] = 1
    return attention


def shuffled(x, seed=0):
    order = torch.randperm(x[0, 0].numel(), generator=torch.Generator().manual_seed(seed))
    return x.flatten(2)[:, :, order].reshape(x.shape)


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_what_each_kind_does_not_notice(seed):
    """Over positions the places of what is asked may come in any order; over channels both maps' may, together."""
    asking, asked = maps(1, 8, 3, 4, seed=seed), maps(1, 8, 3, 4, seed=seed + 1)
    by_position = without_neighbors(shaken(CrossAttention(8, over="positions"), seed))
    torch.testing.assert_close(by_position(asking, shuffled(asked)), by_position(asking, asked))
    by_channel = without_neighbors(shaken(CrossAttention(8), seed))
    torch.testing.assert_close(
        by_channel(shuffled(asking), shuffled(asked)), shuffled(by_channel(asking, asked))
    )
    moved = by_channel(asking, shuffled(asked)) - by_channel(asking, asked)
    assert moved.abs().max() > 1e-3


def test_gradients_reach_everything():
    for over in ("channels", "positions"):
        fusion = Fusion(5, 8, over=over)
        fusion(maps(1, 5, 4, 4).float(), maps(1, 8, 4, 4, seed=1).float()).square().sum().backward()
        silent = [n for n, p in fusion.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
        assert silent == []


def test_the_norm_is_timms():
    timm_norm = pytest.importorskip("timm.layers", reason="timm is what the norm is compared with")
    ours, reference = shaken(LayerNorm2d(6)), timm_norm.LayerNorm2d(6, eps=1e-6).double()
    reference.load_state_dict(ours.state_dict())
    x = maps(2, 6, 3, 5)
    torch.testing.assert_close(ours(x), reference(x))


def test_the_heads_of_the_keys():
    heads = KeyProjection(6, 4)
    assert set(heads.state_dict()) == {
        f"{name}_proj.{kind}" for name in "de" for kind in ("weight", "bias")
    } | {"key_proj.weight", "key_proj.bias"}
    features = maps(2, 6, 3, 5).float()
    key, shrinkage, selection = heads(features)
    assert key.shape == selection.shape == (2, 4, 3, 5) and shrinkage.shape == (2, 1, 3, 5)
    torch.testing.assert_close(shrinkage, heads.d_proj(features).square() + 1)
    assert shrinkage.min() >= 1 and 0 < selection.min() < 0.5 < selection.max() < 1
    with torch.device("meta"):
        released = KeyProjection(1024)
    assert released.key_proj.weight.shape == (64, 1024, 3, 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: CrossAttention(8, over="pixels"), "'pixels'"),
        (lambda: CrossAttention(6), "heads"),
        (lambda: CrossAttention(8, heads=0), "heads"),
        (lambda: Fusion(4, 8)(torch.zeros(1, 4, 3, 3), torch.zeros(1, 8, 3, 4)), "one size"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
