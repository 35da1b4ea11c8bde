"""The one syllabus: `course.toml` read into objects, and README's table and links made from it.

`python -m tools.syllabus` prints the table, `--readme` writes it between the two markers in README.md.
Only the standard library, so that it runs before anything is installed.
"""

import argparse
import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- syllabus:begin -->", "<!-- syllabus:end -->"
STATUSES = ("ready", "planned")
MINUTES = ("reading", "running", "exercises")


class SyllabusError(ValueError):
    """`course.toml` or what is made from it is wrong; the message says where."""


@dataclass(frozen=True)
class Part:
    """One of the course's parts, a heading of the table."""

    key: str
    title: str


@dataclass(frozen=True)
class Lesson:
    """One lesson; `path` is relative to `notebooks/` and `sources/`, without a suffix."""

    number: str
    path: str
    part: str
    title: str
    line: str
    status: str
    needs: tuple[str, ...] = ()
    minutes: dict[str, int] = field(default_factory=dict)
    second_run: dict[str, object] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether the notebook is in the repository."""
        return self.status == "ready"

    @property
    def name(self) -> str:
        """The last part of the path, which is also the exercise's name."""
        return PurePosixPath(self.path).name

    def notebook(self, root: Path = ROOT) -> Path:
        """Where the executed notebook lies."""
        return root / "notebooks" / f"{self.path}.ipynb"

    def source(self, root: Path = ROOT) -> Path:
        """Where the text that the notebook is made from lies."""
        return root / "sources" / f"{self.path}.py"

    def exercise(self, root: Path = ROOT) -> Path:
        """Where the exercise's notebook with solutions lies, if the lesson has one."""
        return root / "exercises" / "source" / self.name / f"{self.name}.ipynb"

    def exercise_source(self, root: Path = ROOT) -> Path:
        """Where the text that the exercise's notebook is made from lies, if the lesson has one."""
        return root / "sources" / "exercises" / f"{self.name}.py"


@dataclass(frozen=True)
class Syllabus:
    """The whole course, lessons in their order."""

    title: str
    subtitle: str
    motto: str
    parts: tuple[Part, ...]
    lessons: tuple[Lesson, ...]

    def select(self, numbers: list[str]) -> list[Lesson]:
        """The lessons of these numbers ("3" and "03" are the same), in the course's order.

        Raises
        ------
        SyllabusError
            For a number that no lesson has.
        """
        wanted = {number.zfill(2) for number in numbers}
        unknown = sorted(wanted - {lesson.number for lesson in self.lessons})
        if unknown:
            there = f"{self.lessons[0].number} to {self.lessons[-1].number}"
            raise SyllabusError(f"no lesson {', '.join(unknown)}; the course has {there}")
        return [lesson for lesson in self.lessons if lesson.number in wanted]

    @property
    def ready(self) -> list[Lesson]:
        """The lessons that are there."""
        return [lesson for lesson in self.lessons if lesson.ready]


def load(path: Path = ROOT / "course.toml") -> Syllabus:
    """Read and check the syllabus.

    Raises
    ------
    SyllabusError
        When the file is missing, isn't TOML, or a field is missing, unknown, of the wrong kind or contradictory.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SyllabusError(f"{path.name} can't be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SyllabusError(f"{path.name} is not valid TOML: {error}") from None
    return parse(table)


def parse(table: dict) -> Syllabus:
    """Check the table that `course.toml` holds and make objects of it (errors as in `load`)."""
    _fields(
        table, "course.toml", {"title": str, "subtitle": str, "motto": str, "parts": list, "lessons": list}
    )
    parts = tuple(_part(entry, place) for place, entry in enumerate(table["parts"], 1))
    lessons = tuple(_lesson(entry, place) for place, entry in enumerate(table["lessons"], 1))
    _consistent(parts, lessons)
    return Syllabus(table["title"], table["subtitle"], table["motto"], parts, lessons)


def _fields(entry: object, where: str, required: dict, optional: dict | None = None) -> None:
    """Every required field there, nothing unknown, each of its type; `where` names the entry."""
    if not isinstance(entry, dict):
        raise SyllabusError(f"{where}: expected a table, got {entry!r}")
    known = required | (optional or {})
    if missing := sorted(required.keys() - entry.keys()):
        raise SyllabusError(f"{where}: missing {', '.join(missing)}")
    if unknown := sorted(entry.keys() - known.keys()):
        raise SyllabusError(f"{where}: unknown field {', '.join(unknown)}; known are {', '.join(known)}")
    for key, value in entry.items():
        if type(value) is not known[key]:  # not isinstance: true would pass as a number
            raise SyllabusError(f"{where}: {key} must be of type {known[key].__name__}, got {value!r}")


def _part(entry: object, place: int) -> Part:
    _fields(entry, f"part {place}", {"key": str, "title": str})
    return Part(**entry)


def _lesson(entry: object, place: int) -> Lesson:
    where = (
        f"lesson {entry['number']}"
        if isinstance(entry, dict) and "number" in entry
        else f"lesson at place {place}"
    )
    text = dict.fromkeys(("number", "path", "part", "title", "line", "status"), str)
    _fields(entry, where, text | {"needs": list}, {"minutes": dict, "second_run": dict})
    if not re.fullmatch(r"\d\d", entry["number"]):
        raise SyllabusError(f"{where}: number must be two digits in quotes, got {entry['number']!r}")
    if not re.fullmatch(r"([a-z0-9_]+/)?" + entry["number"] + r"_[a-z0-9_]+", entry["path"]):
        raise SyllabusError(
            f"{where}: path must look like 1_images/01_name, without suffix; got {entry['path']!r}"
        )
    if entry["status"] not in STATUSES:
        raise SyllabusError(f"{where}: status must be one of {', '.join(STATUSES)}; got {entry['status']!r}")
    if entry["status"] == "ready" and "minutes" not in entry:
        raise SyllabusError(
            f"{where}: a ready lesson needs minutes = {{ reading = …, running = …, exercises = … }}"
        )
    if "minutes" in entry:
        _fields(entry["minutes"], f"{where}, minutes", dict.fromkeys(MINUTES, int))
    return Lesson(**{**entry, "needs": tuple(entry["needs"])})


def _consistent(parts: tuple[Part, ...], lessons: tuple[Lesson, ...]) -> None:
    """What one entry alone doesn't show: order, doubles, parts and lessons that don't exist."""
    if not lessons:
        raise SyllabusError("course.toml: no lessons")
    keys = [part.key for part in parts]
    seen: list[Lesson] = []
    for lesson in lessons:
        where = f"lesson {lesson.number}"
        earlier = {other.number for other in seen}
        if seen and lesson.number <= seen[-1].number:
            raise SyllabusError(f"{where}: comes after {seen[-1].number}; numbers must rise")
        if lesson.part not in keys:
            raise SyllabusError(f"{where}: part {lesson.part!r} is not one of {', '.join(keys)}")
        if seen and keys.index(lesson.part) < keys.index(seen[-1].part):
            raise SyllabusError(
                f"{where}: part {lesson.part!r} comes before the lesson above's {seen[-1].part!r}"
            )
        if later := [need for need in lesson.needs if need not in earlier]:
            raise SyllabusError(f"{where}: needs {later}, which no earlier lesson has as its number")
        if seen and not lesson.needs:
            raise SyllabusError(f"{where}: needs nothing, so no way leads to it from lesson {seen[0].number}")
        seen.append(lesson)


def readme_table(syllabus: Syllabus) -> str:
    """The Markdown that stands between README's markers: one table, a row a lesson, parts as bold rows.

    Below it, unseen, where `[a topic][03]` leads.
    """
    rows = ["| | Lesson | What it is about | Minutes | Needs |", "| --- | --- | --- | --- | --- |"]
    for part in syllabus.parts:
        rows.append(f"| | **{part.title}** | | | |")
        rows += [_row(lesson) for lesson in syllabus.lessons if lesson.part == part.key]
    rows += ["", *(f"[{lesson.number}]: notebooks/{lesson.path}.ipynb" for lesson in syllabus.ready)]
    return "\n".join(rows)


def readme_topics(text: str) -> dict[str, str]:
    """The topics that README names, `[a topic][03]`, each with the number of its lesson."""
    return {" ".join(topic.split()): number for topic, number in re.findall(r"\[([^][]+)\]\[(\d\d)\]", text)}


def _row(lesson: Lesson) -> str:
    title = (
        f"[{lesson.title}](notebooks/{lesson.path}.ipynb)" if lesson.ready else f"{lesson.title} *(planned)*"
    )
    minutes = str(sum(lesson.minutes.values())) if lesson.ready else ""
    return f"| {lesson.number} | {title} | {lesson.line} | {minutes} | {', '.join(lesson.needs)} |"


def with_table(text: str, table: str) -> str:
    """README's text with the table put between its markers.

    Raises
    ------
    SyllabusError
        When the two markers aren't there exactly once, in order.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise SyllabusError(f"README.md needs the markers {BEGIN} and {END} once each, in this order")
    return text[: text.index(BEGIN) + len(BEGIN)] + f"\n{table}\n" + text[text.index(END) :]


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.syllabus", description=__doc__.splitlines()[0])
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    options = parser.parse_args(arguments)
    try:
        table = readme_table(load())
        if not options.readme:
            print(table)
            return 0
        readme = ROOT / "README.md"
        changed = with_table(readme.read_text(encoding="utf-8"), table)
        partial = readme.with_suffix(".md.part")
        partial.write_text(changed, encoding="utf-8", newline="\n")
        partial.replace(readme)
    except SyllabusError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
