"""Training that survives a kill: a network, its optimizer and its schedule, kept on disk as one state.

A trainer whose batches follow from (seed, step), or from a state that it keeps too, ends after any number of kills with
the same weights, bit for bit, on the same machine with the same number of threads.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import lr_scheduler

OPTIMIZERS = {"Adam": torch.optim.Adam, "RMSprop": torch.optim.RMSprop}
SCHEDULES = ("constant", "step", "cyclic")


class ResumableTrainer:
    """What every training shares; a subclass adds `step` and `validate`.

    Parameters
    ----------
    model : Module
    config : dict
        With ``"steps"``, ``"optimizer"`` and ``"schedule"`` as the configurations of the rooms have them.
    data : dict of {str: sequence of str}
        Names of what is trained on, under a word for it, such as ``{"photos": [...]}``. A state made with other data
        is refused.

    Attributes
    ----------
    step_done : int
    recent : list of dict
        Losses since the last validation.
    curve : list of dict
        Mean losses at the steps at which they were validated.
    seconds : float
        Spent in training, over all runs.
    """

    def __init__(self, model: nn.Module, config: dict, *, data: dict[str, Sequence[str]]):
        self.model = model.to(memory_format=torch.channels_last)  # half again as fast on a CPU
        self.config = config
        self.step_done = 0
        self.recent: list[dict[str, float]] = []
        self.curve: list[dict[str, float]] = []
        self.seconds = 0.0
        options = config["optimizer"]
        self.optimizer = OPTIMIZERS[options["kind"]](
            model.parameters(), lr=options["learning_rate"], weight_decay=options["weight_decay"]
        )
        self.schedule = _schedule(self.optimizer, config["schedule"], config["steps"])
        self._run = {"config": config} | {
            word: hashlib.sha256("\n".join(names).encode()).hexdigest() for word, names in data.items()
        }

    def step(self) -> None:
        """One step of the training, as the subclass has it: `optimize`, and its losses put on `recent`."""
        raise NotImplementedError

    def place(self) -> tuple[dict, dict[str, Tensor]]:
        """What else must be kept to go on from here: plain numbers, and tensors by name. Nothing, by default."""
        return {}, {}

    def take_place(self, numbers: dict, tensors: dict[str, Tensor]) -> None:
        """Go on from what `place` gave."""

    def optimize(self, loss: Tensor) -> None:
        """One step of the optimizer and of the schedule down this loss."""
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.step_done += 1

    def save(self, folder: Path) -> None:
        """Write the whole state to `folder`, replacing the last one only when the new one is complete."""
        state = self.optimizer.state_dict()
        numbers, tensors = self.place()
        tensors = {f"place.{name}": value for name, value in tensors.items()}
        tensors |= {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for index, slots in state["state"].items():
            tensors |= {f"optimizer.{index}.{slot}": value for slot, value in slots.items()}
        rest = self._run | {
            "place": numbers,
            "step_done": self.step_done,
            "recent": self.recent,
            "curve": self.curve,
            "seconds": self.seconds,
            "groups": state["param_groups"],
            "schedule": self.schedule.state_dict(),
        }
        tensors = {name: value.contiguous() for name, value in tensors.items()}
        text = json.dumps(rest)
        about = {"state": text, "sha256": _digest(text, tensors)}
        write_safetensors(tensors, folder / "state.safetensors", about)

    def resume(self, folder: Path) -> bool:
        """Take up the state that `save` left in `folder`; False when there is none.

        Raises
        ------
        ValueError
            A damaged state, or one of another configuration or other data.
        """
        path = folder / "state.safetensors"
        if not path.is_file():
            return False
        try:
            with safe_open(path, framework="pt") as file:
                about = file.metadata()
            tensors, rest = load_file(path), json.loads(about["state"])
            # a disk that lost power can leave zeros in a file of the right size
            if about.get("sha256") not in (None, _digest(about["state"], tensors)):
                raise ValueError("it isn't what was written")
        except (SafetensorError, TypeError, KeyError, ValueError) as error:
            raise ValueError(f"{path} is damaged; remove it to begin anew ({error})") from error
        for name, ours in self._run.items():
            if rest.get(name) != ours:
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
        self.take_place(rest["place"], _under("place.", tensors))
        return True


def write_safetensors(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    """Write a safetensors file, making its folder; whoever is killed half way leaves the former file as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".part")
    save_file(tensors, scratch, metadata=metadata)
    scratch.replace(path)


def write_weights(model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
    """Write a network's weights as float16.

    Raises
    ------
    ValueError
        A weight that isn't finite in float16.
    """
    weights = {}
    for name, value in model.state_dict().items():
        weights[name] = (value.half() if value.is_floating_point() else value).contiguous()
        if not weights[name].isfinite().all():
            raise ValueError(f"{name} isn't finite in float16; the training went astray")
    write_safetensors(weights, path, metadata)


def _digest(text: str, tensors: dict[str, Tensor]) -> str:
    """The hash of a state: its numbers, and its tensors by name."""
    found = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        found.update(f"\n{name} {tensors[name].dtype} {list(tensors[name].shape)}\n".encode())
        found.update(tensors[name].contiguous().flatten().view(torch.uint8).numpy())
    return found.hexdigest()


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


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
