"""A lesson's or an exercise's executed notebook as a page of the book."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

from book.links import linked, toctree, unfolded
from book.players import Player, html
from tools import notebooks
from tools.syllabus import ROOT, Lesson, Syllabus

Pages = Mapping[tuple[str, str], str]
_GUESS, _PLAY = "Run this cell to keep a guess.", "Run this cell to play."
_SELF_TEST = re.compile(r"^## Check your understanding\s*$([\s\S]*?)(?=^## |\Z)", re.MULTILINE)


class BookError(ValueError):
    """What the book is made from is wrong; the message says where."""


def repository() -> str:
    """The address in COURSE_REPOSITORY, such as https://github.com/OWNER/NAME, or nothing.

    Raises
    ------
    BookError
        When it isn't the address of a repository on GitHub: that is where Binder and Colab look.
    """
    address = os.environ.get("COURSE_REPOSITORY", "").rstrip("/").removesuffix(".git")
    if address and not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", address):
        raise BookError(f"COURSE_REPOSITORY must look like https://github.com/OWNER/NAME, got {address!r}")
    return address


def release(lesson: Lesson) -> Path:
    """Where the exercise as students get it lies."""
    return ROOT / "exercises" / "release" / lesson.name / f"{lesson.name}.ipynb"


def pages_of(syllabus: Syllabus) -> dict[tuple[str, str], str]:
    """The page of each ready lesson, and of its exercise where there is one, by ("lesson" or "exercise", number)."""
    pages = {("lesson", lesson.number): f"/{lesson.path}.ipynb" for lesson in syllabus.ready}
    return pages | {
        ("exercise", lesson.number): f"/exercises/{lesson.name}.ipynb"
        for lesson in syllabus.ready
        if release(lesson).is_file()
    }


def lesson_page(
    lesson: Lesson, pages: Pages, names: Mapping[str, str], player: Player | None = None
) -> NotebookNode:
    """The lesson with its number, how to run it, links in its prose, and a figure that moves in place of a widget."""
    notebook = _linked(
        notebooks.read(lesson.notebook()),
        {k: p for k, p in pages.items() if k != ("lesson", lesson.number)},
        names,
    )
    title = notebook.cells[0].source.splitlines()[0]
    if not title.startswith("# "):
        raise BookError(
            f"lesson {lesson.number}: the first cell must begin with '# ' and a title, got {title!r}"
        )
    notebook.cells[0].source = notebook.cells[0].source.replace(title, f"# {lesson.number} · {title[2:]}", 1)
    notebook.cells.insert(1, new_markdown_cell(linked(run_this(lesson), pages)))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            _still(cell, html(player) if player and player.in_cell(cell.source) else None)
    if exercise := pages.get(("exercise", lesson.number)):
        notebook.cells.append(new_markdown_cell(toctree([exercise.removesuffix(".ipynb")])))
    return notebook


def exercise_page(lesson: Lesson, pages: Pages, names: Mapping[str, str]) -> NotebookNode:
    """The exercise to read: its tasks and hints, without solutions."""
    notebook = _linked(
        notebooks.read(release(lesson)),
        {k: p for k, p in pages.items() if k != ("exercise", lesson.number)},
        names,
    )
    how = (
        f"To do it, copy the folder `exercises/release/{lesson.name}` to a place of your own and open the notebook there. "
        f"It belongs to lesson {lesson.number}."
    )
    notebook.cells.insert(1, new_markdown_cell(linked(f":::{{note}}\n{how}\n:::", pages)))
    return notebook


def _linked(notebook: NotebookNode, pages: Pages, names: Mapping[str, str]) -> NotebookNode:
    for cell in notebook.cells:
        cell.metadata = NotebookNode()
        if cell.cell_type == "markdown":
            cell.source = linked(unfolded(cell.source), pages, names)
    return notebook


def _still(cell: NotebookNode, moving: str | None) -> None:
    """Make a code cell's outputs right for a page without a kernel: alt text, and nothing that asks to run the cell."""
    outputs = []
    for output in cell.outputs:
        data = output.get("data", {})
        said = data.get("text/plain", "")
        for details in output.get("metadata", {}).values():
            if "alt" in details:
                cell.metadata["mystnb"] = {"image": {"alt": details["alt"]}}
        if said == _PLAY and moving:
            outputs.append(new_output("display_data", {"text/markdown": moving}))
        elif said == _PLAY:
            outputs.append(
                new_output("display_data", {"text/markdown": "*Run the lesson to play with this one.*"})
            )
        elif said != _GUESS:
            for mime in [mime for mime in data if mime.startswith("application/vnd.course.")]:
                del data[mime]  # for the course's tools; its text stands beside it
            outputs.append(output)
    cell.outputs = outputs


def run_this(lesson: Lesson) -> str:
    """The block below a lesson's title: minutes, what it needs, and where to run it."""
    minutes = lesson.minutes
    *others, last = lesson.needs or ("",)
    needed = f"lessons {', '.join(others)} and {last}" if others else f"lesson {last}"
    rows = [
        f"**{sum(minutes.values())} minutes**: reading {minutes['reading']}, running {minutes['running']}, "
        f"exercises {minutes['exercises']}."
        + (f" Needs {needed}." if last else "")
        + (f" Then exercise {lesson.number}." if minutes["exercises"] else ""),
        f"On your machine, `make lab` opens the course and `make lesson N={lesson.number}` runs this lesson from start to end.",
    ]
    if address := repository():
        owner_and_name = address.removeprefix("https://github.com/")
        path = quote(f"notebooks/{lesson.path}.ipynb")
        binder = (
            f"https://mybinder.org/v2/gh/{owner_and_name}/HEAD?urlpath={quote(f'lab/tree/{path}', safe='')}"
        )
        colab = f"https://colab.research.google.com/github/{owner_and_name}/blob/main/{path}"
        rows.append(
            f"Elsewhere: [on Binder]({binder}), which takes minutes to start, or [on Colab]({colab}), where a new first cell "
            f"fetches the course: `!git clone {address} course`, then `%cd course` and `%pip install -r requirements.txt`."
        )
    return ":::{admonition} Run this\n:class: tip run-this\n\n" + "\n\n".join(rows) + "\n:::"


def self_test(lesson: Lesson) -> str:
    """The questions of a lesson's "Check your understanding", answers folded, as Markdown.

    Raises
    ------
    BookError
        When the lesson has none.
    """
    prose = "\n\n".join(
        c.source for c in notebooks.read(lesson.notebook()).cells if c.cell_type == "markdown"
    )
    found = _SELF_TEST.search(prose)
    if not found or "<details>" not in found[1]:
        raise BookError(f"lesson {lesson.number} has no questions under '## Check your understanding'")
    return unfolded(found[1].strip())


def sections(lesson: Lesson) -> list[str]:
    """The lesson's headings of the second level, in order, without the closing ones."""
    closing = {"Recap", "Check your understanding", "Where next"}
    prose = "\n".join(c.source for c in notebooks.read(lesson.notebook()).cells if c.cell_type == "markdown")
    return [title for title in re.findall(r"^## (.+)$", prose, re.MULTILINE) if title not in closing]
