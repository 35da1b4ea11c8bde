"""Measure the heavy colorizer on photos held out, beside Part 1's networks: ``python -m course_lib.mobile.evaluate``.

Prints the numbers and says whether the card agrees with them. ``--write`` writes them into the card.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from course_lib.data.packs import terms_of
from course_lib.images.colorizer import CHECKPOINTS
from course_lib.images.colorizer import COLORIZERS as PART_ONE
from course_lib.images.colorizer import pretrained as part_one
from course_lib.images.evaluate import HELD_OUT, differences, measure, table
from course_lib.images.evaluation import Answer, answer_of, constant, mean_color
from course_lib.images.photo_sets import PhotoSet, open_photo_sets
from course_lib.images.train import split_photos
from course_lib.layers.checkpoints import checkpoint_card, read_curve
from course_lib.layers.train_command import write_json
from course_lib.mobile.heavy import COLORIZERS, HeavyColorizer, Mirrored, load_heavy

COMMAND = "python -m course_lib.mobile.evaluate"
_MEASURE = (
    "PSNR in dB of RGB, mean over photos; auc: area in percent under the share of pixels whose ab is wrong by less than "
    "a threshold from 0 to 150, over all pixels; colorfulness and chroma beside the truth's"
)


def evaluate(path: Path, photos: PhotoSet) -> dict:
    """What goes under ``"held_out"`` into the card.

    Beside the heavy colorizer stand its answer without the mirror image, Part 1's networks, the lighter of them with a
    mirror image too, gray, and the mean color of the photos that all of them learned from.
    """
    heavy = load_heavy(path)
    training, _ = split_photos(read_curve(path)["config"])
    mean = mean_color(training)
    models = {
        "heavy": heavy,
        "heavy, one look": HeavyColorizer(heavy.net.net, short_side=heavy.short_side).eval(),
        **{name: part_one(name) for name in PART_ONE},
        "regression, two looks": Mirrored(part_one("regression")).eval(),
    }
    answers: dict[str, Answer] = {name: answer_of(model) for name, model in models.items()}
    answers |= {"gray": constant(np.zeros(2)), "mean color": constant(mean)}
    return {
        "command": COMMAND,
        "measure": _MEASURE,
        "sets": list(HELD_OUT),
        "short_side": part_one("regression").short_side,
        "baselines": {"gray": [0.0, 0.0], "mean color": [round(float(x), 4) for x in mean]},
        "metrics": measure(answers, photos),
    }


def card(path: Path, held_out: dict) -> dict:
    """The card of a checkpoint, from its training's curve and what it does on photos held out."""
    curve = read_curve(path)
    config = curve["config"]
    start = (
        "the encoder begins as Part 1's regression network"
        if config["start"] == "regression"
        else "begun anew"
    )
    packs = dict.fromkeys(spec.partition("/")[0] for spec in config["data"]["train"])
    return checkpoint_card(
        path,
        curve,
        held_out,
        what=f"Colors a gray photo; course_lib.mobile.QueryColorizer, {start}. Shipped: the running mean of its weights, "
        f"{config['keep']:g} of the way back to the encoder's start, its norms settled on plain photos. It answers with the mean "
        "of two looks, at the picture and at its mirror image.",
        parameters=sum(p.numel() for p in load_heavy(path).parameters()),
        sets=terms_of(packs),
        license=part_one("regression").card["license"],  # it learned from the same photos
        command=f"python -m course_lib.mobile.train {path.stem}",
    )


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument(
        "--checkpoints",
        type=Path,
        default=CHECKPOINTS,
        help="folder of the heavy colorizer (the shipped one)",
    )
    parser.add_argument(
        "--write", action="store_true", help="write the card, from these numbers and the training's curve"
    )
    options = parser.parse_args(arguments)
    path = options.checkpoints / f"{COLORIZERS[0]}.safetensors"
    card_path = path.with_suffix(".json")
    try:
        load_heavy(path)  # before the photos, which take a while
        held_out = evaluate(path, open_photo_sets(HELD_OUT, part_one("regression").short_side))
        ours = card(path, held_out)
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    print(table(held_out["metrics"]))
    if options.write:
        write_json(ours, card_path)
        print(f"wrote {card_path}")
        return
    if not card_path.is_file():
        parser.exit(1, f"{parser.prog}: no card {card_path}\n")
    theirs = json.loads(card_path.read_text(encoding="utf-8"))
    apart = list(differences(ours["held_out"], theirs["held_out"]))
    if apart:
        parser.exit(1, "The card disagrees:\n" + "\n".join(apart) + "\n")
    print("The card agrees.")


if __name__ == "__main__":
    main()
