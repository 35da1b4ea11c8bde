"""A folder of submissions, graded: collect, mend, run and judge in several processes, then one table."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

import nbformat
from tqdm import tqdm

from tools.grade.collect import NOTHING, collect, wrong_layout
from tools.grade.course import Course, CourseError
from tools.grade.fingerprint import fingerprint
from tools.grade.mend import mend
from tools.grade.preprocessors import close_keeper
from tools.grade.report import Row, rows_of, write_tables
from tools.grade.sandbox import GraderError
from tools.grade.source import EXERCISES, sources


def grade(submissions, out, *, assignment=None, timeout=20.0, jobs=2, exercises=EXERCISES, progress=True):
    """Grade all submissions in a folder; a list of `Row`, which is also in ``out/grades.csv`` (and its totals).

    Parameters
    ----------
    submissions, out : path
        Folder of students' folders, and where the results go.
    assignment : str, optional
        Grade this one ("02_name", or its number) only, and count it as not handed in where it isn't there. Without: those that anybody handed in.
    timeout : float
        Seconds for each cell, and for each test.
    jobs : int
        How many submissions at a time.

    Raises
    ------
    ValueError
        There is no such assignment, or no submission, or the folder isn't one of students' folders.
    CourseError, GraderError
        Grading itself doesn't work.
    """
    known = sources(exercises)
    if assignment is not None and assignment not in known:
        numbered = [
            name for name in known if assignment.isdigit() and name.startswith(f"{int(assignment):02}_")
        ]
        if len(numbered) == 1:
            assignment = numbered[0]
    if assignment is not None and assignment not in known:
        raise ValueError(f"no assignment {assignment!r}; there is {', '.join(known) or 'none'}")
    handed, notes = collect(submissions, known)
    if problem := wrong_layout(submissions, handed, known):
        raise ValueError(problem)
    wanted = [name for name in known if name == assignment or (assignment is None and _anybody(handed, name))]
    handed = [one for one in handed if one.assignment in wanted]
    if not handed:
        raise ValueError(f"no submission of {assignment or 'any assignment'} in {submissions}")
    course = Course(out, exercises, timeout)
    course.root.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        course.release(name)
    _settings_for_formgrader(course)
    prints = {name: fingerprint(known[name], timeout) for name in wanted}
    work = [
        (one.assignment, one.id, _submit(course, one, known[one.assignment], prints[one.assignment]))
        for one in handed
        if one.content is not None
    ]
    problems = _do(work, (course.root, exercises, timeout), jobs, progress)
    rows = []
    for one in handed:
        problem = problems.get((one.assignment, one.id), "")
        rows += rows_of(one, known[one.assignment], course.grades(one.assignment, one.id), problem)
    rows += [Row(who, "", "", None, None, "note", hint=note) for who, note in notes]
    write_tables(rows, course.root, wanted)
    if problems:
        raise CourseError("\n".join(f"{who} {name}: {why}" for (name, who), why in problems.items()))
    return rows


def _anybody(handed, name):
    return any(
        one.assignment == name and (one.content is not None or one.problem != NOTHING) for one in handed
    )


def _submit(course, handed, source, judged_by):
    """Put a submission into the grading's course; whether it has to be graded (again)."""
    mended, notes = mend(handed.content, source)
    handed.notes += notes
    mended.metadata["course"] = {"fingerprint": judged_by}  # so another one makes it a new submission
    return course.submit(source, handed.id, nbformat.writes(mended).encode())


def _do(work, where, jobs, progress):
    """Grade, in `jobs` processes; {(assignment, student): problem} of what couldn't be graded."""
    problems = {}
    for task, problem in tqdm(_results(work, where, jobs), total=len(work), unit="nb", disable=not progress):
        if problem:
            problems[task[:2]] = problem
    return problems


def _results(work, where, jobs):
    if jobs == 1:
        yield from (_one(where, task) for task in work)
        close_keeper()
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(_one, where, task) for task in work]
        try:
            yield from (future.result() for future in as_completed(futures))
        except BrokenProcessPool:
            raise GraderError("a grading process was ended from outside; run the command again") from None


def _one(where, task):
    course, (assignment, student, new) = Course(*where), task
    try:
        if new:
            course.autograde(assignment, student)
        course.feedback(assignment, student)
    except CourseError as error:
        return task, str(error)
    return task, ""


def _settings_for_formgrader(course):
    """Settings with which nbgrader's formgrader opens on this grading (for points that a person gives)."""
    given = {key: str(value) for key, value in course.config.CourseDirectory.items()}
    lines = [f"c.CourseDirectory.{key} = {value!r}" for key, value in given.items()]
    text = f"load_subconfig({str(EXERCISES / 'nbgrader_config.py')!r})\nc = get_config()\n" + "\n".join(lines)
    (course.root / "nbgrader_config.py").write_text(text + "\n", encoding="utf-8")
