"""`solution` shows how the course solves a task, once the student has tried it, or an answer in prose with its rubric."""

from __future__ import annotations

import json
import re

from course_lib.teach import record
from course_lib.teach.checks import task_of
from course_lib.teach.pictures import publish

_BLOCK = re.compile(r"^[ \t]*### BEGIN SOLUTION[ \t]*\n(.*?)^[ \t]*### END SOLUTION[ \t]*$", re.M | re.S)


def solution(key):
    """Show the solution's code of a task that `check` has been tried on.

    Parameters
    ----------
    key : str
        "01.normalize"; or a task in prose, "01.explain_bytes", whose answer opens at once: no check can tell a try.

    Raises
    ------
    ValueError
        There is no such task.
    """
    prose = _cell(key, "explain_") if isinstance(key, str) and ".explain_" in key else None
    if prose is not None:
        publish({"text/plain": prose, "text/markdown": prose})
        return
    task_of(key)
    if not record.tried(key):
        print(
            f"Write an answer and try check({key!r}, …) first. However rough, it opens the solution; a stub doesn't."
        )
        return
    code = _cell(key, "answer_")
    if code is None:
        print(f"The solution of {key} isn't in this copy of the course (folder exercises/source).")
        return
    publish({"text/plain": code, "text/markdown": f"```python\n{code}\n```"})


def _cell(key, kind) -> str | None:
    """Source of the cell "answer_…" or "explain_…" with the solution in place of its markers; None where there is none."""
    lesson, task = key.split(".", 1)
    wanted = kind + task.removeprefix(kind)
    for path in sorted((record.course_root() / "exercises" / "source").glob(f"{lesson}_*/{lesson}_*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == wanted:
                source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
                return _BLOCK.sub(lambda match: match.group(1).rstrip("\n"), source).strip("\n")
    return None
