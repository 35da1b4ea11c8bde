"""Data packs: found packed and unpacked, checked, unpacked whole or not at all."""

import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from course_lib.data import packs
from course_lib.data.packs import PACKS, Pack, find_pack

FILES = {"SOURCE.txt": b"made", "train/sea/1.jpg": b"not really", "train/sea/2.jpg": bytes(5000)}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of packs that holds one, made.tar, known by its sha256."""
    (tmp_path / "data").mkdir()
    with tarfile.open(tmp_path / "data" / "made.tar", "w") as tar:
        for name, content in FILES.items():
            entry = tarfile.TarInfo(f"made/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    sha256 = hashlib.sha256((tmp_path / "data" / "made.tar").read_bytes()).hexdigest()
    monkeypatch.setitem(PACKS, "made", Pack(sha256, "https://example.org/made", "CC0"))
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "data"


def _content(found):
    return {p.relative_to(found).as_posix(): p.read_bytes() for p in found.rglob("*") if p.is_file()}


def test_an_archive_is_unpacked_once(folder, monkeypatch):
    found = find_pack("made")
    assert _content(found) == FILES
    assert [p.name for p in found.parent.iterdir()] == [found.name]  # nothing left over
    monkeypatch.setattr(packs.tarfile, "open", None)  # a second unpacking would fail
    assert find_pack("made") == found


def test_an_unpacked_folder_is_taken_as_it_is(folder):
    (folder / "made.tar").unlink()
    (folder / "made").mkdir()
    assert find_pack("made") == folder / "made"


def test_a_damaged_archive_is_refused(folder):
    with (folder / "made.tar").open("r+b") as file:
        file.seek(600)
        file.write(b"x")
    with pytest.raises(ValueError, match=r"made\.tar is damaged or not the pack"):
        find_pack("made")
    assert not (folder.parent / "cache").exists()


def test_killed_while_unpacking_it_is_unpacked_again(folder):
    """The process dies for good once half of the files are out."""
    program = """
import os, signal, sys, tarfile
from course_lib.data.packs import PACKS, Pack, find_pack
PACKS["made"] = Pack(sys.argv[1], "", "")
def half(tar, path, **options):
    tar.extract(tar.getmembers()[0], path, filter="data")
    os.kill(os.getpid(), signal.SIGKILL)
tarfile.TarFile.extractall = half
find_pack("made")
"""
    done = subprocess.run([sys.executable, "-c", program, PACKS["made"].sha256], check=False)
    assert done.returncode == -9
    left = list((folder.parent / "cache").iterdir())
    assert len(left) == 1 and list(left[0].rglob("SOURCE.txt"))  # half of it is there, under no right name
    assert _content(find_pack("made")) == FILES


def test_an_archive_that_cannot_be_unpacked_leaves_nothing(folder, monkeypatch):
    def full(*args, **options):
        raise OSError("no space left on device")

    monkeypatch.setattr(tarfile.TarFile, "extractall", full)
    with pytest.raises(OSError, match="no space"):
        find_pack("made")
    assert list((folder.parent / "cache").iterdir()) == []


def test_what_is_missing_is_said_with_what_to_do(folder, monkeypatch, tmp_path):
    (folder / "made.tar").unlink()
    with pytest.raises(FileNotFoundError, match=r"neither made\.tar nor a folder made.*CC0.*git clone https"):
        find_pack("made")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match=r"nowhere', which isn't a folder.*git clone"):
        find_pack("made")
    monkeypatch.delenv("COURSE_DATA_DIR")
    with pytest.raises(
        FileNotFoundError, match=r"isn't set. Set COURSE_DATA_DIR to the folder that holds made\.tar"
    ):
        find_pack("made")


def test_unknown_names_list_the_known():
    with pytest.raises(ValueError, match=r"bsds500_192, color_bins.*'imagenet'"):
        find_pack("imagenet")


def test_every_pack_is_recorded_whole():
    for pack in PACKS.values():
        assert re.fullmatch("[0-9a-f]{64}", pack.sha256) and pack.home and pack.license


def test_the_real_archives_are_those_recorded():
    folder = os.environ.get("COURSE_DATA_DIR")
    if not folder:
        pytest.skip("COURSE_DATA_DIR isn't set: no real packs to check")
    found = {name: Path(folder, f"{name}.tar") for name in PACKS}
    found = {name: path for name, path in found.items() if path.is_file()}
    if not found:
        pytest.skip("COURSE_DATA_DIR holds none of the packs as archives")
    for name, path in found.items():
        with path.open("rb") as file:
            assert hashlib.file_digest(file, "sha256").hexdigest() == PACKS[name].sha256, name
