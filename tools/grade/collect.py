"""Finds what was handed in: ``<student>/<assignment>/<assignment>.ipynb`` or ``<student>/<assignment>.ipynb``.

A notebook under another name is recognized by its cells. Links are not followed, and nothing is written here.
"""

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tools.grade.mend import BadNotebook, parse

SIZE_LIMIT = 20 * 2**20
NOTHING = "not handed in"
ASIDE = {"timestamp.txt"}  # nbgrader's own, and nothing to report


@dataclass
class Handed:
    """One student's notebook of one assignment: its bytes, or why there are none."""

    student: str
    assignment: str
    content: bytes | None = None
    problem: str = NOTHING
    notes: list[str] = field(default_factory=list)

    @property
    def id(self):
        """The student's name as nbgrader and file systems can take it."""
        return safe_id(self.student)


def safe_id(name):
    """A folder's name without characters that globs, web pages or file systems read as something else.

    >>> safe_id("ada"), safe_id("Ada [2] / Łódź")
    ('ada', 'Ada%20%5B2%5D%20%2F%20%C5%81%C3%B3d%C5%BA')
    """
    data = os.fsencode(name)
    quoted = quote(data, safe="")
    return quoted if len(quoted) <= 120 else f"{quoted[:80]}-{hashlib.sha256(data).hexdigest()[:16]}"


def shown(name):
    """A name that can be printed and written, whatever bytes a file system gave."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def collect(folder, sources):
    """All submissions in a folder of students, for the assignments `sources` ({name: Source}).

    Returns
    -------
    (list of Handed, list of (student, note))
        A `Handed` for every student and every assignment, and what was found besides.
    """
    handed, notes = [], []
    for entry in sorted(Path(folder).iterdir()):
        if entry.name.startswith(".") or entry.name == "__MACOSX":
            continue
        if entry.is_symlink() or not entry.is_dir():
            notes.append(
                (shown(entry.name), "left aside: not a student's folder" + " but a link" * entry.is_symlink())
            )
            continue
        try:
            theirs, besides = _student(entry, sources)
        except OSError as error:
            theirs, besides = (
                [Handed(entry.name, name) for name in sources],
                [f"can't be read: {error.strerror}"],
            )
        handed += theirs
        notes += [(shown(entry.name), note) for note in besides]
    return handed, notes


def wrong_layout(folder, handed, sources):
    """What is wrong with a folder that doesn't hold a folder for each student, in words; "" where nothing is.

    `handed` is what `collect` made of it.
    """
    folder = Path(folder)
    folders = [entry for entry in sorted(folder.iterdir()) if _is_folder(entry)]
    for name in (entry.name for entry in folders if entry.name in sources):
        if (folder / name / f"{name}.ipynb").is_file():
            return f"this looks like one student's folder, for it holds {name}; give the folder above it"
        return f"{name} is an assignment, not a student; expected STUDENT/{name}/{name}.ipynb"
    deep = [shown(str(path.relative_to(folder))) for path in sorted(folder.glob("*/*/*/*.ipynb"))]
    if len(folders) == 1 and not deep:
        for name in sources:  # ANYTHING/STUDENT/NAME.ipynb of several students
            paths = sorted(folder.glob(f"*/*/{name}.ipynb"))
            if len(paths) > 1 and all(path.parent.name != name for path in paths):
                deep = deep or [shown(str(path.relative_to(folder))) for path in paths]
    elif any(one.content is not None for one in handed):
        deep = []
    if deep:
        inner = folder / Path(deep[0]).parts[0]
        return f"notebooks lie one level too deep, such as {deep[0]}: give {shown(str(inner))}"
    if not any(one.content is not None for one in handed) and [*folder.glob("*.ipynb")]:
        return f"notebooks lie directly in {shown(str(folder))}; expected one folder for each student"
    return ""


def _student(folder, sources):
    found, notes = {}, []
    for path in _files(folder, notes):
        name, rank, problem = _recognize(path, folder, sources)
        if name is None:
            notes.append(f"{shown(str(path.relative_to(folder)))} left aside: {problem}")
        else:
            found.setdefault(name, {}).setdefault(rank, []).append(path)
    return [_take(folder, name, found.get(name, {}), notes) for name in sources], notes


def _files(folder, notes):
    """The notebooks in a student's folder and one level below; what else there is is noted."""
    for path in sorted(
        [*folder.iterdir(), *(p for d in folder.iterdir() if _is_folder(d) for p in d.iterdir())]
    ):
        where = shown(str(path.relative_to(folder)))
        if path.name.startswith(".") or path.name in ASIDE or (_is_folder(path) and path.parent == folder):
            continue
        if path.is_symlink():
            notes.append(f"{where} left aside: a link, not a file")
        elif path.suffix == ".ipynb" and stat.S_ISREG(path.lstat().st_mode):
            yield path
        else:
            notes.append(f"{where} left aside: not a notebook")


def _is_folder(path):
    return path.is_dir() and not path.is_symlink() and not path.name.startswith(".")


def _recognize(path, folder, sources):
    """(assignment, rank, problem): rank 0 in its own folder, 1 beside, 2 under another name; None where unknown."""
    if path.stem in sources:
        return path.stem, 0 if path.parent.name == path.stem and path.parent != folder else 1, ""
    try:
        ids = {grade_id for _, _, grade_id in parse(_read(path)) if grade_id}
    except (BadNotebook, OSError) as error:
        return None, None, f"under an unknown name, and {error}"
    common = {name: len(ids & set(source.cells)) for name, source in sources.items()}
    best = max(common, key=common.get)
    if not common[best] or list(common.values()).count(common[best]) > 1:
        return None, None, "no notebook of these exercises"
    return best, 2, ""


def _take(folder, name, ranked, notes):
    """The one notebook that counts, of those that could be the assignment `name`."""
    handed = Handed(folder.name, name)
    if not ranked:
        return handed
    best = min(ranked)
    path = ranked[best][0]
    others = [shown(str(p.relative_to(folder))) for paths in ranked.values() for p in paths if p != path]
    if best == 2 and others:
        handed.problem = (
            f"not graded: several notebooks could be it ({path.name}, {', '.join(others)}); leave one"
        )
        return handed
    handed.notes += [f"{other} left aside: {shown(str(path.relative_to(folder)))} counts" for other in others]
    if best == 2:
        handed.notes.append(f"recognized by its cells: {shown(path.name)} should be named {name}.ipynb")
    try:
        handed.content = _read(path)
        parse(handed.content)
    except (BadNotebook, OSError) as error:
        handed.content, handed.problem = None, f"not graded: {error}"
    return handed


def _read(path):
    """A file's bytes; never a link's target, never more than the limit."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        content = file.read(SIZE_LIMIT + 1)
    if len(content) > SIZE_LIMIT:
        raise BadNotebook(f"it is larger than {SIZE_LIMIT // 2**20} MB: clear its outputs")
    return content
