"""One colorizer of clips, whose options are the families: a U-Net, and what it may be given besides one frame.

    L (N, T, 1, H, W) → 1/2 → 1/4 → 1/8 → 1/16 ─┬──────────────────→ + → 1/8 → 1/4 → 1/2 → head → ab, enlarged
                         │     │     └ ─ ─ ─ ─ ─ │ ─ ─ ─ ─ ─ ─ ─ ─ ─│─ ─ ┘      │     │    skips
                         │     └ ─ ─ ─ ─ ─ ─ ─ ─ │ ─ ─ ─ ─ ─ ─ ─ ─ ─│─ ─ ─ ─ ─ ─┘     │
                         └ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ │ ─ ─ ─ ─ ─ ─ ─ ─ ─│─ ─ ─ ─ ─ ─ ─ ─ ─┘
                                                 ├─→ (Conv)LSTM ───→┤    recurrence: what the frames before said
    L, shrunk → its own encoder → a vector ──────┴──────────────────┘    features: what the whole picture shows

Every frame is encoded and decoded by itself; only the LSTM sees time. Color is answered at half the size, which is
all the color that video files mostly hold (4:2:0).
"""

import itertools
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.video.conv_lstm import ConvLSTM, State, reset
from course_lib.video.heads import CHANNELS, TEMPERATURE, read_color

FAMILIES: dict[str, dict[str, Any]] = {
    "unet": {},
    "unet_features": {"features": True},
    "unet_lstm_stateless": {"recurrence": "conv", "stateful": False},
    "unet_lstm": {"recurrence": "conv"},
    "unet_features_lstm": {"features": True, "recurrence": "conv"},
    "large": {"width": 28, "batch_norm": True},
}
_KERNELS = {"none": 0, "location": 1, "conv": 3}
_HIDDEN = 2  # channels of the recurrent state and of the feature vector, in widths
_SEEN_WHOLE = 64  # side of the picture from which the feature vector is made


class RecurrentUNet(nn.Module):
    """From the lightness of clips to their color, with a state that goes on from chunk to chunk.

    Parameters
    ----------
    width : int
        Channels at half size; twice as many at a quarter, four times from an eighth on.
    skips : bool
        Whether the decoder sees what the encoder saw at each size. A "U-Net" without them is an autoencoder.
    features : bool
        Whether a vector that describes the whole picture is told to every place of it.
    recurrence : "none", "conv" or "location"
        A ConvLSTM at a sixteenth of the size, or an LSTM at each place apart.
    stateful : bool
        Whether the state goes on into the next chunk. Without, every chunk begins with nothing.
    two_way : bool
        Whether a second LSTM comes from the end of the chunk. It can't go on from a chunk that is yet to come, so
        such a network answers by the chunk and not by the frame.
    batch_norm : bool
    head : "linear", "tanh", "separate" or "joint"
        See `course_lib.video.heads`.

    Attributes
    ----------
    temperature : float
        With which the classes of "separate" and "joint" are read.

    Raises
    ------
    ValueError
        An unknown word; a width below 1; `two_way` without recurrence; in `forward`, another shape.

    Examples
    --------
    >>> net = RecurrentUNet(**FAMILIES["unet_lstm"])
    >>> ab, state = net(torch.zeros(1, 6, 1, 72, 128))
    >>> ab.shape
    torch.Size([1, 6, 2, 72, 128])
    >>> ab, state = net(torch.zeros(1, 6, 1, 72, 128), state)  # the next six frames of the same video
    """

    def __init__(
        self,
        width: int = 16,
        *,
        skips: bool = True,
        features: bool = False,
        recurrence: str = "none",
        stateful: bool = True,
        two_way: bool = False,
        batch_norm: bool = False,
        head: str = "linear",
    ):
        super().__init__()
        for name, value, known in (("recurrence", recurrence, _KERNELS), ("head", head, CHANNELS)):
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}")
        if width < 1:
            raise ValueError(f"width must be at least 1, got {width}")
        if two_way and recurrence == "none":
            raise ValueError("two_way needs a recurrence, got 'none'")
        self.skips, self.stateful, self.head, self.temperature = skips, stateful, head, TEMPERATURE
        widths = [width, 2 * width, 4 * width, 4 * width]  # at 1/2, 1/4, 1/8, 1/16
        self.down = nn.ModuleList(
            nn.Sequential(_block(i, o, batch_norm, stride=2), _block(o, o, batch_norm))
            for i, o in itertools.pairwise([1, *widths])
        )
        deep, told = widths[-1], _HIDDEN * width
        self.whole = _whole_picture(told, batch_norm) if features else None
        kernel = _KERNELS[recurrence]
        self.memory = ConvLSTM(deep, told, kernel=kernel) if kernel else None
        self.ahead = ConvLSTM(deep, told, kernel=kernel) if two_way else None
        heard = deep + told * (features + bool(kernel) + two_way)
        self.up = nn.ModuleList(
            _block(below + skips * w, w, batch_norm)
            for below, w in zip([heard, *widths[2:0:-1]], widths[2::-1], strict=True)
        )
        self.last = nn.Conv2d(width, CHANNELS[head], 1)

    def forward(
        self, lightness: Tensor, state: State | None = None, is_first: Tensor | None = None
    ) -> tuple[Tensor, State | None]:
        """Color a chunk of each row's video.

        Parameters
        ----------
        lightness : Tensor, (N, T, 1, H, W) in [0, 1]
            Of any size.
        state : (h, c), optional
            That the chunk before returned. A network without recurrence or that isn't stateful has none to take.
        is_first : Tensor, (N,) bool, optional
            Rows that begin another video with this chunk, and so forget the last; as `StatefulStreamLoader` gives it.

        Returns
        -------
        Tensor, (N, T, 2, H, W)
            Normalized ab.
        (h, c) or None
            For the next chunk. Gradients stop here: back-propagation through time is truncated at the chunk.
        """
        scores, state = self.scores(lightness, state, is_first)
        ab = read_color(self.head, scores.flatten(0, 1), self.temperature)  # (N * T, 2, H/2, W/2)
        ab = F.interpolate(ab, lightness.shape[3:], mode="bilinear", align_corners=False)
        return ab.unflatten(0, lightness.shape[:2]), state

    def scores(
        self, lightness: Tensor, state: State | None = None, is_first: Tensor | None = None
    ) -> tuple[Tensor, State | None]:
        """As `forward`, but what the head says at half the size, (N, T, C, H/2, W/2), rounded up."""
        if lightness.ndim != 5 or lightness.shape[2] != 1 or lightness.numel() == 0:
            raise ValueError(
                f"lightness must be nonempty, of shape (N, T, 1, H, W); got {tuple(lightness.shape)}"
            )
        clips = lightness.shape[:2]
        frames = lightness.flatten(0, 1)  # (N * T, 1, H, W)
        x, seen = frames, []
        for block in self.down:
            x = block(x)  # (N * T, w, H/2, W/2), then (N * T, 2w, H/4, W/4), …
            seen.append(x)
        deep, told = seen.pop(), []
        if self.memory is not None:
            remembered, state = self._in_time(self.memory, deep.unflatten(0, clips), state, is_first)
            told.append(remembered.flatten(0, 1))  # (N * T, 2w or 4w, H/16, W/16)
        if self.whole is not None:
            shrunk = F.interpolate(frames, (_SEEN_WHOLE, _SEEN_WHOLE), mode="bilinear", antialias=True)
            told.append(self.whole(shrunk).expand(-1, -1, *deep.shape[2:]))  # (N * T, 2w, H/16, W/16)
        x = torch.cat([deep, *told], 1)
        for block in self.up:
            beside = seen.pop()
            x = F.interpolate(x, beside.shape[2:], mode="nearest")
            x = block(torch.cat([x, beside], 1) if self.skips else x)
        return self.last(x).unflatten(0, clips), state if self.memory is not None else None

    def _in_time(
        self, memory: ConvLSTM, deep: Tensor, state: State | None, is_first: Tensor | None
    ) -> tuple[Tensor, State | None]:
        """What the LSTM, or the two, make of the chunk's deep frames (N, T, C, h, w)."""
        if not self.stateful:
            state = None
        elif state is not None and is_first is not None:
            state = reset(state, is_first)
        seen, after = memory(deep, state)
        if self.ahead is not None:
            back, _ = self.ahead(deep.flip(1))
            seen = torch.cat([seen, back.flip(1)], 2)
        return seen, tuple(part.detach() for part in after) if self.stateful else None


def _block(in_channels: int, out_channels: int, batch_norm: bool, *, stride: int = 1) -> nn.Sequential:
    """A 3x3 convolution, normalized over the batch or not, and rectified."""
    convolution = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=not batch_norm)
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    norm = [nn.BatchNorm2d(out_channels)] if batch_norm else []
    return nn.Sequential(convolution, *norm, nn.ReLU(inplace=True))


def _whole_picture(channels: int, batch_norm: bool) -> nn.Sequential:
    """A picture (N, 1, 64, 64) → a vector (N, channels, 1, 1), averaged over what is at its places."""
    widths = [1, channels // 2 or 1, channels, channels, channels]
    blocks = [_block(i, o, batch_norm, stride=2) for i, o in itertools.pairwise(widths)]
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1))
