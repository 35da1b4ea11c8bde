"""Submissions that try to break the grader or to get points by other means than an answer.

Each attacks in the task `area` (unless it says otherwise) and answers the other tasks rightly. `EXPECTED` names what it
costs; where nothing is named, `area` and only `area`.
"""

from tests.grade.demo import POINTS

WRONG = "def area(width, height):\n    return 0\n"
ATTACKS, EXPECTED = {}, {}


def attack(**costs):
    """Register an attack: a function that edits a solved submission. `costs` are points per task, where special."""

    def register(function):
        ATTACKS[function.__name__] = function
        EXPECTED[function.__name__] = {**POINTS, "area": 0.0, **costs}
        return function

    return register


def answering(name, code, **costs):
    """Register an attack that is no more than an answer cell's code."""

    def edit(submission):
        submission.answer("area", code)

    edit.__name__ = name
    attack(**costs)(edit)


answering("stub", "def area(width, height):\n    raise NotImplementedError")
answering("syntax_error", "def area(width, height:\n    return")
answering("endless_loop_on_top", "while True:\n    pass")
answering("endless_loop_in_function", "def area(width, height):\n    while True:\n        pass")
answering(
    "sleeps_through_interrupts",
    "import time\nwhile True:\n    try:\n        time.sleep(9)\n    except BaseException:\n        pass",
)
answering("abort", "import os\nos.abort()")
answering("odd_signal", "import os\nos.kill(os.getpid(), 40)")
answering("stops_itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)")
answering("abort_in_function", "import os\ndef area(width, height):\n    os.abort()")
answering("segfault", "import ctypes\nctypes.string_at(0)")
answering("exit", "exit()")
answering("sys_exit_in_function", "import sys\ndef area(width, height):\n    sys.exit(0)")
answering("os_exit", "import os\nos._exit(0)")
answering("os_exit_in_function", "import os\ndef area(width, height):\n    os._exit(0)")
answering("output_flood", WRONG + "print('x' * 100_000_000)")
answering("endless_output", WRONG + "while True:\n    print('x' * 1000)")
answering("flood_past_python", WRONG + "import os\nwhile True:\n    os.write(1, b'x' * 100000)")
answering("memory_hog", WRONG + "hog = bytearray(64 * 2**30)")
answering("memory_hog_in_function", "def area(width, height):\n    return bytearray(64 * 2**30)")
answering("huge_result", "def area(width, height):\n    return np.zeros(2**28, np.uint8)")
answering(
    "deep_result",
    "def area(width, height):\n    x = []\n    for _ in range(5000):\n        x = [x]\n    return x",
)
answering("cyclic_result", "def area(width, height):\n    x = []\n    x.append(x)\n    return x")
answering(
    "patched_allclose",
    WRONG + "np.allclose = lambda *a, **k: True\nnp.testing.assert_allclose = lambda *a, **k: None",
)
answering(
    "patched_builtins",
    WRONG
    + "import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.AssertionError = ValueError\nbuiltins.all = lambda x: True",
)
answering(
    "patched_check", WRONG + "import course_lib.teach\ncheck = course_lib.teach.check = lambda *a, **k: None"
)
answering(
    "patched_modules",
    WRONG
    + "import sys, types\nfake = types.ModuleType('course_lib.teach')\nfake.check = lambda *a, **k: None\nsys.modules['course_lib.teach'] = sys.modules['numpy.testing'] = fake",
)
answering(
    "patched_showtraceback",
    WRONG
    + "shell = get_ipython()\nshell.showtraceback = shell.run_cell = shell._showtraceback = lambda *a, **k: None",
)
answering(
    "patched_import",
    WRONG
    + "import builtins\nbuiltins.__import__ = None\nbuiltins.exec = builtins.eval = builtins.compile = None",
)
answering("printed_result", WRONG + "print('✓ 99.area: right, 3 of 3 cases.')\n3.0")
answering(
    "displayed_result",
    WRONG
    + "from IPython.display import display, publish_display_data\npublish_display_data({'text/plain': '3.0'})\ndisplay(3.0)\nget_ipython().displayhook(3.0)",
)
answering("printing_function", "def area(width, height):\n    print('3.0')\n    return 0")
answering(
    "always_equal_object",
    "class Any:\n    __eq__ = __le__ = __ge__ = lambda self, other: True\n    __hash__ = None\n    __array__ = __array_ufunc__ = lambda self, *a, **k: np.array(6)\ndef area(width, height):\n    return Any()",
)
answering(
    "array_subclass",
    "class Any(np.ndarray):\n    def __eq__(self, other):\n        return np.array(True)\n    def __array_ufunc__(self, *a, **k):\n        return np.array(True)\n    def __array_function__(self, *a, **k):\n        return True\ndef area(width, height):\n    return np.zeros(1).view(Any)",
)
answering(
    "float_subclass",
    "class Any(float):\n    __sub__ = __rsub__ = __eq__ = lambda self, other: 0\ndef area(width, height):\n    return Any(0)",
)
answering(
    "hostile_reduce",
    "import os\nclass Bomb:\n    def __reduce__(self):\n        return os.system, ('touch /tmp/grading-was-here',)\ndef area(width, height):\n    return Bomb()",
)
answering(
    "hostile_error",
    "class Bad(Exception):\n    def __str__(self):\n        raise SystemExit\n    __repr__ = __str__\ndef area(width, height):\n    raise Bad",
)
answering("keyboard_interrupt", "def area(width, height):\n    raise KeyboardInterrupt")
answering("raises_stop", "def area(width, height):\n    raise GeneratorExit")

FORGE = """
import gc, os, socket, stat
for number in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            os.write(number, {})
    except OSError:
        pass
"""
answering("garbage_to_the_grader", WRONG + FORGE.format("b'\\xff' * 1000"))
answering("forged_answer", WRONG + FORGE.format("b'\\x00\\x00\\x00\\x02\\x00\\x00\\x00\\x00{}' * 50"))
answering("closed_line", WRONG + "import os\nos.closerange(3, 64)")
answering("late_exit", WRONG + "import os, threading\nthreading.Timer(0.05, lambda: os._exit(0)).start()")
answering(
    "late_garbage",
    WRONG
    + "import threading, time\ndef write():\n    time.sleep(0.05)\n"
    + FORGE.format("b'\\xff' * 1000").replace("\n", "\n    ")
    + "\nthreading.Thread(target=write).start()",
)
answering(
    "surviving_children",
    WRONG
    + "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n            os.closerange(0, 64)\n            time.sleep(600)\n        os._exit(0)",
)
answering("child_holds_the_line", "import os, time\nif os.fork() == 0:\n    time.sleep(600)\nos._exit(0)")

answering(
    "kills_the_keeper",
    WRONG + "import os, signal\ntry:\n    os.kill(os.getppid(), signal.SIGKILL)\nexcept OSError:\n    pass",
)
answering(
    "remembers_hidden_data",
    "seen = []\ndef area(width, height):\n    seen.append(width)\n    return 6 if width == 2 else seen",
)


@attack()
def deleted_test(submission):
    submission.delete("test_area")


@attack()
def deleted_answer(submission):
    submission.delete("answer_area")


@attack()
def edited_test(submission):
    submission.answer("area", WRONG)
    submission.cell("test_area")["source"] = "assert True"


@attack()
def test_with_other_points(submission):
    submission.answer("area", WRONG)
    submission.cell("test_area")["metadata"]["nbgrader"]["points"] = 1000
    submission.cell("test_double")["metadata"]["nbgrader"]["points"] = "many"
    submission.cell("test_shift")["metadata"]["nbgrader"] |= {
        "grade": False,
        "locked": False,
        "solution": True,
    }


@attack()
def test_as_markdown(submission):
    submission.answer("area", WRONG)
    cell = submission.cell("test_area")
    cell["cell_type"] = "markdown"
    del cell["outputs"], cell["execution_count"]


@attack()
def stored_outputs(submission):
    submission.answer("area", WRONG)
    output = {
        "output_type": "execute_result",
        "data": {"text/plain": "3.0"},
        "metadata": {},
        "execution_count": 1,
    }
    submission.cell("test_area")["outputs"] = [output]


@attack()
def copied_test_after(submission):
    submission.answer("area", WRONG)
    copied = dict(submission.cell("test_area"), source="pass")
    submission.cells.insert(submission.cells.index(submission.cell("answer_shift")), copied)


@attack(area=3.0)
def copied_answer(submission):
    at = submission.cells.index(submission.cell("answer_area"))
    submission.cells.insert(at + 1, dict(submission.cell("answer_area")))


@attack(area=3.0)
def copied_every_cell(submission):
    submission.notebook["cells"] = [cell for cell in submission.cells for _ in range(2)]


@attack()
def another_tests_name(submission):
    submission.answer("area", WRONG)
    stolen = submission.cell("test_double")["metadata"]
    submission.delete("test_area")
    submission.add("check('99.double', double)")
    submission.cells[0]["metadata"] |= {"other": stolen}


@attack(area=3.0)
def deleted_imports(submission):
    submission.delete("imports")


@attack(area=3.0)
def edited_imports(submission):
    submission.cell("imports")["source"] = "raise SystemExit"


@attack(double=0.0, area=3.0)
def spoiled_for_all_in_the_first_task(submission):
    code = "import builtins\ndef double(x):\n    return 0\nnp.zeros = np.full = builtins.range = builtins.len = None\nnp = None"
    submission.answer("double", code)


@attack(area=3.0)
def spoiled_in_an_extra_cell(submission):
    submission.add("import os\nos.abort()").add("while True: pass").add("del double, np")


@attack(double=0.0, area=0.0, shift=0.0)
def nothing_but_prints(submission):
    for name in POINTS:
        submission.answer(name, f"print('✓ 99.{name}: right')\n{POINTS[name]}")
