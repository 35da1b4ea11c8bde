"""Photo sets: folders, packs and torchvision's sets become Lab; batches follow from seed and step."""

import os

import cv2
import numpy as np
import pytest

from course_lib.color import rgb_to_lab
from course_lib.data.packs import find_pack
from course_lib.images import photo_sets
from course_lib.images.photo_sets import SCENES, PhotoSet, batch_of_step, crops, open_photo_sets


def _write(path, height, width, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    assert cv2.imwrite(str(path), picture)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Unpacked packs of made pictures in COURSE_DATA_DIR."""
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    for split, count in (("train", 3), ("test", 2)):
        for scene in ("forest", "sea"):
            for i in range(count):
                _write(tmp_path / "scenes_intel_96" / split / scene / f"{i}.png", 16, 16)
    for i in range(21):
        _write(tmp_path / "imagenet_sample_128" / "images" / f"n{i:02}.png", 16, 20)
    return tmp_path


def _set(count=5, height=12, width=16):
    """Photos whose every pixel says where it is: L = row, a = column, b = number of the photo."""
    rows, columns = np.indices((height, width))
    lab = [np.stack([rows, columns, np.full_like(rows, i)], -1).astype(np.float16) for i in range(count)]
    return PhotoSet(tuple(str(i) for i in range(count)), tuple(lab), np.arange(count) % 3 - 1)


def test_a_folder_of_pictures_becomes_lab(tmp_path):
    _write(tmp_path / "mine" / "b" / "two.png", 20, 30, seed=2)
    _write(tmp_path / "mine" / "one.PNG", 10, 12, seed=1)
    (tmp_path / "mine" / "notes.txt").write_text("no picture")
    photos = open_photo_sets([str(tmp_path / "mine")], 100)
    assert photos.names == ("mine/b/two.png", "mine/one.PNG") and photos.scenes.tolist() == [-1, -1]
    rgb = np.random.default_rng(2).integers(0, 256, (20, 30, 3), np.uint8)[..., ::-1] / 255
    np.testing.assert_allclose(photos.lab[0], rgb_to_lab(rgb), atol=0.05)


def test_large_photos_are_scaled_to_the_short_side(tmp_path):
    _write(tmp_path / "tall.png", 90, 60)
    _write(tmp_path / "wide.png", 30, 80)
    tall, wide = open_photo_sets([str(tmp_path)], 30).lab
    assert tall.shape == (45, 30, 3) and wide.shape == (30, 80, 3)


def test_scenes_come_from_the_folders_of_the_pack(data):
    photos = open_photo_sets(["scenes_intel_96/train"], 16)
    assert [SCENES[i] for i in photos.scenes] == ["forest"] * 3 + ["sea"] * 3
    assert photos.names[0] == "scenes_intel_96/train/forest/0.png"


def test_a_pack_without_splits_is_split_by_name(data):
    train = open_photo_sets(["imagenet_sample_128/train"], 16).names
    test = open_photo_sets(["imagenet_sample_128/test"], 16).names
    assert len(train) == 18 and len(test) == 3 and not set(train) & set(test)


def test_sets_are_joined_in_order(data):
    photos = open_photo_sets(["imagenet_sample_128/test", "scenes_intel_96/test"], 16)
    assert len(photos) == 7 and photos.scenes.tolist() == [-1] * 3 + [1] * 2 + [4] * 2
    picked = photos.pick([6, 0])
    assert picked.names == (photos.names[6], photos.names[0]) and picked.scenes.tolist() == [4, -1]


@pytest.mark.parametrize("name", ["STL10", "CIFAR10"])
def test_a_missing_torchvision_set_gives_the_command_that_fetches_it(name, data):
    with pytest.raises(
        FileNotFoundError, match=rf"fetch it once with: python -c .*{name}\('.*', download=True\)"
    ):
        open_photo_sets([f"{name}/test"], 96)


def test_a_torchvision_set_is_read(monkeypatch):
    from torchvision import datasets  # after course_lib, which lets it be imported beside any torch

    class Made(list):
        def __init__(self, root, train):
            super().__init__([(np.full((8, 8, 3), 255 if train else 0, np.uint8), 3)] * 2)

    monkeypatch.setattr(datasets, "CIFAR10", Made)
    white, black = open_photo_sets(["CIFAR10/train"], 32), open_photo_sets(["CIFAR10/test"], 32)
    assert white.names == ("CIFAR10/train/0", "CIFAR10/train/1") and white.scenes.tolist() == [-1, -1]
    np.testing.assert_allclose([white.lab[0].max(), black.lab[0].max()], [100, 0], atol=0.1)


@pytest.mark.parametrize(
    ("spec", "error", "words"),
    [
        ("scenes_intel_96/val", ValueError, "splits test, train; got 'val'"),
        ("imagenet_sample_128/val", ValueError, "splits train, test; got 'val'"),
        ("CIFAR10/unlabeled", ValueError, "splits train, test; got 'unlabeled'"),
        ("bsds500_192/train", FileNotFoundError, "bsds500_192.tar"),
        ("no/such/folder", FileNotFoundError, "'no/such/folder' is no folder of pictures.*STL10"),
    ],
)
def test_what_is_not_there_is_named(data, spec, error, words):
    with pytest.raises(error, match=words):
        open_photo_sets([spec], 16)


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match="holds no pictures"):
        open_photo_sets([str(tmp_path)], 16)


def test_crops_are_windows_of_their_photos_some_mirrored():
    photos = _set()
    batch = crops(photos, [3, 0, 3, 4, 1, 2, 0, 0], 8, np.random.default_rng(0))
    assert batch.lab.shape == (8, 8, 8, 3) and batch.lab.dtype == np.float32
    assert batch.scenes.tolist() == photos.scenes[[3, 0, 3, 4, 1, 2, 0, 0]].tolist()
    np.testing.assert_array_equal(batch.lab[:, 0, 0, 2], [3, 0, 3, 4, 1, 2, 0, 0])
    np.testing.assert_array_equal(np.diff(batch.lab[..., 0], axis=1), 1)  # rows never turn over
    steps = np.diff(batch.lab[..., 1], axis=2)
    assert {int(s) for s in steps.ravel()} == {-1, 1} and (np.ptp(steps, axis=(1, 2)) == 0).all()
    assert len({tuple(corner) for corner in batch.lab[:, 0, 0, :2]}) > 4


def test_a_crop_of_the_whole_photo_fits_and_a_larger_one_is_refused():
    assert crops(_set(), [0], 12, np.random.default_rng(0)).lab.shape == (1, 12, 12, 3)
    with pytest.raises(ValueError, match="crop is 16, but 2 has 12 x 16"):
        crops(_set(), [2], 16, np.random.default_rng(0))


def test_every_epoch_shows_every_photo_once_in_another_order():
    photos = _set(12)
    seen = np.concatenate([batch_of_step(photos, 4, 8, 7, step).lab[:, 0, 0, 2] for step in range(6)])
    epochs = seen.reshape(2, 12)
    assert [sorted(epoch) for epoch in epochs] == [list(range(12))] * 2
    assert (epochs[0] != epochs[1]).any() and (epochs[0] != np.arange(12)).any()


def test_seed_and_step_decide_the_batch():
    photos = _set(12)
    again = [batch_of_step(photos, 4, 8, 7, 5).lab for _ in range(2)]
    np.testing.assert_array_equal(*again)
    for seed, step in ((8, 5), (7, 6)):
        assert (batch_of_step(photos, 4, 8, seed, step).lab != again[0]).any()


def test_half_precision_keeps_more_than_eight_bits_did():
    lab = rgb_to_lab(np.random.default_rng(0).integers(0, 256, (5000, 3), np.uint8) / 255)
    assert np.abs(lab.astype(np.float16).astype(float) - lab).max() <= 0.032


def test_the_real_packs_have_their_photos(tmp_path, monkeypatch):
    if not os.environ.get("COURSE_DATA_DIR"):
        pytest.skip("COURSE_DATA_DIR isn't set: no real packs to read")
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path))
    try:
        pack = find_pack("imagenet_sample_128")
    except FileNotFoundError as error:
        pytest.skip(str(error))
    train, test = (photo_sets._every_tenth(pack, split) for split in ("train", "test"))
    assert len(train) + len(test) == 973 and not set(train) & set(test)
    assert open_photo_sets(["imagenet_sample_128/test"], 32).lab[0].shape[0] == 32
