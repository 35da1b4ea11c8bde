"""Arrows point down: what each part of the package may import of the package itself."""

import ast
from pathlib import Path

import pytest

import course_lib

PACKAGE = Path(course_lib.__file__).parent
GROUND = {"color": set(), "metrics": {"color"}, "data": {"color"}, "layers": {"color"}, "engines": {"color"}}
ROOMS = ["images", "video", "mobile", "quality", "cry"]  # in the course's order
MAY = GROUND | {room: {*GROUND, *ROOMS[:place]} for place, room in enumerate(ROOMS)}
MAY["teach"] = {*GROUND, *ROOMS}


def imported_parts(code: str) -> set[str]:
    """The parts of course_lib that Python code imports, wherever in it the import stands."""
    names = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("course_lib.")}


@pytest.mark.parametrize("part", sorted(p.name for p in PACKAGE.iterdir() if (p / "__init__.py").is_file()))
def test_a_part_imports_only_what_lies_below_it(part):
    for path in (PACKAGE / part).rglob("*.py"):
        above = imported_parts(path.read_text(encoding="utf-8")) - MAY[part] - {part}
        assert not above, f"{path.relative_to(PACKAGE)} imports {', '.join(sorted(above))}"


def test_imports_are_found_wherever_they_stand():
    code = "import course_lib.video\ndef f():\n    from course_lib import teach\n    from course_lib.cry.alarms import x"
    assert imported_parts(code) == {"video", "teach", "cry"}
