"""`check` tries a student's answer on data and, where it fails, names the likely mistake.

A failing answer is recognized by what it does: its outputs are compared with those of each known mistake on the
same data. `check` never gives the right answer away, and nothing in a student's code makes it crash.
"""

from __future__ import annotations

import copy
import hashlib
import os
import traceback
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.teach import record
from course_lib.teach.compare import Different, changed, plain, require_same
from course_lib.teach.tasks import find_task
from course_lib.teach.tasks.task import Task


class CheckFailed(AssertionError):
    """An answer that isn't right yet; in a notebook it shows as its message alone.

    Attributes
    ----------
    mistake : str
        Name of the recognized mistake, else a general one: "not implemented", "raised", "returned None",
        "not a function", "type", "keys", "length", "shape", "dtype", "NaN", "values", "unknown name",
        "did not raise", "changed its input".
    """

    def __init__(self, message, mistake):
        super().__init__(message)
        self.mistake = mistake

    def _render_traceback_(self):
        return [str(self)]


# Answers of these kinds are no try yet: what they say about the task is nothing.
UNTRIED = ("not implemented", "not a function")


@dataclass(frozen=True)
class Outcome:
    """What one call did: its value, or the exception it raised, and whether it changed its arguments."""

    value: Any = None
    error: BaseException | None = None
    changed: bool = False


def check(key, answer, cases=None, variant=0):
    """Try an answer and print one line where it is right.

    Parameters
    ----------
    key : str
        "01.normalize".
    answer : callable or value
        What the student wrote.
    cases : callable, optional
        ``cases(rng)`` -> list of argument tuples, in place of the task's own; its `rng` is seeded by the course's
        secret, and messages then don't repeat what the answer said about the data.
    variant : int
        For value tasks: which student's data the value is for; 0 is self-study's.

    Raises
    ------
    CheckFailed
        The answer isn't right; its message names the mistake. Where the mistake isn't a known one, and with the task's
        own cases, it shows one wrong entry, what the answer should have been there, and the input's shape.
    ValueError
        There is no such task.
    """
    task = task_of(key)
    hidden = cases is not None
    rng = np.random.default_rng(_seed(f"{secret()}:{key}" if hidden else key))
    data = task.cases(variant) if task.kind == "value" else list((cases or task.cases)(rng))
    failure = _failure(task, answer, data, hidden)
    if failure is None or failure[1] not in UNTRIED:
        record.note_check(key, failure is None)
    if failure is not None:
        message, mistake = failure
        raise CheckFailed(f"✗ {key}: {message}", mistake)
    tried = "on other data" if hidden else f"{len(data)} of {len(data)} cases"
    print(f"✓ {key}: right" + ("." if task.kind == "value" else f", {tried}."))


class UnknownTask(ValueError):
    """There is no task of that key; in a notebook it shows as its message alone."""

    def _render_traceback_(self):
        return [str(self)]


def task_of(key) -> Task:
    """`find_task`, with an error that is short in a notebook."""
    try:
        return find_task(key)
    except ValueError as error:
        raise UnknownTask(str(error)) from None


def _failure(task: Task, answer, data, hidden) -> tuple[str, str] | None:
    """(message, mistake's name) of an answer that isn't right, else None."""
    if task.kind == "function" and not callable(answer):
        return f"{task.name} is {type(answer).__name__}, expected a function", "not a function"
    right = [_run(task, task.reference, args) for args in data]
    got = [_run(task, answer, args) for args in data]
    names = _names(task, right)
    differences = (_difference(task, r, g, hidden, names) for r, g in zip(right, got, strict=True))
    place, found = next(((i, d) for i, d in enumerate(differences, 1) if d is not None), (0, None))
    if found is None:
        return None
    message, name = found
    if name not in ("not implemented", "returned None"):
        for mistake in task.mistakes:
            theirs = [_run(task, mistake.wrong, args) for args in data]
            if all(_alike(task, t, g) for t, g in zip(theirs, got, strict=True)):
                return mistake.hint, mistake.name
    where = [] if len(data) == 1 else [f"case {place} of {len(data)}"]
    if task.kind == "function" and not hidden and data[place - 1]:
        where.append("input " + ", ".join(map(_spell_input, data[place - 1])))
    return f"{message}" + (f" ({'; '.join(where)})" if where else "") + ".", name


def _names(task: Task, right) -> list[str]:
    """The answers to choose from, for tasks that answer with a name; they stand in the docstring, so nothing is told."""
    said = [outcome.value for outcome in right if outcome.error is None]
    named = (
        task.kind == "function" and task.compare is None and said and all(isinstance(s, str) for s in said)
    )
    return sorted(set(said)) if named else []


def _spell_input(value) -> str:
    """An argument in a word or two: an array's kind and shape, a short value itself, else its type."""
    if isinstance(value, tuple | list) and len(repr(value)) <= 40:
        return repr(value)
    array = plain(value)
    if isinstance(array, np.ndarray) and array.ndim:
        return f"{array.dtype} {array.shape}"
    spelled = repr(value) if isinstance(value, str) else f"{value:g}" if isinstance(array, np.ndarray) else ""
    return spelled if 0 < len(spelled) <= 40 else type(value).__name__


def _run(task: Task, answer, args) -> Outcome:
    if task.kind == "value" and not callable(answer):
        return Outcome(plain(answer))
    given = copy.deepcopy(args)
    try:
        with np.errstate(all="ignore"):
            # A plain copy at once: a function that fills one array again and again can't change it later.
            value = plain(answer(*given))
    except (Exception, SystemExit) as error:
        return Outcome(error=error)
    return Outcome(value, changed=changed(args, given))


def _difference(task: Task, right: Outcome, got: Outcome, hidden, names) -> tuple[str, str] | None:
    if right.error is not None:
        # Some tasks ask for an error on bad input.
        wanted = type(right.error).__name__
        if got.error is None:
            return f"{task.name} accepted input that should raise {wanted}", "did not raise"
        if not isinstance(got.error, type(right.error)):
            return f"{task.name} raised {type(got.error).__name__}, expected {wanted}", "raised"
        return None
    if isinstance(got.error, NotImplementedError):
        return (
            f"{task.name} isn't written yet: replace raise NotImplementedError by your code",
            "not implemented",
        )
    if got.error is not None:
        return _spell_error(task, got.error, hidden), "raised"
    if got.value is None and right.value is not None:
        return f"{task.name} gives None: is the return missing?", "returned None"
    if names and isinstance(got.value, str) and got.value not in names:
        said = "" if hidden else f"{got.value[:40]!r}, which is "
        return f"the result is {said}none of {', '.join(map(repr, names))}", "unknown name"
    if task.compare is not None:
        if not _same(right.value, got.value, task.tolerance, task.compare):
            return "the result is not right", "values"
    else:
        try:
            require_same(right.value, got.value, task.tolerance, "the result")
        except Different as difference:
            # The one result of a value task is its answer: never told.
            tell = difference.entry and not hidden and task.kind == "function"
            return str(difference) + (f": {difference.entry}" if tell else ""), difference.name
        except Exception:  # an object that resists comparison
            return f"the result is a {type(got.value).__name__} that can't be compared", "type"
    if got.changed and not right.changed:
        return f"{task.name} changes its input: work on a copy", "changed its input"
    return None


def _alike(task: Task, one: Outcome, other: Outcome) -> bool:
    if one.error is not None or other.error is not None:
        return type(one.error) is type(other.error)
    return one.changed == other.changed and _same(one.value, other.value, task.tolerance, task.compare)


def _same(expected, got, tolerance, compare) -> bool:
    try:
        if compare is not None:
            return bool(compare(expected, got))
        require_same(expected, got, tolerance)
    except Exception:
        return False
    return True


def _spell_error(task: Task, error, hidden) -> str:
    kind = type(error).__name__
    if hidden:
        return f"{task.name} raised {kind}"
    said = str(error).splitlines()[0][:200] if str(error) else ""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    line = f", at line {frames[0].lineno}: {frames[0].line}" if frames and frames[0].line else ""
    return f"{task.name} raised {kind}" + (f" ({said})" if said else "") + line


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def secret() -> str:
    """What hidden data hang on: COURSE_SECRET, else exercises/secret.txt, else a default for self-study."""
    if os.environ.get("COURSE_SECRET"):
        return os.environ["COURSE_SECRET"]
    try:
        return (record.course_root() / "exercises" / "secret.txt").read_text(
            encoding="utf-8"
        ).strip() or "self-study"
    except OSError:
        return "self-study"
