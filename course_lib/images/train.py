"""Train a colorizer: ``python -m course_lib.images.train CONFIG``.

CONFIG is a name in `course_lib/images/configs/`, or the path of a TOML file like those. A run that was killed goes on
from its last save when the same command is given again, and ends with the same weights.
"""

import json
from pathlib import Path

import numpy as np
import torch

from course_lib.images.colorization_net import ColorizationNet
from course_lib.images.photo_sets import SCENES, PhotoSet, open_photo_sets
from course_lib.images.rebalancing import color_prior, rebalancing_weights
from course_lib.images.training import FIRST, STRIDE, Trainer
from course_lib.layers.resumable import write_weights
from course_lib.layers.train_command import command, run, set_aside
from course_lib.layers.train_command import read_config as read_form

CONFIGS = Path(__file__).parent / "configs"

_FORM = {
    "batch_size": int,
    "crop": int,
    "precision": ("float32", "bfloat16"),
    "data": {"train": list, "validation": int, "short_side": int},
    "model": {"width": int},
    "loss": {
        "kind": ("classification", "regression"),
        "mixing": float,
        "color_weight": float,
        "scene_weight": float,
    },
}
_OPTIONAL = {"loss.mixing"}  # of the uniform distribution into the prior; only classes have one


def read_config(name: str) -> dict:
    """The configuration of this name, or in this file.

    Raises
    ------
    FileNotFoundError, ValueError
        What `course_lib.layers.train_command.read_config` refuses; a crop that doesn't fit.
    """
    config = read_form(name, CONFIGS, _FORM, optional=_OPTIONAL)
    if config["crop"] % STRIDE or config["crop"] > config["data"]["short_side"]:
        raise ValueError(f"{name}: crop must be a multiple of {STRIDE} and at most data.short_side")
    return config


def split_photos(config: dict) -> tuple[PhotoSet, PhotoSet]:
    """Photos to train on, and those set aside for the validation curve, drawn by the seed before anything else.

    Raises
    ------
    FileNotFoundError, ValueError
        What `open_photo_sets` refuses; too few photos to set that many aside.
    """
    data = config["data"]
    photos = open_photo_sets(data["train"], data["short_side"])
    return set_aside(photos, data["validation"], config["seed"])


def train(name: str, states: Path) -> Trainer:
    """Train what a configuration says, going on from the state in the folder `states` when one lies there.

    Raises
    ------
    FileNotFoundError, ValueError
        What `read_config`, `split_photos` and `ResumableTrainer.resume` refuse.
    """
    config = read_config(name)
    training, validation = split_photos(config)
    weights = None
    if config["loss"]["kind"] == "classification":
        targets = (lab[FIRST::STRIDE, FIRST::STRIDE, 1:].astype(np.float32) for lab in training.lab)
        weights = rebalancing_weights(color_prior(targets), config["loss"].get("mixing", 0.5))
    torch.manual_seed(config["seed"])
    net = ColorizationNet(scenes=len(SCENES), width=config["model"]["width"])
    trainer = Trainer(net, config, photos=training, bin_weights=weights)
    run(trainer, states / config["name"], lambda: trainer.validate(validation))
    return trainer


def write_checkpoint(trainer: Trainer, path: Path) -> None:
    """Write the network's weights as float16, and as metadata ``"colorizer"`` the JSON of what rebuilds it."""
    config = trainer.config
    about = {
        "kind": config["loss"]["kind"],
        "bins": trainer.model.bins.out_channels,
        "scenes": list(SCENES),
        "width": config["model"]["width"],
        "short_side": config["data"]["short_side"],
    }
    write_weights(trainer.model, path, {"colorizer": json.dumps(about)})


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    command("course_lib.images.train", __doc__.splitlines()[0], train, write_checkpoint, arguments)


if __name__ == "__main__":
    main()
