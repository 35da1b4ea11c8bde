"""Train a video colorizer: ``python -m course_lib.video.train CONFIG``.

CONFIG is a name in `course_lib/video/configs/`, or the path of a TOML file like those. A run that was killed goes on
from its last save when the same command is given again, and ends with the same weights.
"""

import json
from pathlib import Path

import torch

from course_lib.layers.resumable import write_weights
from course_lib.layers.train_command import command, run
from course_lib.layers.train_command import read_config as read_form
from course_lib.video.clip_sets import mirrored, open_clip_sets
from course_lib.video.heads import CHANNELS
from course_lib.video.recurrent_unet import FAMILIES, RecurrentUNet
from course_lib.video.training import ClipTrainer

CONFIGS = Path(__file__).parent / "configs"

_FORM = {
    "rows": int,
    "chunk": int,
    "data": {"train": list, "validation": list, "size": list},
    "model": {
        "family": tuple(FAMILIES),
        "width": int,
        "skips": (True, False),
        "recurrence": ("none", "location", "conv"),
        "two_way": (True, False),
        "head": tuple(CHANNELS),
    },
    "loss": {"softmaxes": (1, 2)},
}
# what a run's network has otherwise than its family
_OPTIONAL = {f"model.{name}" for name in ("width", "skips", "recurrence", "two_way", "head")}


def read_config(name: str) -> dict:
    """The configuration of this name, or in this file.

    Raises
    ------
    FileNotFoundError, ValueError
        What `course_lib.layers.train_command.read_config` refuses; sizes that aren't two whole numbers.
    """
    config = read_form(name, CONFIGS, _FORM, optional=_OPTIONAL)
    size = config["data"]["size"]
    if len(size) != 2 or not all(type(side) is int and side > 0 for side in size):
        raise ValueError(f"{name}: data.size must be a width and a height in pixels, got {size}")
    return config


def options_of(config: dict) -> dict:
    """The options of `RecurrentUNet`: those of the family, and what the configuration has otherwise."""
    own = dict(config["model"])
    return FAMILIES[own.pop("family")] | own


def train(name: str, states: Path) -> ClipTrainer:
    """Train what a configuration says, going on from the state in the folder `states` when one lies there.

    Raises
    ------
    FileNotFoundError, ValueError
        What `read_config`, `open_clip_sets` and `ResumableTrainer.resume` refuse.
    """
    config = read_config(name)
    data = config["data"]
    training = mirrored(open_clip_sets(data["train"], tuple(data["size"])))
    validation = open_clip_sets(data["validation"], tuple(data["size"]))
    both = set(training.names) & set(validation.names)
    if both:
        raise ValueError(f"data.validation must not hold what is trained on; got {', '.join(sorted(both))}")
    torch.manual_seed(config["seed"])
    trainer = ClipTrainer(RecurrentUNet(**options_of(config)), config, clips=training)
    run(trainer, states / config["name"], lambda: trainer.validate(validation))
    return trainer


def write_checkpoint(trainer: ClipTrainer, path: Path) -> None:
    """Write the weights as float16, and as metadata ``"recurrent_unet"`` the JSON of what rebuilds and runs the network."""
    config = trainer.config
    about = {"options": options_of(config), "chunk": config["chunk"], "size": config["data"]["size"]}
    write_weights(trainer.model, path, {"recurrent_unet": json.dumps(about)})


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    command("course_lib.video.train", __doc__.splitlines()[0], train, write_checkpoint, arguments)


if __name__ == "__main__":
    main()
