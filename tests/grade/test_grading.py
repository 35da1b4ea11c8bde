"""The whole way: a folder of submissions in, a table, pages and a gradebook out."""

import csv
import json
import os

import pytest
from nbgrader.api import Gradebook

from tests.grade.demo import NAME, POINTS, Submission, tasks
from tools.grade.__main__ import main
from tools.grade.collect import collect, safe_id
from tools.grade.course import CourseError, is_judged
from tools.grade.grading import grade
from tools.grade.source import sources

ODD = "Zoë [x] *{0}+%n; =1+1"
PAGE = (
    "from IPython.display import HTML, Markdown, display, publish_display_data\n"
    "display(HTML('<script>from_html()</script>'), Markdown('<img src=x onerror=from_markdown()>'))\n"
    "publish_display_data({'image/png': '\"><script>from_picture()</script>'})"
)
BODY = "<script>alert('from a submission')</script>"


def hand_in(folder, release):
    """A folder of students of all kinds."""

    def submission(edit=lambda s: None):
        made = Submission(release)
        edit(made)
        return made

    submission().write(folder / "ada" / NAME / f"{NAME}.ipynb")
    submission().write(folder / "beside" / f"{NAME}.ipynb")
    submission().write(folder / ODD / f"{NAME}.ipynb")
    submission().write(folder / "renamed" / NAME / "my solution (1).ipynb")
    submission(lambda s: s.delete("test_area")).write(folder / "deleted" / f"{NAME}.ipynb")
    submission(lambda s: s.cells.append(s.cell("test_area"))).write(folder / "copied" / f"{NAME}.ipynb")
    submission(lambda s: s.answer("area", "while True: pass")).write(folder / "loop" / f"{NAME}.ipynb")
    for name, cell in (("html", BODY), ("formula", "=HYPERLINK()")):
        code = f"def area(width, height):\n    raise ValueError({cell!r})\nprint({cell!r})"
        made = submission(lambda s, code=code: s.answer("area", code))
        made.cell("explain_area")["source"] = f"**bold** and {cell}"
        made.add(PAGE)
        made.cells.append({"cell_type": "raw", "metadata": {}, "source": cell})
        made.write(folder / name / f"{NAME}.ipynb")
    unedited = submission()
    unedited.notebook = json.loads(json.dumps(release))
    unedited.write(folder / "stub" / f"{NAME}.ipynb")
    for student, content in {"broken": b"{", "empty": b"", "huge": b"[" * (20 * 2**20 + 1)}.items():
        (folder / student).mkdir()
        (folder / student / f"{NAME}.ipynb").write_bytes(content)
    (folder / "absent").mkdir()
    (folder / "absent" / "essay.docx").write_text("words")
    (folder / "pipe").mkdir()
    os.mkfifo(folder / "pipe" / f"{NAME}.ipynb")
    (folder / "linked").mkdir()
    (folder / "linked" / f"{NAME}.ipynb").symlink_to(folder / "ada" / NAME / f"{NAME}.ipynb")
    (folder / "link").symlink_to(folder / "ada")
    (folder / "readme.txt").write_text("not a student")
    for name in ("one.ipynb", "two.ipynb"):
        submission().write(folder / "several" / name)


@pytest.fixture(scope="module")
def graded(exercises, release, tmp_path_factory):
    """(rows, submissions, out)."""
    submissions, out = tmp_path_factory.mktemp("submissions"), tmp_path_factory.mktemp("out")
    hand_in(submissions, release)
    rows = grade(submissions, out, timeout=3, jobs=1, exercises=exercises, progress=False)
    return rows, submissions, out


def notes(rows, student):
    """All that was noted about a student's files."""
    return " ".join(row.hint for row in rows if row.student == student and not row.task)


@pytest.mark.parametrize("student", ["ada", "beside", ODD, "renamed", "copied"])
def test_full_marks_whatever_the_folder_looks_like(graded, student):
    found = tasks(graded[0], student)
    assert {task: found[task].points for task in POINTS} == POINTS
    assert (found["explain_area"].status, found["explain_area"].points) == ("needs a person", None)
    assert (graded[2] / "feedback" / safe_id(student) / NAME / f"{NAME}.html").is_file()


@pytest.mark.parametrize(("student", "task", "status"), [
    ("deleted", "area", "test deleted"), ("loop", "area", "not defined"), ("html", "area", "failed"),
    ("stub", "double", "failed"), ("stub", "explain_area", "not answered"), ("broken", "area", "not graded"),
    ("empty", "area", "not graded"), ("huge", "area", "not graded"), ("absent", "area", "not handed in"),
    ("pipe", "area", "not handed in"), ("linked", "area", "not handed in"), ("several", "area", "not graded"),
])  # fmt: skip
def test_trouble_is_told_and_costs_its_own(graded, student, task, status):
    found = tasks(graded[0], student)
    assert set(found) == {*POINTS, "explain_area"}
    assert (found[task].status, found[task].points) == (status, 0.0)
    if status in ("test deleted", "not defined") or student == "html":
        assert {name: found[name].points for name in ("double", "shift")} == {"double": 2.0, "shift": 5.0}
    else:
        assert sum(row.points for row in found.values()) == 0


@pytest.mark.parametrize(("student", "says"), [
    ("renamed", "recognized by its cells"), ("copied", "more than once"), ("deleted", "test_area was deleted"),
    ("absent", "essay.docx left aside: not a notebook"), ("linked", "a link"), ("link", "a link"),
    ("readme.txt", "not a student's folder"), ("pipe", "not a notebook"),
])  # fmt: skip
def test_what_was_found_besides_is_noted(graded, student, says):
    assert says in notes(graded[0], student)


def test_reasons_are_told_for_what_is_not_graded(graded):
    assert "JSON" in tasks(graded[0], "broken")["area"].hint
    assert "20 MB" in tasks(graded[0], "huge")["area"].hint
    assert "two.ipynb" in tasks(graded[0], "several")["area"].hint


def test_the_table_says_the_same_and_holds_no_formula(graded):
    with (graded[2] / "grades.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == len(graded[0])
    assert sum(float(row["points"] or 0) for row in table) == sum(row.points or 0 for row in graded[0])
    assert not [cell for row in table for cell in row.values() if cell[:1] in "=+-@" and cell]


def test_feedback_shows_the_hint_but_neither_hidden_tests_nor_live_html(graded):
    pages = {
        page.parts[-3]: page.read_text(encoding="utf-8") for page in (graded[2] / "feedback").rglob("*.html")
    }
    assert "in a cell above, it ran longer than 3 s and was stopped: an endless loop?" in pages["loop"]
    assert "<strong>bold</strong>" in pages["html"]
    for page in pages.values():
        assert "SECRET_SIDE" not in page
        assert "HIDDEN TESTS" not in page
        assert "also tried on other data" in page
        assert BODY not in page
        assert "<script>from_" not in page
        assert "<img src=x" not in page


def test_a_second_run_grades_only_what_is_new_and_keeps_a_persons_points(graded, exercises, release):
    rows, submissions, out = graded
    page = out / "autograded" / "ada" / NAME / f"{NAME}.ipynb"
    before = page.stat().st_mtime_ns
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as book:
        mark = book.find_grade("explain_area", NAME, NAME, "ada")
        mark.manual_score, mark.needs_manual_grade = 3.5, False
        book.db.commit()
    killed = (
        out / "autograded" / "beside" / NAME / f"{NAME}.ipynb"
    )  # as nbgrader leaves it, killed before the tests
    notebook = json.loads(killed.read_text(encoding="utf-8"))
    del notebook["metadata"]["course"]
    killed.chmod(0o644)
    killed.write_text(json.dumps(notebook), encoding="utf-8")
    better = Submission(release)
    kept = (submissions / "loop" / f"{NAME}.ipynb").read_bytes()
    better.write(submissions / "loop" / f"{NAME}.ipynb")
    again = grade(submissions, out, timeout=3, jobs=1, exercises=exercises, progress=False)
    (submissions / "loop" / f"{NAME}.ipynb").write_bytes(kept)
    assert page.stat().st_mtime_ns == before
    assert is_judged(killed)
    assert tasks(again, "loop")["area"].status == "passed"
    ada = tasks(again, "ada")
    assert (ada["explain_area"].points, ada["explain_area"].status) == (3.5, "graded by a person")
    assert ada["area"] == tasks(rows, "ada")["area"]


def test_submissions_are_never_written_to(exercises, release, tmp_path):
    submissions = tmp_path / "submissions"
    Submission(release).write(submissions / "ada" / f"{NAME}.ipynb")
    before = {path: path.stat().st_mtime_ns for path in submissions.rglob("*")}
    handed, _ = collect(submissions, sources(exercises))
    assert handed[0].content
    assert {path: path.stat().st_mtime_ns for path in submissions.rglob("*")} == before


@pytest.mark.parametrize(("arguments", "says"), [
    (["nowhere"], "not a folder"), ([".", "--assignment", "77_none"], "no assignment '77_none'"),
    ([".", "--out", "./inside"], "--out lies inside"), (["."], "no submission"),
])  # fmt: skip
def test_bad_arguments_are_told_in_a_line(arguments, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    out = [] if "--out" in arguments else ["--out", str(tmp_path.parent / "elsewhere")]
    assert main([*arguments, *out]) == 1
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--timeout", "0"], ["--timeout", "nan"], ["--jobs", "-1"], ["--jobs", "x"]]
)
def test_bad_limits_are_refused(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main([".", *arguments])
    assert stop.value.code == 2


def test_a_grading_that_fails_is_an_error_not_a_mark(exercises, release, tmp_path, monkeypatch):
    Submission(release).write(tmp_path / "in" / "ada" / f"{NAME}.ipynb")

    def broken(*arguments):
        raise OSError("no processes left")

    monkeypatch.setattr("tools.grade.preprocessors.run", broken)
    with pytest.raises(CourseError, match="no processes left"):
        grade(tmp_path / "in", tmp_path / "out", jobs=1, exercises=exercises, progress=False)
    with (tmp_path / "out" / "grades.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.reader(file))
    assert len(table) == len(POINTS) + 2
    assert {(row[3], row[5]) for row in table[1:]} == {("", "not graded")}


@pytest.mark.parametrize(
    "name", ["ada", "a" * 255, "Łódź", "../x", "a b", "%", "-", "{assignment_id}", "x\n"]
)
def test_safe_ids_are_short_plain_and_distinct(name):
    made = safe_id(name)
    assert len(made) <= 120
    assert not set(made) & set("/\\*?[]{}+ \n")
    assert made != safe_id(name + "2"[: 255 - len(name)]) or len(name) == 255
