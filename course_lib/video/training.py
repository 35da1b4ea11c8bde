"""Training a `RecurrentUNet`: chunk by chunk along many clips in lockstep, the state carried from chunk to chunk.

What must be kept to go on after a kill is more here than for photos: the place in the stream, and the network's memory
of what each row has shown so far.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from course_lib.color import AB_SCALE
from course_lib.layers.resumable import ResumableTrainer
from course_lib.video.clip_sets import ClipSet
from course_lib.video.conv_lstm import State
from course_lib.video.heads import color_loss
from course_lib.video.recurrent_unet import RecurrentUNet
from course_lib.video.stream_loader import StatefulStreamLoader, StreamBatch


class ClipTrainer(ResumableTrainer):
    """A video colorizer with its stream of clips.

    Parameters
    ----------
    model : RecurrentUNet
    config : dict
        As `course_lib.video.train.read_config` gives it.
    clips : ClipSet
        To train on.
    """

    def __init__(self, model: RecurrentUNet, config: dict, *, clips: ClipSet):
        super().__init__(model, config, data={"clips": clips.names})
        self.loader = StatefulStreamLoader(clips.clips, config["rows"], config["chunk"], seed=config["seed"])
        self._batches = _endless(self.loader)
        self.state: State | None = None

    def place(self) -> tuple[dict, dict[str, Tensor]]:
        """The place in the stream, and the network's state."""
        return self.loader.state_dict(), dict(zip("hc", self.state or (), strict=False))

    def take_place(self, numbers: dict, tensors: dict[str, Tensor]) -> None:
        """Go on from what `place` gave."""
        self.loader.load_state_dict(numbers)
        self.state = (tensors["h"], tensors["c"]) if tensors else None

    def loss_of(self, batch: StreamBatch, state: State | None) -> tuple[Tensor, State | None]:
        """The loss over a batch's frames, padding left out, and the state after it."""
        lab = batch.frames.float().movedim(-1, 2)  # (N, T, 3, H, W)
        scores, state = self.model.scores(lab[:, :, :1] / 100, state, batch.is_first)
        ab = F.adaptive_avg_pool2d(lab[:, :, 1:].flatten(0, 1) / AB_SCALE, scores.shape[3:])
        shown = batch.valid.flatten()
        loss = color_loss(
            self.model.head,
            scores.flatten(0, 1)[shown],
            ab[shown],
            softmaxes=self.config["loss"]["softmaxes"],
        )
        return loss, state

    def step(self) -> None:
        """One step of the optimizer, on the next chunk of every row."""
        self.model.train()
        # the state comes without gradients: back-propagation through time ends at the chunk
        loss, self.state = self.loss_of(next(self._batches), self.state)
        self.optimize(loss)
        self.recent.append({"color": loss.item()})

    @torch.no_grad()
    def validate(self, clips: ClipSet) -> dict[str, float]:
        """Add to the curve: the mean loss over these clips' frames, beside that since the last time."""
        self.model.eval()
        loader = StatefulStreamLoader(clips.clips, len(clips), self.config["chunk"], seed=None)
        state: State | None = None
        total, frames = 0.0, 0
        for batch in loader:
            loss, state = self.loss_of(batch, state)
            shown = int(batch.valid.sum())
            total, frames = total + loss.item() * shown, frames + shown
        point = {
            "step": self.step_done,
            "train_color": float(np.mean([losses["color"] for losses in self.recent])),
            "validation_color": total / frames,
        }
        self.recent.clear()
        self.curve.append(point)
        return point


def _endless(loader: StatefulStreamLoader):
    while True:
        yield from loader
