"""The local attention as ColorMNet has it: over the values of both colors at once, then smoothed and projected.

As released it compares by the product q k, while the memory shapes the same keys for another likeness; much training
reconciles the two. The course's size compares as the memory does, by ``-s_n Σ_c e_cm (k_cn - q_cm)² / √C`` and the learned
bias: what one of them learns of likeness, the other knows.
"""

import math

import torch
from torch import Tensor, nn

from course_lib.video.colormnet.config import ColorMNetConfig
from course_lib.video.colormnet.frame import Frame
from course_lib.video.colormnet.local_attention import LocalAttention, local_attention

OBJECTS = 2  # a and b


class ShortTermAttention(LocalAttention):
    """`LocalAttention` over one earlier frame, a depthwise 5x5 convolution, and a projection.

    Parameters
    ----------
    config : ColorMNetConfig
    """

    relative_emb_k: nn.Conv2d  # always learned here

    def __init__(self, config: ColorMNetConfig):
        super().__init__(config.key, window=config.window)
        channels = OBJECTS * config.value
        self.dw_conv = nn.Module()
        self.dw_conv.conv = nn.Conv2d(channels, channels, 5, padding=2, groups=channels, bias=False)
        self.projection = nn.Linear(channels, channels)
        self._value, self._as_memory = config.value, bool(config.cells)
        if config.cells:  # where color is handed on, it begins with that of about the same place
            offset = torch.arange(config.window) - config.window // 2
            distance = (offset[:, None] ** 2 + offset**2).flatten()
            with torch.no_grad():
                self.relative_emb_k.bias.copy_(-distance / 2)

    def forward(self, frame: Frame, before: Frame, value: Tensor) -> Tensor:
        """What the window holds.

        Parameters
        ----------
        frame, before : Frame
            This one, and the earlier one.
        value : Tensor, (N, 2, D, h, w)
            Of the earlier one. Channels behind the configuration's are handed on, and come back as they were read.

        Returns
        -------
        Tensor, (N, 2, D, h, w)
        """
        flat = value.flatten(1, 2)[:, None]  # (N, 1, 2 D, h, w)
        if self._as_memory:
            query, key = _likeness(frame.key, frame.selection, before.key, before.shrinkage)
            read = local_attention(
                query, key[:, None], flat, window=self.window, bias=self.relative_emb_k(frame.key)
            )
        else:
            read = super().forward(frame.key, before.key[:, None], flat)
        read = read.unflatten(1, value.shape[1:3])  # (N, 2, D, h, w)
        learned = self.dw_conv.conv(read[:, :, : self._value].flatten(1, 2))  # (N, 2 value, h, w)
        learned = self.projection(learned.movedim(1, -1)).movedim(-1, 1)
        return torch.cat([learned.unflatten(1, (OBJECTS, -1)), read[:, :, self._value :]], 2)


def _likeness(query: Tensor, selection: Tensor, key: Tensor, shrinkage: Tensor) -> tuple[Tensor, Tensor]:
    """Queries and keys (N, 2C + 1, h, w) whose `local_attention` logits are the memory's likeness.

    -s Σ e (k - q)² = [2 e q, -e, -Σ e q²] · [s k, s k², s], of which local attention takes 1 / √(2C + 1), not 1 / √C.
    """
    middle = key.mean((2, 3), keepdim=True)  # of keys far from 0, these terms would nearly cancel
    key, query = key - middle, query - middle
    scale = math.sqrt((2 * query.shape[1] + 1) / query.shape[1])
    queries = [2 * selection * query, -selection, -(selection * query**2).sum(1, keepdim=True)]
    return scale * torch.cat(queries, 1), shrinkage * torch.cat([key, key**2, torch.ones_like(shrinkage)], 1)
