"""What is measured of a colored clip means what it says; the command writes cards that a lesson can read."""

import json

import numpy as np
import pytest
import torch

from course_lib.color import rgb_to_lab
from course_lib.data import made_clip
from course_lib.images.photo_sets import PhotoSet
from course_lib.video import evaluate as command
from course_lib.video.clip_colorizer import ClipColorizer
from course_lib.video.clip_sets import DAVIS_SPLITS, ClipSet
from course_lib.video.evaluate import HELD_OUT, domain_gap, evaluate, main, mean_color, single_frames, table
from course_lib.video.evaluation import METRICS, measure, score, truth_of
from course_lib.video.recurrent_unet import RecurrentUNet
from course_lib.video.train import main as train_main
from tools.torture.clips import write_clip


@pytest.fixture(scope="module")
def truth():
    return truth_of(rgb_to_lab(made_clip(1, frames=12, size=(36, 64)).frames))


def _tinted(truth, seed, period):
    """The truth's color, with a tint drawn anew every `period` frames."""
    tints = np.random.default_rng(seed).normal(0, 6, (len(truth.lab) // period, 2)).repeat(period, 0)
    return (truth.lab[..., 1:] + tints[:, None, None]).astype(np.float32)


def test_the_truth_scores_as_the_truth_and_gray_as_gray(truth):
    found = score(truth.lab[..., 1:], truth, 6)
    assert found["psnr"] > 60 and found["correlation"] == pytest.approx(1, abs=1e-3)
    gray = score(np.zeros_like(truth.lab[..., 1:]), truth, 6)
    assert gray["chroma"] == gray["correlation"] == 0 and gray["color_flicker"] < 1e-6 and gray["seams"] == 1
    assert gray["psnr"] < 30 and 0 < gray["flicker"] < found["flicker"]


def test_a_tint_that_changes_flickers_and_one_that_does_not_is_only_wrong(truth):
    plain, steady = score(truth.lab[..., 1:], truth, 6), score(_tinted(truth, 0, 12), truth, 6)
    restless = score(_tinted(truth, 0, 1), truth, 6)
    assert steady["psnr"] < plain["psnr"] - 10
    for metric in ("flicker", "color_flicker", "cdc"):
        assert abs(steady[metric] - plain[metric]) < 0.5 * plain[metric]
        assert restless[metric] > 2 * max(steady[metric], plain[metric])


def test_seams_are_seen_where_they_are(truth):
    assert score(_tinted(truth, 0, 4), truth, 4)["seams"] > 1.8  # objects that move flicker too
    assert score(_tinted(truth, 0, 4), truth, 3)["seams"] < 1.5  # the seams looked for lie elsewhere


def test_pale_color_at_the_right_place_correlates(truth):
    ab = truth.lab[..., 1:]
    pale, elsewhere = score(0.2 * ab, truth, 6), score(ab[:, ::-1, ::-1], truth, 6)
    assert pale["correlation"] == pytest.approx(1, abs=1e-3) and pale["chroma"] < elsewhere["chroma"] / 3
    assert elsewhere["correlation"] < 0.7


def test_means_are_over_clips_and_the_truth_is_not_compared_with_itself(truth):
    other = truth_of(rgb_to_lab(made_clip(2, frames=8, size=(36, 64)).frames))
    found = measure({"gray": (lambda x: np.zeros((*x.shape, 2), np.float32), 6)}, {"a": truth, "b": other})
    assert list(found) == ["truth", "gray"]
    assert set(METRICS) - set(found["truth"]["mean"]) == {"psnr", "correlation", "seams"}
    for metric in METRICS:
        values = [found["gray"]["clips"][clip][metric] for clip in "ab"]
        assert found["gray"]["mean"][metric] == pytest.approx(np.mean(values), abs=1e-3)
    lines = table(found).splitlines()
    assert len(lines) == 3 and lines[2].startswith("gray") and len(lines[1]) == len(lines[2])


class _Photographer(torch.nn.Module):
    """Answers the same color everywhere."""

    stride = 1

    def forward(self, lightness):
        return torch.full((len(lightness), 2, *lightness.shape[2:]), 0.1)


def test_models_are_asked_frame_by_frame_or_in_their_chunks():
    torch.manual_seed(0)
    clip = rgb_to_lab(made_clip(3, frames=8, size=(36, 64)).frames).astype(np.float16)
    net = RecurrentUNet(4, recurrence="conv", stateful=False)
    models = {"by 4": ClipColorizer(net, chunk=4), "by 8": ClipColorizer(net, chunk=8)}
    found = evaluate(models, {"flat": _Photographer()}, ClipSet(("a",), (clip,)), done=iter)
    assert list(found) == ["truth", "gray", "flat, frame by frame", "by 4", "by 8"]
    assert found["flat, frame by frame"]["mean"]["chroma"] == pytest.approx(11 * 2**0.5, rel=1e-3)
    assert found["by 4"]["mean"] != found["by 8"]["mean"]  # it begins anew
    assert found["by 8"]["mean"]["seams"] == 1  # one chunk has none


def test_a_tint_is_the_mean_of_all_frames_and_painted_everywhere():
    clips = ClipSet(("a", "b"), (np.full((6, 36, 64, 3), 20.0), np.full((2, 36, 64, 3), -4.0)))
    assert mean_color(clips).tolist() == [14, 14]
    clip = rgb_to_lab(made_clip(3, frames=8, size=(36, 64)).frames).astype(np.float16)
    found = evaluate({}, {}, ClipSet(("a",), (clip,)), done=iter, tints={"tint": (3.0, 4.0)})
    assert list(found) == ["truth", "gray", "tint"]
    assert found["tint"]["mean"]["chroma"] == pytest.approx(5, rel=1e-4)


def test_the_gap_is_measured_on_photos_and_frames_apart():
    frames = rgb_to_lab(made_clip(4, frames=8, size=(36, 64)).frames).astype(np.float16)
    photos = PhotoSet(("set/1", "set/2"), tuple(frames[:2, :, ::-1] * 0.8), np.array([-1, -1]))
    answer = single_frames(ClipColorizer(RecurrentUNet(4)))
    found = domain_gap({"net": answer}, photos, ClipSet(("davis/a",), (frames,)))
    assert {name: group["photos"] for name, group in found.items()} == {"all": 4, "set": 2, "davis": 2}
    assert found["set"]["gray"]["chroma"] == 0 and found["set"]["net"]["chroma"] > 0
    assert found["set"]["truth"]["chroma"] == pytest.approx(found["davis"]["truth"]["chroma"] * 0.8, rel=0.05)


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """A checkpoint after two steps, on a data folder whose sequences are made clips."""
    sequences = {name for split in DAVIS_SPLITS.values() for name in split}
    for i, name in enumerate(sorted(sequences)):
        frames = made_clip(i, frames=8, size=(36, 64)).frames
        write_clip(
            tmp_path / "video_clips" / "davis_240" / f"{name}.mp4",
            np.rint(frames * 255).astype(np.uint8),
            codec="mpeg4",
        )
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    config = tmp_path / "small.toml"
    config.write_text(
        'like = "unet"\nname = "small"\nsteps = 2\n[data]\ntrain = ["davis/train"]\n[model]\nwidth = 4\n'
    )
    train_main([str(config), "--out", str(tmp_path / "out"), "--state", str(tmp_path / "state")])
    return tmp_path / "out"


def test_the_command_writes_cards(trained, capsys, monkeypatch):
    monkeypatch.setattr(command, "open_photo_sets", lambda specs, side: _photos(side))
    main(["--checkpoints", str(trained), "--write"])
    printed = capsys.readouterr().out
    assert "small" in printed and "classification, frame by frame" in printed
    card = json.loads((trained / "small.json").read_text())
    assert card["training"]["command"] == "python -m course_lib.video.train small"
    assert set(card["training"]["sets"]) == {"video_clips"} and card["held_out"]["sets"] == list(HELD_OUT)
    assert set(card["held_out"]["metrics"]) == {
        "truth",
        "gray",
        "mean color",
        "model",
        "classification, frame by frame",
        "regression, frame by frame",
    }
    assert set(card["held_out"]["metrics"]["model"]["mean"]) == set(METRICS)
    tint = card["held_out"]["metrics"]["mean color"]["mean"]
    assert tint["chroma"] > 0 and tint["color_flicker"] < 1e-6 and tint["correlation"] == 0
    gap = json.loads((trained / "domain_gap.json").read_text())
    assert gap["gaps"]["part 1"]["metrics"]["davis"]["classification"]["chroma"] > 0


def _photos(side):
    lab = rgb_to_lab(made_clip(9, frames=2, size=(side, side)).frames).astype(np.float16)
    return PhotoSet(("set/1", "set/2"), tuple(lab), np.array([-1, -1]))


def test_a_folder_without_checkpoints_says_what_to_do(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--checkpoints", str(tmp_path)])
    assert stop.value.code == 1 and "course_lib.video.train unet" in capsys.readouterr().err
