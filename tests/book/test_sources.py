"""What the book is made from agrees with the course: its terms, papers, messages and questions."""

import re

import pytest

from book.lessons import BookError, pages_of, repository, run_this, self_test
from book.pages import hours, start_page, terms, topics, total
from book.site import BOOK
from tools import notebooks
from tools.syllabus import ROOT, load, readme_topics

SYLLABUS = load()
READY = {lesson.number: lesson for lesson in SYLLABUS.ready}
GLOSSARY = (BOOK / "glossary.md").read_text(encoding="utf-8")


def words(lesson) -> str:
    """All that a lesson says and computes, in one line of small letters."""
    cells = notebooks.read(lesson.notebook()).cells
    return " ".join(" ".join(cell.source for cell in cells).split()).lower()


def test_every_term_is_in_the_lesson_that_the_glossary_names():
    found = terms(GLOSSARY)
    assert 60 <= len(found) == len(re.findall(r"^\S.*\n  ", GLOSSARY, re.MULTILINE))
    for number in sorted(set(found.values())):
        text = words(READY[number])
        for term in (term for term in found if found[term] == number):
            assert term.lower() in text, f"lesson {number} doesn't say {term!r}"


def test_the_book_s_topics_are_the_glossary_s_and_readme_s():
    page = topics(SYLLABUS, GLOSSARY)
    named = {**readme_topics((ROOT / "README.md").read_text(encoding="utf-8")), **terms(GLOSSARY)}
    for topic, number in named.items():
        shown = rf"(\{{term\}}`)?{re.escape(topic)}`?"
        assert re.search(rf"^\| {shown} \| \[{number} · ", page, re.MULTILINE | re.IGNORECASE), topic
    rows = re.findall(r"^\| (?:\{term\}`)?([^`|]+?)`? \| \[\d\d", page, re.MULTILINE)
    assert len(rows) == len({row.lower() for row in rows}) == len({topic.lower() for topic in named})


def test_every_paper_that_a_lesson_or_a_docstring_cites_is_listed():
    listed = " ".join((BOOK / "references.md").read_text(encoding="utf-8").split()).lower()
    # the list spells as a title was printed, a lesson as the course does
    listed = listed.replace("grey", "gray")
    for lesson in READY.values():
        prose = "\n".join(
            c.source for c in notebooks.read(lesson.notebook()).cells if c.cell_type == "markdown"
        )
        reading = " ".join(prose.partition("## Where next")[2].split())
        papers = re.search(r"(?:Read|To read|to read|Papers): (.*)", reading)
        for title in re.findall(r"\*([^*]+)\*|\"([^\"]+)\"", papers[1]) if papers else ():
            title = "".join(title).strip(".,")
            assert title.lower() in listed, (
                f"book/references.md lacks {title!r}, which lesson {lesson.number} cites"
            )
    for path in (ROOT / "course_lib").rglob("*.py"):
        for found in re.findall(
            r"arxiv\.org/abs/(\d{4}\.\d{5})|doi\.org/(10\.\d{4,}/[^\s,;)]+)", path.read_text("utf-8")
        ):
            address = "".join(found).rstrip(".:").lower()
            assert address in listed, f"book/references.md lacks {address}, which {path.name} cites"


def test_every_quoted_message_is_one_that_the_code_prints():
    code = [p for folder in ("course_lib", "tools", "book") for p in (ROOT / folder).rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*code, ROOT / "Makefile"])
    quoted = re.findall(
        r"```text\n([\s\S]*?)\n```", (BOOK / "troubleshooting.md").read_text(encoding="utf-8")
    )
    assert len(quoted) >= 15
    for message in quoted:
        # a message is made from pieces: what the machine fills in, such as a number or a path, is no piece of the code
        pieces = [
            p for p in re.split(r"\d[\d.]*|\.venv|\bnumpy\b|\([^()]*\)|\n|…", message) if len(p.strip()) > 12
        ]
        assert pieces, message
        for piece in pieces:
            assert piece.strip() in text, f"nothing prints {piece.strip()!r}"


def test_every_lesson_has_questions_with_folded_answers():
    for lesson in READY.values():
        test = self_test(lesson)
        assert test.count("<details>") == test.count("</details>") >= 3, lesson.number
        assert "##" not in test


def test_the_start_page_holds_the_syllabus_and_its_totals():
    page = start_page(SYLLABUS, pages_of(SYLLABUS))
    assert all(f"[{lesson.title}](/{lesson.path}.ipynb)" in page for lesson in READY.values())
    minutes = sum(sum(lesson.minutes.values()) for lesson in READY.values())
    assert f"{len(READY)} lessons, {hours(minutes)}" in page and total(list(READY.values())) == minutes


def test_links_to_binder_and_colab_need_an_address(monkeypatch):
    monkeypatch.delenv("COURSE_REPOSITORY", raising=False)
    assert "make lesson N=03" in run_this(READY["03"]) and "https://" not in run_this(READY["03"])
    monkeypatch.setenv("COURSE_REPOSITORY", "https://github.com/someone/gray-to-color.git")
    block = run_this(READY["03"])
    path = "notebooks/1_images/03_soft_encoding.ipynb"
    assert f"https://colab.research.google.com/github/someone/gray-to-color/blob/main/{path}" in block
    assert "https://mybinder.org/v2/gh/someone/gray-to-color/HEAD?urlpath=lab%2Ftree%2Fnotebooks%2F" in block


def test_an_address_that_is_no_repository_is_refused(monkeypatch):
    monkeypatch.setenv("COURSE_REPOSITORY", "github.com/someone")
    with pytest.raises(BookError, match="must look like"):
        repository()
