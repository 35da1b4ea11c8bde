"""The feature extractor: the released names and sizes, what is frozen and what learns, and the small one for the course."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.images import ColorizationNet, pretrained
from course_lib.video import PVGFE
from course_lib.video.colormnet.semantic import DinoBranch


@pytest.fixture(scope="module")
def full():
    torch.manual_seed(0)
    return PVGFE.full().eval()


@pytest.fixture(scope="module")
def course():
    torch.manual_seed(0)
    return PVGFE.course().eval()


def gray(height, width, pictures=1, seed=0):
    lightness = torch.rand(pictures, 1, height, width, generator=torch.Generator().manual_seed(seed))
    return (2 * lightness - 1).expand(-1, 3, -1, -1)


def seen_by(extractor, image):
    """What the three fusions get: the arguments of each."""
    got = {}
    hooks = [
        extractor.get_submodule(name).register_forward_pre_hook(
            lambda _, inputs, name=name: got.update({name: inputs})
        )
        for name in ("fuse1", "fuse2", "fuse3")
    ]
    with torch.no_grad():
        extractor(image)
    for hook in hooks:
        hook.remove()
    return got


def test_the_full_ones_names_are_the_released_ones(full):
    from torchvision.models import resnet50

    with torch.device("meta"):
        net = resnet50(weights=None)
    renamed = {"conv1": "conv1", "bn1": "bn1", "layer1": "res2", "layer2": "layer2", "layer3": "layer3"}
    expected = {
        ".".join([renamed[name.split(".")[0]], *name.split(".")[1:]])
        for name in net.state_dict()
        if name.split(".")[0] in renamed
    }
    rest = {name for name in full.state_dict() if name not in expected}
    assert expected <= full.state_dict().keys()
    starts = {".".join(name.split(".")[:2]) for name in rest if name.startswith("network2")}
    assert starts == {"network2.backbone", "network2.conv3", "network2.bn3"}
    assert {name.split(".")[0] for name in rest} == {"network2", "fuse1", "fuse2", "fuse3"}
    assert full.network2.conv3.weight.shape == (1536, 1536, 1, 1) and full.network2.conv3.bias is None


def test_the_full_ones_size(full):
    """8.543 M of ResNet-50 to its third layer, 22.057 M of DINOv2, 2.362 M after it, and the fusions' 35.915 M."""
    parts = {name: sum(p.numel() for p in child.parameters()) for name, child in full.named_children()}
    local = sum(parts[name] for name in ("conv1", "bn1", "res2", "layer2", "layer3"))
    assert local == 8_543_296
    assert parts["network2"] == 22_056_576 + 1536 * 1536 + 2 * 1536
    assert round(sum(parts[name] for name in ("fuse1", "fuse2", "fuse3")) / 1e6, 3) == 35.915


def test_the_full_ones_maps(full):
    with torch.no_grad():
        maps = full(gray(112, 224))
    assert [tuple(m.shape) for m in maps] == [(1, 1024, 7, 14), (1, 512, 14, 28), (1, 256, 28, 56)]
    assert (full.channels, full.strides, full.multiple) == ((1024, 512, 256), (16, 8, 4), 112)


def test_the_local_maps_are_resnets(full):
    from torchvision.models import resnet50
    from torchvision.models.feature_extraction import create_feature_extractor

    net = resnet50(weights=None)
    own = {name.replace("res2", "layer1"): value for name, value in full.state_dict().items()}
    net.load_state_dict({**net.state_dict(), **{k: v for k, v in own.items() if k in net.state_dict()}})
    layers = {"layer3": "fuse1", "layer2": "fuse2", "layer1": "fuse3"}
    image = gray(112, 112)
    with torch.no_grad():
        expected = create_feature_extractor(net.eval(), layers)(image)
    for name, (semantic, local) in seen_by(full, image).items():
        torch.testing.assert_close(local, expected[name])
        assert semantic.shape == (1, 1536, *local.shape[2:])


def test_the_semantic_map_is_dinos_through_conv_and_norm_at_fourteen_sixteenths(full):
    image = gray(112, 112)
    branch = full.network2
    with torch.no_grad():
        tokens = torch.cat(branch.backbone.intermediate_layers(image, (8, 9, 10, 11)), 1)
        assert tokens.shape == (1, 1536, 8, 8)
        x = torch.relu(branch.bn3(branch.conv3(tokens)))
        expected = torch.nn.functional.interpolate(x, (7, 7), mode="bilinear")
    torch.testing.assert_close(seen_by(full, image)["fuse1"][0], expected)


def test_what_runs_without_gradients_stays_random():
    """The released quirk: a training step moves the fusion, but neither DINOv2 nor the layers behind it."""
    torch.manual_seed(1)
    branch = DinoBranch().train()
    head = torch.nn.Conv2d(1536, 1, 1)
    before = {name: value.clone() for name, value in branch.state_dict().items()}
    optimizer = torch.optim.AdamW([*branch.parameters(), *head.parameters()], lr=0.1, weight_decay=0.05)
    head(branch(gray(112, 112))).mean().backward()
    optimizer.step()
    assert head.weight.grad.abs().sum() > 0
    assert all(torch.equal(value, before[name]) for name, value in branch.state_dict().items())
    assert not branch.bn3.training  # else its statistics would have moved


def test_the_course_ones_maps_and_size(course):
    with torch.no_grad():
        maps = course(gray(136, 240, pictures=2))
    assert [tuple(m.shape) for m in maps] == [(2, 128, 17, 30), (2, 64, 34, 60), (2, 16, 68, 120)]
    assert all(bool((m >= 0).all()) for m in maps)
    assert (course.channels, course.strides, course.multiple) == ((128, 64, 16), (8, 4, 2), 8)
    trained = sum(p.numel() for p in course.parameters() if p.requires_grad)
    assert 0.5e6 < trained < 0.8e6


def test_the_stand_in_is_part_ones_encoder(course):
    net = pretrained("classification").net
    seen = {}
    for name in ("at_quarter", "at_eighth", "at_sixteenth"):
        getattr(net, name).register_forward_hook(lambda _, __, out, name=name: seen.update({name: out}))
    image = gray(80, 128)
    with torch.no_grad():
        net((image[:, :1] + 1) / 2)
        stages = [torch.nn.functional.interpolate(x, (10, 16), mode="bilinear") for x in seen.values()]
        expected = torch.relu(course.network2.project(torch.cat(stages, 1)))
    assert [x.shape[2] for x in seen.values()] == [20, 10, 5]
    torch.testing.assert_close(seen_by(course, image)["fuse1"][0], expected)


def test_the_stand_in_never_learns_and_its_projection_does():
    model = PVGFE.course().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    sum(m.mean() + m.square().mean() for m in model(gray(64, 64, pictures=2))).backward()
    optimizer.step()
    still = {name for name, value in model.state_dict().items() if torch.equal(value, before[name])}
    assert still == {name for name in before if name.startswith("network2.backbone.")}


def test_a_frames_features_do_not_hang_on_the_frames_beside_it():
    model = PVGFE.course().train()
    frames = gray(32, 48, pictures=3)
    with torch.no_grad():
        together, alone = model(frames), model(frames[1:2])
    for both, one in zip(together, alone, strict=True):
        torch.testing.assert_close(both[1:2], one, atol=1e-4, rtol=1e-4)


def test_the_stand_ins_weights_travel_with_the_checkpoint(course):
    torch.manual_seed(2)
    other = PVGFE.course(encoder=ColorizationNet(width=28)).eval()
    image = gray(32, 32)
    with torch.no_grad():
        assert not torch.allclose(other(image)[0], course(image)[0], atol=1e-2)
        other.load_state_dict(course.state_dict())
        torch.testing.assert_close(other(image), course(image))


def test_a_handed_in_encoder_is_left_alone():
    net = ColorizationNet(width=4)
    model = PVGFE.course(encoder=net)
    assert net.training and all(p.requires_grad for p in net.parameters())
    assert model.network2.project.in_channels == 4 * (2 + 4 + 6)


def test_without_the_semantic_branch_there_is_none():
    model = PVGFE.course(semantic=False)
    assert model.network2 is None and not any("network2" in name for name in model.state_dict())
    assert [tuple(m.shape) for m in model(gray(32, 48))] == [(1, 128, 4, 6), (1, 64, 8, 12), (1, 16, 16, 24)]


def test_fusion_over_positions_has_the_same_weights(course):
    model = PVGFE.course(fusion="positions").eval()
    model.load_state_dict(course.state_dict())
    with torch.no_grad():
        top, *_ = model(gray(32, 48))
        assert not torch.allclose(top, course(gray(32, 48))[0], atol=1e-3)


@settings(max_examples=8)
@given(st.integers(1, 6), st.integers(1, 6), st.sampled_from([True, False]))
def test_any_multiple_of_eight_will_do(rows, columns, semantic):
    model = PVGFE.course(semantic=semantic, encoder=ColorizationNet(width=4))
    sizes = [tuple(m.shape[2:]) for m in model(gray(8 * rows, 8 * columns))]
    assert sizes == [(rows * k, columns * k) for k in (1, 2, 4)]


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 1, 32, 32), (1, 3, 32, 36), (0, 3, 32, 32)])
def test_a_picture_that_does_not_fit_is_named(course, shape):
    with pytest.raises(ValueError, match="multiples of 8"):
        course(torch.zeros(shape))


def test_the_full_one_wants_multiples_of_112(full):
    with pytest.raises(ValueError, match="multiples of 112"):
        full(torch.zeros(1, 3, 224, 240))


@pytest.mark.parametrize("build", [PVGFE.full, PVGFE.course])
def test_another_fusion_is_named(build):
    with pytest.raises(ValueError, match="'sum'"):
        build(fusion="sum")
