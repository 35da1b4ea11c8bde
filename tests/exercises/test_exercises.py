"""Every exercise of the course: right answers earn all, stubs nothing, and each known mistake its own hint."""

import csv
import inspect
import re
import shutil
import subprocess
import sys

import pytest

from course_lib.teach.tasks import lesson_tasks
from tools import notebooks, sync
from tools.exercises import stale
from tools.grade.judge import judge, segments
from tools.grade.source import EXERCISES, sources, task_name
from tools.simulated_students import MARKER
from tools.syllabus import ROOT, load

LESSONS = {lesson.name: lesson for lesson in load().lessons}
SOURCES = sources()
TASKS = [(name, task) for name in SOURCES for task in lesson_tasks(LESSONS[name].number)]
MISTAKES = [(name, task, mistake) for name, task in TASKS for mistake in task.mistakes]

some_exercises = pytest.mark.skipif(
    not SOURCES, reason="exercises/source is empty: python -m tools.exercises"
)


def identity(value):
    return getattr(value, "key", None) or getattr(value, "name", None) or str(value)


def test_every_ready_lesson_has_the_exercise_it_promises():
    promised = [lesson for lesson in LESSONS.values() if lesson.ready and lesson.minutes["exercises"]]
    missing = [lesson.name for lesson in promised if lesson.name not in SOURCES]
    assert not missing, f"course.toml gives minutes for exercises that aren't in exercises/source: {missing}"


def test_every_text_has_its_notebook_and_every_notebook_its_text():
    texts = {path.stem for path in (EXERCISES.parent / "sources" / "exercises").glob("*.py")}
    released = {path.stem for path in (EXERCISES / "release").glob("*/*.ipynb")}
    if not SOURCES and not any(LESSONS[name].ready for name in texts):
        pytest.skip("exercises/source is empty and no lesson is ready yet: python -m tools.exercises")
    assert set(SOURCES) == texts == released


@pytest.fixture(scope="module")
def old_releases():
    """Names of those that nbgrader would make otherwise now."""
    return stale(list(SOURCES))


@pytest.mark.parametrize("name", SOURCES)
def test_source_and_release_are_what_the_text_gives(name, old_releases):
    lesson = LESSONS[name]
    assert sync.drift(lesson.exercise_source(), lesson.exercise()) == []
    assert name not in old_releases, "run: python -m tools.exercises"


@pytest.mark.parametrize("name", SOURCES)
def test_release_holds_no_solution_and_no_hidden_test(name):
    release = (EXERCISES / "release" / name / f"{name}.ipynb").read_text(encoding="utf-8")
    assert not re.findall(r"(?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS|MARK SCHEME)", release)
    cells = notebooks.read(EXERCISES / "release" / name / f"{name}.ipynb").cells
    shown = {line.strip() for cell in cells for line in cell.source.splitlines()}
    kept_back, given = set(), set()
    for cell in SOURCES[name].notebook.cells:
        inside = False
        for line in cell.source.splitlines():
            if re.search("(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)", line):
                inside = "BEGIN" in line
            else:
                (kept_back if inside else given).add(line.strip())
    assert kept_back - given
    assert not (kept_back - given) & shown
    assert all(cell.cell_type != "code" or not cell.outputs for cell in cells)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The table of a student who hands in the solutions, and of one who hands in the release as it is."""
    folder, out = tmp_path_factory.mktemp("submissions"), tmp_path_factory.mktemp("out")
    for student, kind in (("solved", "source"), ("untouched", "release")):
        for name in SOURCES:
            (folder / student / name).mkdir(parents=True)
            shutil.copy(EXERCISES / kind / name / f"{name}.ipynb", folder / student / name)
    command = [sys.executable, "-m", "tools.grade", str(folder), "--out", str(out), "--timeout", "30"]
    subprocess.run(command, cwd=ROOT, check=True)
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@some_exercises
def test_solutions_get_full_marks(graded):
    tested = {(s.name, task_name(i)): s.graded[i] for s in SOURCES.values() for i in s.tests}
    rows = {(row["assignment"], row["task"]): row for row in graded if row["student"] == "solved"}
    assert {key: float(rows[key]["points"]) for key in tested} == tested
    assert {row["status"] for row in rows.values()} <= {"passed", "needs a person"}


@some_exercises
def test_untouched_release_earns_nothing(graded):
    rows = [row for row in graded if row["student"] == "untouched"]
    assert len(rows) == sum(len(source.graded) for source in SOURCES.values())
    assert [float(row["points"]) for row in rows] == [0.0] * len(rows)
    assert {row["status"] for row in rows} <= {"failed", "not defined", "not answered"}


def bound(value, task):
    """What a student's name holds who answers so: for a value task, a value."""
    return value(*task.cases(0)[0]) if task.kind == "value" and callable(value) else value


def cell_of(name, task):
    """Source of the test cell of a task."""
    found = [
        i
        for i in SOURCES[name].tests
        if re.search(rf"""check\(\s*["']{task.key}["']""", SOURCES[name].cells[i].source)
    ]
    assert len(found) == 1, f"{task.key} is tested in {found or 'no cell'}"
    return SOURCES[name].cells[found[0]].source


def verdicts(name, task, answer, monkeypatch):
    """Verdicts on an answer by the visible part of a task's test, and by the hidden part alone under two secrets."""
    parts = segments(cell_of(name, task))
    visible, hidden = ("".join(code for code, secret in parts if secret == kind) for kind in (False, True))
    assert hidden or task.kind == "value", f"{task.key} has no hidden test"
    space = {**SOURCES[name].namespace, task.name: answer}
    monkeypatch.delenv("COURSE_SECRET", raising=False)
    yield judge(visible, space)
    for secret in ("spring", "autumn") if hidden else ():  # a value is one value, and has no other data
        monkeypatch.setenv("COURSE_SECRET", secret)
        yield judge(hidden, space)


@pytest.mark.parametrize(("name", "task"), TASKS, ids=identity)
def test_the_reference_passes_whatever_the_secret(name, task, monkeypatch):
    for verdict in verdicts(name, task, bound(task.reference, task), monkeypatch):
        assert (verdict.status, verdict.hint) == ("passed", "")


@pytest.mark.parametrize(("name", "task", "mistake"), MISTAKES, ids=identity)
def test_a_mistake_gets_its_own_hint_on_visible_and_on_hidden_data(name, task, mistake, monkeypatch):
    for verdict in verdicts(name, task, bound(mistake.wrong, task), monkeypatch):
        assert (verdict.share, verdict.mistake) == (0.0, mistake.name)
        assert mistake.hint in verdict.hint


@pytest.mark.parametrize("name", SOURCES)
def test_data_of_a_students_own_hang_on_a_locked_cell_at_the_top(name):
    code = [cell for cell in SOURCES[name].notebook.cells if cell.cell_type == "code"]
    asks = any("VARIANT" in cell.source for cell in code)
    assert asks == (SOURCES[name].variant_cell is not None)
    if asks:
        assert SOURCES[name].cells[SOURCES[name].variant_cell] is code[0]
        assert code[0].source.startswith("VARIANT = 0 ")


@pytest.mark.parametrize(("name", "task"), [pair for pair in TASKS if pair[1].kind == "value"], ids=identity)
def test_a_value_and_its_mistakes_are_told_apart_on_every_students_data(name, task):
    test = cell_of(name, task)
    solution = MARKER.sub("", SOURCES[name].cells[f"answer_{task.key.partition('.')[2]}"].source)
    for variant in range(0, 999_999, 9_973):
        space = SOURCES[name].of(variant).namespace
        exec(solution, space)
        assert judge(test, space).status == "passed", variant
        for mistake in task.mistakes:
            wrong = mistake.wrong(*task.cases(variant)[0]) if callable(mistake.wrong) else mistake.wrong
            assert judge(test, {**space, task.name: wrong}).mistake == mistake.name, variant


@pytest.mark.parametrize(("name", "task"), TASKS, ids=identity)
def test_a_hint_gives_no_solution_away(name, task):
    solution = [line.strip() for line in inspect.getsource(task.reference).splitlines()[1:]]
    for mistake in task.mistakes:
        assert not [line for line in solution if len(line) > 20 and line in mistake.hint]


@pytest.mark.parametrize("name", SOURCES)
def test_every_test_cell_asks_check_for_a_task_that_is_there(name):
    asked = {
        key
        for i in SOURCES[name].tests
        for key in re.findall(r"""check\(\s*["']([^"']+)["']""", SOURCES[name].cells[i].source)
    }
    assert asked == {task.key for task in lesson_tasks(LESSONS[name].number)}
