"""Training a NIMA: first the dense layer on a backbone that stays as it is, then everything.

Everything random follows from (seed, step), so a run that was killed and resumed ends as one that wasn't.
"""

import numpy as np
import torch
from torch import Tensor

from course_lib.layers.resumable import ResumableTrainer
from course_lib.quality.distributions import earth_movers_distance, mean_score, rank_correlation
from course_lib.quality.nima import NIMA
from course_lib.quality.rated_photos import RatedPhotos, training_batch

_EVALUATION_BATCH = 50


class Trainer(ResumableTrainer):
    """A NIMA with its photos.

    Parameters
    ----------
    model : NIMA
    config : dict
        As `course_lib.quality.train.read_config` gives it.
    photos : RatedPhotos
        To train on.
    """

    def __init__(self, model: NIMA, config: dict, *, photos: RatedPhotos):
        super().__init__(model, config, data={"photos": photos.names})
        self.photos = photos

    def step(self) -> None:
        """One step of the optimizer, on the batch that belongs to it."""
        config = self.config
        torch.manual_seed(config["seed"] * 1_000_003 + self.step_done)  # of the dropout
        self.model.train()
        head_only = self.step_done < config["head_steps"]
        self.model.features.requires_grad_(not head_only)
        data = config["data"]
        photos, scores = training_batch(
            self.photos,
            config["batch_size"],
            config["crop"],
            config["seed"],
            self.step_done,
            kinds=data["kinds"],
            levels=data["levels"],
        )
        loss = earth_movers_distance(self.model(as_tensor(photos)), torch.from_numpy(scores)).mean()
        self.optimize(loss)
        self.recent.append({"emd": loss.item()})

    def validate(self, photos: np.ndarray, scores: np.ndarray) -> dict[str, float]:
        """Add to the curve: distance and rank correlation on these, beside the distance since the last time."""
        shares = predict(self.model, photos)
        point = {
            "step": self.step_done,
            "train_emd": float(np.mean([losses["emd"] for losses in self.recent])),
            "validation_emd": float(earth_movers_distance(shares, scores).mean()),
            "validation_srcc": rank_correlation(mean_score(shares), mean_score(scores)),
        }
        self.recent.clear()
        self.curve.append(point)
        return point


def as_tensor(photos: np.ndarray) -> Tensor:
    """Photos (N, H, W, 3) → (N, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(photos)).movedim(
        -1, 1
    )  # channels last in memory, as the network


@torch.no_grad()
def predict(model: NIMA, photos: np.ndarray) -> np.ndarray:
    """Shares (N, 10) float64 of photos (N, H, W, 3) float32 in [0, 1]; puts the model into evaluation mode."""
    model.eval()
    batches = (photos[i : i + _EVALUATION_BATCH] for i in range(0, len(photos), _EVALUATION_BATCH))
    return np.concatenate([model(as_tensor(batch)).double().numpy() for batch in batches])
