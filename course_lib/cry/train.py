"""Train a cry detector: ``python -m course_lib.cry.train CONFIG``.

CONFIG is a name in `course_lib/cry/configs/`, or the path of a TOML file like those. A run that was killed goes on from
its last save when the same command is given again, and ends with the same weights.
"""

from pathlib import Path

import numpy as np
import torch

from course_lib.cry.cry_input import heard
from course_lib.cry.detector import CryDetector, save_detector
from course_lib.cry.recordings import open_recordings
from course_lib.cry.training import CryTrainer
from course_lib.layers.train_command import command, run
from course_lib.layers.train_command import read_config as read_form

CONFIGS = Path(__file__).parent / "configs"

_FORM = {
    "batch_size": int,
    "cries": float,
    "label_smoothing": float,
    "data": {"train": list, "validation": list},
    "model": {"width": float},
}
_OPTIONAL = {"data.validation"}  # the shipped detector is trained on all folds


def read_config(name: str) -> dict:
    """The configuration of this name, or in this file.

    Raises
    ------
    FileNotFoundError, ValueError
        What `course_lib.layers.train_command.read_config` refuses; a share of cries, or a label smoothing, that leaves no
        room for the rest.
    """
    config = read_form(name, CONFIGS, _FORM, optional=_OPTIONAL)
    if not 0 < config["cries"] < 1 or not config["label_smoothing"] < 1:
        raise ValueError(f"{name}: cries must lie between 0 and 1, and label_smoothing below 1")
    return config


def train(name: str, states: Path) -> CryTrainer:
    """Train what a configuration says, going on from the state in the folder `states` when one lies there.

    Raises
    ------
    FileNotFoundError, ValueError
        What `read_config`, `open_recordings` and `ResumableTrainer.resume` refuse; a source in training and validation.
    """
    config = read_config(name)
    training = open_recordings(config["data"]["train"])
    held_out, labels = [], np.zeros(0, np.int64)
    if "validation" in config["data"]:
        validation = open_recordings(config["data"]["validation"])
        both = set(training.sources) & set(validation.sources)
        if both:
            raise ValueError(
                f"{name}: data.validation shares sources with data.train: {', '.join(sorted(both))}"
            )
        held_out, labels = [heard(wave) for wave in validation.waves], validation.labels
    torch.manual_seed(config["seed"])
    trainer = CryTrainer(CryDetector(config["model"]["width"]), config, recordings=training)
    run(trainer, states / config["name"], lambda: trainer.validate(held_out, labels))
    return trainer


def write_checkpoint(trainer: CryTrainer, path: Path) -> None:
    """Write the detector's weights."""
    save_detector(trainer.model, path)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    command("course_lib.cry.train", __doc__.splitlines()[0], train, write_checkpoint, arguments)


if __name__ == "__main__":
    main()
