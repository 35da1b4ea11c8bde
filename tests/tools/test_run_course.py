"""The runner: a failing lesson is named and the rest go on; unknown parameters and hungry lessons are failures."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tools import notebooks, run_course
from tools.syllabus import Lesson, SyllabusError

HEADLINE = """from IPython.display import display
display({"application/vnd.course.headline+json": {"headline": f"seed {SEED}"}}, raw=True)
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Write lessons: `course(cells…)` gives lesson 00, 01, … with a parameters cell before them."""
    monkeypatch.setattr(run_course, "ROOT", tmp_path)
    monkeypatch.setattr(Lesson, "notebook", lambda self: tmp_path / "notebooks" / f"{self.path}.ipynb")
    made = []

    def write(*cells):
        number = f"{len(made):02}"
        text = "\n\n".join(f"# %%\n{cell}" for cell in cells)
        lesson = Lesson(
            number, f"1_p/{number}_a", "p", f"Lesson {number}", "", "ready", second_run={"SEED": 5}
        )
        notebooks.write(
            notebooks.from_text(f'# %% tags=["parameters"]\nSEED = 1\n\n{text}'), lesson.notebook()
        )
        made.append(lesson)
        return lesson

    class Syllabus:
        ready = made

        def select(self, numbers):
            return [lesson for lesson in made if lesson.number in numbers]

    monkeypatch.setattr(run_course, "load", Syllabus)
    return write


def test_all_lessons_run_and_the_table_says_what_came_out(course, tmp_path, capsys):
    course(HEADLINE)
    course("import os; print(os.listdir(), os.environ['COURSE_PROGRESS'])")
    assert run_course.main([]) == 0
    told = capsys.readouterr().out
    assert "seed 1" in told
    assert "build/course/" in told
    copy = notebooks.read(tmp_path / "build" / "course" / "1_p" / "01_a.ipynb")
    assert copy.cells[-1].outputs[0].text == "[] off\n"


def test_parameters_reach_the_lesson(course, capsys):
    course(HEADLINE)
    assert run_course.main(["--second-run"]) == 0
    told = capsys.readouterr().out
    assert "seed 5" in told
    assert "build/second_run/" in told
    assert run_course.main(["00", "-p", "SEED", "7"]) == 0
    assert "seed 7" in capsys.readouterr().out


def test_an_unknown_parameter_stops_before_anything_runs(course, capsys, tmp_path):
    course(HEADLINE)
    assert run_course.main(["-p", "SEEED", "7"]) == 1
    assert "error: lesson 00 has no parameter SEEED; it has SEED" in capsys.readouterr().err
    assert not (tmp_path / "build").exists()


def test_a_lesson_that_fails_is_named_and_the_rest_go_on(course, capsys):
    course("assert SEED == 2, 'the claim'")
    course("import os; os._exit(3)")
    course(HEADLINE)
    assert run_course.main([]) == 1
    told = capsys.readouterr().out
    assert "lesson 00 (1_p/00_a): cell 2 failed\n    assert SEED == 2, 'the claim'" in told
    assert "AssertionError: the claim" in told
    assert "lesson 01 (1_p/01_a): DeadKernelError" in told
    assert told.count("FAILED, see above") == 2
    assert "seed 1" in told


def test_memory_of_the_kernel_and_its_children_counts(course, monkeypatch, capsys):
    grow = "import numpy, time; x = numpy.ones(40_000_000); time.sleep(1)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {json.dumps(grow)}], check=True)"
    course(child)
    monkeypatch.setattr(run_course, "LIMIT_BYTES", 3 * 10**8)
    assert run_course.main([]) == 1
    assert "of memory, more than" in capsys.readouterr().out


def test_a_slow_lesson_is_a_warning_and_strictly_a_failure(course, monkeypatch, capsys):
    course(HEADLINE)
    monkeypatch.setattr(run_course, "LIMIT_SECONDS", 0)
    assert run_course.main([]) == 0
    assert "warning: lesson 00 took" in capsys.readouterr().out
    assert run_course.main(["--strict"]) == 1


def test_a_planned_lesson_and_an_empty_course(course, capsys):
    assert run_course.main([]) == 1
    assert "no lesson is ready" in capsys.readouterr().err
    course(HEADLINE).notebook().unlink()
    assert run_course.main(["00"]) == 1
    assert "lesson 00 is planned" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "value"), [("7", 7), ("0.5", 0.5), ("True", True), ("coffee", "coffee"), ("1e-4", 1e-4)]
)
def test_values_on_the_command_line(text, value):
    assert run_course._value(text) == value


def test_checked_parameters_pass_what_is_there(course):
    lesson = course("x = 1")
    assert run_course.checked_parameters(lesson, {"SEED": 2}) == {"SEED": 2}
    with pytest.raises(SyllabusError, match="no parameter A, B"):
        run_course.checked_parameters(lesson, {"A": 1, "B": 2})


def test_lessons_at_a_time_come_back_in_order(course, monkeypatch, tmp_path):
    plan = [(course(HEADLINE), {"SEED": seed}) for seed in range(4)]
    threads = []

    class Pool(ThreadPoolExecutor):
        def __init__(self, jobs, context, limit, given):
            assert context.get_start_method() == "spawn"
            assert limit is run_course._limit_threads
            super().__init__(jobs)
            threads.extend(given)

    def run(lesson, parameters, folder):
        time.sleep(0.05 * (4 - parameters["SEED"]))  # the first is the last to be done
        return lesson.number, parameters["SEED"], folder

    monkeypatch.setattr(run_course, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(run_course, "run_lesson", run)
    monkeypatch.setattr(run_course.os, "cpu_count", lambda: 5)
    expected = [(f"{seed:02}", seed, tmp_path) for seed in range(4)]
    assert run_course.run_plan(plan, tmp_path, 2) == expected
    assert threads == [2]


def test_no_lessons_at_a_time_is_refused(course, capsys):
    course(HEADLINE)
    with pytest.raises(SystemExit):
        run_course.main(["--jobs", "0"])
    assert "--jobs must be at least 1, got 0" in capsys.readouterr().err
