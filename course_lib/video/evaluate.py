"""Measure trained video colorizers on sequences held out: ``python -m course_lib.video.evaluate``.

Beside them gray, the truth, the mean color of what they were trained on, and Part 1's colorizers frame by frame.
``--write`` writes a card beside each checkpoint, and ``domain_gap.json``: what colorizers of photos do on photos held
out, and on frames of video.
"""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from course_lib.data.packs import terms_of
from course_lib.images.colorize import predict_ab
from course_lib.images.colorizer import CHECKPOINTS, COLORIZERS, load_colorizer
from course_lib.images.evaluate import measure as measure_photos
from course_lib.images.evaluation import Answer as PhotoAnswer
from course_lib.images.evaluation import answer_of, constant
from course_lib.images.photo_sets import PhotoSet, open_photo_sets
from course_lib.layers.checkpoints import checkpoint_card, read_curve
from course_lib.layers.train_command import write_json
from course_lib.video.clip_colorizer import ClipColorizer, load_clip_colorizer
from course_lib.video.clip_sets import ClipSet, mirrored, open_clip_sets
from course_lib.video.evaluation import METRICS, Answer, measure, truth_of

COMMAND = "python -m course_lib.video.evaluate"
HELD_OUT = ("davis/test",)
SIZE = (128, 72)
PHOTOS = ("scenes_intel_96/test", "bsds500_192/test", "imagenet_sample_128/test")
PHOTOS_ONLY = "photos_only"  # the checkpoint that never saw a video
_GAP_METRICS = ("psnr", "chroma", "chroma_ratio", "correlation")
_FRAME_EVERY = 6  # of a held-out clip, in the domain gap: its neighbors say the same
_PACKS = {"davis": "video_clips", "davis_320": "video_frames_320"}  # where a set of clips lies
_LICENSE = (
    "For teaching and other non-commercial use: the terms of BSDS500 and ImageNet ask for it. DAVIS is BSD."
)


def evaluate(
    models: dict[str, ClipColorizer], part1: dict, clips: ClipSet, done=tqdm, *, tints: dict | None = None
) -> dict:
    """The `METRICS` of the models, of Part 1's colorizers frame by frame, of single tints, of gray and of the truth.

    Parameters
    ----------
    models : dict of {name: ClipColorizer}
    part1 : dict of {name: Colorizer}
    clips : ClipSet
    done : callable
        Wraps the names, to show how far it is.
    tints : dict of {name: (a, b)}, optional
        Each painted everywhere.

    Returns
    -------
    dict
        As `course_lib.video.evaluation.measure`.
    """
    chunk = max((model.chunk for model in models.values()), default=6)
    answers: dict[str, tuple[Answer, int]] = {
        name: (_painted(ab), chunk) for name, ab in {"gray": (0, 0), **(tints or {})}.items()
    }
    for name, model in part1.items():
        answers[f"{name}, frame by frame"] = (partial(predict_ab, model), chunk)
    answers |= {name: (model.predict_ab, model.chunk) for name, model in models.items()}
    truths = {
        name: truth_of(np.asarray(clip[:])) for name, clip in zip(clips.names, clips.clips, strict=True)
    }
    return measure(answers, truths, done)


def domain_gap(answers: dict[str, PhotoAnswer], photos: PhotoSet, clips: ClipSet) -> dict:
    """What colorizers of single pictures do on photos held out, and on frames of clips.

    Returns
    -------
    dict
        ``{set: {"photos": n, "truth": {...}, name: {metric: value}}}``; gray is among the names.
    """
    names, frames = [], []
    for name, clip in zip(clips.names, clips.clips, strict=True):
        for index in range(0, len(clip), _FRAME_EVERY):
            names.append(f"{name}/{index}")
            frames.append(clip[index : index + 1][0])
    both = PhotoSet(
        photos.names + tuple(names),
        photos.lab + tuple(frames),
        np.concatenate([photos.scenes, np.full(len(names), -1)]),
    )
    found = measure_photos(answers | {"gray": constant(np.zeros(2))}, both)
    for group in found.values():
        for name in [*answers, "gray"]:
            group[name] = {metric: group[name][metric] for metric in _GAP_METRICS}
    return found


def mean_color(clips: ClipSet) -> np.ndarray:
    """The mean ab (2,) of all frames of some clips: what can be learned without looking at any picture."""
    means = [np.asarray(clip[:])[..., 1:].mean((0, 1, 2), dtype=np.float64) for clip in clips.clips]
    return np.average(means, axis=0, weights=[len(clip) for clip in clips.clips])


def single_frames(model: ClipColorizer) -> PhotoAnswer:
    """A clip colorizer that is shown one picture and no more."""
    return lambda lightness: model.predict_ab(lightness[None])[0]


def card(path: Path, held_out: dict) -> dict:
    """The card of a checkpoint, from its training's curve and what it does on clips held out."""
    curve = read_curve(path)
    packs = {spec.removeprefix("stills:").partition("/")[0] for spec in curve["config"]["data"]["train"]}
    return checkpoint_card(
        path,
        curve,
        held_out,
        what="Colors a gray clip; course_lib.video.RecurrentUNet with the options in the file's metadata.",
        parameters=sum(p.numel() for p in load_clip_colorizer(path).net.parameters()),
        sets=terms_of(sorted(_PACKS.get(name, name) for name in packs)),
        license=_LICENSE,
        command=f"python -m course_lib.video.train {path.stem}",
    )


def table(found: dict[str, dict]) -> str:
    """The means over clips as text."""
    lines = [" " * 32 + "".join(f"{metric.replace('_', ' '):>15}" for metric in METRICS)]
    for name, numbers in found.items():
        mean = numbers["mean"]
        lines.append(
            f"{name[:31]:32}" + "".join(f"{mean[m]:15.3f}" if m in mean else f"{'':>15}" for m in METRICS)
        )
    return "\n".join(lines)


def gap_table(found: dict[str, dict]) -> str:
    """The domain gap as text, a block for each set."""
    lines = []
    for name, group in found.items():
        lines.append(f"\n{name}: {group['photos']} pictures, chroma {group['truth']['chroma']:.1f}")
        for answer, row in group.items():
            if answer not in ("photos", "truth"):
                lines.append(
                    f"{answer:20}" + "".join(f"  {metric} {row[metric]:.2f}" for metric in _GAP_METRICS)
                )
    return "\n".join(lines)


def _checkpoints(folder: Path) -> list[Path]:
    """Those that `course_lib.video.train` wrote into a folder."""
    paths = [
        path
        for path in sorted(folder.glob("*.safetensors"))
        if "chunk" in read_curve(path)["config"]  # Part 1's have none
    ]
    if not paths:
        raise FileNotFoundError(
            f"{folder} holds no video colorizer; train one with python -m course_lib.video.train unet"
        )
    return paths


def _painted(ab: Sequence[float] | np.ndarray) -> Answer:
    """One color everywhere."""
    return lambda lightness: np.full((*lightness.shape, 2), ab, np.float32)


def _tint_name(path: Path) -> tuple[str, tuple[str, ...]]:
    """The sets that a checkpoint was trained on, and a name for their mean color."""
    specs = tuple(read_curve(path)["config"]["data"]["train"])
    return f"mean color of {', '.join(specs)}", specs


def _gaps(models: dict[str, ClipColorizer], part1: dict) -> dict:
    """The domain gap of Part 1's colorizers, and of the checkpoint that never saw a video where there is one."""
    short_side = part1["regression"].short_side
    asked: dict[str, tuple[dict[str, PhotoAnswer], Sequence[str], int]] = {
        "part 1": ({kind: answer_of(model) for kind, model in part1.items()}, PHOTOS, short_side)
    }
    if PHOTOS_ONLY in models:
        asked[PHOTOS_ONLY] = ({PHOTOS_ONLY: single_frames(models[PHOTOS_ONLY])}, PHOTOS[-1:], SIZE[1])
    gaps = {}
    for name, (answers, photos, side) in asked.items():
        size = (round(side * SIZE[0] / SIZE[1]), side)
        metrics = domain_gap(answers, open_photo_sets(photos, side), open_clip_sets(HELD_OUT, size))
        print(gap_table(metrics))
        gaps[name] = {"short_side": side, "photos": list(photos), "metrics": metrics}
    return gaps


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument(
        "--checkpoints",
        type=Path,
        default=CHECKPOINTS / "recurrent",
        help="folder of what course_lib.video.train wrote (the shipped ones)",
    )
    parser.add_argument(
        "--part1", type=Path, default=CHECKPOINTS, help="folder with the colorizers of Part 1"
    )
    parser.add_argument("--write", action="store_true", help="write the cards and domain_gap.json")
    options = parser.parse_args(arguments)
    try:
        paths = _checkpoints(options.checkpoints)
        models = {path.stem: load_clip_colorizer(path) for path in paths}
        part1 = {kind: load_colorizer(options.part1 / f"{kind}.safetensors") for kind in COLORIZERS}
        tint_of = {path.stem: _tint_name(path) for path in paths}
        tints = {
            name: mean_color(mirrored(open_clip_sets(specs, SIZE)))  # as the training shows them
            for name, specs in dict(tint_of.values()).items()
        }
        found = evaluate(models, part1, open_clip_sets(HELD_OUT, SIZE), tints=tints)
        print(table(found))
        gaps = _gaps(models, part1)
        if options.write:
            about = {"command": COMMAND, "sets": list(HELD_OUT), "size": list(SIZE)}
            beside = {name: found[name] for name in found if name not in models and name not in tints}
            for path in paths:
                own = {"mean color": found[tint_of[path.stem][0]], "model": found[path.stem]}
                held_out = about | {"metrics": beside | own}
                write_json(card(path, held_out), path.with_suffix(".json"))
                print(f"wrote {path.with_suffix('.json')}")
            gap_path = options.checkpoints / "domain_gap.json"
            write_json(about | {"frame_every": _FRAME_EVERY, "gaps": gaps}, gap_path)
            print(f"wrote {gap_path}")
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")


if __name__ == "__main__":
    main()
