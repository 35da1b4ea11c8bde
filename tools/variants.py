"""A class's notebooks, each with data of its own: `python -m tools.variants ROSTER.csv --out FOLDER`.

ROSTER.csv has a column `student`: the names of the folders in which submissions will lie. FOLDER gets
<student>/<assignment>/<assignment>.ipynb for each of them: the release, in which the locked cell tagged `parameters` says
VARIANT = 48213 or so. Grade with --variants: the grader works the numbers out by itself, from the secret and the names.
"""

import argparse
import copy
import csv
import sys
from pathlib import Path

from nbformat import NotebookNode

from tools import notebooks
from tools.exercises import EXERCISES, release_path
from tools.grade import variants
from tools.grade.collect import safe_id
from tools.grade.source import Source


def roster(path: Path) -> list[str]:
    """The students in a CSV file's column `student`, in its order.

    Raises
    ------
    ValueError
        No such column, nobody in it, a name twice, or one that can't be a folder's.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        table = csv.DictReader(file)
        if "student" not in (table.fieldnames or []):
            raise ValueError(
                f"{path.name} has no column student; it has {', '.join(table.fieldnames or []) or 'none'}"
            )
        students = [(row["student"] or "").strip() for row in table]
    students = [student for student in students if student]
    if not students:
        raise ValueError(f"{path.name} names no student")
    if twice := sorted({student for student in students if students.count(student) > 1}):
        raise ValueError(f"{path.name} names {', '.join(twice)} more than once")
    if odd := [
        student for student in students if "/" in student or "\\" in student or student.startswith(".")
    ]:
        raise ValueError(f"{path.name}: {odd[0]!r} can't be a folder's name")
    return students


def given(release: Source, variant: int) -> NotebookNode:
    """The notebook that a student gets."""
    notebook, theirs = copy.deepcopy(release.notebook), release.of(variant)
    for cell in notebook.cells:
        if release.variant_cell and cell.metadata.get("nbgrader", {}).get("grade_id") == release.variant_cell:
            cell.source = theirs.cells[release.variant_cell].source
    return notebook


def write(students: list[str], assignments: list[str], out: Path, exercises: Path = EXERCISES) -> int:
    """Write every student's notebooks; how many of the assignments have data that vary."""
    variants.require_secret()
    varied = 0
    for name in assignments:
        release = Source(release_path(name, exercises))
        varied += release.variant_cell is not None
        for student in students:
            made = given(release, variants.number(safe_id(student), name))
            notebooks.write(made, out / student / name / f"{name}.ipynb")
    return varied


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.variants",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("roster", type=Path, metavar="ROSTER.csv")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--assignment", help="only this one, such as 02_regression_turns_gray or 02")
    options = parser.parse_args(arguments)
    known = sorted(path.stem for path in (EXERCISES / "release").glob("*/*.ipynb"))
    wanted = [name for name in known if options.assignment in (None, name, name.partition("_")[0])]
    try:
        if not wanted:
            raise ValueError(f"no assignment {options.assignment!r}; there is {', '.join(known) or 'none'}")
        students = roster(options.roster)
        varied = write(students, wanted, options.out)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(
        f"{len(students)} students, {len(wanted)} assignments each, {varied} of them with data that vary: {options.out}"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
