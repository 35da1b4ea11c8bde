"""The environment check names what is missing; the speed probe measures something."""

from importlib import metadata

import pytest

from course_lib.teach import check_environment, speed_probe
from course_lib.teach.machine import REFERENCE, Speed


def test_names_what_is_missing(tmp_path):
    pins = tmp_path / "requirements.txt"
    numpy = metadata.version("numpy")
    pins.write_text(f"# a comment\nnumpy=={numpy}  # fine\nscipy==0.0.1\nno-such-package-at-all==1.2\n")
    found = check_environment(pins)
    assert not found.ready
    said = "\n".join(found.problems)
    assert f"scipy is {metadata.version('scipy')}, expected 0.0.1" in said
    assert "no-such-package-at-all is missing (expected 1.2)" in said
    assert "make setup" in said
    assert "numpy" not in said
    assert "1 of 3 pinned packages as listed" in found.facts


def test_build_labels_do_not_count(tmp_path, monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda name: "2.13.0+cpu")
    monkeypatch.setattr("course_lib.teach.machine.free_memory_gb", lambda: 8.0)
    pins = tmp_path / "requirements.txt"
    pins.write_text("torch==2.13.0\n")
    assert check_environment(pins).ready


def test_little_memory_and_old_python(tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.teach.machine.free_memory_gb", lambda: 1.25)
    monkeypatch.setattr("course_lib.teach.machine.PYTHON", (99, 1))
    pins = tmp_path / "requirements.txt"
    pins.write_text("")
    old, memory = check_environment(pins).problems
    assert "the course needs 99.1" in old
    assert "1.2 GB of memory are free" in memory


def test_missing_list(tmp_path):
    with pytest.raises(ValueError, match=r"nothing\.txt, which isn't a file"):
        check_environment(tmp_path / "nothing.txt")


def test_no_path_is_told():
    found = check_environment()
    assert not any("/" in line or "\\" in line for line in (*found.facts, *found.problems))


def test_speed_probe():
    pytest.importorskip("torch")
    speed = speed_probe(0.2)
    assert speed.matmul_gflops > 0
    assert speed.steps_per_second > 0
    twice = Speed(REFERENCE.matmul_gflops, REFERENCE.steps_per_second / 2)
    assert twice.expected_seconds(20) == pytest.approx(40)
    with pytest.raises(ValueError, match="seconds must be positive"):
        speed_probe(0)
