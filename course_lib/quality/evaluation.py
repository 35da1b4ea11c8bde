"""What a quality network is asked on photos it never saw, from the hardest to fake to the easiest.

1. Real TID2013 pictures and what people said of them. 2. Kinds of distortion it wasn't trained on. 3. Strengths it wasn't
trained on. 4. The distances and hit rates that papers report, on the kinds, levels and raters of the training.
"""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from sklearn.metrics import f1_score
from tqdm import tqdm

from course_lib.data import load_photo
from course_lib.data.packs import find_pack
from course_lib.quality.distortions import KINDS, UNSEEN_KINDS, distort
from course_lib.quality.distributions import (
    earth_movers_distance,
    linear_correlation,
    mean_score,
    rank_correlation,
)
from course_lib.quality.rated_photos import LEVELS, RatedPhotos, as_input
from course_lib.quality.raters import SCORES, simulated_scores
from course_lib.quality.three_class import three_class_labels

UNSEEN_LEVELS = (0.5, 1.5, 2.5, 3.5, 4.5, 6)
_SERIES_EVERY = 8  # photos: a series is long

# The five distorted pictures lie in their pack without their kind and level. The kind is plain to see, and the level is that
# whose nominal PSNR (33, 30, 27, 24, 21 dB; Ponomarenko et al., 2015) is next to the picture's; whichever level I08's
# is, the five mean scores come in the same order.
TID_NAMES = {
    "I03": ("JPEG 2000", 11, 5),
    "I04": ("saturation", 18, 5),
    "I06": ("saturation", 18, 3),
    "I08": ("blocks of wrong color", 15, 4),
    "I19": ("JPEG", 10, 5),
}
_TID_ABOUT = (
    "The pack says neither kind nor level of its distorted pictures: the kind was told by eye, the level by the PSNR nearest "
    "to a level's nominal one, and the human score is that of this entry. Five pairs are few: an order of five is right by "
    "chance once in 120."
)
_PUBLISHED = {
    "musiq": 1,
    "niqe": -1,
    "brisque": -1,
}  # other people's measures of the five, and which way is better

Answer = Callable[[np.ndarray], np.ndarray]  # inputs (N, 224, 224, 3) → mean scores (N,)


@dataclass(frozen=True)
class Rated:
    """Inputs (n, 224, 224, 3) float32, the raters' shares (n, 10), and the level of each."""

    inputs: np.ndarray
    shares: np.ndarray
    levels: np.ndarray


def rated(photos: RatedPhotos, seed: int) -> Rated:
    """Each photo six times: as it is, and at the five levels, each of a kind drawn for it."""
    inputs, shares, levels = [], [], []
    for i, photo in enumerate(tqdm(photos.rgb, desc="test pictures", unit="photo", leave=False)):
        for level in (0, *LEVELS):
            rng = np.random.default_rng([seed, i, level])
            inputs.append(
                as_input(distort(photo, KINDS[rng.integers(len(KINDS))], level, int(rng.integers(2**31))))
            )
            shares.append(simulated_scores(level, photos.appeal[i], seed=rng))
            levels.append(level)
    return Rated(np.stack(inputs), np.stack(shares), np.array(levels))


def tid2013(answers: dict[str, Answer]) -> dict:
    """The five real pairs: mean scores of people and of each answer, and how well they agree.

    Raises
    ------
    FileNotFoundError, ValueError
        As `find_pack`.
    """
    pack = find_pack("iqa_tid2013_calib")
    opinions = _rows(find_pack("iqa_scores") / "tid2013_mos.csv")
    scores = {row["filename"].upper().removesuffix(".BMP"): float(row["mos"]) for row in opinions}
    human = np.array([scores[f"{name}_{kind:02}_{level}"] for name, (_, kind, level) in TID_NAMES.items()])
    sides = {
        side: np.stack([as_input(load_photo(pack / side / f"{name}.png")) for name in TID_NAMES])
        for side in ("ref", "dist")
    }
    found: dict = {
        "about": _TID_ABOUT,
        "pairs": {},
        "references_above_distorted": {},
        "srcc_of_five": {},
        "srcc_of_ten": {},
    }
    told = {}
    for name, answer in answers.items():
        reference, distorted = answer(sides["ref"]), answer(sides["dist"])
        told[name] = (reference, distorted)
        found["references_above_distorted"][name] = int((reference > distorted).sum())
        found["srcc_of_five"][name] = rank_correlation(distorted, human)
        # nobody scored the references: they share a rank above all the distorted ones
        everybody = np.concatenate([np.full(len(human), human.max() + 1), human])
        found["srcc_of_ten"][name] = rank_correlation(np.concatenate([reference, distorted]), everybody)
    others = {row["Method"]: row for row in _rows(pack / "results_official.csv")}
    for name, sign in _PUBLISHED.items():
        values = [sign * float(others[name][f"{picture}.bmp"]) for picture in TID_NAMES]
        found["srcc_of_five"][f"{name} (published)"] = rank_correlation(values, human)
    for i, (name, (kind, _, level)) in enumerate(TID_NAMES.items()):
        found["pairs"][name] = {"kind": kind, "level": level, "human": float(human[i])} | {
            f"{who}, {side}": float(values[i])
            for who, pair in told.items()
            for side, values in zip(("reference", "distorted"), pair, strict=True)
        }
    return found


def series(
    photos: RatedPhotos, kinds: Iterable[str], levels: tuple[float, ...], answers: dict[str, Answer]
) -> dict[str, dict[str, dict[str, float]]]:
    """How well each answer puts graded distortions in order.

    Returns
    -------
    dict
        ``{kind: {answer: {"within": …, "pooled": …}}}``, rank correlations with the lowness of the level: the mean over
        photos of each photo's own series, and that of all pictures at once, where photos differ too.
    """
    some = photos.rgb[::_SERIES_EVERY]
    levels = (0, *levels)
    found: dict[str, dict] = {}
    for kind in tqdm(kinds, desc="series", unit="kind", leave=False):
        inputs = np.stack(
            [as_input(distort(photo, kind, level, i)) for i, photo in enumerate(some) for level in levels]
        )
        low = -np.tile(levels, (len(some), 1))
        found[kind] = {}
        for name, answer in answers.items():
            scores = answer(inputs).reshape(low.shape)
            within = [rank_correlation(row, order) for row, order in zip(scores, low, strict=True)]
            found[kind][name] = {
                "within": float(np.nan_to_num(within).mean()),  # who answers one score for all orders nothing
                "pooled": rank_correlation(scores.ravel(), low.ravel()),
            }
    return found


def everyone(photos: RatedPhotos, answers: dict[str, Answer]) -> dict[str, dict]:
    """`series` of the three kinds of question."""
    return {
        "unseen_kinds": series(photos, UNSEEN_KINDS, LEVELS, answers),
        "unseen_strengths": series(photos, KINDS, UNSEEN_LEVELS, answers),
        "seen": series(photos, KINDS, LEVELS, answers),
    }


def metrics(
    means: np.ndarray, truth: np.ndarray, shares: np.ndarray | None = None
) -> dict[str, float | None]:
    """What papers report, of mean scores (n,) and, where there are any, of shares (n, 10), against the raters' shares."""
    human = mean_score(truth)
    ours, theirs = three_class_labels(means), three_class_labels(human)
    return {
        "emd": None if shares is None else float(earth_movers_distance(shares, truth).mean()),
        "srcc": _or_none(rank_correlation(means, human)),
        "lcc": _or_none(linear_correlation(means, human)),
        "mse": float(((means - human) ** 2).mean()),
        "accuracy": float((ours == theirs).mean()),
        "f1": float(f1_score(theirs, ours, labels=[0, 1, 2], average="macro", zero_division=0)),
        "good_or_bad": float(((means > 5) == (human > 5)).mean()),
    }


def baselines(test: Rated, training: np.ndarray) -> dict[str, dict[str, float | None]]:
    """`metrics` of answers that look at no picture; `training` (m, 10) are shares of training pictures."""
    n, human = len(test.shares), mean_score(test.shares)
    average = np.tile(training.mean(0), (n, 1))
    commonest = np.bincount(three_class_labels(mean_score(training)), minlength=3).argmax()
    middles = (2.5, 5.5, 8.0)  # a score inside each class
    five = np.tile(np.eye(SCORES)[4], (n, 1))
    known = np.stack([simulated_scores(level, raters=20_000, seed=1) for level in range(6)])[test.levels]
    return {
        "always 5": metrics(np.full(n, 5.0), test.shares, five),
        "average histogram": metrics(mean_score(average), test.shares, average),
        "commonest class": metrics(np.full(n, middles[commonest]), test.shares),
        "who knows the level": metrics(mean_score(known), test.shares, known),  # a ceiling, not a baseline
        "variance of the test scores": {"mse": float(human.var())},
    }


def fit_two_numbers(inputs: np.ndarray, shares: np.ndarray) -> Answer:
    """A baseline that looks, but not closely: least squares on the energy of fine detail, the brightness and their squares.

    Fitted to pictures as the network is trained on.
    """
    weights, *_ = np.linalg.lstsq(_two_numbers(inputs), mean_score(shares), rcond=None)
    return lambda others: _two_numbers(others) @ weights


def _two_numbers(inputs: np.ndarray) -> np.ndarray:
    gray = [cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) for photo in inputs]
    detail = np.log(np.array([cv2.Laplacian(g, cv2.CV_32F).var() for g in gray]) + 1e-6)
    light = np.array([g.mean() for g in gray])
    return np.stack([np.ones_like(light), detail, detail**2, light, light**2], 1)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
