"""Every stored lesson: made from its text, executed in order, clean, and in the course's style."""

import pytest

from tools import lint, notebooks, sync
from tools.syllabus import load

SYLLABUS = load()
PAIRS = sync.pairs(SYLLABUS.lessons, exercises=False)
EXERCISES = sync.pairs(SYLLABUS.lessons, exercises=True)
STORED = [lesson.notebook() for lesson in SYLLABUS.lessons if lesson.notebook().is_file()]


def _name(path):
    return path.stem


@pytest.mark.parametrize(("text", "notebook"), [pytest.param(*pair, id=_name(pair[1])) for pair in PAIRS])
def test_a_lesson_is_what_its_text_gives(text, notebook):
    assert not sync.drift(text, notebook), f"run: make sync N={notebook.stem[:2]}"


@pytest.mark.parametrize(("text", "notebook"), [pytest.param(*pair, id=_name(pair[1])) for pair in EXERCISES])
def test_an_exercise_is_what_its_text_gives(text, notebook):
    assert not sync.drift(text, notebook), (
        f"run: make exercises (python -m tools.sync --exercises {notebook.stem[:2]})"
    )


@pytest.mark.parametrize("rule", lint.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", STORED, ids=_name)
def test_style(path, rule):
    assert not rule(notebooks.read(path))


@pytest.mark.parametrize("path", STORED, ids=_name)
def test_size(path):
    assert path.stat().st_size <= lint.MOST_BYTES
