"""Train a quality network: ``python -m course_lib.quality.train CONFIG``.

CONFIG is a name in `course_lib/quality/configs/`, or the path of a TOML file like those. A run that was killed goes on
from its last save when the same command is given again, and ends with the same weights.
"""

import json
from pathlib import Path

import torch

from course_lib.layers.resumable import write_weights
from course_lib.layers.train_command import command, run, set_aside
from course_lib.layers.train_command import read_config as read_form
from course_lib.quality.distortions import KINDS, REFERENCE_SIDE
from course_lib.quality.nima import BACKBONES, NIMA
from course_lib.quality.rated_photos import LEVELS, RatedPhotos, open_rated_photos, validation_set
from course_lib.quality.training import Trainer

CONFIGS = Path(__file__).parent / "configs"

_FORM = {
    "head_steps": int,
    "batch_size": int,
    "crop": int,
    "data": {"train": list, "validation": int, "kinds": list, "levels": int},
    "model": {"backbone": tuple(BACKBONES), "width": float, "dropout": float},
    "start": str,
}


def read_config(name: str) -> dict:
    """The configuration of this name, or in this file.

    Raises
    ------
    FileNotFoundError, ValueError
        What `course_lib.layers.train_command.read_config` refuses; a crop, kinds or levels that don't fit.
    """
    config = read_form(name, CONFIGS, _FORM, optional={"start"})
    data = config["data"]
    if not 32 <= config["crop"] <= REFERENCE_SIDE:
        raise ValueError(f"{name}: crop must be from 32 to {REFERENCE_SIDE}; got {config['crop']}")
    if not set(data["kinds"]) <= set(KINDS):
        raise ValueError(f"{name}: data.kinds must be some of {', '.join(KINDS)}; got {data['kinds']}")
    if data["levels"] > len(LEVELS) + 1 or config["batch_size"] % data["levels"]:
        raise ValueError(
            f"{name}: data.levels must be from 1 to {len(LEVELS) + 1} and divide batch_size = "
            f"{config['batch_size']}; got {data['levels']}"
        )
    return config


def split_photos(config: dict) -> tuple[RatedPhotos, RatedPhotos]:
    """Photos to train on, and those set aside for the validation curve, drawn by the seed before anything else.

    Raises
    ------
    FileNotFoundError, ValueError
        What `open_rated_photos` refuses; too few photos to set that many aside.
    """
    photos = open_rated_photos(config["data"]["train"], config["seed"])
    return set_aside(photos, config["data"]["validation"], config["seed"])


def train(name: str, states: Path) -> Trainer:
    """Train what a configuration says, going on from the state in the folder `states` when one lies there.

    One with a `start` takes the backbone of the configuration named there, which is trained before it.

    Raises
    ------
    FileNotFoundError, ValueError
        What `read_config`, `split_photos` and `ResumableTrainer.resume` refuse; a `start` with another backbone.
    """
    config = read_config(name)
    training, aside = split_photos(config)
    torch.manual_seed(config["seed"])
    model = NIMA(**config["model"])
    if "start" in config:
        before = _start(config, states)
        model.features.load_state_dict(before.model.features.state_dict())
    trainer = Trainer(model, config, photos=training)
    inputs, scores = validation_set(aside, config["seed"])
    run(trainer, states / config["name"], lambda: trainer.validate(inputs, scores))
    if "start" in config:
        trainer.seconds += before.seconds  # the card tells what the whole took
    return trainer


def _start(config: dict, states: Path) -> Trainer:
    """The training that a configuration starts from, trained now where it isn't yet."""
    before = read_config(config["start"])
    for what in ("backbone", "width"):
        if before["model"][what] != config["model"][what]:
            raise ValueError(
                f"{config['name']} starts from {config['start']}, whose {what} is {before['model'][what]!r}, not "
                f"{config['model'][what]!r}"
            )
    if "start" in before:
        raise ValueError(f"{config['name']} starts from {config['start']}, which starts from another itself")
    return train(config["start"], states)


def write_checkpoint(trainer: Trainer, path: Path) -> None:
    """Write the network's weights as float16, and as metadata ``"nima"`` the JSON of what rebuilds it."""
    write_weights(trainer.model, path, {"nima": json.dumps(trainer.config["model"])})


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    command("course_lib.quality.train", __doc__.splitlines()[0], train, write_checkpoint, arguments)


if __name__ == "__main__":
    main()
