"""The store: what is read is what was written; only what is asked for is read; what isn't whole is refused."""

import copy
import json
import os
import pickle
import subprocess
import sys

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from course_lib.color import rgb_to_lab
from course_lib.video import LabStore, convert_videos
from course_lib.video.lab_codec import decode_lab, encode_lab
from course_lib.video.shards import COMPRESSIONS, FRAMES, default_compression
from tools.torture.clips import numbered, picture

COUNTS = {"a/one.mkv": 7, "a/two.mkv": 5, "b/one.mkv": 9}
ROUNDING = {"uint8": [0.2, 0.5, 0.5], "float16": [0.032, 0.032, 0.032]}
OPENCV = 0.04  # how far its vectorized Lab is from the package's, measured over all colors: 0.031


def _lab(rgb):
    return rgb_to_lab(rgb.astype(np.float64) / 255)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    for clip, (name, count) in enumerate(COUNTS.items()):
        numbered(folder / name, count, clip=clip)
    return folder


@pytest.fixture(scope="module", params=["uint8", "float16"])
def store(request, videos, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    convert_videos(videos, folder, (32, 24), dtype=request.param, workers=0, progress=False)
    with LabStore(folder) as opened:
        yield opened


@pytest.fixture
def damaged(videos, tmp_path):
    """A store to harm, and its shards."""
    convert_videos(videos, tmp_path, (32, 24), workers=0, progress=False)
    return tmp_path, sorted((tmp_path / "shards").iterdir())


@pytest.mark.parametrize("dtype", ROUNDING)
def test_encoding_is_the_packages_lab_but_for_rounding(dtype):
    """Every fifth level of each channel, 140,608 colors; what goes beyond rounding is OpenCV's."""
    levels = np.arange(0, 256, 5, dtype=np.uint8)
    rgb = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(1, -1, 3)
    stored = decode_lab(np.stack(encode_lab(rgb, dtype)))
    error = np.abs(stored - _lab(rgb)).max((0, 1))
    assert stored.dtype == np.float32 and stored.shape == rgb.shape
    assert (error <= np.array(ROUNDING[dtype]) + OPENCV).all()
    assert (error > np.array(ROUNDING[dtype]) * 0.9).all()  # so the documented error is neither more nor less


def test_each_frame_is_the_frame_that_was_written(store):
    assert len(store) == sum(COUNTS.values()) and store.size == (32, 24)
    tolerance = np.array(ROUNDING[store.dtype]) + OPENCV
    for clip, (name, count) in enumerate(COUNTS.items()):
        for i in range(count):
            frame = store[store.index(name, i)]
            assert frame.shape == (24, 32, 3) and frame.dtype == np.float32
            assert (np.abs(frame - _lab(picture(i, clip=clip))) <= tolerance).all()


def test_videos_are_listed_with_what_is_known_of_them(store):
    assert [(v.name, v.first, v.frames) for v in store.videos] == [
        ("a/one.mkv", 0, 7), ("a/two.mkv", 7, 5), ("b/one.mkv", 12, 9),
    ]  # fmt: skip
    assert {v.fps for v in store.videos} == {25.0} and {v.padding for v in store.videos} == {(0, 0, 0, 0)}
    np.testing.assert_allclose(store.seconds("b/one.mkv"), np.arange(9) / 25)
    assert store.index(2, 0) == store.index("b/one.mkv", 0) == store.index("b/one.mkv", -9) == 12


BOUND = st.none() | st.integers(-30, 30)


@settings(max_examples=60, deadline=None)
@given(BOUND, BOUND, st.none() | st.integers(-9, 9).filter(bool))
def test_slices_are_what_a_list_would_give(store, start, stop, step):
    key = slice(start, stop, step)
    found, expected = store[key], [store[i] for i in range(len(store))[key]]
    assert found.shape == (len(expected), 24, 32, 3) and found.dtype == np.float32
    for frame, one in zip(found, expected, strict=True):
        np.testing.assert_array_equal(frame, one)


def test_an_index_counts_from_the_end_and_ends(store):
    np.testing.assert_array_equal(store[-1], store[np.int64(20)])
    for number in (21, -22):
        with pytest.raises(IndexError, match=f"frame {number} of a store of 21"):
            store[number]
    with pytest.raises(TypeError):
        store[1.0]
    with pytest.raises(KeyError, match=r"no video 'one.mkv' among the store's 3"):
        store.index("one.mkv", 0)
    for frame in (7, -8):
        with pytest.raises(IndexError, match=f"frame {frame} of a/one.mkv, which has 7"):
            store.index("a/one.mkv", frame)
    with pytest.raises(IndexError):
        store.index(3, 0)


def test_the_virtual_dataset_shows_the_same_frames(store):
    with h5py.File(store.folder / "lab.h5") as file:
        np.testing.assert_array_equal(decode_lab(file["lab"][:]), store[:])
        assert file["seconds"].shape == (21,) and file["lab"].is_virtual


def test_a_store_goes_into_the_workers_of_a_loader(store):
    store[0]  # an open file, that no worker may share
    loader = DataLoader(store, batch_size=4, num_workers=2)
    np.testing.assert_array_equal(np.concatenate([batch.numpy() for batch in loader]), store[:])


def test_a_pickled_store_opens_its_files_anew(store):
    store[0]
    with pickle.loads(pickle.dumps(store)) as other:
        np.testing.assert_array_equal(other[3], store[3])
    assert store[3].shape == (24, 32, 3)


def test_a_closed_store_says_so(damaged):
    with LabStore(damaged[0]) as store:
        store[0]
    with pytest.raises(ValueError, match="is closed"):
        store[0]


def test_only_the_chunks_asked_for_are_read(damaged):
    """A byte of every other frame is flipped: those that aren't are still read, the others say what is wrong."""
    folder, shards = damaged
    with h5py.File(shards[0]) as file:
        chunks = [file[FRAMES].id.get_chunk_info(i) for i in range(file[FRAMES].shape[0])]
    with shards[0].open("r+b") as file:
        for chunk in chunks[1::2]:
            file.seek(chunk.byte_offset + chunk.size // 2)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 0x10]))
    with LabStore(folder) as store:
        whole = [v for v in store.videos if v.frames == len(chunks)] or store.videos[:1]
        first = whole[0].first
        assert store[first : first + 5 : 2].shape[0] == 3
        for key in (first + 1, slice(first, first + 2)):
            with pytest.raises(OSError, match=rf"{shards[0].name} is damaged.*conversion command again"):
                store[key]


def test_a_missing_shard_reads_as_zeros_in_hdf5_and_is_refused_by_the_store(damaged):
    folder, shards = damaged
    with h5py.File(folder / "lab.h5") as file:
        before = file[FRAMES][:]
    shards[0].unlink()
    with h5py.File(folder / "lab.h5") as file:
        after = file[FRAMES][:]
    lost = (after == 0).all((1, 2, 3))
    assert 0 < lost.sum() < len(lost) and (before != 0).any((1, 2, 3)).all()  # silently
    with pytest.raises(FileNotFoundError, match=rf"{shards[0].name} is missing \(\d+ frames, from .*again"):
        LabStore(folder)


def test_a_truncated_or_exchanged_shard_is_refused(damaged):
    folder, shards = damaged
    os.truncate(shards[1], shards[1].stat().st_size - 1)
    with pytest.raises(ValueError, match=rf"{shards[1].name} has \d+ bytes in place of \d+"):
        LabStore(folder)


def test_what_is_no_finished_store_is_refused(damaged, tmp_path_factory):
    folder, _ = damaged
    with pytest.raises(FileNotFoundError, match=r"no Lab store in .*manifest\.json"):
        LabStore(tmp_path_factory.mktemp("nothing"))
    manifest = json.loads((folder / "manifest.json").read_text())
    for change, words in (
        ({"finished": False}, "isn't finished"),
        ({"format": 99}, "is of format 99"),
        ({"settings": {"width": 4, "height": 3, "dtype": 9}}, r"manifest\.json is damaged \(its settings"),
        ({"settings": 5}, r"manifest\.json is damaged"),
        ({"shards": [{"frames": 3}]}, r"manifest\.json is damaged"),
        ({"shards": [{"frames": 3, "shard": "../x.h5"}]}, r"no shard is called '\.\./x\.h5'"),
        (None, "is damaged"),
    ):
        changed = copy.copy(manifest) | (change or {})
        (folder / "manifest.json").write_text(json.dumps(changed) if change else '{"format": 1, "fini')
        with pytest.raises(ValueError, match=words):
            LabStore(folder)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_compression_gives_the_same_frames(videos, tmp_path, compression):
    if compression == "szip" != default_compression():
        pytest.skip("this build of HDF5 can't write szip")
    convert_videos(videos, tmp_path, (32, 24), compression=compression, workers=0, progress=False)
    with LabStore(tmp_path) as store:
        assert (np.abs(store[3] - _lab(picture(3))) <= np.array(ROUNDING["uint8"]) + OPENCV).all()


MANY = """
import resource, sys
import h5py, numpy as np
from course_lib.video import LabStore
store = LabStore(sys.argv[1])
whole = store[:]
store._open.clear()
resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))
with h5py.File(store.folder / "lab.h5") as file:
    frames = file["lab"]
    zeros = sum(not frames[i].any() for i in range(len(store)))
with LabStore(sys.argv[1]) as again:
    same = all((again[i] == whole[i]).all() for i in range(len(store)))
print(zeros, same)
"""


def test_more_shards_than_files_may_be_open(tmp_path):
    """Through the virtual dataset the frames of shards that can't be opened come as zeros; the store has them all."""
    pytest.importorskip("resource")
    for i in range(60):
        numbered(tmp_path / "in" / f"{i:02d}" / "clip.mkv", 1, clip=i)
    convert_videos(tmp_path / "in", tmp_path / "out", (32, 24), workers=0, progress=False)
    done = subprocess.run(
        [sys.executable, "-c", MANY, str(tmp_path / "out")], capture_output=True, text=True, check=True
    )
    zeros, same = done.stdout.split()
    assert int(zeros) > 10 and same == "True"
