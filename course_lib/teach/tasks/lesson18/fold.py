"""Task `18.fold`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _fold(weight, bias, gamma, beta, mean, variance, eps):
    scale = gamma / np.sqrt(variance + eps)
    return weight * scale[:, None, None, None], (bias - mean) * scale + beta


def layers(rng, out, into, side, eps):
    """A convolution and the batch normalization behind it."""
    return (
        rng.normal(0, 1, (out, into, side, side)),
        rng.normal(0, 1, out),
        rng.uniform(0.5, 2, out),
        rng.normal(0, 1, out),
        rng.normal(0, 1, out),
        rng.uniform(0.1, 4, out),
        eps,
    )


def _layers(rng):
    """Square ones too, on which an axis mixed up doesn't show as an error; and a large eps, so that it counts."""
    return [layers(rng, 4, 4, 3, 1e-5), layers(rng, 3, 3, 1, 0.1), layers(rng, 2, 5, 3, 0.01)]


def _with(change):
    def answer(weight, bias, gamma, beta, mean, variance, eps):
        return change(weight, bias, gamma, beta, mean, variance, eps, gamma / np.sqrt(variance + eps))

    return answer


def _other_axis(weight, bias, gamma, beta, mean, variance, eps):
    scale = gamma / np.sqrt(variance + eps)
    return weight * scale[None, :, None, None], (bias - mean) * scale + beta


TASK = Task(
    key="18.fold",
    name="fold",
    reference=_fold,
    cases=_layers,
    tolerance=1e-9,
    mistakes=(
        Mistake(
            "variance not rooted",
            lambda w, b, g, beta, m, v, eps: (
                w * (g / (v + eps))[:, None, None, None],
                (b - m) * g / (v + eps) + beta,
            ),
            "You divide by the variance. Batch normalization divides by the standard deviation, its root.",
        ),
        Mistake(
            "eps forgotten",
            lambda w, b, g, beta, m, v, eps: _fold(w, b, g, beta, m, v, 0),
            "eps plays no part. It is added to the variance, under the root.",
        ),
        Mistake(
            "eps outside the root",
            lambda w, b, g, beta, m, v, eps: (
                w * (g / (np.sqrt(v) + eps))[:, None, None, None],
                (b - m) * g / (np.sqrt(v) + eps) + beta,
            ),
            "You add eps to the standard deviation. It is added to the variance, before the root.",
        ),
        Mistake(
            "bias not scaled",
            _with(lambda w, b, g, beta, m, v, eps, s: (w * s[:, None, None, None], b - m * s + beta)),
            "The convolution's own bias isn't scaled. It is normalized with the rest of the convolution's answer.",
        ),
        Mistake(
            "bias dropped",
            _with(lambda w, b, g, beta, m, v, eps, s: (w * s[:, None, None, None], beta - m * s)),
            "The convolution's own bias is gone. Many networks have none, but this one does.",
        ),
        Mistake(
            "mean dropped",
            _with(lambda w, b, g, beta, m, v, eps, s: (w * s[:, None, None, None], b * s + beta)),
            "The running mean plays no part. It is taken off before anything is scaled.",
        ),
        Mistake(
            "mean added",
            _with(lambda w, b, g, beta, m, v, eps, s: (w * s[:, None, None, None], (b + m) * s + beta)),
            "You add the mean. It is taken off.",
        ),
        Mistake(
            "beta scaled",
            _with(lambda w, b, g, beta, m, v, eps, s: (w * s[:, None, None, None], (b - m + beta) * s)),
            "You scale beta. It is added at the very end, as it is.",
        ),
        Mistake(
            "gamma forgotten",
            lambda w, b, g, beta, m, v, eps: _fold(w, b, np.ones_like(g), beta, m, v, eps),
            "gamma plays no part. It multiplies what has been normalized.",
        ),
        Mistake(
            "input channels scaled",
            _other_axis,
            "You scale along the second axis of the weights, the input channels. There is one gamma for each *output* channel, the first.",
        ),
        Mistake(
            "weights untouched",
            _with(lambda w, b, g, beta, m, v, eps, s: (w, (b - m) * s + beta)),
            "The bias is right, and the weights are as they were. They are scaled too.",
        ),
    ),
)
