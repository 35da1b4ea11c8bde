"""What can be checked of a lesson's style without judgment: `python -m tools.lint 01`, without numbers all there are.

Each rule takes a notebook and returns its complaints, each naming the cell (from 1). `RULES` is all of them.
"""

import argparse
import ast
import re
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from nbformat import NotebookNode

from tools import notebooks
from tools.syllabus import ROOT, SyllabusError, load

CELLS = range(15, 61)
MEDIAN_LINES, MOST_LINES = 6, 25
MOST_BYTES = 1_500_000
QUESTIONS = range(3, 6)
UNCOMPARED = "nbval-ignore-output"
BINARY = ("image/png", "image/jpeg", "application/pdf")

# what an output must not hold, and how a complaint calls it
LEAKS = {
    r"/(home|Users|root|tmp|private|var/folders|mnt|workspace)/\w|\b[A-Z]:\\+\w": "a path of one machine",
    r"site-packages|dist-packages|\.venv\b|ipykernel_\d": "a path of one installation",
    r"https?://(localhost|127\.|10\.|192\.168\.)|\blocalhost\b": "a host",
    r"\w*Warning\b\s*:|\bWARNING\b|DeprecationWarning": "a warning",
    r"Traceback \(most recent call last\)": "a traceback",
    r"\bat 0x[0-9a-fA-F]{6,}": "an object's address",
    r"\d+%\|[^|]*\|.*\[\d+:\d\d": "a progress bar",
}
BRITISH = re.compile(
    r"\b(colour\w*|grey\w*|neighbour\w*|behaviour\w*|favourite\w*|centre[sd]?|metres?"
    r"|(normal|optim|visual|real|summar|recogn|general|initial|organ|equal|minim|maxim|quant|regular)is(e|ed|es|ing|ation)"
    r"|judgement|labelled|modell(ed|ing)|travell(ed|ing)|catalogue|licence)\b",
    re.IGNORECASE,
)
RANDOM = re.compile(
    r"default_rng|manual_seed|made_scenes|\bseed=|torch\.rand|np\.random|numpy\.random|\brandom\."
)
UNSEEDED = re.compile(
    r"default_rng\(\s*\)|(np|numpy)\.random\.(?!default_rng|Generator|SeedSequence|PCG64)\w+|(?<![\w.])random\.\w+\("
)


def _cells(notebook: NotebookNode, kind: str) -> Iterator[tuple[int, NotebookNode]]:
    return ((place, cell) for place, cell in enumerate(notebook.cells, 1) if cell.cell_type == kind)


def _tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def length(notebook: NotebookNode) -> list[str]:
    """15 to 60 cells; code cells with a median of at most 6 nonblank lines and none over 25; none empty."""
    found = []
    if len(notebook.cells) not in CELLS:
        found.append(f"{len(notebook.cells)} cells, expected {CELLS[0]} to {CELLS[-1]}")
    found += [
        f"cell {place} is empty" for place, cell in enumerate(notebook.cells, 1) if not cell.source.strip()
    ]
    lines = {
        place: len([row for row in c.source.splitlines() if row.strip()])
        for place, c in _cells(notebook, "code")
    }
    found += [
        f"cell {place} has {count} lines, at most {MOST_LINES}"
        for place, count in lines.items()
        if count > MOST_LINES
    ]
    if lines and statistics.median(lines.values()) > MEDIAN_LINES:
        found.append(
            f"the median code cell has {statistics.median(lines.values())} lines, at most {MEDIAN_LINES}"
        )
    return found


def opening(notebook: NotebookNode) -> list[str]:
    """Title, field report, aims, needs and time first; then the imports; then the one cell tagged parameters."""
    found = []
    first = notebook.cells[0] if notebook.cells else None
    text = first.source if first is not None and first.cell_type == "markdown" else ""
    if not text.startswith("# "):
        found.append("cell 1 must be Markdown that begins with the title (# …)")
    for phrase in ("Field report", "You will be able to", "You need", "minute"):
        if phrase.lower() not in text.lower():
            found.append(f"cell 1 lacks {phrase!r}")
    code = list(_cells(notebook, "code"))
    if code and not re.match(r"(import|from) ", code[0][1].source):
        found.append(f"cell {code[0][0]}, the first with code, must hold the imports")
    tagged = [place for place, cell in code if "parameters" in _tags(cell)]
    if tagged != [place for place, _ in code[1:2]]:
        found.append(
            f"the second code cell, and no other, must be tagged parameters; tagged are {tagged or 'none'}"
        )
    try:
        notebooks.parameters(notebook)
    except ValueError as error:
        found.append(str(error))
    return found


def closing(notebook: NotebookNode) -> list[str]:
    """Recap, check your understanding (3 to 5 folded answers), where next: headings, in this order, at the end."""
    text = "\n\n".join(cell.source for _, cell in _cells(notebook, "markdown"))
    wanted = ("Recap", "Check your understanding", "Where next")
    at = [re.search(rf"^#+ .*{heading}", text, re.MULTILINE | re.IGNORECASE) for heading in wanted]
    missing = [heading for heading, match in zip(wanted, at, strict=True) if match is None]
    if missing:
        return [f"no heading {heading!r}" for heading in missing]
    starts = [match.start() for match in at]
    if starts != sorted(starts):
        return [f"the headings must come as {', '.join(wanted)}"]
    folded = text[starts[1] : starts[2]].count("<details>")
    if folded not in QUESTIONS:
        return [
            f"{folded} folded answers under 'Check your understanding', expected {QUESTIONS[0]} to {QUESTIONS[-1]}"
        ]
    return []


def executed(notebook: NotebookNode) -> list[str]:
    """Execution counts run 1…n, outputs are stored, and most of those can be compared by nbval."""
    code = list(_cells(notebook, "code"))
    counts = [cell.execution_count for _, cell in code]
    if counts != list(range(1, len(code) + 1)):
        return [f"execution counts are {counts}, not 1 to {len(code)}: nbval compares nothing without one"]
    told = [cell for _, cell in code if any(_compared(output) for output in cell.outputs)]
    if not told:
        return ["no stored output that nbval could compare"]
    skipped = [place for place, cell in code if cell in told and UNCOMPARED in _tags(cell)]
    if 2 * len(skipped) > len(told):
        return [f"more than half of the outputs are kept from comparison by {UNCOMPARED} (cells {skipped})"]
    return []


def _compared(output: NotebookNode) -> bool:
    return output.output_type == "stream" or any(mime not in BINARY for mime in output.get("data", {}))


def tagging(notebook: NotebookNode) -> list[str]:
    """No tag that stops papermill or hides a cell from nbval."""
    forbidden = {"raises-exception", "nbval-skip", "nbval-raises-exception", "skip-execution"}
    return [
        f"cell {place} is tagged {tag}"
        for place, cell in _cells(notebook, "code")
        for tag in forbidden & {*_tags(cell)}
    ]


def clean_outputs(notebook: NotebookNode) -> list[str]:
    """No output with stderr, an error, or anything in `LEAKS`; no timings in the metadata."""
    found = []
    for place, cell in _cells(notebook, "code"):
        if {"execution", "papermill"} & cell.metadata.keys():
            found.append(f"cell {place} has timings in its metadata")
        for output in cell.outputs:
            if output.output_type == "error":
                found.append(f"cell {place} stores an error: {output.ename}")
            if output.get("name") == "stderr":
                found.append(f"cell {place} writes to stderr: {output.text.strip()[:80]!r}")
            found += [f"cell {place}'s output holds {leak}" for leak in _leaks(output)]
    return found


def _leaks(output: NotebookNode) -> list[str]:
    data = output.get("data", {})
    text = "\n".join([output.get("text", ""), *(str(data[mime]) for mime in data if mime not in BINARY)])
    matches = ((re.search(pattern, text), leak) for pattern, leak in LEAKS.items())
    return [f"{leak}: {match.group(0)!r}" for match, leak in matches if match]


def pictures(notebook: NotebookNode) -> list[str]:
    """Every picture has alt text, in an output's metadata or in Markdown."""
    found = []
    for place, cell in _cells(notebook, "code"):
        for output in cell.outputs:
            for mime in output.get("data", {}):
                alt = output.get("metadata", {}).get(mime, {}).get("alt", "")
                if mime.startswith("image/") and not str(alt).strip():
                    found.append(f"cell {place}: a picture without alt text; show it with teach.show")
    for place, cell in _cells(notebook, "markdown"):
        if re.search(r"!\[\s*\]\(", cell.source):
            found.append(f"cell {place}: a picture without alt text")
    return found


def reproducible(notebook: NotebookNode) -> list[str]:
    """Randomness has its seed among the parameters; nothing is drawn unseeded, fetched, or read from COURSE_DATA_DIR."""
    found = []
    sources = {place: cell.source for place, cell in _cells(notebook, "code")}
    names = _assigned(cell.source for _, cell in _cells(notebook, "code") if "parameters" in _tags(cell))
    if any(RANDOM.search(source) for source in sources.values()) and not any(
        "SEED" in name for name in names
    ):
        found.append("random numbers, but no SEED among the parameters")
    for place, source in sources.items():
        if match := UNSEEDED.search(source):
            found.append(f"cell {place} draws from a generator without the seed: {match.group(0)!r}")
        if match := re.search(
            r"COURSE_DATA_DIR|COURSE_SECRET|urllib|\brequests\b|\bpooch\b|\bdownload\(", source
        ):
            found.append(
                f"cell {place} uses {match.group(0)!r}; a lesson's default run reads nothing from outside"
            )
    return found


def _assigned(sources: Iterator[str]) -> set[str]:
    found = set()
    for source in sources:
        found |= {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    return found


def asserts(notebook: NotebookNode) -> list[str]:
    """At least two assertions, and none that can't fail: a constant, or a tuple with its message inside."""
    found, count = [], 0
    for place, cell in _cells(notebook, "code"):
        try:
            nodes = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Assert)]
        except SyntaxError:
            found.append(f"cell {place} isn't plain Python (magics don't belong in a lesson)")
            continue
        count += len(nodes)
        found += [
            f"cell {place}: {ast.unparse(node)!r} can't fail"
            for node in nodes
            if isinstance(node.test, ast.Constant | ast.Tuple)
        ]
    return found if count >= 2 else [*found, f"{count} assertions: every measured claim is asserted"]


def spelling(notebook: NotebookNode) -> list[str]:
    """American spelling, in prose and code."""
    return [
        f"cell {place}: {match.group(0)!r} is British"
        for place, cell in enumerate(notebook.cells, 1)
        for match in BRITISH.finditer(cell.source)
    ]


RULES: tuple[Callable[[NotebookNode], list[str]], ...] = (
    length,
    opening,
    closing,
    executed,
    tagging,
    clean_outputs,
    pictures,
    reproducible,
    asserts,
    spelling,
)


def complaints(path: Path) -> list[str]:
    """All rules' complaints about the notebook in a file, and about the file's size."""
    notebook = notebooks.read(path)
    found = [complaint for rule in RULES for complaint in rule(notebook)]
    if path.stat().st_size > MOST_BYTES:
        found.append(f"{path.stat().st_size / 1e6:.2f} MB, at most {MOST_BYTES / 1e6} MB")
    return found


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.lint", description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", metavar="NUMBER", help="lessons, such as 01; without: all")
    options = parser.parse_args(arguments)
    try:
        syllabus = load()
        lessons = syllabus.select(options.numbers) if options.numbers else syllabus.lessons
    except SyllabusError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    paths = [lesson.notebook() for lesson in lessons if lesson.notebook().is_file()]
    found = [f"{path.relative_to(ROOT).as_posix()}: {line}" for path in paths for line in complaints(path)]
    print("\n".join(found) or f"{len(paths)} notebooks, nothing to complain about")
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main())
