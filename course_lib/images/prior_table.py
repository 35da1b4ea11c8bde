"""How often each color occurs in the photos the shipped colorizers learned from, as a small table.

``python -m course_lib.images.prior_table`` makes the table anew from the photos.
"""

import argparse
from pathlib import Path

import numpy as np

from course_lib.color import SoftEncoder, ab_bin_centers
from course_lib.images.rebalancing import color_prior

TABLE = Path(__file__).parents[2] / "assets" / "facts" / "color_prior.csv"


def natural_prior(*, smoothed: bool = True) -> np.ndarray:
    """The share of each of the 313 bins in photos.

    Parameters
    ----------
    smoothed : bool
        By the soft encoding, as `color_prior` does; otherwise each pixel counts for its nearest bin only, and bins
        that no photo reaches are 0.

    Returns
    -------
    ndarray, (313,) float64
        Sums to 1.
    """
    table = np.loadtxt(TABLE, delimiter=",", skiprows=_HEADER_LINES)
    shares = table[:, 2 if smoothed else 3]
    return shares / shares.sum()  # the table is rounded


_HEADER_LINES = 3


def _write(photos, path: Path) -> None:
    """The table of these photos: a, b, the smoothed share and the share by nearest bin."""
    centers = ab_bin_centers()
    ab = [lab[..., 1:].astype(np.float32) for lab in photos.lab]
    smoothed, nearest = color_prior(ab), color_prior(ab, SoftEncoder(centers, neighbors=1))
    rows = (
        f"{a:.0f},{b:.0f},{soft:.6e},{hard:.6e}"
        for (a, b), soft, hard in zip(centers, smoothed, nearest, strict=True)
    )
    about = [
        f"# Shares of the 313 color bins over every pixel of {len(photos)} photos, the training photos of the shipped colorizers.",
        "# Made by: python -m course_lib.images.prior_table (sets and licenses: assets/checkpoints/classification.json)",
        "a,b,smoothed,nearest",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".part")
    scratch.write_text("\n".join([*about, *rows]) + "\n", encoding="utf-8")
    scratch.replace(path)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    from course_lib.images.train import read_config, split_photos

    parser = argparse.ArgumentParser(
        prog="python -m course_lib.images.prior_table", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--out", type=Path, default=TABLE, help="the table to write")
    options = parser.parse_args(arguments)
    try:
        training, _ = split_photos(read_config("classification"))
    except FileNotFoundError as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    _write(training, options.out)
    print(f"{options.out}: {len(training)} photos")


if __name__ == "__main__":
    main()
