"""How long a call takes, with what one has to say beside the number: warm-up, median, spread, threads."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Latency:
    """Seconds of single calls, in the order they were made.

    Attributes
    ----------
    seconds : tuple of float
    warmup : int
        Calls before them that weren't timed.
    threads : int or None
        That the caller says it ran on.
    """

    seconds: tuple[float, ...]
    warmup: int
    threads: int | None

    @property
    def median(self) -> float:
        """Seconds. Half of the calls were quicker."""
        return float(np.median(self.seconds))

    @property
    def quartiles(self) -> tuple[float, float]:
        """Seconds. The middle half of the calls lies between these two."""
        low, high = np.quantile(self.seconds, [0.25, 0.75])
        return float(low), float(high)

    @property
    def spread(self) -> float:
        """Seconds between the quartiles."""
        low, high = self.quartiles
        return high - low

    def __str__(self) -> str:
        low, high = self.quartiles
        calls = "1 call" if len(self.seconds) == 1 else f"{len(self.seconds)} calls"
        threads = "threads not stated" if self.threads is None else f"threads: {self.threads}"
        return (
            f"{1e3 * self.median:.2f} ms (middle half {1e3 * low:.2f} to {1e3 * high:.2f}), "
            f"{calls} after {self.warmup} to warm up, {threads}"
        )


def measure_latency(
    function: Callable, *arguments, repeats: int = 30, warmup: int = 5, threads: int | None = None
) -> Latency:
    """Time a function call by call.

    The first calls allocate memory, fill caches and let an engine choose its kernels, so they aren't timed. The median
    stays where it is when another program gets in the way a few times; the mean doesn't.

    Parameters
    ----------
    function : callable
        What it answers is dropped.
    *arguments
        What it is called with.
    repeats : int
        Timed calls.
    warmup : int
        Calls before them.
    threads : int, optional
        On how many the function runs; only stated, not set. Without it, `function.threads`, which the engines have.

    Returns
    -------
    Latency

    Raises
    ------
    TypeError, ValueError
        No function; fewer than 1 repeat or fewer than 0 calls to warm up.

    Examples
    --------
    >>> latency = measure_latency(sorted, [3, 1, 2], repeats=10, threads=1)
    >>> len(latency.seconds), latency.median < 1
    (10, True)
    """
    if not callable(function):
        raise TypeError(f"function must be callable; got {type(function).__name__}")
    if repeats < 1 or warmup < 0:
        raise ValueError(f"repeats must be at least 1 and warmup at least 0; got {repeats} and {warmup}")
    for _ in range(warmup):
        function(*arguments)
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        function(*arguments)
        seconds.append(time.perf_counter() - began)
    return Latency(tuple(seconds), warmup, threads or getattr(function, "threads", None))
