"""Training a `ColorizationNet`: one step, and a state on disk that survives a kill.

Everything random follows from (seed, step), so a run that was killed and resumed ends with the same weights, bit for
bit, as one that wasn't, on the same machine with the same number of threads.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import lr_scheduler

from course_lib.color import SoftEncoder, ab_bin_centers
from course_lib.images.losses import regression_loss, scene_loss, sparse_soft_cross_entropy
from course_lib.images.photo_sets import Batch, PhotoSet, batch_of_step, crops

AB_SCALE = 110.0  # normalized ab = ab / 110
STRIDE = 4  # the network answers at a quarter of the size; its targets are every fourth pixel, as in the authors' code
FIRST = 2  # of each four, next to the middle, which is where bilinear enlarging puts the answer
_VALIDATION_BATCH = 50

OPTIMIZERS = {"Adam": torch.optim.Adam, "RMSprop": torch.optim.RMSprop}
SCHEDULES = ("constant", "step", "cyclic")


class Trainer:
    """A network, its optimizer and its schedule, with a step, a save and a resume.

    Parameters
    ----------
    model : ColorizationNet
    config : dict
        As `course_lib.images.train.read_config` gives it.
    photos : PhotoSet
        To train on.
    bin_weights : ndarray, (Q,), optional
        From `rebalancing_weights`; without, every color counts alike.

    Attributes
    ----------
    step_done : int
    curve : list of dict
        Mean losses at the steps at which they were validated.
    seconds : float
        Spent in training, over all runs.
    """

    def __init__(
        self, model: nn.Module, config: dict, *, photos: PhotoSet, bin_weights: np.ndarray | None = None
    ):
        self.model = model.to(memory_format=torch.channels_last)  # half again as fast on a CPU
        self.config = config
        self.photos = photos
        self.bin_weights = None if bin_weights is None else torch.from_numpy(bin_weights).float()
        self.encoder = SoftEncoder(ab_bin_centers())
        self.step_done = 0
        self.recent: list[dict[str, float]] = []  # losses since the last validation
        self.curve: list[dict[str, float]] = []
        self.seconds = 0.0
        options = config["optimizer"]
        self.optimizer = OPTIMIZERS[options["kind"]](
            model.parameters(), lr=options["learning_rate"], weight_decay=options["weight_decay"]
        )
        self.schedule = _schedule(self.optimizer, config["schedule"], config["steps"])

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
        self.optimizer.zero_grad()
        total.backward()
        self.optimizer.step()
        self.schedule.step()
        self.step_done += 1
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
        point = {"step": self.step_done}
        for name, loss in totals.items():
            point[f"train_{name}"] = float(np.mean([losses[name] for losses in self.recent]))
            point[f"validation_{name}"] = loss
        self.recent.clear()
        self.curve.append(point)
        return point

    def save(self, folder: Path) -> None:
        """Write the whole state to `folder`, replacing the last one only when the new one is complete."""
        state = self.optimizer.state_dict()
        tensors = {f"model.{name}": value.contiguous() for name, value in self.model.state_dict().items()}
        for index, slots in state["state"].items():
            tensors |= {f"optimizer.{index}.{slot}": value.contiguous() for slot, value in slots.items()}
        rest = {
            "config": self.config,
            "photos": self._photos_digest(),
            "step_done": self.step_done,
            "recent": self.recent,
            "curve": self.curve,
            "seconds": self.seconds,
            "groups": state["param_groups"],
            "schedule": self.schedule.state_dict(),
        }
        write_safetensors(tensors, folder / "state.safetensors", {"state": json.dumps(rest)})

    def resume(self, folder: Path) -> bool:
        """Take up the state that `save` left in `folder`; False when there is none.

        Raises
        ------
        ValueError
            A damaged state, or one of another configuration or other photos.
        """
        path = folder / "state.safetensors"
        if not path.is_file():
            return False
        try:
            with safe_open(path, framework="pt") as file:
                rest = json.loads(file.metadata()["state"])
            tensors = load_file(path)
        except (SafetensorError, TypeError, KeyError, json.JSONDecodeError) as error:
            raise ValueError(f"{path} is damaged; remove it to begin anew ({error})") from error
        for name, ours in (("config", self.config), ("photos", self._photos_digest())):
            if rest[name] != ours:
                raise ValueError(
                    f"{path} was made with other {name}; remove it to begin anew, or give the run another name"
                )
        self.model.load_state_dict(_under("model.", tensors))
        slots: dict[int, dict[str, Tensor]] = {}
        parameters = list(self.model.parameters())
        for name, value in _under("optimizer.", tensors).items():
            index, _, slot = name.partition(".")
            like = parameters[int(index)]
            # laid out in memory as its parameter is: another order of the same sums could round otherwise
            laid_out = torch.empty_like(like).copy_(value) if value.shape == like.shape else value
            slots.setdefault(int(index), {})[slot] = laid_out.detach()
        self.optimizer.load_state_dict({"state": slots, "param_groups": rest["groups"]})
        self.schedule.load_state_dict(rest["schedule"])
        for name in ("step_done", "recent", "curve", "seconds"):
            setattr(self, name, rest[name])
        return True

    def _photos_digest(self) -> str:
        return hashlib.sha256("\n".join(self.photos.names).encode()).hexdigest()


def write_safetensors(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    """Write a safetensors file, making its folder; whoever is killed half way leaves the former file as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".part")
    save_file(tensors, scratch, metadata=metadata)
    scratch.replace(path)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _second_axis(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 1)))


def _schedule(optimizer: torch.optim.Optimizer, options: dict, steps: int) -> lr_scheduler.LRScheduler:
    rate = optimizer.param_groups[0]["lr"]
    if options["kind"] == "constant":
        return lr_scheduler.ConstantLR(optimizer, factor=1.0)
    if options["kind"] == "step":  # to a tenth, twice
        return lr_scheduler.StepLR(optimizer, step_size=max(1, -(-steps // 3)), gamma=0.1)
    # one triangle over the whole run: up in the first tenth, then down to nearly nothing
    up = max(1, round(steps * 0.1))
    down = max(1, steps - up)
    # the momentum stays; PyTorch would change it, and RMSprop has none to change
    return lr_scheduler.CyclicLR(optimizer, rate / 100, rate, up, down, cycle_momentum=False)
