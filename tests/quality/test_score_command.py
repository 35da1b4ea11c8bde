"""`python -m course_lib.quality score` on folders of whole and broken files."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from course_lib.data import photos
from course_lib.quality import NIMA, score_photo
from course_lib.quality.pretrained import CHECKPOINTS  # noqa: F401 (so that its module is there to be patched)
from course_lib.quality.score import find_pictures, main


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return NIMA("mobilenet_v2", width=0.1).eval()


@pytest.fixture
def shipped(monkeypatch, model):
    """The command finds this model."""
    monkeypatch.setattr(sys.modules["course_lib.quality.pretrained"], "pretrained", lambda name: model)


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    """Seven pictures in four forms, five files that aren't, and what nobody should try."""
    folder = tmp_path_factory.mktemp("album")
    (folder / "more").mkdir()
    bgr = np.rint(255 * photos("coffee")["coffee"][:90, :120, ::-1]).astype(np.uint8)
    for name in ("a.jpg", "b.PNG", "more/c.tif", "more/d, e.png", "more/ü.webp"):
        assert cv2.imwrite(str(folder / name), bgr)
    cv2.imwrite(str(folder / "gray.png"), bgr[..., 0])
    cv2.imwrite(str(folder / "alpha.png"), np.dstack([bgr, bgr[..., :1]]))
    whole = (folder / "a.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("no picture")
    (folder / "more" / "html.jpeg").write_text("<html>404</html>")
    cv2.imwrite(str(folder / "small.png"), bgr[:31])
    (folder / "notes.txt").write_text("not a picture, and not said to be one")
    (folder / "folder.png").mkdir()
    (folder / "dangling.png").symlink_to(folder / "gone.png")
    return folder


BROKEN = {"cut.jpg", "empty.png", "text.png", "html.jpeg", "small.png"}


def test_json_holds_all_and_says_what_failed(shipped, album, capsys):
    assert main([str(album), "--json"]) == 1
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert len(said["photos"]) == 7
    assert {Path(f["file"]).name for f in said["failed"]} == BROKEN
    for failure in said["failed"]:
        assert failure["reason"] in err and Path(failure["file"]).name in failure["reason"]
    for photo in said["photos"]:
        assert photo["label"] in ("bad", "normal", "good") and 1 <= photo["mean"] <= 10
        assert photo["bad"] + photo["normal"] + photo["good"] == pytest.approx(1, abs=1e-3)
    assert "7 of 12 scored" in err


def test_csv_and_table_have_a_row_a_photo(shipped, album, capsys):
    assert main([str(album / "more"), "--csv"]) == 1
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [Path(row["file"]).name for row in rows] == ["c.tif", "d, e.png", "ü.webp"]
    assert main([str(album / "more" / "c.tif"), str(album / "b.PNG")]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split()[-1] == "file" and [line.split("  ")[-1][-5:] for line in lines] == ["c.tif", "b.PNG"]


def test_a_file_is_scored_as_the_photo_in_it(shipped, model, album, capsys):
    main([str(album / "b.PNG"), "--json"])
    said = json.loads(capsys.readouterr().out)["photos"][0]
    direct = score_photo(model, photos("coffee")["coffee"][:90, :120])
    assert {key: said[key] for key in ("mean", "spread", "blur", "noise")} == {
        "mean": direct.mean, "spread": direct.spread, "blur": direct.blur, "noise": direct.noise
    }  # fmt: skip


def test_what_cannot_begin_is_code_2(shipped, album, capsys, tmp_path):
    assert main([str(album / "nowhere.png")]) == 2
    assert "nowhere.png" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 2
    assert "no picture" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main([])
    with pytest.raises(SystemExit, match="2"):
        main([str(album), "--json", "--csv"])


def test_a_missing_model_says_what_to_do(monkeypatch, album, capsys, tmp_path):
    monkeypatch.setattr(sys.modules["course_lib.quality.pretrained"], "CHECKPOINTS", tmp_path)
    assert main([str(album)]) == 2
    err = capsys.readouterr().err
    assert "nima.safetensors" in err and "git checkout" in err and "course_lib.quality.train nima" in err


def test_each_file_is_found_once(album):
    found = find_pictures([album / "a.jpg", album, album / "more"])
    assert found[0].name == "a.jpg" and len(found) == len(set(found)) == 12


def test_help_tells_the_exit_codes(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    said = capsys.readouterr().out
    assert "--csv" in said and "Exit codes" in said


def test_the_module_takes_one_word():
    command = [sys.executable, "-m", "course_lib.quality", "grade"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "score PHOTO" in done.stderr
