"""The progress page: the syllabus beside what the student has tried, and what to do next."""

from __future__ import annotations

import html
import tomllib

from course_lib.teach import record
from course_lib.teach.pictures import publish
from course_lib.teach.tasks import lesson_tasks


def progress():
    """Show every lesson with its time, the guesses kept and the exercises solved, and what comes next."""
    syllabus = tomllib.loads((record.course_root() / "course.toml").read_text(encoding="utf-8"))
    kept = record.load()
    lines = [_line(lesson, kept) for lesson in syllabus["lessons"] if lesson["status"] == "ready"]
    planned = sum(lesson["status"] != "ready" for lesson in syllabus["lessons"])
    rest = f"{planned} more lesson{' is' if planned == 1 else 's are'} planned."
    advice = _next(lines)
    if record.record_path() is None:
        advice += " (Recording is switched off in this run.)"
    text = [f"{ln['number']} {ln['title']}: {ln['minutes']}; {ln['guesses']}; {ln['state']}" for ln in lines]
    publish(
        {
            "text/plain": "\n".join([*text, rest, advice]),
            "text/html": _html(lines, rest, advice),
        }
    )


def _line(lesson, kept) -> dict:
    number = lesson["number"]
    keys = [task.key for task in lesson_tasks(number)]
    checks = {key: kept["checks"].get(key) for key in keys}
    passed = sum(bool(c and c["passed"]) for c in checks.values())
    tried = any(checks.values())
    guesses = sum(key.split(".", 1)[0] == number for key in kept["guesses"])
    if not keys:
        state = "read along, no exercises"
    else:
        state = f"{'✓ ' if passed == len(keys) else ''}{passed} of {len(keys)} exercises solved"
    minutes = sum(lesson.get("minutes", {}).values())
    return {
        "number": number,
        "title": lesson["title"],
        "minutes": f"{minutes} min" if minutes else "",
        "guesses": f"{guesses} guess{'' if guesses == 1 else 'es'} kept",
        "state": state,
        "begun": bool(tried or guesses),
        "left": [key for key in keys if not (checks[key] and checks[key]["passed"])],
    }


def _next(lines) -> str:
    """The first unsolved task of a lesson already begun, else the first lesson that is open."""
    for line in lines:
        if line["begun"] and line["left"]:
            return f"Next: the exercise {line['left'][0]} of lesson {line['number']}, {line['title']}."
    for line in lines:
        if line["left"] and not line["begun"]:
            return f"Next: lesson {line['number']}, {line['title']}."
    return "Next: nothing is left open. Well done."


def _html(lines, rest, advice) -> str:
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left">{html.escape(ln["number"])} {html.escape(ln["title"])}</th>'
        f"<td>{ln['minutes']}</td><td>{ln['guesses']}</td><td>{html.escape(ln['state'])}</td></tr>"
        for ln in lines
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Lesson", "Time", "Guesses", "Exercises"))
    return (
        f"<table><caption>Your progress</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"<p>{rest}</p><p><b>{html.escape(advice)}</b></p>"
    )
