"""Photos: against scikit-image, scikit-learn and Pillow, and against files that are broken on purpose."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from course_lib.data import as_photo, load_photo, photos

ALL = ["astronaut", "chelsea", "china", "coffee", "flower", "motorcycle", "rocket"]


def _is_photo(array, height, width):
    assert array.shape == (height, width, 3)
    assert array.dtype == np.float32
    assert array.min() >= 0 and array.max() <= 1


def test_every_bundled_photo_is_there_and_in_color():
    found = photos()
    assert list(found) == ALL
    for photo in found.values():
        _is_photo(photo, *photo.shape[:2])
        assert np.abs(photo - photo.mean(-1, keepdims=True)).max() > 0.1  # not a gray picture


def test_bundled_photos_are_the_libraries_own():
    import skimage.data
    from sklearn.datasets import load_sample_image

    found = photos()
    theirs = {
        "astronaut": skimage.data.astronaut(),
        "chelsea": skimage.data.chelsea(),
        "coffee": skimage.data.coffee(),
        "motorcycle": skimage.data.stereo_motorcycle()[0],
        "rocket": skimage.data.rocket(),
        "china": load_sample_image("china.jpg"),
        "flower": load_sample_image("flower.jpg"),
    }
    for name, image in theirs.items():
        np.testing.assert_array_equal(found[name], image / np.float32(255))


def test_photos_by_name_keep_the_order_and_are_yours():
    first = photos("rocket", "china")
    assert list(first) == ["rocket", "china"]
    first["china"][:] = 0
    assert photos("china")["china"].max() > 0.5


def test_unknown_photo_is_told_the_known_ones():
    with pytest.raises(ValueError, match=r"coffee.*'mona_lisa'"):
        photos("mona_lisa")


@pytest.mark.parametrize("scale, dtype", [(255, np.uint8), (65535, np.uint16), (1, bool), (1, np.float64)])
def test_as_photo_scales_by_the_dtype(scale, dtype):
    _is_photo(as_photo(np.ones((2, 3, 3), dtype)), 2, 3)
    np.testing.assert_array_equal(as_photo(np.full((2, 3, 3), scale, dtype)), 1)
    np.testing.assert_array_equal(as_photo(np.zeros((2, 3), dtype)), 0)


def test_sixteen_bits_are_not_cut_to_eight():
    assert as_photo(np.full((1, 1), 32769, np.uint16))[0, 0, 0] == pytest.approx(32769 / 65535, abs=1e-7)


@given(arrays(np.uint8, (3, 4, 4)))
def test_alpha_is_composited_on_white_as_pillow_does(rgba):
    white = Image.new("RGBA", (4, 3), "white")
    theirs = Image.alpha_composite(white, Image.fromarray(rgba, "RGBA")).convert("RGB")
    np.testing.assert_allclose(
        as_photo(rgba), np.asarray(theirs) / 255, atol=1.01 / 255
    )  # Pillow rounds to bytes


@given(arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 5), st.just(2))))
def test_gray_with_alpha_is_rgba_with_equal_channels(image):
    rgba = image[..., [0, 0, 0, 1]]
    np.testing.assert_array_equal(as_photo(image), as_photo(rgba))


def test_as_photo_copies():
    image = np.zeros((2, 2, 3), np.float32)
    as_photo(image)[:] = 1
    assert image.max() == 0


@settings(max_examples=200)
@given(
    arrays(
        st.sampled_from(
            [np.uint8, np.uint16, np.int16, np.int64, np.float32, np.float64, bool, complex, "U1"]
        ),
        st.lists(st.integers(0, 5), max_size=4).map(tuple),
    )
)
def test_as_photo_converts_or_says_what_is_wrong(array):
    """Whatever array comes: a photo, or an error that names the argument."""
    try:
        photo = as_photo(array)
    except (TypeError, ValueError) as error:
        assert str(error).startswith("array must")
    else:
        _is_photo(photo, *array.shape[:2])


@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        (np.zeros((3, 20, 20)), ValueError, "channels last"),
        (np.zeros((2, 20, 20, 3)), ValueError, "one nonempty image"),
        (np.zeros((0, 4, 3)), ValueError, "nonempty"),
        (np.full((4, 4), 255.0), ValueError, "divide by 255"),
        (np.full((4, 4), -1.0), ValueError, r"\[0, 1\]"),
        (np.full((4, 4), np.nan), ValueError, "NaN"),
        (np.zeros((4, 4), np.int32), TypeError, "int32"),
        (None, ValueError, "shape"),
        ("photo.jpg", ValueError, "shape"),
    ],
)
def test_as_photo_names_what_came(bad, error, words):
    with pytest.raises(error, match=words):
        as_photo(bad)


def _picture(mode="RGB", size=(40, 30)):
    rng = np.random.default_rng(0)
    smooth = rng.integers(0, 256, (3, 4, 3), np.uint8)
    return Image.fromarray(smooth).resize(size, Image.Resampling.BICUBIC).convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK"])
def test_load_photo_reads_every_mode(tmp_path, mode):
    path = tmp_path / ("photo.tif" if mode == "CMYK" else "photo.png")
    picture = _picture(mode)
    picture.save(path)
    photo = load_photo(path)
    _is_photo(photo, 30, 40)
    np.testing.assert_array_equal(photo, np.asarray(picture.convert("RGB")) / np.float32(255))


def test_palette_with_transparency_goes_on_white(tmp_path):
    picture = Image.new("P", (4, 4), 1)
    picture.putpalette([0, 0, 0, 200, 0, 0])
    picture.save(tmp_path / "photo.png", transparency=1)
    np.testing.assert_array_equal(load_photo(tmp_path / "photo.png"), 1)


def test_sixteen_bit_gray_files_keep_their_precision(tmp_path):
    values = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000
    Image.fromarray(values).save(tmp_path / "photo.png")
    np.testing.assert_allclose(load_photo(tmp_path / "photo.png")[..., 1], values / 65535, atol=1e-7)


def test_sixteen_bit_color_files_are_read_to_eight_bits(tmp_path):
    import cv2

    values = np.random.default_rng(0).integers(0, 65536, (5, 6, 3)).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "photo.png"), values[..., ::-1])
    np.testing.assert_allclose(load_photo(tmp_path / "photo.png"), values / 65535, atol=1 / 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(tmp_path, orientation):
    """The stored pixels are turned by the inverse of what the tag says, by NumPy; reading must turn them back."""
    upright = np.asarray(_picture(size=(32, 16)))
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "photo.png", exif=exif)
    np.testing.assert_array_equal(load_photo(tmp_path / "photo.png"), upright / np.float32(255))


def test_max_side_shrinks_and_never_grows(tmp_path):
    _picture(size=(40, 30)).save(tmp_path / "photo.png")
    whole = load_photo(tmp_path / "photo.png")
    half = load_photo(tmp_path / "photo.png", max_side=20)
    _is_photo(half, 15, 20)
    np.testing.assert_allclose(
        half, whole.reshape(15, 2, 20, 2, 3).mean((1, 3)), atol=1e-6
    )  # areas, not samples
    np.testing.assert_array_equal(load_photo(tmp_path / "photo.png", max_side=100), whole)
    _is_photo(load_photo(tmp_path / "photo.png", max_side=1), 1, 1)


def _bytes(format_):
    buffer = io.BytesIO()
    _picture(size=(64, 48)).save(buffer, format_)
    return buffer.getvalue()


@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
@settings(max_examples=60)
@given(data=st.data())
def test_a_file_cut_anywhere_is_named(tmp_path_factory, format_, data):
    """Cut a file after any byte: an error that names the file, or the whole picture when only the end mark is gone."""
    whole = _bytes(format_)
    path = tmp_path_factory.mktemp("cut") / "photo.img"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    try:
        photo = load_photo(path)
    except ValueError as error:
        assert "photo.img" in str(error)
    else:
        expected = np.asarray(Image.open(io.BytesIO(whole)).convert("RGB")) / np.float32(255)
        np.testing.assert_array_equal(photo, expected)


@given(st.binary(max_size=200))
def test_files_that_are_no_images_are_named(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("junk") / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"photo\.jpg"):
        load_photo(path)


def test_missing_files_folders_and_sizes(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holiday\.jpg"):
        load_photo(tmp_path / "holiday.jpg")
    with pytest.raises(FileNotFoundError):
        load_photo(tmp_path)
    with pytest.raises(ValueError, match="max_side"):
        load_photo(tmp_path / "holiday.jpg", max_side=0)
