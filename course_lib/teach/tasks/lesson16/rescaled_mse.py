"""Task `16.rescaled_mse`: the data, and the mistakes that people make."""

from course_lib.teach.tasks.task import Mistake, Task


def _factor(one, other):
    return (other[1] - other[0]) / (one[1] - one[0])


def _rescaled_mse(mse, one, other):
    return mse * _factor(one, other) ** 2


def _scales(rng):
    """From wide to narrow and back, scales that begin at 0, at 1 and below 0."""
    return [
        (0.36, (1, 10), (0, 90)),
        (float(rng.uniform(50, 400)), (0, 100), (1, 10)),
        (float(rng.uniform(0.2, 1)), (1, 5), (1, 10)),
        (float(rng.uniform(0.2, 1)), (0, 9), (-1, 1)),
    ]


TASK = Task(
    key="16.rescaled_mse",
    name="rescaled_mse",
    reference=_rescaled_mse,
    cases=_scales,
    tolerance=1e-7,
    mistakes=(
        Mistake(
            "not squared",
            lambda mse, one, other: mse * _factor(one, other),
            "You scale the squared error as if it were a score. Its unit is the score's, squared.",
        ),
        Mistake(
            "the other way",
            lambda mse, one, other: mse / _factor(one, other) ** 2,
            "You went from the second scale to the first.",
        ),
        Mistake(
            "upper ends only",
            lambda mse, one, other: mse * (other[1] / one[1]) ** 2,
            "You compare the upper ends. A scale of 1 … 10 is 9 wide.",
        ),
        Mistake(
            "numbers of scores",
            lambda mse, one, other: mse * ((other[1] - other[0] + 1) / (one[1] - one[0] + 1)) ** 2,
            "You compare how many whole scores the scales have. What counts is how far apart their ends are.",
        ),
        Mistake(
            "rescaled like a score",
            lambda mse, one, other: other[0] + (mse - one[0]) * _factor(one, other),
            "You mapped the error as if it were a score. An error of 0 is 0 on every scale: nothing is added.",
        ),
        Mistake(
            "square of the root's map",
            lambda mse, one, other: (other[0] + (mse**0.5 - one[0]) * _factor(one, other)) ** 2,
            "You mapped the root of the error as if it were a score. A difference of scores has no lower end to subtract.",
        ),
        Mistake(
            "the root",
            lambda mse, one, other: mse**0.5 * _factor(one, other),
            "That is the typical error, a root, on the new scale. The mean *squared* error was asked for.",
        ),
    ),
)
