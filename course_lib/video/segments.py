"""Matching inside segments: a place may take its color only from places of the reference that show the same thing.

A softmax over everything that is stored always answers: its weights sum to 1, whether or not anything fits. Restricted
to a segment it can't reach into another thing, and where the reference shows no such thing, nothing is read.

Segments may come from anywhere, as one label a place. `find_segments` makes some of its own, from lightness and texture,
and `match_segments` gives those of a frame the labels of the reference's.
P. Felzenszwalb, D. Huttenlocher, "Efficient Graph-Based Image Segmentation", IJCV 59(2), 2004.
"""

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.ndimage import uniform_filter
from torch import Tensor

from course_lib.video.colormnet.readout import affinity, read_out

_WINDOW = 5  # pixels: side of the square over which lightness is averaged and its spread taken
_UNITS = (5.0, 2.0)  # of L and of its spread: so far apart, two places count half as alike
_SCALE, _SMALLEST = 50.0, 8  # of segments: the larger, the coarser; the smallest, in places


def plain_features(lightness: ArrayLike, *, cell: int = 2, position: float = 0.0) -> np.ndarray:
    """What a place looks like without any network: its lightness, its texture, and, if wanted, where it is.

    Parameters
    ----------
    lightness : array_like, (H, W)
        L, 0 to 100.
    cell : int
        Pixels to a place, each way. H and W must be multiples.
    position : float
        Weight of row and column, both divided by W. 0 leaves them out of every comparison.

    Returns
    -------
    ndarray, (H / cell, W / cell, 4) float32
        Lightness, its standard deviation, row, column, in units in which a squared distance of 1 costs a factor e.

    Raises
    ------
    ValueError
        Another number of axes; sizes that `cell` doesn't divide.

    Examples
    --------
    >>> plain_features(np.full((4, 4), 50.0), position=2.0)[1, 0]
    array([10. ,  0. ,  1.5,  0.5], dtype=float32)
    """
    lightness = np.asarray(lightness, float)
    if lightness.ndim != 2 or cell < 1 or any(side % cell or not side for side in lightness.shape):
        raise ValueError(
            f"lightness must be (H, W), both multiples of cell; got {lightness.shape} and cell {cell}"
        )
    mean = uniform_filter(lightness, _WINDOW)
    spread = np.sqrt(np.maximum(uniform_filter(lightness**2, _WINDOW) - mean**2, 0))
    rows, columns = position * (np.indices(lightness.shape) + 0.5) / lightness.shape[1]
    planes = np.stack([mean / _UNITS[0], spread / _UNITS[1], rows, columns], -1)
    return in_cells(planes, cell)


def in_cells(array: np.ndarray, cell: int = 2) -> np.ndarray:
    """The means of squares of pixels.

    Parameters
    ----------
    array : ndarray, (H, W, C)
    cell : int
        Pixels on a side; H and W are multiples of it.

    Returns
    -------
    ndarray, (H / cell, W / cell, C) float32
    """
    height, width, channels = array.shape
    blocks = array.reshape(height // cell, cell, width // cell, cell, channels)
    return blocks.mean((1, 3)).astype(np.float32)


def segment_read(
    memory_key: Tensor,
    query_key: Tensor,
    value: Tensor,
    memory_labels: Tensor,
    query_labels: Tensor,
    *,
    shrinkage: Tensor | None = None,
    selection: Tensor | None = None,
    **reading,
) -> Tensor:
    """`read_out` by `affinity`, each query from the stored elements of its own segment only.

    Parameters
    ----------
    memory_key, query_key, shrinkage, selection : Tensor
        Of M elements and Q queries, as of `affinity`.
    value : Tensor, (N, ..., C, M)
        As of `read_out`.
    memory_labels, query_labels : Tensor, (M,) and (Q,), whole numbers
        The segment of each, the same for all N.
    **reading
        `top_k` and `reading` of `affinity`.

    Returns
    -------
    Tensor, (N, ..., C, Q)
        0 for a query whose segment has nothing stored.

    Raises
    ------
    TypeError, ValueError
        As `affinity` and `read_out`; labels of another shape.

    Examples
    --------
    >>> key, value = torch.tensor([[[0.0, 0.1]]]), torch.tensor([[[5.0, 7.0]]])
    >>> segment_read(key, key, value, torch.tensor([1, 2]), torch.tensor([2, 3]))
    tensor([[[7., 0.]]])
    """
    if memory_labels.shape != memory_key.shape[-1:] or query_labels.shape != query_key.shape[-1:]:
        raise ValueError(
            f"memory_labels and query_labels must be {tuple(memory_key.shape[-1:])} and "
            f"{tuple(query_key.shape[-1:])}; got {tuple(memory_labels.shape)} and {tuple(query_labels.shape)}"
        )
    answer = value.new_zeros(*value.shape[:-1], query_key.shape[-1])
    for label in query_labels.unique():
        stored, asking = memory_labels == label, query_labels == label
        if stored.any():
            weights = affinity(
                memory_key[..., stored],
                query_key[..., asking],
                shrinkage=None if shrinkage is None else shrinkage[..., stored],
                selection=None if selection is None else selection[..., asking],
                **reading,
            )
            answer[..., asking] = read_out(weights, value[..., stored])
    return answer


def carry_color(
    reference: ArrayLike,
    reference_ab: ArrayLike,
    features: ArrayLike,
    *,
    reference_labels: ArrayLike | None = None,
    labels: ArrayLike | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Color for each place of a frame: the mean of the reference's, weighted by likeness, over all of it or by segments.

    Parameters
    ----------
    reference : array_like, (h, w, C)
        The reference's features, such as `plain_features`.
    reference_ab : array_like, (h, w, 2)
    features : array_like, (h', w', C)
        The frame's.
    reference_labels, labels : array_like, (h, w) and (h', w') int, optional
        The segment of each place; both or none.

    Returns
    -------
    ab : ndarray, (h', w', 2) float32
        0 where nothing could be read.
    known : ndarray, (h', w') bool
        Where something could.

    Raises
    ------
    ValueError
        Shapes that don't fit; labels of one but not of the other.
    """
    reference, features = (np.asarray(x, np.float32) for x in (reference, features))
    reference_ab = np.asarray(reference_ab, np.float32)
    if reference.ndim != 3 or features.ndim != 3 or reference.shape[2] != features.shape[2]:
        raise ValueError(
            "reference and features must be (h, w, C) and (h', w', C); "
            f"got {reference.shape} and {features.shape}"
        )
    if reference_ab.shape != (*reference.shape[:2], 2):
        raise ValueError(f"reference_ab must be {(*reference.shape[:2], 2)}; got {reference_ab.shape}")
    if (reference_labels is None) != (labels is None):
        raise ValueError("reference_labels and labels must be given both or not at all")
    if reference_labels is None or labels is None:
        reference_labels, labels = np.zeros(reference.shape[:2], int), np.zeros(features.shape[:2], int)
    ab = segment_read(
        _columns(reference),
        _columns(features),
        _columns(reference_ab),
        _label_row("reference_labels", reference_labels, reference),
        _label_row("labels", labels, features),
        reading="plain",
    )[0].T.numpy()
    known = np.isin(labels, reference_labels)
    return ab.reshape(*features.shape[:2], 2), known


def find_segments(features: ArrayLike) -> np.ndarray:
    """Regions of like lightness and texture, by Felzenszwalb and Huttenlocher's graph.

    Parameters
    ----------
    features : array_like, (h, w, C)
        Of `plain_features`; the first two channels count.

    Returns
    -------
    ndarray, (h, w) int64
        Numbers from 0, which say nothing about another frame's.
    """
    from skimage.segmentation import felzenszwalb

    looks = np.asarray(features, float)[..., :2]
    return felzenszwalb(looks, scale=_SCALE, sigma=0.5, min_size=_SMALLEST, channel_axis=-1)


def match_segments(
    reference: ArrayLike, reference_segments: ArrayLike, features: ArrayLike, segments: ArrayLike
) -> np.ndarray:
    """Give each segment of a frame the number of the reference's segment that looks most like it, wherever it stands.

    Parameters
    ----------
    reference, features : array_like, (h, w, C) and (h', w', C)
        Of `plain_features`; the means of the first two channels are compared.
    reference_segments, segments : array_like, (h, w) and (h', w') int
        Of `find_segments`.

    Returns
    -------
    ndarray, (h', w') int64
        Numbers of `reference_segments`.
    """
    numbers, theirs = _looks(reference, reference_segments)
    own, ours = _looks(features, segments)
    nearest = np.linalg.norm(ours[:, None] - theirs, axis=-1).argmin(1)
    return numbers[nearest][np.searchsorted(own, segments)]


def _looks(features: ArrayLike, segments: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of segments, and their mean lightness and texture, (S, 2)."""
    numbers, which = np.unique(segments, return_inverse=True)
    which = which.ravel()
    looks = np.asarray(features, float)[..., :2].reshape(-1, 2)
    sums = np.stack([np.bincount(which, channel) for channel in looks.T], -1)
    return numbers, sums / np.bincount(which)[:, None]


def _columns(array: np.ndarray) -> Tensor:
    """(h, w, C) → (1, C, h w)."""
    return torch.from_numpy(array).flatten(0, 1).T[None]


def _label_row(name: str, labels: ArrayLike, features: np.ndarray) -> Tensor:
    labels = np.asarray(labels)
    if labels.shape != features.shape[:2] or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"{name} must be whole numbers, {features.shape[:2]}; got {labels.dtype} {labels.shape}"
        )
    return torch.from_numpy(labels.astype(np.int64).ravel())
