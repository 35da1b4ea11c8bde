"""Task `08.channel_attention`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _channel_attention(q, k, v, temperature):
    return _attention(q, k, v, temperature)


def _softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _unit(x, axis=-1):
    return x / np.linalg.norm(x, axis=axis, keepdims=True)


def _attention(q, k, v, temperature, *, length=_unit, axis=-1, sharpen=np.multiply, swap=False):
    """The right answer, or one with any one step exchanged for a wrong one."""
    q, k = length(np.asarray(q)), length(np.asarray(k))
    logits = (k @ q.swapaxes(1, 2)) if swap else (q @ k.swapaxes(1, 2))
    return _softmax(sharpen(logits, np.asarray(temperature)[:, None, None]), axis) @ v


def _over_positions(q, k, v, temperature):
    q, k, v = (np.asarray(x).swapaxes(1, 2) for x in (q, k, v))
    logits = q @ k.swapaxes(1, 2) / np.sqrt(q.shape[2]) * np.asarray(temperature)[:, None, None]
    return (_softmax(logits) @ v).swapaxes(1, 2)


def _scaled_twice(q, k, v, temperature):
    return _attention(q, k, v, np.asarray(temperature) / np.sqrt(np.shape(q)[1]))


def _whole_length(x):
    """Every head divided by one number, the length of all of it."""
    return x / np.linalg.norm(x, axis=(1, 2), keepdims=True)


def _maps(rng):
    """Heads of random maps that share a part, so that attention has something to find; more places than channels."""
    cases = []
    for heads, channels, places in ((1, 2, 5), (2, 4, 12), (3, 5, 20), (4, 3, 7)):
        shared = rng.normal(size=(heads, channels, places))
        q, k, v = (shared + rng.normal(size=shared.shape) for _ in range(3))
        scale = rng.uniform(0.3, 3, (heads, channels, 1))  # channels of different strength
        cases.append((q * scale, k / scale, v, rng.uniform(2, 6, heads)))
    return cases


TASK = Task(
    key="08.channel_attention",
    name="channel_attention",
    reference=_channel_attention,
    cases=_maps,
    tolerance=1e-6,
    mistakes=(
        Mistake(
            "over positions",
            _over_positions,
            "That is attention over positions: weights of HW × HW. Asked for are weights of d × d.",
        ),
        Mistake(
            "not scaled to length 1",
            partial(_attention, length=lambda x: x),
            "Your q and k keep their lengths. Scale each channel's row of places to length 1 first.",
        ),
        Mistake(
            "length along the channels",
            partial(_attention, length=partial(_unit, axis=1)),
            "You scale along the channels, each place to length 1. The sum runs over places, so that is the axis to scale along.",
        ),
        Mistake(
            "one length a head",
            partial(_attention, length=_whole_length),
            "You divide a whole head by one number. Each channel is scaled to length 1 by itself.",
        ),
        Mistake(
            "the other softmax",
            partial(_attention, axis=-2),
            "Your softmax runs over the queries: columns add up to 1. Each query's weights, a row, must.",
        ),
        Mistake(
            "divided by the temperature",
            partial(_attention, sharpen=np.divide),
            "You divide by the temperature. Here it multiplies: larger is sharper.",
        ),
        Mistake(
            "no temperature",
            partial(_attention, sharpen=lambda logits, temperature: logits),
            "The temperature has no effect. Multiply it in before the softmax, a number a head.",
        ),
        Mistake(
            "temperature after the softmax",
            lambda q, k, v, temperature: (
                _attention(q, k, v, temperature, sharpen=lambda logits, t: logits)
                * np.asarray(temperature)[:, None, None]
            ),
            "You multiply by the temperature after the softmax. It sharpens nothing there; it belongs on the products.",
        ),
        Mistake(
            "divided by the root of d",
            _scaled_twice,
            "You also divide by √d. Rows of length 1 don't need it; the temperature takes its place.",
        ),
        Mistake(
            "keys ask",
            partial(_attention, swap=True),
            "Your keys ask and your queries answer: the products are transposed. Row i of the weights belongs to query channel i.",
        ),
        Mistake(
            "with a residual",
            lambda q, k, v, temperature: _attention(q, k, v, temperature) + v,
            "You add v to what is read. Only the attention is asked for; the fusion's residual comes later, from the other branch.",
        ),
    ),
)
