"""Training exemplar colorizers on short clips: the first frame's color is given, that of the others is to be found."""

import numpy as np
import torch
from torch import Tensor, nn

from course_lib.color import AB_SCALE
from course_lib.layers.resumable import ResumableTrainer
from course_lib.video.clip_sets import ClipSet
from course_lib.video.colormnet.exemplar_clips import ExemplarClips

_EVERY = 4  # frames of a validation clip, of which one is colored


class ExemplarTrainer(ResumableTrainer):
    """An exemplar colorizer with what it learns from.

    Parameters
    ----------
    model : Module
        With ``propagate(lightness, reference_ab)``.
    config : dict
        As `course_lib.video.colormnet.train.read_config` gives it.
    clips : ExemplarClips
        To train on.
    """

    def __init__(self, model: nn.Module, config: dict, *, clips: ExemplarClips):
        super().__init__(model, config, data={"clips": clips.names})
        self.clips = clips

    def loss_of(self, lab: np.ndarray) -> Tensor:
        """Mean absolute error of normalized ab over the frames after the first, for Lab (N, T, H, W, 3)."""
        frames = torch.from_numpy(lab).movedim(-1, 2)  # (N, T, 3, H, W)
        lightness, ab = frames[:, :, :1] / 100, frames[:, :, 1:] / AB_SCALE
        return (self.model.propagate(lightness, ab[:, 0]) - ab)[:, 1:].abs().mean()

    def step(self) -> None:
        """One step of the optimizer, on the step's own batch."""
        config = self.config
        # what a network draws follows from the step too, so that a killed run draws it again
        torch.manual_seed(config["seed"] + 1_000_003 * self.step_done)
        self.model.train()
        lab = self.clips.batch(
            config["seed"],
            self.step_done,
            rows=config["rows"],
            frames=config["frames"],
            size=tuple(config["data"]["size"]),
        )
        loss = self.loss_of(lab)
        self.optimize(loss)
        self.recent.append({"color": loss.item()})

    @torch.no_grad()
    def validate(self, clips: ClipSet) -> dict[str, float]:
        """Add to the curve: the mean loss over these clips, every fourth frame, beside that since the last time."""
        self.model.eval()
        losses = [self.loss_of(clip[::_EVERY][None].astype(np.float32)).item() for clip in clips.clips]
        point = {
            "step": self.step_done,
            "train_color": float(np.mean([loss["color"] for loss in self.recent])),
            "validation_color": float(np.mean(losses)),
        }
        self.recent.clear()
        self.curve.append(point)
        return point
