"""Broken notebooks and folders of them, into the grader, the student's record and the tools that read lessons."""

import json
import os
from unittest import mock

import nbformat

from course_lib.teach import record
from tools.grade.collect import collect
from tools.grade.mend import BadNotebook, mend
from tools.grade.source import sources
from tools.torture.damage import damaged, damaged_json
from tools.torture.handled import Failed, only

CASES, LIMIT = 60, 60.0


def prepare(folder):
    """The exercises as students get them, beside the sources that they are graded by, and a record."""
    known = sources()
    released = {
        name: source.path.parents[2] / "release" / name / f"{name}.ipynb" for name, source in known.items()
    }
    return known, {name: path.read_bytes() for name, path in released.items()}


def case(sound, draw, folder):
    """One broken thing."""
    return draw.choice([_mend, _mend, _collect, _record])(*sound, draw, folder)


def _broken(content, draw):
    """A notebook of which some cell isn't as it should be, or whose file isn't."""
    if draw.random() < 0.3:
        return damaged(content, draw, text=True)
    return json.dumps(damaged_json(json.loads(content), draw)).encode()


def _mend(known, released, draw, folder):
    """What the grader makes of it: a notebook that nbgrader can read, or words for the student."""
    name = draw.choice(list(known))
    try:
        notebook, notes = mend(_broken(released[name], draw), known[name])
    except BadNotebook as error:
        return "refused" if str(error) else _unsaid()
    nbformat.validate(notebook)
    json.dumps(notes).encode()
    if not set(known[name].locked) <= {
        cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells
    }:
        raise Failed(f"{name}: a locked cell is gone")
    return "worked"


def _collect(known, released, draw, folder):
    """Many students, among them folders that are none."""
    for student in ("ada", "b [2]", "ada/old", ".hidden", draw.choice(["Łódź", "x" * 200, "a\nb"])):
        name = draw.choice(list(known))
        path = (
            folder
            / student
            / draw.choice([f"{name}/{name}.ipynb", f"{name}.ipynb", "mine.ipynb", "notes.txt"])
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_broken(released[name], draw))
    (folder / "loose.ipynb").write_bytes(b"{")
    (folder / "link").symlink_to(folder)
    handed, _ = collect(folder, known)
    silent = [one for one in handed if one.content is None and not one.problem]
    if silent or not handed:
        raise Failed(f"{len(silent)} of {len(handed)} are neither taken nor refused")
    return "refused" if all(one.content is None for one in handed) else "worked"


def _record(known, released, draw, folder):
    """The file that remembers what a student tried; a broken one is set aside and begun anew."""
    sound = {
        "checks": {"01.normalize": {"tried": 2, "passed": True}},
        "guesses": {"01.gray": 3.5, "02.mode": "red"},
    }
    path = folder / "progress.json"
    content = json.dumps(damaged_json(sound, draw)).encode()
    path.write_bytes(damaged(content, draw, text=True) if draw.random() < 0.3 else content)
    with mock.patch.dict(os.environ, {"COURSE_PROGRESS": str(path)}):
        record.note_check("01.normalize", True)
        record.note_guess("03.k", 5)
        found = record.load()
    if found["checks"]["01.normalize"]["passed"] is not True or found["guesses"]["03.k"] != 5:
        raise Failed(f"the record forgets: {found}")
    aside = [p.name for p in folder.iterdir() if p != path]
    if len(aside) > 1 or any(name.endswith(".part") for name in aside):
        raise Failed(f"left behind: {aside}")
    only(folder, path.name, *aside)
    return "refused" if aside else "worked"


def _unsaid():
    raise Failed("refused without a word")
