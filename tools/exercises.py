"""The exercises as students get them: `python -m tools.exercises`.

Text in sources/exercises becomes exercises/source (with solutions, by tools.sync), and that, without solutions and
hidden tests, exercises/release (by nbgrader). The same text always gives the same files.
`--check` changes nothing and fails when exercises/release isn't what exercises/source gives.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tools import sync
from tools.syllabus import ROOT, SyllabusError, load

EXERCISES = ROOT / "exercises"


def released(names: list[str], exercises: Path = EXERCISES) -> dict[str, bytes]:
    """The release notebooks that these assignments' sources give now.

    Raises
    ------
    tools.grade.course.CourseError
        nbgrader can't make one; the message says why.
    """
    from tools.grade.course import Course  # nbgrader takes seconds to import

    with tempfile.TemporaryDirectory() as folder:
        course = Course(folder, exercises)
        return {name: course.release(name).read_bytes() for name in names}


def names(numbers: list[str]) -> list[str]:
    """Assignments of these lessons ("01", …), of all without; those that have a source."""
    syllabus = load()
    lessons = syllabus.select(numbers) if numbers else syllabus.lessons
    return [lesson.name for lesson in lessons if lesson.exercise().is_file()]


def release_path(name: str, exercises: Path = EXERCISES) -> Path:
    """Where an assignment's release lies."""
    return exercises / "release" / name / f"{name}.ipynb"


def stale(names: list[str], exercises: Path = EXERCISES) -> list[str]:
    """Those whose stored release isn't what the source gives."""
    made = released(names, exercises)
    paths = {name: release_path(name, exercises) for name in names}
    return [name for name, path in paths.items() if not path.is_file() or path.read_bytes() != made[name]]


def write(names: list[str], exercises: Path = EXERCISES) -> None:
    """Make releases, all or none: what was there stays when one can't be made."""
    for name, content in released(names, exercises).items():
        path = release_path(name, exercises)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".ipynb.part")
        partial.write_bytes(content)
        partial.replace(path)
        print(f"exercises/release/{name}: made")


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.exercises",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("numbers", nargs="*", metavar="NUMBER", help="lessons, such as 01; without: all")
    parser.add_argument("--check", action="store_true", help="compare only")
    options = parser.parse_args(arguments)
    failed = sync.main(["--exercises", *(["--check"] if options.check else []), *options.numbers])
    if failed:
        return failed
    from tools.grade.course import CourseError

    try:
        wanted = names(options.numbers)
        if not wanted:
            print(
                f"lesson {', '.join(options.numbers)} has no exercise"
                if options.numbers
                else "there is no exercise"
            )
        if not options.check:
            write(wanted)
            return 0
        old = stale(wanted)
        for name in wanted:
            state = (
                "isn't what its source gives: make exercises" if name in old else "is what its source gives"
            )
            print(f"exercises/release/{name}: {state}")
        return int(bool(old))
    except (CourseError, SyllabusError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
