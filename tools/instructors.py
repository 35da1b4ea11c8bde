"""The tables of INSTRUCTORS.md, made from course.toml and the exercises: `python -m tools.instructors`.

Two plans with their minutes, and the points of all assignments, each between its markers. `--check` only compares.
"""

import argparse
import sys
from pathlib import Path

from tools.grade.judge import reads
from tools.grade.source import Source, task_name
from tools.syllabus import ROOT, Lesson, Syllabus, SyllabusError, load

PAGE = ROOT / "INSTRUCTORS.md"
WEEKS = (
    "00 01",
    "02 03",
    "04 05",
    "06 07",
    "08 09",
    "10 11",
    "12 13",
    "14 15",
    "16 17",
    "18 19",
    "20 21",
    "22 23",
)
DAYS = ("00 01 02 03 04 05", "06 07 13 14 15", "16 17 19 20 22")


def plan(syllabus: Syllabus, units: tuple[str, ...], name: str) -> str:
    """A table with a row for each week or day: its lessons and what they take, in minutes."""
    rows = [f"| {name} | Lessons | In class | Exercises | Together |", "| --- | --- | --- | --- | --- |"]
    for place, unit in enumerate(units, 1):
        lessons = syllabus.select(unit.split())
        titles = " · ".join(f"{lesson.number} {lesson.title.split(':')[0]}" for lesson in lessons)
        home = sum(lesson.minutes.get("exercises", 0) for lesson in lessons)
        together = sum(sum(lesson.minutes.values()) for lesson in lessons)
        rows.append(f"| {place} | {titles} | {together - home} | {home} | {together} |")
    return "\n".join(rows)


def points(lessons: list[Lesson]) -> str:
    """A table with a row for each assignment: its tasks and their points, and what varies between students."""
    rows = [
        "| Assignment | By tests | By a person | Points | Data of a student's own |",
        "| --- | --- | --- | --- | --- |",
    ]
    totals = [0.0, 0.0]
    for lesson in lessons:
        if lesson.exercise().is_file():
            source = Source(lesson.exercise())
            tested = {task_name(i): source.graded[i] for i in source.tests}
            prose = {task_name(i): most for i, most in source.graded.items() if i not in source.tests}
            totals = [totals[0] + sum(tested.values()), totals[1] + sum(prose.values())]
            rows.append(
                f"| {lesson.name} | {_listed(tested)} | {_listed(prose)} | "
                f"{sum(tested.values()) + sum(prose.values()):g} | {_varies(source)} |"
            )
    together = f"| **together** | {totals[0]:g} | {totals[1]:g} | {sum(totals):g} | |"
    return "\n".join([*rows, together])


def _listed(tasks: dict[str, float]) -> str:
    return ", ".join(f"{task} {most:g}" for task, most in tasks.items()) or "–"


def _varies(source: Source) -> str:
    """Which tasks' answers hang on VARIANT."""
    if source.variant_cell is None:
        return ""
    values = [task_name(i) for i in source.tests if "VARIANT" in reads(source.cells[i].source)]
    prose = [task_name(i) for i in source.graded if i not in source.tests]
    return ", ".join(values + prose)


def page(text: str, syllabus: Syllabus) -> str:
    """INSTRUCTORS.md's text with its tables made anew.

    Raises
    ------
    SyllabusError
        A table's markers aren't there exactly once.
    """
    tables = {
        "weeks": plan(syllabus, WEEKS, "Week"),
        "days": plan(syllabus, DAYS, "Day"),
        "points": points(list(syllabus.lessons)),
    }
    for name, table in tables.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise SyllabusError(f"INSTRUCTORS.md needs the markers {begin} and {end} once each")
        text = text[: text.index(begin) + len(begin)] + f"\n{table}\n" + text[text.index(end) :]
    return text


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.instructors", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only")
    options = parser.parse_args(arguments)
    try:
        return _write(PAGE, options.check)
    except SyllabusError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _write(path: Path, check: bool) -> int:
    text = path.read_text(encoding="utf-8")
    made = page(text, load())
    if check:
        print(f"{path.name}: {'agrees' if made == text else 'has old tables: python -m tools.instructors'}")
        return int(made != text)
    partial = path.with_suffix(".md.part")
    partial.write_text(made, encoding="utf-8", newline="\n")
    partial.replace(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
