"""What a grading gives: a row for every student's every task, as tables (CSV) and as lines on the screen."""

import contextlib
import csv
from dataclasses import astuple, dataclass, fields

from tools.grade.collect import shown
from tools.grade.source import task_name

TOTALS = ("points", "max", "open")  # open: points that a person must give


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
    rows = [_row(who, source, grade_id, most, grades[grade_id]) for grade_id, most in source.graded.items()]
    return rows + [Row(*who, "", None, None, "note", hint=note) for note in handed.notes]


def _row(who, source, grade_id, most, grade):
    """A row of a graded submission. What a person gave goes before what the tests say."""
    points, said = grade.points, grade.said or {}
    status, mistake, hint = said.get("status", ""), said.get("mistake", ""), said.get("hint", "")
    if grade.said is None:
        status = "test deleted" if grade_id in source.tests else "not answered"
        hint = "its cell was deleted: no points, unless a person gives them"
    if grade.given is not None:
        tests = f"; the tests say: {': '.join(part for part in (status, hint) if part)}" if status else ""
        if points is None:
            status, hint = "needs a person", f"had {grade.given:g}, for an earlier answer{tests}"
        else:
            status, hint = "graded by a person", tests.removeprefix("; ")
    elif grade.said is None:
        points = 0.0
    elif grade_id not in source.tests:
        status = "needs a person" if points is None else "not answered"
    return Row(*who, task_name(grade_id), points, most, status, mistake, hint)


def write_tables(rows, folder, assignments):
    """Write grades.csv, with what it has on others than these assignments, and totals.csv."""
    head = [field.name for field in fields(Row)]
    kept = [
        row for row in read_table(folder / "grades.csv", head) if row["assignment"] not in ("", *assignments)
    ]
    table = kept + [dict(zip(head, map(cell_of, astuple(row)), strict=True)) for row in rows]
    write_table(table, head, folder / "grades.csv")
    totals = {}
    for row in table:
        if row["task"]:
            about = {
                "student": row["student"],
                "assignment": row["assignment"],
                "points": 0,
                "max": 0,
                "open": 0,
            }
            total = totals.setdefault((row["student"], row["assignment"]), about)
            most = float(row["max"])
            total["max"] += most
            total["points" if row["points"] else "open"] += float(row["points"] or most)
    made = [
        {key: cell_of(value) if key in TOTALS else value for key, value in t.items()} for t in totals.values()
    ]
    write_table(made, ["student", "assignment", *TOTALS], folder / "totals.csv")


def read_table(path, head):
    """A table's rows as they stand there; none where there is no such table."""
    with (
        contextlib.suppress(OSError, UnicodeError, csv.Error),
        path.open(newline="", encoding="utf-8") as file,
    ):
        table = csv.DictReader(file)
        return list(table) if table.fieldnames == head else []
    return []


def write_table(table, head, path):
    """Write a table, whole or not at all."""
    partial = path.with_suffix(".csv.part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, head)
        writer.writeheader()
        writer.writerows(table)
    partial.replace(path)


def cell_of(value):
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
