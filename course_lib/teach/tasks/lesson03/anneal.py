"""Task `03.anneal`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.color import SoftEncoder, ab_bin_centers, decode
from course_lib.teach.tasks.task import Mistake, Task


def _distributions(rng):
    """Float32, as networks give them: two bins, spread out, with exact zeros, nearly uniform, and sure beside unsure."""
    centers = ab_bin_centers()
    two = (np.array([[0.75, 0.25]], np.float32), np.array([[40.0, 0.0], [0.0, 40.0]]), 0.5)
    spread = rng.dirichlet(np.full(313, 0.05), (3, 4)).astype(np.float32)
    flat = rng.dirichlet(np.full(313, 50.0), 2).astype(np.float32)
    zeros = SoftEncoder(centers).encode(rng.uniform(-50, 50, (5, 2)))
    alone = rng.dirichlet(np.ones(6)).astype(np.float32)
    sure_beside_flat = flat.copy()  # what makes the largest of one 1 leaves nothing of the other
    sure_beside_flat[0] = np.eye(313, dtype=np.float32)[rng.integers(313)]
    return [
        two,
        (spread, centers, 0.38),
        (zeros, centers, 1.0),
        (flat, centers, 0.05),
        (sure_beside_flat, centers, 0.05),
        (alone, centers[rng.integers(0, 313, 6)], 0.38),
    ]


def _powered(probabilities, centers, temperature, power=None, dtype=np.float64, divide=True):
    p = np.asarray(probabilities, dtype)
    p = p ** (1 / temperature if power is None else power)
    with np.errstate(invalid="ignore"):
        return (p / (p.sum(axis=-1, keepdims=True) if divide else 1)) @ centers


def _one_maximum(probabilities, centers, temperature):
    return _powered(probabilities / probabilities.max(), centers, temperature, dtype=np.float32)


def _softmax_of_probabilities(probabilities, centers, temperature):
    p = np.exp(np.asarray(probabilities, np.float64) / temperature)
    return (p / p.sum(axis=-1, keepdims=True)) @ centers


TASK = Task(
    key="03.anneal",
    name="anneal",
    reference=lambda probabilities, centers, temperature: decode(
        probabilities, centers, temperature=temperature
    ),
    cases=_distributions,
    # A low temperature T magnifies the rounding of float32 probabilities (6e-8) by 1/T: 20 × 6e-8 × 110 ab is 1e-4.
    tolerance=0.01,
    mistakes=(
        Mistake(
            "argmax",
            lambda probabilities, centers, temperature: centers[np.argmax(probabilities, axis=-1)],
            "argmax, not the annealed mean: the temperature has no effect, and the result is always a bin's center.",
        ),
        Mistake(
            "temperature ignored",
            partial(_powered, power=1),
            "This is the plain mean: right at temperature 1, and the temperature has no effect.",
        ),
        Mistake(
            "temperature upside down",
            lambda probabilities, centers, temperature: _powered(
                probabilities, centers, temperature, power=temperature
            ),
            "Your temperature works backwards: below 1 it flattens the distribution in place of sharpening it.",
        ),
        Mistake(
            "not divided by the new sum",
            partial(_powered, divide=False),
            "After sharpening, your weights no longer sum to 1, and the colors shrink toward gray. Divide by the new sum "
            "before you average.",
        ),
        Mistake(
            "softmax of probabilities",
            _softmax_of_probabilities,
            "You put probabilities through a softmax as if they were logits: nearly uniform, nearly gray. Their logarithms "
            "are what may be divided by the temperature.",
        ),
        Mistake(
            "float32 underflow",
            partial(_powered, dtype=np.float32),
            "At a low temperature your result isn't finite. Small float32 numbers raised to the power 20 are 0, all of "
            "them: 0/0. Make the largest one 1 first, or go through logarithms and subtract the largest.",
        ),
        Mistake(
            "one maximum for all rows",
            _one_maximum,
            "Right when all rows are equally sure. Beside a sure one an unsure one becomes NaN: you use the largest entry of "
            "the whole array. Each row has its own.",
        ),
    ),
)
