"""Run the course: every ready lesson in order by papermill, each in a fresh kernel, then a table of what came out.

    python -m tools.run_course                        all lessons
    python -m tools.run_course 01 03                  these
    python -m tools.run_course 03 -p SEED 7           with another parameter
    python -m tools.run_course --second-run           with the second set of parameters from course.toml
    python -m tools.run_course --jobs 2               two lessons at a time, each on its share of the cores

The executed copies lie in build/course (build/second_run); the notebooks themselves stay as they are. A lesson that
fails, or takes more than 3 GB, is reported, the rest go on, and the exit code is 1. More than 60 s is a warning.
"""

import argparse
import ast
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread

import psutil
from papermill import PapermillExecutionError, execute_notebook

from tools import notebooks
from tools.kernel import KernelManager
from tools.syllabus import ROOT, Lesson, Syllabus, SyllabusError, load

LIMIT_SECONDS = 60
LIMIT_BYTES = 3 * 10**9
HEADLINE = "application/vnd.course.headline+json"


@dataclass
class Result:
    """What one lesson's run came to; `error` is None when it went well."""

    lesson: Lesson
    seconds: float
    peak_bytes: int
    headline: str
    error: str | None

    @property
    def slow(self) -> bool:
        """Over the limit that the course promises on two cores."""
        return self.seconds > LIMIT_SECONDS


class PeakMemory:
    """Inside `with`: the largest resident memory of this process's children and theirs, looked at 5 times a second."""

    def __enter__(self) -> "PeakMemory":
        self.bytes = 0
        self._stop = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.2):
            self.bytes = max(self.bytes, sum(map(_resident, psutil.Process().children(recursive=True))))


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:  # it has just ended
        return 0


def checked_parameters(lesson: Lesson, given: dict[str, object]) -> dict[str, object]:
    """`given`, when the lesson's parameters cell has all these names: papermill would only warn.

    Raises
    ------
    SyllabusError
        Naming the lesson, the unknown parameters and those that there are.
    """
    there = notebooks.parameters(notebooks.read(lesson.notebook()))
    if unknown := sorted(given.keys() - there.keys()):
        known = ", ".join(there) or "none"
        raise SyllabusError(f"lesson {lesson.number} has no parameter {', '.join(unknown)}; it has {known}")
    return given


def run_lesson(lesson: Lesson, parameters: dict[str, object], folder: Path) -> Result:
    """Execute one lesson into `folder`, in a fresh kernel whose working folder is empty."""
    copy = folder / f"{lesson.path}.ipynb"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.unlink(missing_ok=True)
    began = time.perf_counter()
    with PeakMemory() as memory:
        error = _execute(lesson, parameters, copy)
    seconds = time.perf_counter() - began
    if error is None and memory.bytes > LIMIT_BYTES:
        error = f"took {memory.bytes / 1e9:.1f} GB of memory, more than {LIMIT_BYTES / 1e9:.0f}"
    return Result(lesson, seconds, memory.bytes, headline(copy), error)


def _execute(lesson: Lesson, parameters: dict[str, object], copy: Path) -> str | None:
    """Run papermill; returns None or what went wrong."""
    # in a log, a bar that moves is a line each time
    bar = {"desc": f"{lesson.number} {lesson.title}", "mininterval": 0.2 if sys.stderr.isatty() else 30}
    try:
        with tempfile.TemporaryDirectory() as scratch:
            execute_notebook(
                lesson.notebook(),
                copy,
                parameters,
                cwd=scratch,
                progress_bar=bar,
                execution_timeout=notebooks.CELL_SECONDS,
                kernel_manager_class=KernelManager,
            )
    except PapermillExecutionError as error:
        return notebooks.failure(error.cell_index + 1, error.source, "\n".join(error.traceback))
    except Exception as error:  # a dead kernel, a full disk: whatever stops one lesson must not stop the rest
        return f"{type(error).__name__}: {error}"
    return None


def headline(copy: Path) -> str:
    """The headline result that an executed lesson stored with `teach.headline`, or nothing."""
    if not copy.is_file():
        return ""
    outputs = [output for cell in notebooks.read(copy).cells for output in cell.get("outputs", [])]
    stored = [output.data[HEADLINE]["headline"] for output in outputs if HEADLINE in output.get("data", {})]
    return stored[-1] if stored else ""


def table(results: list[Result]) -> str:
    """The closing table, a line a lesson."""
    width = max(len(result.lesson.title) for result in results)
    lines = [f"   {'lesson':{width}}  seconds   memory  headline"]
    for result in results:
        lesson = result.lesson
        said = "FAILED, see above" if result.error else result.headline
        memory = f"{result.peak_bytes / 1e6:.0f} MB"
        lines.append(f"{lesson.number} {lesson.title:{width}}  {result.seconds:7.1f}  {memory:>7}  {said}")
    total = sum(result.seconds for result in results)
    return "\n".join([*lines, f"   {'together':{width}}  {total:7.1f}"])


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.run_course",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("numbers", nargs="*", metavar="NUMBER", help="lessons, such as 01; without: all")
    parser.add_argument(
        "-p", nargs=2, metavar=("NAME", "VALUE"), action="append", default=[], help="a parameter"
    )
    parser.add_argument("--second-run", action="store_true", help="the second parameters from course.toml")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="lessons at a time")
    parser.add_argument("--strict", action="store_true", help="more than 60 s is a failure too")
    options = parser.parse_args(arguments)
    if options.jobs < 1:
        parser.error(f"--jobs must be at least 1, got {options.jobs}")
    return options


def _value(text: str) -> object:
    """A Python value where the text is one, else the text: 7, 0.5, True, coffee."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _plan(syllabus: Syllabus, options: argparse.Namespace) -> list[tuple[Lesson, dict[str, object]]]:
    """The lessons to run, each with its parameters, all checked before the first one starts."""
    lessons = syllabus.select(options.numbers) if options.numbers else syllabus.ready
    if planned := [lesson.number for lesson in lessons if not lesson.notebook().is_file()]:
        raise SyllabusError(f"lesson {', '.join(planned)} is planned: there is no notebook yet")
    if not lessons:
        raise SyllabusError("no lesson is ready")
    given = {name: _value(text) for name, text in options.p}
    return [
        (lesson, checked_parameters(lesson, (lesson.second_run if options.second_run else {}) | given))
        for lesson in lessons
    ]


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    options = _arguments(arguments)
    for stream in (sys.stdout, sys.stderr):  # a console that lacks a character shows "?" instead of failing
        stream.reconfigure(errors="replace")
    folder = ROOT / "build" / ("second_run" if options.second_run else "course")
    try:
        plan = _plan(load(), options)
    except (SyllabusError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return report(run_plan(plan, folder, options.jobs), folder, strict=options.strict)


def run_plan(plan: list[tuple[Lesson, dict[str, object]]], folder: Path, jobs: int) -> list[Result]:
    """Execute the planned lessons, `jobs` at a time; the results are in the plan's order."""
    if jobs == 1:
        return [run_lesson(lesson, parameters, folder) for lesson, parameters in plan]
    lessons, parameters = zip(*plan, strict=True)
    threads = max(1, (os.cpu_count() or 1) // jobs)
    # processes, because the memory of a lesson is that of its process's children
    with ProcessPoolExecutor(jobs, get_context("spawn"), _limit_threads, (threads,)) as pool:
        return list(pool.map(run_lesson, lessons, parameters, repeat(folder)))


def _limit_threads(threads: int) -> None:
    """For the kernels that this process starts: two lessons that both want all cores wait for each other."""
    os.environ["OMP_NUM_THREADS"] = str(threads)


def report(results: list[Result], folder: Path, *, strict: bool) -> int:
    """Print failures, warnings and the table; returns the exit code."""
    for result in results:
        if result.error:
            print(f"\nlesson {result.lesson.number} ({result.lesson.path}): {result.error}")
    print("\n" + table(results))
    for result in results:
        if result.slow:
            kind = "error" if strict else "warning"
            print(
                f"{kind}: lesson {result.lesson.number} took {result.seconds:.0f} s, over {LIMIT_SECONDS} s"
            )
    print(f"The executed copies lie in {folder.relative_to(ROOT).as_posix()}/")
    return int(any(result.error or (strict and result.slow) for result in results))


if __name__ == "__main__":
    raise SystemExit(main())
