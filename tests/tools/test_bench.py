"""The benchmarks' runner: one page, a failure is told, and nothing is half written."""

import pytest

from benchmarks import __main__ as bench


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Three benchmarks: one works, one fails half-way, one doesn't say what came out."""
    (tmp_path / "benchmarks").mkdir()
    for name, code in {
        "good": "print('a table'); print('in short: 3.0 times as fast')",
        "bad": "print('half a table'); raise ValueError('no such clip')",
        "mute": "print('a table')",
    }.items():
        (tmp_path / "benchmarks" / f"{name}.py").write_text(code)
    monkeypatch.setattr(bench, "FOLDER", tmp_path / "benchmarks")
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    return tmp_path


def test_all_run_and_a_failure_is_told(folder, capsys):
    assert bench.main([]) == 1
    page = (folder / "benchmarks" / "RESULTS.md").read_text()
    assert "| [good](#good) | 3.0 times as fast |" in page and "`python -m benchmarks.good`" in page
    assert "| [bad](#bad) | failed: ValueError: no such clip |" in page and "half a table" in page
    assert "| [mute](#mute) | failed: it printed no line 'in short: ' |" in page
    assert "1 of 3 ran; failed: bad, mute" in capsys.readouterr().out
    assert sorted(path.name for path in (folder / "benchmarks").glob("*.*")) == [
        "RESULTS.md",
        "bad.py",
        "good.py",
        "mute.py",
    ]


def test_some_go_to_a_page_of_their_own(folder, capsys):
    assert bench.main(["good"]) == 0
    assert not (folder / "benchmarks" / "RESULTS.md").exists()
    assert "3.0 times as fast" in (folder / "build" / "RESULTS.md").read_text()
    with pytest.raises(SystemExit):
        bench.main(["none"])
    assert "there are bad, good, mute" in capsys.readouterr().err


def test_the_page_says_on_what_and_names_no_host():
    import socket

    about = bench.machine()
    assert "cores" in about and "torch" in about and socket.gethostname() not in about


def test_every_benchmark_has_quick_settings_and_an_answer_in_short():
    assert set(bench.QUICK) == set(bench.names())
    for name in bench.names():
        assert bench.MARK in (bench.FOLDER / f"{name}.py").read_text(encoding="utf-8"), name
