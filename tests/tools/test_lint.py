"""Each rule passes a good lesson and says what is wrong with a bad one: a rule that can't complain is worthless."""

import pytest
from nbformat import v4

from tools import lint, notebooks


def _code(notebook, number):
    return [cell for cell in notebook.cells if cell.cell_type == "code"][number]


def _output(**data):
    return v4.new_output("display_data", data)


def _set(cell, **fields):
    cell.update(fields)


def test_a_good_lesson_has_nothing_against_it(notebook, tmp_path):
    notebooks.write(notebook, tmp_path / "good.ipynb")
    assert lint.complaints(tmp_path / "good.ipynb") == []


BREAKS = [
    (lint.length, lambda nb: nb.cells.__delitem__(slice(8, 12)), "12 cells, expected 15 to 60"),
    (lint.length, lambda nb: nb.cells.extend([v4.new_markdown_cell("x")] * 50), "66 cells"),
    (lint.length, lambda nb: _set(_code(nb, 5), source="x = 1\n" * 26), "cell 7 has 26 lines, at most 25"),
    (lint.length, lambda nb: [_set(c, source="x = 1\n\n" * 7) for c in nb.cells], "median code cell has 7"),
    (lint.length, lambda nb: _set(nb.cells[9], source=" \n"), "cell 10 is empty"),
    (lint.opening, lambda nb: _set(nb.cells[0], source=nb.cells[0].source[2:]), "cell 1 must be Markdown"),
    (lint.opening, lambda nb: _set(nb.cells[0], source="# T"), "cell 1 lacks 'Field report'"),
    (lint.opening, lambda nb: _set(_code(nb, 0), source="x = 1"), "must hold the imports"),
    (lint.opening, lambda nb: _code(nb, 1).metadata.clear(), "tagged parameters; tagged are none"),
    (lint.opening, lambda nb: _code(nb, 4).metadata.update(tags=["parameters"]), "tagged are [3, 6]"),
    (
        lint.opening,
        lambda nb: _set(_code(nb, 1), source="SEED = int(1)"),
        "'SEED = int(1)' is not NAME = plain value",
    ),
    (lint.closing, lambda nb: nb.cells.pop(), "no heading 'Where next'"),
    (lint.closing, lambda nb: nb.cells.insert(3, nb.cells.pop()), "must come as Recap"),
    (
        lint.closing,
        lambda nb: _set(nb.cells[-2], source=nb.cells[-2].source.replace("<details>", "", 1)),
        "2 folded",
    ),
    (lint.executed, lambda nb: _set(_code(nb, 2), execution_count=None), "execution counts are"),
    (lint.executed, lambda nb: _set(_code(nb, 0), execution_count=7), "execution counts are"),
    (lint.executed, lambda nb: [_set(_code(nb, i), outputs=[]) for i in range(6)], "no stored output"),
    (
        lint.executed,
        lambda nb: [_code(nb, i).metadata.update(tags=[lint.UNCOMPARED]) for i in (4, 5)],
        "more than half",
    ),
    (
        lint.tagging,
        lambda nb: _code(nb, 2).metadata.update(tags=["raises-exception"]),
        "cell 4 is tagged raises-exc",
    ),
    (lint.clean_outputs, lambda nb: _code(nb, 2).metadata.update(execution={}), "cell 4 has timings"),
    (
        lint.pictures,
        lambda nb: _code(nb, 5).outputs[0].metadata.clear(),
        "cell 7: a picture without alt text",
    ),
    (
        lint.pictures,
        lambda nb: _code(nb, 5).outputs[0].metadata["image/png"].update(alt=" "),
        "cell 7: a picture",
    ),
    (
        lint.pictures,
        lambda nb: _code(nb, 2).outputs.append(_output(**{"image/jpeg": "AA=="})),
        "cell 4: a picture",
    ),
    (lint.pictures, lambda nb: _set(nb.cells[9], source="![](a.png)"), "cell 10: a picture"),
    (lint.reproducible, lambda nb: _set(_code(nb, 1), source="N = 1"), "no SEED among the parameters"),
    (
        lint.reproducible,
        lambda nb: _set(_code(nb, 2), source="g = np.random.default_rng()"),
        "without the seed",
    ),
    (lint.reproducible, lambda nb: _set(_code(nb, 2), source="np.random.rand(3)"), "cell 4 draws"),
    (lint.reproducible, lambda nb: _set(_code(nb, 2), source="random.random()"), "cell 4 draws"),
    (lint.reproducible, lambda nb: _set(_code(nb, 2), source="os.environ['COURSE_DATA_DIR']"), "cell 4 uses"),
    (lint.asserts, lambda nb: _set(_code(nb, 4), source="x = 2"), "1 assertions"),
    (lint.asserts, lambda nb: _set(_code(nb, 4), source="assert (1 > 2, 'no')"), "can't fail"),
    (lint.asserts, lambda nb: _set(_code(nb, 4), source="assert True"), "can't fail"),
    (lint.asserts, lambda nb: _set(_code(nb, 4), source="%matplotlib inline"), "cell 6 isn't plain Python"),
    (lint.spelling, lambda nb: _set(nb.cells[9], source="The colours."), "cell 10: 'colours' is British"),
    (
        lint.spelling,
        lambda nb: _set(_code(nb, 2), source="normalised = 1"),
        "cell 4: 'normalised' is British",
    ),
]


@pytest.mark.parametrize(("rule", "break_it", "says"), BREAKS)
def test_a_broken_lesson_is_named(notebook, rule, break_it, says):
    assert rule(notebook) == []
    break_it(notebook)
    assert any(says in complaint for complaint in rule(notebook)), rule(notebook)


def test_every_rule_is_broken_above():
    assert {rule for rule, _, _ in BREAKS} == set(lint.RULES)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("saved to /home/ann/x.png", "a path of one machine"),
        ("C:\\Users\\ann", "a path of one machine"),
        ("/tmp/tmpab12/x", "a path of one machine"),
        ("lib/python3.11/site-packages/numpy", "a path of one installation"),
        ("http://localhost:8888", "a host"),
        ("x.py:3: UserWarning: careful", "a warning"),
        ("Traceback (most recent call last)", "a traceback"),
        ("<function f at 0x7f3a12bc9d00>", "an object's address"),
        (" 30%|███   | 3/10 [00:01<00:02]", "a progress bar"),
    ],
)
def test_leaks_in_outputs(notebook, text, says):
    for output in (v4.new_output("stream", text=text), _output(**{"text/html": f"<p>{text}</p>"})):
        _code(notebook, 3).outputs = [output]
        assert any(f"cell 5's output holds {says}" in line for line in lint.clean_outputs(notebook))


@pytest.mark.parametrize("text", ["a/b ratio 3/4", "12% of 30", "25 °C: 0.5 | 0.7", "L 50 at (10, 20)"])
def test_ordinary_outputs_are_no_leaks(notebook, text):
    _code(notebook, 3).outputs = [v4.new_output("stream", text=text)]
    assert lint.clean_outputs(notebook) == []


def test_stderr_and_errors_in_outputs(notebook):
    _code(notebook, 3).outputs = [
        v4.new_output("stream", name="stderr", text="hm"),
        v4.new_output("error", ename="KeyError", evalue="x", traceback=[]),
    ]
    assert lint.clean_outputs(notebook) == [
        "cell 5 writes to stderr: 'hm'",
        "cell 5 stores an error: KeyError",
    ]


def test_american_words_pass(notebook):
    notebook.cells[
        9
    ].source = "Color, gray, neighbors; exercises, precise, wise, advised; four-hour; parametrize, meter."
    assert lint.spelling(notebook) == []


def test_a_large_file(notebook, tmp_path):
    notebook.cells[9].source = "x" * lint.MOST_BYTES
    notebooks.write(notebook, tmp_path / "large.ipynb")
    assert lint.complaints(tmp_path / "large.ipynb") == ["1.50 MB, at most 1.5 MB"]
