"""Each student's number, on which the data of their notebook hang: VARIANT in the cell tagged `parameters`.

It comes from the course's secret, the student and the assignment by a keyed hash. So the grader works it out by itself,
from the name of the folder, and never asks the notebook.
"""

import hmac
import re
import unicodedata
from urllib.parse import unquote

from course_lib.teach import checks
from tools.grade.mend import parse

NUMBERS = 999_999


def number(student, assignment):
    """1 … 999 999 for a student (as `collect.safe_id` has the name of the folder) and an assignment."""
    name = unicodedata.normalize("NFC", unquote(student))  # file systems spell an é in two ways
    text = f"{assignment}/{name}".encode("utf-8", "replace")
    digest = hmac.digest(checks.secret().encode("utf-8", "replace"), text, "sha256")
    return 1 + int.from_bytes(digest[:8], "big") % NUMBERS


def require_secret():
    """Raise ValueError where there is no secret: anybody could work out anybody's number."""
    if checks.secret().strip() in ("", "self-study"):
        raise ValueError("variants hang on the course's secret, and none is set: see exercises/README.md")


def said(content, source):
    """VARIANT as a submitted notebook (its JSON) has it; None where it doesn't say."""
    texts = [code for _, code, grade_id in parse(content) if grade_id == source.variant_cell is not None]
    found = re.search(r"^VARIANT = (\d{1,9})\b", texts[0], re.M) if texts else None
    return int(found[1]) if found else None


def wrong_data(handed, sources, variants):
    """{(assignment, student's id): notes} on notebooks that were made for somebody else.

    Raises
    ------
    ValueError
        The class has `variants` and there is no secret; or it hasn't, and a notebook was made for a student.
    """
    if variants:
        require_secret()
    varied = [one for one in handed if sources[one.assignment].variant_cell is not None]
    holders = {(one.assignment, number(one.id, one.assignment)): one.student for one in varied}
    notes = {}
    for one in varied:
        told = None if one.content is None else said(one.content, sources[one.assignment])
        if told and not variants:
            raise ValueError(f"{one.student}'s {one.assignment} has data of its own: grade with --variants")
        if variants and told is not None and told != number(one.id, one.assignment):
            whose = holders.get((one.assignment, told), "nobody here" if told else "self-study")
            notes[one.assignment, one.id] = [f"has the data of {whose}, and was judged by this student's own"]
    return notes
