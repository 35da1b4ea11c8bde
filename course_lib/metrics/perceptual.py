"""LPIPS and FID, through the libraries that define them, and stand-ins for a machine without their weights.

Both compare pictures in the eyes of a network trained on ImageNet. Its weights are a file of their own, and this module
downloads none unless asked. `course_lpips` and `course_fid` compute the same formulas with a network you hand in, such
as `course_lib.images.color_features()`. Their numbers rank pictures within one table; they can't be set beside
published LPIPS or FID.
"""

import functools
import io
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from course_lib.metrics._checks import image_array
from course_lib.metrics.published_weights import ALEXNET, INCEPTION

if TYPE_CHECKING:
    from torch import Tensor, nn

_BATCH = 32  # pictures through a network at once
_LPIPS_SIDE = 32  # pixels: on less, AlexNet's maps run empty


def lpips(reference: ArrayLike, image: ArrayLike, *, download: bool = False) -> float:
    """Learned perceptual distance, version 0.1 on AlexNet, by the `lpips` package.

    The package wants [-1, 1]; what you hand in is [0, 1], and is brought there here. Fed with [0, 1] or with bytes the
    package doesn't complain, it just returns another number.

    Parameters
    ----------
    reference, image : array_like, (H, W, 3)
        RGB in [0, 1], of one shape, at least 32 x 32.
    download : bool
        Fetch AlexNet's weights into torch's hub cache where they are missing.

    Returns
    -------
    float
        0 for equal pictures.

    Raises
    ------
    FileNotFoundError
        The weights are neither in `COURSE_DATA_DIR` nor in torch's hub cache: names the file and its source.
    TypeError, ValueError
        Not float; shapes wrong, different or too small; NaN; values outside [0, 1]; a damaged file.

    References
    ----------
    R. Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR 2018.
    https://arxiv.org/abs/1801.03924
    """
    import torch

    reference, image = _color("reference", reference), _color("image", image)
    if reference.shape != image.shape or min(image.shape[:2]) < _LPIPS_SIDE:
        raise ValueError(
            f"reference and image must have one shape, at least {_LPIPS_SIDE}x{_LPIPS_SIDE}; "
            f"got {reference.shape} and {image.shape}"
        )
    network = _lpips_network(ALEXNET.find(download=download))
    with torch.inference_mode():
        return float(network(_tensor(reference[None]), _tensor(image[None]), normalize=True))


def course_lpips(
    reference: ArrayLike, image: ArrayLike, network: "Callable[[Tensor], Sequence[Tensor]]"
) -> float:
    """LPIPS's formula without its learned weights, in the eyes of a network of yours. Not LPIPS.

    At each place of each map the features are brought to length 1; squared distances are averaged over places and
    summed over maps: the paper's eq. 1 with every weight 1.

    Parameters
    ----------
    reference, image : array_like, (H, W, 3)
        RGB in [0, 1], of one shape.
    network : callable
        Pictures (N, 3, H, W) float32 in [0, 1] → a sequence of maps (N, C, h, w). In evaluation mode.

    Returns
    -------
    float
        0 for equal pictures; at most 4 a map.

    Raises
    ------
    TypeError, ValueError
        Not float; shapes wrong or different; NaN; values outside [0, 1].

    Examples
    --------
    >>> red, green = np.zeros((2, 4, 4, 3))
    >>> red[..., 0], green[..., 1] = 1.0, 1.0
    >>> course_lpips(red, green, lambda pictures: [pictures])
    2.0
    """
    import torch
    from torch.nn import functional as F

    reference, image = _color("reference", reference), _color("image", image)
    if reference.shape != image.shape:
        raise ValueError(f"reference and image must have one shape; got {reference.shape} and {image.shape}")
    with torch.inference_mode():
        maps = [F.normalize(m, dim=1) for m in network(_tensor(np.stack([reference, image])))]
        return float(sum(((m[0] - m[1]) ** 2).sum(0).mean() for m in maps))


def fid(
    references: ArrayLike, images: ArrayLike, *, allow_few: bool = False, download: bool = False
) -> float:
    """Fréchet Inception distance between two sets of pictures, by `torch-fidelity` (TensorFlow's Inception and resize).

    Parameters
    ----------
    references, images : array_like, (N, H, W, 3) and (M, H', W', 3)
        RGB in [0, 1]; rounded to bytes, which is what Inception reads.
    allow_few : bool
        Both sets need more pictures than the 2048 features, or their covariances are singular and the distance comes
        out far too large. True accepts fewer, at least 2: then it compares sets of *one size*, and nothing else.
    download : bool
        Fetch Inception's weights into torch's hub cache where they are missing.

    Returns
    -------
    float
        0 for equal sets, up to rounding. Biased upwards at any size, less so the more pictures there are.

    Raises
    ------
    FileNotFoundError
        The weights are neither in `COURSE_DATA_DIR` nor in torch's hub cache: names the file and its source.
    TypeError, ValueError
        Not float; shapes wrong; NaN; values outside [0, 1]; too few pictures; a damaged file.

    References
    ----------
    M. Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", NIPS 2017,
    eq. 6. https://arxiv.org/abs/1706.08500
    """
    sets = _pictures("references", references), _pictures("images", images)
    _check_size(sets, 2048, allow_few)
    network = _inception(INCEPTION.find(download=download))
    return _frechet(
        *(_features(pictures, lambda x: network((255 * x).round().byte())[0]) for pictures in sets)
    )


def course_fid(
    references: ArrayLike,
    images: ArrayLike,
    network: "Callable[[Tensor], Sequence[Tensor]]",
    *,
    allow_few: bool = False,
) -> float:
    """FID's formula in the eyes of a network of yours. Not FID.

    A picture's features are the means of the channels of the network's last map.

    Parameters
    ----------
    references, images : array_like, (N, H, W, 3) and (M, H', W', 3)
        RGB in [0, 1].
    network : callable
        Pictures (N, 3, H, W) float32 in [0, 1] → a sequence of maps (N, C, h, w), of which the last one counts.
    allow_few : bool
        As for `fid`, with C for 2048.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        Not float; shapes wrong; NaN; values outside [0, 1]; too few pictures.

    Examples
    --------
    >>> dark, bright = np.random.default_rng(0).random((9, 4, 4, 3)) / 2, np.ones((9, 4, 4, 3))
    >>> course_fid(dark, dark, lambda x: [x]) < 1e-6 < course_fid(dark, bright, lambda x: [x])
    True
    """
    sets = _pictures("references", references), _pictures("images", images)
    features = [_features(pictures, lambda x: network(x)[-1].mean((2, 3))) for pictures in sets]
    _check_size(sets, features[0].shape[1], allow_few)
    return _frechet(*features)


def _color(name: str, value: ArrayLike) -> np.ndarray:
    array = image_array(name, value)
    if array.ndim != 3:
        raise ValueError(f"{name} must have shape (H, W, 3); got {array.shape}")
    return array


def _pictures(name: str, value: ArrayLike) -> np.ndarray:
    array = np.asarray(value)
    if array.ndim != 4 or array.shape[3] != 3:
        raise ValueError(f"{name} must have shape (N, H, W, 3); got {array.shape}")
    return image_array(name, array.reshape(-1, array.shape[2], 3)).reshape(array.shape)


def _check_size(sets: tuple[np.ndarray, np.ndarray], features: int, allow_few: bool) -> None:
    fewest = min(map(len, sets))
    if fewest < 2 or (fewest <= features and not allow_few):
        raise ValueError(
            f"references and images must hold more pictures than the {features} features; got {len(sets[0])} and "
            f"{len(sets[1])}. With allow_few=True at least 2 will do, for comparisons at equal numbers only"
        )


def _tensor(pictures: np.ndarray) -> "Tensor":
    """(N, H, W, 3) → (N, 3, H, W) float32, in [0, 1] to the last bit."""
    import torch

    return torch.from_numpy(pictures.clip(0, 1).astype(np.float32)).movedim(-1, 1)


def _features(pictures: np.ndarray, network: "Callable[[Tensor], Tensor]") -> np.ndarray:
    import torch

    with torch.inference_mode():
        parts = [network(_tensor(pictures[i : i + _BATCH])) for i in range(0, len(pictures), _BATCH)]
    return torch.cat(parts).double().numpy()


def _frechet(references: np.ndarray, images: np.ndarray) -> float:
    """``|μ - μ'|² + tr(S + S' - 2 (S S')^½)`` of two sets of features, (N, D) and (M, D)."""
    import torch
    from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_features_to_statistics, fid_statistics_to_metric

    statistics = [fid_features_to_statistics(torch.from_numpy(x)) for x in (references, images)]
    return fid_statistics_to_metric(*statistics, verbose=False)[KEY_METRIC_FID]


@functools.lru_cache(maxsize=1)
def _lpips_network(path: Path) -> "nn.Module":
    import lpips as package

    with warnings.catch_warnings():  # the package calls torchvision the way one did until 2021
        warnings.simplefilter("ignore", UserWarning)
        model = package.LPIPS(net="alex", pnet_rand=True, verbose=False)
    trunk = ALEXNET.read(path)
    # the package cuts AlexNet's "features.3.weight" into slices, "slice2.3.weight"
    model.net.load_state_dict({k: trunk[f"features.{k.partition('.')[2]}"] for k in model.net.state_dict()})
    return model


@functools.lru_cache(maxsize=1)
def _inception(path: Path) -> "nn.Module":
    import torch
    from torch_fidelity import FeatureExtractorInceptionV3

    # the library unpickles whatever a file holds; so hand it a copy of the tensors alone
    copy = io.BytesIO()
    torch.save(INCEPTION.read(path), copy)
    copy.seek(0)
    return FeatureExtractorInceptionV3("inception-v3-compat", ["2048"], copy)
