"""Measure exemplar colorizers on sequences held out: ``python -m course_lib.video.colormnet.evaluate``.

Beside them gray, the reference copied, its color carried along the flow, and Part 1's colorizer frame by frame.
``--write`` writes a card beside each checkpoint, and ``held_out.json`` with everything by clip.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from course_lib.color import rgb_to_lab
from course_lib.data.packs import terms_of
from course_lib.images import color_features
from course_lib.images.colorizer import CHECKPOINTS, load_colorizer
from course_lib.layers.checkpoints import checkpoint_card, read_curve
from course_lib.layers.train_command import write_json
from course_lib.metrics import psnr
from course_lib.video.clip_sets import open_clip_sets
from course_lib.video.colormnet.evaluation import METRICS, Held, color_clip, hold, measure, shown
from course_lib.video.colormnet.exemplar_clips import FRAME_SIZE
from course_lib.video.colormnet.families import load_exemplar
from course_lib.video.colormnet.network import ColorMNet
from course_lib.video.colormnet.plain_baselines import CopyReference, FlowPropagation, Gray, PerFrame

COMMAND = "python -m course_lib.video.colormnet.evaluate"
HELD_OUT = ("davis/test",)
FOLDER = CHECKPOINTS / "colormnet"
COURSE = "course"  # the checkpoint that is measured with other memories, and on OpenCV's gray, too
_PACKS = {"davis": "video_clips", "davis_320": "video_frames_320"}  # where a set of clips lies
_LICENSE = "For teaching and other non-commercial use: the terms of BSDS500 ask for it. DAVIS is BSD."
_SHOWN = ("psnr", "ssim", "course_lpips", "course_fid", "chroma_ratio", "flicker", "color_flicker", "seconds")


def plain_methods(part1: Path) -> dict:
    """The methods that weren't trained on clips, by name."""
    return {
        "gray": Gray(),
        "copy of the reference": CopyReference(),
        "flow": FlowPropagation(),
        "Part 1, frame by frame": PerFrame(load_colorizer(part1 / "classification.safetensors")),
    }


class Streamed:
    """A `ColorMNet` whose streams have options that are none by default."""

    def __init__(self, net: ColorMNet, **options):
        self.net, self.options = net, options

    def stream(self, reference_lightness, reference_ab):
        """As `ColorMNet.stream`."""
        return self.net.stream(reference_lightness, reference_ab, **self.options)


def variants(net: ColorMNet) -> dict:
    """The course's network with other memories, which needs no other training, by name."""
    return {
        f"{COURSE}, {words}": Streamed(net, **options)
        for words, options in (
            ("all frames kept", {"policy": "all"}),
            ("one frame in five kept", {"policy": "every"}),
            ("last frame kept", {"policy": "last"}),
            ("looking at the frame before", {"look_back": "previous"}),
        )
    }


def gray_inputs(method, clips: dict[str, Held]) -> dict:
    """What it changes when a gray picture is OpenCV's gray instead of L.

    OpenCV's gray is a weighted sum of R, G and B; the lightness L of such a picture isn't that of the colored one, least
    in saturated color. Whoever has only the gray picture gives back its lightness with the color.

    Returns
    -------
    dict
        Means over frames on the way forth, then over clips, for the clips colored from ``"L"`` and from
        ``"opencv gray"``, the reference's lightness made in the same way: ``psnr`` with the lightness that went in, and
        ``psnr of color`` with the truth's. ``"opencv gray, truth's color"`` is what the lightness alone costs.
    """
    names = ("L", "opencv gray", "opencv gray, truth's color")
    scores: dict[str, list[list[float]]] = {name: [] for name in names}
    for held in clips.values():
        forth = held.lab[: len(held.followed) + 1]
        true_rgb = held.rgb[: len(forth)]
        gray = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in true_rgb.astype(np.float32)])
        from_gray = rgb_to_lab(gray.clip(0, 1)[..., None].repeat(3, -1))[..., 0]
        for name, lightness in (("L", forth[..., 0]), ("opencv gray", from_gray)):
            ab, _ = color_clip(method, forth, lightness)
            scores[name].append([_mean_psnr(true_rgb, light, ab) for light in (lightness, forth[..., 0])])
        scores["opencv gray, truth's color"].append([_mean_psnr(true_rgb, from_gray, forth[..., 1:])])
    return {
        name: dict(zip(("psnr", "psnr of color"), np.mean(values, 0).round(4).tolist(), strict=False))
        for name, values in scores.items()
    }


def card(path: Path, held_out: dict) -> dict:
    """The card of a checkpoint, from its training's curve and what it does on clips held out."""
    curve = read_curve(path)
    packs = {spec.removeprefix("stills:").partition("/")[0] for spec in curve["config"]["data"]["train"]}
    return checkpoint_card(
        path,
        curve,
        held_out,
        what="Colors a gray clip from a reference in color; the file's metadata say by which network.",
        parameters=sum(p.numel() for p in load_exemplar(path).parameters()),
        sets=terms_of(sorted(_PACKS.get(name, name) for name in packs)),
        license=_LICENSE,
        command=f"python -m course_lib.video.colormnet.train {path.stem}",
    )


def write(paths: list[Path], found: dict, grays: dict) -> None:
    """Write a card beside each checkpoint, and ``held_out.json`` with everything that was measured."""
    about = {"command": COMMAND, "sets": list(HELD_OUT), "size": list(FRAME_SIZE), "reference": "first frame"}
    stems = {path.stem for path in paths}
    beside = {name: numbers["mean"] for name, numbers in found.items() if name.partition(",")[0] not in stems}
    for path in paths:
        means = beside | {"model": found[path.stem]["mean"]}
        held_out = about | {"means": means, "clips": found[path.stem]["clips"]}
        write_json(card(path, held_out), path.with_suffix(".json"))
        print(f"wrote {path.with_suffix('.json')}")
    everything = paths[0].parent / "held_out.json"
    write_json(about | {"metrics": list(METRICS), "found": found, "gray inputs": grays}, everything)
    print(f"wrote {everything}")


def table(found: dict[str, dict]) -> str:
    """The means over clips as text: the metrics, then PSNR by frame."""
    spans = list(
        dict.fromkeys(span for numbers in found.values() for span in numbers["mean"].get("by_frame", ()))
    )
    head = [metric.replace("_", " ") for metric in _SHOWN] + spans
    lines = [" " * 28 + "".join(f"{name:>17}" for name in head)]
    for name, numbers in found.items():
        mean = numbers["mean"]
        values = [mean.get(metric) for metric in _SHOWN]
        values += [mean.get("by_frame", {}).get(span) for span in spans]
        lines.append(f"{name[:27]:28}" + "".join(f"{'':>17}" if v is None else f"{v:17.3f}" for v in values))
    return "\n".join(lines)


def _mean_psnr(true_rgb: np.ndarray, lightness: np.ndarray, ab: np.ndarray) -> float:
    pairs = zip(true_rgb[1:], shown(lightness, ab)[1:], strict=True)
    return float(np.mean([psnr(one, other) for one, other in pairs]))


def _checkpoints(folder: Path) -> list[Path]:
    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        raise FileNotFoundError(
            f"{folder} holds no checkpoint; train one with python -m course_lib.video.colormnet.train course"
        )
    return paths


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument(
        "--checkpoints",
        type=Path,
        default=FOLDER,
        help="folder of what course_lib.video.colormnet.train wrote (the shipped ones)",
    )
    parser.add_argument(
        "--part1", type=Path, default=CHECKPOINTS, help="folder with the colorizers of Part 1"
    )
    parser.add_argument("--write", action="store_true", help="write the cards and held_out.json")
    options = parser.parse_args(arguments)
    try:
        paths = _checkpoints(options.checkpoints)
        plain = plain_methods(options.part1)
        models = {path.stem: load_exemplar(path) for path in paths}
        sets = open_clip_sets(HELD_OUT, FRAME_SIZE)
        clips = {name: hold(clip) for name, clip in zip(sets.names, sets.clips, strict=True)}
        more = variants(models[COURSE]) if COURSE in models else {}
        found = measure(plain | models | more, clips, color_features(), tqdm)
        print(table(found))
        grays = gray_inputs(models[COURSE], clips) if COURSE in models else {}
        for name, numbers in grays.items():
            print(f"{COURSE} on {name}: " + ", ".join(f"{key} {value:.2f}" for key, value in numbers.items()))
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    if options.write:
        write(paths, found, grays)


if __name__ == "__main__":
    main()
