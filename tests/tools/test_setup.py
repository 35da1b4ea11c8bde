"""The set-up does nothing when nothing changed, mends what is half made, and removes nothing that isn't its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import setup as tool

ROOT = Path(tool.__file__).resolve().parents[1]
POSIX = pytest.mark.skipif(os.name == "nt", reason="links to interpreters are POSIX")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A small course folder; environments are made for real but without pip, installations only noted."""
    (tmp_path / "requirements.txt").write_text("numpy==2.4.6\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.setattr(tool, "installed", [], raising=False)
    monkeypatch.delenv("TORCH_INDEX", raising=False)

    def run(command, failed):
        if "venv" in command:
            command = [*command, "--without-pip"]
            if subprocess.run(command).returncode:
                raise tool.SetupError(failed)
        else:
            tool.installed.append(command)

    monkeypatch.setattr(tool, "run", run)
    return tmp_path


def _installs():
    """How many times everything was installed."""
    return sum("-r" in command for command in tool.installed)


def test_made_once_then_left_alone(root):
    assert tool.state(root) == "make"
    assert tool.main(root) == 0
    assert tool.state(root) == "nothing"
    before = sorted(root.rglob("*"))
    assert tool.main(root) == 0
    assert _installs() == 1
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_a_change_is_installed_on_top(root, name):
    tool.main(root)
    (root / ".venv" / "kept").touch()
    (root / name).write_text("changed")
    assert tool.main(root) == 0
    assert _installs() == 2
    assert (root / ".venv" / "kept").exists()
    assert tool.state(root) == "nothing"


def test_an_interrupted_installation_starts_over(root, monkeypatch):
    def killed(root):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tool, "install", killed)
        assert tool.main(root) == 130
    assert tool.state(root) == "make"
    (root / ".venv" / "half").touch()
    assert tool.main(root) == 0
    assert not (root / ".venv" / "half").exists()
    assert tool.state(root) == "nothing"


def test_an_interrupted_change_is_not_trusted(root, monkeypatch):
    tool.main(root)
    (root / "requirements.txt").write_text("other")
    with monkeypatch.context() as patch:
        patch.setattr(tool, "install", lambda root: (_ for _ in ()).throw(tool.SetupError("no network")))
        assert tool.main(root) == 1
    assert tool.state(root) == "make"


@POSIX
def test_an_interpreter_that_is_gone(root):
    tool.main(root)
    python = tool.interpreter(root)
    python.unlink()
    python.symlink_to(root / "gone")
    assert tool.main(root) == 0
    assert tool.version(tool.interpreter(root))


def test_a_folder_that_was_moved(root, tmp_path_factory):
    tool.main(root)
    moved = tmp_path_factory.mktemp("other") / "course"
    shutil.copytree(root, moved, symlinks=True)
    assert tool.state(moved) == "make"


def test_an_environment_of_another_python(root):
    tool.main(root)
    tool.write_stamp(root, tool.wanted(root) | {"python": "3.10"})
    assert tool.state(root) == "make"


def test_somebody_elses_environment_is_installed_into_never_removed(root):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / ".venv")], check=True)
    (root / ".venv" / "precious").touch()
    assert tool.main(root) == 0
    assert _installs() == 1
    assert (root / ".venv" / "precious").exists()


@pytest.mark.parametrize("stamp", [None, "not json"])
def test_somebody_elses_broken_environment_is_an_error(root, capsys, stamp):
    (root / ".venv").mkdir()
    (root / ".venv" / "precious").touch()
    if stamp:
        (root / ".venv" / tool.STAMP).write_text(stamp)
    assert tool.main(root) == 1
    assert "was not made by this command" in capsys.readouterr().err
    assert (root / ".venv" / "precious").exists()


def test_torch_index_is_one_more_index(root, monkeypatch):
    monkeypatch.setenv("TORCH_INDEX", "there")
    tool.main(root)
    assert tool.installed[0][-2:] == ["--extra-index-url", "there"]


def test_an_old_python_gets_a_message(monkeypatch, capsys):
    monkeypatch.setattr(tool, "OLDEST", (99, 0))
    assert tool.main(Path("nowhere")) == 1
    assert "Python 99.0 or newer is needed, this is 3." in capsys.readouterr().err


def test_a_failing_command_is_a_message(monkeypatch):
    with pytest.raises(tool.SetupError, match=r"^it failed$"):
        tool.run([sys.executable, "-c", "raise SystemExit(3)"], "it failed")


@POSIX
def test_two_at_once_wait_for_each_other(root):
    code = "import sys; from pathlib import Path; from tools import setup as t\nwith t.alone(Path(sys.argv[1])): print('in')"
    command = [sys.executable, "-c", code, str(root)]
    with tool.alone(root), subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as other:
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1)
        held = other.poll() is None
        # leaving the inner `with` waits for it, so let go first
        other.kill()
    assert held
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout == "in\n"


def test_only_the_standard_library_is_imported():
    code = "import sys; sys.path.insert(0, sys.argv[1]); import setup, syllabus; print(*{m.split('.')[0] for m in sys.modules})"
    command = [sys.executable, "-I", "-S", "-c", code, str(ROOT / "tools")]
    modules = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    ours = {"setup", "syllabus", "__main__", "__mp_main__"}
    assert set(modules) - ours <= set(sys.stdlib_module_names)


@pytest.mark.skipif(shutil.which("make") is None, reason="make isn't installed")
@pytest.mark.parametrize(("target", "asks"), [("lesson", "Which lesson?"), ("grade", "Which folder?")])
def test_make_asks_for_what_is_missing_before_it_does_anything(target, asks):
    result = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode != 0
    assert asks in result.stderr
    assert "setup.py" not in result.stdout


@pytest.mark.skipif(shutil.which("make") is None, reason="make isn't installed")
def test_make_alone_lists_every_target():
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    phony = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith(".PHONY:"))
    assert all(f"make {target} " in listed for target in phony.split()[1:])


def test_the_stamp_holds_what_was_wanted(root):
    tool.main(root)
    assert json.loads((root / ".venv" / tool.STAMP).read_text()) == tool.wanted(root)
