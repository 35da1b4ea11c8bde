"""ColorMNet of the course's size: clips at once and as a stream, what it remembers, and what it refuses."""

import itertools
import math

import cv2
import numpy as np
import pytest
import torch

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import made_clip
from course_lib.images.colorization_net import ColorizationNet
from course_lib.images.colorize import into_gamut
from course_lib.video import ColorMNet
from course_lib.video.colormnet.network import _REFERENCES


def network(seed=0, **options) -> ColorMNet:
    """Untrained, and with something to say besides the color that it hands on."""
    torch.manual_seed(seed)
    net = ColorMNet(encoder=ColorizationNet(bins=313, scenes=2, width=8), **options)
    torch.nn.init.normal_(net.decoder.pred.weight, std=0.05)
    return net.eval()


@pytest.fixture(scope="module")
def net():
    return network()


def clips(rows=1, frames=5, size=(32, 40), seed=0) -> tuple[torch.Tensor, torch.Tensor]:
    """Lightness (N, T, 1, H, W) and ab (N, T, 2, H, W), normalized."""
    rgb = np.stack([made_clip(seed + i, frames=frames, size=size).frames for i in range(rows)])
    lab = torch.from_numpy(rgb_to_lab(rgb)).movedim(-1, 2)
    return lab[:, :, :1] / 100, lab[:, :, 1:] / 110


def streamed(net, lightness, ab, **options) -> torch.Tensor:
    stream = net.stream(lightness[0], ab[0], **options)
    return torch.stack([stream.next(frame) for frame in lightness[1:]])


def test_the_course_network_is_small():
    net = ColorMNet()
    assert 2 * sum(x.numel() for x in net.state_dict().values()) < 8e6  # bytes in float16


@pytest.mark.parametrize("options", [{}, {"semantic": False}, {"local_attention": False}])
def test_color_reaches_every_weight_that_is_trained(options, monkeypatch):
    monkeypatch.setattr("course_lib.video.colormnet.network._DEEP", 0.5)
    net = network(**options).train()
    lightness, ab = clips(frames=5, size=(32, 32))
    torch.manual_seed(2)  # frames of both kinds: one with a deep update, and some without
    assert {bool(x < 0.5) for x in torch.rand(3)} == {True, False}
    torch.manual_seed(2)
    answer = net.propagate(lightness, ab[:, 0])
    assert answer.shape == ab.shape
    torch.testing.assert_close(answer[:, 0], ab[:, 0])
    (answer - ab).abs().mean().backward()
    without = [name for name, x in net.named_parameters() if x.requires_grad and x.grad is None]
    assert not without
    assert all(x.grad.isfinite().all() for x in net.parameters() if x.grad is not None)


def test_rows_are_colored_each_by_itself(net):
    lightness, ab = clips(rows=3, frames=4)
    with torch.no_grad():
        together = net.propagate(lightness, ab[:, 0])
        alone = torch.cat([net.propagate(x[None], y[None, 0]) for x, y in zip(lightness, ab, strict=True)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("size", [(32, 40), (33, 45)])
@pytest.mark.parametrize("options", [{"policy": "all"}, {"policy": "every", "every": 1}])
def test_a_stream_that_keeps_all_answers_as_the_batch(net, size, options):
    lightness, ab = clips(frames=6, size=size)
    with torch.no_grad():
        wanted = net.propagate(lightness, ab[:, 0])[0, 1:]
    torch.testing.assert_close(streamed(net, lightness[0], ab[0], top_k=None, **options), wanted)


def test_the_released_schedule_stores_every_fifth_frame(net):
    lightness, ab = clips(frames=13, size=(32, 32))
    stream = net.stream(lightness[0, 0], ab[0, 0])
    hidden, looked = [], []
    for frame in lightness[0, 1:]:
        stream.next(frame)
        hidden.append(stream._hidden)
        looked.append(stream._before[0])
    assert stream.memory.frames == (0, 5, 10)
    # the local attention looks at the last frame stored
    changed = [i + 1 for i in range(1, 12) if looked[i] is not looked[i - 1]]
    assert changed == [5, 10]
    assert all(a is not b for a, b in itertools.pairwise(hidden))


def test_looking_at_the_frame_before_makes_a_difference(net):
    lightness, ab = clips(frames=4)
    released = streamed(net, lightness[0], ab[0])
    previous = streamed(net, lightness[0], ab[0], look_back="previous")
    torch.testing.assert_close(released[0], previous[0])  # both looked at the reference
    assert (released[1:] - previous[1:]).abs().max() > 1e-4


def test_the_future_says_nothing(net):
    lightness, ab = clips(frames=5)
    other = lightness.clone()
    other[:, 4] = other[:, 4].flip(-1)
    with torch.no_grad():
        one, two = (net.propagate(x, ab[:, 0]) for x in (lightness, other))
    assert torch.equal(one[:, :4], two[:, :4])
    assert not torch.equal(one[:, 4], two[:, 4])


def test_untrained_it_already_finds_color_better_than_gray_does():
    torch.manual_seed(0)
    net = ColorMNet().eval()  # its decoder adds nothing yet
    lightness, ab = clips(rows=2, frames=3, size=(72, 96))
    with torch.no_grad():
        answer = net.propagate(lightness, ab[:, 0])
    error = (answer - ab)[:, 1:].abs().mean()
    assert error < 0.6 * ab[:, 1:].abs().mean()


def test_a_gray_reference_gives_gray():
    torch.manual_seed(0)
    net = ColorMNet().eval()
    lightness, ab = clips(frames=3)
    assert streamed(net, lightness[0], 0 * ab[0]).abs().max() < 1e-6


def test_training_reads_the_reference_and_two_of_the_others():
    net = network().train()
    for t in range(1, 12):
        drawn = net._references(t)
        assert drawn[0] == 0 and drawn == sorted(set(drawn)) and drawn[-1] < t
        assert len(drawn) == min(t, _REFERENCES)
    assert {one for _ in range(100) for one in net._references(6)} == set(range(6))
    assert net.eval()._references(6) == list(range(6))


def test_batch_norms_never_train():
    net = network().train()
    norms = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert norms and not any(norm.training for norm in norms)
    assert net.decoder.training


def test_memory_stops_growing_on_a_long_clip(net):
    lightness, ab = clips(frames=2)
    stream = net.stream(
        lightness[0, 0], ab[0, 0], every=1, work_frames=3, consolidate=2, prototypes=4, long_term=8
    )
    held = []
    for _ in range(20):
        answer = stream.next(lightness[0, 1])
        held.append(stream.memory.elements)
    assert answer.isfinite().all()
    positions = math.prod(side // 8 for side in lightness.shape[3:])
    assert max(held) <= 3 * positions + 8 and held[-4:-2] == held[-2:]


@pytest.mark.parametrize(
    ("lightness", "reference"),
    [
        ((2, 3, 32, 32), (2, 2, 32, 32)),
        ((0, 3, 1, 32, 32), (0, 2, 32, 32)),
        ((2, 3, 1, 32, 32), (2, 2, 32, 40)),
    ],
)
def test_other_shapes_are_refused(net, lightness, reference):
    with pytest.raises(ValueError, match="must be"):
        net.propagate(torch.zeros(lightness), torch.zeros(reference))


def test_a_stream_refuses_what_it_cannot_use(net):
    light, ab = torch.zeros(1, 16, 16), torch.zeros(2, 16, 16)
    with pytest.raises(ValueError, match=r"reference_lightness must be \(1, H, W\)"):
        net.stream(light[0], ab)
    with pytest.raises(ValueError, match="look_back must be one of memory, previous; got 'next'"):
        net.stream(light, ab, look_back="next")
    with pytest.raises(ValueError, match="must be finite"):
        net.stream(light, ab * torch.nan)
    with pytest.raises(ValueError, match="policy must be one of"):
        net.stream(light, ab, policy="some")
    stream = net.stream(light, ab)
    stream.next(light)
    with pytest.raises(ValueError, match=r"lightness must be \(1, 16, 16\); got \(1, 16, 24\)"):
        stream.next(torch.zeros(1, 16, 24))
    with pytest.raises(ValueError, match="lightness must be finite"):
        stream.next(light / 0)


def test_the_encoder_is_for_the_small_size():
    with pytest.raises(ValueError, match="encoder is for the course's size"):
        ColorMNet("full", encoder=ColorizationNet(bins=313, scenes=2, width=8))


def grays(rgb: np.ndarray) -> list[np.ndarray]:
    return [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).clip(0, 1) for frame in rgb]


@pytest.fixture(scope="module")
def rgb() -> np.ndarray:
    return made_clip(1, frames=4, size=(45, 61)).frames


def test_a_clip_comes_back_in_color_and_with_its_lightness(net, rgb):
    gray = grays(rgb)
    colored = net.colorize_clip(gray, rgb[0])
    assert isinstance(colored, list) and len(colored) == 4
    for frame, was in zip(colored, gray, strict=True):
        assert frame.shape == (45, 61, 3) and frame.dtype == np.float32
        assert frame.min() >= 0 and frame.max() <= 1
        lightness = rgb_to_lab(was[..., None].repeat(3, -1))[..., 0]
        np.testing.assert_allclose(rgb_to_lab(frame)[..., 0], lightness, atol=0.2)
    assert np.ptp(colored[0], -1).mean() > 0.02


def test_lists_and_arrays_of_gray_pictures_give_the_same(net, rgb):
    gray = grays(rgb)
    listed = np.stack(net.colorize_clip(gray, rgb[0]))
    array = net.colorize_clip(np.stack(gray), rgb[0])
    three = net.colorize_clip(np.stack(gray)[..., None].repeat(3, -1), rgb[0])
    assert isinstance(array, np.ndarray) and array.shape == (4, 45, 61, 3)
    np.testing.assert_array_equal(array, listed)
    np.testing.assert_array_equal(three, listed)


def test_the_color_of_frames_in_color_is_not_looked_at(net, rgb):
    lab = rgb_to_lab(rgb)
    turned = lab_to_rgb(np.concatenate([lab[..., :1], 0.5 * lab[..., :0:-1]], -1))
    one, two = net.colorize_clip(rgb, rgb[0]), net.colorize_clip(turned, rgb[0])
    np.testing.assert_allclose(one, two, atol=2e-3)
    np.testing.assert_allclose(rgb_to_lab(one)[..., 0], lab[..., 0], atol=0.2)


def test_the_first_frame_may_be_the_reference(net, rgb):
    colored = net.colorize_clip(rgb, rgb[0], reference_is_first=True)
    np.testing.assert_allclose(colored[0], rgb[0], atol=1e-3)
    lab = torch.from_numpy(rgb_to_lab(rgb)).movedim(-1, 1)
    ab = streamed(net, lab[:, :1] / 100, lab[:, 1:] / 110) * 110
    for frame, answer, was in zip(colored[1:], ab.movedim(1, -1).numpy(), rgb[1:], strict=True):
        wanted = lab_to_rgb(into_gamut(rgb_to_lab(was)[..., 0], answer))
        np.testing.assert_allclose(frame, wanted, atol=1e-4)


@pytest.mark.parametrize("size", [(45, 61), (20, 90), (100, 30), (1, 1)])
def test_the_reference_may_be_of_another_size(net, rgb, size):
    reference = cv2.resize(rgb[0], size[::-1])
    colored = net.colorize_clip(rgb[:2], reference)
    assert colored.shape == rgb[:2].shape and np.isfinite(colored).all()


def test_clips_of_one_frame_and_tiny_ones_are_clips(net, rgb):
    assert net.colorize_clip(grays(rgb[:1]), rgb[0])[0].shape == (45, 61, 3)
    assert net.colorize_clip(np.full((2, 1, 3), 0.5), rgb[0]).shape == (2, 1, 3, 3)


def test_large_frames_are_colored_at_the_working_size(net, rgb):
    seen = []
    hook = net.key_encoder.register_forward_pre_hook(lambda _, args: seen.append(args[0].shape[2:]))
    colored = net.colorize_clip(rgb[:1], rgb[0], short_side=15)
    hook.remove()
    assert colored.shape == (1, 45, 61, 3)
    assert set(seen) == {(16, 24)}  # 15 x 20, padded


def test_the_mode_is_left_as_it_was(rgb):
    net = network().train()
    net.colorize_clip(rgb[:1], rgb[0])
    assert net.training
    with pytest.raises(ValueError, match="every"):
        net.colorize_clip(rgb[:1], rgb[0], every=0)
    assert net.training


@pytest.mark.parametrize(
    ("frames", "reference", "message"),
    [
        ([], np.zeros((8, 8, 3)), "gray_frames must hold at least one frame"),
        (np.zeros((0, 8, 8)), np.zeros((8, 8, 3)), "gray_frames must hold at least one frame"),
        (
            [np.zeros((8, 8)), np.zeros((8, 9))],
            np.zeros((8, 8, 3)),
            r"one size; got \(8, 9\) at 1 after \(8, 8\)",
        ),
        ([np.zeros((8, 8)), np.full((8, 8), np.nan)], np.zeros((8, 8, 3)), r"gray_frames\[1\].*NaN"),
        ([np.full((8, 8), 200.0)], np.zeros((8, 8, 3)), r"gray_frames\[0\].*\[0, 1\]"),
        ([np.zeros((8, 8))], np.full((8, 8, 3), np.nan), "reference.*NaN"),
        ([np.zeros((8, 8))], np.zeros(3), "reference.*shape"),
        (np.zeros((8, 8)), np.zeros((8, 8, 3)), r"gray_frames must be \(T, H, W\)"),
    ],
)
def test_clips_that_are_none_are_refused(net, frames, reference, message):
    with pytest.raises(ValueError, match=message):
        net.colorize_clip(frames, reference)
