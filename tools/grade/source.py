"""An exercise's source notebook as the grader needs it: what is locked, what is tested, what students define."""

import ast
import contextlib
import copy
import io
import re
import warnings
from functools import cached_property
from pathlib import Path

import nbformat

EXERCISES = Path(__file__).resolve().parents[2] / "exercises"


class Source:
    """The notebook of an assignment in exercises/source, trusted.

    Parameters
    ----------
    path : path
        ``source/<name>/<name>.ipynb``.
    """

    def __init__(self, path):
        self.path = Path(path)
        self.name = self.path.stem
        self.others = ()  # see `of`
        self.notebook = nbformat.read(self.path, as_version=4)
        self.cells = {
            cell.metadata.nbgrader.grade_id: cell
            for cell in self.notebook.cells
            if cell.metadata.get("nbgrader", {}).get("grade_id")
        }

    def _which(self, **wanted):
        """Ids of the cells whose nbgrader metadata are as wanted, in their order."""
        return [
            grade_id
            for grade_id, cell in self.cells.items()
            if all(bool(cell.metadata.nbgrader.get(key)) == value for key, value in wanted.items())
        ]

    @cached_property
    def variant_cell(self):
        """Id of the locked cell tagged `parameters`, on whose VARIANT data hang; None where all have the same data."""
        tagged = [i for i in self.locked if "parameters" in self.cells[i].metadata.get("tags", [])]
        return tagged[0] if tagged else None

    def of(self, variant, others=()):
        """The assignment as one student has it, VARIANT being `variant`; `others` are numbers of other students."""
        if self.variant_cell is None:
            return self
        theirs = copy.copy(self)
        theirs.others = tuple(number for number in others if number != variant)
        theirs.__dict__.pop("namespace", None)
        cell = copy.deepcopy(self.cells[self.variant_cell])
        cell.source = re.sub(r"^VARIANT = \d+", f"VARIANT = {variant}", cell.source, flags=re.M)
        theirs.cells = {**self.cells, self.variant_cell: cell}
        return theirs

    @cached_property
    def locked(self):
        """Ids of the cells that are given and locked: imports and data."""
        return self._which(locked=True, grade=False, solution=False)

    @cached_property
    def tests(self):
        """Ids of the test cells."""
        return [i for i in self._which(grade=True, solution=False) if self.cells[i].cell_type == "code"]

    @cached_property
    def answers(self):
        """Ids of the answer cells that tests judge."""
        return [i for i in self._which(grade=False, solution=True) if self.cells[i].cell_type == "code"]

    @cached_property
    def graded(self):
        """{id: points} of every cell that gives points, by a test or by a person."""
        return {i: float(self.cells[i].metadata.nbgrader.points) for i in self._which(grade=True)}

    @cached_property
    def answers_of(self):
        """{id of a graded cell: ids of the cells that hold its answer}; prose is its own."""
        found, answers, new_task = {}, [], True
        for grade_id, cell in self.cells.items():
            about = cell.metadata.nbgrader
            if about.grade:
                found[grade_id], new_task = ([grade_id], new_task) if about.solution else (answers, True)
            elif about.solution:
                answers, new_task = [*([] if new_task else answers), grade_id], False
        return found

    @cached_property
    def names(self):
        """What the solutions define: the names that tests take from the student."""
        return set().union(*(defined_names(self.cells[i].source) for i in self.answers))

    @cached_property
    def modules(self):
        """Modules that the locked cells import, for the keeper to load once."""
        found = {"course_lib.teach": None}  # in their order, once each
        for source in self._locked_code():
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Import):
                    found |= dict.fromkeys(alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found[node.module] = None
        return tuple(found)

    @cached_property
    def namespace(self):
        """What the locked cells define, executed here once; tests run in copies of it."""
        space = {"__name__": "__main__"}
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for source in self._locked_code():
                exec(compile(source, "<given>", "exec"), space)
        return space

    def _locked_code(self):
        return [self.cells[i].source for i in self.locked if self.cells[i].cell_type == "code"]


def defined_names(source):
    """Names that a cell's top level defines by def, class or assignment (imports aside).

    >>> sorted(defined_names("import numpy as np\\nwidth, height = 3, 4\\ndef area(): pass"))
    ['area', 'height', 'width']
    """
    names, queue = set(), list(ast.parse(source).body)
    while queue:
        node = queue.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif not isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            queue.extend(ast.iter_child_nodes(node))
    return names


def sources(exercises=EXERCISES):
    """{name: Source} of all assignments in ``exercises/source``, in their order."""
    paths = sorted((Path(exercises) / "source").glob("*/*.ipynb"))
    return {path.stem: Source(path) for path in paths if path.stem == path.parent.name}


def task_name(grade_id):
    """A graded cell's id as a report has it.

    >>> task_name("test_normalize"), task_name("explain_gray")
    ('normalize', 'explain_gray')
    """
    return grade_id.removeprefix("test_")
