"""Task `07.conv_lstm_step`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np
from scipy.special import expit

from course_lib.teach.tasks.task import Mistake, Task


def _convolved(x, W, b, *, mode="constant", flip=False):
    """Cross-correlation of (N, C, H, W) with W (O, C, k, k), the size kept."""
    reach = W.shape[-1] // 2
    padded = np.pad(x, [(0, 0), (0, 0), (reach, reach), (reach, reach)], mode=mode)
    windows = np.lib.stride_tricks.sliding_window_view(padded, W.shape[2:], axis=(2, 3))  # (N, C, H, W, k, k)
    W = W[..., ::-1, ::-1] if flip else W
    return np.einsum("nchwij,ocij->nohw", windows, W) + b[:, None, None]


def _step(x, h, c, W, b, *, order="ifgo", convolve=_convolved, said=np.tanh, new=np.tanh, both=None):
    """The right answer, or with one step exchanged for a wrong one."""
    scores = convolve(np.concatenate(both(x, h) if both else [x, h], 1), W, b)
    i, f, g, o = (np.split(scores, 4, 1)[order.index(gate)] for gate in "ifgo")
    after = expit(f) * c + expit(i) * new(g)
    return expit(o) * said(after), after


def _interleaved(x, h, c, W, b):
    """Channel k's gates side by side, in place of gate after gate."""
    hidden = h.shape[1]
    order = np.arange(4 * hidden).reshape(hidden, 4).T.ravel()
    return _step(x, h, c, W[order], b[order])


def _old_memory(x, h, c, W, b):
    """Says what was kept before this frame."""
    _, after = _step(x, h, c, W, b)
    scores = _convolved(np.concatenate([x, h], 1), W, b)
    return expit(np.split(scores, 4, 1)[3]) * np.tanh(c), after


def _bare_gates(x, h, c, W, b):
    i, f, g, o = np.split(_convolved(np.concatenate([x, h], 1), W, b), 4, 1)
    after = f * c + i * np.tanh(g)
    return o * np.tanh(after), after


def _no_forgetting(x, h, c, W, b):
    i, _, g, o = np.split(_convolved(np.concatenate([x, h], 1), W, b), 4, 1)
    after = c + expit(i) * np.tanh(g)
    return expit(o) * np.tanh(after), after


def _pictures(rng):
    """As many channels in as hidden, so that either order fits; kernels of 1, 3 and 5."""
    cases = []
    for n, channels, hidden, height, width, k in (
        (1, 2, 2, 4, 5, 3),
        (2, 3, 3, 5, 4, 3),
        (2, 2, 4, 6, 3, 1),
        (1, 1, 2, 7, 6, 5),
    ):
        x = rng.normal(0, 1, (n, channels, height, width))
        h, c = rng.normal(0, 1, (2, n, hidden, height, width))
        W = rng.normal(0, 1 / k, (4 * hidden, channels + hidden, k, k))
        cases.append((x, h, c, W, rng.normal(0, 1, 4 * hidden)))
    return cases


TASK = Task(
    key="07.conv_lstm_step",
    name="conv_lstm_step",
    reference=_step,
    cases=_pictures,
    tolerance=1e-4,
    mistakes=(
        Mistake(
            "gates in another order",
            partial(_step, order="ifog"),
            "You take the output gate before the new content. The four quarters of the convolution are i, f, g, o, in this order.",
        ),
        Mistake(
            "forget and input exchanged",
            partial(_step, order="figo"),
            "You exchange i and f: what is kept is multiplied by σ(f), what is new by σ(i).",
        ),
        Mistake(
            "interleaved",
            _interleaved,
            "You take every fourth channel for a gate. The first quarter of the channels is i, the next f, and so on.",
        ),
        Mistake(
            "sigmoid for the new content",
            partial(_step, new=expit),
            "You squash g with a sigmoid. New content may be negative: tanh.",
        ),
        Mistake(
            "no tanh when speaking",
            partial(_step, said=lambda c: c),
            "You say c as it is. h is σ(o) times tanh(c), or it grows with time.",
        ),
        Mistake(
            "speaks of the past",
            _old_memory,
            "Your h is made of the c from before this frame. Take the new c.",
        ),
        Mistake(
            "no sigmoid",
            _bare_gates,
            "Your gates i, f and o aren't squashed: a gate lies between 0 and 1.",
        ),
        Mistake(
            "nothing forgotten",
            _no_forgetting,
            "You keep all of c. What is kept is multiplied by σ(f).",
        ),
        Mistake(
            "no bias",
            lambda x, h, c, W, b: _step(x, h, c, W, 0 * b),
            "The bias b is missing.",
        ),
        Mistake(
            "h before x",
            partial(_step, both=lambda x, h: [h, x]),
            "You stack h before x. The weights' first channels are those of x.",
        ),
        Mistake(
            "nothing heard of the past",
            partial(_step, both=lambda x, h: [x, 0 * h]),
            "Your gates don't look at h. The convolution runs over x and h together.",
        ),
        Mistake(
            "kernel turned around",
            partial(_step, convolve=partial(_convolved, flip=True)),
            "You turn the kernel around, as mathematics' convolution does (and scipy.signal.convolve2d). Networks don't.",
        ),
        Mistake(
            "borders repeated",
            partial(_step, convolve=partial(_convolved, mode="edge")),
            "Right inside, wrong at the border: outside the picture there are zeros here.",
        ),
        Mistake(
            "borders wrap",
            partial(_step, convolve=partial(_convolved, mode="wrap")),
            "Right inside, wrong at the border: your picture goes on at its other side. np.roll does that; pad with zeros.",
        ),
        Mistake(
            "c before h",
            lambda x, h, c, W, b: _step(x, h, c, W, b)[::-1],
            "Right parts in the wrong order: h comes first.",
        ),
    ),
)
