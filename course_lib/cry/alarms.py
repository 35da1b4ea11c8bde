"""From windows to alarms: what stands between a detector that errs now and then and a parent who must believe it.

    score → gate: too quiet a window counts as 0 → smoothing → hysteresis: on at `on`, off only below `off`
          → k of the last n windows are on → for at least `hold` seconds → alarm, unless the last was within `pause`

Each part alone is a rule of one line; in this order they stream, one window in, one verdict out, in constant memory. A part
that is left at its default does nothing.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real


@dataclass(frozen=True)
class Alarm:
    """One alarm.

    Attributes
    ----------
    at : float
        Seconds from the first window to the one with which it begins. Nothing that comes later takes it back.
    until : float
        Seconds from the first window to the last one that belongs to it.
    """

    at: float
    until: float


class AlarmFilter:
    """Turns a detector's scores, window by window, into alarms.

    Parameters
    ----------
    on : float
        A smoothed score from which on a window is on.
    off : float, optional
        Below which it is off again; between the two it stays as it was. At most `on`, which is also the default.
    smoothing : float
        Seconds. The time constant of an exponential mean of the scores: after a step, 63% of the way is gone by then. 0: none.
    k, n : int
        At least `k` of the last `n` windows must be on.
    hold : float
        Seconds for which that must last, from the first such window to the one that gives the alarm.
    gate : float, optional
        Decibels below full scale. A window with less level counts as score 0.
    pause : float
        Seconds after an alarm's beginning in which no other begins.
    hop : float
        Seconds from window to window; half a second, as `CryDetector.score` cuts them.

    Attributes
    ----------
    sounding : bool
        Whether an alarm is on.
    time : float
        Seconds from the first window to the one that was pushed last.

    Raises
    ------
    TypeError, ValueError
        Names the option that doesn't fit.

    Examples
    --------
    >>> filter = AlarmFilter(0.5, k=2, n=3)
    >>> [filter.push(score) for score in (0.9, 0.1, 0.8, 0.7, 0.0, 0.0)]
    [False, False, True, False, False, False]
    """

    def __init__(
        self,
        on: float = 0.5,
        off: float | None = None,
        *,
        smoothing: float = 0.0,
        k: int = 1,
        n: int = 1,
        hold: float = 0.0,
        gate: float | None = None,
        pause: float = 0.0,
        hop: float = 0.5,
    ):
        off = on if off is None else off
        given = {"on": on, "off": off, "smoothing": smoothing, "hold": hold, "pause": pause, "hop": hop}
        if gate is not None:
            given["gate"] = gate
        for name, value in given.items():
            if isinstance(value, bool) or not isinstance(value, Real):
                raise TypeError(f"{name} must be a number, got {value!r}")
            if not abs(value) < float("inf") or (value < 0 and name in ("smoothing", "hold", "pause")):
                raise ValueError(f"{name} must be finite, and a time from 0 on; got {value}")
        if not hop > 0:
            raise ValueError(f"hop must be above 0 seconds, got {hop}")
        if off > on:
            raise ValueError(f"off must be at most on, got off {off} and on {on}")
        if not (isinstance(k, int) and isinstance(n, int) and 1 <= k <= n):
            raise ValueError(f"k and n must be whole numbers with 1 <= k <= n, got k {k!r} and n {n!r}")
        self.on, self.off, self.smoothing, self.hop = float(on), float(off), float(smoothing), float(hop)
        self.k, self.n, self.hold, self.gate, self.pause = k, n, float(hold), gate, float(pause)
        self._share = 1 - math.exp(-hop / smoothing) if smoothing else 1.0  # of a new score
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next window is the first."""
        self._pushed = 0
        self._mean = 0.0
        self._is_on = False
        self._recent: deque[bool] = deque(maxlen=self.n)
        self._since: float | None = None  # when k of n began to hold
        self._last: float | None = None  # when the last alarm began
        self.sounding = False

    @property
    def time(self) -> float:
        """Seconds from the first window to the last one pushed."""
        return max(0, self._pushed - 1) * self.hop

    def push(self, score: float, level: float | None = None) -> bool:
        """Take the next window; True when an alarm begins with it.

        Parameters
        ----------
        score : float
            From 0 to 1.
        level : float, optional
            Of the window, in decibels below full scale; needed when there is a gate.

        Raises
        ------
        ValueError
            A score outside 0 to 1, or none; a gate and no level.
        """
        if not 0 <= score <= 1:  # false for NaN as well
            raise ValueError(f"score must be from 0 to 1, got {score!r}")
        if self.gate is not None:
            if level is None or level != level:
                raise ValueError(f"there is a gate, so level must be given in decibels; got {level!r}")
            score = score if level >= self.gate else 0.0
        self._pushed += 1
        self._mean += self._share * (score - self._mean)
        self._is_on = self._mean >= (self.off if self._is_on else self.on)
        self._recent.append(self._is_on)
        if sum(self._recent) < self.k:
            self._since, self.sounding = None, False
            return False
        if self._since is None:
            self._since = self.time
        if self.sounding or self.time - self._since < self.hold:
            return False
        if self._last is not None and self.time - self._last < self.pause:
            return False
        self.sounding, self._last = True, self.time
        return True

    def alarms(self, scores: Iterable[float], levels: Iterable[float] | None = None) -> list[Alarm]:
        """All alarms of a recording, from a fresh start.

        Parameters
        ----------
        scores, levels : iterable of float
            As `push` takes them, equally many.
        """
        self.reset()
        found: list[Alarm] = []
        pairs = ((score, None) for score in scores) if levels is None else zip(scores, levels, strict=True)
        for score, level in pairs:
            began = self.push(score, level)
            if began:
                found.append(Alarm(self.time, self.time))
            elif found and self.sounding:
                found[-1] = Alarm(found[-1].at, self.time)
        return found
