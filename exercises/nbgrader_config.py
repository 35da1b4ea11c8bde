"""nbgrader's settings for this course, for its commands, for its formgrader, and for tools/exercises.py and tools/grade.

What is not nbgrader's default: a submission's code runs in a process apart from the tests (see README.md beside
this file), locked cells are the source's, and hidden tests don't get onto feedback pages.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor  # noqa: E402
from nbgrader import preprocessors  # noqa: E402

from tools.grade.preprocessors import (  # noqa: E402
    HideTests,
    MarkOpen,
    Mend,
    RunApart,
    markdown_without_scripts,
    rounded,
)

c = get_config()  # noqa: F821 (given by traitlets)
c.CourseDirectory.course_id = "from_gray_to_color"
c.CourseDirectory.root = str(HERE)
c.ClearSolutions.code_stub = {"python": "# your code here\nraise NotImplementedError"}
c.ClearSolutions.text_stub = "*Your answer here.*"
c.Autograde.sanitize_preprocessors = [
    Mend,
    preprocessors.OverwriteKernelspec,
    preprocessors.OverwriteCells,
    preprocessors.CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    RunApart,
    preprocessors.SaveAutoGrades,
    preprocessors.AssignLatePenalties,
    preprocessors.CheckCellMetadata,
]
c.GenerateFeedback.preprocessors = [preprocessors.GetGrades, MarkOpen, HideTests, CSSHTMLHeaderPreprocessor]
c.HTMLExporter.filters = {"markdown2html": markdown_without_scripts, "round": rounded}
