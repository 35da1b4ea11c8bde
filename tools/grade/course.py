"""nbgrader, driven without its commands: release, gradebook, autograde, feedback.

A grading's folder is an nbgrader course of its own (gradebook.db, submitted, autograded, feedback), whose source
is the exercises' folder; so nbgrader's formgrader opens on it.
"""

import contextlib
import io
import json
import logging
import os
import shutil
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import Config, PyFileConfigLoader

from tools.grade import persons
from tools.grade.source import EXERCISES


@dataclass(frozen=True)
class Grade:
    """A graded cell of a submission: its points, what the tests said, and what a person gave."""

    points: float | None  # None: a person must give them
    said: dict | None  # {} for prose, None where the cell was deleted
    given: float | None  # where points is None, for an earlier answer


class CourseError(RuntimeError):
    """nbgrader couldn't do its part; the message is its log."""


def is_judged(path):
    """Whether an autograded notebook was judged to its end: nbgrader writes it once before, and a run can be killed."""
    try:
        return bool(json.loads(path.read_bytes())["metadata"].get("course", {}).get("judged"))
    except (OSError, ValueError, KeyError):
        return False


class Course:
    """An nbgrader course in the folder `root`, with the assignments of `exercises` as its source."""

    def __init__(self, root, exercises=EXERCISES, timeout=20.0, variants=False):
        self.root, self.exercises = Path(root).resolve(), Path(exercises).resolve()
        self.config = PyFileConfigLoader("nbgrader_config.py", path=str(EXERCISES)).load_config()
        self.config.merge(Config(RunApart={"timeout": timeout, "variants": variants}))
        self.gradebook = (
            f"sqlite:///{self.root / 'gradebook.db'}?timeout=60"  # several processes write into it
        )
        self.config.CourseDirectory.update(
            root=str(self.root),
            source_directory=str(self.exercises / "source"),
            db_url=self.gradebook,
        )

    def release(self, assignment):
        """Make the students' notebook, and enter the assignment into the gradebook. Returns its path."""
        self._run(GenerateAssignment, assignment)
        return self.root / "release" / assignment / f"{assignment}.ipynb"

    def submit(self, source, student, content):
        """Put a submission (bytes of a mended notebook) where nbgrader looks; whether it has to be graded (again)."""
        path = self.root / "submitted" / student / source.name / f"{source.name}.ipynb"
        graded = self.autograded(source.name, student)
        before = path.read_bytes() if path.is_file() else content
        if path.is_file() and before == content and is_judged(graded):
            return False
        if before != content:
            persons.ask_again(self.gradebook, source, student, before, content)
        shutil.rmtree(graded.parent, ignore_errors=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return True

    def autograde(self, assignment, student):
        """Grade one submission that was submitted."""
        with persons.kept(self.gradebook, assignment, student):
            self._run(Autograde, assignment, student)

    def feedback(self, assignment, student):
        """Write the page that the student gets back."""
        self._run(GenerateFeedback, assignment, student)

    def autograded(self, assignment, student):
        """Where a submission lies, once graded."""
        return self.root / "autograded" / student / assignment / f"{assignment}.ipynb"

    def grades(self, assignment, student):
        """{id of a graded cell: `Grade`}; empty where the submission isn't graded."""
        with contextlib.suppress(OSError, MissingEntry):
            notebook = nbformat.read(self.autograded(assignment, student), as_version=4)
            said = {
                cell.metadata.nbgrader.grade_id: cell.metadata.get("course", {})
                for cell in notebook.cells
                if cell.metadata.get("nbgrader", {}).get("grade")
            }
            with Gradebook(self.gradebook) as book:
                return {
                    grade.name: Grade(
                        None if grade.needs_manual_grade else grade.score,
                        said.get(grade.name),
                        grade.manual_score,
                    )
                    for grade in book.find_submission_notebook(assignment, assignment, student).grades
                }
        return {}

    def _run(self, converter, assignment, student="*"):
        """Run one of nbgrader's steps on one submission; its log becomes the error where it fails."""
        directory = CourseDirectory(config=self.config, assignment_id=assignment, student_id=student)
        step = converter(coursedir=directory, config=self.config)
        step.force = True
        heard = io.StringIO()
        kept, propagate = step.log.handlers, step.log.propagate
        step.log.handlers, step.log.propagate = [logging.StreamHandler(heard)], False
        # nbgrader makes its gradebook by a command of its own, and its database layer warns about itself
        commands = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        try:
            with patch.dict(os.environ, PATH=commands), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                step.start()
        except NbGraderException as error:
            raise CourseError(heard.getvalue().strip() or str(error)) from None
        finally:
            step.log.handlers, step.log.propagate = kept, propagate
