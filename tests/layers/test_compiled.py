"""C++ by the machine's compiler: cached by what decides about it, whole or not there, and clear where it can't be."""

import ctypes
import subprocess
import threading

import pytest

from course_lib.layers import compiled
from course_lib.layers.compiled import CompileError, NoCompiler, build, find_compiler

CODE = '#include "seven.h"\nextern "C" int seven() { return SEVEN; }\nint main() { return seven(); }\n'


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def sources(tmp_path):
    try:
        find_compiler()
    except NoCompiler as error:
        pytest.skip(str(error))
    (tmp_path / "seven.h").write_text("#define SEVEN 7\n")
    (tmp_path / "seven.cpp").write_text(CODE)
    return [tmp_path / "seven.cpp", tmp_path / "seven.h"]


def test_a_library_and_a_program(sources, cache, monkeypatch):
    library, program = build(sources), build(sources, "program")
    assert ctypes.CDLL(str(library)).seven() == 7
    assert subprocess.run([program], check=False).returncode == 7
    assert sorted(cache.iterdir()) == sorted([library, program])  # no scratch folder stays
    with monkeypatch.context() as patch:  # what is built isn't built again
        patch.setattr(compiled, "_compile", None)
        assert build(sources) == library and build(sources, "program") == program
    sources[1].write_text("#define SEVEN 8\n")  # a header's change is a change
    other = build(sources)
    assert other != library and ctypes.CDLL(str(other)).seven() == 8
    assert build(sources, flags=["-DUNUSED"]) not in (library, other)


def test_a_mistake_is_told_and_nothing_stays(sources, cache):
    sources[0].write_text("int main() { return nothing_of_that_name; }\n")
    with pytest.raises(CompileError, match=r"(?s)failed with code.*nothing_of_that_name"):
        build(sources, "program")
    assert list(cache.iterdir()) == []
    sources[0].write_text("\n".join(f"wrong{i} x;" for i in range(40)))
    with pytest.raises(CompileError, match="lines more"):
        build(sources)


def test_two_at_once_build_the_same(sources, cache):
    built = []
    threads = [threading.Thread(target=lambda: built.append(build(sources))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 3 and [*cache.iterdir()] == [built[0]] == [*set(built)]


def test_no_compiler(monkeypatch, tmp_path):
    (tmp_path / "a.cpp").write_text("int main() {}")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(NoCompiler, match=r"no C\+\+ compiler on this machine.*install"):
        build([tmp_path / "a.cpp"])
    monkeypatch.setenv("CXX", "my-compiler -m32")
    with pytest.raises(NoCompiler, match="CXX is 'my-compiler -m32'"):
        build([tmp_path / "a.cpp"])


def test_a_compiler_that_is_none(monkeypatch, tmp_path):
    (tmp_path / "a.cpp").write_text("int main() {}")
    (tmp_path / "broken").write_text("no program")
    (tmp_path / "broken").chmod(0o755)
    for command in (str(tmp_path / "broken"), "false"):
        monkeypatch.setenv("CXX", command)
        with pytest.raises(CompileError, match=r"can't be run|failed"):
            build([tmp_path / "a.cpp"])


def test_cxx_may_hold_arguments(sources, monkeypatch):
    monkeypatch.setenv("CXX", f"{find_compiler()[0]} -DEXTRA")
    assert build(sources).is_file()


def test_a_cache_that_is_a_file(sources, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE_DIR", str(sources[0]))
    with pytest.raises(CompileError, match="COURSE_CACHE_DIR"):
        build(sources)


def test_bad_arguments(tmp_path, sources):
    with pytest.raises(ValueError, match=r"'library' or 'program'; got 'shared'"):
        build(sources, "shared")
    with pytest.raises(ValueError, match=r"at least one \.cpp"):
        build(sources[1:])
    with pytest.raises(FileNotFoundError, match=r"missing\.cpp"):
        build([tmp_path / "missing.cpp"])
