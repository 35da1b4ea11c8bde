"""The student's own record (guesses, checks) in one small JSON file, which may be missing, damaged or unwritable.

It lies at `.course/progress.json` in the repository; the environment variable ``COURSE_PROGRESS`` names
another file or is ``off``. Keeping a record is a convenience: nothing here ever stops a lesson.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from pathlib import Path


def course_root() -> Path:
    """Folder with `course.toml`: this package's own, else the first one upward from the working folder."""
    here = Path(__file__).resolve().parents[2]
    for folder in (here, Path.cwd(), *Path.cwd().parents):
        if (folder / "course.toml").is_file():
            return folder
    return here


def record_path() -> Path | None:
    """Where the record lies; None where it is switched off."""
    named = os.environ.get("COURSE_PROGRESS", "")
    if named.lower() == "off":
        return None
    return Path(named) if named else course_root() / ".course" / "progress.json"


def load() -> dict:
    """The record, ``{"checks": {key: {"tried": n, "passed": bool}}, "guesses": {key: guess}}``; empty where none is.

    A damaged file is set aside under another name, and a line says so.
    """
    return _read() or _empty()


_tried_here: set[str] = set()


def tried(key: str) -> bool:
    """Whether a task's check has been tried, in this kernel or ever."""
    return key in _tried_here or key in load()["checks"]


def note_check(key: str, passed: bool):
    """Count a try of a task; a task once passed stays passed."""
    _tried_here.add(key)
    if (record := _read()) is None:
        return
    old = record["checks"].get(key, {"tried": 0, "passed": False})
    record["checks"][key] = {"tried": old["tried"] + 1, "passed": old["passed"] or passed}
    _save(record)


def note_guess(key: str, guess):
    """Keep a guess (string or number)."""
    if (record := _read()) is None:
        return
    record["guesses"][key] = guess
    _save(record)


def _empty() -> dict:
    return {"checks": {}, "guesses": {}}


def _read() -> dict | None:
    """The record on disk, an empty one where there is none; None where it can't be had and mustn't be written over."""
    path = record_path()
    if path is None:
        return _empty()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return _empty()
    except OSError as error:
        print(
            f"Your progress file {path.name} can't be read ({error.strerror}). It stays as it is; nothing new is kept."
        )
        return None
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or brackets in brackets without end
        found = None
    if _well_formed(found):
        return found
    return _empty() if _set_aside(path) else None


def _well_formed(found) -> bool:
    return (
        isinstance(found, dict)
        and isinstance(found.get("checks"), dict)
        and isinstance(found.get("guesses"), dict)
        and all(
            isinstance(c, dict) and type(c.get("tried")) is int and type(c.get("passed")) is bool
            for c in found["checks"].values()
        )
    )


def _set_aside(path: Path) -> bool:
    """Move a damaged file out of the way, whole; False where that isn't possible."""
    kept = path.with_name(f"{path.stem}-damaged-{time.time_ns()}{path.suffix}")
    try:
        path.replace(kept)
        print(f"Your progress file could not be read. It is kept as {kept.name}, and a new one begins.")
    except OSError:
        print("Your progress file could not be read, and it could not be moved: progress isn't kept.")
        return False
    return True


def _save(record: dict):
    path = record_path()
    if path is None:
        return
    # of this process and thread alone, so that no other writer's half is renamed
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(record, indent=1), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        # A read-only course folder is fine to learn from.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
