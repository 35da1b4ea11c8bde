"""The evaluation's measures on answers whose quality is known; the card agrees with itself."""

import json

import numpy as np
import pytest

from course_lib.quality import evaluation, mean_score, simulated_scores
from course_lib.quality.evaluation import Rated, baselines, metrics, rated, series
from course_lib.quality.pretrained import CHECKPOINTS
from course_lib.quality.rated_photos import RatedPhotos


@pytest.fixture(scope="module")
def photos():
    rng = np.random.default_rng(0)
    coarse = [rng.integers(30, 220, (5, 6, 3)) for _ in range(4)]
    rgb = tuple(np.kron(c, np.ones((10, 10, 1))).astype(np.uint8) for c in coarse)
    return RatedPhotos(tuple("abcd"), rgb, np.zeros(4))


def brightness(inputs):
    return inputs.mean((1, 2, 3))


def test_a_series_is_in_order_for_who_sees_it_and_not_for_who_does_not(photos, monkeypatch):
    monkeypatch.setattr(evaluation, "_SERIES_EVERY", 1)
    answers = {"dark": brightness, "bright": lambda x: -brightness(x), "one": lambda x: np.full(len(x), 5.0)}
    found = series(photos, ["underexposure"], (1, 2, 3), answers)["underexposure"]
    assert found["dark"]["within"] == 1 and found["bright"]["within"] == -1
    assert found["one"]["within"] == 0 and np.isnan(found["one"]["pooled"])
    assert 0.5 < found["dark"]["pooled"] <= 1


def test_metrics_of_a_perfect_and_of_a_constant_answer():
    truth = np.stack([simulated_scores(level, seed=level) for level in (0, 1, 2, 3, 4, 5) * 5])
    perfect = metrics(mean_score(truth), truth, truth)
    assert perfect == {"emd": 0, "srcc": 1, "lcc": 1, "mse": 0, "accuracy": 1, "f1": 1, "good_or_bad": 1}
    constant = metrics(np.full(30, mean_score(truth).mean()), truth)
    assert constant["emd"] is None and constant["srcc"] is None and constant["lcc"] is None
    assert constant["mse"] == pytest.approx(mean_score(truth).var())


def test_who_knows_the_level_is_a_ceiling_above_those_who_look_at_nothing(photos):
    test = rated(photos, 1)
    assert test.inputs.shape == (24, 224, 224, 3) and list(test.levels[:6]) == [0, 1, 2, 3, 4, 5]
    again = rated(photos, 1)
    np.testing.assert_array_equal(test.shares, again.shares)
    np.testing.assert_array_equal(test.inputs, again.inputs)
    rows = baselines(test, test.shares)
    ceiling = rows["who knows the level"]
    for name in ("always 5", "average histogram", "commonest class"):
        assert rows[name]["mse"] > ceiling["mse"] and rows[name]["accuracy"] < ceiling["accuracy"]
    assert rows["average histogram"]["emd"] < rows["always 5"]["emd"]
    assert rows["average histogram"]["mse"] == pytest.approx(rows["variance of the test scores"]["mse"])
    assert isinstance(test, Rated)


@pytest.fixture(scope="module")
def held_out():
    return json.loads((CHECKPOINTS / "nima.json").read_text(encoding="utf-8"))["held_out"]


def test_the_card_has_every_baseline_beside_the_network(held_out):
    rows = held_out["metrics"]
    assert set(rows) >= {"nima", "two numbers", "always 5", "average histogram", "commonest class"}
    assert rows["nima"]["emd"] < rows["average histogram"]["emd"]
    assert rows["nima"]["mse"] < min(rows[name]["mse"] for name in ("always 5", "two numbers"))
    assert rows["nima"]["srcc"] < rows["who knows the level"]["srcc"]
    for group in ("unseen_kinds", "unseen_strengths", "seen"):
        assert all(set(row) == {"nima", "two numbers"} for row in held_out[group].values())
    assert len(held_out["tid2013"]["pairs"]) == 5
