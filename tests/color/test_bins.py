"""The 313 bins: set, order, and the file that circulates."""

import hashlib
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest

from course_lib.color import ab_bin_centers, bins


def as_circulating_file(centers):
    """The bytes of `pts_in_hull.npy` as NumPy of 2016 wrote them, its header padded to 80 bytes."""
    header = "{'descr': '<i8', 'fortran_order': False, 'shape': (313, 2), }"
    return b"\x93NUMPY\x01\x00F\x00" + header.ljust(69).encode() + b"\n" + centers.astype("<i8").tobytes()


def test_the_313_equal_the_published_file_to_the_byte():
    content = as_circulating_file(ab_bin_centers())
    assert hashlib.md5(content).hexdigest() == "05c2729d850b5e4143b6fe53326066b5"


def test_set_and_order():
    centers = ab_bin_centers()
    assert centers.shape == (313, 2) and centers.dtype == np.float64
    np.testing.assert_array_equal(centers[[0, 120, 312]], [[-90, 50], [0, 0], [100, 0]])
    assert [tuple(c) for c in centers] == sorted(tuple(c) for c in centers)
    np.testing.assert_array_equal([centers.min(axis=0), centers.max(axis=0)], [[-90, -110], [100, 100]])


@pytest.mark.parametrize("levels", [5, 6, 9, 26, 52])
def test_any_sampling_of_the_cube_from_five_levels_gives_the_same(levels, monkeypatch):
    expected = ab_bin_centers()
    monkeypatch.setattr(bins, "_LEVELS", levels)
    np.testing.assert_array_equal(bins._bin_centers.__wrapped__(10.0), expected)


def test_a_coarse_cube_does_not(monkeypatch):
    monkeypatch.setattr(bins, "_LEVELS", 2)
    assert len(bins._bin_centers.__wrapped__(10.0)) < 313


@pytest.mark.parametrize("grid", [1, 5, 12.5, 20, 100])
def test_other_grids_cover_every_color(grid):
    centers = ab_bin_centers(grid)
    np.testing.assert_allclose(centers / grid, np.rint(centers / grid))
    levels = np.linspace(0, 1, 12)
    ab = bins.rgb_to_lab(np.stack(np.meshgrid(levels, levels, levels), axis=-1))[..., 1:].reshape(-1, 2)
    nearest = grid * np.rint(ab / grid)
    assert {tuple(c) for c in nearest} <= {tuple(c) for c in centers}


def test_the_answer_is_the_callers_own():
    ab_bin_centers()[:] = 0
    assert ab_bin_centers().any()


@pytest.mark.parametrize("grid", [0, -10, 0.5, 101, np.nan, np.inf, "10", None, True])
def test_bad_grid(grid):
    with pytest.raises(ValueError, match="grid must be a number from 1 to 100"):
        ab_bin_centers(grid)


def test_the_real_file():
    folder = os.environ.get("COURSE_DATA_DIR")
    if not folder:
        pytest.skip("COURSE_DATA_DIR isn't set: no copy of pts_in_hull.npy to compare with")
    unpacked, packed = Path(folder, "color_bins", "pts_in_hull.npy"), Path(folder, "color_bins.tar")
    if unpacked.exists():
        content = unpacked.read_bytes()
    elif packed.exists():
        with tarfile.open(packed) as archive:
            content = archive.extractfile("color_bins/pts_in_hull.npy").read()
    else:
        pytest.skip("COURSE_DATA_DIR holds no color_bins")
    assert content == as_circulating_file(ab_bin_centers())
