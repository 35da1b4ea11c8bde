"""How much faster is `SoftEncoder` than a ball tree scattered into a dense array? Prints one table.

    python -m benchmarks.soft_encoding [--rounds 7] [--neighbors 5]

The photo is scikit-image's *astronaut*, 512 x 512: its ab as real numbers, and rounded to integers as uint8 Lab
holds them. All ways take turns in one run, and the table shows each one's median.
"""

import argparse
import os
import platform
import time

import numpy as np
import sklearn
from skimage.data import astronaut
from sklearn.neighbors import BallTree

from course_lib.color import SoftEncoder, ab_bin_centers, rgb_to_lab

SIGMA = 5.0


def tree_sparse(tree, ab, neighbors):
    """The report's way: ask the tree about every pixel."""
    distance, index = tree.query(ab.reshape(-1, 2), k=neighbors)
    weights = np.exp(-(distance**2) / (2 * SIGMA**2))
    return index, weights / weights.sum(axis=1, keepdims=True)


def tree_dense(tree, ab, neighbors, bins):
    """The report's way, whole: scatter the answers into one row of bins a pixel."""
    index, weights = tree_sparse(tree, ab, neighbors)
    dense = np.zeros((len(index), bins), np.float32)
    dense[np.arange(len(index))[:, None], index] = weights
    return dense


def median_seconds(ways, rounds):
    """Median time of each way; one untimed turn first, then all take turns."""
    times = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: float(np.median(seconds)) for name, seconds in times.items()}


def machine():
    """One line on what this ran on."""
    versions = (
        f"Python {platform.python_version()}, NumPy {np.__version__}, scikit-learn {sklearn.__version__}"
    )
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}; {versions}; one thread does the work"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--neighbors", type=int, default=5)
    options = parser.parse_args()

    centers = ab_bin_centers()
    tree = BallTree(centers)
    encoder = SoftEncoder(centers, neighbors=options.neighbors, sigma=SIGMA)
    real = rgb_to_lab(astronaut().astype(np.float32) / 255)[..., 1:]
    shape = (real.shape[0] * real.shape[1], len(centers))

    print(f"512 x 512 photo, {len(centers)} bins, K = {options.neighbors}, median of {options.rounds} rounds")
    print(machine())
    print(f"\n{'ab':8} {'way':40} {'ms':>8} {'times faster':>13}")
    for kind, ab in (("integer", np.rint(real)), ("real", real)):
        ways = {
            "ball tree, dense (the report's way)": lambda ab=ab: tree_dense(
                tree, ab, options.neighbors, len(centers)
            ),
            "ball tree, sparse": lambda ab=ab: tree_sparse(tree, ab, options.neighbors),
            "SoftEncoder.encode (dense)": lambda ab=ab: encoder.encode(ab),
            "SoftEncoder.encode_sparse": lambda ab=ab: encoder.encode_sparse(ab),
        }
        if kind == "real":
            ways["only filling a dense array: its floor"] = lambda: np.zeros(shape, np.float32).fill(0)
        seconds = median_seconds(ways, options.rounds)
        reference = seconds["ball tree, dense (the report's way)"]
        for name, value in seconds.items():
            print(f"{kind:8} {name:40} {1000 * value:8.1f} {reference / value:13.1f}")
        dense = reference / seconds["SoftEncoder.encode (dense)"]
        print(f"in short: {kind} ab: SoftEncoder.encode is {dense:.1f} times as fast as the report's way")


if __name__ == "__main__":
    main()
