"""Grading again: what is kept, what is done anew; and what the tables and messages say of it."""

import csv
import shutil

import pytest
from nbgrader.api import Gradebook

from course_lib.teach import checks
from tests.grade.demo import NAME, Submission, tasks
from tools.grade.__main__ import main
from tools.grade.collect import collect, wrong_layout
from tools.grade.fingerprint import fingerprint, hidden_data
from tools.grade.grading import grade
from tools.grade.report import Row, write_tables
from tools.grade.source import Source, sources


@pytest.fixture
def one(exercises, release, tmp_path):
    """One student's submission: hand it in, grade it, give points by hand, read the page."""

    class One:
        out = tmp_path / "out"

        def hand_in(self, edit=lambda s: None):
            made = Submission(release)
            edit(made)
            made.write(tmp_path / "in" / "ada" / f"{NAME}.ipynb")
            return self

        def grade(self, **how):
            how = {"timeout": 5, **how}
            return tasks(
                grade(tmp_path / "in", self.out, jobs=1, exercises=exercises, progress=False, **how), "ada"
            )

        def give(self, grade_id, points):
            with Gradebook(f"sqlite:///{self.out / 'gradebook.db'}") as book:
                mark = book.find_grade(grade_id, NAME, NAME, "ada")
                mark.manual_score, mark.needs_manual_grade = points, False
                book.db.commit()
            return self

        def page(self):
            return (self.out / "feedback" / "ada" / NAME / f"{NAME}.html").read_text(encoding="utf-8")

    return One()


def test_a_persons_points_stay_with_their_answer_and_not_with_another(one):
    def wrong(submission):
        submission.answer("area", "def area(width, height): return 0").answer(
            "double", "def double(x): return x"
        )

    one.hand_in(wrong).grade()
    assert "Score: not graded yet / 4.0" in one.page()
    one.give("explain_area", 1.0).give("test_area", 0.5).give("test_double", 0.25)

    one.hand_in(
        lambda s: wrong(s) or s.answer("double", "def double(x): return x + x")
    )  # another task's answer
    found = one.grade()
    for task, points in (("explain_area", 1.0), ("area", 0.5)):
        assert (found[task].points, found[task].status) == (points, "graded by a person")
    assert "the tests say: failed: two by three" in found["area"].hint
    assert (found["double"].points, found["double"].status) == (None, "needs a person")
    assert found["double"].hint == "had 0.25, for an earlier answer; the tests say: passed"
    assert "(Score: 6.5 / 14.0)" in one.page()

    def changed(submission):
        wrong(submission)
        submission.cell("explain_area")["source"] = "Because of something else."

    for _ in range(2):  # the second time nothing changed, and nobody looked
        found = one.hand_in(changed).grade()
        assert (found["explain_area"].points, found["explain_area"].status) == (None, "needs a person")
        assert "had 1," in found["explain_area"].hint
        assert found["area"].points == 0.5
        assert "Score: 1.0 / 4.0" not in one.page()


def test_no_points_from_a_person_are_points_from_a_person(one):
    one.hand_in().grade()
    found = one.give("explain_area", 0.0).grade(assignment="99")
    assert (found["explain_area"].points, found["explain_area"].status) == (0.0, "graded by a person")


def test_a_deleted_test_keeps_no_points_of_an_earlier_submission(one):
    assert one.hand_in().grade()["area"].points == 3.0
    found = one.hand_in(lambda s: s.delete("test_area").delete("explain_area")).grade()
    assert (found["area"].points, found["area"].status) == (0.0, "test deleted")
    assert (found["explain_area"].points, found["explain_area"].status) == (0.0, "not answered")


def test_all_is_graded_again_when_what_judges_it_changed(one, exercises, monkeypatch):
    def graded_at():
        return (one.out / "autograded" / "ada" / NAME / f"{NAME}.ipynb").stat().st_mtime_ns

    one.hand_in().grade()
    one.give("explain_area", 1.5)
    times = [graded_at()]
    monkeypatch.setenv("COURSE_SECRET", "another one")
    for how in ({}, {"timeout": 6}):
        assert one.grade(**how)["explain_area"].points == 1.5
        times.append(graded_at())
    one.grade(timeout=6)
    assert times[0] < times[1] < times[2] == graded_at()


def test_the_fingerprint_is_of_all_that_judges(exercises, tmp_path, monkeypatch):
    (tmp_path / "teach").mkdir()
    (tmp_path / "teach" / "checks.py").write_text("old")
    source = sources(exercises)[NAME]
    seen = {fingerprint(source, 20, tmp_path)}
    assert seen == {fingerprint(source, 20.0, tmp_path)}
    (tmp_path / "teach" / "checks.py").write_text("new")
    seen.add(fingerprint(source, 20, tmp_path))
    (tmp_path / "teach" / "checks.py").rename(tmp_path / "teach" / "tasks.py")
    seen |= {fingerprint(source, 20, tmp_path), fingerprint(source, 21, tmp_path)}
    monkeypatch.setenv("COURSE_SECRET", "another one")
    seen.add(fingerprint(source, 20, tmp_path))
    edited = tmp_path / "edited.ipynb"
    edited.write_bytes(source.path.read_bytes() + b" ")
    seen.add(fingerprint(Source(edited), 20, tmp_path))
    assert len(seen) == 6


@pytest.mark.parametrize(("variable", "file", "says"), [
    ("spring", None, "the secret of COURSE_SECRET"), ("spring", "autumn", "the secret of COURSE_SECRET"),
    (None, "autumn\n", "the secret of exercises/secret.txt"), (None, None, "WARNING"), (None, " \n", "WARNING"),
    (" ", None, "WARNING"), (None, "self-study", "WARNING"),
])  # fmt: skip
def test_the_secret_is_confirmed_without_telling_it(variable, file, says, tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_SECRET", raising=False)
    if variable is not None:
        monkeypatch.setenv("COURSE_SECRET", variable)
    monkeypatch.setattr(checks.record, "course_root", lambda: tmp_path)
    (tmp_path / "exercises").mkdir()
    if file is not None:
        (tmp_path / "exercises" / "secret.txt").write_text(file)
    assert says in hidden_data()
    assert not [text for text in ("spring", "autumn") if text in hidden_data()]


def row(student, assignment, task, points, most=2.0, status="passed"):
    return Row(student, assignment, task, points, most, status)


def test_tables_keep_other_assignments_and_add_up(tmp_path):
    write_tables(
        [row("=ada", "01", "a", 1.0), row("=ada", "02", "a", 2.0), row("x", "", "", None, None)],
        tmp_path,
        ["01", "02"],
    )
    write_tables([row("=ada", "01", "a", 1.5), row("=ada", "01", "b", None)], tmp_path, ["01"])

    def read(name):
        with (tmp_path / name).open(encoding="utf-8", newline="") as file:
            return [tuple(line) for line in csv.reader(file)][1:]

    assert [line[:5] for line in read("grades.csv")] == [
        ("'=ada", "02", "a", "2", "2"), ("'=ada", "01", "a", "1.5", "2"), ("'=ada", "01", "b", "", "2"),
    ]  # fmt: skip
    assert read("totals.csv") == [("'=ada", "02", "2", "2", "0"), ("'=ada", "01", "1.5", "4", "2")]


def test_a_table_that_is_not_ours_is_replaced(tmp_path):
    (tmp_path / "grades.csv").write_bytes(b"student;\xff\n")
    write_tables([row("ada", "01", "a", 1.0)], tmp_path, ["01"])
    assert (tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines()[1].startswith("ada,01,a,1,2")


@pytest.mark.parametrize(("paths", "says"), [
    ([f"{NAME}.ipynb"], "notebooks lie directly in"), ([f"{NAME}/{NAME}.ipynb"], "one student's folder"),
    ([f"{NAME}/ada/{NAME}.ipynb"], f"expected STUDENT/{NAME}"), ([f"class/ada/{NAME}/{NAME}.ipynb"], "too deep, such as class/ada"),
    ([f"class/ada/{NAME}.ipynb", f"class/bob/{NAME}.ipynb"], "too deep, such as class/ada"),
    ([f"ada/{NAME}/{NAME}.ipynb", f"ada/{NAME}/.ipynb_checkpoints/{NAME}-checkpoint.ipynb"], ""),
    ([f"ada/{NAME}.ipynb"], ""), ([f"ada/my work/{NAME}.ipynb"], ""), ([f"ada/{NAME}/{NAME}.ipynb", f"ada/old/{NAME}.ipynb"], ""),
    ([f"ada/{NAME}.ipynb", f"bob/much/deeper/{NAME}.ipynb"], ""), ([f"ada/{NAME}.ipynb", "loose.ipynb"], ""),
    (["ada/essay.docx"], ""),
])  # fmt: skip
def test_a_folder_of_another_layout_is_told(paths, says, exercises, tmp_path):
    known = sources(exercises)
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(known[NAME].path, tmp_path / path)
    said = wrong_layout(tmp_path, collect(tmp_path, known)[0], known)
    assert says in said if says else said == ""


def test_ctrl_c_is_told_in_a_line(tmp_path, monkeypatch, capsys):
    def interrupted(*arguments, **how):
        raise KeyboardInterrupt

    monkeypatch.setattr("tools.grade.__main__.grade", interrupted)
    assert main([str(tmp_path), "--out", str(tmp_path.parent / "elsewhere")]) == 130
    assert capsys.readouterr().err == "stopped: what is graded is kept, run the command again for the rest\n"
