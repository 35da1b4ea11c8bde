"""The C++ program as CMake builds it with OpenCV: any picture, and ONNX files from OpenCV 4.9 on. Skipped where there is neither."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

import course_lib.quality
from course_lib.engines import export_onnx
from course_lib.layers.compiled import NoCompiler, find_compiler
from course_lib.quality import ThreeClassNIMA, export_plain, frozen, mean_score

CPP = Path(course_lib.quality.__file__).parent / "cpp"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The program, and the version of the OpenCV that it was built with."""
    try:
        find_compiler()
    except NoCompiler:
        pytest.skip("no C++ compiler on this machine")
    if shutil.which("cmake") is None:
        pytest.skip("no cmake on this machine")
    folder = tmp_path_factory.mktemp("build")
    said = _run("cmake", "-S", CPP, "-B", folder).stdout
    version = re.search(r"OpenCV (\d+)\.(\d+)", said)
    if version is None:
        pytest.skip("no OpenCV for C++ on this machine")
    _run("cmake", "--build", folder)
    return folder / "quality_score", tuple(map(int, version.groups()))


@pytest.fixture(scope="module")
def pictures(write_six, tmp_path_factory):
    """Six photos as PNG files, and as what the network sees of them."""
    return write_six(tmp_path_factory.mktemp("pictures"), ".png")


def _run(*command, code=0):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done


def _numbers(done):
    """Mean, spread, bad, normal, good of each picture."""
    return np.array([line.split("\t")[1:6] for line in done.stdout.splitlines()], float)


def test_png_files_get_pythons_scores(program, pictures, shipped_nima, tmp_path):
    paths, pixels = pictures
    weights = export_plain(shipped_nima, tmp_path / "nima.cqnet")
    theirs = _numbers(_run(program[0], weights, *paths))
    with torch.no_grad():
        means, classes = (
            mean_score(shipped_nima((pixels + 1) / 2)).numpy(),
            ThreeClassNIMA(shipped_nima)(pixels).numpy(),
        )
    assert np.ptp(means) > 0.5  # the photos are told apart
    np.testing.assert_allclose(theirs[:, 0], means, atol=1e-4)
    np.testing.assert_allclose(theirs[:, 2:], classes, atol=1e-4)
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 and then nothing")
    done = _run(program[0], weights, tmp_path / "broken.jpg", paths[0], code=1)
    assert done.stderr == f"{tmp_path / 'broken.jpg'}: not an image that can be read whole\n"
    assert len(_numbers(done)) == 1  # the other one goes on


def test_an_onnx_file_gets_pythons_classes_or_a_refusal(program, pictures, shipped_nima, tmp_path):
    paths, pixels = pictures
    light, file = ThreeClassNIMA(frozen(shipped_nima)).eval(), tmp_path / "nima.onnx"
    export_onnx(light, file, pixels[:1], dynamic=())
    if program[1] < (4, 9):  # older ones can't read it, or answer wrong
        refusal = _run(program[0], file, *paths, code=2).stderr
        assert "nima.onnx: an ONNX file needs OpenCV 4.9 or newer" in refusal
        return
    theirs = _numbers(_run(program[0], file, *paths))
    with torch.no_grad():
        np.testing.assert_allclose(theirs[:, 2:], light(pixels).numpy(), atol=1e-4)
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    assert "broken.onnx: OpenCV" in _run(program[0], tmp_path / "broken.onnx", paths[0], code=2).stderr
