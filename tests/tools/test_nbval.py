"""nbval, with this course's settings, notices a stored output that a run doesn't give, and only that."""

import subprocess
import sys

import pytest

from tools import notebooks
from tools.syllabus import ROOT

TEXT = """# %%
class Thing: pass

# %%
print("the answer is", 42)

# %%
Thing()

# %%
{"a": 0.25}

# %% tags=["nbval-ignore-output"]
import time
print(time.perf_counter())

# %%
from IPython.display import HTML
HTML("<b>kept</b>")
"""


def _tampered(notebook, name):
    """A copy whose output of one kind no run gives."""
    changed = notebooks.from_text(TEXT)
    changed.cells = [type(cell)(cell) for cell in notebook.cells]
    for cell in changed.cells:
        cell.outputs = [type(output)(output) for output in cell.outputs]
    if name == "number":
        changed.cells[1].outputs[0].text = "the answer is 43\n"
    elif name == "value":
        changed.cells[3].outputs[0].data = {"text/plain": "{'a': 0.26}"}
    elif name == "html":
        changed.cells[5].outputs[0].data = changed.cells[5].outputs[0].data | {"text/html": "<b>lost</b>"}
    else:
        changed.cells[1].outputs = []
    return changed


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """Passed and failed cells by notebook, from one pytest run over a good notebook and four tampered ones."""
    folder = tmp_path_factory.mktemp("nbval")
    good = notebooks.execute(notebooks.from_text(TEXT))
    notebooks.write(good, folder / "good.ipynb")
    for name in ("number", "value", "html", "missing"):
        notebooks.write(_tampered(good, name), folder / f"{name}.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-rA", "-p", "no:cacheprovider"]
    result = subprocess.run(
        [*command, "-c", str(ROOT / "pyproject.toml"), folder], cwd=ROOT, capture_output=True, text=True
    )
    found = {}
    for line in result.stdout.splitlines():
        word, _, where = line.partition(" ")
        if word in ("PASSED", "FAILED") and ".ipynb::" in where:
            notebook, cell = where.split("/")[-1].split(" - ")[0].split(".ipynb::")
            found.setdefault(notebook, {})[cell.strip()] = word
    assert found, result.stdout + result.stderr
    return found


def test_an_honest_notebook_passes(outcome):
    assert set(outcome["good"].values()) == {"PASSED"}
    assert len(outcome["good"]) == 6


@pytest.mark.parametrize(("name", "cell"), [("number", 1), ("value", 3), ("html", 5), ("missing", 1)])
def test_a_tampered_output_fails_its_cell_alone(outcome, name, cell):
    failed = [key for key, word in outcome[name].items() if word == "FAILED"]
    assert failed == [f"Cell {cell}"]
