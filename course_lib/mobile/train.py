"""Train the heavy colorizer: ``python -m course_lib.mobile.train CONFIG``.

CONFIG is a name in `course_lib/mobile/configs/`, or the path of a TOML file like those. A run that was killed goes on
from its last save when the same command is given again, and ends with the same weights.
"""

import json
from pathlib import Path

import torch

from course_lib.images.colorizer import pretrained as part_one
from course_lib.images.train import split_photos
from course_lib.layers.resumable import write_weights
from course_lib.layers.train_command import command, run
from course_lib.layers.train_command import read_config as read_form
from course_lib.mobile.encoders import ColorizationEncoder
from course_lib.mobile.query_colorizer import built
from course_lib.mobile.training import QueryTrainer

CONFIGS = Path(__file__).parent / "configs"

_FORM = {
    "batch_size": int,
    "crop": int,
    "smallest": int,
    "tone": float,
    "average": float,
    "start": ("anew", "regression"),
    "keep": float,
    "data": {"train": list, "validation": int, "short_side": int},
    "model": {
        "encoder_width": int,
        "depth": int,
        "width": int,
        "queries": int,
        "hidden": int,
        "layers": int,
        "heads": int,
        "feedforward": int,
    },
    "loss": {"weight": float},
}


def read_config(name: str) -> dict:
    """The configuration of this name, or in this file.

    Raises
    ------
    FileNotFoundError, ValueError
        What `course_lib.layers.train_command.read_config` refuses; sizes of crops or shares that don't fit.
    """
    config = read_form(name, CONFIGS, _FORM)
    for share in ("average", "keep"):
        if config[share] >= 1:
            raise ValueError(f"{name}: {share} must be below 1, got {config[share]}")
    if config["keep"] and config["start"] == "anew":
        raise ValueError(f"{name}: keep must be 0 when the start is anew, got {config['keep']}")
    smallest, crop, stride = config["smallest"], config["crop"], ColorizationEncoder.stride
    if smallest % stride or crop % stride or not smallest <= crop <= config["data"]["short_side"]:
        raise ValueError(
            f"{name}: smallest and crop must be multiples of {stride}, smallest at most crop, and crop at most data.short_side"
        )
    return config


def train(name: str, states: Path) -> QueryTrainer:
    """Train what a configuration says, going on from the state in the folder `states` when one lies there.

    Raises
    ------
    FileNotFoundError, ValueError
        What `read_config`, `split_photos`, `built` and `ResumableTrainer.resume` refuse.
    """
    config = read_config(name)
    training, validation = split_photos(config)
    torch.manual_seed(config["seed"])
    start = part_one("regression").net if config["start"] == "regression" else None
    trainer = QueryTrainer(built(config["model"], start), config, photos=training, start=start)
    run(trainer, states / config["name"], lambda: trainer.validate(validation))
    return trainer


def write_checkpoint(trainer: QueryTrainer, path: Path) -> None:
    """Write the settled weights as float16, and as metadata ``"query_colorizer"`` the JSON of what rebuilds it."""
    config = trainer.config
    about = {"model": config["model"], "short_side": config["data"]["short_side"]}
    write_weights(trainer.settled(), path, {"query_colorizer": json.dumps(about)})


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    command("course_lib.mobile.train", __doc__.splitlines()[0], train, write_checkpoint, arguments)


if __name__ == "__main__":
    main()
