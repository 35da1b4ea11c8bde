"""Points that a person gave: kept when the same answer is graded again, asked for again when the answer changed.

(nbgrader by itself asks for them again in both cases, and meanwhile shows the old ones as final.)
"""

import contextlib

from nbgrader.api import Gradebook, MissingEntry

from tools.grade.mend import parse


def judged_texts(content, source):
    """{id of a graded cell: the texts in a mended notebook (bytes) that its points are for}.

    Prose is judged by itself; a test by its answer cells and by all cells of the student's own.
    """
    cells = parse(content)
    own = [code.strip() for kind, code, grade_id in cells if kind == "code" and not grade_id]
    text = {grade_id: code.strip() for _, code, grade_id in cells}
    return {
        graded: [text.get(i) for i in answers] + (own if graded in source.tests else [])
        for graded, answers in source.answers_of.items()
    }


def ask_again(url, source, student, before, after):
    """Take back a person's points where the answer is another in `after` than in `before` (bytes of notebooks)."""
    before, after = judged_texts(before, source), judged_texts(after, source)
    with _grades(url, source.name, student) as grades:
        for grade in grades:
            if grade.manual_score is not None and before.get(grade.name) != after.get(grade.name):
                grade.needs_manual_grade = True


@contextlib.contextmanager
def kept(url, assignment, student):
    """Around nbgrader's autograde: what a person gave and nobody took back is final afterwards, too."""
    final = set()
    with _grades(url, assignment, student) as grades:
        for grade in grades:
            grade.auto_score = None  # else a test that was deleted since would keep its points
            if grade.manual_score is not None and not grade.needs_manual_grade:
                final.add(grade.name)
    try:
        yield
    finally:
        with _grades(url, assignment, student) as grades:
            for grade in grades:
                if grade.name in final:
                    grade.needs_manual_grade = False


@contextlib.contextmanager
def _grades(url, assignment, student):
    """The gradebook's grades of a submission, none where there is none; changes are stored."""
    with Gradebook(url) as book:
        try:
            grades = book.find_submission_notebook(assignment, assignment, student).grades
        except MissingEntry:
            grades = []
        yield grades
        book.db.commit()
