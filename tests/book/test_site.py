"""The built site, once for all of these: links, contents, and what a reader meets in a browser.

All in one module, so that it is built once even where modules are spread over processes.
"""

import json
import re
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from book.pages import terms
from book.players import PLAYERS
from book.site import BOOK, build
from tests.book.browser import Browser, find
from tools.syllabus import load

# Sphinx's extensions warn each other of what will change; that is theirs.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]

SYLLABUS = load()
PHONE, DESK = (375, 800), (1300, 900)
LOOKED_AT = ("1_images/03_soft_encoding", "index", "api/color", "self_test", "1_images/index", "5_cry/20_detecting_the_cry",
             "exercises/03_soft_encoding", "glossary", "troubleshooting", "topics", "search", "genindex")  # fmt: skip


class Page(HTMLParser):
    """A page's links, the ids in it, and the sources of its pictures and scripts."""

    def __init__(self, path: Path):
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.without_alt: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.ids |= {told[key] for key in ("id", "name") if told.get(key)}
        self.links += [told[key] for key in ("href", "src") if told.get(key)]
        if tag == "img" and not told.get("alt"):
            self.without_alt.append(told.get("src", ""))


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    assert build(folder, BOOK / "_build" / "players") == 0, "Sphinx has complaints, see above"
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html") if site / "_static" not in path.parents}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    program = find()
    if program is None:
        pytest.skip("no Chromium on this machine (on Debian and Ubuntu: install the package chromium)")
    browser = Browser(program, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


def target(page: Path, link: str) -> tuple[Path, str] | None:
    """The file and the fragment that a link leads to; None for one that leaves the site."""
    if re.match(r"[a-z]+:", link):
        return None
    address, fragment = urldefrag(link)
    return (page.parent / unquote(address.partition("?")[0])).resolve() if address else page, unquote(
        fragment
    )


def test_every_link_inside_the_site_leads_somewhere(site, pages):
    for path, page in pages.items():
        for link in page.links:
            if found := target(path, link):
                file, fragment = found
                where = f"{path.relative_to(site)}: {link}"
                assert file.is_file(), where
                assert not fragment or file not in pages or fragment in pages[file].ids, where


def test_every_ready_lesson_is_a_page_with_its_number_and_minutes(site):
    for lesson in SYLLABUS.ready:
        text = (site / f"{lesson.path}.html").read_text(encoding="utf-8")
        assert f"<h1>{lesson.number} · " in text and f"{sum(lesson.minutes.values())} minutes" in text, (
            lesson.number
        )
        assert "Run this cell" not in text


def test_nothing_is_fetched_from_elsewhere(pages):
    for path in pages:
        text = path.read_text(encoding="utf-8")
        fetched = re.findall(
            r"<(?:script|img|iframe|audio)[^>]*\ssrc=\"(?:https?:)?//[^\"]+|<link[^>]*href=\"(?:https?:)?//[^\"]+",
            text,
        )
        assert not fetched, path


def test_every_picture_has_words(site, pages):
    for path, page in pages.items():
        assert not page.without_alt, path.relative_to(site)


def test_every_lesson_section_and_term_is_two_clicks_from_the_start(site, pages):
    start = site / "index.html"
    first = {found for link in pages[start].links if (found := target(start, link))}
    second = {
        found
        for file, _ in first
        if file in pages
        for link in pages[file].links
        if (found := target(file, link))
    }
    reached = {file for file, _ in first | second}
    assert {(site / f"{lesson.path}.html").resolve() for lesson in SYLLABUS.ready} <= reached
    named = {fragment for file, fragment in first | second if file == site / "glossary.html"}
    glossary = terms((BOOK / "glossary.md").read_text(encoding="utf-8"))
    assert len([fragment for fragment in named if fragment.startswith("term-")]) == len(glossary)


def test_the_search_finds_a_lesson_by_its_topic(browser, site):
    browser.go(site / "search.html", "?q=hysteresis")
    script = """new Promise(done => { const look = () => {
        const found = [...document.querySelectorAll("#search-results li a")].map(a => a.textContent);
        found.some(title => title.startsWith("22")) ? done(found) : setTimeout(look, 50); }; look(); })"""
    assert browser.run(script)


def test_no_page_complains_or_is_wider_than_a_phone(browser, site, pages):
    browser.size(*PHONE)
    found = {}
    for path in pages:
        browser.go(path)
        width = browser.run("document.documentElement.scrollWidth")
        unnamed = browser.run(
            '[...document.querySelectorAll("summary")].filter(s => !(s.ariaLabel || s.innerText.trim())).length'
        )
        complaints = [
            *browser.complaints(),
            *[f"{width} pixels wide"] * (width > PHONE[0]),
            *[f"{unnamed} things to unfold without a name"] * (unnamed > 0),
        ]
        if complaints:
            found[path.relative_to(site).as_posix()] = complaints
    assert not found


@pytest.mark.parametrize("stops", PLAYERS, ids=lambda stops: stops.lesson)
def test_a_slider_changes_the_picture_and_what_is_said(browser, site, stops):
    (lesson,) = SYLLABUS.select([stops.lesson])
    browser.size(*DESK)
    browser.go(site / f"{lesson.path}.html")
    look = """(() => { const p = document.querySelector(".player"), i = p.querySelector("img");
        return [i.src, i.alt, p.querySelector("output").textContent, ...[...p.querySelectorAll("input")].map(s => s.ariaValueText)]; })()"""
    before = browser.run(look)
    for place, (name, values) in enumerate(stops.controls.items()):
        browser.run(f'document.querySelectorAll(".player input")[{place}].focus()')
        browser.call(
            "Input.dispatchKeyEvent", type="keyDown", key="Home", code="Home", windowsVirtualKeyCode=36
        )
        browser.call(
            "Input.dispatchKeyEvent", type="keyUp", key="Home", code="Home", windowsVirtualKeyCode=36
        )
        after = browser.run(look)
        assert all(new != old for new, old in zip(after[:3], before[:3], strict=True)), name
        assert (
            f"{name.replace('_', ' ')} = {values[0]:g}" in after[2] and after[3 + place] == f"{values[0]:g}"
        )
        before = after
    assert browser.run('document.querySelector(".player img").decode().then(() => true)')
    assert not browser.complaints()


def test_the_first_frame_is_the_lesson_s_start(site):
    for stops in PLAYERS:
        (lesson,) = SYLLABUS.select([stops.lesson])
        text = (site / f"{lesson.path}.html").read_text(encoding="utf-8")
        (player,) = re.findall(r'<figure class="player"[\s\S]*?</figure>', text)
        texts = json.loads(re.search(r"<script[^>]*>([\s\S]*?)</script>", player)[1])
        shown = int(re.search(r"/(\d+)\.webp", player)[1])
        assert f"<output>{texts['settings'][shown]}" in player
        assert (
            len(set(texts["settings"]))
            == len(texts["settings"])
            == len(list((site / "_static" / "players").glob(f"{stops.lesson}-*/*.webp")))
        )


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_serious_fault(browser, site, dark):
    axe = (resources.files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    serious = {}
    browser.size(*DESK)
    browser.dark(dark)
    for name in LOOKED_AT[:4] if dark else LOOKED_AT:  # in the dark only colors differ
        browser.go(site / f"{name}.html")
        browser.run(axe)
        for fault in browser.run("axe.run({resultTypes: ['violations']}).then(found => found.violations)"):
            if fault["impact"] in ("serious", "critical"):
                serious.setdefault(name, []).append((fault["id"], fault["nodes"][0]["html"]))
    browser.dark(False)
    assert not serious


def test_dark_mode_turns_the_page_dark_and_leaves_the_pictures(browser, site):
    browser.dark(True)
    browser.go(site / "1_images/03_soft_encoding.html")
    theme, filters = browser.run(
        '[document.documentElement.dataset.theme, [...new Set([...document.querySelectorAll("article img")].map(i => getComputedStyle(i).filter))]]'
    )
    browser.dark(False)
    assert theme == "dark" and filters == ["none"]
