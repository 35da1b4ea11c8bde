"""The failure gallery: the photos a colorizer does worst on, and what went wrong: ``python -m course_lib.images.gallery``.

It writes a picture and a page of Markdown into a folder of yours. The photos are those of the held-out sets, whose terms
don't let the course show them, so the gallery isn't part of it.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.images.colorize import into_gamut
from course_lib.images.colorizer import CHECKPOINTS, COLORIZERS, load_colorizer
from course_lib.images.evaluate import HELD_OUT
from course_lib.images.evaluation import COLORFUL, answer_of, score, truths
from course_lib.images.photo_sets import open_photo_sets
from course_lib.images.prior_table import natural_prior

_SIDE = 160  # pixels of a picture in the gallery, its longer side
_GRAY, _STRONG = (
    0.5,
    1.5,
)  # chroma, as a share of the truth's, below and above which it is the first thing to say
_NAMED = {  # sRGB
    "red": (1.0, 0.0, 0.0),
    "orange": (1.0, 0.5, 0.0),
    "yellow": (1.0, 1.0, 0.0),
    "green": (0.0, 0.7, 0.0),
    "cyan": (0.0, 1.0, 1.0),
    "blue": (0.3, 0.6, 1.0),
    "purple": (0.5, 0.0, 0.6),
    "pink": (1.0, 0.4, 0.7),
}


def diagnose(true_ab: np.ndarray, ab: np.ndarray) -> str:
    """What went wrong, in a sentence, judged by the pixels that are colorful in the truth or the answer.

    Parameters
    ----------
    true_ab, ab : ndarray, (H, W, 2)
    """
    true_chroma, chroma = (np.hypot(x[..., 0], x[..., 1]) for x in (true_ab, ab))
    colorful = true_chroma > COLORFUL
    if colorful.mean() < 0.05:
        return (
            f"color where there is none: chroma {chroma.mean():.0f} for a truth of {true_chroma.mean():.0f}"
        )
    if true_chroma[colorful].mean() * _GRAY > chroma[colorful].mean():
        return (
            f"too gray: chroma {chroma[colorful].mean():.0f} where the truth has {true_chroma[colorful].mean():.0f}, "
            f"mostly {hue_name(true_ab[colorful])}"
        )
    turned = _turn(true_ab[colorful], ab[colorful])
    if np.median(turned) > 60:
        return f"{hue_name(ab[colorful])} where the truth is {hue_name(true_ab[colorful])}, {np.median(turned):.0f}° away"
    if chroma.mean() > _STRONG * true_chroma.mean():
        return f"too strong: chroma {chroma.mean():.0f} for a truth of {true_chroma.mean():.0f}"
    wrong = (turned > 60).mean()
    return f"the right hue in the wrong places: {wrong:.0%} of the colorful pixels are over 60° away"


def hue_name(ab: np.ndarray) -> str:
    """The one of eight names whose hue is nearest to that of the mean color of ab (n, 2)."""
    named = rgb_to_lab(np.array(list(_NAMED.values())))[:, 1:]
    return list(_NAMED)[int(_turn(named, ab.mean(0)).argmin())]


def _turn(true_ab: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Degrees between the hues, 0 to 180."""
    angles = [np.degrees(np.arctan2(x[..., 1], x[..., 0])) for x in (true_ab, ab)]
    return np.abs((angles[0] - angles[1] + 180) % 360 - 180)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m course_lib.images.gallery", description=__doc__.splitlines()[0]
    )
    parser.add_argument("model", nargs="?", choices=COLORIZERS, default="classification")
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS, help="folder with the colorizers")
    parser.add_argument("--count", type=int, default=10, help="how many of the worst (10)")
    parser.add_argument("--out", type=Path, default=Path("build/gallery"), help="folder to write to")
    options = parser.parse_args(arguments)
    if options.count < 1:
        parser.error("--count must be at least 1")
    try:
        model = load_colorizer(options.checkpoints / f"{options.model}.safetensors")
        photos = open_photo_sets(HELD_OUT, model.short_side)
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    answer = answer_of(model)
    held = tqdm(truths(photos, natural_prior()), total=len(photos), unit="photo", leave=False)
    errors = [s["error"] for s in score(answer, held)]
    worst = np.argsort(errors)[::-1][: options.count]
    rows, lines = (
        [],
        [f"# The {len(worst)} of {len(photos)} held-out photos on which {options.model} errs most", ""],
    )
    lines += ["From left to right: the gray photo, the answer, the truth.", "", "![](worst.png)", ""]
    for place, index in enumerate(worst, 1):
        lab = photos.lab[index].astype(np.float32)
        ab = answer(lab[..., 0])
        shown = into_gamut(lab[..., 0], ab)
        rows.append(_row([lab * np.array([1, 0, 0], np.float32), shown, lab]))
        lines.append(
            f"{place}. `{photos.names[index]}`, mean error {errors[index]:.1f} ab: {diagnose(lab[..., 1:], ab)}."
        )
    options.out.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(options.out / "worst.png"), np.concatenate(rows)[..., ::-1])
    (options.out / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines[6:]))
    print(f"\n{options.out / 'README.md'} and its picture")


def _row(labs: list[np.ndarray]) -> np.ndarray:
    """Pictures (H, W, 3) Lab side by side, each in the middle of a white square, as bytes RGB."""
    squares = []
    for lab in labs:
        height, width = lab.shape[:2]
        scale = _SIDE / max(height, width)
        rgb = cv2.resize(lab_to_rgb(lab), (round(width * scale), round(height * scale)))
        top, left = ((_SIDE + 8 - extent) // 2 for extent in rgb.shape[:2])
        square = np.full((_SIDE + 8, _SIDE + 8, 3), 255, np.uint8)
        square[top : top + rgb.shape[0], left : left + rgb.shape[1]] = np.rint(255 * rgb.clip(0, 1))
        squares.append(square)
    return np.concatenate(squares, axis=1)


if __name__ == "__main__":
    main()
