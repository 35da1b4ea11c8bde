"""Put the book's source tree together and let Sphinx build it."""

import shutil
from importlib.metadata import distribution
from pathlib import Path

import nbformat
from sphinx.cmd.build import build_main

from book import api
from book import pages as make
from book.lessons import exercise_page, lesson_page, pages_of, release
from book.links import linked
from book.players import Player, prepare
from tools.syllabus import ROOT, load

BOOK = ROOT / "book"
FONT = "STIXTwoMath-Regular.ttf"  # for formulas, under the SIL Open Font License; it comes with ziamath
WRITTEN = ("glossary", "troubleshooting", "references")


def source_tree(players: dict[str, Player]) -> dict[str, str]:
    """Every page's text by its path in the source tree."""
    syllabus = load()
    pages, names = pages_of(syllabus), api.public_names()
    written = {name: (BOOK / f"{name}.md").read_text(encoding="utf-8") for name in WRITTEN}
    tree = {f"{name}.md": linked(text, pages, names) for name, text in written.items()}
    tree["index.md"] = make.start_page(syllabus, pages)
    tree["topics.md"] = make.topics(syllabus, written["glossary"])
    tree["self_test.md"] = make.test_page(syllabus, pages)
    tree |= {f"{name}.md": text for name, text in (make.parts(syllabus, pages) | api.reference()).items()}
    for lesson in syllabus.ready:
        page = lesson_page(lesson, pages, names, players.get(lesson.number))
        tree[f"{lesson.path}.ipynb"] = nbformat.writes(page)
        if release(lesson).is_file():
            tree[f"exercises/{lesson.name}.ipynb"] = nbformat.writes(exercise_page(lesson, pages, names))
    return tree


def write_tree(tree: dict[str, str], folder: Path) -> None:
    """Bring a folder to what the tree says; what is the same already keeps its date, so that Sphinx skips it."""
    for path in [p for p in folder.rglob("*") if p.is_file()]:
        if path.relative_to(folder).as_posix() not in tree and path.parent.name != "figures":
            path.unlink()
    for name, text in tree.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    (folder / "figures").mkdir(exist_ok=True)
    shutil.copy2(ROOT / "assets" / "figures" / "readme.jpg", folder / "figures")


def build(folder: Path, cache: Path) -> int:
    """Build the site into `folder`/html; players' frames lie in `cache`. Returns Sphinx's exit code, 0 without a warning."""
    players = prepare(cache)
    source, html = folder / "source", folder / "html"
    source.mkdir(parents=True, exist_ok=True)
    write_tree(source_tree(players), source)
    options = ["-W", "--keep-going", "--quiet", "--jobs", "2", "--conf-dir", str(BOOK)]
    code = build_main(["-b", "html", *options, "-d", str(folder / "doctrees"), str(source), str(html)])
    shutil.rmtree(html / "_static" / "players", ignore_errors=True)  # of an earlier build
    shutil.copytree(cache, html / "_static" / "players")
    shutil.copy(str(distribution("ziamath").locate_file(f"ziamath/fonts/{FONT}")), html / "_static")
    return code
