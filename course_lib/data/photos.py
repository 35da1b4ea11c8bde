"""Photos in the course's one convention, whatever they were: float32 in [0, 1], (H, W, 3), RGB.

The bundled photos are read from where scikit-image and scikit-learn installed them, so nothing is ever downloaded.
"""

import importlib.util
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

_SLACK = 1e-3  # float32 round trips leave [0, 1] by less than this
_FULL_SCALE = {"uint8": 255, "uint16": 65535, "bool": 1}

# The everyday color photos; microscopy, x-ray-like and drawn pictures are left out.
_BUNDLED = {
    "astronaut": ("skimage", "data/astronaut.png"),
    "chelsea": ("skimage", "data/chelsea.png"),
    "china": ("sklearn", "datasets/images/china.jpg"),
    "coffee": ("skimage", "data/coffee.png"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
    "motorcycle": ("skimage", "data/motorcycle_left.png"),
    "rocket": ("skimage", "data/rocket.jpg"),
}


def photos(*names: str) -> dict[str, np.ndarray]:
    """Real color photos that come with scikit-image and scikit-learn.

    Parameters
    ----------
    *names : str
        Which ones, in which order; all of them, by name, when none is given.

    Returns
    -------
    dict of str to ndarray, (H, W, 3) float32 in [0, 1]
        Fresh arrays, yours to change.

    Raises
    ------
    ValueError
        A name that isn't there; the message lists those that are.

    Examples
    --------
    >>> photos("coffee")["coffee"].shape
    (400, 600, 3)
    """
    unknown = [name for name in names if name not in _BUNDLED]
    if unknown:
        raise ValueError(f"names must be among {', '.join(_BUNDLED)}; got {', '.join(map(repr, unknown))}")
    return {name: load_photo(_installed(*_BUNDLED[name])) for name in names or _BUNDLED}


def load_photo(path: str | PathLike, max_side: int | None = None) -> np.ndarray:
    """Read an image file as a photo, upright as the camera's EXIF tag says.

    Gray, palette, CMYK and RGBA files become RGB (see `as_photo`). 16-bit gray keeps its precision; 16-bit color is read
    to 8 bits. Color profiles are ignored: values are taken for sRGB.

    Parameters
    ----------
    path : path-like
        Any still image that Pillow reads; of an animation, the first frame.
    max_side : int, optional
        Shrink so that the longer side has at most this many pixels; smaller photos stay as they are.

    Returns
    -------
    ndarray, (H, W, 3) float32 in [0, 1]

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file isn't an image or is cut short (the message names it), or `max_side` is below 1.
    """
    path = Path(path)
    if max_side is not None and max_side < 1:
        raise ValueError(f"max_side must be at least 1 pixel; got {max_side}")
    if not path.is_file():
        raise FileNotFoundError(f"path: there is no file {path}")
    try:
        photo = as_photo(_read(path))
    except Exception as error:  # a broken file can raise nearly anything in a decoder
        raise ValueError(f"{path}: not an image that can be read whole ({error})") from error
    return photo if max_side is None else _shrink(photo, max_side)


def as_photo(array: ArrayLike) -> np.ndarray:
    """Any usual image array as a photo: float32 in [0, 1], (H, W, 3).

    ===========================  ===============================================================
    came                         becomes
    ===========================  ===============================================================
    uint8, uint16, bool          divided by 255, 65535, 1
    float                        taken as it is, if in [0, 1]
    (H, W), (H, W, 1)            the same value in the three channels
    (H, W, 2), (H, W, 4)         composited on white by the last channel (alpha), as browsers do
    ===========================  ===============================================================

    Parameters
    ----------
    array : array_like
        One image, channels last, RGB order.

    Returns
    -------
    ndarray, (H, W, 3) float32
        Always a copy.

    Raises
    ------
    TypeError
        Other dtypes: their full scale can't be known.
    ValueError
        Other shapes; empty; NaN; floats outside [0, 1].

    Examples
    --------
    >>> as_photo(np.array([[0, 51]], np.uint8))[0, 1]
    array([0.2, 0.2, 0.2], dtype=float32)
    """
    array = np.asarray(array)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 2, 3, 4) or array.size == 0:
        raise ValueError(
            "array must be one nonempty image, (H, W) or (H, W, 1 to 4) with channels last; "
            f"got shape {np.shape(array)}"
        )
    image = _unit_range(array)
    if image.shape[2] in (2, 4):
        image, alpha = image[..., :-1], image[..., -1:]
        image = image * alpha + (1 - alpha)
    return np.array(np.broadcast_to(image, (*image.shape[:2], 3)), dtype=np.float32, order="C")


def _unit_range(array: np.ndarray) -> np.ndarray:
    """Integers by their full scale, floats checked; a new float32 array in [0, 1]."""
    if array.dtype.name in _FULL_SCALE:
        return array.astype(np.float32) / np.float32(_FULL_SCALE[array.dtype.name])
    if not np.issubdtype(array.dtype, np.floating):
        raise TypeError(
            f"array must be uint8, uint16, bool or float; got {array.dtype}: divide by its full scale first"
        )
    if not np.isfinite(array).all():
        raise ValueError("array must be finite; it holds NaN or infinity")
    if array.min() < -_SLACK or array.max() > 1 + _SLACK:
        raise ValueError(
            f"array must lie in [0, 1] when it is float; got values from {array.min():.4g} to {array.max():.4g} "
            "(bytes as floats? divide by 255)"
        )
    return np.clip(array, 0, 1).astype(np.float32)


def _read(path: Path) -> np.ndarray:
    from PIL import Image, ImageOps

    with Image.open(path) as file:
        image = ImageOps.exif_transpose(file)
        if image.mode == "I":  # 32-bit container of 16-bit files
            return _sixteen_bits(np.asarray(image))
        if image.mode in ("P", "PA"):
            image = image.convert("RGBA")
        elif image.mode not in ("1", "L", "LA", "RGB", "RGBA", "F") and not image.mode.startswith("I;16"):
            image = image.convert("RGB")
        return np.asarray(image)


def _sixteen_bits(array: np.ndarray) -> np.ndarray:
    if array.min() < 0 or array.max() > 65535:
        raise ValueError(f"32-bit values from {array.min()} to {array.max()}, whose full scale is unknown")
    return array.astype(np.uint16)


def _shrink(photo: np.ndarray, max_side: int) -> np.ndarray:
    import cv2

    height, width = photo.shape[:2]
    scale = max_side / max(height, width)
    if scale >= 1:
        return photo
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA)


def _installed(package: str, file: str) -> Path:
    """Where a package's file lies, without importing the package."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            f"the bundled photos come with {package}, which isn't installed: see README"
        )
    return Path(spec.origin).parent / file
