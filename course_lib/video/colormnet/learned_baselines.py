"""Two older ideas of coloring from a reference, in small, to hold the course's network against.

- `SourceReference`: every frame attends to every position of the reference, and convolutions over time make the
  answers of a stack of frames agree. S. Iizuka, E. Simo-Serra, "DeepRemaster: Temporal Source-Reference Attention
  Networks for Comprehensive Video Enhancement", SIGGRAPH Asia 2019. https://arxiv.org/abs/2009.08692
- `RecurrentExemplar`: every frame is matched with the reference, and the frame colored before is fed back. B. Zhang et
  al., "Deep Exemplar-based Video Colorization", CVPR 2019. https://arxiv.org/abs/1906.09909

Both match at a quarter of the frame's size, finer than the course's network, whose memory could not hold so much, and
hand the matched color itself on, to which the decoder adds what it thinks is missing. Coarser they are weaker: at an
eighth, the first learned to 0.0485 on the validation sequences in place of 0.0459, after equally long training.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STRIDE = 8  # of the coarsest features; a quarter of the size is what is matched
_KEY = 64  # channels that are compared
_REACH = 3  # frames that a convolution over time sees: this one and two before


class Stream:
    """A clip colored frame by frame.

    Parameters
    ----------
    step : callable
        (lightness (1, 1, H, W), state) → (ab (1, 2, H, W), state); the first state is None.
    """

    def __init__(self, step: Callable):
        self._step, self._state = step, None

    @torch.inference_mode()
    def next(self, lightness: Tensor) -> Tensor:
        """Color the next frame: lightness (1, H, W), L / 100 → ab (2, H, W), over 110."""
        ab, self._state = self._step(lightness[None], self._state)
        return ab[0]


class SourceReference(nn.Module):
    """Attention from every frame to the reference, then convolutions over time.

    The paper's convolutions see a stack of frames both ways, and all of it must be in memory at once. Here they see the
    two frames before only, so that a clip may run on as a stream.

    Parameters
    ----------
    width : int
        Channels at half the frame's size; twice as many at a quarter, four times at an eighth.
    """

    def __init__(self, width: int = 32):
        super().__init__()
        self.encoder = Encoder(1, width)
        self.match = Match(width)
        self.mix = nn.Conv2d(6 * width + 3, 4 * width, 3, padding=1)
        self.over_time = nn.ModuleList(
            nn.Conv2d(_REACH * 4 * width, 4 * width, 3, padding=1) for _ in range(2)
        )
        self.decoder = Decoder(width)

    def propagate(self, lightness: Tensor, reference_ab: Tensor) -> Tensor:
        """Color clips whose first frame is the reference.

        Parameters
        ----------
        lightness : Tensor, (N, T, 1, H, W)
            L / 100.
        reference_ab : Tensor, (N, 2, H, W)
            The first frame's ab / 110.

        Returns
        -------
        Tensor, (N, T, 2, H, W)
            ab / 110; the first frame's is the reference's.
        """
        check_clip(lightness, reference_ab)
        reference = self._reference(lightness[:, 0], reference_ab)
        ab, _ = self._frames(lightness[:, 1:], reference, None)
        return torch.cat([reference_ab[:, None], ab], 1)

    def stream(self, reference_lightness: Tensor, reference_ab: Tensor) -> Stream:
        """Color a clip frame by frame, from a reference of any size: (1, H', W') and (2, H', W')."""
        with torch.inference_mode():
            reference = self._reference(reference_lightness[None], reference_ab[None])

        def step(lightness: Tensor, state):
            ab, state = self._frames(lightness[:, None], reference, state)
            return ab[:, 0], state

        return Stream(step)

    def _reference(self, lightness: Tensor, ab: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of the reference's positions."""
        features = self.encoder(padded(lightness))
        values = torch.cat([F.avg_pool2d(padded(ab), STRIDE // 2), features[1]], 1)
        return self.match.keys(features), values

    def _frames(self, lightness: Tensor, reference: tuple[Tensor, Tensor], past: list[Tensor] | None):
        """Frames (N, T, 1, H, W) → their ab, and the last features that each convolution over time has seen."""
        rows, count, _, *size = lightness.shape
        features = self.encoder(padded(lightness.flatten(0, 1)))  # (N T, C, h, w)
        keys, values = (x.repeat_interleave(count, 0) for x in reference)
        read, sure = self.match(self.match.keys(features), keys, values)
        x = F.relu(self.mix(torch.cat([features[-1], F.avg_pool2d(torch.cat([read, sure], 1), 2)], 1)))
        if past is None:
            past = [x.new_zeros(rows, _REACH - 1, *x.shape[1:])] * len(self.over_time)
        seen = []
        for conv, before in zip(self.over_time, past, strict=True):
            stack = torch.cat([before, x.unflatten(0, (rows, count))], 1)  # (N, 2 + T, C, h, w)
            seen.append(stack[:, -(_REACH - 1) :])
            beside = torch.cat([stack[:, i : i + count] for i in range(_REACH)], 2)  # (N, T, 3 C, h, w)
            x = x + F.relu(conv(beside.flatten(0, 1)))
        ab = self.decoder(x, features, torch.cat([read[:, :2], sure], 1), size)
        return ab.unflatten(0, (rows, count)), seen


class RecurrentExemplar(nn.Module):
    """Correspondence to the reference, and the frame colored before fed back.

    Parameters
    ----------
    width : int
        As of `SourceReference`.
    """

    def __init__(self, width: int = 32):
        super().__init__()
        self.encoder = Encoder(1, width)
        self.match = Match(width)
        # this frame's L, the matched ab and how sure the match is; the frame before, L and ab
        self.painter = Encoder(7, width)
        self.mix = nn.Conv2d(4 * width, 4 * width, 3, padding=1)
        self.decoder = Decoder(width)

    def propagate(self, lightness: Tensor, reference_ab: Tensor) -> Tensor:
        """Color clips whose first frame is the reference; as `SourceReference.propagate`."""
        check_clip(lightness, reference_ab)
        reference = self._reference(lightness[:, 0], reference_ab)
        answers = [reference_ab]
        for before, frame in zip(lightness[:, :-1].unbind(1), lightness[:, 1:].unbind(1), strict=True):
            answers.append(self._frame(frame, reference, (before, answers[-1])))
        return torch.stack(answers, 1)

    def stream(self, reference_lightness: Tensor, reference_ab: Tensor) -> Stream:
        """Color a clip frame by frame; as `SourceReference.stream`. The reference stands for the frame before the first."""
        lab = torch.cat([reference_lightness, reference_ab])[None]
        with torch.inference_mode():
            reference = self._reference(lab[:, :1], lab[:, 1:])

        def step(lightness: Tensor, state):
            if state is None:
                at_size = F.interpolate(lab, lightness.shape[2:], mode="bilinear", align_corners=False)
                state = at_size[:, :1], at_size[:, 1:]
            ab = self._frame(lightness, reference, state)
            return ab, (lightness, ab)

        return Stream(step)

    def _reference(self, lightness: Tensor, ab: Tensor) -> tuple[Tensor, Tensor]:
        return self.match.keys(self.encoder(padded(lightness))), F.avg_pool2d(padded(ab), STRIDE // 2)

    def _frame(self, lightness: Tensor, reference: tuple[Tensor, Tensor], before: tuple[Tensor, Tensor]):
        size = lightness.shape[2:]
        whole = padded(lightness)
        matched = torch.cat(self.match(self.match.keys(self.encoder(whole)), *reference), 1)
        at_size = F.interpolate(matched, whole.shape[2:], mode="bilinear")
        features = self.painter(torch.cat([whole, at_size, *map(padded, before)], 1))
        return self.decoder(F.relu(self.mix(features[-1])), features, matched, size)


class Encoder(nn.Module):
    """Features at a half, a quarter and an eighth of the size."""

    def __init__(self, channels: int, width: int):
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(inside, outside, 3, stride=2, padding=1), *map(Residual, [outside] * count)
            )
            for inside, outside, count in (
                (channels, width, 1),
                (width, 2 * width, 1),
                (2 * width, 4 * width, 2),
            )
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """A picture (N, C, H, W) → the features of every stage, each half the size of the one before."""
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


class Residual(nn.Module):
    """Two convolutions around which the input passes."""

    def __init__(self, channels: int):
        super().__init__()
        self.norms = nn.ModuleList(nn.GroupNorm(4, channels) for _ in range(2))
        self.convs = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → the same shape."""
        y = x
        for norm, conv in zip(self.norms, self.convs, strict=True):
            y = conv(F.relu(norm(y)))
        return x + y


class Match(nn.Module):
    """Attention by cosine, with a sharpness that is learned, at a quarter of the size."""

    def __init__(self, width: int):
        super().__init__()
        self.key = nn.Conv2d(6 * width, _KEY, 3, padding=1)
        self.sharpness = nn.Parameter(torch.tensor(3.0))  # the logarithm

    def keys(self, features: list[Tensor]) -> Tensor:
        """An encoder's features → (N, 64, H / 4, W / 4) of length 1, about the picture's mean."""
        _, quarter, eighth = features
        coarse = F.interpolate(eighth, quarter.shape[2:], mode="bilinear")
        key = self.key(torch.cat([quarter, coarse], 1))
        return F.normalize(key - key.mean((2, 3), keepdim=True), dim=1)

    def forward(self, query: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Values (N, V, h', w') read at the queries (N, 64, h, w) → (N, V, h, w), and the best cosine (N, 1, h, w)."""
        likeness = query.flatten(2).transpose(1, 2) @ keys.flatten(2)  # (N, hw, h'w')
        weights = (self.sharpness.exp() * likeness).softmax(2)
        read = (weights @ values.flatten(2).transpose(1, 2)).transpose(1, 2)  # (N, V, hw)
        sure = likeness.amax(2)[:, None]
        return read.unflatten(2, query.shape[2:]), sure.unflatten(2, query.shape[2:])


class Decoder(nn.Module):
    """From an eighth of the size back to the frame: the color handed on, and what is added to it."""

    def __init__(self, width: int):
        super().__init__()
        self.up4 = nn.Conv2d(6 * width + 3, 2 * width, 3, padding=1)
        self.up2 = nn.Conv2d(3 * width, width, 3, padding=1)
        self.blocks = nn.ModuleList([Residual(2 * width), Residual(width)])
        self.last = nn.Conv2d(width, 2, 3, padding=1)
        nn.init.zeros_(self.last.weight)  # it begins by handing the color on as it is
        nn.init.zeros_(self.last.bias)

    def forward(self, x: Tensor, features: list[Tensor], matched: Tensor, size) -> Tensor:
        """From x at an eighth, the encoder's features and what was matched at a quarter, ab and how surely.

        Returns ab (N, 2, *size).
        """
        half, quarter, _ = features
        quarter = torch.cat([quarter, matched], 1)
        for up, block, skip in ((self.up4, self.blocks[0], quarter), (self.up2, self.blocks[1], half)):
            x = F.interpolate(x, skip.shape[2:], mode="bilinear")
            x = block(F.relu(up(torch.cat([x, skip], 1))))
        added = F.interpolate(self.last(F.relu(x)), scale_factor=2, mode="bilinear")
        passed = F.interpolate(matched[:, :2], added.shape[2:], mode="bilinear")
        return (passed + added)[..., : size[0], : size[1]]


def padded(x: Tensor) -> Tensor:
    """(N, C, H, W) with its last row and column repeated until `STRIDE` divides height and width."""
    below, right = (-extent % STRIDE for extent in x.shape[2:])
    return F.pad(x, (0, right, 0, below), mode="replicate")


def check_clip(lightness: Tensor, reference_ab: Tensor) -> None:
    """Refuse what isn't lightness (N, T, 1, H, W) with a reference's ab (N, 2, H, W)."""
    rows, *_ = lightness.shape
    if (
        lightness.ndim != 5
        or lightness.shape[2] != 1
        or reference_ab.shape != (rows, 2, *lightness.shape[3:])
    ):
        raise ValueError(
            "lightness must be (N, T, 1, H, W) and reference_ab (N, 2, H, W); "
            f"got {tuple(lightness.shape)} and {tuple(reference_ab.shape)}"
        )
