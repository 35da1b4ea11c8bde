"""Exports that can't be: the message says what to change, and nothing is left behind."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.engines import OnnxModel, export_ncnn, export_onnx


class ByValue(nn.Module):
    def forward(self, x):
        if x.mean() > 0.5:
            return 2 * x
        return x


class ByItem(nn.Module):
    def forward(self, x):
        return x[..., : int(x.max().item()) + 1]


class FixedBatch(nn.Module):
    def forward(self, x):
        return x.reshape(2, 3, 64).mean(2)


class FixedSize(nn.Module):
    def forward(self, x):
        return x.reshape(len(x), 192)


class Pinned(nn.Module):
    """Takes any height in torch, and makes a number of it."""

    def forward(self, x):
        return x * int(x.shape[2] // x.shape[2] * 3) if x.shape[2] == 8 else 3 * x


class ThroughNumpy(nn.Module):
    def forward(self, x):
        return torch.from_numpy(2 * x.numpy())


class Median(nn.Module):
    def forward(self, x):
        return x.flatten(1).median(1).values[:, None]


class Several(nn.Module):
    def forward(self, x):
        return {"one": x, "two": x}


class Noisy(nn.Module):
    def forward(self, x):
        return x + torch.rand_like(x)


EXAMPLE = torch.rand(2, 3, 8, 8)
EVERY = ("batch", "height", "width")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (ByValue(), r"decides by the values.*torch\.where.*if x\.mean\(\) > 0\.5"),
        (ByItem(), r"decides by the values.*\.item\(\)"),
        (ThroughNumpy(), "torch's operators on tensors from input to output.*numpy"),
        (Several(), "must answer one tensor; it answers a dict: wrap it"),
    ],
)
@pytest.mark.parametrize("export", [export_onnx, export_ncnn])
def test_what_torch_cannot_follow(export, model, words, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=words):
        export(model, tmp_path / "model", EXAMPLE)
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (FixedBatch(), r"dynamic asks for the batch.*\(4, 3, 8, 8\).*x\.shape\[\.\.\.\]"),
        (FixedSize(), r"dynamic asks for the height.*\(2, 3, 16, 8\).*leave it out of dynamic"),
        (Pinned(), "fixes the height that dynamic asks to leave open"),
    ],
)
def test_sizes_written_as_numbers(model, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        export_onnx(model, tmp_path / "model.onnx", EXAMPLE, dynamic=EVERY)
    assert not list(tmp_path.iterdir())


def test_by_default_a_fixed_size_stays_fixed_even_after_a_failure(tmp_path):
    """torch leaves marks on the example when an export fails; they must not open axes of the next."""
    with pytest.raises(ValueError):
        export_onnx(ByValue(), tmp_path / "model.onnx", EXAMPLE)
    engine = OnnxModel(export_onnx(FixedBatch(), tmp_path / "model.onnx", EXAMPLE))
    assert engine.input_shape == (2, 3, 8, 8)
    np.testing.assert_allclose(engine(EXAMPLE.numpy()), FixedBatch()(EXAMPLE).numpy(), atol=1e-6)


def test_an_operator_without_translation(tmp_path):
    with pytest.raises(
        ValueError, match=r"uses aten\.median, which has no translation to ONNX: write it with"
    ):
        export_onnx(Median(), tmp_path / "model.onnx", EXAMPLE, dynamic=())
    with pytest.raises(ValueError, match="uses aten::median, which NCNN doesn't have: write it with"):
        export_ncnn(Median(), tmp_path / "model", EXAMPLE)
    assert not list(tmp_path.iterdir())


def test_a_file_that_does_not_do_what_torch_does_is_not_written(tmp_path):
    (tmp_path / "model.onnx").write_text("what was there before")
    with pytest.raises(ValueError, match=r"is off by .* from torch.*random numbers"):
        export_onnx(Noisy(), tmp_path / "model.onnx", EXAMPLE, dynamic=())
    assert [path.read_text() for path in tmp_path.iterdir()] == ["what was there before"]


@pytest.mark.parametrize("export", [export_onnx, export_ncnn])
def test_bad_arguments_are_named(export, tmp_path):
    model = nn.Identity()
    for arguments, error, words in (
        ((torch.relu, tmp_path / "m", EXAMPLE), TypeError, "model must be a torch.nn.Module"),
        ((model, tmp_path / "m", EXAMPLE.numpy()), TypeError, "example must be a tensor.*ndarray"),
        ((model, tmp_path / "m", EXAMPLE.double()), TypeError, "example must be float32; got torch.float64"),
        ((model, tmp_path / "m", EXAMPLE[0, 0, 0]), ValueError, r"two axes or more; got shape \(8,\)"),
        ((model, tmp_path / "m", EXAMPLE[:0]), ValueError, "nonempty"),
        ((model, tmp_path / "m", EXAMPLE / 0), ValueError, "finite"),
        ((model, tmp_path / "no" / "m", EXAMPLE), FileNotFoundError, "no folder .*no"),
        (
            (nn.Linear(3, 2), tmp_path / "m", EXAMPLE),
            ValueError,
            r"model fails on an input of shape \(2, 3, 8, 8\)",
        ),
    ):
        with pytest.raises(error, match=words):
            export(*arguments)
    assert not list(tmp_path.iterdir())


def test_bad_axes_are_named(tmp_path):
    for dynamic in (("depth",), "batch"):
        with pytest.raises(ValueError, match="dynamic must be a tuple of 'batch', 'height', 'width'; got"):
            export_onnx(nn.Identity(), tmp_path / "m.onnx", EXAMPLE, dynamic=dynamic)
    with pytest.raises(ValueError, match=r"only inputs .N, C, H, W. have"):
        export_onnx(nn.Linear(8, 2), tmp_path / "m.onnx", EXAMPLE[0, 0], dynamic=("height",))
