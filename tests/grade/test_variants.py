"""Each student's own data: numbers that nobody can work out, notebooks that hold them, and notes on exchanged ones."""

import json
import unicodedata

import pytest

from tools import notebooks, variants
from tools.exercises import release_path
from tools.grade.collect import Handed, safe_id
from tools.grade.source import Source, sources
from tools.grade.variants import NUMBERS, number, said, wrong_data

NAME = "02_regression_turns_gray"
SAME_FOR_ALL = "01_lab_color_space"


@pytest.fixture(autouse=True)
def _secret(monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "spring")


@pytest.fixture(scope="module")
def known():
    return {name: source for name, source in sources().items() if name in (NAME, SAME_FOR_ALL)}


def test_a_number_hangs_on_the_secret_the_student_and_the_assignment(monkeypatch):
    students = [f"student{place}" for place in range(100)]
    numbers = [number(student, NAME) for student in students]
    assert numbers == [number(student, NAME) for student in students]
    assert all(1 <= found <= NUMBERS for found in numbers)
    assert len(set(numbers)) > 97
    others = [number(student, SAME_FOR_ALL) for student in students]
    monkeypatch.setenv("COURSE_SECRET", "autumn")
    later = [number(student, NAME) for student in students]
    for found in (others, later):
        assert sum(a == b for a, b in zip(numbers, found, strict=True)) < 3


def test_a_name_is_one_name_however_a_file_system_spells_it():
    composed, decomposed = (safe_id(unicodedata.normalize(form, "Zoë Łódź")) for form in ("NFC", "NFD"))
    assert composed != decomposed
    assert number(composed, NAME) == number(decomposed, NAME)


def test_notebooks_differ_in_the_number_alone_and_keep_it_locked(tmp_path, capsys):
    (tmp_path / "roster.csv").write_text("\ufeffemail,student\na@x,ada\nb@x,bob lee\n", encoding="utf-8")
    out = tmp_path / "out"
    assert variants.main([str(tmp_path / "roster.csv"), "--out", str(out), "--assignment", "02"]) == 0
    assert "2 students, 1 assignments each, 1 of them" in capsys.readouterr().out
    release = notebooks.read(release_path(NAME))
    for student in ("ada", "bob lee"):
        made = notebooks.read(out / student / NAME / f"{NAME}.ipynb")
        differing = [
            place for place, (a, b) in enumerate(zip(release.cells, made.cells, strict=True)) if a != b
        ]
        assert len(differing) == 1
        cell = made.cells[differing[0]]
        assert cell.source.startswith(f"VARIANT = {number(safe_id(student), NAME)} ")
        assert cell.metadata.nbgrader.locked
        assert not cell.metadata.editable
    assert release == notebooks.read(release_path(NAME))


@pytest.mark.parametrize(("table", "says"), [
    ("name\nada\n", "no column student; it has name"), ("", "has none"), ("student\n\n", "names no student"),
    ("student\nada\nbob\nada\n", "ada more than once"), ("student\n../ada\n", "can't be a folder"),
])  # fmt: skip
def test_a_bad_roster_is_told_and_nothing_is_written(table, says, tmp_path, capsys):
    (tmp_path / "roster.csv").write_text(table)
    assert (
        variants.main([str(tmp_path / "roster.csv"), "--out", str(tmp_path / "out"), "--assignment", "02"])
        == 1
    )
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_a_secret_there_are_no_variants(tmp_path, monkeypatch, capsys, known):
    monkeypatch.setenv("COURSE_SECRET", "self-study")
    (tmp_path / "roster.csv").write_text("student\nada\n")
    assert variants.main([str(tmp_path / "roster.csv"), "--out", str(tmp_path / "out")]) == 1
    assert "none is set" in capsys.readouterr().err
    with pytest.raises(ValueError, match="none is set"):
        wrong_data([], known, variants=True)


def handed(student, variant, known, name=NAME):
    """A student's submission whose notebook was made for the number `variant`."""
    notebook = variants.given(Source(release_path(name)), variant)
    one = Handed(student, name, json.dumps(notebook).encode(), "")
    assert said(one.content, known[name]) == (None if name == SAME_FOR_ALL else variant)
    return one


def test_exchanged_notebooks_are_noted(known):
    bobs = number("bob", NAME)
    all_of_them = [
        handed("ada", bobs, known), handed("bob", bobs, known), handed("eve", 0, known), handed("joe", 7, known),
        handed("ada", 5, known, SAME_FOR_ALL), Handed("absent", NAME),
    ]  # fmt: skip
    notes = wrong_data(all_of_them, known, variants=True)
    assert set(notes) == {(NAME, "ada"), (NAME, "eve"), (NAME, "joe")}
    assert "the data of bob," in notes[NAME, "ada"][0]
    assert "the data of self-study," in notes[NAME, "eve"][0]
    assert "the data of nobody here," in notes[NAME, "joe"][0]


def test_a_class_with_variants_is_not_graded_as_one_without(known):
    assert wrong_data([handed("ada", 0, known)], known, variants=False) == {}
    with pytest.raises(
        ValueError, match="ada's 02_regression_turns_gray has data of its own: grade with --variants"
    ):
        wrong_data([handed("ada", 7, known)], known, variants=False)


def test_the_grader_puts_the_students_own_number_into_the_cell(known):
    assert known[NAME].namespace["VARIANT"] == 0
    theirs = known[NAME].of(48213, (0, 7, 48213))
    assert theirs.namespace["VARIANT"] == 48213
    assert theirs.others == (0, 7)
    assert (theirs.namespace["TOY"] != known[NAME].namespace["TOY"]).any()
    assert known[SAME_FOR_ALL].of(48213) is known[SAME_FOR_ALL]
