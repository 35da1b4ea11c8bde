"""Make the course's environment in .venv, or mend it: `python3 tools/setup.py`.

Does nothing when nothing changed; changed requirements are installed on top. An environment of ours that was interrupted,
whose interpreter is gone, or that was made in another folder or by another Python starts over; pip keeps its downloads.
A .venv that somebody else made is never removed: it is installed into when it works, and an error when it doesn't.

TORCH_INDEX in the environment is the address of one more package index, such as that of PyTorch's small CPU build.
Only the standard library, and parts of the language old enough that an old Python gets as far as the message.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST = (3, 11)
STAMP = "course_stamp.json"


class SetupError(Exception):
    """What to tell the user; what failed has said its own part above."""


def interpreter(root: Path) -> Path:
    """The environment's Python."""
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def wanted(root: Path) -> dict[str, str]:
    """What the finished environment's stamp says: its Python, its place, and a hash of what was installed."""
    listed = b"".join((root / name).read_bytes() for name in ("requirements.txt", "pyproject.toml"))
    return {
        "python": "{}.{}".format(*sys.version_info),
        "place": str(root),
        "requirements": hashlib.sha256(listed).hexdigest(),
    }


def stamped(root: Path) -> dict[str, str] | None:
    """What the stamp says: empty while unfinished, None when there is none, so that the environment isn't ours."""
    try:
        return json.loads((root / ".venv" / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write_stamp(root: Path, content: dict[str, str]) -> None:
    """Write the stamp, whole or not at all."""
    stamp = root / ".venv" / STAMP
    partial = stamp.with_suffix(".part")
    partial.write_text(json.dumps(content), encoding="utf-8")
    partial.replace(stamp)


def version(python: Path) -> str:
    """The version of an interpreter, such as "3.11"; empty when it doesn't start: it may be gone, or link to one that is."""
    ask = [str(python), "-I", "-S", "-c", "import sys; print('{}.{}'.format(*sys.version_info))"]
    try:
        return subprocess.run(ask, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def state(root: Path) -> str:
    """What there is to do: "nothing", "install" on top, or "make" it anew.

    Raises
    ------
    SetupError
        A .venv that isn't ours and doesn't work.
    """
    folder, stamp, want = root / ".venv", stamped(root), wanted(root)
    if not (folder.exists() or folder.is_symlink()):
        return "make"
    if stamp is None:
        if version(interpreter(root)) == want["python"]:
            return "install"
        raise SetupError(
            f"{folder} was not made by this command and has no Python {want['python']} that runs.\n"
            "Move it away or remove it, then run the same command again."
        )
    if any(stamp.get(key) != want[key] for key in ("python", "place")) or not version(interpreter(root)):
        return "make"
    return "nothing" if stamp == want else "install"


def setup(root: Path) -> None:
    """Bring the environment to what requirements.txt and pyproject.toml say; the stamp is filled last."""
    do = state(root)
    if do == "nothing":
        return
    began = time.monotonic()
    if do == "make":
        make(root)
    elif stamped(root):
        write_stamp(root, {})  # from here on a break leaves an environment that isn't trusted
    install(root)
    write_stamp(root, wanted(root))
    print(f"The environment is ready: .venv, {time.monotonic() - began:.0f} s")


def make(root: Path) -> None:
    """A new, empty environment, in place of one of ours."""
    folder = root / ".venv"
    if folder.exists():
        print(".venv is unfinished, was moved, or is of another Python: it is made anew.", flush=True)
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise SetupError(
                f"{error}\n.venv can't be removed. Close what uses it, or remove it by hand."
            ) from None
    print("The environment is made now. The first time takes minutes and about 3 GB of disk.", flush=True)
    folder.mkdir()
    write_stamp(root, {})  # ours, and unfinished
    base = getattr(sys, "_base_executable", sys.executable)  # not the environment that has just been removed
    run(
        [base, "-m", "venv", str(folder)],
        "Python can't make an environment (on Debian and Ubuntu: install the package python3-venv).",
    )


def install(root: Path) -> None:
    """Install the pinned packages and this course's own, then what would otherwise be done in the first lesson."""
    python = str(interpreter(root))
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install"]
    index = os.environ.get("TORCH_INDEX")
    more = ["--extra-index-url", index] if index else []
    failed = "pip couldn't install everything; it says why above. Then run the same command again; downloads are kept."
    run([*pip, "-r", str(root / "requirements.txt"), *more], failed)
    run([*pip, "--quiet", "--no-deps", "--editable", str(root)], failed)
    # matplotlib lists the fonts at its first import, and says so in the middle of whatever runs then
    run([python, "-c", "import matplotlib.font_manager"], "matplotlib doesn't start.")


def run(command: list[str], failed: str) -> None:
    """Run a command; SetupError with the text when it fails."""
    if subprocess.run(command).returncode != 0:
        raise SetupError(failed)


@contextmanager
def alone(root: Path):
    """Wait until no other set-up of this folder is running; the system lets go when a process dies."""
    lock = root / "build" / "setup.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as file:
        if os.name == "nt":
            import msvcrt

            while True:
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:  # it gives up after ten seconds
                    continue
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(root: Path = ROOT) -> int:
    """The command line; returns the exit code."""
    if sys.version_info < OLDEST:
        print(
            "Python {}.{} or newer is needed, this is {}.{} ({}).\nName another: make PYTHON=python3.11 …".format(
                *OLDEST, *sys.version_info[:2], sys.executable
            ),
            file=sys.stderr,
        )
        return 1
    try:
        with alone(root):
            setup(root)
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
