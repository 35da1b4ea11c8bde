"""The network of "Colorful Image Colorization", in the authors' own sizes.

    L (N, 1, H, W) → 1: 1/2 → 2: 1/4 → 3 to 7: 1/8 → 8: 1/4 → bins (N, 313, H/4, W/4) → softmax → ab (N, 2, H/4, W/4)

Seven blocks of 3x3 convolutions halve by stride, never by pooling; blocks 5 and 6 look wider by dilation instead of
shrinking further; block 8 doubles the size once. About 129 MB of weights, so not a network to train on a laptop, but one
to load: the authors publish theirs.
R. Zhang, P. Isola, A. A. Efros, "Colorful Image Colorization", ECCV 2016; https://github.com/richzhang/colorization
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from course_lib.color import AB_SCALE, ab_bin_centers
from course_lib.images.colorization_net import check_lightness

# channels of each convolution, stride of the block's last one, dilation of all
_BLOCKS = (
    ((64, 64), 2, 1),
    ((128, 128), 2, 1),
    ((256, 256, 256), 2, 1),
    ((512, 512, 512), 1, 1),
    ((512, 512, 512), 1, 2),
    ((512, 512, 512), 1, 2),
    ((512, 512, 512), 1, 1),
)


class CICNet(nn.Module):
    """The published layout: 32,230,393 weights in convolutions, 313 classes at a quarter of the size.

    The ab are the mean of the bin centers over the softmax, as in the authors' PyTorch code, which has no temperature.
    For another one: `course_lib.color.decode` on the softmax of ``"bins"``.

    Examples
    --------
    >>> with torch.device("meta"):  # the layout without its memory
    ...     net = CICNet()
    >>> net(torch.zeros(1, 1, 64, 64, device="meta"))["bins"].shape
    torch.Size([1, 313, 16, 16])
    """

    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList()
        channels = 1
        for widths, stride, dilation in _BLOCKS:
            self.blocks.append(_block(channels, widths, stride, dilation))
            channels = widths[-1]
        self.blocks.append(
            nn.Sequential(
                nn.ConvTranspose2d(channels, 256, 4, 2, padding=1),
                nn.ReLU(inplace=True),
                nn.Conv2d(256, 256, 3, padding=1),
                nn.ReLU(inplace=True),
                nn.Conv2d(256, 256, 3, padding=1),
                nn.ReLU(inplace=True),
                nn.Conv2d(256, 313, 1),
            )
        )
        self.centers = nn.Conv2d(313, 2, 1, bias=False)
        with torch.no_grad():
            self.centers.weight.copy_(torch.from_numpy(ab_bin_centers().T / AB_SCALE)[:, :, None, None])

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        """Lightness (N, 1, H, W) in [0, 1] → ``"bins"`` logits and ``"ab"`` normalized, at a quarter of the size.

        Raises
        ------
        ValueError
            Another shape, or sizes that aren't multiples of 8.
        """
        check_lightness(lightness)
        if lightness.shape[2] % 8 or lightness.shape[3] % 8:
            raise ValueError(f"lightness must have H and W multiples of 8, got {tuple(lightness.shape)}")
        x = lightness - 0.5  # (L - 50) / 100
        for block in self.blocks:
            x = block(x)
        return {"bins": x, "ab": self.centers(x.softmax(1))}  # (N, 313, H/4, W/4), (N, 2, H/4, W/4)

    def load_published(self, state: Mapping[str, Tensor]) -> None:
        """Take over the weights that the authors publish for PyTorch, for their `eccv16`.

        Read the file with ``torch.load(path, map_location="cpu", weights_only=True)``, which runs nothing from it.

        Parameters
        ----------
        state : mapping of str to Tensor
            Names such as ``model1.0.weight``; the layers stand in the same places here.

        Raises
        ------
        ValueError
            Names that are missing or that this layout doesn't know; another shape. All are named, and nothing is loaded.
        """
        ours = {_published(name): name for name in self.state_dict()}
        # how many batches a norm has seen says nothing to a network that only answers; old files lack it
        missing = sorted(
            name for name in ours if name not in state and not name.endswith("num_batches_tracked")
        )
        unknown = sorted(name for name in state if name not in ours)
        shapes = {name: tuple(tensor.shape) for name, tensor in self.state_dict().items()}
        wrong = [
            f"{name} {tuple(tensor.shape)} for {shapes[ours[name]]}"
            for name, tensor in state.items()
            if name in ours and tuple(tensor.shape) != shapes[ours[name]]
        ]
        if missing or unknown or wrong:
            raise ValueError(
                "state must be the published eccv16 layout; "
                f"missing: {_listed(missing)}; unknown: {_listed(unknown)}; of another shape: {_listed(wrong)}"
            )
        self.load_state_dict({ours[name]: tensor for name, tensor in state.items()}, strict=False)


def _block(channels: int, widths: tuple[int, ...], stride: int, dilation: int) -> nn.Sequential:
    """3x3 convolutions, each rectified, the last one strided; normalized over the batch at the end."""
    layers: list[nn.Module] = []
    for i, width in enumerate(widths):
        step = stride if i == len(widths) - 1 else 1
        layers.append(nn.Conv2d(channels, width, 3, step, padding=dilation, dilation=dilation))
        layers.append(nn.ReLU(inplace=True))
        channels = width
    return nn.Sequential(*layers, nn.BatchNorm2d(channels))


def _published(name: str) -> str:
    """Our name of a tensor → the authors': blocks.0.… is model1.…, the bin centers are model_out."""
    room, _, rest = name.partition(".")
    if room == "centers":
        return f"model_out.{rest}"
    number, _, place = rest.partition(".")
    return f"model{int(number) + 1}.{place}"


def _listed(names: list[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "") or "none"
