"""What a student's process says becomes harmless outputs, and a verdict becomes the points that nbgrader reads."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from tests.grade.demo import marked
from tools.grade.run import outputs, run
from tools.grade.sandbox import Keeper
from tools.grade.source import Source


def test_a_replys_parts_become_outputs():
    error = {"type": "ValueError", "said": "no", "lines": [(3, "f(1)")]}
    found = outputs(
        {"printed": "hello\n", "shown": [{"text/plain": "3", "image/png": "aGk="}], "error": error}
    )
    assert [output.output_type for output in found] == ["stream", "display_data", "error"]
    assert found[1].data == {"text/plain": "3", "image/png": "aGk="}
    assert found[2].traceback == ["line 3: f(1)", "ValueError: no"]


@pytest.mark.parametrize("told", [
    {}, {"printed": 5, "shown": "x", "error": []}, {"shown": [None, 3, {}, {"text/plain": 3}, {1: 2}]},
    {"shown": [{"text/html": "<script>", "application/javascript": "x", "image/svg+xml": "<svg onload=x>"}]},
    {"shown": [{"image/png": '"><script>'}]}, {"shown": [{"image/png": "A" * 3_000_000}]},
    {"shown": [{"text/plain": "A" * 100_000}]},
])  # fmt: skip
def test_what_no_page_should_hold_is_left_out(told):
    assert outputs(told) == []


@pytest.mark.parametrize(
    "error", [{}, {"lines": 3}, {"lines": [(), (1,), "x", None, (1, 2, 3)]}, {"said": None}]
)
def test_a_malformed_error_is_still_an_error(error):
    (found,) = outputs({"error": error})
    assert found.output_type == "error"
    nbformat.validate(new_notebook(cells=[new_code_cell("", outputs=[found])]))


def test_long_outputs_are_cut():
    (found,) = outputs({"printed": "x" * 10**6})
    assert len(found.text) < 30_000
    assert len(outputs({"shown": [{"text/plain": "x"}] * 100})) < 20


@pytest.mark.parametrize(("test", "points"), [
    ("assert f(1) == 2", 4.0), ("assert f(1) == 3", 0.0), ("f(1)", 2.0), ("f(9)", 4.0), ("f(-9)", 0.0),
    ("1 / 0", 0.0), ("import warnings\nwarnings.warn('x')", 4.0), ("import sys\nprint('x', file=sys.stderr)", 4.0),
    ("### BEGIN HIDDEN TESTS\nf(1) / 4\n### END HIDDEN TESTS", 0.5),
    ("assert f(1) == 3\n### BEGIN HIDDEN TESTS\n4\n### END HIDDEN TESTS", 0.0),
])  # fmt: skip
def test_points_by_nbgraders_rule(test, points, tmp_path):
    cells = [
        marked(new_code_cell("def f(x):\n    return 2 * x"), "answer_f", solution=True),
        marked(new_code_cell(test), "test_f", grade=True, locked=True, points=4.0),
    ]
    path = tmp_path / "demo.ipynb"
    nbformat.write(
        new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": ""}}), path
    )
    source = Source(path)
    with Keeper() as keeper:
        run(source.notebook, source, keeper, 5)
    assert determine_grade(source.notebook.cells[1]) == (points, 4.0)
