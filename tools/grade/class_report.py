"""How a class did: class_report.csv, a row a task, made anew by every grading; and a notebook with pictures of it.

FOLDER is a grading's folder. The notebook and a page of it come there: class_report.ipynb and class_report.html.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from course_lib.teach.tasks import lesson_tasks
from tools.grade.report import Row, cell_of, read_table, write_table
from tools.grade.run import OTHER_DATA, OTHER_DATA_HINT
from tools.grade.source import EXERCISES
from tools.grade.tries import Tries

TEXT = EXERCISES / "class_report.py"
ROW = tuple(Row.__dataclass_fields__)
HEAD = (
    *("assignment", "task", "max", "handed_in", "untouched", "tries", "right", "partly", "wrong", "waiting"),
    *("share", "mistake", "times", "hint", "unrecognized"),
)
STUBS = ("not implemented", "not answered")


def write_report(folder):
    """Write class_report.csv from what a grading's folder (a path) has in grades.csv and tries.json."""
    tasks, tries = {}, Tries(folder)
    for row in read_table(folder / "grades.csv", list(ROW)):
        if row["task"]:
            tasks.setdefault((row["assignment"], row["task"]), []).append(row)
    table = [about_task(*key, rows) | {"tries": tries.count(*key)} for key, rows in tasks.items()]
    table = [{name: cell_of(row[name]) for name in HEAD} for row in table]
    write_table(table, HEAD, folder / "class_report.csv")


def about_task(assignment, task, rows):
    """The class's row for one task, without its tries, from the students' `rows` as grades.csv has them.

    `share` is the mean share of the points, of those that have points. `mistake` is the one of the task's known
    mistakes that most made, with its hint; `unrecognized` counts the wrong answers that are none of them.
    """
    handed = [row for row in rows if row["status"] not in ("not handed in", "not graded")]
    untouched = [row for row in handed if row["status"] in STUBS or row["mistake"] in STUBS]
    most = float(rows[0]["max"])
    shares = [float(row["points"]) / most if most else 0.0 for row in handed if row["points"]]
    wrong = [row for row in handed if row["points"] == "0" and row not in untouched]
    known = _known_mistakes(assignment, task)
    made = Counter(row["mistake"] for row in handed if row["mistake"] in known)
    mistake, times = made.most_common(1)[0] if made else ("", None)
    return {
        "assignment": assignment,
        "task": task,
        "max": most,
        "handed_in": len(handed),
        "untouched": len(untouched),
        "right": shares.count(1.0),
        "partly": sum(0 < share < 1 for share in shares),
        "wrong": len(wrong),
        "waiting": sum(not row["points"] for row in handed),
        "share": sum(shares) / len(shares) if shares else None,
        "mistake": mistake,
        "times": times,
        "hint": known.get(mistake, ""),
        "unrecognized": sum(row["mistake"] not in known for row in wrong),
    }


def _known_mistakes(assignment, task):
    """{name: hint} of the mistakes that `check` and the grader recognize in this task."""
    lesson = assignment.partition("_")[0]
    tasks = [found for found in lesson_tasks(lesson) if found.key == f"{lesson}.{task}"]
    mistakes = {mistake.name: mistake.hint for found in tasks for mistake in found.mistakes}
    return mistakes | {OTHER_DATA: OTHER_DATA_HINT}


def notebook(folder):
    """Execute the report's notebook in a grading's `folder`; the paths of the notebook and of its page."""
    import nbconvert  # these take seconds, which gradings without a notebook needn't wait
    import papermill

    from tools import notebooks
    from tools.kernel import KernelManager

    made, page = folder / "class_report.ipynb", folder / "class_report.html"
    notebooks.write(notebooks.from_text(TEXT.read_text(encoding="utf-8")), made)
    papermill.execute_notebook(
        made,
        made,
        {"FOLDER": str(folder.resolve())},
        cwd=EXERCISES.parent,  # where its imports are
        progress_bar=False,
        kernel_manager_class=KernelManager,
    )
    text, _ = nbconvert.HTMLExporter(exclude_input=True).from_filename(str(made))
    page.write_text(text, encoding="utf-8")
    return made, page


def main(arguments=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.grade.class_report",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=EXERCISES / "graded",
        metavar="FOLDER",
        help="default: exercises/graded",
    )
    folder = parser.parse_args(arguments).folder
    if not (folder / "class_report.csv").is_file():
        print(f"error: there is no class_report.csv in {folder}: grade first", file=sys.stderr)
        return 1
    made, page = notebook(folder)
    print(f"Class report {folder / 'class_report.csv'}, with pictures {made} and {page}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
