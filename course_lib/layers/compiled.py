"""C++ built where it runs: sources in, a shared library or a program out, by the machine's own compiler.

What is built lies in a cache (`COURSE_CACHE_DIR`, by default `~/.cache/course_lib`) under a name that is a hash of all that
decides about it: sources, flags, compiler, machine. So the second call costs a few milliseconds, and a changed line of
source is another file, never a stale one. It is written under a temporary name and renamed: whoever is killed half way, and
whoever builds the same at the same time, leaves a whole file or none.
"""

import functools
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

COMPILERS = ("c++", "g++", "clang++")  # looked for in this order where the variable CXX names none
FLAGS = ("-std=c++17", "-O3", "-Wall", "-Wextra")
_HEADERS = {".h", ".hpp", ".hh", ".inc"}
_TIMEOUT = 600  # seconds; a hanging compiler is an error, not a hanging lesson
_LINES = 12  # of a compiler's complaint: the first error is the one to mend


class CompileError(RuntimeError):
    """C++ could not be built: the compiler's first lines are in the message."""


class NoCompiler(CompileError):
    """There is no C++ compiler on this machine."""


def find_compiler() -> tuple[str, ...]:
    """Command of the machine's C++ compiler: what `CXX` says, else the first of `COMPILERS` on the path.

    Raises
    ------
    NoCompiler
        There is none, or `CXX` names something that isn't there; says what to install.
    """
    named = shlex.split(os.environ.get("CXX", ""))
    if named:
        if shutil.which(named[0]) is None:
            raise NoCompiler(
                f"the environment variable CXX is {' '.join(named)!r}, which isn't a program here"
            )
        return tuple(named)
    for name in COMPILERS:
        if shutil.which(name):
            return (name,)
    raise NoCompiler(
        f"no C++ compiler on this machine (looked for {', '.join(COMPILERS)}). Debian and Ubuntu: apt install g++; "
        "macOS: xcode-select --install. Or set CXX to the one you have"
    )


def build(
    sources: Iterable[str | Path],
    kind: Literal["library", "program"] = "library",
    flags: Sequence[str] = (),
) -> Path:
    """Build C++17 sources, or find them built.

    Parameters
    ----------
    sources : iterable of paths
        The .cpp files, and the headers of ours that they include: a header isn't compiled by itself, but a change
        of it builds anew.
    kind : {"library", "program"}
        A shared library, for ctypes, or a program.
    flags : sequence of str
        Further arguments of the compiler, after `FLAGS` and the sources: ``("-I/usr/include/eigen3", "-lsndfile")``.

    Returns
    -------
    Path
        The built file, in the cache.

    Raises
    ------
    NoCompiler
        This machine has no C++ compiler.
    CompileError
        The compiler fails, or the cache can't be written.
    FileNotFoundError, ValueError
        A source that isn't there; no .cpp file; an unknown kind.
    """
    if kind not in ("library", "program"):
        raise ValueError(f"kind must be 'library' or 'program'; got {kind!r}")
    paths = [Path(source) for source in sources]
    units = [path for path in paths if path.suffix not in _HEADERS]
    if not units:
        raise ValueError(f"sources must hold at least one .cpp file; got {[path.name for path in paths]}")
    command = find_compiler()
    arguments = [*FLAGS, *(("-shared", "-fPIC") if kind == "library" else ())]
    key = hashlib.sha256(repr((_version(command), _machine(), arguments, list(flags))).encode())
    for path in paths:
        content = path.read_bytes()
        key.update(f"{path.name}:{len(content)}:".encode() + content)
    cache = Path(os.environ.get("COURSE_CACHE_DIR") or Path.home() / ".cache" / "course_lib")
    target = cache / f"{units[0].stem}-{key.hexdigest()[:16]}{_suffix(kind)}"
    if not target.is_file():
        _compile([*command, *arguments, *map(str, units), *flags], target)
    return target


def _compile(command: list[str], target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.stem}-"))
    except OSError as error:
        raise CompileError(
            f"what is compiled can't be kept in {target.parent} ({error.strerror}); "
            "set COURSE_CACHE_DIR to a folder that can be written"
        ) from error
    try:
        done = _run([*command, "-o", str(scratch / target.name)])
        if done.returncode:
            raise CompileError(f"{command[0]} failed with code {done.returncode}:\n{_first_lines(done)}")
        (scratch / target.name).replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@functools.cache
def _version(command: tuple[str, ...]) -> str:
    done = _run([*command, "--version"])
    if done.returncode:
        raise CompileError(f"{' '.join(command)} --version failed:\n{_first_lines(done)}")
    return f"{command} {done.stdout}"


def _run(command: list[str]) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CompileError(f"{command[0]} took more than {_TIMEOUT} seconds") from error
    except OSError as error:
        raise CompileError(f"{command[0]} can't be run: {error.strerror}") from error


def _first_lines(done: subprocess.CompletedProcess) -> str:
    lines = (done.stderr or done.stdout or "it said nothing").strip().splitlines()
    more = f"\n… and {len(lines) - _LINES} lines more" if len(lines) > _LINES else ""
    return "\n".join(lines[:_LINES]) + more


def _machine() -> tuple[str, str]:
    return sys.platform, platform.machine()


def _suffix(kind: str) -> str:
    if sys.platform == "win32":
        return ".dll" if kind == "library" else ".exe"
    if kind == "program":
        return ""
    return ".dylib" if sys.platform == "darwin" else ".so"
