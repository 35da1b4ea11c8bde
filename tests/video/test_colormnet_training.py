"""Training exemplar colorizers: killed and resumed it ends bit for bit the same; it learns; what it refuses, it names."""

import numpy as np
import pytest
import torch
from safetensors import safe_open

from course_lib.color import rgb_to_lab
from course_lib.data import made_clip
from course_lib.images.photo_sets import PhotoSet
from course_lib.video.clip_sets import ClipSet
from course_lib.video.colormnet import exemplar_clips, train
from course_lib.video.colormnet.exemplar_clips import ExemplarClips
from course_lib.video.colormnet.families import FAMILIES, build, load_exemplar
from course_lib.video.colormnet.train import CONFIGS, main, read_config
from course_lib.video.colormnet.training import ExemplarTrainer
from tools.torture.clips import write_clip
from tools.torture.trainings import assert_identical, command_line, results

pytestmark = pytest.mark.usefixtures("one_thread")

TINY = """
name = "tiny"
seed = 3
steps = 5
rows = 1
frames = 6
validate_every = 3
save_every = 2
model = {{ family = "recurrent_exemplar", width = 4 }}
optimizer = {{ kind = "Adam", learning_rate = 1e-2, weight_decay = 0 }}
schedule = {{ kind = "cyclic" }}
[data]
train = ["{folder}/videos"]
validation = ["{folder}/more"]
size = [32, 32]
[data.shares]
video = 0.5
photo = 0
made = 0.5
"""


@pytest.fixture
def small_frames(monkeypatch):
    """The clips here are no larger."""
    for module in (exemplar_clips, train):
        monkeypatch.setattr(module, "FRAME_SIZE", (64, 36))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two videos to train on and one to validate."""
    folder = tmp_path_factory.mktemp("data")
    for i, name in enumerate(("videos/a.mp4", "videos/b.mp4", "more/c.mp4")):
        frames = made_clip(i, frames=6, size=(36, 64)).frames
        write_clip(folder / name, np.rint(frames * 255).astype(np.uint8), codec="mpeg4")
    return folder


@pytest.fixture
def config_file(tmp_path, data):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.format(folder=data.as_posix()))
    return path


@pytest.mark.parametrize("model", ['"recurrent_exemplar", width = 4', '"colormnet"'])
def test_a_killed_run_goes_on_and_ends_the_same(small_frames, tmp_path, config_file, monkeypatch, model):
    """The course's network draws in training which frames to read; so must it after a kill."""
    config_file.write_text(config_file.read_text().replace('"recurrent_exemplar", width = 4', model))
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    main(command_line(whole, config_file))

    plain, count = ExemplarTrainer.step, []

    def killed(self):
        count.append(1)
        if len(count) == 4:  # after the save at step 2, in the middle of what follows
            raise KeyboardInterrupt
        plain(self)

    monkeypatch.setattr(ExemplarTrainer, "step", killed)
    with pytest.raises(SystemExit) as stop:
        main(command_line(cut, config_file))
    assert stop.value.code == 130
    monkeypatch.setattr(ExemplarTrainer, "step", plain)
    torch.manual_seed(99)  # another process would have another generator
    main(command_line(cut, config_file))
    assert_identical(results(whole), results(cut))


def test_a_checkpoint_rebuilds_the_network(small_frames, tmp_path, config_file):
    main(command_line(tmp_path, config_file))
    path = tmp_path / "out" / "tiny.safetensors"
    with safe_open(path, framework="pt") as file:
        assert file.get_tensor("decoder.last.weight").dtype == torch.float16
    model = load_exemplar(path)
    assert not model.training and isinstance(model, FAMILIES["recurrent_exemplar"])
    clip = torch.rand(1, 3, 1, 32, 32)
    with torch.no_grad():
        ab = model.propagate(clip, torch.rand(1, 2, 32, 32) - 0.5)
    assert ab.shape == (1, 3, 2, 32, 32) and ab.isfinite().all()


def test_a_network_learns_to_carry_color_over():
    """One batch again and again; at the start the network hands the reference's colors on, poorly matched."""
    lab = _none().batch(0, 0, rows=1, frames=3, size=(48, 32))
    torch.manual_seed(0)
    model = build({"family": "recurrent_exemplar", "width": 8})
    trainer = ExemplarTrainer(model, read_config("recurrent_exemplar") | {"steps": 40}, clips=_none())
    losses = []
    for _ in range(40):
        loss = trainer.loss_of(lab)
        trainer.optimize(loss)
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


def test_the_loss_leaves_the_reference_out():
    class Right(torch.nn.Conv2d):
        """Answers the truth but for the first frame."""

        def propagate(self, lightness, reference_ab):
            answer = self.truth.clone()
            answer[:, 0] += 5
            return answer + self.bias[0] * 0

    lab = rgb_to_lab(made_clip(1, frames=4, size=(32, 48)).frames)[None]
    model = Right(1, 1, 1)
    trainer = ExemplarTrainer(model, read_config("recurrent_exemplar"), clips=_none())
    model.truth = torch.from_numpy(lab[..., 1:]).movedim(-1, 2) / 110
    assert trainer.loss_of(lab).item() == 0
    model.truth = model.truth + 0.25
    assert trainer.loss_of(lab).item() == pytest.approx(0.25, rel=1e-5)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("frames = 6", "frames = 1", "frames must be at least 2, the first is the reference; got 1"),
        ("[32, 32]", "[32]", "data.size must be a width and a height"),
        ("[32, 32]", "[320, 32]", "data.size must be a width and a height"),
        ("made = 0.5", "made = 0.25", "shares must give video, photo, made, from 0, and sum to 1"),
        ('"recurrent_exemplar"', '"nonesuch"', "model.family must be one of"),
        ("width = 4", "depth = 4", "model.depth is unknown"),
        ('/more"', '/videos"', "data.validation must not hold what is trained on"),
        ('/more"', '/nonesuch"', "is no folder of videos"),
    ],
)
def test_what_it_refuses_is_said_in_a_line(tmp_path, config_file, capsys, old, new, words):
    assert old in config_file.read_text()
    config_file.write_text(config_file.read_text().replace(old, new))
    with pytest.raises(SystemExit) as stop:
        main(command_line(tmp_path, config_file))
    assert stop.value.code == 1 and words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, config_file):
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        load_exemplar(tmp_path / "none.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"bad")
    with pytest.raises(ValueError, match=r"bad\.safetensors is no colormnet's checkpoint"):
        load_exemplar(tmp_path / "bad.safetensors")


def test_the_ablation_is_trained_under_one_budget():
    """All configurations differ in their network alone."""
    configs = {path.stem: read_config(path.stem) for path in CONFIGS.glob("*.toml")}
    plain = configs["source_reference"]
    for name, config in configs.items():
        assert config["name"] == name
        assert {key for key in config if config[key] != plain[key]} <= {"name", "model"}
    assert set(FAMILIES) == {config["model"]["family"] for config in configs.values()}


def _none():
    """Made clips alone."""
    return ExemplarClips(ClipSet((), ()), PhotoSet((), (), np.zeros(0)), {"video": 0, "photo": 0, "made": 1})
