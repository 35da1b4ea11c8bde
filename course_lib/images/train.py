"""Train a colorizer: ``python -m course_lib.images.train CONFIG``.

CONFIG is a name in `course_lib/images/configs/`, or the path of a TOML file like those. A run that was killed goes on
from its last save when the same command is given again, and ends with the same weights.
"""

import argparse
import json
import time
import tomllib
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from course_lib.images.colorization_net import ColorizationNet
from course_lib.images.photo_sets import SCENES, PhotoSet, open_photo_sets
from course_lib.images.rebalancing import color_prior, rebalancing_weights
from course_lib.images.training import FIRST, OPTIMIZERS, SCHEDULES, STRIDE, Trainer, write_safetensors

CONFIGS = Path(__file__).parent / "configs"

# what a configuration holds: a type, the words to choose from, or a table of its own
_FORM = {
    "name": str,
    "seed": int,
    "steps": int,
    "batch_size": int,
    "crop": int,
    "precision": ("float32", "bfloat16"),
    "validate_every": int,
    "save_every": int,
    "data": {"train": list, "validation": int, "short_side": int},
    "model": {"width": int},
    "loss": {
        "kind": ("classification", "regression"),
        "mixing": float,
        "color_weight": float,
        "scene_weight": float,
    },
    "optimizer": {"kind": tuple(OPTIMIZERS), "learning_rate": float, "weight_decay": float},
    "schedule": {"kind": SCHEDULES},
}
_OPTIONAL = {"loss.mixing"}  # of the uniform distribution into the prior; only classes have one


def read_config(name: str) -> dict:
    """The configuration of this name, or in this file.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        No TOML; an entry that is missing, unknown or of another kind. It is named.
    """
    path = Path(name) if name.endswith(".toml") else CONFIGS / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in CONFIGS.glob("*.toml")))
        raise FileNotFoundError(
            f"no configuration {name!r}: give the path of a .toml file, or one of {known}"
        )
    try:
        config = tomllib.loads(path.read_text(encoding="utf-8"))
        _check(config, _FORM, "")
        if config["crop"] % STRIDE or config["crop"] > config["data"]["short_side"]:
            raise ValueError(f"crop must be a multiple of {STRIDE} and at most data.short_side")
        if Path(config["name"]).name != config["name"]:
            raise ValueError(f"name must be fit for a file, got {config['name']!r}")
    except ValueError as error:  # tomllib's own errors are ValueErrors
        raise ValueError(f"{path}: {error}") from error
    return config


def _check(table: dict, form: dict, where: str) -> None:
    for name in table.keys() | form.keys():
        if name not in table and where + name in _OPTIONAL:
            continue
        if name not in form or name not in table:
            raise ValueError(f"{where}{name} is {'unknown' if name in table else 'missing'}")
        value, wanted = table[name], form[name]
        if isinstance(wanted, dict) and isinstance(value, dict):
            _check(value, wanted, f"{where}{name}.")
        elif wanted is float:
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < np.inf:
                raise ValueError(f"{where}{name} must be a number from 0, got {value!r}")
        elif wanted is int:
            if type(value) is not int or value < (name != "seed"):
                raise ValueError(
                    f"{where}{name} must be a whole number from {int(name != 'seed')}, got {value!r}"
                )
        elif isinstance(wanted, tuple):
            if value not in wanted:
                raise ValueError(f"{where}{name} must be one of {', '.join(wanted)}; got {value!r}")
        elif not isinstance(wanted, type) or not isinstance(value, wanted) or not value:
            kind = "table" if isinstance(wanted, dict) else f"nonempty {wanted.__name__}"
            raise ValueError(f"{where}{name} must be a {kind}, got {value!r}")


def split_photos(config: dict) -> tuple[PhotoSet, PhotoSet]:
    """Photos to train on, and those set aside for the validation curve, drawn by the seed before anything else.

    Raises
    ------
    FileNotFoundError, ValueError
        What `open_photo_sets` refuses; too few photos to set that many aside.
    """
    data = config["data"]
    photos = open_photo_sets(data["train"], data["short_side"])
    aside = data["validation"]
    if aside >= len(photos):
        raise ValueError(f"data.validation is {aside}, but there are only {len(photos)} photos")
    order = np.random.default_rng(config["seed"]).permutation(len(photos))
    return photos.pick(np.sort(order[aside:])), photos.pick(np.sort(order[:aside]))


def train(config: dict, folder: Path) -> Trainer:
    """Train for the configured number of steps, going on from the state in `folder` when one lies there.

    Raises
    ------
    FileNotFoundError, ValueError
        What `split_photos` and `Trainer.resume` refuse.
    """
    training, validation = split_photos(config)
    weights = None
    if config["loss"]["kind"] == "classification":
        targets = (lab[FIRST::STRIDE, FIRST::STRIDE, 1:].astype(np.float32) for lab in training.lab)
        weights = rebalancing_weights(color_prior(targets), config["loss"].get("mixing", 0.5))
    torch.manual_seed(config["seed"])
    net = ColorizationNet(scenes=len(SCENES), width=config["model"]["width"])
    trainer = Trainer(net, config, photos=training, bin_weights=weights)
    trainer.resume(folder)
    steps, started = config["steps"], time.monotonic()
    with tqdm(total=steps, initial=trainer.step_done, desc=config["name"], unit="step") as bar:
        while trainer.step_done < steps:
            trainer.step()
            bar.update()
            if trainer.step_done % config["validate_every"] == 0 or trainer.step_done == steps:
                point = trainer.validate(validation)
                bar.write(", ".join(f"{name} {value:.4g}" for name, value in point.items()))
            if trainer.step_done % config["save_every"] == 0 or trainer.step_done == steps:
                trainer.seconds += time.monotonic() - started
                started = time.monotonic()
                trainer.save(folder)
    return trainer


def write_checkpoint(trainer: Trainer, path: Path) -> None:
    """Write the network's weights as float16, and as metadata ``"colorizer"`` the JSON of what rebuilds it.

    Raises
    ------
    ValueError
        A weight that isn't finite in float16.
    """
    weights = {}
    for name, value in trainer.model.state_dict().items():
        weights[name] = (value.half() if value.is_floating_point() else value).contiguous()
        if not weights[name].isfinite().all():
            raise ValueError(f"{name} isn't finite in float16; the training went astray")
    config = trainer.config
    about = {
        "kind": config["loss"]["kind"],
        "bins": trainer.model.bins.out_channels,
        "scenes": list(SCENES),
        "width": config["model"]["width"],
        "short_side": config["data"]["short_side"],
    }
    write_safetensors(weights, path, {"colorizer": json.dumps(about)})


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m course_lib.images.train", description=__doc__.splitlines()[0]
    )
    parser.add_argument("config", help="a name in course_lib/images/configs, or a .toml file")
    parser.add_argument(
        "--out", type=Path, default=Path("build/checkpoints"), help="folder of the trained weights"
    )
    parser.add_argument(
        "--state", type=Path, default=Path("build/training"), help="folder of what a killed run goes on from"
    )
    options = parser.parse_args(arguments)
    try:
        config = read_config(options.config)
        trainer = train(config, options.state / config["name"])
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    except KeyboardInterrupt:
        parser.exit(130, "\nInterrupted. The same command goes on from the last save.\n")
    path = options.out / f"{config['name']}.safetensors"
    write_checkpoint(trainer, path)
    curve = {"config": config, "minutes": round(trainer.seconds / 60, 2), "curve": trainer.curve}
    scratch = path.with_suffix(".curve.json.part")
    scratch.write_text(json.dumps(curve, indent=1), encoding="utf-8")
    scratch.replace(path.with_suffix(".curve.json"))
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB after {curve['minutes']:.1f} minutes of training")
    print(f"{path.with_suffix('.curve.json')}: {len(trainer.curve)} points of the validation curve")


if __name__ == "__main__":
    main()
