"""Each detector rises with its own fault, and hardly moves under the other three: on real photos, five levels each."""

from functools import cache

import cv2
import numpy as np
import pytest

from course_lib.data import photos
from course_lib.quality import blur_score, compression_score, distort, exposure_score, noise_score

DETECTORS = {
    "blur": blur_score,
    "noise": noise_score,
    "overexposure": exposure_score,
    "underexposure": exposure_score,
    "jpeg": compression_score,
}
# what it is already, before anything is done to it: a dim photo, one with a burnt sky, two that came as JPEG files
NAMES = ("astronaut", "chelsea", "china", "coffee", "flower", "motorcycle", "rocket")


@cache
def small():
    """The photos, 320 wide, as 8-bit files have them."""
    shrunk = {
        name: cv2.resize(photo, (320, 320 * len(photo) // photo.shape[1]), interpolation=cv2.INTER_AREA)
        for name, photo in photos(*NAMES).items()
    }
    return {name: (np.rint(255 * photo) / 255).astype(np.float32) for name, photo in shrunk.items()}


@cache
def series(name, kind):
    """Scores by all four detectors of levels 0 … 5: {detector: (6,)}"""
    worse = [distort(small()[name], kind, level) for level in range(6)]
    return {detector: np.array([detector(photo) for photo in worse]) for detector in set(DETECTORS.values())}


@pytest.mark.parametrize("kind", DETECTORS)
@pytest.mark.parametrize("name", NAMES)
def test_each_rises_with_its_own_fault(name, kind):
    scores = series(name, kind)[DETECTORS[kind]]
    slack = (
        0.1 if kind.endswith("exposure") else 0.001
    )  # less light first mends a burnt sky, more light a dim photo
    assert np.diff(scores).min() > -slack, scores.round(3)
    assert scores[5] > scores[0] + (0.15 if kind == "overexposure" else 0.35), scores.round(3)
    assert scores.min() >= 0 and scores.max() <= 1


@pytest.mark.parametrize("kind", DETECTORS)
@pytest.mark.parametrize("name", NAMES)
def test_each_is_nearly_blind_to_the_others(name, kind):
    for detector, scores in series(name, kind).items():
        if detector is not DETECTORS[kind]:
            assert np.abs(scores - scores[0]).max() < 0.2, (detector.__name__, scores.round(3))


def test_blur_is_the_blur_of_an_edge():
    """σ² / (σ² + 4) of an edge that was blurred by σ, to a fifth of σ, whatever its contrast."""
    y, x = np.mgrid[:96, :96]
    edge = (x + 0.3 * y > 60).astype(np.float32)
    for sigma in (1.0, 2.0, 4.0):
        for contrast in (0.2, 0.9):
            photo = 0.05 + contrast * cv2.GaussianBlur(edge, (0, 0), sigma)
            score = blur_score(np.dstack([photo] * 3))
            assert np.sqrt(4 * score / (1 - score)) == pytest.approx(sigma, rel=0.2)


def test_noise_is_the_noise_of_an_even_area():
    """To 15% of σ, on gray, under a slope: the calmest fifth is a little calmer than all."""
    rng = np.random.default_rng(0)
    slope = np.linspace(0.3, 0.7, 128)[:, None, None] * np.ones((1, 128, 3))
    for sigma in (0.01, 0.05):
        noise = rng.normal(0, sigma, (128, 128, 1))  # the same in all channels, so that Y' has all of it
        score = noise_score((slope + noise).astype(np.float32))
        assert 0.05 * score / (1 - score) == pytest.approx(sigma, rel=0.15)
    assert noise_score(slope.astype(np.float32)) < 1e-3


@pytest.mark.parametrize("cut", [(0, 0), (3, 5), (7, 1)])
def test_blocks_are_found_at_any_phase(cut):
    photo = distort(small()["coffee"], "jpeg", 3)
    whole = compression_score(photo)
    assert compression_score(photo[cut[0] :, cut[1] :]) == pytest.approx(whole, abs=0.02)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_flat_picture_has_no_fault_but_its_exposure(level):
    flat = np.full((40, 50, 3), level, np.float32)
    assert (blur_score(flat), noise_score(flat), compression_score(flat)) == (0, 0, 0)
    assert (exposure_score(flat) > 0.95) == (level != 0.5)


def test_bytes_are_photos_too():
    photo = small()["coffee"]
    for detector in set(DETECTORS.values()):
        assert detector(np.rint(255 * photo).astype(np.uint8)) == pytest.approx(detector(photo), abs=1e-5)


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (np.zeros((40, 40), np.float32), ValueError, r"\(H, W, 3\).*got \(40, 40\)"),
        (np.zeros((40, 40, 4), np.float32), ValueError, r"\(H, W, 3\)"),
        (np.zeros((31, 40, 3), np.float32), ValueError, r"at least 32; got \(31, 40, 3\)"),
        (np.zeros((40, 40, 3), np.int64), TypeError, "int64"),
        (np.full((40, 40, 3), np.nan), ValueError, "NaN"),
        (np.full((40, 40, 3), 255.0), ValueError, "divide by 255"),
    ],
)
def test_bad_input_is_named(image, error, words):
    for detector in set(DETECTORS.values()):
        with pytest.raises(error, match=words):
            detector(image)
