"""From a trained `RecurrentUNet` to colored clips, chunk by chunk as it was trained."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike

from course_lib.color import AB_SCALE
from course_lib.layers.checkpoints import read_checkpoint, reading
from course_lib.video.recurrent_unet import RecurrentUNet


class ClipColorizer:
    """A trained network with the chunk it was trained in.

    Parameters
    ----------
    net : RecurrentUNet
        Is put in evaluation mode.
    chunk : int
        Frames it sees at a time. A stateful network answers alike for any, others begin each chunk anew.

    Attributes
    ----------
    card : dict
        Empty when there is none.

    Raises
    ------
    ValueError
        A chunk below 1.

    Examples
    --------
    >>> ClipColorizer(RecurrentUNet(4), chunk=6).predict_ab(np.zeros((7, 20, 30))).shape
    (7, 20, 30, 2)
    """

    def __init__(self, net: RecurrentUNet, *, chunk: int = 6):
        if chunk < 1:
            raise ValueError(f"chunk must be at least 1, got {chunk}")
        self.net, self.chunk = net.eval(), chunk
        self.card: dict = {}

    def predict_ab(self, lightness: ArrayLike) -> np.ndarray:
        """What the network answers for one clip, from its beginning.

        Parameters
        ----------
        lightness : array_like, (T, H, W)
            L, 0 to 100. At its best near the size it was trained at.

        Returns
        -------
        ndarray, (T, H, W, 2) float32
            ab, not normalized.

        Raises
        ------
        ValueError
            Another number of axes; empty; NaN.
        """
        lightness = np.asarray(lightness, np.float32)
        if lightness.ndim != 3 or lightness.size == 0 or not np.isfinite(lightness).all():
            raise ValueError(
                f"lightness must be a nonempty, finite array (T, H, W); got shape {lightness.shape}"
            )
        frames = torch.from_numpy(lightness)[None, :, None] / 100  # (1, T, 1, H, W)
        pieces, state = [], None
        with torch.inference_mode():
            for piece in frames.split(self.chunk, 1):
                ab, state = self.net(piece, state)
                pieces.append(ab[0])
        return (torch.cat(pieces) * AB_SCALE).permute(0, 2, 3, 1).contiguous().numpy()


def load_clip_colorizer(path: Path) -> ClipColorizer:
    """A colorizer from the checkpoint that `python -m course_lib.video.train` wrote.

    Parameters
    ----------
    path : Path

    Returns
    -------
    ClipColorizer
        In evaluation mode.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        A file that isn't such a checkpoint.
    """
    path = Path(path)
    about, weights = read_checkpoint(path, "recurrent_unet")
    with reading(path, "recurrent_unet's checkpoint"):
        net = RecurrentUNet(**about["options"])
        net.load_state_dict(weights)
        return ClipColorizer(net, chunk=about["chunk"])
