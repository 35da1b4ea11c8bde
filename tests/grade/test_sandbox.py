"""The student's process: what it may do, what stops it, and that it comes back."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from tools.grade import confine, kernel
from tools.grade.sandbox import Keeper, Sandbox, Stopped

needs_landlock = pytest.mark.skipif(not kernel.landlock_version(), reason="this kernel has no Landlock")
needs_seccomp = pytest.mark.skipif(
    not kernel.seccomp_known(), reason="no table of system calls for this machine"
)


@pytest.fixture(scope="module")
def keeper():
    with Keeper(["numpy", "matplotlib.pyplot", "course_lib.color", "course_lib.teach"]) as keeper:
        yield keeper


@pytest.fixture
def sandbox(keeper):
    with Sandbox(keeper, timeout=5) as sandbox:
        yield sandbox


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="elsewhere nothing is loaded before a fork")
def test_more_modules_are_loaded_for_the_next_process_even_by_a_keeper_that_was_ended(keeper):
    asked = "import sys; [name in sys.modules for name in ('colorsys', 'this_course.has_none', 'wave')]"
    keeper.load(["colorsys", "numpy", "this_course.has_none"])
    with Sandbox(keeper, timeout=5) as sandbox:
        assert sandbox.run(asked)["shown"][0]["text/plain"] == "[True, False, False]"
    keeper.process.kill()
    keeper.load(["wave"])
    with Sandbox(keeper, timeout=5) as sandbox:
        assert sandbox.run(asked)["shown"][0]["text/plain"] == "[True, False, True]"


def soon():
    return time.monotonic() + 10


def error_of(sandbox, code):
    """Type of the error that a cell ends in, "" where it runs through."""
    told = sandbox.run(code)["error"]
    return told["type"] if told else ""


def test_cells_run_like_a_notebooks(sandbox):
    told = sandbox.run("import numpy as np\nx = np.arange(3)\nprint('hello')\nx")
    assert told["printed"] == "hello\n"
    assert told["shown"] == [{"text/plain": "array([0, 1, 2])"}]
    assert told["error"] is None
    assert sandbox.fetch("x", soon())["value"].tolist() == [0, 1, 2]


def test_figures_are_kept_for_the_feedback_page(sandbox):
    told = sandbox.run("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    assert [list(data) for data in told["shown"] if "image/png" in data]


def test_an_error_names_the_lines_of_the_notebook_only(sandbox):
    sandbox.run("import json\ndef f(x):\n    return json.loads(x)")
    told = sandbox.call("f", ["{"], {}, soon())["error"]
    assert told["type"] == "JSONDecodeError"
    assert told["lines"] == [(3, "return json.loads(x)")]


def test_a_call_gives_its_value_and_what_it_changed(sandbox):
    sandbox.run("def f(x, add=0):\n    x[0] = 9\n    return x.sum() + add")
    told = sandbox.call("f", [np.zeros(2)], {"add": 1}, soon())
    assert told["value"] == 10
    assert told["changed"][0].tolist() == [9, 0]


@pytest.mark.parametrize(("code", "says"), [
    ("while True: pass", "it ran longer than 5 s and was stopped: an endless loop?"),
    ("import os; os.abort()", "SIGABRT"),
    ("import os; os._exit(3)", "exit code 3"),
    ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
])  # fmt: skip
def test_what_ends_the_process_is_told_and_the_cells_before_are_run_again(sandbox, code, says):
    sandbox.run("x = 41")
    sandbox.run("x += 1")
    with pytest.raises(Stopped, match=says):
        sandbox.run(code)
    assert sandbox.fetch("x", soon()) == {"value": 42}


def test_a_cell_that_ends_the_process_only_when_run_again_is_left_out_then(sandbox):
    sandbox.run("x = 1")
    sandbox.run("import os, time\nif time.time() > %f: os._exit(0)" % (time.time() + 2.0))
    time.sleep(2.1)
    sandbox.stop()
    assert sandbox.fetch("x", soon()) == {"value": 1}


def test_a_whole_notebook_has_a_limit_too(keeper):
    messages = []
    with Sandbox(keeper, timeout=0.2) as sandbox:
        for _ in range(16):
            with pytest.raises(Stopped) as stop:
                sandbox.run("while True: pass")
            messages.append(str(stop.value))
    assert messages[0].startswith("it ran longer than 0.2 s")
    assert messages[-1].startswith("it was left out")


def test_memory_has_a_limit(sandbox):
    assert error_of(sandbox, f"len(bytearray({confine.MEMORY}))") == "MemoryError"
    assert error_of(sandbox, "len(bytearray(2**28))") == ""


def test_the_course_secret_is_not_in_the_process(monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "tell nobody")
    with Keeper() as keeper, Sandbox(keeper, timeout=5) as sandbox:
        told = sandbox.run("import os\nprint(os.environ, open('/proc/self/environ').read())")
        assert "PATH" in told["printed"]
        assert "tell nobody" not in told["printed"]


@needs_landlock
def test_files_outside_its_folder_are_closed(sandbox, tmp_path):
    (tmp_path / "other").write_text("a submission")
    for path in (
        tmp_path / "other",
        confine.ROOT / "course.toml",
        f"/proc/{os.getpid()}/environ",
        "/etc/shadow",
    ):
        assert error_of(sandbox, f"open({str(path)!r}).read()") == "PermissionError"
    for path in (tmp_path / "new", confine.ROOT / "exercises" / "new", "/tmp/new", "/dev/shm/new"):
        assert error_of(sandbox, f"open({str(path)!r}, 'w')") in ("PermissionError", "FileNotFoundError")
    for code in (
        f"os.listdir({str(tmp_path)!r})",
        f"os.remove({str(tmp_path / 'other')!r})",
        "os.listdir('/proc')",
    ):
        assert error_of(sandbox, f"import os\n{code}") == "PermissionError"
    assert error_of(sandbox, "open('mine', 'w').write('x'); open('mine').read()") == ""


@needs_landlock
def test_a_link_or_a_program_is_no_way_out(sandbox, tmp_path):
    (tmp_path / "other").write_text("a submission")
    assert error_of(
        sandbox, f"import os\nos.symlink({str(tmp_path / 'other')!r}, 'link')\nopen('link').read()"
    )
    cat = f"import subprocess\nsubprocess.run(['cat', {str(tmp_path / 'other')!r}], check=True)"
    assert error_of(sandbox, cat) == "CalledProcessError"


@needs_landlock
def test_the_right_answers_are_closed_and_the_package_is_open(sandbox):
    assert error_of(sandbox, "from course_lib.color import rgb_to_lab") == ""
    answers = Path(confine.ROOT, "course_lib/teach/tasks/task.py")
    assert error_of(sandbox, f"open({str(answers)!r}).read()") == "PermissionError"


@pytest.mark.parametrize("name", ["check", "solution"])
def test_checks_in_a_students_own_cells_are_left_out(sandbox, name):
    told = sandbox.run(f"from course_lib.teach import {name}\n{name}('01.normalize')")
    assert (told["printed"], told["error"]) == ("01.normalize: left out while grading\n", None)


@needs_seccomp
@pytest.mark.parametrize("code", [
    "import socket; socket.socket()",
    "import socket; socket.socket(socket.AF_UNIX)",
    "import os; os.kill(os.getppid(), 0)",
    "import os; os.kill(-1, 0)",
    "import resource, os; resource.prlimit(os.getppid(), resource.RLIMIT_CPU)",
])  # fmt: skip
def test_network_and_other_processes_are_closed(sandbox, code):
    assert error_of(sandbox, code) == "PermissionError"


@pytest.mark.skipif(os.name != "posix" or not Path("/proc").is_dir(), reason="looks into /proc")
def test_children_end_with_it_even_those_that_left_its_session(keeper):
    with Sandbox(keeper, timeout=5) as sandbox:
        sandbox.run(
            "import os, time\n"
            "for _ in range(3):\n"
            "    if os.fork() == 0:\n"
            "        os.setsid()\n"
            "        if os.fork() == 0:\n"
            "            time.sleep(600)\n"
            "        os._exit(0)"
        )
        assert len(_below(keeper.process.pid)) > 1
    assert _below(keeper.process.pid) == []


def _below(parent):
    """Pids of the processes below one."""
    found, parents = [], {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    for pid, above in parents.items():
        found += [pid, *_below_in(parents, pid)] if above == parent else []
    return found


def _below_in(parents, parent):
    return [p for pid, above in parents.items() if above == parent for p in (pid, *_below_in(parents, pid))]


def test_describe_says_in_words_what_there_is():
    walls, kept_apart = confine.describe()
    assert kept_apart == bool(kernel.landlock_version())
    assert all(isinstance(wall, str) for wall in walls)
