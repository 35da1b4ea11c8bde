"""The training command of the heavy colorizer: resumed it ends bit for bit the same; what it writes; what it refuses."""

import json

import cv2
import numpy as np
import pytest
import torch

from course_lib.images import ColorizationNet
from course_lib.images import pretrained as part_one
from course_lib.images.photo_sets import batch_of_step, open_photo_sets
from course_lib.mobile import train as command
from course_lib.mobile import training
from course_lib.mobile.heavy import load_heavy
from course_lib.mobile.query_colorizer import built
from course_lib.mobile.train import CONFIGS, main, read_config
from course_lib.mobile.training import QueryTrainer, varied_batch
from tools.torture.trainings import assert_identical, command_line, results

pytestmark = pytest.mark.usefixtures("one_thread")

SETTLING = 3  # batches
TINY = """
name = "tiny"
seed = 3
steps = 8
batch_size = 3
crop = 64
smallest = 32
tone = 0.3
average = 0.5
start = "anew"
keep = 0.0
validate_every = 5
save_every = 3
data = {{ train = ["{folder}"], validation = 2, short_side = 64 }}
loss = {{ weight = 50.0 }}
optimizer = {{ kind = "Adam", learning_rate = 3e-3, weight_decay = 1e-5 }}
schedule = {{ kind = "cyclic" }}
[model]
encoder_width = 2
depth = 1
width = 8
queries = 4
hidden = 8
layers = 3
heads = 2
feedforward = 8
"""


@pytest.fixture(scope="module", autouse=True)
def few_batches_to_settle():
    """Thirty are the most of a run of eight steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_SETTLING", SETTLING)
        yield


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Eight photos of one hue above another."""
    folder = tmp_path_factory.mktemp("pictures")
    for i in range(8):
        picture = np.full((64, 80, 3), (200 - 9 * i, 90 + 5 * i, 60), np.uint8)
        picture[20 + 4 * i :] = (40, 120 + 8 * i, 170)
        assert cv2.imwrite(str(folder / f"{i}.png"), picture)
    return folder


@pytest.fixture
def config_file(tmp_path, pictures):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.format(folder=pictures.as_posix()))
    return path


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, pictures):
    folder = tmp_path_factory.mktemp("whole")
    (folder / "tiny.toml").write_text(TINY.format(folder=pictures.as_posix()))
    main(command_line(folder, folder / "tiny.toml"))
    return folder


def test_stopped_and_resumed_it_ends_bit_for_bit_the_same(tmp_path, config_file, uninterrupted, monkeypatch):
    options, step = command_line(tmp_path, config_file), QueryTrainer.step
    for _ in range(2):
        taken = []

        def tired(self, taken=taken):
            taken.append(self.step_done)
            if len(taken) > 4:
                raise KeyboardInterrupt
            step(self)

        with monkeypatch.context() as patch:
            patch.setattr(QueryTrainer, "step", tired)
            with pytest.raises(SystemExit):
                main(options)
    main(options)
    assert_identical(results(tmp_path), results(uninterrupted))


def test_the_checkpoint_answers_as_the_network_did(uninterrupted):
    _, state, weights = results(uninterrupted)
    assert any(not torch.equal(state[f"place.{n}"], state[f"model.{n}"]) for n in weights)
    for name, value in weights.items():  # without a start only the norms' statistics are settled
        if value.is_floating_point() and "running" not in name:
            torch.testing.assert_close(value, state[f"place.{name}"].half())
    heavy = load_heavy(uninterrupted / "out" / "tiny.safetensors")
    config = json.loads((uninterrupted / "out" / "tiny.curve.json").read_text())["config"]
    net = built(config["model"]).eval()
    net.load_state_dict({name: value.float() for name, value in weights.items()})
    x = torch.rand(1, 1, 40, 50)
    with torch.inference_mode():
        # raw ab, sums of numbers up to 100 in float32
        torch.testing.assert_close(heavy.net.net(x), net(x), atol=1e-3, rtol=1e-5)
        both = (net(x) + net(x.flip(3)).flip(3)) / 2 / 110
        torch.testing.assert_close(heavy(x), both)
    assert heavy.short_side == 64


def test_the_curve_is_kept(uninterrupted):
    curve = json.loads((uninterrupted / "out" / "tiny.curve.json").read_text())["curve"]
    assert [point["step"] for point in curve] == [5, 8]
    assert all(np.isfinite(list(point.values())).all() for point in curve)


def test_the_running_mean_is_one(config_file, pictures):
    config = read_config(str(config_file))
    trainer = QueryTrainer(built(config["model"]), config, photos=open_photo_sets([str(pictures)], 64))
    mean = trainer.average.to_ab.bias.clone()
    for step in (1, 2, 3):
        trainer.step()
        memory = min(0.5, step / (step + 10))
        mean = memory * mean + (1 - memory) * trainer.model.to_ab.bias.detach()
        torch.testing.assert_close(trainer.average.to_ab.bias.detach(), mean)
    batches = trainer.average.encoder.at_half[0][1].num_batches_tracked
    assert batches == 3


def test_settled_it_is_part_of_the_start_and_its_norms_know_plain_photos(config_file, pictures):
    config = read_config(str(config_file)) | {"keep": 0.25}
    torch.manual_seed(0)
    start = ColorizationNet(width=2)
    photos = open_photo_sets([str(pictures)], 64)
    trainer = QueryTrainer(built(config["model"], start), config, photos=photos, start=start)
    trainer.step()
    net = trainer.settled()
    was, first, now = (x.state_dict() for x in (trainer.average.encoder, start, net.encoder))
    for name in ("up_quarter.1.0.weight", "whole.0.bias"):
        torch.testing.assert_close(now[name], 0.75 * was[name] + 0.25 * first[name])
    assert torch.equal(now["deeper.1.weight"], was["deeper.1.weight"])  # which the start hasn't
    # the first norm's statistics are the mean over batches of its input's
    inputs = []
    hook = net.encoder.at_half[0][0].register_forward_hook(lambda *args: inputs.append(args[2]))
    for step in range(SETTLING):
        lab = batch_of_step(photos, 3, 64, 3, step).lab
        net(torch.from_numpy(lab[..., 0])[:, None] / 100)
    hook.remove()
    mean = torch.stack([x.mean((0, 2, 3)) for x in inputs]).mean(0)
    torch.testing.assert_close(now["at_half.0.1.running_mean"], mean, atol=1e-5, rtol=1e-4)
    assert not net.training


def test_batches_vary_in_size_and_tone_and_keep_their_colors(config_file, pictures):
    config = read_config(str(config_file))
    photos = open_photo_sets([str(pictures)], 64)
    shapes, plain = set(), {lab[0, 0].tobytes() for lab in photos.lab}
    toned = 0
    for step in range(40):
        lab = varied_batch(photos, config, step)
        torch.testing.assert_close(lab, varied_batch(photos, config, step), rtol=0, atol=0)
        shapes.add(tuple(lab.shape))
        assert lab[:, 0].min() >= 0 and lab[:, 0].max() <= 1
        assert lab[:, 1:].abs().max() <= max(np.abs(x[..., 1:]).max() for x in photos.lab) / 110 + 1e-3
        lightest = lab[:, 0, 0, 0].numpy() * 100
        known = np.array([float(np.frombuffer(x, np.float16)[0]) for x in plain])
        toned += int((np.abs(lightest[:, None] - known).min(1) > 0.5).sum())
    assert shapes == {(3, 3, 32, 32), (3, 3, 64, 64)}
    assert 20 < toned < 100  # about half of 120


def test_the_course_starts_where_part_one_ended():
    config = read_config("heavy")
    assert [p.stem for p in sorted(CONFIGS.glob("*.toml"))] == ["heavy"]
    net = built(config["model"], part_one("regression").net)
    assert 2 * sum(p.numel() for p in net.parameters()) < 6e6
    theirs = part_one("regression").net.state_dict()
    for name, value in net.encoder.state_dict().items():
        assert name.startswith("deeper") or torch.equal(value, theirs[name])
    # so the photos set aside there must be set aside here
    card = part_one("regression").card["training"]["config"]
    assert all(config[key] == card[key] for key in ("seed", "data"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("average = 0.5", "average = 1.0", "average must be below 1, got 1.0"),
        ("keep = 0.0", "keep = 0.5", "keep must be 0 when the start is anew, got 0.5"),
        ("smallest = 32", "smallest = 40", "smallest and crop must be multiples of 32"),
        ("smallest = 32", "smallest = 96", "smallest at most crop"),
        ("crop = 64", "crop = 96", "crop at most data.short_side"),
        ('start = "anew"', 'start = "here"', "start must be one of anew, regression; got 'here'"),
        (
            'start = "anew"',
            'start = "regression"',
            "encoder_width is 2, but the network to start from has 28",
        ),
        ("heads = 2", "heads = 3", "hidden a multiple of 4 and of heads"),
        ("depth = 1", "", "model.depth is missing"),
        ('train = ["', 'train = ["/no/such', "is no folder of pictures"),
    ],
)
def test_what_it_refuses_is_said_in_a_line(tmp_path, config_file, capsys, old, new, words):
    assert old in config_file.read_text()
    config_file.write_text(config_file.read_text().replace(old, new))
    with pytest.raises(SystemExit) as stop:
        main(command_line(tmp_path, config_file))
    assert stop.value.code == 1 and words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_network_gone_astray_is_not_written(tmp_path, config_file, pictures):
    config = read_config(str(config_file))
    trainer = QueryTrainer(built(config["model"]), config, photos=open_photo_sets([str(pictures)], 64))
    trainer.average.to_ab.bias.data[0] = 1e6  # float16 ends at 65504
    with pytest.raises(ValueError, match=r"to_ab\.bias isn't finite in float16"):
        command.write_checkpoint(trainer, tmp_path / "x.safetensors")
    assert not (tmp_path / "x.safetensors").exists()
