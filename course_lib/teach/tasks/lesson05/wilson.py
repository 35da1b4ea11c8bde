"""Task `05.score_interval`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _score_interval(right, played, z, *, middle=True, spread=True, shrink=True):
    """Wilson's interval, or with a part of it left out."""
    share = right / played
    scale = 1 + z**2 / played if shrink else 1.0
    center = (share + (z**2 / (2 * played) if middle else 0)) / scale
    inner = share * (1 - share) / played + (z**2 / (4 * played**2) if spread else 0)
    half = z * np.sqrt(inner) / scale
    return float(center - half), float(center + half)


def _wald(right, played, z):
    return _score_interval(right, played, z, middle=False, spread=False, shrink=False)


def _wald_cut(right, played, z):
    low, high = _wald(right, played, z)
    return max(low, 0.0), min(high, 1.0)


def _half_width_not_divided(right, played, z):
    middle = np.mean(_score_interval(right, played, z))
    half = np.ptp(_score_interval(right, played, z, shrink=False)) / 2
    return float(middle - half), float(middle + half)


def _middle_not_divided(right, played, z):
    middle = np.mean(_score_interval(right, played, z, shrink=False))
    half = np.ptp(_score_interval(right, played, z)) / 2
    return float(middle - half), float(middle + half)


def _agresti_coull(right, played, z):
    """The simple interval of a game with z² rounds more, half of them right."""
    more = played + z**2
    share = (right + z**2 / 2) / more
    half = z * np.sqrt(share * (1 - share) / more)
    return float(share - half), float(share + half)


def _games(rng):
    """Games long and short, won, lost and half-half, at several confidences."""
    return [
        (15, 20, 1.96),
        (0, 10, 1.96),
        (8, 8, 1.96),
        (int(rng.integers(20, 40)), 60, 1.96),
        (int(rng.integers(200, 300)), 500, 2.576),
        (3, 7, 1.645),
        (1, 5, 1.96),
    ]


TASK = Task(
    key="05.score_interval",
    name="score_interval",
    reference=_score_interval,
    cases=_games,
    tolerance=1e-4,  # a hundredth of a percentage point
    mistakes=(
        Mistake(
            "the simple interval",
            _wald,
            "p ± z √(p(1 − p)/n) is the simple interval. A game won 8 of 8 gets one of no width at all from it: as if nobody could "
            "ever lose again. The formula above is Wilson's.",
        ),
        Mistake(
            "the simple interval, cut",
            _wald_cut,
            "You cut the simple interval at 0 and 1. It still says that a game won 8 of 8 leaves no doubt; the formula above "
            "doesn't.",
        ),
        Mistake(
            "Agresti and Coull",
            _agresti_coull,
            "You add z² rounds, half of them right, and take the simple interval: Agresti and Coull's. Its middle is right and its "
            "width isn't Wilson's; it can even leave 0 to 1.",
        ),
        Mistake(
            "middle not shifted",
            lambda right, played, z: _score_interval(right, played, z, middle=False),
            "The middle lacks its z²/2n: it should be drawn towards one half, not towards 0.",
        ),
        Mistake(
            "z² / 4n² forgotten",
            lambda right, played, z: _score_interval(right, played, z, spread=False),
            "The middle is right, the width isn't: under the root z²/4n² is missing. For a game won or lost completely "
            "nothing else is left there.",
        ),
        Mistake(
            "not divided by 1 + z²/n",
            lambda right, played, z: _score_interval(right, played, z, shrink=False),
            "Both the middle and the half width come divided by 1 + z²/n.",
        ),
        Mistake(
            "half width not divided",
            _half_width_not_divided,
            "The middle is right. The half width comes divided by 1 + z²/n as well: the fraction line is under both.",
        ),
        Mistake(
            "middle not divided",
            _middle_not_divided,
            "The width is right. The middle comes divided by 1 + z²/n as well: the fraction line is under both.",
        ),
        Mistake(
            "always 1.96",
            lambda right, played, z: _score_interval(right, played, 1.96),
            "Right for z = 1.96 alone: a number stands where the argument belongs.",
        ),
        Mistake(
            "in percent",
            lambda right, played, z: tuple(100 * end for end in _score_interval(right, played, z)),
            "Your interval is in percent. Shares from 0 to 1 were asked for.",
        ),
        Mistake(
            "middle and half width",
            lambda right, played, z: (lambda ends: (float(np.mean(ends)), float(np.ptp(ends) / 2)))(
                _score_interval(right, played, z)
            ),
            "You return the middle and the half width. The two ends were asked for: low, high.",
        ),
        Mistake(
            "high before low",
            lambda right, played, z: _score_interval(right, played, z)[::-1],
            "Right numbers, wrong order: the low end comes first.",
        ),
        Mistake(
            "the wrong answers' share",
            lambda right, played, z: _score_interval(played - right, played, z),
            "Your interval is for the share of wrong answers, as the paper counts who was fooled. Here it is the right ones'.",
        ),
    ),
)
