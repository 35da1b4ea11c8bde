"""A submitted notebook is rebuilt from its text, whatever else is in it."""

import copy
import json

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.grade.demo import NAME, TESTS, Submission
from tools.grade.mend import CELL_LIMIT, BadNotebook, mend, parse
from tools.grade.source import Source


@pytest.fixture(scope="module")
def source(exercises):
    return Source(exercises / "source" / NAME / f"{NAME}.ipynb")


def mended(submission, source):
    """(cells by their id, all cells, notes)."""
    notebook, notes = mend(json.dumps(submission.notebook), source)
    nbformat.validate(notebook)
    known = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}
    return known, notebook.cells, notes


def test_an_honest_submission_has_no_notes_and_the_sources_tests(solved, source):
    known, cells, notes = mended(solved, source)
    assert notes == []
    assert known["test_area"].source == TESTS["area"]
    assert known["answer_area"].source == solved.cell("answer_area")["source"]
    assert len(cells) == len(solved.cells)


def test_mending_again_changes_nothing(solved, source):
    solved.delete("imports").add("x = 1")
    once, notes = mend(json.dumps(solved.notebook), source)
    twice, none = mend(nbformat.writes(once), source)
    assert notes == ["cell imports was deleted and is put back"]
    assert (nbformat.writes(once), none) == (nbformat.writes(twice), [])


@pytest.mark.parametrize(("edit", "note"), [
    (lambda s: s.delete("test_area"), "cell test_area was deleted"),
    (lambda s: s.delete("answer_area"), "cell answer_area was deleted"),
    (lambda s: s.cell("test_area").update(source="pass"), "cell test_area was edited and is put back"),
    (lambda s: s.cells.append(copy.deepcopy(s.cell("test_area"))), "cell test_area is there more than once"),
])  # fmt: skip
def test_what_was_changed_is_noted(solved, source, edit, note):
    edit(solved)
    _, _, notes = mended(solved, source)
    assert [n for n in notes if n.startswith(note)]


def test_points_and_locks_are_the_sources(solved, source):
    for cell in solved.cells:
        about = cell["metadata"].get("nbgrader", {})
        about.update(points=99, grade=not about.get("grade"), locked=False, schema_version="x", checksum=[])
    known, _, _ = mended(solved, source)
    for grade_id, cell in known.items():
        assert dict(cell.metadata.nbgrader) == dict(source.cells[grade_id].metadata.nbgrader)


def test_of_two_copies_the_first_is_the_one(solved, source):
    copied = copy.deepcopy(solved.cell("answer_area"))
    copied["source"] = "second"
    solved.cells.append(copied)
    known, cells, _ = mended(solved, source)
    assert known["answer_area"].source != "second"
    assert cells[-1].source == "second"
    assert "nbgrader" not in cells[-1].metadata


@pytest.mark.parametrize("metadata", [None, 3, [], {"nbgrader": None}, {"nbgrader": [1]}, {"nbgrader": {}},
                                      {"nbgrader": {"grade_id": ["x"]}}, {"nbgrader": {"grade_id": "x" * 9999}},
                                      {"nbgrader": {"grade": True, "points": "many"}}])  # fmt: skip
def test_odd_metadata_make_a_cell_of_the_students_own(solved, source, metadata):
    solved.add("mine = 1")
    next(c for c in solved.cells if c["source"] == "mine = 1")["metadata"] = metadata
    _, cells, notes = mended(solved, source)
    assert [c for c in cells if c.source == "mine = 1" and "nbgrader" not in c.metadata]
    assert notes == []


def test_text_that_cannot_be_written_to_a_file_is_mended(solved, source):
    solved.answer("area", "x = '\ud800'")
    _, cells, _ = mended(solved, source)
    nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()


CELL = {"cell_type": "code", "source": ""}


@pytest.mark.parametrize("text", [
    b"", b"{", b"\xff\xfe\x00", b"[]", b"3", b"null", b'{"cells": 3}', b'{"cells": [3]}', b'{"cells": [{}]}',
    b'{"worksheets": []}', b'{"cells": [{"cell_type": "code", "source": 3}]}', b"[" * 100_000,
    b'{"cells": [{"cell_type": "code", "source": [3]}]}',
    json.dumps({"cells": [CELL] * (CELL_LIMIT + 1)}).encode(), b'{"cells": ' + b"1" * 5000 + b"}",
])  # fmt: skip
def test_what_is_no_notebook_is_told_in_words(text):
    with pytest.raises(BadNotebook, match=r"^it "):
        parse(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["cells", "cell_type", "source", "metadata", "nbgrader", "grade_id"]), inner
        )
    ),
    max_leaves=20,
)


@given(JSON, st.binary(max_size=40))
def test_anything_is_a_notebook_or_told_to_be_none(value, data):
    for text in (json.dumps(value), json.dumps({"cells": [value]}), data):
        try:
            cells = parse(text)
        except BadNotebook:
            continue
        assert all(len(cell) == 3 for cell in cells)


def test_another_cell_type_is_kept_as_text(source, release):
    submission = Submission(release)
    submission.add("x")
    next(c for c in submission.cells if c["source"] == "x")["cell_type"] = "raw"
    _, cells, _ = mended(submission, source)
    assert [c.cell_type for c in cells if c.source == "x"] == ["markdown"]
