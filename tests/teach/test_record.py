"""The student's record survives damage, missing rights and being switched off; solutions read it."""

import json
import threading
from pathlib import Path

import pytest

from course_lib.teach import checks, record, solution
from course_lib.teach.tasks import Mistake, Task


def _task(key):
    return Task(key, "f", abs, lambda rng: [()], (Mistake("m", abs, "h"),))


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A small course folder whose lesson 98 has the tasks 98.a and 98.b."""
    monkeypatch.setattr(record, "course_root", lambda: tmp_path)
    tasks = (_task("98.a"), _task("98.b"))
    monkeypatch.setattr(checks, "find_task", lambda key: next(t for t in tasks if t.key == key))
    return tmp_path


def test_counts_and_keeps():
    record.note_check("98.a", False)
    record.note_check("98.a", True)
    record.note_check("98.a", False)
    record.note_guess("98.q", 3)
    assert record.load() == {"checks": {"98.a": {"tried": 3, "passed": True}}, "guesses": {"98.q": 3}}
    assert [p.name for p in record.record_path().parent.iterdir()] == ["progress.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"checks": []}', b'{"checks": {"a": 1}, "guesses": {}}',
     b'{"checks": {"a": {"tried": "x", "passed": true}}, "guesses": {}}', b"[" * 100_000],
    ids=lambda content: content[:40].decode(errors="replace"),
)  # fmt: skip
def test_damaged_file_is_set_aside(content, capsys):
    path = record.record_path()
    path.write_bytes(content)
    assert record.load() == {"checks": {}, "guesses": {}}
    kept = list(path.parent.glob("progress-damaged-*.json"))
    assert [k.read_bytes() for k in kept] == [content]
    assert f"kept as {kept[0].name}" in capsys.readouterr().out
    record.note_check("98.a", True)
    assert json.loads(path.read_text())["checks"]


def test_unwritable_place_is_no_error(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("COURSE_PROGRESS", str(blocked / "progress.json"))
    record.note_check("98.a", True)
    assert record.load()["checks"] == {}
    assert record.tried("98.a")


@pytest.mark.parametrize("held", ["read_text", "replace"], ids=["unreadable", "damaged and unmovable"])
def test_what_cannot_be_had_is_not_written_over(held, monkeypatch, capsys):
    path = record.record_path()
    content = '{"checks": {}, "guesses": {"98.q": 3}}' if held == "read_text" else "{"
    path.write_text(content)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, held, refuse)
        record.note_check("98.a", True)
        record.note_guess("98.q", 5)
        assert record.load() == {"checks": {}, "guesses": {}}
    assert [file.read_text() for file in path.parent.iterdir()] == [content]
    said = capsys.readouterr().out
    assert "progress.json can't be read (Permission denied)" in said or "could not be moved" in said


def test_off(monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    record.note_guess("98.a", 1)
    assert record.record_path() is None
    assert record.load()["guesses"] == {}


def test_default_place(monkeypatch):
    monkeypatch.delenv("COURSE_PROGRESS")
    assert record.record_path() == record.course_root() / ".course" / "progress.json"
    assert (record.course_root() / "course_lib").is_dir()


def test_many_writers_leave_a_whole_file():
    threads = [threading.Thread(target=record.note_guess, args=(f"98.{i}", "x" * 5000)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert record.load()["guesses"]
    assert list(Path(record.record_path().parent).glob("*damaged*")) == []


def _exercise(course, source, grade_id="answer_a"):
    cell = {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": grade_id}}, "source": source}
    path = course / "exercises" / "source" / "98_lab" / "98_lab.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cells": [{"metadata": {}, "source": ""}, cell]}))


@pytest.mark.parametrize("as_list", [False, True])
def test_solution_opens_after_a_try(course, published, capsys, as_list):
    code = "def f(x):\n    ### BEGIN SOLUTION\n    y = x\n    return y\n    ### END SOLUTION\n"
    _exercise(course, code.splitlines(keepends=True) if as_list else code)
    solution("98.a")
    assert "try check('98.a', …) first" in capsys.readouterr().out
    assert not published
    record.note_check("98.a", False)
    solution("98.a")
    assert published[0][0]["text/plain"] == "def f(x):\n    y = x\n    return y"


def test_prose_opens_with_its_rubric(course, published):
    prose = "Both are true.\n\n**Rubric**\n- 1 point: says why."
    _exercise(course, f"### BEGIN SOLUTION\n{prose}\n### END SOLUTION\n", grade_id="explain_bytes")
    solution("98.explain_bytes")
    assert published[0][0]["text/markdown"] == prose


def test_solution_missing(course, capsys):
    record.note_check("98.b", False)
    solution("98.b")
    assert "isn't in this copy" in capsys.readouterr().out
