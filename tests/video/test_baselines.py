"""The baselines: each carries color as its docstring says, and a stream answers as the training's pass does."""

import itertools

import numpy as np
import pytest
import torch

from course_lib.color import rgb_to_lab
from course_lib.data import made_clip
from course_lib.images import pretrained
from course_lib.images.colorize import predict_ab
from course_lib.video.colormnet.learned_baselines import STRIDE, Match, RecurrentExemplar, SourceReference
from course_lib.video.colormnet.plain_baselines import CopyReference, FlowPropagation, Gray, PerFrame

pytestmark = pytest.mark.usefixtures("one_thread")

LEARNED = (SourceReference, RecurrentExemplar)


@pytest.fixture(scope="module")
def clip():
    """Lightness (T, 1, H, W) and ab (T, 2, H, W), normalized, of a made clip; height and width no multiples of 8."""
    lab = torch.from_numpy(rgb_to_lab(made_clip(5, frames=6, size=(44, 60)).frames)).permute(0, 3, 1, 2)
    return lab[:, :1] / 100, lab[:, 1:] / 110


def answers(method, clip):
    lightness, ab = clip
    stream = method.stream(lightness[0], ab[0])
    return torch.stack([stream.next(frame) for frame in lightness[1:]])


@pytest.mark.parametrize("family", LEARNED)
def test_a_stream_answers_as_the_training_pass(family, clip):
    torch.manual_seed(1)
    model = family(8)
    torch.nn.init.normal_(model.decoder.last.weight, std=0.1)  # as if it had learned
    lightness, ab = clip
    passed = model.propagate(lightness[None], ab[:1])
    assert passed.shape == (1, 6, 2, 44, 60) and torch.equal(passed[0, 0], ab[0])
    # rounding grows from frame to frame where answers are fed back; 1e-4 is 0.01 in ab
    torch.testing.assert_close(answers(model, clip), passed[0, 1:].detach(), atol=1e-4, rtol=0)


@pytest.mark.parametrize("family", LEARNED)
def test_what_is_not_the_past_or_the_reference_changes_nothing(family, clip):
    torch.manual_seed(1)
    model = family(8)
    torch.nn.init.normal_(model.decoder.last.weight, std=0.1)
    lightness, ab = clip
    with torch.no_grad():
        plain = model.propagate(lightness[None], ab[:1])
        later = lightness.clone()
        later[4:] = 0.3
        assert torch.equal(model.propagate(later[None], ab[:1])[:, :4], plain[:, :4])
        assert not torch.equal(model.propagate(lightness[None], -ab[:1])[:, 1:], plain[:, 1:])
        # nor does one clip of a batch see another
        both = model.propagate(torch.stack([lightness, later]), ab[:1].repeat(2, 1, 1, 1))
    torch.testing.assert_close(both[:1], plain, atol=1e-4, rtol=0)


@pytest.mark.parametrize("family", LEARNED)
def test_before_training_the_reference_s_own_colors_are_handed_on(family, clip):
    lightness, ab = clip
    with torch.no_grad():
        passed = family(8).propagate(lightness[None], ab[:1])[0, 1:]
    low, high = ab[0].amin((1, 2)), ab[0].amax((1, 2))
    assert (passed >= low[:, None, None] - 1e-5).all() and (passed <= high[:, None, None] + 1e-5).all()


@pytest.mark.parametrize("family", LEARNED)
def test_every_weight_learns(family, clip):
    torch.manual_seed(1)
    model = family(8)
    torch.nn.init.normal_(model.decoder.last.weight, std=0.1)
    lightness, ab = clip
    (model.propagate(lightness[None], ab[:1])[0, 1:] - ab[1:]).abs().mean().backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()] in (
        [],
        ["match.key.bias"],  # falls out with the mean
    )


@pytest.mark.parametrize("family", LEARNED)
def test_other_shapes_are_refused_by_name(family, clip):
    lightness, ab = clip
    for L, color in ((lightness, ab[:1]), (lightness[None], ab[0]), (ab[None], ab[:1])):
        with pytest.raises(ValueError, match=r"lightness must be \(N, T, 1, H, W\)"):
            family(8).propagate(L, color)


@pytest.mark.parametrize(
    "method", [SourceReference(8), RecurrentExemplar(8), CopyReference(), FlowPropagation()]
)
def test_a_reference_of_another_size_will_do(method, clip):
    lightness, _ = clip
    stream = method.stream(torch.rand(1, 30, 50), torch.full((2, 30, 50), 0.2))
    for frame in lightness[:2]:
        torch.testing.assert_close(stream.next(frame), torch.full((2, 44, 60), 0.2), atol=1e-4, rtol=0)


def test_a_match_finds_where_each_position_came_from():
    torch.manual_seed(2)
    match = Match(8)
    match.sharpness.data.fill_(5.0)
    keys = torch.nn.functional.normalize(torch.randn(1, 64, 5, 6), dim=1)
    values = torch.arange(30.0).view(1, 1, 5, 6)
    with torch.no_grad():
        read, sure = match(keys.roll((1, 2), (2, 3)), keys, values)
    torch.testing.assert_close(read, values.roll((1, 2), (2, 3)), atol=0.5, rtol=0)
    torch.testing.assert_close(sure, torch.ones(1, 1, 5, 6), atol=1e-4, rtol=0)


def test_gray_has_no_color_and_a_copy_the_reference_s(clip):
    _, ab = clip
    assert not answers(Gray(), clip).any()
    assert torch.equal(answers(CopyReference(), clip), ab[:1].expand(5, -1, -1, -1))


@pytest.mark.parametrize(
    ("objects", "most"), [(0, 0.3), (2, 0.8)]
)  # 0.06 to 0.12 and 0.38 to 0.57 on six seeds
def test_flow_carries_color_along_where_it_can_be_followed(objects, most):
    lab = rgb_to_lab(made_clip(7, frames=5, size=(72, 96), objects=objects).frames)
    frames = torch.from_numpy(lab).permute(0, 3, 1, 2)
    clip = frames[:, :1] / 100, frames[:, 1:] / 110
    flow, copy = (
        (answers(method, clip) - clip[1][1:])[..., 4:-4, 4:-4].abs().mean()
        for method in (FlowPropagation(), CopyReference())
    )
    assert flow < most * copy


def test_frame_by_frame_is_what_the_colorizer_of_photos_says(clip):
    colorizer = pretrained("classification")
    lightness, _ = clip
    found = answers(PerFrame(colorizer), clip)
    for ab, frame in itertools.islice(zip(found, lightness[1:], strict=True), 2):
        wanted = predict_ab(colorizer, 100 * frame.numpy())[0] / 110
        np.testing.assert_allclose(ab.permute(1, 2, 0), wanted, atol=1e-6)


def test_the_stride_is_what_the_encoder_does(clip):
    model = SourceReference(8)
    assert [f.shape[2:] for f in model.encoder(torch.zeros(1, 1, 48, 64))][-1] == (48 // STRIDE, 64 // STRIDE)
