"""Score photos: what the course's NIMA predicts for them, and what the four classical detectors find.

    python -m course_lib.quality score PHOTO…|FOLDER… [--json|--csv]

A folder is searched with all its subfolders for pictures; a file that is named is tried, whatever it is called. What can't be read
is reported, and the rest goes on.

Exit codes: 0, all were scored; 1, some couldn't be; 2, nothing could begin (no such path, no picture, no model).
"""

import argparse
import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from course_lib.data import load_photo
from course_lib.quality.detectors import blur_score, compression_score, exposure_score, noise_score
from course_lib.quality.preprocess import preprocess_like_digikam
from course_lib.quality.three_class import CLASSES

PICTURES = frozenset(
    (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".gif", ".ppm", ".pgm", ".jp2", ".avif")
)
_DETECTORS = {
    "blur": blur_score,
    "noise": noise_score,
    "exposure": exposure_score,
    "compression": compression_score,
}


@dataclass(frozen=True)
class PhotoScore:
    """One photo's verdicts.

    Attributes
    ----------
    label : str
        ``"bad"``, ``"normal"`` or ``"good"``: the largest of the three classes.
    mean, spread : float
        Of the predicted scores 1…10.
    bad, normal, good : float
        How clearly it is each class; with sum 1. See `course_lib.quality.class_head`.
    blur, noise, exposure, compression : float
        Of the detectors: 0 is none of the fault.
    """

    label: str
    mean: float
    spread: float
    bad: float
    normal: float
    good: float
    blur: float
    noise: float
    exposure: float
    compression: float


def score_photo(model, photo: np.ndarray) -> PhotoScore:
    """All that the command says of a photo.

    Parameters
    ----------
    model : NIMA
        In evaluation mode, such as ``pretrained("nima")``.
    photo : ndarray, (H, W, 3)
        RGB, float in [0, 1], at its own size: it is brought to the network's as `preprocess_like_digikam` does.

    Returns
    -------
    PhotoScore

    Raises
    ------
    TypeError, ValueError
        What the detectors refuse: no photo, or one below 32 x 32.
    """
    import torch  # here, so that the command's --help needs none

    from course_lib.quality.class_head import ThreeClassNIMA
    from course_lib.quality.distributions import mean_score, score_spread

    faults = {name: round(detector(photo), 4) for name, detector in _DETECTORS.items()}
    bgr = np.rint(255 * np.asarray(photo, np.float32)[..., ::-1]).astype(np.uint8)
    pixels = torch.from_numpy(preprocess_like_digikam(bgr)).movedim(-1, 0)[
        None
    ]  # (1, 3, 224, 224) in [-1, 1]
    with torch.no_grad():
        shares = model((pixels + 1) / 2)  # (1, 10)
        classes = ThreeClassNIMA(model).classes(shares)[0].tolist()
    mean, spread = round(mean_score(shares).item(), 4), round(score_spread(shares).item(), 4)
    label = CLASSES[int(np.argmax(classes))]
    return PhotoScore(
        label, mean, spread, **dict(zip(CLASSES, (round(c, 4) for c in classes), strict=True)), **faults
    )


def find_pictures(paths: Iterable[str | os.PathLike]) -> list[Path]:
    """Files that are named, and the pictures in folders and their subfolders, sorted; each once.

    Raises
    ------
    FileNotFoundError
        A path that isn't there, or no picture in all the folders.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if path.is_dir():
            inside = (p for p in sorted(path.rglob("*")) if p.suffix.lower() in PICTURES and p.is_file())
            found.update(dict.fromkeys(inside))
        elif path.exists():
            found[path] = None
        else:
            raise FileNotFoundError(f"there is no file or folder {path}")
    if not found:
        raise FileNotFoundError(f"no picture there (looked for {', '.join(sorted(PICTURES))})")
    return list(found)


def _scored(model, files: list[Path]) -> Iterator[tuple[str, PhotoScore | str]]:
    """Each file's name, and its score or the reason why it has none."""
    from tqdm import tqdm

    for path in tqdm(files, unit="photo", leave=False, disable=None):  # None: no bar where nobody sees it
        name = os.fsencode(path).decode("utf-8", "backslashreplace")
        try:
            yield name, score_photo(model, load_photo(path))
        except (OSError, ValueError, MemoryError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            yield name, reason if name in reason else f"{name}: {reason}"


class _Table:
    """For people: aligned columns, file last."""

    def start(self) -> None:
        print("class   mean  spread  blur  noise  expos  compr  file")

    def row(self, name: str, s: PhotoScore) -> None:
        faults = f"{s.blur:4.2f}  {s.noise:5.2f}  {s.exposure:5.2f}  {s.compression:5.2f}"
        print(f"{s.label:6}  {s.mean:4.2f}  {s.spread:6.2f}  {faults}  {name}", flush=True)

    def end(self, failed: list[dict]) -> None:
        pass


class _Csv:
    """For spreadsheets: a row a photo."""

    def start(self) -> None:
        self.writer = csv.writer(sys.stdout, lineterminator="\n")
        self.writer.writerow(["file", *(field.name for field in fields(PhotoScore))])

    def row(self, name: str, score: PhotoScore) -> None:
        self.writer.writerow([name, *asdict(score).values()])

    def end(self, failed: list[dict]) -> None:
        pass


class _Json:
    """For programs: one document, with what failed."""

    def start(self) -> None:
        self.photos: list[dict] = []

    def row(self, name: str, score: PhotoScore) -> None:
        self.photos.append({"file": name, **asdict(score)})

    def end(self, failed: list[dict]) -> None:
        print(json.dumps({"photos": self.photos, "failed": failed}, indent=1))


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m course_lib.quality score",
        description=__doc__.splitlines()[0],
        epilog="Exit codes: 0, all were scored; 1, some couldn't be; 2, nothing could begin.",
    )
    parser.add_argument("paths", nargs="+", metavar="PHOTO|FOLDER", help="files, and folders to search")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_const", dest="form", const=_Json, help="one JSON document")
    form.add_argument(
        "--csv", action="store_const", dest="form", const=_Csv, help="comma-separated, with a head"
    )
    options = parser.parse_args(arguments)
    try:
        files = find_pictures(options.paths)
        from course_lib.quality.pretrained import pretrained

        model = pretrained("nima")
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    try:
        return _report(model, files, (options.form or _Table)())
    except BrokenPipeError:  # who read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def _report(model, files: list[Path], form) -> int:
    failed = []
    form.start()
    for name, result in _scored(model, files):
        if isinstance(result, str):
            failed.append({"file": name, "reason": result})
            print(result, file=sys.stderr)
        else:
            form.row(name, result)
    form.end(failed)
    sys.stdout.flush()
    print(f"{len(files) - len(failed)} of {len(files)} scored", file=sys.stderr)
    return 1 if failed else 0
