"""Text → notebook: make, execute and store the lessons' and exercises' notebooks from `sources/`.

`python -m tools.sync 01 02` makes and executes lessons 01 and 02, without numbers all that have a text.
`--exercises` makes the exercises' notebooks instead (with solutions, without outputs).
`--check` changes nothing and fails when a stored notebook isn't what its text gives.
"""

import argparse
import sys
import time
from pathlib import Path

from tools import notebooks
from tools.syllabus import ROOT, Lesson, SyllabusError, load


def pairs(lessons: list[Lesson], *, exercises: bool) -> list[tuple[Path, Path]]:
    """The (text, notebook) files of these lessons, or of their exercises, for which a text exists."""
    both = [
        (lesson.exercise_source(), lesson.exercise()) if exercises else (lesson.source(), lesson.notebook())
        for lesson in lessons
    ]
    return [(text, notebook) for text, notebook in both if text.is_file()]


def make(text: Path, notebook: Path, *, run: bool) -> float:
    """Make one notebook from its text, executed when `run`; returns the seconds it took.

    Raises
    ------
    tools.notebooks.ExecutionError
        When a cell fails. The notebook that was there before stays as it was.
    """
    began = time.perf_counter()
    made = notebooks.from_text(text.read_text(encoding="utf-8"))
    notebooks.write(notebooks.execute(made) if run else made, notebook)
    return time.perf_counter() - began


def drift(text: Path, notebook: Path) -> list[str]:
    """Where the stored notebook isn't what its text gives (see `notebooks.differences`)."""
    if not notebook.is_file():
        return ["there is no notebook"]
    return notebooks.differences(
        notebooks.from_text(text.read_text(encoding="utf-8")), notebooks.read(notebook)
    )


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code: 0 when all went well."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.sync", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("numbers", nargs="*", metavar="NUMBER", help="lessons, such as 01; without: all")
    parser.add_argument("--exercises", action="store_true", help="the exercises instead of the lessons")
    parser.add_argument("--check", action="store_true", help="compare only")
    options = parser.parse_args(arguments)
    try:
        syllabus = load()
        lessons = syllabus.select(options.numbers) if options.numbers else list(syllabus.lessons)
    except SyllabusError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    found = pairs(lessons, exercises=options.exercises)
    if not found and not options.exercises:  # a lesson always has a text, an exercise need not
        print("error: none of these has a text in sources/", file=sys.stderr)
        return 1
    return max((_one(text, notebook, options) for text, notebook in found), default=0)


def _one(text: Path, notebook: Path, options: argparse.Namespace) -> int:
    name = notebook.relative_to(ROOT).as_posix()
    if options.check:
        problems = drift(text, notebook)
        print(f"{name}: {'; '.join(problems) if problems else 'agrees with its text'}")
        return 1 if problems else 0
    try:
        seconds = make(text, notebook, run=not options.exercises)
    except notebooks.ExecutionError as error:
        print(f"{name}: not written\n{error}", file=sys.stderr)
        return 1
    print(f"{name}: made in {seconds:.1f} s, {notebook.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
