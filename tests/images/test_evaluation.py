"""What colorizers are measured by: known answers get known numbers, and the cards say what the shipped files do."""

import json
import os

import numpy as np
import pytest
from scipy.optimize import minimize

from course_lib.color import rgb_to_lab
from course_lib.data import photos
from course_lib.images import natural_prior, pretrained
from course_lib.images.evaluate import differences, main, measure
from course_lib.images.evaluation import (
    COLORFUL,
    METRICS,
    answer_of,
    best_tint,
    constant,
    correlation,
    mean_color,
    scene_accuracy,
    score,
    summary,
    truths,
)
from course_lib.images.gallery import diagnose, hue_name
from course_lib.images.photo_sets import PhotoSet, open_photo_sets


@pytest.fixture(scope="module")
def some():
    """Three bundled photos, small, of different sizes."""
    lab = [
        rgb_to_lab(photo[::6, ::6]).astype(np.float16)
        for photo in photos("coffee", "flower", "rocket").values()
    ]
    return PhotoSet(("a/1", "a/2", "b/1"), tuple(lab), np.array([2, -1, 2]))


@pytest.fixture(scope="module")
def held(some):
    return list(truths(some, natural_prior()))


def _knowing(held):
    colors = {t.lab[..., 0].tobytes(): t.lab[..., 1:] for t in held}
    return lambda lightness: colors[lightness.tobytes()]


def test_the_truth_itself_scores_best(held):
    found = summary(score(_knowing(held), held))
    assert tuple(found) == METRICS
    assert found["auc"] == pytest.approx(100) and found["auc_rebalanced"] == pytest.approx(100)
    assert found["colorful_error"] == 0 and found["psnr"] > 60
    assert found["chroma_ratio"] == pytest.approx(1) and found["correlation"] == pytest.approx(1)


def test_means_over_pixels_are_those_of_all_pixels_together(held):
    tint = np.array([4.0, 17.0])
    found = summary(score(constant(tint), held))
    true_ab = np.concatenate([t.lab[..., 1:].reshape(-1, 2) for t in held])
    weights = np.concatenate([t.weights.ravel() for t in held])
    error = np.linalg.norm(true_ab - tint, axis=1)
    area = 100 * (1 - np.minimum(error, 150) / 150)
    assert found["auc"] == pytest.approx(area.mean(), rel=1e-5)
    assert found["auc_rebalanced"] == pytest.approx(np.average(area, weights=weights), rel=1e-5)
    colorful = np.hypot(*true_ab.T) > COLORFUL
    assert found["colorful_error"] == pytest.approx(error[colorful].mean(), rel=1e-5)
    assert found["chroma_ratio"] == pytest.approx(np.hypot(*tint) / np.hypot(*true_ab.T).mean(), rel=1e-5)
    assert found["correlation"] == 0  # a tint knows nothing of where


def test_rare_colors_weigh_more(held):
    for truth in held:
        chroma = np.hypot(truth.lab[..., 1], truth.lab[..., 2])
        if chroma.max() > 60:
            assert truth.weights[chroma > 60].mean() > 20 * truth.weights[chroma < 5].mean()


def test_the_best_tint_is_what_a_general_minimizer_finds(some):
    colors = np.concatenate([lab[..., 1:].reshape(-1, 2).astype(float) for lab in some.lab])
    colors = colors[np.hypot(*colors.T) > COLORFUL]

    def distance(tint):
        return np.linalg.norm(colors - tint, axis=1).mean()

    found = minimize(distance, np.zeros(2), method="Nelder-Mead").x
    np.testing.assert_allclose(best_tint(some), found, atol=0.05)


def test_mean_color_is_the_mean_over_pixels(some):
    colors = np.concatenate([lab[..., 1:].reshape(-1, 2).astype(float) for lab in some.lab])
    np.testing.assert_allclose(mean_color(some), colors.mean(0), atol=1e-3)


def test_correlation_is_that_of_numpy():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 9, 7, 2))
    centered = [(x - x.mean((0, 1))).ravel() for x in (first, second)]
    assert correlation(first, second) == pytest.approx(np.corrcoef(*centered)[0, 1])
    assert correlation(first, -3 * first + 5) == pytest.approx(-1)


def test_scenes_count_only_where_known(some):
    model = pretrained("regression")
    found = scene_accuracy(model, some)
    assert found["scene_accuracy"] in (0, 0.5, 1) and found["commonest_scene"] == 1
    with pytest.raises(ValueError, match="at least one whose scene is known"):
        scene_accuracy(model, some.pick([1]))


def test_every_set_is_measured_apart_and_together(some):
    found = measure({"gray": constant(np.zeros(2))}, some)
    assert [found[name]["photos"] for name in ("all", "a", "b")] == [3, 2, 1]
    one = measure({"gray": constant(np.zeros(2))}, some.pick([2]))
    assert one["all"]["gray"] == found["b"]["gray"]


def test_a_card_that_says_otherwise_is_named():
    ours = {"metrics": {"all": {"psnr": 20.0}}, "sets": ["a"]}
    assert not list(differences(ours, {"metrics": {"all": {"psnr": 20.01}}, "sets": ["a"]}))
    assert list(differences(ours, {"metrics": {"all": {"psnr": 21.0}}, "sets": ["a"]})) == [
        "metrics, all, psnr: 20.0 here, 21.0 on the card"
    ]
    assert len(list(differences(ours, {"sets": ["b"]}))) == 2


def test_the_command_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    for arguments, word in (
        (["--checkpoints", str(tmp_path)], "no checkpoint"),
        ([], "COURSE_DATA_DIR isn't set"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 1 and word in capsys.readouterr().err


@pytest.mark.skipif(not os.environ.get("COURSE_DATA_DIR"), reason="COURSE_DATA_DIR isn't set")
def test_the_card_says_what_the_shipped_file_does():
    held_out = pretrained("classification").card["held_out"]
    photos = open_photo_sets(["imagenet_sample_128/test"], held_out["short_side"])
    answers = {
        "classification": answer_of(pretrained("classification")),
        "best tint": constant(np.array(held_out["baselines"]["best tint"])),
    }
    found = measure(answers, photos)["imagenet_sample_128"]
    on_card = held_out["metrics"]["imagenet_sample_128"]
    assert not list(differences(found, json.loads(json.dumps(on_card))))


def test_the_gallery_names_what_went_wrong():
    rng = np.random.default_rng(0)
    orange = np.array([35.0, 60.0]) + rng.normal(size=(20, 20, 2))
    assert diagnose(orange, 0.1 * orange).startswith("too gray")
    assert "purple where the truth is orange" in diagnose(orange, orange * 0 + [45.0, -40.0])
    assert diagnose(orange, 2 * orange).startswith("too strong")
    assert diagnose(orange * 0.02, orange).startswith("color where there is none")
    swapped = orange.copy()
    swapped[:9] = [-40.0, -40.0]
    assert diagnose(orange, swapped).startswith("the right hue in the wrong places: 45%")
    assert hue_name(rgb_to_lab(np.array([[1.0, 0.0, 0.0]]))[:, 1:]) == "red"
