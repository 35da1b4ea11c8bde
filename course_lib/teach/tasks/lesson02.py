"""Tasks of lesson 02: the best constant under each loss, a chroma measure, and a prediction to verify."""

import numpy as np
from scipy.optimize import brentq

from course_lib.teach.tasks.task import Mistake, Task

# --- 02.best_constant --------------------------------------------------------------------------------------------------


def _weighted_median(values, weights):
    """Of one channel: the first value at which half of the weight is reached."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return values[order][np.searchsorted(reached, reached[-1] / 2)]


def _medians(values, weights):
    return np.array([_weighted_median(channel, weights) for channel in values.T])


def _mean(values, weights):
    return weights @ values / weights.sum()


def _best_constant(values, weights, loss):
    return _mean(values, weights) if loss == "l2" else _medians(values, weights)


def _mixtures(rng):
    """Each mixture under both losses; no weights make exactly a half, and none sum to 1."""
    three = (np.array([[10.0, -60.0], [-50.0, 45.0], [60.0, 50.0]]), np.array([3.5, 2.5, 4.0]))
    sizes = (4, 7, 12)
    drawn = [(rng.uniform(-90, 90, (n, 2)), rng.uniform(0.2, 1, n) ** 2) for n in sizes]
    lone = (np.array([[12.5, -3.0]]), np.array([0.25]))
    majority = (rng.uniform(-90, 90, (5, 2)), np.array([0.2, 0.1, 1.9, 0.3, 0.15]))
    return [(*mixture, loss) for mixture in (three, *drawn, lone, majority) for loss in ("l2", "l1")]


def _rows_in_order_of_a(values, weights, loss):
    """The whole color at which half of the weight is reached, going by a."""
    if loss == "l2":
        return _mean(values, weights)
    return values[np.argmax(values[:, 0] == _weighted_median(values[:, 0], weights))]


def _unsorted(values, weights, loss):
    if loss == "l2":
        return _mean(values, weights)
    reached = np.cumsum(weights)
    return values[np.searchsorted(reached, reached[-1] / 2)]


def _not_divided(values, weights, loss):
    return weights @ values if loss == "l2" else _medians(values, weights)


_best = Task(
    key="02.best_constant",
    name="best_constant",
    reference=_best_constant,
    cases=_mixtures,
    tolerance=1e-3,  # both optima have a closed form; the mistakes differ by whole ab units
    mistakes=(
        Mistake(
            "weights ignored",
            lambda values, weights, loss: values.mean(axis=0) if loss == "l2" else np.median(values, axis=0),
            "You treat all colors as equally likely. A color that the object takes twice as often must pull twice as hard.",
        ),
        Mistake(
            "the mean for both losses",
            lambda values, weights, loss: _mean(values, weights),
            "L2 is right; under L1 you still return the mean. Moving off the mean costs L1 nothing as long as as much "
            "weight lies on one side as on the other.",
        ),
        Mistake(
            "the most common color",
            lambda values, weights, loss: (
                _best_constant(values, weights, "l2") if loss == "l2" else values[weights.argmax()]
            ),
            "Under L1 you return the color with the largest weight. That is the optimum only when it holds more than half "
            "of the weight; the mixtures here have others.",
        ),
        Mistake(
            "a and b not apart",
            _rows_in_order_of_a,
            "Under L1 your a is right and your b isn't: you return one of the colors whole. |Δa| + |Δb| splits into two "
            "problems that know nothing of each other.",
        ),
        Mistake(
            "values not sorted",
            _unsorted,
            "Under L1 you add up the weights in the order in which the colors came. A median needs its values sorted, and "
            "each weight to travel with its value.",
        ),
        Mistake(
            "not divided by the total weight",
            _not_divided,
            "Under L2 your result grows with the weights. They needn't sum to 1: an average divides by what they sum to.",
        ),
    ),
)

# --- 02.huber_optimum --------------------------------------------------------------------------------------------------


def _huber_optimum(values, weights, delta):
    """Where the weighted, clipped distances to the left and to the right balance."""
    if np.ptp(values) == 0:
        return float(values[0])
    return float(brentq(lambda x: weights @ np.clip(x - values, -delta, delta), values.min(), values.max()))


def _one_channel_mixtures(rng):
    """A mixture on which every mistake shows, stretched and shifted at random; drawn ones; a lone value."""
    values, weights = np.array([60.0, 35.0, 25.0, -80.0]), np.array([2.0, 1.0, 1.5, 1.0])
    stretch, shift = rng.uniform(0.6, 1.1), rng.uniform(-15, 15)
    drawn = [
        (rng.uniform(-90, 90, n), rng.uniform(0.2, 1, n) ** 2, delta)
        for n, delta in ((5, 10.0), (8, 35.0), (12, 1.0), (7, 110.0))
    ]
    lone = (np.array([-7.5]), np.array([2.0]), 1.0)
    return [(values, weights, 20.0), (stretch * values + shift, weights, 20.0 * stretch), *drawn, lone]


def _lowest(values, weights, loss, step=0.01):
    """The point of a fine grid with the lowest loss, by trying all."""
    grid = np.arange(values.min(), values.max() + step, step)
    return float(grid[(loss(np.abs(grid[:, None] - values)) @ weights).argmin()])


def _jumping(values, weights, delta):
    return _lowest(values, weights, lambda e: np.where(e < delta, e**2 / 2, delta * e))


def _trimmed(values, weights, delta):
    near = np.abs(values - _mean(values, weights)) <= delta
    return float(_mean(values[near], weights[near])) if near.any() else float(_mean(values, weights))


_huber = Task(
    key="02.huber_optimum",
    name="huber_optimum",
    reference=_huber_optimum,
    cases=_one_channel_mixtures,
    tolerance=0.05,  # the task asks for 0.01; a search on a grid of that step passes with room
    mistakes=(
        Mistake(
            "the mean",
            lambda values, weights, delta: float(_mean(values, weights)),
            "This is the L2 optimum. Huber is L2 only as long as no error exceeds delta.",
        ),
        Mistake(
            "the median",
            lambda values, weights, delta: float(_weighted_median(values, weights)),
            "This is the L1 optimum. Huber is L1 only when delta is tiny.",
        ),
        Mistake(
            "halfway",
            lambda values, weights, delta: float(
                (_mean(values, weights) + _weighted_median(values, weights)) / 2
            ),
            "You return the middle between mean and median, whatever delta is. The optimum does move from one to the "
            "other, but delta decides how far: find where the loss is lowest.",
        ),
        Mistake(
            "delta ignored",
            lambda values, weights, delta: _huber_optimum(values, weights, 1.0),
            "Your result doesn't depend on delta: a 1, the default of many libraries, stands where the argument belongs.",
        ),
        Mistake(
            "outliers thrown away",
            _trimmed,
            "You average only the values within delta of the mean. Huber throws nothing away: a far value keeps pulling, "
            "only no harder than delta.",
        ),
        Mistake(
            "a loss with a jump",
            _jumping,
            "Your loss jumps where |error| = delta: the straight piece is missing its −delta²/2. The jump moves the minimum.",
        ),
    ),
)

# --- 02.chroma_ratio ---------------------------------------------------------------------------------------------------


def _chroma_ratio(predicted, truth):
    return float(np.linalg.norm(predicted, axis=-1).mean() / np.linalg.norm(truth, axis=-1).mean())


def _pairs(rng):
    """Opposite hues, where averaging first would cancel; then pictures, a batch and a single pixel."""
    by_hand = (np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[30.0, 40.0], [-6.0, 8.0]]))
    drawn = []
    for shape in ((4, 5, 2), (2, 3, 4, 2), (2,)):
        truth = rng.normal(0, 40, shape)
        drawn.append((truth * rng.uniform(0.05, 0.6, (*shape[:-1], 1)) + rng.normal(0, 3, shape), truth))
    return [by_hand, *drawn]


_ratio = Task(
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
            lambda predicted, truth: float(
                (np.linalg.norm(predicted, axis=-1) / np.linalg.norm(truth, axis=-1)).mean()
            ),
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
    ),
)

# --- 02.predicted ------------------------------------------------------------------------------------------------------

_TOY = np.array([[60.0, 50.0], [10.0, -60.0], [-50.0, 45.0]])  # orange, blue, green
_SHARE = np.array([0.40, 0.35, 0.25])


def _toy_optima():
    return np.stack([_mean(_TOY, _SHARE), _medians(_TOY, _SHARE)])


def _close_on_paper(expected, got):
    """Lists and whole numbers are fine too: this is a guess on paper, not an array to compute with."""
    got = np.asarray(got, dtype=float)
    return got.shape == expected.shape and bool((np.abs(got - expected) <= 0.51).all())


_predicted = Task(
    key="02.predicted",
    name="predicted",
    kind="value",
    reference=_toy_optima,
    cases=lambda rng: [()],
    compare=_close_on_paper,
    mistakes=(
        Mistake(
            "the most common color under L1",
            np.stack([_mean(_TOY, _SHARE), _TOY[0]]),
            "L2 is right. For L1 you took the most common color, but 40% isn't a majority: add up the shares along a, and "
            "again along b.",
        ),
        Mistake(
            "the mean for both losses",
            np.stack([_mean(_TOY, _SHARE)] * 2),
            "L2 is right. L1 doesn't average: in each channel it stops where half of the toys lie on either side.",
        ),
        Mistake(
            "shares ignored",
            np.stack([_TOY.mean(0), np.median(_TOY, axis=0)]),
            "You counted the three colors once each. Weigh them by their shares.",
        ),
        Mistake(
            "rows exchanged",
            _toy_optima()[::-1],
            "Both colors are right, in the wrong order: L2 comes first.",
        ),
        Mistake(
            "a and b exchanged",
            _toy_optima()[:, ::-1],
            "Both colors are right with a and b exchanged.",
        ),
    ),
)

TASKS = [_best, _huber, _ratio, _predicted]
