"""Measure the shipped NIMA on photos held out, beside baselines: ``python -m course_lib.quality.evaluate``.

Prints the numbers and says whether the card agrees with them. ``--write`` writes them into the card.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from course_lib.data.packs import terms_of
from course_lib.images.evaluate import differences
from course_lib.layers.checkpoints import checkpoint_card, read_curve
from course_lib.layers.train_command import write_json
from course_lib.quality.distortions import REFERENCE_SIDE
from course_lib.quality.distributions import mean_score
from course_lib.quality.evaluation import baselines, everyone, fit_two_numbers, metrics, rated, tid2013
from course_lib.quality.pretrained import CHECKPOINTS, load_nima
from course_lib.quality.rated_photos import open_rated_photos, training_batch
from course_lib.quality.train import split_photos
from course_lib.quality.training import predict

COMMAND = "python -m course_lib.quality.evaluate"
HELD_OUT = ("bsds500_192/test",)
_SEED = 16  # of the test pictures and of their raters, who aren't those of the training
_LICENSE = "For teaching and other non-commercial use: the terms of the training sets (BSDS500, ImageNet) ask for it."


def evaluate(path: Path) -> dict:
    """What goes under ``"held_out"`` into the card of the network at `path`."""
    model, config = load_nima(path), read_curve(path)["config"]
    training, _ = split_photos(config)
    photos = open_rated_photos(HELD_OUT, _SEED)
    # as the batch after the last would be, but larger and of the whole 224 x 224
    known = training_batch(training, 600, REFERENCE_SIDE, config["seed"], config["steps"])
    two_numbers = fit_two_numbers(*known)
    answers = {"nima": lambda inputs: mean_score(predict(model, inputs)), "two numbers": two_numbers}
    hardest = {"command": COMMAND, "sets": list(HELD_OUT), "tid2013": tid2013(answers)} | everyone(
        photos, answers
    )
    test = rated(photos, _SEED)
    shares = predict(model, test.inputs)
    rows = {
        "nima": metrics(mean_score(shares), test.shares, shares),
        "two numbers": metrics(two_numbers(test.inputs), test.shares),
    } | baselines(test, known[1])
    return _rounded(hardest | {"photos": len(photos), "pictures": len(shares), "metrics": rows})


def card(path: Path, held_out: dict) -> dict:
    """The card of a checkpoint, from its training's curve and what it does on photos held out."""
    curve = read_curve(path)
    packs = dict.fromkeys(spec.partition("/")[0] for spec in curve["config"]["data"]["train"])
    return checkpoint_card(
        path,
        curve,
        held_out,
        what=(
            "Predicts the distribution of a photo's scores 1 to 10; a course_lib.quality.NIMA trained on distorted "
            "photos and simulated raters. It knows five kinds of distortion and nothing of beauty."
        ),
        parameters=sum(p.numel() for p in load_nima(path).parameters()),
        sets=terms_of(packs),
        license=_LICENSE,
        command=f"python -m course_lib.quality.train {path.stem}",
    )


def table(found: dict) -> str:
    """The numbers as text, the hardest to fake first."""
    real = found["tid2013"]
    lines = ["Real TID2013 pictures"]
    for name, row in real["pairs"].items():
        lines.append(
            f"  {name} {row['kind']:22} people {row['human']:.2f}   reference {row['nima, reference']:.2f}, "
            f"distorted {row['nima, distorted']:.2f}"
        )
    for key in ("references_above_distorted", "srcc_of_five", "srcc_of_ten"):
        lines.append(f"  {key}: " + ", ".join(f"{name} {value}" for name, value in real[key].items()))
    for group in ("unseen_kinds", "unseen_strengths", "seen"):
        lines.append(f"\n{group}, rank correlation with the level: within a photo, pooled")
        for kind, row in found[group].items():
            values = "".join(f"   {who} {v['within']:6.2f} {v['pooled']:6.2f}" for who, v in row.items())
            lines.append(f"  {kind:15}{values}")
    columns = list(found["metrics"]["nima"])
    lines.append(f"\n{found['pictures']} pictures of {found['photos']} photos, simulated raters")
    lines.append(" " * 28 + "".join(f"{column:>12}" for column in columns))
    for name, row in found["metrics"].items():
        cells = (row.get(column) for column in columns)
        lines.append(f"  {name:26}" + "".join(f"{'' if c is None else format(c, '.3f'):>12}" for c in cells))
    return "\n".join(lines)


def _rounded(value):
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return round(float(value), 4) if isinstance(value, float | np.floating) else value


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument(
        "--checkpoint", type=Path, default=CHECKPOINTS / "nima.safetensors", help="the shipped one by default"
    )
    parser.add_argument(
        "--write", action="store_true", help="write the card, from these numbers and the curve"
    )
    options = parser.parse_args(arguments)
    path, card_path = options.checkpoint, options.checkpoint.with_suffix(".json")
    try:
        found = evaluate(path)
        ours = card(path, found)
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    print(table(found))
    if options.write:
        write_json(ours, card_path)
        print(f"wrote {card_path}")
        return
    if not card_path.is_file():
        parser.exit(1, f"{path.name} has no card {card_path}\n")
    apart = list(differences(found, json.loads(card_path.read_text(encoding="utf-8"))["held_out"]))
    if apart:
        parser.exit(1, "The card disagrees:\n" + "\n".join(apart) + "\n")
    print("The card agrees.")


if __name__ == "__main__":
    main()
