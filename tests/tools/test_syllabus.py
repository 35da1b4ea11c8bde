"""The syllabus says what is wrong with it, and where."""

import copy
import tomllib

import pytest

from tools.syllabus import (
    BEGIN,
    END,
    ROOT,
    SyllabusError,
    load,
    main,
    parse,
    readme_table,
    readme_topics,
    with_table,
)

TEXT = """
title = "T"
subtitle = "S"
motto = "M"
parts = [{ key = "a", title = "Part A" }, { key = "b", title = "Part B" }]

[[lessons]]
number = "00"
path = "00_start"
part = "a"
title = "Start"
line = "Begin"
status = "ready"
needs = []
minutes = { reading = 1, running = 2, exercises = 4 }
second_run = { SEED = 3 }

[[lessons]]
number = "01"
path = "1_b/01_more"
part = "b"
title = "More"
line = "Go on"
status = "planned"
needs = ["00"]
"""
GOOD = tomllib.loads(TEXT)


def _broken(change):
    table = copy.deepcopy(GOOD)
    change(table, *table["lessons"])
    return table


def test_a_good_syllabus():
    syllabus = parse(GOOD)
    assert [lesson.number for lesson in syllabus.ready] == ["00"]
    first, second = syllabus.lessons
    assert first.second_run == {"SEED": 3}
    assert second.name == "01_more"
    assert second.notebook(ROOT) == ROOT / "notebooks" / "1_b" / "01_more.ipynb"
    assert second.source(ROOT) == ROOT / "sources" / "1_b" / "01_more.py"
    assert second.exercise(ROOT) == ROOT / "exercises" / "source" / "01_more" / "01_more.ipynb"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t, a, b: t.pop("title"), "missing title"),
        (lambda t, a, b: t.update(extra=1), "unknown field extra"),
        (lambda t, a, b: t.update(lessons=[]), "no lessons"),
        (lambda t, a, b: t.update(lessons=[3]), "lesson at place 1: expected a table"),
        (lambda t, a, b: t["parts"][0].update(key=1), "part 1: key must be of type str, got 1"),
        (lambda t, a, b: b.pop("line"), "lesson 01: missing line"),
        (lambda t, a, b: b.update(minuts={}), "lesson 01: unknown field minuts"),
        (lambda t, a, b: a.update(number=0), "number must be of type str, got 0"),
        (lambda t, a, b: a.update(number="0"), "two digits"),
        (lambda t, a, b: b.update(path="1_b/02_more"), "lesson 01: path must look like"),
        (lambda t, a, b: b.update(path="../01_more"), "lesson 01: path must look like"),
        (lambda t, a, b: b.update(status="done"), "lesson 01: status must be one of ready, planned"),
        (lambda t, a, b: a.pop("minutes"), "lesson 00: a ready lesson needs minutes"),
        (lambda t, a, b: a.update(minutes={"reading": 1}), "lesson 00, minutes: missing exercises, running"),
        (lambda t, a, b: a["minutes"].update(reading=True), "reading must be of type int, got True"),
        (lambda t, a, b: b.update(part="c"), "lesson 01: part 'c' is not one of a, b"),
        (lambda t, a, b: (a.update(part="b"), b.update(part="a")), "comes before the lesson above's"),
        (lambda t, a, b: b.update(number="00", path="00_more"), "numbers must rise"),
        (lambda t, a, b: a.update(needs=["01"]), "lesson 00: needs ['01'], which no earlier lesson"),
        (lambda t, a, b: b.update(needs=["01"]), "lesson 01: needs ['01'], which no earlier lesson"),
        (
            lambda t, a, b: b.update(needs=[]),
            "lesson 01: needs nothing, so no way leads to it from lesson 00",
        ),
    ],
)
def test_what_is_wrong_is_named(change, says):
    with pytest.raises(SyllabusError) as caught:
        parse(_broken(change))
    assert says in str(caught.value)


def test_files_that_are_no_syllabus(tmp_path):
    with pytest.raises(SyllabusError, match=r"course\.toml can't be read"):
        load(tmp_path / "course.toml")
    (tmp_path / "course.toml").write_text("title = ")
    with pytest.raises(SyllabusError, match="not valid TOML"):
        load(tmp_path / "course.toml")


def test_select():
    syllabus = parse(GOOD)
    assert [lesson.number for lesson in syllabus.select(["1", "00"])] == ["00", "01"]
    with pytest.raises(SyllabusError, match="no lesson 07; the course has 00 to 01"):
        syllabus.select(["7"])


def test_the_table_links_what_is_ready_and_marks_what_is_planned():
    table = readme_table(parse(GOOD))
    assert "[Start](notebooks/00_start.ipynb)" in table
    assert "| 01 | More *(planned)* |" in table
    assert "| 7 |" in table  # 1 + 2 + 4 minutes
    assert table.endswith("\n\n[00]: notebooks/00_start.ipynb")
    assert table.index("Part A") < table.index("Start") < table.index("Part B") < table.index("More")


def test_topics_are_links_to_numbers():
    text = "[one][03] · [two\nwords (2)][11] · [three](03) · [four] [05]\n[03]: notebooks/x.ipynb"
    assert readme_topics(text) == {"one": "03", "two words (2)": "11"}


def test_the_table_goes_between_the_markers_and_stays_there():
    once = with_table(f"before\n{BEGIN}\nold\n{END}\nafter\n", "new")
    assert once == f"before\n{BEGIN}\nnew\n{END}\nafter\n" == with_table(once, "new")
    for bad in ("nothing", f"{BEGIN} {BEGIN} {END}", f"{END} {BEGIN}"):
        with pytest.raises(SyllabusError, match="once each"):
            with_table(bad, "new")


def test_the_command_prints_the_table(capsys):
    assert main([]) == 0
    assert capsys.readouterr().out.strip() == readme_table(load())
