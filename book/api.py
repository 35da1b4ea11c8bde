"""The package's reference: a page a room, from its docstrings."""

import ast
import importlib
import inspect
from pathlib import Path

from book.links import toctree
from tools.syllabus import ROOT

PACKAGE = ROOT / "course_lib"
ROOMS = ("color", "metrics", "layers", "engines", "data", "images", "video", "mobile", "quality", "cry", "teach")  # fmt: skip


def public_names() -> dict[str, str]:
    """What the rooms offer: from the name, and from room and name, to the full name, where that is unambiguous."""
    found: dict[str, list[str]] = {}
    for room in ROOMS:
        for name in _offered(room):
            for short in (name, f"{room}.{name}", f"course_lib.{room}.{name}"):
                found.setdefault(short, []).append(f"course_lib.{room}.{name}")
    return {short: full[0] for short, full in found.items() if len(full) == 1}


def _offered(room: str) -> list[str]:
    return sorted(getattr(importlib.import_module(f"course_lib.{room}"), "__all__", ()))


def reference() -> dict[str, str]:
    """The reference: a page a room, from the docstrings, and one that lists the rooms."""
    made = {f"api/{room}": _room(room) for room in ROOMS}
    rows = [
        f"| [`course_lib.{room}`](/api/{room}.md) | {_first_line(PACKAGE / room / '__init__.py')} |"
        for room in ROOMS
    ]
    made["api/index"] = "\n\n".join(
        [
            "# The package course_lib",
            "One room for each part of the course, on a ground floor that all share. Images are float32 in [0, 1], "
            "`(H, W, 3)` RGB; Lab has L from 0 to 100 and ab to about ±110; sound is float32 in [-1, 1]. What leaves "
            "this convention says so in its name.",
            "\n".join(["| Room | What it holds |", "| --- | --- |", *rows]),
            toctree([f"/api/{room}" for room in ROOMS]),
        ]
    )
    return made


def _room(room: str) -> str:
    module = importlib.import_module(f"course_lib.{room}")
    lines = [f"# course_lib.{room}", _first_line(PACKAGE / room / "__init__.py")]
    for name in _offered(room):
        full, value = f"course_lib.{room}.{name}", getattr(module, name)
        if inspect.isclass(value):
            kind = "exception" if issubclass(value, Exception) else "class"
            lines.append(f"```{{eval-rst}}\n.. auto{kind}:: {full}\n   :members:\n```")
        elif callable(value):
            lines.append(f"```{{eval-rst}}\n.. autofunction:: {full}\n```")
        else:  # its own docstring would be that of dict, tuple or float
            told = (
                ", ".join(f"``{part}``" for part in value)
                if isinstance(value, dict | tuple)
                else f"``{value}``"
            )
            lines.append(f"```{{eval-rst}}\n.. py:data:: {full}\n\n   {type(value).__name__}: {told}\n```")
    rows = [
        f"| `{path.relative_to(PACKAGE).as_posix()}` | {_first_line(path)} |"
        for path in sorted((PACKAGE / room).rglob("*.py"))
        if path.name != "__init__.py" and "tasks" not in path.parts
    ]
    lines += ["## Modules", "\n".join(["| Module | Its idea |", "| --- | --- |", *rows])]
    return "\n\n".join(lines) + "\n"


def _first_line(path: Path) -> str:
    """The first sentence or line of a module's docstring, fit for a table."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(said.partition("\n\n")[0].split()).replace("|", "\\|")
