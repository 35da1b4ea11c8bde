"""Training a `ColorizationNet`: what one step is.

Everything random follows from (seed, step), so a run that was killed and resumed ends as one that wasn't.
"""

import numpy as np
import torch
from torch import Tensor, nn

from course_lib.color import AB_SCALE, SoftEncoder, ab_bin_centers
from course_lib.images.losses import regression_loss, scene_loss, sparse_soft_cross_entropy
from course_lib.images.photo_sets import Batch, PhotoSet, batch_of_step, crops
from course_lib.layers.resumable import ResumableTrainer

STRIDE = 4  # the network answers at a quarter of the size; its targets are every fourth pixel, as in the authors' code
FIRST = 2  # of each four, next to the middle, which is where bilinear enlarging puts the answer
_VALIDATION_BATCH = 50


class Trainer(ResumableTrainer):
    """A colorizer of photos with its batches and its losses.

    Parameters
    ----------
    model : ColorizationNet
    config : dict
        As `course_lib.images.train.read_config` gives it.
    photos : PhotoSet
        To train on.
    bin_weights : ndarray, (Q,), optional
        From `rebalancing_weights`; without, every color counts alike.
    """

    def __init__(
        self, model: nn.Module, config: dict, *, photos: PhotoSet, bin_weights: np.ndarray | None = None
    ):
        super().__init__(model, config, data={"photos": photos.names})
        self.photos = photos
        self.bin_weights = None if bin_weights is None else torch.from_numpy(bin_weights).float()
        self.encoder = SoftEncoder(ab_bin_centers())

    def losses_of(self, batch: Batch) -> dict[str, Tensor]:
        """The heads' losses on a batch, apart: ``color`` and ``scene``."""
        lightness = torch.from_numpy(batch.lab[..., 0]).unsqueeze(1) / 100  # (N, 1, S, S)
        ab = batch.lab[:, FIRST::STRIDE, FIRST::STRIDE, 1:]  # (N, S/4, S/4, 2)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.config["precision"] == "bfloat16"):
            heads = self.model(lightness.contiguous(memory_format=torch.channels_last))
        if self.config["loss"]["kind"] == "regression":
            color = regression_loss(heads["ab"].float(), _second_axis(ab / AB_SCALE))
        else:
            indices, weights = self.encoder.encode_sparse(ab)  # both (N, S/4, S/4, K)
            color = sparse_soft_cross_entropy(
                heads["bins"].float(), _second_axis(indices), _second_axis(weights), self.bin_weights
            )
        return {"color": color, "scene": scene_loss(heads["scene"].float(), torch.from_numpy(batch.scenes))}

    def step(self) -> None:
        """One step of the optimizer, on the batch that belongs to it."""
        config = self.config
        torch.manual_seed(config["seed"] * 1_000_003 + self.step_done)  # of the dropout
        self.model.train()
        batch = batch_of_step(
            self.photos, config["batch_size"], config["crop"], config["seed"], self.step_done
        )
        losses = self.losses_of(batch)
        total = sum(config["loss"][f"{name}_weight"] * loss for name, loss in losses.items())
        self.optimize(total)
        self.recent.append({name: loss.item() for name, loss in losses.items()})

    @torch.no_grad()
    def validate(self, photos: PhotoSet) -> dict[str, float]:
        """Add to the curve: the losses on these photos, always the same crops, beside those since the last time."""
        self.model.eval()
        totals = {"color": 0.0, "scene": 0.0}
        for start in range(0, len(photos), _VALIDATION_BATCH):
            indices = range(start, min(start + _VALIDATION_BATCH, len(photos)))
            batch = crops(photos, indices, self.config["crop"], np.random.default_rng(start))
            for name, loss in self.losses_of(batch).items():
                totals[name] += loss.item() * len(indices) / len(photos)
        point: dict[str, float] = {"step": self.step_done}
        for name, loss in totals.items():
            point[f"train_{name}"] = float(np.mean([losses[name] for losses in self.recent]))
            point[f"validation_{name}"] = loss
        self.recent.clear()
        self.curve.append(point)
        return point


def _second_axis(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 1)))
