"""Recordings: splits that share nothing, in packs of made sounds and, where they are, in the real ones."""

import csv
import os
import shutil

import pytest

from course_lib.cry.recordings import FOLDS, fold, open_recordings
from course_lib.data.packs import find_pack
from tests.cry.packs import write_packs


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packs")
    write_packs(folder)
    return folder


@pytest.fixture
def packs(made, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", str(made))
    return made


def test_a_fold_holds_its_clips_and_knows_them(packs):
    found = open_recordings(fold(2))
    assert len(found) == 6 and found.kinds == (
        "crying_baby",
        "crying_baby",
        "bark",
        "noise",
        "clatter",
        "alarm",
    )
    assert found.labels.tolist() == [1, 1, 0, 0, 0, 0]
    assert found.names[0] == "esc10_16k/2-0.flac" and found.sources[0] == "esc10_16k20"
    assert all(wave.shape == (24000,) for wave in found.waves)


def test_whole_collections_are_cries_of_recorders_and_speech(packs):
    found = open_recordings(["donateacry_54", "speech_fsdd_16k"])
    assert found.kinds == ("crying_baby",) * 3 + ("adult_speech_digits",)
    assert found.sources == ("r0", "r0", "r1", "s")


def test_a_recording_that_is_in_both_archives_stays_in_one_fold(packs, tmp_path, monkeypatch):
    shutil.copytree(packs, tmp_path / "packs")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "packs"))
    table = tmp_path / "packs" / "esc50_neg_16k" / "meta.csv"
    table.write_text(table.read_text().replace("esc50_neg_16k40", "209698"))
    assert "209698" not in open_recordings(fold(4)).sources
    assert "209698" in open_recordings(fold(5)).sources


@pytest.mark.parametrize("spec", ["esc10_16k", "esc10_16k/6", "donateacry_54/1", "esc50", ""])
def test_a_set_that_is_none_is_refused(packs, spec):
    with pytest.raises(ValueError, match="esc10_16k/3"):
        open_recordings([spec])


def test_a_pack_that_is_missing_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="ESC-50"):
        open_recordings(fold(1))


@pytest.mark.skipif(
    "COURSE_DATA_DIR" not in os.environ, reason="COURSE_DATA_DIR isn't set: no real packs to check"
)
def test_in_the_real_packs_no_source_is_in_two_folds():
    from course_lib.cry.recordings import _fold, _source

    folds: dict[str, set[str]] = {}
    for pack in ("esc10_16k", "esc50_neg_16k"):
        with (find_pack(pack) / "meta.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                folds.setdefault(_source(pack, row), set()).add(_fold(pack, row))
    assert {source: found for source, found in folds.items() if len(found) > 1} == {}
    assert set.union(*folds.values()) == {str(f) for f in FOLDS}
