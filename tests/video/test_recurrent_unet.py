"""Recurrent colorizers: the LSTM against PyTorch's, chunks against one long run, resets row by row, options, errors."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from course_lib.color import SoftEncoder, ab_bin_centers, decode
from course_lib.video.conv_lstm import ConvLSTM, ConvLSTMCell, reset
from course_lib.video.heads import CHANNELS, color_loss, read_color, separate_bin, separate_centers
from course_lib.video.recurrent_unet import FAMILIES, RecurrentUNet
from course_lib.video.stream_loader import StatefulStreamLoader

RECURRENT = [name for name, options in FAMILIES.items() if "recurrence" in options]


@pytest.fixture(autouse=True)
def same_numbers():
    torch.manual_seed(0)


def _small(**options):
    return RecurrentUNet(4, **{k: v for k, v in options.items() if k != "width"}).eval()


def _pytorch_lstm(cell):
    """PyTorch's own LSTM with the weights of a ConvLSTMCell of kernel 1."""
    lstm = nn.LSTM(cell.in_channels, cell.hidden, batch_first=True)
    weight = cell.gates.weight.detach()[:, :, 0, 0]  # (4 hidden, C + hidden)
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(weight[:, : cell.in_channels])
        lstm.weight_hh_l0.copy_(weight[:, cell.in_channels :])
        lstm.bias_ih_l0.copy_(cell.gates.bias)
        lstm.bias_hh_l0.zero_()
    return lstm


@pytest.mark.parametrize("places", [(1, 1), (3, 2)])
def test_with_kernel_1_it_is_pytorchs_lstm_at_each_place(places):
    net = ConvLSTM(5, 7, kernel=1)
    x = torch.randn(2, 6, 5, *places)
    seen, (h, c) = net(x)
    cells = x.permute(0, 3, 4, 1, 2).flatten(0, 2)  # each place is a row of the batch
    theirs, (their_h, their_c) = _pytorch_lstm(net.cell)(cells)
    torch.testing.assert_close(seen.permute(0, 3, 4, 1, 2).flatten(0, 2), theirs)
    for ours, their in ((h, their_h), (c, their_c)):
        torch.testing.assert_close(ours.permute(0, 2, 3, 1).flatten(0, 2), their[0])


def test_a_kernel_of_3_hears_its_neighbors():
    def reach(kernel):
        net, x = ConvLSTM(1, 4, kernel=kernel), torch.zeros(1, 3, 1, 9, 9)
        before = net(x)[0]
        x[:, 0, :, 4, 4] = 1
        changed = (net(x)[0] - before).abs().amax((0, 2)) > 1e-7  # (T, 9, 9)
        return [int(frame.any(0).sum()) for frame in changed]

    assert reach(1) == [1, 1, 1]
    assert reach(3) == [3, 5, 7]  # a step further with each frame


@pytest.mark.parametrize("cuts", [(5,), (1, 2, 3, 4, 5, 6, 7), (3, 4)])
@pytest.mark.parametrize(
    "options", [FAMILIES["unet_lstm"], FAMILIES["unet_features_lstm"], {"recurrence": "location"}]
)
def test_chunks_with_their_state_are_one_long_run(options, cuts):
    net = _small(**options)
    clip = torch.rand(2, 8, 1, 20, 36)
    with torch.no_grad():
        whole, last = net(clip)
        parts, state = [], None
        for start, end in itertools.pairwise((0, *cuts, 8)):
            ab, state = net(clip[:, start:end], state)
            parts.append(ab)
        without_state = torch.cat([net(chunk)[0] for chunk in clip.split(4, 1)], 1)
    torch.testing.assert_close(torch.cat(parts, 1), whole, atol=1e-5, rtol=0)
    for ours, theirs in zip(state, last, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
    torch.testing.assert_close(without_state[:, :4], whole[:, :4], atol=1e-5, rtol=0)
    assert (without_state - whole)[:, 4:].abs().max() > 1e-4


def test_a_stateless_network_begins_every_chunk_with_nothing():
    net = _small(**FAMILIES["unet_lstm_stateless"])
    clip = torch.rand(1, 4, 1, 16, 16)
    with torch.no_grad():
        first, state = net(clip)
        assert state is None
        carried = _small(**FAMILIES["unet_lstm"])
        carried.load_state_dict(net.state_dict())
        other, state = carried(clip)
        torch.testing.assert_close(first, other)
        torch.testing.assert_close(net(clip, state)[0], first)
        assert (carried(clip, state)[0] - first).abs().max() > 1e-4


@pytest.mark.parametrize("two_way", [False, True])
def test_a_flagged_row_forgets_and_the_others_do_not(two_way):
    net = _small(recurrence="conv", two_way=two_way)
    clip, before = torch.rand(3, 4, 1, 16, 24), torch.rand(3, 4, 1, 16, 24)
    with torch.no_grad():
        _, state = net(before)
        ab, after = net(clip, state, torch.tensor([False, True, False]))
        kept, kept_after = net(clip, state, torch.zeros(3, dtype=torch.bool))
        fresh, fresh_after = net(clip)
    for row, (wanted, wanted_after) in enumerate(
        [(kept, kept_after), (fresh, fresh_after), (kept, kept_after)]
    ):
        torch.testing.assert_close(ab[row], wanted[row], atol=1e-6, rtol=1e-5)
        for part, there in zip(after, wanted_after, strict=True):
            torch.testing.assert_close(part[row], there[row], atol=1e-6, rtol=1e-5)
    assert (kept - fresh).abs().amax((1, 2, 3, 4)).min() > 1e-4


def test_a_reset_survives_a_state_that_went_astray():
    """Zero times NaN is NaN: what is forgotten must be gone, not multiplied away."""
    astray = tuple(torch.full((2, 3, 4, 4), torch.nan) for _ in range(2))
    for part in reset(astray, torch.tensor([True, False])):
        assert not part[0].any() and part[1].isnan().all()


def test_two_lockstep_streams_are_each_clip_alone():
    """The loader's flags and the network's state together: every clip is colored as if it had run by itself."""
    clips = [torch.rand(length, 16, 16, 1).numpy() for length in (7, 3, 5, 4)]
    net = _small(recurrence="conv")
    found, state = [[] for _ in clips], None
    with torch.no_grad():
        for batch in StatefulStreamLoader(clips, rows=2, chunk=3, seed=1):
            ab, state = net(batch.frames.movedim(-1, 2), state, batch.is_first)
            for row, clip in enumerate(batch.clip.tolist()):
                found[clip].append(ab[row][batch.valid[row]])
        for clip, pieces in zip(clips, found, strict=True):
            alone, _ = net(torch.from_numpy(clip).movedim(-1, 1)[None])
            torch.testing.assert_close(torch.cat(pieces), alone[0], atol=1e-5, rtol=0)


def test_gradients_end_at_the_chunk():
    net = _small(recurrence="conv").train()
    first, second = torch.rand(2, 1, 2, 1, 16, 16).unbind()
    first.requires_grad_(), second.requires_grad_()
    _, state = net(first)
    assert not any(part.requires_grad for part in state)
    after, _ = net(second, state)
    after.square().sum().backward()
    assert first.grad is None and second.grad.abs().sum() > 0
    net(torch.cat([first, second], 1))[0][:, 2:].square().sum().backward()
    assert first.grad.abs().sum() > 0  # inside one chunk they go back


@pytest.mark.parametrize("two_way", [False, True])
def test_one_way_knows_the_past_and_two_ways_the_future(two_way):
    net = _small(recurrence="conv", two_way=two_way)
    clip = torch.rand(1, 6, 1, 16, 16)
    changed = clip.clone()
    changed[:, 3] = 0
    with torch.no_grad():
        moved = (net(clip)[0] - net(changed)[0]).abs().amax((0, 2, 3, 4)) > 1e-6
    assert moved.tolist() == [two_way] * 3 + [True] * 3


@pytest.mark.parametrize("recurrence", ["none", "conv"])
def test_without_recurrence_each_frame_is_on_its_own(recurrence):
    net = _small(recurrence=recurrence)
    clip = torch.rand(2, 3, 1, 16, 16)
    with torch.no_grad():
        together, state = net(clip)
        apart = torch.cat([net(frame)[0] for frame in clip.split(1, 1)], 1)
    assert (state is None) == (recurrence == "none")
    assert torch.allclose(together, apart, atol=1e-6) == (recurrence == "none")


def test_skips_carry_what_the_bottleneck_loses():
    """A single pixel's change moves the color beside it alone with skips; without, all that its cell of 16 x 16 reaches."""

    def spread(skips):
        torch.manual_seed(1)
        net = _small(skips=skips)
        net.down[-1].requires_grad_(False)
        for block in net.down[-1]:
            block[0].weight.data.zero_()  # nothing passes the bottleneck
        clip = torch.rand(1, 1, 1, 64, 64)
        changed = clip.clone()
        changed[..., 32, 32] += 0.5
        with torch.no_grad():
            return int(((net(clip)[0] - net(changed)[0]).abs().amax(2) > 1e-7).sum())

    assert spread(skips=False) == 0 and spread(skips=True) > 0


def test_features_tell_every_place_of_the_whole_picture():
    clip = torch.rand(1, 1, 1, 400, 400)
    changed = clip.clone()
    changed[..., :100, :100] = 0
    for features in (False, True):
        net = _small(features=features)
        with torch.no_grad():
            moved = (net(clip)[0] - net(changed)[0])[..., -16:, -16:].abs().max()
        assert (moved > 0) == features


@pytest.mark.parametrize("size", [(72, 128), (50, 37), (16, 16), (7, 5), (1, 1)])
@pytest.mark.parametrize("head", CHANNELS)
def test_any_size_and_head_gives_color_of_that_size(size, head):
    net = _small(recurrence="conv", features=True, head=head)
    clip = torch.rand(2, 3, 1, *size)
    with torch.no_grad():
        ab, _ = net(clip)
        scores, _ = net.scores(clip)
    assert ab.shape == (2, 3, 2, *size) and ab.isfinite().all()
    assert scores.shape == (2, 3, CHANNELS[head], -(-size[0] // 2), -(-size[1] // 2))
    if head != "linear":
        assert ab.abs().max() <= 1


@pytest.mark.parametrize("name", FAMILIES)
def test_families_are_small_and_every_weight_learns(name):
    net = RecurrentUNet(**FAMILIES[name])
    count = sum(p.numel() for p in net.parameters())
    assert 200_000 < count < (1_500_000 if name == "large" else 500_000)
    ab, state = net(torch.rand(2, 3, 1, 32, 32))
    ab.square().sum().backward()
    assert (state is not None) == (name in ("unet_lstm", "unet_features_lstm"))
    assert [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_families_hold_the_parts_their_names_say():
    for name, options in FAMILIES.items():
        net = RecurrentUNet(**options)
        parts = {part for part in ("memory", "whole") if getattr(net, part) is not None}
        assert parts == {part for part, word in (("memory", "lstm"), ("whole", "features")) if word in name}
        assert any(isinstance(m, nn.BatchNorm2d) for m in net.modules()) == (name == "large")


@pytest.mark.parametrize("head", ["linear", "tanh", "separate", "joint"])
def test_each_head_can_learn_one_color(head):
    ab = torch.tensor([0.3, -0.2]).view(1, 2, 1, 1).expand(2, 2, 2, 2)
    scores = torch.zeros(2, CHANNELS[head], 2, 2, requires_grad=True)
    optimizer = torch.optim.Adam([scores], 0.2)
    first = color_loss(head, scores, ab).item()
    for _ in range(80):
        optimizer.zero_grad()
        color_loss(head, scores, ab).backward()
        optimizer.step()
    assert color_loss(head, scores, ab) < first
    error = (read_color(head, scores.detach(), 1.0) - ab)[..., ::2, ::2].abs().max()
    assert error < (1 / 15 + 0.01 if head == "separate" else 0.02)  # half a bin


def test_joint_head_is_part_ones_decoding_and_loss():
    scores = torch.randn(2, 313, 3, 4)
    theirs = decode(scores.softmax(1).permute(0, 2, 3, 1).numpy(), ab_bin_centers(), 0.38) / 110
    np.testing.assert_allclose(read_color("joint", scores, 0.38).permute(0, 2, 3, 1), theirs, atol=1e-5)
    ab = torch.rand(2, 2, 3, 4) - 0.5
    loss = color_loss("joint", scores, ab)
    scores, ab = scores[..., ::2, ::2], ab[..., ::2, ::2]
    target = torch.from_numpy(SoftEncoder(ab_bin_centers()).encode(ab.permute(0, 2, 3, 1).numpy() * 110))
    theirs = F.cross_entropy(scores, target.permute(0, 3, 1, 2).float())
    torch.testing.assert_close(loss, theirs, atol=1e-4, rtol=1e-4)


def test_separate_bins_are_what_they_say():
    assert separate_bin(separate_centers()).tolist() == list(range(15))
    torch.testing.assert_close(separate_centers().flip(0), -separate_centers())
    scores, ab = torch.randn(2, 30, 3, 4), torch.rand(2, 2, 3, 4) * 2 - 1
    a, b = (F.cross_entropy(part, separate_bin(ab[:, i])) for i, part in enumerate(scores.chunk(2, 1)))
    torch.testing.assert_close(color_loss("separate", scores, ab), a + b)
    shares = scores.chunk(2, 1)[1].softmax(1).permute(0, 2, 3, 1).numpy()
    two = np.stack([separate_centers().numpy()] * 2, -1)  # decode reads colors of two numbers
    theirs = decode(shares, two, 0.38)[..., 0]
    np.testing.assert_allclose(read_color("separate", scores, 0.38)[:, 1], theirs, atol=1e-5)


def test_a_second_softmax_flattens_what_can_be_learned():
    ab = torch.zeros(1, 2, 1, 1)
    sure = torch.zeros(1, 30, 1, 1)
    sure[:, 7] = sure[:, 22] = 30.0  # quite certain, and right
    assert color_loss("separate", sure, ab) < 1e-3
    floor = 2 * np.log(1 + 14 / np.e)
    assert color_loss("separate", sure, ab, softmaxes=2).item() == pytest.approx(floor, abs=1e-4)
    gradients = []
    for softmaxes in (1, 2):
        scores = torch.zeros(1, 30, 1, 1, requires_grad=True)
        color_loss("separate", scores, ab, softmaxes=softmaxes).backward()
        gradients.append(scores.grad.norm().item())
    assert gradients[1] < gradients[0] / 10


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"recurrence": "lstm"}, "recurrence must be one of none, location, conv; got 'lstm'"),
        ({"head": "bins"}, "head must be one of linear, tanh, separate, joint; got 'bins'"),
        ({"width": 0}, "width must be at least 1, got 0"),
        ({"two_way": True}, "two_way needs a recurrence"),
    ],
)
def test_bad_options_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        RecurrentUNet(**options)


@pytest.mark.parametrize("shape", [(1, 1, 16, 16), (1, 2, 3, 16, 16), (1, 0, 1, 16, 16), (0, 2, 1, 16, 16)])
def test_bad_clips_are_named(shape):
    with pytest.raises(ValueError, match=r"lightness must be nonempty, of shape \(N, T, 1, H, W\)"):
        _small(recurrence="conv")(torch.zeros(shape))


def test_bad_states_and_flags_are_named():
    net = _small(recurrence="conv")
    _, state = net(torch.rand(2, 2, 1, 32, 32))
    for other in (torch.rand(2, 2, 1, 32, 64), torch.rand(3, 2, 1, 32, 32)):
        with pytest.raises(ValueError, match=r"state must have shape .* the same size of picture"):
            net(other, state)
    for flags in (torch.zeros(3, dtype=torch.bool), torch.zeros(2, 2, dtype=torch.bool), torch.zeros(2)):
        with pytest.raises(ValueError, match="is_first must have a bool for each of 2 rows"):
            net(torch.rand(2, 2, 1, 32, 32), state, flags)
    with pytest.raises(ValueError, match="kernel odd; got 2, 3 and 2"):
        ConvLSTMCell(2, 3, kernel=2)
    with pytest.raises(ValueError, match=r"x must have shape \(N, 2, H, W\)"):
        ConvLSTMCell(2, 3)(torch.zeros(1, 3, 4, 4))
    with pytest.raises(ValueError, match="T from 1"):
        ConvLSTM(2, 3)(torch.zeros(1, 0, 2, 4, 4))


def test_bad_scores_are_named():
    scores, ab = torch.zeros(1, 30, 2, 2), torch.zeros(1, 2, 2, 2)
    for call, words in (
        (lambda: read_color("nonesuch", scores), "head must be one of"),
        (lambda: read_color("linear", scores), r"must have shape \(N, 2, H, W\)"),
        (lambda: read_color("separate", scores, 0.0), "temperature must be above 0, got 0.0"),
        (lambda: color_loss("separate", scores, ab[..., :1]), r"ab must have shape \(1, 2, 2, 2\)"),
        (lambda: color_loss("separate", scores, ab, softmaxes=3), "softmaxes must be 1"),
        (
            lambda: color_loss("linear", ab, ab, softmaxes=2),
            "softmaxes must be 1, or 2 for the separate bins",
        ),
    ):
        with pytest.raises(ValueError, match=words):
            call()
