"""Every attack costs what it attacks, and nothing else; and it leaves nothing behind."""

import json
import os
from pathlib import Path

import pytest
from nbgrader.utils import determine_grade

from tests.grade.attacks import ATTACKS, EXPECTED
from tests.grade.demo import NAME, POINTS, Submission
from tools.grade import kernel
from tools.grade.mend import mend
from tools.grade.run import run
from tools.grade.sandbox import Keeper
from tools.grade.source import Source, task_name

TIMEOUT = 2.0


@pytest.fixture(scope="module")
def source(exercises):
    return Source(exercises / "source" / NAME / f"{NAME}.ipynb")


@pytest.fixture(scope="module")
def keeper(source):
    with Keeper(source.modules) as keeper:
        yield keeper


@pytest.fixture(autouse=True)
def _no_record(monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", "off")


def graded(submission, source, keeper):
    """(points of each tested task by nbgrader's own rule, the notebook that was run)."""
    notebook, _ = mend(json.dumps(submission.notebook), source)
    run(notebook, source, keeper, TIMEOUT)
    points = dict.fromkeys(POINTS, 0.0)  # what a deleted test scores
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in source.tests:
            points[task_name(grade_id)] = determine_grade(cell)[0]
    return points, notebook


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_costs_its_own_task_only(name, solved, source, keeper):
    before = source.path.read_bytes()
    ATTACKS[name](solved)
    points, notebook = graded(solved, source, keeper)
    assert points == EXPECTED[name]
    assert children_of(keeper.process.pid) == []
    assert source.path.read_bytes() == before
    assert not Path("/tmp/grading-was-here").exists()
    told = json.dumps([cell.get("outputs", []) for cell in notebook.cells])
    assert "4321" not in told  # hidden data


def test_honest_student_has_full_marks(solved, source, keeper):
    assert graded(solved, source, keeper)[0] == POINTS


def test_stub_scores_nothing(release, source, keeper):
    stub = Submission(release)
    stub.notebook = json.loads(json.dumps(release))
    points, notebook = graded(stub, source, keeper)
    assert points == dict.fromkeys(POINTS, 0.0)
    verdicts = [cell.metadata["course"] for cell in notebook.cells if "course" in cell.metadata]
    assert verdicts[0]["mistake"] == "not implemented"


def test_hidden_data_that_a_function_keeps_cannot_be_shown_later(solved, source, keeper):
    solved.answer(
        "area", "seen = []\ndef area(width, height):\n    seen.append(width)\n    return width * height"
    )
    solved.answer("shift", "def shift(x, by):\n    raise ValueError(f'{seen}')")
    solved.add("print('seen', seen)", before="explain_area")
    points, notebook = graded(solved, source, keeper)
    assert points == {**POINTS, "shift": 0.0}
    told = json.dumps([cell.get("outputs", []) for cell in notebook.cells])
    assert "seen [2" in told
    assert "4321" not in told


@pytest.mark.skipif(not kernel.landlock_version(), reason="this kernel has no Landlock")
@pytest.mark.parametrize(
    "look", ["print(open({!r}).read())", "open({!r}, 'w').write('mine')", "%run {}", "!cat {}"]
)
def test_hidden_tests_and_solutions_are_out_of_reach(look, solved, source, keeper, tmp_path):
    other = tmp_path / "other" / f"{NAME}.ipynb"
    solved.write(other)
    secret = tmp_path / "secret.txt"
    secret.write_text("BEGIN HIDDEN TESTS")
    before = [path.read_bytes() for path in (source.path, other, secret)]
    for path in (source.path, other, secret, f"/proc/{os.getpid()}/environ"):
        solved.add(look.format(str(path)))
    points, notebook = graded(solved, source, keeper)
    assert points == POINTS
    assert [path.read_bytes() for path in (source.path, other, secret)] == before
    told = json.dumps([cell.get("outputs", []) for cell in notebook.cells])
    assert "return width * height" not in told
    assert "BEGIN HIDDEN TESTS" not in told
    assert os.environ["COURSE_SECRET"] not in told


def test_a_verdict_says_what_stopped_the_answer(solved, source, keeper):
    solved.answer("area", "def area(width, height):\n    while True:\n        pass")
    _, notebook = graded(solved, source, keeper)
    verdict = next(c for c in notebook.cells if c.metadata.nbgrader.grade_id == "test_area").metadata[
        "course"
    ]
    assert verdict["status"] == "stopped"
    assert "2 s" in verdict["hint"]


def children_of(parent):
    """Pids of a process's children, where the system tells."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, above = stat.read_text(errors="replace").rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(above) == parent and state != "Z":
            found.append(int(stat.parent.name))
    return found


def test_children_are_found(keeper):
    assert keeper.process.pid in children_of(os.getpid()) or not Path("/proc").is_dir()
