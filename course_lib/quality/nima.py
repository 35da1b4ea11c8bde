"""NIMA: a network that predicts how the scores of a photo are distributed, not only their mean.

    photo (N, 3, 224, 224) in [0, 1] → backbone without its classifier → mean over places → dropout 0.75
                                     → one dense layer → softmax over the scores 1 … 10

Talebi and Milanfar, "NIMA: Neural image assessment", IEEE Transactions on Image Processing 2018 (arXiv 1709.05424).
Any classifier's convolutions can be the backbone; the authors try VGG16, MobileNet and Inception.
"""

from collections.abc import Callable

from torch import Tensor, nn


class NIMA(nn.Module):
    """From a photo to the shares of its scores.

    Parameters
    ----------
    backbone : str
        ``"mobilenet_v2"``, ``"mobilenet_v3_large"``, ``"mobilenet_v3_small"``, ``"vgg16"`` or ``"inception_v3"`` of
        torchvision, or ``"inception_resnet_v2"``, which needs the package timm. Weights are drawn at random, never
        downloaded; `features` takes a state dict of your own.
    width : float
        Multiplies the channels of the MobileNets; 1 for the others.
    scores : int
        K, the number of scores.
    dropout : float
        Before the dense layer.

    Attributes
    ----------
    input_size : int
        Side of the pictures the backbone was designed for: 224, or 299 for the Inceptions.
    features, head : Module
        The backbone, and what is put on it: two groups of weights, trained one after the other.

    Raises
    ------
    ValueError
        Another backbone, a width it can't have, numbers out of range; in `forward`, an input of another shape.
    ModuleNotFoundError
        ``"inception_resnet_v2"`` without timm.

    Notes
    -----
    A pipeline that prepares pixels z in [-1, 1], as digiKam's does, is fed as ``model((z + 1) / 2)``: the first thing
    `forward` does is to go from [0, 1] to [-1, 1].

    Examples
    --------
    >>> import torch
    >>> shares = NIMA("mobilenet_v2", width=0.35).eval()(torch.zeros(2, 3, 224, 224))
    >>> shares.shape, shares.sum(1).round().tolist()
    (torch.Size([2, 10]), [1.0, 1.0])
    """

    def __init__(
        self, backbone: str = "mobilenet_v2", *, width: float = 1.0, scores: int = 10, dropout: float = 0.75
    ):
        super().__init__()
        if backbone not in BACKBONES:
            raise ValueError(f"backbone must be one of {', '.join(BACKBONES)}; got {backbone!r}")
        if not 0 < width < float("inf") or (width != 1 and not backbone.startswith("mobilenet")):
            raise ValueError(
                f"width must be above 0, and 1 for all but the MobileNets; got {width!r} for {backbone}"
            )
        if scores < 2 or not 0 <= dropout < 1:
            raise ValueError(f"scores must be at least 2 and dropout in [0, 1); got {scores} and {dropout}")
        self.backbone = backbone
        self.width = width
        self.input_size = 299 if backbone.startswith("inception") else 224
        self.features, channels = BACKBONES[backbone](width)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, scores))

    def forward(self, photos: Tensor) -> Tensor:
        """Photos (N, 3, H, W) in [0, 1], best H = W = `input_size` → shares (N, K)."""
        least = 75 if self.input_size == 299 else 32  # below, nothing is left after the last stride
        if photos.ndim != 4 or photos.shape[1] != 3 or photos.shape[0] == 0 or min(photos.shape[2:]) < least:
            raise ValueError(
                f"photos must have shape (N, 3, H, W), sides from {least} pixels; got {tuple(photos.shape)}"
            )
        maps = self.features(photos * 2 - 1)  # (N, C, h, w)
        return self.head(maps.mean((2, 3))).softmax(1)  # (N, K)


def _mobilenet_v2(width: float) -> tuple[nn.Module, int]:
    from torchvision.models import mobilenet_v2

    net = mobilenet_v2(weights=None, width_mult=width)
    return net.features, net.last_channel


def _mobilenet_v3(size: str) -> Callable[[float], tuple[nn.Module, int]]:
    def build(width: float) -> tuple[nn.Module, int]:
        from torchvision import models

        net = getattr(models, f"mobilenet_v3_{size}")(weights=None, width_mult=width)
        return net.features, net.classifier[0].in_features

    return build


def _vgg16(width: float) -> tuple[nn.Module, int]:
    from torchvision.models import vgg16

    return vgg16(weights=None, init_weights=False).features, 512


def _inception_v3(width: float) -> tuple[nn.Module, int]:
    from torchvision.models import inception_v3

    net = inception_v3(weights=None, aux_logits=False, init_weights=False)
    blocks = [block for name, block in net.named_children() if name not in ("avgpool", "dropout", "fc")]
    return nn.Sequential(*blocks), 2048


class _TimmFeatures(nn.Module):
    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        return self.net.forward_features(x)


def _inception_resnet_v2(width: float) -> tuple[nn.Module, int]:
    try:
        import timm
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "backbone 'inception_resnet_v2' comes from the package timm, which isn't installed: pip install timm"
        ) from error
    net = timm.create_model("inception_resnet_v2", pretrained=False, num_classes=0)
    return _TimmFeatures(net), net.num_features


BACKBONES: dict[str, Callable[[float], tuple[nn.Module, int]]] = {
    "mobilenet_v2": _mobilenet_v2,
    "mobilenet_v3_large": _mobilenet_v3("large"),
    "mobilenet_v3_small": _mobilenet_v3("small"),
    "vgg16": _vgg16,
    "inception_v3": _inception_v3,
    "inception_resnet_v2": _inception_resnet_v2,
}
