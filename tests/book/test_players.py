"""Figures that move: frames from a lesson's own `draw`, and how they stand in a page."""

import json
import re

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from book.players import Player, Stops, draw_frames, html
from course_lib import teach
from tools import notebooks
from tools.syllabus import Lesson, Syllabus

CELLS = """
from course_lib.teach import figure, play, show
assert False, "what a lesson asserts is checked by its own run"
show(None, caption="", alt="")
---
def draw(height, width, sign):
    fig, ax = figure(width=2, height=1)
    ax.set_title(f"area {height * width:g}")
    return fig
---
play(draw, {"other": (0, 1, 1, 0)}, look_for="?", twin=[], caption="?", alt="another one")
play(
    draw,
    {"height": (1, 3, 1, 2), "width": (0.5, 2.0, 0.5, 0.5), "sign": ["+", "-"]},
    look_for="?", twin=[], caption="?", alt="A <rectangle>.",
)
raise SystemExit("no further than the play that was looked for")
"""


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    lesson = Lesson("07", "07_made_up", "start", "Made up", "For a test", "ready")
    monkeypatch.setattr("book.players.load", lambda: Syllabus("", "", "", (), (lesson,)))
    monkeypatch.setattr(Lesson, "notebook", lambda self: tmp_path / "07.ipynb")
    for name in (
        "play",
        "show",
    ):  # a lesson's cells are run in this very process: put back what that replaces
        monkeypatch.setattr(teach, name, getattr(teach, name))
    cells = [new_code_cell(code.strip()) for code in CELLS.split("---")]
    notebooks.write(new_notebook(cells=cells), tmp_path / "07.ipynb")
    return lesson


def test_every_combination_of_stops_is_drawn_and_described(lesson, tmp_path):
    draw_frames(Stops("07", {"height": (1, 2, 3), "width": (0.5, 2.0)}), tmp_path)
    told = json.loads((tmp_path / "player.json").read_text())
    assert sorted(p.name for p in tmp_path.glob("*.webp")) == [f"{i}.webp" for i in range(6)]
    assert told["settings"][1] == "height = 1, width = 2" and told["captions"][1] == "area 2"
    assert told["start"] == [1, 0] and told["alt"] == "A <rectangle>."


def test_a_start_that_is_no_stop_is_refused(lesson, tmp_path):
    with pytest.raises(ValueError, match="height starts at 2, which is no stop of"):
        draw_frames(Stops("07", {"height": (1, 3)}), tmp_path)


def test_a_play_that_isn_t_there_is_named(lesson, tmp_path):
    notebooks.write(new_notebook(cells=[new_code_cell("x = 1")]), tmp_path / "07.ipynb")
    with pytest.raises(LookupError, match=r"lesson 07 has no play\(\) with depth, height"):
        draw_frames(Stops("07", {"height": (1,), "depth": (1,)}), tmp_path)


def test_a_page_shows_the_start_and_says_it(tmp_path):
    stops = Stops("07", {"height": (1, 2, 3), "log_width": (0.5, 2.0)})
    settings = [f"height = {h}, log width = {w:g}" for h in (1, 2, 3) for w in (0.5, 2.0)]
    player = Player(stops, "../frames", "A <rectangle>.", (200, 100), [1, 0], settings, [""] * 6)
    page = html(player)
    assert (
        'src="../frames/2.webp" width="200" height="100" alt="height = 2, log width = 0.5: A &lt;rectangle&gt;."'
        in page
    )
    assert "<output>height = 2, log width = 0.5</output>" in page and "\n\n" not in page
    assert re.findall(r'max="(\d)" value="(\d)".*aria-valuetext="([\d.]+)"', page) == [
        ("2", "1", "2"),
        ("1", "0", "0.5"),
    ]
    texts = re.search(r"<script[^>]*>(.*?)</script>", page)[1]
    assert "<" not in texts and json.loads(texts)["alt"] == "A <rectangle>."


@pytest.mark.parametrize(
    ("code", "there"),
    [
        ('play(draw, {"height": (1, 2, 1, 1)})', True),
        ('play(draw, {"width": []})', False),
        ('{"height": 1}', False),
    ],
)
def test_the_cell_of_a_player_is_told_by_its_controls(code, there):
    assert Player(Stops("07", {"height": (1,)}), "", "", (1, 1), [0], [""], [""]).in_cell(code) is there
