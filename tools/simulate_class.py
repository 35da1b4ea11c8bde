"""A class that nobody taught: submissions with planted mistakes, crashes and attacks, and the grades they should get.

COUNT students hand in one notebook each, of the exercises in turn. FOLDER gets submissions/ and expected.csv. With --grade
they are graded into FOLDER/graded and compared with what was expected; the exit code is 1 where a grade is wrong.
"""

import argparse
import csv
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np

from course_lib.teach.tasks import lesson_tasks
from tools.exercises import EXERCISES, release_path
from tools.grade.collect import safe_id
from tools.grade.grading import cores, grade
from tools.grade.source import Source, sources
from tools.grade.variants import number
from tools.simulated_students import KINDS, Handed

HEAD = ("student", "kind", "assignment", "task", "points", "mistake")
# Of those who try nothing odd, how many of each kind. Endless loops cost the grader their time limit: there is one.
OFTEN = {"solved": 10, "misconception": 18, "two_misconceptions": 10, "misconceptions": 8, "untouched": 4}
ONCE = ("endless_loop",)


def kinds(count: int, rng: np.random.Generator) -> list[str]:
    """The kinds of `count` students: each once, as far as they go; in a class of 100 half of them do what is common."""
    often = [kind for kind, share in OFTEN.items() for _ in range(share)]
    odd = [kind for kind in KINDS if kind not in OFTEN and kind not in ONCE]
    common = [str(kind) for kind in rng.permutation(often * (count // len(often) + 1))]
    return (list(KINDS) + common[: count // 2] + (odd + common) * (count // len(KINDS)))[:count]


def simulate(students: list[str], folder: Path, seed: int = 0, assignments: list[str] | None = None) -> None:
    """Write ``folder/submissions`` and ``folder/expected.csv`` for students of these kinds."""
    known = sources()
    names = assignments or list(known)
    releases = {name: Source(release_path(name, EXERCISES)) for name in names}
    values = [name for name in names if any(task.kind == "value" for task in lesson_tasks(name[:2]))]
    table = []
    for place, kind in enumerate(students):
        fitting = values if kind == "copied_value" and values else names
        student, name = f"student {place:03}", fitting[place % len(fitting)]
        variants = [number(safe_id(f"student {who:03}"), name) for who in (place, place - 1)]
        handed = Handed(releases[name], known[name], *variants, np.random.default_rng([seed, place]))
        KINDS[kind](handed)
        path = folder / "submissions" / student / handed.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(handed.written())
        for task, (points, mistake) in handed.expected.items():
            told = "" if points is None else f"{points:g}"
            table.append(dict(zip(HEAD, (student, kind, name, task, told, mistake), strict=True)))
    with (folder / "expected.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEAD)
        writer.writeheader()
        writer.writerows(table)


def compare(folder: Path) -> tuple[list[str], str]:
    """(what differs, a line that counts) between ``folder/expected.csv`` and ``folder/graded/grades.csv``."""
    with (folder / "expected.csv").open(newline="", encoding="utf-8") as file:
        expected = list(csv.DictReader(file))
    with (folder / "graded" / "grades.csv").open(newline="", encoding="utf-8") as file:
        got = {(row["student"], row["assignment"], row["task"]): row for row in csv.DictReader(file)}
    wrong, misnamed, named, students = [], [], 0, set()
    for row in expected:
        found = got.get((row["student"], row["assignment"], row["task"]), {})
        who = f"{row['student']} ({row['kind']}) {row['assignment']} {row['task']}"
        if found.get("points") != row["points"]:
            wrong.append(
                f"{who}: expected {row['points'] or 'a person'}, got {found.get('points', 'nothing')!r}"
            )
            students.add(row["student"])
        elif row["mistake"]:
            named += 1
            if found["mistake"] != row["mistake"]:
                misnamed.append(
                    f"{who}: expected {row['mistake']!r}, got {found['mistake']!r} (no points, as it should)"
                )
    everybody = len({row["student"] for row in expected})
    counted = (
        f"{everybody - len(students)} of {everybody} submissions have the right points, {len(expected) - len(wrong)} of "
        f"{len(expected)} tasks; {named - len(misnamed)} of {named} foretold mistakes are named"
    )
    return wrong + misnamed, counted


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.simulate_class",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("count", type=int, metavar="COUNT")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--grade", action="store_true", help="grade, and compare")
    parser.add_argument(
        "--jobs", type=int, default=cores(), help=f"submissions at a time (default: {cores()})"
    )
    parser.add_argument("--timeout", type=float, default=20.0, help="seconds a cell or test (default: 20)")
    options = parser.parse_args(arguments)
    if (options.out / "submissions").exists():
        parser.error(f"{options.out} has submissions already: choose another folder")
    os.environ.setdefault("COURSE_SECRET", "of a simulated class")
    simulate(kinds(options.count, np.random.default_rng(options.seed)), options.out, options.seed)
    print(f"{options.count} submissions in {options.out / 'submissions'}, and {options.out / 'expected.csv'}")
    if not options.grade:
        return 0
    began = time.monotonic()
    where = options.out / "submissions", options.out / "graded"
    grade(*where, jobs=options.jobs, timeout=options.timeout, variants=True)
    seconds, used = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    differing, counted = compare(options.out)
    print("\n".join(differing))
    print(counted)
    print(
        f"{seconds:.0f} s with {options.jobs} at a time, {used.ru_utime + used.ru_stime:.0f} s of the processors"
    )
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main())
