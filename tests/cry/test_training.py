"""Training the detector: what is drawn, what the changes keep, that a stopped run ends as an unstopped one."""

import numpy as np
import pytest

from course_lib.cry.cry_input import BANDS, FRAMES
from course_lib.cry.recordings import FOLDS, fold, open_recordings
from course_lib.cry.train import main, read_config
from course_lib.cry.training import CryTrainer, TrainingWindows, changed
from tests.cry.packs import write_packs
from tools.torture.trainings import assert_identical, command_line, results

pytestmark = pytest.mark.usefixtures("one_thread")

TINY = """
name = "tiny"
seed = 3
steps = 6
batch_size = 5
cries = 0.4
label_smoothing = 0.05
validate_every = 3
save_every = 2
data = { train = ["esc10_16k/1", "esc10_16k/2", "esc50_neg_16k/1"], validation = ["esc10_16k/3"] }
model = { width = 0.1 }
optimizer = { kind = "Adam", learning_rate = 1e-3, weight_decay = 1e-5 }
schedule = { kind = "cyclic" }
"""


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packs")
    write_packs(folder)
    return folder


@pytest.fixture(autouse=True)
def data(packs, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", str(packs))


@pytest.fixture
def config_file(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


def test_a_run_that_was_stopped_ends_as_one_that_was_not(tmp_path, config_file, monkeypatch):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    main(command_line(whole, config_file))
    step = CryTrainer.step

    def stop_at_five(trainer):
        if trainer.step_done == 5:
            raise KeyboardInterrupt
        step(trainer)

    with monkeypatch.context() as patch:
        patch.setattr(CryTrainer, "step", stop_at_five)
        with pytest.raises(SystemExit) as stop:
            main(command_line(stopped, config_file))
        assert stop.value.code == 130
    main(command_line(stopped, config_file))
    assert_identical(results(whole), results(stopped))
    curve = results(whole)[0]["curve"]
    assert [point["step"] for point in curve] == [3, 6]
    assert all(0 <= point["accuracy"] <= 1 and point["train_loss"] > 0 for point in curve)


def test_the_batches_share_of_cries_is_the_one_asked_for_and_they_follow_from_the_generator():
    windows = TrainingWindows(open_recordings(fold(1)))
    bytes_, labels = windows.batch(10, 0.4, np.random.default_rng(1))
    assert bytes_.shape == (10, 1, BANDS, FRAMES) and bytes_.dtype == np.uint8
    assert labels.sum() == 4 and labels.dtype == np.int64
    np.testing.assert_array_equal(bytes_, windows.batch(10, 0.4, np.random.default_rng(1))[0])
    assert len({picture.tobytes() for picture in bytes_}) == 10


def test_changes_keep_power_positive_and_come_from_the_generator_alone():
    power = np.random.default_rng(0).random((40, BANDS, FRAMES)) + 0.1
    one, other = (changed(power, power[::-1], np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.shape == power.shape and (one > 0).all() and np.isfinite(one).all()
    levels = 10 * np.log10(np.median(one, (1, 2)) / np.median(power))
    assert levels.min() < -15 and levels.max() > 0  # near and far


def test_without_cries_there_is_nothing_to_learn():
    with pytest.raises(ValueError, match="at least one cry"):
        TrainingWindows(open_recordings(["speech_fsdd_16k"]))
    with pytest.raises(ValueError, match="other than a cry"):
        TrainingWindows(open_recordings(["donateacry_54"]))


@pytest.mark.parametrize(
    "line, changed_line, message",
    [
        ('validation = ["esc10_16k/3"]', 'validation = ["esc10_16k/2"]', "shares sources"),
        ("cries = 0.4", "cries = 1.5", "cries must lie"),
        ("label_smoothing = 0.05", "label_smoothing = 1.0", "label_smoothing"),
        ('"esc50_neg_16k/1"', '"esc50_neg_16k/9"', "esc50_neg_16k/9"),
        ("width = 0.1", "depth = 0.1", "model."),
    ],
)
def test_what_cannot_be_trained_is_refused(config_file, tmp_path, capsys, line, changed_line, message):
    config_file.write_text(TINY.replace(line, changed_line))
    with pytest.raises(SystemExit) as stop:
        main(command_line(tmp_path, config_file))
    assert stop.value.code == 1 and message in capsys.readouterr().err


def test_the_shipped_recipe_is_the_folds_recipe():
    shipped = read_config("cry")
    assert "validation" not in shipped["data"]
    for number in FOLDS:
        config = read_config(f"cry_fold{number}")
        assert config["data"]["validation"] == fold(number)
        assert set(config["data"]["train"]) == set(shipped["data"]["train"]) - set(fold(number))
        assert all(config[key] == shipped[key] for key in shipped if key not in ("name", "data"))
