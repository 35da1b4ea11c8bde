"""The pages that no notebook holds: the start page, the parts, topics and the self-test."""

import re

from myst_parser.mdit_to_docutils.base import default_slugify

from book.lessons import Pages, repository, sections, self_test
from book.links import linked, toctree
from tools.syllabus import ROOT, Lesson, Part, Syllabus, readme_topics

BOOK = (
    ("topics", "Find a topic"),
    ("glossary", "Glossary"),
    ("self_test", "Test yourself"),
    ("troubleshooting", "When something doesn't work"),
    ("references", "Papers and books"),
    ("api/index", "The package course_lib"),
)


def hours(minutes: int) -> str:
    """Minutes as a reader plans them: "1486 minutes, about 25 hours"."""
    return f"{minutes:,} minutes, about {round(minutes / 60)} hours"


def total(lessons: list[Lesson], kind: str | None = None) -> int:
    """Minutes of all these lessons, of one kind or of all."""
    return sum(sum(lesson.minutes.values()) if kind is None else lesson.minutes[kind] for lesson in lessons)


def part_page(part: Part, syllabus: Syllabus) -> str | None:
    """Where the page of a part lies, `1_images/index`; None for a part of a single lesson, which needs none."""
    lessons = [lesson for lesson in syllabus.lessons if lesson.part == part.key]
    return f"{lessons[0].path.rpartition('/')[0]}/index" if len(lessons) > 1 else None


def table(lessons: list[Lesson], pages: Pages) -> str:
    """A row a lesson: number, title and what it is about, minutes, what it needs."""
    rows = ["| No. | Lesson | Minutes | Needs |", "| --- | --- | --: | --- |"]
    for lesson in lessons:
        page = pages.get(("lesson", lesson.number))
        title = f"[{lesson.title}]({page})" if page else f"{lesson.title} *(planned)*"
        minutes = str(total([lesson])) if page else ""
        rows.append(f"| {lesson.number} | {title}. {lesson.line} | {minutes} | {', '.join(lesson.needs)} |")
    return "\n".join(rows)


def start_page(syllabus: Syllabus, pages: Pages) -> str:
    """README's opening, then the map of the course and its totals."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    opening = readme.partition("\n## Start\n")[0].replace("(assets/figures/", "(/figures/")
    title, _, opening = opening.partition("\n")
    ready = syllabus.ready
    contents = []
    for part in syllabus.parts:
        page = part_page(part, syllabus)
        contents += [page] if page else [lesson.path for lesson in ready if lesson.part == part.key]
    lines = [
        title,
        f"**{syllabus.motto}**",
        linked(opening.strip(), pages),
        "## The course",
        f"{len(ready)} lessons, {hours(total(ready))}: {total(ready, 'reading')} of reading, {total(ready, 'running')} "
        f"of running, {total(ready, 'exercises')} of exercises. Each lesson says its own share.",
    ]
    for part in syllabus.parts:
        lessons = [lesson for lesson in syllabus.lessons if lesson.part == part.key]
        page = part_page(part, syllabus)
        lines += [f"### [{part.title}](/{page}.md)" if page else f"### {part.title}", table(lessons, pages)]
    lines += [
        "## Around the lessons",
        "\n".join(f"- [{title}](/{name}.md)" for name, title in BOOK)
        + "\n- {ref}`Index of names <genindex>`",
    ]
    if address := repository():
        lines.append(f"The notebooks, the package and the exercises are in [the repository]({address}).")
    lines += [
        toctree(contents),
        toctree([name for name, _ in BOOK], caption="Around the lessons"),
    ]
    return "\n\n".join(lines) + "\n"


def parts(syllabus: Syllabus, pages: Pages) -> dict[str, str]:
    """The page of each part, by its path without suffix."""
    return {
        page: _part(part, [lesson for lesson in syllabus.lessons if lesson.part == part.key], pages)
        for part in syllabus.parts
        if (page := part_page(part, syllabus))
    }


def _part(part: Part, lessons: list[Lesson], pages: Pages) -> str:
    ready = [lesson for lesson in lessons if lesson.ready]
    lines = [f"# {part.title}", f"{len(ready)} lessons, {hours(total(ready))}.", table(lessons, pages)]
    for lesson in ready:
        headings = " · ".join(_heading(lesson, title) for title in sections(lesson))
        lines += [f"**{lesson.number} {lesson.title}**: {headings}"]
    return "\n\n".join([*lines, toctree([f"/{lesson.path}" for lesson in ready])]) + "\n"


def _heading(lesson: Lesson, title: str) -> str:
    shown = re.sub(r"^\d+ · ", "", title)
    return f"[{shown}](/{lesson.path}.ipynb#{default_slugify(_plain(title))})"


def _plain(markdown: str) -> str:
    return re.sub(r"[`*]", "", markdown)


def topics(syllabus: Syllabus, glossary: str) -> str:
    """Every term of the glossary and topic of README with its lesson, and every section of every lesson."""
    lines = [
        "# Find a topic",
        "Every term and topic, with its lesson; below, every section of every lesson. The "
        "{ref}`index <genindex>` has the functions and classes too, and the search knows the rest.",
        "## By term",
        "| Term | Lesson |\n| --- | --- |",
    ]
    by_number = {lesson.number: lesson for lesson in syllabus.ready}
    found = {term: (f"{{term}}`{term}`", number) for term, number in terms(glossary).items()}
    explained = {term.lower() for term in found}
    for topic, number in readme_topics((ROOT / "README.md").read_text(encoding="utf-8")).items():
        if topic.lower() not in explained:
            found[topic] = topic, number
    for _, (shown, number) in sorted(found.items(), key=lambda pair: pair[0].lower()):
        lesson = by_number[number]
        lines[-1] += f"\n| {shown} | [{number} · {lesson.title}](/{lesson.path}.ipynb) |"
    lines.append("## By lesson")
    for lesson in syllabus.ready:
        lines.append(f"**[{lesson.number} · {lesson.title}](/{lesson.path}.ipynb)**")
        lines.append("\n".join(f"- {_heading(lesson, title)}" for title in sections(lesson)))
    return "\n\n".join(lines) + "\n"


def terms(glossary: str) -> dict[str, str]:
    """The glossary's terms, each with the number of the lesson that its entry names last, "(lesson 03)"."""
    entries = re.findall(r"^([^\s:#].*)\n {2,}([\s\S]+?)\(lesson (\d\d)\)$", glossary, re.MULTILINE)
    return {term: number for term, _, number in entries}


def test_page(syllabus: Syllabus, pages: Pages) -> str:
    """Every lesson's "check your understanding" on one page."""
    lines = [
        "# Test yourself",
        "The closing questions of every lesson. Say your answer aloud, then unfold ours: the reason counts more than the word.",
    ]
    for lesson in syllabus.ready:
        lines += [f"## [{lesson.number} · {lesson.title}]({pages['lesson', lesson.number]})"]
        lines += [linked(self_test(lesson), pages)]
    return "\n\n".join(lines) + "\n"
