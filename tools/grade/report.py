"""What a grading gives: a row for every student's every task, as a table (CSV) and as lines on the screen."""

import csv
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from tools.grade.collect import shown
from tools.grade.source import task_name


@dataclass(frozen=True)
class Row:
    """One task of one student; without a task, something that was noted about what was handed in."""

    student: str
    assignment: str
    task: str
    points: float | None  # None: a person must give them
    max: float | None
    status: str
    mistake: str = ""
    hint: str = ""


def rows_of(handed, source, grades, problem=""):
    """Rows of one submission, from what the gradebook and the tests say (`Course.grades`)."""
    who = (shown(handed.student), handed.assignment)
    points, (status, _, hint) = 0.0, handed.problem.partition(": ")
    if problem:
        points, status, hint = None, "not graded", "grading itself failed: see the command's message"
    if problem or handed.content is None:
        return [Row(*who, task_name(i), points, most, status, hint=hint) for i, most in source.graded.items()]
    rows = [_row(who, source, grade_id, most, *grades[grade_id]) for grade_id, most in source.graded.items()]
    return rows + [Row(*who, "", None, None, "note", hint=note) for note in handed.notes]


def _row(who, source, grade_id, most, points, said):
    about = (*who, task_name(grade_id), points, most)
    if grade_id not in source.tests:
        status = "needs a person" if points is None else "graded by a person" if points else "not answered"
        return Row(*about, status)
    if said is None:
        hint = "its test cell was deleted: no points, unless a person gives them"
        return Row(*who, task_name(grade_id), points or 0.0, most, "test deleted", hint=hint)
    return Row(*about, said["status"], said["mistake"], said["hint"])


def write_csv(rows, path):
    """Write the table, whole or not at all."""
    path = Path(path)
    partial = path.with_suffix(".csv.part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(field.name for field in fields(Row))
        table.writerows([_cell(value) for value in astuple(row)] for row in rows)
    partial.replace(path)


def _cell(value):
    """A value as a spreadsheet should have it: text never as a formula, numbers short."""
    if isinstance(value, str):
        return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
    return "" if value is None else f"{value:g}"


def summary(rows):
    """A line for each student and assignment, and below it what went wrong there."""
    lines = []
    for who in dict.fromkeys((row.student, row.assignment) for row in rows):
        theirs = [row for row in rows if (row.student, row.assignment) == who]
        tasks = [row for row in theirs if row.task]
        points, most = sum(row.points or 0 for row in tasks), sum(row.max for row in tasks)
        lines.append(f"{who[0]:<20} {who[1]:<28} {f'{points:g} of {most:g}' if tasks else '':>12}")
        if tasks and len({row.status for row in tasks}) == 1 and tasks[0].status.startswith("not "):
            lines.append(f"    {tasks[0].status}{': ' + tasks[0].hint if tasks[0].hint else ''}")
            tasks = []
        lines += [
            _trouble(row) for row in [*tasks, *(r for r in theirs if not r.task)] if row.status != "passed"
        ]
    return "\n".join(lines)


def _trouble(row):
    hint = row.hint.splitlines()[0][:140] if row.hint else ""
    return "    " + ": ".join(part for part in (row.task, row.status, hint) if part)
