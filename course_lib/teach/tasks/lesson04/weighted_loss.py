"""Task `04.weighted_loss`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _loss(logits, target, bin_weights, weight=None, reduce=np.mean, epsilon=None):
    """The loss with any one step exchanged for a wrong one."""
    log_p = _log_softmax(logits)
    if epsilon is not None:
        log_p = np.log(np.exp(log_p) + epsilon)
    weights = bin_weights[target.argmax(axis=1)] if weight is None else weight(logits, target, bin_weights)
    return reduce(weights * -(target * log_p).sum(axis=1))


def _batches(rng):
    """Mild and sure answers, large logits, rows of unlike size, a sure answer that is wrong, one pixel alone."""
    cases = [(np.log(np.array([[0.5, 0.25, 0.25]])), np.array([[0.0, 0.6, 0.4]]), np.array([1.0, 2.0, 4.0]))]
    for rows, bins, scale in ((7, 5, 1.0), (20, 40, 3.0), (4, 6, 60.0)):
        target = rng.dirichlet(np.full(bins, 0.4), rows)
        cases.append((scale * rng.normal(size=(rows, bins)), target, rng.uniform(0.2, 6, bins)))
    far = 1000 + rng.normal(size=(3, 8))
    far[0, 2] += 40
    unlike = rng.normal(size=(4, 8))
    unlike[:2] += 1000
    wrong = rng.normal(size=(4, 8))
    wrong[1, 5] -= 1500
    return cases + [
        (x, rng.dirichlet(np.ones(8), len(x)), rng.uniform(0.2, 6, 8)) for x in (far, unlike, wrong)
    ]


def _in_the_sum(logits, target, bin_weights):
    return -(bin_weights * target * _log_softmax(logits)).sum(axis=1).mean()


def _of_the_weights(logits, target, bin_weights):
    return _loss(logits, target, bin_weights) / bin_weights[target.argmax(axis=1)].mean()


def _swapped(logits, target, bin_weights):
    p = np.exp(_log_softmax(logits))
    return (bin_weights[target.argmax(axis=1)] * -(p * np.log(target.clip(1e-7))).sum(axis=1)).mean()


def _weighted(log_p, target, bin_weights):
    return (bin_weights[target.argmax(axis=1)] * -(target * log_p).sum(axis=1)).mean()


def _through_p(logits, target, bin_weights, largest):
    p = np.exp(logits - largest(logits))
    return _weighted(np.log(p / p.sum(axis=1, keepdims=True)), target, bin_weights)


def _through_the_sum(logits, target, bin_weights, largest):
    shifted = logits - largest(logits)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return _weighted(log_p, target, bin_weights)


def _every_pair(logits, target, bin_weights):
    cross_entropy = -(target * _log_softmax(logits)).sum(axis=1, keepdims=True)
    return (bin_weights[target.argmax(axis=1)] * cross_entropy).mean()


OVERFLOW = "Right for small logits, not finite for large ones: exp(1000) is infinite. Subtract each row's largest logit first."
ONE_MAXIMUM = (
    "You subtract one maximum from all rows. Where another row is a thousand larger, every exponential of this one "
    "is 0, and so is their sum. Each row needs its own maximum."
)
EPSILON = (
    "Right unless the network is sure and wrong: with an epsilon in the logarithm, the loss never gets above −log ε, where "
    "the true one goes on rising. Compute the log of the softmax without going through p."
)


TASK = Task(
    key="04.weighted_loss",
    name="weighted_loss",
    reference=_loss,
    cases=_batches,
    tolerance=1e-6,
    mistakes=(
        Mistake(
            "not weighted",
            partial(_loss, weight=lambda logits, target, bin_weights: 1.0),
            "This is the plain cross-entropy: the weights have no effect.",
        ),
        Mistake(
            "weight of the prediction",
            partial(_loss, weight=lambda logits, target, bin_weights: bin_weights[logits.argmax(axis=1)]),
            "You take the weight of the bin that the *network* finds most likely. It belongs to the target's largest bin.",
        ),
        Mistake(
            "weights inside the sum",
            _in_the_sum,
            "You multiply every bin's term by that bin's weight. A pixel has one weight, that of its target's largest bin.",
        ),
        Mistake(
            "expected weight",
            partial(_loss, weight=lambda logits, target, bin_weights: target @ bin_weights),
            "You average the weights over the soft target. A pixel's weight is that of its target's largest bin alone.",
        ),
        Mistake(
            "divided by the weights' sum",
            _of_the_weights,
            "You divide by the sum of the pixels' weights, as torch does for hard labels. Here it is the number of pixels: the "
            "weights already are 1 in expectation.",
        ),
        Mistake(
            "summed over pixels",
            partial(_loss, reduce=np.sum),
            "You add the pixels up: the loss then grows with the picture. Take their mean.",
        ),
        Mistake(
            "one loss a pixel",
            partial(_loss, reduce=np.asarray),
            "You return a loss for each pixel; their mean is asked for.",
        ),
        Mistake(
            "the sign",
            lambda logits, target, bin_weights: -_loss(logits, target, bin_weights),
            "Your loss is negative, so that training would make it worse. A minus is missing.",
        ),
        Mistake(
            "arguments swapped",
            _swapped,
            "You take the logarithm of the *target* and weigh it by the prediction. That trains the network to be sure of one bin: "
            "swap them.",
        ),
        Mistake("overflow", partial(_through_p, largest=lambda logits: 0.0), OVERFLOW),
        Mistake("overflow of the sum", partial(_through_the_sum, largest=lambda logits: 0.0), OVERFLOW),
        Mistake("one maximum for all rows", partial(_through_the_sum, largest=np.max), ONE_MAXIMUM),
        Mistake("one maximum for all rows, through p", partial(_through_p, largest=np.max), ONE_MAXIMUM),
        Mistake(
            "the logarithm of the softmax",
            partial(_through_p, largest=lambda logits: logits.max(axis=1, keepdims=True)),
            "Right until a logit lies some 750 below the largest: its p is too small for a float and becomes 0, its logarithm minus "
            "infinity. Compute the log of the softmax without going through p.",
        ),
        *(
            Mistake(f"an epsilon of {epsilon:g} in the logarithm", partial(_loss, epsilon=epsilon), EPSILON)
            for epsilon in (1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-300)
        ),
        Mistake(
            "every pixel with every weight",
            _every_pair,
            "You multiply (N,) weights with (N, 1) losses: that makes N × N products, every pixel with every weight. Drop `keepdims`.",
        ),
        Mistake(
            "no softmax",
            lambda logits, target, bin_weights: _weighted(logits, target, bin_weights),
            "You use the logits as if they were logarithms of probabilities. They are, but for the log of the sum of their "
            "exponentials: that is missing.",
        ),
    ),
)
