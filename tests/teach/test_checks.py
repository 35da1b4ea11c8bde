"""`check` on made-up tasks: it recognizes, explains and never crashes."""

import sys

import numpy as np
import pytest

from course_lib.teach import CheckFailed, check, checks, record
from course_lib.teach.compare import Different, changed, plain, require_same
from course_lib.teach.tasks import Mistake, Task, find_task

DOUBLE = Task(
    key="99.double",
    name="double",
    reference=lambda x: 2.0 * x,
    cases=lambda rng: [(rng.random((3, 2)),), (np.array([1.0, 4.0]),)],
    mistakes=(
        Mistake("squared", lambda x: x**2, "You square."),
        Mistake("transposed", lambda x: 2.0 * x.T, "Your axes are exchanged."),
        Mistake("checks too much", lambda x: [][1], "You index an empty list."),
    ),
)


@pytest.fixture(autouse=True)
def _one_task(monkeypatch):
    monkeypatch.setattr(checks, "find_task", lambda key: {"99.double": DOUBLE}[key])


def failure(answer, **kwargs):
    with pytest.raises(CheckFailed) as caught:
        check("99.double", answer, **kwargs)
    return caught.value


def test_right_answer(capsys):
    check("99.double", lambda x: x + x)
    assert capsys.readouterr().out == "✓ 99.double: right, 2 of 2 cases.\n"
    assert record.load()["checks"]["99.double"] == {"tried": 1, "passed": True}


def _changes(x):
    x *= 2
    return x


def _unwritten(x):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("answer", "name", "words"),
    [
        (lambda x: x * x, "squared", "You square."),
        (lambda x: 2 * np.asarray(x).transpose(), "transposed", "axes"),
        (lambda x: [1][2], "checks too much", "empty list"),
        (lambda x: None, "returned None", "return missing"),
        (_unwritten, "not implemented", "isn't written"),
        (lambda x: x / 0 if x is None else 1 / len(x.nothing), "raised", "AttributeError"),
        (lambda x: (2.0 * x)[..., None], "shape", "(3, 2, 1), expected (3, 2)"),
        (lambda x: (2 * x).astype(int), "dtype", "whole numbers (int64), expected fractions"),
        (lambda x: np.full_like(x, np.nan), "NaN", "100%"),
        (lambda x: 2 * x + 1, "values", "100%"),
        (
            lambda x: 2 * x + 5 * (x == 4),
            "values",
            "at [1] yours is 13, correct is 8 (case 2 of 2; input float64 (2,))",
        ),
        (lambda x: 2 * x + np.where(x == 4, np.nan, 0), "NaN", "at [1] yours is nan, correct is 8"),
        (lambda x: 2 * x * [1, 2], "values", "input float64 (3, 2)"),
        (lambda x: 2 * x + 5e-4 * (x == 4), "values", "yours is 8.0005, correct is 8 "),
        (lambda x: "text", "type", "expected a float64 array of shape (3, 2)"),
        (lambda x: np.array([object()]), "type", "expected numbers"),
        (_changes, "changed its input", "copy"),
        (lambda: 1, "raised", "TypeError"),
        (None, "not a function", "expected a function"),
        (np.zeros(3), "not a function", "ndarray"),
    ],
)
def test_wrong_answer(answer, name, words):
    failed = failure(answer)
    assert failed.mistake == name
    assert words in str(failed)
    assert failed._render_traceback_() == [str(failed)]
    tried = record.load()["checks"].get("99.double")
    assert tried == (None if name in checks.UNTRIED else {"tried": 1, "passed": False})
    assert record.tried("99.double") == (name not in checks.UNTRIED)


class Hostile:
    """An object that raises whatever one does with it."""

    def __eq__(self, other):
        raise RuntimeError

    __hash__ = None

    def __array__(self, *args, **kwargs):
        raise RuntimeError

    def __deepcopy__(self, memo):
        raise RuntimeError


@pytest.mark.parametrize("value", [Hostile(), [Hostile()], {"a": Hostile()}, np.ma.masked, 10**400, float])
def test_odd_results_never_crash(value):
    assert failure(lambda x: value).mistake in ("type", "shape")


def test_one_buffer_for_all_answers():
    buffer = np.empty((3, 2))

    def answer(x):
        out = buffer if x.shape == buffer.shape else np.empty_like(x)
        np.multiply(x, 2, out=out)
        return out

    check("99.double", answer)


def test_precision_is_no_mistake():
    check("99.double", lambda x: (2 * x).astype(np.float32))


def test_hidden_messages_do_not_repeat_data():
    def answer(x):
        raise ValueError(f"the data are {x}")

    assert "the data are" in str(failure(answer))
    failed = failure(answer, cases=DOUBLE.cases)
    assert "data" not in str(failed)
    assert failed.mistake == "raised"
    assert "(3, 2)" not in str(failed)


def test_hidden_messages_show_no_entry():
    failed = failure(lambda x: 2 * x + 5 * (x == 4), cases=DOUBLE.cases)
    assert str(failed) == "✗ 99.double: the result is not right in 50% of its entries (case 2 of 2)."


def test_names_are_listed(monkeypatch):
    task = Task(
        "99.t", "t", lambda x: "hot" if x > 30 else "mild", lambda rng: [(40.0,), (20.0,)],
        (Mistake("always hot", lambda x: "hot", "You never say mild."),),
    )  # fmt: skip
    monkeypatch.setattr(checks, "find_task", lambda key: task)
    check("99.t", task.reference)
    for answer, name, said in [
        (lambda x: "hot", "always hot", "You never say mild."),
        (lambda x: "mild", "values", "the result is not right: yours is 'mild', correct is 'hot' (case 1 of 2; input 40)."),
        (lambda x: "HOT", "unknown name", "the result is 'HOT', which is none of 'hot', 'mild' (case 1 of 2; input 40)."),
    ]:  # fmt: skip
        with pytest.raises(CheckFailed) as caught:
            check("99.t", answer)
        assert (caught.value.mistake, str(caught.value)) == (name, f"✗ 99.t: {said}")
    with pytest.raises(CheckFailed, match=r"the result is none of 'hot', 'mild' \(case 1 of 2\)"):
        check("99.t", lambda x: "HOT", cases=task.cases)


def test_unknown_key_is_one_line_in_a_notebook(monkeypatch):
    monkeypatch.setattr(checks, "find_task", find_task)
    with pytest.raises(checks.UnknownTask, match=r"no task '01\.nothing'; there is 01\.to_rgb") as caught:
        check("01.nothing", len)
    assert caught.value._render_traceback_() == [str(caught.value)]


def test_secret_file(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "course_root", lambda: tmp_path)
    assert checks.secret() == "self-study"
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "secret.txt").write_text("hush\n")
    assert checks.secret() == "hush"
    monkeypatch.setenv("COURSE_SECRET", "louder")
    assert checks.secret() == "louder"


def test_value_task(monkeypatch):
    task = Task("99.n", "n", lambda: 3, lambda rng: [()], (Mistake("two", 2, "Count again."),), kind="value")
    monkeypatch.setattr(checks, "find_task", lambda key: task)
    check("99.n", 3)
    check("99.n", np.int64(3))
    for answer, name in [
        (2, "two"),
        (4, "values"),
        (3.0, "dtype"),
        (True, "dtype"),
        ("3", "type"),
        (None, "returned None"),
    ]:
        with pytest.raises(CheckFailed) as caught:
            check("99.n", answer)
        assert caught.value.mistake == name
        assert "3" not in str(caught.value).replace("99.n", "").replace("3.0", "")


def test_expected_error(monkeypatch):
    def strict(x):
        if x < 0:
            raise ValueError
        return x

    task = Task("99.s", "s", strict, lambda rng: [(1,), (-1,)], (Mistake("abs", abs, "You drop the sign."),))
    monkeypatch.setattr(checks, "find_task", lambda key: task)
    check("99.s", strict)
    for answer, name in [
        (abs, "abs"),
        (lambda x: x, "did not raise"),
        (lambda x: x if x > 0 else [][0], "raised"),
    ]:
        with pytest.raises(CheckFailed) as caught:
            check("99.s", answer)
        assert caught.value.mistake == name


def test_compare_callable(monkeypatch):
    task = Task(
        "99.c", "c", lambda: {1, 2}, lambda rng: [()], (Mistake("one", lambda: {1}, "One is missing."),),
        compare=lambda expected, got: expected == got,
    )  # fmt: skip
    monkeypatch.setattr(checks, "find_task", lambda key: task)
    check("99.c", lambda: {2, 1})
    for answer, name in [(lambda: {1}, "one"), (lambda: {3}, "values"), (Hostile, "values")]:
        with pytest.raises(CheckFailed) as caught:
            check("99.c", answer)
        assert caught.value.mistake == name


@pytest.mark.parametrize(
    ("expected", "got", "name"),
    [
        ((1.0, "a"), (1.0, "b"), "values"),
        ((1.0, 2.0), (1.0,), "length"),
        ({"a": 1.0}, {"b": 1.0}, "keys"),
        ({"a": 1.0}, [1.0], "type"),
        ({"a": [1.0, np.nan]}, {"a": [1.0, 3.0]}, "values"),
        (True, 1, "dtype"),
        ("a", 1, "type"),
        (np.zeros(2), [0.0, 0.0], "type"),
    ],
)
def test_containers(expected, got, name):
    require_same(expected, expected, 0.0)
    with pytest.raises(Different) as caught:
        require_same(expected, got, 1e-6)
    assert caught.value.name == name


@pytest.mark.filterwarnings("error")
def test_empty_arrays():
    require_same(np.zeros((0, 3)), np.zeros((0, 3)), 0.0)


def test_torch_tensors_count_as_arrays():
    torch = pytest.importorskip("torch")
    x = torch.ones(2, requires_grad=True)
    require_same(np.full(2, 2.0), x * 2, 1e-6)
    require_same(x.bfloat16(), np.ones(2), 1e-6)
    before = torch.zeros(3)
    after = before.clone()
    assert not changed((before,), (after,))
    after += 1
    assert changed((before,), (after,))


def test_comparing_does_not_import_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert plain([1, np.float32(2)]) == [1, 2]
