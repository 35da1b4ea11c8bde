"""The demo assignment as folders and notebooks."""

import json
import os
from functools import cache

import nbformat
import pytest
from nbgrader import api

from course_lib.teach import checks
from tests.grade.demo import NAME, TASK, Submission, demo_source

collect_ignore_glob = [] if os.name == "posix" else ["test_*.py"]  # grading needs Linux or macOS, or WSL


@pytest.fixture(scope="session", autouse=True)
def _one_answer_for_all_gradebooks():
    """For every new gradebook, nbgrader starts a process to ask which version its tables have: here once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "get_alembic_version", cache(api.get_alembic_version))
        yield


@pytest.fixture(scope="module")
def exercises(tmp_path_factory):
    """An exercises' folder with the demo assignment, whose task `check` knows."""
    folder = tmp_path_factory.mktemp("exercises")
    path = folder / "source" / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(demo_source(), path)
    original = checks.find_task
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "find_task", lambda key: TASK if key == TASK.key else original(key))
        patch.setenv("COURSE_SECRET", "the tests' own")
        yield folder


@pytest.fixture(scope="module")
def release(exercises, tmp_path_factory):
    """The demo's release notebook, as JSON."""
    from tools.grade.course import Course

    return json.loads(Course(tmp_path_factory.mktemp("release"), exercises).release(NAME).read_bytes())


@pytest.fixture
def solved(release):
    """A fresh solved submission."""
    return Submission(release)
