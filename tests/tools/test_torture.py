"""The torture: damage follows its seed, every ending is told apart, and a tiny round of the real thing."""

import json
import random
from types import SimpleNamespace

import pytest

from tools.torture import KINDS, __main__
from tools.torture.damage import damaged, damaged_json
from tools.torture.handled import Failed, attempt, command, only
from tools.torture.worker import outcomes

BAD_KIND = """
import os, signal, time
from pathlib import Path
LIMIT = 2.0
def prepare(folder):
    return "sound"
def case(sound, draw, folder):
    kind = ENDINGS[int(draw.random() * 0) + len(list(folder.parent.glob("done*")))]
    (folder.parent / f"done{time.time_ns()}").touch()
    if kind == "raises":
        {}["x"]
    if kind == "crashes":
        os.kill(os.getpid(), signal.SIGSEGV)
    if kind == "hangs":
        time.sleep(60)
    return kind
ENDINGS = ["worked", "raises", "crashes", "refused", "hangs", "worked"]
"""


def test_damage_follows_its_seed_and_changes_something():
    content = bytes(range(256)) * 8
    found = [damaged(content, random.Random(i), text=True) for i in range(200)]
    assert found == [damaged(content, random.Random(i), text=True) for i in range(200)]
    assert sum(data != content for data in found) > 190 and len(set(found)) > 150
    assert {len(data) < len(content) for data in found} == {True, False}


def test_a_part_of_json_is_changed_and_the_value_itself_is_not():
    value = {"a": [1, {"b": 2}], "c": "x"}
    before = json.dumps(value)
    found = [json.dumps(damaged_json(value, random.Random(i))) for i in range(200)]
    assert json.dumps(value) == before and len(set(found)) > 60
    assert sum(text != before for text in found) > 180


def _raise(error):
    raise error


def test_only_an_error_in_words_that_names_the_file_is_a_refusal():
    assert attempt(lambda: 3, "x.png") == ("worked", 3)
    for error in (ValueError("x.png is none"), OSError("no x.png"), RuntimeError("x.png?")):
        assert attempt(lambda error=error: _raise(error), "x.png") == ("refused", None)
    with pytest.raises(Failed, match=r"ValueError without x\.png: bad"):
        attempt(lambda: _raise(ValueError("bad")), "x.png")
    for error in (KeyError("x.png"), RecursionError("x.png"), MemoryError("x.png")):
        with pytest.raises(type(error)):
            attempt(lambda error=error: _raise(error), "x.png")


def test_a_command_must_say_why(capsys):
    def main(arguments):
        import sys

        print(arguments[0])
        print(arguments[1], file=sys.stderr)
        return int(arguments[2])

    assert command(main, ["a", "", 0], "x.png") == ("worked", "a\n")
    assert command(main, ["", "no x.png", 1], "x.png") == ("refused", "\n")
    with pytest.raises(Failed, match=r"exit code 1 without x\.png"):
        command(main, ["", "no", 1], "x.png")
    with pytest.raises(Failed, match="a traceback"):
        command(main, ["", "Traceback (most recent call last): x.png", 1], "x.png")


def test_half_a_file_is_found(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.png").touch()
    only(tmp_path, "a/x.png")
    (tmp_path / ".x.part").touch()
    with pytest.raises(Failed, match=r"left behind: \.x\.part"):
        only(tmp_path, "a/x.png")


def test_what_raises_crashes_or_hangs_has_failed_and_the_rest_goes_on(tmp_path, monkeypatch):
    (tmp_path / "bad_kind.py").write_text(BAD_KIND)
    monkeypatch.syspath_prepend(tmp_path)
    found = list(outcomes("bad_kind", [f"0-{i}" for i in range(6)]))
    endings = ["worked", "failed", "failed", "refused", "failed", "worked"]
    assert [outcome.ending for outcome in found] == endings
    assert found[1].why.startswith("KeyError at bad_kind.py:") and "SIGSEGV" in found[2].why
    assert "no end after 2.0 s" in found[4].why


def test_the_command_counts_and_tells_how_to_do_a_failure_again(monkeypatch, capsys):
    found = [SimpleNamespace(case=f"0-{i}", ending=ending, why="because") for i, ending in enumerate(
        ["worked", "worked", "refused", "failed"])]  # fmt: skip
    monkeypatch.setattr(__main__, "tried", lambda kind, options: found[: 4 if kind == "sounds" else 3])
    assert __main__.main(["sounds", "images"]) == 1
    printed = capsys.readouterr().out
    assert printed.splitlines()[1].split() == ["sounds", "4", "3", "2", "1", "1"]
    assert printed.splitlines()[3].split() == ["all", "7", "6", "4", "2", "1"]
    assert "python -m tools.torture sounds --case 0-3\n  because" in printed
    assert __main__.main(["images"]) == 0
    with pytest.raises(SystemExit):
        __main__.main(["pictures"])
    assert set(KINDS) == {"images", "videos", "sounds", "checkpoints", "submissions", "kills"}


def test_a_tiny_round_is_handled(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    found = list(outcomes("tools.torture.submissions", [f"0-{i}" for i in range(12)]))
    assert [outcome.why for outcome in found if outcome.ending == "failed"] == []
    assert {outcome.ending for outcome in found} == {"worked", "refused"}
