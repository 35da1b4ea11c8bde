"""Notebooks as files: made from text, executed, cleaned, compared and written whole or not at all.

The text in `sources/` is what an author edits; the notebook is made from it and never edited by hand. So there is one
direction only, and none of the clock-driven guesses of two-way pairing.
"""

import ast
import hashlib
import re
import tempfile
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from tools.kernel import KernelManager

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
CELL_SECONDS = 300  # per cell; a lesson's whole budget is far below, so this only ends what hangs

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PROGRESS = re.compile(r"\d+%\|.*\[.*\]")  # a tqdm bar


class ExecutionError(RuntimeError):
    """A notebook's cell failed; the message shows the cell and the end of its traceback."""


def from_text(text: str) -> NotebookNode:
    """A notebook without outputs, from py:percent text; the same text always gives the same notebook.

    Cell ids are made from each cell's content, so that a change in one cell changes one id.
    """
    notebook = jupytext.reads(text, fmt="py:percent")
    notebook.metadata = NotebookNode(kernelspec=KERNELSPEC, language_info={"name": "python"})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k in ("tags", "nbgrader")})
        content = f"{cell.cell_type}\n{cell.source}"
        seen[content] = seen.get(content, 0) + 1
        cell.id = hashlib.sha256(f"{content}\n{seen[content]}".encode()).hexdigest()[:12]
    return notebook


def execute(notebook: NotebookNode) -> NotebookNode:
    """The notebook with its outputs, run in a fresh kernel in an empty folder.

    Raises
    ------
    ExecutionError
        When a cell raises, takes longer than `CELL_SECONDS`, or the kernel dies.
    """
    begun = [0]
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            kernel_name=KERNELSPEC["name"],
            timeout=CELL_SECONDS,
            record_timing=False,
            coalesce_streams=True,
            kernel_manager_class=KernelManager,
            on_cell_start=lambda cell, cell_index: begun.append(cell_index),
            resources={"metadata": {"path": folder}},
        )
        try:
            client.execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise ExecutionError(_describe(notebook, begun[-1], error)) from None
    return clean(notebook)


def _describe(notebook: NotebookNode, index: int, error: Exception) -> str:
    """What stopped the cell at `index`; a dead kernel or a time-out leaves no traceback, so then the error itself."""
    cell = notebook.cells[index]
    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    traceback = "\n".join(errors[0].traceback) if errors else f"{type(error).__name__}: {error}"
    return failure(index + 1, cell.source, traceback)


def failure(place: int, code: str, traceback: str, lines: int = 12) -> str:
    """A failed cell for a reader: its place from 1, its code, and the end of its traceback without colors."""
    tail = _ANSI.sub("", traceback).strip().splitlines()[-lines:]
    indented = [f"    {line}" for line in code.splitlines()]
    return "\n".join([f"cell {place} failed", *indented, "", *tail])


def clean(notebook: NotebookNode) -> NotebookNode:
    """Take out, in place, what differs from run to run without being a result: timings, widgets, progress bars.

    A widget's view only works beside its kernel and names it by a random id, so that it is dropped and its text form and
    its static twin stay. Progress bars are dropped whole.
    """
    notebook.metadata = NotebookNode(kernelspec=KERNELSPEC, language_info={"name": "python"})
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _is_progress(output)]
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return notebook


def _is_progress(output: NotebookNode) -> bool:
    if output.output_type == "stream":
        text = output.text if output.name == "stderr" else ""
    else:
        text = output.get("data", {}).get("text/plain", "") if WIDGET_VIEW in output.get("data", {}) else ""
    written = [line for line in re.split(r"[\r\n]", _ANSI.sub("", text)) if line.strip()]
    return bool(written) and all(_PROGRESS.search(line) for line in written)


def differences(source: NotebookNode, notebook: NotebookNode) -> list[str]:
    """Where the notebook isn't what its text would give, a line a cell; empty when they agree.

    Compared are each cell's type, source, tags and nbgrader metadata. Cells count from 1.
    """
    found = []
    for place, cells in enumerate(zip(source.cells, notebook.cells, strict=False), 1):
        text, stored = map(_identity, cells)
        differing = [what for what in text if text[what] != stored[what]]
        if differing:
            what = differing[0]
            found.append(f"cell {place}: {what} is {_short(stored[what])}, in the text {_short(text[what])}")
    if len(source.cells) != len(notebook.cells):
        found.append(f"{len(notebook.cells)} cells, in the text {len(source.cells)}")
    return found


def _identity(cell: NotebookNode) -> dict[str, object]:
    metadata = cell.metadata
    return {
        "type": cell.cell_type,
        "source": cell.source.strip("\n"),
        "tags": sorted(metadata.get("tags", [])),
        "nbgrader metadata": dict(metadata.get("nbgrader", {})),
    }


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def parameters(notebook: NotebookNode) -> dict[str, object]:
    """Names and default values in the cell tagged `parameters`; empty without such a cell.

    Raises
    ------
    ValueError
        When a line of that cell isn't `NAME = plain value`.
    """
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    values = {}
    for line in ast.parse(cells[0].source).body if cells else []:
        try:
            (name,) = line.targets
            values[name.id] = ast.literal_eval(line.value)
        except (AttributeError, ValueError):
            raise ValueError(f"parameters cell: {ast.unparse(line)!r} is not NAME = plain value") from None
    return values


def write(notebook: NotebookNode, path: Path) -> None:
    """Write whole or not at all: under a temporary name, then renamed."""
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".ipynb.part")
    partial.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
    partial.replace(path)


def read(path: Path) -> NotebookNode:
    """The notebook in a file, as version 4.5."""
    return nbformat.read(path, as_version=4)
