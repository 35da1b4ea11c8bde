"""Task `15.liars`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _liars(expected, answers, bound):
    def lies(right, got):
        return right.shape != got.shape or not np.abs(got - right).max() <= bound

    return sorted(
        name
        for name, arrays in answers.items()
        if any(lies(right, got) for right, got in zip(expected, arrays, strict=True))
    )


def _by(lies, pick=slice(None), join=any):
    """The right frame around another idea of a lie."""

    def answer(expected, answers, bound):
        found = []
        for name, arrays in answers.items():
            pairs = list(zip(expected, arrays, strict=True))[pick]
            if join(lies(right, got, bound) for right, got in pairs):
                found.append(name)
        return sorted(found)

    return answer


def _same_shape(right, got):
    return right.shape == got.shape


def _largest(right, got, bound):
    return not _same_shape(right, got) or not np.abs(got - right).max() <= bound


def _mean(right, got, bound):
    return not _same_shape(right, got) or not np.abs(got - right).mean() <= bound


def _signed(right, got, bound):
    return not _same_shape(right, got) or not (got - right).max() <= bound


def _nan_slips(right, got, bound):
    return not _same_shape(right, got) or bool(np.abs(got - right).max() > bound)


def _broadcast(right, got, bound):
    return not np.abs(got - right).max() <= bound


def _below(right, got, bound):
    return not _same_shape(right, got) or not np.abs(got - right).max() < bound


def _relative(right, got, bound):
    return not _same_shape(right, got) or not np.allclose(got, right, atol=bound)


def _share(right, got, bound):
    return not _same_shape(right, got) or not (np.abs(got - right) / np.abs(right)).max() <= bound


def engine_answers(rng, bound=1e-4):
    """(expected, answers, bound): honest engines, and one of each kind of liar."""
    expected = [10 * rng.standard_normal((2, 3, 4)) for _ in range(4)]

    def near():
        return [right + bound * rng.uniform(-0.5, 0.5, right.shape) for right in expected]

    answers = {
        name: near() for name in ("honest", "first", "middle", "last", "low", "wide", "nan", "flat", "scaled")
    }
    answers["first"][0][0, 1, 2] += 30 * bound
    answers["middle"][2][1, 2, 3] += 5 * bound
    answers["last"][3][0, 0, 0] += 30 * bound
    answers["low"][1][1, 1, 1] -= 30 * bound
    answers["wide"][1] = answers["wide"][1] + 3 * bound
    answers["nan"][2][0, 0, 1] = np.nan
    expected[3][:] = expected[3][:, :1]
    for name in answers:
        answers[name][3] = expected[3] + bound * rng.uniform(-0.5, 0.5, expected[3].shape)
    answers["last"][3][0, 0, 0] += 30 * bound
    answers["flat"][3] = answers["flat"][3][:, :1]
    answers["scaled"] = [right * (1 + bound / 5) for right in expected]
    expected[0][0, 0, 0] = 1e-6  # next to nothing, where a relative error is large and means nothing
    for name in answers:
        answers[name][0][0, 0, 0] = 1e-6 + 0.3 * bound
    return expected, answers, bound


def _tests(rng):
    """Three of the above, and one where an engine is off by just the bound."""
    right = [np.arange(6.0).reshape(2, 3)]
    at_bound = (right, {"at the bound": [right[0] + 0.25], "beyond": [right[0] + 0.5]}, 0.25)
    return [engine_answers(rng), engine_answers(rng, 1e-2), engine_answers(rng, 1e-5), at_bound]


TASK = Task(
    key="15.liars",
    name="liars",
    reference=_liars,
    cases=_tests,
    mistakes=(
        Mistake(
            "the mean",
            _by(_mean),
            "You compare the mean difference with the bound. One wrong pixel of thousands is lost in it: take the largest.",
        ),
        Mistake(
            "signed",
            _by(_signed),
            "You take the largest difference without its absolute value, so an engine that answers too low passes.",
        ),
        Mistake(
            "NaN slips through",
            _by(_nan_slips),
            "An engine that answers NaN passes: a comparison with NaN is False, and you ask whether it is above the bound. Ask "
            "whether it isn't below.",
        ),
        Mistake(
            "broadcasting",
            _by(_broadcast),
            "An answer of another shape passes where NumPy can stretch it to the right one. Compare the shapes first.",
        ),
        Mistake(
            "allclose with its rtol",
            _by(_relative),
            "np.allclose adds rtol = 1e-5 of the value to your bound, so large values may be further off. Set rtol=0.",
        ),
        Mistake(
            "at the bound",
            _by(_below),
            "You call an engine a liar that is off by just the bound. That still counts as the same.",
        ),
        Mistake(
            "not sorted",
            lambda expected, answers, bound: [
                name for name in answers if name in _liars(expected, answers, bound)
            ],
            "These are the right names in the order they came. Sort them.",
        ),
        Mistake(
            "relative",
            _by(_share),
            "You divide by the right answer. Where that is nearly 0, a rounding error looks large: the bound is on the "
            "difference itself.",
        ),
        Mistake(
            "only the first input",
            _by(_largest, pick=slice(1)),
            "You look at the first input only. An engine lies if it is off on any of them.",
        ),
        Mistake(
            "only the last input",
            _by(_largest, pick=slice(-1, None)),
            "You look at the last input only: is something set anew in each turn of the loop?",
        ),
        Mistake(
            "off on all inputs",
            _by(_largest, join=all),
            "You ask for an engine to be off on all inputs. One is enough.",
        ),
        Mistake(
            "the honest ones",
            lambda expected, answers, bound: sorted(set(answers) - set(_liars(expected, answers, bound))),
            "These are the engines that tell the truth. Asked for are the others.",
        ),
    ),
)
