"""What an exercise is: the right answer, the data it is tried on, and the mistakes that people really make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Mistake:
    """One plausible wrong answer and what the student reads who gives it.

    Parameters
    ----------
    name : str
        Short, for the test's report: "divided by 127".
    wrong : callable or value
        The wrong answer itself, with the task's signature (for a value task also a plain value).
    hint : str
        Names the mistake, not the answer.
    """

    name: str
    wrong: Any
    hint: str


@dataclass(frozen=True)
class Task:
    """One thing that a student writes.

    Parameters
    ----------
    key : str
        Lesson and task, "01.normalize".
    name : str
        The function or variable the student writes, "normalize".
    reference : callable
        The right answer, trusted; a value task gives a callable that computes it.
    cases : callable
        ``cases(rng)`` with a NumPy Generator -> list of argument tuples to try the answer on.
        A value task's ``cases(variant)`` gives one tuple, the data that its value hangs on, which `reference` and wrong
        answers take: ``[()]`` where it is the same for everybody. `variant` is a student's number, 0 in self-study.
    mistakes : tuple of Mistake
        Three or more wrong answers, each told from the right one, and from each other, by `cases`.
    tolerance : float
        Largest absolute difference that still counts as right.
    kind : {"function", "value"}
        What the student writes.
    compare : callable, optional
        ``compare(expected, got) -> bool`` for answers that aren't numbers, arrays, strings or
        tuples, lists and dicts of them.
    """

    key: str
    name: str
    reference: Callable
    cases: Callable
    mistakes: tuple[Mistake, ...]
    tolerance: float = 1e-5
    kind: Literal["function", "value"] = "function"
    compare: Callable[[Any, Any], bool] | None = None
