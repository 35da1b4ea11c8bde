"""What the course puts into nbgrader's own steps (see exercises/nbgrader_config.py).

`Mend` and `RunApart` take the place of nbgrader's kernel in `autograde`, so that its gradebook, its formgrader and
its feedback work as ever; `HideTests` keeps hidden tests out of feedback pages, `MarkOpen` points nobody gave yet.
"""

import math
import os
from functools import cache
from pathlib import Path
from unittest.mock import patch

import bleach
import nbformat
from nbconvert.filters import markdown2html
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float

from tools.grade import variants
from tools.grade.judge import without_hidden
from tools.grade.mend import mend
from tools.grade.run import run
from tools.grade.sandbox import Keeper
from tools.grade.source import Source

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
TEXT = ("a", "b", "br", "code", "del", "em", "i", "span", "strong", "sub", "sup", "u")
BLOCKS = ("blockquote", "details", "div", "hr", "li", "ol", "p", "pre", "summary", "ul")
TABLES = ("table", "tbody", "td", "th", "thead", "tr")
TAGS = frozenset((*HEADINGS, *TEXT, *BLOCKS, *TABLES))


@cache
def _read(path, changed):
    return Source(path)


class _Keeping:
    """The keeper of this process, with the modules that the assignment at hand needs."""

    keeper = None

    @classmethod
    def get(cls, modules):
        if cls.keeper is None:
            cls.keeper = Keeper(modules)
        cls.keeper.load(modules)
        return cls.keeper

    @classmethod
    def close(cls):
        if cls.keeper is not None:
            cls.keeper.close()
            cls.keeper = None


close_keeper = _Keeping.close


class _WithSource(NbGraderPreprocessor):
    def _source(self, resources):
        about, course = resources["nbgrader"], self.parent.parent.coursedir
        folder = course.format_path(course.source_directory, ".", about["assignment"])
        path = Path(folder) / f"{about['notebook']}.ipynb"
        return _read(path, path.stat().st_mtime_ns)  # once, until it changes


class Mend(_WithSource):
    """Rebuilds a submission from its text, with the source's locked cells and points."""

    def preprocess(self, nb, resources):
        mended, notes = mend(nbformat.writes(nb), self._source(resources))
        for note in notes:
            self.log.warning(note)
        return mended, resources


class RunApart(_WithSource):
    """Runs the student's cells in a process apart, and the tests here, in place of one kernel for both."""

    timeout = Float(20.0, help="Seconds for a cell, and for all of a test's calls together").tag(config=True)
    variants = Bool(False, help="Whether each student has data of their own").tag(config=True)

    def preprocess(self, nb, resources):
        source = self._source(resources)
        if self.variants:
            about, course = resources["nbgrader"], self.parent.parent.coursedir
            submitted = Path(course.format_path(course.submitted_directory, ".", "")).glob("*/")
            others = [0, *(variants.number(folder.name, source.name) for folder in submitted)]
            source = source.of(variants.number(about["student"], source.name), others)
        with patch.dict(os.environ, COURSE_PROGRESS="off"):
            run(nb, source, _Keeping.get(source.modules), self.timeout)
        nb.metadata["course"] = {"judged": True}
        return nb, resources


def markdown_without_scripts(source):
    """Markdown as HTML that holds no scripts, for pages that others than its author open."""
    return bleach.clean(markdown2html(source), TAGS, {"*": ["class", "id"], "a": ["href", "title"]})


class HideTests(NbGraderPreprocessor):
    """Takes hidden tests out of the pages that students get back."""

    def preprocess_cell(self, cell, resources, index):
        if utils.is_grade(cell):
            cell.source = without_hidden(cell.source, ["# (here the answer was also tried on other data)"])
        return cell, resources


class MarkOpen(NbGraderPreprocessor):
    """After nbgrader's GetGrades: what waits for a person has no points on the page, not zero or earlier ones."""

    def preprocess(self, nb, resources):
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as book:
            grades = book.find_submission_notebook(
                about["notebook"], about["assignment"], about["student"]
            ).grades
            waiting = {grade.name: grade.score for grade in grades if grade.needs_manual_grade}
        about["score"] -= sum(waiting.values())
        for cell in nb.cells:
            if utils.is_grade(cell) and cell.metadata.nbgrader.grade_id in waiting:
                cell.metadata.nbgrader.score = math.nan
        return nb, resources


def rounded(points, digits=0):
    """The filter `round` of feedback pages: words for what `MarkOpen` marked.

    >>> rounded(2.345, 1), rounded(math.nan, 2)
    (2.3, 'not graded yet')
    """
    return "not graded yet" if math.isnan(points) else round(points, digits)
