"""The command by which a room trains: a TOML configuration in, weights and a curve out, killed and resumed at will."""

import argparse
import json
import math
import time
import tomllib
from collections.abc import Callable, Set
from pathlib import Path
from typing import Protocol, Self, TypeVar

import numpy as np
from tqdm import tqdm

from course_lib.layers.resumable import OPTIMIZERS, SCHEDULES, ResumableTrainer

COMMON = {
    "name": str,
    "seed": int,
    "steps": int,
    "validate_every": int,
    "save_every": int,
    "optimizer": {"kind": tuple(OPTIMIZERS), "learning_rate": float, "weight_decay": float},
    "schedule": {"kind": SCHEDULES},
}
Trainer = TypeVar("Trainer", bound=ResumableTrainer)


class Pickable(Protocol):
    """A set of photos."""

    def __len__(self) -> int: ...

    def pick(self, indices: np.ndarray) -> Self:
        """The photos at these indices."""


Photos = TypeVar("Photos", bound=Pickable)


def read_config(name: str, folder: Path, form: dict, *, optional: Set[str] = frozenset()) -> dict:
    """The configuration of this name in `folder`, or in the file that `name` is the path of.

    A configuration may begin with ``like = "another"``: it then holds only what it has otherwise.

    Parameters
    ----------
    name : str
    folder : Path
    form : dict
        What a configuration holds beside what all have in `COMMON`: a type, a tuple of words to choose from, or a table
        of its own. Whole numbers count from 1 (`seed` from 0), other numbers from 0; lists and words aren't empty.
    optional : set of str
        Entries that may be missing, such as ``"loss.mixing"``.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        No TOML; an entry that is missing, unknown or of another kind. It is named.
    """
    path = Path(name) if name.endswith(".toml") else folder / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.toml")))
        raise FileNotFoundError(
            f"no configuration {name!r}: give the path of a .toml file, or one of {known}"
        )
    try:
        config = tomllib.loads(path.read_text(encoding="utf-8"))
        if "like" in config:
            config = _merged(read_config(config.pop("like"), folder, form, optional=optional), config)
        _check(config, COMMON | form, optional, "")
        if Path(config["name"]).name != config["name"]:
            raise ValueError(f"name must be fit for a file, got {config['name']!r}")
    except ValueError as error:  # tomllib's own errors are ValueErrors
        raise ValueError(f"{path}: {error}") from error
    return config


def set_aside(photos: Photos, count: int, seed: int) -> tuple[Photos, Photos]:
    """Photos to train on, and those set aside for the validation curve, drawn by the seed before anything else.

    Parameters
    ----------
    photos : PhotoSet or another that has `pick`
    count : int
        How many are set aside.
    seed : int

    Raises
    ------
    ValueError
        Too few photos to set that many aside.
    """
    if count >= len(photos):
        raise ValueError(f"data.validation is {count}, but there are only {len(photos)} photos")
    order = np.random.default_rng(seed).permutation(len(photos))
    return photos.pick(np.sort(order[count:])), photos.pick(np.sort(order[:count]))


def run(trainer: ResumableTrainer, folder: Path, validate: Callable[[], dict[str, float]]) -> None:
    """Train for the configured number of steps, going on from the state in `folder` when one lies there.

    Raises
    ------
    ValueError
        What `ResumableTrainer.resume` refuses.
    """
    config = trainer.config
    trainer.resume(folder)
    steps, started = config["steps"], time.monotonic()
    with tqdm(total=steps, initial=trainer.step_done, desc=config["name"], unit="step") as bar:
        while trainer.step_done < steps:
            trainer.step()
            bar.update()
            if trainer.step_done % config["validate_every"] == 0 or trainer.step_done == steps:
                point = validate()
                bar.write(", ".join(f"{name} {value:.4g}" for name, value in point.items()))
            if trainer.step_done % config["save_every"] == 0 or trainer.step_done == steps:
                trainer.seconds += time.monotonic() - started
                started = time.monotonic()
                trainer.save(folder)


def command(
    module: str,
    summary: str,
    train: Callable[[str, Path], Trainer],
    write: Callable[[Trainer, Path], None],
    arguments: list[str] | None,
) -> None:
    """``python -m MODULE CONFIG [--out FOLDER] [--state FOLDER]``.

    Parameters
    ----------
    module, summary : str
        How it is called, and what it is for.
    train : callable
        CONFIG and the folder of all states → the trainer when it is done.
    write : callable
        Writes the trainer's weights to a path.
    arguments : list of str, optional
        In place of the command line's.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=summary)
    configs = "/".join(module.split(".")[:-1]) + "/configs"
    parser.add_argument("config", help=f"a name in {configs}, or a .toml file")
    parser.add_argument(
        "--out", type=Path, default=Path("build/checkpoints"), help="folder of the trained weights"
    )
    parser.add_argument(
        "--state", type=Path, default=Path("build/training"), help="folder of what a killed run goes on from"
    )
    options = parser.parse_args(arguments)
    try:
        trainer = train(options.config, options.state)
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    except KeyboardInterrupt:
        parser.exit(130, "\nInterrupted. The same command goes on from the last save.\n")
    path = options.out / f"{trainer.config['name']}.safetensors"
    write(trainer, path)
    curve = {
        "config": trainer.config,
        "minutes": round(trainer.seconds / 60, 2),
        "curve": trainer.curve,
    }
    write_json(curve, path.with_suffix(".curve.json"))
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB after {curve['minutes']:.1f} minutes of training")
    print(f"{path.with_suffix('.curve.json')}: {len(trainer.curve)} points of the validation curve")


def write_json(content: dict, path: Path) -> None:
    """Write JSON to a temporary name and rename it."""
    scratch = path.with_name(path.name + ".part")
    scratch.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    scratch.replace(path)


def _merged(base: dict, changes: dict) -> dict:
    merged = dict(base)
    for name, value in changes.items():
        both = isinstance(value, dict) and isinstance(base.get(name), dict)
        merged[name] = _merged(base[name], value) if both else value
    return merged


def _check(table: dict, form: dict, optional: Set[str], where: str) -> None:
    for name in table.keys() | form.keys():
        if name not in table and where + name in optional:
            continue
        if name not in form or name not in table:
            raise ValueError(f"{where}{name} is {'unknown' if name in table else 'missing'}")
        value, wanted = table[name], form[name]
        if isinstance(wanted, dict) and isinstance(value, dict):
            _check(value, wanted, optional, f"{where}{name}.")
        elif wanted is float:
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
                raise ValueError(f"{where}{name} must be a number from 0, got {value!r}")
        elif wanted is int:
            if type(value) is not int or value < (name != "seed"):
                raise ValueError(
                    f"{where}{name} must be a whole number from {int(name != 'seed')}, got {value!r}"
                )
        elif isinstance(wanted, tuple):
            if value not in wanted:
                raise ValueError(f"{where}{name} must be one of {', '.join(map(str, wanted))}; got {value!r}")
        elif not isinstance(wanted, type) or not isinstance(value, wanted) or not value:
            kind = "table" if isinstance(wanted, dict) else f"nonempty {wanted.__name__}"
            raise ValueError(f"{where}{name} must be a {kind}, got {value!r}")
