"""A small notebook through a real kernel: widgets, figures, guesses, a failing check, and twice the same text."""

import os

import nbformat
import pytest
from nbclient import NotebookClient

SETUP = """\
import numpy as np
from course_lib.teach import check, figure, headline, play, predict, show
from course_lib.teach.tasks import Mistake, Task
from course_lib.teach import checks
checks.find_task = lambda key: Task(key, "f", abs, lambda rng: [(-1.0,)], (Mistake("m", lambda x: x, "The sign stays."),))
def draw(power):
    fig, ax = figure()
    ax.plot(np.linspace(0, 1) ** power)
    return fig
"""
CELLS = [
    SETUP,
    'play(draw, {"power": (1, 3, 1, 2)}, look_for="The bend.", twin=[{"power": 1}], caption="It bends.", alt="A bent line")',
    'predict("00.a", "How much?", low=0, high=1)\npredict("00.b", "Which?", choices=["one", "two"])',
    'predict.reveal("00.a", 0.25)\nheadline("A quarter")',
    'check("00.f", lambda x: x)',
]


@pytest.fixture(scope="module")
def runs():
    """The outputs of two runs, a list of a cell's outputs each."""
    outputs = []
    for _ in range(2):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
        client = NotebookClient(notebook, kernel_name="python3", timeout=120, allow_errors=True)
        client.execute(env=_environment())
        outputs.append([cell.outputs for cell in notebook.cells])
    return outputs


def _environment():
    return {**os.environ, "COURSE_PROGRESS": "off", "JUPYTER_PREFER_ENV_PATH": "1"}


def _texts(outputs):
    return [
        o.get("text") or o.get("data", {}).get("text/plain") or o.get("traceback")
        for cell in outputs
        for o in cell
    ]


def test_text_is_stable(runs):
    assert _texts(runs[0]) == _texts(runs[1])
    assert not any("0x" in str(text) or "model_id" in str(text) for text in _texts(runs[0]))


def test_only_the_check_fails(runs):
    failed = [i for i, cell in enumerate(runs[0]) for o in cell if o.output_type == "error"]
    assert failed == [len(CELLS) - 1]
    assert runs[0][-1][0].traceback == ["✗ 00.f: The sign stays."]


def test_play_has_a_view_and_a_twin(runs):
    look, view, twin, caption = runs[0][1]
    assert look.data["text/plain"] == "Look for: The bend."
    assert "application/vnd.jupyter.widget-view+json" in view.data
    assert view.data["text/plain"] == "Run this cell to play."
    assert twin.metadata["image/png"]["alt"] == "A bent line"
    assert caption.data["text/plain"] == "Figure: It bends."


def test_guesses_and_headline(runs):
    assert [sorted(o.data) for o in runs[0][2]] == [
        ["text/markdown", "text/plain"],
        ["application/vnd.jupyter.widget-view+json", "text/plain"],
    ] * 2
    said, line = runs[0][3]
    assert said.text == "Measured: 0.25 (no guess kept).\n"
    assert line.data["application/vnd.course.headline+json"] == {"headline": "A quarter"}
