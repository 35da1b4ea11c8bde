"""The cry detector: MobileNetV2 on log-mel windows, and how its windows become a verdict on a recording.

    bytes (N, 1, 64, 97) → /255 → 3x3 convolution, stride 2 → 17 inverted residuals (expand, depthwise, project)
    → 1x1 convolution to 1280 → mean over the picture → dropout → 2 logits: something else, a cry

The layers are torchvision's, but for the first one, which takes one channel instead of three.

M. Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018, https://arxiv.org/abs/1801.04381.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models import MobileNetV2

from course_lib.cry.cry_input import BANDS, FRAMES, QUIET, heard
from course_lib.images.colorizer import CHECKPOINTS
from course_lib.layers.resumable import write_weights

_LOUDEST = 3  # windows that decide about a recording
_BATCH = (
    256  # windows through the network at a time, so that an hour of sound needs no more memory than a minute
)


class CryDetector(nn.Module):
    """Is there a cry in this second?

    Parameters
    ----------
    width : float
        Of the layers, relative to MobileNetV2's own; above 0. 1.0 has 2,225,858 parameters, 0.35 has 398,402.

    Attributes
    ----------
    threshold : float
        A score from which on there is an alarm: 0.5, or that of the card.
    card : dict
        Empty when there is none.

    Raises
    ------
    ValueError
        A width that isn't above 0.
    """

    def __init__(self, width: float = 0.35):
        super().__init__()
        if not width > 0:
            raise ValueError(f"width must be above 0; got {width}")
        network = MobileNetV2(num_classes=2, width_mult=width)
        first = network.features[0][0]
        network.features[0][0] = nn.Conv2d(1, first.out_channels, 3, stride=2, padding=1, bias=False)
        nn.init.kaiming_normal_(network.features[0][0].weight, mode="fan_out")  # as the others are
        self.network = network
        self.width = width
        self.threshold = 0.5
        self.card: dict = {}

    def forward(self, bytes_: Tensor) -> Tensor:
        """(N, 1, 64, 97), 0 to 255, any dtype → logits (N, 2): something else, a cry."""
        if bytes_.ndim != 4 or bytes_.shape[1] != 1:
            raise ValueError(f"bytes_ must have shape (N, 1, {BANDS}, {FRAMES}); got {tuple(bytes_.shape)}")
        return self.network(bytes_.to(self.network.classifier[1].weight.dtype) / 255)

    def score_bytes(self, bytes_: np.ndarray) -> np.ndarray:
        """How likely each window holds a cry: (N, 1, 64, 97) uint8 → (N,) float32. In evaluation mode."""
        if self.training:
            raise ValueError("the detector is in training mode; call .eval() first")
        with torch.inference_mode():
            parts = [self(part).softmax(1)[:, 1] for part in torch.from_numpy(bytes_).split(_BATCH)]
        return torch.cat(parts).numpy()

    def score(self, wave: np.ndarray) -> np.ndarray:
        """How likely each window of a recording holds a cry.

        Parameters
        ----------
        wave : ndarray, (samples,) float in [-1, 1]
            At 16 kHz, as `course_lib.data.load_sound` gives it.

        Returns
        -------
        ndarray, (windows,) float32 in [0, 1]
            One each half second, as `course_lib.cry.cry_input.heard` cuts them. A window with less than -60 dB below full scale has nothing to hear in it: 0.

        Raises
        ------
        TypeError, ValueError
            What `course_lib.cry.cry_input.heard` refuses; a detector in training mode.
        """
        bytes_, levels = heard(wave)
        return np.where(levels < QUIET, np.float32(0), self.score_bytes(bytes_))


def clip_score(window_scores: np.ndarray) -> float:
    """The score of a recording: the mean of its three highest windows (of all, when there are fewer).

    A cry pauses for breath, so the mean of all windows would be too low; one window alone is too easily wrong.

    Parameters
    ----------
    window_scores : ndarray, (windows,)

    Returns
    -------
    float
    """
    return float(np.sort(window_scores)[-_LOUDEST:].mean())


def pretrained(name: str) -> CryDetector:
    """The detector that comes with the course.

    Parameters
    ----------
    name : "cry"
        Trained by ``python -m course_lib.cry.train cry``. The `.card` says what it does on recordings held out.

    Returns
    -------
    CryDetector
        In evaluation mode, with its card and the threshold that stands there.

    Raises
    ------
    ValueError
        Another name; a file that isn't the one its card describes.
    FileNotFoundError
        Files that are missing.
    """
    if name != "cry":
        raise ValueError(f"name must be cry; got {name!r}")
    from course_lib.layers.checkpoints import load_shipped

    detector = load_shipped(
        CHECKPOINTS / "cry.safetensors", load_detector, "python -m course_lib.cry.train cry"
    )
    detector.threshold = detector.card["held_out"]["operating_point"]["threshold"]
    return detector


def load_detector(path: Path) -> CryDetector:
    """A detector from the checkpoint that `python -m course_lib.cry.train` wrote, in evaluation mode.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        A file that isn't such a checkpoint.
    """
    from course_lib.layers.checkpoints import read_checkpoint, reading

    about, weights = read_checkpoint(path, "cry_detector")
    with reading(path, "cry_detector's checkpoint"):
        detector = CryDetector(about["width"])
        detector.load_state_dict(weights)
    return detector.eval()


def save_detector(detector: CryDetector, path: Path) -> None:
    """Write the weights as float16, and as metadata ``"cry_detector"`` the JSON of what rebuilds the network."""
    write_weights(detector, path, {"cry_detector": json.dumps({"width": detector.width})})
