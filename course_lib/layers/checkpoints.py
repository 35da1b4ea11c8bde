"""A trained network's file, and the card beside it that says what it learned from and what it can do."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor
from torch.nn import Module


def read_checkpoint(path: Path, key: str) -> tuple[dict, dict[str, Tensor]]:
    """What rebuilds the network, kept as JSON under `key` of the file's metadata, and its weights.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        No safetensors file, or one without that entry.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint {path}")
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {})[key])
            return about, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
    except (SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is no {key}'s checkpoint ({error})") from error


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Inside `with`: whatever goes wrong while something is made of a file's content is a ValueError that names the file."""
    try:
        yield
    except Exception as error:  # damaged numbers and words can do anything to a constructor
        raise ValueError(f"{path} is no {what} ({type(error).__name__}: {error})") from error


def read_curve(path: Path) -> dict:
    """Config, minutes and curve of a checkpoint's training: from the file that training wrote, else from the card.

    Raises
    ------
    FileNotFoundError
        Neither lies beside the checkpoint.
    ValueError
        A file that can't be read as that.
    """
    curve, card = path.with_suffix(".curve.json"), path.with_suffix(".json")
    parts = ("config", "minutes", "curve")
    if curve.is_file():
        with reading(curve, "training's curve"):
            found = json.loads(curve.read_text(encoding="utf-8"))
            return {key: found[key] for key in parts}
    if card.is_file():
        with reading(card, "card"):
            training = json.loads(card.read_text(encoding="utf-8"))["training"]
            return {key: training[key] for key in parts}
    raise FileNotFoundError(
        f"{path.parent} holds neither {curve.name}, which the training writes, nor {card.name}"
    )


def shipped_card(path: Path, command: str) -> dict:
    """The card of a checkpoint that comes with the course, after a look whether the file is the one it describes.

    Parameters
    ----------
    path : Path
        Of the weights.
    command : str
        That trains it anew, for the message.

    Raises
    ------
    FileNotFoundError
        The weights or their card are missing.
    ValueError
        Other weights than the card's; a card that can't be read.
    """
    card_path = path.with_suffix(".json")
    if not path.is_file() or not card_path.is_file():
        raise FileNotFoundError(
            f"{path.name} and its card belong into {path.parent}: restore them with git checkout, "
            f"or train anew with {command}"
        )
    with reading(card_path, "card"):
        card = json.loads(card_path.read_text(encoding="utf-8"))
        described = card["file"]["sha256"]
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != described:
        raise ValueError(f"{path} isn't the file its card describes: sha256 {found}, not {described}")
    return card


def load_shipped(path: Path, load: Callable[[Path], Module], command: str) -> Module:
    """A network that comes with the course, with its `card`.

    Parameters
    ----------
    path, command
        As in `shipped_card`, which raises what this raises.
    load : callable
        The path → the network in evaluation mode.
    """
    card = shipped_card(path, command)  # before the weights are read
    model = load(path)
    model.card = card
    return model


def checkpoint_card(
    path: Path,
    curve: dict,
    held_out: dict,
    *,
    what: str,
    parameters: int,
    sets: dict,
    license: str,
    command: str,
) -> dict:
    """A checkpoint's card.

    Parameters
    ----------
    path : Path
        Of the weights.
    curve : dict
        What the training command wrote beside them: config, minutes and curve.
    held_out : dict
        How it does on data not trained on, beside baselines, and by which command that was measured.
    what, license, command : str
        What it does; what it may be used for; how to train it anew.
    parameters : int
    sets : dict
        Home and license of each training set, by name.
    """
    config = curve["config"]
    return {
        "name": path.stem,
        "what": what,
        "file": {
            "name": path.name,
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "parameters": parameters,
        },
        "license": license,
        "training": {
            "sets": sets,
            "splits": config["data"]["train"],
            "command": command,
            "seed": config["seed"],
            "steps": config["steps"],
            "minutes": curve["minutes"],
            "config": config,
            "curve": curve["curve"],
        },
        "held_out": held_out,
    }
