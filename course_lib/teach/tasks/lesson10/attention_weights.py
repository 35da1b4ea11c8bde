"""Task `10.attention_weights`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _softmax(logits):
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def _attention_weights(query, keys, inside, divisor=np.sqrt):
    return _softmax(np.where(inside, keys @ query / divisor(len(query)), -np.inf))


def _divided_after(query, keys, inside):
    return _attention_weights(query, keys, inside, np.ones_like) / np.sqrt(len(query))


def _zero_logits(query, keys, inside):
    return _softmax(np.where(inside, keys @ query / np.sqrt(len(query)), 0))


def _no_mask(query, keys, inside):
    return _softmax(keys @ query / np.sqrt(len(query)))


def _masked_after(query, keys, inside):
    return np.where(inside, _no_mask(query, keys, inside), 0)


def _mask_turned(query, keys, inside):
    return _no_mask(query, keys, inside) if inside.all() else _attention_weights(query, keys, ~inside)


def _unsafe(query, keys, inside):
    with np.errstate(all="ignore"):
        weights = np.where(inside, np.exp(keys @ query / np.sqrt(len(query))), 0)
        return weights / weights.sum()


def _unsafe_raw(query, keys, inside):
    with np.errstate(all="ignore"):
        weights = np.where(inside, np.exp(keys @ query), 0)
        return weights / weights.sum()


def _largest_of_all(query, keys, inside):
    """The largest logit is looked for outside the picture, too."""
    logits = keys @ query / np.sqrt(len(query))
    with np.errstate(all="ignore"):
        weights = np.where(inside, np.exp(logits - logits.max()), 0)
        return weights / weights.sum()


def _distances(query, keys, inside):
    return _softmax(np.where(inside, -((keys - query) ** 2).sum(1) / np.sqrt(len(query)), -np.inf))


def _cosines(query, keys, inside):
    cosines = keys @ query / (np.linalg.norm(keys, axis=1) * np.linalg.norm(query))
    return _softmax(np.where(inside, cosines, -np.inf))


def _plain_share(query, keys, inside):
    logits = np.where(inside, keys @ query / np.sqrt(len(query)), 0)
    return logits / logits.sum()


def _queries(rng):
    """Windows whole and cut, few and many channels, one with logits beyond 1,000, and one with such logits outside."""
    cases = []
    for channels, n, size in ((2, 3, 1), (4, 9, 1), (16, 9, 0.7), (64, 25, 0.5), (9, 25, 30)):
        query, keys = size * rng.normal(size=channels), size * rng.normal(size=(n, channels))
        inside = rng.random(n) < 0.6
        inside[n // 2] = True
        inside[0] = False
        if size == 30:
            keys[n // 2] = 2 * query  # a key much like the query, in the middle
        cases += [(query, keys, inside), (query, keys, np.ones(n, bool))]
    query, keys, inside = cases[2]
    junk = np.where(inside[:, None], keys, 10_000 * query / (query @ query))  # logits of 5,000
    return [*cases, (query, junk, inside)]


TASK = Task(
    key="10.attention_weights",
    name="attention_weights",
    reference=_attention_weights,
    cases=_queries,
    mistakes=(
        Mistake(
            "not divided",
            partial(_attention_weights, divisor=lambda channels: 1),
            "Your softmax is too sure: the products aren't divided by anything, so their spread grows with √C.",
        ),
        Mistake(
            "divided by C",
            partial(_attention_weights, divisor=lambda channels: channels),
            "You divide by C. A sum of C terms of variance 1 has a spread of √C.",
        ),
        Mistake(
            "the root of the window",
            lambda query, keys, inside: _softmax(
                np.where(inside, keys @ query / np.sqrt(len(keys)), -np.inf)
            ),
            "You divide by the root of the number of keys. It is the number of channels that a product sums over.",
        ),
        Mistake(
            "divided after the softmax",
            _divided_after,
            "You divide the weights. Then they no longer add up to 1; the division belongs to the logits.",
        ),
        Mistake(
            "outside has logit 0",
            _zero_logits,
            "Places outside get a logit of 0, and the softmax gives them a share: e⁰ is 1. Which number does exp turn into 0?",
        ),
        Mistake(
            "no mask",
            _no_mask,
            "Places outside the picture get a weight. `inside` says which places count.",
        ),
        Mistake(
            "masked after the softmax",
            _masked_after,
            "Your weights add up to less than 1: places outside took their share before you set them to 0. Mask the logits.",
        ),
        Mistake(
            "the mask turned round",
            _mask_turned,
            "You keep what is outside. `inside` is True where a place counts.",
        ),
        Mistake(
            "overflow",
            _unsafe,
            "Right until the logits are large: exp(1000) is infinite, and infinite over infinite is NaN. Subtract the largest logit "
            "first; the weights stay the same.",
        ),
        Mistake(
            "overflow, and not divided",
            _unsafe_raw,
            "The products aren't divided by anything, and large ones overflow to NaN.",
        ),
        Mistake(
            "the largest of all",
            _largest_of_all,
            "You subtract the largest of all logits, also of those outside. What stands there may be huge, and then every weight "
            "inside underflows to 0. Subtract the largest logit inside.",
        ),
        Mistake(
            "distances",
            _distances,
            "You compare by distance, as lesson 09's memory does. Local attention takes the product q · k.",
        ),
        Mistake(
            "cosines",
            _cosines,
            "You divide by the lengths of query and key. Their lengths count here: with them a network says how sure it is.",
        ),
        Mistake(
            "no exponential",
            _plain_share,
            "You share out the products themselves. They can be negative; the softmax takes their exponentials.",
        ),
    ),
)
