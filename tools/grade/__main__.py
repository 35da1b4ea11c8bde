"""Grade a folder of submissions: grades.csv, feedback pages and a gradebook.

SUBMISSIONS holds a folder for each student, with <assignment>/<assignment>.ipynb or <assignment>.ipynb in it. It is
only read. A second run grades only what is new or changed (everything, if the exercise, the secret, course_lib or the
time limit did), and takes over points that a person gave meanwhile.
"""

import argparse
import os
import sys
from pathlib import Path

from tools.grade import confine
from tools.grade.course import CourseError
from tools.grade.fingerprint import hidden_data
from tools.grade.grading import cores, grade
from tools.grade.report import summary
from tools.grade.sandbox import GraderError
from tools.grade.source import EXERCISES


def main(arguments=None):
    """The command line; exit code 0 when grading worked, whatever the marks."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.grade",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("submissions", type=Path, metavar="SUBMISSIONS")
    parser.add_argument(
        "--out", type=Path, default=EXERCISES / "graded", help="results (default: exercises/graded)"
    )
    parser.add_argument("--assignment", help="only this one, such as 01_lab_color_space or 01")
    parser.add_argument(
        "--timeout", type=_positive(float), default=20.0, help="seconds a cell or test (default: 20)"
    )
    parser.add_argument(
        "--jobs",
        type=_positive(int),
        default=cores(),
        help=f"submissions at a time (default: {cores()}, the cores)",
    )
    parser.add_argument(
        "--variants",
        action="store_true",
        help="each student has data of their own, given out by tools.variants",
    )
    options = parser.parse_args(arguments)
    try:
        return _command(options)
    except (ValueError, OSError, CourseError, GraderError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped: what is graded is kept, run the command again for the rest", file=sys.stderr)
        return 130


def _command(options):
    if os.name != "posix":
        raise GraderError(
            "student code is kept apart by means that this system lacks: grade on Linux, or in WSL"
        )
    if not options.submissions.is_dir():
        raise ValueError(f"{options.submissions} is not a folder")
    if options.out.resolve().is_relative_to(options.submissions.resolve()):
        raise ValueError("--out lies inside the submissions, which are only read: choose another folder")
    walls, kept_apart = confine.describe()
    print("A submission's code runs in: " + "; ".join(walls) + ".")
    if not kept_apart:
        print("WARNING: student code is not kept from your files on this machine. Grade in a container.")
    print(hidden_data())
    if os.getloadavg()[0] > 1.5 * cores():
        print(
            "WARNING: this machine is busy, so a time limit may stop an answer that is right: see --timeout."
        )
    rows = grade(
        options.submissions,
        options.out,
        assignment=options.assignment,
        timeout=options.timeout,
        jobs=options.jobs,
        variants=options.variants,
    )
    print(summary(rows))
    waiting = sum(row.status == "needs a person" for row in rows)
    if waiting:
        print(f"\n{waiting} answers need a person: see exercises/README.md, then run this command again.")
    print(f"\nIn {options.out}: tables grades.csv, totals.csv and class_report.csv, pages in feedback")
    return 0


def _positive(kind):
    def read(text):
        value = kind(text)
        if not 0 < value < 10**6:
            raise ValueError
        return value

    read.__name__ = f"positive {kind.__name__}"
    return read


if __name__ == "__main__":
    raise SystemExit(main())
