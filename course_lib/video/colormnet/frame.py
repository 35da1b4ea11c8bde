"""What ColorMNet knows of a frame before it has a color."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Frame:
    """What a frame's lightness says: the padded picture, top, middle and fine features, and what the memory compares."""

    image: Tensor  # (N, 3, H, W), (L - 50) / 50 three times
    features: tuple[Tensor, Tensor, Tensor]
    key: Tensor  # (N, C, h, w)
    shrinkage: Tensor  # (N, 1, h, w)
    selection: Tensor  # (N, C, h, w)
