"""ColorMNet: clips colored from one reference, by what is remembered of the frames before.

    L ─ PVGFE ─ key, and features of three sizes
    key ─┬ memory: the values of all stored frames, by likeness of keys ─┐
         └ local attention: the values around it, one frame earlier ─────┴ + hidden state ─ decoder ─ ab, hidden state'
    L, ab ─ value encoder ─ value, to be stored with the key

Y. Yang et al., "ColorMNet: A Memory-based Deep Spatial-Temporal Feature Propagation Network for Video Colorization",
ECCV 2024, arXiv 2404.06251. Keys are made of lightness alone; the two colors are two objects with shared weights.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.video.colormnet.config import ColorMNetConfig, config_of
from course_lib.video.colormnet.decoder import Decoder
from course_lib.video.colormnet.frame import Frame
from course_lib.video.colormnet.keys import KeyProjection
from course_lib.video.colormnet.pvgfe import PVGFE
from course_lib.video.colormnet.readout import affinity, read_out
from course_lib.video.colormnet.short_term import OBJECTS, ShortTermAttention
from course_lib.video.colormnet.value_encoder import ValueEncoder

_REFERENCES = 3  # frames that are read in training, the first among them
_DEEP = 0.2  # share of training frames at which the value encoder takes the hidden state's step


class ColorMNet(nn.Module):
    """The network, untrained; `course_lib.video.pretrained("colormnet")` is the trained one of the course's size.

    Parameters
    ----------
    config : "course", "full" or ColorMNetConfig
        The full one takes the released weights, see `course_lib.video.colormnet.released.load_released`.
    semantic : bool
        Whether the features have their semantic branch (PVGFE). Without, for an ablation.
    local_attention : bool
        Whether there is any. Without, for an ablation.
    encoder : ColorizationNet, optional
        As of `PVGFE.course`, for the course's size.

    Raises
    ------
    ValueError
        Another config; an encoder for another size than the course's.
    """

    def __init__(
        self,
        config: str | ColorMNetConfig = "course",
        *,
        semantic: bool = True,
        local_attention: bool = True,
        encoder: nn.Module | None = None,
    ):
        super().__init__()
        self.config = config = config_of(config)
        if config.name == "full":
            if encoder is not None:
                raise ValueError("encoder is for the course's size; the full one has DINOv2")
            self.key_encoder = PVGFE.full(semantic=semantic)
        else:
            self.key_encoder = PVGFE.course(semantic=semantic, encoder=encoder)
        channels, strides = self.key_encoder.channels, self.key_encoder.strides
        self.key_proj = KeyProjection(channels[0], config.key)
        self.value_encoder = ValueEncoder(config, channels[0])
        self.short_term_attn = ShortTermAttention(config) if local_attention else None
        self.decoder = Decoder(config, channels, strides)
        self._stride = strides[0]
        if config.sharpness:
            nn.init.constant_(self.key_proj.d_proj.bias, config.sharpness)

    def train(self, mode: bool = True) -> "ColorMNet":
        """Batch norms stay in evaluation mode whatever is asked for, as in the released training."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def propagate(self, lightness: Tensor, reference_ab: Tensor) -> Tensor:
        """Color clips whose first frame is the reference, frame after frame. It can be differentiated.

        In evaluation mode every frame is stored and all of them are read: as `stream` with ``policy="all"`` and
        ``top_k=None``. In training mode three are read, the reference and two drawn from those before, and one value in
        five takes the hidden state's step.

        Parameters
        ----------
        lightness : Tensor, (N, T, 1, H, W) in [0, 1]
            L / 100.
        reference_ab : Tensor, (N, 2, H, W)
            Of frame 0, ab / 110.

        Returns
        -------
        Tensor, (N, T, 2, H, W)
            ab / 110; of frame 0 the reference's.

        Raises
        ------
        ValueError
            Other shapes.
        """
        self._check_clips(lightness, reference_ab)
        clips, size = lightness.shape[:2], lightness.shape[3:]
        whole = self.encode(lightness.flatten(0, 1))
        frames = [_of_time(whole, clips, t) for t in range(clips[1])]
        value, hidden = self.encode_value(frames[0], self.padded(reference_ab), None, deep=True)
        values, answers = [value], [reference_ab]
        for t in range(1, clips[1]):
            stored = self._references(t)
            read = self._read([frames[i] for i in stored], [values[i] for i in stored], frames[t])
            deep = not self.training or bool(torch.rand(()) < _DEEP)
            ab, hidden = self.decode(frames[t], read, (frames[t - 1], value), hidden, update=not deep)
            answers.append(self.cut(ab, size))
            if t + 1 < clips[1]:
                value, hidden = self.encode_value(frames[t], ab, hidden, deep=deep)
                values.append(value)
        return torch.stack(answers, 1)

    def stream(self, reference_lightness: Tensor, reference_ab: Tensor, **options):
        """Color one clip frame by frame; the parameters are those of `ColorStream`, which it returns."""
        from course_lib.video.colormnet.stream import ColorStream

        return ColorStream(self, reference_lightness, reference_ab, **options)

    def colorize_clip(self, gray_frames, reference, **options) -> list[np.ndarray] | np.ndarray:
        """Color a clip; the parameters are those of `course_lib.video.colormnet.colorize_clip.colorize_clip`."""
        from course_lib.video.colormnet.colorize_clip import colorize_clip

        return colorize_clip(self, gray_frames, reference, **options)

    def encode(self, lightness: Tensor) -> Frame:
        """Lightness (N, 1, H, W) in [0, 1] → what it says, padded."""
        image = self.padded(2 * lightness - 1).expand(-1, 3, -1, -1)  # (L - 50) / 50
        features = self.key_encoder(image)
        return Frame(image, features, *self.key_proj(features[0]))

    def encode_value(
        self, frame: Frame, ab: Tensor, hidden: Tensor | None, *, deep: bool
    ) -> tuple[Tensor, Tensor]:
        """What is to be remembered of a frame.

        Parameters
        ----------
        frame : Frame
        ab : Tensor, (N, 2, H, W)
            Normalized, padded as the frame is.
        hidden : Tensor, (N, 2, hidden, h, w), optional
            Zeros by default.
        deep : bool
            Whether the hidden state takes its step here.

        Returns
        -------
        value : Tensor, (N, 2, D, h, w)
            With color and lightness in its last ``2 cells²`` channels.
        hidden : Tensor
        """
        value = self.value_encoder(frame.image, frame.features[0], ab)
        if hidden is None:
            hidden = value.new_zeros(*value.shape[:2], self.config.hidden, *value.shape[3:])
        if deep:
            hidden = self.value_encoder.hidden_reinforce(value, hidden)
        cells = self.config.cells
        if cells:
            light = frame.image[:, None, :1].expand(-1, OBJECTS, -1, -1, -1)
            passed = torch.cat([ab[:, :, None], light], 2).flatten(0, 1)  # (2N, 2, H, W)
            passed = F.pixel_unshuffle(F.avg_pool2d(passed, self._stride // cells), cells)
            value = torch.cat([value, passed.unflatten(0, ab.shape[:2])], 2)
        return value, hidden

    def decode(
        self,
        frame: Frame,
        read: Tensor,
        before: tuple[Frame, Tensor] | None,
        hidden: Tensor,
        *,
        update: bool,
    ) -> tuple[Tensor, Tensor]:
        """A frame's color.

        Parameters
        ----------
        frame : Frame
        read : Tensor, (N, 2, D, h, w)
            From the memory.
        before : Frame and value (N, 2, D, h, w), optional
            Of the frame that the local attention looks at.
        hidden : Tensor, (N, 2, hidden, h, w)
        update : bool
            Whether the hidden state takes its step here.

        Returns
        -------
        ab : Tensor, (N, 2, H, W)
            Padded as the frame is.
        hidden : Tensor
        """
        size = self.config.value
        learned, color = read[:, :, :size], read[:, :, size:]
        nearby = color
        if before is not None and self.short_term_attn is not None:
            looked = self.short_term_attn(frame, *before)
            learned, nearby = learned + looked[:, :, :size], looked[:, :, size:]
        colors = (color, nearby) if self.config.cells else ()
        return self.decoder(
            frame.features, learned, hidden, colors, lightness=frame.image[:, :1], update=update
        )

    def padded(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to multiples of what the network needs, half on each side."""
        return F.pad(x, self._padding(x.shape[2:]), mode=self.config.padding)

    def cut(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        """What `padded` added taken off again, from a picture that was of `size`."""
        left, _, top, _ = self._padding(size)
        return x[..., top : top + size[0], left : left + size[1]]

    def _padding(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        down, right = (-side % self.config.multiple for side in size)
        return right // 2, right - right // 2, down // 2, down - down // 2

    def _references(self, t: int) -> list[int]:
        """The frames that frame t reads."""
        if not self.training or t <= _REFERENCES:
            return list(range(t))
        drawn = torch.randperm(t - 1)[: _REFERENCES - 1] + 1
        return [0, *sorted(drawn.tolist())]

    def _read(self, stored: list[Frame], values: list[Tensor], frame: Frame) -> Tensor:
        """Stored values, read by full softmax, (N, 2, D, h, w)."""
        keys = torch.stack([one.key for one in stored], 2).flatten(2)  # (N, C, M)
        shrinkage = torch.stack([one.shrinkage for one in stored], 2).flatten(2)  # (N, 1, M)
        weights = affinity(
            keys, frame.key.flatten(2), shrinkage=shrinkage, selection=frame.selection.flatten(2)
        )
        read = read_out(weights, torch.stack(values, 3).flatten(3))  # (N, 2, D, hw)
        return read.unflatten(3, frame.key.shape[2:])

    def _check_clips(self, lightness: Tensor, reference_ab: Tensor) -> None:
        if lightness.ndim != 5 or lightness.shape[2] != 1 or lightness.numel() == 0:
            raise ValueError(
                f"lightness must be nonempty, of shape (N, T, 1, H, W); got {tuple(lightness.shape)}"
            )
        wanted = (len(lightness), OBJECTS, *lightness.shape[3:])
        if reference_ab.shape != wanted:
            raise ValueError(
                f"reference_ab must be {wanted} for these clips; got {tuple(reference_ab.shape)}"
            )


def _of_time(whole: Frame, clips: tuple[int, int], t: int) -> Frame:
    """Frame t of every clip, of all of them as one batch."""

    def at(x: Tensor) -> Tensor:
        return x.unflatten(0, clips)[:, t]

    return Frame(
        at(whole.image),
        tuple(map(at, whole.features)),
        *map(at, (whole.key, whole.shrinkage, whole.selection)),
    )
