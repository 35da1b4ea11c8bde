"""Two pictures with one lightness, of which one has its true colors: which one is real?

The test of R. Zhang, P. Isola, A. A. Efros, "Colorful Image Colorization", ECCV 2016, section 3.1, as a game. Its rules
need no notebook: `RealOrNot` asks, a person or a program answers, `Score` says what the answers prove.
`real_or_not_widget` puts a game into a notebook.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True)
class Round:
    """One question: the two pictures as they stand, and on which side the real one is."""

    left: np.ndarray
    right: np.ndarray
    real: Side


@dataclass(frozen=True)
class Score:
    """How many of the rounds played were answered right. A player who can't tell is right in half of them.

    The paper counts the others, in which the player was fooled: 50% for colors that nobody can tell from real ones.
    """

    right: int
    played: int

    @property
    def share(self) -> float:
        """Share of right answers; NaN before the first one."""
        return self.right / self.played if self.played else float("nan")

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Wilson's interval for the share of right answers, were the game to go on forever.

        It takes rounds for independent. Rounds cut from one photo aren't, so the true interval is wider.

        Parameters
        ----------
        confidence : float
            Above 0 and below 1.

        Returns
        -------
        (low, high)
            ``(0.0, 1.0)`` before the first answer.

        Raises
        ------
        ValueError
            `confidence` is no such number.

        References
        ----------
        E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
        Statistical Association 22, 1927. https://doi.org/10.1080/01621459.1927.10502953

        Examples
        --------
        >>> low, high = Score(15, 20).interval()
        >>> round(low, 2), round(high, 2)
        (0.53, 0.89)
        """
        if not 0 < confidence < 1:
            raise ValueError(f"confidence must lie between 0 and 1, got {confidence}")
        if not self.played:
            return 0.0, 1.0
        from scipy.stats import binomtest

        found = binomtest(self.right, self.played).proportion_ci(confidence, method="wilson")
        return float(found.low), float(found.high)

    def __str__(self) -> str:
        low, high = self.interval()
        if not self.played:
            return "no round played"
        return f"{self.right} of {self.played} right ({self.share:.0%}; 95% interval {low:.0%} to {high:.0%})"


class RealOrNot:
    """A game: every pair once, in an order and on sides that the seed draws.

    Parameters
    ----------
    real, painted : sequence of array, each (H, W, 3) float in [0, 1]
        The true pictures, and what somebody painted in their place; ``real[i]`` and ``painted[i]`` make a pair.
    seed : int
        Of the order and the sides.

    Attributes
    ----------
    rounds : tuple of Round
    answers : list of "left" or "right"
        Those given so far.

    Raises
    ------
    ValueError
        No pairs; sequences of unequal length; pictures of a pair with different shapes, or no RGB in [0, 1].

    Examples
    --------
    >>> game = RealOrNot([np.zeros((4, 4, 3))], [np.ones((4, 4, 3))], seed=0)
    >>> str(game.play(lambda left, right: "left" if left.mean() < right.mean() else "right"))
    '1 of 1 right (100%; 95% interval 21% to 100%)'
    """

    def __init__(self, real: Sequence[np.ndarray], painted: Sequence[np.ndarray], *, seed: int):
        if len(real) != len(painted) or not len(real):
            raise ValueError(
                f"real and painted must hold one picture each a pair, got {len(real)} and {len(painted)}"
            )
        for place, pair in enumerate(zip(real, painted, strict=True)):
            _check_pair(place, *map(np.asarray, pair))
        rng = np.random.default_rng(seed)
        order, on_left = rng.permutation(len(real)), rng.random(len(real)) < 0.5
        self.rounds = tuple(
            Round(real[i], painted[i], "left") if left else Round(painted[i], real[i], "right")
            for i, left in zip(order, on_left, strict=True)
        )
        self.answers: list[Side] = []

    @property
    def current(self) -> Round | None:
        """The round to answer; None when all are."""
        return self.rounds[len(self.answers)] if len(self.answers) < len(self.rounds) else None

    @property
    def score(self) -> Score:
        """Of the rounds answered so far."""
        given = zip(self.rounds, self.answers, strict=False)
        return Score(sum(asked.real == answer for asked, answer in given), len(self.answers))

    def answer(self, side: Side) -> bool:
        """Say which side is real in the current round; True when it is.

        Raises
        ------
        ValueError
            Another word than left or right; no round left.
        """
        asked = self.current
        if asked is None:
            raise ValueError(f"all {len(self.rounds)} rounds have been answered")
        if side not in SIDES:
            raise ValueError(f"side must be 'left' or 'right', got {side!r}")
        self.answers.append(side)
        return side == asked.real

    def play(self, player: Callable[[np.ndarray, np.ndarray], Side]) -> Score:
        """Let ``player(left, right)`` answer every round that is left."""
        while (asked := self.current) is not None:
            self.answer(player(asked.left, asked.right))
        return self.score


def _check_pair(place: int, real: np.ndarray, painted: np.ndarray) -> None:
    if real.shape != painted.shape or real.ndim != 3 or real.shape[2] != 3 or real.size == 0:
        raise ValueError(
            f"pair {place} must be two pictures of one shape (H, W, 3), got {real.shape} and {painted.shape}"
        )
    for name, picture in (("real", real), ("painted", painted)):
        if picture.dtype.kind != "f" or not (picture.min() >= 0 and picture.max() <= 1):  # NaN is neither
            raise ValueError(f"pair {place}: {name} must be float in [0, 1]; as_photo converts bytes")
