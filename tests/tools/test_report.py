"""The report: parameters that the lesson has and of their types, a run that is written whole, or not at all."""

import json

import pytest

from tools import notebooks, report
from tools.syllabus import Lesson, SyllabusError

THERE = {"SEED": 1, "LOSS": 0.5, "MY_VIDEO": "", "QUICK": False}
DECIDE = """import os
from IPython.display import display
table = "| | measured |\\n| --- | --- |\\n| color | <20.5> |"
data = {"rows": [{"measured": SEED / 2}], "verdict": f"seed {SEED}"}
display({"text/markdown": table, "application/vnd.course.report+json": data}, raw=True)
print(os.listdir(), "COURSE_DATA_DIR" in os.environ, MY_VIDEO)
"""
WIDGET = """from IPython.display import display
view = {"version_major": 2, "version_minor": 0, "model_id": "x"}
display({"text/plain": "Run this cell to play.", "application/vnd.jupyter.widget-view+json": view}, raw=True)
print("a result")
"""


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """Write a stand-in for the capstone; gives the folder that the command is called in."""
    monkeypatch.setattr(Lesson, "notebook", lambda self: tmp_path / "capstone.ipynb")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)

    def write(last=DECIDE, tags='["report"]'):
        parameters = "\n".join(f"{name} = {value!r}" for name, value in THERE.items())
        cells = [
            f'# %% tags=["parameters"]\n{parameters}',
            "# %% [markdown]\n# # Capstone",
            f"# %%\n{WIDGET}",
        ]
        text = "\n\n".join([*cells, f"# %% tags={tags}\n{last}"])
        notebooks.write(notebooks.from_text(text), tmp_path / "capstone.ipynb")
        return here

    return write


def test_values_take_the_types_of_the_defaults():
    given = {"SEED": "7", "LOSS": "2", "MY_VIDEO": "7", "QUICK": "True"}
    assert report.typed(given, THERE) == {"SEED": 7, "LOSS": 2.0, "MY_VIDEO": "7", "QUICK": True}
    assert type(report.typed({"LOSS": 2}, THERE)["LOSS"]) is float


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"SEEED": 7, "A": 1}, "no parameter A, SEEED"),
        ({"SEED": 0.5}, "SEED must be int, got 0.5"),
        ({"SEED": True}, "SEED must be int, got True"),
        ({"SEED": "many"}, "SEED must be int, got 'many'"),
        ({"LOSS": [1]}, r"LOSS must be float, got \[1\]"),
        ({"MY_VIDEO": 3}, "MY_VIDEO must be str, got 3"),
    ],
)
def test_what_is_wrong_is_named_and_what_there_is_listed(given, says):
    with pytest.raises(SyllabusError, match=says) as caught:
        report.typed(given, THERE)
    assert "there are SEED (int, 1), LOSS (float, 0.5), MY_VIDEO (str, ''), QUICK (bool, False)" in str(
        caught.value
    )


def test_a_report_is_written_from_a_file_and_the_command_line_wins(lesson, monkeypatch, capsys):
    here = lesson()
    monkeypatch.setenv("COURSE_DATA_DIR", "somewhere")
    (here / "my.toml").write_text('SEED = 3\nMY_VIDEO = "a|<b>.mp4"\n')
    assert report.main(["my.toml", "-p", "SEED", "4", "-o", "out"]) == 0
    assert "seed 4\nWritten" in capsys.readouterr().out
    assert sorted(path.name for path in (here / "out").iterdir()) == [
        "report.html",
        "report.ipynb",
        "report.json",
    ]
    assert json.loads((here / "out" / "report.json").read_text()) == {
        "parameters": THERE | {"SEED": 4, "MY_VIDEO": "a|<b>.mp4"},
        "rows": [{"measured": 2.0}],
        "verdict": "seed 4",
    }
    copy = notebooks.read(here / "out" / "report.ipynb")
    assert copy.cells[-1].outputs[-1].text == "['my.toml'] False a|<b>.mp4\n"
    assert not any("papermill" in cell.metadata for cell in copy.cells)


def test_the_page_shows_results_and_not_code_and_fetches_nothing(lesson):
    here = lesson()
    assert report.main(["-p", "MY_VIDEO", "a|<b>.mp4", "-o", "out"]) == 0
    page = (here / "out" / "report.html").read_text()
    assert page.index("20.5") < page.index("Capstone") < page.index("a result")
    assert "a|&lt;b&gt;.mp4" in page
    for foreign in ("<b>", "Run this cell", "os.listdir", "<script", "http://", "https://", "@import"):
        assert foreign not in page


@pytest.mark.parametrize(
    ("last", "tags", "says"),
    [
        ("1 / (SEED - 1)", '["report"]', "cell 4 failed\n    1 / (SEED - 1)"),
        (DECIDE, "[]", "no cell tagged report published a decision table"),
    ],
)
def test_a_failure_is_shown_and_leaves_an_earlier_report_as_it_was(lesson, capsys, last, tags, says):
    here = lesson()
    assert report.main(["-o", "out"]) == 0
    before = {path.name: path.read_bytes() for path in (here / "out").iterdir()}
    lesson(last, tags)
    capsys.readouterr()
    assert report.main(["-o", "out"]) == 1
    assert says in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (here / "out").iterdir()} == before


@pytest.mark.parametrize(
    ("content", "says"), [(None, "no.toml can't be read"), ("SEED = ", "no.toml is not valid TOML")]
)
def test_a_file_of_parameters_that_is_none(lesson, capsys, content, says):
    here = lesson()
    if content:
        (here / "no.toml").write_text(content)
    assert report.main(["no.toml"]) == 1
    assert says in capsys.readouterr().err


def test_nothing_is_half_written(tmp_path):
    (tmp_path / "report.json.part").mkdir()  # so that the second file can't be written
    with pytest.raises(OSError):
        report.write({"report.html": "new", "report.json": "new"}, tmp_path)
    assert not (tmp_path / "report.html").exists()
