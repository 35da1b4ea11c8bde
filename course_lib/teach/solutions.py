"""`solution` shows how the course solves a task, once the student has tried it."""

from __future__ import annotations

import json
import re

from course_lib.teach import record
from course_lib.teach.pictures import publish
from course_lib.teach.tasks import find_task

_BLOCK = re.compile(r"^[ \t]*### BEGIN SOLUTION[ \t]*\n(.*?)^[ \t]*### END SOLUTION[ \t]*$", re.M | re.S)


def solution(key):
    """Show the solution's code of a task that `check` has been tried on.

    Parameters
    ----------
    key : str
        "01.normalize".

    Raises
    ------
    ValueError
        There is no such task.
    """
    find_task(key)
    if not record.tried(key):
        print(f"Try check({key!r}, …) first, however rough your answer; the solution opens after that.")
        return
    code = _answer_cell(key)
    if code is None:
        print(f"The solution of {key} isn't in this copy of the course (folder exercises/source).")
        return
    publish({"text/plain": code, "text/markdown": f"```python\n{code}\n```"})


def _answer_cell(key) -> str | None:
    """Source of the task's answer cell with the solution in place of its markers; None where there is none."""
    lesson, task = key.split(".", 1)
    for path in sorted((record.course_root() / "exercises" / "source").glob(f"{lesson}_*/{lesson}_*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == f"answer_{task}":
                source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
                return _BLOCK.sub(lambda match: match.group(1).rstrip("\n"), source).strip("\n")
    return None
