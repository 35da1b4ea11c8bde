"""A test cell's verdict: points, parts of points, hints, and nothing of a hidden test's data."""

import numpy as np
import pytest

from course_lib.teach import check
from tests.grade.demo import TASK, TESTS
from tools.grade.judge import judge, segments, without_hidden
from tools.grade.sandbox import Stopped
from tools.grade.source import defined_names
from tools.grade.stand_ins import StandIns

CELL = (
    "assert f(1) == 2, 'one'\n### BEGIN HIDDEN TESTS\nassert f(77) == 154, 'secret 77'\n### END HIDDEN TESTS"
)


class Answers:
    """Stands for a sandbox: answers calls from Python functions, or raises."""

    timeout = 1.0

    def __init__(self, **functions):
        self.functions, self.calls = functions, 0

    def ready(self):
        pass

    def fetch(self, name, deadline):
        value = self.functions.get(name)
        return (
            {"missing": True}
            if value is None
            else {"callable": True}
            if callable(value)
            else {"value": value}
        )

    def call(self, name, args, kwargs, deadline):
        self.calls += 1
        return self.functions[name](*args, **kwargs)


def verdict(cell, points=1.0, **functions):
    """Judge a cell against functions that give an answer's message."""
    return judge(cell, {}, StandIns(Answers(**functions), set(functions) | {"f"}), points)


def test_a_right_answer_passes():
    found = verdict(CELL, f=lambda x: {"value": 2 * x})
    assert (found.share, found.status) == (1.0, "passed")


def test_an_answer_fitted_to_the_visible_test_fails_without_telling_the_hidden_one():
    found = verdict(CELL, f=lambda x: {"value": 2})
    assert (found.share, found.status) == (0.0, "failed")
    assert "77" not in found.hint
    assert "other data" in found.hint


def test_a_visible_failure_shows_the_tests_message():
    assert verdict(CELL, f=lambda x: {"value": 0}).hint == "one"


def test_an_error_that_repeats_hidden_data_is_not_shown():
    def f(x):
        return {"value": 2} if x == 1 else {"error": {"type": "ValueError", "said": f"got {x}", "lines": []}}

    assert "77" not in verdict(CELL, f=f).hint


@pytest.mark.parametrize(("told", "hint"), [
    ({"type": "ValueError", "said": "no\n good", "lines": [(3, "x = 1")]}, "ValueError: no good; line 3: x = 1"),
    ({"type": "SystemExit", "said": "0", "lines": []}, "SystemExit: 0"),
    ({"type": "not a name", "said": None, "lines": [()]}, "Error: None"),
    ({}, "Error"), ("nonsense", "Error"), ({"lines": [(1, 2, 3)], "type": []}, "Error"),
])  # fmt: skip
def test_errors_of_the_student_arrive_as_errors(told, hint):
    found = verdict("f(1)", f=lambda x: {"error": told})
    assert found.status == "failed"
    assert hint in found.hint


@pytest.mark.parametrize(("last", "share"), [
    ("2.0", 0.5), ("4", 1.0), ("9", 1.0), ("-1", 0.0), ("float('nan')", 0.0), ("True", 1.0), ("'3'", 1.0), ("None", 1.0),
    ("np.float32(1)", 0.25), ("x = 1", 1.0),
])  # fmt: skip
def test_a_cell_that_ends_in_a_number_gives_that_many_points(last, share):
    assert judge(f"import numpy as np\n{last}", {}, points=4.0).share == share


def test_a_stop_costs_one_time_limit_and_tells_why():
    def hang(*args):
        raise Stopped("stopped: not done within 1 s")

    answers = Answers(f=hang)
    cell = "for i in range(5):\n    try:\n        f(i)\n    except Exception:\n        pass"
    found = judge(cell, {}, StandIns(answers, {"f"}))
    assert (found.status, found.hint, answers.calls) == ("stopped", "stopped: not done within 1 s", 1)


def test_a_missing_name_is_told_with_its_reason():
    found = judge("f(1)", {}, StandIns(Answers(), {"f"}, "its cell ended in SyntaxError"))
    assert found.hint == "`f` isn't defined: its cell ended in SyntaxError"


def test_a_name_that_the_test_itself_gives_needs_no_answer():
    cell = "def g(f):\n    return f\nassert g(3) == 3"
    assert judge(cell, {}, StandIns(Answers(), {"f"})).status == "passed"


def test_values_are_data():
    assert judge("assert x.sum() == 3", {}, StandIns(Answers(x=np.ones(3)), {"x"})).status == "passed"


def test_what_an_answer_does_to_its_arguments_is_done_to_the_tests():
    def f(x):
        return {"value": None, "changed": [x + 1]}

    cell = "import numpy as np\nx = np.zeros(2)\nf(x)\nassert x.sum() == 2"
    assert verdict(cell, f=f).status == "passed"


def test_check_recognizes_a_mistake_through_a_stand_in(monkeypatch):
    monkeypatch.setattr("course_lib.teach.checks.find_task", lambda key: TASK)
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    answers = Answers(double=lambda x: {"value": x**2})
    found = judge(TESTS["double"], {"check": check}, StandIns(answers, {"double"}))
    assert (found.mistake, found.hint) == ("squared", "✗ 99.double: this squares: 3 should give 6")


def test_an_error_told_by_check_names_the_students_line_and_none_of_ours(monkeypatch):
    monkeypatch.setattr("course_lib.teach.checks.find_task", lambda key: TASK)
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    told = {"type": "ZeroDivisionError", "said": "division by zero", "lines": [(2, "return x / 0")]}
    answers = Answers(double=lambda x: {"error": told})
    hint = judge(TESTS["double"], {"check": check}, StandIns(answers, {"double"})).hint
    assert "ZeroDivisionError" in hint
    assert "line 2: return x / 0" in hint
    assert "raise error" not in hint
    assert "ask(" not in hint


def test_hidden_parts_are_told_apart_and_keep_their_lines():
    assert [hidden for _, hidden in segments(CELL)] == [False, True]
    assert segments(CELL)[1][0].count("\n") == CELL[: CELL.index("assert f(77)")].count("\n") + 1
    assert without_hidden(CELL) == "assert f(1) == 2, 'one'"
    assert without_hidden(CELL, ["# more"]).endswith("# more")


def test_defined_names_are_those_of_the_top_level():
    code = (
        "import os\nclass A:\n    inner = 1\ndef b():\n    local = 1\nasync def c(): pass\nfor d in range(3):\n"
        "    e, (f, *g) = [h for h in ()], (1,)\nwith x as i: pass\nif (j := 1): k: int = 2\nl[0] = m.n = 1\n"
        "try: pass\nexcept E as o: p = 1"
    )
    assert defined_names(code) == set("Abcdefgijkp")
