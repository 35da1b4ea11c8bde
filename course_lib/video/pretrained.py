"""The video colorizers that come with the course, by name."""

from course_lib.images.colorizer import CHECKPOINTS
from course_lib.layers.checkpoints import load_shipped
from course_lib.video.clip_colorizer import ClipColorizer, load_clip_colorizer
from course_lib.video.colormnet.families import load_exemplar
from course_lib.video.colormnet.network import ColorMNet

RECURRENT = (
    "unet",
    "unet_features",
    "unet_lstm_stateless",
    "unet_lstm",
    "unet_features_lstm",
    "large",
    "two_way",
    "location_lstm",
    "no_skips",
    "separate_bins",
    "softmax_twice",
    "joint_bins",
    "photos_only",
)


def pretrained(name: str) -> ClipColorizer | ColorMNet:
    """A video colorizer that comes with the course.

    Parameters
    ----------
    name : str
        "colormnet", which colors a clip from a reference, or one of `RECURRENT`, each of which was trained by
        ``python -m course_lib.video.train NAME``. The `.card` says more.

    Returns
    -------
    ColorMNet or ClipColorizer
        In evaluation mode, with its card.

    Raises
    ------
    ValueError
        Another name; a file that isn't the one its card describes.
    FileNotFoundError
        Files that are missing.

    Examples
    --------
    >>> pretrained("unet_lstm").predict_ab([[[50.0] * 64] * 36] * 2).shape
    (2, 36, 64, 2)
    """
    if name == "colormnet":
        path = CHECKPOINTS / "colormnet" / "course.safetensors"
        return load_shipped(path, load_exemplar, "python -m course_lib.video.colormnet.train course")
    if name not in RECURRENT:
        raise ValueError(f"name must be one of colormnet, {', '.join(RECURRENT)}; got {name!r}")
    path = CHECKPOINTS / "recurrent" / f"{name}.safetensors"
    return load_shipped(path, load_clip_colorizer, f"python -m course_lib.video.train {name}")
