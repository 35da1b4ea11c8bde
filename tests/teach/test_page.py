"""The progress page: states, what comes next, and a map whose arrows are the syllabus's needs."""

import subprocess
import sys

import numpy as np
import pytest

from course_lib.teach import page, progress, record
from course_lib.teach.tasks import Mistake, Task
from tools import notebooks
from tools.syllabus import ROOT, load

COURSE = """
parts = [{ key = "a", title = "Part A: begin" }, { key = "b", title = "Part B" }]
[[lessons]]
number = "00"
part = "a"
title = "Start <here>"
status = "ready"
needs = []
minutes = { reading = 5, running = 1, exercises = 0 }
"""
LESSON = """
[[lessons]]
number = "{}"
part = "{}"
title = "Lab"
status = "{}"
needs = {}
minutes = {{ reading = 5, running = 1, exercises = 3 }}
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A small course: 00, then 96 and 97 that need it, 98 that needs both, and 99, which is planned."""
    lessons = [
        ("96", "a", "ready", ["00"]),
        ("97", "b", "ready", ["00"]),
        ("98", "b", "ready", ["96", "97"]),
        ("99", "b", "planned", []),
    ]
    (tmp_path / "course.toml").write_text(COURSE + "".join(LESSON.format(*lesson) for lesson in lessons))
    monkeypatch.setattr(record, "course_root", lambda: tmp_path)
    tasks = {
        number: tuple(
            Task(f"{number}.{name}", "f", abs, lambda rng: [()], (Mistake("m", abs, "h"),)) for name in "ab"
        )
        for number in ("96", "97", "98")
    }
    monkeypatch.setattr(page, "lesson_tasks", lambda number: tasks.get(number, ()))


def _said(published):
    """The text of the last page that was published."""
    return published[-1][0]["text/plain"]


def _solve(*numbers):
    for number in numbers:
        for name in "ab":
            record.note_check(f"{number}.{name}", True)


def test_a_fresh_student(course, published):
    progress()
    picture, caption, table = (data for data, _ in published)
    assert _said(published).splitlines() == [
        "Part A: begin",
        "  ○ 00 Start <here>: not begun; 0 guesses kept; checks passed: there are none; 6 min",
        "  ○ 96 Lab: not begun; 0 guesses kept; checks passed: 0 of 2; 9 min",
        "Part B",
        "  ○ 97 Lab: not begun; 0 guesses kept; checks passed: 0 of 2; 9 min",
        "  ○ 98 Lab: not begun; 0 guesses kept; checks passed: 0 of 2; 9 min",
        "1 more lesson is planned.",
        "Nothing is kept yet; guesses and checks are, and to run a lesson leaves no mark. "
        "Begin with lesson 00, Start <here>; then lesson 96, Lab. Also open, as all that they need is done: 97.",
    ]
    assert "Start &lt;here&gt;" in table["text/html"] and "<here>" not in table["text/html"]
    assert table["text/html"].count('scope="row"') == 4 and table["text/html"].count('scope="rowgroup"') == 2
    assert "0 of 4 lessons are done" in caption["text/plain"]
    ((_, metadata), *_) = published
    (details,) = metadata.values()
    assert details["alt"] in picture["text/plain"]
    assert "98 needs 96 and 97. Done: none; begun: none. Marked as next: 96." in details["alt"]


def test_states_follow_the_record(course, published):
    record.note_guess("00.q", 1)
    record.note_check("96.a", True)
    record.note_guess("96.q", 1)
    record.note_check("97.a", False)
    progress(picture=False)
    said = _said(published)
    assert "✓ 00 Start <here>: done; 1 guess kept" in said
    assert "◐ 96 Lab: begun; 1 guess kept; checks passed: 1 of 2" in said
    assert "◐ 97 Lab: begun; 0 guesses kept; checks passed: 0 of 2" in said
    assert said.endswith("Next: the exercise 96.b of lesson 96, Lab.")
    assert len(published) == 1


def test_what_was_tried_comes_before_what_was_not(course, published):
    record.note_check("96.b", False)
    progress(picture=False)
    assert "Next: the exercise 96.b of lesson 96" in _said(published)


def test_what_needs_an_unfinished_lesson_is_not_open(course, published):
    _solve("96")
    progress(picture=False)
    assert _said(published).endswith("\nNext: lesson 97, Lab.")
    _solve("97")
    progress(picture=False)
    assert _said(published).endswith("\nNext: lesson 98, Lab.")
    _solve("98")
    progress(picture=False)
    assert _said(published).endswith("\nNext: nothing is left open. Well done.")


def test_the_picture_changes_with_the_record(course):
    before = page.rasterize(page._map(page._places()[0]))
    _solve("96")
    after = page.rasterize(page._map(page._places()[0]))
    assert before.size == after.size and (np.asarray(before) != np.asarray(after)).any()


def test_a_damaged_record_is_said_and_kept(course, published, capsys):
    record.record_path().write_text('{"checks": ')
    progress(picture=False)
    assert "Nothing is kept yet" in _said(published)
    assert "could not be read. It is kept as progress-damaged-" in capsys.readouterr().out
    assert [file.read_text() for file in record.record_path().parent.glob("progress-*")] == ['{"checks": ']


def test_the_map_is_the_syllabus():
    places, _ = page._places()
    lessons = load().ready
    assert [(p.number, p.title, p.needs) for p in places] == [
        (ln.number, ln.title, ln.needs) for ln in lessons
    ]
    spots = page._spots(places)
    assert len(set(spots.values())) == len(spots) == len(lessons)
    assert all(spots[need][0] < spots[p.number][0] for p in places for need in p.needs)
    arrows = [a for a in page._map(places).axes[0].texts if getattr(a, "arrow_patch", None)]
    by_spot = {spot: number for number, spot in spots.items()}
    drawn = sorted((by_spot[a.xy], by_spot[a.xyann]) for a in arrows)
    assert drawn == sorted((ln.number, need) for ln in lessons for need in ln.needs)
    for lesson in (ln for ln in lessons if ln.needs):
        assert f"{lesson.number} needs {' and '.join(lesson.needs)}" in page._in_words(places)


def test_lesson_00_stores_a_fresh_student_s_page_and_is_compared(published):
    progress()
    (cell,) = [
        c for c in notebooks.read(load().select(["00"])[0].notebook()).cells if c.source == "progress()"
    ]
    assert not cell.metadata.get("tags")
    stored = [{mime: text for mime, text in o.data.items() if mime.startswith("text/")} for o in cell.outputs]
    fresh = [{m: text for m, text in data.items() if m.startswith("text/")} for data, _ in published]
    assert stored == fresh, "run: make sync N=00"


@pytest.mark.parametrize("place", ["off", "progress.json"])
def test_the_command(place, tmp_path, monkeypatch):
    where = place if place == "off" else str(tmp_path / place)
    monkeypatch.setenv("COURSE_PROGRESS", where)
    if place != "off":
        record.note_guess("00.q", 1)
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")  # a console that knows no sign
    command = [sys.executable, "-m", "course_lib.teach"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "? 01 Lab color space: not begun" in done.stdout
    assert done.stdout.splitlines()[-1] == (
        "Nothing is recorded: COURSE_PROGRESS is off." if place == "off" else f"Your record: {where}"
    )
    assert ("00 Start here: done" in done.stdout) == (place != "off")
