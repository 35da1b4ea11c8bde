"""Figures that move without a kernel: a lesson's own `draw`, drawn beforehand at every stop of its sliders.

Nothing is drawn a second time by other code: the lesson's cells are run up to its `play`, and the function that `play` was
given makes the frames. Each frame is a small picture; a few lines of script swap them (`static/player.js`).

    python -m book.players 03 FOLDER
"""

import contextlib
import hashlib
import io
import itertools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from tools import notebooks
from tools.syllabus import ROOT, Lesson, load


@dataclass(frozen=True)
class Stops:
    """Where the sliders of one lesson's player stop; the other controls of its `play` stay at their start."""

    lesson: str
    controls: dict[str, tuple]


PLAYERS = (
    Stops("03", {"temperature": (0.0, 0.1, 0.2, 0.3, 0.38, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)}),
    Stops("09", {"gamma": (1, 2, 3, 5, 8, 12), "M": (8, 32, 128, 512)}),
    Stops("13", {"radius": (1, 2, 4, 8, 16, 30), "log10_eps": (-5.0, -4.0, -3.0, -2.0, -1.0, 0.0)}),
    Stops("20", {"threshold": (*(n / 20 for n in range(1, 20)), 0.99)}),
)


@dataclass(frozen=True)
class Player:
    """A drawn player: what `draw_frames` wrote into its folder, `address` as a page sees that folder."""

    stops: Stops
    address: str
    alt: str
    size: tuple[int, int]
    start: list[int]
    settings: list[str]
    captions: list[str]

    def in_cell(self, code: str) -> bool:
        """Whether this cell's `play` is the one that the frames come from."""
        return "play(" in code and all(f'"{name}"' in code for name in self.stops.controls)


class _Found(Exception):
    """The lesson has reached the `play` that was looked for."""

    def __init__(self, draw, controls, alt):
        self.draw, self.controls, self.alt = draw, controls, alt


def find_play(lesson: Lesson, names: set[str]) -> _Found:
    """Run a lesson's cells up to the `play` with these controls.

    Pictures, guesses and assertions are left out: the lesson's own run makes and checks them.

    Raises
    ------
    LookupError
        When no `play` in the lesson has these controls.
    """
    from course_lib import teach

    def play(draw, controls, *, alt, **_):
        if names <= controls.keys():
            raise _Found(draw, controls, alt)

    teach.play, teach.show = play, lambda *_, **__: None
    space = {"__name__": "__main__"}
    cells = [cell.source for cell in notebooks.read(lesson.notebook()).cells if cell.cell_type == "code"]
    try:
        for place, code in enumerate(cells, 1):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(code, f"<lesson {lesson.number}, code cell {place}>", "exec", optimize=1), space)
    except _Found as found:
        return found
    raise LookupError(f"lesson {lesson.number} has no play() with {', '.join(sorted(names))}")


def draw_frames(stops: Stops, folder: Path) -> None:
    """Draw every combination of stops into `folder`: WebP frames, and player.json that describes them.

    Raises
    ------
    LookupError
        As `find_play`.
    ValueError
        When a control doesn't start at one of the stops.
    """
    from course_lib.teach.pictures import rasterize

    (lesson,) = load().select([stops.lesson])
    found = find_play(lesson, set(stops.controls))
    begin = {name: spec[3] if isinstance(spec, tuple) else spec[0] for name, spec in found.controls.items()}
    for name, values in stops.controls.items():
        if begin[name] not in values:
            raise ValueError(
                f"lesson {lesson.number}: {name} starts at {begin[name]}, which is no stop of {values}"
            )
    settings, titles, size = [], [], None
    for number, values in enumerate(itertools.product(*stops.controls.values())):
        setting = dict(zip(stops.controls, values, strict=True))
        fig = found.draw(**(begin | setting))
        picture = rasterize(fig)
        size = picture.size
        picture.save(folder / f"{number}.webp", quality=85, method=4)
        settings.append(", ".join(f"{spoken(name)} = {value:g}" for name, value in setting.items()))
        titles.append([ax.get_title() for ax in fig.axes])
    moving = [i for i, column in enumerate(zip(*titles, strict=True)) if len(set(column)) > 1]
    described = {
        "alt": found.alt,
        "size": size,
        "start": [values.index(begin[name]) for name, values in stops.controls.items()],
        "settings": settings,
        "captions": ["; ".join(row[i] for i in moving) for row in titles],
    }
    (folder / "player.json").write_text(json.dumps(described), encoding="utf-8")


def spoken(name: str) -> str:
    """A control's name as its label says it."""
    return name.replace("_", " ")


def fingerprint(stops: Stops) -> str:
    """A hash of all that the frames depend on: the lesson, the package, its data, and this module."""
    (lesson,) = load().select([stops.lesson])
    digest = hashlib.sha256(repr(stops).encode())
    code = [cell.source for cell in notebooks.read(lesson.notebook()).cells if cell.cell_type == "code"]
    digest.update("\0".join(code).encode())
    files = [Path(__file__), *(ROOT / "course_lib").rglob("*.py"), *(ROOT / "assets").rglob("*.json")]
    for path in sorted(files):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def prepare(cache: Path) -> dict[str, Player]:
    """All players by their lesson's number, drawn into `cache` where they aren't there yet.

    Each lesson runs in a process of its own, two at a time; what was drawn from other sources is removed.

    Raises
    ------
    RuntimeError
        With the end of what it said, when one can't be drawn.
    """
    cache.mkdir(parents=True, exist_ok=True)
    folders = {stops.lesson: cache / f"{stops.lesson}-{fingerprint(stops)}" for stops in PLAYERS}
    for old in set(cache.iterdir()) - set(folders.values()):
        shutil.rmtree(old)
    waiting = [number for number, folder in folders.items() if not folder.is_dir()]
    while waiting:
        now, waiting = waiting[:2], waiting[2:]
        for number, process in [(number, _start(number, folders[number])) for number in now]:
            said, _ = process.communicate()
            if process.returncode:
                raise RuntimeError(f"the player of lesson {number} can't be drawn:\n{said[-2000:]}")
            folders[number].with_suffix(".part").replace(folders[number])
    return {
        stops.lesson: Player(
            stops,
            f"../_static/players/{folders[stops.lesson].name}",
            **json.loads((folders[stops.lesson] / "player.json").read_text(encoding="utf-8")),
        )
        for stops in PLAYERS
    }


def _start(number: str, folder: Path) -> subprocess.Popen:
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "book.players", number, str(part)],
        cwd=ROOT,
        env=os.environ | {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def html(player: Player) -> str:
    """The player as it stands in a page: without script it shows its start, with it the sliders come to life."""
    shape = [len(values) for values in player.stops.controls.values()]
    first = int(np.ravel_multi_index(player.start, shape))
    sliders = "\n".join(
        f'<label>{escape(spoken(name))} <input type="range" min="0" max="{len(values) - 1}" value="{begin}" '
        f'data-stops="{escape(json.dumps([f"{value:g}" for value in values]))}" aria-valuetext="{values[begin]:g}"></label>'
        for (name, values), begin in zip(player.stops.controls.items(), player.start, strict=True)
    )
    width, height = player.size
    alt = escape(f"{player.settings[first]}: {player.alt}")
    texts = json.dumps({"alt": player.alt, "settings": player.settings, "captions": player.captions})
    texts = texts.replace("<", r"\u003c")  # no text may close the script
    said = [text for text in (player.settings[first], player.captions[first]) if text]
    return f"""<figure class="player" data-frames="{player.address}">
<img src="{player.address}/{first}.webp" width="{width}" height="{height}" alt="{alt}">
<div class="controls" hidden>
{sliders}
</div>
<figcaption><output>{escape(": ".join(said))}</output></figcaption>
<script type="application/json">{texts}</script>
</figure>"""


if __name__ == "__main__":
    (chosen,) = [stops for stops in PLAYERS if stops.lesson == sys.argv[1]]
    draw_frames(chosen, Path(sys.argv[2]))
