"""The training command: killed and resumed it ends bit for bit the same; what it writes; what it refuses."""

import itertools
import json
import os
import subprocess
import sys
import tomllib

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from course_lib.images import ColorizationNet
from course_lib.images import train as command
from course_lib.images.photo_sets import Batch, open_photo_sets
from course_lib.images.train import CONFIGS, main, read_config
from course_lib.images.training import FIRST, STRIDE, Trainer
from course_lib.layers.resumable import OPTIMIZERS, SCHEDULES
from tools.torture.trainings import (
    IMAGES,
    assert_identical,
    command_line,
    results,
    write_config,
    write_photos,
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Ten photos of one hue above another, half of them in a folder that names their scene."""
    return write_photos(tmp_path_factory.mktemp("pictures"))


@pytest.fixture
def config_file(tmp_path, pictures):
    return write_config(tmp_path, IMAGES, pictures)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, pictures):
    folder = tmp_path_factory.mktemp("whole")
    main(command_line(folder, write_config(folder, IMAGES, pictures)))
    return results(folder)


PROGRAM = """
import os, signal, sys
import course_lib.images
print([name for name in ("safetensors", "cv2", "PIL", "torchvision") if name in sys.modules], flush=True)
from course_lib.images import train, training
losses_of = training.Trainer.losses_of
def fatal(self, batch):
    if self.step_done == 6 and self.model.training:
        os.kill(os.getpid(), signal.SIGKILL)
    return losses_of(self, batch)
training.Trainer.losses_of = fatal
train.main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory, pictures):
    """A run that got SIGKILL in the middle of step 7: after the save at 4 and the validation at 5, before the save at 8."""
    folder = tmp_path_factory.mktemp("killed")
    options = command_line(folder, write_config(folder, IMAGES, pictures))
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *options], capture_output=True, text=True, check=False, env=one_thread
    )
    assert done.returncode == -9, done.stderr
    return folder, options, done.stdout


def test_killed_and_resumed_it_ends_bit_for_bit_the_same(killed, uninterrupted):
    folder, options, _ = killed
    assert not (folder / "out").exists()
    main(options)
    assert_identical(results(folder), uninterrupted)


def test_importing_the_room_loads_nothing_of_the_training(killed):
    assert killed[2].splitlines()[0] == "[]"


def test_killed_again_and_again_also_while_saving(tmp_path, config_file, uninterrupted, monkeypatch, capsys):
    """Stops at every third step, and in the first saving of each run: the state before it stays whole."""
    options = command_line(tmp_path / "often", config_file)
    step = Trainer.step
    for run in itertools.count():
        taken, saved = [], []

        def tired(self, taken=taken):
            taken.append(self.step_done)
            if len(taken) > 5:
                raise KeyboardInterrupt
            step(self)

        def torn(tensors, path, metadata, saved=saved, run=run):
            saved.append(path)
            if run == 1 and len(saved) == 1:
                path.write_bytes(b"half of a st")
                raise KeyboardInterrupt
            save_file(tensors, path, metadata=metadata)

        with monkeypatch.context() as patch:
            patch.setattr(Trainer, "step", tired)
            patch.setattr("course_lib.layers.resumable.save_file", torn)
            try:
                main(options)
                break
            except SystemExit as stop:
                assert stop.code == 130 and "goes on from the last save" in capsys.readouterr().err
    assert run == 3
    assert_identical(results(tmp_path / "often"), uninterrupted)


def test_the_seed_decides_and_matters(tmp_path, config_file, uninterrupted):
    main(command_line(tmp_path / "again", config_file))
    assert_identical(results(tmp_path / "again"), uninterrupted)
    config_file.write_text(config_file.read_text().replace("seed = 3", "seed = 4"))
    main(command_line(tmp_path / "other", config_file))
    assert (results(tmp_path / "other")[1]["model.ab.weight"] != uninterrupted[1]["model.ab.weight"]).any()


def test_what_is_written_rebuilds_the_network(tmp_path, config_file, capsys):
    main(command_line(tmp_path, config_file))
    printed = capsys.readouterr()
    path = tmp_path / "out" / "tiny.safetensors"
    assert f"{path}: " in printed.out and "tiny: 100%" in printed.err and "validation_color" in printed.out
    with safe_open(path, framework="pt") as file:
        about = json.loads(file.metadata()["colorizer"])
    assert (about["kind"], about["short_side"]) == ("classification", 20)
    weights = load_file(path)
    assert {w.dtype for w in weights.values()} == {torch.float16, torch.int64}
    net = ColorizationNet(about["bins"], len(about["scenes"]), width=about["width"])
    net.load_state_dict(weights)
    full = load_file(tmp_path / "state" / "tiny" / "state.safetensors")
    torch.testing.assert_close(net.ab.weight, full["model.ab.weight"], rtol=1e-3, atol=1e-6)
    curve = json.loads((tmp_path / "out" / "tiny.curve.json").read_text())
    assert [point["step"] for point in curve["curve"]] == [5, 10, 12] and curve["config"]["seed"] == 3
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["tiny.curve.json", "tiny.safetensors"]


def test_a_finished_run_is_not_trained_again(tmp_path, config_file, monkeypatch):
    main(command_line(tmp_path, config_file))
    (tmp_path / "out" / "tiny.safetensors").unlink()
    monkeypatch.setattr(Trainer, "step", None)
    main(command_line(tmp_path, config_file))
    assert (tmp_path / "out" / "tiny.safetensors").is_file()


@pytest.mark.parametrize(
    ("optimizer", "schedule", "kind"),
    [
        ("Adam", "constant", "regression"),
        ("RMSprop", "step", "regression"),
        ("RMSprop", "cyclic", "classification"),
    ],
)
def test_each_optimizer_and_schedule_resumes_and_learns(
    tmp_path, config_file, pictures, optimizer, schedule, kind
):
    text = config_file.read_text().replace('"Adam"', f'"{optimizer}"').replace('"cyclic"', f'"{schedule}"')
    text = text.replace('"classification", mixing = 0.5', f'"{kind}"').replace("steps = 12", "steps = 24")
    text = text.replace('"float32"', '"bfloat16"') if schedule == "constant" else text
    config_file.write_text(text)
    config = read_config(str(config_file))
    photos = open_photo_sets([str(pictures)], 20)

    def made():
        torch.manual_seed(0)
        return Trainer(ColorizationNet(width=2), config, photos=photos)

    whole, first, second = made(), made(), made()
    for _ in range(24):
        whole.step()
    for _ in range(10):
        first.step()
    first.save(tmp_path / "state")
    assert second.resume(tmp_path / "state")
    for _ in range(14):
        second.step()
    assert second.schedule.get_last_lr() == whole.schedule.get_last_lr()
    for a, b in zip(whole.model.state_dict().values(), second.model.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    colors = [losses["color"] for losses in whole.recent]
    assert np.mean(colors[-6:]) < np.mean(colors[:6])


def test_schedules_are_what_they_are_called(config_file, pictures):
    photos = open_photo_sets([str(pictures)], 20)
    rates = {}
    for kind in SCHEDULES:
        config_file.write_text(IMAGES.format(folder=pictures.as_posix()).replace('"cyclic"', f'"{kind}"'))
        trainer = Trainer(ColorizationNet(width=2), read_config(str(config_file)), photos=photos)
        rates[kind] = []
        for _ in range(12):
            rates[kind].append(trainer.optimizer.param_groups[0]["lr"] / 1e-2)
            trainer.optimizer.step()
            trainer.schedule.step()
    np.testing.assert_allclose(rates["constant"], 1)
    np.testing.assert_allclose(rates["step"], np.repeat([1, 0.1, 0.01], 4))
    peak = int(np.argmax(rates["cyclic"]))
    assert peak == 1 and rates["cyclic"][peak] == pytest.approx(1) and rates["cyclic"][-1] < 0.15
    assert (np.diff(rates["cyclic"][peak:]) < 0).all()


def test_the_targets_are_the_pixels_that_the_answers_stand_for(config_file, pictures):
    """A network that answers the truth at every fourth pixel has no loss."""

    class Truth(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.unused = torch.nn.Parameter(torch.zeros(1))

        def forward(self, lightness):
            picked = lightness[:, :, FIRST::STRIDE, FIRST::STRIDE]
            return {"ab": torch.cat([picked, -picked], 1) * 100 / 110, "scene": torch.zeros(2, 6)}

    config_file.write_text(config_file.read_text().replace('"classification"', '"regression"'))
    trainer = Trainer(Truth(), read_config(str(config_file)), photos=open_photo_sets([str(pictures)], 20))
    lightness = np.random.default_rng(0).uniform(0, 100, (2, 16, 16)).astype(np.float32)
    batch = Batch(np.stack([lightness, lightness, -lightness], -1), np.array([-1, -1]))
    assert trainer.losses_of(batch)["color"] == pytest.approx(0, abs=1e-9)


def test_validation_photos_are_not_trained_on(config_file):
    config = read_config(str(config_file))
    training, validation = command.split_photos(config)
    assert len(training) == 7 and len(validation) == 3 and not set(training.names) & set(validation.names)
    assert command.split_photos(config)[1].names == validation.names


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seed = 3", "", "seed is missing"),
        ("seed = 3", "seed = 3\nseeds = 4", "seeds is unknown"),
        ("seed = 3", "seed = -1", "seed must be a whole number from 0"),
        ("steps = 12", "steps = 0", "steps must be a whole number from 1, got 0"),
        ("steps = 12", "steps = true", "steps must be a whole number"),
        ("steps = 12", "steps = ", "tiny.toml: Invalid value"),
        ("width = 2", 'width = "2"', "model.width must be a whole number"),
        ("model = { width = 2 }", "model = 2", "model must be a table, got 2"),
        ("weight_decay = 1e-5", "weight_decay = -1", "optimizer.weight_decay must be a number from 0"),
        ('kind = "Adam"', 'kind = "adam"', "optimizer.kind must be one of Adam, RMSprop; got 'adam'"),
        ("crop = 16", "crop = 18", "crop must be a multiple of 4"),
        ("crop = 16", "crop = 24", "at most data.short_side"),
        ('"tiny"', '"../tiny"', "name must be fit for a file"),
        ("validation = 3", "validation = 10", "data.validation is 10, but there are only 10 photos"),
        ('train = ["', 'train = ["/no/such', "is no folder of pictures"),
        ('train = ["', 'train = ["STL10/test", "', "fetch it once with: python -c"),
    ],
)
def test_what_it_refuses_is_said_in_a_line(tmp_path, config_file, capsys, monkeypatch, old, new, words):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    assert old in config_file.read_text()
    config_file.write_text(config_file.read_text().replace(old, new))
    with pytest.raises(SystemExit) as stop:
        main(command_line(tmp_path, config_file))
    assert stop.value.code == 1 and words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_unknown_configuration_lists_those_there_are():
    with pytest.raises(FileNotFoundError, match=r"'nonesuch'.* one of classification, regression"):
        read_config("nonesuch")


def test_a_state_of_another_run_is_refused(tmp_path, config_file, capsys):
    main(command_line(tmp_path, config_file))
    state = tmp_path / "state" / "tiny" / "state.safetensors"
    config_file.write_text(config_file.read_text().replace("steps = 12", "steps = 13"))
    for damage, words in ((lambda: None, "other config"), (lambda: os.truncate(state, 900), "is damaged")):
        damage()
        with pytest.raises(SystemExit):
            main(command_line(tmp_path, config_file))
        assert words in capsys.readouterr().err


def test_other_photos_are_refused(tmp_path, config_file, pictures):
    config, photos = read_config(str(config_file)), open_photo_sets([str(pictures)], 20)
    Trainer(ColorizationNet(width=2), config, photos=photos).save(tmp_path)
    fewer = photos.pick(range(5))
    with pytest.raises(ValueError, match="made with other photos"):
        Trainer(ColorizationNet(width=2), config, photos=fewer).resume(tmp_path)


def test_a_network_gone_astray_is_not_written(tmp_path, config_file, pictures):
    net = ColorizationNet(width=2)
    net.ab.weight.data[0, 0] = 1e6  # float16 ends at 65504
    photos = open_photo_sets([str(pictures)], 20)
    with pytest.raises(ValueError, match=r"ab\.weight isn't finite in float16"):
        command.write_checkpoint(
            Trainer(net, read_config(str(config_file)), photos=photos), tmp_path / "x.safetensors"
        )
    assert not (tmp_path / "x.safetensors").exists()


def test_the_configurations_of_the_course_differ_in_the_loss_alone():
    one, other = read_config("classification"), read_config("regression")
    assert [p.stem for p in sorted(CONFIGS.glob("*.toml"))] == ["classification", "regression"]
    assert {name for name in one if one[name] != other[name]} == {"name", "loss"}
    assert one["optimizer"]["kind"] in OPTIMIZERS and tomllib.loads((CONFIGS / "regression.toml").read_text())
    half_precision = 2 * sum(p.numel() for p in ColorizationNet(width=one["model"]["width"]).parameters())
    assert half_precision < 4e6
