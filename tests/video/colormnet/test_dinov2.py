"""ViT-S/14 against timm's, with the same random weights; positions against a bicubic interpolation by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import course_lib  # noqa: F401  # its guard lets timm import torchvision
from course_lib.video import DinoV2Small
from course_lib.video.colormnet import dinov2

timm = pytest.importorskip("timm", reason="timm is what ViT-S/14 is compared with")


@pytest.fixture(scope="module")
def ours():
    torch.manual_seed(0)
    model = DinoV2Small().eval()
    with torch.no_grad():  # so that gains, offsets and the whole's token play a part
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1 or name == "cls_token":
                parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def theirs(ours, height, width, depth=12):
    """timm's network for this size, with our weights, and our positions where it would interpolate otherwise."""
    model = timm.create_model(
        "vit_small_patch14_dinov2", pretrained=False, img_size=(height, width), depth=depth
    )
    weights = {
        name: value
        for name, value in ours.state_dict().items()
        if name != "mask_token" and not (name.startswith("blocks.") and int(name.split(".")[1]) >= depth)
    }
    weights["pos_embed"] = ours.positions(height // 14, width // 14)
    model.load_state_dict(weights)
    return model.eval()


def test_the_state_dict_is_the_official_one(ours):
    names = {name: tuple(value.shape) for name, value in ours.state_dict().items()}
    reference = timm.create_model("vit_small_patch14_dinov2", pretrained=False)
    expected = {name: tuple(value.shape) for name, value in reference.state_dict().items()}
    assert names == expected | {"mask_token": (1, 384)}  # timm's file leaves the pretraining's token out
    assert sum(p.numel() for p in ours.parameters()) == 22_056_576  # 22.057 M


@torch.inference_mode()
@pytest.mark.parametrize(("height", "width", "layers"), [(518, 518, (0, 2)), (112, 224, (8, 9, 10, 11))])
def test_features_are_timms(ours, height, width, layers):
    """At 518 x 518 the positions of training serve as they are; there the first blocks are enough."""
    image = torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(1))
    reference = theirs(ours, height, width, depth=max(layers) + 1)
    expected = reference.forward_intermediates(
        image, indices=list(layers), norm=True, intermediates_only=True
    )
    found = ours.intermediate_layers(image, layers)
    assert len(found) == len(layers)
    for ours_, theirs_ in zip(found, expected, strict=True):
        assert ours_.shape == (1, 384, height // 14, width // 14)
        torch.testing.assert_close(ours_, theirs_, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_the_whole_pictures_token_is_timms(ours):
    image = torch.randn(2, 3, 98, 70, generator=torch.Generator().manual_seed(2))
    expected = theirs(ours, 98, 70).forward_features(image)[:, 0]
    torch.testing.assert_close(ours(image), expected, atol=1e-4, rtol=1e-4)


def bicubic(values, places):
    """Cubic convolution with a = -0.75 along the first axis of `values`, the border repeated."""

    def kernel(x):
        x = np.abs(x)
        near = 1.25 * x**3 - 2.25 * x**2 + 1
        far = -0.75 * (x**3 - 5 * x**2 + 8 * x - 4)
        return np.where(x <= 1, near, np.where(x < 2, far, 0))

    start = np.floor(places).astype(int)
    taken = [
        kernel(places - start - i)[:, None, None] * values[(start + i).clip(0, len(values) - 1)]
        for i in range(-1, 3)
    ]
    return sum(taken)


@pytest.mark.parametrize(("rows", "columns"), [(8, 16), (37, 30), (45, 9), (38, 38)])
def test_positions_are_read_bicubically_at_the_official_places(rows, columns):
    torch.manual_seed(3)
    model = DinoV2Small(width=4, depth=1, heads=2)
    grid = model.pos_embed.detach()[0, 1:].double().reshape(37, 37, 4).numpy()
    down, right = ((np.arange(n) + 0.5) * 37 / (n + 0.1) - 0.5 for n in (rows, columns))
    expected = bicubic(bicubic(grid, down).transpose(1, 0, 2), right).transpose(1, 0, 2)
    found = model.positions(rows, columns).detach()
    torch.testing.assert_close(found[0, :1], model.pos_embed.detach()[0, :1])
    np.testing.assert_allclose(found[0, 1:].numpy(), expected.reshape(-1, 4), atol=1e-6)


def test_positions_differ_from_timms_in_antialiasing_and_in_a_tenth_of_a_patch(monkeypatch):
    from timm.layers import resample_abs_pos_embed

    torch.manual_seed(4)
    model = DinoV2Small(width=4, depth=1, heads=2)
    official = model.positions(16, 16).detach()
    plain = resample_abs_pos_embed(model.pos_embed.detach(), [16, 16], antialias=False)
    default = resample_abs_pos_embed(model.pos_embed.detach(), [16, 16])
    assert (official - plain).abs().max() > 1e-3 < (official - default).abs().max()
    monkeypatch.setattr(dinov2, "_OFFSET", 1e-6)
    torch.testing.assert_close(model.positions(16, 16).detach(), plain, atol=1e-6, rtol=0)


def test_positions_of_training_are_taken_as_they_are():
    model = DinoV2Small(width=4, depth=1, heads=2, grid=5)
    assert model.positions(5, 5) is model.pos_embed


@settings(max_examples=10)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 2))
def test_a_map_of_patches_a_layer(rows, columns, pictures):
    model = DinoV2Small(width=6, depth=3, heads=3, grid=3)
    maps = model.intermediate_layers(torch.zeros(pictures, 3, 14 * rows, 14 * columns), layers=(0, 2))
    assert [m.shape for m in maps] == [(pictures, 6, rows, columns)] * 2


def test_a_patch_is_where_it_was():
    """With blocks that add nothing, a map's place holds its own patch's embedding."""
    model = DinoV2Small(width=6, depth=1, heads=3, grid=3).eval()
    with torch.no_grad():
        model.pos_embed.zero_()
        for scale in (model.blocks[0].ls1, model.blocks[0].ls2):
            scale.gamma.zero_()
        image = torch.randn(1, 3, 28, 42)
        expected = model.norm(model.patch_embed.proj(image).movedim(1, -1)).movedim(-1, 1)
        torch.testing.assert_close(model.intermediate_layers(image, (0,))[0], expected)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"width": 10, "heads": 3}, "heads"), ({"depth": 0}, "depth"), ({"grid": 0}, "grid")],
)
def test_a_network_that_cannot_be_is_named(options, words):
    with pytest.raises(ValueError, match=words):
        DinoV2Small(**options)


@pytest.mark.parametrize("shape", [(3, 28, 28), (1, 1, 28, 28), (1, 3, 28, 30), (1, 3, 0, 28)])
def test_a_picture_that_does_not_fit_is_named(shape):
    with pytest.raises(ValueError, match="multiples of 14"):
        DinoV2Small(width=6, depth=1, heads=3, grid=3)(torch.zeros(shape))


@pytest.mark.parametrize("layers", [(), (1,), (-1,)])
def test_a_layer_that_is_not_there_is_named(layers):
    with pytest.raises(ValueError, match="layers must be among 0 to 0"):
        DinoV2Small(width=6, depth=1, heads=3, grid=3).intermediate_layers(torch.zeros(1, 3, 28, 28), layers)
