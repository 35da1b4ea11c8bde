"""Task `13.line`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _line(guide, image, eps):
    a = ((guide - guide.mean()) * (image - image.mean())).mean() / (guide.var() + eps)
    return a, image.mean() - a * guide.mean()


def _with(slope):
    """The right answer with another a, and the b that goes with it."""

    def answer(guide, image, eps):
        a = slope(guide, image, eps)
        return a, image.mean() - a * guide.mean()

    return answer


def _covariance(guide, image):
    return ((guide - guide.mean()) * (image - image.mean())).mean()


def _windows(rng):
    """A step, random windows of several shapes, and an even guide; prices small and large."""
    step = np.repeat([0.2, 0.6], 12).reshape(4, 6)
    cases = [(step, 1 - step, 0.04), (step, 0.5 * step + 0.3, 0.001)]
    for shape, eps in (((5, 5), 0.01), ((3, 3), 0.1), ((9, 9), 0.0004), ((1, 7), 1.0)):
        guide = rng.random(shape)
        cases.append((guide, 0.7 * guide + rng.random(shape) - 0.8, eps))
    return [*cases, (np.full((3, 3), 0.5), rng.random((3, 3)), 0.01)]


TASK = Task(
    key="13.line",
    name="line",
    reference=_line,
    cases=_windows,
    tolerance=1e-8,
    mistakes=(
        Mistake(
            "eps squared",
            _with(lambda G, p, eps: _covariance(G, p) / (G.var() + eps**2)),
            "You add eps². eps is a variance already: it is added as it is.",
        ),
        Mistake(
            "divided by n − 1",
            _with(
                lambda G, p, eps: (
                    np.cov(G.ravel(), p.ravel())[0, 1] / (np.cov(G.ravel(), p.ravel())[0, 0] + eps)
                )
            ),
            "Your covariance and variance divide by n − 1, as np.cov does. Here both are means over all n pixels.",
        ),
        Mistake(
            "covariance by n − 1, variance by n",
            _with(lambda G, p, eps: np.cov(G.ravel(), p.ravel())[0, 1] / (G.var() + eps)),
            "np.cov divides by n − 1 and np.var by n, and you mix them. Here both are means over all n pixels.",
        ),
        Mistake(
            "standard deviation",
            _with(lambda G, p, eps: _covariance(G, p) / (G.std() + eps)),
            "You divide by the standard deviation. The variance is its square.",
        ),
        Mistake(
            "the image's variance",
            _with(lambda G, p, eps: _covariance(G, p) / (p.var() + eps)),
            "You divide by the variance of the image. The line runs over the guide, so it is the guide's.",
        ),
        Mistake(
            "means not taken off",
            _with(lambda G, p, eps: (G * p).mean() / ((G * G).mean() + eps)),
            "You use the means of the products as they are. Covariance and variance are what is left after the product of the means "
            "is taken off.",
        ),
        Mistake(
            "variance without its mean",
            _with(lambda G, p, eps: _covariance(G, p) / ((G * G).mean() + eps)),
            "Your covariance is right. Your variance is the mean of the squares: take the square of the mean off.",
        ),
        Mistake(
            "no price",
            _with(lambda G, p, eps: _covariance(G, p) / G.var()),
            "eps plays no part in your a. It stands in the denominator, beside the variance.",
        ),
        Mistake(
            "eps outside",
            _with(lambda G, p, eps: _covariance(G, p) / G.var() + eps),
            "You add eps to the quotient. It belongs to the denominator: mind the brackets.",
        ),
        Mistake(
            "sums in place of means",
            _with(lambda G, p, eps: G.size * _covariance(G, p) / (G.size * G.var() + eps)),
            "You add up over the window where means are asked for. Then eps counts once for the whole window, and less the larger "
            "it is.",
        ),
        Mistake(
            "b is the mean",
            lambda guide, image, eps: (_line(guide, image, eps)[0], image.mean()),
            "a is right. b is where the line meets a guide of 0, not its value in the middle of the window.",
        ),
        Mistake(
            "plus in b",
            lambda guide, image, eps: (
                _line(guide, image, eps)[0],
                image.mean() + _line(guide, image, eps)[0] * guide.mean(),
            ),
            "a is right. The line passes through both means, so that b is the image's mean *minus* a times the guide's.",
        ),
        Mistake(
            "b before a",
            lambda guide, image, eps: _line(guide, image, eps)[::-1],
            "Both numbers are right, in the wrong order: a comes first.",
        ),
    ),
)
