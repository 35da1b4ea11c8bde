"""`course.toml`, what lies on disk, README's table and links and the lessons' own words say the same."""

import re

import pytest

from tools import notebooks
from tools.syllabus import ROOT, load, readme_table, readme_topics, with_table

SYLLABUS = load()
READY = pytest.mark.parametrize(
    "lesson", [pytest.param(lesson, id=lesson.number) for lesson in SYLLABUS.ready]
)
TIME = re.compile(r"Reading (\d+) minutes?, running (\d+) (seconds?|minutes?)(?:, exercises (\d+) minutes?)?")


def _on_disk(folder, suffix, skip=()):
    paths = (ROOT / folder).rglob(f"*{suffix}")
    names = {path.relative_to(ROOT / folder).with_suffix("").as_posix() for path in paths}
    return {name for name in names if not name.startswith(skip) and ".ipynb_checkpoints" not in name}


def test_some_lesson_is_ready():
    assert SYLLABUS.ready


def test_ready_lessons_are_the_notebooks_on_disk():
    assert _on_disk("notebooks", ".ipynb") == {lesson.path for lesson in SYLLABUS.ready}


def test_ready_lessons_are_the_texts_on_disk():
    assert _on_disk("sources", ".py", skip=("exercises/",)) == {lesson.path for lesson in SYLLABUS.ready}


def test_exercises_belong_to_ready_lessons():
    names = {lesson.name for lesson in SYLLABUS.ready}
    for folder, suffix in (
        ("sources/exercises", ".py"),
        ("exercises/source", ".ipynb"),
        ("exercises/release", ".ipynb"),
    ):
        there = {name.split("/")[0] for name in _on_disk(folder, suffix)}
        assert there <= names, f"{folder} holds exercises of no ready lesson"


def test_readme_holds_the_table():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme == with_table(readme, readme_table(SYLLABUS)), "run: python -m tools.syllabus --readme"


def test_every_link_of_readme_leads_to_a_file_or_folder():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)|^\[\d\d\]: (.+)$", readme, re.MULTILINE)
    inside = [link for pair in links if not (link := "".join(pair)).startswith("https://")]
    assert len(inside) > len(SYLLABUS.ready)
    assert not [link for link in inside if not (ROOT / link).exists()]


def test_every_topic_of_readme_is_said_in_its_lesson():
    topics = readme_topics((ROOT / "README.md").read_text(encoding="utf-8"))
    by_number = {lesson.number: lesson for lesson in SYLLABUS.ready}
    assert {*topics.values()} >= {lesson.number for lesson in SYLLABUS.ready if lesson.part != "capstone"}
    for topic, number in topics.items():
        cells = notebooks.read(by_number[number].notebook()).cells
        said = " ".join(" ".join(cell.source for cell in cells).split()).lower()
        assert topic.partition(" (")[0].lower() in said, f"lesson {number} doesn't say {topic!r}"


@pytest.mark.parametrize(
    "topic",
    ["guided filter", "soft encoding", "CIC", "MFP", "NIMA", "QAT", "log-mel", "local attention", "exemplar", "flicker",
     "ColorMNet", "PVGFE", "red noise", "annealed mean", "keyframes", "NCNN", "MUSIQ", "hysteresis", "U-Net", "optical flow"],
)  # fmt: skip
def test_a_topic_is_one_click_from_readme(topic):
    topics = readme_topics((ROOT / "README.md").read_text(encoding="utf-8"))
    assert [name for name in topics if re.search(rf"\b{re.escape(topic)}\b", name)]


def _behind(lesson):
    """The numbers of all that a lesson needs, and of what that needs."""
    by_number = {other.number: other for other in SYLLABUS.lessons}
    return {*lesson.needs}.union(*(_behind(by_number[need]) for need in lesson.needs))


@READY
def test_a_lesson_asks_for_nothing_that_the_syllabus_does_not_lead_through(lesson):
    opening = " ".join(notebooks.read(lesson.notebook()).cells[0].source.split())
    asked = re.search(r"You need (nothing|lessons? [^.]*)", opening)
    assert asked, opening[-160:]
    assert {*re.findall(r"\d\d", asked[1])} <= _behind(lesson)
    assert lesson is SYLLABUS.lessons[0] or SYLLABUS.lessons[0].number in _behind(lesson)


@READY
def test_title(lesson):
    first = notebooks.read(lesson.notebook()).cells[0].source.splitlines()[0]
    assert first == f"# {lesson.title}"


@READY
def test_needs_and_minutes_are_those_the_lesson_names(lesson):
    opening = " ".join(notebooks.read(lesson.notebook()).cells[0].source.split())
    match = TIME.search(opening)
    assert match, (
        f"the first cell lacks 'Reading N minutes, running N seconds, exercises N minutes': {opening[-160:]}"
    )
    reading, running, unit, exercises = match.groups()
    said = {
        "reading": int(reading),
        "running": -(-int(running) // 60) if unit.startswith("second") else int(running),
        "exercises": int(exercises or 0),
    }
    assert said == lesson.minutes
    for need in lesson.needs:
        assert re.search(rf"You need .*{need}", opening), (
            f"the first cell doesn't say that lesson {need} is needed"
        )


@READY
def test_second_run_changes_parameters_that_there_are(lesson):
    defaults = notebooks.parameters(notebooks.read(lesson.notebook()))
    assert lesson.second_run, "a ready lesson needs a second_run: a claim that holds once is no claim"
    for name, value in lesson.second_run.items():
        assert name in defaults, f"the parameters cell has {sorted(defaults)}"
        assert value != defaults[name], f"{name} is {value!r} in both runs"
        assert type(value) is type(defaults[name]), (
            f"{name} is {defaults[name]!r} in the lesson, {value!r} in second_run"
        )
