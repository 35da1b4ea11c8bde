"""A report on the capstone, run with a student's own parameters: `python -m tools.report my.toml -p LOSS 0.5 -o FOLDER`.

Parameters come from a TOML file of NAME = value lines, from -p, which wins, or from the lesson's defaults. Files that they
name are looked for from the folder in which the command is given. Written, all or none:

    report.ipynb    the lesson as it was run
    report.html     its text and results without code, decision first; one file, which fetches nothing
    report.json     parameters, decision table and verdict

Exit codes: 0, written; 1, parameters that the lesson doesn't have, or a cell that failed: then nothing is written.
"""

import argparse
import ast
import html
import json
import sys
import tempfile
import tomllib
from pathlib import Path

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter
from nbformat import NotebookNode, v4
from papermill import PapermillExecutionError, execute_notebook

from tools import notebooks
from tools.kernel import KernelManager
from tools.syllabus import ROOT, SyllabusError, load

CAPSTONE = "23"
FOLDER = ROOT / "build" / "report"
TABLE = "application/vnd.course.report+json"  # what the lesson's cell tagged `report` publishes
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Report: From Gray to Color</title>
<style>
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 sans-serif; color: #111; }}
table {{ border-collapse: collapse; font-size: 0.9rem; }}
th, td {{ border: 1px solid #bbb; padding: 0.3rem 0.5rem; text-align: left; vertical-align: top; }}
pre {{ background: #f5f5f5; padding: 0.5rem; overflow-x: auto; }}
img {{ max-width: 100%; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def typed(given: dict[str, object], there: dict[str, object]) -> dict[str, object]:
    """`given`, each value of its default's type; a text from the command line is read as that type.

    Parameters
    ----------
    given : dict
        Names and values, from TOML or, as texts, from the command line.
    there : dict
        The lesson's parameters and their defaults.

    Raises
    ------
    SyllabusError
        A name that isn't there, or a value of another type; lists those that are.
    """
    listed = ", ".join(f"{name} ({type(value).__name__}, {value!r})" for name, value in there.items())
    if unknown := sorted(given.keys() - there.keys()):
        raise SyllabusError(f"no parameter {', '.join(unknown)}; there are {listed}")
    values = {}
    for name, value in given.items():
        kind = type(there[name])
        if isinstance(value, str) and kind is not str:
            value = _read(value)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:  # not isinstance: true would pass as a number
            raise SyllabusError(f"{name} must be {kind.__name__}, got {given[name]!r}; there are {listed}")
        values[name] = value
    return values


def _read(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def from_file(path: Path) -> dict[str, object]:
    """The parameters in a TOML file.

    Raises
    ------
    SyllabusError
        A file that can't be read, or isn't TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SyllabusError(f"{path} can't be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SyllabusError(f"{path} is not valid TOML: {error}") from None


def executed(source: Path, parameters: dict[str, object]) -> NotebookNode:
    """The notebook, run with these parameters in a fresh kernel, without what would need one.

    Raises
    ------
    tools.notebooks.ExecutionError
        A cell failed, took too long, or its kernel died; shows it.
    """
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "report.ipynb"
        try:
            execute_notebook(
                source,
                copy,
                parameters,
                cwd=Path.cwd(),
                progress_bar={"desc": "capstone", "mininterval": 0.2 if sys.stderr.isatty() else 30},
                execution_timeout=notebooks.CELL_SECONDS,
                kernel_manager_class=KernelManager,
            )
        except PapermillExecutionError as error:
            told = notebooks.failure(error.cell_index + 1, error.source, "\n".join(error.traceback))
            raise notebooks.ExecutionError(told) from None
        except (CellTimeoutError, DeadKernelError) as error:
            raise notebooks.ExecutionError(f"{type(error).__name__}: {error}") from None
        notebook = notebooks.read(copy)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        if cell.cell_type == "code":  # a widget's text asks to run a cell
            cell.outputs = [o for o in cell.outputs if notebooks.WIDGET_VIEW not in o.get("data", {})]
    return notebooks.clean(notebook)


def decision(notebook: NotebookNode) -> NotebookNode:
    """What the cell tagged `report` published: `data` with the table as numbers and as Markdown.

    Raises
    ------
    tools.notebooks.ExecutionError
        There is no such cell, or it published nothing.
    """
    cells = [cell for cell in notebook.cells if "report" in cell.metadata.get("tags", [])]
    found = [output.data for cell in cells for output in cell.outputs if TABLE in output.get("data", {})]
    if not found:
        raise notebooks.ExecutionError("no cell tagged report published a decision table")
    return found[-1]


def page(notebook: NotebookNode, parameters: dict[str, object], table: str) -> str:
    """One HTML page that needs no other file: decision and parameters, then the lesson's text and results."""
    rows = "".join(f"| {name} | <code>{_shown(value)}</code> |\n" for name, value in parameters.items())
    first = f"# Report\n\n{table}\n\n| parameter | value |\n| --- | --- |\n{rows}\n*How it came about:*"
    whole = v4.new_notebook(metadata=notebook.metadata, cells=[v4.new_markdown_cell(first), *notebook.cells])
    exporter = HTMLExporter(template_name="basic", exclude_input=True, exclude_output_prompt=True)
    body, _ = exporter.from_notebook_node(whole)
    return PAGE.format(body=body)


def _shown(value: object) -> str:
    return html.escape(repr(value)).replace("|", "&#124;")


def write(contents: dict[str, str], folder: Path) -> None:
    """Write texts by file name: all under temporary names first, then renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = {folder / f"{name}.part": folder / name for name in contents}
    try:
        for path, text in zip(partial, contents.values(), strict=True):
            path.write_text(text, encoding="utf-8", newline="\n")
        for path, final in partial.items():
            path.replace(final)
    finally:
        for path in partial:
            path.unlink(missing_ok=True)


def make(source: Path, parameters: dict[str, object], folder: Path) -> str:
    """Run the lesson and write the three files; returns its verdict.

    Raises
    ------
    tools.notebooks.ExecutionError
        A cell failed, or there is no decision table.
    OSError
        Files that can't be written.
    """
    notebook = executed(source, parameters)
    used = notebooks.parameters(notebooks.read(source)) | parameters
    data = decision(notebook)
    table, verdict = data[TABLE], data[TABLE]["verdict"]
    contents = {
        "report.ipynb": nbformat.writes(notebook) + "\n",
        "report.html": page(notebook, used, data["text/markdown"]),
        "report.json": json.dumps({"parameters": used, **table}, indent=1, allow_nan=False) + "\n",
    }
    write(contents, folder)
    return verdict


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.report",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="PARAMS.toml", help="parameters")
    parser.add_argument(
        "-p", nargs=2, metavar=("NAME", "VALUE"), action="append", default=[], help="a parameter"
    )
    parser.add_argument(
        "-o", "--out", type=Path, default=FOLDER, metavar="FOLDER", help="build/report if not given"
    )
    options = parser.parse_args(arguments)
    try:
        source = load().select([CAPSTONE])[0].notebook()
        given = (from_file(options.file) if options.file else {}) | dict(options.p)
        parameters = typed(given, notebooks.parameters(notebooks.read(source)))
        verdict = make(source, parameters, options.out)
    except (SyllabusError, notebooks.ExecutionError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{verdict}\nWritten: report.html, report.ipynb and report.json in {options.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
