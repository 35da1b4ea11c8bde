"""Part 1's encoder as the eyes of `course_lib.metrics.course_lpips` and `course_fid`."""

from collections.abc import Callable

from torch import Tensor

from course_lib.images.colorizer import pretrained


def color_features() -> Callable[[Tensor], list[Tensor]]:
    """The shipped classification encoder, made to see color.

    It learned to read lightness, and all colorizations of a picture share their lightness: it would call them equal. So
    it reads the red, the green and the blue plane one by one, each as if it were a gray picture.

    Returns
    -------
    callable
        RGB (N, 3, H, W) in [0, 1] → four maps (N, 3C, h, w), at 1/2, 1/4, 1/8 and 1/16 of the size. The last one has
        504 channels.

    Raises
    ------
    FileNotFoundError, ValueError
        As `pretrained`.

    Examples
    --------
    >>> import torch
    >>> [tuple(m.shape) for m in color_features()(torch.zeros(1, 3, 32, 48))]
    [(1, 84, 16, 24), (1, 168, 8, 12), (1, 336, 4, 6), (1, 504, 2, 3)]
    """
    net = pretrained("classification").net

    def features(rgb: Tensor) -> list[Tensor]:
        if rgb.ndim != 4 or rgb.shape[1] != 3:
            raise ValueError(f"rgb must have shape (N, 3, H, W); got {tuple(rgb.shape)}")
        x = rgb.flatten(0, 1)[:, None]  # (3N, 1, H, W)
        maps = []
        for level in (net.at_half, net.at_quarter, net.at_eighth, net.at_sixteenth):
            x = level(x)  # (3N, C, h, w)
            maps.append(x.unflatten(0, (-1, 3)).flatten(1, 2))  # (N, 3C, h, w)
        return maps

    return features
