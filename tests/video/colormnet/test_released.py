"""The full network has the released names and shapes, written down here apart from it, and takes such a file."""

import pickle
import re

import pytest
import torch
from safetensors.torch import save_file

from course_lib.video.colormnet.network import ColorMNet
from course_lib.video.colormnet.released import load_released


def released_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the released file, batch norms' counters left out."""
    shapes: dict[str, tuple[int, ...]] = {}

    def conv(name, out, inside, side, bias=True):
        shapes[f"{name}.weight"] = (out, inside, side, side)
        if bias:
            shapes[f"{name}.bias"] = (out,)

    def linear(name, out, inside):
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (out, inside), (out,)

    def norm(name, channels, batch=False):
        for part in ("weight", "bias", *(("running_mean", "running_var") if batch else ())):
            shapes[f"{name}.{part}"] = (channels,)

    def bottlenecks(name, count, inside, middle):
        for i in range(count):
            at = f"{name}.{i}"
            for j, (out, came, side) in enumerate(
                [(middle, inside if i == 0 else 4 * middle, 1), (middle, middle, 3), (4 * middle, middle, 1)],
                1,
            ):
                conv(f"{at}.conv{j}", out, came, side, bias=False)
                norm(f"{at}.bn{j}", out, batch=True)
        conv(f"{name}.0.downsample.0", 4 * middle, inside, 1, bias=False)
        norm(f"{name}.0.downsample.1", 4 * middle, batch=True)

    def basic(name, inside, out):
        for i in range(2):
            for j in (1, 2):
                conv(f"{name}.{i}.conv{j}", out, inside if (i, j) == (0, 1) else out, 3, bias=False)
                norm(f"{name}.{i}.bn{j}", out, batch=True)
        if inside != out:
            conv(f"{name}.0.downsample.0", out, inside, 1, bias=False)
            norm(f"{name}.0.downsample.1", out, batch=True)

    def residual(name, inside, out):
        conv(f"{name}.conv1", out, inside, 3)
        conv(f"{name}.conv2", out, out, 3)
        if inside != out:
            conv(f"{name}.downsample", out, inside, 3)

    def fuser(name, inside):
        residual(f"{name}.block1", inside, 512)
        linear(f"{name}.attention.ChannelGate.mlp.1", 32, 512)
        linear(f"{name}.attention.ChannelGate.mlp.3", 512, 32)
        conv(f"{name}.attention.SpatialGate.spatial.conv", 1, 2, 7)
        residual(f"{name}.block2", 512, 512)

    key = "key_encoder"
    conv(f"{key}.conv1", 64, 3, 7, bias=False)
    norm(f"{key}.bn1", 64, batch=True)
    bottlenecks(f"{key}.res2", 3, 64, 64)
    bottlenecks(f"{key}.layer2", 4, 256, 128)
    bottlenecks(f"{key}.layer3", 6, 512, 256)
    vit = f"{key}.network2.backbone"
    shapes |= {
        f"{vit}.cls_token": (1, 1, 384),
        f"{vit}.pos_embed": (1, 1370, 384),
        f"{vit}.mask_token": (1, 384),
    }
    conv(f"{vit}.patch_embed.proj", 384, 3, 14)
    for i in range(12):
        at = f"{vit}.blocks.{i}"
        for j in (1, 2):
            norm(f"{at}.norm{j}", 384)
            shapes[f"{at}.ls{j}.gamma"] = (384,)
        linear(f"{at}.attn.qkv", 1152, 384)
        linear(f"{at}.attn.proj", 384, 384)
        linear(f"{at}.mlp.fc1", 1536, 384)
        linear(f"{at}.mlp.fc2", 384, 1536)
    norm(f"{vit}.norm", 384)
    conv(f"{key}.network2.conv3", 1536, 1536, 1, bias=False)
    norm(f"{key}.network2.bn3", 1536, batch=True)
    for i, channels in ((1, 1024), (2, 512), (3, 256)):
        at = f"{key}.fuse{i}"
        conv(f"{at}.encode_enc", channels, 1536, 3)
        for j in (1, 2, 3):
            norm(f"{at}.norm{j}", channels)
        shapes[f"{at}.crossattn.temperature"] = (8, 1, 1)
        for part in ("to_q", "to_k", "to_v"):
            conv(f"{at}.crossattn.{part}", 2 * channels, channels, 1)
            conv(f"{at}.crossattn.{part}_dw", 2 * channels, 1, 3)
        conv(f"{at}.crossattn.to_out.0", channels, 2 * channels, 1)

    for part, out in (("key_proj", 64), ("d_proj", 1), ("e_proj", 64)):
        conv(f"key_proj.{part}", out, 1024, 3)

    conv("value_encoder.conv1", 64, 5, 7, bias=False)
    norm("value_encoder.bn1", 64, batch=True)
    basic("value_encoder.layer1", 64, 64)
    basic("value_encoder.layer2", 64, 128)
    basic("value_encoder.layer3", 128, 256)
    fuser("value_encoder.fuser", 1024 + 256)
    conv("value_encoder.hidden_reinforce.transform", 192, 512 + 64, 3)

    conv("short_term_attn.relative_emb_k", 225, 64, 1)
    conv("short_term_attn.dw_conv.conv", 1024, 1, 5, bias=False)
    linear("short_term_attn.projection", 1024, 1024)

    fuser("decoder.fuser", 1024 + 512 + 64)
    for part, inside in (("g16_conv", 512), ("g8_conv", 256), ("g4_conv", 257)):
        conv(f"decoder.hidden_update.{part}", 256, inside, 1)
    conv("decoder.hidden_update.transform", 192, 256 + 64, 3)
    conv("decoder.up_16_8.skip_conv", 512, 512, 3)
    residual("decoder.up_16_8.out_conv", 512, 256)
    conv("decoder.up_8_4.skip_conv", 256, 256, 3)
    residual("decoder.up_8_4.out_conv", 256, 256)
    conv("decoder.pred", 1, 256, 3)
    return shapes


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    weights = {}
    for name, shape in released_shapes().items():
        fan_in = torch.Size(shape[1:]).numel()
        weights[name] = torch.randn(shape, generator=generator) * fan_in**-0.5
        if name.endswith("running_var"):
            weights[name] = weights[name].abs() + 0.5
    return weights


def test_the_full_network_has_the_released_names_shapes_and_size():
    with torch.device("meta"):
        net = ColorMNet("full")
    ours = {name: tuple(x.shape) for name, x in net.state_dict().items() if "num_batches" not in name}
    assert ours == released_shapes()
    parameters = {name: x.numel() for name, x in net.named_parameters()}
    vit = sum(count for name, count in parameters.items() if ".backbone." in name)
    assert [round(count / 1e6, 3) for count in (sum(parameters.values()), vit)] == [123.609, 22.057]


def test_a_file_of_those_names_is_taken_recorded_and_colors(weights, tmp_path, capsys):
    path = tmp_path / "colormnet.pth"
    torch.save(weights, path)
    net = load_released(path)
    state = net.state_dict()
    assert all(torch.equal(state[name], value) for name, value in weights.items())
    assert not net.training
    assert re.fullmatch("[0-9a-f]{64}", net.card["sha256"])
    printed = capsys.readouterr().out
    assert net.card["sha256"] in printed and "CC BY-NC-SA 4.0" in printed

    generator = torch.Generator().manual_seed(1)
    lightness = torch.rand(1, 2, 1, 100, 112, generator=generator)
    ab = torch.rand(1, 2, 100, 112, generator=generator) - 0.5
    with torch.inference_mode():
        answer = net.propagate(lightness, ab)
    assert answer.shape == (1, 2, 2, 100, 112) and answer.isfinite().all()
    assert answer[:, 1:].abs().max() <= 1
    torch.testing.assert_close(answer[:, 0], ab)


def test_wrong_names_and_shapes_are_named(weights, tmp_path):
    small = {name: value for name, value in weights.items() if value.numel() < 10_000}
    del small["decoder.pred.bias"]
    small |= {"decoder.extra": torch.zeros(1), "key_proj.d_proj.bias": torch.zeros(2)}
    lacking = sorted(weights.keys() - small.keys())
    path = tmp_path / "wrong.safetensors"
    save_file(small, path)
    with pytest.raises(ValueError, match=r"wrong\.safetensors") as caught:
        load_released(path)
    message = str(caught.value)
    assert "doesn't know: decoder.extra" in message
    assert "key_proj.d_proj.bias is (2,) and not (1,)" in message
    assert f"lacks: {', '.join(lacking[:8])} and {len(lacking) - 8} more" in message


class Harm:
    def __reduce__(self):
        return (pytest.fail, ("it was unpickled",))


@pytest.mark.parametrize("content", [{"weight": Harm()}, [1, 2], {"epoch": 3}])
def test_what_is_no_weights_is_not_unpickled(content, tmp_path):
    path = tmp_path / "other.pth"
    with path.open("wb") as file:
        pickle.dump(content, file, protocol=2)
    with pytest.raises(ValueError, match=r"other\.pth"):
        load_released(path)


def test_there_must_be_a_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.pth"):
        load_released(tmp_path / "none.pth")
