"""A whole class: simulated submissions get the grades that were foretold, and the report counts them."""

import csv
import json
from collections import Counter

import numpy as np
import pytest

from tools import instructors, notebooks, simulate_class, simulated_students
from tools.exercises import release_path
from tools.grade import class_report
from tools.grade.grading import grade
from tools.grade.report import Row, write_tables
from tools.grade.source import EXERCISES, Source
from tools.grade.tries import Tries
from tools.syllabus import load

NAME = "02_regression_turns_gray"
KINDS = ["solved", "misconceptions", "untouched", "copied_value", "patched_check"]


def table(path):
    """A CSV file's rows."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def small_class(tmp_path_factory):
    """The folder of a few students who hand in one exercise, graded."""
    folder = tmp_path_factory.mktemp("class")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_SECRET", "the tests' own")
        simulate_class.simulate(KINDS, folder, assignments=[NAME])
        how = {"assignment": NAME, "jobs": 1, "progress": False, "variants": True}
        grade(folder / "submissions", folder / "graded", **how)
    return folder


def test_simulated_students_get_the_grades_that_were_foretold(small_class):
    differing, counted = simulate_class.compare(small_class)
    assert differing == []
    assert counted.startswith("5 of 5 submissions have the right points, 25 of 25 tasks; 5 of 5 foretold")
    assert "other data" in {row["mistake"] for row in table(small_class / "expected.csv")}


def test_a_wrong_grade_is_found(small_class, tmp_path):
    rows = table(small_class / "expected.csv")
    rows[0]["points"] = "0"
    named = next(row for row in rows if row["mistake"])
    named["mistake"] = "another"
    (tmp_path / "graded").mkdir()
    (tmp_path / "graded" / "grades.csv").write_bytes((small_class / "graded" / "grades.csv").read_bytes())
    with (tmp_path / "expected.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    differing, counted = simulate_class.compare(tmp_path)
    assert [line.partition(":")[2].split(",")[0] for line in differing] == [
        " expected 0",
        " expected 'another'",
    ]
    assert counted.startswith("4 of 5 submissions")


def test_the_report_counts_what_the_class_did(small_class):
    report = {row["task"]: row for row in table(small_class / "graded" / "class_report.csv")}
    grades = [row for row in table(small_class / "graded" / "grades.csv") if row["task"]]
    for task, row in report.items():
        theirs = [grade for grade in grades if grade["task"] == task]
        assert int(row["handed_in"]) == len(theirs) == len(KINDS)
        assert int(row["right"]) == sum(grade["points"] == grade["max"] for grade in theirs)
        assert int(row["untouched"]) == 1
        assert int(row["tries"]) == 4  # the untouched is no try
        made = Counter(
            grade["mistake"] for grade in theirs if grade["mistake"] not in ("", "not implemented")
        )
        assert row["mistake"] in made or not made
    assert report["explain_floor"]["waiting"] == "4"


def test_the_reports_notebook_runs_and_shows_the_mistakes(small_class, capsys):
    assert class_report.main([str(small_class / "graded")]) == 0
    page = (small_class / "graded" / "class_report.html").read_text(encoding="utf-8")
    assert "What most got wrong" in page
    assert "predicted: " in page  # a picture in words
    assert "Traceback" not in page
    assert class_report.main([str(small_class)]) == 1
    assert "grade first" in capsys.readouterr().err


def test_a_report_on_any_table(tmp_path):
    def row(student, points, status, mistake=""):
        return Row(
            student, "01_lab_color_space", "normalize", points, 2.0, status, mistake, f"hint for {student}"
        )

    write_tables(
        [row("a", 2.0, "passed"), row("b", 0.0, "failed", "divided by 127"), row("c", 0.0, "failed", "divided by 127"),
         row("d", 0.0, "failed", "values"), row("e", 0.0, "failed", "not implemented"), row("f", 0.0, "not handed in"),
         row("g", 1.0, "partly"), row("h", None, "needs a person"), row("i", 0.0, "failed", "divided by 128")],
        tmp_path, ["01_lab_color_space"],
    )  # fmt: skip
    class_report.write_report(tmp_path)
    (found,) = table(tmp_path / "class_report.csv")
    counts = {
        "handed_in": 8,
        "untouched": 1,
        "right": 1,
        "partly": 1,
        "wrong": 4,
        "waiting": 1,
        "times": 2,
        "unrecognized": 1,
    }
    assert {name: found[name] for name in counts} == {name: str(count) for name, count in counts.items()}
    assert (found["mistake"], found["tries"]) == ("divided by 127", "")  # no try is on record here
    assert float(found["share"]) == pytest.approx(1.5 / 7, abs=1e-5)
    assert "127" in found["hint"]
    assert "hint for" not in found["hint"]  # the bank's words, not what a student's error said


def test_the_instructors_tables_are_fresh():
    assert instructors.main(["--check"]) == 0, "run: python -m tools.instructors"


@pytest.mark.parametrize("units", [instructors.WEEKS, instructors.DAYS])
def test_a_plan_has_no_lesson_before_one_that_it_needs(units):
    lessons = {lesson.number: lesson for lesson in load().lessons}
    order = [number for unit in units for number in unit.split()]
    assert len(order) == len(set(order))
    assert units is instructors.DAYS or set(order) == set(lessons)
    for place, number in enumerate(order):
        assert set(lessons[number].needs) <= set(order[:place]), number


def test_a_simulated_class_has_every_kind_and_one_endless_loop():
    drawn = simulate_class.kinds(100, np.random.default_rng(0))
    assert len(drawn) == 100
    assert set(drawn) == set(simulated_students.KINDS)
    assert drawn.count("endless_loop") == 1
    assert simulate_class.kinds(6, np.random.default_rng(0)) == list(simulated_students.KINDS)[:6]


def test_tries_count_answers_that_differ(tmp_path):
    source = Source(EXERCISES / "source" / NAME / f"{NAME}.ipynb")
    path = tmp_path / "release" / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(release_path(NAME).read_bytes())
    for answer in ("a = 1", "a = 2", "a = 1  ", None, "a = 2"):  # None: as it was released
        notebook = notebooks.read(path)
        cell = next(
            c
            for c in notebook.cells
            if c.metadata.get("nbgrader", {}).get("grade_id") == "answer_chroma_ratio"
        )
        cell.source = cell.source if answer is None else answer
        tries = Tries(tmp_path)
        tries.note(source, "ada", json.dumps(notebook).encode())
        tries.save()
    assert Tries(tmp_path).count(NAME, "chroma_ratio") == 2
    assert Tries(tmp_path).count(NAME, "predicted") == 0
    assert Tries(tmp_path).count("01_lab_color_space", "normalize") is None
