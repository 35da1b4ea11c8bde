"""The blocks of the value encoder and the decoder, held against loops and plain formulas."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from course_lib.video.colormnet.blocks import CBAM, FeatureFusion, HiddenUpdate, ResidualBlock
from course_lib.video.colormnet.config import CONFIGS, config_of
from course_lib.video.colormnet.decoder import Decoder, _PassedColor
from course_lib.video.colormnet.frame import Frame
from course_lib.video.colormnet.readout import affinity, read_out
from course_lib.video.colormnet.short_term import ShortTermAttention

COURSE = CONFIGS["course"]
CHANNELS, STRIDES = (128, 64, 32), (8, 4, 2)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def features(rows=1, h=2, w=3):
    return tuple(torch.randn(rows, c, h * 8 // s, w * 8 // s) for c, s in zip(CHANNELS, STRIDES, strict=True))


def decoder_input(rows=1, h=2, w=3):
    read = torch.randn(rows, 2, COURSE.value, h, w)
    hidden = torch.randn(rows, 2, COURSE.hidden, h, w)
    colors = tuple(torch.rand(rows, 2, 2 * COURSE.cells**2, h, w) - 0.5 for _ in range(2))
    lightness = torch.rand(rows, 1, 8 * h, 8 * w) * 2 - 1
    return features(rows, h, w), read, hidden, colors, lightness


def test_a_residual_block_rectifies_before_each_convolution():
    same, other = ResidualBlock(3, 3), ResidualBlock(3, 5)
    x = torch.randn(2, 3, 6, 7)
    for block, shortcut in ((same, lambda x: x), (other, other.downsample)):
        wanted = block.conv2(block.conv1(x.clamp(min=0)).clamp(min=0)) + shortcut(x)
        torch.testing.assert_close(block(x), wanted)
    assert same.downsample is None


def test_cbam_weighs_channels_then_places():
    cbam = CBAM(32)
    x = torch.randn(2, 32, 5, 6)
    _, first, _, second = cbam.ChannelGate.mlp
    vectors = [x.flatten(2).mean(2), x.flatten(2).max(2).values]
    gate = torch.sigmoid(sum(second(first(v).clamp(min=0)) for v in vectors))
    y = x * gate[:, :, None, None]
    two = torch.cat([y.max(1, keepdim=True).values, y.mean(1, keepdim=True)], 1)
    wanted = y * torch.sigmoid(cbam.SpatialGate.spatial.conv(two))
    torch.testing.assert_close(cbam(x), wanted)


def test_fusion_tells_every_object_the_same_of_the_frame():
    fuse = FeatureFusion(4 + 3, 16, 5)
    frame, objects = torch.randn(2, 4, 5, 6), torch.randn(2, 2, 3, 5, 6)
    both = fuse(frame, objects)
    assert both.shape == (2, 2, 5, 5, 6)
    for k in range(2):
        torch.testing.assert_close(fuse(frame, objects[:, k : k + 1]), both[:, k : k + 1])


def test_the_hidden_state_is_kept_forgotten_and_replaced():
    step = HiddenUpdate(3, 2)
    torch.nn.init.zeros_(step.transform.weight)
    hidden = torch.randn(1, 2, 2, 4, 4)
    g = torch.randn(1, 2, 3, 4, 4)

    def after(forget, update, new):
        gates = torch.tensor([forget, update, new], dtype=torch.float32)
        step.transform.bias.data = gates.repeat_interleave(2)
        return step(g, hidden)

    torch.testing.assert_close(after(100, -100, 3), hidden)
    torch.testing.assert_close(after(-100, -100, 3), torch.zeros_like(hidden))
    torch.testing.assert_close(after(100, 100, 0.5), torch.full_like(hidden, np.tanh(0.5)))
    # f h (1 - u) + u n at f = u = 1/2
    torch.testing.assert_close(after(0, 0, 0.5), hidden / 4 + 0.5 * np.tanh(0.5))


def as_read(color: torch.Tensor, light: torch.Tensor) -> torch.Tensor:
    """Color and lightness of cells, (N, 2, 1, h cells, w cells) each, as the decoder gets them."""
    parts = [
        F.pixel_unshuffle(x.flatten(0, 1), COURSE.cells).unflatten(0, x.shape[:2]) for x in (color, light)
    ]
    return torch.cat(parts, 2)


def test_untrained_it_hands_on_the_color_that_was_read():
    decoder = Decoder(COURSE, CHANNELS, STRIDES)
    frame, read, hidden, _, lightness = decoder_input()
    flat = torch.tensor([0.3, -0.2]).view(1, 2, 1, 1, 1).expand(-1, -1, 1, 4, 6)
    one, other = (as_read(x, torch.zeros_like(flat)) for x in (flat, -flat))
    ab, after = decoder(frame, read, hidden, (one, one), lightness=lightness)
    torch.testing.assert_close(ab, torch.tensor([0.3, -0.2]).view(1, 2, 1, 1).expand(1, 2, 16, 24))
    assert after.shape == hidden.shape and not torch.equal(after, hidden)
    mixed, _ = decoder(frame, read, hidden, (one, other), lightness=lightness)
    assert mixed.abs().max() < 1e-6  # the gate begins in the middle


def passed_color(color, light, lightness, *, window=None, change=lambda passed: None):
    """Color (1, 2, 1, 8, 10) and its lightness, enlarged for a frame of that lightness (1, 1, 16, 20)."""
    passed = _PassedColor(COURSE, STRIDES[0] // STRIDES[2])
    change(passed)
    memory = as_read(color, light)
    g_top, g_fine = torch.randn(1, 2, COURSE.widths[0], 4, 5), torch.randn(1, 2, COURSE.widths[2], 16, 20)
    return passed(g_top, g_fine, memory, memory if window is None else window, lightness)


def test_enlarging_begins_near_bilinear_where_lightness_says_nothing():
    color, light = torch.rand(1, 2, 1, 8, 10), torch.zeros(1, 2, 1, 8, 10)
    began = passed_color(color, light, torch.zeros(1, 1, 16, 20))
    bilinear = F.interpolate(color[0], (16, 20), mode="bilinear", align_corners=False)[None]
    # the floor under the weights of 0 is what remains
    assert (began - bilinear).abs().max() < 0.06 < bilinear.std()


def test_enlarged_color_stays_among_the_colors_around():
    color, light = torch.rand(1, 2, 1, 8, 10), torch.rand(1, 2, 1, 8, 10)
    learned = passed_color(
        color, light, torch.rand(1, 1, 16, 20), change=lambda p: torch.nn.init.normal_(p.where.weight, std=5)
    )[0]
    least, most = -F.max_pool2d(-color[0], 3, 1, 1), F.max_pool2d(color[0], 3, 1, 1)
    assert (learned > F.interpolate(least, (16, 20)) - 1e-5).all()
    assert (learned < F.interpolate(most, (16, 20)) + 1e-5).all()


def test_lightness_leads_color_to_an_edge_within_a_cell():
    # dark and of color 0 on the left, light and of color 1 on the right; the frame's edge runs through a cell
    right = (torch.arange(10) >= 5).float().expand(1, 2, 1, 8, 10)
    edge = (torch.arange(20) >= 11).float().expand(1, 1, 16, 20)
    led = passed_color(right, right, edge)
    plain = passed_color(right, 0 * right, 0 * edge)
    assert (led - edge[:, None]).abs().max() < 0.01 < 0.3 < (plain - edge[:, None]).abs().max()


def test_of_two_readings_that_of_the_frames_lightness_counts():
    color = torch.ones(1, 2, 1, 8, 10)
    wrong = as_read(-color, color)
    assert passed_color(color, 0 * color, torch.zeros(1, 1, 16, 20), window=wrong).min() > 0.99
    assert passed_color(color, 0 * color, torch.ones(1, 1, 16, 20), window=wrong).max() < -0.99


def test_the_window_compares_as_the_memory_does():
    small = replace(COURSE, window=11)  # as large as the picture from any place of it
    look = ShortTermAttention(small)
    torch.nn.init.zeros_(look.relative_emb_k.weight)
    torch.nn.init.zeros_(look.relative_emb_k.bias)

    def frame():
        key = torch.randn(2, small.key, 5, 6) + 3
        return Frame(None, None, key, 1 + torch.rand(2, 1, 5, 6), torch.rand(2, small.key, 5, 6))

    now, before = frame(), frame()
    value = torch.randn(2, 2, small.value + 3, 5, 6)
    read = look(now, before, value)
    weights = affinity(
        before.key.flatten(2),
        now.key.flatten(2),
        shrinkage=before.shrinkage.flatten(2),
        selection=now.selection.flatten(2),
    )
    wanted = read_out(weights, value.flatten(3)).unflatten(3, (5, 6))
    torch.testing.assert_close(read[:, :, small.value :], wanted[:, :, small.value :], atol=1e-4, rtol=1e-4)
    learned = look.dw_conv.conv(wanted[:, :, : small.value].flatten(1, 2))
    learned = look.projection(learned.movedim(1, -1)).movedim(-1, 1).unflatten(1, (2, -1))
    torch.testing.assert_close(read[:, :, : small.value], learned, atol=1e-4, rtol=1e-4)


def test_the_two_colors_are_decoded_alike():
    decoder = Decoder(COURSE, CHANNELS, STRIDES)
    torch.nn.init.normal_(decoder.pred.weight)
    frame, read, hidden, colors, light = decoder_input(rows=2)
    ab, after = decoder(frame, read, hidden, colors, lightness=light)
    swapped, after_swapped = decoder(
        frame, read.flip(1), hidden.flip(1), tuple(c.flip(1) for c in colors), lightness=light
    )
    torch.testing.assert_close(swapped, ab.flip(1), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(after_swapped, after.flip(1), atol=1e-4, rtol=1e-4)


def test_without_cells_the_logit_is_squeezed_into_one():
    decoder = Decoder(replace(COURSE, cells=0), CHANNELS, STRIDES)
    torch.nn.init.normal_(decoder.pred.weight, std=3)
    frame, read, hidden, *_ = decoder_input()
    ab, same = decoder(frame, read, hidden, update=False)
    assert ab.shape == (1, 2, 16, 24) and 0.9 < ab.abs().max() <= 1
    assert same is hidden


def test_a_config_must_be_known():
    with pytest.raises(ValueError, match="config must be one of full, course; got 'large'"):
        config_of("large")
    assert config_of(COURSE) is COURSE


def test_features_below_zero_do_not_silence_the_decoder():
    # without its norms all of them would be rectified away, and no gradient would come back
    decoder = Decoder(COURSE, CHANNELS, STRIDES)
    torch.nn.init.normal_(decoder.pred.weight)
    for block in (decoder.fuser.block2, decoder.up_8_4.out_conv):
        torch.nn.init.constant_(block.conv2.bias, -1000)
    frame, read, hidden, colors, light = decoder_input()
    ab, _ = decoder(frame, read, hidden, colors, lightness=light)
    ab.std().backward()
    for conv in (decoder.pred, decoder.passed.where, decoder.passed.gate):
        assert conv.weight.grad.abs().max() > 0
    assert decoder.fuser.block1.conv1.weight.grad.abs().max() > 0
