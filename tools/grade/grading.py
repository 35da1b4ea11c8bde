"""A folder of submissions, graded: collect, mend, run and judge in several processes, then one table."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.util import Finalize

import nbformat
from tqdm import tqdm

from tools.grade.class_report import write_report
from tools.grade.collect import NOTHING, collect, wrong_layout
from tools.grade.course import Course, CourseError
from tools.grade.fingerprint import fingerprint
from tools.grade.mend import mend
from tools.grade.preprocessors import close_keeper
from tools.grade.report import Row, rows_of, write_tables
from tools.grade.sandbox import GraderError
from tools.grade.source import EXERCISES, sources
from tools.grade.tries import Tries
from tools.grade.variants import number, wrong_data


def cores():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def grade(
    submissions,
    out,
    *,
    assignment=None,
    timeout=20.0,
    jobs=None,
    exercises=EXERCISES,
    progress=True,
    variants=False,
):
    """Grade all submissions in a folder; a list of `Row`, which is also in ``out/grades.csv`` (and its totals).

    Parameters
    ----------
    submissions, out : path
        Folder of students' folders, and where the results go.
    assignment : str, optional
        Grade this one ("02_name", or its number) only, and count it as not handed in where it isn't there. Without: those that anybody handed in.
    timeout : float
        Seconds for each cell, and for each test.
    jobs : int, optional
        How many submissions at a time; as many as there are cores where not given.
    progress : bool
        Whether to show a bar on a terminal.
    variants : bool
        Whether each student was given data of their own (see `variants`).

    Raises
    ------
    ValueError
        There is no such assignment, or no submission, or the folder isn't one of students' folders; or notebooks have
        variants and the class hasn't, or the class has and there is no secret.
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
    misplaced = wrong_data(handed, known, variants)
    course = Course(out, exercises, timeout, variants)
    course.root.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        course.release(name)
    _settings_for_formgrader(course)
    prints = {name: fingerprint(known[name], timeout) for name in wanted}
    tries = Tries(course.root)
    work = [
        (
            one.assignment,
            one.id,
            _submit(course, one, known[one.assignment], prints[one.assignment], tries, variants),
        )
        for one in handed
        if one.content is not None
    ]
    tries.save()
    work.sort(
        key=lambda task: task[0]
    )  # a student process is forked from one that loaded the assignment's modules
    problems = _do(work, (course.root, exercises, timeout, variants), jobs or cores(), progress)
    rows = []
    for one in handed:
        one.notes += misplaced.get((one.assignment, one.id), [])
        problem = problems.get((one.assignment, one.id), "")
        rows += rows_of(one, known[one.assignment], course.grades(one.assignment, one.id), problem)
    rows += [Row(who, "", "", None, None, "note", hint=note) for who, note in notes]
    write_tables(rows, course.root, wanted)
    write_report(course.root)
    if problems:
        raise CourseError("\n".join(f"{who} {name}: {why}" for (name, who), why in problems.items()))
    return rows


def _anybody(handed, name):
    return any(
        one.assignment == name and (one.content is not None or one.problem != NOTHING) for one in handed
    )


def _submit(course, handed, source, judged_by, tries, variants):
    """Put a submission into the grading's course; whether it has to be graded (again)."""
    mended, notes = mend(handed.content, source.of(number(handed.id, source.name)) if variants else source)
    handed.notes += notes
    mended.metadata["course"] = {"fingerprint": judged_by}  # so another one makes it a new submission
    content = nbformat.writes(mended).encode()
    tries.note(source, handed.id, content)
    return course.submit(source, handed.id, content)


def _do(work, where, jobs, progress):
    """Grade, in `jobs` processes; {(assignment, student): problem} of what couldn't be graded."""
    problems = {}
    done = _results(work, where, min(jobs, len(work)))
    # None: a bar on a terminal, and nothing in a log
    bar = tqdm(
        done, "graded", len(work), unit="submission", dynamic_ncols=True, disable=None if progress else True
    )
    for task, problem in bar:
        if problem:
            problems[task[:2]] = problem
    return problems


def _results(work, where, jobs):
    if jobs <= 1:
        yield from (_one(where, task) for task in work)
        close_keeper()
        return
    threads = max(1, cores() // jobs)
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin, (threads,)) as pool:
        futures = [pool.submit(_one, where, task) for task in work]
        try:
            yield from (future.result() for future in as_completed(futures))
        except BrokenProcessPool:
            raise GraderError("a grading process was ended from outside; run the command again") from None
        except BaseException:
            pool.shutdown(
                wait=False, cancel_futures=True
            )  # interrupted: what hasn't begun is for the next run
            raise


def _begin(threads):
    """In each grading process: its share of the cores, for student processes too; its keeper goes when it goes."""
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    Finalize(None, close_keeper, exitpriority=1)  # such a process ends without running what `atexit` holds


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
    given = {f"CourseDirectory.{key}": str(value) for key, value in course.config.CourseDirectory.items()}
    given |= {f"RunApart.{key}": value for key, value in course.config.RunApart.items()}
    lines = [f"c.{key} = {value!r}" for key, value in given.items()]
    text = f"load_subconfig({str(EXERCISES / 'nbgrader_config.py')!r})\nc = get_config()\n" + "\n".join(lines)
    (course.root / "nbgrader_config.py").write_text(text + "\n", encoding="utf-8")
