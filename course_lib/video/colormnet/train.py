"""Train an exemplar colorizer: ``python -m course_lib.video.colormnet.train CONFIG``.

CONFIG is a name in `course_lib/video/colormnet/configs/`, or the path of a TOML file like those. A run that was killed
goes on from its last save when the same command is given again, and ends with the same weights.
"""

import json
from pathlib import Path

import torch

from course_lib.layers.resumable import write_weights
from course_lib.layers.train_command import command, run
from course_lib.layers.train_command import read_config as read_form
from course_lib.video.clip_sets import open_clip_sets
from course_lib.video.colormnet.exemplar_clips import FRAME_SIZE, KINDS, open_exemplar_clips
from course_lib.video.colormnet.families import FAMILIES, build
from course_lib.video.colormnet.training import ExemplarTrainer

CONFIGS = Path(__file__).parent / "configs"

_FORM = {
    "rows": int,
    "frames": int,
    "data": {"train": list, "shares": dict.fromkeys(KINDS, float), "validation": list, "size": list},
    "model": {
        "family": tuple(FAMILIES),
        "width": int,
        "semantic": (True, False),
        "local_attention": (True, False),
    },
}
_OPTIONAL = {"model.width", "model.semantic", "model.local_attention"}


def read_config(name: str) -> dict:
    """The configuration of this name, or in this file.

    Raises
    ------
    FileNotFoundError, ValueError
        What `course_lib.layers.train_command.read_config` refuses; sizes that aren't two whole numbers up to those of
        the frames; a single frame.
    """
    config = read_form(name, CONFIGS, _FORM, optional=_OPTIONAL)
    size = config["data"]["size"]
    if len(size) != 2 or not all(
        type(side) is int and 32 <= side <= most for side, most in zip(size, FRAME_SIZE, strict=True)
    ):
        raise ValueError(
            f"{name}: data.size must be a width and a height from 32 to {FRAME_SIZE}, got {size}"
        )
    if config["frames"] < 2:
        raise ValueError(
            f"{name}: frames must be at least 2, the first is the reference; got {config['frames']}"
        )
    return config


def train(name: str, states: Path) -> ExemplarTrainer:
    """Train what a configuration says, going on from the state in the folder `states` when one lies there.

    Raises
    ------
    FileNotFoundError, ValueError
        What `read_config`, `open_exemplar_clips` and `ResumableTrainer.resume` refuse.
    """
    config = read_config(name)
    data = config["data"]
    training = open_exemplar_clips(data["train"], data["shares"])
    validation = open_clip_sets(data["validation"], FRAME_SIZE)
    both = set(training.names) & set(validation.names)
    if both:
        raise ValueError(f"data.validation must not hold what is trained on; got {', '.join(sorted(both))}")
    torch.manual_seed(config["seed"])
    trainer = ExemplarTrainer(build(config["model"]), config, clips=training)
    run(trainer, states / config["name"], lambda: trainer.validate(validation))
    return trainer


def write_checkpoint(trainer: ExemplarTrainer, path: Path) -> None:
    """Write the weights as float16, and as metadata ``"colormnet"`` the JSON of what rebuilds the network."""
    write_weights(trainer.model, path, {"colormnet": json.dumps(trainer.config["model"])})


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    command("course_lib.video.colormnet.train", __doc__.splitlines()[0], train, write_checkpoint, arguments)


if __name__ == "__main__":
    main()
