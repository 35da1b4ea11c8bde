"""Local attention against loops, against unfold and PyTorch's own attention: values, gradients, borders, memory, errors."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from course_lib.video import LocalAttention, local_attention


def _inputs(rows=2, frames=2, channels=4, out=3, size=(6, 5), window=3, seed=0, dtype=torch.float64):
    """query, key, value and bias, drawn."""
    made = torch.Generator().manual_seed(seed)
    shapes = (rows, channels), (rows, frames, channels), (rows, frames, out), (rows, window**2)
    return [torch.randn(*shape, *size, generator=made, dtype=dtype) for shape in shapes]


def _by_loops(query, key, value, window, bias=None):
    """The definition, position by position."""
    (rows, channels, height, width), reach = query.shape, window // 2
    out = query.new_zeros(rows, value.shape[2], height, width)
    for n, y, x in itertools.product(range(rows), range(height), range(width)):
        logits, values = [], []
        for frame, i, j in itertools.product(range(key.shape[1]), range(window), range(window)):
            near_y, near_x = y + i - reach, x + j - reach
            if 0 <= near_y < height and 0 <= near_x < width:
                logit = query[n, :, y, x] @ key[n, frame, :, near_y, near_x] / channels**0.5
                logits.append(logit if bias is None else logit + bias[n, i * window + j, y, x])
                values.append(value[n, frame, :, near_y, near_x])
        out[n, :, y, x] = torch.stack(logits).softmax(0) @ torch.stack(values)
    return out


def _by_unfold(query, key, value, window, bias=None):
    """Every window gathered by PyTorch: window² copies of the keys and of the values."""
    (rows, channels, height, width), frames = query.shape, key.shape[1]

    def gather(z):
        windows = F.unfold(z.flatten(0, 1), window, padding=window // 2)
        return windows.view(rows, frames, -1, window**2, height * width)

    inside = gather(torch.ones_like(key[:, :, :1]))[:, :, 0] > 0  # (N, d, window², H W)
    logits = torch.einsum("ncp,ndcwp->ndwp", query.flatten(2), gather(key)) / channels**0.5
    logits = logits if bias is None else logits + bias.flatten(2)[:, None]
    weights = logits.masked_fill(~inside, -torch.inf).flatten(1, 2).softmax(1).view_as(logits)
    return torch.einsum("ndwp,ndcwp->ncp", weights, gather(value)).view(rows, -1, height, width)


@pytest.mark.parametrize("frames", [1, 2, 3])
@pytest.mark.parametrize("with_bias", [False, True])
def test_it_is_the_loops_and_the_unfold(frames, with_bias):
    query, key, value, bias = _inputs(frames=frames)
    bias = bias if with_bias else None
    ours = local_attention(query, key, value, window=3, bias=bias)
    torch.testing.assert_close(ours, _by_loops(query, key, value, 3, bias))
    torch.testing.assert_close(ours, _by_unfold(query, key, value, 3, bias))


@settings(max_examples=30, deadline=None)
@given(
    rows=st.integers(1, 2),
    frames=st.integers(1, 3),
    channels=st.integers(1, 5),
    out=st.integers(1, 4),
    size=st.tuples(st.integers(1, 37), st.integers(1, 37)),
    window=st.sampled_from([1, 3, 5, 9, 15]),
    with_bias=st.booleans(),
    seed=st.integers(0, 99),
)
def test_any_shape_and_its_gradients_are_those_of_unfold(with_bias, window, **shapes):
    """Pictures of one tile and of many, whole or cut; windows smaller and larger than the picture."""
    inputs = [z.requires_grad_() for z in _inputs(window=window, **shapes)]
    used = inputs if with_bias else inputs[:3]
    ours = local_attention(*inputs[:3], window=window, bias=inputs[3] if with_bias else None)
    theirs = _by_unfold(*inputs[:3], window, inputs[3] if with_bias else None)
    torch.testing.assert_close(ours, theirs)
    direction = torch.randn_like(ours)
    for one, other in zip(
        torch.autograd.grad(ours, used, direction), torch.autograd.grad(theirs, used, direction), strict=True
    ):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("size", [(4, 7), (20, 18)])
def test_a_window_over_the_whole_picture_is_pytorchs_attention(frames, size):
    query, key, value, _ = _inputs(frames=frames, size=size)
    ours = local_attention(query, key, value, window=2 * max(size) - 1)
    places = [z.transpose(1, 2).flatten(2).transpose(1, 2) for z in (key, value)]  # (N, d H W, C or Cv)
    theirs = F.scaled_dot_product_attention(query.flatten(2).transpose(1, 2), *places)
    torch.testing.assert_close(ours.flatten(2).transpose(1, 2), theirs)


def test_gradients_are_true():
    inputs = [z.requires_grad_() for z in _inputs(rows=1, size=(3, 18), channels=2, out=2)]
    assert torch.autograd.gradcheck(
        lambda q, k, v, b: local_attention(q, k, v, window=3, bias=b), inputs, fast_mode=True
    )


@pytest.mark.parametrize("window", [1, 5, 15])
def test_a_position_hears_its_window_and_nothing_else(window):
    """Which values move the answer of three positions: a square of `window` around each, cut at the border."""
    reach = window // 2
    query, key, value, _ = _inputs(rows=1, out=1, size=(40, 23), window=window)
    value.requires_grad_()
    out = local_attention(query, key, value, window=window)
    for y, x in ((0, 0), (16, 15), (39, 10)):
        (heard,) = torch.autograd.grad(out[0, 0, y, x], value, retain_graph=True)
        expected = torch.zeros(40, 23, dtype=bool)
        expected[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1] = True
        assert torch.equal(heard[0, :, 0] > 0, expected.expand(2, -1, -1))
        assert heard.sum().item() == pytest.approx(1)  # weights of the picture alone: nothing goes to padding


def test_the_bias_names_places_by_their_offset():
    """A bias for the place one down and two to the left moves the picture that way; where there is none, the rest shares."""
    value = torch.randn(1, 1, 3, 20, 19)
    zeros = torch.zeros(1, 1, 4, 20, 19)
    bias = torch.zeros(1, 25, 20, 19)
    bias[:, (1 + 2) * 5 + (-2 + 2)] = 100
    out = local_attention(zeros[:, 0], zeros, value, window=5, bias=bias)
    torch.testing.assert_close(out[..., :-1, 2:], value[:, 0, :, 1:, :-2])
    torch.testing.assert_close(out[0, :, 19, 18], value[0, 0, :, 17:, 16:].mean((1, 2)))


def test_an_old_frame_counts_as_much_as_a_new_one():
    query, key, value, bias = _inputs(frames=3)
    turned = local_attention(query, key.flip(1), value.flip(1), window=3, bias=bias)
    torch.testing.assert_close(local_attention(query, key, value, window=3, bias=bias), turned)
    doubled = [torch.cat([z, z], 1) for z in (key, value)]
    torch.testing.assert_close(
        local_attention(query, *doubled, window=3), local_attention(query, key, value, window=3)
    )


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e15])
def test_finite_in_finite_out(size):
    query, key, value, bias = (size * z for z in _inputs(dtype=torch.float32))
    inputs = [z.requires_grad_() for z in (query, key, value, bias)]
    out = local_attention(*inputs[:3], window=3, bias=inputs[3])
    out.sum().backward()
    assert all(z.isfinite().all() for z in (out, *(z.grad for z in inputs)))


def _elements(run, given):
    """Elements of the largest tensor that `run` makes, views of what is `given` apart, and of what autograd keeps."""
    given = {z.untyped_storage().data_ptr() for z in given}

    def storage(z):
        return z.untyped_storage().data_ptr(), z.untyped_storage().nbytes() // z.element_size()

    class Watch(TorchDispatchMode):
        largest = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            out = function(*args, **(kwargs or {}))
            made = [storage(z) for z in tree_leaves(out) if torch.is_tensor(z)]
            self.largest = max(self.largest, *(size for place, size in made if place not in given), 0)
            return out

    kept = {}
    with (
        Watch() as watch,
        torch.autograd.graph.saved_tensors_hooks(lambda z: kept.update([storage(z)]) or z, lambda z: z),
    ):
        alive = run()
    assert alive is not None  # while it lives, no place is given away twice
    return watch.largest, sum(size for place, size in kept.items() if place not in given)


def test_no_copy_of_the_values_for_each_place_of_the_window():
    """Nothing made is larger than the values or a tile's logits. Training keeps, tile by tile, three numbers for each pair
    of a query and a key, and the values with their margins, 3.5 times as many as without. That unfold makes, and keeps,
    window² times the values shows that the watch sees such a thing."""
    window = 15
    given = _inputs(rows=1, frames=1, channels=8, out=64, size=(40, 36), window=window, dtype=torch.float32)
    query, key, value, bias = (z.requires_grad_() for z in given)
    largest, kept = _elements(lambda: local_attention(query, key, value, window=window, bias=bias), given)
    near = (16 + window - 1) ** 2  # positions of a tile and its margin
    assert largest <= max(value.numel(), 16**2 * near)
    assert kept <= 3 * 40 * 36 * near + near / 16**2 * (value.numel() + key.numel()) + query.numel()
    copied, kept = _elements(lambda: _by_unfold(query, key, value, window, bias), given)
    assert min(copied, kept) >= window**2 * value.numel()


def test_the_module_is_the_function_with_a_bias_from_the_query():
    torch.manual_seed(0)
    look = LocalAttention(4, window=5)
    query, key, value, _ = _inputs(dtype=torch.float32)
    weight, shift = look.relative_emb_k.weight, look.relative_emb_k.bias
    assert [*look.state_dict()] == ["relative_emb_k.weight", "relative_emb_k.bias"]
    assert weight.shape == (25, 4, 1, 1)
    bias = torch.einsum("pc,ncyx->npyx", weight[:, :, 0, 0], query)
    bias = bias + shift[:, None, None]
    torch.testing.assert_close(look(query, key, value), _by_unfold(query, key, value, 5, bias))
    look(query, key, value).sum().backward()
    assert weight.grad is not None and shift.grad is not None
    plain = LocalAttention(4, window=5, relative_bias=False)
    assert not plain.state_dict()
    torch.testing.assert_close(plain(query, key, value), local_attention(query, key, value, window=5))


Q, K, V = (2, 4, 6, 5), (2, 3, 4, 6, 5), (2, 3, 7, 6, 5)


@pytest.mark.parametrize(
    ("shapes", "window", "words"),
    [
        ((Q, K, V), 4, "window must be odd"),
        ((Q, K, V), 0, "window must be odd"),
        ((Q, K, V), -3, "window must be odd"),
        ((Q[1:], K, V), 3, "query"),
        ((K, K, V), 3, "query"),
        (((2, 4, 0, 5), K, V), 3, "query"),
        ((Q, Q, V), 3, "key"),
        ((Q, (2, 3, 5, 6, 5), V), 3, "key"),
        ((Q, (1, *K[1:]), V), 3, "key"),
        ((Q, (2, 0, 4, 6, 5), V), 3, "key"),
        ((Q, K, (2, 2, 7, 6, 5)), 3, "value"),
        ((Q, K, (2, 3, 7, 5, 6)), 3, "value"),
        ((Q, K, (2, 3, 0, 6, 5)), 3, "value"),
        ((Q, K, V, (2, 9, 6, 6)), 3, "bias"),
        ((Q, K, V, (2, 27, 6, 5)), 3, "bias"),
    ],
)
def test_errors_name_what_is_wrong(shapes, window, words):
    query, key, value, *bias = (torch.zeros(shape) for shape in shapes)
    with pytest.raises(ValueError, match=words):
        local_attention(query, key, value, window=window, bias=bias[0] if bias else None)


@pytest.mark.parametrize(("channels", "window", "words"), [(0, 3, "channels"), (4, 2, "window")])
def test_the_module_refuses_numbers_it_cannot_use(channels, window, words):
    with pytest.raises(ValueError, match=words):
        LocalAttention(channels, window=window)
