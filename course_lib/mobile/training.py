"""Training a `QueryColorizer`: what one step is.

Everything random follows from (seed, step), so a run that was killed and resumed ends as one that wasn't.
"""

import copy

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.color import AB_SCALE
from course_lib.images.colorization_net import ColorizationNet
from course_lib.images.losses import regression_loss
from course_lib.images.photo_sets import PhotoSet, batch_of_step, crops
from course_lib.layers.resumable import ResumableTrainer
from course_lib.mobile.query_colorizer import QueryColorizer

_GRID = 8  # pixels from one size of windows to the next
_WARM_UP = 10  # steps in which the average forgets faster, since its beginning is no network yet
_SETTLING = 30  # batches over which the norms' statistics are taken anew
_VALIDATION_BATCH = 50


class QueryTrainer(ResumableTrainer):
    """A query colorizer with its batches, its loss, and the running mean of its weights, from which the shipped ones come.

    Parameters
    ----------
    model : QueryColorizer
    config : dict
        As `course_lib.mobile.train.read_config` gives it.
    photos : PhotoSet
        To train on.
    start : ColorizationNet, optional
        That the encoder began as.

    Attributes
    ----------
    average : QueryColorizer
        The running mean of the weights.
    """

    def __init__(
        self,
        model: QueryColorizer,
        config: dict,
        *,
        photos: PhotoSet,
        start: ColorizationNet | None = None,
    ):
        super().__init__(model, config, data={"photos": photos.names})
        self.photos = photos
        self.start = {} if start is None else start.state_dict()
        self.average = copy.deepcopy(self.model).eval()

    def place(self) -> tuple[dict, dict[str, Tensor]]:
        """The running mean."""
        return {}, dict(self.average.state_dict())

    def take_place(self, numbers: dict, tensors: dict[str, Tensor]) -> None:
        """Go on from what `place` gave."""
        self.average.load_state_dict(tensors)

    def step(self) -> None:
        """One step of the optimizer, on the batch that belongs to it."""
        config = self.config
        torch.manual_seed(config["seed"] * 1_000_003 + self.step_done)  # of the dropout
        self.model.train()
        lab = varied_batch(self.photos, config, self.step_done)
        loss = regression_loss(self.model(lab[:, :1]) / AB_SCALE, lab[:, 1:])
        self.optimize(config["loss"]["weight"] * loss)
        self.recent.append({"color": loss.item()})
        self._follow()

    @torch.no_grad()
    def _follow(self) -> None:
        memory = min(self.config["average"], self.step_done / (self.step_done + _WARM_UP))
        ours = self.average.state_dict()
        for name, value in self.model.state_dict().items():
            if value.is_floating_point():
                ours[name].lerp_(value, 1 - memory)
            else:
                ours[name].copy_(value)

    @torch.no_grad()
    def settled(self) -> QueryColorizer:
        """The running mean as it is shipped: part of the way back to its start, its norms fit for plain photos.

        Weights between those before and after go on from what the start knew of photos that this training never shows
        (M. Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022, https://arxiv.org/abs/2109.01903).
        Batch norms have seen `varied_batch`, whose statistics aren't those of plain photos, and average them over
        weights that are gone; they are taken anew over plain crops of the photos trained on.
        """
        net = copy.deepcopy(self.average)
        for name, value in net.encoder.state_dict().items():
            if name in self.start and value.is_floating_point():
                value.lerp_(self.start[name], self.config["keep"])
        norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # a plain mean
            norm.train()
        config = self.config
        for step in range(_SETTLING):
            batch = batch_of_step(self.photos, config["batch_size"], config["crop"], config["seed"], step)
            net(_normalized(batch.lab)[:, :1])
        return net.eval()

    @torch.no_grad()
    def validate(self, photos: PhotoSet) -> dict[str, float]:
        """Add to the curve: the settled loss on these photos, always the same crops, beside the training's."""
        net, total = self.settled(), 0.0
        for start in range(0, len(photos), _VALIDATION_BATCH):
            indices = range(start, min(start + _VALIDATION_BATCH, len(photos)))
            batch = crops(photos, indices, self.config["crop"], np.random.default_rng(start))
            lab = _normalized(batch.lab)
            loss = regression_loss(net(lab[:, :1]) / AB_SCALE, lab[:, 1:])
            total += loss.item() * len(indices) / len(photos)
        point = {
            "step": self.step_done,
            "train_color": float(np.mean([losses["color"] for losses in self.recent])),
            "validation_color": total,
        }
        self.recent.clear()
        self.curve.append(point)
        return point


def varied_batch(photos: PhotoSet, config: dict, step: int) -> Tensor:
    """The photos of a training step as L / 100 and normalized ab, (N, 3, S, S), varied more than by cutting.

    S is `smallest` or `crop`. Every second batch shows windows of another size, enlarged or reduced to S. The tone of
    half the photos is bent by a power, as another exposure would; their colors stay.
    """
    smallest, largest = config["smallest"], config["crop"]
    rng = np.random.default_rng([config["seed"], step, 1])
    size = int(rng.choice([smallest, largest]))
    window = int(rng.choice(np.arange(smallest, largest + 1, _GRID))) if rng.random() < 0.5 else size
    batch = batch_of_step(photos, config["batch_size"], window, config["seed"], step)
    lab = _normalized(batch.lab)
    if window != size:
        lab = F.interpolate(lab, (size, size), mode="bilinear", align_corners=False, antialias=True)
    bend = config["tone"] * rng.uniform(-1, 1, len(lab)) * (rng.random(len(lab)) < 0.5)
    powers = torch.from_numpy(np.exp(bend).astype(np.float32))[:, None, None, None]
    lightness = lab[:, :1].clamp(0, 1) ** powers
    return torch.cat([lightness, lab[:, 1:]], 1).contiguous(memory_format=torch.channels_last)


def _normalized(lab: np.ndarray) -> Tensor:
    scales = torch.tensor([100.0, AB_SCALE, AB_SCALE])
    return (torch.from_numpy(lab) / scales).movedim(-1, 1)
