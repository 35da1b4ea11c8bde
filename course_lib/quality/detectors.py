"""Four classical detectors: how blurred, noisy, wrongly exposed and compressed a photo is, each between 0 and 1.

**0 is none of it, 1 is as bad as it gets**: all four say how much of their fault there is. Each looks where its own fault shows and
the others don't, so that a noisy photo isn't called compressed:

- blur: how wide the strongest edges are, seen through a smoothing first, which neither noise nor the steps of blocks survive;
- noise: what is left in the calmest fifth of the photo by a filter that is blind to even and sloping areas, less what a
  texture would leave;
- exposure: how dark the brightest things are, and how much is burnt out, in a small copy that has no noise and no grain;
- compression: how much larger the steps across every eighth line are than those beside them, wherever the eighths begin.

None needs training or another photo. Each is led astray by what looks like its fault: fog is blurred, sand is noisy, a lamp
at night is dark for a reason, and tiles 8 pixels wide are compressed. Two are lost in resizing: after it blocks are no longer 8
pixels wide, and noise is averaged away. So give them the file's own pixels.
"""

import cv2
import numpy as np

from course_lib.data import as_photo

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # BT.601's, as JPEG's Y'
_SMALLEST = 32  # pixels: two blocks of the noise detector, four of JPEG's
_BLOCK = 8  # pixels along a side of JPEG's blocks


def blur_score(image: np.ndarray) -> float:
    """How blurred: near 0 for the sharpest edges that pixels allow, 0.5 for edges blurred by a Gaussian of 2 pixels.

    An edge of contrast c under a Gaussian blur of σ pixels has the slope c / (√(2π) σ). Blurred by s more, it has
    c / (√(2π) √(σ² + s²)). The *ratio* of two such slopes tells σ, whatever the contrast. Here s is 1.5 and 3 pixels, so that noise
    doesn't reach either slope. The sharpest quarter of the strongest edges counts: what a photographer focused on.

    Parameters
    ----------
    image : ndarray, (H, W, 3)
        RGB, float in [0, 1] or uint8, at least 32 x 32.

    Returns
    -------
    float
        In [0, 1]: σ² / (σ² + 4). A photo without an edge (no slope of half a percent of white a pixel) can't be judged, and
        counts as 0.

    Raises
    ------
    TypeError, ValueError
        No image (see `course_lib.data.as_photo`), or one below 32 x 32.

    References
    ----------
    S. Zhuo, T. Sim, "Defocus map estimation from a single image", Pattern Recognition 44(9), 2011,
    https://doi.org/10.1016/j.patcog.2011.03.009: the ratio of slopes.
    """
    luma = _luma(image)
    less, more = 1.5, 3.0  # pixels
    sharper, softer = _slope(luma, less), _slope(luma, more)
    edges = softer >= max(np.quantile(softer, 0.95), 0.005)
    if not edges.any():
        return 0.0
    ratio = np.quantile(sharper[edges] / softer[edges], 0.75) ** 2  # (σ² + more²) / (σ² + less²)
    variance = (more**2 - ratio * less**2) / max(ratio - 1, 1e-6)
    variance = max(variance - 1 / 3, 0)  # σ²; a difference over two pixels blurs by 1/3 itself
    return float(variance / (variance + 4))


def noise_score(image: np.ndarray) -> float:
    """How noisy: 0.5 for Gaussian noise with a standard deviation of 0.05, of white 1, in Y'.

    A filter that answers 0 to every plane, [1 -2 1] along both axes, leaves noise and texture. They are told apart at half
    the size, where white noise has a quarter of its power and texture has about as much as before, or more. Squares of
    16 x 16 pixels are judged, and the calmest fifth counts; nearly black and nearly white ones, where noise is cut
    off, don't.

    Parameters
    ----------
    image : ndarray, (H, W, 3)
        RGB, float in [0, 1] or uint8, at least 32 x 32.

    Returns
    -------
    float
        In [0, 1]: σ / (σ + 0.05).

    Raises
    ------
    TypeError, ValueError
        As in `blur_score`.

    References
    ----------
    J. Immerkær, "Fast noise variance estimation", Computer Vision and Image Understanding 64(2), 1996,
    https://doi.org/10.1006/cviu.1996.0060: the filter. The comparison of two sizes is this course's.
    """
    luma = _luma(image)
    side = 16
    luma = luma[: luma.shape[0] // side * side, : luma.shape[1] // side * side]
    half = cv2.resize(luma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    # the median isn't moved by a few outlines: |x| of a Gaussian x has its median at 0.6745 σ
    fine = np.median(_squares(np.abs(_curvature(luma)), side), axis=-1) ** 2 / 0.6745**2
    coarse = (_squares(_curvature(half), side // 2) ** 2).mean(axis=-1)
    # white noise of variance v: fine = v, coarse = v / 4. Texture: coarse is about 3 times fine, or more
    variance = np.clip(fine - 0.35 * coarse, 0, None) / (1 - 0.35 / 4)
    level = _squares(luma, side).mean(axis=-1)
    usable = (level > 0.06) & (level < 0.94)
    if not usable.any():
        return 0.0
    sigma = np.sqrt(np.quantile(variance[usable], 0.2))
    return float(sigma / (sigma + 0.05))


def exposure_score(image: np.ndarray) -> float:
    """How wrongly exposed, to either side: 0 for a photo with light and dark things, near 1 for one all black or all white.

    Too dark: the brightest fiftieth stays below 0.72, or half of the photo below 0.16. Too bright: values are burnt out (the
    share of red, green and blue above 0.98), nothing is darker than 0.25, or half of it lies above 0.65. Each is 0 up to
    its limit and grows beyond. They are joined as independent faults are: 1 - (1 - a) (1 - b) ….

    Parameters
    ----------
    image : ndarray, (H, W, 3)
        RGB, float in [0, 1] or uint8, at least 32 x 32. Judged on a copy of 64 x 64 area means.

    Returns
    -------
    float
        In [0, 1]. A dim photo gets *better* from more light, and so does its score; a white sky is burnt out until
        less light darkens it.

    Raises
    ------
    TypeError, ValueError
        As in `blur_score`.
    """
    photo = _photo(image)
    small = cv2.resize(photo, (64, 64), interpolation=cv2.INTER_AREA)
    dark, middle = np.quantile(small @ _LUMA, [0.02, 0.5])
    bright = np.quantile(small.max(axis=2), 0.98)  # of the largest channel: deep red isn't dark
    burnt = _ramp(small, 0.98, 1).mean()
    faults = [
        _ramp(bright, 0.72, 0),
        _ramp(middle, 0.16, 0) ** 2 / 2,
        1 - (1 - burnt) ** 2,
        _ramp(dark, 0.25, 1),
        _ramp(middle, 0.65, 1) / 2,
    ]
    return float(1 - np.prod(1 - np.array(faults)))


def compression_score(image: np.ndarray) -> float:
    """How much of JPEG's 8 x 8 blocks can be seen: below 0.1 for most photos at full quality, about 0.5 at quality 30.

    A step across a line is compared with the steps on either side of it. The mean of this excess is taken for the lines of each
    phase, 0 to 7, and a photo cut out of a larger one has its block borders at any phase: so the largest counts, less
    the median of the others. It is divided by the mean step of the photo, so that neither contrast nor noise counts as blocks.

    Parameters
    ----------
    image : ndarray, (H, W, 3)
        RGB, float in [0, 1] or uint8, at least 32 x 32. Not resized since it was compressed: that hides the blocks.

    Returns
    -------
    float
        In [0, 1]: r / (r + 0.25), of the ratio r.

    Raises
    ------
    TypeError, ValueError
        As in `blur_score`.

    References
    ----------
    Z. Wang, H. R. Sheikh, A. C. Bovik, "No-reference perceptual quality assessment of JPEG compressed images", ICIP 2002,
    https://doi.org/10.1109/ICIP.2002.1038064: steps across borders against steps inside. The phases are this course's.
    """
    luma = _luma(image)
    ratio = max(0.0, float(np.mean([_blockiness(plane) for plane in (luma, luma.T)])))
    return ratio / (ratio + 0.25)


def _blockiness(luma: np.ndarray) -> float:
    """Excess of the steps across vertical block borders, by the mean step."""
    steps = np.abs(np.diff(luma, axis=1))
    excess = steps[:, 1:-1] - (steps[:, :-2] + steps[:, 2:]) / 2
    columns = np.clip(excess, -0.1, 0.1).mean(axis=0)  # clipped: no single outline may look like a border
    phases = np.sort([columns[phase::_BLOCK].mean() for phase in range(_BLOCK)])
    return (phases[-1] - np.median(phases[:-1])) / (np.minimum(steps, 0.1).mean() + 4 / 255)


def _slope(luma: np.ndarray, sigma: float) -> np.ndarray:
    """Steepness, a pixel, of the photo smoothed by a Gaussian."""
    smooth = cv2.GaussianBlur(luma, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return np.hypot(
        *(cv2.Sobel(smooth, cv2.CV_32F, *axis, ksize=1, scale=1 / 2) for axis in ((1, 0), (0, 1)))
    )


def _curvature(luma: np.ndarray) -> np.ndarray:
    """Immerkær's filter, scaled so that white noise keeps its variance."""
    line = np.array([1, -2, 1], np.float32) / np.sqrt(6, dtype=np.float32)
    return cv2.sepFilter2D(luma, -1, line, line, borderType=cv2.BORDER_REFLECT)


def _squares(plane: np.ndarray, side: int) -> np.ndarray:
    """(H, W) cut in squares of side x side pixels: (H / side, W / side, side²)."""
    height, width = plane.shape
    cut = plane.reshape(height // side, side, width // side, side)
    return cut.swapaxes(1, 2).reshape(height // side, width // side, side * side)


def _ramp(value, start: float, end: float):
    """0 up to `start`, 1 from `end` on, which may lie below it."""
    return np.clip((value - start) / (end - start), 0, 1)


def _luma(image: np.ndarray) -> np.ndarray:
    """(H, W), Y' of BT.601."""
    return _photo(image) @ _LUMA


def _photo(image: np.ndarray) -> np.ndarray:
    photo = as_photo(image)
    if np.ndim(image) != 3 or np.shape(image)[2] != 3 or min(photo.shape[:2]) < _SMALLEST:
        raise ValueError(
            f"image must have shape (H, W, 3), both sides at least {_SMALLEST}; got {np.shape(image)}"
        )
    return photo
