"""The exercises' answers, data and known mistakes, one module a lesson, loaded when a key asks for it."""

from __future__ import annotations

import importlib
import pkgutil

from course_lib.teach.tasks.task import Mistake, Task

__all__ = ["Mistake", "Task", "all_tasks", "find_task", "lesson_tasks"]


def lesson_tasks(lesson: str) -> tuple[Task, ...]:
    """Tasks of one lesson, in their order; ``()`` where a lesson has none.

    >>> lesson_tasks("00")
    ()
    """
    if f"lesson{lesson}" not in _modules():
        return ()
    return tuple(importlib.import_module(f"{__name__}.lesson{lesson}").TASKS)


def all_tasks() -> tuple[Task, ...]:
    """Every task of every lesson, in the course's order."""
    return tuple(task for module in _modules() for task in lesson_tasks(module.removeprefix("lesson")))


def find_task(key: str) -> Task:
    """Task of a key like ``"01.normalize"``; a ValueError that lists the lesson's keys where there is none."""
    if not isinstance(key, str) or "." not in key:
        raise ValueError(f"key must look like '01.normalize', got {key!r}")
    tasks = lesson_tasks(key.split(".", 1)[0])
    for task in tasks:
        if task.key == key:
            return task
    known = ", ".join(task.key for task in tasks) or "no task of that lesson"
    raise ValueError(f"no task {key!r}; there is {known}")


def _modules() -> list[str]:
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name.startswith("lesson"))
