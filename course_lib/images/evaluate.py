"""Measure the shipped colorizers on photos held out, beside baselines: ``python -m course_lib.images.evaluate``.

Prints the numbers and says whether the cards agree with them. ``--write`` writes them into the cards.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from course_lib.data.packs import terms_of
from course_lib.images.colorizer import CHECKPOINTS, COLORIZERS, load_colorizer
from course_lib.images.evaluation import (
    METRICS,
    Answer,
    answer_of,
    best_tint,
    constant,
    mean_color,
    scene_accuracy,
    score,
    summary,
    truths,
)
from course_lib.images.photo_sets import PhotoSet, open_photo_sets
from course_lib.images.prior_table import natural_prior
from course_lib.images.train import split_photos
from course_lib.layers.checkpoints import checkpoint_card, read_curve
from course_lib.layers.train_command import write_json

COMMAND = "python -m course_lib.images.evaluate"
HELD_OUT = ("scenes_intel_96/test", "bsds500_192/test", "imagenet_sample_128/test")
TOLERANCE = 0.02  # of a printed number between machines; float32 sums differ in far later digits
_LICENSE = (
    "For teaching and other non-commercial use: the terms of two of the training sets (BSDS500, ImageNet) ask for it, "
    "and the third states no license."
)


def measure(answers: dict[str, Answer], photos: PhotoSet) -> dict[str, dict]:
    """The `METRICS` of every answer over all photos, and over those of each set apart.

    Returns
    -------
    dict
        ``{"all" or a set's name: {"photos": n, "truth": {...}, answer's name: {metric: value}}}``
    """
    held = list(truths(photos, natural_prior()))
    sets = np.array([name.partition("/")[0] for name in photos.names])
    groups = {"all": np.arange(len(held))} | {
        name: np.flatnonzero(sets == name) for name in dict.fromkeys(sets)
    }
    found: dict[str, dict] = {name: {"photos": len(rows)} for name, rows in groups.items()}
    for answer_name, answer in answers.items():
        scores = score(answer, tqdm(held, desc=answer_name, unit="photo", leave=False))
        for name, rows in groups.items():
            some = [scores[i] for i in rows]
            found[name]["truth"] = {
                "colorfulness": _round(np.mean([s["true_colorfulness"] for s in some])),
                "chroma": _round(
                    np.average([s["true_chroma"] for s in some], weights=[s["pixels"] for s in some])
                ),
                "colorful_pixels": _round(sum(s["colorful"] for s in some) / sum(s["pixels"] for s in some)),
            }
            found[name][answer_name] = {key: _round(value) for key, value in summary(some).items()}
    return found


def evaluate(folder: Path, photos: PhotoSet) -> dict[str, dict]:
    """What goes under ``"held_out"`` into the card of each colorizer in `folder`: {kind: {...}}."""
    tint = best_tint(photos)
    first = load_colorizer(folder / f"{COLORIZERS[0]}.safetensors")
    training, _ = split_photos(read_curve(folder / f"{COLORIZERS[0]}.safetensors")["config"])
    mean = mean_color(training)
    models = {kind: load_colorizer(folder / f"{kind}.safetensors") for kind in COLORIZERS}
    answers: dict[str, Answer] = {kind: answer_of(model) for kind, model in models.items()}
    answers |= {"gray": constant(np.zeros(2)), "mean color": constant(mean), "best tint": constant(tint)}
    metrics = measure(answers, photos)
    about = {
        "command": COMMAND,
        "sets": list(HELD_OUT),
        "short_side": first.short_side,
        "temperature": first.temperature,
        "baselines": {
            "gray": [0.0, 0.0],
            "mean color": [_round(x) for x in mean],
            "best tint": [_round(x) for x in tint],
        },
        "metrics": metrics,
    }
    return {
        kind: about | {key: _round(value) for key, value in scene_accuracy(model, photos).items()}
        for kind, model in models.items()
    }


def card(path: Path, held_out: dict) -> dict:
    """The card of a checkpoint, from its training's curve and what it does on photos held out."""
    curve = read_curve(path)
    model = load_colorizer(path)
    packs = dict.fromkeys(spec.partition("/")[0] for spec in curve["config"]["data"]["train"])
    return checkpoint_card(
        path,
        curve,
        held_out,
        what=f"Colors a gray photo; the {model.kind} head of course_lib.images.ColorizationNet answers.",
        parameters=sum(p.numel() for p in model.net.parameters()),
        sets=terms_of(packs),
        license=_LICENSE,
        command=f"python -m course_lib.images.train {path.stem}",
    )


def differences(ours: dict, theirs: dict, where: str = "") -> Iterator[str]:
    """A line for each number of `ours` that `theirs` lacks or has otherwise."""
    for key, value in ours.items():
        other = theirs.get(key)
        if isinstance(value, dict):
            yield from differences(value, other if isinstance(other, dict) else {}, f"{where}{key}, ")
        elif isinstance(value, float) and isinstance(other, float | int):
            if abs(value - other) > TOLERANCE:
                yield f"{where}{key}: {value} here, {other} on the card"
        elif value != other:
            yield f"{where}{key}: {value!r} here, {other!r} on the card"


def table(metrics: dict[str, dict]) -> str:
    """The numbers as text, a block for each set."""
    lines = []
    for name, group in metrics.items():
        truth = group["truth"]
        lines.append(
            f"\n{name}: {group['photos']} photos, colorfulness {truth['colorfulness']:.1f}, chroma {truth['chroma']:.1f}, "
            f"{truth['colorful_pixels']:.0%} of the pixels colorful"
        )
        lines.append(" " * 15 + "".join(f"{metric.replace('_', ' '):>16}" for metric in METRICS))
        for answer, row in group.items():
            if answer not in ("photos", "truth"):
                lines.append(f"{answer:15}" + "".join(f"{row[metric]:16.2f}" for metric in METRICS))
    return "\n".join(lines)


def _round(value: float) -> float:
    return round(float(value), 4)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument(
        "--checkpoints", type=Path, default=CHECKPOINTS, help="folder with both colorizers (the shipped ones)"
    )
    parser.add_argument(
        "--write", action="store_true", help="write the cards, from these numbers and the training's curves"
    )
    options = parser.parse_args(arguments)
    folder = options.checkpoints
    try:
        short_side = load_colorizer(folder / f"{COLORIZERS[0]}.safetensors").short_side
        found = evaluate(folder, open_photo_sets(HELD_OUT, short_side))
        cards = {kind: card(folder / f"{kind}.safetensors", found[kind]) for kind in COLORIZERS}
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    print(table(found[COLORIZERS[0]]["metrics"]))
    for kind in COLORIZERS:
        print(
            f"\n{kind}: names {found[kind]['scene_accuracy']:.1%} of the scenes (always the commonest: {found[kind]['commonest_scene']:.1%})"
        )
    apart: list[str] = []
    for kind, ours in cards.items():
        path = folder / f"{kind}.json"
        if options.write:
            write_json(ours, path)
            print(f"wrote {path}")
        elif path.is_file():
            apart += differences(
                ours["held_out"], json.loads(path.read_text(encoding="utf-8"))["held_out"], f"{kind}, "
            )
        else:
            apart.append(f"{kind} has no card {path}")
    if apart:
        parser.exit(1, "The cards disagree:\n" + "\n".join(apart) + "\n")
    if not options.write:
        print("The cards agree.")


if __name__ == "__main__":
    main()
