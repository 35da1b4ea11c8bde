"""Every task of the course: its answer passes, each known mistake fails with its own hint, nonsense with a general one."""

import numpy as np
import pytest

from course_lib.teach import CheckFailed, check
from course_lib.teach.tasks import all_tasks, find_task, lesson_tasks

TASKS = all_tasks()
BANK = [(task, mistake) for task in TASKS for mistake in task.mistakes]

if not TASKS:
    pytest.skip("no lesson has tasks yet", allow_module_level=True)

each_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.key)
visible_and_hidden = pytest.mark.parametrize("hidden", [False, True], ids=["visible", "hidden"])


def _check(task, answer, hidden):
    check(task.key, answer, cases=task.cases if hidden else None)


def _mistake_of(task, answer, hidden):
    with pytest.raises(CheckFailed) as caught:
        _check(task, answer, hidden)
    return caught.value


@each_task
def test_task_is_whole(task):
    assert find_task(task.key) is task
    assert task.name.isidentifier()
    assert task.kind in ("function", "value")
    assert len({m.name for m in task.mistakes}) == len(task.mistakes) >= 3
    assert all(m.hint.strip() and m.name.strip() for m in task.mistakes)


def test_keys_are_unique():
    keys = [task.key for task in TASKS]
    assert len(set(keys)) == len(keys)
    assert all(task in lesson_tasks(task.key.split(".")[0]) for task in TASKS)


@visible_and_hidden
@each_task
def test_reference_passes(task, hidden, capsys):
    answer = task.reference if task.kind == "function" else task.reference()
    _check(task, answer, hidden)
    assert capsys.readouterr().out.startswith(f"✓ {task.key}")


@visible_and_hidden
@pytest.mark.parametrize(("task", "mistake"), BANK, ids=[f"{t.key}-{m.name}" for t, m in BANK])
def test_mistake_fails_with_its_own_hint(task, mistake, hidden):
    failed = _mistake_of(task, mistake.wrong, hidden)
    assert failed.mistake == mistake.name
    assert str(failed) == f"✗ {task.key}: {mistake.hint}"


def _raise(*_):
    raise RuntimeError("nonsense")


def _unwritten(*_):
    raise NotImplementedError


def _leave(*_):
    raise SystemExit


NONSENSE = {
    "None": lambda *_: None,
    "a string": lambda *_: "nonsense",
    "NaN": lambda *_: float("nan"),
    "an array of NaN": lambda *_: np.full((3, 7, 5), np.nan),
    "an empty array": lambda *_: np.empty((0, 11)),
    "objects": lambda *_: np.array([object()]),
    "raises": _raise,
    "exits": _leave,
}
OWN_NAME = {"None": "returned None", "raises": "raised", "exits": "raised"}


@visible_and_hidden
@pytest.mark.parametrize("kind", NONSENSE)
@each_task
def test_nonsense_fails_with_a_general_name(task, kind, hidden):
    failed = _mistake_of(task, NONSENSE[kind], hidden)
    general = {
        "type",
        "keys",
        "length",
        "shape",
        "dtype",
        "NaN",
        "values",
        "unknown name",
        "raised",
        "returned None",
        "did not raise",
    }
    assert failed.mistake in general
    if kind in OWN_NAME and failed.mistake != "did not raise":
        assert failed.mistake == OWN_NAME[kind]


@each_task
def test_stub_fails(task):
    assert _mistake_of(task, _unwritten, False).mistake == "not implemented"


@each_task
def test_missing_function_fails(task):
    if task.kind == "value":
        pytest.skip("a value task takes a value")
    assert _mistake_of(task, 3, False).mistake == "not a function"


@pytest.mark.parametrize("task", lesson_tasks("01"), ids=lambda task: task.key)
def test_mistakes_stay_apart_whatever_the_secret(task, monkeypatch):
    for secret in range(5):
        monkeypatch.setenv("COURSE_SECRET", f"class {secret}")
        _check(task, task.reference, hidden=True)
        for mistake in task.mistakes:
            assert _mistake_of(task, mistake.wrong, hidden=True).mistake == mistake.name


def _by_equality_of_floats(photo, output):
    from course_lib.color import normalize_lab, rgb_to_lab

    return "fine" if np.allclose(normalize_lab(rgb_to_lab(photo / 255)), output, atol=1e-3) else "scale"


def test_diagnose_says_which_case_and_what_was_answered():
    failed = _mistake_of(find_task("01.diagnose"), _by_equality_of_floats, hidden=False)
    assert failed.mistake == "values"
    assert "yours is 'scale', correct is '" in str(failed)
    assert "of 15; input uint8 (" in str(failed)


@each_task
def test_hidden_data_hang_on_the_secret(task, monkeypatch):
    if task.kind == "value":
        pytest.skip("a value task has no data")
    seen = []

    def cases(rng):
        seen.append(rng.random())
        return task.cases(rng)

    for secret in ("one", "two", "one"):
        monkeypatch.setenv("COURSE_SECRET", secret)
        check(task.key, task.reference, cases=cases)
    assert seen[0] == seen[2] != seen[1]
