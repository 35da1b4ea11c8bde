"""The shipped quality network: a trained `NIMA` with its card."""

from pathlib import Path

from course_lib.images.colorizer import CHECKPOINTS
from course_lib.layers.checkpoints import load_shipped, read_checkpoint, reading
from course_lib.quality.nima import NIMA


def pretrained(name: str) -> NIMA:
    """A quality network that comes with the course.

    Parameters
    ----------
    name : "nima"

    Returns
    -------
    NIMA
        In evaluation mode; its attribute `card` says what it was trained on and how it does beside baselines.

    Raises
    ------
    ValueError
        Another name; a file that isn't the one its card describes.
    FileNotFoundError
        Files that are missing.
    """
    if name != "nima":
        raise ValueError(f"name must be 'nima'; got {name!r}")
    path = CHECKPOINTS / f"{name}.safetensors"
    return load_shipped(path, load_nima, f"python -m course_lib.quality.train {name}")


def load_nima(path: Path) -> NIMA:
    """A network from the checkpoint that `python -m course_lib.quality.train` wrote, in evaluation mode.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        A file that isn't such a checkpoint.
    """
    about, weights = read_checkpoint(path, "nima")
    with reading(path, "nima's checkpoint"):
        model = NIMA(about["backbone"], width=about["width"])  # in evaluation mode dropout does nothing
        model.load_state_dict(weights)
    return model.eval()
