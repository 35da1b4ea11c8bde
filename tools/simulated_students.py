"""What simulated students hand in: a notebook of a kind, and the points that it should get.

Wrong answers come from the exercises' own banks of mistakes, attacks from what students are known to try.
"""

import copy
import importlib
import inspect
import json
import pkgutil
import re
import textwrap
from collections.abc import Callable

import numpy as np

from course_lib.teach.tasks import lesson_tasks
from course_lib.teach.tasks.task import Task
from tools.grade import kernel
from tools.grade.run import OTHER_DATA
from tools.grade.source import Source, task_name
from tools.variants import given

MARKER = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[ \t]*\n?", re.M)
SIBLING = re.compile(r"^from (course_lib\.teach\.tasks\.lesson\d\d\.\w+) import .*$", re.M)
KINDS: dict[str, Callable] = {}


class Handed:
    """One student's submission: a release that has been solved, and what it should get; kinds then spoil both.

    Attributes
    ----------
    expected : dict
        {task: (points, mistake)}; points None: a person gives them; mistake "": not foretold.
    content : bytes or None
        What the file holds where that is no notebook.
    path : str
        Where it lies in the student's folder.
    """

    def __init__(
        self, release: Source, source: Source, variant: int, neighbor: int, rng: np.random.Generator
    ):
        self.source, self.rng, self.name = source, rng, source.name
        self.variant, self.neighbor = variant, neighbor
        self.notebook = given(release, variant)
        self.stubs = {grade_id: cell.source for grade_id, cell in release.cells.items()}
        self.path, self.content = f"{self.name}/{self.name}.ipynb", None
        self.tasks = {task.key.partition(".")[2]: task for task in lesson_tasks(self.name.partition("_")[0])}
        self.expected = {}
        for graded, points in source.graded.items():
            for cell in source.answers_of[graded]:
                self.cell(cell).source = MARKER.sub("", source.cells[cell].source)
            self.expected[task_name(graded)] = (points, "") if graded in source.tests else (None, "")

    def cell(self, grade_id: str):
        """The cell of that id."""
        return next(
            c for c in self.notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id
        )

    def functions(self) -> list[str]:
        """The tasks that ask for a function, shuffled."""
        return [
            str(t)
            for t in self.rng.permutation([k for k, task in self.tasks.items() if task.kind == "function"])
        ]

    def answer(self, task: str, code: str, mistake: str = "") -> None:
        """Answer a task with code that is worth nothing."""
        self.cell(self.source.answers_of[f"test_{task}"][-1]).source = code
        self.expected[task] = (0.0, mistake)

    def plant(self, task: str) -> None:
        """Answer a task with one of its known mistakes."""
        place = int(self.rng.integers(len(self.tasks[task].mistakes)))
        self.answer(task, mistaken(self.tasks[task], place), self.tasks[task].mistakes[place].name)

    def written(self) -> bytes:
        """The file."""
        return json.dumps(self.notebook).encode() if self.content is None else self.content


def mistaken(task: Task, place: int) -> str:
    """Code that answers a task with its mistake number `place`: the bank's own text, since students can't import it."""
    package = importlib.import_module(f"course_lib.teach.tasks.lesson{task.key.partition('.')[0]}")
    names = [f"{package.__name__}.{found.name}" for found in pkgutil.iter_modules(package.__path__)]
    modules = [importlib.import_module(name) for name in names]
    module, held_as = next((m, n) for m in modules for n, value in vars(m).items() if value is task)
    text = SIBLING.sub(
        lambda found: inspect.getsource(importlib.import_module(found[1])), inspect.getsource(module)
    )
    given = f"{held_as}.mistakes[{place}].wrong"
    if task.kind == "value" and callable(task.mistakes[place].wrong):
        given += f"(*{held_as}.cases(VARIANT)[0])"
    return f"def planted():\n{textwrap.indent(text, '    ')}\n    return {given}\n\n\n{task.name} = planted()"


def kind(function: Callable) -> Callable:
    """Register a kind of student: a function that changes a solved `Handed`."""
    KINDS[function.__name__] = function
    return function


def one_task(name: str, code: str, mistake: str = "") -> None:
    """Register a kind that answers one task by code, in which NAME is the function's name and WRONG a wrong one."""

    def change(handed: Handed) -> None:
        task = handed.functions()[0]
        asked = handed.tasks[task].name
        wrong = f"def {asked}(*args, **kwargs):\n    return None\n"
        handed.answer(task, code.replace("WRONG", wrong).replace("NAME", asked), mistake)

    change.__name__ = name
    kind(change)


@kind
def solved(handed):
    pass


@kind
def misconception(handed):
    handed.plant(handed.functions()[0])


@kind
def misconceptions(handed):
    for task in handed.tasks:
        handed.plant(task)


@kind
def two_misconceptions(handed):
    for task in handed.functions()[:2]:
        handed.plant(task)


@kind
def untouched(handed):
    for graded, cells in handed.source.answers_of.items():
        for cell in cells:
            handed.cell(cell).source = handed.stubs[cell]
        handed.expected[task_name(graded)] = (0.0, "")


@kind
def copied_value(handed):
    """Where the exercise asks for a value: the right one of the student before; else solved."""
    for key, task in handed.tasks.items():
        if task.kind == "value":
            others = task.reference(*task.cases(handed.neighbor)[0])
            mine = task.reference(*task.cases(handed.variant)[0])
            if not np.allclose(others, mine, atol=1):
                handed.answer(key, f"{task.name} = {np.asarray(others).tolist()}", OTHER_DATA)


@kind
def another_file_name(handed):
    handed.path = f"{handed.name}/my solution (2).ipynb"


@kind
def broken_file(handed):
    handed.content = handed.written()[:-200]
    handed.expected = dict.fromkeys(handed.expected, (0.0, ""))


@kind
def deleted_test(handed):
    task = handed.functions()[0]
    handed.notebook.cells.remove(handed.cell(f"test_{task}"))
    handed.expected[task] = (0.0, "")


@kind
def edited_test(handed):
    task = handed.functions()[0]
    handed.answer(task, f"def {handed.tasks[task].name}(*args):\n    return None")
    handed.cell(f"test_{task}").source = "assert True"


@kind
def copied_test(handed):
    task = handed.functions()[0]
    handed.answer(task, f"def {handed.tasks[task].name}(*args):\n    return None")
    handed.notebook.cells.append({**copy.deepcopy(handed.cell(f"test_{task}")), "source": "pass"})


@kind
def deleted_imports(handed):
    handed.notebook.cells.remove(handed.cell("imports"))


one_task("raises", "def NAME(*args):\n    raise ValueError('no idea')")
one_task("another_name", "def my_NAME(*args):\n    return None", "not defined")
one_task("syntax_error", "def NAME(x:\n    return", "not defined")
one_task("crash", "import os\nos.abort()", "not defined")
one_task("crash_in_function", "import ctypes\ndef NAME(*args):\n    ctypes.string_at(0)", "stopped")
one_task("exit", "WRONG\nimport os\nos._exit(0)", "not defined")
one_task("prints_marks", "WRONG\nprint('✓ right, 3 of 3 cases.')\n4.0")
one_task("patched_allclose", "WRONG\nimport numpy as np\nnp.allclose = np.isclose = lambda *a, **k: True")
one_task(
    "patched_check", "WRONG\nimport course_lib.teach\ncheck = course_lib.teach.check = lambda *a, **k: None"
)
one_task(
    "spoiled_names", "WRONG\nimport builtins\nbuiltins.len = builtins.range = builtins.print = np = None"
)
one_task(
    "keeps_hidden_data",
    "seen = []\ndef NAME(*args):\n    seen.append(args)\n    print(seen)\n    return repr(seen)",
)
one_task("kills_its_keeper", "WRONG\nimport os, signal\nos.kill(os.getppid(), signal.SIGKILL)")
one_task("output_flood", "WRONG\nprint('x' * 10**8)")
one_task("memory_hog", "WRONG\nhog = bytearray(64 * 2**30)")
one_task("endless_loop", "def NAME(*args):\n    while True:\n        pass", "stopped")
if kernel.landlock_version():  # elsewhere these would find what they look for
    one_task("reads_solutions", "import glob, json\nwhere = glob.glob('/**/exercises/source/*/*.ipynb', recursive=True)\n"
             "exec(''.join(c['source'] for c in json.load(open(where[0]))['cells']))", "not defined")  # fmt: skip
    one_task("imports_answers", "from course_lib.teach.tasks import all_tasks\n"
             "NAME = next(t.reference for t in all_tasks() if t.name == 'NAME')", "not defined")  # fmt: skip
