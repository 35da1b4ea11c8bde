"""Codes and back: equal to torch's own fake quantization, gradient included, and to ONNX Runtime's QuantizeLinear."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.cry.quantization import code_range, dequantize, fake_quantize, grid_for, quantize

BITS = st.integers(2, 8)


def numbers(seed, *shape):
    return 3 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@given(st.integers(0, 10**6), BITS, st.booleans())
def test_values_and_gradient_are_torchs(seed, bits, symmetric):
    x = numbers(seed, 2000).requires_grad_()
    scale, zero_point = grid_for(-4.0, 6.0, bits, symmetric=symmetric)
    ours = fake_quantize(x, bits, scale, zero_point, symmetric)
    (ours**2).sum().backward()
    slope, x.grad = x.grad, None
    theirs = torch.fake_quantize_per_tensor_affine(
        x, scale.item(), zero_point.item(), *code_range(bits, symmetric=symmetric)
    )
    (theirs**2).sum().backward()
    assert torch.equal(ours, theirs)
    torch.testing.assert_close(slope, x.grad)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("symmetric", [True, False])
def test_a_scale_for_each_channel_is_torchs(axis, symmetric):
    x = numbers(1, 5, 7, 3)
    others = [place for place in range(3) if place != axis % 3]
    scale, zero_point = grid_for(x.amin(others), x.amax(others), 4, symmetric=symmetric)
    theirs = torch.fake_quantize_per_channel_affine(
        x, scale, zero_point, axis % 3, *code_range(4, symmetric=symmetric)
    )
    assert torch.equal(fake_quantize(x, 4, scale, zero_point, symmetric, axis), theirs)


def test_the_scales_gradient_is_learned_step_size_quantizations():
    x = torch.tensor([0.3, -0.2, 0.66, 5.0, -5.0])
    scale = torch.tensor(0.1, requires_grad=True)
    fake_quantize(x, 4, scale).sum().backward()
    v = x / 0.1
    expected = torch.where(v.abs() < 7, v.round() - v, 7 * v.sign())  # equation 3, Qn = Qp = 7
    assert scale.grad.item() == pytest.approx(expected.sum().item(), abs=1e-4)


@given(st.integers(0, 10**6), BITS, st.booleans())
def test_back_and_forth(seed, bits, symmetric):
    x = numbers(seed, 500)
    scale, zero_point = grid_for(x.min(), x.max(), bits, symmetric=symmetric)
    codes = quantize(x, bits, scale, zero_point, symmetric)
    lowest, highest = code_range(bits, symmetric=symmetric)
    assert codes.dtype == torch.int32
    assert lowest <= codes.min() and codes.max() <= highest
    back = dequantize(codes, scale, zero_point)
    assert torch.equal(back, fake_quantize(x, bits, scale, zero_point, symmetric))
    # inside the range the error is half a step; affine codes whose zero point was rounded lose up to half a step at an end
    assert (back - x).abs().max() <= scale * (0.5 if symmetric else 1.0) * (1 + 1e-5)
    assert dequantize(quantize(np.zeros(3), bits, scale, zero_point, symmetric), scale, zero_point).any() == 0


def test_onnx_runtime_gives_the_same_codes(tmp_path):
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    x = numbers(2, 1000).numpy()
    scale, zero_point = grid_for(x.min(), x.max(), 8, symmetric=False)
    node = onnx.helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"])
    graph = onnx.helper.make_graph(
        [node],
        "quantize",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1000])],
        [onnx.helper.make_tensor_value_info("q", onnx.TensorProto.UINT8, [1000])],
        [
            onnx.numpy_helper.from_array(scale.numpy(), "scale"),
            onnx.numpy_helper.from_array(zero_point.numpy().astype(np.uint8), "zero"),
        ],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=10)
    (theirs,) = runtime.InferenceSession(model.SerializeToString()).run(None, {"x": x})
    assert (
        np.abs(quantize(x, 8, scale, zero_point, symmetric=False) - theirs).max() <= 1
    )  # a half may fall either way
    assert (quantize(x, 8, scale, zero_point, symmetric=False) == theirs).mean() > 0.99


def test_every_bit_is_six_decibels():
    x = torch.rand(100_000, generator=torch.Generator().manual_seed(3)) * 2 - 1
    scales = [grid_for(-1.0, 1.0, bits)[0] for bits in range(3, 10)]
    noise = [((fake_quantize(x, bits, s) - x) ** 2).mean().item() for bits, s in enumerate(scales, 3)]
    steps = [s.item() ** 2 / 12 for s in scales]
    assert np.allclose(noise, steps, rtol=0.05)  # S**2 / 12, the variance of a uniform error
    assert 10 * np.log10(noise[-2] / noise[-1]) == pytest.approx(6.02, abs=0.2)


def test_ranges():
    assert grid_for(0.0, 0.0, 8)[0] == 1
    assert grid_for(0.5, 2.0, 8, symmetric=False)[1] == 0  # widened to 0
    assert grid_for(-2.0, -0.5, 8, symmetric=False)[1] == 255
    scale, zero_point = grid_for([-1.0, 0.0], [3.0, 0.0], 4, symmetric=False)
    assert scale.tolist() == pytest.approx([4 / 15, 1.0]) and zero_point.tolist() == [4, 0]
    assert torch.isfinite(1 / grid_for(-1e-45, 0.0, 8)[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bits": 4.0}, "bits must be a whole number, got 4.0"),
        ({"bits": 1}, "bits must be from 2 to 16, got 1"),
        ({"x": [np.nan]}, "x must be finite"),
        ({"x": ["a"]}, "x must be numbers"),
        ({"scale": 0.0}, "scale must be above 0, got 0"),
        ({"scale": [0.1, 0.2]}, "say by axis"),
        ({"scale": [0.1, 0.2], "axis": 0}, "or 3 for axis 0 of x"),
        ({"axis": 2}, "axis must be one of the 1 axes of x, got 2"),
        ({"zero_point": 3}, "symmetric codes have the zero point 0"),
        ({"zero_point": 0.5, "symmetric": False}, "a whole number"),
        ({"zero_point": 300, "symmetric": False}, "from 0 to 255"),
    ],
)
@pytest.mark.parametrize("function", [quantize, fake_quantize])
def test_what_doesnt_fit_is_named(function, arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        function(**({"x": [1.0, 2.0, 3.0], "bits": 8, "scale": 0.1} | arguments))


def test_a_range_that_runs_downward_is_named():
    with pytest.raises(ValueError, match="low must be finite and at most high"):
        grid_for(1.0, -1.0, 8)
    with pytest.raises(ValueError, match="low must be finite and at most high"):
        grid_for(0.0, float("inf"), 8)
