"""Task `13.edge_kept`: the data, and the mistakes that people make."""

from course_lib.teach.tasks.task import Mistake, Task


def _edge_kept(height, share, eps):
    variance = height**2 * share * (1 - share)
    return variance / (variance + eps)


def _of(variance):
    """The right formula with another variance."""

    def answer(height, share, eps):
        v = variance(height, share)
        return v / (v + eps)

    return answer


def _steps(rng):
    """Steps up and down, seen whole, in part, and not at all."""
    cases = [(0.2, 0.5, 0.01), (0.5, 0.1, 0.001), (-0.3, 0.25, 0.002), (0.4, 0.0, 0.01), (0.4, 1.0, 0.01)]
    drawn = rng.uniform([0.05, 0.02, 0.0005], [1.0, 0.45, 0.05], (6, 3))
    return [*cases, *map(tuple, drawn.tolist()), (0.6, 0.9, 0.004)]


TASK = Task(
    key="13.edge_kept",
    name="edge_kept",
    reference=_edge_kept,
    cases=_steps,
    tolerance=1e-9,
    mistakes=(
        Mistake(
            "always half",
            _of(lambda height, share: height**2 / 4),
            "You take the step to run through the middle of every window. Where it does, share is 0.5; a window beside the step "
            "has less of one side, and less variance.",
        ),
        Mistake(
            "height not squared",
            _of(lambda height, share: height * share * (1 - share)),
            "Your variance grows with the height. A variance has the unit of the guide squared.",
        ),
        Mistake(
            "share squared",
            _of(lambda height, share: height**2 * share**2),
            "Your variance is largest where the whole window lies on one side. There is no step in it then: it should be 0.",
        ),
        Mistake(
            "mean square",
            _of(lambda height, share: height**2 * share),
            "You have the mean of the squares, for a dark side of 0. To get the variance, take the square of the mean off.",
        ),
        Mistake(
            "standard deviation",
            _of(lambda height, share: abs(height) * (share * (1 - share)) ** 0.5),
            "You put the standard deviation where the variance belongs.",
        ),
        Mistake(
            "both sides squared",
            _of(lambda height, share: height**2 * (share * (1 - share)) ** 2),
            "Your shares are squared as well. The mean of the squared distances from the mean gives share · (1 − share), once.",
        ),
        Mistake(
            "eps squared",
            lambda height, share, eps: _edge_kept(height, share, eps**2),
            "You add eps². eps is a variance already: it is added as it is.",
        ),
        Mistake(
            "what is lost",
            lambda height, share, eps: 1 - _edge_kept(height, share, eps),
            "This is the share of the step that is lost. Asked for is what stays: a.",
        ),
        Mistake(
            "height that is left",
            lambda height, share, eps: height * _edge_kept(height, share, eps),
            "This is the height that is left. Asked for is its share of the step's height.",
        ),
    ),
)
