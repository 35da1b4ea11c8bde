"""One clip colored frame by frame, with a memory that stays small: the schedule of the released network."""

import torch
from torch import Tensor
from torch.nn import functional as F

from course_lib.video.colormnet.frame import Frame
from course_lib.video.colormnet.memory import FeatureMemory
from course_lib.video.colormnet.network import ColorMNet

LOOK_BACK = ("memory", "previous")


class ColorStream:
    """A clip in progress; `ColorMNet.stream` makes it.

    Every frame reads the memory, and looks around itself in an earlier frame. Every fifth frame is stored; there the
    value encoder takes the hidden state's step, elsewhere the decoder.

    Parameters
    ----------
    net : ColorMNet
    reference_lightness : Tensor, (1, H', W') in [0, 1]
        L / 100.
    reference_ab : Tensor, (2, H', W')
        ab / 110.
    reference_is_first : bool
        Whether the reference is the clip's first frame, so that `next` begins with the second one. If it isn't, the
        first frame is colored from it without local attention, and stored in any case.
    look_back : "memory" or "previous"
        Which frame the local attention looks at: the last one stored, up to five frames back, as released; or the one
        before, as in training, which has to be encoded for that.
    **memory
        Options of `FeatureMemory`: ``policy``, ``every``, ``top_k`` …

    Raises
    ------
    ValueError
        Other shapes; NaN; another word; what `FeatureMemory` refuses.
    """

    def __init__(
        self,
        net: ColorMNet,
        reference_lightness: Tensor,
        reference_ab: Tensor,
        *,
        reference_is_first: bool = True,
        look_back: str = "memory",
        **memory,
    ):
        shape = tuple(reference_lightness.shape)
        if len(shape) != 3 or shape[0] != 1 or 0 in shape or reference_ab.shape != (2, *shape[1:]):
            raise ValueError(
                "reference_lightness must be (1, H, W) and reference_ab (2, H, W), not empty; "
                f"got {shape} and {tuple(reference_ab.shape)}"
            )
        if not (reference_lightness.isfinite().all() and reference_ab.isfinite().all()):
            raise ValueError("reference_lightness and reference_ab must be finite; got NaN or infinity")
        if look_back not in LOOK_BACK:
            raise ValueError(f"look_back must be one of {', '.join(LOOK_BACK)}; got {look_back!r}")
        self.memory = FeatureMemory(**memory)
        self._net, self._look_back, self._is_first = net, look_back, reference_is_first
        self._reference = torch.cat([reference_lightness, reference_ab])[None].float()  # (1, 3, H', W')
        # the reference is the memory's frame 0, or 1 as the lecture counts; before it, where it is none of the frames
        self._number = int(self.memory.count == "lecture") - (not reference_is_first)
        self._size: tuple[int, ...] | None = None  # of all frames, once the first is here
        self._hidden: Tensor | None = None
        self._before: tuple[Frame, Tensor] | None = None  # the frame to look back at, and its value

    @torch.inference_mode()
    def next(self, lightness: Tensor) -> Tensor:
        """Color the next frame.

        Parameters
        ----------
        lightness : Tensor, (1, H, W) in [0, 1]
            L / 100. The first frame's size is that of all; a reference of another size is scaled to it.

        Returns
        -------
        Tensor, (2, H, W)
            ab / 110.

        Raises
        ------
        ValueError
            Another shape than the frames before; NaN.
        """
        size = tuple(lightness.shape[1:])
        if lightness.ndim != 3 or lightness.shape[0] != 1 or 0 in size or self._size not in (None, size):
            wanted = "(1, H, W), not empty" if self._size is None else (1, *self._size)
            raise ValueError(f"lightness must be {wanted}; got {tuple(lightness.shape)}")
        if not lightness.isfinite().all():
            raise ValueError("lightness must be finite; got NaN or infinity")
        if self._size is None:
            self._size = size
            self._start()
        net = self._net
        self._number += 1
        frame = net.encode(lightness[None])
        read = self.memory.read(frame.key[0], frame.selection[0])[None]
        stored = self.memory.due(self._number) or self._before is None
        ab, self._hidden = net.decode(frame, read, self._before, self._hidden, update=not stored)
        if stored or self._look_back == "previous":
            value, self._hidden = net.encode_value(frame, ab, self._hidden, deep=stored)
            self._before = frame, value
            if stored:
                self._store(frame, value)
        return net.cut(ab, size)[0]

    def _start(self) -> None:
        """Store the reference, now that the frames' size is known."""
        reference = self._reference
        if reference.shape[2:] != self._size:
            reference = F.interpolate(
                reference, self._size, mode="bilinear", align_corners=False, antialias=True
            )
        frame = self._net.encode(reference[:, :1])
        value, self._hidden = self._net.encode_value(
            frame, self._net.padded(reference[:, 1:]), None, deep=self._is_first
        )
        self._store(frame, value, reference=True)
        if self._is_first:
            self._before = frame, value

    def _store(self, frame: Frame, value: Tensor, *, reference: bool = False) -> None:
        self.memory.add(
            frame.key[0],
            value[0],
            frame.shrinkage[0],
            frame.selection[0],
            reference=reference,
            frame=self._number,
        )
