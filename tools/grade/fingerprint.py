"""What a grading hangs on besides the submission: when it changes, everything is graded again."""

import hashlib
import os

from course_lib.teach import checks
from tools.grade.source import EXERCISES


def fingerprint(source, timeout, course_lib=EXERCISES.parent / "course_lib"):
    """A digest of an assignment's source notebook, the secret, the code of course_lib and the time limit."""
    digest = hashlib.sha256()
    for part in (
        source.path.read_bytes(),
        checks.secret().encode("utf-8", "replace"),
        repr(float(timeout)).encode(),
    ):
        digest.update(hashlib.sha256(part).digest())
    for path in sorted(course_lib.rglob("*.py")):
        digest.update(hashlib.sha256(path.relative_to(course_lib).as_posix().encode()).digest())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def hidden_data():
    """A line that says on which secret hidden tests' data hang."""
    secret = checks.secret()
    if not secret.strip() or secret == "self-study":
        return "Hidden data: WARNING, no secret is set: self-study data, which anybody can work out."
    place = "COURSE_SECRET" if os.environ.get("COURSE_SECRET") else "exercises/secret.txt"
    return f"Hidden data: the secret of {place}."
