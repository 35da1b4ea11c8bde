"""How often a task's answer was handed in anew: each text of it that was graded, once.

Only what was handed in is known here. What students try at home stays in their own record, which isn't handed in.
"""

import hashlib
import json

import nbformat

from tools.grade.mend import parse
from tools.grade.source import task_name


class Tries:
    """The record of a grading, ``tries.json`` in its folder `root`."""

    def __init__(self, root):
        self.path, self._stubs = root / "tries.json", {}
        try:
            self.seen = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # the first grading, or one that was killed long ago
            self.seen = {}

    def note(self, source, student, content):
        """Count the answers in a mended notebook (bytes) that weren't there before and aren't the release's stubs."""
        texts = {grade_id: code.strip() for _, code, grade_id in parse(content)}
        stubs = self._released(source.name)
        for graded, answers in source.answers_of.items():
            answer, stub = ([where.get(i) for i in answers] for where in (texts, stubs))
            if answer != stub and any(answer):
                digest = hashlib.sha256(json.dumps(answer).encode()).hexdigest()[:16]
                theirs = (
                    self.seen.setdefault(source.name, {})
                    .setdefault(student, {})
                    .setdefault(task_name(graded), [])
                )
                theirs += [digest] * (digest not in theirs)

    def _released(self, assignment):
        if assignment not in self._stubs:
            path = self.path.parent / "release" / assignment / f"{assignment}.ipynb"
            cells = nbformat.read(path, as_version=4).cells
            self._stubs[assignment] = {
                c.metadata.get("nbgrader", {}).get("grade_id"): c.source.strip() for c in cells
            }
        return self._stubs[assignment]

    def save(self):
        """Write the record, whole or not at all."""
        partial = self.path.with_suffix(".json.part")
        partial.write_text(json.dumps(self.seen), encoding="utf-8")
        partial.replace(self.path)

    def count(self, assignment, task):
        """How many answers to a task were graded, of all students; None where none is on record."""
        found = [len(tasks.get(task, ())) for tasks in self.seen.get(assignment, {}).values()]
        return sum(found) if found else None
