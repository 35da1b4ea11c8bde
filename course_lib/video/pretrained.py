"""The video colorizers that come with the course, by name."""

from course_lib.images.colorizer import CHECKPOINTS
from course_lib.layers.checkpoints import shipped_card
from course_lib.video.clip_colorizer import ClipColorizer, load_clip_colorizer

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


def pretrained(name: str) -> ClipColorizer:
    """A video colorizer that comes with the course.

    Parameters
    ----------
    name : str
        One of `RECURRENT`; each was trained by ``python -m course_lib.video.train NAME``, see its `.card`.

    Returns
    -------
    ClipColorizer
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
    if name not in RECURRENT:
        raise ValueError(f"name must be one of {', '.join(RECURRENT)}; got {name!r}")
    path = CHECKPOINTS / "recurrent" / f"{name}.safetensors"
    card = shipped_card(path, f"python -m course_lib.video.train {name}")
    model = load_clip_colorizer(path)
    model.card = card
    return model
