"""Task `05.three_losses`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np
from scipy.special import log_softmax

from course_lib.teach.tasks.task import Mistake, Task


def _three_losses(
    heads,
    truth,
    weights,
    *,
    area=lambda n, h, w: 2 * n * h * w,
    error=np.square,
    classes=None,
    scene=None,
    total=None,
    change=lambda losses: losses,
):
    """The right answer, or with one step exchanged for a wrong one."""
    n, h, w = truth["ab"].shape[:3]
    losses = {
        "regression": error(heads["ab"] - truth["ab"]).sum() / area(n, h, w),
        "classes": (classes or _classes)(heads["bins"], truth["bins"]),
        "scene": (scene or _scene)(heads["scene"], truth["scene"]),
    }
    given = total or (lambda parts: sum(weights[name] * value for name, value in parts.items()))
    return change({**losses, "total": given(losses)})


def _classes(logits, target, axis=-1):
    return -(target * log_softmax(logits, axis=axis)).sum(axis=-1).mean()


def _scene(logits, labels):
    known = labels >= 0
    return (
        -log_softmax(logits[known], axis=-1)[np.arange(known.sum()), labels[known]].mean()
        if known.any()
        else 0.0
    )


def _batches(rng):
    """Batches of other sizes, heights and widths; scenes that are known, partly known and not known at all."""
    cases = []
    for (n, h, w, q, s), scenes in (
        ((2, 3, 5, 7, 4), [1, 3]),
        ((3, 4, 2, 6, 3), [0, -1, 2]),
        ((2, 2, 2, 9, 6), [-1, -1]),
    ):
        heads = {
            "ab": rng.normal(0, 0.3, (n, h, w, 2)),
            "bins": rng.normal(0, 2, (n, h, w, q)),
            "scene": rng.normal(0, 2, (n, s)),
        }
        truth = {
            "ab": rng.normal(0, 0.3, (n, h, w, 2)),
            "bins": rng.dirichlet(np.full(q, 0.3), (n, h, w)),
            "scene": np.array(scenes),
        }
        cases.append(
            (heads, truth, {"regression": 50.0, "classes": float(rng.uniform(0.5, 2)), "scene": 0.1})
        )
    return cases


def _not_log(logits, target):
    return -(target * np.exp(log_softmax(logits, axis=-1))).sum(axis=-1).mean()


def _no_softmax(logits, target):
    return -(target * logits).sum(axis=-1).mean()


def _hardened(logits, target):
    return _classes(logits, np.eye(target.shape[-1])[target.argmax(axis=-1)])


def _averaged_over_bins(logits, target):
    return _classes(logits, target) / target.shape[-1]


def _unknown_as_last(logits, labels):
    """What indexing with -1 does: the last scene."""
    return -log_softmax(logits, axis=-1)[np.arange(len(labels)), labels].mean()


def _over_all_photos(logits, labels):
    return _scene(logits, labels) * (labels >= 0).mean()


def _nan_without_scenes(logits, labels):
    return _scene(logits, labels) if (labels >= 0).any() else float("nan")


def _change(**steps):
    return partial(_three_losses, **steps)


TASK = Task(
    key="05.three_losses",
    name="three_losses",
    reference=_three_losses,
    cases=_batches,
    tolerance=1e-6,
    mistakes=(
        Mistake(
            "squared error divided by h w",
            _change(area=lambda n, h, w: n * h * w),
            "Your regression loss is twice the right one: the report divides by 2hw.",
        ),
        Mistake(
            "squared error summed over the batch",
            _change(area=lambda n, h, w: 2 * h * w),
            "Your regression loss grows with the batch. 1/(2hw) is for one photo; average over the photos.",
        ),
        Mistake(
            "squared error not divided",
            _change(area=lambda n, h, w: 1),
            "Your regression loss is a bare sum over all pixels, so a larger photo costs more. Divide by 2hw, and by the number "
            "of photos.",
        ),
        Mistake(
            "absolute error",
            _change(error=np.abs),
            "Your regression loss adds up absolute errors. The report's is squared.",
        ),
        Mistake(
            "no softmax",
            _change(classes=_no_softmax),
            "You take the class scores for log-probabilities. They need a log-softmax over the bins first.",
        ),
        Mistake(
            "log forgotten",
            _change(classes=_not_log),
            "You weigh the target with probabilities. A cross-entropy weighs it with their logarithms.",
        ),
        Mistake(
            "softmax over the wrong axis",
            _change(classes=partial(_classes, axis=1)),
            "Your softmax runs over an axis of the picture. The bins lie along the last axis here.",
        ),
        Mistake(
            "averaged over the bins",
            _change(classes=_averaged_over_bins),
            "Your classes' loss is too small by the number of bins. Sum over the bins, and average over pixels alone.",
        ),
        Mistake(
            "soft target hardened",
            _change(classes=_hardened),
            "You keep only the largest bin of each soft target. All its shares count, each with its own log-probability.",
        ),
        Mistake(
            "unknown scene counted as the last",
            _change(scene=_unknown_as_last),
            "A scene of -1 isn't known, and you read it as an index: Python then takes the last scene. Leave those photos out of "
            "the mean.",
        ),
        Mistake(
            "scene averaged over all photos",
            _change(scene=_over_all_photos),
            "You leave out photos without a scene, but still divide by all photos. The mean goes over those that are known.",
        ),
        Mistake(
            "NaN where no scene is known",
            _change(scene=_nan_without_scenes),
            "Where no photo has a known scene, your scene loss is a mean over nothing: NaN, and with it the total. It should be 0.",
        ),
        Mistake(
            "weights forgotten in the total",
            _change(total=lambda parts: sum(parts.values())),
            "Your total adds up the three losses as they are. Each comes times its weight.",
        ),
        Mistake(
            "losses reported weighted",
            lambda heads, truth, weights: (
                lambda parts: {**{n: v * weights.get(n, 1) for n, v in parts.items()}}
            )(_three_losses(heads, truth, weights)),
            "Your total is right, but you report the three losses already weighted. Then a change of the weights looks like a "
            "better or worse network: report them bare.",
        ),
        Mistake(
            "the total divided by the weights",
            lambda heads, truth, weights: (
                lambda parts: {**parts, "total": parts["total"] / sum(weights.values())}
            )(_three_losses(heads, truth, weights)),
            "You divide the total by the sum of the weights. The task asks for the weighted sum.",
        ),
    ),
)
