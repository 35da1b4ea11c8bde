"""The query colorizer: published counts, any size, and each part against torch's own or its definition."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from course_lib.color import lab_to_rgb
from course_lib.images import ColorizationNet, pretrained
from course_lib.mobile import QueryColorizer
from course_lib.mobile.encoders import ColorizationEncoder, ConvNeXt
from course_lib.mobile.query_colorizer import built, gray_of, published
from course_lib.mobile.query_decoders import PixelDecoder, QueryLayer, positions_of

SMALL = {
    "encoder_width": 4,
    "depth": 1,
    "width": 8,
    "queries": 5,
    "hidden": 16,
    "layers": 3,
    "heads": 2,
    "feedforward": 12,
}


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(0)
    return built(SMALL).eval()


def count(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(
    ("size", "whole", "parts"),
    [("tiny", 55.007, (27.82, 12.40, 14.79)), ("large", 227.869, (196.24, 16.85, 14.79))],
)
def test_the_published_sizes_have_the_published_counts(size, whole, parts):
    with torch.device("meta"):
        net = published(size)
    assert round(count(net) / 1e6, 3) == whole
    for module, million in zip((net.encoder, net.pixel_decoder, net.color_decoder), parts, strict=True):
        assert round(count(module) / 1e6, 2) == million
    # the spectral norm keeps the layer's weights under another name; it adds none
    assert count(net.to_ab) == (100 + 3) * 2 + 2


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (32, 32), (33, 31), (136, 240)])
def test_any_size(small, size):
    with torch.inference_mode():
        ab = small(torch.rand(2, 1, *size))
    assert ab.shape == (2, 2, *size) and ab.isfinite().all()


def test_the_published_layout_in_small():
    """Three channels in: the encoder and the last convolution see normalized gray RGB."""
    torch.manual_seed(5)
    options = {name: SMALL[name] for name in ("width", "queries", "hidden", "layers", "heads", "feedforward")}
    net = QueryColorizer(ConvNeXt((1, 1, 1, 1), (4, 8, 12, 16)), **options).eval()
    seen = []
    net.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.inference_mode():
        assert net(torch.full((1, 1, 40, 70), 0.5)).shape == (1, 2, 40, 70)
    gray = lab_to_rgb(np.float32([[[50, 0, 0]]]))[0, 0]
    expected = (gray - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    assert seen[0].shape == (1, 3, 64, 96)
    np.testing.assert_allclose(seen[0][0, :, 0, 0], expected, atol=1e-3)


def test_the_batch_holds_strangers(small):
    """In evaluation no picture's color depends on the others."""
    x = torch.rand(3, 1, 40, 50)
    with torch.inference_mode():
        together, alone = small(x), torch.cat([small(one[None]) for one in x])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_the_answer_is_that_of_maps_beside_the_picture(small):
    """What forward never draws: a map for each query, the picture beside them, a 1x1 convolution over all."""
    x = torch.rand(2, 1, 64, 32)
    with torch.inference_mode():
        scales, pixels = small.pixel_decoder(small.encoder(x))
        colors = small.color_decoder(scales)
        maps = (colors[:, :, :, None, None] * pixels[:, None]).sum(2)  # (N, Q, H, W)
        torch.testing.assert_close(small(x), small.to_ab(torch.cat([maps, x], 1)), atol=1e-5, rtol=1e-4)
    assert pixels.shape == (2, 4, 64, 32) and maps.shape == (2, 5, 64, 32)
    assert [tuple(s.shape[1:]) for s in scales] == [(8, 4, 2), (8, 8, 4), (4, 16, 8)]


def test_the_last_convolution_never_stretches():
    """The spectral norm keeps its largest singular value at 1, whatever its weights become."""
    torch.manual_seed(1)
    net = built(SMALL)
    net.to_ab.parametrizations.weight.original.data *= 50
    with torch.no_grad():
        for _ in range(20):
            net.train()
            weight = net.to_ab.weight
    assert torch.linalg.matrix_norm(weight.flatten(1), 2).item() == pytest.approx(1, abs=1e-3)


def test_a_layer_of_the_decoder_is_torchs_decoder_layer_with_its_attentions_exchanged():
    """Cross-attention first; places are added to queries and keys and never to values."""
    torch.manual_seed(2)
    layer = QueryLayer(16, 2, 12).eval()
    theirs = nn.TransformerDecoderLayer(16, 2, 12, dropout=0.0, batch_first=True).eval()
    x, memory = torch.rand(2, 5, 16), torch.rand(2, 7, 16)
    none = torch.zeros(2, 5, 16), torch.zeros(7, 16)
    # torch's asks itself first: with an attention that answers nothing, and its norm left as it is, only the rest is left
    theirs.multihead_attn = layer.cross_attention
    theirs.linear1, theirs.linear2 = layer.linear1, layer.linear2
    theirs.norm2, theirs.norm3 = layer.cross_norm, layer.feedforward_norm
    theirs.norm1 = nn.Identity()
    with torch.no_grad():
        theirs.self_attn.out_proj.weight.zero_()
        theirs.self_attn.out_proj.bias.zero_()
        layer.self_attention.out_proj.weight.zero_()
        layer.self_attention.out_proj.bias.zero_()
        layer.self_norm = nn.Identity()
        torch.testing.assert_close(layer(x, *none[:1], memory, none[1]), theirs(x, memory))


def test_the_attentions_are_softmaxes_over_scaled_products():
    torch.manual_seed(3)
    layer = QueryLayer(8, 2, 4).eval()
    x, own = torch.rand(1, 3, 8), torch.rand(1, 3, 8)
    memory, places = torch.rand(1, 6, 8), torch.rand(6, 8)

    def attend(attention, query, key, value):
        weights, biases = attention.in_proj_weight.chunk(3), attention.in_proj_bias.chunk(3)
        q, k, v = (
            F.linear(t, w, b).unflatten(-1, (2, 4)).transpose(1, 2)
            for t, w, b in zip((query, key, value), weights, biases, strict=True)
        )
        shares = (q @ k.transpose(2, 3) / math.sqrt(4)).softmax(-1)
        return attention.out_proj((shares @ v).transpose(1, 2).flatten(2))

    with torch.no_grad():
        y = layer.cross_norm(x + attend(layer.cross_attention, x + own, memory + places, memory))
        y = layer.self_norm(y + attend(layer.self_attention, y + own, y + own, y))
        y = layer.feedforward_norm(y + layer.linear2(layer.linear1(y).clamp(min=0)))
        torch.testing.assert_close(layer(x, own, memory, places), y, atol=1e-6, rtol=1e-5)


def test_convnext_is_timms():
    timm = pytest.importorskip("timm")
    theirs = timm.models.ConvNeXt(depths=(1, 2, 1, 1), dims=(4, 8, 12, 16), num_classes=0).eval()
    ours = ConvNeXt((1, 2, 1, 1), (4, 8, 12, 16)).eval()
    named = theirs.state_dict()
    renamed = {}
    for name in ours.state_dict():
        if name.startswith("norms."):
            continue
        parts = name.split(".")
        if parts[0] == "downsample_layers" and parts[1] == "0":
            other = ".".join(["stem", *parts[2:]])
        elif parts[0] == "downsample_layers":
            other = ".".join(["stages", parts[1], "downsample", *parts[2:]])
        elif parts[0] == "stages":
            other = ".".join(["stages", parts[1], "blocks", *parts[2:]])
            for mine, timms in (("dwconv", "conv_dw"), ("pwconv1", "mlp.fc1"), ("pwconv2", "mlp.fc2")):
                other = other.replace(mine, timms)
        else:
            other = f"head.{name}"
        renamed[name] = torch.randn_like(named[other])
        named[other] = renamed[name]
    theirs.load_state_dict(named)
    ours.load_state_dict(renamed, strict=False)
    x = torch.rand(2, 3, 64, 32)
    with torch.inference_mode():
        expected = theirs.forward_features(x)
        features = ours(x)
    centered = expected - expected.mean(1, keepdim=True)
    torch.testing.assert_close(
        features[-1], centered / (centered.square().mean(1, keepdim=True) + 1e-6).sqrt(), atol=1e-4, rtol=1e-4
    )
    assert [f.shape[1] for f in features] == list(ours.channels)


def test_the_encoder_is_part_ones_network():
    """From its features at 1/4, Part 1's head gives what Part 1's network gives."""
    net = pretrained("regression").net
    x = torch.rand(1, 1, 64, 96)
    with torch.inference_mode():
        features = ColorizationEncoder(net, depth=1).eval()(x)
        torch.testing.assert_close(net.ab(features[0]), net(x)["ab"])
    assert [tuple(f.shape[1:]) for f in features] == [(112, 64 // s, 96 // s) for s in (4, 8, 16, 32)]


def test_a_shuffle_starts_without_a_checkerboard():
    torch.manual_seed(4)
    last = PixelDecoder((4, 4, 4, 4), 8, finest=4).last
    x = last.conv(torch.rand(1, 4, 3, 5))
    up = F.pixel_shuffle(x, 4)
    torch.testing.assert_close(up, F.interpolate(up[:, :, ::4, ::4], scale_factor=4.0))


def test_positions_are_waves_of_the_share_of_height_and_width():
    codes = positions_of(torch.zeros(1, 12, 4, 6))
    assert codes.shape == (12, 4, 6)
    for row, column in np.ndindex(4, 6):
        for wave in range(3):
            speed = 2 * math.pi / 10_000 ** (wave / 3)
            for first, share in ((0, (row + 1) / 4), (6, (column + 1) / 6)):
                sine, cosine = codes[first + 2 * wave : first + 2 * wave + 2, row, column].tolist()
                assert sine == pytest.approx(math.sin(speed * share), abs=1e-5)
                assert cosine == pytest.approx(math.cos(speed * share), abs=1e-5)


def test_gray_is_the_srgb_of_that_lightness():
    lightness = np.linspace(0, 100, 201, dtype=np.float32)
    lab = np.stack([lightness, 0 * lightness, 0 * lightness], -1)[None]
    ours = gray_of(torch.from_numpy(lightness) / 100)
    np.testing.assert_allclose(np.broadcast_to(ours[:, None], (201, 3)), lab_to_rgb(lab)[0], atol=2e-4)


@pytest.mark.parametrize(
    ("name", "value"), [("width", 7), ("hidden", 18), ("heads", 3), ("queries", 0), ("layers", -1)]
)
def test_numbers_that_do_not_fit_are_named(name, value):
    with pytest.raises(ValueError, match=f"'{name}': {value}"):
        built(SMALL | {name: value})


def test_other_refusals(small):
    with pytest.raises(ValueError, match=r"\(N, 1, H, W\); got \(1, 3, 8, 8\)"):
        small(torch.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match="tiny, large; got 'huge'"):
        published("huge")
    assert isinstance(small, QueryColorizer)
    with pytest.raises(ValueError, match="encoder_width is 4, but the network to start from has 2"):
        built(SMALL, ColorizationNet(width=2))
