"""The training command for video: killed and resumed it ends bit for bit the same; what it reads, writes and refuses."""

import json
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from course_lib.color import rgb_to_lab
from course_lib.data import made_clip
from course_lib.video.clip_colorizer import ClipColorizer, load_clip_colorizer
from course_lib.video.clip_sets import DAVIS_SPLITS, ClipSet, PannedPhoto, mirrored, open_clip_sets
from course_lib.video.recurrent_unet import FAMILIES, RecurrentUNet
from course_lib.video.train import CONFIGS, main, options_of, read_config
from course_lib.video.training import ClipTrainer
from tools.torture.clips import write_clip
from tools.torture.trainings import VIDEO, assert_identical, command_line, results, write_config, write_videos

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Three videos, of 7, 5 and 4 frames, one of which is wider; two photos."""
    return write_videos(tmp_path_factory.mktemp("data"))


@pytest.fixture
def config_file(tmp_path, data):
    return write_config(tmp_path, VIDEO, data)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("whole")
    main(command_line(folder, write_config(folder, VIDEO, data)))
    return results(folder)


PROGRAM = """
import os, signal, sys
from course_lib.video import train, training
loss_of = training.ClipTrainer.loss_of
def fatal(self, batch, state):
    if self.step_done == 6 and self.model.training:
        os.kill(os.getpid(), signal.SIGKILL)
    return loss_of(self, batch, state)
training.ClipTrainer.loss_of = fatal
train.main(sys.argv[1:])
"""


def test_killed_and_resumed_it_ends_bit_for_bit_the_same(tmp_path, config_file, uninterrupted):
    """Killed in the middle of step 7: after the save at 4, in the middle of clips, and the validation at 5."""
    options = command_line(tmp_path, config_file)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *options],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == -9, done.stderr
    assert not (tmp_path / "out").exists()
    main(options)
    assert_identical(results(tmp_path), uninterrupted)


def test_the_place_in_the_stream_and_the_memory_are_kept(tmp_path, data, config_file):
    """What a resumed run would lose without them, step for step."""
    config, clips = read_config(str(config_file)), open_clip_sets([f"{data}/videos"], (32, 18))

    def made():
        torch.manual_seed(0)
        return ClipTrainer(RecurrentUNet(**options_of(config)), config, clips=clips)

    whole, first = made(), made()
    for _ in range(8):
        whole.step()
    for _ in range(4):
        first.step()
    first.save(tmp_path)
    for forget in ("nothing", "place", "memory"):
        second = made()
        assert second.resume(tmp_path)
        if forget == "place":
            second.loader.load_state_dict(made().loader.state_dict())
        if forget == "memory":
            second.state = None
        for _ in range(4):
            second.step()
        same = [a == b for a, b in zip(second.recent, whole.recent, strict=True)]
        assert same[:4] == [True] * 4 and all(same[4:]) == (forget == "nothing")


def test_the_seed_decides_and_matters(tmp_path, config_file, uninterrupted):
    main(command_line(tmp_path / "again", config_file))
    assert_identical(results(tmp_path / "again"), uninterrupted)
    config_file.write_text(config_file.read_text().replace("seed = 3", "seed = 4"))
    main(command_line(tmp_path / "other", config_file))
    assert (
        results(tmp_path / "other")[1]["model.last.weight"] != uninterrupted[1]["model.last.weight"]
    ).any()


def test_what_is_written_colors_clips(tmp_path, config_file, capsys):
    main(command_line(tmp_path, config_file))
    printed = capsys.readouterr()
    path = tmp_path / "out" / "tiny.safetensors"
    assert f"{path}: " in printed.out and "tiny: 100%" in printed.err and "validation_color" in printed.out
    assert {w.dtype for w in load_file(path).values()} == {torch.float16}
    colorizer = load_clip_colorizer(path)
    assert colorizer.chunk == 3 and colorizer.net.memory is not None
    lightness = np.random.default_rng(0).uniform(0, 100, (7, 18, 32)).astype(np.float32)
    ab = colorizer.predict_ab(lightness)
    with torch.no_grad():
        whole, _ = colorizer.net(torch.from_numpy(lightness / 100)[None, :, None])
    np.testing.assert_allclose(ab, whole[0].permute(0, 2, 3, 1) * 110, atol=1e-2)
    curve = json.loads((tmp_path / "out" / "tiny.curve.json").read_text())
    assert [point["step"] for point in curve["curve"]] == [5, 10, 12] and curve["config"]["name"] == "tiny"
    path.write_bytes(b"no checkpoint")
    with pytest.raises(ValueError, match="is no recurrent_unet's checkpoint"):
        load_clip_colorizer(path)
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        load_clip_colorizer(tmp_path / "none")


@pytest.mark.parametrize("head", ["tanh", "separate", "joint"])
def test_each_head_learns(config_file, data, head):
    text = config_file.read_text().replace("width = 2", f'width = 4, head = "{head}"')
    config_file.write_text(text.replace('"cyclic"', '"constant"').replace("steps = 12", "steps = 40"))
    config, clips = read_config(str(config_file)), open_clip_sets([f"{data}/videos"], (32, 18))
    torch.manual_seed(0)
    trainer = ClipTrainer(RecurrentUNet(**options_of(config)), config, clips=clips)
    for _ in range(40):
        trainer.step()
    losses = [losses["color"] for losses in trainer.recent]
    assert np.mean(losses[-8:]) < 0.8 * np.mean(losses[:8])


def test_padding_does_not_count(config_file, data):
    """A clip of 4 frames in chunks of 3: the loss of its second chunk is that of its last frame."""
    config, clips = read_config(str(config_file)), open_clip_sets([f"{data}/more"], (32, 18))
    config["rows"] = 1
    trainer = ClipTrainer(RecurrentUNet(2), config, clips=clips)
    _, second = trainer.loader
    loss, _ = trainer.loss_of(second, None)
    config["chunk"] = 1
    alone = ClipTrainer(trainer.model, config, clips=clips)
    *_, last = alone.loader
    assert second.valid.tolist() == [[True, False, False]]
    torch.testing.assert_close(loss, alone.loss_of(last, None)[0])


def test_a_network_that_tells_the_truth_has_no_loss(config_file, data):
    config, clips = read_config(str(config_file)), open_clip_sets([f"{data}/videos"], (32, 18))

    class Truth(RecurrentUNet):
        def scores(self, lightness, state=None, is_first=None):
            return torch.nn.functional.avg_pool2d(self.ab, 2).unflatten(0, lightness.shape[:2]), None

    trainer = ClipTrainer(Truth(2), config, clips=clips)
    for batch in trainer.loader:
        trainer.model.ab = batch.frames.float().movedim(-1, 2)[:, :, 1:].flatten(0, 1) / 110
        assert trainer.loss_of(batch, None)[0] < 1e-9


def test_clip_sets_are_fitted_named_and_mirrored(data):
    clips = open_clip_sets([f"{data}/videos", f"stills:{data}/photos"], (32, 18))
    assert clips.names == ("a.mp4", "b.mp4", "stills/photos/0.png", "stills/photos/1.png")
    assert [np.shape(clip[:]) for clip in clips.clips] == [
        (7, 18, 32, 3),
        (5, 18, 32, 3),
        *[(12, 18, 32, 3)] * 2,
    ]
    rgb = made_clip(0, frames=7, size=(36, 64)).frames
    wanted = cv2.resize(rgb[0], (32, 18), interpolation=cv2.INTER_AREA).mean((0, 1))
    np.testing.assert_allclose(
        clips.clips[0][0].astype(np.float32).mean((0, 1)), rgb_to_lab(wanted), atol=2.0
    )
    twice = mirrored(clips)
    assert len(twice) == 6 and twice.names[4:] == ("a.mp4, mirrored", "b.mp4, mirrored")
    np.testing.assert_array_equal(twice.clips[5][:, :, ::-1], clips.clips[1])


def test_a_panned_photo_moves_evenly_over_it():
    ramp = np.stack(np.meshgrid(np.arange(60), np.arange(40)), -1)  # (40, 60, 2): left, top
    ways = []
    for seed in range(20):
        clip = PannedPhoto(ramp, (32, 18), seed)
        corners = np.stack([frame[0, 0] for frame in clip[0 : len(clip)]])
        steps = np.diff(corners, axis=0)
        assert (np.ptp(steps, axis=0) <= 1).all()  # even but for whole pixels
        np.testing.assert_array_equal(clip[3:5][1], ramp[corners[4][1] :, corners[4][0] :][:18, :32])
        ways.append(corners[-1] - corners[0])
    assert np.std(ways, axis=0).min() > 3


def test_sequences_are_on_one_side_only(tmp_path, monkeypatch):
    names = sorted(name for split in DAVIS_SPLITS.values() for name in split)
    assert len(set(names)) == 14
    assert list(DAVIS_SPLITS["test"]) == names[::4] and list(DAVIS_SPLITS["validation"]) == names[1::8]
    for name in names:
        path = tmp_path / "video_clips" / "davis_240" / f"{name}.mp4"
        write_clip(path, np.zeros((2, 16, 32, 3), np.uint8), codec="mpeg4")
    for name in names[::3]:
        (tmp_path / "video_frames_320" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "video_frames_320" / name / "00000.jpg"), np.zeros((18, 32, 3), np.uint8))
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    found = {
        split: {
            n.partition("/")[2]
            for n in open_clip_sets([f"davis/{split}", f"davis_320/{split}"], (32, 18)).names
        }
        for split in DAVIS_SPLITS
    }
    assert {split: sorted(found[split]) for split in found} == {k: sorted(v) for k, v in DAVIS_SPLITS.items()}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seed = 3", "", "seed is missing"),
        ("rows = 2", "rows = 0", "rows must be a whole number from 1, got 0"),
        ("rows = 2", "rows = 50", "rows must lie between 1 and 6"),
        ('"unet_lstm"', '"lstm"', "model.family must be one of unet, unet_features"),
        ("width = 2", "skips = 0.5", "model.skips must be one of True, False; got 0.5"),
        ("[32, 18]", "[32]", "data.size must be a width and a height"),
        ("softmaxes = 1", "softmaxes = 2", "softmaxes must be 1, or 2 for the separate bins"),
        ('/more"', '/videos"', "data.validation must not hold what is trained on; got a.mp4, b.mp4"),
        ('/more"', '/nonesuch"', "is no folder of videos"),
        ('/more"', '/photos"', "holds no clips"),
        ('["{folder}/more"]', '["davis/val"]', "has the splits test, validation, train; got 'val'"),
        ('["{folder}/more"]', '["davis/test"]', "holds neither video_clips.tar"),
        ('name = "tiny"', 'name = "tiny"\nlike = "nonesuch"', "no configuration 'nonesuch'"),
    ],
)
def test_what_it_refuses_is_said_in_a_line(tmp_path, config_file, data, capsys, monkeypatch, old, new, words):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    old = old.format(folder=data.as_posix())
    assert old in config_file.read_text()
    config_file.write_text(config_file.read_text().replace(old, new))
    with pytest.raises(SystemExit) as stop:
        main(command_line(tmp_path, config_file))
    assert stop.value.code == 1 and words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_state_of_another_run_is_refused(tmp_path, config_file, capsys, data):
    main(command_line(tmp_path, config_file))
    state = tmp_path / "state" / "tiny" / "state.safetensors"
    config_file.write_text(config_file.read_text().replace("steps = 12", "steps = 13"))
    for damage, words in ((lambda: None, "other config"), (lambda: os.truncate(state, 900), "is damaged")):
        damage()
        with pytest.raises(SystemExit):
            main(command_line(tmp_path, config_file))
        assert words in capsys.readouterr().err
    config, clips = read_config(str(config_file)), open_clip_sets([f"{data}/videos"], (32, 18))
    ClipTrainer(RecurrentUNet(2), config, clips=clips).save(tmp_path / "elsewhere")
    renamed = ClipSet(("x", "y"), clips.clips)
    with pytest.raises(ValueError, match="made with other clips"):
        ClipTrainer(RecurrentUNet(2), config, clips=renamed).resume(tmp_path / "elsewhere")


def test_a_damaged_video_is_named(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    with pytest.raises(ValueError, match=r"bad\.mp4 isn't a video"):
        open_clip_sets([str(tmp_path)], (32, 18))


def test_the_configurations_of_the_course_say_what_they_have_otherwise():
    plain = read_config("unet")
    configs = {path.stem: read_config(path.stem) for path in sorted(CONFIGS.glob("*.toml"))}
    for name, config in configs.items():
        assert config["name"] == name
        others = {key for key in config if config[key] != plain[key]} - {"name"}
        wanted = {"unet": set(), "softmax_twice": {"model", "loss"}, "photos_only": {"data"}}
        assert others == wanted.get(name, {"model"})
    assert set(FAMILIES) <= set(configs)
    for name, options in FAMILIES.items():
        assert options_of(configs[name]) == options
    assert options_of(configs["location_lstm"]) == {"recurrence": "location"}
    assert options_of(configs["no_skips"]) == {"skips": False}


def test_bad_clips_are_named():
    colorizer = ClipColorizer(RecurrentUNet(2))
    for bad in (np.zeros((4, 4)), np.zeros((0, 4, 4)), np.full((1, 4, 4), np.nan)):
        with pytest.raises(ValueError, match=r"lightness must be a nonempty, finite array \(T, H, W\)"):
            colorizer.predict_ab(bad)
    with pytest.raises(ValueError, match="chunk must be at least 1, got 0"):
        ClipColorizer(RecurrentUNet(2), chunk=0)
