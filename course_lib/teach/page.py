"""The progress page: every lesson, whether it is done, begun or not begun, what it needs, and what to do next."""

from __future__ import annotations

import html
import tomllib
from dataclasses import dataclass

from course_lib.teach import record
from course_lib.teach.pictures import publish, publish_caption, publish_picture, rasterize
from course_lib.teach.style import COLORS, figure
from course_lib.teach.tasks import lesson_tasks

SIGNS = {"done": "✓", "begun": "◐", "not begun": "○"}
_FILL = {"done": COLORS["blue"], "begun": COLORS["sky"], "not begun": "white"}


@dataclass(frozen=True)
class Place:
    """Where a student stands in one lesson."""

    number: str
    title: str
    part: str  # its title
    needs: tuple[str, ...]
    minutes: int
    guesses: int  # that were kept
    tasks: tuple[str, ...]  # keys of the tasks that a check can judge
    left: tuple[str, ...]  # those that aren't solved yet, the tried ones first
    tried: bool  # any of them

    @property
    def state(self) -> str:
        """One of `SIGNS`; of a lesson without tasks all that can be known is whether a guess was kept."""
        if not self.left and (self.tasks or self.guesses):
            return "done"
        return "begun" if self.tried or self.guesses else "not begun"


def progress(picture=True):
    """Show every lesson with its state, its time, what it needs and what is solved of it, and what comes next.

    Parameters
    ----------
    picture : bool
        Draw the map of lessons too, with an arrow from each lesson to those that need it.
    """
    places, planned = _places()
    advice = _advice(places)
    rest = [f"{planned} more lesson{' is' if planned == 1 else 's are'} planned."] if planned else []
    if picture:
        alt = _in_words(places)
        publish_picture(rasterize(_map(places)), alt)
        done = sum(place.state == "done" for place in places)
        said = f"An arrow leads from a lesson to each one that needs it. {done} of {len(places)} lessons are done."
        publish_caption(said, alt)
    publish(
        {
            "text/plain": "\n".join([*_lines(places), *rest, advice]),
            "text/html": _html(places, [*rest, advice]),
        }
    )


def _places() -> tuple[list[Place], int]:
    """The ready lessons of `course.toml` in their order, and how many are planned."""
    syllabus = tomllib.loads((record.course_root() / "course.toml").read_text(encoding="utf-8"))
    titles = {part["key"]: part["title"] for part in syllabus["parts"]}
    kept = record.load()
    ready = [lesson for lesson in syllabus["lessons"] if lesson["status"] == "ready"]
    return [_place(lesson, titles, kept) for lesson in ready], len(syllabus["lessons"]) - len(ready)


def _place(lesson, titles, kept) -> Place:
    number = lesson["number"]
    tasks = tuple(task.key for task in lesson_tasks(number))
    checks = {key: kept["checks"][key] for key in tasks if key in kept["checks"]}
    return Place(
        number,
        lesson["title"],
        titles[lesson["part"]],
        tuple(lesson["needs"]),
        sum(lesson["minutes"].values()),
        sum(key.split(".", 1)[0] == number for key in kept["guesses"]),
        tasks,
        tuple(
            sorted(
                (k for k in tasks if not (k in checks and checks[k]["passed"])), key=lambda k: k not in checks
            )
        ),
        bool(checks),
    )


def _open(places: list[Place]) -> list[Place]:
    """Lessons that aren't begun and could be: whatever they need, and can be judged, is done."""
    undone = {place.number for place in places if place.left}
    return [
        place for place in places if place.left and place.state == "not begun" and not undone & {*place.needs}
    ]


def _next(places: list[Place]) -> Place | None:
    """The first lesson that is begun and not done, else the first that is open; None where nothing is left."""
    begun = [place for place in places if place.left and place.state == "begun"]
    return next(iter([*begun, *_open(places)]), None)


def _advice(places: list[Place]) -> str:
    """What to do next, and what else could be."""
    following = _next(places)
    if following is None:
        return "Next: nothing is left open. Well done."
    name = f"lesson {following.number}, {following.title}"
    if following.state == "begun":
        said = f"Next: the exercise {following.left[0]} of {name}."
    elif any(place.state != "not begun" for place in places) or places[0].left:
        said = f"Next: {name}."
    else:
        said = (
            "Nothing is kept yet; guesses and checks are, and to run a lesson leaves no mark. "
            f"Begin with lesson {places[0].number}, {places[0].title}; then {name}."
        )
    others = [place.number for place in _open(places) if place is not following]
    return said + (f" Also open, as all that they need is done: {', '.join(others)}." if others else "")


def _solved(place: Place) -> str:
    return f"{len(place.tasks) - len(place.left)} of {len(place.tasks)}" if place.tasks else "there are none"


def _by_part(places: list[Place]) -> dict[str, list[Place]]:
    return {part: [p for p in places if p.part == part] for part in dict.fromkeys(p.part for p in places)}


def _lines(places: list[Place]) -> list[str]:
    """The page as text, a line a lesson below its part's title."""
    lines = []
    for part, members in _by_part(places).items():
        lines.append(part)
        for p in members:
            guesses = f"{p.guesses} guess{'' if p.guesses == 1 else 'es'} kept"
            exercises = f"checks passed: {_solved(p)}"
            lines.append(
                f"  {SIGNS[p.state]} {p.number} {p.title}: {p.state}; {guesses}; {exercises}; {p.minutes} min"
            )
    return lines


def _html(places: list[Place], closing: list[str]) -> str:
    head = ("Lesson", "State", "Checks passed", "Guesses kept", "Minutes", "Needs")
    body = ""
    for part, members in _by_part(places).items():
        body += f'<tbody><tr><th scope="rowgroup" colspan="{len(head)}" style="text-align:left">{html.escape(part)}</th></tr>'
        for p in members:
            cells = (
                f"{SIGNS[p.state]} {p.state}",
                _solved(p),
                p.guesses,
                p.minutes,
                ", ".join(p.needs),
            )
            body += (
                f'<tr><th scope="row" style="text-align:left">{p.number} {html.escape(p.title)}</th>'
                + "".join(f"<td>{cell}</td>" for cell in cells)
                + "</tr>"
            )
        body += "</tbody>"
    columns = "".join(f'<th scope="col">{name}</th>' for name in head)
    said = "".join(f"<p><b>{html.escape(text)}</b></p>" for text in closing)
    return f"<table><caption>Your progress</caption><thead><tr>{columns}</tr></thead>{body}</table>{said}"


def _in_words(places: list[Place]) -> str:
    """The map's alt text: every arrow, every lesson that isn't untouched, and the one that comes next."""
    needs = "; ".join(f"{p.number} needs {' and '.join(p.needs)}" for p in places if p.needs)
    states = [
        f"{state}: {', '.join(p.number for p in places if p.state == state) or 'none'}"
        for state in ("done", "begun")
    ]
    following = _next(places)
    return (
        f"Map of {len(places)} lessons, a row a part, with an arrow to each lesson from those that it needs. {needs}. "
        f"{'; '.join(states).capitalize()}." + (f" Marked as next: {following.number}." if following else "")
    )


def _spots(places: list[Place]) -> dict[str, tuple[int, int]]:
    """Column and row of each lesson: a row a part, and to the right of all that it needs, so that arrows run forward."""
    spots: dict[str, tuple[int, int]] = {}
    for row, members in enumerate(_by_part(places).values()):
        column = -1
        for place in members:
            column = max([column, *(spots[need][0] for need in place.needs if need in spots)]) + 1
            spots[place.number] = column, row
    return spots


def _map(places: list[Place]):
    """The lessons as boxes, their needs as arrows, states as fill and sign, the next one with a thick border."""
    spots, following = _spots(places), _next(places)
    rows = [part.partition(":")[0] for part in _by_part(places)]
    fig, ax = figure(height=0.55 * len(rows) + 0.35)
    for place in places:
        column, row = spots[place.number]
        for start in [spots[need] for need in place.needs if need in spots]:
            over = start[1] == row and any((c, row) in spots.values() for c in range(start[0] + 1, column))
            ax.annotate(
                "",
                (column, row),
                start,
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": "#707070",
                    "shrinkA": 0,
                    "shrinkB": 12,
                    "connectionstyle": f"arc3,rad={-0.4 if over else 0}",  # around a lesson that lies between
                },
                zorder=1,
            )
        chosen = place is following
        box = {
            "boxstyle": "round,pad=0.3",
            "facecolor": _FILL[place.state],
            "edgecolor": COLORS["vermilion"] if chosen else COLORS["black"],
            "linewidth": 3 if chosen else 0.8,
        }
        text = "white" if place.state == "done" else "black"
        label = f"{place.number}{SIGNS[place.state]}"
        ax.text(column, row, label, color=text, bbox=box, ha="center", va="center", fontsize=9, zorder=2)
    ax.set_xlim(-0.6, max(column for column, _ in spots.values()) + 0.6)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_yticks(range(len(rows)), rows)
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    signs = ", ".join(f"{sign} {state}" for state, sign in SIGNS.items())
    ax.set_title(f"{signs}; thick border: next")
    return fig
