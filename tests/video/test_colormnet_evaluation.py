"""What is measured of a clip colored from its reference means what it says; the command writes cards."""

import json

import numpy as np
import pytest
import torch

from course_lib.color import rgb_to_lab
from course_lib.data import made_clip
from course_lib.video.clip_sets import DAVIS_SPLITS
from course_lib.video.colormnet import evaluate as command
from course_lib.video.colormnet import evaluation
from course_lib.video.colormnet.evaluate import gray_inputs, main, table
from course_lib.video.colormnet.evaluation import (
    BACK,
    METRICS,
    color_clip,
    followed_pixels,
    hold,
    measure,
    score_clip,
    summary,
)
from course_lib.video.colormnet.plain_baselines import CopyReference, FlowPropagation, Gray
from course_lib.video.colormnet.train import main as train_main
from tools.torture.clips import write_clip


def eyes(rgb):
    """Looks at the colors themselves."""
    return [rgb]


@pytest.fixture(scope="module")
def held():
    return hold(rgb_to_lab(made_clip(1, frames=14, size=(36, 64)).frames))


class _Told:
    """Answers what it is told, frame by frame."""

    def __init__(self, ab):
        self.ab = iter(torch.from_numpy(ab.copy()).permute(0, 3, 1, 2) / 110)

    def stream(self, reference_lightness, reference_ab):
        self.seen = []
        return self

    def next(self, lightness):
        self.seen.append(lightness)
        return next(self.ab)


def test_a_sequence_is_played_forth_and_back(held):
    assert held.lab.shape == (27, 36, 64, 3) and len(held.forth.lab) == len(held.followed) == 13
    assert np.array_equal(held.lab[:14], held.lab[:12:-1])


def test_a_method_sees_lightness_and_the_first_frame_s_color_alone(held):
    told = _Told(held.lab[1:, ..., 1:])
    ab, seconds = color_clip(told, held.lab)
    np.testing.assert_allclose(ab, held.lab[..., 1:], atol=1e-4)
    assert seconds > 0 and len(told.seen) == 26 and told.seen[0].shape == (1, 36, 64)
    np.testing.assert_allclose(told.seen[0][0], held.lab[1, ..., 0] / 100, rtol=1e-6)


def test_the_truth_scores_as_the_truth_and_gray_as_gray(held):
    found = score_clip(held.lab[..., 1:], held, eyes)
    assert found["psnr"] > 60 and found["chroma_ratio"] == 1 and found["course_lpips"] < 1e-6
    assert found["ab_psnr"]["followed"] is None  # no error
    assert set(METRICS) <= set(found)
    gray = score_clip(np.zeros_like(held.lab[..., 1:]), held, eyes)
    assert gray["chroma_ratio"] == gray["correlation"] == 0
    assert gray["psnr"] < 30 and gray["ssim"] < found["ssim"] and gray["course_lpips"] > 0.01


def _nearly_true(held):
    """The truth but for what nobody sees, so that no PSNR is infinite."""
    return held.lab[..., 1:] + np.float32(0.02)


def test_what_goes_wrong_is_found_in_the_frames_where_it_went_wrong(held):
    ab = _nearly_true(held)
    ab[12:14] += 15  # the last two frames on the way forth
    found = score_clip(ab, held, eyes)["by_frame"]
    assert found["1-10"] > 60 and found["11-30"] < 50 and found[BACK] > 60 and "31-60" not in found
    ab = _nearly_true(held)
    ab[20:] += 15
    found = score_clip(ab, held, eyes)
    assert found["by_frame"][BACK] < 50 and found["psnr"] > 60  # only the way forth counts


def test_early_and_late_frames_are_the_ones_named(held, monkeypatch):
    monkeypatch.setattr(evaluation, "EARLY", 3)
    monkeypatch.setattr(evaluation, "LATE", 20)
    ab = _nearly_true(held)
    ab[18:23] += 15  # about frame 20, which shows what frame 6 showed
    found = score_clip(ab, held, eyes)["long"]
    assert found["frame 20"] < 35 < 60 < min(found["frame 3"], found["same frame, forth"])
    ab = _nearly_true(held)
    ab[4:9] += 15
    found = score_clip(ab, held, eyes)["long"]
    assert found["same frame, forth"] < 35 < 60 < found["frame 20"]


def test_pixels_that_flow_loses_are_measured_apart(held):
    assert 0.02 < (~held.followed).mean() < 0.9
    ab = held.lab[..., 1:].copy()
    forth = ab[1:14]
    forth[~held.followed] += 22
    found = score_clip(ab, held, eyes)["ab_psnr"]
    assert found["lost"] == pytest.approx(20, abs=0.01) and found["followed"] is None  # 22 of 220
    assert found["share lost"] == pytest.approx((~held.followed).mean(), abs=1e-4)


def test_pixels_are_followed_until_they_are_covered():
    """A still picture is followed for good; what a moving object uncovers isn't, and never again."""
    still = rgb_to_lab(made_clip(3, frames=2, size=(48, 64)).frames)[:1, ..., 0].repeat(4, 0) / 100
    assert followed_pixels(still).mean() > 0.95
    clip = made_clip(3, frames=8, size=(72, 96))
    followed = followed_pixels(rgb_to_lab(clip.frames)[..., 0] / 100)
    share = followed.mean((1, 2))
    assert share[0] > share[3] > share[-1]
    # what shows another layer at its place in the first frame, and did not come from there, is mostly lost
    uncovered = (clip.labels[-1] == 0) & (clip.labels[0] != 0)
    assert followed[-1][uncovered].mean() < 0.5 * followed[-1].mean()


def test_means_are_over_clips(held):
    other = hold(rgb_to_lab(made_clip(2, frames=8, size=(36, 64)).frames))
    found = measure(
        {"gray": Gray(), "copy": CopyReference(), "flow": FlowPropagation()}, {"a": held, "b": other}, eyes
    )
    assert list(found) == ["truth", "gray", "copy", "flow"]
    for metric in METRICS:
        values = [found["copy"]["clips"][clip][metric] for clip in "ab"]
        assert found["copy"]["mean"][metric] == pytest.approx(np.mean(values), abs=1e-3)
    mean = found["copy"]["mean"]["by_frame"]
    assert mean["11-30"] == found["copy"]["clips"]["a"]["by_frame"]["11-30"]  # b is too short for it
    assert set(found["truth"]["mean"]) == {"flicker", "color_flicker", "cdc"}
    assert found["flow"]["mean"]["course_fid"] < found["gray"]["mean"]["course_fid"]
    lines = table(found).splitlines()
    assert len(lines) == 5 and all(len(line) == len(lines[0]) for line in lines)


def test_what_no_clip_has_is_left_out_of_the_means():
    found = summary(
        {"a": {"x": 1.0, "y": None, "z": {"p": 2.0}}, "b": {"x": 3.0, "y": None, "z": {"q": 4.0}}}
    )
    assert found["mean"] == {"x": 2.0, "z": {"p": 2.0, "q": 4.0}}


def test_opencv_s_gray_costs_lightness_even_with_the_right_color(held):
    found = gray_inputs(CopyReference(), {"a": held})
    assert found["L"]["psnr"] == found["L"]["psnr of color"]
    assert found["opencv gray"]["psnr of color"] == pytest.approx(
        found["L"]["psnr"], abs=1e-3
    )  # a copy sees no L
    assert found["opencv gray, truth's color"]["psnr"] < 50


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """A checkpoint after two steps, on a data folder whose sequences are made clips."""
    for i, name in enumerate(sorted({name for split in DAVIS_SPLITS.values() for name in split})):
        frames = made_clip(i, frames=6, size=(36, 64)).frames
        write_clip(
            tmp_path / "video_clips" / "davis_240" / f"{name}.mp4",
            np.rint(frames * 255).astype(np.uint8),
            codec="mpeg4",
        )
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    config = tmp_path / "small.toml"
    config.write_text(
        'like = "recurrent_exemplar"\nname = "small"\nsteps = 1\nrows = 1\nframes = 2\n[model]\nwidth = 4\n'
        '[data]\ntrain = ["davis/train"]\nsize = [32, 32]\n[data.shares]\nvideo = 1\nphoto = 0\nmade = 0\n'
    )
    for name in ("train", "evaluate"):
        module = __import__(f"course_lib.video.colormnet.{name}", fromlist=["FRAME_SIZE"])
        monkeypatch.setattr(module, "FRAME_SIZE", (64, 36))
    train_main([str(config), "--out", str(tmp_path / "out"), "--state", str(tmp_path / "state")])
    return tmp_path / "out"


def test_the_command_writes_cards(trained, capsys, monkeypatch):
    monkeypatch.setattr(command, "color_features", lambda: eyes)
    main(["--checkpoints", str(trained), "--write"])
    assert "small" in capsys.readouterr().out
    card = json.loads((trained / "small.json").read_text())
    assert card["training"]["command"] == "python -m course_lib.video.colormnet.train small"
    assert set(card["training"]["sets"]) == {"video_clips"} and card["held_out"]["sets"] == ["davis/test"]
    means = card["held_out"]["means"]
    assert set(means) == {"truth", "gray", "copy of the reference", "flow", "Part 1, frame by frame", "model"}
    assert set(METRICS) <= set(means["model"]) and set(card["held_out"]["clips"]) == {
        f"davis/{name}" for name in DAVIS_SPLITS["test"]
    }
    everything = json.loads((trained / "held_out.json").read_text())
    assert set(everything["found"]) == set(means) - {"model"} | {"small"}


def test_a_folder_without_checkpoints_says_what_to_do(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--checkpoints", str(tmp_path)])
    assert stop.value.code == 1 and "course_lib.video.colormnet.train course" in capsys.readouterr().err
