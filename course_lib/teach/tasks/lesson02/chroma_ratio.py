"""Task `02.chroma_ratio`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _chroma_ratio(predicted, truth):
    return float(np.linalg.norm(predicted, axis=-1).mean() / np.linalg.norm(truth, axis=-1).mean())


def _mean_of_ratios(predicted, truth):
    with np.errstate(divide="ignore", invalid="ignore"):
        return float((np.linalg.norm(predicted, axis=-1) / np.linalg.norm(truth, axis=-1)).mean())


def _where_truth_has_color(predicted, truth):
    colored = np.linalg.norm(truth, axis=-1) > 0
    return _chroma_ratio(predicted[colored], truth[colored])


def _pairs(rng):
    """Opposite hues, where averaging first would cancel; pictures, a batch, a pixel; too much color, spilled color."""
    by_hand = (np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[30.0, 40.0], [-6.0, 8.0]]))
    drawn = []
    for shape in ((4, 5, 2), (2, 3, 4, 2), (2,)):
        truth = rng.normal(0, 40, shape)
        drawn.append((truth * rng.uniform(0.05, 0.6, (*shape[:-1], 1)) + rng.normal(0, 3, shape), truth))
    vivid = (np.array([[60.0, 10.0], [-5.0, 40.0]]), np.array([[20.0, 15.0], [-10.0, 6.0]]))  # above 1
    spilled = (
        np.array([[12.0, -9.0], [30.0, 0.0]]),
        np.array([[0.0, 0.0], [24.0, 32.0]]),
    )  # color on a gray pixel
    return [by_hand, *drawn, vivid, spilled]


TASK = Task(
    key="02.chroma_ratio",
    name="chroma_ratio",
    reference=_chroma_ratio,
    cases=_pairs,
    tolerance=1e-5,
    mistakes=(
        Mistake(
            "chroma of the mean",
            lambda predicted, truth: float(
                np.linalg.norm(predicted.reshape(-1, 2).mean(0))
                / np.linalg.norm(truth.reshape(-1, 2).mean(0))
            ),
            "You average a and b first and take the chroma of that. A red and a green pixel then count as gray: chroma "
            "first, mean after.",
        ),
        Mistake(
            "mean of ratios",
            _mean_of_ratios,
            "You take a ratio at each pixel and average the ratios. One nearly gray pixel of the truth then outweighs all "
            "others: average both pictures first.",
        ),
        Mistake(
            "upside down",
            lambda predicted, truth: _chroma_ratio(truth, predicted),
            "A prediction with less color than the truth must score below 1. You divided the truth by the prediction.",
        ),
        Mistake(
            "norm without axis",
            lambda predicted, truth: float(np.linalg.norm(predicted) / np.linalg.norm(truth)),
            "This is the ratio of root mean squares: np.linalg.norm without an axis squares the whole picture together, and "
            "a few vivid pixels decide. Give it the axis that holds a and b.",
        ),
        Mistake(
            "|a| + |b|",
            lambda predicted, truth: float(np.abs(predicted).mean() / np.abs(truth).mean()),
            "|a| + |b| isn't the distance from gray: it calls a diagonal hue more colorful than red or blue at the same "
            "chroma.",
        ),
        Mistake(
            "root forgotten",
            lambda predicted, truth: float((predicted**2).sum(-1).mean() / (truth**2).sum(-1).mean()),
            "These are squares of chroma. Half the color then scores a quarter: take the root at each pixel.",
        ),
        Mistake(
            "capped at 1",
            lambda predicted, truth: min(1.0, _chroma_ratio(predicted, truth)),
            "Your result never exceeds 1. A prediction can be more colorful than the truth, and the number should say so.",
        ),
        Mistake(
            "gray truth left out",
            _where_truth_has_color,
            "You average only where the truth has color. Color that the prediction spills on gray pixels then goes "
            "unseen: take the mean over all pixels of each picture.",
        ),
    ),
)
