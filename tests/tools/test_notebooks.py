"""Text becomes a notebook: the same each time, executed whole or not written, and compared cell by cell."""

import copy
from time import monotonic
from types import SimpleNamespace

import pytest
from nbclient import NotebookClient
from nbformat import v4

from tools import notebooks, sync

TEXT = """# %% [markdown]
# # Title

# %%
import os

# %% tags=["parameters"]
SEED = 1
NAME = "china"

# %%
print(SEED, os.environ["COURSE_PROGRESS"], os.environ.get("COURSE_DATA_DIR"), os.environ.get("COURSE_SECRET"))
print(os.listdir())

# %% nbgrader={"grade": true, "grade_id": "t", "locked": true, "points": 1, "schema_version": 3, "solution": false}
x = 1

# %%
x = 2

# %%
x = 2
"""


def test_the_same_text_gives_the_same_notebook():
    assert notebooks.from_text(TEXT) == notebooks.from_text(TEXT)


def test_cell_ids_are_distinct_and_a_change_changes_one():
    ids = [cell.id for cell in notebooks.from_text(TEXT).cells]
    changed = [cell.id for cell in notebooks.from_text(TEXT.replace("import os", "import os, re")).cells]
    assert len(set(ids)) == len(ids)
    assert [a == b for a, b in zip(ids, changed, strict=True)].count(False) == 1


def test_tags_and_nbgrader_metadata_are_kept_and_nothing_else():
    cells = notebooks.from_text(TEXT).cells
    assert cells[2].metadata == {"tags": ["parameters"]}
    assert cells[4].metadata.nbgrader.grade_id == "t"
    assert [set(cell.metadata) for cell in cells].count(set()) == len(cells) - 2


def test_executed_without_the_users_data_and_secret(monkeypatch):
    for name in ("COURSE_DATA_DIR", "COURSE_SECRET", "COURSE_PROGRESS"):
        monkeypatch.setenv(name, "mine")
    done = notebooks.execute(notebooks.from_text(TEXT))
    assert done.cells[3].outputs[0].text == "1 off None None\n[]\n"
    assert [cell.execution_count for cell in done.cells[1:]] == [1, 2, 3, 4, 5, 6]
    assert done.metadata == {"kernelspec": notebooks.KERNELSPEC, "language_info": {"name": "python"}}
    assert not any("execution" in cell.metadata for cell in done.cells)


def test_a_failing_lesson_leaves_the_old_notebook(tmp_path):
    text, notebook = tmp_path / "a.py", tmp_path / "a.ipynb"
    notebook.write_text("old")
    text.write_text("# %%\nx = 1\n\n# %%\ny = x\nprint(1 / 0)\n")
    with pytest.raises(notebooks.ExecutionError) as caught:
        sync.make(text, notebook, run=True)
    assert str(caught.value).startswith("cell 2 failed\n    y = x\n    print(1 / 0)\n")
    assert str(caught.value).endswith("ZeroDivisionError: division by zero")
    assert notebook.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ipynb", "a.py"]


def test_a_dead_kernel_names_its_cell():
    with pytest.raises(notebooks.ExecutionError, match=r"^cell 2 failed\n    os\._exit"):
        notebooks.execute(notebooks.from_text("# %%\nimport os\n\n# %%\nos._exit(3)\n"))


def test_many_widgets_hold_nothing_up(monkeypatch):
    """Of sixty such cells, three on average used to wait for their time-out."""
    monkeypatch.setattr(notebooks, "CELL_SECONDS", 30)
    text = "# %%\nimport ipywidgets\n" + "\n# %%\nipywidgets.interact(lambda x: print(x), x=(0, 3));\n" * 60
    waits = []
    execute_cell = NotebookClient.async_execute_cell

    async def timed(self, cell, *arguments, **options):
        began = monotonic()
        done = await execute_cell(self, cell, *arguments, **options)
        waits.append(monotonic() - began)
        return done

    monkeypatch.setattr(NotebookClient, "async_execute_cell", timed)
    notebooks.execute(notebooks.from_text(text))
    assert len(waits) == 61
    assert (
        max(waits) < notebooks.CELL_SECONDS
    )  # not a measure of speed: one lost wake-up lasts exactly that long


def _stream(name, text):
    return v4.new_output("stream", name=name, text=text)


def test_cleaning_drops_widgets_and_progress_bars_and_nothing_else():
    view = {notebooks.WIDGET_VIEW: {"model_id": "random"}}
    outputs = [
        _stream("stdout", "50%|██ | 1/2 [00:01<00:01] is text that a lesson printed\n"),
        _stream("stderr", "\r  0%|   | 0/2 [00:00<?, ?it/s]\r100%|██| 2/2 [00:00<00:00, 9it/s]\n"),
        _stream("stderr", "100%|██| 2/2 [00:00<00:00, 9it/s]\nUserWarning: careful\n"),
        v4.new_output("display_data", view | {"text/plain": "  0%|   | 0/2 [00:00<?, ?it/s]"}),
        v4.new_output("display_data", view | {"text/plain": "Run this cell to play."}),
    ]
    notebook = v4.new_notebook(
        cells=[v4.new_code_cell("x", outputs=copy.deepcopy(outputs))], metadata={"widgets": {}}
    )
    cleaned = notebooks.clean(notebook)
    kept = cleaned.cells[0].outputs
    assert kept[:2] == [outputs[0], outputs[2]]
    assert [dict(output.data) for output in kept[2:]] == [{"text/plain": "Run this cell to play."}]
    assert "widgets" not in cleaned.metadata


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda cells: cells[3].update(source="other"), "cell 4: source is 'other'"),
        (lambda cells: cells[2].metadata.update(tags=[]), "cell 3: tags is []"),
        (lambda cells: cells[4].metadata.nbgrader.update(points=9), "cell 5: nbgrader metadata is"),
        (lambda cells: cells.__setitem__(0, v4.new_raw_cell("# Title")), "cell 1: type is 'raw'"),
        (lambda cells: cells.pop(), "6 cells, in the text 7"),
    ],
)
def test_a_pair_that_drifted_is_named(change, says):
    text, notebook = notebooks.from_text(TEXT), notebooks.from_text(TEXT)
    assert notebooks.differences(text, notebook) == []
    change(notebook.cells)
    assert any(says in line for line in notebooks.differences(text, notebook))


def test_outputs_and_ids_are_no_drift():
    notebook = notebooks.from_text(TEXT)
    notebook.cells[3].outputs = [_stream("stdout", "1")]
    notebook.cells[3].id = "other"
    assert notebooks.differences(notebooks.from_text(TEXT), notebook) == []


def test_parameters():
    assert notebooks.parameters(notebooks.from_text(TEXT)) == {"SEED": 1, "NAME": "china"}
    assert notebooks.parameters(notebooks.from_text("# %%\nx = 1")) == {}
    for line in ("SEED = int(1)", "A, B = 1, 2", "a.b = 1", "print(1)"):
        with pytest.raises(ValueError, match="is not NAME = plain value"):
            notebooks.parameters(notebooks.from_text(f'# %% tags=["parameters"]\n{line}'))


@pytest.fixture
def course(tmp_path, monkeypatch):
    """The sync command on one lesson in an empty folder."""
    text, notebook = tmp_path / "sources" / "01_a.py", tmp_path / "notebooks" / "01_a.ipynb"
    text.parent.mkdir()
    text.write_text("# %%\nprint(1)\n")
    there = (tmp_path / "none.py", tmp_path / "none.ipynb")
    lesson = SimpleNamespace(
        source=lambda: text,
        notebook=lambda: notebook,
        exercise_source=lambda: there[0],
        exercise=lambda: there[1],
    )
    monkeypatch.setattr(sync, "ROOT", tmp_path)
    monkeypatch.setattr(
        sync, "load", lambda: SimpleNamespace(lessons=[lesson], select=lambda numbers: [lesson])
    )
    return SimpleNamespace(text=text, notebook=notebook)


def test_the_command_makes_checks_and_reports(course, capsys):
    assert sync.main(["--check"]) == 1
    assert "there is no notebook" in capsys.readouterr().out
    assert sync.main(["01"]) == 0
    assert notebooks.read(course.notebook).cells[0].outputs[0].text == "1\n"
    assert sync.main(["--check"]) == 0
    stored = course.notebook.read_bytes()
    course.text.write_text("# %%\nraise ValueError('no')\n")
    assert sync.main(["--check"]) == 1
    assert sync.main([]) == 1
    assert "notebooks/01_a.ipynb: not written\ncell 1 failed" in capsys.readouterr().err
    assert course.notebook.read_bytes() == stored


def test_a_lesson_without_text_is_an_error_an_exercise_need_not_have_one(course, capsys):
    course.text.unlink()
    assert sync.main(["01"]) == 1
    assert "has a text" in capsys.readouterr().err
    assert sync.main(["--exercises", "01"]) == 0
