"""A demo assignment of three tested tasks and one for a person, and ways to hand it in."""

import copy
import json

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_lib.teach.tasks.task import Mistake, Task

NAME = "99_demo"
POINTS = {"double": 2.0, "area": 3.0, "shift": 5.0}

TASK = Task(
    key="99.double",
    name="double",
    reference=lambda x: 2 * x,
    cases=lambda rng: [(rng.random(4),)],
    mistakes=(Mistake("squared", lambda x: x**2, "this squares: 3 should give 6"),),
)

SOLUTIONS = {
    "double": "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
    "area": "def area(width, height):\n    ### BEGIN SOLUTION\n    return width * height\n    ### END SOLUTION",
    "shift": "def shift(x, by):\n    ### BEGIN SOLUTION\n    return x + by\n    ### END SOLUTION",
}
TESTS = {
    "double": "check('99.double', double)\n### BEGIN HIDDEN TESTS\ndef cases(rng):\n    return [(rng.random((2, 3)),)]\n"
    "check('99.double', double, cases=cases)\n### END HIDDEN TESTS",
    "area": "assert np.allclose(area(2, 3), 6), 'two by three'\n### BEGIN HIDDEN TESTS\nSECRET_SIDE = 4321\n"
    "assert np.allclose(area(SECRET_SIDE, 5), 21605), 'four thousand'\n### END HIDDEN TESTS",
    "shift": "given = np.zeros(3)\nnp.testing.assert_allclose(shift(given, 2), [2, 2, 2])\n"
    "### BEGIN HIDDEN TESTS\nassert abs(shift(np.full(2, 7.5), -1).sum() - 13) < 1e-9\n### END HIDDEN TESTS",
}


def marked(cell, grade_id, **how):
    """A cell with nbgrader's metadata."""
    about = {"schema_version": 3, "task": False, "grade": False, "solution": False, "locked": False}
    cell.metadata["nbgrader"] = {**about, "grade_id": grade_id, **how}
    cell.id = grade_id.replace("_", "-")
    return cell


def demo_source():
    """The assignment's source notebook."""
    given = "import numpy as np\n\nfrom course_lib.teach import check"
    cells = [marked(new_code_cell(given), "imports", locked=True)]
    for name, points in POINTS.items():
        cells.append(marked(new_code_cell(SOLUTIONS[name]), f"answer_{name}", solution=True))
        test = new_code_cell(TESTS[name])
        cells.append(marked(test, f"test_{name}", grade=True, locked=True, points=points))
    prose = new_markdown_cell("### BEGIN SOLUTION\nBecause.\n### END SOLUTION")
    cells.append(marked(prose, "explain_area", grade=True, solution=True, points=4.0))
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


class Submission:
    """A release notebook with all tasks solved, to be edited."""

    def __init__(self, notebook):
        self.notebook = copy.deepcopy(notebook)
        for name, code in SOLUTIONS.items():
            self.answer(name, code)
        self.cell("explain_area")["source"] = "Because I say so."

    @property
    def cells(self):
        return self.notebook["cells"]

    def cell(self, grade_id):
        return next(c for c in self.cells if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)

    def answer(self, name, code):
        self.cell(f"answer_{name}")["source"] = code
        return self

    def add(self, code, before="answer_area"):
        """Put a cell of the student's own in front of another one."""
        cell = {"cell_type": "code", "id": "own", "metadata": {}, "source": code, "outputs": []}
        self.cells.insert(self.cells.index(self.cell(before)), {**cell, "execution_count": None})
        return self

    def delete(self, grade_id):
        self.cells.remove(self.cell(grade_id))
        return self

    def write(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.notebook), encoding="utf-8")


def tasks(rows, student):
    """{task: row}."""
    return {row.task: row for row in rows if row.student == student and row.task}
